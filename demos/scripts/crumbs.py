import sys

from pyspark.sql import SparkSession, functions as F

# the same rows as so many files, then one question
files = int(sys.argv[1])
spark = SparkSession.builder.appName("crumbs").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales.select("transaction_id", "region", "total_amount").repartition(files).write.mode("overwrite").csv("out/crumbs")
table = spark.read.csv("out/crumbs", schema="transaction_id STRING, region STRING, total_amount DOUBLE")
print(table.count())
