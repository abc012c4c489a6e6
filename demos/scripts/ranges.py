from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("ranges").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
slices = sales.repartitionByRange(4, "total_amount").groupBy(F.spark_partition_id().alias("slice"))
borders = sorted(slices.agg(F.min("total_amount").alias("low"), F.max("total_amount").alias("high")).collect())
for row in borders:
    print("slice", row["slice"], "from", row["low"], "to", row["high"])
print("overlaps", sum(1 for a, b in zip(borders, borders[1:]) if b["low"] <= a["high"]))
