from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("house-rule").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
pairs = sales.rdd.map(lambda row: (row["region"], 1))
placed = pairs.partitionBy(3, lambda region: 0 if region == "North" else 1)
first, second, third = [len(part) for part in placed.glom().collect()]
print("first", first)
print("second", second)
print("third", third)
