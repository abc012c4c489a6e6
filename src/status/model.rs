//! The things of a run, as they stand at one moment.

use super::need::Need;
use crate::common::ids::{CacheId, ExecutorId, JobId, NodeId, PlanStepId, QueryId, ShuffleId, StageId, TaskId};
use crate::common::shared::{SharedMap, SharedVec};
use crate::common::time::VirtualTime;
use crate::event::{
    Application, Locality, PlanStep, RowSample, StageAttempt, StageDefinition, SubmitReason, TaskCause, TaskMetrics,
    TaskOutcome,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Everything known after some prefix of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// The time of the last event, or of the moment asked for.
    pub now: VirtualTime,
    /// How many events are folded in.
    pub applied: usize,
    pub application: Option<Arc<Application>>,
    /// The script's exit status, once it ended.
    pub exit: Option<i32>,
    pub statement: Option<Statement>,
    /// The script's lines that were read so far.
    pub script: Arc<Vec<String>>,
    /// The steps of all plans that the script has built.
    pub plan_steps: SharedMap<PlanStepId, Arc<BuiltStep>>,
    /// The last step of the plan that was built last.
    pub built: Option<PlanStepId>,
    /// How many times the script printed.
    pub printed: u32,
    pub nodes: BTreeMap<NodeId, Node>,
    /// Where each executor is or was.
    pub executors: BTreeMap<ExecutorId, NodeId>,
    /// Executors that the driver has given up.
    pub gone: BTreeSet<ExecutorId>,
    /// Executors that leave, or left, as planned.
    pub leaving: BTreeSet<ExecutorId>,
    /// Shuffle files outlive executors.
    pub has_shuffle_service: bool,
    pub queries: SharedMap<QueryId, Query>,
    pub jobs: SharedMap<JobId, Job>,
    pub stages: SharedMap<StageId, Arc<Stage>>,
    pub attempts: SharedMap<TaskId, Arc<Attempt>>,
    pub shuffles: SharedMap<ShuffleId, Arc<Shuffle>>,
    pub caches: BTreeMap<CacheId, Cache>,
    pub faults: Vec<Fault>,
    pub deaths: Vec<Arc<Death>>,
    pub outputs: Vec<Output>,
    pub totals: Totals,
}

/// The statement that the script has reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// 1-based.
    pub line: u32,
    pub text: String,
}

/// A step of a plan that a line of the script added.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltStep {
    pub step: PlanStep,
    pub line: u32,
}

/// A machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub node: NodeId,
    pub cores: u32,
    pub memory_bytes: u64,
    /// From 0.
    pub rack: u32,
    pub is_spot: bool,
    /// Since when nobody hears it though it works.
    pub cut: Option<VirtualTime>,
    /// When it will be taken away.
    pub leaving: Option<VirtualTime>,
    /// When it died; absent while it lives.
    pub died: Option<VirtualTime>,
    /// When the driver gave its executor up.
    pub given_up: Option<VirtualTime>,
    /// How often it died.
    pub deaths: u32,
    /// What its tasks wrote to disk for want of memory.
    pub spilled_bytes: u64,
    /// A fault has slowed it, its disk or its link.
    pub is_slowed: bool,
    /// The attempt on each core. On a dead node: what was running when it died.
    pub running: Vec<Option<TaskId>>,
}

impl Node {
    /// Whether it is up.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.died.is_none()
    }
}

/// One action of the script.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub query: QueryId,
    pub action: String,
    pub line: u32,
    pub plan: Arc<str>,
    /// What it computes of the plans that the script has built.
    pub of: Option<PlanStepId>,
    pub started: VirtualTime,
    pub ended: Option<VirtualTime>,
    pub rows: u64,
    pub error: Option<String>,
    /// How often adaptive execution planned again.
    pub replanned: u32,
}

/// What the scheduler was asked to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub job: JobId,
    pub query: Option<QueryId>,
    pub stages: Vec<StageId>,
    pub description: String,
    pub submitted: VirtualTime,
    pub ended: Option<VirtualTime>,
    pub error: Option<String>,
}

