//! Executors come and go: the cluster manager grants them, they register, they leave.

use super::block_store::BlockStore;
use super::manager::{ExecutorSize, Vacancy};
use super::node::{Executor, Node};
use super::simulation::{Cluster, Due};
use crate::common::Conf;
use crate::common::conf::parse_bytes;
use crate::common::ids::{ExecutorId, NodeId};
use crate::common::time::VirtualDuration;
use crate::scheduler::Input;
use std::collections::{BTreeMap, BTreeSet};

/// What executors are asked for and have been granted.
#[derive(Debug, Default)]
pub(super) struct Allocation {
    /// How many there should be; absent: as many as fit.
    pub target: Option<u32>,
    /// Granted, on their way, by number.
    coming: BTreeMap<u32, NodeId>,
    next: u32,
    has_asked: bool,
}

impl Allocation {
    /// Nothing has been asked for yet.
    pub(super) fn begin(&mut self, target: Option<u32>) {
        *self = Allocation { target, next: self.next, ..Allocation::default() };
    }
}

impl super::ClusterConfig {
    /// What one executor takes of this machine: `spark.executor.cores` and `spark.executor.memory`, else all of it.
    ///
    /// **Simplified:** an executor never asks for more than the machine has; real Spark would wait for ever.
    pub(super) fn executor_size(&self, node: NodeId, conf: &Conf) -> ExecutorSize {
        let machine = self.machine(node);
        let cores = conf.number("spark.executor.cores", i64::from(machine.cores));
        let cores = u32::try_from(cores).unwrap_or(machine.cores).clamp(1, machine.cores);
        // Executors that share a machine share its memory, unless the script says how much each takes.
        let fair = machine.memory_bytes / u64::from(machine.cores / cores);
        let asked = conf.get("spark.executor.memory").and_then(parse_bytes).and_then(|bytes| u64::try_from(bytes).ok());
        let memory_bytes = if cores == machine.cores { machine.memory_bytes } else { asked.unwrap_or(fair).min(fair) };
        ExecutorSize { cores, memory_bytes: memory_bytes.max(1) }
    }

    /// How many tasks run at once with these settings, when every machine serves.
    #[must_use]
    pub fn slots_with(&self, conf: &Conf) -> u32 {
        let on = |node| {
            let size = self.executor_size(node, conf);
            (self.machine(node).cores / size.cores, size.cores)
        };
        let mut left = instances(conf).unwrap_or(u32::MAX);
        let mut slots = 0;
        for (executors, cores) in (1..=self.nodes()).map(|number| on(NodeId(number))) {
            let taken = executors.min(left);
            left -= taken;
            slots += taken * cores;
        }
        slots
    }
}

/// `spark.executor.instances`, where it is set.
fn instances(conf: &Conf) -> Option<u32> {
    conf.get("spark.executor.instances").and_then(|text| text.trim().parse().ok()).filter(|count| *count > 0)
}

impl Cluster {
    /// Asks the cluster manager for the executors that are missing.
    pub(super) fn fill_up(&mut self) {
        if self.is_driver_dead {
            return;
        }
        let is_first = !std::mem::replace(&mut self.allocation.has_asked, true);
        let target = self.allocation.target.or_else(|| instances(&self.conf)).unwrap_or(u32::MAX) as usize;
        let missing = target.saturating_sub(self.executors.len() + self.allocation.coming.len());
        let (manager, mut vacancies) = (self.config.manager, self.vacancies());
        let places = std::iter::from_fn(|| manager.place(&mut vacancies, &self.conf)).take(missing);
        let granted: Vec<(u32, NodeId)> = (self.allocation.next..).zip(places).collect();
        self.allocation.next += granted.len() as u32;
        // All have their place before one starts: its tasks may make the driver ask for more.
        self.allocation.coming.extend(granted.iter().copied());
        for (index, (number, _)) in (0..).zip(granted) {
            match manager.delay(index, is_first, &self.conf) {
                VirtualDuration(0) => self.executor_arrives(number),
                delay => self.schedule(self.now + delay, Due::ExecutorStarts(number)),
            }
        }
    }

