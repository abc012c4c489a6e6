from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("printed columns").getOrCreate()

a, b = F.col("a"), F.col("b")
for column in [a, F.col("a.b"), F.col("x y"), a + 1, 1 - a, a * 2, a / 2, a % 2, a**2, -a, a == 1, a != 1, a > "x", a <= 1, a >= 1.5, (a == 1) & (b == 2),
               (a == 1) | (b == 2), ~a, a.alias("z"), (a + 1).alias("z"), a.cast("int"), a.try_cast("int"), a.desc(), a.asc_nulls_last(), a.isNull(),
               a.isNotNull(), a.isin(1, 2), a.isin(["x"]), a.between(1, 2), a.like("x%"), a.rlike("x"), a.contains("x"), a.startswith("x"), a.substr(1, 2),
               a[0], a["k"], a.getField("f"), a.eqNullSafe(b), F.when(a > 1, "x").when(a > 2, b).otherwise(F.lit(None)), F.lit(1), F.lit("x"), F.lit(1.5),
               F.lit(True), F.lit(None), F.lit([1, 2]), F.sum("a").over(Window.partitionBy("b")),
               F.rank().over(Window.partitionBy("b").orderBy(F.desc("c"))), F.sum("a").over(Window.orderBy("b").rowsBetween(-1, 1)), F.count("a"), F.max(a),
               F.concat_ws("-", a, b), F.coalesce("a", F.lit(0)), F.to_date("a", "yyyy"), F.date_add("a", 1), F.upper(F.trim("a")), F.array("a", F.lit(1)),
               F.struct("a", "b"), F.explode("a"), F.size(F.split("a", ",", 2)), F.greatest("a", "b")]:
    print(column)
df = spark.createDataFrame([(1, "x")], ["id", "my name"])
print(df.id, df["my name"], df.id + 1, df.id.alias("n"))

spark.stop()
