//! Floor 1, the words of a run: everything that happened, in the past tense, at a virtual time.
//!
//! The event log is the product (design D7): screens, narration, reports, checks and every "why?" are pure functions of it.
//! Definition events ([`EventKind::StageDefined`], [`EventKind::QueryStarted`], …) carry names and plans once; all others refer by id.

pub mod log;

use crate::common::diff::Hunk;
use crate::common::ids::{
    BroadcastId, CacheId, ExecutorId, InputBlockId, JobId, NodeId, PlanStepId, QueryId, ShuffleId, StageId, TaskId,
};
use crate::common::time::{VirtualDuration, VirtualTime};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the log, from 0.
    pub seq: u64,
    /// When it happened; never earlier than the event before it.
    pub time: VirtualTime,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// One attempt of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StageAttempt {
    pub stage: StageId,
    pub attempt: u32,
}

/// How the reason begins for which an executor is given back while nothing is wrong with it.
pub const GIVEN_BACK: &str = "it was idle for ";
/// How the words of a fault end that makes something slow.
pub const SLOWED: &str = "times slower";

/// What happened. Logs of a million tasks are held in memory: what is large stands behind an `Arc`, which the status shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum EventKind {
    /// The script made its session: what it runs on.
    ApplicationStarted(Arc<Application>),
    /// Last event of a complete log.
    ApplicationEnded {
        /** The script's exit status. */
        exit: i32,
    },

    NodeAdded {
        node: NodeId,
        cores: u32,
        memory_bytes: u64,
        /** From 0. */
        #[serde(default)]
        rack: u32,
        /** It may be taken away. */
        #[serde(default)]
        is_spot: bool,
    },
    ExecutorAdded {
        executor: ExecutorId,
        node: NodeId,
        cores: u32,
        /// The first of the machine's cores that it takes.
        #[serde(default, skip_serializing_if = "is_none_left")]
        first_core: u32,
    },
    /// A fault was injected; what follows from it has events of its own.
    FaultInjected {
        fault: String,
        node: Option<NodeId>,
    },
    /// A fault that was asked for did not strike: there was nothing that it could strike, or its moment never came.
    FaultMissed {
        fault: String,
        reason: String,
    },
    /// The machine stopped. What was on it is gone; the driver may not know yet.
    NodeDied {
        node: NodeId,
    },
    /// Its cable was cut: it works on, and nobody hears it.
    NodeCutOff {
        node: NodeId,
    },
    /// Its cable was mended.
    NodeReconnected {
        node: NodeId,
    },
    /// It was told that it will be taken away.
    NodeLeaving {
        node: NodeId,
        at: VirtualTime,
    },
    /// Dynamic allocation wants another number of executors.
    ExecutorsRequested {
        total: u32,
        before: u32,
    },
    /// Tasks failed there too often: it gets no more of this stage, or of any where none is named.
    ExecutorExcluded {
        executor: ExecutorId,
        node: NodeId,
        stage: Option<StageAttempt>,
    },
    /// Tasks failed too often on two of its executors: none of it gets more of this stage, or of any where none is named.
    NodeExcluded {
        node: NodeId,
        stage: Option<StageAttempt>,
    },
    /// An executor gets no new tasks; it will leave when it has finished.
    ExecutorDecommissioned {
        executor: ExecutorId,
        node: NodeId,
    },
    /// The driver gave an executor up.
    ExecutorRemoved {
        executor: ExecutorId,
        node: NodeId,
        reason: String,
    },
    /// The machine came back; what its executors held did not.
    NodeRestarted {
        node: NodeId,
        /// Its disks are empty.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_empty: bool,
    },

    /// A part of the script was read: a file's whole text, or what was typed.
    ScriptRead {
        /** 1-based. */
        first_line: u32,
        text: String,
    },
    /// The script reached a statement.
    StatementStarted {
        /** 1-based. */
        line: u32,
        text: String,
    },
    /// The script printed.
    Printed {
        text: String,
    },
    /// The script wrote to its standard error.
    ErrorPrinted {
        text: String,
    },

    /// A transformation made a plan. Nothing is computed by it.
    PlanBuilt {
        line: u32,
        /** The last step of the plan. */
        root: PlanStepId,
        /** Those that no earlier plan has, inputs first. */
        steps: Vec<PlanStep>,
    },

    /// An action of the script started.
    QueryStarted {
        query: QueryId,
        /** `show`, `count`, `write parquet out/x`. */
        action: String,
        line: u32,
        /** The physical plan as text. */
        plan: Arc<str>,
        /** What it computes, where that is a plan that the script built. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<PlanStepId>,
    },
    /// How the plan of a query became the one that is run: told once, when it starts.
    QueryOptimized {
        query: QueryId,
        /** The plan as text, its names resolved. */
        analyzed: String,
        /** What changed it, in order. */
        rules: Vec<RuleChange>,
        /** Changes after these, left out because the plan is long. */
        #[serde(default, skip_serializing_if = "is_none_left")]
        left_out: u32,
    },
    /// Adaptive execution planned the rest again.
    QueryReplanned {
        query: QueryId,
        /** What was decided and why, one sentence each. */
        decisions: Vec<String>,
        plan: String,
    },
    QueryEnded {
        query: QueryId,
        /** Absent: the log does not say, as real Spark's does not. */
        rows: Option<u64>,
        error: Option<String>,
    },

    JobSubmitted {
        job: JobId,
        query: Option<QueryId>,
        /** Parents first. */
        stages: Vec<StageId>,
        description: String,
    },
    JobEnded {
        job: JobId,
        /** Absent: it succeeded. */
        error: Option<String>,
    },

    StageDefined(Arc<StageDefinition>),
    /// Known from an earlier job, output still there: not run again.
    StageSkipped {
        job: JobId,
        stage: StageId,
    },
    StageSubmitted {
        stage: StageAttempt,
        job: JobId,
        /** The partitions this attempt computes. */
        partitions: Arc<[u32]>,
        reason: SubmitReason,
    },
    StageCompleted {
        stage: StageAttempt,
    },
    StageFailed {
        stage: StageAttempt,
        reason: String,
    },
    /// The rows of an indeterminate stage have to be made again and may come out otherwise: what stands on the old ones no longer counts.
    StageRolledBack {
        stage: StageId,
        /// The indeterminate stage; it is the first that is rolled back.
        because: StageId,
        /// The map outputs that were there and are forgotten.
        maps: Vec<u32>,
    },

    TaskStarted {
        task: TaskId,
        stage: StageAttempt,
        partition: u32,
        /** Attempts of this task before this one. */
        attempt: u32,
        executor: ExecutorId,
        node: NodeId,
        /** Core of the node, from 0. */
        core: u32,
        locality: Locality,
        cause: TaskCause,
    },
    /// A task asked one node for its shuffle blocks (or read them from its own).
    ShuffleFetched {
        task: TaskId,
        shuffle: ShuffleId,
        from: NodeId,
        blocks: u32,
        bytes: u64,
        arrives: VirtualTime,
    },
    TaskEnded {
        task: TaskId,
        outcome: TaskOutcome,
        metrics: Arc<TaskMetrics>,
    },

    /// A map task's output became known to the driver.
    MapOutputRegistered {
        shuffle: ShuffleId,
        map: u32,
        node: NodeId,
        executor: ExecutorId,
        /** Per reduce partition. */
        bytes: Arc<[u64]>,
        rows: Arc<[u64]>,
    },
    /// A few rows of a map output, evenly drawn, for people to look at.
    RowsSampled(Arc<RowSample>),
    /// A leaving executor handed a map output over.
    MapOutputMoved {
        shuffle: ShuffleId,
        map: u32,
        from: NodeId,
        node: NodeId,
        executor: ExecutorId,
    },
    /// Map outputs are gone with their node, or were dropped after a failed fetch.
    MapOutputsLost {
        shuffle: ShuffleId,
        maps: Vec<u32>,
        node: NodeId,
        reason: String,
    },
    /// Nobody will read this shuffle any more; its map outputs were given back.
    ShuffleDropped {
        shuffle: ShuffleId,
    },
    BlockCached {
        cache: CacheId,
        partition: u32,
        node: NodeId,
        #[serde(default)]
        executor: ExecutorId,
        bytes: u64,
        rows: u64,
        on_disk: bool,
    },
    /// Another executor got a copy of a cached partition.
    BlockReplicated {
        cache: CacheId,
        partition: u32,
        from: NodeId,
        node: NodeId,
        executor: ExecutorId,
        bytes: u64,
    },
    CachedBlocksLost {
        cache: CacheId,
        partitions: Vec<u32>,
        node: NodeId,
        reason: String,
    },
    CacheDropped {
        cache: CacheId,
    },
    BroadcastCreated {
        broadcast: BroadcastId,
        bytes: u64,
        rows: u64,
        /// The stage whose rows it is; absent: the log does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<StageId>,
    },
    /// A piece of an input file became known, and the machines that hold a copy of it.
    InputBlockPlaced {
        block: InputBlockId,
        /** The last parts of the file's path. */
        path: Arc<str>,
        /** Where in the file it begins, in bytes. */
        start: u64,
        bytes: u64,
        /** In the order in which they were chosen. */
        nodes: Arc<[NodeId]>,
    },
    /// A task began to read pieces of input files from one machine.
    InputRead {
        task: TaskId,
        from: NodeId,
        blocks: Vec<InputBlockId>,
    },
    /// Copies of a piece of an input file are gone, while their machines live.
    InputCopiesLost {
        block: InputBlockId,
        nodes: Vec<NodeId>,
    },
    /// Something that cannot be spilled took more memory than there was. What follows from it has events of its own.
    MemoryExhausted {
        /** The attempt that asked for it; absent: the driver did. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        holder: MemoryHolder,
        /** What the executor's tasks, or the driver, would have held of it together. */
        bytes: u64,
        limit_bytes: u64,
    },
    /// Files were moved to their final place.
    OutputCommitted {
        path: String,
        files: u32,
        rows: u64,
        bytes: u64,
    },
    /// A write was given up; nothing of it is visible.
    OutputAborted {
        path: String,
        reason: String,
    },
}

