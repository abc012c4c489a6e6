from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import MapType, IntegerType, StringType, StructField, StructType

spark = SparkSession.builder.master("local[2]").appName("maps").getOrCreate()
people = spark.createDataFrame(
    [("James", {"hair": "black", "eye": "brown", "age": "40"}), ("Anna", {"hair": "red", "shoe": "36", "eye": ""}), ("Rob", None)],
    ["name", "properties"],
)
people.show(truncate=False)
people.select("name", F.explode("properties")).show()
people.select(F.map_keys("properties"), F.map_values("properties")).show(truncate=False)
for row in people.collect():
    print(row.name, row.properties, list(row.properties or {}))
numbers = StructType([StructField("m", MapType(IntegerType(), StringType()))])
spark.createDataFrame([({17: "a", 1: "b", 33: "c", 16: "d", 2: "e"},)], numbers).show(truncate=False)
wide = {f"key_{i}": i for i in range(20)}
print(spark.createDataFrame([(wide,)], ["m"]).first().m)
made = spark.range(1).select(
    F.create_map(F.lit("zebra"), F.lit(1), F.lit("apple"), F.lit(2), F.lit("mango"), F.lit(3)).alias("m"),
    F.create_map(F.lit(1.5), F.lit("x"), F.lit(-2.0), F.lit("y")).alias("d"),
)
made.show(truncate=False)
print(made.first())
count = F.udf(lambda text: {letter: text.count(letter) for letter in text}, MapType(StringType(), IntegerType()))
spark.createDataFrame([("mississippi",)], ["s"]).select(count("s")).show(truncate=False)
left = spark.createDataFrame([(1, "a", 10)], ["id", "v", "w"])
right = spark.createDataFrame([(1, "b", 20)], ["id", "u", "w"])
joined = left.join(right, left.id == right.id)
joined.select(left["*"], right["u"]).show()
joined.select(right["*"], left.v).show()
