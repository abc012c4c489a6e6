# Python functions run in an operator of their own, below the one that uses them.
import contextlib
import io
import re

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("python functions in plans").getOrCreate()
frame = spark.createDataFrame([(1, "a", 2.0, "x"), (2, "b", 3.0, "y")], "id INT, k STRING, v DOUBLE, z STRING")


def plan(frame, **how):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        frame.explain(**how)
    print(re.sub(r"plan_id=\d+", "plan_id=N", re.sub(r"#\d+L?", "#N", text.getvalue())))


@F.udf("int")
def more(x):
    return x + 1


words = F.udf(lambda x: str(x))
length = F.udf(lambda x: len(x), "int", useArrow=False)

plan(frame.select("id", more("id")))
plan(frame.withColumn("n", more("id")))
plan(frame.select("*", more("id").alias("n"), words("k").alias("w")))
plan(frame.withColumn("n", more(more("id"))))
plan(frame.select(more("id").alias("a"), (more("id") + 1).alias("b")))
plan(frame.select(more(F.col("id") + 1)))
plan(frame.filter(more("id") > 1))
plan(frame.filter((more("id") > 1) & (F.col("v") > 1)).select("k"))
plan(frame.select("id", length("k")))
plan(frame.groupBy("k").agg(F.sum("v").alias("total")).withColumn("t", words("total")))
spark.udf.register("plus", lambda x: x + 1, "int")
frame.createOrReplaceTempView("t")
plan(spark.sql("SELECT plus(id) AS n, k FROM t"))
plan(spark.sql("SELECT k FROM t WHERE plus(id) > 1"))
frame.filter((more("id") > 2) & (F.col("v") > 1)).select("k", more(more("id")).alias("n"), length("k").alias("l")).show()
