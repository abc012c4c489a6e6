from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("formats").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
sales = sales.withColumn("year", F.year("transaction_date"))
sales.write.mode("overwrite").parquet("out/plain")
sales.repartition("year").write.mode("overwrite").partitionBy("year").parquet("out/by_year")


def revenue(table):
    question = table.filter("year = 2024").groupBy("region").agg(F.round(F.sum("total_amount"), 2).alias("revenue"))
    return question.orderBy("region")


revenue(sales).write.mode("overwrite").csv("out/from_csv")
revenue(spark.read.parquet("out/plain")).write.mode("overwrite").csv("out/from_parquet")
revenue(spark.read.parquet("out/by_year")).write.mode("overwrite").csv("out/from_folders")
columns = "region STRING, revenue DOUBLE"
answers = [spark.read.csv("out/" + name, schema=columns).collect() for name in ["from_csv", "from_parquet", "from_folders"]]
print(answers[0] == answers[1] == answers[2])
