from pyspark.sql import SparkSession, Window, functions as F
from pyspark.sql.types import IntegerType, MapType, StringType

spark = SparkSession.builder.appName("names").getOrCreate()

df = spark.createDataFrame([(1, [1], (1, "x"))], "a int, arr array<int>, st struct<p:int,q:string>")
print(df.select(F.col("arr").cast("array<string>"), F.array("a").cast("array<string>"), F.struct("a").cast("struct<z:string>")).columns)
print(df.select(F.expr("cast(arr as array<string>)"), F.expr("string(a)"), F.expr("int(a) + 1"), F.expr("date('2024-01-05')")).columns)
print(df.select(F.col("st").withField("x", F.lit(1)), F.col("st").dropFields("p"), F.col("st").withField("x", F.col("a") + 1).withField("y", F.lit("k"))).columns)
print(df.selectExpr("aggregate(arr, 0, (x, y) -> x + y)", "overlay('a' placing 'b' from 1)", "replace('a', 'b')", "mask('a')", "mask('a', 'Q')", "random(1)").columns)
print(df.selectExpr("percent_rank() over (order by a)", "a between 1 and 2", "dateadd(month, 1, date'2024-01-31')", "array_agg(1) over ()").columns)
print(df.select(F.from_json(F.lit("{}"), "map<string,int>"), F.from_json(F.lit("{}"), MapType(StringType(), IntegerType())), F.shuffle("arr")).columns)
print(df.select(F.percent_rank().over(Window.orderBy("a")), F.timestamp_diff("month", F.lit("2024-01-01").cast("timestamp"), F.lit("2024-03-01").cast("timestamp"))).columns)
for text in ["array_contains(array(1), '1')", "array_contains(array(1), null)", "array_append(array(1), 'x')", "map('a', 1) = map('a', 1)"]:
    try:
        df.selectExpr(text).collect()
        print("fine")
    except Exception as e:
        print(text, type(e).__name__, e.getCondition())

spark.stop()
