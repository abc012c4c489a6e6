from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("partitions overwritten by nothing").config("spark.sql.shuffle.partitions", "4").getOrCreate()
spark.sql("CREATE TABLE visits (id INT, p INT, q STRING) USING parquet PARTITIONED BY (p, q)")


def overwrite(partition, query):
    for mode in ["static", "dynamic"]:
        spark.conf.set("spark.sql.sources.partitionOverwriteMode", "static")
        spark.sql("INSERT OVERWRITE visits VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'a'), (4, 2, 'x y=z'), (5, -1, NULL)")
        spark.conf.set("spark.sql.sources.partitionOverwriteMode", mode)
        print(mode, partition, query)
        try:
            spark.sql(f"INSERT OVERWRITE visits PARTITION ({partition}) SELECT {query}")
        except Exception as e:
            print(type(e).__name__, e.getCondition())
        spark.table("visits").orderBy("id", "p", "q").show()


overwrite("p = 1, q = 'a'", "9 WHERE false")
overwrite("p = 1, q", "9, 'a' WHERE false")
overwrite("p, q", "9, 1, 'a' WHERE false")
overwrite("p = 2, q = 'x y=z'", "9 WHERE false")
overwrite("p = '02', q", "9, 'n'")
overwrite("p = -1, q = NULL", "9 WHERE false")
overwrite("p, q = 'a'", "9, 1")
spark.sql("ALTER TABLE visits DROP PARTITION (p = '01', q = 'a')")
spark.table("visits").orderBy("id").show()

spark.stop()
