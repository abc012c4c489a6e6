#!/usr/bin/env python3
"""Opens batchlab's own logs in Spark's History Server and compares its answers with batchlab's figures.

    cargo build --release
    python3 tests/compare_with_history_server.py [--engine target/release/batchlab] [--python python3] [--script FILE …] [--logs DIR]

Runs the solutions of all steps and the scripts of tests/history (or the scripts given) with `--spark-events`, the last one also with
dying nodes, starts the History Server on a free port of this machine, and asks its REST interface (`/api/v1`) for jobs, stages, tasks,
shuffle and input records and bytes, executors with what each of them did, and SQL executions with their plans and how they ended; then
every page is opened once. Whatever differs from `batchlab metrics --json` is printed, and the exit status is 1.

`--logs DIR` compares logs of real Spark instead (plain or `.gz`): what the History Server says of them with what batchlab reads in them.
Such logs are recorded by `tests/compare_behaviour_with_spark.py --keep DIR`.

Needs a Python that has pyspark 3.5 or 4 (only its jars are used) and Java 17 in JAVA_HOME or on the path; batchlab itself needs neither.
"""

import argparse
import gzip
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLUSTER = ["--nodes", "3", "--cores", "4"]
# A node that dies while nothing is done yet, and one that takes outputs along while their stage still runs.
DEATHS = [[*CLUSTER, "--kill", "2@0.05"], ["--nodes", "2", "--cores", "1", "--kill", "1@S2.p1"]]


# What the History Server says of an executor, and what batchlab calls it.
EXECUTOR_FIGURES = {
    "totalCores": "cores",
    "endedTasks": "tasks",
    "totalInputBytes": "input_bytes",
    "totalShuffleRead": "shuffle_read_bytes",
    "totalShuffleWrite": "shuffle_write_bytes",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_server(python, logs, port):
    home = subprocess.run([python, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True)
    if home.returncode != 0:
        sys.exit("this Python has no pyspark: pip install pyspark, or name another with --python")
    options = ["-Dspark.history.fs.logDirectory=file:%s" % logs, "-Dspark.history.ui.port=%d" % port,
               "-Dspark.history.fs.update.interval=2s"]
    env = dict(os.environ, SPARK_HOME=home.stdout.strip(), SPARK_LOCAL_IP="127.0.0.1",
               SPARK_HISTORY_OPTS=" ".join(options))
    command = [os.path.join(env["SPARK_HOME"], "bin", "spark-class"), "org.apache.spark.deploy.history.HistoryServer"]
    return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=open(os.path.join(logs, "..", "server.log"), "w"))


def get(port, path, raw=False):
    with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=60) as answer:
        text = answer.read()
    return text if raw else json.loads(text)


def wait_for(port, count, server):
    for _ in range(120):
        if server.poll() is not None:
            sys.exit("the History Server ended; see its log")
        try:
            known = get(port, "/api/v1/applications?limit=1000")
            if len(known) >= count:
                return known
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(1)
    return get(port, "/api/v1/applications?limit=1000")


def compare(port, app, numbers, queries, say):
    """Compares one application; `numbers` is what batchlab says, `queries` how many there are and how many of them failed."""
    summary, (queries, failed) = numbers["summary"], queries
    base = "/api/v1/applications/%s" % app
    jobs = get(port, base + "/jobs")
    stages = [s for s in get(port, base + "/stages") if s["status"] not in ("SKIPPED", "PENDING")]
    skipped = [s for s in get(port, base + "/stages") if s["status"] == "SKIPPED"]
    executors = get(port, base + "/allexecutors")
    # In local mode the driver runs the tasks; elsewhere it is no executor.
    executors = [e for e in executors if e["id"] != "driver" or len(executors) == 1]
    # An application without a query has no SQL page.
    sql = get(port, base + "/sql?details=true&planDescription=false&length=10000") if queries else []
    tasks = sum(s["numCompleteTasks"] + s["numFailedTasks"] + s["numKilledTasks"] for s in stages)
    pairs = [
        ("jobs", len(jobs), summary["jobs"]),
        ("stages", len(stages), summary["stages"]),
        ("skipped stages", len(skipped), summary["stages_skipped"]),
        ("tasks", tasks, summary["tasks"]),
        ("tasks that did not succeed", sum(s["numFailedTasks"] + s["numKilledTasks"] for s in stages), summary["tasks_failed"]),
        ("shuffle records written", sum(s["shuffleWriteRecords"] for s in stages), summary["shuffle_records"]),
        ("shuffle bytes written", sum(s["shuffleWriteBytes"] for s in stages), summary["shuffle_bytes"]),
        ("shuffle bytes read", sum(s["shuffleReadBytes"] for s in stages), summary["shuffle_read_bytes"]),
        ("input records", sum(s["inputRecords"] for s in stages), summary["input_records"]),
        ("input bytes", sum(s["inputBytes"] for s in stages), summary["input_bytes"]),
        ("executors", len(executors), summary["executors"]),
        ("executors lost", len([e for e in executors if not e["isActive"]]), summary["executors_lost"]),
        ("SQL executions", len(sql), queries),
        ("SQL executions that failed", len([e for e in sql if e["status"] == "FAILED"]), failed),
    ]
    ours = {row["executor"]: row for row in numbers["executors"]}
    for executor in executors:
        row = ours.get(0 if executor["id"] == "driver" else int(executor["id"]))
        if row is None:
            say("%s: batchlab does not know executor %s" % (app, executor["id"]))
            continue
        # A log may break off while tasks run.
        executor["endedTasks"] = executor["totalTasks"] - executor["activeTasks"]
        for name, key in EXECUTOR_FIGURES.items():
            pairs.append(("%s of executor %s" % (name, executor["id"]), executor[name], row[key]))
    for name, theirs, ours in pairs:
        if theirs != ours:
            say("%s: %s: the History Server says %s, batchlab %s" % (app, name, theirs, ours))
    for execution in sql:
        if execution["status"] not in ("COMPLETED", "FAILED"):
            say("%s: SQL execution %s is %s" % (app, execution["id"], execution["status"]))
        if not execution["nodes"]:
            say("%s: SQL execution %s has no plan" % (app, execution["id"]))
    pages = ["jobs/", "stages/", "storage/", "environment/", "executors/"] + ["SQL/"] * bool(queries)
    pages += ["jobs/job/?id=%d" % job["jobId"] for job in jobs]
    pages += ["stages/stage/?id=%d&attempt=%d" % (s["stageId"], s["attemptId"]) for s in stages]
    pages += ["SQL/execution/?id=%s" % execution["id"] for execution in sql]
    for page in pages:
        try:
            get(port, "/history/%s/%s" % (app, page), raw=True)
        except urllib.error.HTTPError as error:
            say("%s: the page %s answers %d" % (app, page, error.code))
    for stage in stages:
        quantiles = "%s/stages/%d/%d/taskSummary" % (base, stage["stageId"], stage["attemptId"])
        if stage["numCompleteTasks"] and "executorRunTime" not in get(port, quantiles):
            say("%s: stage %d has no quantiles" % (app, stage["stageId"]))
    return len(pages)


