//! The driver's table of map outputs (Spark's `MapOutputTracker`): which map of which shuffle lies on which executor, and how big its blocks are.

use super::outbox::Sizes;
use crate::common::ids::{ExecutorId, NodeId, ShuffleId};
use crate::physical::plan::ShuffleSlice;
use std::collections::{BTreeMap, BTreeSet};

/// One registered map output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapStatus {
    pub executor: ExecutorId,
    pub node: NodeId,
    pub sizes: Sizes,
}

/// The sizes of one map's blocks as the driver knows them, from their sizes on disk.
///
/// Spark's `MapStatus` keeps one byte a block, the power of 1.1 that is not below its size; of more than 2,000 blocks it keeps only which are
/// empty, the average of the others, and those above 100 MiB.
#[must_use]
pub fn reported_sizes(bytes: &[u64]) -> Vec<u64> {
    /// `spark.shuffle.minNumPartitionsToHighlyCompress`.
    const MOST_SINGLE_BLOCKS: usize = 2000;
    /// `spark.shuffle.accurateBlockThreshold`.
    const HUGE: u64 = 100 << 20;
    if bytes.len() <= MOST_SINGLE_BLOCKS {
        return bytes.iter().map(|bytes| power_above(*bytes)).collect();
    }
    let ordinary = || bytes.iter().filter(|bytes| (1..HUGE).contains(*bytes));
    let average = ordinary().sum::<u64>() / (ordinary().count() as u64).max(1);
    let reported = |bytes: &u64| match *bytes {
        0 => 0,
        huge if huge >= HUGE => power_above(huge),
        _ => average,
    };
    bytes.iter().map(reported).collect()
}

fn power_above(bytes: u64) -> u64 {
    const BASE: f64 = 1.1;
    const MOST: f64 = 255.0;
    match bytes {
        0 | 1 => bytes,
        _ => BASE.powf((bytes as f64).log(BASE).ceil().min(MOST)) as u64,
    }
}

/// What one executor holds of a shuffle.
#[derive(Debug, Clone)]
pub struct Share {
    pub node: NodeId,
    pub maps: BTreeSet<u32>,
    /// Bytes per reduce partition.
    bytes: Vec<u64>,
    /// Blocks that hold something, per reduce partition.
    blocks: Vec<u32>,
}

/// What a slice reads from one executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    pub node: NodeId,
    /// The first map that it holds of what the slice reads.
    pub first_map: u32,
    /// Blocks that hold something.
    pub blocks: u32,
    pub bytes: u64,
}

/// The outputs of one shuffle.
#[derive(Debug, Clone, Default)]
pub struct ShuffleTable {
    outputs: Vec<Option<MapStatus>>,
    /// Where an output was before it was lost.
    last_node: Vec<NodeId>,
    reducers: u32,
    missing: BTreeSet<u32>,
    /// Of outputs that were lost, how large they were.
    lost: BTreeMap<u32, Sizes>,
    by_executor: BTreeMap<ExecutorId, Share>,
}

impl ShuffleTable {
    /// Number of map tasks.
    #[must_use]
    pub fn maps(&self) -> u32 {
        self.outputs.len() as u32
    }

    /// The output of one map, if it is registered.
    #[must_use]
    pub fn output(&self, map: u32) -> Option<&MapStatus> {
        self.outputs.get(map as usize)?.as_ref()
    }

    /// How large the output of one map is, or was before it was lost.
    #[must_use]
    pub fn sizes(&self, map: u32) -> Option<&Sizes> {
        self.output(map).map(|status| &status.sizes).or_else(|| self.lost.get(&map))
    }

    /// The node that had this output last.
    #[must_use]
    pub fn last_node(&self, map: u32) -> NodeId {
        self.last_node.get(map as usize).copied().unwrap_or_default()
    }

    /// Whether every map is registered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// Who holds outputs, and which.
    #[must_use]
    pub fn shares(&self) -> &BTreeMap<ExecutorId, Share> {
        &self.by_executor
    }

