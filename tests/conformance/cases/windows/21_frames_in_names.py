# Frames that nobody gave a name to: the API counts forwards only, SQL says PRECEDING.
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("frames in names").getOrCreate()
df = spark.createDataFrame([("a", 1, 10.0), ("a", 2, 20.0), ("a", 4, 40.0), ("b", 1, 5.0)], ["k", "t", "x"])
df.createOrReplaceTempView("t")
w = Window.partitionBy("k").orderBy("t")
df.select("k", "t", F.avg("x").over(w.rowsBetween(-1, 1))).orderBy("k", "t").show(truncate=False)
df.select("k", "t", F.sum("x").over(w.rangeBetween(-2, 0))).orderBy("k", "t").show(truncate=False)
df.select("k", "t", F.sum("x").over(w.rowsBetween(1, 2))).orderBy("k", "t").show(truncate=False)
df.select("k", "t", F.max("x").over(w.rowsBetween(Window.unboundedPreceding, -1))).orderBy("k", "t").show(truncate=False)
spark.sql("""SELECT k, t, sum(x) OVER (PARTITION BY k ORDER BY t ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING),
    sum(x) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t ORDER BY k, t""").show(truncate=False)
spark.sql("SELECT t, sum(x) OVER (ORDER BY t ROWS 2 PRECEDING) s FROM t WHERE k = 'a' ORDER BY t").show()
dates = spark.sql("SELECT date '2024-01-01' + CAST(id AS INT) d, id FROM range(4)")
dates.createOrReplaceTempView("dates")
spark.sql("""SELECT d, sum(id) OVER (ORDER BY d RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) s
    FROM dates ORDER BY d""").show()

spark.stop()
