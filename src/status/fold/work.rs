//! Stages and tasks: what is asked for, what runs where, and how it ends.

use crate::common::ids::{StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{EventKind, StageDefinition, TaskCause, TaskMetrics, TaskOutcome};
use crate::status::model::{Attempt, Fetch, Shuffle, Stage, Status, Submission, TaskState};
use crate::status::recompute::caused_by;
use std::sync::Arc;

impl Status {
    pub(super) fn apply_stage(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::StageDefined(definition) => self.define_stage(at, definition),
            EventKind::StageSkipped { job, stage } => {
                self.totals.stages_skipped += 1;
                if let Some(known) = self.stages.get_mut(stage) {
                    Arc::make_mut(known).skipped_by.push(*job);
                }
            }
            EventKind::StageSubmitted { stage, job, partitions, reason } => {
                self.totals.stages_run += u64::from(stage.attempt == 0);
                if let Some(known) = self.stages.get_mut(&stage.stage) {
                    // What it had was lost since: the job runs it after all.
                    if let Some(at) = known.skipped_by.iter().position(|by| by == job) {
                        Arc::make_mut(known).skipped_by.remove(at);
                        self.totals.stages_skipped -= 1;
                    }
                    let submission = Submission {
                        attempt: stage.attempt,
                        job: *job,
                        at,
                        partitions: Arc::clone(partitions),
                        reason: reason.clone(),
                        ended: None,
                        failure: None,
                    };
                    Arc::make_mut(known).submissions.push(submission);
                }
            }
            EventKind::StageCompleted { stage } => self.end_submission(stage.stage, stage.attempt, at, None),
            EventKind::StageFailed { stage, reason } => {
                self.end_submission(stage.stage, stage.attempt, at, Some(reason.clone()));
            }
            _ => {}
        }
    }

    fn define_stage(&mut self, at: VirtualTime, definition: &Arc<StageDefinition>) {
        let id = definition.stage;
        if let Some(writes) = definition.writes {
            let readers = self.shuffles.get(&writes).map(|known| known.readers.clone()).unwrap_or_default();
            self.shuffles.insert(writes, Arc::new(Shuffle::new(writes, definition, readers)));
        }
        for (shuffle, _) in &definition.reads {
            if let Some(known) = self.shuffles.get_mut(shuffle).filter(|known| !known.readers.contains(&id)) {
                Arc::make_mut(known).readers.push(id);
            }
        }
        self.stages.insert(id, Arc::new(Stage::new(Arc::clone(definition), at)));
    }

    fn end_submission(&mut self, stage: StageId, attempt: u32, at: VirtualTime, failure: Option<String>) {
        let Some(known) = self.stages.get_mut(&stage) else { return };
        let known = Arc::make_mut(known);
        if let Some(submission) = known.submissions.iter_mut().rev().find(|submission| submission.attempt == attempt) {
            submission.ended = Some(at);
            submission.failure = failure;
        }
    }

    pub(super) fn apply_task(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::TaskStarted { task, stage, partition, attempt, executor, node, core, locality, cause } => {
                let started = Attempt {
                    task: *task,
                    stage: *stage,
                    partition: *partition,
                    attempt: *attempt,
                    executor: *executor,
                    node: *node,
                    core: *core,
                    locality: *locality,
                    cause: cause.clone(),
                    started: at,
                    ended: None,
                    outcome: None,
                    metrics: Arc::default(),
                    fetches: Vec::new(),
                    orphaned: false,
                };
                self.start_task(started);
            }
            EventKind::ShuffleFetched { task, shuffle, from, blocks, bytes, arrives } => {
                let fetch = Fetch {
                    shuffle: *shuffle,
                    from: *from,
                    blocks: *blocks,
                    bytes: *bytes,
                    sent: at,
                    arrives: *arrives,
                };
                if let Some(attempt) = self.attempts.get_mut(task) {
                    Arc::make_mut(attempt).fetches.push(fetch);
                }
                if let Some(known) = self.shuffles.get_mut(shuffle) {
                    Arc::make_mut(known).asked_bytes += bytes;
                }
            }
            EventKind::TaskEnded { task, outcome, metrics } => self.end_task(at, *task, outcome, metrics),
            _ => {}
        }
    }

    fn start_task(&mut self, attempt: Attempt) {
        self.totals.tasks_started += 1;
        self.totals.again += u64::from(attempt.is_again());
        self.totals.speculative += u64::from(attempt.cause == TaskCause::Speculative);
        let (stage, partition, task) = (attempt.stage.stage, attempt.partition, attempt.task);
        if let Some(node) = self.nodes.get_mut(&attempt.node) {
            let core = attempt.core as usize;
            if core >= node.running.len() {
                node.running.resize(core + 1, None);
            }
            node.running[core] = Some(task);
        }
        let again = attempt.is_again();
        if caused_by(&attempt).is_some() {
            self.troubled.push(task);
        }
        self.attempts.insert(task, Arc::new(attempt));
        let Some(known) = self.stages.get_mut(&stage).map(Arc::make_mut) else { return };
        known.add_run(partition, task);
        let before = known.tasks().get(partition as usize).map(|task| task.state);
        if before != Some(TaskState::Done) {
            let redo = again || before == Some(TaskState::Recomputing);
            known.set_state(partition, if redo { TaskState::Recomputing } else { TaskState::Running });
        }
    }

    fn end_task(&mut self, at: VirtualTime, task: TaskId, outcome: &TaskOutcome, metrics: &Arc<TaskMetrics>) {
        let Some(known) = self.attempts.get_mut(&task) else { return };
        let ended = Arc::make_mut(known);
        ended.ended = Some(at);
        ended.outcome = Some(outcome.clone());
        ended.metrics = Arc::clone(metrics);
        let attempt = Arc::clone(known);
        if let Some(node) = self.nodes.get_mut(&attempt.node).filter(|node| node.is_alive()) {
            node.spilled_bytes += metrics.spilled_bytes;
            let core = node.running.get_mut(attempt.core as usize);
            if let Some(slot) = core.filter(|slot| **slot == Some(task)) {
                *slot = None;
            }
        }
        self.count_end(&attempt, outcome, metrics);
        let (stage, partition) = (attempt.stage.stage, attempt.partition);
        let next = match outcome {
            TaskOutcome::Succeeded => TaskState::Done,
            TaskOutcome::ExecutorLost { .. } => TaskState::Lost,
            TaskOutcome::FetchFailed { .. } | TaskOutcome::Failed { .. } => TaskState::Failed,
            TaskOutcome::Killed { .. } | TaskOutcome::Ignored { .. } => TaskState::Pending,
        };
        if next == TaskState::Done || !self.has_other_run(stage, partition, task) {
            self.set_task(stage, partition, next);
        }
    }

    fn count_end(&mut self, attempt: &Attempt, outcome: &TaskOutcome, metrics: &TaskMetrics) {
        let nanos = self.now.since(attempt.started).0;
        let totals = &mut self.totals;
        match outcome {
            TaskOutcome::Succeeded => {
                totals.tasks_succeeded += 1;
                totals.core_nanos = totals.core_nanos.saturating_add(nanos);
                totals.shuffle_write_bytes += metrics.shuffle_write_bytes;
                totals.shuffle_read_bytes += metrics.shuffle_read_bytes;
                totals.shuffle_read_remote_bytes += metrics.shuffle_read_remote_bytes;
                totals.spilled_bytes += metrics.spilled_bytes;
                totals.input_rows += metrics.input_rows;
                totals.cache_hits += u64::from(metrics.cache_hits);
                totals.cache_misses += u64::from(metrics.cache_misses);
            }
            TaskOutcome::ExecutorLost { .. } => totals.tasks_lost += 1,
            TaskOutcome::FetchFailed { .. } => {
                totals.fetch_failures += 1;
                self.troubled.push(attempt.task);
            }
            TaskOutcome::Failed { .. } => totals.tasks_failed += 1,
            TaskOutcome::Killed { .. } | TaskOutcome::Ignored { .. } => {}
        }
        if attempt.is_again() {
            totals.again_nanos += nanos;
        }
    }

    pub(super) fn set_task(&mut self, stage: StageId, partition: u32, state: TaskState) {
        if let Some(known) = self.stages.get_mut(&stage) {
            Arc::make_mut(known).set_state(partition, state);
        }
    }

    /// Whether another attempt of the same partition runs or is done.
    pub(super) fn has_other_run(&self, stage: StageId, partition: u32, task: TaskId) -> bool {
        let Some(known) = self.stages.get(&stage).and_then(|stage| stage.tasks().get(partition as usize)) else {
            return false;
        };
        if known.state == TaskState::Done {
            return true;
        }
        let mut others = known.runs.iter().filter(|run| **run != task).filter_map(|run| self.attempts.get(run));
        others.any(|attempt| attempt.ended.is_none() && !attempt.orphaned)
    }
}
