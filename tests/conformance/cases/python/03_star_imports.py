from pyspark.sql import *
from pyspark.sql.functions import *
from pyspark.sql.types import *
from pyspark.sql.window import *

if __name__ == "__main__":
    spark = SparkSession.builder.master("local[2]").getOrCreate()
    people = spark.createDataFrame([("a", 2), ("b", 1)], ["name", "n"])
    people.select(upper(col("name")).alias("name"), row_number().over(Window.orderBy("n")).alias("at")).show()
    print(StringType(), Row(x=1), __name__)
