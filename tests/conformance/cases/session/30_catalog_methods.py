"""The catalog's own methods."""
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("catalog methods").config("spark.sql.shuffle.partitions", "4").getOrCreate()
catalog = spark.catalog

catalog.createDatabase("shop")
print(catalog.databaseExists("shop"), catalog.databaseExists("spark_catalog.shop"), [d.name for d in catalog.listDatabases("s*")])
print(catalog.getDatabase("default").name, catalog.listCatalogs()[0].name, catalog.currentCatalog())
spark.sql("CREATE TABLE shop.items (id INT, name STRING) USING parquet")
spark.sql("INSERT INTO shop.items VALUES (1, 'pen'), (2, 'cup')")
spark.sql("CREATE TABLE parts (id INT, p INT) USING parquet PARTITIONED BY (p)")
spark.sql("INSERT INTO parts PARTITION (p = 1) SELECT 10")
spark.sql("CREATE VIEW kept AS SELECT 1 AS one")
spark.range(3).createOrReplaceTempView("passing")
found = catalog.getTable("shop.items")
print(found.name, found.namespace, found.tableType, found.isTemporary)
print(sorted((t.name, t.tableType, t.isTemporary) for t in catalog.listTables()))
print([t.name for t in catalog.listTables("shop")], [t.name for t in catalog.listTables(pattern="pa*")])
print(sorted(v.name for v in catalog.listViews()))
print(catalog.tableExists("items", "shop"), catalog.tableExists("default.kept"), catalog.tableExists("nothing"))
print([p.partition for p in catalog.listPartitions("parts")])
spark.table("parts").show()
catalog.truncateTable("shop.items")
print(spark.table("shop.items").count())
catalog.cacheTable("parts")
print(catalog.isCached("parts"), catalog.uncacheTable("parts"), catalog.isCached("parts"))
catalog.dropTable("shop.items")
catalog.dropTable("nothing", ifExists=True)
catalog.dropView("kept")
print(catalog.tableExists("shop.items"), catalog.tableExists("kept"))
print(catalog.functionExists("abs"), catalog.functionExists("no_such_function"), len(catalog.listFunctions(pattern="to_dat*")) > 0)
for call in (lambda: catalog.getTable("nothing"), lambda: catalog.getDatabase("nothing"), lambda: catalog.getFunction("nothing")):
    try:
        call()
    except Exception as error:
        print(type(error).__name__)
spark.sql("DROP TABLE parts")
catalog.dropDatabase("shop", cascade=True)
print(catalog.databaseExists("shop"))
spark.emptyDataFrame("a int, b string").printSchema()

spark.stop()
