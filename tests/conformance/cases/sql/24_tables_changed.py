# ALTER TABLE and ALTER VIEW, as far as tables of plain files know them.
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("tables changed").getOrCreate()


def run(text):
    try:
        spark.sql(text).show(truncate=False)
    except Exception as error:
        print(text, type(error).__name__, error.getCondition())


run("CREATE TABLE goods (id INT, v STRING) USING parquet")
run("INSERT INTO goods VALUES (1, 'a'), (2, 'b')")
run("ALTER TABLE goods ADD COLUMNS (w DOUBLE, note STRING)")
run("DESCRIBE goods")
run("SELECT * FROM goods ORDER BY id")
run("INSERT INTO goods VALUES (3, 'c', 1.5, 'new')")
run("SELECT * FROM goods ORDER BY id")
run("ALTER TABLE goods ADD COLUMN v STRING")
run("ALTER TABLE goods ADD COLUMN z DATE")
run("ALTER TABLE goods RENAME TO wares")
run("SELECT count(*) FROM wares")
run("SELECT count(*) FROM goods")
run("ALTER TABLE wares SET TBLPROPERTIES ('owner' = 'me', 'tier' = '1')")
run("ALTER TABLE wares SET TBLPROPERTIES ('team' = 'blue', 'tier' = '1')")
run("SHOW TBLPROPERTIES wares")
run("ALTER TABLE wares UNSET TBLPROPERTIES ('tier')")
run("SHOW TBLPROPERTIES wares")
run("ALTER TABLE wares RENAME COLUMN v TO vv")
run("ALTER TABLE wares DROP COLUMN v")
run("ALTER TABLE nothing ADD COLUMNS (x INT)")
spark.range(3).createOrReplaceTempView("three")
run("ALTER VIEW three RENAME TO trio")
run("SELECT count(*) FROM trio")
run("ALTER VIEW trio AS SELECT 5 AS five")
run("SELECT * FROM trio")
run("CREATE TABLE parted (id INT, day STRING) USING parquet PARTITIONED BY (day)")
run("INSERT INTO parted VALUES (1, 'mon')")
run("ALTER TABLE parted ADD COLUMNS (extra INT)")
print(spark.table("parted").columns)
run("SELECT * FROM parted")
run("DROP TABLE wares")
run("DROP TABLE parted")
print(spark.catalog.listTables()[0].name)

spark.stop()
