from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
first = sc.parallelize([0]).id()


def show(rdd):
    """The numbers count from the first RDD of this script."""
    import re
    text = rdd if isinstance(rdd, str) else str(rdd)
    text = re.sub(r"at \S+\.py:(\d+)", r"at script.py:\1", text)
    print(re.sub(r"\[(\d+)\]", lambda m: "[%d]" % (int(m.group(1)) - first), text))


r = sc.parallelize([1, 2, 3], 2)
show(r)
m = r.map(lambda x: (x % 2, x))
show(m)
s = m.reduceByKey(lambda a, b: a + b)
show(s)
show(s.toDebugString().decode())
print(sorted(s.collect()), s.id() - first)
t = sc.textFile("data/poem.txt")
show(t)
w = t.flatMap(lambda l: l.split()).map(lambda x: (x, 1)).filter(lambda p: p[0])
print(w.id() - first, t.id() - first)
c = w.groupByKey().mapValues(len)
show(c.toDebugString().decode())
show(t.toDebugString().decode())
show(r.union(r))
show(r.distinct())
show(r.repartition(3).toDebugString().decode())
show(r.coalesce(1).toDebugString().decode())
show(sc.range(3))
r.setName("numbers").cache()
show(r)
show(r.toDebugString().decode())
print(type(r).__name__, type(m).__name__, type(sc.parallelize(range(3))).__name__)
print(sc.parallelize([("a", 1), ("b", 2), ("a", 3), ("c", 4)], 2).reduceByKeyLocally(lambda a, b: a + b))