/// What an event is about: who keeps or tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Application,
    /// The script, its statements and what it prints.
    Script,
    /// Nodes, executors, and what breaks.
    Machine,
    /// Queries and jobs.
    Work,
    Stage,
    /// Attempts, with what they fetch.
    Task,
    /// Map outputs, cached partitions, broadcasts, input and output.
    Data,
}

impl EventKind {
    /// What it is about.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self {
            EventKind::ApplicationStarted(_) | EventKind::ApplicationEnded { .. } => Topic::Application,
            EventKind::ScriptRead { .. }
            | EventKind::StatementStarted { .. }
            | EventKind::PlanBuilt { .. }
            | EventKind::Printed { .. }
            | EventKind::ErrorPrinted { .. } => Topic::Script,
            EventKind::NodeAdded { .. }
            | EventKind::ExecutorAdded { .. }
            | EventKind::FaultInjected { .. }
            | EventKind::FaultMissed { .. }
            | EventKind::NodeDied { .. }
            | EventKind::ExecutorRemoved { .. }
            | EventKind::NodeCutOff { .. }
            | EventKind::NodeReconnected { .. }
            | EventKind::NodeLeaving { .. }
            | EventKind::ExecutorDecommissioned { .. }
            | EventKind::ExecutorsRequested { .. }
            | EventKind::ExecutorExcluded { .. }
            | EventKind::NodeExcluded { .. }
            | EventKind::NodeRestarted { .. } => Topic::Machine,
            EventKind::QueryStarted { .. }
            | EventKind::QueryOptimized { .. }
            | EventKind::QueryReplanned { .. }
            | EventKind::QueryEnded { .. }
            | EventKind::JobSubmitted { .. }
            | EventKind::JobEnded { .. } => Topic::Work,
            EventKind::StageDefined(_)
            | EventKind::StageSkipped { .. }
            | EventKind::StageSubmitted { .. }
            | EventKind::StageCompleted { .. }
            | EventKind::StageFailed { .. } => Topic::Stage,
            EventKind::TaskStarted { .. } | EventKind::ShuffleFetched { .. } | EventKind::TaskEnded { .. } => {
                Topic::Task
            }
            EventKind::MapOutputRegistered { .. }
            | EventKind::RowsSampled(_)
            | EventKind::MapOutputMoved { .. }
            | EventKind::MapOutputsLost { .. }
            | EventKind::BlockCached { .. }
            | EventKind::BlockReplicated { .. }
            | EventKind::CachedBlocksLost { .. }
            | EventKind::CacheDropped { .. }
            | EventKind::ShuffleDropped { .. }
            | EventKind::StageRolledBack { .. }
            | EventKind::BroadcastCreated { .. }
            | EventKind::InputBlockPlaced { .. }
            | EventKind::InputRead { .. }
            | EventKind::InputCopiesLost { .. }
            | EventKind::MemoryExhausted { .. }
            | EventKind::OutputCommitted { .. }
            | EventKind::OutputAborted { .. } => Topic::Data,
        }
    }
}

