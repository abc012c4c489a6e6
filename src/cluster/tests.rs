//! Whole runs on a pretend cluster: real rows, faults at any time, the same answers.

use super::*;
use crate::common::conf::Conf;
use crate::common::ids::{CacheId, ExprId, NodeId, QueryId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{ErrorClass, Result};
use crate::event::log::EventLog;
use crate::event::{EventKind, SubmitReason, TaskCause, TaskOutcome};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::types::DataType;
use crate::physical::PhysicalPlan;
use crate::physical::plan::{Partitioning, RowOrder, ShuffleOrigin};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn id_column() -> Attribute {
    Attribute {
        name: "id".to_owned(),
        id: ExprId(1),
        data_type: DataType::Long,
        nullable: false,
        qualifier: Vec::new(),
        taken: None,
    }
}

pub(super) fn range(rows: i64, partitions: usize) -> Arc<PhysicalPlan> {
    Arc::new(PhysicalPlan::Range { start: 0, end: rows, step: 1, partitions, output: vec![id_column()] })
}

pub(super) fn shuffled(input: Arc<PhysicalPlan>, partitions: usize) -> Arc<PhysicalPlan> {
    let partitioning = Partitioning::Hash(vec![Expr::Attribute(id_column())], partitions);
    Arc::new(PhysicalPlan::ShuffleExchange { partitioning, origin: ShuffleOrigin::EnsureRequirements, input })
}

pub(super) fn spread(input: Arc<PhysicalPlan>, partitions: usize) -> Arc<PhysicalPlan> {
    let partitioning = Partitioning::RoundRobin { count: partitions, order: RowOrder::Sorted };
    Arc::new(PhysicalPlan::ShuffleExchange { partitioning, origin: ShuffleOrigin::RepartitionByNum, input })
}

pub(super) fn cached(input: Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    let output = vec![id_column()];
    Arc::new(PhysicalPlan::InMemoryTableScan {
        id: CacheId(0),
        level: "MEMORY_AND_DISK".into(),
        output: output.clone(),
        stored: output,
        plan: input,
        planned: None,
    })
}

fn spec(plan: &Arc<PhysicalPlan>) -> JobSpec {
    JobSpec {
        query: Some(QueryId(0)),
        plan: plan.clone(),
        work: JobWork::Collect,
        partitions: None,
        description: "collect".to_owned(),
        line: 1,
        now_micros: 0,
    }
}

pub(super) struct Run {
    pub rows: Result<Vec<Vec<i64>>>,
    pub log: EventLog,
    pub ended: VirtualTime,
}

impl Run {
    pub fn events(&self) -> Vec<EventKind> {
        self.log.snapshot().iter().map(|event| event.kind.clone()).collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        crate::event::log::write(&self.log.snapshot(), &mut bytes).expect("memory takes everything");
        bytes
    }

    pub fn count(&self, is_meant: impl Fn(&EventKind) -> bool) -> usize {
        self.events().iter().filter(|event| is_meant(event)).count()
    }
}

fn cluster(shape: &str, faults: Vec<Fault>, threads: usize, log: &EventLog, conf: Conf) -> Cluster {
    cluster_of(ClusterConfig::parse(shape).expect("a shape"), faults, threads, log, conf)
}

pub(super) fn cluster_of(
    config: ClusterConfig,
    faults: Vec<Fault>,
    threads: usize,
    log: &EventLog,
    conf: Conf,
) -> Cluster {
    let cancelled = Arc::new(AtomicBool::new(false));
    Cluster::new(config, faults, 42, Arc::new(conf), log.clone(), threads, cancelled).expect("a cluster")
}

pub(super) fn collect(cluster: &mut Cluster, plan: &Arc<PhysicalPlan>) -> Result<Vec<Vec<i64>>> {
    let job = cluster.submit(spec(plan))?;
    let result = cluster.run_until_done(&[job])?;
    let rows = result.outputs.iter().map(|(_, output)| {
        output.batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    });
    Ok(rows.collect())
}

pub(super) fn run_with(plan: &Arc<PhysicalPlan>, shape: &str, faults: Vec<Fault>, threads: usize, conf: Conf) -> Run {
    let log = EventLog::new();
    let mut cluster = cluster(shape, faults, threads, &log, conf);
    let rows = collect(&mut cluster, plan);
    let ended = cluster.now();
    cluster.finish(0);
    Run { rows, log, ended }
}

/// As adaptive execution does it: every exchange is a job of its own, with a pause on the driver behind it.
fn run_in_steps(plan: &Arc<PhysicalPlan>, shape: &str, faults: Vec<Fault>, threads: usize, conf: Conf) -> Run {
    let log = EventLog::new();
    let mut cluster = cluster(shape, faults, threads, &log, conf);
    let rows = exchange_by_exchange(&mut cluster, plan).and_then(|rest| collect(&mut cluster, &rest));
    let ended = cluster.now();
    cluster.finish(0);
    Run { rows, log, ended }
}

fn exchange_by_exchange(cluster: &mut Cluster, plan: &Arc<PhysicalPlan>) -> Result<Arc<PhysicalPlan>> {
    let children =
        plan.children().into_iter().map(|child| exchange_by_exchange(cluster, child)).collect::<Result<Vec<_>>>()?;
    let PhysicalPlan::ShuffleExchange { partitioning, .. } = plan.as_ref() else {
        return Ok(Arc::new(plan.with_children(children)));
    };
    let shuffle = cluster.new_shuffle();
    let partitioning = crate::exec::task::ResolvedPartitioning::Plain(partitioning.clone());
    let work = JobWork::MapStage { shuffle, partitioning };
    let job = cluster.submit(JobSpec { work, ..spec(&children[0]) })?;
    cluster.run_until_done(&[job])?;
    cluster.advance(VirtualDuration::from_millis(50));
    Ok(Arc::new(PhysicalPlan::ShuffleRead {
        shuffle,
        exchange: plan.clone(),
        reducers: plan.partitions(),
        slices: None,
    }))
}

fn run(plan: &Arc<PhysicalPlan>, faults: &[&str]) -> Run {
    let faults = faults.iter().map(|text| Fault::parse(text).expect("a fault")).collect();
    run_with(plan, "4x2", faults, 2, Conf::new())
}

pub(super) fn two_shuffles() -> Arc<PhysicalPlan> {
    shuffled(spread(range(3000, 6), 5), 7)
}

#[test]
fn rows_land_where_their_hash_says_and_none_is_lost() {
    let run = run(&two_shuffles(), &[]);
    let rows = run.rows.as_ref().expect("it runs");
    assert_eq!(rows.len(), 7);
    let mut all: Vec<i64> = rows.iter().flatten().copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..3000).collect::<Vec<_>>());
    assert_eq!(run.count(|event| matches!(event, EventKind::TaskStarted { .. })), 6 + 5 + 7);
}

