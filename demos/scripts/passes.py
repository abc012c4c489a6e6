import sys

from pyspark.sql import SparkSession, functions as F

# a line through price and quantity, five passes of gradient descent: what training a model looks like to a cluster
spark = SparkSession.builder.appName("passes").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
points = sales.select(F.col("quantity").cast("double").alias("x"), (F.col("total_amount") / 1000).alias("y"))
if "cache" in sys.argv:
    points = points.cache()
a, b = 0.0, 0.0
for step in range(5):
    error = F.lit(a) * F.col("x") + F.lit(b) - F.col("y")
    slope = points.agg(F.avg(error * F.col("x")).alias("da"), F.avg(error).alias("db")).first()
    a, b = a - 0.01 * slope["da"], b - 0.01 * slope["db"]
print(round(a, 6), round(b, 6))
