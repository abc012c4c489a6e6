from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("two-apis").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
frame = sales.groupBy("region").count().collect()
pairs = sales.rdd.map(lambda row: (row["region"], 1)).reduceByKey(lambda a, b: a + b).collect()
print(sorted((row["region"], row["count"]) for row in frame) == sorted(pairs))
