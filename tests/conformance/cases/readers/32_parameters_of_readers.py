# A reader's and a writer's methods know their parameters; other options are set with option().
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("parameters").getOrCreate()
df = spark.createDataFrame([(1, "a"), (2, None)], "id INT, s STRING")
df.coalesce(1).write.csv("out/p", header=True, sep="|", nullValue="-", mode="overwrite")
spark.read.text("out/p").show()
attempts = {
    "read.csv delimiter": lambda: spark.read.csv("out/p", header=True, delimiter="|"),
    "read.csv HEADER": lambda: spark.read.csv("out/p", HEADER=True),
    "read.json multiline": lambda: spark.read.json("out/p", multiline=True),
    "read.text header": lambda: spark.read.text("out/p", header=True),
    "write.csv delimiter": lambda: df.write.csv("out/q", delimiter="|"),
    "write.json header": lambda: df.write.json("out/q", header=True),
    "write.parquet header": lambda: df.write.parquet("out/q", header=True),
}
for name, attempt in attempts.items():
    try:
        attempt()
        print(name, "ok")
    except Exception as error:
        print(name, type(error).__name__, error)
spark.read.csv("out/p", None, "|", None, None, None, None, True).show()
spark.read.load("out/p", format="csv", header=True, delimiter="|").show()
df.select("id", "id").coalesce(1).write.csv("out/twice", header=True, mode="overwrite")
spark.read.text("out/twice").show()
for format in ("json", "parquet"):
    try:
        df.select("id", "id").write.format(format).mode("overwrite").save("out/again")
    except Exception as error:
        print(format, type(error).__name__, error.getCondition())

spark.stop()
