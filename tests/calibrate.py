#!/usr/bin/env python3
"""Fits the cost model's rates to real Spark and prints predicted against measured times of the stages.

    cargo build --release
    python3 tests/calibrate.py [--engine target/release/batchlab] [--python python3] [--rows 250000,1000000] [--logs DIR] [--only WORD]

Asks the questions of `compare_alternatives_with_spark.py` on real Spark (`local[2]`, warm), and takes what the tasks of each stage took together.
How often a stage pays a rate, the engine says itself: the same way runs here with every rate at nothing but one, and what its stages then take is that
rate's share. Least squares over all stages, relative errors, no negative rates, none far from what is plausible unless the stages ask for it, give
the rates: the table at the end, which is the model `measured` of `src/cluster/cost_models.toml`.

The error that is printed is of stages that the fit has not seen: each question is predicted from the rates that the others give. So is the order
of its two ways, by the time of all their tasks together.

Needs a Python that has pyspark 4 and Java 17; wants a quiet machine. `--logs` keeps Spark's logs, and asks Spark no question twice.
"""

import statistics

import compare_alternatives_with_spark as alternatives

# Rates that the questions can tell apart: what one of each is in seconds, and what it is taken for as long as nothing speaks against it.
NANOS, MICROS = 1e-9, 1e-6
RATES = {
    "next_task_us": (MICROS, 8000),
    "cpu_ns_per_row": (NANOS, 40),
    "python_ns_per_row": (NANOS, 1500),
    "cpu_ns_per_kib": (NANOS, 3000),
    "cached_ns_per_kib": (NANOS, 400),
    "read_file_us": (MICROS, 4000),
    "written_file_us": (MICROS, 40000),
    "handed_over_ns_per_row": (NANOS, 300),
    "operator_ns_per_row.csv": (NANOS, 600),
    "operator_ns_per_row.parquet": (NANOS, 20),
    "operator_ns_per_row.exchange": (NANOS, 100),
    "operator_ns_per_row.filter": (NANOS, 10),
    "operator_ns_per_row.inmemory": (NANOS, 20),
    "operator_ns_per_row.join": (NANOS, 100),
    "operator_ns_per_row.mappartitions": (NANOS, 2000),
    "operator_ns_per_row.project": (NANOS, 20),
    "operator_ns_per_row.range": (NANOS, 20),
    "taken_ns_per_row.aggregate": (NANOS, 100),
    "taken_ns_per_row.inmemory": (NANOS, 1000),
    "taken_ns_per_row.join": (NANOS, 100),
    "taken_ns_per_row.mappartitions": (NANOS, 700),
    "taken_ns_per_row.sort": (NANOS, 300),
    "taken_ns_per_row.takeordered": (NANOS, 100),
    "taken_ns_per_row.window": (NANOS, 300),
    "taken_ns_per_row.write": (NANOS, 400),
}
# Operators whose rows are free, unless a rate above is theirs: their work is counted by the rows that they take.
FREE = ["aggregate", "coalesce", "limit", "sort", "takeordered", "union", "window"]
# What is not fitted: as fast as nothing, while rates are asked.
AT_ONCE = {
    "dispatch_us": 0,
    "first_task_us": 0,
    "disk_bytes_per_sec": 10**15,
    "network_bytes_per_sec": 10**15,
    "store_bytes_per_sec": 10**15,
    "store_first_byte_us": 0,
    "latency_us": 0,
    "transfer_setup_us": 0,
    "failed_task_us": 0,
    "noise_permille": 0,
}
# A rate that is twice what it was taken for weighs as much as a stage that is wrong by this share.
TRUST = 0.3
# Stages shorter than this are mostly chance.
LEAST_SECONDS = 0.02


def model(values):
    """A cost model with these rates, as TOML."""
    plain = {name: 0 for name in RATES if "." not in name}
    tables = {"operator_ns_per_row": {name: 0 for name in FREE}, "taken_ns_per_row": {}}
    for name, value in values.items():
        table, _, key = name.rpartition(".")
        (tables[table] if table else plain)[key] = value
    lines = ["%s = %d" % item for item in plain.items()]
    for table, rates in tables.items():
        lines += ["", "[%s]" % table] + ["%s = %d" % item for item in sorted(rates.items())]
    return lines


