import os

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("text files").getOrCreate()
sc = spark.sparkContext

rdd = sc.parallelize(["b", "a", "c"], 2)
rdd.saveAsTextFile("out/letters")
print(sorted(name for name in os.listdir("out/letters") if not name.startswith(".")))
print(open("out/letters/part-00000").read().split(), open("out/letters/part-00001").read().split())
sc.parallelize([1], 3).map(lambda x: (x, "one")).saveAsTextFile("out/pairs")
print([name for name in sorted(os.listdir("out/pairs")) if name.startswith("part")], sc.textFile("out/pairs").collect())
try:
    rdd.saveAsTextFile("out/letters")
except Exception as e:
    print(type(e).__name__, "FileAlreadyExistsException" in str(e))
rdd.saveAsTextFile("out/packed", "org.apache.hadoop.io.compress.GzipCodec")
print([name for name in sorted(os.listdir("out/packed")) if name.startswith("part")], sorted(sc.textFile("out/packed").collect()))
sc.setLocalProperty("team", "blue")
print(sc.getLocalProperty("team"), sc.getLocalProperty("nobody"), sc.pythonVer)

spark.stop()
