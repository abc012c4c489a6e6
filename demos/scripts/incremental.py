from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("incremental").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
north = sales.filter("region = 'North'")
print("all", sales.count())
print("north", north.count())
sales.write.mode("overwrite").partitionBy("region").parquet("out/lake")
for mode in ["dynamic", "static"]:
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", mode)
    north.write.mode("overwrite").partitionBy("region").parquet("out/lake")
    print(mode, spark.read.parquet("out/lake").count())
