from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("quarantine").getOrCreate()
sales = spark.read.csv("datasets/sales_dirty", header=True)
is_bad = F.coalesce(F.col("product").isNull() | F.col("region").isNull(), F.lit(False))
bad = sales.filter(is_bad)
print("all", sales.count())
print("bad", bad.count())
print("good", sales.filter(~is_bad).count())
print("good_by_subtract", sales.subtract(bad).count())
