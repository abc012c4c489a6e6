"""Rare functions: bits, codes, vectors, secrets, sketches, XML."""
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("rare functions").config("spark.sql.shuffle.partitions", "4").getOrCreate()

df = spark.createDataFrame([(1, "aabcdb", "abc"), (2, "xyz", "xzy"), (40000, None, "q")], "n int, s string, t string")
df.select("n", F.bitmap_bit_position("n"), F.bitmap_bucket_number("n")).show()
df.agg(F.bitmap_count(F.bitmap_construct_agg(F.bitmap_bit_position("n"))).alias("bits")).show()
df.select(F.instr("s", "b", 1, 2), F.instr("s", "b", -1), F.jaro_winkler_similarity("s", "t"), F.reverse(F.encode("t", "UTF-8"))).show()
df.select(F.regexp_replace("s", "b", "-", 4), F.regexp_instr("s", F.lit("c.")), F.sentences("t"), F.repeat("t", F.lit(2))).show()
df.select(F.to_base32("t"), F.from_base32(F.to_base32("t")).cast("string"), F.hex(F.hmac("s", F.lit("m")))).show(truncate=False)
key, iv = F.lit("0000111122223333"), F.to_binary(F.lit("000000000000000000000000"), F.lit("hex"))
df.select(F.base64(F.aes_encrypt("t", key, F.lit("GCM"), F.lit("DEFAULT"), iv)).alias("gcm"), F.base64(F.aes_encrypt("t", key, F.lit("ECB"))).alias("ecb")).show(truncate=False)
df.select(F.aes_decrypt(F.aes_encrypt("t", key, F.lit("CBC")), key, F.lit("CBC")).cast("string").alias("back"), F.try_aes_decrypt(F.lit(b"short"), key).alias("none")).show()
df.groupBy().agg(F.max_by("t", "n", 2), F.min_by("t", "n", 2), F.mode("t", True)).show(truncate=False)
spark.range(1000).coalesce(1).agg(F.histogram_numeric("id", F.lit(4))).show(truncate=False)

vectors = spark.createDataFrame([([3.0, 4.0], [1.0, 2.0]), ([6.0, 8.0], None)], "a array<float>, b array<float>")
vectors.select(F.vector_norm("a"), F.vector_inner_product("a", "b"), F.vector_l2_distance("a", "b"), F.vector_normalize("a")).show(truncate=False)
vectors.agg(F.vector_sum("a"), F.vector_avg("a")).show()

keys = spark.createDataFrame([(1, 10.0), (2, 20.0), (2, 30.0), (3, 5.0)], "k int, v double")
keys.agg(F.hll_sketch_estimate(F.hll_sketch_agg("k")), F.theta_sketch_estimate(F.theta_sketch_agg("k"))).show(truncate=False)
keys.agg(F.tuple_sketch_summary_double(F.tuple_sketch_agg_double("k", "v")).alias("sum"), F.tuple_sketch_summary_double(F.tuple_sketch_agg_double("k", "v", mode="max"), "max").alias("max")).show()
sketch = keys.agg(F.kll_sketch_agg_double("v").alias("s"))
sketch.select(F.kll_sketch_get_n_double("s"), F.kll_sketch_get_quantile_double("s", F.lit(0.5)), F.kll_sketch_get_rank_double("s", F.lit(10.0))).show(truncate=False)

xml = spark.createDataFrame([("<a><b k='1'>x</b><b k='2'>y</b><n>3</n></a>",)], ["x"])
xml.select(F.xpath("x", F.lit("a/b/text()")), F.xpath_string("x", F.lit("a/b[@k='2']")), F.xpath_int("x", F.lit("count(//b)")), F.xpath_boolean("x", F.lit("a/n > 2"))).show(truncate=False)
xml.select(F.from_xml("x", "b array<struct<_VALUE: string, _k: int>>, n int").alias("v")).show(truncate=False)
xml.select(F.schema_of_xml(F.lit("<p><a>1</a><a>2.5</a><c>t</c></p>"))).show(truncate=False)
spark.range(1).select(F.from_json(F.lit("{'a': 1, 'b': [2]}"), F.schema_of_json(F.lit('{"a": 0, "b": [0]}'))).alias("j")).show()
spark.conf.set("spark.sql.mapKeyDedupPolicy", "LAST_WIN")
spark.sql("select map_concat(map(1, 'a', 2, 'b'), map(2, 'c')) m").show()

spark.stop()
