# What an error says in its parameters, by condition.
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
df = spark.createDataFrame([(1, "a", 1.5), (2, None, None)], "id int, name string, score double")
df.createOrReplaceTempView("t")
other = spark.createDataFrame([(1, 2)], "id int, extra int")


def tell(what, action):
    try:
        action()
        print(what, "-> fine")
    except Exception as error:
        parameters = {
            name: value for name, value in error.getMessageParameters().items() if name not in ("path", "outputPath")
        }
        print(what, "->", type(error).__name__, error.getCondition(), error.getSqlState(), dict(sorted(parameters.items())))


tell("column", lambda: df.select("nope"))
tell("column of many", lambda: df.select("names"))
tell("qualified column", lambda: spark.sql("SELECT t.nope FROM t"))
tell("column in an order", lambda: df.sort("zzz"))
tell("column, none there", lambda: spark.sql("SELECT nope"))
tell("column in a filter", lambda: df.filter("nope > 1"))
tell("column of a pivot", lambda: df.groupBy("id").pivot("nope").count())
tell("key of a join", lambda: df.join(other, "nokey"))
tell("ambiguous", lambda: df.alias("a").join(other.alias("b"), F.expr("a.id = b.id")).select("id"))
tell("field", lambda: df.select(F.struct("id").alias("s")).select("s.nope"))
tell("table", lambda: spark.table("nothing"))
tell("table in a database", lambda: spark.sql("SELECT * FROM db.nothing"))
tell("syntax", lambda: spark.sql("SELEC 1"))
tell("path", lambda: spark.read.csv("out/not/there"))
tell("function", lambda: spark.sql("SELECT nofun(1)"))
tell("number of arguments", lambda: spark.sql("SELECT abs(1, 2)"))
tell("a condition that is none", lambda: df.filter(F.col("id")))
tell("cast", lambda: df.select(F.array("id").cast("int")))
tell("no group", lambda: df.groupBy("name").agg(F.col("id")))
tell("no group in SQL", lambda: spark.sql("SELECT name, id FROM t GROUP BY name"))
tell("columns of a union", lambda: df.union(other.select("id")))
tell("cast of text", lambda: df.select(F.lit("abc").cast("int")).collect())
tell("date of text", lambda: df.select(F.lit("abc").cast("date")).collect())
tell("divide", lambda: df.select(F.col("id") / 0).collect())
tell("cast that overflows", lambda: spark.sql("SELECT cast(300 AS tinyint)").collect())
tell("element of an array", lambda: df.select(F.element_at(F.array("id"), 5)).collect())
tell("index of an array", lambda: df.select(F.array("id")[7]).collect())
tell("raised", lambda: df.select(F.raise_error(F.lit("no"))).collect())
tell("view there already", lambda: df.createTempView("t"))
tell("path there already", lambda: [df.write.csv("out/there"), df.write.csv("out/there")])
tell("mode", lambda: df.write.mode("bogus").csv("out/mode"))
tell("configuration", lambda: spark.conf.get("spark.no.such"))
tell("configuration of the cluster", lambda: spark.conf.set("spark.executor.memory", "1g"))
tell("value for a type", lambda: spark.createDataFrame([("a",)], "x int"))
tell("null for a type", lambda: spark.createDataFrame([(None,)], "x int not null"))
tell("argument", lambda: df.drop(1))
tell("position in an order", lambda: spark.sql("SELECT id FROM t ORDER BY 5"))
tell("position in a group", lambda: spark.sql("SELECT id FROM t GROUP BY 3"))
spark.sql("CREATE TEMP VIEW dropped AS SELECT 1 AS x")
tell("a view is dropped as a table", lambda: spark.sql("DROP TABLE dropped"))
tell("and is gone", lambda: spark.table("dropped"))
