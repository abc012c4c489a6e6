"""Exchanges that give the same rows run once, in one query; numbers that differ from run to run are left out."""
import contextlib
import io
import re
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("reused exchanges").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "4")


def show(title, frame, mode=None):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        frame.explain(mode)
    print("##", title)
    print(re.sub(r"plan_id=\d+", "plan_id=0", re.sub(r"#\d+L?", "#", out.getvalue())))


numbers = spark.range(0, 1000, 1, 4).withColumn("k", F.col("id") % 7).withColumn("j", F.col("id") % 5)
sums = numbers.groupBy("k").agg(F.sum("id").alias("s"))
labels = spark.range(0, 7).select(F.col("id").alias("d"), (F.col("id") * 2).alias("e"))


def trials():
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    both = sums.union(sums).orderBy("k", "s")
    print(both.collect()[:4])
    show("two halves of a union", both)
    renamed = sums.select(F.col("k").alias("key"), F.col("s").alias("total"))
    paired = sums.join(renamed, F.col("k") == F.col("key")).select("k", "s", "total").orderBy(F.desc("k"))
    print(paired.collect()[:2])
    show("an aggregate joined with itself", paired)
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "10485760")
    twice = (
        numbers.join(labels.alias("p"), F.col("k") == F.col("p.d"))
        .join(labels.alias("q"), F.col("j") == F.col("q.d"))
        .select("id", "p.e", F.col("q.e").alias("f"))
    )
    print(len(twice.collect()))
    show("a small side joined twice", twice)
    otherwise = numbers.join(labels.alias("p"), F.col("k") == F.col("p.d")).join(
        labels.alias("q"), F.col("j") == F.col("q.e")
    )
    print(len(otherwise.collect()))
    show("a small side joined by two keys", otherwise)


trials()
spark.conf.set("spark.sql.exchange.reuse", "false")
unshared = sums.union(sums)
print(len(unshared.collect()))
show("reuse switched off", unshared)
spark.conf.set("spark.sql.exchange.reuse", "true")
spark.conf.set("spark.sql.adaptive.enabled", "false")
trials()
show("formatted", sums.union(sums), "formatted")
