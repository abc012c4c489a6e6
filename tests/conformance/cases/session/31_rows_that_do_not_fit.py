from collections import OrderedDict

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

spark = SparkSession.builder.appName("rows that do not fit").getOrCreate()

for rows, names in [([(1,)], ["a", "b"]), ([(1, 2), (1,)], ["a", "b"]), ([(1, 2, 3)], ["a", "b"])]:
    try:
        spark.createDataFrame(rows, names).show()
    except Exception as e:
        print(type(e).__name__, e.getCondition() if hasattr(e, "getCondition") else e)
empty = spark.createDataFrame([()], StructType([]))
empty.show()
empty.select().show()
print(OrderedDict([("b", 1), ("a", 2)]), OrderedDict())
spark.range(5).explain(True)
spark.range(0, 5, 1, 3).explain(True)

spark.stop()
