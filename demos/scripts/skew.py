import sys

from pyspark.sql import SparkSession, functions as F

# the argument: plain, salted or adaptive
mode = sys.argv[1]
spark = SparkSession.builder.appName("skew").getOrCreate()
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
spark.conf.set("spark.sql.shuffle.partitions", "8")
spark.conf.set("spark.sql.adaptive.enabled", "true" if mode == "adaptive" else "false")
# how many times the middle partition a skewed one must have, in packed bytes; Spark's default is 5
spark.conf.set("spark.sql.adaptive.skewJoin.skewedPartitionFactor", "3")
sales = spark.read.csv("datasets/sales_skew", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
customers = spark.read.csv("datasets/customers", header=True, schema=(
    "customer_id STRING, company_name STRING, region STRING, industry STRING, annual_revenue BIGINT, signup_date DATE"))
known = customers.select("customer_id", "industry")
keys = ["customer_id"]
if mode == "salted":
    sales = sales.withColumn("salt", F.pmod(F.xxhash64("transaction_id"), F.lit(8)).cast("int"))
    known = known.withColumn("salt", F.explode(F.sequence(F.lit(0), F.lit(7))))
    keys = ["customer_id", "salt"]
joined = sales.join(known, keys)
result = joined.groupBy("industry").agg(F.count("*").alias("sales"), F.max("transaction_id").alias("last"),
                                        F.round(F.sum("total_amount"), 2).alias("revenue"))
print(sorted((r["industry"], r["sales"], r["last"], r["revenue"]) for r in result.collect()))
