//! Memory that tasks and caches of one executor share, as Spark's unified memory manager divides it.
//!
//! ```text
//!   usable = (memory − reserved) × spark.memory.fraction
//!   ├── held by running tasks ──▶ ┊ ◀── cached rows ─────────────┤
//!                                 ├ usable × storageFraction ────┤  tasks push cached rows out, but not below this
//! ```
//!
//! Cached rows may lie in all that tasks leave free, and never push a task out. A task may hold the same share as every other core's task:
//! its part of what is usable without the cached rows that it cannot push out.
//!
//! Most operators spill what has no room. What cannot is looked at when a task has computed:
//!
//! | what | held against | too large |
//! |---|---|---|
//! | the hash table of a join's own side | the task's part of what caches leave, by the tasks that run there | the task fails, as in Spark |
//! | relations of broadcasts, values of one group, one row | the executor's whole, for all its tasks together | the executor dies |
//! | the relation of a broadcast on the driver | `spark.driver.memory` (1 GB), divided alike | the query fails |
//!
//! **Simplified:** shares are fixed when a stage starts, where the fullest executor decides; a task holds its peak from its first moment to
//! its last. In Spark a lonely task may spill later. Objects on the heap are held against the unified memory as well, where Spark's have what
//! the heap has left; cached rows give way to them. What a Python worker holds is outside of both.

use super::attempt::Attempt;
use super::block_store::Evicted;
use super::config::usable_memory_bytes;
use super::simulation::Cluster;
use crate::common::ids::{BroadcastId, ExecutorId, NodeId, TaskId};
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::event::{EventKind, MemoryHolder};
use crate::scheduler::{Input, Loss, Retry, TaskEnd};
use crate::status::waits::room_for;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How the worker says that an executor ended by `OutOfMemoryError`.
const OUT_OF_MEMORY: &str = "Command exited with code 52";

/// What cannot spill, and is more than there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Excess {
    holder: MemoryHolder,
    bytes: u64,
    limit_bytes: u64,
}

/// How an executor's memory is divided.
#[derive(Debug, Clone, Copy)]
struct Division {
    fraction: f64,
    storage_fraction: f64,
}

impl Division {
    fn of(conf: &Conf) -> Self {
        let share = |name: &str, otherwise: f64| {
            let share = conf.get(name).and_then(|text| text.parse::<f64>().ok()).unwrap_or(otherwise);
            share.clamp(0.0, 1.0)
        };
        Division {
            fraction: share("spark.memory.fraction", 0.6),
            storage_fraction: share("spark.memory.storageFraction", 0.5),
        }
    }

    fn usable(self, memory_bytes: u64) -> u64 {
        usable_memory_bytes(memory_bytes, (self.fraction * 1000.0) as u64)
    }

    /// What cached rows keep whatever tasks need.
    fn protected(self, memory_bytes: u64) -> u64 {
        self.usable(memory_bytes) / 1000 * (self.storage_fraction * 1000.0) as u64
    }
}

impl Cluster {
    /// What cached rows of an executor may take now: all that its tasks do not hold.
    pub(super) fn room_for_cached(&self, executor: ExecutorId) -> u64 {
        let division = Division::of(&self.conf);
        let one = self.executors.get(&executor);
        one.map_or(0, |one| division.usable(one.memory_bytes).saturating_sub(one.held_by_tasks))
    }

    /// A task's share of its executor's memory, fixed before it is placed: where executors differ, the smallest share.
    pub(super) fn task_memory(&self, conf: &Conf) -> u64 {
        let division = Division::of(conf);
        let share = |node, cached: u64| {
            let size = self.config.executor_size(node, conf);
            let kept = cached.min(division.protected(size.memory_bytes));
            division.usable(size.memory_bytes).saturating_sub(kept) / u64::from(size.cores)
        };
        let empty = (1..=self.config.nodes()).map(|number| share(NodeId(number), 0));
        let filled = self.executors.values().map(|one| (one.node, one.store.cached_in_memory()));
        let filled = filled.filter(|(_, cached)| *cached > 0).map(|(node, cached)| share(node, cached));
        let least = empty.chain(filled).min().unwrap_or_default();
        (least / self.config.scale).max(1 << 10)
    }

