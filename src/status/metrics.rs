//! What a run did, in numbers: a summary as Spark counts, and a row for each stage, task attempt and executor.
//!
//! As Spark counts: a job for each exchange of an adaptive query, a stage for each attempt that was submitted (skipped stages are none), a task
//! for each attempt that ended, and the records that all of these wrote to shuffles (rows, or batches of rows where Python places them).

use super::model::{Attempt, Stage, Status};
use crate::common::ids::{ExecutorId, NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::event::{TaskCause, TaskMetrics, TaskOutcome};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The numbers of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics<'a> {
    status: &'a Status,
    /// All stages unless one is named.
    only: Option<StageId>,
    pub summary: Summary,
    pub stages: Vec<StageRow>,
    pub executors: Vec<ExecutorRow>,
}

/// The whole run, as Spark counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    pub jobs: u64,
    /// Stage attempts that were submitted.
    pub stages: u64,
    /// Task attempts that ended.
    pub tasks: u64,
    pub shuffle_records: u64,
    pub shuffle_bytes: u64,
    pub stages_skipped: u64,
    pub tasks_failed: u64,
    /// Task attempts that did work again.
    pub tasks_again: u64,
    pub input_records: u64,
    pub input_bytes: u64,
    pub output_records: u64,
    pub output_bytes: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_remote_bytes: u64,
    pub spilled_bytes: u64,
    pub cache_hits: u64,
    pub cache_misses: u64,
    pub virtual_seconds: f64,
    /// Of task attempts that ended.
    pub core_seconds: f64,
    pub cores: u32,
    pub executors: u32,
    pub executors_lost: u64,
}

/// One stage over all its attempts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRow {
    pub stage: String,
    pub name: String,
    pub jobs: Vec<u32>,
    pub attempts: u64,
    pub partitions: u64,
    #[serde(flatten)]
    pub work: Work,
    /// From the first submission to the last end.
    pub seconds: f64,
}

/// One attempt of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskRow {
    pub task: String,
    pub id: u64,
    pub stage_attempt: u32,
    pub attempt: u32,
    pub executor: u32,
    pub node: String,
    pub core: u32,
    pub locality: &'static str,
    pub cause: &'static str,
    pub outcome: &'static str,
    pub start_seconds: f64,
    #[serde(flatten)]
    pub work: Work,
}

/// One executor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecutorRow {
    pub executor: u32,
    pub node: String,
    pub cores: u32,
    pub is_live: bool,
    #[serde(flatten)]
    pub work: Work,
    pub cached_bytes: u64,
    pub shuffle_held_bytes: u64,
}

/// What some task attempts did together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Work {
    pub tasks: u64,
    pub failed: u64,
    pub again: u64,
    pub input_records: u64,
    pub input_bytes: u64,
    pub shuffle_read_records: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_remote_bytes: u64,
    pub shuffle_write_records: u64,
    pub shuffle_write_bytes: u64,
    pub output_records: u64,
    pub output_bytes: u64,
    pub spilled_bytes: u64,
    pub peak_memory_bytes: u64,
    pub cache_hits: u64,
    pub cache_misses: u64,
    pub core_seconds: f64,
    pub fetch_seconds: f64,
    pub compute_seconds: f64,
    pub write_seconds: f64,
}

