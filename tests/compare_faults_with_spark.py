#!/usr/bin/env python3
"""Breaks the same things on a real Spark cluster of two executors and on batchlab's, and compares what both did about it.

    cargo build --release
    python3 tests/compare_faults_with_spark.py [--engine target/release/batchlab] [--python python3] [--only kill_reduce] [--keep DIR]

Real Spark runs as `local-cluster[2,1,1024]`: two worker processes of this machine with an executor each, which are killed with a signal, and tasks
that raise or end their executor. batchlab gets the same script and the fault that stands beside it. Compared are, from the event logs of both
(`--spark-events`): which stage attempts were submitted, whether for all or some of their tasks, in which ways tasks of each ended, why executors
were removed, and what a failed job says. How many tasks lay on a dead executor is left to chance in Spark, and is not compared.
Needs a Python that has pyspark 4 with its own Spark, Java 17, and a system with /proc. Takes about a minute a case.
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

HEAD = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
def pace(tag):
    return lambda n, rows: rows
"""
COUNTS = """
pairs = sc.parallelize(range(60), 6).map(lambda x: (x % 6, 1)).mapPartitionsWithIndex(pace("map"))
print(sorted(pairs.reduceByKey(lambda a, b: a + b, 6).mapPartitionsWithIndex(pace("reduce")).collect()))
"""
SPREAD = """
rows = sc.parallelize(range(600), 4).map(lambda x: (x % 97, x)).reduceByKey(lambda a, b: a + b, 4).repartition(6)
"""
SPREAD_MAPS = SPREAD + """
print(sorted(rows.mapPartitionsWithIndex(pace("spread")).map(lambda p: (p[0] % 3, 1)).reduceByKey(lambda a, b: a + b, 2).collect()))
"""
SPREAD_RESULT = SPREAD + """
print(len(rows.mapPartitionsWithIndex(pace("spread")).collect()))
"""
FRAME = """
counted = spark.range(0, 600, 1, 4).selectExpr("id % 97 AS k").groupBy("k").count().repartition(6)
print(sorted(counted.rdd.mapPartitionsWithIndex(pace("spread")).map(lambda p: (p[0] % 3, 1)).reduceByKey(lambda a, b: a + b, 2).collect()))
"""
PLAIN_SQL = {"spark.sql.adaptive.enabled": "false", "spark.sql.shuffle.partitions": "4"}
ANY = -1

