import sys

from pyspark.sql import SparkSession, functions as F

# read, filter, join, group, write; the arguments: a strategy, and the key of the groups
strategy, key = sys.argv[1], sys.argv[2]
spark = SparkSession.builder.appName("join").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
spark.conf.set("spark.sql.shuffle.partitions", "8")
if strategy != "broadcast":
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
customers = spark.read.csv("datasets/customers", header=True, schema=(
    "customer_id STRING, company_name STRING, region STRING, industry STRING, annual_revenue BIGINT, signup_date DATE"))
known = customers.select("customer_id", "industry")
if strategy == "hash":
    known = known.hint("shuffle_hash")
joined = sales.filter("quantity > 0").join(known, "customer_id")
report = joined.groupBy(key).agg(F.round(F.sum("total_amount"), 2).alias("revenue"))
report.write.mode("overwrite").parquet("out/report")
spark.read.parquet("out/report").agg(F.count("*"), F.round(F.sum("revenue"), 2)).show()
