from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("digest").getOrCreate()
lines = spark.read.text("datasets/sales")
print(lines.agg(F.count("*"), F.sum(F.crc32("value"))).first())
