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

/// All cached partitions that the driver knows, each with the executors that hold a copy.
#[derive(Debug, Default)]
pub struct CachedBlocks {
    blocks: BTreeMap<(CacheId, u32), Vec<CachedAt>>,
}

impl CachedBlocks {
    /// A copy of a partition is kept.
    pub fn register(&mut self, cache: CacheId, partition: u32, at: CachedAt) {
        let copies = self.blocks.entry((cache, partition)).or_default();
        match copies.iter_mut().find(|known| known.executor == at.executor) {
            Some(known) => *known = at,
            None => copies.push(at),
        }
    }

    /// A copy of a partition is kept no more.
    pub fn remove(&mut self, cache: CacheId, partition: u32, executor: ExecutorId) -> Option<CachedAt> {
        let copies = self.blocks.get_mut(&(cache, partition))?;
        let at = copies.iter().position(|at| at.executor == executor).map(|index| copies.remove(index));
        if copies.is_empty() {
            self.blocks.remove(&(cache, partition));
        }
        at
    }

    /// Where the copies of a partition are kept, the oldest first.
    #[must_use]
    pub fn copies(&self, cache: CacheId, partition: u32) -> &[CachedAt] {
        self.blocks.get(&(cache, partition)).map_or(&[], Vec::as_slice)
    }

    /// One executor's copy of a partition.
    #[must_use]
    pub fn copy_on(&self, cache: CacheId, partition: u32, executor: ExecutorId) -> Option<&CachedAt> {
        self.copies(cache, partition).iter().find(|at| at.executor == executor)
    }

    /// The partitions of one cache, each with its first copy.
    pub fn of(&self, cache: CacheId) -> impl Iterator<Item = (u32, &CachedAt)> {
        let partitions = self.blocks.range((cache, 0)..=(cache, u32::MAX));
        partitions.filter_map(|((_, partition), copies)| Some((*partition, copies.first()?)))
    }

    /// Every copy.
    pub fn all(&self) -> impl Iterator<Item = (CacheId, u32, &CachedAt)> {
        self.blocks
            .iter()
            .flat_map(|((cache, partition), copies)| copies.iter().map(move |at| (*cache, *partition, at)))
    }

    /// Forgets everything on one executor: for each cache, the partitions of which it held a copy.
    pub fn remove_executor(&mut self, executor: ExecutorId) -> Vec<(CacheId, Vec<u32>)> {
        let mut lost: BTreeMap<CacheId, Vec<u32>> = BTreeMap::new();
        self.blocks.retain(|(cache, partition), copies| {
            let before = copies.len();
            copies.retain(|at| at.executor != executor);
            if copies.len() < before {
                lost.entry(*cache).or_default().push(*partition);
            }
            !copies.is_empty()
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
