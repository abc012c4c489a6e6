"""Frames inside frames, numbered rows, windows that slide, functions that give tables."""
from pyspark.sql import Observation, SparkSession, Window, functions as F

spark = SparkSession.builder.appName("frames in frames").config("spark.sql.shuffle.partitions", "4").getOrCreate()

staff = spark.createDataFrame([(1, "Ann", 50, 101), (2, "Bob", 40, 101), (3, "Cy", 30, 102), (4, "Di", 60, 102)], ["id", "name", "pay", "team"])
teams = spark.createDataFrame([(101, "red"), (103, "blue")], ["team", "colour"])
staff.where(F.col("pay") > staff.select(F.avg("pay")).scalar()).orderBy("id").show()
inner = staff.alias("b").where(F.col("b.team") == F.col("a.team").outer())
staff.alias("a").where(F.col("a.pay") == inner.select(F.max("pay")).scalar()).select("a.name").orderBy("name").show()
staff.alias("a").where(teams.alias("t").where(F.col("t.team") == F.col("a.team").outer()).exists()).select("name").orderBy("name").show()
staff.where(staff.team.isin(teams.select("team"))).select("name").orderBy("name").show()
staff.coalesce(1).zipWithIndex("at").show()
staff.repartitionById(3, F.col("id").cast("int")).select("id", F.spark_partition_id().alias("p")).orderBy("id").show()

seen = Observation("numbers")
print(staff.observe(seen, F.count(F.lit(1)).alias("n"), F.max("pay").alias("most")).count(), seen.get)
nested = spark.sql("select named_struct('a', 1, 'e', named_struct('g', 2, 'h', 3)) s")
nested.select(F.col("s").dropFields("e.g").alias("less"), F.col("s").withField("e.h", F.lit("new")).alias("more")).show(truncate=False)
print(staff.select(F.col("pay").alias("wage", metadata={"unit": "k"})).schema["wage"].metadata)
print(staff.groupBy("team", "name"))
same = staff.select("id").join(staff.select("id"), "id").count()
print(same)
try:
    staff.join(teams, staff.team == teams.team).drop(F.col("team"))
except Exception as error:
    print(type(error).__name__)

times = spark.createDataFrame([("2024-01-01 09:01:00", 1), ("2024-01-01 09:07:00", 2), (None, 3)], ["t", "v"]).withColumn("t", F.to_timestamp("t"))
sliding = times.groupBy(F.window("t", "10 minutes", "5 minutes")).agg(F.sum("v"))
sliding.orderBy("window").show(truncate=False)
sliding.printSchema()
times.groupBy(F.window("t", "5 minutes")).count().orderBy("window").show(truncate=False)
counter = spark.createDataFrame([(1, 100), (2, 150), (3, 20), (4, 25)], ["t", "c"])
counter.select("t", F.counter_diff("c").over(Window.orderBy("t")).alias("d")).show()
times.select(F.time_bucket(F.expr("interval '15' minute"), "t").alias("b"), F.time_bucket(F.expr("interval '1' month"), "t").alias("m")).show()

spark.tvf.explode(F.array(F.lit(1), F.lit(2))).show()
spark.tvf.posexplode(F.create_map(F.lit("a"), F.lit(1))).show()
spark.tvf.stack(F.lit(2), F.lit(1), F.lit("x"), F.lit(2), F.lit("y")).show()
spark.tvf.range(1, 6, 2).show()


@F.udf("int")
def weigh(a, b):
    return a + 10 * b


spark.range(2).select(weigh(b=F.col("id") + 1, a=F.col("id"))).show()
spark.sql("select {df.name}, {df[pay]} from {df} where team in {teams} order by 1", df=staff, teams=(101, 102)).show()
spark.sql("select interval 1 year i, interval '5' day j, interval 2 hours k, date'2024-03-01' - date'2024-01-01' l, interval '1' day + interval '2' hour m").printSchema()

spark.stop()
