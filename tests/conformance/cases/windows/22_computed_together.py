# Windows that are computed together, and sorted once.
import contextlib
import io
import re

from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("case").getOrCreate()


def explain(df):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        df.explain()
    numbers = {}
    text = re.sub(r"plan_id=\d+", "plan_id=0", out.getvalue())
    print(re.sub(r"#\d+", lambda m: numbers.setdefault(m.group(), f"#{len(numbers)}"), text))


df = spark.createDataFrame([(i % 3, i * 7 % 5, i) for i in range(12)], "id int, k int, amt int").coalesce(1)
w = Window.partitionBy("id").orderBy("amt")
k = Window.partitionBy("id")
many = df.withColumn("prev", F.lag("amt").over(w)).withColumn("delta", F.col("amt") - F.col("prev")).withColumn("rn", F.row_number().over(w)).withColumn("run", F.sum("amt").over(w))
explain(many)
many.orderBy("id", "amt").show()
both = df.withColumn("all", F.sum("amt").over(k)).withColumn("share", F.col("amt") / F.col("all")).withColumn("prev", F.lag("amt").over(w))
explain(both)
both.orderBy("id", "amt").show(5)
explain(df.withColumn("prev", F.lag("amt").over(w)).withColumn("all", F.sum("amt").over(k)))
explain(df.select("id", F.sum("amt").over(k), F.rank().over(w)))
explain(df.withColumn("list", F.collect_list("amt").over(k)).withColumn("rn", F.row_number().over(k.orderBy(F.desc("amt")))))
df.withColumn("list", F.collect_list("amt").over(k)).withColumn("rn", F.row_number().over(k.orderBy(F.desc("amt")))).orderBy("id", "rn").show(4, False)
explain(df.withColumn("a", F.sum("amt").over(Window.partitionBy("id", "k"))).withColumn("b", F.max("amt").over(k)))
explain(df.withColumn("a", F.sum("amt").over(k)).withColumn("b", F.sum("a").over(k)))
explain(df.withColumn("a", F.sum("amt").over(k)).filter("a > 1").withColumn("b", F.lag("amt").over(w)))
explain(df.repartition("id").sortWithinPartitions("id").withColumn("b", F.lag("amt").over(w)))
df.withColumn("a", F.sum("amt").over(Window.partitionBy("id", "k"))).withColumn("b", F.max("amt").over(k)).orderBy("amt").show(4)
