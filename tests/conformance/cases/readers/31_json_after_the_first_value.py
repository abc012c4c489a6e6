import os

from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("json tails").config("spark.sql.shuffle.partitions", "4").getOrCreate()

os.makedirs("in", exist_ok=True)
with open("in/lines.json", "w") as f:
    f.write('{"a":1},\n{"a":2} x\n[{"a":3},{"a":4}]\n"s"\n5\nnull\n[]\n{}\n{"a":6}}\n{"a":7}]\n')
with open("in/array.json", "w") as f:
    f.write('[\n{"a":1,"b":{"c":[1,2]}},\n{"a":2}\n]')
with open("in/two.json", "w") as f:
    f.write('{"a":1}\n{"a":2}\n')
frame = spark.read.json("in/lines.json")
frame.printSchema()
frame.show()
spark.read.json("in/array.json").show()
spark.read.json("in/array.json", multiLine=True).show()
spark.read.schema("a int, b string").json("in/array.json").show()
spark.read.option("multiLine", True).json("in/two.json").show()
spark.read.schema("a int").option("mode", "DROPMALFORMED").json("in/lines.json").show()

texts = ['{"a":1}', '{"a":"x"}', "not", '{"a":1}{"a":2}', "[]", '[{"a":5}]', "", None, '{"a":1},']
j = spark.createDataFrame([(text,) for text in texts], "j string")
j.select("j", F.from_json("j", "a int, _corrupt_record string").alias("x")).show(truncate=False)
j.select(F.from_json("j", "a int, c string", {"columnNameOfCorruptRecord": "c"}).alias("x")).show(truncate=False)
j.select(F.from_json("j", "a int").alias("x"), F.get_json_object("j", "$.a").alias("g"), F.from_json("j", "map<string,string>").alias("m")).show(truncate=False)
for mode in ["PERMISSIVE", "FAILFAST", "DROPMALFORMED"]:
    try:
        print(mode, len(j.filter("j = 'not' or j = '{\"a\":1}'").select(F.from_json("j", "a int", {"mode": mode})).collect()))
    except Exception as e:
        print(mode, type(e).__name__, e.getCondition() if hasattr(e, "getCondition") else None)

spark.stop()