#[test]
fn the_log_is_the_same_on_any_number_of_threads() {
    let faults = || vec![Fault::parse("kill:2@0.05").expect("a fault")];
    let first = run_with(&two_shuffles(), "4x2", faults(), 1, Conf::new());
    for threads in [1, 2, 8] {
        let again = run_with(&two_shuffles(), "4x2", faults(), threads, Conf::new());
        assert_eq!(first.bytes(), again.bytes(), "{threads} threads");
    }
}

#[test]
fn any_node_may_die_at_any_time() {
    let plan = two_shuffles();
    let whole = run(&plan, &[]);
    let end = whole.ended.as_secs_f64();
    for node in 1..=4 {
        for step in 0..12 {
            let fault = format!("kill:{node}@{}", end * f64::from(step) / 11.0);
            let broken = run(&plan, &[&fault]);
            assert_eq!(broken.rows, whole.rows, "{fault}");
        }
    }
}

#[test]
fn a_lost_map_output_is_made_again_only_where_it_is_needed() {
    let plan = shuffled(range(3000, 6), 8);
    let run = run(&plan, &["kill:2@S1.p0"]);
    let lost = run.events().iter().find_map(|event| match event {
        EventKind::MapOutputsLost { maps, .. } => Some(maps.clone()),
        _ => None,
    });
    let again = run.events().iter().find_map(|event| match event {
        EventKind::StageSubmitted { partitions, reason: SubmitReason::OutputsLost { .. }, .. } => {
            Some(partitions.to_vec())
        }
        _ => None,
    });
    assert!(lost.is_some());
    if let Some(again) = again {
        assert_eq!(Some(again), lost);
    }
    let causes = run.count(|event| {
        matches!(event, EventKind::TaskStarted { cause: TaskCause::OutputLost { node: NodeId(2) }, .. })
    });
    assert!(causes <= lost.map_or(0, |maps| maps.len()));
    assert!(run.rows.is_ok());
}

