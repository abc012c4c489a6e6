import os
import tempfile

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("rows of text").getOrCreate()

texts = spark.sparkContext.parallelize(['{"id": 1, "tags": ["a"]}', '{"id": 2, "who": {"name": "Bo"}}', "not json"])
found = spark.read.json(texts)
found.printSchema()
found.show(truncate=False)
spark.read.schema("id int, who struct<name: string>").json(texts).show()
rows = spark.sparkContext.parallelize(["id,name", "1,Ann", '2,"B, o"'])
spark.read.csv(rows, header=True, inferSchema=True).show()
with tempfile.TemporaryDirectory(prefix="rows") as folder:
    path = os.path.join(folder, "a")
    found.select("id").coalesce(1).write.csv(path)
    spark.read.schema("id int").csv(path).show()
print(os.path.exists(path))

spark.stop()