/// A stage and its tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    pub definition: Arc<StageDefinition>,
    pub defined: VirtualTime,
    pub submissions: Vec<Submission>,
    /// Jobs that found its output still there.
    pub skipped_by: Vec<JobId>,
    /// One for each partition.
    pub tasks: SharedVec<Task>,
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
    /// How many partitions are done, their output still there.
    #[must_use]
    pub fn done(&self) -> usize {
        self.tasks.iter().filter(|task| task.state == TaskState::Done).count()
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
        } else if self.done() == self.tasks.len() {
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
            | TaskCause::Retry { .. } => true,
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

/// A shuffle's map outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Shuffle {
    pub shuffle: ShuffleId,
    /// The stage that makes it.
    pub writer: StageId,
    pub reduces: u32,
    /// By map partition; absent: not made yet.
    pub maps: SharedVec<Option<MapOutput>>,
    /// Stages that read it.
    pub readers: Vec<StageId>,
    /// Its query has ended: its blocks were given back.
    pub released: bool,
    /// Rows of map outputs, by map.
    pub samples: BTreeMap<u32, Arc<RowSample>>,
}

/// What one map task left on its node.
#[derive(Debug, Clone, PartialEq)]
pub struct MapOutput {
    pub node: NodeId,
    pub executor: ExecutorId,
    /// Per reduce partition.
    pub bytes: Arc<[u64]>,
    pub rows: Arc<[u64]>,
    pub made: VirtualTime,
    /// When it was lost.
    pub lost: Option<VirtualTime>,
}

impl MapOutput {
    /// Bytes of all its blocks.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.bytes.iter().sum()
    }
}

/// A cached relation's partitions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cache {
    pub blocks: SharedMap<u32, CachedBlock>,
    /// `unpersist` was called.
    pub dropped: bool,
}

/// One cached partition.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedBlock {
    pub node: NodeId,
    pub executor: ExecutorId,
    /// Others that hold a copy.
    pub copies: Vec<(NodeId, ExecutorId)>,
    pub bytes: u64,
    pub rows: u64,
    pub on_disk: bool,
    pub made: VirtualTime,
    pub lost: Option<VirtualTime>,
}

impl CachedBlock {
    /// A copy is gone. True when it was the last.
    pub fn lose_copy(&mut self, is_gone: impl Fn(NodeId, ExecutorId) -> bool) -> bool {
        self.copies.retain(|(node, executor)| !is_gone(*node, *executor));
        if !is_gone(self.node, self.executor) {
            return false;
        }
        if self.copies.is_empty() {
            return true;
        }
        (self.node, self.executor) = self.copies.remove(0);
        false
    }
}

/// A fault that was injected.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub at: VirtualTime,
    pub fault: String,
    pub node: Option<NodeId>,
}

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The machine.
    Node,
    /// Only its executor's process: the machine starts another.
    Executor,
    /// An executor that left as it was asked to, or was given back for want of work.
    Leaver,
}

/// What was on a node (in its executor) when it died, and what was needed of it at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Death {
    pub node: NodeId,
    pub victim: Victim,
    pub at: VirtualTime,
    /// Events up to and including the death.
    pub position: usize,
    /// Attempts that were running on it; on a silent machine also those that the driver sent there before it gave it up.
    pub running: Vec<TaskId>,
    /// Map outputs that were on it.
    pub outputs: Vec<LostOutput>,
    /// Cached partitions that were on it.
    pub cached: Vec<LostBlock>,
    /// Map outputs that were on other nodes.
    pub outputs_kept: usize,
    /// Cached partitions that were on other nodes.
    pub cached_kept: usize,
}

impl Death {
    /// `node-2`, or `the executor on node-2`.
    #[must_use]
    pub fn who(&self) -> String {
        match self.victim {
            Victim::Node => self.node.to_string(),
            Victim::Executor | Victim::Leaver => format!("the executor on {}", self.node),
        }
    }

    /// What happened to it: `died`.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self.victim {
            Victim::Node | Victim::Executor => "died",
            Victim::Leaver => "was given back",
        }
    }
}

/// A map output that died with its node.
#[derive(Debug, Clone, PartialEq)]
pub struct LostOutput {
    pub shuffle: ShuffleId,
    pub stage: StageId,
    pub map: u32,
    pub bytes: u64,
    pub need: Need,
}

/// A cached partition that died with its node.
#[derive(Debug, Clone, PartialEq)]
pub struct LostBlock {
    pub cache: CacheId,
    pub partition: u32,
    pub bytes: u64,
    pub need: Need,
}

