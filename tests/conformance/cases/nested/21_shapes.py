# Shapes on the earth and in the plane: well-known binary in and out, their reference systems, and what is refused.
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import Geography, GeographyType, Geometry, GeometryType

spark = SparkSession.builder.getOrCreate()
point = bytes.fromhex("0101000000000000000000F03F0000000000000040")
line = bytes.fromhex("0102000000020000000000000000000000000000000000F03F00000000000000400000000000000840")
far = bytes.fromhex("010100000000000000000069400000000000001c40")


def tell(what, action):
    try:
        print(what, "->", action())
    except Exception as error:
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        print(what, "->", type(error).__name__, condition)


df = spark.createDataFrame([(point, 4326), (None, 0)], "wkb binary, srid int")
shapes = df.select(F.st_geogfromwkb("wkb").alias("g"), F.st_geomfromwkb("wkb").alias("m"), "srid")
shapes.printSchema()
print(shapes.dtypes, shapes.collect())
df.select(F.st_geomfromwkb("wkb", 4326), F.st_geomfromwkb("wkb", "srid"), F.st_setsrid(F.st_geomfromwkb("wkb"), "srid")).printSchema()
shapes.select(F.hex(F.st_asbinary("g")), F.hex(F.st_asbinary("m", "XDR"))).show(truncate=False)
shapes.select(F.st_srid("g"), F.st_srid("m"), F.st_srid(F.st_setsrid("m", 3857)), F.st_srid(F.st_setsrid("m", "srid"))).show()
print(df.select(F.st_asbinary(F.st_geomfromwkb(F.lit(line))).alias("l")).first().l == line)
spark.sql(
    "SELECT st_srid(st_setsrid(st_geomfromwkb(X'0101000000000000000000F03F0000000000000040'), 4326)) AS srid, "
    "typeof(st_geomfromwkb(X'0101000000000000000000F03F0000000000000040', 3857)) AS type"
).show(truncate=False)
spark.sql("SELECT st_asbinary(NULL), st_srid(NULL)").printSchema()
shape = Geometry.fromWKB(point, 0)
print(shape, shape.getBytes() == point, shape.getSrid(), Geography.fromWKB(point, 4326).getSrid())
rows = spark.createDataFrame([(shape,)], ["g"])
rows.printSchema()
rows.select(F.st_srid("g"), F.hex(F.st_asbinary("g"))).show(truncate=False)
print(GeometryType(0), GeographyType(4326).simpleString(), GeometryType("ANY").simpleString(), GeometryType(4326).json(), GeographyType(4326).json())
tell("unknown system of a type", lambda: GeometryType(7))
tell("unknown system of the earth", lambda: GeographyType(3857))
tell("no shape", lambda: df.select(F.st_geomfromwkb(F.lit(b"123"))).collect())
tell("not on the earth", lambda: df.select(F.st_geogfromwkb(F.lit(far))).collect())
tell("unknown system", lambda: df.select(F.st_geomfromwkb("wkb", 7)).collect())
tell("another system of the earth", lambda: shapes.select(F.st_setsrid("g", 3857)).collect())
tell("order of bytes", lambda: shapes.select(F.st_asbinary("m", "ABC")).collect())
tell("bytes are no shape", lambda: df.select(F.st_srid("wkb")))
tell("number for bytes", lambda: df.select(F.st_geogfromwkb("srid")))
tell("text of a shape", lambda: shapes.select(F.col("m").cast("string")))
tell("equal", lambda: shapes.select(F.col("m") == F.col("m")))
tell("in order", lambda: shapes.orderBy("m"))
