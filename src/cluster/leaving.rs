//! Blocks that travel: copies of cached partitions, and all that machines hand over that go with notice.
//!
//! ```text
//!   serving ──decommission──▶ finishing its tasks, moving blocks ──nothing left──▶ gone
//!                                        └────────── the notice is over ──────────▶ gone, with what had not moved
//! ```
//!
//! Rules: `spark.decommission.enabled`, `spark.storage.decommission.enabled`, `.shuffleBlocks.enabled`, `.rddBlocks.enabled` (all false
//! unless set, the last two true). Without them a leaving executor still gets no tasks, and what it kept goes with it.

use super::block_store::MapOutput;
use super::simulation::{Cluster, Due};
use super::storage_level::StorageLevel;
use crate::common::ids::{CacheId, ExecutorId, NodeId, ShuffleId};
use crate::common::time::VirtualDuration;
use crate::event::{EventKind, GIVEN_BACK};
use crate::exec::task::Batches;
use crate::network::FlowId;
use crate::scheduler::{Input, Loss};
use std::collections::BTreeSet;

/// What moves from an executor that leaves to one that stays.
#[derive(Debug, Clone)]
pub(super) enum Goods {
    Output { shuffle: ShuffleId, map: u32, output: MapOutput },
    Cached { cache: CacheId, partition: u32, batches: Batches, bytes: u64 },
}

/// One such move, under way or waiting for its turn.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub from: ExecutorId,
    pub to: ExecutorId,
    pub bytes: u64,
    pub goods: Goods,
    pub flow: Option<FlowId>,
}

impl Cluster {
    /// A spot machine is taken away, after its notice.
    pub(super) fn preempt(&mut self, node: NodeId, notice: VirtualDuration) {
        if notice.0 == 0 {
            self.kill_node(node, "was taken away");
            return;
        }
        let at = self.now + notice;
        self.emit(EventKind::NodeLeaving { node, at });
        self.schedule(at, Due::Leave(node));
        if let Some(machine) = self.nodes.get_mut(&node) {
            machine.is_leaving = true;
        }
        if self.conf.flag("spark.decommission.enabled") {
            self.begin_to_leave(node);
        }
    }

    /// The notice is over.
    pub(super) fn leave(&mut self, node: NodeId) {
        if self.nodes.get(&node).is_some_and(super::node::Node::is_up) {
            self.kill_node(node, "was taken away");
            self.replace_executors();
        }
    }

    /// An operator takes the machine's executors out of service.
    pub(super) fn decommission(&mut self, node: NodeId) {
        if let Some(machine) = self.nodes.get_mut(&node) {
            machine.is_leaving = true;
        }
        self.begin_to_leave(node);
    }

    fn begin_to_leave(&mut self, node: NodeId) {
        let executors = self.executors_on(node);
        for executor in &executors {
            self.decommission_executor(*executor);
        }
        for executor in executors {
            self.plan_moves(executor);
        }
    }

    /// It gets no new tasks, and hands over what it holds where settings say so.
    fn decommission_executor(&mut self, executor: ExecutorId) {
        if let Some(state) = self.executors.get_mut(&executor) {
            state.is_decommissioning = true;
        }
        self.is_anybody_leaving = true;
        self.tell(Input::ExecutorDecommissioned { executor });
    }

    /// Dynamic allocation gives an idle executor back; it is taken out of service first where `spark.decommission.enabled` says so.
    pub(super) fn release(&mut self, executor: ExecutorId, idle: VirtualDuration) {
        if self.conf.flag("spark.decommission.enabled") {
            self.decommission_executor(executor);
            self.plan_moves(executor);
        } else {
            self.end_executor(executor, Loss::Decommissioned, &format!("{GIVEN_BACK}{idle}"));
        }
    }

