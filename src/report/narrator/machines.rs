//! Machines: faults, deaths with what they take, and who comes back.

use super::{Depth, Told, Weight};
use crate::common::ids::{NodeId, StageId, TaskId};
use crate::common::text::{bytes, plural};
use crate::event::{EventKind, StageAttempt};
use crate::report::words;
use crate::status::need::Need;
use crate::status::{Death, Victim};
use indexmap::IndexSet;

impl Told<'_> {
    pub(super) fn machine(&mut self, kind: &EventKind) {
        match kind {
            EventKind::FaultInjected { fault, .. } => {
                let text = format!("FAULT injected: {}", words::line(fault, 80));
                self.say(Depth::Brief, Weight::Bad, "fault", text);
            }
            EventKind::FaultMissed { fault, reason } => {
                let text = format!("fault without effect: {}: {}", words::line(fault, 80), words::line(reason, 120));
                self.say(Depth::Normal, Weight::Plain, "fault_missed", text);
            }
            EventKind::NodeDied { node } => self.death_of(*node),
            EventKind::ExecutorRemoved { node, reason, .. } => {
                let text = format!("the driver gives the executor on {node} up: {}", words::line(reason, 120));
                self.say(Depth::Normal, Weight::Bad, "executor_removed", text);
                match self.status.nodes.get(node) {
                    Some(known) if known.is_alive() => self.death_of(*node),
                    _ => self.late_starts(*node),
                }
            }
            EventKind::NodeRestarted { node, is_empty } => {
                let disks = if *is_empty { "empty disks" } else { "its disks" };
                let text = format!("{node} is back with {disks}; what its executor held is not there any more");
                self.say(Depth::Brief, Weight::Good, "node_restarted", text);
            }
            EventKind::ExecutorsRequested { total, before } if total > before => {
                let text = format!("tasks wait: {} are wanted, {before} were", plural(u64::from(*total), "executor"));
                self.say(Depth::Normal, Weight::Plain, "executors_requested", text);
            }
            EventKind::ExecutorsRequested { total, .. } => {
                let text = format!("less is to do: {} are enough", plural(u64::from(*total), "executor"));
                self.say(Depth::Full, Weight::Plain, "executors_requested", text);
            }
            EventKind::ExecutorExcluded { executor, node, stage } => {
                self.excluded("executor_excluded", &format!("{executor} ({node})"), *stage);
            }
            EventKind::NodeExcluded { node, stage } => self.excluded("node_excluded", &node.to_string(), *stage),
            EventKind::NodeCutOff { node } => {
                let text = format!("{node} is cut off: it works on, and nobody hears it");
                self.say(Depth::Brief, Weight::Bad, "node_cut_off", text);
            }
            EventKind::NodeReconnected { node } => {
                let text = format!("{node} is connected again; what waited goes on");
                self.say(Depth::Brief, Weight::Good, "node_reconnected", text);
            }
            EventKind::NodeLeaving { node, at } => {
                let text = format!("{node} will be taken away at {at}");
                self.say(Depth::Brief, Weight::Bad, "node_leaving", text);
            }
            EventKind::ExecutorDecommissioned { node, .. } => {
                let text =
                    format!("the executor on {node} is decommissioned: no new tasks; it leaves when it has finished");
                self.say(Depth::Brief, Weight::Plain, "executor_decommissioned", text);
            }
            EventKind::NodeAdded { node, cores, memory_bytes, rack, is_spot } => {
                let cores = plural(u64::from(*cores), "core");
                let place = if *rack > 0 { format!(", in rack {}", rack + 1) } else { String::new() };
                let kind = if *is_spot { ", a spot machine" } else { "" };
                let text = format!("{node} joins: {cores}, {} of memory{place}{kind}", bytes(*memory_bytes));
                self.say(Depth::Full, Weight::Plain, "node_added", text);
            }
            _ => {}
        }
    }

    /// Where tasks failed too often.
    fn excluded(&mut self, kind: &'static str, place: &str, by: Option<StageAttempt>) {
        let text = match by {
            Some(stage) => format!("{} keeps failing on {place}: it gets no more of its tasks", stage.stage),
            None => format!("tasks keep failing on {place}: the application avoids it for a time"),
        };
        self.say(Depth::Brief, Weight::Bad, kind, text);
    }

    fn death_of(&mut self, node: NodeId) {
        if let Some(death) = self.status.deaths.iter().rev().find(|death| death.node == node) {
            let death = death.clone();
            self.node_died(&death);
        }
    }

    /// What the driver sent to a silent machine before it gave it up.
    fn late_starts(&mut self, node: NodeId) {
        let Some(death) = self.status.deaths.iter().rev().find(|death| death.node == node) else { return };
        let is_late = |task: &&TaskId| self.status.attempts.get(task).is_some_and(|known| known.started > death.at);
        let late: Vec<&TaskId> = death.running.iter().filter(is_late).collect();
        if !late.is_empty() {
            let names = self.names(late.into_iter());
            let text =
                format!("lost as well, sent to {node} while it was silent: {names}; to be run again on another node");
            self.say(Depth::Brief, Weight::Again, "lost_running", text);
        }
    }

    /// The names of attempts. Two of one task, from two attempts of its stage, have the same name.
    fn names<'a>(&self, attempts: impl Iterator<Item = &'a TaskId>) -> String {
        let names: IndexSet<String> = attempts.map(|task| self.status.attempt_name(*task)).collect();
        words::short_list(&names.into_iter().collect::<Vec<_>>())
    }

    /// The inventory, then what is needed of it and what is not, each with its reason.
    fn node_died(&mut self, death: &Death) {
        let status = self.status;
        let held = words::inventory(death.outputs.len(), death.running.len(), death.cached.len());
        let (text, kind) = match death.victim {
            Victim::Node => (format!("{} stops. On it: {held}", death.node), "node_died"),
            Victim::Executor | Victim::Leaver => {
                (format!("with the executor on {} goes what it held: {held}", death.node), "executor_died")
            }
        };
        self.say(Depth::Brief, Weight::Bad, kind, text);
        if !death.running.is_empty() {
            let names = self.names(death.running.iter());
            let text = format!("lost while running: {names}; to be run again on another node");
            self.say(Depth::Brief, Weight::Again, "lost_running", text);
        }
        for (need, members) in words::by_need(&death.outputs, |lost| &lost.need) {
            let names: Vec<(StageId, u32)> = members.iter().map(|lost| (lost.stage, lost.map)).collect();
            let what = format!("the output of {}", words::stage_tasks(status, &names));
            self.lost(&what, need, 1);
        }
        self.lost_cached(death);
        self.kept(death);
    }

    fn lost(&mut self, what: &str, need: &Need, number: usize) {
        let it = if number == 1 { "it" } else { "them" };
        match need {
            Need::Now(by) => {
                let single = by.iter().map(|(_, partitions)| partitions.len()).sum::<usize>() == 1;
                let by = words::needed_by(self.status, by);
                let verb = if single { "needs" } else { "need" };
                let text = format!("lost and needed: {what}; made again, because {by} still {verb} {it}");
                self.say(Depth::Brief, Weight::Again, "lost_needed", text);
            }
            Need::OwnStage(stage) => {
                let stage = words::stage(self.status, *stage);
                let text =
                    format!("lost and needed: {what}; made again, because stage {stage} is not complete without");
                self.say(Depth::Brief, Weight::Again, "lost_needed", text);
            }
            Need::Later => {
                let text =
                    format!("lost: {what}; nothing waits for {it} now, so made again only if a later step reads {it}");
                self.say(Depth::Brief, Weight::Kept, "lost_maybe_later", text);
            }
            Need::No => {
                let text = format!("lost, not needed: {what}; everything that reads {it} is done, so not made again");
                self.say(Depth::Brief, Weight::Kept, "lost_not_needed", text);
            }
        }
    }

    /// Cached partitions, all that are needed now in one sentence.
    fn lost_cached(&mut self, death: &Death) {
        let mut now: Vec<(StageId, Vec<u32>)> = Vec::new();
        let mut needed = 0;
        for lost in &death.cached {
            if let Need::Now(by) = &lost.need {
                needed += 1;
                now.extend(by.clone());
            }
        }
        if needed > 0 {
            self.lost(&plural(needed, "cached partition"), &Need::Now(now), needed as usize);
        }
        for (need, members) in words::by_need(&death.cached, |lost| &lost.need) {
            if !need.is_now() {
                self.lost(&plural(members.len() as u64, "cached partition"), need, members.len());
            }
        }
    }

    fn kept(&mut self, death: &Death) {
        let nodes = self.status.nodes.values().filter(|node| node.is_alive() && node.node != death.node);
        let survivors: Vec<NodeId> = nodes.map(|node| node.node).collect();
        let held = words::inventory(death.outputs_kept, 0, death.cached_kept);
        if held != "nothing" {
            let place = match survivors.len() {
                0..=7 => words::nodes(&survivors),
                many => format!("the {many} other nodes"),
            };
            let text = format!("not affected: {held} on {place}");
            self.say(Depth::Brief, Weight::Kept, "not_affected", text);
        }
    }
}
