from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("partitions_04").getOrCreate()


def told(name, df):
    rows = [[tuple(row) for row in part] for part in df.rdd.glom().collect()]
    print(name, df.rdd.getNumPartitions(), [len(part) for part in rows], [part[0] for part in rows if part][:4])


a = spark.range(0, 100, 1, 4).withColumn("k", F.col("id") % 7)
b = spark.range(0, 50, 1, 3).withColumn("k", F.col("id") % 5)
ga = a.groupBy("k").count()
gb = b.groupBy("k").count()

# Inputs that lie alike stay so: partition 0 of the union holds partition 0 of each.
told("alike", a.repartition(5, "k").union(b.repartition(5, "k")))
told("unlike in number", a.repartition(5, "k").union(b.repartition(4, "k")))
told("unlike in columns", a.repartition(5, "k").union(b.select("k", "id").repartition(5, "k")))
told("other names", a.repartition(5, "k").union(b.select("id", F.col("k").alias("j")).repartition(5, "j")))
told("aggregates", ga.union(gb))
told("one partition each", a.coalesce(1).union(b.coalesce(1)))
told("limits", a.limit(3).union(b.limit(3)))
told("global aggregates", a.agg(F.sum("id")).union(b.agg(F.sum("id"))))
told("then grouped", a.repartition(5, "k").union(b.repartition(5, "k")).groupBy("k").count())
told("three", ga.union(gb).union(ga).groupBy("k").agg(F.sum("count")))
told("joined", a.repartition(5, "k").union(b.repartition(5, "k")).join(gb.repartition(5, "k"), "k").select("k", "id", "count"))
a.repartition(3, "k").union(b.repartition(3, "k")).show(8)

# A range lies in order.
told("range in order", spark.range(0, 20, 1, 4).orderBy("id"))
told("range turned", spark.range(0, 20, 1, 4).orderBy(F.desc("id")))
told("range downwards", spark.range(20, 0, -2, 2).orderBy(F.desc("id")))
told("range grouped", spark.range(0, 20, 1, 4).groupBy("id").count())
told("range filtered", spark.range(0, 20, 1, 4).filter("id > 7").orderBy("id"))
told("window over a range", spark.range(0, 8, 1, 2).select("id", F.row_number().over(Window.partitionBy("id").orderBy("id"))))
print([row.id for row in spark.range(0, 20, 1, 4).offset(17).collect()], [row.id for row in spark.range(9).limit(5).offset(3).collect()])
