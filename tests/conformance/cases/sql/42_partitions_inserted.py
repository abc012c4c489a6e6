from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("partitions inserted").config("spark.sql.shuffle.partitions", "4").getOrCreate()


def attempt(label, action):
    try:
        action()
        print(label, "-> fine")
    except Exception as e:
        condition = e.getCondition() if hasattr(e, "getCondition") else None
        print(label, "->", type(e).__name__, condition)


def show():
    spark.sql("SELECT * FROM visits ORDER BY id, c, d").show()


spark.sql("CREATE TABLE visits (id INT, name STRING, c STRING, d INT) USING parquet PARTITIONED BY (c, d)")
spark.sql("INSERT INTO visits PARTITION (c = 'x', d = 1) VALUES (1, 'a'), (2, 'b')")
spark.sql("INSERT INTO visits PARTITION (c = 'x', d) VALUES (3, 'd', 2), (4, 'e', 3)")
spark.sql("INSERT INTO visits PARTITION (c, d) SELECT 5, 'f', 'y', 1")
spark.sql("INSERT INTO visits VALUES (6, 'g', 'y', 2)")
show()
spark.sql("SHOW PARTITIONS visits").show()
spark.sql("INSERT OVERWRITE visits PARTITION (c = 'x', d = 1) SELECT 9, 'z'")
show()
spark.sql("INSERT OVERWRITE TABLE visits PARTITION (c = 'x', d) VALUES (10, 'q', 7)")
show()
spark.sql("ALTER TABLE visits DROP PARTITION (c = 'y', d = 2)")
show()
spark.sql("ALTER TABLE visits DROP IF EXISTS PARTITION (c = 'zz', d = 2)")
attempt("no such partition", lambda: spark.sql("ALTER TABLE visits DROP PARTITION (c = 'zz', d = 2)"))
attempt("not a partition column", lambda: spark.sql("INSERT INTO visits PARTITION (zz = 1) VALUES (1, 'a')"))
attempt("too many", lambda: spark.sql("INSERT INTO visits PARTITION (c = 'x', d = 1) VALUES (1, 'a', 'b')"))
attempt("too few", lambda: spark.sql("INSERT INTO visits PARTITION (c = 'x', d) VALUES (1, 'a')"))
attempt("not an int", lambda: spark.sql("INSERT INTO visits PARTITION (c = 'x', d = 'one') VALUES (1, 'a')"))
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
spark.sql("INSERT OVERWRITE visits PARTITION (c = 'x', d) VALUES (11, 'r', 8)")
spark.sql("INSERT OVERWRITE visits PARTITION (c, d) VALUES (12, 's', 'y', 1)")
show()
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "static")
spark.sql("INSERT OVERWRITE visits PARTITION (c, d) VALUES (13, 't', 'k', 4)")
show()
spark.sql("INSERT INTO visits (d, c, id) VALUES (5, 'k', 14)")
show()
print(spark.table("visits").filter("c = 'k'").count(), spark.sql("SHOW PARTITIONS visits").count())

spark.stop()