/// What runs, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Application {
    pub name: String,
    pub script: String,
    pub seed: u64,
    pub cluster: ClusterShape,
    pub conf: Vec<(String, String)>,
}

impl Application {
    /// What a key was set to, the last time it was.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.conf.iter().rfind(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// A rule of the optimizer that changed a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleChange {
    /// Spark's name of the rule.
    pub rule: String,
    /// What it did to the plan's text, line by line.
    pub changes: Vec<Hunk>,
}

/// The cluster as the run started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterShape {
    pub name: String,
    pub nodes: u32,
    pub cores_per_node: u32,
    pub memory_per_node_bytes: u64,
    /// A real Spark's log: times are what its clocks said, not modelled.
    #[serde(default)]
    pub is_real: bool,
}

/// A step of a plan as the script wrote it, told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    pub id: PlanStepId,
    /// In the words of the call that made it: `filter`.
    pub does: String,
    /// With what: `(amount > 10)`; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<PlanStepId>,
}

/// What comes out when a stage's tasks run again (Spark's `DeterministicLevel`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Determinism {
    /// The same rows in the same order.
    #[default]
    Determinate,
    /// The same rows, perhaps in another order: blocks of a shuffle arrive as they come.
    Unordered,
    /// Perhaps other rows in each partition; a checksum tells, once they are made again.
    Compared,
    /// Perhaps other rows in each partition.
    Indeterminate,
}

