from datetime import date, datetime
from decimal import Decimal

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("dealt out in turn").config("spark.sql.shuffle.partitions", "4").getOrCreate()


def parts(frame):
    print([[tuple(row) for row in part] for part in frame.rdd.glom().collect()])


parts(spark.range(0, 12, 1, 2).repartition(4))
parts(spark.range(0, 10, 1, 1).withColumn("s", F.concat(F.lit("row "), F.col("id"))).repartition(3))
people = spark.read.csv("data/people.csv", header=True, inferSchema=True)
people.repartition(3).select("id", "name", "age").show()
parts(people.select("age", "city").repartition(2))
people.repartition(2).limit(4).show()
rows = [
    (1, True, 1.5, date(2024, 1, 31), datetime(2024, 1, 31, 8, 5), Decimal("2.50"), [1, None], {"a": 1}, (1, "x")),
    (2, None, None, None, None, None, None, None, None),
    (3, False, -0.0, date(1999, 12, 31), datetime(2000, 1, 1), Decimal("-0.01"), [], {}, (None, "longer than eight bytes")),
    (4, True, 1e10, date(1970, 1, 1), datetime(1970, 1, 1), Decimal("0.00"), [7] * 9, {"b": None, "c": 3}, (5, None)),
    (5, False, float("nan"), date(2024, 2, 29), datetime(2024, 2, 29, 23, 59, 59, 250000), Decimal("9.99"), [0], {"z": 9}, (0, "")),
]
schema = "i int, b boolean, d double, dt date, ts timestamp, dec decimal(6,2), a array<int>, m map<string,int>, s struct<x:int,y:string>"
typed = spark.createDataFrame(rows, schema).coalesce(1)
for column in typed.columns[1:]:
    print(column, [[row.i for row in part] for part in typed.select("i", column).repartition(3).rdd.glom().collect()])
print([[row.i for row in part] for part in typed.repartition(3).rdd.glom().collect()])
wide = typed.select("i", F.col("i").cast("decimal(30,4)").alias("w"), F.when(F.col("i") > 2, F.lit(Decimal("1.5"))).cast("decimal(38,2)").alias("n"))
print([[row.i for row in part] for part in wide.repartition(3).rdd.glom().collect()])
small = typed.select("i", F.col("i").cast("byte").alias("y"), F.col("i").cast("short").alias("h"), F.col("d").cast("float").alias("f"), F.encode("s.y", "utf-8").alias("e"))
print([[row.i for row in part] for part in small.repartition(4).rdd.glom().collect()])

spark.stop()
