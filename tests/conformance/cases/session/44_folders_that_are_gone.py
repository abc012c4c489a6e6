"""A table whose folder is gone: before and after it is refreshed, and when something is written again."""
import os
import shutil

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
here = os.getcwd()
for name in ("lines", "more"):
    spark.sql(f"CREATE TABLE {name} (col STRING) USING TEXT LOCATION '{here}/out/{name}'")
    spark.sql(f"INSERT INTO {name} SELECT 'abc'")
    spark.catalog.cacheTable(name)
    print(spark.table(name).count())
    shutil.rmtree(f"{here}/out/{name}")
    print(spark.table(name).count())

spark.catalog.refreshTable("lines")
spark.catalog.refreshByPath(f"{here}/out/more")
for name in ("lines", "more"):
    print(spark.table(name).count(), spark.catalog.isCached(name))
    spark.table(name).show()
spark.sql("REFRESH TABLE lines")
print(spark.table("lines").collect())
spark.sql("INSERT INTO more SELECT 'def'")
print(spark.table("more").collect())

spark.range(4).selectExpr("id", "id % 2 AS part").write.partitionBy("part").parquet("out/parts")
spark.sql(f"CREATE TABLE parts (id LONG, part LONG) USING parquet PARTITIONED BY (part) LOCATION '{here}/out/parts'")
spark.sql("MSCK REPAIR TABLE parts")
print(spark.table("parts").count())
shutil.rmtree(f"{here}/out/parts")
spark.catalog.refreshTable("parts")
print(spark.table("parts").count())
spark.range(3).selectExpr("id", "id % 2 AS part").write.partitionBy("part").parquet("out/parts")
spark.sql("MSCK REPAIR TABLE parts")
print(spark.table("parts").count())
