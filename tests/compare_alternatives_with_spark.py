#!/usr/bin/env python3
"""Whether the plan that is faster on real Spark is the faster one here, too.

    cargo build --release
    python3 tests/compare_alternatives_with_spark.py [--engine target/release/batchlab] [--python python3] [--rows 1000000] [--only WORD]

Each pair is one question asked in two ways that the lessons compare. Both ways run on real Spark (`local[2]`) and here (`--cluster 1x2`, the
same rows), four times in one application; what is compared is the time of the stages of the last time, when the JVM is warm, as `batchlab
metrics` reads it in both logs. A pair whose times lie within a tenth of each other on real Spark has no faster one and does not count. The
exit status is 1 when one that counts is the other way round.

Needs a Python that has pyspark 4 and Java 17; wants a quiet machine.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent

HEAD = """
import sys
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.appName("alternatives").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "8")
ROWS = {rows}
facts = spark.range(0, ROWS, 1, 8).select("id", (F.col("id") % 1000).alias("k"), (F.col("id") % 97 * 1.5).alias("amount"))
names = spark.range(0, 1000, 1, 2).select(F.col("id").alias("k"), F.concat(F.lit("name"), "id").alias("name"))
"""

# So often is each way asked; the first times warm the JVM.
TIMES = 4

# The question, and its two ways.
PAIRS = {
    "a small side is broadcast, or both are shuffled": (
        'facts.join(F.broadcast(names), "k").groupBy("name").agg(F.sum("amount")).collect()',
        'facts.join(names.hint("merge"), "k").groupBy("name").agg(F.sum("amount")).collect()',
    ),
    "8 reduce partitions, or 800": (
        'spark.conf.set("spark.sql.adaptive.enabled", "false")\nfacts.groupBy("k").count().collect()',
        'spark.conf.set("spark.sql.adaptive.enabled", "false")\nspark.conf.set("spark.sql.shuffle.partitions", "800")\n'
        'facts.groupBy("k").count().collect()',
    ),
    "aggregated before the join, or after it": (
        'facts.groupBy("k").agg(F.sum("amount").alias("s")).join(names.hint("merge"), "k").collect()',
        'facts.join(names.hint("merge"), "k").groupBy("k", "name").agg(F.sum("amount").alias("s")).collect()',
    ),
    "one column of Parquet, or of CSV": (
        'print(spark.read.parquet("facts.parquet").agg(F.sum("amount")).collect())',
        'print(spark.read.csv("facts.csv", schema="id long, k long, amount double").agg(F.sum("amount")).collect())',
    ),
    "one folder of twenty, or all of them": (
        'print(spark.read.parquet("parted").filter("part = 3").agg(F.sum("amount")).collect())',
        'print(spark.read.parquet("parted").filter("part + 0 >= 0").agg(F.sum("amount")).collect())',
    ),
    "kept for four questions, or read four times": (
        'read = spark.read.csv("facts.csv", schema="id long, k long, amount double").cache()\n'
        'for low in range(4):\n    read.filter(F.col("k") > low).agg(F.sum("amount")).collect()\nread.unpersist(True)',
        'read = spark.read.csv("facts.csv", schema="id long, k long, amount double")\n'
        'for low in range(4):\n    read.filter(F.col("k") > low).agg(F.sum("amount")).collect()',
    ),
    "a built-in function, or Python": (
        'facts.agg(F.sum(F.col("amount") * 2 + 1)).collect()',
        'twice = F.udf(lambda x: x * 2 + 1, "double")\nfacts.agg(F.sum(twice("amount"))).collect()',
    ),
    "reduceByKey, or groupByKey": (
        'pairs = spark.sparkContext.range(0, ROWS // 4, numSlices=8).map(lambda n: (n % 100, 1))\n'
        'print(len(pairs.reduceByKey(lambda a, b: a + b).collect()))',
        'pairs = spark.sparkContext.range(0, ROWS // 4, numSlices=8).map(lambda n: (n % 100, 1))\n'
        'print(len(pairs.groupByKey().mapValues(sum).collect()))',
    ),
    "the ten first, or all in order": (
        'facts.orderBy(F.desc("amount"), "id").limit(10).collect()',
        'facts.orderBy(F.desc("amount"), "id").write.mode("overwrite").format("noop").save()',
    ),
    "written by all tasks, or by one": (
        'facts.write.mode("overwrite").parquet("out")',
        'facts.coalesce(1).write.mode("overwrite").parquet("out")',
    ),
    "a skewed key with salt, or without": (
        'spark.conf.set("spark.sql.adaptive.enabled", "false")\n'
        'skewed = facts.withColumn("k", F.when(F.col("id") % 10 < 8, 1).otherwise(F.col("k")))\n'
        'salted = skewed.withColumn("salt", F.col("id") % 8)\n'
        'many = names.crossJoin(spark.range(8).withColumnRenamed("id", "salt"))\n'
        'salted.join(many.hint("merge"), ["k", "salt"]).agg(F.sum("amount")).collect()',
        'spark.conf.set("spark.sql.adaptive.enabled", "false")\n'
        'skewed = facts.withColumn("k", F.when(F.col("id") % 10 < 8, 1).otherwise(F.col("k")))\n'
        'skewed.join(names.hint("merge"), "k").agg(F.sum("amount")).collect()',
    ),
    "counted about, or exactly": (
        'facts.agg(F.approx_count_distinct("id")).collect()',
        'facts.agg(F.countDistinct("id")).collect()',
    ),
}

TABLES = """
facts.write.mode("overwrite").parquet("facts.parquet")
facts.write.mode("overwrite").csv("facts.csv")
facts.withColumn("part", F.col("id") % 20).write.mode("overwrite").partitionBy("part").parquet("parted")
"""


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit("%s failed:\n%s" % (" ".join(map(str, command)), done.stderr[-2000:]))


def seconds(engine, log):
    """Of the stages of the last time; each time has as many."""
    numbers = subprocess.run([engine, "metrics", log, "--json"], capture_output=True, text=True, check=True).stdout
    stages = json.loads(numbers)["stages"]
    return sum(stage["seconds"] for stage in stages[-(len(stages) // TIMES):])


def here(engine, script, work):
    run([engine, "run", script, "--cluster", "1x2", "--no-tui", "--quiet", "--events", "ours.jsonl"], cwd=work)
    return seconds(engine, os.path.join(work, "ours.jsonl"))


def spark(engine, python, script, work):
    logs = os.path.join(work, "events")
    shutil.rmtree(logs, ignore_errors=True)
    os.makedirs(logs)
    options = "--master local[2] --conf spark.ui.enabled=false --conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false"
    submit = "%s --conf spark.eventLog.dir=file:%s pyspark-shell" % (options, logs)
    run([python, script], cwd=work, env=dict(os.environ, PYSPARK_PYTHON=python, PYSPARK_SUBMIT_ARGS=submit, TZ="UTC"))
    return seconds(engine, os.path.join(logs, os.listdir(logs)[0]))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--only", default="")
    arguments = arguments.parse_args()
    engine = os.path.abspath(arguments.engine)
    work = tempfile.mkdtemp(prefix="alternatives_")
    script = os.path.join(work, "script.py")

    def write(text, times):
        body = "def ask():\n" + textwrap.indent(text.strip(), "    ") + "\nfor _ in range(%d):\n    ask()\nspark.stop()\n" % times
        pathlib.Path(script).write_text(HEAD.format(rows=arguments.rows) + body)

    write(TABLES, 1)
    run([engine, "run", script, "--cluster", "1x2", "--no-tui", "--quiet"], cwd=work)
    counted = wrong = 0
    print("%-50s %24s %24s" % ("", "Spark", "batchlab (virtual)"))
    for question, ways in PAIRS.items():
        if arguments.only not in question:
            continue
        times = []
        for way in ways:
            write(way, TIMES)
            times.append((spark(engine, arguments.python, script, work), here(engine, script, work)))
        (spark_a, ours_a), (spark_b, ours_b) = times
        counts = abs(spark_a - spark_b) > 0.1 * max(spark_a, spark_b)
        same = (spark_a < spark_b) == (ours_a < ours_b)
        counted += counts
        wrong += counts and not same
        verdict = "same order" if same else "THE OTHER WAY ROUND" if counts else "no faster one"
        print("%-50s %9.2f s, %9.2f s %9.2f s, %9.2f s   %s" % (question, spark_a, spark_b, ours_a, ours_b, verdict), flush=True)
    print("%d of %d pairs in the same order" % (counted - wrong, counted))
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
