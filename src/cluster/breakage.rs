//! Faults strike here: machines die, fall silent, come back.

use super::fault::Fault;
use super::inputs::View;
use super::node::Health;
use super::simulation::{Cluster, Due};
use super::transfers::Cargo;
use crate::common::ids::{CacheId, ExecutorId, NodeId, ShuffleId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::EventKind;
use crate::scheduler::{Input, Loss};
use std::cmp::Reverse;
use std::collections::BTreeSet;

impl Cluster {
    /// A fault's time has come. Striking what is dead already changes nothing.
    pub(super) fn strike(&mut self, index: usize) {
        let fault = self.faults[index].clone();
        let Some(health) = fault.node().and_then(|node| self.nodes.get(&node)).map(|node| node.health) else { return };
        let matters = match &fault {
            Fault::RestartNode { .. } => health != Health::Up,
            Fault::KillNode { .. } => health != Health::Dead,
            _ => health == Health::Up,
        };
        if !matters {
            return;
        }
        self.emit(EventKind::FaultInjected { fault: fault.to_string(), node: fault.node() });
        match fault {
            Fault::KillNode { node, .. } => self.kill_node(node),
            Fault::RestartNode { node, .. } => self.restart_node(node),
            Fault::KillExecutor { node, .. } => self.kill_executor(node),
            Fault::SilentNode { node, .. } => self.silence_node(node),
            Fault::SlowNode { node, times, .. } => {
                if let Some(node) = self.nodes.get_mut(&node) {
                    node.slowness = times;
                }
            }
            Fault::FailTask { .. } => {}
        }
        self.give_up_without_executors();
    }

    fn kill_node(&mut self, node: NodeId) {
        self.emit(EventKind::NodeDied { node });
        let executor = self.stop_machine(node, Health::Dead);
        let wait = self.fetch_retry_wait();
        self.break_transfers_from(node, wait);
        if let Some(executor) = executor {
            let reason = format!("{node} died");
            self.tell(Input::ExecutorLost { executor, loss: Loss::Host, reason });
        }
    }

    /// The machine's executor, blocks and running attempts are gone.
    fn stop_machine(&mut self, node: NodeId, health: Health) -> Option<ExecutorId> {
        let running = self.attempts_on(node);
        let machine = self.nodes.get_mut(&node)?;
        machine.health = health;
        machine.replicas_lost = true;
        let executor = machine.drop_executor();
        for task in running {
            self.discard(task);
        }
        self.forget_what_was_read_from(node);
        executor
    }

    /// What was computed ahead from blocks of this machine must not outlive them.
    fn forget_what_was_read_from(&mut self, node: NodeId) {
        let shuffles: BTreeSet<ShuffleId> = self
            .scheduler
            .map_outputs()
            .all()
            .filter(|(_, _, at)| at.node == node)
            .map(|(shuffle, _, _)| shuffle)
            .collect();
        let cached: BTreeSet<(CacheId, u32)> = self
            .scheduler
            .cached()
            .all()
            .filter(|(_, _, at)| at.node == node)
            .map(|(cache, partition, _)| (cache, partition))
            .collect();
        let holds = |view: &View| {
            view.shuffles.keys().any(|shuffle| shuffles.contains(shuffle))
                || view.cached.keys().any(|key| cached.contains(key))
        };
        self.forget_prepared(|_, prepared| holds(&prepared.view));
        for attempt in self.attempts.values_mut() {
            if attempt.ticket.as_ref().is_some_and(|(_, view)| holds(view))
                && let Some((ticket, _)) = attempt.ticket.take()
            {
                self.pool.forget(ticket);
            }
        }
    }

    fn attempts_on(&self, node: NodeId) -> Vec<TaskId> {
        self.attempts.iter().filter(|(_, attempt)| attempt.launch.node == node).map(|(task, _)| *task).collect()
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

    fn kill_executor(&mut self, node: NodeId) {
        let executor = self.stop_machine(node, Health::Up);
        if let Some(machine) = self.nodes.get_mut(&node) {
            machine.replicas_lost = false;
        }
        let wait = self.fetch_retry_wait();
        self.break_transfers_from(node, wait);
        if let Some(executor) = executor {
            let reason = "the executor process ended with exit code 137".to_owned();
            self.tell(Input::ExecutorLost { executor, loss: Loss::Process, reason });
            self.start_executor(node);
        }
    }

    fn silence_node(&mut self, node: NodeId) {
        self.emit(EventKind::NodeDied { node });
        let started = self.nodes.get(&node).map(|node| node.started).unwrap_or_default();
        if let Some(executor) = self.stop_machine(node, Health::Silent) {
            let at = self.lost_at(started);
            self.schedule(at, Due::Expire(executor));
            if let Some(machine) = self.nodes.get_mut(&node) {
                machine.executor = Some(executor);
            }
        }
        let wait = self.network_timeout();
        self.break_transfers_from(node, wait);
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

    /// The driver's patience with an executor is over.
    pub(super) fn expire(&mut self, executor: ExecutorId) {
        let machine =
            self.nodes.values_mut().find(|node| node.executor == Some(executor) && node.health == Health::Silent);
        let Some(machine) = machine else { return };
        machine.executor = None;
        machine.health = Health::Dead;
        let reason = "no heartbeat within spark.network.timeout".to_owned();
        self.tell(Input::ExecutorLost { executor, loss: Loss::Silence, reason });
        self.give_up_without_executors();
    }

    /// Its disks come back with it, so its copies of input blocks do; what an executor kept does not.
    fn restart_node(&mut self, node: NodeId) {
        let left_over = self.nodes.get_mut(&node).and_then(|machine| {
            machine.slowness = 1;
            machine.replicas_lost = false;
            machine.executor.take()
        });
        if let Some(executor) = left_over {
            let reason = format!("{node} was started again");
            self.tell(Input::ExecutorLost { executor, loss: Loss::Host, reason });
        }
        if let Some(machine) = self.nodes.get_mut(&node) {
            machine.health = Health::Up;
        }
        self.emit(EventKind::NodeRestarted { node });
        self.start_executor(node);
    }

    /// With no executor left and none to come, waiting has no end.
    fn give_up_without_executors(&mut self) {
        let is_anybody_there = self.nodes.values().any(|node| node.executor.is_some());
        let comes_back = self.heap.iter().any(|Reverse((_, due, _))| match due {
            Due::Strike(index) => matches!(self.faults[*index], Fault::RestartNode { .. }),
            _ => false,
        });
        if !is_anybody_there && !comes_back {
            self.tell(Input::NothingLeft);
        }
        self.check_everything();
    }
}
