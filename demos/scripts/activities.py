from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("four-activities").getOrCreate()
# ingest: rows from files
people = spark.read.csv("datasets/people", header=True,
                        schema="id INT, name STRING, age INT, department STRING, email STRING")
print("ingested", people.count())
# transform: what is usable, in the form we want
adults = people.filter("age >= 18").withColumn("decade", (F.col("age") / 10).cast("int") * 10)
print("transformed", adults.count())
# aggregate: one row per question
per_decade = adults.groupBy("decade").agg(F.count("*").alias("people"))
print("aggregated", per_decade.count())
# store: where others find it
per_decade.coalesce(1).write.mode("overwrite").parquet("out/per_decade")
print("stored", spark.read.parquet("out/per_decade").count())
