"""Exercise 2, joins and aggregations: who works where, what departments cost, who is paid best, and two ways to join."""

from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.appName("joins-and-aggregations").getOrCreate()

employees = spark.read.csv("datasets/employees", header=True,
                           schema="emp_id INT, name STRING, dept_id INT, salary INT, hire_date DATE")
departments = spark.read.csv("datasets/departments", header=True,
                             schema="dept_id INT, dept_name STRING, division STRING")

# 1. Employees with their department. Those with an unknown department fall out of an inner join ...
staff = employees.join(departments, "dept_id", "inner")
print("employees:", employees.count(), "with a known department:", staff.count())
# ... and an anti join says who they are.
lost = employees.join(departments, "dept_id", "left_anti")
print("without one:", lost.count())

# 2. One report per department, one per division.
by_department = (
    staff.groupBy("dept_name", "division")
    .agg(F.sum("salary").alias("total_salary"),
         F.round(F.avg("salary"), 2).alias("avg_salary"),
         F.count("emp_id").alias("headcount"),
         F.min("salary").alias("min_salary"),
         F.max("salary").alias("max_salary"))
    .orderBy(F.desc("total_salary"))
)
by_department.show()

by_division = (
    staff.groupBy("division")
    .agg(F.sum("salary").alias("total_salary"),
         F.round(F.avg("salary"), 2).alias("avg_salary"),
         F.count("*").alias("headcount"))
    .orderBy("division")
)
by_division.show()

# 3. Ranking inside each department: a window looks at a group without folding it.
by_pay = Window.partitionBy("dept_name").orderBy(F.desc("salary"), "emp_id")
ranked = (
    staff.withColumn("position", F.row_number().over(by_pay))
    .withColumn("percentile", F.round(F.percent_rank().over(by_pay), 4))
)
best_paid = ranked.filter("position <= 3").select("dept_name", "position", "percentile", "name", "salary")
best_paid.orderBy("dept_name", "position").show(24, truncate=False)

# 4. The same join twice. A small table can be copied to every executor, then nothing else has to move;
#    without the copy, both sides are shuffled by the key.
cost_columns = [F.sum("salary").alias("total_salary"), F.count("*").alias("headcount")]
broadcast_join = employees.join(F.broadcast(departments), "dept_id").groupBy("division").agg(*cost_columns)
broadcast_join.explain()

spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
shuffled_join = employees.join(departments, "dept_id").groupBy("division").agg(*cost_columns)
shuffled_join.explain()

same = broadcast_join.exceptAll(shuffled_join).count() == 0
print("both joins give the same rows:", same)

# 5. Keep the results.
by_department.coalesce(1).write.mode("overwrite").csv("out/joins/departments", header=True)
best_paid.write.mode("overwrite").parquet("out/joins/best_paid")

spark.stop()
