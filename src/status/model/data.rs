//! What tasks leave behind: map outputs and cached partitions.

use crate::common::ids::{ExecutorId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::shared::{SharedMap, SharedVec};
use crate::common::time::VirtualTime;
use crate::event::{RowSample, StageDefinition};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A shuffle's map outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Shuffle {
    pub shuffle: ShuffleId,
    /// The stage that makes it.
    pub writer: StageId,
    pub reduces: u32,
    /// By map partition; absent: not made yet.
    maps: SharedVec<Option<MapOutput>>,
    /// How many that are not lost each node holds.
    held: BTreeMap<NodeId, u32>,
    /// Of all that were made, lost or not.
    made_bytes: u64,
    /// Of all blocks that tasks have asked for; those asked for twice count twice.
    pub asked_bytes: u64,
    /// Stages that read it.
    pub readers: Vec<StageId>,
    /// Its query has ended: its blocks were given back.
    pub released: bool,
    /// Rows of map outputs, by map.
    pub samples: BTreeMap<u32, Arc<RowSample>>,
}

impl Shuffle {
    /// A shuffle of which nothing is made yet.
    #[must_use]
    pub fn new(shuffle: ShuffleId, stage: &StageDefinition, readers: Vec<StageId>) -> Self {
        Shuffle {
            shuffle,
            writer: stage.stage,
            reduces: stage.reduce_partitions,
            maps: SharedVec::filled(None, stage.tasks as usize),
            held: BTreeMap::new(),
            made_bytes: 0,
            asked_bytes: 0,
            readers,
            released: false,
            samples: BTreeMap::new(),
        }
    }

    /// By map partition; absent: not made yet.
    #[must_use]
    pub fn maps(&self) -> &SharedVec<Option<MapOutput>> {
        &self.maps
    }

    /// How many map outputs a node holds.
    #[must_use]
    pub fn held_by(&self, node: NodeId) -> usize {
        self.held.get(&node).map_or(0, |count| *count as usize)
    }

    /// How many map outputs are there.
    #[must_use]
    pub fn there(&self) -> usize {
        self.held.values().map(|count| *count as usize).sum()
    }

    /// Bytes of all map outputs that were made, lost or not.
    #[must_use]
    pub fn made_bytes(&self) -> u64 {
        self.made_bytes
    }

    /// A map output is made, the first time or again.
    pub fn put(&mut self, map: u32, output: MapOutput) {
        let Some(slot) = self.maps.get_mut(map as usize) else { return };
        self.made_bytes += output.total_bytes();
        *self.held.entry(output.node).or_default() += 1;
        let before = slot.replace(output);
        if let Some(before) = before {
            self.made_bytes -= before.total_bytes();
            if before.lost.is_none() {
                self.give_up(before.node);
            }
        }
    }

    /// A map output is lost, if `is_meant` says so of the one that is there. True when it was.
    pub fn lose(&mut self, map: u32, at: VirtualTime, is_meant: impl Fn(&MapOutput) -> bool) -> bool {
        let slot = self.maps.get_mut(map as usize).and_then(Option::as_mut);
        let Some(output) = slot.filter(|output| output.lost.is_none() && is_meant(output)) else { return false };
        output.lost = Some(at);
        let node = output.node;
        self.give_up(node);
        true
    }

    /// Another node holds a map output now.
    pub fn hand_over(&mut self, map: u32, node: NodeId, executor: ExecutorId) {
        let Some(output) = self.maps.get_mut(map as usize).and_then(Option::as_mut) else { return };
        let from = std::mem::replace(&mut output.node, node);
        output.executor = executor;
        if output.lost.is_none() {
            *self.held.entry(node).or_default() += 1;
            self.give_up(from);
        }
    }

    /// It is made from nothing once more.
    pub fn begin_again(&mut self) {
        self.maps = SharedVec::filled(None, self.maps.len());
        self.held.clear();
        self.made_bytes = 0;
        self.asked_bytes = 0;
    }

    fn give_up(&mut self, node: NodeId) {
        if let Some(count) = self.held.get_mut(&node) {
            *count -= 1;
        }
    }
}

/// Rows that every executor gets whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broadcast {
    /// The stage whose rows it is; absent: the log does not say.
    pub stage: Option<StageId>,
    pub bytes: u64,
}

/// What one map task left on its node.
#[derive(Debug, Clone, PartialEq)]
pub struct MapOutput {
    pub node: NodeId,
    pub executor: ExecutorId,
    /// Per reduce partition.
    pub bytes: Arc<[u64]>,
    pub rows: Arc<[u64]>,
    pub made: VirtualTime,
    /// When it was lost.
    pub lost: Option<VirtualTime>,
}

impl MapOutput {
    /// Bytes of all its blocks.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.bytes.iter().sum()
    }
}

/// A cached relation's partitions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cache {
    pub blocks: SharedMap<u32, CachedBlock>,
    /// `unpersist` was called.
    pub dropped: bool,
}

/// One cached partition.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedBlock {
    pub node: NodeId,
    pub executor: ExecutorId,
    /// Others that hold a copy.
    pub copies: Vec<(NodeId, ExecutorId)>,
    pub bytes: u64,
    pub rows: u64,
    pub on_disk: bool,
    pub made: VirtualTime,
    pub lost: Option<VirtualTime>,
}

impl CachedBlock {
    /// A copy is gone. True when it was the last.
    pub fn lose_copy(&mut self, is_gone: impl Fn(NodeId, ExecutorId) -> bool) -> bool {
        self.copies.retain(|(node, executor)| !is_gone(*node, *executor));
        if !is_gone(self.node, self.executor) {
            return false;
        }
        if self.copies.is_empty() {
            return true;
        }
        (self.node, self.executor) = self.copies.remove(0);
        false
    }
}

/// A piece of an input file.
#[derive(Debug, Clone, PartialEq)]
pub struct InputBlock {
    /// The last parts of the file's path.
    pub path: String,
    /// Where in the file it begins, in bytes.
    pub start: u64,
    pub bytes: u64,
    /// The machines that were given a copy, in the order in which they were chosen.
    pub nodes: Vec<NodeId>,
    /// Copies that are gone for good, and since when.
    pub gone: Vec<(NodeId, VirtualTime)>,
    /// Attempts that read it, and from where.
    pub reads: Vec<(TaskId, NodeId)>,
}
