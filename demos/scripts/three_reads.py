from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("three-reads").getOrCreate()
columns = "id INT, name STRING, age INT, department STRING, email STRING"
with_schema = spark.read.csv("datasets/people", header=True, schema=columns)
header_only = spark.read.csv("datasets/people", header=True)
inferred = spark.read.csv("datasets/people", header=True, inferSchema=True)
print(with_schema.count(), header_only.dtypes[2], inferred.dtypes[2])
