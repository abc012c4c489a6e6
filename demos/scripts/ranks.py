from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("ranks").getOrCreate()
rows = spark.createDataFrame([("Ada", 70), ("Ben", 60), ("Cem", 60), ("Dia", 50)], "name STRING, salary INT")
order = Window.orderBy(F.desc("salary"))
rows.select("name", "salary", F.row_number().over(order.orderBy(F.desc("salary"), "name")).alias("row_number"),
            F.rank().over(order).alias("rank"), F.dense_rank().over(order).alias("dense_rank"),
            F.lag("salary").over(order.orderBy(F.desc("salary"), "name")).alias("lag")).orderBy("row_number").show()