    /// Blocks that the driver knows here go round the executors that stay, in order. True when something is to move.
    fn plan_moves(&mut self, from: ExecutorId) -> bool {
        let may = |key: &str| self.conf.get(key).is_none_or(|text| text.trim() != "false");
        if !self.conf.flag("spark.storage.decommission.enabled") {
            return false;
        }
        let takes_output = may("spark.storage.decommission.shuffleBlocks.enabled") && !self.has_shuffle_service();
        let takes_cached = may("spark.storage.decommission.rddBlocks.enabled");
        let stays = |id: &ExecutorId| self.executors.get(id).is_some_and(|executor| !executor.is_decommissioning);
        let targets: Vec<ExecutorId> = self.executors.keys().copied().filter(stays).collect();
        let Some(store) = self.executors.get(&from).map(|executor| &executor.store) else { return false };
        let mut goods: Vec<(u64, Goods)> = Vec::new();
        if takes_output {
            let known = store.map_outputs().filter(|(shuffle, map, _)| self.is_output_of(from, *shuffle, *map));
            goods.extend(known.map(|(shuffle, map, output)| {
                let bytes: u64 = output.iter().map(|block| block.bytes).sum();
                (bytes.saturating_mul(self.config.scale), Goods::Output { shuffle, map, output: output.clone() })
            }));
        }
        if takes_cached {
            let here = |cache, partition| self.scheduler.cached().copy_on(cache, partition, from).is_some();
            let known = store.all_cached().filter(|(cache, partition, _)| here(*cache, *partition));
            goods.extend(known.map(|(cache, partition, block)| {
                (block.bytes, Goods::Cached { cache, partition, batches: block.batches.clone(), bytes: block.bytes })
            }));
        }
        if targets.is_empty() || goods.is_empty() {
            return false;
        }
        for ((bytes, goods), to) in goods.into_iter().zip(targets.into_iter().cycle()) {
            self.push_move(from, to, bytes, goods);
        }
        true
    }

    fn is_output_of(&self, executor: ExecutorId, shuffle: ShuffleId, map: u32) -> bool {
        let table = self.scheduler.map_outputs().table(shuffle);
        table.and_then(|table| table.output(map)).is_some_and(|at| at.executor == executor)
    }

    /// One block at a time leaves an executor.
    fn start_next_move(&mut self, from: ExecutorId) {
        let Some((number, to, bytes)) =
            self.moves.iter().find(|(_, next)| next.from == from).map(|(number, next)| (*number, next.to, next.bytes))
        else {
            return;
        };
        let node_of = |id| self.executors.get(&id).map(|executor| executor.node);
        let (Some(source), Some(target)) = (node_of(from), node_of(to)) else {
            self.moves.remove(&number);
            self.start_next_move(from);
            return;
        };
        let flow = self.network.start(self.now, source, target, bytes);
        self.flows.insert(flow, super::transfers::FlowFor::Move(number));
        if let Some(next) = self.moves.get_mut(&number) {
            next.flow = Some(flow);
        }
    }

    /// A block has arrived at its new place.
    pub(super) fn move_ended(&mut self, number: u32) {
        let Some(done) = self.moves.remove(&number) else { return };
        let Move { from, to, goods, .. } = done;
        if let Some(node) = self.executors.get(&to).map(|executor| executor.node) {
            self.take_over((from, to, node), goods);
        }
        self.start_next_move(from);
    }

    fn take_over(&mut self, (from, to, node): (ExecutorId, ExecutorId, NodeId), goods: Goods) {
        match goods {
            Goods::Output { shuffle, map, output } => {
                // Another attempt may have registered the map meanwhile, or nobody needs it any more.
                if !self.is_output_of(from, shuffle, map) {
                    return;
                }
                if let Some(executor) = self.executors.get_mut(&to) {
                    executor.store.put_map_output(shuffle, map, output);
                }
                self.tell(Input::MapOutputMoved { shuffle, map, executor: to, node });
            }
            Goods::Cached { cache, partition, batches, bytes } => {
                if self.scheduler.cached().copy_on(cache, partition, from).is_none() {
                    return;
                }
                self.tell(Input::CachedBlockCopied { cache, partition, from, executor: to, node });
                let is_leaving = self.executors.get(&from).is_some_and(|executor| executor.is_decommissioning);
                if is_leaving {
                    if let Some(executor) = self.executors.get_mut(&from) {
                        executor.store.drop_cached(cache, partition);
                    }
                    let reason = "it was handed over".to_owned();
                    self.tell(Input::CachedBlockLost { cache, partition, executor: from, reason });
                }
                self.put_cached(to, (cache, partition), batches, bytes);
            }
        }
    }

    /// A task's cached partition stays on its executor; copies go to others as its level wants.
    pub(super) fn keep_cached(&mut self, at: ExecutorId, key: (CacheId, u32), batches: Batches, bytes: u64) {
        self.put_cached(at, key, batches, bytes);
        self.copy_cached(key);
    }

    fn put_cached(&mut self, at: ExecutorId, key: (CacheId, u32), batches: Batches, bytes: u64) {
        let (level, limit) = (self.level_of(key.0), self.room_for_cached(at));
        let Some(executor) = self.executors.get_mut(&at) else { return };
        let evicted = executor.store.put_cached(key, batches, bytes, level, limit);
        self.tell_evicted(at, evicted, "there was no room for it in memory");
    }

