from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("@NAME@").getOrCreate()
people = spark.read.csv("datasets/people", header=True,
                        schema="id INT, name STRING, age INT, department STRING, email STRING")
# TODO how many people work in each department, as department and people
result = people
result.show()
