"""Compares batchlab with other engines that are installed: whole processes, two threads, runs taken in turn.

usage: compare.py BATCHLAB [--rows 5000000] [--runs 3] [--engines polars,duckdb]

Makes its data with `batchlab data make` in a temporary folder, runs four pipelines from CSV and from Parquet on each
engine, and prints for each the median of real seconds, of processor seconds and of peak memory, and the ratio to the
fastest and to the leanest peer. A peer runs in the Python that runs this script.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

COLUMNS = ["transaction_id", "transaction_date", "product", "region", "sales_rep", "quantity", "unit_price",
           "total_amount", "customer_segment", "customer_id"]

START = """
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.window import Window
spark = SparkSession.builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
SCHEMA = ("transaction_id string, transaction_date string, product string, region string, sales_rep string, "
          "quantity int, unit_price double, total_amount double, customer_segment string, customer_id string")
"""

SPARK = {
    "clean": """
(sales.filter((F.col("total_amount") > 500) & F.col("region").isNotNull())
    .withColumn("rep_no", F.regexp_extract("sales_rep", "Rep_(\\\\d+)", 1).cast("int"))
    .withColumn("size", F.when(F.col("total_amount") < 2000, "Medium").otherwise("Large"))
    .withColumn("product", F.upper("product")).drop("customer_segment")
    .write.mode("overwrite").parquet("out/clean"))
print(spark.read.parquet("out/clean").count())
""",
    "rank": """
products = spark.read.csv("datasets/products", header=True, inferSchema=True)
totals = sales.join(products, "product").groupBy("region", "category", "sales_rep").agg(
    F.sum("total_amount").alias("revenue"), F.count("*").alias("n"))
best = Window.partitionBy("region", "category").orderBy(F.desc("revenue"))
print(totals.withColumn("rank", F.row_number().over(best)).filter("rank <= 3").count())
""",
    "parts": """
dated = sales.withColumn("year", F.year(F.to_date("transaction_date")))
dated.write.mode("overwrite").partitionBy("year", "region").parquet("out/parts")
print(spark.read.parquet("out/parts").groupBy("year", "region").agg(F.sum("total_amount")).count())
""",
    "quality": """
nulls = [F.sum(F.col(c).isNull().cast("int")).alias(c) for c in sales.columns]
print(sales.agg(F.count("*"), *nulls, F.stddev("total_amount")).collect()[0][0])
print(sales.groupBy("transaction_id").count().filter("count > 1").count())
""",
}

POLARS_START = """
import polars as pl
sales = pl.scan_csv("datasets/sales/*.csv") if FORM == "csv" else pl.scan_parquet("sales.parquet/*.parquet")
"""

POLARS = {
    "clean": """
(sales.filter((pl.col("total_amount") > 500) & pl.col("region").is_not_null()).with_columns(
    pl.col("sales_rep").str.extract(r"Rep_(\\d+)", 1).cast(pl.Int32).alias("rep_no"),
    pl.when(pl.col("total_amount") < 2000).then(pl.lit("Medium")).otherwise(pl.lit("Large")).alias("size"),
    pl.col("product").str.to_uppercase()).drop("customer_segment").sink_parquet("out.parquet", compression="snappy"))
print(pl.scan_parquet("out.parquet").select(pl.len()).collect().item())
""",
    "rank": """
totals = sales.join(pl.scan_csv("datasets/products/*.csv"), on="product").group_by("region", "category", "sales_rep").agg(
    pl.sum("total_amount").alias("revenue"), pl.len().alias("n"))
rank = pl.col("revenue").rank("ordinal", descending=True).over("region", "category")
print(totals.filter(rank <= 3).collect(engine="streaming").height)
""",
    "parts": """
dated = sales.with_columns(pl.col("transaction_date").cast(pl.String).str.to_date("%Y-%m-%d").dt.year().alias("year"))
dated.sink_parquet(pl.PartitionBy("out", key=["year", "region"]), mkdir=True, compression="snappy")
back = pl.scan_parquet("out/**/*.parquet", hive_partitioning=True)
print(back.group_by("year", "region").agg(pl.sum("total_amount")).collect(engine="streaming").height)
""",
    "quality": """
print(sales.select([pl.len().alias("rows")] + [pl.col(c).null_count() for c in COLUMNS]
                   + [pl.col("total_amount").std().alias("deviation")]).collect(engine="streaming").row(0)[0])
print(sales.group_by("transaction_id").agg(pl.len().alias("n")).filter(pl.col("n") > 1).collect(engine="streaming").height)
""",
}

DUCKDB_START = """
import duckdb
db = duckdb.connect(config={"threads": 2})
sales = "read_csv('datasets/sales/*.csv')" if FORM == "csv" else "read_parquet('sales.parquet/*.parquet')"
run = lambda query: db.sql(query).fetchall()
"""

DUCKDB = {
    "clean": """
