from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("prints").getOrCreate()


def double(number):
    print("working on", number)
    return number * 2


numbers = spark.sparkContext.parallelize(range(6), 3).map(double)
print("sum", numbers.sum())
