from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("qualify").config("spark.sql.shuffle.partitions", "4").getOrCreate()

spark.sql("create or replace temp view emp as select * from values (1, 'Alice', 'IT', 5000), (2, 'Bob', 'IT', 4000), (3, 'Cid', 'HR', 3000), (4, 'Dee', 'HR', null) as t(id, name, dept, sal)")
spark.sql("select name from emp qualify row_number() over (order by id) = 1").show()
spark.sql("select dept, name, rank() over (partition by dept order by sal desc) r from emp qualify r = 1 order by dept").show()
spark.sql("select * from emp where sal > 3000 qualify count(*) over (partition by dept) = 2 order by id").show()
spark.sql("select dept, sum(sal) s from emp group by dept qualify row_number() over (order by s desc) = 1").show()
spark.sql("from emp select name, sal where sal between 3500 and 4500").show()
spark.sql("from emp lateral view explode(array(1, 2)) x as n select name, n where id = 1").show()
spark.sql("select sal between 1 and 4000 from emp order by id").show()
df = spark.createDataFrame([(1,)], ["x"])
spark.sql("select * from {d}", d=df).show()
spark.sql("show views").show()
spark.sql("create database sales_db")
spark.sql("use sales_db")
spark.sql("create table zebra (a int) using parquet")
spark.sql("show tables").show()
spark.sql("use default")
try:
    spark.sql("drop database sales_db")
except Exception as e:
    print(type(e).__name__, e.getCondition())
spark.sql("drop database sales_db cascade")
spark.sql("show databases").show()

spark.stop()
