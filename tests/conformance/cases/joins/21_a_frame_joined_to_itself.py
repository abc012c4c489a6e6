from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("a frame joined to itself").config("spark.sql.shuffle.partitions", "4").getOrCreate()

emp = spark.createDataFrame([(1, "Ann", None), (2, "Bob", 1), (3, "Cid", 1), (4, "Dee", 3)], "id int, name string, boss int")
again = emp.withColumnRenamed("id", "other")
emp.join(again, emp.id == again.other).orderBy("other").show()
chosen = emp.select(F.col("id").alias("m"), F.upper("name").alias("loud"))
emp.join(chosen, emp.boss == chosen.m).select("name", chosen.loud).orderBy("name").show()
emp.join(chosen, emp.boss == chosen.m, "left").select("name", chosen["loud"], chosen.m + 1).orderBy("name").show()
pay = spark.createDataFrame([(1, 10), (2, 20), (3, 30)], "pid int, pay int")
paid = emp.join(pay, emp.id == pay.pid).select(F.col("id").alias("again"), pay.pay, "boss")
emp.join(paid, F.col("again") == F.col("id")).select("name", pay.pay).orderBy("name").show()
counts = emp.groupBy(F.col("boss").alias("b")).agg(F.count("*").alias("n"))
emp.join(counts, emp.id == counts.b).select("name", counts.n).orderBy("name").show()
spark.createDataFrame([(1, float("nan")), (2, 1.5)], ["i", "d"]).replace(float("nan"), None).show()

spark.stop()
