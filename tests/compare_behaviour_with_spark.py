#!/usr/bin/env python3
"""Runs the steps' solutions with real PySpark on twelve slots and with batchlab on one node of twelve cores, and compares what both did.

    cargo build --release
    python3 tests/compare_behaviour_with_spark.py [--engine target/release/batchlab] [--python python3] [--only 02_joins] [--record]

Compared are jobs, stages executed, tasks and shuffle records, from Spark's event log and from `batchlab metrics --json`. Needs a Python that
has pyspark 4 and Java 17. `--record` also stores what Spark did in tests/steps/behaviour42_10000.json, which the test suite reads.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/steps/behaviour42_10000.json"
NAMES = ["jobs", "stages", "tasks", "shuffle_records"]
SUBMIT = "--master local[12] --conf spark.ui.enabled=false --conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false --conf spark.eventLog.dir=%s pyspark-shell"


def run(command, folder, env):
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s failed with %d\n%s" % (" ".join(map(str, command)), done.returncode, done.stderr[-2000:]))
    return done.stdout


def events(folder):
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "appstatus" not in p.name):
        with open(path) as lines:
            yield from (json.loads(line) for line in lines)


def of_spark(folder):
    seen = dict.fromkeys(NAMES + ["shuffle_bytes", "input_bytes"], 0)
    for event in events(folder):
        kind = event["Event"]
        if kind == "SparkListenerJobStart":
            seen["jobs"] += 1
        elif kind == "SparkListenerStageCompleted":
            seen["stages"] += 1
        elif kind == "SparkListenerTaskEnd":
            seen["tasks"] += 1
            metrics = event.get("Task Metrics") or {}
            written = metrics.get("Shuffle Write Metrics", {})
            seen["shuffle_records"] += written.get("Shuffle Records Written", 0)
            seen["shuffle_bytes"] += written.get("Shuffle Bytes Written", 0)
            seen["input_bytes"] += metrics.get("Input Metrics", {}).get("Bytes Read", 0)
    return seen


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--record", action="store_true")
    arguments = arguments.parse_args()
    engine = os.path.abspath(arguments.engine)
    steps = sorted(str(p.relative_to(ROOT / "solutions"))[:-3] for p in (ROOT / "solutions").glob("*/s*.py"))
    recorded = json.loads(GOLDEN.read_text())
    differing = 0
    for step in (s for s in steps if arguments.only in s):
        script = ROOT / "solutions" / (step + ".py")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="behaviour_"))
        shutil.copytree(ROOT / "datasets", folder / "datasets")
        (folder / "spark-events").mkdir()
        env = dict(os.environ, TZ="UTC", PYSPARK_SUBMIT_ARGS=SUBMIT % (folder / "spark-events").as_uri())
        run([arguments.python, script], folder, env)
        spark = of_spark(folder / "spark-events")
        shutil.rmtree(folder / "out", ignore_errors=True)
        run([engine, "run", script, "--quiet", "--cluster", "1x12", "--events", "run.jsonl"], folder, dict(os.environ))
        here = json.loads(run([engine, "metrics", "run.jsonl", "--json"], folder, dict(os.environ)))["summary"]
        shutil.rmtree(folder)
        recorded["steps"][step] = {"exit": 0, **spark}
        wrong = [name for name in NAMES if spark[name] != here[name]]
        differing += bool(wrong)
        print("%-32s %s" % (step, ", ".join("%s: Spark %d, here %d" % (n, spark[n], here[n]) for n in wrong) or "equal"), flush=True)
    if arguments.record:
        GOLDEN.write_text(json.dumps(recorded, indent=1) + "\n")
    print("%d differ" % differing)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