impl Work {
    fn add(&mut self, attempt: &Attempt) {
        let Some(ended) = attempt.ended else { return };
        let m: &TaskMetrics = &attempt.metrics;
        self.tasks += 1;
        self.failed += u64::from(!attempt.succeeded());
        self.again += u64::from(attempt.is_again());
        self.input_records += m.input_rows;
        self.input_bytes += m.input_bytes;
        self.shuffle_read_records += m.shuffle_read_rows;
        self.shuffle_read_bytes += m.shuffle_read_bytes;
        self.shuffle_remote_bytes += m.shuffle_read_remote_bytes;
        self.shuffle_write_records +=
            if m.shuffle_write_batches > 0 { m.shuffle_write_batches } else { m.shuffle_write_rows };
        self.shuffle_write_bytes += m.shuffle_write_bytes;
        self.output_records += m.output_rows;
        self.output_bytes += m.output_bytes;
        self.spilled_bytes += m.spilled_bytes;
        self.peak_memory_bytes = self.peak_memory_bytes.max(m.peak_memory_bytes);
        self.cache_hits += u64::from(m.cache_hits);
        self.cache_misses += u64::from(m.cache_misses);
        self.core_seconds += ended.since(attempt.started).as_secs_f64();
        self.fetch_seconds += m.fetch_time.as_secs_f64();
        self.compute_seconds += m.compute_time.as_secs_f64();
        self.write_seconds += m.write_time.as_secs_f64();
    }
}

