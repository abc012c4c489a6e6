"""explain() of a frame whose own plan has run; numbers that differ from run to run are left out."""
import contextlib
import io
import re
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("explain after it ran").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "4")
sales = spark.createDataFrame([(i % 5, i, f"n{i % 3}") for i in range(40)], "k int, v int, name string")
labels = spark.createDataFrame([(i, f"l{i}") for i in range(5)], "k int, label string")


def show(title, frame):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        frame.explain()
    print("##", title)
    print(re.sub(r"plan_id=\d+", "plan_id=0", re.sub(r"#\d+L?", "#", out.getvalue())))


by_key = sales.groupBy("k").agg(F.sum("v").alias("s"))
show("not run", by_key)
by_key.show()
by_key.count()
by_key.first()
by_key.write.format("noop").mode("overwrite").save()
show("show, count, first and write run plans of their own", by_key)
by_key.collect()
show("collected", by_key)
ordered = by_key.orderBy("k")
show("made of a frame that ran", ordered)
list(ordered.toLocalIterator())
show("sorted", ordered)
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
joined = sales.join(labels, "k")
joined.collect()
show("merge join", joined)
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "10485760")
distinct = sales.select("name").distinct()
distinct.collect()
show("distinct", distinct)
split = sales.repartition(3, "k")
split.collect()
show("repartitioned", split)
plain = sales.filter("v > 3")
plain.collect()
show("nothing to adapt", plain)
spark.conf.set("spark.sql.adaptive.enabled", "false")
still = sales.groupBy("name").count()
still.collect()
show("not adaptive", still)
spark.stop()
