from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("windows of windows").config("spark.sql.shuffle.partitions", "4").getOrCreate()

df = spark.range(8).withColumn("g", F.col("id") % 3)
w = Window.partitionBy("g").orderBy("id")
df.select("id", "g", F.sum(F.sum("id").over(w)).over(w).alias("s")).orderBy("g", "id").show()
df.select("id", F.max(F.row_number().over(w)).over(Window.partitionBy("g")).alias("n"), (F.lag(F.sum("id").over(w)).over(w) + 1).alias("before")).orderBy("id").show()
df.withColumn("n", F.row_number().over(w)).withColumn("m", F.max("n").over(Window.partitionBy("g"))).filter("n = m").orderBy("g").show()
spark.sql("select id, sum(count(*)) over (order by id) c from range(3) group by id order by id").show()
for wrong in [lambda: df.select(F.lag("id").over(w.rowsBetween(-1, 0))), lambda: df.select(F.rank().over(w.rowsBetween(-1, 0)))]:
    try:
        wrong()
    except Exception as e:
        print(type(e).__name__, e.getCondition())

spark.stop()
