//! Stages and tasks.

use super::{Depth, Told, Weight};
use crate::common::ids::{StageId, TaskId};
use crate::common::text::{bytes, plural, visible};
use crate::event::{EventKind, SubmitReason, TaskCause, TaskMetrics, TaskOutcome};
use crate::report::{recovery, words};
use crate::status::recompute::{caused_by, fate};
use crate::status::{Attempt, Death};
use std::sync::Arc;

impl Told<'_> {
    pub(super) fn stage(&mut self, kind: &EventKind) {
        match kind {
            EventKind::StageDefined(definition) => {
                let operators = visible(&definition.operators.join(", "));
                let text = format!("{} is planned: {operators}", definition.stage);
                self.say(Depth::Full, Weight::Plain, "stage_defined", text);
            }
            EventKind::StageSkipped { job, stage } => {
                let text = format!("stage {} is skipped: its output is still there", words::stage(self.status, *stage));
                // Within one query each exchange is a job, and every job skips what those before it made: no news.
                let maker = self.status.stages.get(stage).and_then(|stage| stage.definition.query);
                let asker = self.status.jobs.get(job).and_then(|job| job.query);
                let depth = if maker == asker && maker.is_some() { Depth::Full } else { Depth::Normal };
                self.say(depth, Weight::Good, "stage_skipped", text);
            }
            EventKind::StageSubmitted { stage, partitions, reason, .. } => {
                self.stage_submitted(stage.stage, partitions, reason);
            }
            EventKind::StageCompleted { stage } => {
                let text = format!("stage {} is done", words::stage(self.status, stage.stage));
                self.say(Depth::Normal, Weight::Good, "stage_completed", text);
            }
            EventKind::StageFailed { stage, reason } => {
                let missing = self.status.attempts.values().any(|attempt| {
                    let fetching = matches!(attempt.outcome, Some(TaskOutcome::FetchFailed { .. }));
                    attempt.stage == *stage && attempt.ended == Some(self.at) && fetching
                });
                let why = if missing {
                    "its input is missing; the driver gathers more such reports for a moment, then has the lost \
                     outputs made again"
                        .to_owned()
                } else {
                    words::line(reason, 160)
                };
                let text = format!("stage {} stops: {why}", words::stage(self.status, stage.stage));
                self.say(Depth::Normal, Weight::Bad, "stage_failed", text);
            }
            _ => {}
        }
    }

    fn stage_submitted(&mut self, stage: StageId, partitions: &[u32], reason: &SubmitReason) {
        let name = words::stage(self.status, stage);
        let known = self.status.stages.get(&stage);
        let total = known.map_or(0, |known| known.tasks().len());
        match reason {
            SubmitReason::Needed => {
                let tasks = plural(partitions.len() as u64, "task");
                let source = known.map(|known| self.source(&known.definition.parents)).unwrap_or_default();
                let text = format!("stage {name} starts: {tasks}{source}");
                self.say(Depth::Normal, Weight::Plain, "stage_submitted", text);
            }
            SubmitReason::OutputsLost { .. } => {
                let tasks = words::tasks(self.status, stage, partitions);
                let text = format!("stage {name} runs again for {tasks} only: {} of {total} tasks", partitions.len());
                self.say(Depth::Brief, Weight::Again, "stage_again", text);
            }
            SubmitReason::FetchFailed { .. } => {
                let tasks = words::tasks(self.status, stage, partitions);
                let text = format!("stage {name} goes on with {tasks}: its lost input was made again");
                self.say(Depth::Brief, Weight::Again, "stage_goes_on", text);
            }
        }
    }

    fn source(&self, parents: &[StageId]) -> String {
        if parents.is_empty() {
            return String::new();
        }
        let parents: Vec<String> = parents.iter().map(|parent| words::stage(self.status, *parent)).collect();
        format!(", reads what {} left", words::list(&parents))
    }

    pub(super) fn task_started(&mut self, task: TaskId) {
        let Some(attempt) = self.status.attempts.get(&task) else { return };
        let name = self.status.attempt_name(task);
        let node = attempt.node;
        let again = |why: String| format!("{name} runs again on {node}: {why}");
        let (depth, weight, kind, text) = match &attempt.cause {
            TaskCause::First => (Depth::Full, Weight::Plain, "task_started", format!("{name} starts on {node}")),
            TaskCause::OutputLost { node: dead } => {
                (Depth::Normal, Weight::Again, "task_again", again(format!("its output was lost with {dead}")))
            }
            TaskCause::ExecutorLost { node: dead } => {
                (Depth::Normal, Weight::Again, "task_again", again(format!("it was running on {dead}")))
            }
            TaskCause::FetchFailed { node: dead } => {
                (Depth::Normal, Weight::Again, "task_again", again(format!("it could not read a block from {dead}")))
            }
            TaskCause::Retry { reason } => {
                let reason = words::line(reason, 100);
                (Depth::Normal, Weight::Again, "task_retried", again(format!("it failed before ({reason})")))
            }
            TaskCause::StageAgain => {
                let text = again("its stage was submitted again, and does not wait for the attempt before".to_owned());
                (Depth::Normal, Weight::Again, "task_again", text)
            }
            TaskCause::RolledBack { stage } => {
                let text = again(format!("the rows of {} are made anew", words::stage(self.status, *stage)));
                (Depth::Normal, Weight::Again, "task_again", text)
            }
            TaskCause::Speculative => {
                let text = format!("a second copy of the slow {name} starts on {node}");
                (Depth::Normal, Weight::Again, "task_speculative", text)
            }
        };
        self.say(depth, weight, kind, text);
    }

    pub(super) fn task_ended(&mut self, task: TaskId, outcome: &TaskOutcome, metrics: &TaskMetrics) {
        let Some(attempt) = self.status.attempts.get(&task).cloned() else { return };
        let name = self.status.attempt_name(task);
        match outcome {
            TaskOutcome::Succeeded => self.task_done(&name, &attempt, metrics),
            TaskOutcome::ExecutorLost { node } => {
                let text = format!("{name} is gone with {node}");
                self.say(Depth::Full, Weight::Bad, "task_lost", text);
            }
            TaskOutcome::FetchFailed { shuffle, map, node, is_damaged } => {
                let block = self.status.shuffles.get(shuffle).map(|known| self.status.task_name(known.writer, *map));
                let block = block.unwrap_or_else(|| format!("{shuffle} map {map}"));
                let text = if *is_damaged {
                    format!(
                        "{name} stops: the checksum of the output of {block} on {node} tells that the file is damaged"
                    )
                } else {
                    format!("{name} stops: it needs the output of {block}, which was on {node}")
                };
                self.say(Depth::Normal, Weight::Bad, "fetch_failed", text);
            }
            TaskOutcome::Failed { error } => {
                let text = format!("{name} failed on {}: {}", attempt.node, words::line(error, 140));
                self.say(Depth::Brief, Weight::Bad, "task_failed", text);
            }
            TaskOutcome::Killed { reason } => {
                let text = format!("{name} is stopped: {}", words::line(reason, 100));
                self.say(Depth::Full, Weight::Plain, "task_killed", text);
            }
            TaskOutcome::Ignored { reason } => {
                let text = format!("{name} finished too late, its result is not used: {}", words::line(reason, 100));
                self.say(Depth::Normal, Weight::Plain, "task_ignored", text);
            }
        }
        if metrics.spilled_bytes > 0 {
            let text =
                format!("{name} wrote {} to disk for a while: its memory was full", bytes(metrics.spilled_bytes));
            self.say(Depth::Normal, Weight::Plain, "task_spilled", text);
        }
    }

    fn task_done(&mut self, name: &str, attempt: &Attempt, metrics: &TaskMetrics) {
        let rows = plural(metrics.rows_out, "row");
        let wrote = match metrics.shuffle_write_bytes {
            0 => String::new(),
            size => format!(", {} for the shuffle", bytes(size)),
        };
        let depth = if attempt.is_again() { Depth::Normal } else { Depth::Full };
        let again = if attempt.is_again() { " again" } else { "" };
        let text = format!("{name} is done{again} on {}: {rows}{wrote}", attempt.node);
        self.say(depth, Weight::Good, "task_done", text);
        self.recovered(attempt);
    }

    /// Says so when this was the last thing that a dead node's work still waited for.
    fn recovered(&mut self, attempt: &Attempt) {
        let Some(node) = caused_by(attempt) else { return };
        let before = |death: &&Arc<Death>| death.node == node && death.at <= attempt.started;
        let Some(death) = self.status.deaths.iter().rev().find(before) else { return };
        if let Some(text) = recovery::over(&fate(self.status, death)) {
            self.say(Depth::Brief, Weight::Good, "recovered", text);
        }
    }
}
