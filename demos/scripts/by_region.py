from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("by-region").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
by_region = sales.repartition("region")
print("partitions", by_region.rdd.getNumPartitions())
print("non_empty", by_region.select(F.spark_partition_id()).distinct().count())
eight = sales.repartition(8, "region")
print("of_eight", eight.select(F.spark_partition_id()).distinct().count())
