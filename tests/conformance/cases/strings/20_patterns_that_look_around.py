# Patterns that look ahead or back, or ask for what they found before: in columns, in SQL, in Python.
import re
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("patterns that look around").getOrCreate()
lines = spark.createDataFrame(
    [
        (1, 'x1,"Apples, green",12.50'),
        (2, 'x2,Pears,"1,200.00"'),
        (3, "orderDateUTC"),
        (4, "aabbccd 1234567 $15 20%"),
        (5, "Passw0rd!"),
        (6, ""),
        (7, None),
    ],
    ["id", "line"],
)
comma = r',(?=(?:[^"]*"[^"]*")*[^"]*$)'
lines.select("id", F.split("line", comma).alias("parts")).show(truncate=False)
lines.select("id", F.split("line", comma, 2).alias("two")).where("id < 3").show(truncate=False)
lines.select("id", F.regexp_replace("line", "(?<=[a-z])(?=[A-Z])", "_").alias("snake")).where("id = 3").show()
lines.select("id", F.regexp_replace("line", r"(\d)(?=(\d{3})+\b)", "$1.").alias("thousands")).where("id = 4").show(truncate=False)
lines.select("id", F.regexp_replace("line", r"(\w)\1", "<$1>").alias("pairs")).where("id >= 4").show(truncate=False)
lines.select(
    "id",
    F.regexp_extract("line", r"(?<=\$)\d+", 0).alias("dollars"),
    F.regexp_extract("line", r"(\d+)(?!\d|%)", 1).alias("not_percent"),
    F.col("line").rlike(r"^(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{8,}$").alias("strong"),
    F.regexp_count("line", F.lit(r"\b(?=[a-z])")).alias("words"),
    F.regexp_substr("line", F.lit(r"(?<!\d)\d{2}(?!\d)")).alias("two_digits"),
    F.regexp_instr("line", F.lit(r"(?<=b)c")).alias("place"),
).show(truncate=False)
lines.createOrReplaceTempView("lines")
spark.sql(r"SELECT id, regexp_extract_all(line, r'(?<=^|,)([^,]*)', 1) AS fields FROM lines WHERE id < 3").show(truncate=False)
spark.sql(r"SELECT id FROM lines WHERE line RLIKE r'^(?!x\d)' ORDER BY id").show()

pattern = re.compile(r""",(?=(?:[^"]*"[^"]*")*[^"]*$)""")
rdd = spark.sparkContext.parallelize(['a,"b,c",d', "1,2", ""])
print(rdd.map(lambda line: pattern.split(line)).collect())
print(re.findall(r"(?<=\$)\d+(?:\.\d\d)?", "$5.25 6 $7"), re.sub(r"(?<!^)(?=[A-Z])", "_", "camelCaseName").lower())
print(re.search(r"(?P<quote>['\"])(.*?)(?P=quote)", "say \"it's\" now").group(2), re.match(r"(a)(b)?\1", "aa").groups())
print(bool(re.fullmatch(r"(?=.*\d)[a-z\d]+", "abc1")), bool(re.match(r"(?!abc)\w+", "abcd")), re.split(r"(?<=,)", "a,b,c"))

spark.stop()
