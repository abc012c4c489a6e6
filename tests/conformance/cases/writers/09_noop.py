import os
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("noop").config("spark.sql.shuffle.partitions", "4").getOrCreate()

df = spark.range(10).withColumn("x", F.col("id") % 3)
df.write.format("noop").mode("overwrite").save()
df.repartition(3, "x").write.format("NoOp").mode("append").save()
df.write.format("noop").mode("overwrite").save("nowhere")
print(os.path.exists("nowhere"))
try:
    df.write.format("noop").partitionBy("x", "id").mode("overwrite").save()
except Exception as error:
    print(type(error).__name__, str(error))

for mode in ["error", "ignore"]:
    try:
        df.write.format("noop").mode(mode).save()
        print(mode, "written")
    except Exception as error:
        print(mode, type(error).__name__, error.getCondition())
try:
    df.withColumn("inverse", F.expr("1 / (id - 5)")).write.format("noop").mode("overwrite").save()
    print("written")
except Exception as error:
    print(type(error).__name__, error.getCondition())

seen = spark.sparkContext.accumulator(0)


@F.udf("long")
def noted(value):
    seen.add(1)
    return value


df.select(noted("id")).write.format("noop").mode("overwrite").save()
print(seen.value)
spark.stop()