/// Files that were moved to their final place, or a write that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub at: VirtualTime,
    pub path: String,
    pub files: u32,
    pub rows: u64,
    pub bytes: u64,
    /// Why nothing of it is visible.
    pub aborted: Option<String>,
}

/// Counts over the whole prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    pub tasks_started: u64,
    pub tasks_succeeded: u64,
    pub tasks_failed: u64,
    pub tasks_lost: u64,
    pub fetch_failures: u64,
    /// Attempts that did work again.
    pub again: u64,
    pub speculative: u64,
    pub stages_run: u64,
    pub stages_skipped: u64,
    pub shuffle_write_bytes: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_read_remote_bytes: u64,
    pub spilled_bytes: u64,
    pub input_rows: u64,
    pub cache_hits: u64,
    pub cache_misses: u64,
    /// Virtual nanoseconds that succeeded attempts took.
    pub core_nanos: u64,
    /// Virtual nanoseconds of attempts that did work again.
    pub again_nanos: u64,
}

impl Status {
    /// All attempts of a task, oldest first.
    pub fn attempts_of(&self, stage: StageId, partition: u32) -> impl DoubleEndedIterator<Item = &Arc<Attempt>> {
        let task = self.stages.get(&stage).and_then(|stage| stage.tasks.get(partition as usize));
        let runs = task.map_or(&[][..], |task| &task.runs);
        runs.iter().filter_map(|run| self.attempts.get(run))
    }

    /// What kind of time the run was measured in: `simulated`, or `real` for the log of a real Spark.
    #[must_use]
    pub fn time_word(&self) -> &'static str {
        let is_real = self.application.as_ref().is_some_and(|application| application.cluster.is_real);
        if is_real { "real" } else { "simulated" }
    }

    /// A task's name, such as `S0.m4`.
    #[must_use]
    pub fn task_name(&self, stage: StageId, partition: u32) -> String {
        self.stages.get(&stage).map_or_else(|| format!("{stage}.p{partition}"), |stage| stage.task_name(partition))
    }

    /// The name of the task that an attempt belongs to.
    #[must_use]
    pub fn attempt_name(&self, task: TaskId) -> String {
        self.attempts
            .get(&task)
            .map_or_else(|| task.to_string(), |attempt| self.task_name(attempt.stage.stage, attempt.partition))
    }

    /// The stage that writes a shuffle.
    #[must_use]
    pub fn writer(&self, shuffle: ShuffleId) -> Option<&Stage> {
        let shuffle = self.shuffles.get(&shuffle)?;
        self.stages.get(&shuffle.writer).map(AsRef::as_ref)
    }

    /// Whether any job that includes this stage is unfinished.
    #[must_use]
    pub fn in_open_job(&self, stage: StageId) -> bool {
        self.jobs.values().any(|job| job.ended.is_none() && job.stages.contains(&stage))
    }

    /// The query that runs now, or ran last.
    #[must_use]
    pub fn current_query(&self) -> Option<&Query> {
        let open = self.queries.values().rev().find(|query| query.ended.is_none());
        open.or_else(|| self.queries.values().next_back())
    }

    /// The running attempts.
    pub fn running(&self) -> impl Iterator<Item = &Attempt> {
        self.nodes.values().flat_map(|node| node.running.iter().flatten()).filter_map(|task| {
            self.attempts.get(task).map(AsRef::as_ref).filter(|attempt| attempt.ended.is_none() && !attempt.orphaned)
        })
    }

    /// Living nodes.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.nodes.values().filter(|node| node.is_alive()).count()
    }

    /// Bytes of map outputs and of cached partitions in a node's memory or disk.
    #[must_use]
    pub fn stored_on(&self, node: NodeId) -> (u64, u64) {
        let held = self.shuffles.values().filter(|shuffle| !shuffle.released);
        let outputs = held.flat_map(|shuffle| shuffle.maps.iter().flatten());
        let shuffled =
            outputs.filter(|output| output.node == node && output.lost.is_none()).map(MapOutput::total_bytes).sum();
        let blocks = self.caches.values().filter(|cache| !cache.dropped).flat_map(|cache| cache.blocks.values());
        let cached = blocks.filter(|block| block.node == node && block.lost.is_none()).map(|block| block.bytes).sum();
        (shuffled, cached)
    }
}
