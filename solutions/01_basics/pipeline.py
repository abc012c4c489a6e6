"""Exercise 1, basic operations: two ways to make a DataFrame, filters, derived columns, actions, and two file formats."""

from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

spark = SparkSession.builder.appName("basic-operations").getOrCreate()

# 1. Rows from the driver, with a schema that says exactly what they are.
rows = [
    (1, "Ada", 28, "Engineering", "ada@example.com"),
    (2, "Bruno", 35, "Marketing", "bruno@example.org"),
    (3, "Chioma", 42, "Engineering", "chioma@example.com"),
    (4, "Dilnoza", 31, "Sales", "dilnoza@mail.example.net"),
    (5, "Elif", 26, "Marketing", "elif@example.com"),
    (6, "Farid", 45, "Engineering", "farid@corp.example"),
]
schema = StructType([
    StructField("id", IntegerType(), False),
    StructField("name", StringType(), False),
    StructField("age", IntegerType(), True),
    StructField("department", StringType(), True),
    StructField("email", StringType(), True),
])
team = spark.createDataFrame(rows, schema)
team.printSchema()
team.show()

# 2. Rows from files: four CSV parts, read with the same schema, so nothing has to be guessed.
people = spark.read.csv("datasets/people", header=True, schema=schema)

# 3. Transformations only describe the work. No task has run for `people` so far.
over_30 = people.filter(F.col("age") > 30)
enriched = (
    over_30
    .withColumn("age_in_months", F.col("age") * 12)
    .withColumn("career_stage",
                F.when(F.col("age") < 35, "early")
                .when(F.col("age") < 45, "mid")
                .otherwise("senior"))
    .withColumn("email_domain", F.regexp_extract("email", r"@(.+)$", 1))
)

# 4. Actions ask for answers, and start jobs.
print("people:", people.count())
print("older than 30:", over_30.count())
enriched.orderBy("id").show(5, truncate=False)

stages = (
    enriched.groupBy("career_stage")
    .agg(F.count("*").alias("people"), F.round(F.avg("age"), 2).alias("avg_age"))
    .orderBy("career_stage")
)
stages.show()

domains = enriched.groupBy("email_domain").count().orderBy(F.desc("count"), "email_domain")
domains.show()

# 5. Writing is an action too: one file for each partition that has rows.
enriched.write.mode("overwrite").csv("out/basics/people_csv", header=True)
enriched.write.mode("overwrite").parquet("out/basics/people_parquet")

# 6. Parquet brings its schema along; CSV has to be told.
back = spark.read.parquet("out/basics/people_parquet")
print("read back:", back.count(), "rows,", len(back.columns), "columns")

spark.stop()
