# newSession: settings, temporary views and functions of its own; tables and global views are shared.
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("side by side").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", 7)
other = spark.newSession()
print(other is spark, other.sparkContext is spark.sparkContext)
print(spark.conf.get("spark.sql.shuffle.partitions"), other.conf.get("spark.sql.shuffle.partitions"))
other.conf.set("spark.sql.shuffle.partitions", 3)
print(spark.conf.get("spark.sql.shuffle.partitions"), other.conf.get("spark.sql.shuffle.partitions"))
spark.range(2).createOrReplaceTempView("mine")
theirs = other.range(5)
theirs.createOrReplaceTempView("yours")
spark.range(3).createOrReplaceGlobalTempView("ours")
print(spark.catalog.tableExists("mine"), spark.catalog.tableExists("yours"))
print(other.catalog.tableExists("mine"), other.catalog.tableExists("yours"))
print(spark.table("global_temp.ours").count(), other.table("global_temp.ours").count())
try:
    other.sql("SELECT * FROM mine")
except Exception as error:
    print(type(error).__name__, error.getCondition())
other.udf.register("twice", lambda x: 2 * x, "long")
other.sql("SELECT twice(id) t FROM yours ORDER BY t").show()
try:
    spark.sql("SELECT twice(1)")
except Exception as error:
    print(type(error).__name__, error.getCondition())
theirs.filter("id > 3").createOrReplaceTempView("late")
print(other.catalog.tableExists("late"), spark.catalog.tableExists("late"))
spark.range(4).write.mode("overwrite").saveAsTable("shared")
print(other.table("shared").count(), other.catalog.currentDatabase())
other.sql("CREATE DATABASE IF NOT EXISTS apart")
other.sql("USE apart")
print(spark.catalog.currentDatabase(), other.catalog.currentDatabase())
print(theirs.sparkSession is other, spark.range(1).sparkSession is spark)
other.sql("USE default")
other.sql("DROP DATABASE apart")
spark.sql("DROP TABLE shared")
other.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
other.sql("SELECT CAST(timestamp_seconds(0) AS STRING) t").show()
spark.sql("SELECT CAST(timestamp_seconds(0) AS STRING) t").show()

spark.stop()
