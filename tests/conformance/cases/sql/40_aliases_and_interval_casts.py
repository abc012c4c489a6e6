# Words of the order by clause as names, lengths of time as numbers, what a date meets.
import datetime
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("aliases and interval casts").getOrCreate()
spark.sql("SELECT 1 nulls, 2 desc, 3 asc, 4 AS first").show()
spark.sql("SELECT count(*) nulls FROM VALUES (1), (2) v(a) ORDER BY nulls DESC NULLS LAST").show()
df = spark.createDataFrame([(datetime.datetime(2024, 3, 1, 10, 30, 15), datetime.datetime(2024, 2, 27, 9, 0))], ["a", "b"])
df.select((F.col("a") - F.col("b")).cast("long").alias("seconds"), (F.col("b") - F.col("a")).cast("int").alias("back")).show()
spark.sql("""SELECT CAST(INTERVAL '3' DAY AS INT) d, CAST(INTERVAL '26' HOUR AS BIGINT) h, CAST(INTERVAL '1 02' DAY TO HOUR AS INT) dh,
  CAST(INTERVAL '2-3' YEAR TO MONTH AS INT) m, CAST(INTERVAL '5' YEAR AS SMALLINT) y, CAST(INTERVAL '-90' SECOND AS INT) s""").show()
df.select(F.extract(F.lit("YEAR"), "a"), F.datepart(F.lit("MONTH"), "a"), F.date_part(F.lit("DAY"), "a")).show()
for text in ["SELECT date'2024-01-01' + timestamp'2024-01-01 00:00:00'", "SELECT date'2024-01-01' + true"]:
    try:
        spark.sql(text).show()
    except Exception as e:
        print(type(e).__name__, e.getCondition())
