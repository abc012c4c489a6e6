//! What moves to a task: shuffle blocks, pieces of files, cached rows, broadcasts.
//!
//! A transfer longer than a moment is a flow in the [`Network`](crate::network::Network) and shares links with others; shorter ones take the time they would
//! take alone.

use super::attempt::{Needs, Trouble};
use super::config::Storage;
use super::journal::OpenEvent;
use super::simulation::{Cluster, Due};
use crate::common::ids::{ExecutorId, InputBlockId, NodeId, ShuffleId, TaskId};
use crate::common::time::VirtualDuration;
use crate::event::EventKind;
use crate::network::{FlowId, Link};
use crate::scheduler::map_outputs::Source;
use crate::scheduler::{FilePiece, Launch};
use std::collections::BTreeMap;

/// What is being moved to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cargo {
    Shuffle {
        shuffle: ShuffleId,
        map: u32,
        executor: ExecutorId,
    },
    /// Files, cached rows, broadcasts: another copy or a recomputation can stand in.
    Other,
}

/// What a flow of the network is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlowFor {
    /// A transfer of a task attempt, by its position.
    Task(TaskId, usize),
    /// A block that leaves an executor.
    Move(u32),
}

impl FlowFor {
    /// The task and transfer, if it is one.
    pub fn of_task(self) -> Option<(TaskId, usize)> {
        match self {
            FlowFor::Task(task, transfer) => Some((task, transfer)),
            FlowFor::Move(_) => None,
        }
    }
}

/// Where a transfer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Machine(NodeId),
    /// The shared object storage.
    Store,
}

/// One transfer to a task.
#[derive(Debug)]
pub(super) struct Transfer {
    pub from: NodeId,
    pub cargo: Cargo,
    pub is_done: bool,
    pub flow: Option<FlowId>,
    pub event: Option<OpenEvent>,
}

impl Cluster {
    /// The machine to read a block from: this one, else one in the same rack, else the first that can be reached.
    pub(super) fn nearest_host(&self, piece: &FilePiece, reader: NodeId) -> Option<NodeId> {
        let wiring = self.network.wiring();
        let holds = |node: &NodeId| {
            self.nodes.get(node).is_some_and(|node| node.is_up() && !node.replicas_lost)
                && wiring.can_talk(*node, reader)
                && !self.lost_copies.contains(&(piece.block, *node))
        };
        let nearest = |host: &NodeId| (*host != reader, !wiring.is_same_rack(*host, reader), *host);
        piece.hosts.iter().copied().filter(holds).min_by_key(nearest)
    }

    /// Starts everything that a task reads from elsewhere or from disk.
    pub(super) fn start_transfers(&mut self, launch: &Launch, needs: &Needs, input_bytes: u64) {
        for (shuffle, slice) in &needs.shuffles {
            let sources = self.scheduler.map_outputs().sources(*shuffle, slice);
            for (executor, source) in sources {
                if source.blocks > 0 {
                    self.fetch_shuffle(launch, *shuffle, executor, source);
                }
            }
        }
        for (cache, partition) in &needs.cached {
            let copies = self.scheduler.cached().copies(*cache, *partition).iter().copied();
            let at = copies.min_by_key(|at| {
                let is_far = !self.is_reachable_for_cached(at.executor, at.node, launch.node);
                (is_far, at.executor != launch.executor, at.node != launch.node)
            });
            if let Some(at) = at.filter(|at| at.node != launch.node) {
                self.transfer(launch, at.node, Cargo::Other, at.bytes, None);
            } else if let Some(executor) = self.executors.get_mut(&launch.executor) {
                let on_disk = executor
                    .store
                    .use_cached(*cache, *partition)
                    .filter(|block| block.on_disk)
                    .map(|block| block.bytes);
                if let Some(bytes) = on_disk {
                    self.transfer(launch, launch.node, Cargo::Other, bytes, None);
                }
            }
        }
        self.read_files(launch, needs, input_bytes);
        for broadcast in &needs.broadcasts {
            let executor = self.executors.get_mut(&launch.executor);
            let is_new = executor.is_some_and(|executor| executor.broadcasts.insert(*broadcast));
            let bytes = self.relation_bytes.get(broadcast).copied().unwrap_or(0);
            if is_new && bytes > 0 {
                self.transfer(launch, NodeId(0), Cargo::Other, bytes, None);
            }
        }
    }

    /// Reads the bytes that were really read, from the nearest copies of the pieces.
    fn read_files(&mut self, launch: &Launch, needs: &Needs, input_bytes: u64) {
        let total: u64 = needs.files.iter().map(|piece| piece.bytes).sum();
        let mut by_origin: BTreeMap<Origin, u64> = BTreeMap::new();
        let mut read: BTreeMap<NodeId, Vec<InputBlockId>> = BTreeMap::new();
        for piece in &needs.files {
            let share = u128::from(piece.bytes) * u128::from(input_bytes) / u128::from(total.max(1));
            let origin = match self.config.storage {
                Storage::Objects => Origin::Store,
                Storage::Blocks { .. } => Origin::Machine(self.nearest_host(piece, launch.node).unwrap_or(launch.node)),
            };
            // What is cold comes as slowly as so many times the bytes would.
            let times = if piece.is_cold { self.config.cost.cold_times.max(1) } else { 1 };
            *by_origin.entry(origin).or_default() += share as u64 * times;
            if let Origin::Machine(from) = origin {
                read.entry(from).or_default().push(InputBlockId(piece.block));
            }
        }
        for (from, blocks) in read {
            self.emit(EventKind::InputRead { task: launch.task, from, blocks });
        }
        for (origin, bytes) in by_origin {
            self.transfer_over(launch, origin, Cargo::Other, bytes, None);
        }
    }