    fn level_of(&self, cache: CacheId) -> StorageLevel {
        self.levels.get(&cache).copied().unwrap_or_default()
    }

    /// Sends the copies that are missing: to other machines, in other racks first, as far as there are any.
    fn copy_cached(&mut self, (cache, partition): (CacheId, u32)) {
        let wanted = self.level_of(cache).copies as usize;
        let held = self.scheduler.cached().copies(cache, partition).to_vec();
        let Some(first) = held.first() else { return };
        let Some(block) = self.executors.get(&first.executor).and_then(|one| one.store.cached(cache, partition)) else {
            return;
        };
        let (batches, bytes) = (block.batches.clone(), block.bytes);
        let same_block = |goods: &Goods| matches!(goods, Goods::Cached { cache: c, partition: p, .. } if (*c, *p) == (cache, partition));
        let coming: Vec<ExecutorId> =
            self.moves.values().filter(|one| same_block(&one.goods)).map(|one| one.to).collect();
        let taken = |node: NodeId| held.iter().any(|at| at.node == node);
        let is_near = |node: NodeId| self.config.machine(node).rack == self.config.machine(first.node).rack;
        let mut others: Vec<(bool, u32, ExecutorId)> = self
            .executors
            .iter()
            .filter(|(id, one)| !one.is_decommissioning && !taken(one.node) && !coming.contains(id))
            .map(|(id, one)| (is_near(one.node), (id.0 + partition) % self.next.executor.max(1), *id))
            .collect();
        others.sort_unstable();
        let missing = wanted.saturating_sub(held.len() + coming.len());
        for (_, _, to) in others.into_iter().take(missing) {
            let goods = Goods::Cached { cache, partition, batches: batches.clone(), bytes };
            self.push_move(first.executor, to, bytes, goods);
        }
    }

    fn push_move(&mut self, from: ExecutorId, to: ExecutorId, bytes: u64, goods: Goods) {
        let is_first = !self.moves.values().any(|one| one.from == from);
        let number = self.next_move;
        self.next_move += 1;
        self.moves.insert(number, Move { from, to, bytes, goods, flow: None });
        if is_first {
            self.start_next_move(from);
        }
    }

    /// After a loss: copies that are missing are made again (`spark.storage.replication.proactive`).
    pub(super) fn restore_copies(&mut self) {
        if self.levels.values().all(|level| level.copies < 2) {
            return;
        }
        let known: BTreeSet<(CacheId, u32)> =
            self.scheduler.cached().all().map(|(cache, partition, _)| (cache, partition)).collect();
        for key in known {
            self.copy_cached(key);
        }
    }

    /// Moves from or to an executor that is gone have no end.
    pub(super) fn stop_moves_of(&mut self, executor: ExecutorId) {
        let mut stopped = Vec::new();
        self.moves.retain(|_, one| {
            let is_over = one.from == executor || one.to == executor;
            if is_over {
                stopped.push((one.from, one.flow));
            }
            !is_over
        });
        for (from, flow) in stopped {
            if let Some(flow) = flow {
                self.network.cancel(self.now, flow);
                self.flows.remove(&flow);
                if from != executor {
                    self.start_next_move(from);
                }
            }
        }
    }

    /// After each step: leaving executors that have finished go.
    pub(super) fn let_the_finished_leave(&mut self) {
        if !self.is_anybody_leaving {
            return;
        }
        let leaving = self.executors.iter().filter(|(_, executor)| executor.is_decommissioning);
        let leaving: Vec<ExecutorId> = leaving.map(|(id, _)| *id).collect();
        for executor in &leaving {
            self.leave_when_done(*executor);
        }
        self.is_anybody_leaving = !leaving.is_empty();
    }

    /// A leaving executor ends when it has nothing to do and nothing left to hand over.
    fn leave_when_done(&mut self, executor: ExecutorId) {
        let is_leaving = self.executors.get(&executor).is_some_and(|executor| executor.is_decommissioning);
        let is_busy = self.attempts.values().any(|attempt| attempt.launch.executor == executor)
            || self.moves.values().any(|one| one.from == executor);
        if is_leaving && !is_busy && !self.plan_moves(executor) {
            self.end_executor(executor, Loss::Decommissioned, "it was decommissioned");
            self.replace_executors();
        }
    }
}
