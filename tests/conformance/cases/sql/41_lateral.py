# Subqueries of a FROM clause that look at the row on their left, and lateralJoin.
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.appName("lateral").getOrCreate()
spark.sql("""CREATE TEMP VIEW emp AS SELECT * FROM VALUES (1, 'Ada', 10, NULL, 9000.00), (2, 'Ben', 10, 1, 6500.50), (3, 'Cat', 20, 1, 7000.00),
  (4, 'Dan', 20, 3, 5200.25), (5, 'Eli', 30, 3, 5200.25), (6, 'Fay', NULL, 3, 4100.00), (7, 'Gus', 40, 2, NULL) AS t(id, name, dept, mgr, sal)""")
spark.sql("CREATE TEMP VIEW dept AS SELECT * FROM VALUES (10, 'Eng'), (20, 'Ops'), (30, 'Law'), (50, 'Art') t(id, name)")


def q(frame):
    try:
        frame = spark.sql(frame) if isinstance(frame, str) else frame()
        frame.printSchema()
        frame.show(60, False)
    except Exception as e:
        print(type(e).__name__, e.getCondition())


q("SELECT d.name, x.name AS best FROM dept d, LATERAL (SELECT name FROM emp e WHERE e.dept = d.id ORDER BY sal DESC LIMIT 1) x ORDER BY 1")
q("SELECT d.name, x.name AS second FROM dept d, LATERAL (SELECT name FROM emp e WHERE e.dept = d.id ORDER BY sal DESC LIMIT 1 OFFSET 1) x ORDER BY 1")
q("SELECT d.name, x.n FROM dept d LEFT JOIN LATERAL (SELECT count(*) n FROM emp e WHERE e.dept = d.id) x ORDER BY 1")
q("SELECT d.name, x.n FROM dept d JOIN LATERAL (SELECT count(*) n, sum(sal) s FROM emp e WHERE e.dept = d.id) x ON x.n > 0 ORDER BY 1")
q("SELECT name, n FROM dept d, LATERAL (SELECT max(sal) n FROM emp e WHERE e.dept = d.id AND e.sal > 6000) ORDER BY name")
q("SELECT d.name, x.* FROM dept d, LATERAL (SELECT d.id * 2 AS twice, upper(d.name) AS up) x ORDER BY 1")
q("SELECT d.name, x.a, y.b FROM dept d, LATERAL (SELECT d.id + 1 AS a) x, LATERAL (SELECT x.a + d.id AS b) y ORDER BY 1")
q("SELECT d.name, x.* FROM dept d, LATERAL (SELECT e.name ename, e.sal + d.id FROM emp e WHERE e.dept = d.id) x ORDER BY 1, 2")
q("SELECT d.name, x.* FROM dept d, LATERAL (SELECT e.name ename FROM emp e WHERE e.dept > d.id) x ORDER BY 1, 2")
q("SELECT d.name, x.* FROM dept d LEFT JOIN LATERAL (SELECT e.name ename, sal FROM emp e WHERE e.dept = d.id ORDER BY sal LIMIT 1) x ON x.sal > 5200.25 ORDER BY 1, 2")
q("SELECT d.name, x.w FROM dept d, LATERAL (SELECT explode(split(d.name, '')) w) x ORDER BY 1, 2")
q("SELECT d.id, x.* FROM dept d LEFT JOIN LATERAL (SELECT explode(array_remove(array(d.id, 10), 10)) v) x ORDER BY 1, 2")
q("SELECT d.id, x.* FROM dept d LEFT JOIN LATERAL (SELECT d.id * 2 AS v WHERE d.id > 20) x ORDER BY 1, 2")
q("SELECT d.name, x.* FROM dept d, LATERAL (SELECT 1 AS c WHERE d.id > 15 UNION ALL SELECT 2 WHERE d.id > 25) x ORDER BY 1, 2")
q("SELECT d.id, x.* FROM dept d, LATERAL (SELECT name FROM emp WHERE emp.dept = d.id UNION ALL SELECT upper(d.name)) x ORDER BY 1, 2")
q("SELECT d.name, x.* FROM dept d CROSS JOIN LATERAL (SELECT DISTINCT mgr FROM emp e WHERE e.dept = d.id) x ORDER BY 1, 2")
q("SELECT d.name, x.* FROM dept d, LATERAL (SELECT name, row_number() OVER (ORDER BY sal DESC) r FROM emp e WHERE e.dept = d.id) x ORDER BY 1, 3")
q("SELECT d.name, x.* FROM dept d, LATERAL (SELECT mgr, count(*) c FROM emp e WHERE e.dept = d.id GROUP BY mgr HAVING count(*) > 0) x ORDER BY 1, 2")
q("SELECT d.id, x.* FROM dept d, LATERAL (SELECT e.name, m.name boss FROM emp e LEFT JOIN emp m ON e.mgr = m.id WHERE e.dept = d.id) x ORDER BY 1, 2")
q("SELECT e.id, x.* FROM emp e, LATERAL (SELECT count(*) AS c FROM dept d WHERE d.id = e.dept) x ORDER BY 1, 2")
q("SELECT d.id, x.* FROM dept d, LATERAL (SELECT count(*) c FROM emp e WHERE e.dept BETWEEN d.id AND d.id + 10) x ORDER BY 1, 2")
q("SELECT d.name, k, val FROM dept d, LATERAL (VALUES ('a', 1), ('b', 2)) AS v(k, val) ORDER BY 1, 2")
q("SELECT * FROM LATERAL (SELECT 1 AS a) x")
q("SELECT * FROM dept d JOIN LATERAL (SELECT id FROM emp e WHERE e.dept = d.id) x USING (id)")
q("SELECT * FROM dept d NATURAL JOIN LATERAL (SELECT d.id) x")
q("SELECT * FROM dept d RIGHT JOIN LATERAL (SELECT d.id AS q) x")
q("SELECT d.id, x.* FROM dept d, LATERAL (SELECT max(sal) - d.id AS v FROM emp e WHERE e.dept = d.id) x")
q("SELECT d.id, x.* FROM dept d, LATERAL (SELECT e.name, y.k FROM emp e, LATERAL (SELECT e.sal + d.id AS k) y WHERE e.dept = d.id) x")
d, e = spark.table("dept"), spark.table("emp")
q(lambda: d.alias("d").lateralJoin(e.alias("e").where(F.col("e.dept") == F.col("d.id").outer()).select("e.name", "sal"), how="left").orderBy("d.id", "sal"))
q(lambda: d.alias("d").lateralJoin(e.where(e.dept == F.col("d.id").outer()).select(e.name, "sal"), F.col("sal") > 6000).orderBy("d.id", e.sal))
q(lambda: d.lateralJoin(e.select("name")).orderBy("id", e.name).limit(3))
q(lambda: d.alias("d").lateralJoin(spark.tvf.explode(F.split(F.col("d.name").outer(), ""))).orderBy("id", "col").limit(4))
q(lambda: d.lateralJoin(e, how="right"))
q(lambda: e.where(e.dept == d.id.outer()))
q(lambda: d.alias("d").where(e.where(e.dept == F.col("d.id").outer()).exists()))