impl Determinism {
    /// Whether rows may differ at all; what a log leaves out is determinate.
    #[must_use]
    pub fn is_determinate(&self) -> bool {
        *self == Determinism::Determinate
    }
}

/// A stage, told once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageDefinition {
    pub stage: StageId,
    /// Short name for screens: the source or main operator, such as `orders` or `join`.
    pub name: String,
    /// Operators in the order rows pass them: `scan csv`, `filter`, `partial aggregate`, `shuffle write`.
    pub operators: Vec<String>,
    /// The same as lines of a physical plan, without its tree; empty: the log does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<String>,
    /// Number of partitions, that is tasks of a full run.
    pub tasks: u32,
    /// Stages whose shuffle output it reads.
    pub parents: Vec<StageId>,
    /// What it writes, when it is a shuffle map stage.
    pub writes: Option<ShuffleId>,
    /// Reduce partitions of `writes`.
    pub reduce_partitions: u32,
    /// The shuffles it reads, with the parent that makes each.
    pub reads: Vec<(ShuffleId, StageId)>,
    /// For each partition what its task reads of shuffles, caches left out; absent: partition i reads reduce partition i of each in `reads`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<Vec<Vec<Slice>>>,
    /// Caches it reads or fills.
    pub caches: Vec<CacheId>,
    /// Broadcasts that each of its tasks reads whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broadcasts: Vec<BroadcastId>,
    /// What its tasks leave when they run again.
    #[serde(default, skip_serializing_if = "Determinism::is_determinate")]
    pub determinism: Determinism,
    pub query: Option<QueryId>,
    /// The script's line.
    pub line: u32,
}

/// Rows of one map output: a few that are drawn evenly, and those that carry on rows which were drawn of what its task read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowSample {
    pub shuffle: ShuffleId,
    pub map: u32,
    /// How a row finds its partition: `hash`, `range`, `index`, `round robin`, `single`.
    pub by: String,
    /// What decides, by name; empty when nothing in the row does.
    pub keys: Vec<String>,
    /// Columns beside the keys, not always all.
    pub columns: Vec<String>,
    pub rows: Vec<SampledRow>,
}

