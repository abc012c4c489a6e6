from __future__ import absolute_import, annotations, division, print_function, unicode_literals

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("from the future").getOrCreate()

print(1 / 2, "text")
print(spark.range(2).collect())

spark.stop()
