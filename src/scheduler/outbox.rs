//! What goes into the scheduler and what comes out: closed lists of facts and wishes.

use super::pools::PoolRules;
use super::stage_graph::Stage;
use crate::common::ids::{CacheId, ExecutorId, JobId, NodeId, QueryId, ShuffleId, StageId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{EventKind, StageAttempt, TaskMetrics};
use std::sync::Arc;

/// A fact that the scheduler is told.
#[derive(Debug, Clone)]
pub enum Input {
    ExecutorAdded {
        executor: ExecutorId,
        node: NodeId,
        cores: u32,
        /** The first of them on its machine. */
        first_core: u32,
        rack: u32,
    },
    /// It will leave: no new tasks for it.
    ExecutorDecommissioned {
        executor: ExecutorId,
    },
    /// A leaving executor handed a map output to this one.
    MapOutputMoved {
        shuffle: ShuffleId,
        map: u32,
        executor: ExecutorId,
        node: NodeId,
    },
    /// An executor sent a copy of a cached partition to this one.
    CachedBlockCopied {
        cache: CacheId,
        partition: u32,
        from: ExecutorId,
        executor: ExecutorId,
        node: NodeId,
    },
    /// A cached partition is gone from an executor that lives.
    CachedBlockLost {
        cache: CacheId,
        partition: u32,
        executor: ExecutorId,
        reason: String,
    },
    /// A machine is gone with all its files, also those that its shuffle service kept for executors that had gone before.
    HostLost {
        node: NodeId,
        reason: String,
    },
    /// The driver process is gone.
    DriverLost,
    ExecutorLost {
        executor: ExecutorId,
        loss: Loss,
        reason: String,
    },
    StageDefined {
        stage: Stage,
        query: Option<QueryId>,
        line: u32,
    },
    /// The job is or will be in this pool.
    PoolAssigned {
        job: JobId,
        pool: String,
        rules: PoolRules,
    },
    JobSubmitted(Job),
    JobCancelled {
        job: JobId,
        reason: String,
    },
    TaskEnded {
        task: TaskId,
        end: TaskEnd,
        metrics: Arc<TaskMetrics>,
    },
    /// A cached partition moved from memory to the same node's disk.
    CachedBlockSpilled {
        cache: CacheId,
        partition: u32,
        executor: ExecutorId,
    },
    CacheDropped {
        cache: CacheId,
    },
    /// The cluster manager started a dead driver again.
    DriverRestarted,
    /// Nobody reads this shuffle any more.
    ShuffleDropped {
        shuffle: ShuffleId,
    },
    TimerFired(Timer),
    /// Nothing is under way and nothing will come: waiting has no end.
    NothingLeft,
}

/// One job.
#[derive(Debug, Clone)]
pub struct Job {
    pub job: JobId,
    pub query: Option<QueryId>,
    /// The stage whose completion ends the job.
    pub stage: StageId,
    /// Of a result stage: the partitions to compute.
    pub partitions: Vec<u32>,
    pub description: String,
}

/// How an executor was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// With its machine: not blamed on the tasks it ran.
    Host,
    /// The process ended: Spark blames the application.
    Process,
    /// It stopped answering.
    Silence,
    /// It left as planned.
    Decommissioned,
}

/// How large a map output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// On disk, per reduce partition.
    pub bytes: Arc<[u64]>,
    /// Per reduce partition.
    pub rows: Arc<[u64]>,
    /// All rows before they were packed: what Spark calls the data size of an exchange.
    pub data_bytes: u64,
}

/// How a task attempt ended on its executor.
#[derive(Debug, Clone)]
pub enum TaskEnd {
    Succeeded {
        /** Of a map task. */
        output: Option<Sizes>,
        /** Partitions of caches that it keeps now. */
        cached: Vec<CachedReport>,
    },
    FetchFailed {
        shuffle: ShuffleId,
        map: u32,
        /** Who should have had the block; absent: the driver itself did not know any more. */
        executor: Option<ExecutorId>,
        node: NodeId,
        /** The block was there, but its checksum told that the file is damaged. */
        is_damaged: bool,
    },
    /// It raised.
    Failed { error: String, retry: Retry },
}

/// What may follow a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Anywhere,
    /// Its executor is about to end, and gets no more tasks.
    Elsewhere,
    /// Another attempt cannot help (interrupted, not supported, a bug of ours).
    Never,
}

/// A cached partition that a task left on its executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedReport {
    pub cache: CacheId,
    pub partition: u32,
    pub bytes: u64,
    pub rows: u64,
    pub on_disk: bool,
}

/// A reason to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The burst of failures is over: submit failed stages again.
    ResubmitFailedStages,
    /// Patience for a near place has run out.
    Revive,
    /// Look for tasks that take too long.
    FindSlowTasks,
    /// Ask for executors, or give idle ones back.
    Allocation,
}

/// A wish of the scheduler.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// These tasks will be launched soon and their inputs exist.
    Prepare {
        stage: StageId,
        partitions: Vec<u32>,
    },
    Launch(Launch),
    /// The output of an attempt that succeeded counts.
    Accept {
        task: TaskId,
    },
    /// It does not.
    Discard {
        task: TaskId,
    },
    /// Stop an attempt; it needs not report.
    Kill {
        task: TaskId,
    },
    /// The driver forgot these map outputs; the executor need not keep them.
    DropOutputs {
        shuffle: ShuffleId,
        maps: Vec<u32>,
        executor: ExecutorId,
    },
    /// Ask the cluster manager for so many executors altogether.
    RequestExecutors {
        total: u32,
    },
    /// Give an idle executor back.
    ReleaseExecutor {
        executor: ExecutorId,
        idle: VirtualDuration,
    },
    SetTimer {
        at: VirtualTime,
        timer: Timer,
    },
    Emit(EventKind),
    JobSucceeded {
        job: JobId,
    },
    JobFailed {
        job: JobId,
        reason: String,
        task: Option<TaskId>,
    },
}

/// A task attempt to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launch {
    pub task: TaskId,
    pub stage: StageAttempt,
    pub partition: u32,
    pub attempt: u32,
    pub executor: ExecutorId,
    pub node: NodeId,
}

/// What a step decided, in order.
#[derive(Debug, Default)]
pub struct Outbox(Vec<Command>);

impl Outbox {
    /// Adds a command.
    pub fn push(&mut self, command: Command) {
        self.0.push(command);
    }

    /// Adds an event.
    pub fn emit(&mut self, event: EventKind) {
        self.0.push(Command::Emit(event));
    }

    /// Takes everything out.
    pub fn drain(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.0)
    }
}