impl<'a> Metrics<'a> {
    /// The numbers of everything folded into `status`.
    #[must_use]
    pub fn of(status: &'a Status) -> Metrics<'a> {
        Self::counted(status, None)
    }

    /// Only what belongs to one stage: its row, its attempts, and what executors did for it. Absent where it did not run.
    #[must_use]
    pub fn of_stage(status: &'a Status, stage: StageId) -> Option<Metrics<'a>> {
        let mut counted = Self::counted(status, Some(stage));
        let row = counted.stages.first()?;
        let summary = &mut counted.summary;
        (summary.jobs, summary.stages, summary.stages_skipped) = (row.jobs.len() as u64, row.attempts, 0);
        summary.virtual_seconds = row.seconds;
        Some(counted)
    }

    fn counted(status: &'a Status, only: Option<StageId>) -> Metrics<'a> {
        let is_wanted = |stage: StageId| only.is_none_or(|only| only == stage);
        let mut by_stage: BTreeMap<StageId, Work> = BTreeMap::new();
        let mut by_executor: BTreeMap<ExecutorId, Work> = BTreeMap::new();
        let mut all = Work::default();
        for attempt in status.attempts.values().filter(|attempt| is_wanted(attempt.stage.stage)) {
            by_stage.entry(attempt.stage.stage).or_default().add(attempt);
            by_executor.entry(attempt.executor).or_default().add(attempt);
            all.add(attempt);
        }
        let has_run = |stage: &&Arc<Stage>| !stage.submissions.is_empty() && is_wanted(stage.definition.stage);
        let stages = status.stages.values().filter(has_run);
        let stages = stages.map(|stage| {
            let work = by_stage.remove(&stage.definition.stage).unwrap_or_default();
            stage_row(status, stage, work)
        });
        let stages = stages.collect();
        let executors = status.executors.iter().map(|(executor, node)| {
            let work = by_executor.remove(executor).unwrap_or_default();
            executor_row(status, *executor, *node, work)
        });
        Metrics { status, only, summary: summary(status, &all), stages, executors: executors.collect() }
    }

    /// What kind of time the seconds are.
    #[must_use]
    pub fn time_word(&self) -> &'static str {
        if self.status.time_word() == "real" { "real" } else { "virtual" }
    }

    /// The attempts of tasks, a row for each.
    pub fn tasks(&self) -> impl Iterator<Item = TaskRow> {
        let attempts = self.status.attempts.values();
        let wanted = attempts.filter(|attempt| self.only.is_none_or(|only| only == attempt.stage.stage));
        wanted.map(|attempt| task_row(self.status, attempt))
    }
}

fn summary(status: &Status, all: &Work) -> Summary {
    let submitted: usize = status.stages.values().map(|stage| stage.submissions.len()).sum();
    Summary {
        jobs: status.jobs.len() as u64,
        stages: submitted as u64,
        tasks: all.tasks,
        shuffle_records: all.shuffle_write_records,
        shuffle_bytes: all.shuffle_write_bytes,
        stages_skipped: status.totals.stages_skipped,
        tasks_failed: all.failed,
        tasks_again: all.again,
        input_records: all.input_records,
        input_bytes: all.input_bytes,
        output_records: all.output_records,
        output_bytes: all.output_bytes,
        shuffle_read_bytes: all.shuffle_read_bytes,
        shuffle_remote_bytes: all.shuffle_remote_bytes,
        spilled_bytes: all.spilled_bytes,
        cache_hits: all.cache_hits,
        cache_misses: all.cache_misses,
        virtual_seconds: status.now.as_secs_f64(),
        core_seconds: all.core_seconds,
        cores: status.nodes.values().map(|node| node.cores).sum(),
        executors: status.executors.len() as u32,
        executors_lost: status.deaths.len() as u64,
    }
}

fn stage_row(status: &Status, stage: &Stage, work: Work) -> StageRow {
    let id = stage.definition.stage;
    let start = stage.submissions.first().map_or(VirtualTime::ZERO, |submission| submission.at);
    let end = stage.submissions.last().and_then(|submission| submission.ended).unwrap_or(status.now);
    let mut jobs: Vec<u32> = stage.submissions.iter().map(|submission| submission.job.0).collect();
    jobs.dedup();
    StageRow {
        stage: id.to_string(),
        name: stage.definition.name.clone(),
        jobs,
        attempts: stage.submissions.len() as u64,
        partitions: stage.tasks().len() as u64,
        work,
        seconds: end.since(start).as_secs_f64(),
    }
}

fn task_row(status: &Status, attempt: &Attempt) -> TaskRow {
    let mut work = Work::default();
    work.add(attempt);
    TaskRow {
        task: status.attempt_name(attempt.task),
        id: attempt.task.0,
        stage_attempt: attempt.stage.attempt,
        attempt: attempt.attempt,
        executor: attempt.executor.0,
        node: attempt.node.to_string(),
        core: attempt.core,
        locality: attempt.locality.name(),
        cause: cause(&attempt.cause),
        outcome: attempt.outcome.as_ref().map_or("running", outcome),
        start_seconds: attempt.started.as_secs_f64(),
        work,
    }
}

fn executor_row(status: &Status, executor: ExecutorId, node: NodeId, work: Work) -> ExecutorRow {
    let machine = status.nodes.get(&node);
    let is_last = status.executors.iter().rev().find(|(_, at)| **at == node).is_some_and(|(id, _)| *id == executor);
    let is_live = is_last && machine.is_some_and(|machine| machine.is_alive() && machine.given_up.is_none());
    let (shuffle_held_bytes, cached_bytes) =
        if is_live { (status.outputs_on(node), status.cached_on(node)) } else { (0, 0) };
    let cores = machine.map_or(0, |machine| machine.cores);
    let executor = executor.0;
    ExecutorRow { executor, node: node.to_string(), cores, is_live, work, cached_bytes, shuffle_held_bytes }
}

/// Why an attempt ran, in a word.
#[must_use]
pub fn cause(cause: &TaskCause) -> &'static str {
    match cause {
        TaskCause::First => "first",
        TaskCause::OutputLost { .. } => "output lost",
        TaskCause::ExecutorLost { .. } => "executor lost",
        TaskCause::FetchFailed { .. } => "fetch failed",
        TaskCause::Retry { .. } => "retry",
        TaskCause::StageAgain => "stage again",
        TaskCause::RolledBack { .. } => "rolled back",
        TaskCause::Speculative => "speculative",
    }
}

/// How an attempt ended, in a word.
#[must_use]
pub fn outcome(outcome: &TaskOutcome) -> &'static str {
    match outcome {
        TaskOutcome::Succeeded => "succeeded",
        TaskOutcome::ExecutorLost { .. } => "executor lost",
        TaskOutcome::FetchFailed { .. } => "fetch failed",
        TaskOutcome::Failed { .. } => "failed",
        TaskOutcome::Killed { .. } => "killed",
        TaskOutcome::Ignored { .. } => "ignored",
    }
}