#[test]
fn a_fault_after_the_end_changes_nothing() {
    let plan = two_shuffles();
    let mut late = run(&plan, &["kill:2@10000"]).events();
    late.retain(|event| !matches!(event, EventKind::FaultMissed { .. }));
    assert_eq!(run(&plan, &[]).events(), late);
}

#[test]
fn with_no_node_left_the_job_fails_and_says_so() {
    let run = run(&two_shuffles(), &["kill:1@0.01", "kill:2@0.01", "kill:3@0.01", "kill:4@0.01"]);
    let error = run.rows.expect_err("nobody is left");
    assert_eq!(error.class(), ErrorClass::SparkException);
    assert!(error.message().contains("no executor is left"), "{error}");
}

#[test]
fn a_restarted_node_carries_on_where_all_others_died() {
    let whole = run(&two_shuffles(), &[]);
    let faults = ["kill:1@0.01", "kill:2@0.01", "kill:3@0.01", "kill:4@0.01", "restart:2@1"];
    assert_eq!(run(&two_shuffles(), &faults).rows, whole.rows);
}

#[test]
fn a_restart_at_the_moment_of_the_last_death_is_waited_for() {
    let whole = run(&two_shuffles(), &[]);
    let faults = ["kill:1@0.01", "kill:2@0.01", "kill:3@0.01", "kill:4@0.01", "restart:2@0.01"];
    assert_eq!(run(&two_shuffles(), &faults).rows, whole.rows);
}

#[test]
fn a_silent_node_is_given_up_after_the_network_timeout() {
    let whole = run(&two_shuffles(), &[]);
    let silent = run(&two_shuffles(), &["silent:2@0.02"]);
    assert_eq!(silent.rows, whole.rows);
    assert!(silent.ended > VirtualTime::from_secs_f64(120.0), "{}", silent.ended);
    assert!(silent.ended < VirtualTime::from_secs_f64(400.0), "{}", silent.ended);
}

#[test]
fn an_executor_that_dies_is_replaced_on_its_node() {
    let whole = run(&two_shuffles(), &[]);
    let run = run(&two_shuffles(), &["kill-executor:3@0.03"]);
    assert_eq!(run.rows, whole.rows);
    assert_eq!(run.count(|event| matches!(event, EventKind::ExecutorAdded { .. })), 5);
}

#[test]
fn a_task_may_raise_three_times_but_not_four() {
    let whole = run(&two_shuffles(), &[]);
    assert_eq!(run(&two_shuffles(), &["fail:S1.p2x3"]).rows, whole.rows);
    let error = run(&two_shuffles(), &["fail:S1.p2x4"]).rows.expect_err("four failures");
    assert!(error.message().contains("failed 4 times"), "{error}");
}

#[test]
fn a_slow_node_makes_the_run_longer_and_changes_no_row() {
    let whole = run(&two_shuffles(), &[]);
    let slow = run(&two_shuffles(), &["slow:2x50@0"]);
    assert_eq!(slow.rows, whole.rows);
    assert!(slow.ended > whole.ended);
}

#[test]
fn speculation_saves_what_a_slow_node_costs() {
    let slow = || vec![Fault::parse("slow:2x200@0").expect("a fault")];
    let plan = shuffled(range(20000, 16), 4);
    let patient = run_with(&plan, "4x2", slow(), 2, Conf::new());
    let mut conf = Conf::new();
    conf.set("spark.speculation", "true");
    conf.set("spark.speculation.quantile", "0.5");
    let eager = run_with(&plan, "4x2", slow(), 2, conf);
    assert_eq!(eager.rows, patient.rows);
    assert!(eager.count(|event| matches!(event, EventKind::TaskStarted { cause: TaskCause::Speculative, .. })) > 0);
    assert!(eager.ended < patient.ended, "{} {}", eager.ended, patient.ended);
}

