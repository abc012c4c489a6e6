from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("locality").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
spark.conf.set("spark.sql.shuffle.partitions", "4")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
print(sales.groupBy("region").agg(F.round(F.sum("total_amount"), 2).alias("revenue")).orderBy("region").first())
