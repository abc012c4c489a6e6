# What one application has set is forgotten when it stops: the next begins with the settings of the command.
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

sc = SparkContext("local[3]", "first")
print(sc.master, sc.appName, sc.parallelize(range(6)).getNumPartitions())
sc.stop()

spark = (
    SparkSession.builder.appName("second")
    .config("spark.sql.shuffle.partitions", "8")
    .config("spark.own.word", "one")
    .getOrCreate()
)
print(spark.sparkContext.master, spark.sparkContext.appName, spark.conf.get("spark.sql.shuffle.partitions"))
spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
print(spark.sql("SELECT timestamp_seconds(0) AS t").collect()[0].t is not None)
spark.range(3).createOrReplaceTempView("numbers")
spark.stop()

spark = SparkSession.builder.getOrCreate()
print(spark.sparkContext.master, spark.sparkContext.defaultParallelism)
print(spark.conf.get("spark.sql.shuffle.partitions"), spark.conf.get("spark.own.word", "none"))
print(spark.conf.get("spark.sql.session.timeZone"), spark.catalog.listTables())
spark.createDataFrame([(1,), (2,), (3,)], ["a"]).show()
spark.stop()

sc = SparkContext(conf=SparkConf().setAppName("fourth"))
print(sc.master, sc.appName, sc.getConf().get("spark.own.word", "none"))
sc.stop()
