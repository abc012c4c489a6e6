from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("all numeric columns").config("spark.sql.shuffle.partitions", "4").getOrCreate()

df = spark.createDataFrame([(1, 2.5, "a", 3), (1, 3.5, "b", 4), (2, 1.0, "a", 5)], ["k", "v", "s", "w"])
df.groupBy("k").sum().orderBy("k").show()
df.groupBy("k", "s").avg().orderBy("k", "s").show()
df.groupBy("s").max().orderBy("s").show()
df.groupBy("k").pivot("s").sum().orderBy("k").show()
df.groupBy("s").pivot("k").max().orderBy("s").show()
df.rollup("k").min().orderBy("k").show()
df.groupBy(F.col("k") + 1).mean().orderBy("(k + 1)").show()
df.groupBy().sum().show()

spark.stop()
