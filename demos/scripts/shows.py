from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("shows").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales.show(5)
sales.filter("quantity < 0").show(5)
