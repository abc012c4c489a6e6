from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
lines = spark.read.json("data/array.json")
lines.printSchema()
for make in [lambda: lines.show(), lambda: lines.count(), lambda: lines.cache().count()]:
    try:
        print(make())
    except Exception as e:
        print(type(e).__name__, e.getCondition())