    fn fetch_shuffle(&mut self, launch: &Launch, shuffle: ShuffleId, executor: ExecutorId, source: Source) {
        let Source { node: from, first_map: map, blocks, bytes } = source;
        if let Some(attempt) = self.attempts.get_mut(&launch.task) {
            attempt.fetched_bytes += bytes;
            attempt.remote_bytes += if from == launch.node { 0 } else { bytes };
        }
        let event = EventKind::ShuffleFetched { task: launch.task, shuffle, from, blocks, bytes, arrives: self.now };
        self.transfer(launch, from, Cargo::Shuffle { shuffle, map, executor }, bytes, Some(event));
    }

    fn transfer(&mut self, launch: &Launch, from: NodeId, cargo: Cargo, bytes: u64, event: Option<EventKind>) {
        self.transfer_over(launch, Origin::Machine(from), cargo, bytes, event);
    }

    /// Starts moving `bytes` to a task. What takes only a moment does not share links.
    fn transfer_over(&mut self, launch: &Launch, origin: Origin, cargo: Cargo, bytes: u64, event: Option<EventKind>) {
        let task = launch.task;
        let Some((round, index)) = self.attempts.get(&task).map(|attempt| (attempt.round, attempt.transfers.len()))
        else {
            return;
        };
        let cost = &self.config.cost;
        let wiring = self.network.wiring();
        let (from, links, setup_us) = match origin {
            Origin::Machine(from) if from == launch.node => (from, wiring.route(from, from), 0),
            Origin::Machine(from) => (from, wiring.route(from, launch.node), cost.latency_us + cost.transfer_setup_us),
            // The storage stands where the driver does: at the switch that joins the racks.
            Origin::Store => (NodeId(0), vec![Link::Store, Link::Down(launch.node)], cost.store_first_byte_us),
        };
        let speed = wiring.speed_alone(&links);
        let is_cut = !wiring.can_talk(from, launch.node);
        let setup = VirtualDuration(setup_us * 1000);
        let bytes = bytes.saturating_mul(self.config.scale);
        let alone = setup.0 + (u128::from(bytes) * 1_000_000_000 / u128::from(speed)) as u64;
        let mut transfer = Transfer { from, cargo, is_done: false, flow: None, event: None };
        if alone <= setup.0 + 5_000_000 && !is_cut {
            let at = self.now + VirtualDuration(alone);
            if let Some(EventKind::ShuffleFetched { task, shuffle, from, blocks, bytes, .. }) = event {
                self.emit(EventKind::ShuffleFetched { task, shuffle, from, blocks, bytes, arrives: at });
            }
            self.schedule(at, Due::Arrived { task, transfer: index, round });
        } else {
            let extra = (u128::from(setup.0) * u128::from(speed) / 1_000_000_000) as u64;
            let flow = self.network.start_over(self.now, (from, launch.node), links, bytes + extra);
            self.flows.insert(flow, FlowFor::Task(task, index));
            transfer.flow = Some(flow);
            transfer.event = event.map(|event| self.journal.push_open(self.now, event));
        }
        if let Some(attempt) = self.attempts.get_mut(&task) {
            attempt.transfers.push(transfer);
        }
        if is_cut {
            self.watch_transfer(task, index, self.network_timeout());
        }
    }

    /// A transfer whose ends cannot talk is given up after `wait`, unless they can by then.
    pub(super) fn watch_transfer(&mut self, task: TaskId, transfer: usize, wait: VirtualDuration) {
        let wiring = self.network.wiring();
        let Some(attempt) = self.attempts.get(&task) else { return };
        let is_cut = attempt.transfers.get(transfer).is_some_and(|one| !wiring.can_talk(one.from, attempt.launch.node));
        if is_cut {
            let round = attempt.round;
            self.schedule(self.now + wait, Due::Stalled { task, transfer, round });
        }
    }

    /// A connection has been quiet too long.
    pub(super) fn stalled(&mut self, task: TaskId, index: usize) {
        let Some(attempt) = self.attempts.get(&task) else { return };
        let Some(transfer) = attempt.transfers.get(index) else { return };
        if !transfer.is_done && !self.network.wiring().can_talk(transfer.from, attempt.launch.node) {
            self.source_died(task, index, VirtualDuration(0));
        }
    }

    /// A transfer has arrived.
    pub(super) fn transfer_ended(&mut self, task: TaskId, index: usize) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        let Some(transfer) = attempt.transfers.get_mut(index) else { return };
        transfer.is_done = true;
        transfer.flow = None;
        if let Some(event) = transfer.event.take() {
            self.journal.close(event, now);
        }
        attempt.fetched = now;
        self.go_on(task);
    }

    /// The executor a transfer comes from has died: its connection is closed.
    pub(super) fn source_died(&mut self, task: TaskId, index: usize, conf_wait: VirtualDuration) {
        let Some(transfer) = self.attempts.get(&task).and_then(|attempt| attempt.transfers.get(index)) else { return };
        let (cargo, node) = (transfer.cargo, transfer.from);
        match cargo {
            Cargo::Shuffle { shuffle, map, executor } => {
                self.stop_transfers(task);
                let (executor, is_damaged) = (Some(executor), false);
                self.break_attempt(task, Trouble::Fetch { shuffle, map, executor, node, is_damaged }, conf_wait);
            }
            Cargo::Other => self.start_over(task),
        }
    }

    /// Stops what is on its way to a task.
    pub(super) fn stop_transfers(&mut self, task: TaskId) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        for transfer in &mut attempt.transfers {
            if let Some(flow) = transfer.flow.take() {
                self.network.cancel(self.now, flow);
                self.flows.remove(&flow);
            }
            if let Some(event) = transfer.event.take() {
                self.journal.close(event, self.now);
            }
        }
    }
}
