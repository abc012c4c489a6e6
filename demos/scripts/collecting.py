import sys

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("collecting").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
if "all" in sys.argv:
    rows = sales.collect()
    print("rows", len(rows))
else:
    sales.show(5)
    first = sales.take(10)
    by_region = sales.groupBy("region").agg(F.round(F.sum("total_amount"), 2).alias("revenue")).toLocalIterator()
    print("regions", len(list(by_region)))
    sales.write.mode("overwrite").parquet("out/sales")
