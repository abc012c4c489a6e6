//! Rolls back what stands on rows of an indeterminate stage (Spark's `rollbackSucceedingStages`).
//!
//! ```text
//!   S0 ──▶ S1 indeterminate ──▶ S2 ──▶ S3 result          a map output of S1 is lost
//!          all outputs            all outputs   no result delivered: begins again
//!          are forgotten          are forgotten some delivered: its job fails
//! ```
//!
//! A map task of an indeterminate stage that runs again may put other rows into each block. A task that read the old blocks and one that reads the
//! new ones would together lose rows or see them twice: so all of them read new ones. What was delivered cannot be taken back.
//!
//! So it is with RDDs. Blocks of frames carry a checksum of their rows (`spark.sql.shuffle.orderIndependentChecksum`): only what was lost is made
//! again, and where it differs from what was there, what stands on it is rolled back then.
//!
//! **Simplified:** which rows come out does not really change here. Where a stage is compared, its blocks are taken to differ.

use super::{DagScheduler, RESUBMIT_DELAY, Step};
use crate::common::ids::{ExecutorId, JobId, ShuffleId, StageId, TaskId};
use crate::event::{Determinism, EventKind, TaskCause};
use crate::scheduler::outbox::{Command, Timer};
use crate::scheduler::task_scheduler::Running;
use std::collections::{BTreeMap, BTreeSet};

impl DagScheduler {
    /// Outputs of a stage have to be made again. If it is indeterminate, it and what stands on it begin anew. False when no job is left that needs it.
    pub(super) fn made_again(&mut self, stage: StageId, step: &mut Step) -> bool {
        let level = self.graph.get(stage).map(|stage| stage.determinism);
        level != Some(Determinism::Indeterminate) || self.roll_back(stage, true, step)
    }

    /// An output of a stage came, which may be compared with the one that was there before.
    pub(super) fn compare(&mut self, running: &Running, step: &mut Step) {
        let stage = running.stage.stage;
        let level = self.graph.get(stage).map(|stage| stage.determinism);
        let state = self.states.get_mut(&stage).filter(|_| level == Some(Determinism::Compared));
        let Some(state) = state else { return };
        let is_new = state.made.insert(running.partition);
        if !is_new && state.differed.is_none_or(|attempt| attempt < running.stage.attempt) {
            state.differed = Some(running.stage.attempt);
            self.roll_back(stage, false, step);
        }
    }

    /// With `itself`, the stage is rolled back as well as what stands on it. False when no job is left that needs it.
    fn roll_back(&mut self, because: StageId, itself: bool, step: &mut Step) -> bool {
        let mut succeeding = self.succeeding(because);
        if !itself {
            succeeding.remove(&because);
        }
        for stage in &succeeding {
            self.fail_what_delivered(*stage, step);
        }
        for stage in succeeding {
            self.begin_anew(stage, because, step);
        }
        self.states.get(&because).is_some_and(|state| !state.jobs.is_empty())
    }

    /// The stage and those of open jobs that read what it makes, directly or by way of others.
    fn succeeding(&self, stage: StageId) -> BTreeSet<StageId> {
        let mut found = BTreeSet::from([stage]);
        let open: BTreeSet<StageId> = self.jobs.values().flat_map(|job| job.stages.iter().copied()).collect();
        // Parents have smaller numbers than their children.
        for reader in open {
            let inputs = self.graph.get(reader).map_or(&[][..], |stage| &stage.inputs);
            if self.graph.reads(inputs).iter().any(|(_, writer)| found.contains(writer)) {
                found.insert(reader);
            }
        }
        found
    }

    /// A result that is delivered, or about to be, cannot be taken back.
    fn fail_what_delivered(&mut self, stage: StageId, step: &mut Step) {
        let is_result = self.graph.get(stage).is_some_and(|stage| stage.writes.is_none());
        let job = self.jobs.values().find(|job| job.stage == stage).filter(|_| is_result);
        let Some(job) = job else { return };
        let is_running = self.states.get(&stage).is_some_and(|state| state.is_running);
        let reason = match (job.finished.is_empty(), is_running) {
            (false, _) => format!(
                "A shuffle map stage with indeterminate output was failed and retried. However, Spark cannot rollback the ResultStage {} to re-process the input data, and has to fail this job. Please eliminate the indeterminacy by checkpointing the RDD before repartition and try again.",
                stage.0
            ),
            (true, true) => {
                "cannot rollback a running result stage, please re-run the query to ensure data correctness".to_owned()
            }
            (true, false) => return,
        };
        self.abort_stage(stage, &reason, None, step);
    }

