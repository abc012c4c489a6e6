from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("evening").getOrCreate()
ev = spark.read.csv("datasets/viewing_events", header=True, schema=(
    "event_id BIGINT, event_time TIMESTAMP, arrival_time TIMESTAMP, profile_id STRING, title_id INT, "
    "region STRING, edge_node STRING, event_type STRING, watch_ms BIGINT, buffer_ms BIGINT"))
quality = (ev.groupBy(F.window("event_time", "5 minutes"), "edge_node")
           .agg(F.count("*").alias("events"),
                F.round(100 * F.count_if(F.col("event_type") == "buffer") / F.count("*"), 1).alias("buffering"))
           .filter("events >= 20").select(F.date_format("window.start", "HH:mm").alias("start"), "edge_node", "events", "buffering"))
print(quality.orderBy(F.desc("buffering")).first()["edge_node"])
quality.orderBy(F.desc("buffering"), "start").limit(5).show()
print("events", ev.count())
