# A pivot that is unpivoted at once, hours between two clocks, the text of a partitioned table.
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("pivot back").config("spark.sql.session.timeZone", "America/New_York").getOrCreate()
spark.sql("""CREATE TEMP VIEW sales AS SELECT * FROM VALUES ('North', 'A', 100.0), ('North', 'B', 80.0), ('South', 'A', 60.25), ('South', 'B', NULL)
  t(region, product, amount)""")
spark.sql("SELECT * FROM sales PIVOT (sum(amount) FOR product IN ('A', 'B')) UNPIVOT (v FOR p IN (A, B)) ORDER BY 1, 2").show()
spark.sql("SELECT * FROM sales PIVOT (sum(amount) FOR product IN ('A', 'B')) AS w UNPIVOT INCLUDE NULLS (v FOR p IN (A, B)) AS u ORDER BY 1, 2").show()
spark.sql("""SELECT timestampdiff(HOUR, a, b) h, timestampdiff(MINUTE, a, b) m, timestampdiff(SECOND, a, b) s, timestampdiff(DAY, a, b) d
  FROM VALUES (TIMESTAMP'2024-01-01 00:00:00', TIMESTAMP'2024-03-10 03:30:00'), (TIMESTAMP'2024-11-03 00:30:00', TIMESTAMP'2024-11-03 03:30:00') t(a, b)""").show()
spark.sql("CREATE TABLE parts (id INT, year INT, month INT) USING parquet PARTITIONED BY (year, month)")
spark.sql("INSERT INTO parts VALUES (1, 2024, 2)")
print(spark.sql("SHOW CREATE TABLE parts").first()[0])
spark.range(3).selectExpr("id", "id % 2 AS k").write.partitionBy("k").saveAsTable("saved")
print(spark.sql("SHOW CREATE TABLE saved").first()[0])
spark.sql("DROP TABLE parts")
spark.sql("DROP TABLE saved")
