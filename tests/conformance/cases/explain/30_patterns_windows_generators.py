from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
import re
import io
import contextlib

spark = SparkSession.builder.getOrCreate()
e = spark.createDataFrame([(1, "a")], ["k", "v"])


def plan(frame):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        frame.explain()
    print(re.sub(r"#\d+L?", "#N", re.sub(r"plan_id=\d+", "plan_id=N", text.getvalue())))


plan(e.filter((e.k > 1) & (e.v == "a")))
plan(e.filter("k > 1 and v = 'a' and k < 7"))
plan(e.filter("k > 1").filter("v = 'a'"))
for pattern in ["a%", "%a", "%a%", "a%b", "a", "a_", "%"]:
    plan(e.filter(e.v.like(pattern)))
plan(e.filter(e.v.rlike("^A") | e.v.startswith("q")))
w = Window.partitionBy("v").orderBy("k")
plan(e.select(F.lag("k").over(w).alias("a"), F.lead("k", 2, 0).over(w).alias("b"), F.nth_value("k", 2).over(w).alias("c")))
plan(e.select("*", F.cume_dist().over(w).alias("c"), F.rank().over(w).alias("d")))
print(e.select(F.rank().over(w), F.dense_rank().over(w), F.cume_dist().over(w)).columns)
plan(e.select(F.explode(F.split("v", ",")).alias("x"), "k"))
plan(e.select("k", F.explode(F.split("v", ",")).alias("x")).groupBy("x").count())
plan(e.select("*", F.explode(F.split("v", ",")).alias("x")))
plan(e.select(F.posexplode(F.split("v", ","))))
plan(e.withColumn("x", F.explode(F.split("v", ","))).drop("v"))
