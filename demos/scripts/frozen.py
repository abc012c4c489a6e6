from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("frozen").getOrCreate()
spark.createDataFrame([(1, "play"), (2, "pause"), (3, "stop")], "id INT, event STRING").write.mode("overwrite").json("out/today")
today = spark.read.json("out/today")
# an event that arrives a moment after the batch has listed its files
spark.createDataFrame([(4, "play")], "id INT, event STRING").write.mode("append").json("out/today")
print("counted", today.count())
print("there", spark.read.json("out/today").count())
