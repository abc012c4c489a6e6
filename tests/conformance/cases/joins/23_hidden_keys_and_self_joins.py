"""Keys that a USING join hides, reached by their table's name; a column of a frame that is on both sides; a watermark in a batch."""
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import IntegerType, StructField, StructType

spark = SparkSession.builder.getOrCreate()
a = spark.createDataFrame([(1, "a"), (2, "b"), (None, "c")], "k INT, v STRING")
b = spark.createDataFrame([(1, "x"), (3, "y")], "k INT, w STRING")
a.createOrReplaceTempView("a")
b.createOrReplaceTempView("b")
for how in ("", "LEFT", "RIGHT", "FULL"):
    print(how or "INNER")
    print(spark.sql(f"SELECT count_if(b.k IS NULL), count_if(a.k IS NULL), count(*) FROM a {how} JOIN b USING (k)").collect())
    print(sorted(map(str, spark.sql(f"SELECT a.k AS ak, b.k AS bk, v, w FROM a {how} JOIN b USING (k)").collect())))
    on_alias = f"SELECT s.k AS sk, c.k AS ck FROM a s {how} JOIN b c USING (k) WHERE c.k IS NOT NULL OR s.k IS NULL"
    print(sorted(map(str, spark.sql(on_alias).collect())))
print(spark.sql("SELECT b.k, count(*) FROM a LEFT JOIN b USING (k) GROUP BY b.k ORDER BY 1").collect())
print(spark.sql("SELECT v FROM a LEFT JOIN b USING (k) ORDER BY b.k NULLS LAST, v").collect())
print(sorted(map(str, spark.sql("SELECT b.k AS x, c.k AS y FROM a LEFT JOIN b USING (k) LEFT JOIN b c USING (k)").collect())))
print(a.join(b, "k", "left").filter(b.k.isNull()).withColumn("other", b.k).agg(F.count("*"), F.count("other")).collect())

seen = spark.createDataFrame([("p1", 1), ("p1", 2), ("p2", 1), ("p2", 2), ("p2", 3)], "profile STRING, title INT")
pairs = (
    seen.alias("s").join(seen.alias("o"), F.expr("s.title = o.title AND s.profile <> o.profile"))
    .groupBy(F.col("s.profile").alias("x"), F.col("o.profile").alias("y")).agg(F.count("*").alias("n"))
)
again = pairs.join(seen, pairs.y == seen.profile).select("x", "title").distinct()
own = seen.select(F.col("profile").alias("x"), "title")
print(again.join(own, ["x", "title"], "left_anti").collect())

events = spark.range(20).select(F.timestamp_seconds(F.col("id") * 60).alias("time"), "id")
windows = events.withWatermark("time", "2 minutes").groupBy(F.window("time", "5 minutes").alias("w")).count()
print(windows.count(), windows.agg(F.sum("count")).collect())
for delay in ("2 blah", "-2 minutes"):
    try:
        events.withWatermark("time", delay).count()
    except Exception as error:
        print(type(error).__name__)

for data_type in ("int", IntegerType):
    try:
        StructType([StructField("id", data_type, False)])
    except AssertionError as error:
        print(error)
