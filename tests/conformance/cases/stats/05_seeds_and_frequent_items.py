from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("seeds").config("spark.sql.shuffle.partitions", "4").getOrCreate()

for fraction, seed in [(0.5, 3), (1.5, 3), (0.2, 99)]:
    print(fraction, seed, [row.id for row in spark.range(20).sample(True, fraction, seed).collect()])
print([row.id for row in spark.range(0, 50, 1, 3).sample(withReplacement=True, fraction=0.3, seed=99).collect()])
print(spark.range(1000).sample(True, 0.1, 42).count(), spark.range(0, 10, 1, 1).sample(withReplacement=True, fraction=0.5, seed=3).count())

rows = spark.createDataFrame([(1, 1), (1, 2), (3, 3), (4, 4), (1, 5), (2, 6)], ["a", "b"])
rows.freqItems(["a", "b"], 0.4).show(truncate=False)
spark.range(20).selectExpr("id % 3 a", "id % 7 b", "cast(id % 2 as string) c").freqItems(["a", "b", "c"]).show(truncate=False)
spark.range(200).selectExpr("id % 3 a", "id b").freqItems(["a", "b"], 0.2).show(truncate=False)
spark.createDataFrame([("x",), ("y",), ("x",), (None,)], ["s"]).freqItems(["s"], 0.5).show()
prices = spark.range(20).selectExpr("cast(id as decimal(10, 2)) / 3 as price", "id")
prices.describe().show()
prices.summary().show()

spark.stop()
