from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("folders").config("spark.sql.shuffle.partitions", "4").getOrCreate()

sales = [(1, 2023, "North"), (2, 2023, "South"), (3, 2024, "North"), (4, 2024, "South"), (5, 2024, None)]
spark.createDataFrame(sales, ["id", "year", "region"]).write.partitionBy("year", "region").parquet("out/lake")
lake = spark.read.parquet("out/lake")

is_wanted = F.udf(lambda year, region: year == 2024 and region is not None, "boolean")
is_late = F.udf(lambda year: year > 2023, "boolean")

lake.filter(is_wanted("year", "region")).orderBy("id").show()
lake.filter(is_late("year") & (F.col("region") == "South")).orderBy("id").show()
lake.filter(is_late("year") & (F.col("id") > 3)).orderBy("id").show()
print(lake.where(~is_late("year")).count(), lake.where((F.col("year") == 2024) & is_wanted("year", "region")).count())
print(lake.select("year").distinct().where(is_late("year")).collect())

spark.stop()