/// One drawn row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampledRow {
    /// The reduce partition that it belongs to.
    pub reduce: u32,
    /// The values of the keys, then of the columns, as text; long ones are cut.
    pub cells: Vec<String>,
}

/// A part of a shuffle: these map outputs, of each these reduce partitions; the second number of a pair is the first that is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    pub shuffle: ShuffleId,
    pub maps: (u32, u32),
    pub reduces: (u32, u32),
}

/// Why a stage attempt was submitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SubmitReason {
    /// A job needs it for the first time.
    Needed,
    /// Outputs that unfinished work still needs were lost.
    OutputsLost { shuffle: ShuffleId, maps: Vec<u32> },
    /// Its tasks could not read their input; the parent was made again.
    FetchFailed { shuffle: ShuffleId },
}

/// Why a task attempt runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskCause {
    /// Its stage was submitted and it had not run.
    First,
    /// It ran before and its output was lost with this node.
    OutputLost { node: NodeId },
    /// An earlier attempt was running on a node that died.
    ExecutorLost { node: NodeId },
    /// An earlier attempt could not fetch a block from this node.
    FetchFailed { node: NodeId },
    /// An earlier attempt failed.
    Retry { reason: String },
    /// Its stage was submitted again while an earlier attempt still ran: nobody waits for that one.
    StageAgain,
    /// What it made stood on rows of this indeterminate stage, or was among them, and those are made again.
    RolledBack { stage: StageId },
    /// A second copy of a slow task.
    Speculative,
}

/// What was held in memory and cannot be spilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemoryHolder {
    /// The relations of broadcasts, whole on the driver and on each executor whose tasks read them.
    Broadcast,
    /// The hash table that a task built of its side of a join: in managed memory, so that only the task fails.
    HashTable,
    /// The values of one group, or one row: objects on the heap.
    Objects,
}

/// How near a task ran to its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locality {
    Process,
    Node,
    NoPreference,
    Rack,
    Any,
}

impl Locality {
    /// Spark's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Locality::Process => "PROCESS_LOCAL",
            Locality::Node => "NODE_LOCAL",
            Locality::NoPreference => "NO_PREF",
            Locality::Rack => "RACK_LOCAL",
            Locality::Any => "ANY",
        }
    }
}

/// How a task attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskOutcome {
    Succeeded,
    /// The executor it ran on is gone.
    ExecutorLost {
        node: NodeId,
    },
    /// A block it needs is gone; counts towards no limit of the task.
    FetchFailed {
        shuffle: ShuffleId,
        map: u32,
        node: NodeId,
        /// It was there, but its checksum told that the file is damaged.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_damaged: bool,
    },
    /// It raised.
    Failed {
        error: String,
    },
    /// Another copy was first, or its stage was cancelled.
    Killed {
        reason: String,
    },
    /// It finished on an executor that the driver had given up; the result was not used.
    Ignored {
        reason: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none_left(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What a task attempt did and how long each part took. Counts are real; times are modelled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskMetrics {
    pub rows_in: u64,
    pub rows_out: u64,
    /// From files and caches.
    pub input_bytes: u64,
    /// As Spark counts records: of a cache its batches of rows.
    pub input_rows: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_read_rows: u64,
    pub shuffle_read_remote_bytes: u64,
    pub shuffle_write_bytes: u64,
    pub shuffle_write_rows: u64,
    /// What Spark counts as records when rows travel in batches of Python's; 0 when each row is a record.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shuffle_write_batches: u64,
    /// Of files.
    pub output_bytes: u64,
    pub output_rows: u64,
    pub spilled_bytes: u64,
    /// The most that one operator held at a time.
    pub peak_memory_bytes: u64,
    pub cache_hits: u32,
    pub cache_misses: u32,
    pub fetch_time: VirtualDuration,
    pub compute_time: VirtualDuration,
    pub write_time: VirtualDuration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tasks_fit_in_memory() {
        assert!(size_of::<Event>() <= 80, "{}", size_of::<Event>());
        assert!(size_of::<TaskMetrics>() <= 144, "{}", size_of::<TaskMetrics>());
    }
}
