# A view that stays cannot read a temporary one; plans that mean the same; helpers of pyspark.sql.types and pyspark.rdd.
from pyspark.rdd import portable_hash
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import *
from pyspark.sql.types import _make_type_verifier, _parse_datatype_string

spark = SparkSession.builder.appName("views and plans").getOrCreate()
spark.range(3).createOrReplaceTempView("tv")
for text in [
    "CREATE VIEW v AS SELECT * FROM tv",
    "CREATE OR REPLACE VIEW v AS SELECT * FROM range(3) WHERE id IN (SELECT id FROM tv)",
    "CREATE VIEW v AS WITH tv AS (SELECT 1 AS a) SELECT * FROM tv",
]:
    try:
        spark.sql(text)
        print("made", spark.table("v").collect())
    except Exception as e:
        print(type(e).__name__, e.getCondition())
spark.sql("DROP VIEW IF EXISTS v")
a, b = spark.range(10), spark.range(10)
print(a.withColumn("x", a.id * 2).sameSemantics(b.withColumn("x", b.id * 2)), a.withColumn("x", a.id * 2).sameSemantics(b.withColumn("x", b.id + 2)))
print(a.withColumn("x", a.id * 2).sameSemantics(b.withColumn("y", b.id * 2)), a.where("id > 1").sameSemantics(b.where("id > 2")))
print(_parse_datatype_string("a: array<short>, b DECIMAL(16, 8)"), _parse_datatype_string(" map<string , string > "), _parse_datatype_string("INT "))
for kind, nullable, value in [(LongType(), True, 1 << 64), (ByteType(), True, 12), (ByteType(), False, None), (ArrayType(ShortType(), False), True, [1, None]), (StructType([]), True, [1])]:
    try:
        print(_make_type_verifier(kind, nullable)(value))
    except Exception as e:
        print(type(e).__name__, e.getCondition())
print(portable_hash(None), portable_hash((None, 1)) & 0xFFFFFFFF, portable_hash(5))
