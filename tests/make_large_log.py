#!/usr/bin/env python3
"""Writes an event log of a made-up application, of any size: stages of tasks that read, shuffle, sometimes spill and sometimes fail.

    python3 tests/make_large_log.py FILE [--tasks 1000000] [--per-stage 2000] [--executors 100]

A million tasks are about a gigabyte. It holds what Spark writes, shortened where a real log repeats itself, and is always the same.
"""

import argparse
import json
import random


def line(event, **fields):
    return json.dumps({"Event": event, **fields}, separators=(",", ":")) + "\n"


def stage_info(stage, tasks, parents, **more):
    rdd = {"RDD ID": stage * 2, "Name": "MapPartitionsRDD", "Scope": '{"id":"%d","name":"Exchange"}' % stage, "Parent IDs": [],
           "Storage Level": {"Use Disk": False, "Use Memory": False, "Deserialized": False, "Replication": 1},
           "Number of Partitions": tasks, "Number of Cached Partitions": 0, "Memory Size": 0, "Disk Size": 0}
    return {"Stage ID": stage, "Stage Attempt ID": 0, "Stage Name": "collect at job.py:%d" % (stage % 50 + 1), "Number of Tasks": tasks,
            "RDD Info": [rdd], "Parent IDs": parents, "Details": "", **more}


START = ('{"Event":"SparkListenerTaskStart","Stage ID":%d,"Stage Attempt ID":0,"Task Info":{"Task ID":%d,"Index":%d,"Attempt":0,'
         '"Partition ID":%d,"Launch Time":%d,"Executor ID":"%d","Host":"host-%d","Locality":"PROCESS_LOCAL","Speculative":false,'
         '"Getting Result Time":0,"Finish Time":0,"Failed":false,"Killed":false,"Accumulables":[]}}\n')
END = ('{"Event":"SparkListenerTaskEnd","Stage ID":%d,"Stage Attempt ID":0,"Task Type":"%s","Task End Reason":{"Reason":"Success"},'
       '"Task Info":{"Task ID":%d,"Index":%d,"Attempt":0,"Partition ID":%d,"Launch Time":%d,"Executor ID":"%d","Host":"host-%d",'
       '"Locality":"PROCESS_LOCAL","Speculative":false,"Getting Result Time":0,"Finish Time":%d,"Failed":false,"Killed":false,"Accumulables":[]},'
       '"Task Metrics":{"Executor Deserialize Time":4,"Executor Deserialize CPU Time":3000000,"Executor Run Time":%d,"Executor CPU Time":%d,'
       '"Peak Execution Memory":67108864,"Result Size":2100,"JVM GC Time":3,"Result Serialization Time":0,"Memory Bytes Spilled":%d,'
       '"Disk Bytes Spilled":0,"Shuffle Read Metrics":{"Remote Blocks Fetched":9,"Local Blocks Fetched":1,"Fetch Wait Time":%d,'
       '"Remote Bytes Read":%d,"Local Bytes Read":900,"Total Records Read":%d},"Shuffle Write Metrics":{"Shuffle Bytes Written":%d,'
       '"Shuffle Write Time":900000,"Shuffle Records Written":%d},"Input Metrics":{"Bytes Read":0,"Records Read":0},'
       '"Output Metrics":{"Bytes Written":0,"Records Written":0},"Updated Blocks":[]}}\n')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    arguments.add_argument("--tasks", type=int, default=1_000_000)
    arguments.add_argument("--per-stage", type=int, default=2_000)
    arguments.add_argument("--executors", type=int, default=100)
    arguments = arguments.parse_args()
    chance, now, executors = random.Random(1), 1_700_000_000_000, arguments.executors
    with open(arguments.file, "w") as out:
        out.write(line("SparkListenerLogStart", **{"Spark Version": "4.0.0"}))
        for executor in range(executors):
            info = {"Host": "host-%d" % executor, "Total Cores": 8, "Log Urls": {}, "Resource Profile Id": 0}
            out.write(line("SparkListenerExecutorAdded", **{"Timestamp": now, "Executor ID": str(executor), "Executor Info": info}))
        environment = {"JVM Information": {}, "Spark Properties": {"spark.master": "spark://host:7077"}, "System Properties": {}, "Classpath Entries": {}}
        out.write(line("SparkListenerEnvironmentUpdate", **environment))
        out.write(line("SparkListenerApplicationStart", **{"App Name": "large", "App ID": "app-1", "Timestamp": now, "User": "someone"}))
        task = 0
        for job in range(-(-arguments.tasks // (2 * arguments.per_stage))):
            stages = [2 * job, 2 * job + 1]
            infos = [stage_info(stages[0], arguments.per_stage, []), stage_info(stages[1], arguments.per_stage, [stages[0]])]
            out.write(line("SparkListenerJobStart", **{"Job ID": job, "Submission Time": now, "Stage Infos": infos, "Stage IDs": stages, "Properties": {}}))
            for stage, info in zip(stages, infos):
                out.write(line("SparkListenerStageSubmitted", **{"Stage Info": {**info, "Submission Time": now}, "Properties": {}}))
                kind = "ShuffleMapTask" if stage == stages[0] else "ResultTask"
                wave = executors * 8
                for first in range(0, arguments.per_stage, wave):
                    indexes = range(first, min(first + wave, arguments.per_stage))
                    for index in indexes:
                        executor = index % executors
                        out.write(START % (stage, task + index, index, index, now, executor, executor))
                    longest = 0
                    for index in indexes:
                        executor, run = index % executors, chance.randrange(200, 900)
                        longest = max(longest, run)
                        spilled = 1 << 26 if index % 97 == 0 else 0
                        out.write(END % (stage, kind, task + index, index, index, now, executor, executor, now + run, run, run * 900000, spilled,
                                         run // 50, run * 1000, run * 10, run * 2000, run * 20))
                    now += longest
                task += arguments.per_stage
                out.write(line("SparkListenerStageCompleted", **{"Stage Info": {**info, "Submission Time": now - 1, "Completion Time": now}}))
            out.write(line("SparkListenerJobEnd", **{"Job ID": job, "Completion Time": now, "Job Result": {"Result": "JobSucceeded"}}))
        out.write(line("SparkListenerApplicationEnd", **{"Timestamp": now}))


if __name__ == "__main__":
    main()
