"""Joins that a hint asked for stay as they are when adaptive execution finds a side small; others are broadcast then, and both sides read locally."""
import contextlib
import io
import re
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("hints that stay").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "4")
sales = spark.range(0, 2000, 1, 2).select("id", (F.col("id") % 50).alias("k"))
names = spark.range(0, 50, 1, 2).select(F.col("id").alias("k"), F.concat(F.lit("name"), "id").alias("name"))


def show(title, frame):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        frame.explain()
    print("##", title)
    print(re.sub(r"plan_id=\d+", "plan_id=0", re.sub(r"#\d+L?", "#", out.getvalue())))


merged = sales.join(names.hint("merge"), "k")
print(len(merged.collect()))
show("merge", merged)

spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
spark.conf.set("spark.sql.adaptive.autoBroadcastJoinThreshold", "4k")
found_small = sales.join(names, "k")
print(len(found_small.collect()))
show("no hint", found_small)

hashed = sales.join(names.hint("shuffle_hash"), "k")
print(len(hashed.collect()))
show("shuffle_hash", hashed)

# As many map outputs as tasks, more, and fewer: who reads what is seen in the order of the rows.
spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
for maps in (2, 4, 7):
    facts = spark.range(0, 240, 1, maps).select("id", (F.col("id") % 5).alias("k"))
    found_small = facts.join(names, "k")
    print(maps, [row.id for row in found_small.collect()][:60])
    show(f"{maps} map outputs", found_small)

# Functions without generated code have no star.
spark.conf.set("spark.sql.adaptive.enabled", "false")
show("counted about", sales.agg(F.approx_count_distinct("id")))
show("with others", sales.groupBy("k").agg(F.max("id"), F.approx_count_distinct("id", 0.1).alias("about")))
spark.stop()
