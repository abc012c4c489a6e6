import time

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("breathing").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")
spark.conf.set("spark.sql.shuffle.partitions", "4")
print("morning", spark.range(0, 6000, 1, 60).filter(F.sqrt("id") >= 0).count())
time.sleep(90)
print("evening", spark.range(0, 200, 1, 2).filter(F.sqrt("id") >= 0).count())
time.sleep(70)
print("end", spark.range(0, 100, 1, 1).count())
