import sys

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("many-parts").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
spark.conf.set("spark.sql.shuffle.partitions", sys.argv[1])
print(sales.groupBy("transaction_id").agg(F.sum("total_amount").alias("revenue")).filter("revenue > 1000").count())
