"""Exercise 3, file operations and partitioning: from three tables to reports, and a lake that can be searched by folder."""

from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import DateType, DoubleType, IntegerType, LongType, StringType, StructField, StructType

spark = SparkSession.builder.appName("files-and-partitioning").getOrCreate()

# 1. Explicit schemas: no extra pass over the data, no surprises.
sales_schema = StructType([
    StructField("transaction_id", StringType()),
    StructField("transaction_date", DateType()),
    StructField("product", StringType()),
    StructField("region", StringType()),
    StructField("sales_rep", StringType()),
    StructField("quantity", IntegerType()),
    StructField("unit_price", DoubleType()),
    StructField("total_amount", DoubleType()),
    StructField("customer_segment", StringType()),
    StructField("customer_id", StringType()),
])
customer_schema = StructType([
    StructField("customer_id", StringType()),
    StructField("company_name", StringType()),
    StructField("region", StringType()),
    StructField("industry", StringType()),
    StructField("annual_revenue", LongType()),
    StructField("signup_date", DateType()),
])
product_schema = StructType([
    StructField("product", StringType()),
    StructField("category", StringType()),
    StructField("cost", DoubleType()),
    StructField("list_price", DoubleType()),
])
sales = spark.read.csv("datasets/sales", header=True, schema=sales_schema)
customers = spark.read.csv("datasets/customers", header=True, schema=customer_schema)
products = spark.read.csv("datasets/products", header=True, schema=product_schema)

# 2. Enrich: year and month, a size class, the product's category, cost and profit. Three reports read this, so it is cached.
enriched = (
    sales.withColumn("year", F.year("transaction_date"))
    .withColumn("month", F.month("transaction_date"))
    .withColumn("revenue_category",
                F.when(F.col("total_amount") < 500, "small")
                .when(F.col("total_amount") < 2000, "medium")
                .otherwise("large"))
    .join(products, "product")
    .withColumn("total_cost", F.round(F.col("quantity") * F.col("cost"), 2))
    .withColumn("profit", F.round(F.col("total_amount") - F.col("quantity") * F.col("cost"), 2))
    .cache()
)
print("sales:", enriched.count())
enriched.groupBy("revenue_category").count().orderBy("revenue_category").show()

# 3. The monthly report.
monthly = (
    enriched.groupBy("year", "month")
    .agg(F.round(F.sum("total_amount"), 2).alias("revenue"),
         F.round(F.sum("profit"), 2).alias("profit"),
         F.count("*").alias("sales"))
    .orderBy("year", "month")
)
monthly.show(24)

# 4. The product report, with the margin that follows from it.
by_product = (
    enriched.groupBy("product", "category")
    .agg(F.round(F.sum("total_amount"), 2).alias("revenue"),
         F.round(F.sum("profit"), 2).alias("profit"),
         F.sum("quantity").alias("units"))
    .withColumn("margin", F.round(F.col("profit") / F.col("revenue"), 4))
    .orderBy(F.desc("revenue"))
)
by_product.show()

# 5. Revenue by the customers' industry: a join with a table that is not small in real life.
by_industry = (
    enriched.join(customers.select("customer_id", "industry"), "customer_id")
    .groupBy("industry")
    .agg(F.round(F.sum("total_amount"), 2).alias("revenue"), F.count_distinct("customer_id").alias("customers"))
    .orderBy("industry")
)
by_industry.show()

# 6. Partitions are what tasks work on. Four regions fill at most four of them.
print("partitions as read:", sales.rdd.getNumPartitions())
by_region = enriched.repartition(4, "region")
print("partitions by region:", by_region.rdd.getNumPartitions())
filled = by_region.select(F.spark_partition_id().alias("partition"), "region").distinct()
filled.orderBy("region").show()

# 7. A lake: one folder for each year and region.
by_region.write.mode("overwrite").partitionBy("year", "region").parquet("out/files/lake")
lake = spark.read.parquet("out/files/lake")
north_2024 = lake.filter("year = 2024 AND region = 'North'")
north_2024.explain()   # PartitionFilters: only one of eight folders is opened
print("north in 2024:", north_2024.count(), "of", lake.count())

# 8. The same rows as CSV: larger, without types, and read whole for every question.
enriched.write.mode("overwrite").csv("out/files/sales_csv", header=True)
from_csv = spark.read.csv("out/files/sales_csv", header=True)
from_parquet = spark.read.parquet("out/files/lake")
print("text columns from CSV:", sum(1 for _, kind in from_csv.dtypes if kind == "string"), "of", len(from_csv.columns))
print("text columns from Parquet:", sum(1 for _, kind in from_parquet.dtypes if kind == "string"), "of", len(from_parquet.columns))

monthly.coalesce(1).write.mode("overwrite").csv("out/files/monthly", header=True)
by_product.coalesce(1).write.mode("overwrite").csv("out/files/products", header=True)

enriched.unpersist()
spark.stop()
