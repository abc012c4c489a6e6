from collections import namedtuple

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[2]").appName("where").getOrCreate()
sc = spark.sparkContext

with open("numbers.txt", "w") as out:
    out.write("".join(f"{i}\n" for i in range(1, 101)))
for lines in (sc.textFile("numbers.txt"), sc.textFile("numbers.txt", 4), sc.textFile("numbers.txt", minPartitions=3)):
    print(lines.getNumPartitions(), lines.glom().map(len).collect(), lines.map(int).sum())

a = sc.parallelize([(1, "Ann"), (2, "Bob"), (3, "Cid")])
b = sc.parallelize([(1, "x"), (2, "y"), (2, "z"), (5, "w")], 3)
print(a.join(b).getNumPartitions(), a.join(b, 2).getNumPartitions(), a.cogroup(b).getNumPartitions())
print(a.join(b).collect())
print(a.leftOuterJoin(b).collect())
print(a.rightOuterJoin(b).collect())
print(a.fullOuterJoin(b).collect())
print(a.subtractByKey(b).collect(), a.keys().subtract(b.keys()).collect(), a.keys().intersection(b.keys()).collect())
first, second = a.reduceByKey(lambda x, y: x), b.reduceByKey(lambda x, y: x + y, 2)
print(first.join(second).getNumPartitions(), first.join(second).collect(), first.mapValues(len).join(b).getNumPartitions())
print(sc.parallelize([("k", 1, "more"), ("j", 2, "more")]).join(sc.parallelize([("k", 3, "still")])).collect())
print(sc.parallelize([1, 2], 2).cartesian(sc.parallelize(["x", "y"], 2)).collect())

values = sc.parallelize([5, 1, 9, 3, 7, 2], 3)
print(values.histogram(2), values.histogram([0, 5, 10]), values.histogram([1, 2, 9]), values.map(float).histogram(3))
for buckets in (0, [3], [3, 1], [1, 1, 2], "x"):
    try:
        values.histogram(buckets)
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)
print(sc.parallelize([0.1 * i for i in range(23)], 4).mean(), sc.parallelize([1.5, 2.25, 8.125], 2).variance())

Point = namedtuple("Point", ["x", "y"])
points = sc.parallelize([Point(1, 2), Point(3, 4)])
print(points.map(lambda p: p.x * p.y).collect(), points.collect(), points.map(lambda p: p._replace(x=0)).first().x)
print(points.toDF().collect(), isinstance(points.first(), Point))
