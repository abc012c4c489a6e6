from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("typed").getOrCreate()
sales = spark.read.csv("datasets/sales", header=True, schema=(
    "transaction_id STRING, transaction_date DATE, product STRING, region STRING, sales_rep STRING, "
    "quantity INT, unit_price DOUBLE, total_amount DOUBLE, customer_segment STRING, customer_id STRING"))
some = sales.select("transaction_id", "quantity", "total_amount")
some.write.mode("overwrite").csv("out/as_csv", header=True)
some.write.mode("overwrite").json("out/as_json")
some.select(F.concat_ws(" ", "transaction_id", "quantity", "total_amount")).write.mode("overwrite").text("out/as_text")
csv = spark.read.csv("out/as_csv", header=True)
json = spark.read.json("out/as_json")
text = spark.read.text("out/as_text")
for name, frame in [("csv", csv), ("json", json), ("text", text)]:
    print(name, len([kind for _, kind in frame.dtypes if kind != "string"]))
