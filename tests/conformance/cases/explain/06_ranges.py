"""Range partitioning makes no more partitions than the sampled keys bound."""
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("ranges").getOrCreate()
rows = spark.createDataFrame([(i % 3, i) for i in range(20)], "k int, v int")
for adaptive in ["true", "false"]:
    spark.conf.set("spark.sql.adaptive.enabled", adaptive)
    print(adaptive, rows.orderBy("v").rdd.getNumPartitions(), rows.orderBy("k").rdd.getNumPartitions(),
          rows.repartitionByRange("k").rdd.getNumPartitions(), rows.repartitionByRange(5, "v").rdd.getNumPartitions(),
          rows.repartitionByRange(50, "v").rdd.getNumPartitions())
spark.conf.set("spark.sql.adaptive.enabled", "true")
sorted_rows = rows.orderBy("v").cache()
print(sorted_rows.count(), sorted_rows.rdd.getNumPartitions())
spark.stop()
