#!/usr/bin/env python3
"""Fits the cost model's constants to a real Spark run and prints predicted against measured stage times.

    python3 tests/calibrate.py SPARK_EVENT_LOG [SPARK_EVENT_LOG ...]

Reads Spark's event logs (`spark.eventLog.enabled=true`, `spark.eventLog.compress=false`), one row for each successful task: executor run time, records and bytes read and
written. Fits, by least squares with no negative constants, the model that batchlab uses:

    time = start + records_in * ns_per_record + bytes_in * ns_per_byte + records_out * ns_per_record_out

on every other stage, and checks it on the stages that it has not seen: predicted and measured core time of each, the median error, and how
often of two stages the one predicted to be longer really is (the order of alternatives). Standard library only.
"""

import json
import statistics
import sys


def tasks(paths):
    for path in paths:
        with open(path) as lines:
            for line in lines:
                event = json.loads(line)
                if event["Event"] != "SparkListenerTaskEnd" or event["Task End Reason"]["Reason"] != "Success":
                    continue
                m = event["Task Metrics"]
                read, written = m["Shuffle Read Metrics"], m["Shuffle Write Metrics"]
                records = m["Input Metrics"]["Records Read"] + read["Total Records Read"]
                size = m["Input Metrics"]["Bytes Read"] + read["Remote Bytes Read"] + read["Local Bytes Read"]
                out = written["Shuffle Records Written"] + m["Output Metrics"]["Records Written"]
                yield (path, event["Stage ID"]), (1.0, records, size, out), m["Executor Run Time"] * 1e6


def solve(rows, values, active):
    """Least squares over the active columns, by the normal equations."""
    n = len(active)
    a = [[sum(row[i] * row[j] for row in rows) for j in active] for i in active]
    b = [sum(row[i] * value for row, value in zip(rows, values)) for i in active]
    for i in range(n):
        a[i][i] += 1e-9 * (a[i][i] or 1.0)
        pivot = a[i][i] or 1.0
        for k in range(i + 1, n):
            factor = a[k][i] / pivot
            a[k] = [x - factor * y for x, y in zip(a[k], a[i])]
            b[k] -= factor * b[i]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (b[i] - sum(a[i][k] * x[k] for k in range(i + 1, n))) / (a[i][i] or 1.0)
    return x


def fit(rows, values):
    """Constants that are not negative: the most negative one is left out until none is."""
    active = [0, 1, 2, 3]
    while True:
        found = solve(rows, values, active)
        worst = min(range(len(found)), key=found.__getitem__)
        if found[worst] >= 0 or len(active) == 1:
            constants = [0.0] * 4
            for column, value in zip(active, found):
                constants[column] = max(value, 0.0)
            return constants
        del active[worst]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    by_stage = {}
    for stage, row, nanos in tasks(sys.argv[1:]):
        by_stage.setdefault(stage, []).append((row, nanos))
    stages = sorted(by_stage)
    learned = [task for stage in stages[::2] for task in by_stage[stage]]
    # Relative errors count: a long task is not worth more than a short one.
    weighted = [([x / max(nanos, 1e6) for x in row], 1.0) for row, nanos in learned]
    constants = fit([row for row, _ in weighted], [value for _, value in weighted])
    print("start of a task          %10.0f us" % (constants[0] / 1e3))
    print("cpu_ns_per_row           %10.0f" % constants[1])
    print("cpu_ns_per_kib           %10.0f" % (constants[2] * 1024))
    print("ns per record written    %10.0f\n" % constants[3])
    print("%-10s %6s %14s %14s %8s" % ("stage", "tasks", "measured ms", "predicted ms", "error"))
    seen = []
    for stage in stages[1::2]:
        measured = sum(nanos for _, nanos in by_stage[stage]) / 1e6
        predicted = sum(sum(c * x for c, x in zip(constants, row)) for row, _ in by_stage[stage]) / 1e6
        seen.append((measured, predicted))
        error = abs(predicted - measured) / max(measured, 1e-9)
        print("%-10s %6d %14.1f %14.1f %7.0f%%" % (stage[1], len(by_stage[stage]), measured, predicted, error * 100))
    if len(seen) < 2:
        sys.exit("too few stages to check on")
    errors = [abs(predicted - measured) / max(measured, 1e-9) for measured, predicted in seen]
    # Stages within a fifth of each other are alike; which of them is longer is chance.
    pairs = [(a, b) for i, a in enumerate(seen) for b in seen[:i] if max(a[0], b[0]) > 1.2 * min(a[0], b[0])]
    right = sum((a[0] > b[0]) == (a[1] > b[1]) for a, b in pairs)
    print("\nmedian error %.0f %%, order right in %d of %d pairs of stages" % (statistics.median(errors) * 100, right, len(pairs)))


if __name__ == "__main__":
    main()
