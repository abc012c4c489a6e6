//! What one executor really holds: shuffle blocks and cached partitions. When the machine dies, the store is dropped and its rows with it.

use super::storage_level::StorageLevel;
use crate::common::ids::{CacheId, ShuffleId};
use crate::exec::blocks::Block;
use crate::exec::task::Batches;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The blocks of one map task.
pub type MapOutput = Arc<Vec<Block>>;

/// A cached partition.
#[derive(Debug, Clone)]
pub struct CachedBlock {
    pub batches: Batches,
    pub bytes: u64,
    pub on_disk: bool,
    /// Whether its level lets it move to disk.
    has_disk: bool,
    last_used: u64,
}

/// What had to make room, itself included.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    pub to_disk: Vec<(CacheId, u32)>,
    pub dropped: Vec<(CacheId, u32)>,
}

/// The blocks of one executor.
#[derive(Debug, Default)]
pub struct BlockStore {
    shuffles: BTreeMap<(ShuffleId, u32), MapOutput>,
    /// Map outputs whose bytes are no longer what was written.
    damaged: BTreeSet<(ShuffleId, u32)>,
    cached: BTreeMap<(CacheId, u32), CachedBlock>,
    uses: u64,
    in_memory: u64,
}

impl BlockStore {
    /// Keeps a map output.
    pub fn put_map_output(&mut self, shuffle: ShuffleId, map: u32, output: MapOutput) {
        self.damaged.remove(&(shuffle, map));
        self.shuffles.insert((shuffle, map), output);
    }

    /// A map output that is here.
    #[must_use]
    pub fn map_output(&self, shuffle: ShuffleId, map: u32) -> Option<&MapOutput> {
        self.shuffles.get(&(shuffle, map))
    }

    /// Drops a map output.
    pub fn drop_map_output(&mut self, shuffle: ShuffleId, map: u32) {
        self.damaged.remove(&(shuffle, map));
        self.shuffles.remove(&(shuffle, map));
    }

    /// Damages a map output on its disk. False when it is not here.
    pub fn damage(&mut self, shuffle: ShuffleId, map: u32) -> bool {
        self.shuffles.contains_key(&(shuffle, map)) && self.damaged.insert((shuffle, map))
    }

    /// Whether its checksum no longer fits.
    #[must_use]
    pub fn is_damaged(&self, shuffle: ShuffleId, map: u32) -> bool {
        self.damaged.contains(&(shuffle, map))
    }

    /// All map outputs.
    pub fn map_outputs(&self) -> impl Iterator<Item = (ShuffleId, u32, &MapOutput)> {
        self.shuffles.iter().map(|((shuffle, map), output)| (*shuffle, *map, output))
    }

    /// All cached partitions.
    pub fn all_cached(&self) -> impl Iterator<Item = (CacheId, u32, &CachedBlock)> {
        self.cached.iter().map(|((cache, partition), block)| (*cache, *partition, block))
    }

    /// Drops a whole shuffle.
    pub fn drop_shuffle(&mut self, shuffle: ShuffleId) {
        self.shuffles.retain(|(id, _), _| *id != shuffle);
        self.damaged.retain(|(id, _)| *id != shuffle);
    }

    /// Keeps a cached partition in at most `limit` bytes of memory. The least recently used blocks of other caches make room: they move to
    /// disk, or go where their level has none. What still does not fit goes to disk itself, or is not kept.
    pub fn put_cached(
        &mut self,
        (cache, partition): (CacheId, u32),
        batches: Batches,
        bytes: u64,
        level: StorageLevel,
        limit: u64,
    ) -> Evicted {
        self.drop_cached(cache, partition);
        self.uses += 1;
        let mut evicted = Evicted::default();
        while level.memory && self.in_memory + bytes > limit && self.evict_oldest(|id| id != cache, &mut evicted) {}
        let on_disk = !level.memory || self.in_memory + bytes > limit;
        if on_disk && !level.disk {
            evicted.dropped.push((cache, partition));
            return evicted;
        }
        if on_disk {
            evicted.to_disk.push((cache, partition));
        } else {
            self.in_memory += bytes;
        }
        let block = CachedBlock { batches, bytes, on_disk, has_disk: level.disk, last_used: self.uses };
        self.cached.insert((cache, partition), block);
        evicted
    }

