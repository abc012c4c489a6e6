"""Queries as chains of steps, functions of each row, files by their path."""

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("pipes").getOrCreate()
spark.sql(
    "CREATE OR REPLACE TEMP VIEW items AS SELECT * FROM VALUES (1, 'a', 10, array('x', 'y')), (2, 'b', 20, array()), "
    "(3, 'a', 30, array('z')), (4, 'c', NULL, NULL) AS t(id, kind, price, tags)"
)
spark.sql("CREATE OR REPLACE TEMP VIEW kinds AS SELECT * FROM VALUES ('a', 'first'), ('b', 'second') AS t(kind, label)")


def ask(text):
    try:
        spark.sql(text).show()
    except Exception as error:
        print(type(error).__name__, error.getCondition())


ask("FROM items |> WHERE price > 10 |> SELECT id, price * 2 AS double |> ORDER BY id DESC")
ask("FROM items |> AGGREGATE sum(price) AS total, count(*) AS n GROUP BY kind |> ORDER BY kind")
ask("FROM items |> AGGREGATE max(price) AS most, avg(price)")
ask("FROM items |> AGGREGATE count(*) AS n GROUP BY upper(kind) AS k |> WHERE n > 1")
ask("FROM items |> EXTEND price + 1 AS next, id * id |> DROP tags, kind |> ORDER BY id |> LIMIT 2")
ask("FROM items |> SET price = coalesce(price, 0), id = id + price |> SELECT id, price |> ORDER BY id")
ask("FROM items |> AS i |> JOIN kinds k ON i.kind = k.kind |> SELECT i.id, k.label |> ORDER BY id")
ask("FROM items |> LEFT JOIN kinds USING (kind) |> SELECT kind, id, label |> ORDER BY id |> LIMIT 3 OFFSET 1")
ask("SELECT kind FROM items |> UNION ALL SELECT label FROM kinds |> ORDER BY kind")
ask("SELECT kind FROM items |> EXCEPT SELECT kind FROM kinds")
ask("FROM items |> SELECT DISTINCT kind |> ORDER BY kind")
ask("WITH w AS (FROM items |> WHERE id < 3) FROM w |> AGGREGATE count(*) AS n")
ask("SELECT * FROM (FROM items |> SELECT id |> WHERE id > 2) ORDER BY id")
ask("FROM items |> SELECT kind, price |> PIVOT (sum(price) FOR kind IN ('a', 'b'))")
ask("FROM items |> SELECT nope")
ask("FROM items |> id")
ask("FROM items")
ask("SELECT id, tag FROM items, LATERAL explode(tags) AS t(tag) ORDER BY id, tag")
ask("SELECT id, tag FROM items LEFT JOIN LATERAL explode(tags) AS t(tag) ORDER BY id, tag")
ask("SELECT id, pos, col FROM items JOIN LATERAL posexplode(tags) t WHERE pos = 0 ORDER BY id")
ask("SELECT i.id, t.tag, k.label FROM items i, LATERAL explode(i.tags) t(tag) JOIN kinds k ON k.kind = i.kind ORDER BY id, tag")
spark.range(3).selectExpr("id", "id * 2 AS twice").write.mode("overwrite").parquet("out/direct_parquet")
spark.range(2).selectExpr("id", "'x' AS s").coalesce(1).write.mode("overwrite").json("out/direct_json")
ask("SELECT sum(twice) AS s FROM parquet.`out/direct_parquet`")
ask("SELECT p.id, j.s FROM parquet.`out/direct_parquet` p JOIN json.`out/direct_json` AS j ON p.id = j.id ORDER BY p.id")
ask("SELECT * FROM csv.`data/nothing_here`")
ask("SELECT * FROM nowhere.`items`")
