//! The things of a run, as they stand at one moment.

mod data;
mod machines;
mod stages;

use crate::common::ids::{
    BroadcastId, CacheId, ExecutorId, InputBlockId, JobId, NodeId, PlanStepId, QueryId, ShuffleId, StageId, TaskId,
};
use crate::common::shared::{SharedMap, SharedVec};
use crate::common::time::VirtualTime;
use crate::event::{Application, MemoryHolder, PlanStep};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use data::{Broadcast, Cache, CachedBlock, InputBlock, MapOutput, Shuffle};
pub use machines::{Death, LostBlock, LostOutput, Node, Victim};
pub use stages::{Attempt, Fetch, Stage, StageState, Submission, Task, TaskName, TaskState};

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
    /// The cores of its machine that an executor takes: the first, and the first that is not its own.
    pub seats: BTreeMap<ExecutorId, (u32, u32)>,
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
    /// Attempts that were started because of a death, and those that could not read a lost block, as that became known.
    pub troubled: SharedVec<TaskId>,
    pub shuffles: SharedMap<ShuffleId, Arc<Shuffle>>,
    pub caches: BTreeMap<CacheId, Cache>,
    /// What was handed to all executors whole.
    pub broadcasts: BTreeMap<BroadcastId, Broadcast>,
    pub faults: Vec<Fault>,
    pub deaths: Vec<Arc<Death>>,
    pub outputs: Vec<Output>,
    /// What asked for more memory than there was.
    pub exhausted: Vec<Exhausted>,
    /// Pieces of input files.
    pub input_blocks: SharedMap<InputBlockId, Arc<InputBlock>>,
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

/// The text of a plan whose query is over: adaptive execution decides nothing any more.
#[must_use]
pub fn final_plan_text(plan: &str) -> String {
    plan.replace("isFinalPlan=false", "isFinalPlan=true")
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

/// A fault that was injected.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub at: VirtualTime,
    pub fault: String,
    pub node: Option<NodeId>,
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

/// Something that cannot be spilled, and took more memory than there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    pub at: VirtualTime,
    /// The attempt that asked for it; absent: the driver did.
    pub task: Option<TaskId>,
    pub holder: MemoryHolder,
    pub bytes: u64,
    pub limit_bytes: u64,
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
        let task = self.stages.get(&stage).and_then(|stage| stage.tasks().get(partition as usize));
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

    /// The attempt beside which a speculative copy was started.
    #[must_use]
    pub fn rival(&self, copy: &Attempt) -> Option<&Attempt> {
        let ran = |one: &&Attempt| {
            one.task != copy.task && one.started <= copy.started && one.ended.is_none_or(|ended| ended > copy.started)
        };
        self.attempts_of(copy.stage.stage, copy.partition).map(AsRef::as_ref).find(ran)
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

    /// Bytes of map outputs in a node's memory or disk.
    #[must_use]
    pub fn outputs_on(&self, node: NodeId) -> u64 {
        let held = self.shuffles.values().filter(|shuffle| !shuffle.released && shuffle.held_by(node) > 0);
        let outputs = held.flat_map(|shuffle| shuffle.maps().iter().flatten());
        outputs.filter(|output| output.node == node && output.lost.is_none()).map(MapOutput::total_bytes).sum()
    }

    /// Bytes of cached partitions in a node's memory or disk.
    #[must_use]
    pub fn cached_on(&self, node: NodeId) -> u64 {
        let blocks = self.caches.values().filter(|cache| !cache.dropped).flat_map(|cache| cache.blocks.values());
        let is_here = |block: &&CachedBlock| block.node == node || block.copies.iter().any(|(on, _)| *on == node);
        blocks.filter(|block| block.lost.is_none()).filter(is_here).map(|block| block.bytes).sum()
    }
}
