"""Aggregations take one step where no exchange stands between, and need no hash table where rows come in the order of the keys."""
import contextlib
import io
import re
from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("steps of aggregates").getOrCreate()
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
sales = spark.createDataFrame([(i % 3, i % 5, i, f"n{i % 2}") for i in range(20)], "k int, j int, v int, name string")
labels = spark.createDataFrame([(i % 3, i) for i in range(20)], "k int, w int")


def show(title, frame):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        frame.explain()
    print("##", title)
    print(re.sub(r"plan_id=\d+", "plan_id=0", re.sub(r"#\d+L?", "#", out.getvalue())))


spread = sales.repartition("k")
show("spread by the key", spread.groupBy("k").agg(F.sum("v"), F.avg("v")))
show("text needs an order", spread.groupBy("k").agg(F.max("name"), F.count("*")))
show("lists", spread.groupBy("k").agg(F.collect_list("v")))
show("distinct values", spread.groupBy("k").agg(F.count_distinct("v")))
show("distinct values and others", spread.groupBy("k").agg(F.count_distinct("v"), F.sum("v")))
show("distinct rows", spread.select("k").distinct())
show("one partition", sales.coalesce(1).agg(F.count("*"), F.sum("v")))
show("one partition, sorted", sales.coalesce(1).orderBy("k"))
window = Window.partitionBy("k").orderBy("v")
show("after a window", sales.withColumn("r", F.row_number().over(window)).groupBy("k").agg(F.max("r")))
show("after a join", sales.join(labels, "k").groupBy("k").agg(F.sum("w")))
show("orders that serve two", sales.groupBy("k", "j").agg(F.count("v").alias("c"), F.max("name").alias("m"))
     .groupBy("k").agg(F.sum("c"), F.max("m")))
show("counts summed up", sales.groupBy("k", "j").count().groupBy("k").agg(F.sum("count")))
show("counts summed up for all", sales.groupBy("k").count().agg(F.sum("count")))
show("counts summed up, of some groups", sales.groupBy("k", "j").count().filter("count > 1").agg(F.sum("count")))
show("counts and more", sales.groupBy("k", "j").count().groupBy("k").agg(F.sum("count"), F.count("*")))
show("filtered before it is brought together", sales.coalesce(2).filter("v > 3").select("k"))
for frame in [spread.groupBy("k").agg(F.sum("v").alias("s")), sales.groupBy("k", "j").count().groupBy("k").agg(F.sum("count").alias("n"))]:
    print(sorted(tuple(row) for row in frame.collect()))
spark.conf.set("spark.sql.execution.combineAdjacentAggregation", "false")
show("two steps when asked for", spread.groupBy("k").count())
spark.stop()
