from datetime import date, datetime

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("names of calls").getOrCreate()

df = spark.createDataFrame([("**a**", 1, 2.1267, date(2024, 1, 31))], ["s", "n", "x", "d"])
df.select(F.trim("s", F.lit("*")), F.ltrim("s", F.lit("*")), F.rtrim("s", F.lit("*"))).show()
df.select(F.floor("x", F.lit(2)), F.ceil("x", F.lit(1)), F.floor("x")).show()
df.select(F.lit(date(2024, 1, 1)), F.lit(datetime(2024, 1, 1, 10, 0)), F.col("d") > date(2023, 1, 1)).show(truncate=False)
df.select(F.col("d") + 7, F.col("d") - 7, F.dateadd("d", 1), F.to_date(F.lit("2024-02-28")) + 2).show(truncate=False)
df.select(F.make_interval("n", "n"), F.make_interval(years="n", secs=F.lit(2))).show(truncate=False)
df.select(F.any_value("s", True), F.listagg("s"), F.current_database()).show()
df.select(F.assert_true(F.col("n") == 1)).show(truncate=False)
spark.udf.register("timesTwo", lambda n: n * 2, "int")
df.select(F.call_function("timesTwo", "n")).show()
df.select(df.s.transform(F.upper).transform(F.length)).show()
df.select(df.colRegex("`(s)?+.+`")).show()
print(spark.sql("select timesTwo(3), date'2024-01-31' + 3, 3 + date'2024-01-31', date'2024-01-31' - 3").columns)

spark.stop()
