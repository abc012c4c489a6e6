# Which names a star brings, which spelling an attribute has, arguments given by the names of their parameters.
from pyspark.sql.functions import *
from pyspark.sql.types import *
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

spark = SparkSession.builder.appName(name="names and keywords").getOrCreate()
sc = spark.sparkContext
sc.setLogLevel(logLevel="ERROR")


def known(name):
    try:
        return callable(globals()[name])
    except KeyError:
        return "no such name"


for name in ["count_distinct", "countDistinct", "approxCountDistinct", "sumDistinct", "shiftleft", "shiftLeft", "toDegrees", "bitwiseNOT"]:
    print(name, known(name), hasattr(F, name))
print(chr(65), known("udf"), known("PandasUDFType"))

frame = spark.createDataFrame([(1, "Ann", None), (2, "Bob", 5), (2, "Cid", 7)], ["Dept_ID", "name", "size"])
for attribute in ["Dept_ID", "DEPT_ID", "dept_id", "Name"]:
    try:
        print(attribute, getattr(frame, attribute))
    except AttributeError as error:
        print(attribute, type(error).__name__, error.getCondition())
print(frame["DEPT_ID"], hasattr(frame, "dept_id"))

order = Window.partitionBy("Dept_ID").orderBy("name")
frame.select(
    row_number().over(window=order).alias("n"),
    when(condition=col("size") > 5, value="big").otherwise(value="small").alias("kind"),
    col("name").startswith(other="B").alias("b"),
    lit(col=3).alias("three"),
    col("size").eqNullSafe(other=None).alias("none"),
).show()
frame.union(other=frame).join(other=broadcast(df=frame.select("name")), on="name").orderBy(desc(col="name"), "size").show()
frame.crossJoin(other=spark.range(2)).withColumnsRenamed(colsMap={"size": "s"}).orderBy("name", "id").show(n=3)
print(frame.select(frame.colRegex(colName="`.*_ID`")).columns, frame.sameSemantics(other=frame))

pairs = sc.parallelize(c=[("a", 1), ("b", 2), ("a", 3)], numSlices=2).setName(name="pairs")
other = sc.parallelize([("a", 9)])
print(pairs.name(), sorted(pairs.union(other=other).collect()), pairs.lookup(key="a"), pairs.intersection(other=pairs).count())
print(pairs.cartesian(other=other).count(), pairs.reduceByKeyLocally(func=lambda a, b: a + b), sc.broadcast(value=[1]).value)
total = sc.accumulator(value=0)
total.add(term=4)
print(total.value, StructType.fromDDL(ddl="a INT, b STRING").names)

spark.stop()
