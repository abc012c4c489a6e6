# Fields of structs and partition columns keep the names by which they were asked for.
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
df = spark.createDataFrame([Row(id=1, Place=Row(town="Ulm", geo=Row(lat=48.4, lon=10.0))), Row(id=2, Place=Row(town="Jena", geo=Row(lat=50.9, lon=11.6)))])
df.select(df["Place.town"]).show()
df.select(df["Place.geo.lat"], df.Place.geo.lon, "Place.town", F.col("Place.geo.lat")).show()
df.select(df["Place.town"].alias("t"), df["Place.geo.lat"] + 1, F.upper(df["Place.town"])).show()
df.select(df["place.TOWN"]).show()
df.groupBy(df["Place.town"]).count().orderBy("count", "town").show()
df.orderBy(df["Place.geo.lat"].desc()).select("id").show()
df.withColumn("town", df["Place.town"]).select("id", "town").show()
print(df.select(df["Place.geo"]).columns)

df.select("id", df["Place.town"].alias("Town")).write.mode("overwrite").partitionBy("town").parquet("out/towns")
spark.read.parquet("out/towns").printSchema()
df.select("id", df["Place.town"].alias("Town")).write.mode("overwrite").option("header", True).partitionBy("TOWN").csv("out/towns_csv")
back = spark.read.option("header", True).csv("out/towns_csv")
print(sorted(back.columns), sorted(tuple(row) for row in back.collect()))
spark.stop()
