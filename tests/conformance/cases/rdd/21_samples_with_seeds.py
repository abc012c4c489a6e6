from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("samples of rdds").getOrCreate()
sc = spark.sparkContext

rdd = sc.parallelize(range(100), 4)
print(rdd.sample(False, 0.1, 81).collect())
print(rdd.sample(True, 0.2, 5).collect())
print(rdd.sample(False, 0.1, -7).collect())
print(rdd.sample(True, 25.0, 5).count())
print(rdd.takeSample(False, 5, 1), rdd.takeSample(True, 5, 2), rdd.takeSample(False, 200, 3)[:10], rdd.takeSample(False, 0, 3))
for part in rdd.randomSplit([1, 2, 3], 17):
    print(part.collect())
print(rdd.map(lambda x: ("ab"[x % 2], x)).sampleByKey(False, {"a": 0.1, "b": 0.2}, 2).collect())
for wrong in [lambda: rdd.randomSplit([-1.0, 2.0]), lambda: rdd.takeSample(False, -1)]:
    try:
        wrong()
    except ValueError as e:
        print(type(e).__name__, e)

spark.stop()
