# Columns with texts in them as parameters of SQL; settings of executors; buckets come back as they were given.
from pyspark import SparkConf
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.getOrCreate()
frame = spark.range(10).select((F.col("id") % 4).alias("A"), F.col("id").alias("B"))
pairs = F.create_map(F.lit("a"), F.lit(1), F.lit("it's"), F.lit(2))
spark.sql("SELECT element_at(:m, 'a') AS C, element_at(:m, :k) AS D", {"m": pairs, "k": "it's"}).show()
spark.sql(
    "SELECT *, element_at(:m, 'a') AS C FROM {df} WHERE {df[B]} > :minB", {"minB": 5, "m": pairs}, df=frame
).show()
spark.sql("SELECT {c} AS up FROM {df} LIMIT 2", c=F.col("B"), df=frame).show()
try:
    spark.sql("SELECT {c} AS up FROM {df} LIMIT 2", c=F.concat(F.lit("n"), F.col("B")), df=frame).show()
except Exception as error:
    print(type(error).__name__, error)
conf = SparkConf().setExecutorEnv("VAR1", "value1").setExecutorEnv(pairs=[("VAR3", "value3"), ("VAR4", "value4")])
print(conf.get("spark.executorEnv.VAR1"), conf.get("spark.executorEnv.VAR4"))
rdd = spark.sparkContext.parallelize(["ab", "ac", "b", "bd", "ef"])
print(rdd.histogram(("a", "b", "c")), rdd.histogram(["a", "c"]))
