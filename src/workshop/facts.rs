//! What one run did, in numbers: a pure function of its event log.

use super::plan_text::{self, PlanNode, Scan};
use crate::common::ids::{CacheId, PlanStepId, QueryId, ShuffleId, StageId, TaskId};
use crate::event::{Event, EventKind, Locality, PlanStep, StageDefinition, TaskCause, TaskMetrics, TaskOutcome};
use crate::session::KEEP_ACTION;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An action of the script.
#[derive(Debug, Clone, Default)]
pub struct Action {
    pub name: String,
    pub line: u32,
    pub rows: u64,
    /// The plan as it was when the action ended.
    pub plan: Vec<PlanNode>,
    /// The last step of what it computes, where that is told.
    pub of: Option<PlanStepId>,
    pub started: u64,
    pub ended: u64,
}

impl Action {
    /// Whether it only looked into a file's schema.
    #[must_use]
    pub fn is_schema_read(&self) -> bool {
        self.name.starts_with("read the schema")
    }

    /// Whether the script asked for it.
    #[must_use]
    pub fn is_real(&self) -> bool {
        !self.is_schema_read() && self.name != "getNumPartitions"
    }

    /// Whether its rows went into files.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.name.starts_with("write ")
    }
}

/// Work of one stage.
#[derive(Debug, Clone)]
pub struct StageWork {
    pub definition: Arc<StageDefinition>,
    pub was_run: bool,
    /// Metrics and microseconds of the tasks that succeeded.
    pub tasks: Vec<(Arc<TaskMetrics>, u64)>,
}

impl StageWork {
    /// Whether it reads files.
    #[must_use]
    pub fn scans(&self) -> bool {
        self.definition.operators.iter().any(|operator| operator.starts_with("scan "))
    }

    /// Whether it runs the steps of an RDD. The plan of the query shows them as rows that are there (`Scan ExistingRDD`), as Spark's does; looking into
    /// a file's schema is no such step.
    #[must_use]
    pub fn runs_rdd_steps(&self) -> bool {
        let mut steps = self.definition.plan.iter().filter(|line| line.starts_with("MapPartitions "));
        steps.any(|line| !line.starts_with("MapPartitions read schema"))
    }

    /// The scans of files that `coalesce(1)` leaves to a single task.
    pub fn narrowed_scans(&self) -> impl Iterator<Item = Scan> {
        let plan = &self.definition.plan;
        let is_narrowed = self.was_run && self.definition.tasks == 1 && plan.iter().any(|line| line == "Coalesce 1");
        let lines = plan.iter().filter(move |_| is_narrowed);
        lines.flat_map(|line| plan_text::nodes(line)).filter_map(|node| plan_text::scan(&node))
    }
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub app_name: String,
    pub slots: u32,
    pub nodes: u32,
    pub jobs: u64,
    pub actions: Vec<Action>,
    /// Steps of the plans that the script built.
    pub steps: BTreeMap<PlanStepId, PlanStep>,
    pub stages: BTreeMap<StageId, StageWork>,
    /// Rows that each shuffle holds, by reduce partition.
    pub shuffle_rows: BTreeMap<ShuffleId, Vec<u64>>,
    pub recomputed_tasks: u64,
    /// Those of them that were started when the last action of the script had begun.
    pub recomputed_at_last: u64,
    pub executors_lost: u64,
    pub near_scans: u64,
    pub far_scans: u64,
    pub cached: BTreeSet<(CacheId, u32)>,
    pub cached_rows: u64,
    pub cached_bytes: u64,
    /// Partitions that were ever cached.
    pub cached_ever: BTreeSet<(CacheId, u32)>,
    /// Path, files, rows of each write, in order.
    pub writes: Vec<(String, u64, u64)>,
    pub seconds: f64,
    /// When the last action of the script began: the moment before it.
    pub last_action_at: u64,
}

/// Folds the log of a run; what was computed only to check the answer is left out.
#[must_use]
pub fn facts(events: &[Arc<Event>]) -> Facts {
    let end = events
        .iter()
        .position(|event| matches!(&event.kind, EventKind::QueryStarted { action, .. } if action == KEEP_ACTION));
    let mut fold = Fold::default();
    for event in &events[..end.unwrap_or(events.len())] {
        fold.facts.seconds = event.time.0 as f64 / 1e9;
        fold.apply(event);
    }
    fold.facts.actions = fold.queries.into_values().collect();
    fold.facts.last_action_at =
        fold.facts.actions.iter().filter(|action| action.is_real()).map(|a| a.started).max().unwrap_or(0);
    let last = fold.facts.last_action_at;
    fold.facts.recomputed_at_last = fold.again.iter().filter(|at| **at >= last).count() as u64;
    fold.facts
}

