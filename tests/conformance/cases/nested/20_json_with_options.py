# What the options of to_json do, and maps that cannot be compared.
import datetime
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("json with options").getOrCreate()
df = spark.createDataFrame(
    [(1, ("x", None), datetime.date(2024, 1, 31), datetime.datetime(2024, 1, 31, 8, 5), {"k": None}),
     (2, (None, 2.5), None, None, {})],
    "id INT, s STRUCT<n: STRING, v: DOUBLE>, d DATE, t TIMESTAMP, m MAP<STRING, INT>")
df.select(F.to_json(F.struct("*"))).show(truncate=False)
df.select(F.to_json(F.struct("*"), {"ignoreNullFields": "false"})).show(truncate=False)
df.select(F.to_json(F.struct("d", "t"), {"dateFormat": "dd.MM.yyyy", "timestampFormat": "yyyy/MM/dd HH:mm"})).show(truncate=False)
for what in (lambda: df.dropDuplicates(["m"]).count(), lambda: df.select("m").distinct().count(), lambda: df.dropDuplicates(["id"]).count()):
    try:
        print(what())
    except Exception as error:
        print(type(error).__name__, error.getCondition())

spark.stop()
