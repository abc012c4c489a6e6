"""Rows that are compared with nulls equal are joined by what stands for null; numbers that differ from run to run are left out."""
import contextlib
import io
import re
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("keys that may be null").config("spark.sql.shuffle.partitions", "4").getOrCreate()
spark.conf.set("spark.sql.adaptive.enabled", "false")


def show(title, frame):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        frame.explain()
    print("##", title)
    print(re.sub(r"plan_id=\d+", "plan_id=0", re.sub(r"#\d+L?", "#", out.getvalue())))


left = spark.createDataFrame([(1, "x", 1.5), (None, "y", 2.5), (3, None, None)], "n int, s string, d double")
right = spark.createDataFrame([(1, "x", 1.5), (None, "z", 2.5), (3, None, None)], "n int, s string, d double")
show("intersect", left.select("n", "s").intersect(right.select("n", "s")))
show("subtract", left.select("n", "s").subtract(right.select("n", "s")))
show("null-safe join", left.join(right, left.n.eqNullSafe(right.n) & (left.d <= right.d)))
show("null-safe join of texts", left.join(right, left.s.eqNullSafe(right.s), "left"))
left, right = left.drop("d"), right.drop("d")
print(sorted(left.intersect(right).collect(), key=lambda row: row.n), left.subtract(right).collect())

spark.stop()
