//! Each way to break a cluster, alone and together: the same rows, and only what had to be made again.

use super::tests::{Run, cached, range, run_with, two_shuffles};
use super::*;
use crate::common::conf::Conf;
use crate::common::ids::CacheId;
use crate::common::time::VirtualDuration;
use crate::event::{EventKind, TaskOutcome};
use crate::physical::PhysicalPlan;
use std::sync::Arc;

fn conf(settings: &[(&str, &str)]) -> Conf {
    let mut conf = Conf::new();
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    conf
}

fn broken(plan: &Arc<PhysicalPlan>, shape: &str, faults: &[&str], settings: &[(&str, &str)]) -> Run {
    let faults = faults.iter().map(|text| Fault::parse(text).expect("a fault")).collect();
    run_with(plan, shape, faults, 2, conf(settings))
}

fn tasks(run: &Run) -> usize {
    run.count(|event| matches!(event, EventKind::TaskStarted { .. }))
}

fn lost_outputs(run: &Run) -> usize {
    let lost = run.events().into_iter().map(|event| match event {
        EventKind::MapOutputsLost { maps, .. } => maps.len(),
        _ => 0,
    });
    lost.sum()
}

#[test]
fn no_fault_changes_the_rows() {
    let plan = two_shuffles();
    let whole = broken(&plan, "2x2x2", &[], &[]);
    for fault in [
        "kill:2@S0",
        "kill:rack-2@S0",
        "kill-executor:2@S0",
        "oom:2@S0",
        "silent:2@S0",
        "slow:2x9@0",
        "slow-disk:2x9@0",
        "slow-link:2x9@0",
        "drop:2x90%@0",
        "disk-full:2@S0",
        "cut:1,2@S0",
        "preempt:2@S0",
        "preempt:2+10ms@S0",
        "decommission:2@S0",
        "corrupt:S0.p1@S0.p1",
        "fail:p1x3",
    ] {
        let run = broken(&plan, "2x2x2", &[fault], &[]);
        assert_eq!(run.rows, whole.rows, "{fault}");
        assert_eq!(run.bytes(), broken(&plan, "2x2x2", &[fault], &[]).bytes(), "{fault}");
        assert!(run.count(|event| matches!(event, EventKind::FaultInjected { .. })) > 0, "{fault} struck");
    }
}

#[test]
fn what_leaves_with_notice_hands_its_blocks_over() {
    let plan = two_shuffles();
    let moving = &[("spark.decommission.enabled", "true"), ("spark.storage.decommission.enabled", "true")];
    let run = broken(&plan, "4x2", &["decommission:2@S1.p4"], moving);
    assert_eq!(run.rows, broken(&plan, "4x2", &[], &[]).rows);
    assert!(run.count(|event| matches!(event, EventKind::MapOutputMoved { .. })) > 0);
    assert_eq!(lost_outputs(&run), 0);
    assert_eq!(tasks(&run), tasks(&broken(&plan, "4x2", &[], &[])));
    let left = broken(&plan, "4x2", &["decommission:2@S1.p4"], &[("spark.decommission.enabled", "true")]);
    assert!(lost_outputs(&left) > 0, "without migration its outputs go with it");
}

#[test]
fn a_shuffle_service_keeps_the_files_of_dead_executors() {
    let plan = two_shuffles();
    let with = broken(&plan, "4x2", &["kill-executor:2@S1.p4"], &[("spark.shuffle.service.enabled", "true")]);
    let without = broken(&plan, "4x2", &["kill-executor:2@S1.p4"], &[]);
    assert_eq!(with.rows, without.rows);
    assert_eq!(lost_outputs(&with), 0);
    assert!(lost_outputs(&without) > 0);
    let host = broken(&plan, "4x2", &["kill:2@S1.p4"], &[("spark.shuffle.service.enabled", "true")]);
    assert_eq!(host.rows, with.rows);
    assert!(lost_outputs(&host) > 0, "the service dies with its machine");
}

#[test]
fn a_damaged_shuffle_file_is_noticed_and_made_again() {
    let run = broken(&two_shuffles(), "4x2", &["corrupt:S0.p1@S0.p1"], &[]);
    assert_eq!(run.rows, broken(&two_shuffles(), "4x2", &[], &[]).rows);
    let noticed = run
        .count(|event| matches!(event, EventKind::TaskEnded { outcome: TaskOutcome::FetchFailed { map: 1, .. }, .. }));
    assert!(noticed > 0);
}

#[test]
fn a_fault_without_effect_is_told() {
    let faults = [
        "kill:2@S99",
        "kill:3@1000",
        "restart:1@0",
        "corrupt:S0.p0@0",
        "fail:S77.p0",
        "lose-block:nothing@0",
        "mend:all@S0",
    ];
    let run = broken(&two_shuffles(), "4x2", &faults, &[]);
    assert_eq!(run.count(|event| matches!(event, EventKind::FaultMissed { .. })), faults.len());
    assert_eq!(
        run.count(|event| matches!(event, EventKind::FaultInjected { .. })),
        1,
        "a block may be lost before it is known"
    );
}

