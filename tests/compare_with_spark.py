#!/usr/bin/env python3
"""Runs the four pipelines with real PySpark and with batchlab on the same files, and compares what they print and what they write.

    cargo build --release
    python3 tests/compare_with_spark.py [--engine target/release/batchlab] [--python python3] [--record]

Needs a Python that has pyspark 4 and Java 17; batchlab itself needs neither. Plans are left out of the comparison (ids and paths differ).
`--record` also stores real Spark's printed answers in tests/pipelines/, where the test suite reads them.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PIPELINES = ["01_basics", "02_joins", "03_files", "04_quality"]

READ_BACK = """
import pathlib
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
for folder in sorted({p.parent for p in pathlib.Path("out").rglob("_SUCCESS")}):
    parquet = any(folder.rglob("*.parquet"))
    frame = spark.read.parquet(str(folder)) if parquet else spark.read.csv(str(folder), header=True)
    print("@@", folder, frame.schema.simpleString())
    for row in sorted(str(tuple(r)) for r in frame.select(*sorted(frame.columns)).collect()):
        print("@@", folder, row)
spark.stop()
"""


def without_plans(text):
    kept, inside = [], False
    for line in text.splitlines():
        if line == "== Physical Plan ==":
            inside = True
        elif inside and not line.strip():
            inside = False
        elif not inside and line.strip():
            kept.append(line)
    return "\n".join(kept) + "\n"


def run(command, folder, env):
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s failed with %d\n%s" % (" ".join(map(str, command)), done.returncode, done.stderr[-2000:]))
    return done.stdout


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--record", action="store_true")
    arguments = arguments.parse_args()
    arguments.engine = os.path.abspath(arguments.engine)
    env = dict(os.environ, TZ="UTC", PYSPARK_SUBMIT_ARGS="--master local[2] --conf spark.ui.enabled=false pyspark-shell")
    failed = 0
    for name in PIPELINES:
        script = ROOT / "solutions" / name / "pipeline.py"
        printed, written = {}, {}
        for engine, command in {"spark": [arguments.python, script], "batchlab": [arguments.engine, "run", script]}.items():
            folder = pathlib.Path(tempfile.mkdtemp(prefix="compare_"))
            shutil.copytree(ROOT / "datasets", folder / "datasets")
            printed[engine] = without_plans(run(command, folder, env))
            (folder / "read_back.py").write_text(READ_BACK)
            written[engine] = run([arguments.python, "read_back.py"], folder, env)
            shutil.rmtree(folder)
        if arguments.record:
            (ROOT / "tests/pipelines" / (name + ".out")).write_text(printed["spark"])
        same = printed["spark"] == printed["batchlab"], written["spark"] == written["batchlab"]
        failed += same != (True, True)
        print("%-12s printed %s, written %s" % (name, *("equal" if x else "DIFFERENT" for x in same)))
        for what, pair in (("printed", printed), ("written", written)):
            differing = [(a, b) for a, b in zip(pair["spark"].splitlines(), pair["batchlab"].splitlines()) if a != b]
            for spark, here in differing[:5]:
                print("  %s\n    Spark:    %s\n    batchlab: %s" % (what, spark[:200], here[:200]))
    print("%d passed, %d failed" % (len(PIPELINES) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
