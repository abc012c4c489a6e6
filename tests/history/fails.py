"""Queries that fail in a task, in a write, in Python, before they run; the last one ends the script."""

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("fails").getOrCreate()
numbers = spark.range(0, 1000, 1, 4).withColumn("k", F.col("id") % 10)


def bad(x):
    if x == 777:
        raise ValueError("bad row")
    return x


attempts = [
    lambda: numbers.select(F.col("id") / (F.col("id") - 500)).collect(),
    lambda: numbers.withColumn("x", F.lit(1) / (F.col("k") - 5)).write.mode("overwrite").parquet("out/history/never"),
    lambda: numbers.select(F.udf(bad, "long")("id").alias("i")).agg(F.sum("i")).show(),
    lambda: spark.sparkContext.parallelize(range(10), 2).map(lambda x: 1 // (x - 5)).collect(),
    lambda: spark.read.parquet("out/history/nothing").count(),
]
for attempt in attempts:
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__)
print(numbers.count())
numbers.select(F.col("id") / (F.col("id") - 500)).collect()
