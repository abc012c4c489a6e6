"""Count-min sketches byte for byte; a default that is given goes before Spark's own."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("frequencies").getOrCreate()
numbers = spark.range(100)
numbers.select(F.hex(F.count_min_sketch("id", F.lit(3.0), 0.1, 1))).show(truncate=False)
numbers.select(F.hex(F.count_min_sketch("id", 0.5, 0.8, 1111111111111111111)).alias("s")).show(truncate=False)
texts = numbers.select((F.col("id") % 7).cast("string").alias("t"), (F.col("id") % 3).cast("int").alias("k"))
texts.select(F.hex(F.count_min_sketch("t", 0.4, 0.9, 42)).alias("s")).show(truncate=False)
texts.groupBy("k").agg(F.hex(F.count_min_sketch("t", 0.9, 0.6, 7)).alias("s")).orderBy("k").show(truncate=False)
print(spark.conf.get("spark.sql.sources.partitionOverwriteMode", "DYNAMIC"), spark.conf.get("spark.sql.sources.partitionOverwriteMode"))