    /// What machines that may get executors have to give.
    fn vacancies(&self) -> Vec<Vacancy> {
        let open = self.nodes.iter().filter(|(_, state)| state.is_open());
        let empty = |node: NodeId| {
            let machine = self.config.machine(node);
            let size = self.config.executor_size(node, &self.conf);
            let (free_cores, free_memory_bytes) = (machine.cores, machine.memory_bytes);
            Vacancy { node, size, free_cores, free_memory_bytes, executors: 0 }
        };
        let mut vacancies: BTreeMap<NodeId, Vacancy> = open.map(|(node, _)| (*node, empty(*node))).collect();
        for executor in self.executors.values() {
            if let Some(vacancy) = vacancies.get_mut(&executor.node) {
                vacancy.take(ExecutorSize { cores: executor.cores, memory_bytes: executor.memory_bytes });
            }
        }
        for node in self.allocation.coming.values() {
            if let Some(vacancy) = vacancies.get_mut(node) {
                vacancy.take(vacancy.size);
            }
        }
        vacancies.into_values().collect()
    }

    /// Whether there is a machine that may get executors.
    pub(super) fn has_machines(&self) -> bool {
        self.nodes.values().any(Node::is_open)
    }

    /// A granted executor's process is there, unless its machine has gone meanwhile: then another is asked for.
    pub(super) fn executor_arrives(&mut self, number: u32) {
        let Some(node) = self.allocation.coming.remove(&number) else { return };
        let is_wanted = self.allocation.target.is_none_or(|target| (self.executors.len() as u32) < target);
        if is_wanted && self.nodes.get(&node).is_some_and(Node::is_open) {
            self.start_executor(node);
        } else if is_wanted {
            self.fill_up();
        }
    }

    /// Whether an executor is on its way.
    pub(super) fn are_executors_coming(&self) -> bool {
        !self.allocation.coming.is_empty()
    }

    /// A new executor process on a machine that is up.
    pub(super) fn start_executor(&mut self, node: NodeId) {
        self.next.executor += 1;
        let id = ExecutorId(self.next.executor);
        let size = self.config.executor_size(node, &self.conf);
        let taken: BTreeSet<u32> =
            self.executors_on(node).iter().filter_map(|id| Some(self.executors.get(id)?.first_core)).collect();
        let first_core = (0..).step_by(size.cores as usize).find(|core| !taken.contains(core)).unwrap_or_default();
        let executor = Executor {
            node,
            cores: size.cores,
            memory_bytes: size.memory_bytes,
            first_core,
            started: self.now,
            store: BlockStore::default(),
            broadcasts: BTreeSet::new(),
            held_by_tasks: 0,
            has_run_a_task: false,
            is_decommissioning: false,
        };
        self.executors.insert(id, executor);
        let rack = self.config.machine(node).rack;
        self.tell(Input::ExecutorAdded { executor: id, node, cores: size.cores, first_core, rack });
    }

    /// The executors of a machine, oldest first.
    pub(super) fn executors_on(&self, node: NodeId) -> Vec<ExecutorId> {
        self.executors.iter().filter(|(_, executor)| executor.node == node).map(|(id, _)| *id).collect()
    }

    /// Whether shuffle files belong to the machines' own service and outlive executors.
    pub(super) fn has_shuffle_service(&self) -> bool {
        self.conf.flag("spark.shuffle.service.enabled")
    }

    /// Where a registered map output really lies.
    pub(super) fn shuffle_store(&self, executor: ExecutorId, node: NodeId) -> Option<&BlockStore> {
        let machine = self.nodes.get(&node).filter(|machine| machine.is_up())?;
        if self.has_shuffle_service() {
            return Some(&machine.service);
        }
        self.executors.get(&executor).map(|executor| &executor.store)
    }

    /// The same, to change it.
    pub(super) fn shuffle_store_mut(&mut self, executor: ExecutorId, node: NodeId) -> Option<&mut BlockStore> {
        let with_service = self.has_shuffle_service();
        let machine = self.nodes.get_mut(&node).filter(|machine| machine.is_up())?;
        if with_service {
            return Some(&mut machine.service);
        }
        self.executors.get_mut(&executor).map(|executor| &mut executor.store)
    }

    /// Whether a registered map output can be fetched from where it is.
    pub(super) fn is_reachable(&self, executor: ExecutorId, node: NodeId) -> bool {
        self.nodes.get(&node).is_some_and(super::node::Node::is_up)
            && (self.has_shuffle_service() || self.executors.contains_key(&executor))
    }

    /// Whether a cached partition can be read from there.
    pub(super) fn is_reachable_for_cached(&self, executor: ExecutorId, node: NodeId, reader: NodeId) -> bool {
        self.nodes.get(&node).is_some_and(super::node::Node::is_up)
            && self.executors.contains_key(&executor)
            && self.network.wiring().can_talk(node, reader)
    }
}
