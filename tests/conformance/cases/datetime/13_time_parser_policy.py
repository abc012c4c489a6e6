"""Spark 2's rules for dates by pattern, and the errors that point to them."""
import os
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("time parser policy").getOrCreate()
print(spark.conf.get("spark.sql.legacy.timeParserPolicy"))
spark.conf.set("spark.sql.ansi.enabled", "false")

texts = ["2024-01-15", "2024-1-5", "2024-01-15 10:30:00", "24-01-15", "2024-02-30", " 2024-01-15", "15/01/2024",
         "1/2/24", "Jan 5, 2024", "january 5, 2024", "20240115", "2024-W03", "Mon 15 Jan 2024",
         "2024-01-15 10:30:00 +0530", "2024-01-15 10:30 PM"]
patterns = ["yyyy-MM-dd", "yy-MM-dd", "yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy", "d/M/yy", "MMM d, yyyy", "yyyyMMdd",
            "YYYY-'W'ww", "EEE dd MMM yyyy", "yyyy-MM-dd HH:mm:ss Z", "yyyy-MM-dd hh:mm a", "y-M-d", "yyyy-DDD"]
frame = spark.createDataFrame([(text,) for text in texts], "text string").coalesce(1)


def error(e):
    condition = getattr(e, "getCondition", None)
    return f"{type(e).__name__} {condition() if condition else None}"


for policy in ["LEGACY", "CORRECTED", "EXCEPTION"]:
    spark.conf.set("spark.sql.legacy.timeParserPolicy", policy)
    print("==", policy)
    for pattern in patterns:
        try:
            moment = F.to_timestamp("text", pattern).cast("string").alias("moment")
            print(pattern, [(r.text, r.moment) for r in frame.select("text", moment).collect() if r.moment])
        except Exception as e:
            print(pattern, error(e))

spark.conf.set("spark.sql.ansi.enabled", "true")
moment = spark.sql("SELECT timestamp'2024-03-07 15:04:05.678912' AS t")
for policy in ["LEGACY", "CORRECTED"]:
    spark.conf.set("spark.sql.legacy.timeParserPolicy", policy)
    print("==", policy)
    for pattern in ["yyyy-MM-dd HH:mm:ss", "u", "YYYY-ww", "F", "S", "SSSSSS", "k K h H a", "aa", "y yy yyy", "[yyyy]"]:
        try:
            print(pattern, moment.select(F.date_format("t", pattern)).first()[0])
        except Exception as e:
            print(pattern, error(e))
    for text in ["2024-01-05 1:2:3", "2024-01-05 10:00:00.5 x", "never"]:
        try:
            print(text, spark.range(1).select(F.unix_timestamp(F.lit(text))).first()[0])
        except Exception as e:
            print(text, error(e))

os.makedirs("out", exist_ok=True)
with open("out/moments.csv", "w") as f:
    f.write("d,t\n2024-1-5,2024-1-5 1:02:03\n15/01/2024,x\n2024-01-15x,2024-01-15 10:00:00.123456\n"
            "24-1-1,2024-02-30 10:00:00\n2024-01-15,2024-01-15T10:00:00.123Z\n2024-01-15 10:00,2024-01-15\n")
formats = [{}, {"dateFormat": "yyyy-MM-dd", "timestampFormat": "yyyy-MM-dd HH:mm:ss"}, {"dateFormat": "dd/MM/yyyy"}]
for policy in ["LEGACY", "CORRECTED", "EXCEPTION"]:
    spark.conf.set("spark.sql.legacy.timeParserPolicy", policy)
    print("==", policy)
    for options in formats:
        try:
            spark.read.options(**options).csv("out/moments.csv", header=True, schema="d date, t timestamp").show(truncate=False)
        except Exception as e:
            print(error(e))

spark.conf.set("spark.sql.legacy.timeParserPolicy", "legacy")
print(spark.conf.get("spark.sql.legacy.timeParserPolicy"))
try:
    spark.conf.set("spark.sql.legacy.timeParserPolicy", "OLD")
except Exception as e:
    print(error(e))
spark.stop()
