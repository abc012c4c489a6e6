from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("cross with a condition").getOrCreate()

emp = spark.createDataFrame([(1, "Smith", "10"), (2, "Rose", "20"), (3, "Williams", "10"), (4, "Jones", "10")], ["emp_id", "name", "did"])
dept = spark.createDataFrame([("Finance", 10), ("Marketing", 20), ("Sales", 30), ("IT", 40)], ["dept_name", "dept_id"])
emp.join(dept, emp.did == dept.dept_id, "cross").show()
emp.join(dept, emp.did == dept.dept_id).show()
emp.crossJoin(dept).where("did = dept_id").show()

spark.stop()
