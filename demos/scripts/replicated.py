import sys
import time

from pyspark import StorageLevel
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("replicated").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
daily = (sales.repartition(12, "customer_id")
         .groupBy("customer_id", "transaction_date").agg(F.sum("total_amount").alias("revenue")))
level = StorageLevel.MEMORY_AND_DISK_2 if "two" in sys.argv else StorageLevel.MEMORY_AND_DISK
daily = daily.persist(level)
print(daily.agg(F.count("*"), F.round(F.sum("revenue"), 2)).first())
time.sleep(60)   # the second copies travel meanwhile
print(daily.agg(F.round(F.max("revenue"), 2)).first())
