# Years that microseconds do not reach are no moments; dates reach further.
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("years").getOrCreate()
cells = ["20240101", "2024-01-01", "123456-01-01", "1234567-01-01", "999999-12-31 23:59:59",
         "294247-01-10 04:00:54.775807", "294247-01-10 04:00:54.775808", "294247-01-10 04:00:54.775807-01:00"]
spark.createDataFrame([(f"{i},{cell}",) for i, cell in enumerate(cells)], "line string").coalesce(1).write.mode("overwrite").text("out/years")
for kind in ("timestamp", "timestamp_ntz", "date"):
    spark.read.csv("out/years", schema=f"i int, moment {kind}").select("i", F.col("moment").cast("string")).show(truncate=False)
words = spark.createDataFrame([(cell,) for cell in cells], "cell string")
words.select(F.col("cell").try_cast("timestamp").cast("string").alias("moment"), F.col("cell").try_cast("date").cast("string").alias("day")).show(truncate=False)
