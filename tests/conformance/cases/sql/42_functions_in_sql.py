"""CREATE FUNCTION: functions written in SQL, with values and with tables, and what goes with them."""
import re

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()


def show(statement):
    try:
        frame = spark.sql(statement)
        if frame.columns:
            frame.show(truncate=False)
        else:
            print("done:", statement.split("(")[0])
    except Exception as error:
        parameters = {key: value for key, value in error.getMessageParameters().items() if key != "docroot"}
        print(type(error).__name__, error.getCondition(), sorted(parameters.items()))


for statement in """CREATE FUNCTION area(x DOUBLE, y DOUBLE) RETURNS DOUBLE RETURN x * y
SELECT area(2, 3)
SELECT area(a, b) AS r, area(a + 1, 1) FROM VALUES (1, 2), (3, 4) t(a, b)
SELECT default.area(1, 2), spark_catalog.default.area(1, 2), area(area(1, 2), 3)
CREATE FUNCTION area(x DOUBLE, y DOUBLE) RETURNS DOUBLE RETURN x * y
CREATE OR REPLACE FUNCTION area(x DOUBLE, y DOUBLE DEFAULT 10) RETURNS DOUBLE COMMENT 'the area' RETURN x * y
CREATE FUNCTION IF NOT EXISTS area(x DOUBLE) RETURNS DOUBLE RETURN x
SELECT area(2), area(x => 3, y => 4), area(y => 4, x => 3)
SELECT area()
SELECT area(1, 2, 3)
SELECT area(1, x => 2)
SELECT area(x => 2, 1)
SELECT area(x => 2, x => 1)
SELECT area(z => 2)
SELECT area('abc', 1)
CREATE TEMPORARY FUNCTION hello() RETURNS STRING RETURN 'Hello'
SELECT hello(), hello() || '!' AS g, upper(hello()), session.hello()
CREATE TEMPORARY FUNCTION hello() RETURNS STRING RETURN 'again'
CREATE OR REPLACE TEMP FUNCTION hello() RETURNS STRING RETURN 'again'
SELECT hello()
CREATE FUNCTION f1(x INT) RETURNS INT RETURN y + 1
CREATE FUNCTION f2(x INT) RETURN x + 1.5
SELECT f2(1), typeof(f2(1))
CREATE FUNCTION kind(x STRING) RETURNS INT RETURN CASE WHEN x = 'a' THEN 1 WHEN x IS NULL THEN -1 ELSE length(x) END
SELECT kind('a'), kind(null), kind('xyz')
SELECT k, sum(kind(k)) FROM VALUES ('a'), ('bb'), ('a') t(k) GROUP BY k ORDER BY k
SELECT * FROM VALUES ('a'), ('bb'), ('a') t(k) WHERE kind(k) > 1
SELECT kind(k) AS c, count(*) FROM VALUES ('a'), ('bb'), ('a') t(k) GROUP BY kind(k) ORDER BY 1
SELECT sum(area(id, 1)) OVER (ORDER BY id) AS s FROM range(3)
CREATE FUNCTION f3(x INT) RETURNS INT RETURN area(x, x) + 1
SELECT f3(3)
CREATE FUNCTION f4(x INT) RETURNS INT RETURN sum(x)
CREATE FUNCTION f4(x INT) RETURNS INT RETURN explode(array(x))
CREATE FUNCTION f4(x INT, x INT) RETURNS INT RETURN x
CREATE FUNCTION f4(x INT DEFAULT 1, y INT) RETURNS INT RETURN x
CREATE FUNCTION f4(x INT, y STRING NOT NULL) RETURNS INT RETURN x
CREATE FUNCTION f4(x INT) RETURNS INT RETURN nosuch(x)
CREATE FUNCTION f4(x INT) RETURNS INT RETURN f4(x - 1)
CREATE OR REPLACE FUNCTION f3(x INT) RETURNS INT RETURN f3(x) + 1
CREATE FUNCTION f4(x INT) RETURNS INT RETURN 1 +
CREATE OR REPLACE FUNCTION IF NOT EXISTS f4() RETURNS INT RETURN 1
CREATE TEMPORARY FUNCTION IF NOT EXISTS f4() RETURNS INT RETURN 1
SELECT transform(array(1, 2), e -> area(e, 2))
CREATE FUNCTION parts(s STRUCT<a INT, b STRING>) RETURNS STRING RETURN s.b
SELECT parts(named_struct('a', 1, 'b', 'q'))
CREATE FUNCTION year_of(d DATE) RETURNS STRING RETURN date_format(year_of.d, 'yyyy')
SELECT year_of(DATE'2024-02-03'), year_of('2025-02-03') AS t
CREATE FUNCTION rows_below(a INT) RETURNS TABLE(n INT, s STRING) RETURN SELECT id, 'v' || id FROM range(10) WHERE id < a
SELECT * FROM rows_below(3)
SELECT t.n, t.s FROM rows_below(2) AS t WHERE n > 0
SELECT x.a, x.b FROM rows_below(2) AS x(a, b)
SELECT k, n FROM VALUES (1), (2) v(k) JOIN LATERAL rows_below(k + 1) ORDER BY k, n
SELECT * FROM rows_below()
SELECT * FROM rows_below(a => 1)
SELECT rows_below(3)
SELECT * FROM area(1, 2)
SELECT * FROM nosuch(1)
CREATE FUNCTION twice(a INT) RETURNS TABLE RETURN SELECT a AS z, a * 2 AS w
SELECT * FROM twice(5)
CREATE FUNCTION f5(a INT) RETURNS TABLE(z INT) RETURN SELECT a, a
CREATE FUNCTION f5(a INT) RETURNS TABLE(z INT) RETURN a + 1
CREATE TEMPORARY FUNCTION two() RETURNS TABLE(z INT) RETURN VALUES (1), (2)
SELECT sum(z) FROM two()
CREATE FUNCTION named(i INT) RETURNS STRING RETURN (SELECT name FROM VALUES (1, 'one'), (2, 'two') t(id, name) WHERE id = i)
SELECT id, named(id) AS d FROM range(3) ORDER BY id
SELECT * FROM range(3) WHERE named(id) = 'two'
CREATE OR REPLACE TEMP VIEW tv AS SELECT * FROM VALUES (1, 10), (2, 20) t(k, v)
CREATE TEMPORARY FUNCTION most(a INT) RETURNS INT RETURN (SELECT max(v) FROM tv WHERE k = a)
SELECT most(1), most(5)
SELECT k, most(k), most(k + 1) FROM tv ORDER BY k
CREATE FUNCTION class_of() RETURNS STRING RETURN 'mine'
CREATE FUNCTION upper(x STRING) RETURNS STRING RETURN 'mine'
SELECT upper('a'), default.upper('a')
DESCRIBE FUNCTION area
DESCRIBE FUNCTION hello
DESCRIBE FUNCTION rows_below
DESCRIBE FUNCTION nosuch
SHOW USER FUNCTIONS
SHOW USER FUNCTIONS LIKE 'f*'
DROP FUNCTION hello
DROP TEMPORARY FUNCTION hello
DROP TEMPORARY FUNCTION hello
DROP TEMPORARY FUNCTION IF EXISTS hello
DROP FUNCTION nosuch
DROP FUNCTION IF EXISTS nosuch
DROP FUNCTION upper
DROP FUNCTION f3
SELECT f3(1)
SELECT nosuch.f3(1)
CREATE FUNCTION nodb.f(x INT) RETURNS INT RETURN x
DROP FUNCTION nodb.f
CREATE DATABASE db1
CREATE FUNCTION db1.h(x INT) RETURNS INT RETURN x + 100
SELECT db1.h(1)
SELECT h(1)
USE db1
SELECT h(1)
SELECT kind('a')
SHOW USER FUNCTIONS
SHOW USER FUNCTIONS IN default
USE default
DROP DATABASE db1
DROP DATABASE db1 CASCADE
SELECT db1.h(1)
EXPLAIN SELECT area(id, id) FROM range(3)""".split("\n"):
    if statement.startswith("EXPLAIN"):
        print(re.sub(r"#\d+L?", "", spark.sql(statement).first()[0]))
    else:
        show(statement)

spark.sql("CREATE FUNCTION average_of AS 'test.org.apache.spark.sql.MyDoubleAvg'")
print(spark.catalog.getFunction("average_of"))
show("SELECT average_of(1)")
for name in ["area", "default.area", "spark_catalog.default.area", "two", "abs", "nosuch"]:
    print(name, spark.catalog.functionExists(name))
for name in ["area", "two", "abs"]:
    found = spark.catalog.getFunction(name)
    print(found.name, found.catalog, found.namespace, found.isTemporary)
print([f.name for f in spark.catalog.listFunctions() if f.catalog])
print(spark.catalog.functionExists("area", "default"))
frame = spark.range(2)
frame.select(F.call_function("area", F.col("id"), F.lit(2))).show()
frame.select(F.expr("area(id, 2)")).show()
frame.filter("area(id, 2) > 1").selectExpr("area(id, 2) AS z").show()

spark.udf.register("plus", lambda x: x + 1, "int")
show("CREATE OR REPLACE TEMPORARY FUNCTION plus(x INT) RETURNS INT RETURN x * 100")
show("SELECT plus(1)")
show("DROP TEMPORARY FUNCTION plus")
show("SELECT plus(1)")
spark.stop()
