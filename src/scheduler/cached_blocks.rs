//! The driver's table of cached partitions (Spark's `BlockManagerMaster`): which partition of which cache lies on which executor.

use crate::common::ids::{CacheId, ExecutorId, NodeId};
use std::collections::BTreeMap;

/// One cached partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedAt {
    pub executor: ExecutorId,
    pub node: NodeId,
    pub bytes: u64,
    pub rows: u64,
}

/// All cached partitions that the driver knows.
#[derive(Debug, Default)]
pub struct CachedBlocks {
    blocks: BTreeMap<(CacheId, u32), CachedAt>,
}

impl CachedBlocks {
    /// A partition is kept.
    pub fn register(&mut self, cache: CacheId, partition: u32, at: CachedAt) {
        self.blocks.insert((cache, partition), at);
    }

    /// A partition is kept no more.
    pub fn remove(&mut self, cache: CacheId, partition: u32) {
        self.blocks.remove(&(cache, partition));
    }

    /// Where a partition is kept.
    #[must_use]
    pub fn get(&self, cache: CacheId, partition: u32) -> Option<&CachedAt> {
        self.blocks.get(&(cache, partition))
    }

    /// The partitions of one cache.
    pub fn of(&self, cache: CacheId) -> impl Iterator<Item = (u32, &CachedAt)> {
        self.blocks.range((cache, 0)..=(cache, u32::MAX)).map(|((_, partition), at)| (*partition, at))
    }

    /// Everything, for checks.
    pub fn all(&self) -> impl Iterator<Item = (CacheId, u32, &CachedAt)> {
        self.blocks.iter().map(|((cache, partition), at)| (*cache, *partition, at))
    }

    /// Forgets everything on one executor: for each cache, which partitions.
    pub fn remove_executor(&mut self, executor: ExecutorId) -> Vec<(CacheId, Vec<u32>)> {
        let mut lost: BTreeMap<CacheId, Vec<u32>> = BTreeMap::new();
        self.blocks.retain(|(cache, partition), at| {
            let gone = at.executor == executor;
            if gone {
                lost.entry(*cache).or_default().push(*partition);
            }
            !gone
        });
        lost.into_iter().collect()
    }

    /// `unpersist`. True when there was something.
    pub fn drop_cache(&mut self, cache: CacheId) -> bool {
        let before = self.blocks.len();
        self.blocks.retain(|(id, _), _| *id != cache);
        before != self.blocks.len()
    }
}
