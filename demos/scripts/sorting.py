from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("sorting").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
spark.conf.set("spark.sql.shuffle.partitions", "12")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales.orderBy("total_amount", "transaction_id").write.mode("overwrite").parquet("out/sorted")
print(spark.read.parquet("out/sorted").agg(F.count("*"), F.round(F.sum("total_amount"), 2)).first())
