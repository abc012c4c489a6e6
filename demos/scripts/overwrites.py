from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("overwrites").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales.filter("quantity > 1").write.mode("overwrite").parquet("out/report")
