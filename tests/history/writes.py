"""Writes in all formats and modes, one of which is refused."""

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("writes").getOrCreate()
numbers = spark.range(0, 10000, 1, 8).withColumn("k", F.col("id") % 7)
numbers.write.mode("overwrite").parquet("out/history/plain")
numbers.write.mode("overwrite").partitionBy("k").parquet("out/history/parted")
numbers.repartition(3).write.mode("overwrite").option("header", True).csv("out/history/csv")
numbers.coalesce(1).write.mode("overwrite").json("out/history/json")
back = spark.read.parquet("out/history/parted")
print(back.count(), back.where("k = 3").count())
numbers.createOrReplaceTempView("numbers")
spark.sql("select k, count(*) c from numbers group by k order by k").show()
numbers.write.mode("ignore").parquet("out/history/plain")
try:
    numbers.write.parquet("out/history/plain")
except Exception as error:
    print(type(error).__name__)
spark.stop()
