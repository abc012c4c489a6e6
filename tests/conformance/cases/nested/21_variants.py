"""Variants: JSON in, paths, casts, schemas, edits, and what Python sees of them."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import VariantType, VariantVal

spark = SparkSession.builder.appName("variants").getOrCreate()


def ask(text):
    try:
        frame = spark.sql(text)
        frame.printSchema()
        frame.show(truncate=False)
    except Exception as error:
        print(type(error).__name__, error.getCondition())


frame = spark.createDataFrame(
    [
        (1, '{"a": 1, "b": [1, 2.50, "x", null, {"z": -7}], "s": "q\\"uo"}'),
        (2, "[10, 20]"),
        (3, "null"),
        (4, None),
        (5, '{"a": "text", "big": 12345678901234567890, "f": 1e3}'),
    ],
    "id int, j string",
).select("id", F.parse_json("j").alias("v"))
frame.printSchema()
frame.show(truncate=False)
print(frame, frame.schema, frame.schema["v"].dataType == VariantType())
frame.select("id", F.schema_of_variant("v").alias("s"), F.is_variant_null("v").alias("n")).show(truncate=False)
frame.select(
    "id",
    F.try_variant_get("v", "$.a", "int").alias("a"),
    F.variant_get("v", "$.b[4].z", "bigint").alias("z"),
    F.variant_get("v", "$[1]", "string").alias("second"),
    F.variant_get("v", "$.b", "array<string>").alias("b"),
).show(truncate=False)
print(frame.select(F.variant_get("v", "$.a", "string"), F.to_json("v")).columns)
frame.agg(F.schema_of_variant_agg("v").alias("all")).show(truncate=False)
for row in frame.orderBy("id").collect():
    print(row, row.v if row.v is None else row.v.toPython(), row.v)
ask("SELECT cast(parse_json('1.5') AS int) i, cast(parse_json('\"12\"') AS int) t, parse_json('{\"a\":{\"b\":2}}'):a.b::int, parse_json('[1,2]'):[0]")
ask("SELECT cast(1 AS variant) a, cast(date'2020-01-01' AS variant) d, cast(array(1, 2) AS variant) l")
ask("SELECT to_variant_object(named_struct('a', 1, 'b', array(1, NULL), 'm', map('k', date'2020-01-01'))) o")
ask("SELECT variant_get(parse_json('{\"a\": \"x\"}'), '$.a', 'int')")
ask("SELECT variant_get(parse_json('{\"a\": \"x\"}'), 'a', 'int')")
ask("SELECT cast(named_struct('a', 1) AS variant)")
ask("SELECT max(parse_json('1'))")
ask("SELECT parse_json('1') = parse_json('1')")
ask("SELECT * FROM variant_explode(parse_json('{\"a\": true, \"b\": 3.14}'))")
ask("SELECT * FROM variant_explode_outer(parse_json('[]'))")
ask("SELECT pos, value FROM VALUES (parse_json('[1, 2]')) t(v), LATERAL variant_explode(v)")
ask("SELECT variant_insert(parse_json('{\"a\": 1}'), '$.b.c', 2) a, variant_set(parse_json('[1, 2]'), '$[0]', 'x') b")
ask("SELECT variant_array_append(parse_json('[1]'), '$', 2) c, variant_delete(parse_json('{\"a\": 1, \"b\": 2}'), '$.a') d")
ask("SELECT variant_insert(parse_json('{\"a\": 1}'), '$.a', 2)")
ask("SELECT variant_set(parse_json('{\"a\": 1}'), '$.a.b', 2)")
ask("SELECT try_variant_set(parse_json('{\"a\": 1}'), '$.a.b', 2) t, variant_strip_nulls(parse_json('[null, {\"a\": null}]')) s")
ask("SELECT try_parse_json('{bad}') t, upper(parse_json('\"a\"')) u, concat(parse_json('1'), 'x') c")
ask("SELECT from_json('{\"a\": {\"b\": 1}}', 'a variant') f")
value = VariantVal.parseJson('{"a": [1.5, "é", null, 100000]}')
print(value, repr(value), value.toPython())
spark.createDataFrame([(value,)], "v variant").show(truncate=False)
