from pyspark.sql import SparkSession
from pyspark.errors import AnalysisException

spark = SparkSession.builder.master("local[2]").appName("file views").getOrCreate()
spark.range(3).selectExpr("id", "id * 2 as double", "concat('n', id) as name").write.mode("overwrite").parquet("out/p")
spark.range(3).selectExpr("id", "concat('n', id) as name").coalesce(1).write.mode("overwrite").csv("out/c", header=True)
spark.sql("CREATE OR REPLACE TEMPORARY VIEW p USING parquet OPTIONS (path 'out/p')")
spark.sql("SELECT * FROM p WHERE double > 0 ORDER BY id").show()
spark.sql("CREATE TEMP VIEW c USING csv OPTIONS (path 'out/c', header 'true', inferSchema 'true')")
spark.sql("SELECT sum(id), max(name) FROM c").show()
spark.sql("CREATE TEMPORARY VIEW d (a STRING, b STRING) USING csv OPTIONS (path 'out/c', header 'true')")
spark.sql("SELECT a, b FROM d ORDER BY a DESC").show()
spark.table("d").printSchema()
spark.sql("CREATE TEMP VIEW renamed (x, y) AS SELECT id, name FROM c")
spark.sql("SELECT y FROM renamed ORDER BY x LIMIT 1").show()


def attempt(action):
    try:
        action()
    except AnalysisException as error:
        print(type(error).__name__, error.getCondition(), error.getSqlState())


attempt(lambda: spark.sql("CREATE TEMP VIEW c USING csv OPTIONS (path 'out/c')"))
attempt(lambda: spark.sql("SELECT nope FROM c"))
attempt(lambda: spark.table("nowhere"))
attempt(lambda: spark.read.csv("/no/such/folder/of/mine.csv"))
attempt(lambda: spark.sql("SELECT id, count(*) FROM c"))
attempt(lambda: spark.sql("SELECT nofunction(1)"))
attempt(lambda: spark.range(2).union(spark.range(2).selectExpr("id", "id")))