    /// A task takes its memory; cached rows make room for it.
    pub(super) fn hold_memory(&mut self, task: TaskId, bytes: u64) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        let executor = attempt.launch.executor;
        let bytes = bytes.saturating_mul(self.config.scale);
        attempt.held_memory = bytes;
        let Some(one) = self.executors.get_mut(&executor) else { return };
        one.held_by_tasks += bytes;
        if one.store.cached_in_memory() == 0 {
            return;
        }
        let division = Division::of(&self.conf);
        let left = division.usable(one.memory_bytes).saturating_sub(one.held_by_tasks);
        let evicted = one.store.shrink_cached(left.max(division.protected(one.memory_bytes)));
        self.tell_evicted(executor, evicted, "a task needed its memory");
    }

    /// A task gives its memory back.
    pub(super) fn release_memory(&mut self, task: TaskId) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        let bytes = std::mem::take(&mut attempt.held_memory);
        if let Some(one) = self.executors.get_mut(&attempt.launch.executor) {
            one.held_by_tasks = one.held_by_tasks.saturating_sub(bytes);
        }
    }

    /// What keeps a task that has computed from holding all that it has to.
    pub(super) fn excess_of(&self, task: TaskId) -> Option<Excess> {
        let attempt = self.attempts.get(&task)?;
        let (table, objects) = attempt.output.as_ref().map(|one| (one.counts.table_bytes, one.counts.object_bytes))?;
        if table == 0 && objects == 0 && attempt.broadcasts.is_empty() {
            return None;
        }
        let (scale, division) = (self.config.scale, Division::of(&self.conf));
        let executor = self.executors.get(&attempt.launch.executor)?;
        let usable = division.usable(executor.memory_bytes);
        let here = || self.attempts.values().filter(|other| other.launch.executor == attempt.launch.executor);
        let kept = executor.store.cached_in_memory().min(division.protected(executor.memory_bytes));
        let share = (usable - kept.min(usable)) / here().count().max(1) as u64;
        let table = table.saturating_mul(scale);
        if table > share {
            return Some(Excess { holder: MemoryHolder::HashTable, bytes: table, limit_bytes: share });
        }
        let relations = self.relations_of(here()).saturating_mul(scale);
        let values: u64 = here().filter_map(|one| Some(one.output.as_ref()?.counts.object_bytes)).sum();
        let bytes = relations.saturating_add(values.saturating_mul(scale));
        let own = if objects > 0 { MemoryHolder::Objects } else { MemoryHolder::Broadcast };
        let is_part = objects > 0 || !attempt.broadcasts.is_empty();
        (is_part && bytes > usable).then_some(Excess { holder: own, bytes, limit_bytes: usable })
    }

    /// Bytes of the broadcasts that these attempts read, each once.
    fn relations_of<'a>(&self, attempts: impl Iterator<Item = &'a Attempt>) -> u64 {
        let read: BTreeSet<BroadcastId> = attempts.flat_map(|attempt| attempt.broadcasts.iter().copied()).collect();
        read.iter().filter_map(|broadcast| self.relation_bytes.get(broadcast)).sum()
    }

    /// A task holds more than there is room for: it fails, and its executor dies, unless it asked the memory manager.
    pub(super) fn out_of_memory(&mut self, task: TaskId, excess: Excess) {
        let Some(launch) = self.attempts.get(&task).map(|attempt| attempt.launch) else { return };
        let Excess { holder, bytes, limit_bytes } = excess;
        self.emit(EventKind::MemoryExhausted { task: Some(task), holder, bytes, limit_bytes });
        if let Some(job) = self.scheduler.running().get(&task).map(|running| running.job) {
            self.remedies.insert(job, room_for(holder));
        }
        let error = match holder {
            MemoryHolder::HashTable => {
                "org.apache.spark.memory.SparkOutOfMemoryError: There is not enough memory to build hash map."
            }
            MemoryHolder::Broadcast | MemoryHolder::Objects => "java.lang.OutOfMemoryError: Java heap space",
        };
        let retry = if holder == MemoryHolder::HashTable { Retry::Anywhere } else { Retry::Elsewhere };
        let end = TaskEnd::Failed { error: error.to_owned(), retry };
        self.tell(Input::TaskEnded { task, end, metrics: Arc::default() });
        if retry == Retry::Elsewhere {
            self.end_executor(launch.executor, Loss::Process, OUT_OF_MEMORY);
            self.restore_copies();
            self.replace_executors();
        }
    }

    /// Refuses a relation that the driver has no room for.
    pub(super) fn check_relation(&mut self, bytes: u64) -> Result<()> {
        let memory = u64::try_from(self.conf.bytes("spark.driver.memory", 1 << 30)).unwrap_or(1 << 30);
        let limit_bytes = Division::of(&self.conf).usable(memory);
        let bytes = bytes.saturating_mul(self.config.scale);
        if bytes <= limit_bytes {
            return Ok(());
        }
        let holder = MemoryHolder::Broadcast;
        self.emit(EventKind::MemoryExhausted { task: None, holder, bytes, limit_bytes });
        let message = "Not enough memory to build and broadcast the table to all worker nodes. As a workaround, you can either disable broadcast by setting spark.sql.autoBroadcastJoinThreshold to -1 or increase the spark driver memory by setting spark.driver.memory to a higher value or apply the shuffle sort merge join hint as described in the Spark documentation: https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-hints.html#join-hints.";
        Err(SparkError::new(ErrorClass::SparkException, message).with_help(room_for(holder)))
    }

    /// Tells the driver what had to make room.
    pub(super) fn tell_evicted(&mut self, executor: ExecutorId, evicted: Evicted, reason: &str) {
        for (cache, partition) in evicted.to_disk {
            self.tell(Input::CachedBlockSpilled { cache, partition, executor });
        }
        for (cache, partition) in evicted.dropped {
            let reason = reason.to_owned();
            self.tell(Input::CachedBlockLost { cache, partition, executor, reason });
        }
    }
}
