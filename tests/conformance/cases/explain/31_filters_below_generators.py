# Lists without elements are left out before their rows are made.
import contextlib
import io
import re

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("filters below generators").getOrCreate()
orders = spark.createDataFrame(
    [(1, ["a", "b"], ("x", [1])), (2, [], ("y", None)), (3, None, None)],
    "id INT, tags ARRAY<STRING>, s STRUCT<a: STRING, b: ARRAY<INT>>",
)
orders.write.mode("overwrite").parquet("out/orders")
saved = spark.read.parquet("out/orders")


def plan(frame):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        frame.explain()
    print(re.sub(r"#\d+L?", "#N", re.sub(r"file:[^\]]*/", "", text.getvalue())))


for frame in [saved, orders]:
    plan(frame.select("id", F.explode("tags").alias("tag")))
    plan(frame.select(F.posexplode("tags")))
    plan(frame.select("id", F.explode("tags").alias("tag")).where("tag = 'a'"))
    frame.select("id", F.explode("tags").alias("tag")).orderBy("id", "tag").show()
    frame.select("id", F.explode_outer("tags").alias("tag")).orderBy("id", "tag").show()
plan(saved.where("id > 1").select("id", F.explode("tags").alias("tag")))
saved.select("id", F.explode(F.split("s.a", ",")).alias("word")).groupBy("word").count().orderBy("word").show()
saved.select("id", F.explode("s.b").alias("b")).show()
saved.createOrReplaceTempView("orders")
plan(spark.sql("SELECT id, tag FROM orders LATERAL VIEW explode(tags) t AS tag WHERE size(tags) > 1"))
spark.sql("SELECT id, tag FROM orders LATERAL VIEW OUTER explode(tags) t AS tag ORDER BY id, tag").show()

spark.stop()
