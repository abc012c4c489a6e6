//! Faults strike here: machines die, fall silent, are cut off, come back; disks, links and blocks go bad.

use super::fault::{Breakage, Fault, FaultTime};
use super::inputs::View;
use super::node::{Health, Parked};
use super::simulation::{Cluster, Due};
use super::transfers::Cargo;
use crate::common::ids::{CacheId, ExecutorId, InputBlockId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::EventKind;
use crate::network::{Link, Wiring};
use crate::scheduler::{Input, Loss};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How much of a block is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Losing {
    /// That on a machine, or the first.
    OneCopy(Option<NodeId>),
    AllCopies,
}

impl Cluster {
    /// A fault's time has come. Striking what is dead already changes nothing.
    pub(super) fn strike(&mut self, index: usize) {
        let what = self.faults[index].what.clone();
        if !self.matters(&what) {
            self.miss(index, why_not(&what));
            return;
        }
        let node = match what.nodes().as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        self.emit(EventKind::FaultInjected { fault: what.to_string(), node });
        match what {
            Breakage::KillNode(node) => self.kill_node(node, "died"),
            Breakage::KillRack(rack) => self.kill_rack(rack),
            Breakage::RestartNode(node) => self.restart_node(node, false),
            Breakage::RestartEmpty(node) => self.restart_node(node, true),
            Breakage::KillExecutor(node) => self.kill_executors(node, "Command exited with code 137"),
            Breakage::OutOfMemory(node) => {
                self.kill_executors(node, "Command exited with code 137: it took more memory than it may");
            }
            Breakage::SilentNode(node) => self.silence_node(node),
            Breakage::KillDriver => self.kill_driver(),
            Breakage::RestartDriver => self.restart_driver(),
            Breakage::SlowNode { node, times } => {
                if let Some(node) = self.nodes.get_mut(&node) {
                    node.slowness = times;
                }
            }
            Breakage::SlowDisk { node, times } => self.rewire(|wiring| wiring.slow(Link::Disk(node), 1000 / times)),
            Breakage::SlowLink { node, times } => self.slow_card(node, 1000 / times),
            Breakage::DropMessages { node, permille } => self.slow_card(node, 1000 - permille),
            Breakage::FullDisk(node) => {
                if let Some(node) = self.nodes.get_mut(&node) {
                    node.is_disk_full = true;
                }
            }
            Breakage::Cut(nodes) => self.cut_off(&nodes),
            Breakage::Mend(node) => self.mend(node),
            Breakage::Preempt { node, notice } => self.preempt(node, notice),
            Breakage::Decommission(node) => self.decommission(node),
            Breakage::LoseBlock(file) => self.lose_block_of(file, Losing::AllCopies),
            Breakage::LoseReplica { file, node } => self.lose_block_of(file, Losing::OneCopy(node)),
            Breakage::LoseCached(partition) => self.lose_cached(partition),
            Breakage::Corrupt { stage, partition } => self.damage(stage, partition),
            Breakage::FailTask { .. } => {}
        }
        self.restore_copies();
        self.replace_executors();
    }

    /// Whether it changes anything now.
    fn matters(&self, what: &Breakage) -> bool {
        let health = |node: &NodeId| self.nodes.get(node).map(|node| node.health);
        match what {
            Breakage::RestartNode(node) | Breakage::RestartEmpty(node) => {
                health(node).is_some_and(|health| health != Health::Up)
            }
            Breakage::KillNode(node) => health(node).is_some_and(|health| health != Health::Dead),
            Breakage::KillRack(rack) => {
                self.config.in_rack(*rack).any(|node| health(&node).is_some_and(|health| health != Health::Dead))
            }
            Breakage::Cut(nodes) => nodes.iter().any(|node| health(node) == Some(Health::Up)),
            Breakage::Mend(None) => self.nodes.values().any(|node| node.cut_since.is_some()),
            Breakage::Mend(Some(node)) => self.nodes.get(node).is_some_and(|node| node.cut_since.is_some()),
            Breakage::Corrupt { stage, partition } => self.output_of(*stage, *partition).is_some(),
            Breakage::LoseCached(partition) => self.scheduler.cached().all().any(|(_, known, _)| known == *partition),
            Breakage::RestartDriver => self.is_driver_dead,
            Breakage::KillDriver | Breakage::LoseBlock(_) | Breakage::LoseReplica { .. } => !self.is_driver_dead,
            other => other.nodes().iter().all(|node| health(node) == Some(Health::Up)),
        }
    }

    fn miss(&mut self, index: usize, reason: &str) {
        let Fault { what, at } = &self.faults[index];
        let fault = match what {
            Breakage::FailTask { .. } => what.to_string(),
            _ => format!("{what} {at}"),
        };
        self.emit(EventKind::FaultMissed { fault, reason: reason.to_owned() });
    }

    /// Says which faults did nothing: the run is over.
    pub(super) fn miss_the_rest(&mut self) {
        let late = self.heap.iter().filter_map(|Reverse((_, due, _))| match due {
            Due::Strike(index) => Some(*index),
            _ => None,
        });
        let mut missed: BTreeMap<usize, &str> = late.map(|index| (index, "the run ended before")).collect();
        missed.extend(self.waiting_faults.iter().map(|index| (*index, "that never came")));
        for (index, Fault { what, .. }) in self.faults.iter().enumerate() {
            let is_file =
                |name: &String| self.blocks.iter().any(|((path, _), (block, _))| is_named(name, path, *block));
            match what {
                Breakage::FailTask { times, .. } if self.failures_left.get(&index) == Some(times) => {
                    missed.insert(index, "no attempt of it has started");
                }
                Breakage::LoseBlock(file) | Breakage::LoseReplica { file, .. } if !is_file(file) => {
                    missed.entry(index).or_insert("no block of an input file is named like this");
                }
                _ => {}
            }
        }
        for (index, reason) in missed {
            self.miss(index, reason);
        }
    }

    fn rewire(&mut self, change: impl FnOnce(&mut Wiring)) {
        self.network.rewire(self.now, change);
    }

    fn slow_card(&mut self, node: NodeId, permille: u32) {
        self.rewire(|wiring| {
            wiring.slow(Link::Up(node), permille);
            wiring.slow(Link::Down(node), permille);
        });
    }

    /// The machine stops, with everything on it but its input blocks' copies elsewhere.
    pub(super) fn kill_node(&mut self, node: NodeId, how: &str) {
        self.emit(EventKind::NodeDied { node });
        let executors = self.stop_machine(node, Health::Dead);
        let wait = self.fetch_retry_wait();
        self.break_transfers_from(node, wait);
        for executor in executors {
            let reason = format!("{node} {how}");
            self.tell(Input::ExecutorLost { executor, loss: Loss::Host, reason });
        }
        self.tell(Input::HostLost { node, reason: format!("{node} {how}") });
    }

    fn kill_rack(&mut self, rack: u32) {
        let nodes: Vec<NodeId> = self.config.in_rack(rack).collect();
        for node in nodes {
            if self.nodes.get(&node).is_some_and(|node| node.health != Health::Dead) {
                self.kill_node(node, "died with its rack");
            }
        }
    }

    /// The machine's executors, blocks and running attempts are gone. A silent machine's executors stay known, empty.
    fn stop_machine(&mut self, node: NodeId, health: Health) -> Vec<ExecutorId> {
        let executors = self.executors_on(node);
        self.forget_what_was_read_from(&executors);
        for executor in &executors {
            self.stop_attempts_of(*executor);
            self.stop_moves_of(*executor);
            if health == Health::Silent {
                if let Some(executor) = self.executors.get_mut(executor) {
                    executor.store = super::block_store::BlockStore::default();
                }
            } else {
                self.executors.remove(executor);
            }
        }
        if let Some(machine) = self.nodes.get_mut(&node) {
            machine.health = health;
            machine.replicas_lost = true;
            machine.parked.clear();
            machine.service = super::block_store::BlockStore::default();
        }
        executors
    }

    pub(super) fn stop_attempts_of(&mut self, executor: ExecutorId) {
        let running: Vec<TaskId> = self
            .attempts
            .iter()
            .filter(|(_, attempt)| attempt.launch.executor == executor)
            .map(|(task, _)| *task)
            .collect();
        for task in running {
            self.discard(task);
        }
    }

    /// What was computed ahead from blocks of these executors must not outlive them.
    fn forget_what_was_read_from(&mut self, executors: &[ExecutorId]) {
        let outputs = self.scheduler.map_outputs().all().filter(|(_, _, at)| executors.contains(&at.executor));
        let shuffles: BTreeSet<ShuffleId> = outputs.map(|(shuffle, _, _)| shuffle).collect();
        let blocks = self.scheduler.cached().all().filter(|(_, _, at)| executors.contains(&at.executor));
        let cached: BTreeSet<(CacheId, u32)> = blocks.map(|(cache, partition, _)| (cache, partition)).collect();
        self.forget_views(|view| {
            view.shuffles.keys().any(|shuffle| shuffles.contains(shuffle))
                || view.cached.keys().any(|key| cached.contains(key))
        });
    }

    /// Throws away what was or is being computed from such a view; it is computed again when its turn comes.
    fn forget_views(&mut self, is_meant: impl Fn(&View) -> bool) {
        self.forget_prepared(|_, prepared| is_meant(&prepared.view));
        for attempt in self.attempts.values_mut() {
            if attempt.ticket.as_ref().is_some_and(|(_, view)| is_meant(view))
                && let Some((ticket, _)) = attempt.ticket.take()
            {
                self.pool.forget(ticket);
            }
        }
    }

    /// Tasks elsewhere that were reading from this machine notice after `wait`.
    fn break_transfers_from(&mut self, node: NodeId, wait: VirtualDuration) {
        let mut broken: Vec<(TaskId, usize)> = Vec::new();
        for (task, attempt) in &self.attempts {
            let open =
                attempt.transfers.iter().enumerate().filter(|(_, transfer)| transfer.from == node && !transfer.is_done);
            // A shuffle block that is gone decides; other cargo can be had elsewhere.
            let worst = open.min_by_key(|(_, transfer)| matches!(transfer.cargo, Cargo::Other));
            broken.extend(worst.map(|(index, _)| (*task, index)));
        }
        for (task, index) in broken {
            self.source_died(task, index, wait);
        }
    }

    fn fetch_retry_wait(&self) -> VirtualDuration {
        VirtualDuration::from_millis(self.conf.millis("spark.shuffle.io.retryWait", 5_000))
    }

    /// The executor processes of a machine end; the machine, its service and its input blocks stay.
    fn kill_executors(&mut self, node: NodeId, reason: &str) {
        for executor in self.executors_on(node) {
            self.end_executor(executor, Loss::Process, reason);
        }
    }

    /// One executor process ends.
    pub(super) fn end_executor(&mut self, executor: ExecutorId, loss: Loss, reason: &str) {
        let Some(node) = self.executors.get(&executor).map(|executor| executor.node) else { return };
        self.forget_what_was_read_from(&[executor]);
        self.stop_attempts_of(executor);
        self.stop_moves_of(executor);
        self.executors.remove(&executor);
        if !self.has_shuffle_service() {
            let wait = self.fetch_retry_wait();
            self.break_transfers_from(node, wait);
        }
        self.tell(Input::ExecutorLost { executor, loss, reason: reason.to_owned() });
    }

    fn silence_node(&mut self, node: NodeId) {
        self.emit(EventKind::NodeDied { node });
        for executor in self.stop_machine(node, Health::Silent) {
            self.watch(executor);
        }
        let wait = self.network_timeout();
        self.break_transfers_from(node, wait);
    }

    /// The driver will give this executor up when it hears nothing from it.
    fn watch(&mut self, executor: ExecutorId) {
        let started = self.executors.get(&executor).map(|executor| executor.started).unwrap_or_default();
        let at = self.lost_at(started);
        self.schedule(at, Due::Expire(executor, self.now));
    }

    /// When the driver gives a silent executor up: it looks every minute for heartbeats older than `spark.network.timeout`.
    fn lost_at(&self, started: VirtualTime) -> VirtualTime {
        let beat = self.conf.millis("spark.executor.heartbeatInterval", 10_000).max(1) * 1_000_000;
        let timeout = self.conf.millis("spark.network.timeout", 120_000) * 1_000_000;
        let check = self.conf.millis("spark.network.timeoutInterval", 60_000).max(1) * 1_000_000;
        let check = check.min(timeout.max(1_000_000));
        let last_beat = started.0 + (self.now.0 - started.0) / beat * beat;
        let late = last_beat + timeout;
        VirtualTime((late / check + 1) * check)
    }

    /// The driver's patience with an executor is over, unless it has been heard since.
    pub(super) fn expire(&mut self, executor: ExecutorId, since: VirtualTime) {
        let Some(node) = self.executors.get(&executor).map(|executor| executor.node) else { return };
        let Some(machine) = self.nodes.get_mut(&node) else { return };
        let is_silent = machine.health == Health::Silent;
        if !is_silent && machine.cut_since != Some(since) {
            return;
        }
        let is_last = self.executors.values().filter(|other| other.node == node).count() == 1;
        if is_silent && is_last {
            machine.health = Health::Dead;
        }
        let reason = "no heartbeat within spark.network.timeout";
        self.end_executor(executor, Loss::Silence, reason);
        if is_silent && is_last {
            self.tell(Input::HostLost { node, reason: reason.to_owned() });
        }
        self.replace_executors();
    }

    /// Unless they are empty, its disks come back with it, so its copies of input blocks do; what an executor kept does not.
    fn restart_node(&mut self, node: NodeId, is_empty: bool) {
        for executor in self.executors_on(node) {
            let reason = format!("{node} was started again");
            self.end_executor(executor, Loss::Host, &reason);
        }
        // A machine that fell silent has lost its files; one that died was told of then.
        self.tell(Input::HostLost { node, reason: format!("{node} was started again") });
        if let Some(machine) = self.nodes.get_mut(&node) {
            let service = std::mem::take(&mut machine.service);
            *machine = super::node::Node { service, replicas_lost: is_empty, ..super::node::Node::new() };
        }
        self.rewire(|wiring| {
            wiring.rejoin(node);
            for link in [Link::Disk(node), Link::Up(node), Link::Down(node)] {
                wiring.slow(link, 1000);
            }
        });
        self.emit(EventKind::NodeRestarted { node, is_empty });
    }

    /// With the driver the application ends: its executors lose their connection to it, and go with all that they kept.
    fn kill_driver(&mut self) {
        self.is_driver_dead = true;
        self.tell(Input::DriverLost);
        self.allocation.begin(Some(0));
        let reason = self.config.manager.ends_executors();
        for executor in self.executors.keys().copied().collect::<Vec<_>>() {
            self.end_executor(executor, Loss::Host, reason);
        }
    }

    /// A new driver knows nothing of what the old one did: it gets new executors; the old ones went with the old driver.
    fn restart_driver(&mut self) {
        assert!(self.executors.is_empty(), "executors outlive their driver");
        for cache in std::mem::take(&mut self.levels).into_keys() {
            self.cache_plans.remove(&cache);
            self.checkpoints.remove(&cache);
            self.tell(Input::CacheDropped { cache });
        }
        self.kept_shuffles.extend(std::mem::take(&mut self.query_shuffles).into_values().flatten());
        self.living_plans.clear();
        self.drop_unused();
        self.forget_prepared(|_, _| true);
        self.stage_work.clear();
        self.jobs.clear();
        self.errors.clear();
        self.remedies.clear();
        self.relations.clear();
        self.relation_bytes.clear();
        self.kept_broadcasts.clear();
        self.query_broadcasts.clear();
        self.is_driver_dead = false;
        self.tell(Input::DriverRestarted);
        self.ask_anew();
    }

    /// Waits for the moment at which a dead driver is started again. False when nobody does that.
    pub fn await_driver(&mut self) -> bool {
        let at = |fault: &Fault| match fault {
            Fault { what: Breakage::RestartDriver, at: FaultTime::At(at) } if *at >= self.now => Some(*at),
            _ => None,
        };
        if !self.is_driver_dead {
            return false;
        }
        let Some(until) = self.faults.iter().filter_map(at).min() else { return false };
        self.advance(until.since(self.now));
        !self.is_driver_dead
    }

    /// These machines and the others no longer hear each other. What is on its way stops; what is computed goes on.
    fn cut_off(&mut self, nodes: &[NodeId]) {
        self.rewire(|wiring| wiring.separate(nodes));
        for node in nodes {
            let Some(machine) = self.nodes.get_mut(node).filter(|machine| machine.is_up()) else { continue };
            if machine.cut_since.is_some() {
                continue;
            }
            machine.cut_since = Some(self.now);
            self.emit(EventKind::NodeCutOff { node: *node });
            for executor in self.executors_on(*node) {
                self.watch(executor);
            }
        }
        let timeout = self.network_timeout();
        let waiting: Vec<(TaskId, usize)> = self.flows.values().filter_map(|flow| flow.of_task()).collect();
        for (task, transfer) in waiting {
            self.watch_transfer(task, transfer, timeout);
        }
    }

    /// Cables are mended: what waited goes on. Executors that were given up meanwhile have ended; others are asked for.
    fn mend(&mut self, node: Option<NodeId>) {
        let nodes: Vec<NodeId> = match node {
            Some(node) => vec![node],
            None => self.network.wiring().separated().collect(),
        };
        for node in nodes {
            self.rewire(|wiring| wiring.rejoin(node));
            let Some(machine) = self.nodes.get_mut(&node) else { continue };
            let parked = std::mem::take(&mut machine.parked);
            if machine.cut_since.take().is_none() {
                continue;
            }
            self.emit(EventKind::NodeReconnected { node });
            for parked in parked {
                self.unpark(parked);
            }
        }
    }

    fn unpark(&mut self, parked: Parked) {
        let (Parked::Begin(task) | Parked::Written(task) | Parked::Broken(task)) = parked;
        let Some(round) = self.attempts.get(&task).map(|attempt| attempt.round) else { return };
        let due = match parked {
            Parked::Begin(_) => Due::Begin { task, round },
            Parked::Written(_) => Due::Written { task, round },
            Parked::Broken(_) => Due::Broken { task, round },
        };
        self.schedule(self.now, due);
    }

    /// A block of a file is lost, now and for readers to come.
    fn lose_block_of(&mut self, file: String, how: Losing) {
        self.losses.push((file, how));
        self.lose_blocks();
    }

    /// Applies the losses to the blocks that are known.
    pub(super) fn lose_blocks(&mut self) {
        let mut lost: Vec<(u32, Vec<NodeId>)> = Vec::new();
        for (name, how) in &self.losses {
            let first = self.blocks.iter().find(|((path, _), (block, _))| is_named(name, path, *block));
            let Some((_, (block, hosts))) = first else { continue };
            let meant = match how {
                Losing::AllCopies => hosts.clone(),
                Losing::OneCopy(None) => hosts.iter().take(1).copied().collect(),
                Losing::OneCopy(Some(node)) => hosts.iter().filter(|host| *host == node).copied().collect(),
            };
            let fresh: Vec<NodeId> =
                meant.into_iter().filter(|host| self.lost_copies.insert((*block, *host))).collect();
            lost.push((*block, fresh));
        }
        for (block, nodes) in lost.into_iter().filter(|(_, nodes)| !nodes.is_empty()) {
            self.emit(EventKind::InputCopiesLost { block: InputBlockId(block), nodes });
        }
    }

    fn lose_cached(&mut self, partition: u32) {
        let known = self.scheduler.cached().all().filter(|(_, known, _)| *known == partition);
        let lost: Vec<(CacheId, ExecutorId)> = known.map(|(cache, _, at)| (cache, at.executor)).collect();
        let caches: BTreeSet<CacheId> = lost.iter().map(|(cache, _)| *cache).collect();
        self.forget_views(|view| caches.iter().any(|cache| view.cached.contains_key(&(*cache, partition))));
        for (cache, executor) in lost {
            if let Some(executor) = self.executors.get_mut(&executor) {
                executor.store.drop_cached(cache, partition);
            }
            let reason = "the block is gone from its executor".to_owned();
            self.tell(Input::CachedBlockLost { cache, partition, executor, reason });
        }
    }

    /// Where the output of a map task lies, if it is there.
    fn output_of(&self, stage: StageId, partition: u32) -> Option<(ShuffleId, ExecutorId, NodeId)> {
        let (shuffle, _) = self.scheduler.stages().get(stage)?.writes?;
        let at = self.scheduler.map_outputs().table(shuffle)?.output(partition)?;
        Some((shuffle, at.executor, at.node))
    }

    fn damage(&mut self, stage: StageId, partition: u32) {
        let Some((shuffle, executor, node)) = self.output_of(stage, partition) else { return };
        let store = self.shuffle_store_mut(executor, node);
        let is_new = store.is_some_and(|store| store.damage(shuffle, partition));
        self.is_anything_damaged |= is_new;
    }

    /// Asks for executors in place of those that have gone. With none left and none to come, waiting has no end.
    pub(super) fn replace_executors(&mut self) {
        if !self.is_driver_dead {
            self.fill_up();
        }
        let comes_back = self.heap.iter().any(|Reverse((_, due, _))| match due {
            Due::Strike(index) => {
                matches!(
                    self.faults[*index].what,
                    Breakage::RestartNode(_) | Breakage::RestartEmpty(_) | Breakage::Mend(_)
                )
            }
            _ => false,
        });
        let may_grow = self.allocation.target.is_some() && self.has_machines();
        if self.executors.is_empty() && !comes_back && !may_grow && !self.are_executors_coming() {
            self.tell(Input::NothingLeft);
        }
        self.check_everything();
    }
}

/// Whether a block of a file is meant: by its own name, such as `B3`, or by a part of the file's path.
fn is_named(name: &str, path: &Path, block: u32) -> bool {
    InputBlockId::named(name).map_or_else(|| path.to_string_lossy().contains(name), |meant| meant.0 == block)
}

/// Why a fault changes nothing now.
fn why_not(what: &Breakage) -> &'static str {
    match what {
        Breakage::RestartNode(_) | Breakage::RestartEmpty(_) => "the machine runs",
        Breakage::RestartDriver => "the driver runs",
        Breakage::Mend(_) => "no cable is cut there",
        Breakage::Corrupt { .. } => "its shuffle file is not there, or not any more",
        Breakage::LoseCached(_) => "no cache holds this partition then",
        Breakage::KillDriver | Breakage::LoseBlock(_) | Breakage::LoseReplica { .. } => "the driver is dead",
        Breakage::KillNode(_)
        | Breakage::KillRack(_)
        | Breakage::KillExecutor(_)
        | Breakage::OutOfMemory(_)
        | Breakage::SilentNode(_)
        | Breakage::SlowNode { .. }
        | Breakage::SlowDisk { .. }
        | Breakage::SlowLink { .. }
        | Breakage::DropMessages { .. }
        | Breakage::FullDisk(_)
        | Breakage::Cut(_)
        | Breakage::Preempt { .. }
        | Breakage::Decommission(_)
        | Breakage::FailTask { .. } => "the machine is down",
    }
}
