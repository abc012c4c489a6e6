# Functions that are another way to write something are shown as that.
import contextlib
import io
import re

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("functions replaced").getOrCreate()
df = spark.createDataFrame([("2024-01-01", 1)], ["a", "i"])


def plan(frame):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        frame.explain()
    print(re.sub(r"#\d+L?", "#N", re.sub(r"plan_id=\d+", "plan_id=N", text.getvalue())))


plan(df.select(F.to_date("a").alias("d"), F.to_timestamp("a").alias("t"), F.try_to_timestamp("a").alias("y")))
plan(df.select(F.nvl("a", F.lit("x")).alias("n"), F.ifnull("a", F.lit("x")).alias("f"), F.left("a", F.lit(2)).alias("l")))
plan(df.filter(F.to_date("a") > F.lit("2024-01-01").cast("date")).select("i"))
plan(df.select(F.to_date("a").alias("d")).groupBy("d").count())
