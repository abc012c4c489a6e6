//! What a script meets when memory is short, when a machine is bad, and when the driver dies.

mod support;

use batchlab::cluster::{ClusterConfig, Fault};
use batchlab::common::time::VirtualTime;
use batchlab::event::log::EventLog;
use batchlab::event::{Event, EventKind, SubmitReason, TaskCause};
use batchlab::session::{Outcome, RunRequest};
use batchlab::status::check::limits::{Limit, failures};
use support::{run, spec};

const START: &str = "
import os
from pyspark import StorageLevel
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
";

/// A run of a script on a cluster written as TOML: what it printed, how it ended, and its log.
fn ran(script: &str, cluster: &str, settings: &[(&str, &str)], faults: &[&str]) -> (String, Outcome, Vec<EventKind>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = EventLog::new();
    let mut spec = spec(folder.path(), &format!("{START}{script}"), (1, 1));
    spec.cluster = Some(ClusterConfig::from_toml(cluster).expect("a cluster"));
    spec.conf = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    spec.faults = faults.iter().map(|text| Fault::parse(text).expect("a fault")).collect();
    let (printed, outcome) = run(RunRequest { log: log.clone(), ..spec.into() });
    (printed, outcome, log.snapshot().iter().map(|event| event.kind.clone()).collect())
}

/// Cached rows fill most of the memory, then a sort wants some of it.
fn cached_blocks_lost(storage_fraction: &str) -> usize {
    let script = "
kept = spark.range(0, 48000, 1, 8).persist(StorageLevel.MEMORY_ONLY)
print(kept.count())
print(spark.range(0, 60000, 1, 2).orderBy(F.col('id') % 1000, 'id').collect()[-1])
print(kept.agg(F.sum('id')).collect()[0][0])
";
    let small = "nodes = 1\ncores = 2\nmemory = \"1200KB\"";
    let settings = [("spark.memory.storageFraction", storage_fraction), ("spark.sql.shuffle.partitions", "2")];
    let (printed, outcome, events) = ran(script, small, &settings, &[]);
    assert_eq!((printed.as_str(), outcome.exit), ("48000\nRow(id=59999)\n1151976000\n", 0));
    let lost = |event: &EventKind| match event {
        EventKind::CachedBlocksLost { reason, .. } => usize::from(reason.contains("task needed its memory")),
        _ => 0,
    };
    events.iter().map(lost).sum()
}

#[test]
fn tasks_push_cached_rows_out_down_to_their_protected_part() {
    assert!(cached_blocks_lost("0.2") > cached_blocks_lost("0.6"));
    assert_eq!(cached_blocks_lost("1"), 0, "all that caches may use is protected");
}

#[test]
fn the_application_learns_to_avoid_a_bad_machine() {
    let script = "
for n in range(4):
    print(spark.range(0, 1000, 1, 8).repartition(4).count())
";
    let cluster = "nodes = 3\ncores = 2";
    let failures = |settings: &[(&str, &str)]| {
        let (printed, outcome, events) = ran(script, cluster, settings, &["disk-full:2@0"]);
        assert_eq!((printed.as_str(), outcome.exit), ("1000\n1000\n1000\n1000\n", 0));
        let excluded = |event: &&EventKind| matches!(event, EventKind::ExecutorExcluded { stage: None, .. });
        let failed = |event: &&EventKind| {
            use batchlab::event::TaskOutcome::Failed;
            matches!(event, EventKind::TaskEnded { outcome: Failed { .. }, .. })
        };
        (events.iter().filter(excluded).count(), events.iter().filter(failed).count())
    };
    let on = ("spark.excludeOnFailure.enabled", "true");
    let each_stage_alone = failures(&[on, ("spark.excludeOnFailure.application.enabled", "false")]);
    let together = failures(&[on]);
    assert_eq!((each_stage_alone.0, together.0), (0, 1));
    assert!(together.1 < each_stage_alone.1, "{together:?} against {each_stage_alone:?}");
}

