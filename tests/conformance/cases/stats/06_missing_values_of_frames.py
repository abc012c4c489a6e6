# A frame's own statistics take a missing value for 0; the functions leave the row out.
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("missing values").getOrCreate()
df = spark.createDataFrame([(1, 5000, "a"), (2, 4000, "b"), (3, None, "c"), (4, 6000, None)], "id INT, sal INT, name STRING")
print(df.corr("id", "sal"), df.stat.corr("id", "sal"))
print(df.cov("id", "sal"), df.stat.cov("id", "sal"))
df.select(F.corr("id", "sal"), F.covar_samp("id", "sal")).show()
for what in (lambda: df.approxQuantile("name", [0.5], 0.1), lambda: df.corr("id", "name"), lambda: df.show(truncate="x")):
    try:
        print(what())
    except Exception as error:
        print(type(error).__name__, getattr(error, "getCondition", lambda: None)())
print(df.approxQuantile(["id", "sal"], [0.5], 0.0))
try:
    df.unpivot("id", ["name", "sal"], "k", "v").show()
except Exception as error:
    print(type(error).__name__, error.getCondition())
df.unpivot("id", ["sal", "id"], "k", "v").orderBy("id", "k").show()
df.unpivot("id", [F.col("sal").cast("string").alias("sal"), "name"], "k", "v").orderBy("id", "k").show()

spark.stop()
