"""Exercise 4, data quality: measure a delivery before trusting it, and write the report that says so."""

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("data-quality").getOrCreate()

COLUMNS = ["transaction_id", "transaction_date", "product", "region", "sales_rep",
           "quantity", "unit_price", "total_amount", "customer_segment", "customer_id"]

# Everything is read as text first: a value that does not fit its type is a finding, not an accident.
raw = spark.read.csv("datasets/sales_dirty", header=True, schema=", ".join(name + " STRING" for name in COLUMNS))
typed = (
    raw.withColumn("quantity_n", F.col("quantity").try_cast("int"))
    .withColumn("price_n", F.col("unit_price").try_cast("double"))
    .withColumn("amount_n", F.col("total_amount").try_cast("double"))
    .cache()
)
total = typed.count()
print("rows delivered:", total)

# 1. Completeness: one pass over the data answers for all columns.
missing = typed.agg(*[F.count_if(F.col(name).isNull()).alias(name) for name in COLUMNS]).first().asDict()
for name in COLUMNS:
    print(f"{name:<18} {missing[name]:>5} missing  {100 * (total - missing[name]) / total:6.2f} % complete")

# 2. Validity: amounts below zero, quantities that are not a positive whole number.
negative_amounts = typed.filter("amount_n < 0").count()
bad_quantities = typed.filter(F.coalesce(F.col("quantity_n") <= 0, F.lit(True))).count()
print("negative amounts:", negative_amounts)
print("invalid quantities:", bad_quantities)

# 3. Consistency: the total must be quantity times price, to the cent.
wrong_totals = typed.filter(
    F.abs(F.col("amount_n") - F.round(F.col("quantity_n") * F.col("price_n"), 2)) > 0.01
).count()
print("totals that do not add up:", wrong_totals)

# 4. Outliers: quartiles, mean and spread, then everything beyond one and a half interquartile ranges.
stats = typed.filter("amount_n >= 0").agg(
    F.percentile_approx("amount_n", 0.25).alias("q1"),
    F.percentile_approx("amount_n", 0.5).alias("median"),
    F.percentile_approx("amount_n", 0.75).alias("q3"),
    F.round(F.avg("amount_n"), 2).alias("mean"),
    F.round(F.stddev("amount_n"), 2).alias("stddev"),
).first()
reach = 1.5 * (stats["q3"] - stats["q1"])
low, high = stats["q1"] - reach, stats["q3"] + reach
outliers = typed.filter((F.col("amount_n") < low) | (F.col("amount_n") > high)).count()
print("quartiles:", stats["q1"], stats["median"], stats["q3"])
print("mean:", stats["mean"], "standard deviation:", stats["stddev"])
print("outliers by interquartile range:", outliers)

# 5. Uniqueness: ids that come more than once, and how many rows are surplus.
repeated = typed.groupBy("transaction_id").count().filter("count > 1")
repeated_ids = repeated.count()
surplus_rows = repeated.agg(F.coalesce(F.sum(F.col("count") - 1), F.lit(0))).first()[0]
print("repeated ids:", repeated_ids, "surplus rows:", surplus_rows)

# 6. Scores, between 0 and 100: how much of the delivery passes each kind of check.
cells = total * len(COLUMNS)
scores = [
    ("completeness", cells - sum(missing.values()), cells),
    ("validity", 2 * total - negative_amounts - bad_quantities, 2 * total),
    ("consistency", total - wrong_totals, total),
    ("uniqueness", total - surplus_rows, total),
]
report = (
    spark.createDataFrame(scores, "dimension STRING, passed BIGINT, checked BIGINT")
    .withColumn("score", F.round(100 * F.col("passed") / F.col("checked"), 2))
    .orderBy("dimension")
)
report.show()
overall = report.agg(F.round(F.avg("score"), 2)).first()[0]
print("overall score:", overall)

# 7. Findings go out as files: the scores for people, the rows behind them for those who repair.
report.coalesce(1).write.mode("overwrite").csv("out/quality/scores", header=True)
(
    typed.join(repeated.select("transaction_id"), "transaction_id", "left_semi")
    .select(*COLUMNS)
    .write.mode("overwrite").parquet("out/quality/repeated_rows")
)

typed.unpersist()
spark.stop()
