from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("overnight").getOrCreate()
ev = spark.read.csv("datasets/viewing_events", header=True, schema=(
    "event_id BIGINT, event_time TIMESTAMP, arrival_time TIMESTAMP, profile_id STRING, title_id INT, "
    "region STRING, edge_node STRING, event_type STRING, watch_ms BIGINT, buffer_ms BIGINT"))
print("events", ev.count())
minutes = ev.filter("event_type = 'stop'").groupBy("region", "title_id").agg(F.round(F.sum("watch_ms") / 60000).alias("minutes"))
best = Window.partitionBy("region").orderBy(F.desc("minutes"), "title_id")
minutes.withColumn("place", F.row_number().over(best)).filter("place <= 2").orderBy("region", "place").show()