db.sql(f"COPY (SELECT * EXCLUDE (product, customer_segment), upper(product) AS product, "
       f"CAST(regexp_extract(sales_rep, 'Rep_(\\\\d+)', 1) AS int) AS rep_no, "
       f"CASE WHEN total_amount < 2000 THEN 'Medium' ELSE 'Large' END AS size FROM {sales} "
       f"WHERE total_amount > 500 AND region IS NOT NULL) TO 'out.parquet' (FORMAT parquet)")
print(run("SELECT count(*) FROM read_parquet('out.parquet')")[0][0])
""",
    "rank": """
print(len(run(f"SELECT * FROM (SELECT region, category, sales_rep, sum(total_amount) AS revenue, count(*) FROM {sales} s "
              f"JOIN read_csv('datasets/products/*.csv') p ON s.product = p.product GROUP BY 1, 2, 3) "
              f"QUALIFY row_number() OVER (PARTITION BY region, category ORDER BY revenue DESC) <= 3")))
""",
    "parts": """
db.sql(f"COPY (SELECT *, year(transaction_date::date) AS year FROM {sales}) TO 'out' (FORMAT parquet, PARTITION_BY (year, region))")
print(len(run("SELECT year, region, sum(total_amount) FROM read_parquet('out/**/*.parquet', hive_partitioning=true) GROUP BY 1, 2")))
""",
    "quality": """
nulls = ", ".join(f"count(*) - count({c})" for c in COLUMNS)
print(run(f"SELECT count(*), {nulls}, stddev(total_amount) FROM {sales}")[0][0])
print(run(f"SELECT count(*) FROM (SELECT transaction_id FROM {sales} GROUP BY 1 HAVING count(*) > 1)")[0][0])
""",
}


def script(engine, pipeline, form):
    if engine == "batchlab":
        source = {"csv": "sales = spark.read.csv('datasets/sales', header=True, schema=SCHEMA)\n",
                  "parquet": "sales = spark.read.parquet('sales.parquet')\n"}[form]
        return START + source + SPARK[pipeline]
    start, bodies = {"polars": (POLARS_START, POLARS), "duckdb": (DUCKDB_START, DUCKDB)}[engine]
    return f"FORM, COLUMNS = {form!r}, {COLUMNS!r}\n{start}{bodies[pipeline]}"


def measured(command, folder, environment):
    """Real seconds, processor seconds, peak memory in MB, and what was printed."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    printed, complaints = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if status:
        sys.exit(f"{command} failed:\n{complaints.decode()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed.decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("batchlab")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--engines", default="polars,duckdb")
    options = parser.parse_args()
    binary = str(pathlib.Path(options.batchlab).resolve())
    peers = options.engines.split(",")
    environment = dict(os.environ, POLARS_MAX_THREADS="2", PYSPARK_SUBMIT_ARGS="--master local[2] pyspark-shell")
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def run(engine, text):
            for left in ["out", "out.parquet"]:
                path = folder / left
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            (folder / "script.py").write_text(text)
            command = [binary, "run", "script.py", "--quiet"] if engine == "batchlab" else [sys.executable, "script.py"]
            return measured(command, folder, environment)

        measured([binary, "data", "make", "sales", "products", "--rows", str(options.rows)], folder, environment)
        run("batchlab", START + "spark.read.csv('datasets/sales', header=True, schema=SCHEMA).write.parquet('sales.parquet')\n")
        for _ in range(options.runs):
            for pipeline in SPARK:
                for form in ["csv", "parquet"]:
                    for engine in ["batchlab", *peers]:
                        results.setdefault((pipeline, form, engine), []).append(run(engine, script(engine, pipeline, form)))
    print(f"{options.rows} rows, medians of {options.runs} runs; ratios: batchlab to the fastest or leanest peer")
    print(f"{'pipeline':<10}{'from':<9}{'engine':<10}{'real s':>8}{'cpu s':>8}{'MB':>7}{'real':>7}{'cpu':>7}{'memory':>8}")
    for pipeline in SPARK:
        for form in ["csv", "parquet"]:
            answers = {runs[0][3] for key, runs in results.items() if key[:2] == (pipeline, form)}
            medians = {engine: [statistics.median(run[at] for run in results[pipeline, form, engine]) for at in range(3)]
                       for engine in ["batchlab", *peers]}
            for engine, (real, cpu, memory) in medians.items():
                line = f"{pipeline:<10}{form:<9}{engine:<10}{real:>8.2f}{cpu:>8.2f}{memory:>7.0f}"
                if engine == "batchlab" and peers:
                    best = [min(medians[peer][at] for peer in peers) for at in range(3)]
                    line += f"{real / best[0]:>7.2f}{cpu / best[1]:>7.2f}{memory / best[2]:>8.2f}"
                print(line)
            if len(answers) > 1:
                print(f"  the answers differ: {sorted(answers)}")


if __name__ == "__main__":
    main()
