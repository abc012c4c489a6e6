from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("duplicates").getOrCreate()
sales = spark.read.csv("datasets/sales_dirty", header=True)
counts = sales.filter("transaction_id IS NOT NULL").groupBy("transaction_id").count().filter("count > 1")
print("repeated_ids", counts.count())
print("surplus_rows", counts.agg(F.sum(F.col("count") - 1)).first()[0])