    /// Bytes of cached partitions in memory.
    #[must_use]
    pub fn cached_in_memory(&self) -> u64 {
        self.in_memory
    }

    /// Cached partitions leave memory, the least recently used first, until no more than `limit` bytes are there.
    pub fn shrink_cached(&mut self, limit: u64) -> Evicted {
        let mut evicted = Evicted::default();
        while self.in_memory > limit && self.evict_oldest(|_| true, &mut evicted) {}
        evicted
    }

    /// The least recently used partition in memory, of the caches that may leave, leaves it. False when there is none.
    fn evict_oldest(&mut self, may_leave: impl Fn(CacheId) -> bool, evicted: &mut Evicted) -> bool {
        let held = self.cached.iter().filter(|((cache, _), block)| may_leave(*cache) && !block.on_disk);
        let oldest = held.min_by_key(|(_, block)| block.last_used).map(|(key, _)| *key);
        if let Some(key) = oldest {
            self.evict(key, evicted);
        }
        oldest.is_some()
    }

    fn evict(&mut self, key: (CacheId, u32), evicted: &mut Evicted) {
        let Some(block) = self.cached.get_mut(&key) else { return };
        self.in_memory -= block.bytes;
        if block.has_disk {
            block.on_disk = true;
            evicted.to_disk.push(key);
        } else {
            self.cached.remove(&key);
            evicted.dropped.push(key);
        }
    }

    /// A cached partition that is here; looking counts as use.
    pub fn use_cached(&mut self, cache: CacheId, partition: u32) -> Option<&CachedBlock> {
        self.uses += 1;
        let uses = self.uses;
        let block = self.cached.get_mut(&(cache, partition))?;
        block.last_used = uses;
        Some(block)
    }

    /// A cached partition that is here.
    #[must_use]
    pub fn cached(&self, cache: CacheId, partition: u32) -> Option<&CachedBlock> {
        self.cached.get(&(cache, partition))
    }

    /// Drops one cached partition.
    pub fn drop_cached(&mut self, cache: CacheId, partition: u32) {
        if let Some(block) = self.cached.remove(&(cache, partition)) {
            self.in_memory -= if block.on_disk { 0 } else { block.bytes };
        }
    }

    /// `unpersist`.
    pub fn drop_cache(&mut self, cache: CacheId) {
        let keys: Vec<u32> =
            self.cached.range((cache, 0)..=(cache, u32::MAX)).map(|((_, partition), _)| *partition).collect();
        for partition in keys {
            self.drop_cached(cache, partition);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_block_of_another_cache_moves_to_disk() {
        let mut store = BlockStore::default();
        let put = |store: &mut BlockStore, cache: u32, partition: u32| {
            let key = (CacheId(cache), partition);
            store.put_cached(key, Arc::new(Vec::new()), 40, StorageLevel::default(), 100).to_disk
        };
        assert!(put(&mut store, 0, 0).is_empty());
        assert!(put(&mut store, 0, 1).is_empty());
        store.use_cached(CacheId(0), 0);
        assert_eq!(put(&mut store, 1, 0), [(CacheId(0), 1)]);
        assert_eq!(put(&mut store, 1, 1), [(CacheId(0), 0)]);
        assert_eq!(put(&mut store, 1, 2), [(CacheId(1), 2)], "a cache never pushes its own blocks out");
        assert!(store.cached(CacheId(0), 1).is_some_and(|block| block.on_disk));
    }

    #[test]
    fn without_a_disk_a_block_goes_or_is_not_kept() {
        let mut store = BlockStore::default();
        let level = StorageLevel::of("MEMORY_ONLY");
        let mut put = |cache: u32, partition: u32| {
            store.put_cached((CacheId(cache), partition), Arc::new(Vec::new()), 60, level, 100).dropped
        };
        assert!(put(0, 0).is_empty());
        assert_eq!(put(1, 0), [(CacheId(0), 0)]);
        assert_eq!(put(1, 1), [(CacheId(1), 1)]);
    }
}