#[derive(Default)]
struct Fold {
    facts: Facts,
    queries: BTreeMap<QueryId, Action>,
    running: BTreeMap<TaskId, (StageId, u64)>,
    /// When tasks were started again.
    again: Vec<u64>,
}

impl Fold {
    fn apply(&mut self, event: &Event) {
        let facts = &mut self.facts;
        let now = event.time.0;
        match &event.kind {
            EventKind::ApplicationStarted(application) => {
                let cluster = &application.cluster;
                facts.app_name.clone_from(&application.name);
                facts.nodes = cluster.nodes;
                facts.slots = cluster.nodes * cluster.cores_per_node;
            }
            EventKind::ExecutorRemoved { .. } => facts.executors_lost += 1,
            EventKind::PlanBuilt { steps, .. } => {
                facts.steps.extend(steps.iter().map(|step| (step.id, step.clone())));
            }
            EventKind::QueryStarted { query, action, line, plan, of } => {
                let plan = plan_text::nodes(plan);
                let (name, line, of) = (action.clone(), *line, *of);
                let started = Action { name, line, plan, of, started: now, ..Action::default() };
                self.queries.insert(*query, started);
            }
            EventKind::QueryReplanned { query, plan, .. } => {
                if let Some(action) = self.queries.get_mut(query) {
                    action.plan = plan_text::nodes(plan);
                }
            }
            EventKind::QueryEnded { query, rows, .. } => {
                if let Some(action) = self.queries.get_mut(query) {
                    action.rows = rows.unwrap_or(0);
                    action.ended = now;
                }
            }
            EventKind::JobSubmitted { .. } => facts.jobs += 1,
            EventKind::StageDefined(definition) => {
                let work = StageWork { definition: Arc::clone(definition), was_run: false, tasks: Vec::new() };
                facts.stages.insert(definition.stage, work);
            }
            EventKind::StageSubmitted { stage, .. } => {
                if let Some(work) = facts.stages.get_mut(&stage.stage) {
                    work.was_run = true;
                }
            }
            EventKind::TaskStarted { task, stage, locality, cause, .. } => {
                self.running.insert(*task, (stage.stage, now));
                if !matches!(cause, TaskCause::First | TaskCause::Speculative) {
                    facts.recomputed_tasks += 1;
                    self.again.push(now);
                }
                if facts.stages.get(&stage.stage).is_some_and(StageWork::scans) {
                    match locality {
                        Locality::Process | Locality::Node => facts.near_scans += 1,
                        _ => facts.far_scans += 1,
                    }
                }
            }
            EventKind::TaskEnded { task, outcome: TaskOutcome::Succeeded, metrics } => {
                if let Some((stage, started)) = self.running.remove(task)
                    && let Some(work) = facts.stages.get_mut(&stage)
                {
                    work.tasks.push((Arc::clone(metrics), (now - started) / 1000));
                }
            }
            EventKind::MapOutputRegistered { shuffle, rows, .. } => {
                let sums = facts.shuffle_rows.entry(*shuffle).or_default();
                sums.resize(rows.len().max(sums.len()), 0);
                sums.iter_mut().zip(rows.iter()).for_each(|(sum, rows)| *sum += rows);
            }
            EventKind::BlockCached { cache, partition, bytes, rows, .. } => {
                facts.cached.insert((*cache, *partition));
                if facts.cached_ever.insert((*cache, *partition)) {
                    facts.cached_rows += rows;
                    facts.cached_bytes += bytes;
                }
            }
            EventKind::CachedBlocksLost { cache, partitions, .. } => {
                facts.cached.retain(|(kept, partition)| kept != cache || !partitions.contains(partition));
            }
            EventKind::CacheDropped { cache } => facts.cached.retain(|(kept, _)| kept != cache),
            EventKind::OutputCommitted { path, files, rows, .. } => {
                facts.writes.push((path.trim_end_matches('/').to_owned(), u64::from(*files), *rows));
            }
            _ => {}
        }
    }
}

impl Facts {
    /// A sum over all tasks that succeeded.
    #[must_use]
    pub fn sum(&self, of: impl Fn(&TaskMetrics) -> u64) -> u64 {
        self.stages.values().flat_map(|work| &work.tasks).map(|(metrics, _)| of(metrics)).sum()
    }

    /// Stages that ran.
    pub fn stages_run(&self) -> impl Iterator<Item = &StageWork> {
        self.stages.values().filter(|work| work.was_run)
    }

