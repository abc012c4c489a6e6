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
//! **Simplified:** shares are fixed when a stage starts, where the fullest executor decides; a task holds its peak from its first moment to
//! its last. In Spark a lonely task may take up to all of it.

use super::block_store::Evicted;
use super::config::usable_memory_bytes;
use super::simulation::Cluster;
use crate::common::Conf;
use crate::common::ids::{ExecutorId, NodeId, TaskId};
use crate::scheduler::Input;

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
