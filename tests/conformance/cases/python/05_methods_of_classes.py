# Methods taken from their class, as reduce() takes them.
from functools import reduce
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

spark = SparkSession.builder.appName("methods of classes").getOrCreate()
parts = [spark.createDataFrame([(i, chr(97 + i))], ["id", "s"]) for i in range(3)]
reduce(DataFrame.unionAll, parts).orderBy("id").show()
reduce(DataFrame.unionByName, parts).orderBy("id").show()
print(reduce(DataFrame.union, parts).count(), DataFrame.count(parts[0]))
print(reduce(Column.__or__, [F.col("id") == 1, F.col("id") == 2]))
print([DataFrame.select(part, "s").first()[0] for part in parts])
print(hasattr(DataFrame, "unionAll"), hasattr(DataFrame, "nothing"), callable(DataFrame.transform))
print(StructType.fieldNames(StructType([StructField("a", IntegerType()), StructField("b", StringType())])))

spark.stop()
