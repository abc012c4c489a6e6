//! A small recorded run for tests: 4 nodes with 2 cores, 6 maps, 4 reduces, `node-3` dies and takes 2 map outputs and a running task.

use crate::common::diff::Hunk;
use crate::common::ids::{CacheId, ExecutorId, JobId, NodeId, QueryId, ShuffleId, StageId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::log::EventLog;
use crate::event::{
    Application, ClusterShape, Determinism, Event, EventKind, Locality, RowSample, RuleChange, SampledRow,
    StageAttempt, StageDefinition, SubmitReason, TaskCause, TaskMetrics, TaskOutcome,
};
use std::sync::Arc;

/// Writes events at given seconds.
struct Pen {
    log: EventLog,
    next_task: u64,
}

/// Where a task runs.
struct Place {
    node: u32,
    core: u32,
}

impl Pen {
    fn at(&self, secs: f64, kind: EventKind) {
        self.log.push(VirtualTime::from_secs_f64(secs), kind);
    }

    fn start(&mut self, secs: f64, stage: (u32, u32), partition: u32, place: &Place, cause: TaskCause) -> TaskId {
        let task = TaskId(self.next_task);
        self.next_task += 1;
        let stage_attempt = StageAttempt { stage: StageId(stage.0), attempt: stage.1 };
        let again = u32::from(!matches!(cause, TaskCause::First));
        let kind = EventKind::TaskStarted {
            task,
            stage: stage_attempt,
            partition,
            attempt: again,
            executor: ExecutorId(place.node),
            node: NodeId(place.node),
            core: place.core,
            locality: if again == 1 { Locality::Any } else { Locality::Node },
            cause,
        };
        self.at(secs, kind);
        task
    }

    fn end(&self, secs: f64, task: TaskId, outcome: TaskOutcome) {
        let metrics = TaskMetrics {
            rows_in: 1000,
            rows_out: 400,
            input_rows: 1000,
            shuffle_write_bytes: 40_000,
            shuffle_write_rows: 400,
            peak_memory_bytes: 64 << 20,
            compute_time: VirtualDuration::from_millis(1500),
            ..TaskMetrics::default()
        };
        self.at(secs, EventKind::TaskEnded { task, outcome, metrics: Arc::new(metrics) });
    }

    fn output(&self, secs: f64, map: u32, node: u32) {
        let kind = EventKind::MapOutputRegistered {
            shuffle: ShuffleId(0),
            map,
            node: NodeId(node),
            executor: ExecutorId(node),
            bytes: vec![40_000; 4].into(),
            rows: vec![280, 40, 50, 30].into(),
        };
        self.at(secs, kind);
        let row = |(reduce, cells): (u32, [&str; 2])| SampledRow { reduce, cells: cells.map(str::to_owned).into() };
        let rows = [
            (0, ["DE", "12"]),
            (0, ["DE", "3"]),
            (0, ["DE", "7"]),
            (0, ["AT", "1"]),
            (1, ["FR", "2"]),
            (2, ["IT", "4"]),
        ];
        let sample = RowSample {
            shuffle: ShuffleId(0),
            map,
            by: "hash".into(),
            keys: vec!["country".into()],
            columns: vec!["count".into()],
            rows: rows.into_iter().map(row).collect(),
        };
        self.at(secs, EventKind::RowsSampled(Arc::new(sample)));
    }
}

/// The run, from the first to the last event.
#[must_use]
pub fn node_death() -> Vec<Arc<Event>> {
    let mut pen = Pen { log: EventLog::new(), next_task: 0 };
    open(&pen);
    let maps = map_stage(&mut pen);
    reduce_until_death(&mut pen);
    recover(&mut pen);
    drop(maps);
    pen.log.snapshot()
}

fn open(pen: &Pen) {
    let cluster = ClusterShape {
        name: "small".into(),
        nodes: 4,
        cores_per_node: 2,
        memory_per_node_bytes: 512 << 20,
        is_real: false,
    };
    let script = "from pyspark.sql import SparkSession\n".to_owned();
    let name = "orders by country".to_owned();
    let application = Application { name, script, seed: 7, cluster, conf: Vec::new() };
    pen.at(0.0, EventKind::ApplicationStarted(Arc::new(application)));
    for node in 1..=4 {
        pen.at(
            0.0,
            EventKind::NodeAdded { node: NodeId(node), cores: 2, memory_bytes: 512 << 20, rack: 0, is_spot: false },
        );
        pen.at(
            0.0,
            EventKind::ExecutorAdded { executor: ExecutorId(node), node: NodeId(node), cores: 2, first_core: 0 },
        );
    }
    pen.at(0.1, EventKind::StatementStarted { line: 9, text: "orders.groupBy(\"country\").count().show()".into() });
    pen.at(
        0.1,
        EventKind::QueryStarted { query: QueryId(0), action: "show".into(), line: 9, plan: PHYSICAL.into(), of: None },
    );
    pen.at(0.1, optimized());
    pen.at(
        0.1,
        EventKind::StageDefined(definition(0, "orders", &["scan csv", "filter", "partial aggregate"], 6, None)),
    );
    pen.at(0.1, EventKind::StageDefined(definition(1, "aggregate", &["final aggregate"], 4, Some(0))));
    let description = "show at line 9".to_owned();
    let stages = vec![StageId(0), StageId(1)];
    pen.at(0.1, EventKind::JobSubmitted { job: JobId(0), query: Some(QueryId(0)), stages, description });
}

const PHYSICAL: &str = "== Physical Plan ==
AdaptiveSparkPlan isFinalPlan=false
+- HashAggregate(keys=[country#2], functions=[count(1)])
   +- Exchange hashpartitioning(country#2, 4), ENSURE_REQUIREMENTS, [plan_id=1]
      +- HashAggregate(keys=[country#2], functions=[partial_count(1)])
         +- Project [country#2]
            +- Filter (amount#1 > 0.0)
               +- FileScan csv [amount#1,country#2]
";

/// The filter is pushed below the projection, and a column is pruned.
fn optimized() -> EventKind {
    let analyzed = "Aggregate [country#2], [country#2, count(1) AS count#5L]
+- Filter (amount#1 > 0.0)
   +- Project [id#0, amount#1, country#2]
      +- Relation [id#0,amount#1,country#2] csv
";
    let hunk = |at: usize, removed: usize, added: &[&str]| Hunk {
        at,
        removed,
        added: added.iter().map(|line| (*line).to_owned()).collect(),
    };
    let pushed = ["+- Project [id#0, amount#1, country#2]", "   +- Filter (amount#1 > 0.0)"];
    let rules = vec![
        RuleChange { rule: "PushDownPredicates".into(), changes: vec![hunk(1, 2, &pushed)] },
        RuleChange { rule: "ColumnPruning".into(), changes: vec![hunk(1, 1, &["+- Project [country#2]"])] },
    ];
    EventKind::QueryOptimized { query: QueryId(0), analyzed: analyzed.into(), rules, left_out: 0 }
}

fn definition(stage: u32, name: &str, operators: &[&str], tasks: u32, reads: Option<u32>) -> Arc<StageDefinition> {
    Arc::new(StageDefinition {
        stage: StageId(stage),
        name: name.into(),
        operators: operators.iter().map(|operator| (*operator).to_owned()).collect(),
        plan: plan_of(reads.is_some()),
        tasks,
        parents: reads.map(StageId).into_iter().collect(),
        writes: reads.is_none().then_some(ShuffleId(stage)),
        reduce_partitions: if reads.is_none() { 4 } else { 0 },
        reads: reads.map(|parent| (ShuffleId(parent), StageId(parent))).into_iter().collect(),
        slices: None,
        caches: if reads.is_none() { vec![CacheId(0)] } else { Vec::new() },
        broadcasts: Vec::new(),
        determinism: Determinism::Determinate,
        query: Some(QueryId(0)),
        line: 9,
    })
}

/// The operators above the exchange or below it.
fn plan_of(is_above: bool) -> Vec<String> {
    let (above, below) = PHYSICAL.split_once("Exchange hashpartitioning").unwrap_or((PHYSICAL, ""));
    let lines = if is_above { above } else { below }.lines().filter_map(|line| line.split_once("+- ")).rev();
    lines.map(|(_, operator)| operator.to_owned()).filter(|operator| !operator.is_empty()).collect()
}

fn submit(pen: &Pen, secs: f64, stage: (u32, u32), partitions: Vec<u32>, reason: SubmitReason) {
    let stage = StageAttempt { stage: StageId(stage.0), attempt: stage.1 };
    pen.at(secs, EventKind::StageSubmitted { stage, job: JobId(0), partitions: partitions.into(), reason });
}

fn complete(pen: &Pen, secs: f64, stage: (u32, u32)) {
    pen.at(secs, EventKind::StageCompleted { stage: StageAttempt { stage: StageId(stage.0), attempt: stage.1 } });
}

fn map_stage(pen: &mut Pen) -> Vec<TaskId> {
    submit(pen, 0.1, (0, 0), (0..6).collect(), SubmitReason::Needed);
    let first: Vec<TaskId> = [(0, 1, 0), (1, 1, 1), (2, 2, 0), (3, 2, 1), (4, 3, 0), (5, 3, 1)]
        .into_iter()
        .map(|(map, node, core)| pen.start(0.2, (0, 0), map, &Place { node, core }, TaskCause::First))
        .collect();
    for (map, task) in first.iter().enumerate() {
        let secs = 3.0 + map as f64 * 0.2;
        pen.end(secs, *task, TaskOutcome::Succeeded);
        pen.output(secs, map as u32, 1 + map as u32 / 2);
        if map == 4 {
            let cached = EventKind::BlockCached {
                cache: CacheId(0),
                partition: 4,
                node: NodeId(3),
                executor: ExecutorId(3),
                bytes: 9000,
                rows: 100,
                on_disk: false,
            };
            pen.at(secs, cached);
        }
    }
    complete(pen, 4.0, (0, 0));
    first
}

fn fetch(pen: &Pen, secs: f64, task: TaskId, from: u32, arrives: f64) {
    let kind = EventKind::ShuffleFetched {
        task,
        shuffle: ShuffleId(0),
        from: NodeId(from),
        blocks: 2,
        bytes: 80_000,
        arrives: VirtualTime::from_secs_f64(arrives),
    };
    pen.at(secs, kind);
}

fn reduce_until_death(pen: &mut Pen) {
    submit(pen, 4.0, (1, 0), (0..4).collect(), SubmitReason::Needed);
    let p0 = pen.start(4.1, (1, 0), 0, &Place { node: 1, core: 0 }, TaskCause::First);
    let p1 = pen.start(4.1, (1, 0), 1, &Place { node: 2, core: 0 }, TaskCause::First);
    let p2 = pen.start(4.1, (1, 0), 2, &Place { node: 3, core: 0 }, TaskCause::First);
    for node in 1..=3 {
        fetch(pen, 4.1, p0, node, 4.4);
        fetch(pen, 4.1, p1, node, 5.6);
        fetch(pen, 4.1, p2, node, 5.6);
    }
    pen.end(5.0, p0, TaskOutcome::Succeeded);
    let p3 = pen.start(5.0, (1, 0), 3, &Place { node: 1, core: 0 }, TaskCause::First);
    for node in 1..=3 {
        fetch(pen, 5.0, p3, node, 5.8);
    }
    let dead = NodeId(3);
    pen.at(5.2, EventKind::FaultInjected { fault: "kill node-3".into(), node: Some(dead) });
    pen.at(5.2, EventKind::NodeDied { node: dead });
    pen.end(5.2, p2, TaskOutcome::ExecutorLost { node: dead });
    pen.at(5.2, EventKind::ExecutorRemoved { executor: ExecutorId(3), node: dead, reason: "connection closed".into() });
    let reason = "node-3 died".to_owned();
    pen.at(
        5.2,
        EventKind::MapOutputsLost { shuffle: ShuffleId(0), maps: vec![4, 5], node: dead, reason: reason.clone() },
    );
    pen.at(5.2, EventKind::CachedBlocksLost { cache: CacheId(0), partitions: vec![4], node: dead, reason });
    let failed = |map| TaskOutcome::FetchFailed { shuffle: ShuffleId(0), map, node: dead, is_damaged: false };
    pen.end(5.4, p1, failed(4));
    let stage = StageAttempt { stage: StageId(1), attempt: 0 };
    pen.at(5.4, EventKind::StageFailed { stage, reason: "a block of S0.m4 on node-3 could not be read".into() });
    pen.end(5.4, p3, failed(4));
}

fn recover(pen: &mut Pen) {
    let dead = NodeId(3);
    submit(pen, 5.6, (0, 1), vec![4, 5], SubmitReason::OutputsLost { shuffle: ShuffleId(0), maps: vec![4, 5] });
    let m4 = pen.start(5.7, (0, 1), 4, &Place { node: 1, core: 1 }, TaskCause::OutputLost { node: dead });
    let m5 = pen.start(5.7, (0, 1), 5, &Place { node: 2, core: 1 }, TaskCause::OutputLost { node: dead });
    pen.end(8.5, m4, TaskOutcome::Succeeded);
    pen.output(8.5, 4, 1);
    pen.end(8.7, m5, TaskOutcome::Succeeded);
    pen.output(8.7, 5, 2);
    complete(pen, 8.7, (0, 1));
    submit(pen, 8.7, (1, 1), vec![1, 2, 3], SubmitReason::FetchFailed { shuffle: ShuffleId(0) });
    let again = TaskCause::FetchFailed { node: dead };
    let p1 = pen.start(8.8, (1, 1), 1, &Place { node: 1, core: 0 }, again.clone());
    let p2 = pen.start(8.8, (1, 1), 2, &Place { node: 2, core: 0 }, TaskCause::ExecutorLost { node: dead });
    let p3 = pen.start(8.8, (1, 1), 3, &Place { node: 4, core: 0 }, again);
    for task in [p1, p2, p3] {
        fetch(pen, 8.8, task, 1, 9.2);
        fetch(pen, 8.8, task, 2, 9.2);
    }
    for (task, secs) in [(p1, 9.8), (p2, 9.9), (p3, 10.0)] {
        pen.end(secs, task, TaskOutcome::Succeeded);
    }
    complete(pen, 10.0, (1, 1));
    pen.at(10.0, EventKind::JobEnded { job: JobId(0), error: None });
    pen.at(10.1, EventKind::QueryEnded { query: QueryId(0), rows: Some(42), error: None });
    pen.at(10.1, EventKind::Printed { text: "+-------+-----+\n".into() });
    pen.at(10.2, EventKind::ApplicationEnded { exit: 0 });
}

/// The same cluster; of six maps the last takes long, so that a copy on another node begins at 4 s and wins at 6 s.
#[must_use]
pub fn race() -> Vec<Arc<Event>> {
    let mut pen = Pen { log: EventLog::new(), next_task: 0 };
    open(&pen);
    submit(&pen, 0.1, (0, 0), (0..6).collect(), SubmitReason::Needed);
    let places = [(1, 0), (1, 1), (2, 0), (2, 1), (4, 0), (3, 1)];
    let tasks: Vec<TaskId> = (0..)
        .zip(places)
        .map(|(map, (node, core))| pen.start(0.2, (0, 0), map, &Place { node, core }, TaskCause::First))
        .collect();
    for (map, task) in tasks[..5].iter().enumerate() {
        pen.end(2.0, *task, TaskOutcome::Succeeded);
        pen.output(2.0, map as u32, places[map].0);
    }
    let copy = pen.start(4.0, (0, 0), 5, &Place { node: 1, core: 0 }, TaskCause::Speculative);
    pen.end(6.0, copy, TaskOutcome::Succeeded);
    pen.output(6.0, 5, 1);
    pen.end(6.0, tasks[5], TaskOutcome::Killed { reason: "another attempt succeeded".into() });
    complete(&pen, 6.0, (0, 0));
    pen.log.snapshot()
}

/// Jobs one after the other on 8 nodes with 4 cores: each of 64 maps and 64 reduces, all outputs kept; now and then a task runs again.
#[must_use]
pub fn many_jobs(jobs: u32) -> Vec<Arc<Event>> {
    let mut pen = Pen { log: EventLog::new(), next_task: 0 };
    for node in 1..=8 {
        let (cores, memory_bytes) = (4, 512 << 20);
        pen.at(0.0, EventKind::NodeAdded { node: NodeId(node), cores, memory_bytes, rack: 0, is_spot: false });
        pen.at(0.0, EventKind::ExecutorAdded { executor: ExecutorId(node), node: NodeId(node), cores, first_core: 0 });
    }
    for job in 0..jobs {
        let (map, reduce) = (2 * job, 2 * job + 1);
        for stage in
            [definition(map, "orders", &["scan"], 64, None), definition(reduce, "sum", &["sum"], 64, Some(map))]
        {
            pen.at(0.0, EventKind::StageDefined(Arc::new(StageDefinition { query: None, ..(*stage).clone() })));
        }
        let (stages, description) = (vec![StageId(map), StageId(reduce)], "count".to_owned());
        pen.at(0.0, EventKind::JobSubmitted { job: JobId(job), query: None, stages, description });
        for stage in [map, reduce] {
            submit(&pen, 0.0, (stage, 0), (0..64).collect(), SubmitReason::Needed);
            (0..2).for_each(|wave| one_wave(&mut pen, stage, wave));
            complete(&pen, 0.0, (stage, 0));
        }
        pen.at(0.0, EventKind::JobEnded { job: JobId(job), error: None });
    }
    pen.log.snapshot()
}

/// 32 tasks side by side, of half a second; `at` lifts times to those before.
fn one_wave(pen: &mut Pen, stage: u32, wave: u32) {
    let last = pen.log.len().saturating_sub(1);
    let now = pen.log.since(last).first().map_or(0.0, |event| event.time.as_secs_f64());
    let place = |task: u32| Place { node: task / 4 + 1, core: task % 4 };
    let start = |pen: &mut Pen, task: u32| {
        let cause = if task == 5 { TaskCause::Retry { reason: "no".into() } } else { TaskCause::First };
        pen.start(now, (stage, 0), wave * 32 + task, &place(task), cause)
    };
    let tasks: Vec<TaskId> = (0..32).map(|task| start(pen, task)).collect();
    for (task, id) in (0..).zip(tasks) {
        pen.end(now + 0.5, id, TaskOutcome::Succeeded);
        if stage.is_multiple_of(2) {
            let (node, executor) = (NodeId(task / 4 + 1), ExecutorId(task / 4 + 1));
            let (shuffle, map) = (ShuffleId(stage), wave * 32 + task);
            let (bytes, rows) = ([100].into(), [10].into());
            pen.at(now + 0.5, EventKind::MapOutputRegistered { shuffle, map, node, executor, bytes, rows });
        }
    }
}
