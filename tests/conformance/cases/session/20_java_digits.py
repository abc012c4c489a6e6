from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("digits as Java prints them").getOrCreate()

doubles = [2e23, 1e23, 8.41e21, 2.0e-3, 1.1e-5, 9.999e22, 5e-324, 4.35e-322, 1.7976931348623157e308, 2.2250738585072014e-308,
           123456.789, 1e21, 3e10 / 7, 1 / 7, 2 ** 0.5, 1e-7, 4.0e15 / 3, 9007199254740993.0, 1e17 / 3, 0.1 + 0.7]
df = spark.createDataFrame([(value,) for value in doubles], "d double")
df.select("d", F.col("d").cast("float").alias("f"), F.concat(F.lit("<"), F.col("d"), F.lit(">"))).show(50, truncate=False)
floats = [3.4, 0.1, 1.1e-10, 16777217.0, 123456789.0, 1e15, 33554432.0, 3.4028235e38, 1.4e-45, 8388608.5, 1 / 3]
spark.createDataFrame([(value,) for value in floats], "f float").show(50)

spark.stop()
