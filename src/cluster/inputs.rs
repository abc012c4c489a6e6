//! What a task may read: a view of the blocks that existed when its inputs were fixed.

use super::block_store::MapOutput;
use crate::common::ids::{BroadcastId, CacheId, ShuffleId};
use crate::common::{Result, SparkError};
use crate::exec::blocks::Block;
use crate::exec::task::{Batches, BroadcastRelation, TaskInputs};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One shuffle as it stood: its outputs by map, and the version that this was.
#[derive(Debug, Clone, Default)]
pub struct ShuffleView {
    pub version: u64,
    pub maps: Vec<Option<MapOutput>>,
}

/// A view of blocks, shared by the tasks of a stage.
#[derive(Debug, Default)]
pub struct View {
    pub shuffles: BTreeMap<ShuffleId, ShuffleView>,
    pub cached: BTreeMap<(CacheId, u32), Batches>,
    pub broadcasts: BTreeMap<BroadcastId, Arc<BroadcastRelation>>,
}

impl TaskInputs for View {
    fn shuffle_block(&self, shuffle: ShuffleId, map: u32, reduce: u32) -> Result<Block> {
        let output = self.shuffles.get(&shuffle).and_then(|view| view.maps.get(map as usize)).and_then(Option::as_ref);
        let Some(output) = output else {
            return Err(SparkError::internal(format!("a task read map {map} of {shuffle}, which was not there")));
        };
        Ok(output.get(reduce as usize).cloned().unwrap_or_default())
    }

    fn map_count(&self, shuffle: ShuffleId) -> u32 {
        self.shuffles.get(&shuffle).map_or(0, |view| view.maps.len() as u32)
    }

    fn broadcast(&self, broadcast: BroadcastId) -> Result<Arc<BroadcastRelation>> {
        self.broadcasts
            .get(&broadcast)
            .cloned()
            .ok_or_else(|| SparkError::internal(format!("{broadcast} is not there")))
    }

    fn cached(&self, cache: CacheId, partition: u32) -> Option<Batches> {
        self.cached.get(&(cache, partition)).cloned()
    }
}
