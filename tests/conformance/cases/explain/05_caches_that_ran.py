"""Plans that read caches, before and after these are filled; a cache keeps the partitions that were asked for."""
import contextlib
import io
import re
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("caches that ran").getOrCreate()
sales = spark.createDataFrame([(i % 3, i, f"n{i % 2}") for i in range(20)], "k int, v int, name string")
labels = spark.createDataFrame([(i % 3, i) for i in range(30)], "k int, z int")


def plan_of(frame):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        frame.explain()
    return re.sub(r"plan_id=\d+", "plan_id=0", re.sub(r"#\d+L?", "#", out.getvalue()))


def show(title, frame):
    print("##", title)
    print(plan_of(frame))


totals = sales.groupBy("k").agg(F.sum("v").alias("s")).cache()
totals.count()
print("partitions of a group-by", totals.rdd.getNumPartitions())
show("a filled cache", totals)
by_key = sales.repartition("k").cache()
print("rows", by_key.count(), "partitions", by_key.rdd.getNumPartitions())
counts = by_key.groupBy("k").count()
show("grouped by what it is spread by", counts)
print(sorted(tuple(row) for row in counts.collect()))
show("the same after it ran", counts)
joined = labels.join(totals, "k")
show("a small cache is broadcast", joined)
extra = labels.cache()
late = sales.join(extra, "k")
print(len(late.collect()))
print("a cache that the query itself filled is broadcast:", plan_of(late).count("BroadcastHashJoin"), plan_of(late).count("TableCacheQueryStage"))
both = sales.join(totals, "k").cache()
print("rows", both.count(), "partitions", both.rdd.getNumPartitions())
spark.conf.set("spark.sql.optimizer.canChangeCachedPlanOutputPartitioning", "true")
small = sales.groupBy("k").agg(F.max("v")).cache()
print("rows", small.count(), "partitions", small.rdd.getNumPartitions())
spark.stop()
