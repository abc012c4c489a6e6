# A table that the warehouse keeps takes its files with it: dropped, renamed, written again.
import os
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("tables dropped and renamed").getOrCreate()
df = spark.range(6).select("id", (F.col("id") % 2).alias("k"), F.concat(F.lit("v"), "id").alias("v"))
spark.sql("CREATE TABLE again USING parquet AS SELECT 1 AS a")
spark.sql("DROP TABLE again")
print(os.path.exists("spark-warehouse/again"))
spark.sql("CREATE TABLE again USING parquet AS SELECT 2 AS a")
spark.table("again").show()
df.write.saveAsTable("old_name")
spark.sql("ALTER TABLE old_name RENAME TO new_name")
print(os.path.exists("spark-warehouse/old_name"), os.path.exists("spark-warehouse/new_name"))
df.write.insertInto("new_name")
print(spark.table("new_name").count())
df.write.mode("append").saveAsTable("new_name")
print(spark.table("new_name").count())
df.write.partitionBy("k").saveAsTable("parted")
spark.sql("DESCRIBE parted").show()
print([(c.name, c.isPartition) for c in spark.catalog.listColumns("parted")])
spark.sql("MSCK REPAIR TABLE parted")
try:
    spark.sql("DROP VIEW parted")
except Exception as e:
    print(type(e).__name__, e.getCondition())
for name in ["again", "new_name", "parted"]:
    spark.sql(f"DROP TABLE {name}")
print(os.listdir("spark-warehouse"))
