//! Which named limit made a job fail, and does the log bear it out (design S2)?

use crate::common::ids::{ExecutorId, JobId, NodeId, StageId, TaskId};
use crate::event::{Determinism, Event, EventKind, StageAttempt, TaskOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a job failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// `spark.task.maxFailures` attempts of one task failed.
    TaskFailures,
    /// `spark.stage.maxConsecutiveAttempts` attempts of one stage failed.
    StageAttempts,
    /// Exclusion after failures leaves a task no executor.
    Excluded,
    /// `spark.task.maxFailures` attempts of one task had no room for something that cannot be spilled, or were lost with one that had not.
    Memory,
    /// Rows of an indeterminate stage were lost, and results that stand on them had been delivered.
    Indeterminate,
    /// A block of a local checkpoint went with its executor.
    CheckpointLost,
    /// No executor is left and none will come.
    NoExecutor,
    /// The driver died, and with it the application.
    DriverLost,
    /// Nobody waits for it any more: its query failed elsewhere.
    Cancelled,
    /// What the script asked for raises on these rows, whatever the cluster does.
    OwnError,
}

/// The limits that made jobs of this log fail, in order.
///
/// # Errors
/// When a job failed and the log does not bear its reason out.
pub fn failures(events: &[Arc<Event>]) -> Result<Vec<(JobId, Limit)>, String> {
    let mut seen = Seen::default();
    let mut found = Vec::new();
    for event in events {
        if let EventKind::JobEnded { job, error: Some(reason) } = &event.kind {
            found.push((*job, seen.limit(*job, reason)?));
        }
        seen.add(&event.kind);
    }
    Ok(found)
}

/// A stage attempt's partition.
type Work = (StageAttempt, u32);

/// Where a task ran.
type Place = (ExecutorId, NodeId);

#[derive(Default)]
struct Seen {
    stages: BTreeMap<JobId, Vec<StageId>>,
    executors: BTreeMap<ExecutorId, NodeId>,
    /// Executors and nodes that get no more tasks of a stage, or of any.
    barred: BTreeSet<(ExecutorId, Option<StageId>)>,
    barred_nodes: BTreeSet<(NodeId, Option<StageId>)>,
    /// The tasks that run.
    tasks: BTreeMap<TaskId, (Work, Place)>,
    /// Attempts that failed, by stage attempt and partition.
    failed: BTreeMap<Work, u32>,
    /// Where attempts failed by themselves.
    failed_on: BTreeMap<Work, Vec<Place>>,
    errors: BTreeMap<StageId, Vec<String>>,
    stage_failures: BTreeMap<StageId, u32>,
    /// What ran out of memory.
    exhausted: BTreeSet<Work>,
    indeterminate: BTreeSet<StageId>,
    has_lost_outputs: bool,
    /// Nodes on which cached rows lie, or lay.
    cached_on: BTreeSet<NodeId>,
    /// Cached rows are gone, or lie where nobody can ask for them now.
    has_lost_cached: bool,
    is_driver_dead: bool,
}

