# Which database is current, what a trim function trims, and rows in lists of rows.
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("databases, trims, rows").getOrCreate()
spark.sql("CREATE DATABASE IF NOT EXISTS shop")
spark.sql("SELECT current_database()").show()
spark.sql("USE shop")
spark.sql("SELECT current_database(), current_schema(), current_catalog()").show()
print(spark.catalog.currentDatabase())
spark.sql("USE default")
spark.sql("SELECT current_database() AS now").show()
spark.sql("DROP DATABASE shop")
spark.sql("SELECT trim('xy', 'xaby'), ltrim('xy', 'xyz'), rtrim('z', 'xyzz'), btrim('xay', 'xy')").show()
spark.sql("SELECT trim(BOTH 'x' FROM 'xax'), trim(LEADING 'x' FROM 'xax'), trim(TRAILING 'x' FROM 'xax'), trim('  a ')").show()
spark.sql("SELECT * FROM VALUES (1, 2), (3, 5) AS t(a, b) WHERE (a, b) IN ((1, 2), (3, 4))").show()
spark.sql("SELECT * FROM VALUES (1, 2), (3, 5) AS t(a, b) WHERE (a, b) NOT IN ((1, 2))").show()
spark.range(2).write.mode("overwrite").saveAsTable("rows_of_ids")
for text in ("DELETE FROM rows_of_ids", "UPDATE rows_of_ids SET id = 1", "SELECT iff(true, 1, 2)"):
    try:
        spark.sql(text).show()
    except Exception as error:
        print(type(error).__name__, error.getCondition())
spark.sql("DROP TABLE rows_of_ids")
for attempt in (
    lambda: spark.conf.set("spark.sql.session.timeZone", "Mars"),
    lambda: spark.sql("SET spark.sql.session.timeZone = Nowhere/City"),
    lambda: spark.sparkContext.setLogLevel("LOUD"),
    lambda: spark.range(1).createOrReplaceTempView("bad name"),
):
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__, getattr(error, "getCondition", lambda: None)())
print(spark.conf.get("spark.sql.session.timeZone"))

spark.stop()
