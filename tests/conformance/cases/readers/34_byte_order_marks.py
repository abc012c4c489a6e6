import os
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
def put(name, data):
    os.makedirs(name, exist_ok=True)
    with open(name + "/a", "wb") as f:
        f.write(data)
B = b"\xef\xbb\xbf"
put("c", B + b"id,name\n1,Ann\n2,Bob\n")
put("j", B + b'{"id": 1}\n{"id": 2}\n')
put("t", B + b"first line\nsecond\n")
put("one", B + b'[{"id": 1}, {"id": 2}]')
def ask(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e)[:90].replace("\n", " "))
def csv(**o):
    df = spark.read.csv("c", header=True, inferSchema=True, **o)
    print([ascii(c) for c in df.columns], df.dtypes[0][1], [tuple(map(ascii, r)) for r in df.collect()])
ask(lambda: csv())
ask(lambda: csv(multiLine=True))
ask(lambda: print([tuple(map(ascii, r)) for r in spark.read.csv("c").collect()]))
ask(lambda: print([ascii(r) for r in spark.read.csv("c", schema="id int, name string", header=True).collect()]))
ask(lambda: print([ascii(r) for r in spark.read.csv("c", schema="id string, name string", multiLine=True).collect()]))
ask(lambda: print(spark.read.json("j").collect()))
ask(lambda: print(spark.read.json("one", multiLine=True).collect()))
ask(lambda: print([ascii(r[0]) for r in spark.read.text("t").collect()]))
ask(lambda: print([ascii(r[0]) for r in spark.read.text("t", wholetext=True).collect()]))
ask(lambda: print([ascii(r) for r in spark.sparkContext.textFile("t").collect()]))
ask(lambda: print([ascii(r[1]) for r in spark.sparkContext.wholeTextFiles("t").collect()]))
