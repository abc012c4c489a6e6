# WITH RECURSIVE: series, hierarchies, dates, limits, and what is refused.
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("recursive").getOrCreate()
spark.sql("""CREATE TEMP VIEW emp AS SELECT * FROM VALUES (1, 'Ada', 10, NULL), (2, 'Ben', 10, 1), (3, 'Cat', 20, 1), (4, 'Dan', 20, 3),
  (5, 'Eli', 30, 3), (6, 'Fay', NULL, 3), (7, 'Gus', 40, 2) AS t(id, name, dept, mgr)""")
spark.sql("CREATE TEMP VIEW dept AS SELECT * FROM VALUES (10, 'Eng'), (20, 'Ops'), (30, 'Law') t(id, name)")


def q(text):
    try:
        frame = spark.sql(text)
        frame.printSchema()
        frame.show(60, False)
    except Exception as e:
        print(type(e).__name__, e.getCondition() if hasattr(e, "getCondition") else "")


q("WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t")
q("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT a.n, b.n AS m FROM t a JOIN t b ON a.n < b.n ORDER BY 1, 2")
q("""WITH RECURSIVE chain(id, name, lvl, path) AS (SELECT id, name, 0, name FROM emp WHERE mgr IS NULL
  UNION ALL SELECT e.id, e.name, c.lvl + 1, concat(c.path, '>', e.name) FROM emp e JOIN chain c ON e.mgr = c.id) SELECT * FROM chain ORDER BY path""")
q("WITH RECURSIVE tree(id, root) AS (SELECT id, name FROM emp WHERE mgr IS NULL UNION ALL SELECT e.id, t.root FROM emp e JOIN tree t ON e.mgr = t.id) SELECT root, count(*) c FROM tree GROUP BY root")
q("WITH RECURSIVE d(day) AS (SELECT DATE'2024-02-27' UNION ALL SELECT date_add(day, 1) FROM d WHERE day < DATE'2024-03-02') SELECT day, dayofweek(day) w FROM d")
q("WITH RECURSIVE t(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, concat(s, 'b') FROM t WHERE n < 4) SELECT * FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 100 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t")
q("WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 3), b(m) AS (SELECT max(n) FROM a UNION ALL SELECT m * 2 FROM b WHERE m < 20) SELECT * FROM a, b ORDER BY 1, 2")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < (SELECT count(*) FROM dept)) SELECT sum(n) FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT id FROM dept WHERE id IN (SELECT n * 10 FROM t)) SELECT * FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n, n * n AS square FROM t LIMIT 5")
q("WITH RECURSIVE t(n) MAX RECURSION LEVEL 5 AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t LIMIT 3")
q("SELECT * FROM (WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t) x")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t")
spark.conf.set("spark.sql.cteRecursionLevelLimit", "200")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 150) SELECT max(n) FROM t")
spark.conf.set("spark.sql.cteRecursionRowLimit", "50")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 150) SELECT max(n) FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT (n + 1) % 3 FROM t) SELECT * FROM t")
q("WITH RECURSIVE t(n) AS (SELECT n + 1 FROM t) SELECT * FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT max(n) + 1 FROM t WHERE n < 4) SELECT * FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT t.n + 1 FROM dept LEFT JOIN t ON dept.id = t.n WHERE n < 4) SELECT * FROM t")
q("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1.5 FROM t WHERE n < 4) SELECT * FROM t")
q("WITH RECURSIVE t(a, b) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 4) SELECT * FROM t")
q("WITH t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t")