    fn begin_anew(&mut self, stage: StageId, because: StageId, step: &mut Step) {
        let shuffle = self.graph.get(stage).and_then(|stage| stage.writes).map(|(shuffle, _)| shuffle);
        let Some(state) = self.states.get_mut(&stage).filter(|state| !state.jobs.is_empty()) else { return };
        // Nothing has come of it since it was rolled back, or ever.
        if state.rolled_back == state.next_attempt {
            return;
        }
        state.rolled_back = state.next_attempt;
        let is_over = shuffle.is_some() && state.is_running && self.cancel(stage, because, step);
        let maps = shuffle.map_or_else(Vec::new, |shuffle| self.forget_outputs(shuffle, step));
        for map in &maps {
            step.tasks.note_cause(stage, *map, TaskCause::RolledBack { stage: because });
        }
        step.out.emit(EventKind::StageRolledBack { stage, because, maps });
        if is_over {
            let max = self.max_stage_attempts;
            let why = format!(
                "rollback failed due to: ShuffleMapStage {} has failed the maximum allowable number of times: {max}.",
                stage.0
            );
            self.abort_stage(stage, &why, None, step);
        }
    }

    /// Stops a map stage that runs, to be submitted again. True when that was its last attempt.
    fn cancel(&mut self, stage: StageId, because: StageId, step: &mut Step) -> bool {
        let reason = format!("rolling back due to indeterminate output of shuffle map stage {}", because.0);
        for partition in step.kill_tasks(stage, &reason) {
            step.tasks.note_cause(stage, partition, TaskCause::RolledBack { stage: because });
        }
        let Some(state) = self.states.get_mut(&stage) else { return false };
        let attempt = state.latest(stage);
        state.failed_attempts.insert(attempt.attempt);
        state.is_running = false;
        state.is_failed = true;
        state.pending.clear();
        let is_over = state.failed_attempts.len() >= self.max_stage_attempts;
        step.out.emit(EventKind::StageFailed { stage: attempt, reason });
        self.resubmit_soon(step);
        is_over
    }

    /// Whoever holds outputs of a shuffle drops them. Gives the maps that were there.
    fn forget_outputs(&mut self, shuffle: ShuffleId, step: &mut Step) -> Vec<u32> {
        let shares = self.tracker.table(shuffle).map(|table| table.shares().iter());
        let held: BTreeMap<ExecutorId, Vec<u32>> = shares
            .into_iter()
            .flatten()
            .map(|(executor, share)| (*executor, share.maps.iter().copied().collect()))
            .collect();
        let mut all = Vec::new();
        for (executor, maps) in held {
            all.extend(maps.iter().copied());
            step.out.push(Command::DropOutputs { shuffle, maps, executor });
        }
        self.tracker.clear(shuffle);
        all.sort_unstable();
        all
    }

    /// Whether an attempt belongs to work that has been rolled back since it started.
    pub(super) fn is_void(&self, running: &Running) -> bool {
        self.states.get(&running.stage.stage).is_some_and(|state| running.stage.attempt < state.rolled_back)
    }

    /// A task succeeded whose stage had been rolled back: its result is of the old rows.
    pub(super) fn void_task_succeeded(&mut self, task: TaskId, running: &Running, step: &mut Step) {
        let stage = running.stage.stage;
        step.out.push(Command::Discard { task });
        if let Some(set) = step.tasks.set_mut(running.stage) {
            set.mark_done(running.index, None);
        }
        let open = self.jobs.iter().find(|(_, job)| job.stage == stage && !job.finished.contains(&running.partition));
        let open: Option<JobId> = open.map(|(job, _)| *job);
        if open.is_some() && self.graph.get(stage).is_some_and(|stage| stage.writes.is_none()) {
            let why =
                format!("Task with indeterminate results from old attempt succeeded, aborting the stage {}", stage.0);
            self.abort_stage(stage, &why, None, step);
        }
    }

    pub(super) fn resubmit_soon(&mut self, step: &mut Step) {
        if !self.resubmit_due {
            self.resubmit_due = true;
            step.out.push(Command::SetTimer { at: step.now + RESUBMIT_DELAY, timer: Timer::ResubmitFailedStages });
        }
    }
}