def shares(bench, way):
    """For each stage of a way: how often it pays each rate."""
    machine = [line for line in alternatives.CLUSTER.split("\n") if not line.startswith("cost")]
    found = []
    for rate, (unit, _) in RATES.items():
        asked = dict({name: 0 for name in RATES}, **AT_ONCE)
        asked[rate] = 1000
        lines = ["[cost.%s" % line[1:] if line.startswith("[") else line for line in model(asked)]
        log = bench.here(way, "\n".join(machine + ["[cost]"] + lines), 1)
        found.append([stage["core_seconds"] / 1000 / unit for stage in alternatives.stages(bench.engine, log, 1)[0]])
    return list(zip(*found))


def measured(bench, name, way):
    """What the tasks of each stage took together on Spark: the least of the last times."""
    times = alternatives.stages(bench.engine, bench.spark(name, way), alternatives.TIMES)[1:]
    return [min(stage["core_seconds"] for stage in stages) for stages in zip(*times)]


def fit(stages):
    """Rates that are not negative, by going down along one after the other; each in units of what it was taken for."""
    rows, left = [], []
    for paid, seconds in stages:
        weight = 1 / max(seconds, LEAST_SECONDS)
        rows.append([count * unit * taken_for * weight for count, (unit, taken_for) in zip(paid, RATES.values())])
        left.append(seconds * weight)
    for i in range(len(RATES)):
        rows.append([TRUST * (i == j) for j in range(len(RATES))])
        left.append(TRUST)
    columns = list(zip(*rows))
    squares = [sum(x * x for x in column) for column in columns]
    times = [0.0] * len(columns)
    for _ in range(2_000):
        for i, column in enumerate(columns):
            step = max(sum(x * y for x, y in zip(column, left)) / squares[i], -times[i])
            if step:
                times[i] += step
                left = [y - step * x for x, y in zip(column, left)]
    return [time * taken_for for time, (_, taken_for) in zip(times, RATES.values())]


def predicted(rates, paid):
    return sum(rate * count * unit for rate, count, (unit, _) in zip(rates, paid, RATES.values()))


def main():
    arguments = alternatives.options()
    arguments.set_defaults(rows="250000,1000000")
    arguments = arguments.parse_args()
    ways = {}
    for rows in [int(rows) for rows in arguments.rows.split(",")]:
        bench = alternatives.Bench(arguments.engine, arguments.python, rows, arguments.logs)
        for question, pair in alternatives.PAIRS.items():
            if arguments.only not in question:
                continue
            for letter, way in zip("ab", pair):
                times, paid = measured(bench, question + " " + letter, way), shares(bench, way)
                if len(times) == len(paid):
                    ways[question, letter, rows] = list(zip(paid, times))
                else:
                    print("%s (%s): %d stages on Spark, %d here; left out" % (question, letter, len(times), len(paid)))
        bench.close()
    errors, counted, right = [], 0, 0
    print("%-60s %9s %14s %14s %8s" % ("question, way, stage", "rows", "measured s", "predicted s", "error"))
    for question in alternatives.PAIRS:
        others = [stage for (other, _, _), stages in ways.items() if other != question for stage in stages]
        mine = {key: stages for key, stages in ways.items() if key[0] == question}
        if not mine or not others:
            continue
        rates = fit(others)
        sums = {}
        for (_, letter, rows), stages in mine.items():
            for number, (paid, seconds) in enumerate(stages):
                guess = predicted(rates, paid)
                error = abs(guess - seconds) / max(seconds, LEAST_SECONDS)
                errors.append(error)
                name = "%s %s%d" % (question, letter, number)
                print("%-60s %9d %14.3f %14.3f %7.0f%%" % (name, rows, seconds, guess, 100 * error))
                was, will = sums.get((rows, letter), (0, 0))
                sums[rows, letter] = was + seconds, will + guess
        for rows in sorted({rows for rows, letter in sums if (rows, "a") in sums and (rows, "b") in sums}):
            (was_a, will_a), (was_b, will_b) = sums[rows, "a"], sums[rows, "b"]
            if abs(was_a - was_b) > 0.1 * max(was_a, was_b):
                counted += 1
                right += (was_a < was_b) == (will_a < will_b)
    rates = fit([stage for stages in ways.values() for stage in stages])
    known = [abs(predicted(rates, paid) - seconds) / max(seconds, LEAST_SECONDS) for stages in ways.values() for paid, seconds in stages]
    print("\nmedian error of a stage that the fit has not seen %.0f %%, of one that it has %.0f %%" % (
        statistics.median(errors) * 100, statistics.median(known) * 100))
    print("order of the two ways predicted from the other questions: right in %d of %d\n" % (right, counted))
    print("\n".join(model({name: round(rate) for name, rate in zip(RATES, rates)})))


if __name__ == "__main__":
    main()
