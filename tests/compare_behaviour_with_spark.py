#!/usr/bin/env python3
"""Runs the steps' solutions with real PySpark on twelve slots and with batchlab on one node of twelve cores, and compares what both did.

    cargo build --release
    python3 tests/compare_behaviour_with_spark.py [--engine target/release/batchlab] [--python python3] [--only 02_joins] [--record] [--keep DIR]
    python3 tests/compare_behaviour_with_spark.py --seed 2024 --rows 14000 --vary --answers

Compared are jobs, stages executed, tasks and shuffle records: Spark's event log against `batchlab metrics --json` of our run, and against
`batchlab metrics --json` of the same log as our reader understands it. Needs a Python that has pyspark 4 and Java 17. All steps run in one
process of PySpark, each with a context of its own. `--answers` appends lines that print the rows of the answers, and compares those and the
number of files written as well (the jobs of these lines are compared too). `--record` also stores what Spark did in tests/steps/behaviour42_10000.json, which the test
suite reads; `--keep` keeps Spark's logs.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/steps/behaviour42_10000.json"
NAMES = ["jobs", "stages", "tasks", "shuffle_records"]
SUBMIT = "--master local[12] --conf spark.ui.enabled=false --conf spark.eventLog.enabled=true --conf spark.eventLog.compress=false --conf spark.eventLog.rolling.enabled=false --conf spark.eventLog.dir=%s pyspark-shell"

# What a solution leaves behind, where it is not the rows of `result`. The ranges of E3.7 follow a random sample.
FRAMES = {"02_joins/s2_join_types": ["orphans", "empty", "result"], "03_files/s7_range_custom": []}
VALUES = {
    "01_basics/s3_schema": ["partitions"],
    "03_files/s3_cache": ["answer"],
    "03_files/s6_hash": ["total", "non_empty"],
    "03_files/s7_range_custom": ["custom"],
    "04_quality/s7_gate": ["overall", "alerts"],
    "05_case/s2_quality_windows": ["too_late"],
}
ROWS = """
for _row in sorted([str(tuple(_r)) for _r in {0}.collect()]):
    print("@@", "{0}", _row)
print("@@", "{0}:schema", {0}.schema.simpleString())
"""
VALUE = """
print("@@", "{0}", sorted({0}.items()) if isinstance({0}, dict) else {0})
"""

# Runs the scripts of its arguments one after another; the log of each gets the script's name.
RUNNER = """
import contextlib, io, pathlib, runpy, shutil, sys
from pyspark.sql import SparkSession
logs = pathlib.Path(sys.argv[1])
for step, script in (pair.split("=", 1) for pair in sys.argv[2:]):
    shutil.rmtree("out", ignore_errors=True)
    before = set(logs.iterdir())
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit, ValueError):
        runpy.run_path(script, run_name="__main__")
    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    log, = set(logs.iterdir()) - before
    log = log.rename(logs / (step.replace("/", "-") + ".json"))
    written = sorted(str(p.parent) for p in pathlib.Path("out").rglob("part-*"))
    log.with_suffix(".out").write_text("\\n".join([*written, said.getvalue()]))
"""


def run(command, folder, env):
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s failed with %d\n%s" % (" ".join(map(str, command))[:300], done.returncode, done.stderr[-2000:]))
    return done.stdout


def script_of(step, folder, with_answers):
    """The solution; with lines that print what it leaves behind, where that is wanted."""
    own = ROOT / "solutions" / (step + ".py")
    if not with_answers:
        return own
    lines = [ROWS.format(name) for name in FRAMES.get(step, ["result"])] + [VALUE.format(name) for name in VALUES.get(step, [])]
    copy = folder / "scripts" / (step + ".py")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(own.read_text() + "".join(lines))
    return copy


def left_behind(text):
    """Rows of answers, and the folders of files that were written; those of checkpoints have names that Spark draws."""
    text = re.sub(r"^out/checkpoints/.*", "out/checkpoints", text, flags=re.MULTILINE)
    return sorted(line for line in text.splitlines() if line.startswith(("@@", "out/")))


def first_difference(spark, here):
    spark, here = left_behind(spark), left_behind(here)
    if spark == here:
        return []
    pair = next((pair for pair in zip(spark, here) if pair[0] != pair[1]), (spark[-1:], here[-1:]))
    return ["answers: Spark %s, here %s" % tuple(str(one)[:120] for one in pair)]


def run_on_spark(python, scripts, folder, logs):
    steps, scripts = list(scripts), ["%s=%s" % pair for pair in scripts.items()]
    env = dict(os.environ, TZ="UTC", PYSPARK_SUBMIT_ARGS=SUBMIT % logs.as_uri())
    run([python, "-c", RUNNER, str(logs), *scripts], folder, env)
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


def run_here(engine, script, folder):
    """What the script printed, and the folders of the files that it wrote."""
    command = [engine, "run", script, "--quiet", "--cluster", "1x12", "--events", "run.jsonl", "--allow-path", script.parent]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    written = sorted(str(p.parent.relative_to(folder)) for p in (folder / "out").rglob("part-*"))
    return "\n".join([*written, done.stdout])


def summary(engine, log, folder):
    return json.loads(run([engine, "metrics", log, "--json"], folder, dict(os.environ)))["summary"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--record", action="store_true")
    arguments.add_argument("--keep")
    arguments.add_argument("--seed", default="42")
    arguments.add_argument("--rows", default="10000")
    arguments.add_argument("--vary", action="store_true")
    arguments.add_argument("--answers", action="store_true")
    arguments = arguments.parse_args()
    engine = os.path.abspath(arguments.engine)
    steps = sorted(str(p.relative_to(ROOT / "solutions"))[:-3] for p in (ROOT / "solutions").glob("*/s*.py"))
    steps = [step for step in steps if arguments.only in step]
    recorded = json.loads(GOLDEN.read_text())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="behaviour_"))
    data = ["--seed", arguments.seed, "--rows", arguments.rows] + ["--vary"] * arguments.vary
    run([engine, "data", "make", "--dir", folder, *data], ROOT, dict(os.environ))
    logs = pathlib.Path(arguments.keep or folder / "spark-events").absolute()
    logs.mkdir(parents=True, exist_ok=True)
    scripts = {step: script_of(step, folder, arguments.answers) for step in steps}
    differing = 0
    for step, log in run_on_spark(arguments.python, scripts, folder, logs).items():
        spark, read = of_spark(log), summary(engine, log, folder)
        shutil.rmtree(folder / "out", ignore_errors=True)
        said = run_here(engine, scripts[step], folder)
        here = summary(engine, "run.jsonl", folder)
        recorded["steps"][step] = {"exit": 0, **spark}
        wrong = ["%s: Spark %d, here %d" % (n, spark[n], here[n]) for n in NAMES if spark[n] != here[n]]
        wrong += ["%s: Spark's log has %d, our reader %d" % (n, spark[n], read[n]) for n in NAMES if spark[n] != read[n]]
        wrong += first_difference(log.with_suffix(".out").read_text(), said) if arguments.answers else []
        differing += bool(wrong)
        print("%-32s %s" % (step, ", ".join(wrong) or "equal"), flush=True)
    shutil.rmtree(folder)
    if arguments.record:
        GOLDEN.write_text(json.dumps(recorded, indent=1) + "\n")
    print("%d differ" % differing)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
