"""Sessions: rows whose windows touch belong together."""
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("session window").getOrCreate()
rows = [("a", "2024-01-01 10:00:00", 1), ("a", "2024-01-01 10:04:00", 2), ("a", "2024-01-01 10:09:00", 3),
        ("a", "2024-01-01 10:14:00.000001", 4), ("b", "2024-01-01 10:00:00", 5), ("a", None, 6), (None, "2024-01-01 10:01:00", 7)]
events = spark.createDataFrame(rows, "k string, t string, v int").withColumn("t", F.col("t").cast("timestamp"))


def attempt(make):
    try:
        made = make()
        made.printSchema()
        made.show(truncate=False)
    except Exception as e:
        print(type(e).__name__, e.getCondition())


five = F.session_window("t", "5 minutes")
attempt(lambda: events.groupBy(five, "k").agg(F.sum("v").alias("n"), F.array_sort(F.collect_list("v")).alias("l"))
        .orderBy("k", "session_window"))
gap = F.when(F.col("v") == 1, "10 seconds").otherwise("5 minutes")
attempt(lambda: events.groupBy(F.session_window("t", gap).alias("w")).count().orderBy("w"))
attempt(lambda: events.groupBy("k", five).agg(F.count("*")).select("k", "session_window.start", "session_window.end")
        .orderBy("k", "start"))
attempt(lambda: events.groupBy(five).agg(F.countDistinct("v").alias("c"), F.max("v")).orderBy("session_window"))
attempt(lambda: events.groupBy(F.session_window("t", "0 seconds")).count())
attempt(lambda: events.groupBy(F.session_window("t", "1 month")).count())
attempt(lambda: events.groupBy(F.session_window("t", "nonsense")).count())
attempt(lambda: events.groupBy(five, F.window("t", "5 minutes")).count())
events.createOrReplaceTempView("events")
attempt(lambda: spark.sql("SELECT session_window.start, k, count(DISTINCT v) AS c FROM events "
                          "GROUP BY session_window(t, '5 minutes'), k ORDER BY 2, 1"))
spark.stop()