# `kills`: after so many ended tasks of this stage, this executor gets this signal. `troubles`: what tasks with this tag do, for this partition,
# in so many attempts. `faults`: the same for batchlab. `only_job`: how many attempts there are is left to chance. `stays`: Spark's application
# may end before the executor does. A second copy of a slow task is not among them: Spark starts it on another host only, and here is one.
CASES = {
    "kill_map": dict(script=COUNTS, kills=[[0, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S0.p1"]),
    "kill_reduce": dict(script=COUNTS, kills=[[1, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S1.p1"]),
    "raise_twice": dict(script=COUNTS, troubles={"map": [["raise", 2, 2]]}, faults=["fail:S0.p2x2"]),
    "raise_always": dict(script=COUNTS, troubles={"map": [["raise", 2, 9]]}, ours=COUNTS.replace('pace("map")', "bad"), head="""
def bad(n, rows):
    if n == 2:
        raise ValueError("no good")
    return rows
"""),
    "executor_ends": dict(script=COUNTS, troubles={"map": [["exit", 2, 1]]}, faults=["kill-executor:1@S0.p0"], only_job=True),
    "excluded": dict(
        script=COUNTS, troubles={"map": [["raise-on", ANY, 9]]}, conf={"spark.excludeOnFailure.enabled": "true"},
        faults=["fail:S0.p0x1", "fail:S0.p2x1", "fail:S0.p4x1"],
    ),
    "decommissioned": dict(
        script=COUNTS, kills=[[0, 2, 1, "SIGPWR"]], faults=["decommission:2@S0.p1"],
        conf={"spark.decommission.enabled": "true", "spark.storage.decommission.enabled": "true",
              "spark.storage.decommission.shuffleBlocks.enabled": "true"},
        stays=True,
    ),
    "spread_maps": dict(script=SPREAD_MAPS, kills=[[2, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S2.p1"]),
    "spread_result": dict(script=SPREAD_RESULT, kills=[[2, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S2.p1"]),
    "frame_sorted": dict(script=FRAME, kills=[[2, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S2.p1"], conf=PLAIN_SQL),
    "frame_unsorted": dict(
        script=FRAME, kills=[[2, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S2.p1"],
        conf={**PLAIN_SQL, "spark.sql.execution.sortBeforeRepartition": "false"},
    ),
    "stage_limit": dict(
        script=COUNTS, kills=[[1, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S1.p1"],
        conf={"spark.stage.maxConsecutiveAttempts": "1"},
    ),
    "checkpoint": dict(
        script="""
kept = spark.range(0, 60, 1, 6).localCheckpoint()
print(kept.rdd.mapPartitionsWithIndex(pace("read")).count())
""",
        kills=[[1, 2, 1, "SIGKILL"]], faults=["kill-executor:2@S1.p1"],
    ),
    "memory": dict(
        script="""
print(spark.sql("SELECT length(concat_ws('', collect_list(repeat('x', 1000000)))) AS n FROM range(0, 3000, 1, 4)").collect())
""",
        ours="""
from pyspark.sql import functions as F
values = F.repeat(F.col("id").cast("string"), 300)
print(spark.range(0, 20000, 1, 4).groupBy().agg(F.size(F.collect_list(values)).alias("n")).collect())
""",
        master="local-cluster[2,1,512]", conf={"spark.executor.memory": "512m"}, args=["--memory", "1200KB"], only_job=True,
    ),
}

# One case on real Spark. First a job that starts the Python workers, so that tasks take alike.
SPARK_SIDE = r'''
import json, os, re, signal, subprocess, sys, threading, time
case = json.loads(sys.argv[1])

def executors():
    lines = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout.splitlines()
    own = [line for line in lines if "CoarseGrainedExecutorBackend" in line and "-Dcase=" + case["mark"] in line]
    return {int(re.search(r"--executor-id (\d+)", line).group(1)): int(line.split()[0]) for line in own}

def hit(pid, name):
    try:
        os.kill(pid, getattr(signal, name))
    except ProcessLookupError:
        pass

def watch(tracker, first):
    for stage, tasks, executor, name in case.get("kills", []):
        while True:
            info = tracker.getStageInfo(first + stage)
            if info is not None and info.numCompletedTasks >= tasks:
                break
            time.sleep(0.02)
        hit(executors()[executor], name)

def maker():
    seconds, troubles = case.get("seconds", 1.5), case.get("troubles", {})
    def pace(tag):
        def work(n, rows):
            import os, time
            from pyspark import TaskContext
            rows, attempt = list(rows), TaskContext.get().attemptNumber()
            java = int(open("/proc/%d/stat" % os.getppid()).read().rsplit(")", 1)[1].split()[1])
            for kind, partition, times in troubles.get(tag, []):
                if partition not in (-1, n) or attempt >= times:
                    continue
                if kind == "exit":
                    os.kill(java, 9)
                if kind == "raise" or kind == "raise-on" and "--executor-id\0001\0" in open("/proc/%d/cmdline" % java).read():
                    raise ValueError("no good")
            time.sleep(seconds)
            return iter(rows)
        return work
    return pace

from pyspark.sql import SparkSession
made = SparkSession.builder.master(case.get("master", "local-cluster[2,1,1024]")).appName("faults")
settings = {
    "spark.ui.enabled": "false", "spark.eventLog.enabled": "true", "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false", "spark.eventLog.dir": os.getcwd(),
    "spark.executor.extraJavaOptions": "-Dcase=" + case["mark"], **case.get("conf", {}),
}
for key, value in settings.items():
    made = made.config(key, value)
spark = made.getOrCreate()
sc = spark.sparkContext
sc.setLogLevel("OFF")
while sc._jsc.sc().getExecutorMemoryStatus().size() < 3:
    time.sleep(0.1)
def warm(rows):
    time.sleep(1)
    return iter([sum(1 for _ in rows)])
sc.parallelize(range(8), 8).mapPartitions(warm).collect()
threading.Thread(target=watch, args=(sc.statusTracker(), 1), daemon=True).start()
try:
    exec(compile(case["script"], "script.py", "exec"), {"spark": spark, "sc": sc, "pace": maker()})
except Exception as error:
    print(type(error).__name__, str(error)[:300])
spark.stop()
'''


def normal(text):
    """A reason without what differs from run to run: places, numbers of tasks and executors, Java's stack."""
    text = re.sub(r"\n\tat .*|\nDriver stacktrace:.*|\n\t\.\.\. .*", "", text)
    text = re.sub(r"\(TID \d+\) \(\S+ executor \d+\)", "(TID _) (_ executor _)", text)
    text = re.sub(r"executor \d+", "executor _", text)
    text = re.sub(r"rdd_\d+_\d+", "rdd_", text)
    text = re.sub(r"(Python worker).*", r"\1", text, flags=re.S)
    text = re.sub(r"Task \d+ in stage \d+\.\d+", "Task _ in stage _", text)
    text = re.sub(r"task \d+\.\d+ in stage \d+\.\d+", "task _ in stage _", text)
    text = re.sub(r"(Stage) \d+( \([^)]*\))?", r"\1 _", text)
    text = re.sub(r"(FetchFailedException).*|could not fetch.*", r"a fetch", text, flags=re.S)
    return text.replace("org.apache.spark.shuffle.a fetch", "a fetch").replace("Metadataa fetch", "a fetch").strip()


def facts(log, case):
    """What the jobs of a log say, without Spark's first one."""
    events = [json.loads(line) for line in log.read_text().splitlines()]
    jobs = [event for event in events if event["Event"] == "SparkListenerJobStart"]
    own = jobs[-1]
    first = min(own["Stage IDs"])
    job_ends = [event for event in events if event["Event"] == "SparkListenerJobEnd" and event["Job ID"] == own["Job ID"]]
    result = job_ends[-1]["Job Result"]
    said = normal(result["Exception"]["Message"]) if result["Result"] == "JobFailed" else "succeeded"
    totals, ways, gone, excluded = {}, {}, set(), set()
    order = []
    for event in events:
        kind = event["Event"].rsplit(".", 1)[-1].replace("SparkListener", "")
        if kind == "StageSubmitted" and event["Stage Info"]["Stage ID"] in own["Stage IDs"]:
            info = event["Stage Info"]
            stage = info["Stage ID"] - first
            totals.setdefault(stage, info["Number of Tasks"])
            whole = "all" if info["Number of Tasks"] == totals[stage] else "some"
            order.append((stage, info["Stage Attempt ID"], whole))
        if kind == "TaskEnd" and event["Stage ID"] in own["Stage IDs"]:
            reason = event["Task End Reason"]
            word = reason["Reason"]
            if word == "TaskKilled":
                # Whether another task still runs when a job fails is left to chance.
                continue
            if word == "ExecutorLostFailure":
                word += " (%s)" % reason.get("Loss Reason", "")
            ways.setdefault((event["Stage ID"] - first, event["Stage Attempt ID"]), set()).add(word)
        if kind == "ExecutorExcludedForStage":
            excluded.add("excluded: an executor, after %d failures in stage %d" % (event["taskFailures"], event["stageId"] - first))
        if kind == "ExecutorRemoved" and not case.get("stays"):
            gone.add(event["Removed Reason"])
    lines = ["job: " + said]
    if not case.get("only_job"):
        for stage, attempt, whole in order:
            ends = sorted(ways.get((stage, attempt), {"nothing"}))
            lines.append("stage %d.%d, %s tasks: %s" % (stage, attempt, whole, ", ".join(ends)))
    lines += sorted(excluded)
    lines += ["removed: " + reason for reason in sorted(gone)]
    return lines


def on_spark(name, case, folder, python):
    env = dict(os.environ, PYSPARK_PYTHON=python, TZ="UTC", SPARK_LOCAL_IP="127.0.0.1")
    env.pop("PYSPARK_SUBMIT_ARGS", None)
    home = subprocess.run([python, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True, check=True)
    env["SPARK_HOME"] = home.stdout.strip().splitlines()[-1]
    (folder / "spark_side.py").write_text(SPARK_SIDE)
    told = json.dumps({**case, "mark": "%s-%d" % (name, os.getpid())})
    done = subprocess.run([python, "spark_side.py", told], cwd=folder, env=env, capture_output=True, text=True, timeout=240)
    log = next((path for path in folder.iterdir() if path.name.startswith("app-")), None)
    if log is None:
        sys.exit("%s: Spark wrote no log\n%s" % (name, done.stderr[-2000:]))
    return log


def on_batchlab(case, folder, engine):
    (folder / "script.py").write_text(HEAD + case.get("head", "") + case.get("ours", case["script"]))
    command = [engine, "run", "script.py", "--no-tui", "-q", "--cluster", "2x1", "--spark-events", "ours", *case.get("args", [])]
    for key, value in case.get("conf", {}).items():
        if not key.startswith("spark.executor.memory"):
            command += ["--set", "%s=%s" % (key, value)]
    for fault in case.get("faults", []):
        command += ["--fault", fault]
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return next((folder / "ours").iterdir())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", action="append", choices=sorted(CASES))
    parser.add_argument("--keep", type=pathlib.Path, help="keeps the logs of both; what is there of Spark's is not run again")
    options = parser.parse_args()
    different = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.only or CASES:
            case = CASES[name]
            folder = (options.keep or pathlib.Path(scratch)) / name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder / "ours", ignore_errors=True)
            kept = next((path for path in folder.iterdir() if path.name.startswith("app-")), None)
            try:
                log = kept or on_spark(name, case, folder, options.python)
                theirs = facts(log, case)
                ours = facts(on_batchlab(case, folder, str(pathlib.Path(options.engine).resolve())), case)
            except (subprocess.TimeoutExpired, StopIteration, IndexError, KeyError) as error:
                theirs, ours = ["no answer: %r" % error], []
            same = theirs == ours
            different += not same
            print("%-16s %s" % (name, "the same" if same else "DIFFERENT"), flush=True)
            for line in theirs:
                print("    %s %s" % (" " if line in ours else "Spark:", line), flush=True)
            for line in ours:
                if line not in theirs:
                    print("    ours:  %s" % line, flush=True)
    sys.exit(different > 0)


if __name__ == "__main__":
    main()
