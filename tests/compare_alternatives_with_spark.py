#!/usr/bin/env python3
"""Whether the plan that is faster on real Spark is the faster one here, too.

    cargo build --release
    python3 tests/compare_alternatives_with_spark.py [--engine target/release/batchlab] [--python python3] [--rows 1000000] [--logs DIR] [--only WORD]

Each pair is one question asked in two ways that the lessons compare. Both ways run on real Spark (`local[2]`) and here (one machine with two
cores and the cost model `measured`, the same rows), four times in one application; what is compared is the time of the stages of the quickest
of the last three times, when the JVM is warm, as `batchlab metrics` reads it in both logs. Two ways of which neither takes half as long again as the
other are asked in three applications each. A pair has a faster one when the same way is faster by a tenth in every application; others do not count. The
exit status is 1 when one that counts is the other way round.

Needs a Python that has pyspark 4 and Java 17; wants a quiet machine. `--logs` keeps Spark's logs, and asks Spark no question twice.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent

HEAD = """
import sys
from pyspark.sql import SparkSession, Window, functions as F
spark = SparkSession.builder.appName("alternatives").getOrCreate()
spark.conf.set("spark.sql.shuffle.partitions", "8")
ROWS = {rows}
facts = spark.range(0, ROWS, 1, 8).select("id", (F.col("id") % 1000).alias("k"), (F.col("id") % 97 * 1.5).alias("amount"))
names = spark.range(0, 1000, 1, 2).select(F.col("id").alias("k"), F.concat(F.lit("name"), "id").alias("name"))
"""

# So often is each way asked; the first times warm the JVM.
TIMES = 4

# So many applications ask, where the first leaves a doubt, and this is one.
ROUNDS = 3
DOUBT = 1.5
# Times that differ by less are the same.
TENTH = 1.1

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
    "one file read, or two hundred": (
        'print(spark.read.parquet("whole").agg(F.sum("amount")).collect())',
        'print(spark.read.parquet("crumbs").agg(F.sum("amount")).collect())',
    ),
    "the best of each key by max_by, or by a window": (
        'facts.groupBy("k").agg(F.max_by("id", "amount").alias("id")).agg(F.sum("id")).collect()',
        'best = Window.partitionBy("k").orderBy(F.desc("amount"), "id")\n'
        'facts.withColumn("place", F.row_number().over(best)).filter("place = 1").agg(F.sum("id")).collect()',
    ),
    "kept apart by a filter, or joined with what is wanted": (
        'facts.filter("k < 100").groupBy("k").agg(F.avg("amount")).collect()',
        'wanted = names.filter("k < 100").hint("merge")\nfacts.join(wanted, "k").groupBy("k").agg(F.avg("amount")).collect()',
    ),
}

TABLES = """
facts.write.mode("overwrite").parquet("facts.parquet")
facts.write.mode("overwrite").csv("facts.csv")
facts.withColumn("part", F.col("id") % 20).write.mode("overwrite").partitionBy("part").parquet("parted")
facts.coalesce(1).write.mode("overwrite").parquet("whole")
facts.repartition(200).write.mode("overwrite").parquet("crumbs")
"""

# The machine that the pretended times are of: one like `local[2]`.
CLUSTER = """
nodes = 1
cores = 2
memory = "8GB"
replication = 1
cost = "measured"
"""


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit("%s failed:\n%s" % (" ".join(map(str, command)), done.stderr[-2000:]))


def stages(engine, log, times):
    """What `batchlab metrics` says of the stages, apart for each time; each time has as many."""
    numbers = subprocess.run([engine, "metrics", log, "--json"], capture_output=True, text=True, check=True).stdout
    found = json.loads(numbers)["stages"]
    each, rest = divmod(len(found), times)
    if rest:
        sys.exit("%s has %d stages, which are not those of %d times" % (log, len(found), times))
    return [found[each * time:each * (time + 1)] for time in range(times)]


def seconds(engine, log):
    """Of the quickest of the last times."""
    return min(sum(stage["seconds"] for stage in time) for time in stages(engine, log, TIMES)[1:])


class Bench:
    """A folder with the tables of one size, in which the ways are tried."""

    def __init__(self, engine, python, rows, logs):
        self.engine, self.python, self.rows, self.logs = os.path.abspath(engine), python, rows, logs and os.path.abspath(logs)
        self.work = tempfile.mkdtemp(prefix="alternatives_")
        self.script = os.path.join(self.work, "script.py")
        self.write(TABLES, 1)
        run([self.engine, "run", self.script, "--cluster", "1x2", "--no-tui", "--quiet"], cwd=self.work)

    def write(self, text, times):
        body = "def ask():\n" + textwrap.indent(text.strip(), "    ") + "\nfor _ in range(%d):\n    ask()\nspark.stop()\n" % times
        pathlib.Path(self.script).write_text(HEAD.format(rows=self.rows) + body)

    def here(self, way, cluster=CLUSTER, times=TIMES):
        """The log of a way on a pretended machine."""
        self.write(way, times)
        pathlib.Path(self.work, "cluster.toml").write_text(cluster)
        run([self.engine, "run", self.script, "--cluster", "cluster.toml", "--no-tui", "--quiet", "--events", "ours.jsonl"], cwd=self.work)
        return os.path.join(self.work, "ours.jsonl")

    def spark(self, name, way, number=0):
        """The log of a way on real Spark, of the application of this number; the one that is kept, where there is one."""
        name = "%s %d" % (name, self.rows) + (" %d" % number if number else "")
        kept = self.logs and os.path.join(self.logs, re.sub(r"[^a-z0-9]+", "_", name) + ".log")
        if kept and os.path.exists(kept):
            return kept
        self.write(way, TIMES)
        events = os.path.join(self.work, "events")
        shutil.rmtree(events, ignore_errors=True)
        os.makedirs(events)
        options = "--master local[2] --conf spark.ui.enabled=false --conf spark.eventLog.enabled=true --conf spark.eventLog.rolling.enabled=false"
        submit = "%s --conf spark.eventLog.compress=false --conf spark.eventLog.dir=file:%s pyspark-shell" % (options, events)
        environment = dict(os.environ, PYSPARK_PYTHON=self.python, PYSPARK_SUBMIT_ARGS=submit, TZ="UTC")
        run([self.python, self.script], cwd=self.work, env=environment)
        log = os.path.join(events, os.listdir(events)[0])
        if kept:
            os.makedirs(self.logs, exist_ok=True)
            shutil.copyfile(log, kept)
        return log

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)


def options():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--rows", default="1000000")
    arguments.add_argument("--logs", default="")
    arguments.add_argument("--only", default="")
    return arguments


def main():
    arguments = options().parse_args()
    bench = Bench(arguments.engine, arguments.python, int(arguments.rows), arguments.logs)
    counted = wrong = 0
    print("%-54s %24s %24s" % ("", "Spark", "batchlab (virtual)"))
    for question, ways in PAIRS.items():
        if arguments.only not in question:
            continue
        ours_a, ours_b = [seconds(bench.engine, bench.here(way)) for way in ways]
        rounds = []
        while not rounds or len(rounds) < ROUNDS and all(max(a, b) < DOUBT * min(a, b) for a, b in rounds):
            rounds.append([seconds(bench.engine, bench.spark(question + " " + name, way, len(rounds))) for name, way in zip("ab", ways)])
        spark_a, spark_b = [statistics.median(times) for times in zip(*rounds)]
        is_first = all(b > TENTH * a for a, b in rounds)
        counts = is_first or all(a > TENTH * b for a, b in rounds)
        same = is_first == (ours_a < ours_b)
        counted += counts
        wrong += counts and not same
        verdict = "no faster one" if not counts else "same order" if same else "THE OTHER WAY ROUND"
        print("%-54s %9.2f s, %9.2f s %9.2f s, %9.2f s   %s" % (question, spark_a, spark_b, ours_a, ours_b, verdict), flush=True)
    print("%d of %d pairs in the same order" % (counted - wrong, counted))
    bench.close()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