#[test]
fn a_cached_partition_that_dies_is_made_again_from_its_lineage() {
    let log = EventLog::new();
    let kill = vec![Fault::parse("kill:2@5").expect("a fault")];
    let mut cluster = cluster("4x2", kill, 2, &log, Conf::new());
    assert_eq!(cluster.new_cache("MEMORY_AND_DISK"), CacheId(0));
    let plan = cached(shuffled(range(2000, 6), 8));
    let first = collect(&mut cluster, &plan).expect("it runs");
    assert_eq!(cluster.cache_stats(CacheId(0)).cached, 8);
    assert!(cluster.now() < VirtualTime::from_secs_f64(5.0));
    cluster.advance(VirtualDuration::from_secs(10));
    assert_eq!(cluster.cache_stats(CacheId(0)).cached, 5, "three of eight were on node-2");
    assert_eq!(collect(&mut cluster, &plan).expect("it runs again"), first);
    assert_eq!(cluster.cache_stats(CacheId(0)).cached, 8);
    let hits: u32 = log
        .snapshot()
        .iter()
        .map(|event| match &event.kind {
            EventKind::TaskEnded { outcome: TaskOutcome::Succeeded, metrics, .. } => metrics.cache_hits,
            _ => 0,
        })
        .sum();
    assert_eq!(hits, 5);
    cluster.drop_cache(CacheId(0));
    assert_eq!(cluster.cache_stats(CacheId(0)), CacheStats::default());
}

#[test]
fn a_shuffle_that_ran_is_skipped_by_the_next_job() {
    let log = EventLog::new();
    let mut cluster = cluster("2x2", Vec::new(), 2, &log, Conf::new());
    let shuffle = cluster.new_shuffle();
    let exchange = shuffled(range(1000, 3), 4);
    let partitioning =
        crate::exec::task::ResolvedPartitioning::Plain(Partitioning::Hash(vec![Expr::Attribute(id_column())], 4));
    let work = JobWork::MapStage { shuffle, partitioning };
    let job = cluster.submit(JobSpec { work, ..spec(&range(1000, 3)) }).expect("submitted");
    cluster.run_until_done(&[job]).expect("it runs");
    assert_eq!(cluster.shuffle_rows(shuffle), 1000);
    let read = Arc::new(PhysicalPlan::ShuffleRead { shuffle, exchange, reducers: 4, slices: None });
    assert_eq!(collect(&mut cluster, &read).expect("it runs").iter().map(Vec::len).sum::<usize>(), 1000);
    assert!(log.snapshot().iter().any(|event| matches!(event.kind, EventKind::StageSkipped { .. })));
    cluster.end_query(QueryId(0), Vec::new());
    assert_eq!(cluster.shuffle_rows(shuffle), 0);
    assert_eq!(collect(&mut cluster, &read).expect("made again").iter().map(Vec::len).sum::<usize>(), 1000);
}

#[test]
fn events_keep_their_order_and_fetches_arrive_after_they_start() {
    let run = run(&two_shuffles(), &["kill:3@0.06"]);
    let mut last = VirtualTime::ZERO;
    for event in run.log.snapshot() {
        assert!(event.time >= last);
        last = event.time;
        if let EventKind::ShuffleFetched { arrives, .. } = event.kind {
            assert!(arrives >= event.time);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn faults_never_change_the_rows(
        rows in 0i64..800,
        maps in 1usize..7,
        middle in 1usize..6,
        reduces in 1usize..9,
        (keep, in_steps) in any::<(bool, bool)>(),
        (first, second) in (1u32..4, 1u32..4),
        (at, later) in (0u64..400, 0u64..9000),
        kinds in (0usize..3, 0usize..3),
    ) {
        let inner = spread(range(rows, maps), middle);
        let plan = shuffled(if keep { cached(inner) } else { inner }, reduces);
        let run_with = if in_steps { run_in_steps } else { run_with };
        let whole = run_with(&plan, "3x2", Vec::new(), 2, Conf::new());
        let kind = |kind: usize| ["kill", "kill-executor", "silent"][kind];
        let texts = [
            format!("{}:{first}@{}", kind(kinds.0), at as f64 / 1000.0),
            format!("{}:{second}@{}", kind(kinds.1), later as f64 / 1000.0),
        ];
        let faults = texts.iter().map(|text| Fault::parse(text).expect("a fault")).collect();
        let broken = run_with(&plan, "3x2", faults, 2, Conf::new());
        prop_assert_eq!(broken.rows, whole.rows, "{:?}", texts);
    }
}
