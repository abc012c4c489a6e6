"""Tables whose files change or lie there before: refreshTable, refreshByPath, recoverPartitions, MSCK REPAIR TABLE."""
import os
import shutil

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
here = os.getcwd()
spark.sql(f"CREATE TABLE lines (col STRING) USING TEXT LOCATION '{here}/out/lines'")
spark.sql("INSERT INTO lines SELECT 'abc'")
spark.catalog.cacheTable("lines")
spark.table("lines").show()
shutil.rmtree(f"{here}/out/lines")
os.makedirs(f"{here}/out/lines")
print(spark.table("lines").count())
spark.catalog.refreshTable("lines")
print(spark.table("lines").count(), spark.catalog.isCached("lines"))

spark.sql(f"CREATE TABLE more (col STRING) USING TEXT LOCATION '{here}/out/more'")
spark.sql("INSERT INTO more SELECT 'abc'")
spark.catalog.cacheTable("more")
print(spark.table("more").count())
shutil.rmtree(f"{here}/out/more")
os.makedirs(f"{here}/out/more")
print(spark.table("more").count())
spark.catalog.refreshByPath(f"{here}/out/more")
print(spark.table("more").count())

frame = spark.range(2).selectExpr("id AS key", "id AS value")
frame.write.partitionBy("key").mode("overwrite").csv("out/parts")
spark.sql(
    f"CREATE TABLE parts (key LONG, value LONG) USING csv OPTIONS (header false, path '{here}/out/parts') PARTITIONED BY (key)"
)
spark.table("parts").show()
spark.sql("SHOW PARTITIONS parts").show()
spark.catalog.recoverPartitions("parts")
spark.sql("SHOW PARTITIONS parts").show()
spark.table("parts").orderBy("key").show()

frame.write.partitionBy("key").mode("overwrite").parquet("out/folders")
spark.sql(f"CREATE TABLE folders (value LONG, key LONG) USING parquet PARTITIONED BY (key) LOCATION '{here}/out/folders'")
print(spark.table("folders").count())
spark.sql("MSCK REPAIR TABLE folders")
print(spark.table("folders").count())
spark.sql(f"CREATE TABLE found USING parquet LOCATION '{here}/out/folders'")
print(spark.table("found").count(), spark.table("found").columns)
spark.sql("ALTER TABLE found RECOVER PARTITIONS")
print(spark.table("found").count())

spark.range(1).createOrReplaceTempView("view")
for act in [
    lambda: spark.catalog.recoverPartitions("lines"),
    lambda: spark.catalog.recoverPartitions("view"),
    lambda: spark.catalog.recoverPartitions("nosuch"),
    lambda: spark.catalog.refreshTable("nosuch"),
    lambda: spark.sql("REFRESH TABLE nosuch"),
    lambda: spark.catalog.refreshByPath("out/nosuch"),
    lambda: spark.sql("CREATE TABLE none USING parquet PARTITIONED BY (key) LOCATION 'out/folders'"),
]:
    try:
        print(act())
    except Exception as error:
        parameters = {key: value for key, value in error.getMessageParameters().items() if key != "searchPath"}
        print(type(error).__name__, error.getCondition(), sorted(parameters.items()))
spark.stop()
