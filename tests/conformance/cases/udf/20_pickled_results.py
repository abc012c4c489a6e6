# Registered functions give their values pickled: what is not of the type is NULL.
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import *

spark = SparkSession.builder.appName("case").getOrCreate()
df = spark.createDataFrame([(1, 2.5), (2, None)], "id int, amt double")
df.createOrReplaceTempView("t")
spark.udf.register("sq", lambda x: x * x if x is not None else None, DoubleType())
spark.udf.register("two", lambda x: 2, DoubleType())
spark.udf.register("half", lambda x: 2.5, LongType())
spark.udf.register("words", lambda x: 2)
spark.udf.register("truth", lambda x: 1, BooleanType())
spark.udf.register("flag", lambda x: True, IntegerType())
spark.udf.register("list", lambda x: [1, 2.5, "x"], ArrayType(IntegerType()))
spark.udf.register("none", lambda x: "x", ArrayType(IntegerType()))
spark.sql("select id, sq(id), sq(amt), two(id), half(id), words(id), truth(id), flag(id), list(id), none(id) from t").show()
spark.sql("select id from t where sq(id) > 0").show()
df.selectExpr("sq(amt) as s").filter("s is not null").show()
plain = F.udf(lambda x: x, DoubleType(), useArrow=False)
df.select(plain("id"), plain("amt"), F.udf(lambda x: x, DoubleType())("id")).show()
for q in ["dateadd(date'2024-01-31', 7)", "dateadd(DAY, 2, date'2024-01-31')", "date_add(MONTH, 2, date'2024-01-31')", "timestampadd(MONTH, 2, timestamp'2024-01-31')", "datediff(DAY, date'2024-01-31', date'2024-05-01')", "date_diff(WEEK, date'2024-01-31', date'2024-05-01')"]:
    spark.sql("select " + q).show(truncate=False)
for q in ["sum(1)", "(1), (count(*))", "(row_number() over (order by 1))", "(explode(array(1, 2)))", "((select 1))", "(rand())", "(1 + 1, upper('a'))"]:
    try:
        spark.sql(f"select * from values {q}").show()
    except Exception as e:
        print(type(e).__name__, e.getCondition())
spark.sql("create table props (a int, b string) using parquet tblproperties ('k1' = 'v1', 'k2' = 'v2')")
print(spark.catalog.getTableProperties("props"))
spark.sql("show tblproperties props").show()
try:
    spark.catalog.getTableProperties("nothere")
except Exception as e:
    print(type(e).__name__, e.getCondition())
control = spark.createDataFrame([("a\x01b\x1fc\x0b\x7f\x08\x0c\t\n\r\"\\/é",)], ["s"])
print(ascii(control.select(F.to_json(F.struct("s"))).first()[0]))
print(ascii(control.select(F.to_json(F.to_variant_object(F.struct("s")))).first()[0]))
n = spark.createDataFrame([(1, ("x", ["p", "q"])), (2, (None, None))], "id int, c struct<a:string,l:array<string>>")
n.write.mode("overwrite").json("out/nested")
spark.read.json("out/nested").where(F.array_contains("c.l", "p")).select("id").show()
spark.sql("drop table props")
