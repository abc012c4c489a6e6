from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("options that cannot be").config("spark.sql.shuffle.partitions", "4").getOrCreate()


def attempt(label, action):
    try:
        action()
        print(label, "-> fine")
    except Exception as e:
        condition = e.getCondition() if hasattr(e, "getCondition") else None
        print(label, "->", type(e).__name__, condition)


path = "data/people.csv"
attempt("header", lambda: spark.read.csv(path, header="maybe").show(1))
attempt("inferSchema", lambda: spark.read.csv(path, header=True, inferSchema="yes").show(1))
attempt("multiLine", lambda: spark.read.csv(path, multiLine="1").show(1))
attempt("TRUE", lambda: spark.read.csv(path, header="TRUE").collect())
attempt("quote", lambda: spark.read.csv(path, quote="ab").show(1))
attempt("escape", lambda: spark.read.csv(path, escape="ab").show(1))
attempt("comment", lambda: spark.read.csv(path, comment="//").show(1))
attempt("quote of a schema", lambda: spark.read.csv(path, schema="a string", quote="ab").collect())
frame = spark.read.csv(path, header=True)
attempt("sha2 of 100", lambda: frame.select(F.sha2("name", 100)).show())
frame.select(F.sha2("name", 224).substr(1, 8), F.sha2("name", 0) == F.sha2("name", 256)).show(2)
attempt("decode", lambda: frame.select(F.decode("name", "nope")).show())
attempt("encode", lambda: frame.select(F.encode("name", "nope")).show())
frame.select("id", "name").write.saveAsTable("kept")
attempt("other format", lambda: frame.select("id", "name").write.format("json").mode("append").saveAsTable("kept"))
frame.select("id", "name").write.mode("append").saveAsTable("kept")
print(spark.table("kept").count())
frame.createOrReplaceTempView("p")
spark.sql("select listagg(name, '; ') within group (order by name desc), listagg(distinct city) within group (order by city) from p").show(truncate=False)

spark.stop()