    fn add(&mut self, map: u32, status: MapStatus) {
        let reducers = self.reducers as usize;
        let share = self.by_executor.entry(status.executor).or_insert_with(|| Share {
            node: status.node,
            maps: BTreeSet::new(),
            bytes: vec![0; reducers],
            blocks: vec![0; reducers],
        });
        share.maps.insert(map);
        for ((total, blocks), bytes) in share.bytes.iter_mut().zip(&mut share.blocks).zip(status.sizes.bytes.iter()) {
            *total += bytes;
            *blocks += u32::from(*bytes > 0);
        }
        self.last_node[map as usize] = status.node;
        self.outputs[map as usize] = Some(status);
        self.missing.remove(&map);
        self.lost.remove(&map);
    }

    fn take(&mut self, map: u32) -> Option<MapStatus> {
        let status = self.outputs.get_mut(map as usize)?.take()?;
        self.missing.insert(map);
        self.lost.insert(map, status.sizes.clone());
        if let Some(share) = self.by_executor.get_mut(&status.executor) {
            share.maps.remove(&map);
            for ((total, blocks), bytes) in share.bytes.iter_mut().zip(&mut share.blocks).zip(status.sizes.bytes.iter())
            {
                *total -= bytes;
                *blocks -= u32::from(*bytes > 0);
            }
            if share.maps.is_empty() {
                self.by_executor.remove(&status.executor);
            }
        }
        Some(status)
    }
}

/// All shuffles that the driver knows.
#[derive(Debug, Default)]
pub struct MapOutputTracker {
    shuffles: BTreeMap<ShuffleId, ShuffleTable>,
}

/// The maps and the reduce partitions that a slice touches.
#[must_use]
pub fn ranges(slice: &ShuffleSlice, maps: u32) -> (std::ops::Range<u32>, std::ops::Range<u32>) {
    match *slice {
        ShuffleSlice::Coalesced { start, end } => (0..maps, start..end),
        ShuffleSlice::PartialReducer { reduce, map_start, map_end } => {
            (map_start..map_end.min(maps), reduce..reduce + 1)
        }
        ShuffleSlice::PartialMapper { map, start, end } => (map..map + 1, start..end),
        ShuffleSlice::CoalescedMapper { map_start, map_end, reducers } => (map_start..map_end, 0..reducers),
    }
}

impl MapOutputTracker {
    /// A shuffle with nothing registered yet.
    pub fn add_shuffle(&mut self, shuffle: ShuffleId, maps: u32, reducers: u32) {
        self.shuffles.entry(shuffle).or_insert_with(|| ShuffleTable {
            outputs: vec![None; maps as usize],
            last_node: vec![NodeId::default(); maps as usize],
            reducers,
            missing: (0..maps).collect(),
            lost: BTreeMap::new(),
            by_executor: BTreeMap::new(),
        });
    }

    /// The table of one shuffle.
    #[must_use]
    pub fn table(&self, shuffle: ShuffleId) -> Option<&ShuffleTable> {
        self.shuffles.get(&shuffle)
    }

    /// A map output is there.
    pub fn register(&mut self, shuffle: ShuffleId, map: u32, status: MapStatus) {
        self.unregister(shuffle, map);
        let Some(table) = self.shuffles.get_mut(&shuffle) else { return };
        table.add(map, status);
    }

    /// Forgets one map output; says where it was.
    pub fn unregister(&mut self, shuffle: ShuffleId, map: u32) -> Option<MapStatus> {
        self.shuffles.get_mut(&shuffle)?.take(map)
    }

    /// Executors, living or gone, that hold map outputs.
    #[must_use]
    pub fn holders(&self) -> BTreeSet<ExecutorId> {
        self.shuffles.values().flat_map(|table| table.by_executor.keys().copied()).collect()
    }

    /// Executors, living or gone, whose outputs lie on a machine.
    #[must_use]
    pub fn executors_on(&self, node: NodeId) -> BTreeSet<ExecutorId> {
        let shares = self.shuffles.values().flat_map(|table| &table.by_executor);
        shares.filter(|(_, share)| share.node == node).map(|(executor, _)| *executor).collect()
    }

