from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("scaling").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "48")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales = sales.repartition(48)
report = sales.groupBy("region", "product").agg(F.sum("total_amount").alias("revenue"), F.avg("quantity").alias("units"))
print(report.count())
