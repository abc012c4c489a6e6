from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("join-types").getOrCreate()
employees = spark.read.csv("datasets/employees", header=True, inferSchema=True)
departments = spark.read.csv("datasets/departments", header=True, inferSchema=True)
print("employees", employees.count())
print("departments", departments.count())
for kind in ["inner", "left", "right", "outer", "left_semi", "left_anti"]:
    print(kind, employees.join(departments, "dept_id", kind).count())
