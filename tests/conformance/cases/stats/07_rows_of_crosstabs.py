from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("rows of crosstabs").config("spark.sql.shuffle.partitions", "4").getOrCreate()

people = spark.read.csv("data/people.csv", header=True, inferSchema=True)
sales = spark.read.csv("data/sales.csv", header=True, inferSchema=True)
employees = spark.read.csv("data/employees.csv", header=True, inferSchema=True)
people.crosstab("age", "city").show()
people.stat.crosstab("city", "age").show()
people.crosstab("city", "age").printSchema()
employees.crosstab("dept_id", "salary").show()
sales.crosstab("product", "region").show()
table = sales.crosstab("quantity", "region")
table.show()
print(table.columns, table.collect()[0], table.filter("South > 8").count())
people.limit(0).crosstab("age", "city").show()
spark.createDataFrame([(1.5, True), (2.0, None), (None, False)], ["d", "b"]).crosstab("d", "b").show()
print(people.crosstab("name", "city").orderBy("name_city").first())

spark.stop()
