# What a column is called when it was cast, and what an empty list is called.
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("names below casts").getOrCreate()
df = spark.createDataFrame([(1, "1704067200", 2.5), (2, None, float("nan"))], "id INT, s STRING, d DOUBLE")
print(df.select(F.col("id").alias("x").cast("string")).columns)
print(df.select(F.col("s").cast("long").cast("double"), F.col("s").cast("long")).columns)
print(df.select((F.col("id") + 1).cast("string"), F.lit(1).cast("string")).columns)
print(df.selectExpr("cast(id as string)", "cast(cast(s as long) as double)", "cast(id + 1 as string)").columns)
df.select(~df.id.isin([]), df.id.isin()).show()
df.filter(~df.id.isin([])).show()
df.select(F.ceil("d"), F.floor("d")).show()
try:
    df.select(F.ceil(F.lit(1e30))).show()
except Exception as error:
    print(type(error).__name__, error.getCondition())
df.select(F.expr("timestampdiff(MONTH, timestamp'1999-12-31 23:59:59', timestamp'2024-03-01')")).show(1)
try:
    df.select(F.lit(1).alias("a", "b"))
except Exception as error:
    print(type(error).__name__, error.getCondition())
try:
    df.selectExpr("iff(id > 1, 1, 2)")
except Exception as error:
    print(type(error).__name__, error.getCondition())
with_note = df.withMetadata("id", {"note": "key"}).withColumn("t", F.col("id").alias("t", metadata={"unit": "m"}))
print(with_note.schema["id"].metadata, with_note.schema["t"].metadata, with_note.schema["s"].metadata)
print(df.isLocal(), df.semanticHash() == df.semanticHash(), df.sameSemantics(df))
print(df.schema.treeString())
try:
    df.schema.add("z", "int")
except Exception as error:
    print(type(error).__name__, error.getCondition())
print(df.schema.add("z", "integer").simpleString())

spark.stop()
