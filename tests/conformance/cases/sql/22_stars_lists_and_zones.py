from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
for name in ["employees", "departments"]:
    spark.read.csv(f"data/{name}.csv", header=True, inferSchema=True).createOrReplaceTempView(name)


def q(text):
    spark.sql(text).show(truncate=False)


q("select * except (manager_id, hire_date) from employees where emp_id < 103")
q("select e.* except (salary), d.location from employees e join departments d on e.dept_id = d.dept_id order by emp_id limit 3")
try:
    q("select * except (nothing) from employees")
except Exception as e:
    print(type(e).__name__, e.getCondition())
q("select dept_id, listagg(name, ', ') within group (order by name) l from employees group by dept_id order by dept_id nulls first")
q("select dept_id, listagg(name, '; ') within group (order by salary desc nulls last, name) l from employees group by 1 order by 1")
q("select string_agg(dept_id, '-') within group (order by dept_id desc) l, listagg(name) within group (order by emp_id) n from employees")
q("select listagg(name, ',') within group (order by name) l from employees where emp_id < 0")
q("select percentile_cont(0.5) within group (order by salary) m, percentile_cont(0.25) within group (order by salary desc) d, percentile_disc(0.25) within group (order by salary desc) p from employees")

e = spark.table("employees")
e.orderBy(F.expr("salary desc"), "emp_id").show(3)
e.select(F.expr("name who"), F.expr("salary + 1 order")).show(2)

spark.conf.set("spark.sql.session.timeZone", "America/Los_Angeles")
q("select timestamp'2024-07-01 12:00:00' t, unix_timestamp(timestamp'2024-07-01 12:00:00') x, timestamp'2024-07-01 12:00:00+00:00' z")
q("select x, x + interval 1 hour h, x + interval 1 day d, x + interval '1 01' day to hour dh, date_trunc('day', x) s from values (timestamp'2024-03-09 12:30:00'), (timestamp'2024-03-10 01:30:00'), (timestamp'2024-11-02 23:00:00') as t(x)")
e.limit(1).select(F.expr("hire_date >= timestamp'2018-03-01'").alias("c"), F.expr("timestamp'2018-03-01' t")).show()
