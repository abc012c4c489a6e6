from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("rows without an order").getOrCreate()

people = spark.createDataFrame(
    [("Ann", "shop", "N", 90), ("Ben", "shop", "S", 86), ("Cal", "shop", "N", 81), ("Dee", "bank", "N", 70),
     ("Eve", "bank", "S", 99), ("Flo", "farm", "S", 83), ("Gus", "farm", "N", 79), ("Hal", "farm", None, 80)],
    ["name", "work", "side", "pay"])
people.groupBy("work").count().show()
people.groupBy("work", "side").agg(F.sum("pay"), F.avg("pay")).show()
people.groupBy("work").agg(F.max("name"), F.first("side")).show()
people.select("work", "side").distinct().show()
people.dropDuplicates(["work", "side"]).show()
people.rollup("work").agg(F.max("pay")).show()
people.groupBy("side").pivot("work").sum("pay").show()
people.groupBy("side").agg(F.collect_set("work"), F.collect_list("name")).show(truncate=False)
print(people.select(F.collect_set("pay")).first()[0])
works = spark.createDataFrame([("shop", 1), ("bank", 2), ("port", 3)], ["work", "id"])
for how in ["inner", "left", "right", "full", "left_semi", "left_anti"]:
    people.join(works, "work", how).show()
people.union(people).distinct().show()
people.foreach(lambda row: print(row.name))

spark.stop()
