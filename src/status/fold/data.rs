//! What tasks leave behind: map outputs, cached partitions, files.

use crate::common::ids::ShuffleId;
use crate::common::time::VirtualTime;
use crate::event::EventKind;
use crate::status::model::{Broadcast, CachedBlock, Exhausted, InputBlock, MapOutput, Output, Status, TaskState};
use std::sync::Arc;

impl Status {
    pub(super) fn apply_data(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::MapOutputRegistered { shuffle, map, node, executor, bytes, rows } => {
                let output = MapOutput {
                    node: *node,
                    executor: *executor,
                    bytes: bytes.clone(),
                    rows: rows.clone(),
                    made: at,
                    lost: None,
                };
                self.register_output(*shuffle, *map, output);
            }
            EventKind::RowsSampled(sample) => {
                if let Some(known) = self.shuffles.get_mut(&sample.shuffle) {
                    Arc::make_mut(known).samples.insert(sample.map, Arc::clone(sample));
                }
            }
            EventKind::MapOutputMoved { shuffle, map, node, executor, .. } => {
                if let Some(known) = self.shuffles.get_mut(shuffle) {
                    Arc::make_mut(known).hand_over(*map, *node, *executor);
                }
            }
            EventKind::MapOutputsLost { shuffle, maps, node, .. } => {
                self.lose_outputs(at, *shuffle, maps, |output| output.node == *node);
            }
            EventKind::StageRolledBack { stage, maps, .. } => {
                if let Some(shuffle) = self.stages.get(stage).and_then(|stage| stage.definition.writes) {
                    self.lose_outputs(at, shuffle, maps, |_| true);
                }
            }
            EventKind::BlockCached { cache, partition, node, executor, bytes, rows, on_disk } => {
                let (executor, bytes, rows, on_disk) = (*executor, *bytes, *rows, *on_disk);
                let known = self.caches.get(cache).and_then(|cache| cache.blocks.get(partition));
                let copies = known.filter(|known| known.lost.is_none()).map(|known| known.copies.clone());
                let copies = copies.unwrap_or_default();
                let block = CachedBlock { node: *node, executor, copies, bytes, rows, on_disk, made: at, lost: None };
                self.caches.entry(*cache).or_default().blocks.insert(*partition, block);
            }
            EventKind::BlockReplicated { cache, partition, node, executor, .. } => {
                let blocks = self.caches.get_mut(cache).map(|cache| &mut cache.blocks);
                if let Some(block) = blocks.and_then(|blocks| blocks.get_mut(partition)) {
                    block.copies.push((*node, *executor));
                }
            }
            EventKind::CachedBlocksLost { cache, partitions, node, .. } => {
                let Some(blocks) = self.caches.get_mut(cache).map(|cache| &mut cache.blocks) else { return };
                for partition in partitions {
                    let here = blocks.get_mut(partition).filter(|block| block.lost.is_none());
                    if let Some(block) = here
                        && block.lose_copy(|on, _| on == *node)
                    {
                        block.lost = Some(at);
                    }
                }
            }
            EventKind::ShuffleDropped { shuffle } => {
                if let Some(known) = self.shuffles.get_mut(shuffle) {
                    Arc::make_mut(known).released = true;
                }
            }
            EventKind::BroadcastCreated { broadcast, bytes, stage, .. } => {
                self.broadcasts.insert(*broadcast, Broadcast { stage: *stage, bytes: *bytes });
            }
            EventKind::CacheDropped { cache } => self.caches.entry(*cache).or_default().dropped = true,
            EventKind::MemoryExhausted { task, holder, bytes, limit_bytes } => {
                let (task, holder, bytes, limit_bytes) = (*task, *holder, *bytes, *limit_bytes);
                self.exhausted.push(Exhausted { at, task, holder, bytes, limit_bytes });
            }
            EventKind::InputBlockPlaced { block, path, start, bytes, nodes } => {
                let (path, nodes) = (path.to_string(), nodes.to_vec());
                let known =
                    InputBlock { path, start: *start, bytes: *bytes, nodes, gone: Vec::new(), reads: Vec::new() };
                self.input_blocks.insert(*block, Arc::new(known));
            }
            EventKind::InputRead { task, from, blocks } => {
                for block in blocks {
                    if let Some(known) = self.input_blocks.get_mut(block) {
                        Arc::make_mut(known).reads.push((*task, *from));
                    }
                }
            }
            EventKind::InputCopiesLost { block, nodes } => {
                if let Some(known) = self.input_blocks.get_mut(block) {
                    Arc::make_mut(known).gone.extend(nodes.iter().map(|node| (*node, at)));
                }
            }
            EventKind::OutputCommitted { path, files, rows, bytes } => {
                let (files, rows, bytes) = (*files, *rows, *bytes);
                self.outputs.push(Output { at, path: path.clone(), files, rows, bytes, aborted: None });
            }
            EventKind::OutputAborted { path, reason } => {
                let aborted = Some(reason.clone());
                self.outputs.push(Output { at, path: path.clone(), files: 0, rows: 0, bytes: 0, aborted });
            }
            _ => {}
        }
    }

    fn register_output(&mut self, shuffle: ShuffleId, map: u32, output: MapOutput) {
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return };
        let writer = known.writer;
        let known = Arc::make_mut(known);
        if std::mem::take(&mut known.released) {
            // Asked for again by a cache that stands on it: it is made from nothing.
            known.begin_again();
        }
        known.put(map, output);
        self.set_task(writer, map, TaskState::Done);
    }

    fn lose_outputs(
        &mut self,
        at: VirtualTime,
        shuffle: ShuffleId,
        maps: &[u32],
        is_meant: impl Fn(&MapOutput) -> bool,
    ) {
        let Some(known) = self.shuffles.get_mut(&shuffle) else { return };
        let writer = known.writer;
        let known = Arc::make_mut(known);
        let lost: Vec<u32> = maps.iter().copied().filter(|map| known.lose(*map, at, &is_meant)).collect();
        for map in lost {
            self.set_task(writer, map, TaskState::Lost);
        }
    }
}
