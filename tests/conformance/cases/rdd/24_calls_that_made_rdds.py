# Where an RDD comes from is said by the call that first needed it.
from pyspark import SparkContext
import re

sc = SparkContext.getOrCreate()


def say(what):
    # The folder of the script and the numbers differ from place to place.
    text = re.sub(r"at \S+\.py:(\d+)", r"at script.py:\1", str(what))
    print(re.sub(r"\[\d+\]", "[n]", text))


def tree(rdd):
    say(rdd.toDebugString().decode())


numbers = sc.parallelize([3, 1, 2, 4], 2)
doubled = numbers.map(lambda x: x * 2)
doubled.count()
say(doubled)
tree(doubled)
kept = numbers.filter(lambda x: x > 1)
say(kept)
tree(kept)
first = numbers.map(lambda x: x + 1)
print(first.first())
say(first)
taken = numbers.map(lambda x: x + 1)
print(taken.take(3))
say(taken)
pairs = numbers.map(lambda x: (x % 2, x))
sums = pairs.reduceByKey(lambda a, b: a + b)
print(sorted(sums.collect()))
say(sums)
tree(sums)
tree(pairs)
total = numbers.map(lambda x: x - 1)
print(total.reduce(lambda a, b: a + b))
say(total)
summed = numbers.map(lambda x: x - 2)
print(summed.sum())
say(summed)
saved = numbers.map(lambda x: str(x))
saved.saveAsTextFile("out/saved")
say(saved)
each = numbers.map(lambda x: x)
each.foreach(lambda x: None)
say(each)
cached = numbers.map(lambda x: -x).cache()
say(cached)
print(cached.isEmpty(), cached.max(), cached.getNumPartitions())
listed = numbers.map(lambda x: x).glom()
print(listed.collect())
say(listed)
say(sc.emptyRDD())
print(sc.emptyRDD().isEmpty())
print(numbers.partitioner, pairs.partitionBy(2).partitioner == sums.partitioner, sums.partitioner is None)
print(numbers.getCheckpointFile(), numbers.isCheckpointed())
try:
    numbers.checkpoint()
except Exception as e:
    print(type(e).__name__)
try:
    sc.textFile("out/nothere").count()
except Exception as e:
    print(type(e).__name__)
sc.stop()