def counted_again(numbers, lines):
    """Spark counts a task whose output was lost while its stage ran once more, as failed; batchlab counts attempts."""
    for name in ["tasks", "tasks_failed"]:
        numbers["summary"][name] += sum('"Task End Reason":{"Reason":"Resubmitted"' in line for line in lines)
    return numbers


def write_logs(engine, scripts, work, logs):
    """Runs scripts with `--spark-events`, the last one also with dying nodes; our summary and number of queries for each application."""
    expected = {}
    runs = [(script, CLUSTER) for script in scripts] + [(scripts[-1], death) for death in DEATHS]
    for number, (script, cluster) in enumerate(runs):
        saved = os.path.join(work, "run.jsonl")
        command = [engine, "run", os.path.abspath(script), "--no-tui", "--quiet", "--events", saved, "--spark-events", logs]
        before = set(os.listdir(logs))
        # Scripts of different folders may have one name: each run has a seed, and so an id, of its own.
        subprocess.run(command + cluster + ["--seed", str(100 + number)], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        app = (set(os.listdir(logs)) - before).pop()
        text = subprocess.run([engine, "metrics", saved, "--json"], capture_output=True, text=True).stdout
        with open(saved) as events:
            events = [json.loads(line) for line in events]
        ended = [event for event in events if event.get("event") == "QueryEnded"]
        numbers = counted_again(json.loads(text), pathlib.Path(logs, app).read_text().splitlines())
        expected[app] = (numbers, (len(ended), sum(event["error"] is not None for event in ended)))
    return expected


def copy_logs(engine, folder, logs):
    """Puts logs of real Spark where the server looks, named after their application; what batchlab reads in each."""
    expected = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
        lines = text.splitlines()
        app = next(json.loads(line)["App ID"] for line in lines if line.startswith('{"Event":"SparkListenerApplicationStart"'))
        pathlib.Path(logs, app).write_text(text)
        numbers = subprocess.run([engine, "metrics", path, "--json"], capture_output=True, text=True).stdout
        started = '{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"'
        ended = [json.loads(line) for line in lines if line.startswith(started.replace("SQLExecutionStart", "SQLExecutionEnd"))]
        queries = sum(line.startswith(started) for line in lines), sum(bool(event.get("errorMessage")) for event in ended)
        expected[app] = (counted_again(json.loads(numbers), lines), queries)
    return expected


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", default=str(ROOT / "target/release/batchlab"))
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--script", action="append", help="instead of the solutions of all steps")
    arguments.add_argument("--logs", help="compare these logs of real Spark instead")
    arguments = arguments.parse_args()
    every = [*(ROOT / "solutions").glob("*/s*.py"), *(ROOT / "tests/history").glob("*.py")]
    scripts = arguments.script or sorted(map(str, every))
    work = tempfile.mkdtemp(prefix="history_")
    logs = os.path.join(work, "logs")
    os.makedirs(logs)
    shutil.copytree(ROOT / "datasets", os.path.join(work, "datasets"))
    found = []
    engine = os.path.abspath(arguments.engine)
    expected = copy_logs(engine, arguments.logs, logs) if arguments.logs else write_logs(engine, scripts, work, logs)
    port = free_port()
    server = start_server(arguments.python, logs, port)
    pages = 0
    try:
        known = {app["id"] for app in wait_for(port, len(expected), server)}
        for app, (numbers, queries) in expected.items():
            if app not in known:
                found.append("%s: the History Server does not list it" % app)
                continue
            try:
                pages += compare(port, app, numbers, queries, found.append)
            except urllib.error.HTTPError as error:
                found.append("%s: %s answers %d" % (app, error.url, error.code))
    finally:
        server.terminate()
        server.wait(30)
    print("\n".join(found))
    print("%d logs, %d pages, %d differences" % (len(expected), pages, len(found)))
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
