//! Stages, their tasks, and the attempts at them.

use crate::common::ids::{ExecutorId, JobId, NodeId, ShuffleId, TaskId};
use crate::common::shared::SharedVec;
use crate::common::time::VirtualTime;
use crate::event::{Locality, StageAttempt, StageDefinition, SubmitReason, TaskCause, TaskMetrics, TaskOutcome};
use std::fmt;
use std::sync::Arc;

/// A stage and its tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    pub definition: Arc<StageDefinition>,
    pub defined: VirtualTime,
    pub submissions: Vec<Submission>,
    /// Jobs that found its output still there.
    pub skipped_by: Vec<JobId>,
    /// One for each partition.
    tasks: SharedVec<Task>,
    /// How many of them are in each state.
    counts: [u32; TaskState::COUNT],
}

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    /// Not submitted yet.
    Waiting,
    Running,
    /// All its partitions are done.
    Done,
    /// It was done or running; some output is lost and nothing runs now.
    Broken,
}

impl Stage {
    /// A stage of which nothing has run yet.
    #[must_use]
    pub fn new(definition: Arc<StageDefinition>, defined: VirtualTime) -> Self {
        let mut counts = [0; TaskState::COUNT];
        counts[TaskState::Pending as usize] = definition.tasks;
        let tasks = SharedVec::filled(Task::default(), definition.tasks as usize);
        Stage { definition, defined, submissions: Vec::new(), skipped_by: Vec::new(), tasks, counts }
    }

    /// One for each partition.
    #[must_use]
    pub fn tasks(&self) -> &SharedVec<Task> {
        &self.tasks
    }

    /// How many partitions are computed: of a stage that gives results those that its job asks for, as `take` asks for the first alone; of any
    /// other all.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.part().map_or(self.tasks.len(), <[u32]>::len)
    }

    /// The partition at a place among them.
    #[must_use]
    pub fn asked_at(&self, place: usize) -> u32 {
        self.part().and_then(|part| part.get(place).copied()).unwrap_or(place as u32)
    }

    /// The partitions that its job asks for; absent: all.
    fn part(&self) -> Option<&[u32]> {
        let first = self.submissions.first().filter(|_| self.definition.writes.is_none())?;
        Some(&first.partitions)
    }

    /// Another attempt of a partition.
    pub fn add_run(&mut self, partition: u32, run: TaskId) {
        if let Some(task) = self.tasks.get_mut(partition as usize) {
            // Nearly all tasks run once.
            task.runs.reserve_exact(1);
            task.runs.push(run);
        }
    }

    /// A partition stands otherwise now.
    pub fn set_state(&mut self, partition: u32, state: TaskState) {
        if let Some(task) = self.tasks.get_mut(partition as usize) {
            self.counts[task.state as usize] -= 1;
            self.counts[state as usize] += 1;
            task.state = state;
        }
    }

    /// How many partitions stand so.
    #[must_use]
    pub fn count(&self, state: TaskState) -> usize {
        self.counts[state as usize] as usize
    }

    /// How many partitions are done, their output still there.
    #[must_use]
    pub fn done(&self) -> usize {
        self.count(TaskState::Done)
    }

    /// The submission that has not ended.
    #[must_use]
    pub fn open_submission(&self) -> Option<&Submission> {
        self.submissions.last().filter(|submission| submission.ended.is_none())
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> StageState {
        if self.open_submission().is_some() {
            StageState::Running
        } else if self.submissions.is_empty() {
            StageState::Waiting
        } else if self.done() >= self.asked() {
            StageState::Done
        } else {
            StageState::Broken
        }
    }

    /// The name of one of its tasks.
    #[must_use]
    pub fn task_name(&self, partition: u32) -> String {
        TaskName { stage: self, partition }.to_string()
    }
}

/// The name of a task: `S0.m4` for one that reads no shuffle and writes one, `S2.p1` for any other. In short, `{:#}`: `m4`.
#[derive(Debug, Clone, Copy)]
pub struct TaskName<'a> {
    pub stage: &'a Stage,
    pub partition: u32,
}

