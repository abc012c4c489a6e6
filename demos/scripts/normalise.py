from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("normalise").getOrCreate()
people = spark.read.csv("datasets/people_dirty", header=True,
                        schema="id INT, name STRING, age STRING, department STRING, email STRING")
named = people.filter("department IS NOT NULL AND trim(department) != ''")
print("spellings", named.select("department").distinct().count())
print("departments", named.select(F.initcap(F.trim("department"))).distinct().count())
named.groupBy("department").count().orderBy(F.lower(F.trim("department")), "department").show(6)