    /// Forgets everything on one executor: for each shuffle, which maps.
    pub fn remove_executor(&mut self, executor: ExecutorId) -> Vec<(ShuffleId, Vec<u32>)> {
        let mut lost = Vec::new();
        let ids: Vec<ShuffleId> = self.shuffles.keys().copied().collect();
        for shuffle in ids {
            let share = self.shuffles.get(&shuffle).and_then(|table| table.by_executor.get(&executor));
            let maps: Vec<u32> = share.map_or_else(Vec::new, |share| share.maps.iter().copied().collect());
            for map in &maps {
                self.unregister(shuffle, *map);
            }
            if !maps.is_empty() {
                lost.push((shuffle, maps));
            }
        }
        lost
    }

    /// Forgets all outputs of a shuffle that nobody needs any more; it can still be made again.
    pub fn clear(&mut self, shuffle: ShuffleId) {
        let maps = self.table(shuffle).map_or(0, ShuffleTable::maps);
        for map in 0..maps {
            self.unregister(shuffle, map);
        }
        if let Some(table) = self.shuffles.get_mut(&shuffle) {
            table.lost.clear();
        }
    }

    /// The maps that are not registered.
    #[must_use]
    pub fn missing(&self, shuffle: ShuffleId) -> Vec<u32> {
        self.table(shuffle).map_or_else(Vec::new, |table| table.missing.iter().copied().collect())
    }