impl fmt::Display for TaskName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let definition = &self.stage.definition;
        let letter = if definition.writes.is_some() && definition.reads.is_empty() { 'm' } else { 'p' };
        if !f.alternate() {
            write!(f, "{}.", definition.stage)?;
        }
        write!(f, "{letter}{}", self.partition)
    }
}

/// One attempt of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub attempt: u32,
    pub job: JobId,
    pub at: VirtualTime,
    pub partitions: Arc<[u32]>,
    pub reason: SubmitReason,
    pub ended: Option<VirtualTime>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// One partition of a stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Task {
    pub state: TaskState,
    /// All attempts, oldest first.
    pub runs: Vec<TaskId>,
}

/// How one partition stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TaskState {
    /// Has not run.
    #[default]
    Pending,
    /// Its first attempt runs.
    Running,
    /// It runs again, because its work or its output was lost.
    Recomputing,
    /// Its output exists.
    Done,
    /// It failed and waits for another attempt.
    Failed,
    /// Its output, or the attempt that made it, is gone with a node.
    Lost,
}

impl TaskState {
    /// How many there are.
    const COUNT: usize = TaskState::Lost as usize + 1;

    /// Its character, the same in text and on every screen.
    #[must_use]
    pub fn glyph(self) -> char {
        match self {
            TaskState::Pending => '·',
            TaskState::Running => '►',
            TaskState::Recomputing => '↻',
            TaskState::Done => '■',
            TaskState::Failed => '!',
            TaskState::Lost => '✗',
        }
    }
}

/// One attempt of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub task: TaskId,
    pub stage: StageAttempt,
    pub partition: u32,
    /// Attempts of this task before this one.
    pub attempt: u32,
    pub executor: ExecutorId,
    pub node: NodeId,
    pub core: u32,
    pub locality: Locality,
    pub cause: TaskCause,
    pub started: VirtualTime,
    pub ended: Option<VirtualTime>,
    pub outcome: Option<TaskOutcome>,
    pub metrics: Arc<TaskMetrics>,
    pub fetches: Vec<Fetch>,
    /// Its node died under it; the driver may not know yet.
    pub orphaned: bool,
}

impl Attempt {
    /// Whether this attempt does work that was already done or begun before.
    #[must_use]
    pub fn is_again(&self) -> bool {
        match self.cause {
            TaskCause::First | TaskCause::Speculative => false,
            TaskCause::OutputLost { .. }
            | TaskCause::ExecutorLost { .. }
            | TaskCause::FetchFailed { .. }
            | TaskCause::Retry { .. }
            | TaskCause::RolledBack { .. }
            | TaskCause::StageAgain => true,
        }
    }

    /// Whether blocks that it asked for are still on their way.
    #[must_use]
    pub fn is_fetching(&self, now: VirtualTime) -> bool {
        self.fetches.iter().any(|fetch| fetch.arrives > now)
    }

    /// Whether it succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.outcome == Some(TaskOutcome::Succeeded)
    }
}

/// Blocks on their way from one node to a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fetch {
    pub shuffle: ShuffleId,
    pub from: NodeId,
    pub blocks: u32,
    pub bytes: u64,
    pub sent: VirtualTime,
    pub arrives: VirtualTime,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_result_stage_is_done_with_what_its_job_asks_for() {
        let status = crate::status::Status::of(&fixture::node_death());
        let stages = || status.stages.values();
        let mut result: Stage = stages().find(|stage| stage.definition.writes.is_none()).expect("one").as_ref().clone();
        let maps = stages().find(|stage| stage.definition.writes.is_some()).expect("one");
        assert_eq!((maps.asked(), maps.asked_at(1)), (maps.tasks().len(), 1));
        let first = result.submissions.first_mut().expect("it ran");
        first.partitions = [1].into();
        assert_eq!((result.asked(), result.asked_at(0), result.state()), (1, 1, StageState::Done));
    }
}
