from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("bad-cell").getOrCreate()
columns = "id INT, name STRING, age INT, department STRING, email STRING"
people = spark.read.csv("datasets/people_dirty", header=True, schema=columns)
print("rows", people.count())
print("with_age", people.filter("age IS NOT NULL").count())
try:
    spark.read.csv("datasets/people_dirty", header=True, schema=columns, mode="FAILFAST").select("age").collect()
except Exception as error:
    print("FAILFAST raised", type(error).__name__)
