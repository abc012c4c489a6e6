"""Checkpoints, eager and lazy, a cached frame, a cached RDD."""

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("keeps").getOrCreate()
spark.sparkContext.setCheckpointDir("out/checkpoints")
numbers = spark.range(0, 20000, 1, 6).withColumn("k", F.col("id") % 11)
print(numbers.groupBy("k").agg(F.sum("id").alias("s")).checkpoint().count())
lazy = numbers.where("k > 3").checkpoint(eager=False)
print(lazy.count(), lazy.count())
cached = numbers.groupBy("k").count().cache()
print(cached.count(), cached.where("k = 1").collect())
cached.unpersist()
pairs = spark.sparkContext.parallelize(range(1000), 4).map(lambda x: (x % 5, x)).reduceByKey(lambda a, b: a + b)
pairs.cache()
print(sorted(pairs.collect()), pairs.count())
spark.stop()
