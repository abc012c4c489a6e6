from pyspark.sql import SparkSession
from pyspark.sql.functions import *

spark = SparkSession.builder.appName("shadowed").getOrCreate()
try:
    print("sum gives", sum([1, 2, 3]))
except Exception as error:
    print("sum raises", type(error).__name__)
