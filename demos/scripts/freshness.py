from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("freshness").getOrCreate()
ev = spark.read.csv("datasets/viewing_events", header=True, schema=(
    "event_id BIGINT, event_time TIMESTAMP, arrival_time TIMESTAMP, profile_id STRING, title_id INT, "
    "region STRING, edge_node STRING, event_type STRING, watch_ms BIGINT, buffer_ms BIGINT"))
# the same events answered every day, every hour, every five seconds: how old is an event when its answer comes?
arrived = ev.select("profile_id", "event_type", F.unix_timestamp("event_time").alias("at"), F.unix_timestamp("arrival_time").alias("seen"))
for name, every in [("day", 86400), ("hour", 3600), ("five_seconds", 5)]:
    answered = arrived.select(((F.floor(F.col("seen") / every) + 1) * every - F.col("at")).alias("age"))
    oldest = answered.agg(F.max("age"), F.expr("percentile_approx(age, 0.5)")).first()
    print(name, oldest[0])
    print(name + "_middle", oldest[1])
# a rule in the manner of fraud rules: the third buffering of a profile raises an alert, which stops its later ones
nth = Window.partitionBy("profile_id").orderBy("at", "seen")
buffers = arrived.filter("event_type = 'buffer'").withColumn("n", F.row_number().over(nth))
third = buffers.filter("n = 3").select("profile_id", F.col("seen").alias("third_seen"))
later = buffers.filter("n > 3").join(third, "profile_id")
print("later", later.count())
for name, every in [("day", 86400), ("hour", 3600), ("five_seconds", 5)]:
    alert = (F.floor(F.col("third_seen") / every) + 1) * every
    print("stopped_by_" + name, later.filter(F.col("at") >= alert).count())
