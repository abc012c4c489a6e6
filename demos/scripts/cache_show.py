from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("cache-show").getOrCreate()
rows = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING")).select("region", "quantity").cache()
rows.show(5)
print(rows.count())
