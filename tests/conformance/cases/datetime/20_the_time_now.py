from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("the time now").getOrCreate()

now = spark.range(1).select(F.unix_timestamp().alias("seconds"), F.from_unixtime(F.unix_timestamp()).alias("text"), F.current_timestamp().alias("t"))
now.printSchema()
now.selectExpr("seconds > 1700000000", "length(text)", "abs(unix_timestamp(t) - seconds) < 100").show()

spark.stop()
