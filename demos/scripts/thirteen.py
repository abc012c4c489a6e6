import sys

from pyspark.sql import SparkSession

# so many equal tasks of about a second each (a slow Python function over as many rows per task)
tasks = int(sys.argv[1])
spark = SparkSession.builder.appName("waves").getOrCreate()
numbers = spark.sparkContext.parallelize(range(tasks * 100), tasks)
print(numbers.map(lambda number: number * 2).sum())
