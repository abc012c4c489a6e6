#!/usr/bin/env python3
"""Runs the steps' solutions with real PySpark on twelve slots and with batchlab on one node of twelve cores, and compares what both did.

    cargo build --release
    python3 tests/compare_behaviour_with_spark.py [--engine target/release/batchlab] [--python python3] [--only 02_joins] [--record] [--keep DIR]

Compared are jobs, stages executed, tasks and shuffle records: Spark's event log against `batchlab metrics --json` of our run, and against
`batchlab metrics --json` of the same log as our reader understands it. Needs a Python that has pyspark 4 and Java 17. All steps run in one
process of PySpark, each with a context of its own. `--record` also stores what Spark did in tests/steps/behaviour42_10000.json, which the test
suite reads; `--keep` keeps Spark's logs.
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
SUBMIT = "--master local[12] --conf spark.ui.enabled=false --conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false --conf spark.eventLog.rolling.enabled=false --conf spark.eventLog.dir=%s pyspark-shell"

# Runs the scripts of its arguments one after another; the log of each gets the script's name.
RUNNER = """
import contextlib, io, pathlib, runpy, shutil, sys
from pyspark.sql import SparkSession
logs = pathlib.Path(sys.argv[1])
for step, script in (pair.split("=", 1) for pair in sys.argv[2:]):
    shutil.rmtree("out", ignore_errors=True)
    before = set(logs.iterdir())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        runpy.run_path(script, run_name="__main__")
    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    log, = set(logs.iterdir()) - before
    log.rename(logs / (step.replace("/", "-") + ".json"))
"""


def run(command, folder, env):
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s failed with %d\n%s" % (" ".join(map(str, command))[:300], done.returncode, done.stderr[-2000:]))
    return done.stdout


def run_on_spark(python, steps, folder, logs):
    scripts = ["%s=%s" % (step, ROOT / "solutions" / (step + ".py")) for step in steps]
    env = dict(os.environ, TZ="UTC", PYSPARK_SUBMIT_ARGS=SUBMIT % logs.as_uri())
    run([python, "-c", RUNNER, str(logs)] + scripts, folder, env)
    return {step: logs / (step.replace("/", "-") + ".json") for step in steps}


def of_spark(log):
    seen = dict.fromkeys(NAMES + ["shuffle_bytes", "input_bytes"], 0)
    for line in log.read_text().splitlines():
        event = json.loads(line)
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


def summary(engine, log, folder):
    return json.loads(run([engine, "metrics", log, "--json"], folder, dict(os.environ)))["summary"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--record", action="store_true")
    arguments.add_argument("--keep")
    arguments = arguments.parse_args()
    engine = os.path.abspath(arguments.engine)
    steps = sorted(str(p.relative_to(ROOT / "solutions"))[:-3] for p in (ROOT / "solutions").glob("*/s*.py"))
    steps = [step for step in steps if arguments.only in step]
    recorded = json.loads(GOLDEN.read_text())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="behaviour_"))
    run([engine, "data", "make", "--dir", folder], ROOT, dict(os.environ))
    logs = pathlib.Path(arguments.keep or folder / "spark-events").absolute()
    logs.mkdir(parents=True, exist_ok=True)
    differing = 0
    for step, log in run_on_spark(arguments.python, steps, folder, logs).items():
        spark, read = of_spark(log), summary(engine, log, folder)
        shutil.rmtree(folder / "out", ignore_errors=True)
        script = ROOT / "solutions" / (step + ".py")
        run([engine, "run", script, "--quiet", "--cluster", "1x12", "--events", "run.jsonl"], folder, dict(os.environ))
        here = summary(engine, "run.jsonl", folder)
        recorded["steps"][step] = {"exit": 0, **spark}
        wrong = ["%s: Spark %d, here %d" % (n, spark[n], here[n]) for n in NAMES if spark[n] != here[n]]
        wrong += ["%s: Spark's log has %d, our reader %d" % (n, spark[n], read[n]) for n in NAMES if spark[n] != read[n]]
        differing += bool(wrong)
        print("%-32s %s" % (step, ", ".join(wrong) or "equal"), flush=True)
    shutil.rmtree(folder)
    if arguments.record:
        GOLDEN.write_text(json.dumps(recorded, indent=1) + "\n")
    print("%d differ" % differing)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
