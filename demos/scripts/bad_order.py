from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("bad-order").getOrCreate()
people = spark.read.parquet("datasets/people.parquet")
result = (
    people.withColumn("next_year", F.col("age") + F.lit(1) * 1)
    .orderBy("name")
    .select("name", "department", "age", "next_year")
    .filter("age > 30")
    .filter("department = 'Data'")
    .select("name", "age")
)
print(result.count())
result.show(3)
