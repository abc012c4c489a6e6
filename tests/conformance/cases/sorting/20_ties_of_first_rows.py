# Which of several equal rows come first when only some are wanted.
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("case").getOrCreate()
rows = [(i, i * i * 7 % 11, "abc"[i * 13 % 3]) for i in range(400)]
df = spark.createDataFrame(rows, ["id", "k", "s"]).coalesce(1)
for n in [1, 2, 3, 5, 8, 20]:
    print(n, [r.id for r in df.orderBy("k").limit(n).collect()])
    print(n, [r.id for r in df.orderBy(F.desc("k")).limit(n).collect()])
    print(n, [r.id for r in df.orderBy("k").limit(n).filter("id >= 0").collect()])
print([r.id for r in df.orderBy("s").take(7)])
print([r.id for r in df.orderBy("k").limit(10).groupBy("id").count().orderBy("id").collect()])
df.orderBy("s").show()
df.orderBy(F.desc("s"), "k").show(3)
falling = spark.createDataFrame([(i, -(i // 4)) for i in range(60)], ["id", "k"]).coalesce(1)
for n in (1, 2, 3, 4, 5, 6, 7, 10):
    print(n, [r.id for r in falling.orderBy("k").limit(n).collect()])
print([r.id for r in falling.orderBy("k").offset(2).limit(5).collect()])
print([r.id for r in falling.sortWithinPartitions("k").limit(6).collect()])
print([r.id for r in spark.createDataFrame([(i, 1) for i in range(30)], ["id", "k"]).coalesce(1).orderBy("k").limit(4).collect()])
