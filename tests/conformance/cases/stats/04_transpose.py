"""Rows that become columns."""
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("transpose").getOrCreate()
frame = spark.createDataFrame([("B", 1, 2.5), ("A", 3, None), (None, 7, 8.0), ("C", 5, 6.0)], "k string, x int, y double")
numbers = spark.createDataFrame([(10, 1), (9, 2)], "k int, x int")


def attempt(make):
    try:
        made = make()
        made.printSchema()
        made.show(truncate=False)
    except Exception as e:
        print(type(e).__name__, e.getCondition())


attempt(lambda: frame.transpose())
attempt(lambda: frame.select("x", "y").transpose())
attempt(lambda: frame.select("x", "y").transpose("y"))
attempt(lambda: frame.select("x", "y").transpose(frame.y))
attempt(lambda: numbers.transpose())
attempt(lambda: frame.select("k").transpose())
attempt(lambda: frame.limit(0).transpose())
attempt(lambda: frame.transpose("x"))
attempt(lambda: frame.transpose("nope"))
attempt(lambda: frame.transpose(frame.x + 1))
dates = spark.createDataFrame([("2024-01-02", 1), ("2024-01-01", 2)], "d string, n int").withColumn("d", F.to_date("d"))
attempt(lambda: dates.transpose())
spark.stop()
