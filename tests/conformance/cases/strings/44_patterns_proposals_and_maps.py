"""Patterns of format_number, columns that are proposed for a name, maps where values are compared."""
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.getOrCreate()


def refused(label, make):
    try:
        make().collect()
        print(label, "-> no error")
    except PySparkException as error:
        print(label, "->", error.getCondition(), dict(sorted(error.getMessageParameters().items())))


numbers = spark.createDataFrame([(1, 2.5), (2, 1234567.891), (3, -0.5), (4, 0.0)], ["id", "x"])
patterns = ["#,###,###.##", "##0.00", "000,000.000", "#", "$#,##0.00", "0.###", ".##", "abc", "", "#.#;(#.#)"]
for pattern in [*patterns, "0.00%", "##,##,##0.0", "#,##", "#%"]:
    rows = numbers.select(F.expr(f"format_number(x, '{pattern}') AS x"), F.expr(f"format_number(id, '{pattern}') AS id"))
    print(repr(pattern), [tuple(row) for row in rows.collect()])

names = ["customer_id", "order_id", "amount", "country", "city", "order_date", "status"]
wide = spark.range(1).select([F.col("id").alias(name) for name in names])
for name in ["customer", "order", "date", "amt", "zip", "cities", "Orderid", "stat", "count", "id"]:
    refused(name, lambda: wide.select(name))
    refused("t." + name, lambda: wide.alias("t").select("t." + name))
both = wide.alias("l").join(wide.alias("r"), F.col("l.order_id") == F.col("r.order_id"))
refused("one side", lambda: both.select("l.orderid"))
refused("both sides", lambda: both.select("orderid"))
wide.createOrReplaceTempView("wide")
refused("view", lambda: spark.sql("SELECT orderid FROM wide"))
refused("alias of a view", lambda: spark.sql("SELECT w.orderid FROM wide w"))

maps = spark.range(3).select(F.create_map(F.lit("a"), F.col("id")).alias("m"), F.col("id"))
maps.groupBy("m").count().orderBy("count").agg(F.sum("count")).show()
refused("distinct", lambda: maps.distinct())
refused("dropDuplicates", lambda: maps.dropDuplicates(["m"]))
refused("intersect", lambda: maps.intersect(maps))
refused("collect_set", lambda: maps.select(F.collect_set("m")))
