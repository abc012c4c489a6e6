# Plans of pivots, caches, frames from RDDs, VALUES and small decimals.
import contextlib
import io
import re

from pyspark import StorageLevel
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("case").getOrCreate()


def explain(df, mode=None):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        df.explain(mode) if mode else df.explain()
    numbers = {}
    text = re.sub(r"plan_id=\d+", "plan_id=0", out.getvalue())
    text = re.sub(r"\[file:[^\]]*/", "[file:/", text)
    print(re.sub(r"#\d+", lambda m: numbers.setdefault(m.group(), f"#{len(numbers)}"), text))


rows = [("a", "x", 1, 1.5), ("b", "y", 2, 2.5), ("a", "y", 3, None), ("c", "x", 4, 4.0)]
df = spark.createDataFrame(rows, "k string, p string, n int, d double")
df.write.mode("overwrite").parquet("out/pivots")
t = spark.read.parquet("out/pivots")
explain(t.groupBy("k").pivot("p", ["x", "y"]).sum("n"))
explain(t.groupBy("k").pivot("p", ["x", "y"]).agg(F.sum("n").alias("s"), F.avg("d").alias("a")))
explain(t.groupBy("k").pivot("p").count())
explain(t.groupBy("k").pivot("p", ["x", "y"]).agg(F.max("p"), F.collect_list("n")).orderBy("k"))
explain(t.groupBy().pivot("p", ["x", "y"]).agg(F.sum("n")))
t.groupBy("k").pivot("p", ["x", "y"]).agg(F.max("p"), F.collect_list("n"), F.count("n"), F.first("p")).orderBy("k").show()
t.groupBy("k").pivot("p", ["x", "z"]).agg(F.count("n"), F.sum("d"), F.max(F.col("n") > 2)).orderBy("k").show()
t.groupBy("k").pivot("p").agg(F.max(F.struct("n", "p")).alias("m")).orderBy("k").show()
t.groupBy("k").pivot("p", ["x", None]).agg(F.count(F.lit(1))).orderBy("k").show()
explain(spark.sql("select * from values (1, 'a'), (2, 'b') as t(x, y)"))
explain(spark.sql("select * from values (1, 'a'), (2, 'b') as t(x, y)"), "formatted")
explain(spark.sparkContext.parallelize([(1, "a")]).toDF(["n", "s"]).where("n > 2"))
explain(spark.createDataFrame(df.rdd.map(lambda r: (r.k, r.n)), ["k", "n"]).groupBy("k").count())
for level in ["MEMORY_ONLY", "DISK_ONLY", "MEMORY_AND_DISK_2", "OFF_HEAP", "MEMORY_AND_DISK_DESER"]:
    kept = t.filter(f"n > {len(level)}").persist(getattr(StorageLevel, level))
    explain(kept)
    kept.unpersist()
kept = t.cache()
explain(kept.filter("n > 1").select((F.col("n") + 1).alias("m"), "k"))
explain(kept.select("n", "k"))
kept.unpersist()
money = spark.sql("select * from values ('a', cast(1.25 as decimal(10,2)), cast(2.5 as decimal(7,2))), ('a', 3.10, 0.01), ('b', -0.05, null) as t(k, p, q)")
money.write.mode("overwrite").parquet("out/money")
m = spark.read.parquet("out/money")
explain(m.groupBy("k").agg(F.sum("p"), F.avg("p"), F.sum("q"), F.avg("q"), F.max("q")))
m.groupBy("k").agg(F.sum("p"), F.avg("p"), F.sum("q"), F.avg("q"), F.max("q")).orderBy("k").show()
m.agg(F.sum("q"), F.avg("p")).printSchema()
j = spark.createDataFrame([(1, [1, 2]), (2, [])], "id int, l array<int>")
explain(j.select("id", F.explode_outer("l").alias("x")))
