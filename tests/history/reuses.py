"""Exchanges that are used twice: with adaptive execution and without, shuffled and broadcast, below a cache."""

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("reuses").getOrCreate()
numbers = spark.range(0, 20000, 1, 6).withColumn("k", F.col("id") % 11)
sums = numbers.groupBy("k").agg(F.sum("id").alias("s"))
again = sums.withColumnRenamed("s", "t")
print(sums.join(again, "k").count(), sums.union(sums).count())
small = numbers.groupBy("k").count()
renamed = small.withColumnRenamed("count", "c")
print(numbers.join(F.broadcast(small), "k").join(F.broadcast(renamed), "k").count())
spark.conf.set("spark.sql.adaptive.enabled", "false")
print(sums.join(again, "k").count())
kept = sums.cache()
print(kept.count(), kept.join(again, "k").count())
spark.stop()
