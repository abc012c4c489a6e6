//! The driver's table of map outputs (Spark's `MapOutputTracker`): which map of which shuffle lies on which executor, and how big its blocks are.

use crate::common::ids::{ExecutorId, NodeId, ShuffleId};
use crate::physical::plan::ShuffleSlice;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One registered map output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapStatus {
    pub executor: ExecutorId,
    pub node: NodeId,
    /// Per reduce partition.
    pub bytes: Arc<Vec<u64>>,
    pub rows: Arc<Vec<u64>>,
}

/// The outputs of one shuffle.
#[derive(Debug, Clone, Default)]
pub struct ShuffleTable {
    outputs: Vec<Option<MapStatus>>,
    /// Where an output was before it was lost.
    last_node: Vec<NodeId>,
    /// Bytes of all registered outputs per reduce partition.
    totals: Vec<u64>,
    missing: usize,
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

    /// The node that had this output last.
    #[must_use]
    pub fn last_node(&self, map: u32) -> NodeId {
        self.last_node.get(map as usize).copied().unwrap_or_default()
    }

    /// Whether every map is registered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing == 0
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
    }
}

impl MapOutputTracker {
    /// A shuffle with nothing registered yet.
    pub fn add_shuffle(&mut self, shuffle: ShuffleId, maps: u32, reducers: u32) {
        self.shuffles.entry(shuffle).or_insert_with(|| ShuffleTable {
            outputs: vec![None; maps as usize],
            last_node: vec![NodeId::default(); maps as usize],
            totals: vec![0; reducers as usize],
            missing: maps as usize,
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
        for (total, bytes) in table.totals.iter_mut().zip(status.bytes.iter()) {
            *total += bytes;
        }
        table.last_node[map as usize] = status.node;
        table.outputs[map as usize] = Some(status);
        table.missing -= 1;
    }

    /// Forgets one map output; says where it was.
    pub fn unregister(&mut self, shuffle: ShuffleId, map: u32) -> Option<MapStatus> {
        let table = self.shuffles.get_mut(&shuffle)?;
        let status = table.outputs.get_mut(map as usize)?.take()?;
        for (total, bytes) in table.totals.iter_mut().zip(status.bytes.iter()) {
            *total -= bytes;
        }
        table.missing += 1;
        Some(status)
    }

    /// Forgets everything on one executor: for each shuffle, which maps.
    pub fn remove_executor(&mut self, executor: ExecutorId) -> Vec<(ShuffleId, Vec<u32>)> {
        let mut lost = Vec::new();
        let ids: Vec<ShuffleId> = self.shuffles.keys().copied().collect();
        for shuffle in ids {
            let maps: Vec<u32> = self.shuffles.get(&shuffle).map_or_else(Vec::new, |table| {
                let here = |(_, status): &(usize, &Option<MapStatus>)| {
                    status.as_ref().is_some_and(|status| status.executor == executor)
                };
                table.outputs.iter().enumerate().filter(here).map(|(map, _)| map as u32).collect()
            });
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
    }

    /// The maps that are not registered.
    #[must_use]
    pub fn missing(&self, shuffle: ShuffleId) -> Vec<u32> {
        self.table(shuffle).map_or_else(Vec::new, |table| {
            let gone = table.outputs.iter().enumerate().filter(|(_, status)| status.is_none());
            gone.map(|(map, _)| map as u32).collect()
        })
    }

    /// The first map of a slice that is not registered.
    #[must_use]
    pub fn first_missing(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> Option<u32> {
        let table = self.table(shuffle)?;
        if table.is_complete() {
            return None;
        }
        ranges(slice, table.maps()).0.into_iter().find(|map| table.output(*map).is_none())
    }

    /// What a slice weighs on each executor: blocks that hold something, and bytes.
    #[must_use]
    pub fn sources(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> BTreeMap<ExecutorId, (NodeId, u32, u64)> {
        let mut found = BTreeMap::new();
        let Some(table) = self.table(shuffle) else { return found };
        let (maps, reduces) = ranges(slice, table.maps());
        for status in maps.filter_map(|map| table.output(map)) {
            let entry = found.entry(status.executor).or_insert((status.node, 0, 0));
            for reduce in reduces.clone() {
                let bytes = status.bytes.get(reduce as usize).copied().unwrap_or(0);
                entry.1 += u32::from(bytes > 0);
                entry.2 += bytes;
            }
        }
        found
    }

    /// Nodes that hold at least a fifth of what a slice reads, most first (Spark asks only below 1000 maps and 1000 reduce partitions).
    #[must_use]
    pub fn preferred_nodes(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> Vec<NodeId> {
        let Some(table) = self.table(shuffle) else { return Vec::new() };
        if table.outputs.len() >= 1000 || table.totals.len() >= 1000 {
            return Vec::new();
        }
        let mut by_node: BTreeMap<NodeId, u64> = BTreeMap::new();
        for (node, _, bytes) in self.sources(shuffle, slice).into_values() {
            *by_node.entry(node).or_default() += bytes;
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

    fn status(executor: u32, bytes: Vec<u64>) -> MapStatus {
        let rows = Arc::new(bytes.clone());
        MapStatus { executor: ExecutorId(executor), node: NodeId(executor), bytes: Arc::new(bytes), rows }
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
        assert_eq!(tracker.table(ShuffleId(0)).map(|table| table.last_node(2)), Some(NodeId(1)));
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
