from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("folders").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales = sales.withColumn("year", F.year("transaction_date"))
sales.write.mode("overwrite").partitionBy("year", "region").parquet("out/unplaced")
sales.repartition(8, "year", "region").write.mode("overwrite").partitionBy("year", "region").parquet("out/placed_first")
one = spark.read.parquet("out/placed_first").filter("year = 2024 AND region = 'North'")
print("one folder of 8 is read:", one.count(), "rows")
