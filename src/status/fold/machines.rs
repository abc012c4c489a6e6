//! Machines and executors: how they come and go, and what a death takes.

use crate::common::ids::{ExecutorId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{EventKind, GIVEN_BACK, SLOWED};
use crate::status::model::{
    CachedBlock, Death, Fault, InputBlock, LostBlock, LostOutput, MapOutput, Node, Status, TaskState, Victim,
};
use crate::status::need::{self, Need};
use std::sync::Arc;

impl Status {
    pub(super) fn apply_machine(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::NodeAdded { node, cores, memory_bytes, rack, is_spot } => {
                let added = Node {
                    node: *node,
                    cores: *cores,
                    memory_bytes: *memory_bytes,
                    rack: *rack,
                    is_spot: *is_spot,
                    cut: None,
                    leaving: None,
                    died: None,
                    given_up: None,
                    deaths: 0,
                    spilled_bytes: 0,
                    is_slowed: false,
                    running: vec![None; *cores as usize],
                };
                self.nodes.insert(*node, added);
            }
            EventKind::ExecutorAdded { executor, node, cores, first_core } => {
                self.executors.insert(*executor, *node);
                self.seats.insert(*executor, (*first_core, first_core.saturating_add(*cores)));
                if let Some(known) = self.nodes.get_mut(node) {
                    known.given_up = None;
                    let most = (*cores).max(known.cores) as usize;
                    known.running.resize(most.max(known.running.len()), None);
                }
            }
            EventKind::FaultInjected { fault, node } => {
                self.faults.push(Fault { at, fault: fault.clone(), node: *node });
                let slowed = node.and_then(|node| self.nodes.get_mut(&node)).filter(|_| fault.ends_with(SLOWED));
                if let Some(known) = slowed {
                    known.is_slowed = true;
                }
            }
            EventKind::NodeDied { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.died = Some(at);
                    known.deaths += 1;
                }
                self.write_down_death(at, *node, None);
            }
            EventKind::ExecutorRemoved { executor, node, reason } => {
                if reason.starts_with(GIVEN_BACK) {
                    self.leaving.insert(*executor);
                }
                self.gone.insert(*executor);
                let mut here = self.executors.iter().filter(|(_, on)| *on == node);
                let is_last = here.all(|(executor, _)| self.gone.contains(executor));
                let Some(known) = self.nodes.get_mut(node) else { return };
                if is_last {
                    known.given_up = Some(at);
                }
                if known.is_alive() {
                    self.write_down_death(at, *node, Some(*executor));
                } else {
                    self.add_late_starts(*node);
                }
            }
            EventKind::ExecutorDecommissioned { executor, .. } => drop(self.leaving.insert(*executor)),
            EventKind::NodeCutOff { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.cut = Some(at);
                }
            }
            EventKind::NodeReconnected { node } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.cut = None;
                }
            }
            EventKind::NodeLeaving { node, at } => {
                if let Some(known) = self.nodes.get_mut(node) {
                    known.leaving = Some(*at);
                }
            }
            EventKind::NodeRestarted { node, is_empty } => {
                if *is_empty {
                    let holds = |known: &Arc<InputBlock>| known.nodes.contains(node);
                    self.input_blocks.change_each(holds, |_, known| Arc::make_mut(known).gone.push((*node, at)));
                }
                if let Some(known) = self.nodes.get_mut(node) {
                    known.died = None;
                    known.given_up = None;
                    known.cut = None;
                    known.leaving = None;
                    known.running.iter_mut().for_each(|core| *core = None);
                }
            }
            _ => {}
        }
    }

    /// Writes down what was there, asks what of it is needed, and marks it as lost. Without an executor the whole machine died.
    fn write_down_death(&mut self, at: VirtualTime, node: NodeId, executor: Option<ExecutorId>) {
        let mut death = Death {
            node,
            victim: match executor {
                None => Victim::Node,
                Some(executor) if self.leaving.contains(&executor) => Victim::Leaver,
                Some(_) => Victim::Executor,
            },
            at,
            position: self.applied,
            running: self.running_on(node, executor),
            outputs: Vec::new(),
            cached: Vec::new(),
            outputs_kept: 0,
            cached_kept: 0,
        };
        self.lose_data_on(at, node, executor, &mut death);
        if death.victim == Victim::Leaver
            && death.running.is_empty()
            && death.outputs.is_empty()
            && death.cached.is_empty()
        {
            return;
        }
        for task in &death.running {
            self.orphan(*task);
        }
        for lost in &mut death.outputs {
            lost.need = need::map_output(self, lost.shuffle, lost.map);
        }
        for lost in &mut death.cached {
            lost.need = need::cached_block(self, lost.cache, lost.partition);
        }
        self.deaths.push(Arc::new(death));
    }

    /// What the driver sent to a machine that had been silent for a while is lost with it.
    fn add_late_starts(&mut self, node: NodeId) {
        let running = self.running_on(node, None);
        let Some(death) = self.deaths.iter_mut().rev().find(|death| death.node == node) else { return };
        let late: Vec<TaskId> = running.into_iter().filter(|task| !death.running.contains(task)).collect();
        if !late.is_empty() {
            Arc::make_mut(death).running.extend(&late);
        }
        for task in late {
            self.orphan(task);
        }
    }

    fn running_on(&self, node: NodeId, executor: Option<ExecutorId>) -> Vec<TaskId> {
        let Some(known) = self.nodes.get(&node) else { return Vec::new() };
        let is_meant = |task: &TaskId| {
            let attempt = self.attempts.get(task).filter(|attempt| attempt.ended.is_none());
            attempt.is_some_and(|attempt| executor.is_none_or(|executor| attempt.executor == executor))
        };
        known.running.iter().flatten().copied().filter(is_meant).collect()
    }

    fn lose_data_on(&mut self, at: VirtualTime, node: NodeId, executor: Option<ExecutorId>, death: &mut Death) {
        let is_served_elsewhere = executor.is_some() && self.has_shuffle_service;
        let is_of = |on: NodeId, by: ExecutorId| on == node && executor.is_none_or(|executor| executor == by);
        let is_there = |output: &MapOutput| output.lost.is_none();
        let is_lost =
            |output: &MapOutput| is_there(output) && !is_served_elsewhere && is_of(output.node, output.executor);
        let mut lost: Vec<(ShuffleId, StageId, u32)> = Vec::new();
        for shuffle in self.shuffles.values().filter(|shuffle| !shuffle.released) {
            for (map, output) in (0..).zip(shuffle.maps()) {
                match output {
                    Some(output) if is_lost(output) => lost.push((shuffle.shuffle, shuffle.writer, map)),
                    Some(output) if is_there(output) => death.outputs_kept += 1,
                    Some(_) | None => {}
                }
            }
        }
        for (shuffle, stage, map) in lost {
            let Some(known) = self.shuffles.get_mut(&shuffle).map(Arc::make_mut) else { continue };
            known.lose(map, at, |_| true);
            let bytes = known.maps().get(map as usize).and_then(Option::as_ref).map_or(0, MapOutput::total_bytes);
            death.outputs.push(LostOutput { shuffle, stage, map, bytes, need: Need::No });
            self.set_task(stage, map, TaskState::Lost);
        }
        for (id, cache) in self.caches.iter_mut().filter(|(_, cache)| !cache.dropped) {
            let lose = |partition: &u32, block: &mut CachedBlock| {
                if block.lose_copy(is_of) {
                    block.lost = Some(at);
                    let (cache, partition, bytes) = (*id, *partition, block.bytes);
                    death.cached.push(LostBlock { cache, partition, bytes, need: Need::No });
                } else {
                    death.cached_kept += 1;
                }
            };
            cache.blocks.change_each(|block| block.lost.is_none(), lose);
        }
    }

    fn orphan(&mut self, task: TaskId) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        Arc::make_mut(attempt).orphaned = true;
        let (stage, partition) = (attempt.stage.stage, attempt.partition);
        if !self.has_other_run(stage, partition, task) {
            self.set_task(stage, partition, TaskState::Lost);
        }
    }
}