impl Seen {
    fn add(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ExecutorAdded { executor, node, .. } => drop(self.executors.insert(*executor, *node)),
            EventKind::ExecutorDecommissioned { executor, .. } => drop(self.barred.insert((*executor, None))),
            EventKind::ExecutorExcluded { executor, stage, .. } => {
                self.barred.insert((*executor, stage.map(|stage| stage.stage)));
            }
            EventKind::NodeExcluded { node, stage } => {
                self.barred_nodes.insert((*node, stage.map(|stage| stage.stage)));
            }
            EventKind::ExecutorRemoved { executor, .. } => drop(self.executors.remove(executor)),
            EventKind::FaultInjected { fault, .. } => self.is_driver_dead |= fault.contains("driver"),
            EventKind::JobSubmitted { job, stages, .. } => drop(self.stages.insert(*job, stages.clone())),
            EventKind::StageDefined(stage) if stage.determinism >= Determinism::Compared => {
                self.indeterminate.insert(stage.stage);
            }
            EventKind::MapOutputsLost { .. } => self.has_lost_outputs = true,
            EventKind::BlockCached { node, .. } | EventKind::BlockReplicated { node, .. } => {
                self.cached_on.insert(*node);
            }
            EventKind::CachedBlocksLost { .. } => self.has_lost_cached = true,
            // Tasks notice it before the driver does.
            EventKind::NodeDied { node } | EventKind::NodeCutOff { node } => {
                self.has_lost_cached |= self.cached_on.contains(node);
            }
            EventKind::StageFailed { stage, .. } => *self.stage_failures.entry(stage.stage).or_default() += 1,
            EventKind::TaskStarted { task, stage, partition, executor, node, .. } => {
                self.tasks.insert(*task, ((*stage, *partition), (*executor, *node)));
            }
            EventKind::MemoryExhausted { task: Some(task), .. } => {
                self.exhausted.extend(self.tasks.get(task).map(|(work, _)| *work));
            }
            EventKind::TaskEnded { task, outcome, .. } => {
                let Some((work, place)) = self.tasks.remove(task) else { return };
                if let TaskOutcome::Failed { error } = outcome {
                    self.errors.entry(work.0.stage).or_default().push(error.clone());
                    self.failed_on.entry(work).or_default().push(place);
                }
                if matches!(outcome, TaskOutcome::Failed { .. } | TaskOutcome::ExecutorLost { .. }) {
                    *self.failed.entry(work).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    fn limit(&self, job: JobId, reason: &str) -> Result<Limit, String> {
        let stages = self.stages.get(&job).map_or(&[][..], Vec::as_slice);
        let unborne = || format!("{job} failed, and the log does not bear its reason out: {reason}");
        if let Some(times) = number_after(reason, " failed ", " times") {
            let most =
                self.failed.iter().filter(|((stage, _), _)| stages.contains(&stage.stage)).map(|(_, n)| *n).max();
            let own = self.exhausted.iter().any(|(stage, _)| stages.contains(&stage.stage));
            return match (most >= Some(times), reason.contains("OutOfMemoryError"), reason.contains("with code 52")) {
                (true, true, _) if own => Ok(Limit::Memory),
                (true, false, true) if !self.exhausted.is_empty() => Ok(Limit::Memory),
                (true, false, false) => Ok(Limit::TaskFailures),
                _ => Err(unborne()),
            };
        }
        if let Some(times) = number_after(reason, "maximum allowable number of times: ", ".") {
            let most = stages.iter().filter_map(|stage| self.stage_failures.get(stage)).max().copied();
            return if most >= Some(times) { Ok(Limit::StageAttempts) } else { Err(unborne()) };
        }
        if reason.contains("Aborting TaskSet ") {
            return if self.is_excluded_everywhere(stages, reason) { Ok(Limit::Excluded) } else { Err(unborne()) };
        }
        if reason.contains("[CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND]") {
            return if self.has_lost_cached { Ok(Limit::CheckpointLost) } else { Err(unborne()) };
        }
        if reason.contains("indeterminate") || reason.contains("cannot rollback") {
            let is_so = stages.iter().any(|stage| self.indeterminate.contains(stage)) && self.has_lost_outputs;
            return if is_so { Ok(Limit::Indeterminate) } else { Err(unborne()) };
        }
        if reason.contains("no executor is left") {
            return if self.executors.is_empty() { Ok(Limit::NoExecutor) } else { Err(unborne()) };
        }
        if reason.contains("the driver died") {
            return if self.is_driver_dead { Ok(Limit::DriverLost) } else { Err(unborne()) };
        }
        if reason.contains("its query has ended") || reason.contains("interrupted") {
            return Ok(Limit::Cancelled);
        }
        let mut errors = stages.iter().filter_map(|stage| self.errors.get(stage)).flatten();
        if errors.any(|error| reason.contains(error.as_str())) { Ok(Limit::OwnError) } else { Err(unborne()) }
    }

    /// Whether the task that a reason names may start on no executor there is.
    fn is_excluded_everywhere(&self, stages: &[StageId], reason: &str) -> bool {
        let Some(partition) = number_after(reason, "(partition ", ")") else { return false };
        let failures =
            self.failed_on.iter().filter(|((stage, part), _)| stages.contains(&stage.stage) && *part == partition);
        let failures: Vec<Place> = failures.flat_map(|(_, places)| places.iter().copied()).collect();
        let is_barred = |(executor, node): (&ExecutorId, &NodeId)| {
            let here = failures.iter().any(|(failed, _)| failed == executor);
            let on_node = failures.iter().filter(|(_, failed)| failed == node).count() > 1;
            let counts = |stage: &Option<StageId>| stage.is_none_or(|stage| stages.contains(&stage));
            here || on_node
                || self.barred.iter().any(|(barred, stage)| barred == executor && counts(stage))
                || self.barred_nodes.iter().any(|(barred, stage)| barred == node && counts(stage))
        };
        !self.executors.is_empty() && self.executors.iter().all(is_barred)
    }
}

fn number_after(text: &str, before: &str, after: &str) -> Option<u32> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after)?.0.trim().parse().ok()
}
