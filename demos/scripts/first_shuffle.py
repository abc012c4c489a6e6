from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("first-shuffle").getOrCreate()
people = spark.read.csv("datasets/people", header=True,
                        schema="id INT, name STRING, age INT, department STRING, email STRING")
by_department = people.groupBy("department").agg(F.count("*").alias("headcount"), F.round(F.avg("age"), 1).alias("age"))
by_department.orderBy("department").show()
