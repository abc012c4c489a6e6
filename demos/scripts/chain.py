import sys

from pyspark.sql import SparkSession, functions as F

# five shuffles in a row, kept, then two reports; with "checkpoint" they are kept in reliable files, else in the executors' memory
spark = SparkSession.builder.appName("chain").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
spark.conf.set("spark.sql.shuffle.partitions", "12")
spark.sparkContext.setCheckpointDir("out/checkpoints")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
rows = sales.select("customer_id", "product", "region", "sales_rep", "total_amount", F.lit(0).alias("stops"))
for key in ["customer_id", "product", "region", "sales_rep", "customer_id"]:
    # each row adds up the numbers of the partitions it came through, so all five moves are needed
    rows = rows.repartition(12, key, "total_amount").withColumn("stops", F.col("stops") + F.spark_partition_id())
if "checkpoint" in sys.argv:
    rows = rows.checkpoint()
else:
    rows = rows.cache()
    rows.count()
print(rows.agg(F.count("*"), F.sum("stops")).first())
print(rows.agg(F.count("*"), F.max("stops")).first())