#[test]
fn a_short_cut_costs_time_and_nothing_else() {
    let plan = two_shuffles();
    let whole = broken(&plan, "4x2", &[], &[]);
    let run = broken(&plan, "4x2", &["cut:2@S0", "mend:2@20"], &[]);
    assert_eq!((&run.rows, tasks(&run)), (&whole.rows, tasks(&whole)));
    assert_eq!(run.count(|event| matches!(event, EventKind::ExecutorRemoved { .. })), 0);
    assert!(run.ended > whole.ended);
    let for_good = broken(&plan, "4x2", &["cut:2@S0"], &[]);
    assert_eq!(for_good.rows, whole.rows);
    assert!(for_good.count(|event| matches!(event, EventKind::ExecutorRemoved { .. })) > 0);
}

#[test]
fn a_full_disk_fails_what_writes_there() {
    let run = broken(&two_shuffles(), "1x2", &["disk-full:1@0"], &[]);
    let error = run.rows.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("No space left on device"), "{error}");
}

#[test]
fn the_driver_takes_the_application_along() {
    let run = broken(&two_shuffles(), "4x2", &["kill:driver@S0"], &[]);
    let error = run.rows.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("driver died"), "{error}");
}

#[test]
fn several_executors_share_a_machine() {
    let settings = &[("spark.executor.cores", "2")];
    let run = broken(&two_shuffles(), "2x4", &["kill-executor:1@S0"], settings);
    assert_eq!(run.rows, broken(&two_shuffles(), "2x4", &[], &[]).rows);
    assert_eq!(run.count(|event| matches!(event, EventKind::ExecutorAdded { .. })), 4 + 2);
}

#[test]
fn pods_and_containers_come_later_than_workers() {
    let start = |manager| {
        let log = crate::event::log::EventLog::new();
        let config = ClusterConfig { manager, ..ClusterConfig::parse("4x2").expect("a shape") };
        let mut cluster = super::tests::cluster_of(config, Vec::new(), 1, &log, Conf::new());
        super::tests::collect(&mut cluster, &range(100, 4)).expect("it runs");
        let events = log.snapshot();
        let first = events.iter().find(|event| matches!(event.kind, EventKind::ExecutorAdded { .. }));
        first.map(|event| event.time.0 / 1_000_000)
    };
    assert_eq!(start(manager::Manager::Standalone), Some(0));
    assert_eq!(start(manager::Manager::Yarn), Some(200));
    assert_eq!(start(manager::Manager::Kubernetes), Some(2000));
}

#[test]
fn a_second_copy_saves_the_recomputation() {
    let recomputed = |level: &str| {
        let log = crate::event::log::EventLog::new();
        let faults = vec![Fault::parse("kill:2@5").expect("a fault")];
        let config = ClusterConfig::parse("4x2").expect("a shape");
        let mut cluster = super::tests::cluster_of(config, faults, 2, &log, Conf::new());
        assert_eq!(cluster.new_cache(level), CacheId(0));
        let plan = cached(range(4000, 8));
        super::tests::collect(&mut cluster, &plan).expect("it runs");
        cluster.advance(VirtualDuration::from_secs(10));
        super::tests::collect(&mut cluster, &plan).expect("it runs");
        let events = log.snapshot();
        let copies = events.iter().filter(|event| matches!(event.kind, EventKind::BlockReplicated { .. })).count();
        let misses = events.iter().map(|event| match &event.kind {
            EventKind::TaskEnded { metrics, .. } => metrics.cache_misses,
            _ => 0,
        });
        (misses.sum::<u32>() - 8, copies > 0)
    };
    let (once, copied) = recomputed("MEMORY_AND_DISK");
    assert!(once > 0 && !copied);
    assert_eq!(recomputed("MEMORY_AND_DISK_2"), (0, true));
}

#[test]
fn executors_come_with_the_work_and_go_when_idle() {
    let log = crate::event::log::EventLog::new();
    let settings = conf(&[
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.dynamicAllocation.minExecutors", "1"),
        ("spark.dynamicAllocation.maxExecutors", "6"),
    ]);
    let config = ClusterConfig { scale: 2000, ..ClusterConfig::parse("8x1").expect("a shape") };
    let mut cluster = super::tests::cluster_of(config, Vec::new(), 2, &log, settings);
    let rows = super::tests::collect(&mut cluster, &range(2000, 24)).expect("it runs");
    assert_eq!(rows.len(), 24);
    cluster.advance(VirtualDuration::from_secs(100));
    let events = log.snapshot();
    let count = |is_meant: fn(&EventKind) -> bool| events.iter().filter(|event| is_meant(&event.kind)).count();
    assert_eq!(count(|event| matches!(event, EventKind::ExecutorAdded { .. })), 6);
    assert_eq!(count(|event| matches!(event, EventKind::ExecutorRemoved { .. })), 5);
    let asked = events.iter().filter_map(|event| match event.kind {
        EventKind::ExecutorsRequested { total, before } if total > before => Some(total),
        _ => None,
    });
    assert_eq!(asked.collect::<Vec<_>>(), [2, 4, 6]);
}

#[test]
fn tasks_that_keep_failing_on_a_node_go_elsewhere() {
    let exclusion = &[("spark.excludeOnFailure.enabled", "true"), ("spark.locality.wait", "0s")];
    let run = broken(&two_shuffles(), "4x2", &["disk-full:2@0"], exclusion);
    assert_eq!(run.rows, broken(&two_shuffles(), "4x2", &[], &[]).rows);
    assert!(run.count(|event| matches!(event, EventKind::ExecutorExcluded { .. })) > 0);
    let nowhere = broken(&two_shuffles(), "1x2", &["disk-full:1@0"], exclusion);
    let error = nowhere.rows.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("excludeOnFailure"), "{error}");
}
