# The type TIME as Spark 4.3 has it without being told to: literals, rows and timestamps made of them; the rest is refused.
import datetime

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType, TimeType

spark = SparkSession.builder.getOrCreate()
at = datetime.time(6, 30, 45, 887000)
day = datetime.date(2014, 12, 28)


def tell(what, action):
    try:
        print(what, "->", action())
    except Exception as error:
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        print(what, "->", type(error).__name__, condition)


df = spark.range(1).select(F.lit(at).alias("t"), F.lit(day).alias("d"), F.lit("CET").alias("z"))
df.printSchema()
df.show()
print(df.collect(), df.dtypes)
df.select(F.col("t").cast("string").alias("s"), F.typeof("t"), F.col("t") == F.lit(at), F.col("t") < F.lit(at)).show()
df.select(F.make_timestamp(date=df.d, time=df.t), F.make_timestamp(date=df.d, time=df.t, timezone=df.z)).show(truncate=False)
df.select(F.make_timestamp_ntz(date=df.d, time=df.t), F.try_make_timestamp(date=df.d, time=df.t)).show(truncate=False)
print(spark.range(1).select(F.make_timestamp(date=F.lit(day), time=F.lit(at))).columns)
spark.sql(
    "SELECT make_timestamp(date'2020-01-01', time'06:30:45.887', 'CET') AS a, try_make_timestamp_ntz(date'2020-01-01', time'23:59') AS b"
).show(truncate=False)
spark.createDataFrame([(at,), (None,), (datetime.time(1, 2),)], ["t"]).orderBy("t").show()
print(spark.createDataFrame([(at,)], StructType([StructField("t", TimeType())])).collect(), TimeType().simpleString())
print(spark.createDataFrame([(at,)], "t time"))
tell("hour", lambda: df.select(F.hour("t")))
tell("cast", lambda: spark.sql("SELECT cast('06:30:00' AS time)"))
tell("grouped", lambda: df.groupBy("t").count().collect())
tell("written", lambda: df.select("t").write.parquet("out/times"))
tell("no time", lambda: spark.sql("SELECT time '25:30:00'"))
tell("no date", lambda: df.select(F.make_timestamp(date=F.lit("2014-12-28"), time="t")))