#[test]
fn a_driver_that_is_started_again_runs_the_script_anew() {
    let script = "
spark.sparkContext.setCheckpointDir('out/checkpoints')
if os.path.exists('out/stage1'):
    print('found what the first driver wrote')
else:
    spark.range(0, 100, 1, 4).write.parquet('out/stage1')
rows = spark.read.parquet('out/stage1').cache()
for n in range(30):
    total = rows.repartition(4).agg(F.sum('id')).collect()[0][0]
print('total', total)
";
    let cluster = "nodes = 2\ncores = 2";
    let (printed, outcome, whole) = ran(script, cluster, &[], &[]);
    assert_eq!((printed.as_str(), outcome.exit), ("total 4950\n", 0));
    let (printed, outcome, events) = ran(script, cluster, &[], &["kill:driver@0.3", "restart:driver@3"]);
    assert_eq!((printed.as_str(), outcome.exit), ("found what the first driver wrote\ntotal 4950\n", 0));
    let added =
        |events: &[EventKind]| events.iter().filter(|event| matches!(event, EventKind::ExecutorAdded { .. })).count();
    assert_eq!((added(&whole), added(&events)), (2, 4), "the second driver gets executors of its own");
    let (_, outcome, _) = ran(script, cluster, &[], &["kill:driver@0.3"]);
    assert_eq!(outcome.exit, 1, "nobody starts it again");
}

