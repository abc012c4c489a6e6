from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("shapes").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
customers = spark.read.csv("datasets/customers", header=True, schema=(
    "customer_id STRING, company_name STRING, region STRING, industry STRING, annual_revenue BIGINT, signup_date DATE"))
customers = customers.select("customer_id", "industry")
joined = sales.join(customers, "customer_id")


def run(frame, name):
    frame.write.mode("overwrite").parquet("out/" + name)


run(sales.filter("quantity > 1").groupBy("region").count(), "grouped")
run(sales.groupBy("region").count().orderBy("count"), "ordered")
run(joined, "joined")
run(joined.groupBy("customer_id").count(), "same_key")
run(joined.groupBy("industry").count(), "other_key")