    /// A step and all that it was made from.
    #[must_use]
    pub fn lineage(&self, step: PlanStepId) -> BTreeMap<PlanStepId, &PlanStep> {
        let (mut found, mut open) = (BTreeMap::new(), vec![step]);
        while let Some(step) = open.pop().and_then(|id| self.steps.get(&id)) {
            if found.insert(step.id, step).is_none() {
                open.extend(&step.inputs);
            }
        }
        found
    }

    /// Operators of the actions' plans; those of cached rows only when asked for.
    pub fn operators(&self, with_cached: bool) -> impl Iterator<Item = &PlanNode> {
        let actions = self.actions.iter().filter(|action| !action.is_schema_read());
        actions.flat_map(|action| &action.plan).filter(move |node| with_cached || !node.is_cached)
    }

    /// The scans of a table or folder, over all actions.
    #[must_use]
    pub fn scans_of(&self, table: &str) -> Vec<Scan> {
        self.operators(true).filter_map(plan_text::scan).filter(|scan| scan.reads(table)).collect()
    }

    /// Joins that rows of a table enter as they are, before anything adds them up.
    #[must_use]
    pub fn raw_joins(&self, table: &str) -> usize {
        let mut joins = BTreeSet::new();
        for (index, action) in self.actions.iter().enumerate() {
            let plan = &action.plan;
            let reads = |at: &usize| plan_text::scan(&plan[*at]).is_some_and(|scan| scan.reads(table));
            for scan in (0..plan.len()).filter(reads) {
                let raw = plan_text::above(plan, scan).take_while(|at| !plan_text::is_aggregate(&plan[*at]));
                joins.extend(raw.filter(|at| plan_text::join_strategy(&plan[*at]).is_some()).map(|at| (index, at)));
            }
        }
        joins.len()
    }

    /// How often files were read from end to end: each stage that scans counts by the share of its tasks that ran.
    #[must_use]
    pub fn scans(&self) -> f64 {
        let mut scans = 0.0;
        for work in self.stages.values().filter(|work| !work.tasks.is_empty()) {
            let reading = if work.scans() {
                work.tasks.len() as f64
            } else {
                work.tasks.iter().filter(|(metrics, _)| metrics.cache_misses > 0).count() as f64
            };
            scans += reading / f64::from(work.definition.tasks.max(1));
        }
        scans
    }

    /// Rows that the tasks of the stage with the most shuffled input read, task by task.
    #[must_use]
    pub fn heaviest_reads(&self) -> Vec<u64> {
        let reads = |work: &StageWork| work.tasks.iter().map(|(metrics, _)| metrics.shuffle_read_rows).collect();
        let candidates = self.stages.values().filter(|work| !work.definition.reads.is_empty()).map(reads);
        candidates.max_by_key(|rows: &Vec<u64>| rows.iter().sum::<u64>()).unwrap_or_default()
    }

    /// Exchanges on the longest way down the last action's plan.
    #[must_use]
    pub fn lineage_depth(&self) -> u64 {
        let Some(action) = self.actions.iter().rev().find(|action| action.is_real()) else { return 0 };
        let mut open: Vec<usize> = Vec::new();
        let mut deepest = 0;
        for node in &action.plan {
            open.retain(|depth| *depth < node.depth);
            if plan_text::exchange_kind(node).is_some() {
                open.push(node.depth);
                deepest = deepest.max(open.len() as u64);
            }
        }
        deepest
    }

    /// Names of the tables whose rows were broadcast.
    #[must_use]
    pub fn broadcast_tables(&self) -> Vec<String> {
        let mut tables = BTreeSet::new();
        for action in &self.actions {
            for at in 0..action.plan.len() {
                if action.plan[at].name() == "BroadcastExchange" {
                    let below = plan_text::below(&action.plan, at).iter().filter_map(plan_text::scan);
                    tables.extend(below.map(|scan| scan.path.rsplit('/').next().unwrap_or_default().to_owned()));
                }
            }
        }
        tables.into_iter().collect()
    }

    /// Longest task against the middle one, in the stage where this is worst (stages of one task aside).
    #[must_use]
    pub fn straggler_ratio(&self) -> f64 {
        let mut worst = 1.0_f64;
        for work in self.stages.values().filter(|work| work.tasks.len() > 1) {
            let mut times: Vec<u64> = work.tasks.iter().map(|(_, time)| *time).collect();
            times.sort_unstable();
            let middle = times[times.len() / 2].max(1);
            worst = worst.max(times[times.len() - 1] as f64 / middle as f64);
        }
        worst
    }
}