    /// The first map of a slice that is not registered.
    #[must_use]
    pub fn first_missing(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> Option<u32> {
        let table = self.table(shuffle)?;
        table.missing.range(ranges(slice, table.maps()).0).next().copied()
    }

    /// What a slice weighs on each executor: blocks that hold something, and bytes.
    #[must_use]
    pub fn sources(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> BTreeMap<ExecutorId, Source> {
        let mut found = BTreeMap::new();
        let Some(table) = self.table(shuffle) else { return found };
        let (maps, reduces) = ranges(slice, table.maps());
        if maps == (0..table.maps()) {
            // A shuffle by ranges may have fewer reduce partitions than its reader has tasks.
            let reduces = reduces.start.min(table.reducers) as usize..reduces.end.min(table.reducers) as usize;
            for (executor, share) in &table.by_executor {
                let blocks = share.blocks[reduces.clone()].iter().sum();
                let bytes = share.bytes[reduces.clone()].iter().sum();
                let first_map = share.maps.first().copied().unwrap_or_default();
                found.insert(*executor, Source { node: share.node, first_map, blocks, bytes });
            }
            return found;
        }
        for (map, status) in maps.filter_map(|map| Some((map, table.output(map)?))) {
            let none = Source { node: status.node, first_map: map, blocks: 0, bytes: 0 };
            let source = found.entry(status.executor).or_insert(none);
            for reduce in reduces.clone() {
                let bytes = status.sizes.bytes.get(reduce as usize).copied().unwrap_or(0);
                source.blocks += u32::from(bytes > 0);
                source.bytes += bytes;
            }
        }
        found
    }

    /// The first map of a slice whose executor the caller cannot reach.
    #[must_use]
    pub fn first_unreachable(
        &self,
        shuffle: ShuffleId,
        slice: &ShuffleSlice,
        is_reachable: impl Fn(ExecutorId, NodeId) -> bool,
    ) -> Option<u32> {
        let table = self.table(shuffle)?;
        let maps = ranges(slice, table.maps()).0;
        let gone = table.by_executor.iter().filter(|(executor, share)| !is_reachable(**executor, share.node));
        gone.filter_map(|(_, share)| share.maps.range(maps.clone()).next().copied()).min()
    }

    /// Nodes that hold at least a fifth of what a slice reads, most first (Spark asks only below 1000 maps and 1000 reduce partitions).
    #[must_use]
    pub fn preferred_nodes(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> Vec<NodeId> {
        let Some(table) = self.table(shuffle) else { return Vec::new() };
        if table.outputs.len() >= 1000 || table.reducers >= 1000 {
            return Vec::new();
        }
        let mut by_node: BTreeMap<NodeId, u64> = BTreeMap::new();
        for source in self.sources(shuffle, slice).into_values() {
            *by_node.entry(source.node).or_default() += source.bytes;
        }
        let total: u64 = by_node.values().sum();
        let mut large: Vec<(NodeId, u64)> =
            by_node.into_iter().filter(|(_, bytes)| *bytes > 0 && bytes * 5 >= total).collect();
        large.sort_by_key(|(node, bytes)| (std::cmp::Reverse(*bytes), *node));
        large.into_iter().map(|(node, _)| node).collect()
    }

    /// Every registered output, for checks.
    pub fn all(&self) -> impl Iterator<Item = (ShuffleId, u32, &MapStatus)> {
        self.shuffles.iter().flat_map(|(shuffle, table)| {
            let present = table.outputs.iter().enumerate().filter_map(|(map, status)| Some((map, status.as_ref()?)));
            present.map(|(map, status)| (*shuffle, map as u32, status))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_driver_knows_sizes_roughly() {
        assert_eq!(reported_sizes(&[0, 1, 100, 1 << 20]), [0, 1, 106, 1_104_923]);
        let mut many = vec![100; 2998];
        many.extend([0, 200 << 20]);
        assert_eq!(reported_sizes(&many)[2997..], [100, 0, power_above(200 << 20)]);
    }

    fn status(executor: u32, bytes: Vec<u64>) -> MapStatus {
        let (data_bytes, bytes) = (bytes.iter().sum(), Arc::<[u64]>::from(bytes));
        let sizes = Sizes { rows: bytes.clone(), bytes, data_bytes };
        MapStatus { executor: ExecutorId(executor), node: NodeId(executor), sizes }
    }

    fn tracker() -> MapOutputTracker {
        let mut tracker = MapOutputTracker::default();
        tracker.add_shuffle(ShuffleId(0), 3, 2);
        tracker.register(ShuffleId(0), 0, status(1, vec![10, 90]));
        tracker.register(ShuffleId(0), 1, status(2, vec![85, 10]));
        tracker.register(ShuffleId(0), 2, status(1, vec![5, 0]));
        tracker
    }

    #[test]
    fn an_executor_takes_only_its_own_outputs_along() {
        let mut tracker = tracker();
        assert_eq!(tracker.remove_executor(ExecutorId(1)), [(ShuffleId(0), vec![0, 2])]);
        assert_eq!(tracker.missing(ShuffleId(0)), [0, 2]);
        let table = tracker.table(ShuffleId(0)).expect("the shuffle");
        assert_eq!(table.last_node(2), NodeId(1));
        assert_eq!(table.sizes(2).map(|sizes| sizes.data_bytes), Some(5), "what it measured is still known");
        assert!(tracker.remove_executor(ExecutorId(1)).is_empty());
    }

    #[test]
    fn a_reduce_task_prefers_nodes_with_a_fifth_of_its_input() {
        let first = ShuffleSlice::Coalesced { start: 0, end: 1 };
        assert_eq!(tracker().preferred_nodes(ShuffleId(0), &first), [NodeId(2)]);
        let both = ShuffleSlice::Coalesced { start: 0, end: 2 };
        assert_eq!(tracker().preferred_nodes(ShuffleId(0), &both), [NodeId(1), NodeId(2)]);
    }

    #[test]
    fn a_local_read_touches_one_map() {
        let mut tracker = tracker();
        tracker.unregister(ShuffleId(0), 1);
        let local = ShuffleSlice::PartialMapper { map: 2, start: 0, end: 2 };
        assert_eq!(tracker.first_missing(ShuffleId(0), &local), None);
        let all = ShuffleSlice::Coalesced { start: 0, end: 1 };
        assert_eq!(tracker.first_missing(ShuffleId(0), &all), Some(1));
    }
}