#[test]
fn a_schema_is_looked_for_in_every_split() {
    let script = "
with open('table.csv', 'w') as out:
    out.write('n,x,when,said\\n')
    for n in range(200):
        out.write(f'{n},{n / 4},2024-01-01,{\"7\" if n < 190 else \"yes, no\"!r}\\n')
        if n == 100:
            out.write('n,x,when,said\\n')
with open('table.json', 'w') as out:
    for n in range(200):
        out.write('{\"n\": ' + str(n) + (', \"late\": [1.5]' if n == 199 else '') + '}\\n')
print(spark.read.csv('table.csv', header=True, inferSchema=True, quote=\"'\").dtypes)
print(spark.read.json('table.json').dtypes)
";
    let small = [("spark.sql.files.maxPartitionBytes", "500"), ("spark.sql.files.openCostInBytes", "1")];
    let tasks = |settings: &[(&str, &str)]| {
        let (printed, outcome, events) = ran(script, "nodes = 2\ncores = 2", settings, &[]);
        let expected = "[('n', 'int'), ('x', 'double'), ('when', 'date'), ('said', 'string')]\n[('late', 'array<double>'), ('n', 'bigint')]\n";
        assert_eq!((printed.as_str(), outcome.exit), (expected, 0));
        events.iter().filter(|event| matches!(event, EventKind::TaskStarted { .. })).count()
    };
    assert_eq!(tasks(&[]), 1 + 1 + 1, "the first line, the types, and the documents");
    assert!(tasks(&small) > 10);
}

/// Jobs and skipped stages of each query, in order.
fn jobs_and_skipped(events: &[EventKind]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for event in events {
        match event {
            EventKind::QueryStarted { .. } => found.push((0, 0)),
            EventKind::JobSubmitted { .. } => found.last_mut().expect("a query").0 += 1,
            EventKind::StageSkipped { .. } => found.last_mut().expect("a query").1 += 1,
            _ => {}
        }
    }
    found
}

const TWICE: &str = "
counts = spark.range(0, 1000, 1, 8).groupBy(F.col('id') % 10).count()
first = counts.collect()
print(len(first), counts.collect() == first, counts.rdd.map(lambda row: row[1]).sum(), counts.count())
";

#[test]
fn a_frame_that_ran_finds_its_shuffles() {
    let (printed, _, events) = ran(TWICE, "nodes = 4\ncores = 2", &[], &[]);
    assert_eq!(printed, "10 True 1000 10\n");
    // Counting is another plan: it runs the exchange again, and one of its own.
    assert_eq!(jobs_and_skipped(&events), [(2, 1), (1, 1), (1, 1), (3, 3)]);
    let (printed, _, events) = ran(TWICE, "nodes = 4\ncores = 2", &[("spark.sql.adaptive.enabled", "false")], &[]);
    assert_eq!(printed, "10 True 1000 10\n");
    assert_eq!(jobs_and_skipped(&events), [(1, 0), (1, 1), (1, 1), (1, 0)]);
}

#[test]
fn what_a_frame_left_is_made_again_where_it_was_lost() {
    let script = TWICE.replace("first = counts.collect()\n", "first = counts.collect()\nspark.range(3).count()\n");
    let (_, _, calm) = ran(&script, "nodes = 4\ncores = 2", &[], &[]);
    let between =
        calm.iter().position(|event| matches!(event, EventKind::QueryStarted { action, .. } if action == "count"));
    let job = calm[between.expect("a count")..].iter().find_map(|event| match event {
        EventKind::JobSubmitted { stages, .. } => stages.last().copied(),
        _ => None,
    });
    let fault = format!("kill:1@{}.p0", job.expect("a job"));
    let (printed, outcome, events) = ran(&script, "nodes = 4\ncores = 2", &[], &[&fault]);
    assert_eq!((printed.as_str(), outcome.exit), ("10 True 1000 10\n", 0));
    let again = |events: &[EventKind]| {
        let made_again = |event: &&EventKind| {
            matches!(event, EventKind::StageSubmitted { reason: SubmitReason::OutputsLost { .. }, .. })
        };
        events.iter().filter(made_again).count()
    };
    assert_eq!((again(&calm), again(&events) > 0), (0, true));
}

#[test]
fn rdds_that_stand_on_one_another_share_their_shuffles() {
    let script = "
pairs = spark.sparkContext.parallelize(range(100), 4).map(lambda x: (x % 5, 1)).reduceByKey(lambda a, b: a + b)
print(sorted(pairs.collect())[0], pairs.count(), pairs.mapValues(lambda v: v + 1).values().sum())
";
    let (printed, _, events) = ran(script, "nodes = 2\ncores = 2", &[], &[]);
    assert_eq!(printed, "(0, 20) 5 105\n");
    // A wide operation first asks how many partitions there are.
    assert_eq!(jobs_and_skipped(&events), [(0, 0), (1, 0), (1, 1), (1, 1)]);
}

#[test]
fn nobody_asks_for_ever_for_executors_that_cannot_come() {
    let settings =
        [("spark.dynamicAllocation.enabled", "true"), ("spark.dynamicAllocation.schedulerBacklogTimeout", "5ms")];
    let script = "print(spark.range(0, 1000, 1, 8).repartition(4).count())";
    for faults in
        [&["kill:1@0.05"][..], &["kill:driver@0.05", "kill:1@0.06", "restart:driver@0.1"], &["decommission:1@0.01"]]
    {
        let (_, outcome, events) = ran(script, "nodes = 1\ncores = 1", &settings, faults);
        let ended = events.iter().any(|event| matches!(event, EventKind::ApplicationEnded { .. }));
        assert!(ended, "{faults:?}");
        assert!(outcome.exit < 2, "{faults:?}: {}", outcome.exit);
    }
}

#[test]
fn an_executor_that_goes_is_replaced_on_another_machine() {
    let script = "print(spark.range(0, 200000, 1, 8).repartition(4).count())";
    let allocated = [
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.dynamicAllocation.maxExecutors", "1"),
        ("spark.dynamicAllocation.schedulerBacklogTimeout", "5ms"),
    ];
    let asked = [("spark.executor.instances", "1")];
    for (settings, fault) in
        [(&allocated[..], "decommission:1@0.01"), (&allocated, "kill:1@0.02"), (&asked, "kill:1@0.02")]
    {
        let (printed, outcome, events) = ran(script, "nodes = 2\ncores = 1", settings, &[fault]);
        assert_eq!((printed.as_str(), outcome.exit), ("200000\n", 0), "{settings:?} {fault}");
        let on_second = |event: &EventKind| matches!(event, EventKind::ExecutorAdded { node, .. } if node.0 == 2);
        assert!(events.iter().any(on_second), "{settings:?} {fault}");
    }
}

#[test]
fn a_task_that_was_tried_on_all_executors_left_ends_its_job() {
    let script = "print(spark.range(0, 1000, 1, 8).repartition(4).count())";
    let settings = [
        ("spark.excludeOnFailure.enabled", "true"),
        ("spark.locality.wait", "0s"),
        ("spark.network.timeout", "1s"),
        ("spark.network.timeoutInterval", "500ms"),
    ];
    let faults = ["disk-full:1@0", "disk-full:2@0", "silent:3@0.01"];
    let (_, outcome, events) = ran(script, "nodes = 3\ncores = 1", &settings, &faults);
    assert_eq!(outcome.exit, 1);
    let reason = events.iter().find_map(|event| match event {
        EventKind::JobEnded { error, .. } => error.clone(),
        _ => None,
    });
    assert!(
        reason.is_some_and(|reason| reason.contains("cannot run anywhere due to node and executor excludeOnFailure"))
    );
}

#[test]
fn allocation_that_would_lose_shuffle_files_is_refused_at_the_start() {
    let settings =
        [("spark.dynamicAllocation.enabled", "true"), ("spark.dynamicAllocation.shuffleTracking.enabled", "false")];
    let (_, outcome, events) = ran("print(spark.range(3).count())", "nodes = 2\ncores = 1", &settings, &[]);
    assert_eq!(outcome.exit, 1);
    assert!(!events.iter().any(|event| matches!(event, EventKind::ApplicationStarted(_))));
    let error = outcome.failure.expect("a failure").message;
    assert!(error.contains("requires one of the following conditions"), "{error}");
}

/// Idle executors come and go while stages hand over to each other; with decommissioning they hand their blocks over first.
#[test]
fn idle_executors_are_decommissioned_where_settings_say_so() {
    let script = "
kept = spark.range(0, 2000, 1, 4).cache()
print(kept.count())
import time
time.sleep(5)
print(kept.repartition(2).count())
";
    let settings = [
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.dynamicAllocation.schedulerBacklogTimeout", "5ms"),
        ("spark.dynamicAllocation.executorIdleTimeout", "1s"),
        ("spark.dynamicAllocation.cachedExecutorIdleTimeout", "1s"),
        ("spark.decommission.enabled", "true"),
        ("spark.storage.decommission.enabled", "true"),
    ];
    let (printed, outcome, events) = ran(script, "nodes = 3\ncores = 1", &settings, &[]);
    assert_eq!((printed.as_str(), outcome.exit), ("2000\n2000\n", 0));
    let count = |is_meant: fn(&EventKind) -> bool| events.iter().filter(|event| is_meant(event)).count();
    let left = count(|event| matches!(event, EventKind::ExecutorRemoved { .. }));
    assert!(left > 0);
    assert_eq!(count(|event| matches!(event, EventKind::ExecutorDecommissioned { .. })), left);
}

#[test]
fn a_limit_s_rows_do_not_grow_with_the_scale() {
    let script = "
spark.range(0, 2000).selectExpr('id', 'repeat(id, 20) as name').write.mode('overwrite').csv('out/big', header=True)
big = spark.read.csv('out/big', header=True, inferSchema=True)
print(big.limit(2).count(), len(big.take(3)), big.count())
";
    let (printed, outcome, _) = ran(script, "nodes = 2\ncores = 2\nscale = 1000000", &[], &[]);
    assert_eq!((printed.as_str(), outcome.exit), ("2 3 2000\n", 0));
    let (_, outcome, _) = ran(&format!("{script}big.collect()\n"), "nodes = 2\ncores = 2\nscale = 1000000", &[], &[]);
    assert!(outcome.failure.is_some_and(|failure| failure.message.contains("spark.driver.maxResultSize")));
}

#[test]
fn a_machine_with_empty_disks_has_no_copy_of_the_input() {
    let script = "
spark.range(0, 2000, 1, 8).write.mode('overwrite').csv('data')
spark.range(0, 400000, 1, 8).repartition(4).count()
print(spark.read.csv('data').count())
";
    let cluster = "nodes = 2\ncores = 2\nreplication = 1";
    for (again, exit) in [("restart:2@0.05", 0), ("restart-empty:2@0.05", 1)] {
        let (_, outcome, _) = ran(script, cluster, &[], &["kill:2@0.02", again]);
        assert_eq!(outcome.exit, exit, "{again}");
    }
}

/// How a run ended, and what had no room: for each time the bytes and the limit.
fn memory_of(script: &str, memory: &str, settings: &[(&str, &str)]) -> (String, Vec<EventKind>, Vec<(u64, u64)>) {
    let cluster = format!("nodes = 2\ncores = 1\nmemory = \"{memory}\"");
    let (_, outcome, events) = ran(script, &cluster, settings, &[]);
    let exhausted = events.iter().filter_map(|event| match event {
        EventKind::MemoryExhausted { bytes, limit_bytes, .. } => Some((*bytes, *limit_bytes)),
        _ => None,
    });
    let exhausted = exhausted.collect();
    (outcome.failure.map(|failure| failure.message).unwrap_or_default(), events, exhausted)
}

fn given_up(events: &[EventKind], why: &str) -> usize {
    let is_it = |event: &&EventKind| matches!(event, EventKind::ExecutorRemoved { reason, .. } if reason.contains(why));
    events.iter().filter(is_it).count()
}

#[test]
fn a_group_that_has_no_room_ends_executors_until_the_job_fails() {
    let script = "print(len(spark.range(0, 60000, 1, 4).agg(F.collect_list('id').alias('all')).collect()[0]['all']))";
    // Without the service its map outputs go with each executor, and the stage reaches its limit first.
    let service = [("spark.shuffle.service.enabled", "true")];
    let (failure, events, exhausted) = memory_of(script, "1200KB", &service);
    assert!(failure.contains("failed 4 times"), "{failure}");
    assert!(failure.contains("java.lang.OutOfMemoryError: Java heap space"), "{failure}");
    assert_eq!((exhausted.len(), given_up(&events, "exited with code 52")), (4, 4));
    assert!(exhausted.iter().all(|(bytes, limit)| bytes > limit), "{exhausted:?}");
    let (failure, events, exhausted) = memory_of(script, "64MB", &[]);
    assert_eq!((failure.as_str(), exhausted.len(), given_up(&events, "")), ("", 0, 0));
}

const BROADCAST: &str = "print(spark.range(9).join(F.broadcast(spark.range(0, 60000, 1, 4)), 'id').count())";

#[test]
fn a_relation_that_has_no_room_on_executors_ends_them() {
    let (failure, events, exhausted) = memory_of(BROADCAST, "1200KB", &[]);
    assert!(failure.contains("java.lang.OutOfMemoryError: Java heap space"), "{failure}");
    assert!(given_up(&events, "exited with code 52") >= 4 && exhausted.len() >= 4, "{exhausted:?}");
    assert_eq!(memory_of(BROADCAST, "64MB", &[]).0, "");
}

#[test]
fn a_relation_that_has_no_room_on_the_driver_fails_its_query() {
    let small = [("spark.driver.memory", "1200k")];
    let (failure, events, exhausted) = memory_of(BROADCAST, "64MB", &small);
    assert!(
        failure.starts_with("Not enough memory to build and broadcast the table to all worker nodes."),
        "{failure}"
    );
    assert_eq!((exhausted.len(), given_up(&events, "")), (1, 0));
    let little = [("spark.driver.maxResultSize", "100k")];
    let (failure, ..) = memory_of(BROADCAST, "64MB", &little);
    assert!(failure.contains("is bigger than spark.driver.maxResultSize"), "{failure}");
}

#[test]
fn a_hash_table_that_has_no_room_fails_its_task_and_no_executor() {
    let script = "
big = spark.range(0, 60000, 1, 4).hint('shuffle_hash')
print(spark.range(0, 60000, 1, 4).join(big, 'id').count())
";
    let one = [("spark.sql.shuffle.partitions", "1"), ("spark.sql.autoBroadcastJoinThreshold", "-1")];
    let (failure, events, exhausted) = memory_of(script, "1200KB", &one);
    assert!(failure.contains("SparkOutOfMemoryError: There is not enough memory to build hash map."), "{failure}");
    assert_eq!((exhausted.len(), given_up(&events, "")), (4, 0));
    let many = [("spark.sql.shuffle.partitions", "40"), ("spark.sql.autoBroadcastJoinThreshold", "-1")];
    let (failure, _, exhausted) =
        memory_of(script, "1200KB", &[&many[..], &[("spark.sql.adaptive.enabled", "false")]].concat());
    assert_eq!((failure.as_str(), exhausted.len()), ("", 0), "smaller tables have room");
}

#[test]
fn executors_go_with_their_driver() {
    let script = "print(spark.range(0, 1000, 1, 8).repartition(4).count())";
    for manager in ["standalone", "yarn", "kubernetes"] {
        let cluster = format!("nodes = 3\ncores = 2\nmanager = \"{manager}\"");
        let (_, outcome, events) = ran(script, &cluster, &[], &["kill:driver@S0"]);
        assert_eq!(outcome.exit, 1, "{manager}");
        let added = events.iter().filter(|event| matches!(event, EventKind::ExecutorAdded { .. })).count();
        assert_eq!(given_up(&events, "Driver disassociated! Shutting down"), added, "{manager}");
    }
}

#[test]
fn a_local_checkpoint_dies_with_its_executor() {
    let script = "
kept = spark.range(0, 1000, 1, 8).groupBy(F.col('id') % 10).count().localCheckpoint()
print(kept.count())
print(kept.agg(F.sum('count')).collect()[0][0])
";
    let cluster = "nodes = 3\ncores = 2";
    let (printed, outcome, events) = ran(script, cluster, &[], &[]);
    assert_eq!((printed.as_str(), outcome.exit), ("10\n1000\n", 0));
    let last = events.iter().rev().find_map(|event| match event {
        EventKind::JobSubmitted { stages, .. } => Some(stages.clone()),
        _ => None,
    });
    assert!(last.is_some_and(|stages| stages.len() <= 2), "what it was made from is forgotten");
    let again = "print(kept.agg(F.sum('count')).collect()[0][0])\n";
    let faults = ["kill-executor:1@S2", "kill-executor:2@S2", "kill-executor:3@S2"];
    let (_, outcome, _) = ran(&format!("{script}{again}"), cluster, &[], &faults);
    let failure = outcome.failure.map(|failure| failure.message).unwrap_or_default();
    assert!(failure.contains("[CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND] Checkpoint block rdd_"), "{failure}");
    // Spark hands an exception with a condition on as it is, without the words about the task.
    assert!(!failure.contains("failed 4 times"), "{failure}");
}

/// For each attempt of a stage how many tasks it was submitted for, and the stages that were rolled back.
fn attempts_of(events: &[EventKind], stage: u32) -> (Vec<usize>, Vec<u32>) {
    let submitted = events.iter().filter_map(|event| match event {
        EventKind::StageSubmitted { stage: attempt, partitions, .. } if attempt.stage.0 == stage => {
            Some(partitions.len())
        }
        _ => None,
    });
    let back = events.iter().filter_map(|event| match event {
        EventKind::StageRolledBack { stage, .. } => Some(stage.0),
        _ => None,
    });
    (submitted.collect(), back.collect())
}

const SPREAD: &str = "
sc = spark.sparkContext
rows = sc.parallelize(range(600), 4).map(lambda x: (x % 97, x)).reduceByKey(lambda a, b: a + b, 4).repartition(6)
";

/// As on real Spark 4.3 (`tests/compare_faults_with_spark.py`): a round robin over what a shuffle left is made again whole, and what read it.
#[test]
fn an_indeterminate_stage_takes_along_what_stands_on_it() {
    let script = format!(
        "{SPREAD}print(sorted(rows.map(lambda p: (p[0] % 3, 1)).reduceByKey(lambda a, b: a + b, 2).collect()))\n"
    );
    let cluster = "nodes = 2\ncores = 1";
    let (printed, outcome, events) = ran(&script, cluster, &[], &["kill-executor:2@S2.p1"]);
    assert_eq!((printed.as_str(), outcome.exit), ("[(0, 33), (1, 32), (2, 32)]\n", 0));
    let (attempts, back) = attempts_of(&events, 1);
    assert_eq!((attempts, back), (vec![4, 4], vec![1, 2]));
    assert_eq!(attempts_of(&events, 2).0, [6, 6]);
    assert!(attempts_of(&events, 0).0[1] < 4, "what is determinate is made again where it was lost");
    let because = |event: &EventKind| matches!(event, EventKind::TaskStarted { cause: TaskCause::RolledBack { stage }, .. } if stage.0 == 1);
    assert!(events.iter().any(because));
}

#[test]
fn what_was_delivered_of_indeterminate_rows_fails_its_job() {
    let script = format!("{SPREAD}print(len(rows.map(lambda p: p[0]).collect()))\n");
    let (_, outcome, events) = ran(&script, "nodes = 2\ncores = 1", &[], &["kill-executor:2@S2.p1"]);
    let failure = outcome.failure.map(|failure| failure.message).unwrap_or_default();
    let said = "A shuffle map stage with indeterminate output was failed and retried. However, Spark cannot rollback the ResultStage 2";
    assert!(failure.contains(said), "{failure}");
    let log: Vec<_> =
        (0..).zip(events).map(|(seq, kind)| std::sync::Arc::new(Event { seq, time: VirtualTime(seq), kind })).collect();
    let limits = failures(&log).expect("the log bears it out");
    assert!(limits.iter().any(|(_, limit)| *limit == Limit::Indeterminate), "{limits:?}");
}

/// The rows of a frame are sorted first; or else compared when they are made again.
#[test]
fn a_frame_s_round_robin_is_repaired_in_part() {
    let script = "
spread = spark.range(0, 600, 1, 4).selectExpr('id % 97 AS k').groupBy('k').count().repartition(6).rdd
print(sorted(spread.map(lambda p: (p[0] % 3, 1)).reduceByKey(lambda a, b: a + b, 2).collect()))
";
    let made_again = |sorts: &str, compares: &str| {
        let settings = [
            ("spark.sql.adaptive.enabled", "false"),
            ("spark.sql.shuffle.partitions", "4"),
            ("spark.sql.execution.sortBeforeRepartition", sorts),
            ("spark.sql.shuffle.orderIndependentChecksum.enableFullRetryOnMismatch", compares),
        ];
        let (printed, outcome, events) = ran(script, "nodes = 2\ncores = 1", &settings, &["kill-executor:2@S2.p1"]);
        assert_eq!((printed.as_str(), outcome.exit), ("[(0, 33), (1, 32), (2, 32)]\n", 0));
        let (spread, back) = attempts_of(&events, 1);
        (spread[1] == 4, attempts_of(&events, 2).0[1] == 6, back)
    };
    assert_eq!(made_again("true", "true"), (false, false, vec![]));
    assert_eq!(made_again("false", "true"), (false, true, vec![2]));
    assert_eq!(made_again("false", "false"), (true, true, vec![1, 2]));
}

#[test]
fn a_block_of_a_file_says_where_it_is_and_what_was_lost() {
    let script = "
spark.range(0, 1000, 1, 1).write.csv('out/numbers')
print(spark.read.csv('out/numbers').count())
";
    let cluster = "nodes = 4\ncores = 1";
    let (printed, _, events) = ran(script, cluster, &[], &[]);
    let placed = events.iter().find_map(|event| match event {
        EventKind::InputBlockPlaced { block, nodes, .. } => Some((*block, nodes.clone())),
        _ => None,
    });
    let (block, nodes) = placed.expect("a block");
    assert_eq!((printed.as_str(), nodes.len()), ("1000\n", 3));
    let read_from = |events: &[EventKind]| {
        let from = events.iter().filter_map(|event| match event {
            EventKind::InputRead { from, blocks, .. } if blocks.contains(&block) => Some(*from),
            _ => None,
        });
        from.collect::<Vec<_>>()
    };
    assert!(read_from(&events).iter().all(|from| nodes.contains(from)));
    let gone = nodes[0];
    let (printed, _, events) = ran(script, cluster, &[], &[&format!("lose-copy:{block} on {gone}@0")]);
    assert_eq!(printed, "1000\n");
    assert!(!read_from(&events).is_empty() && !read_from(&events).contains(&gone));
    let (_, outcome, _) = ran(script, cluster, &[], &[&format!("lose-block:{block}@0")]);
    let failure = outcome.failure.map(|failure| failure.message).unwrap_or_default();
    assert!(failure.contains("no node that held a copy of it can be reached"), "{failure}");
}
