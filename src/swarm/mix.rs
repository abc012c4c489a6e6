//! Which faults a seed draws. Swarm testing: each run leaves most kinds out, so that the others meet undisturbed.

use super::dice::Dice;
use crate::cluster::Fault;
use crate::common::time::VirtualDuration;
use crate::event::{Event, EventKind};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A named mix of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    pub name: &'static str,
    /// What goes wrong, in a few words.
    pub about: &'static str,
    kinds: &'static [&'static str],
    /// At most so many faults in a run.
    most: usize,
    /// Each seed leaves most of the kinds out.
    leaves_out: bool,
}

/// Every kind of fault, as it is written in `--fault KIND:…`.
const KINDS: &[&str] = &[
    "kill",
    "rack",
    "restart",
    "kill-executor",
    "oom",
    "silent",
    "slow",
    "slow-disk",
    "slow-link",
    "drop",
    "disk-full",
    "cut",
    "mend",
    "preempt",
    "decommission",
    "lose-block",
    "lose-copy",
    "lose-cached",
    "corrupt",
    "fail",
];

impl Mix {
    /// The mix that a swarm draws when none is named.
    pub const ANY: Mix =
        Mix { leaves_out: true, most: 5, ..Mix::of("any", "a few kinds, drawn anew for each seed", KINDS) };
    /// Processes and machines only.
    pub const CRASHES: Mix = Mix::of(
        "crashes",
        "machines and processes die; some machines come back",
        &["kill", "kill", "kill-executor", "oom", "silent", "restart"],
    );
    /// Everything at once.
    pub const STORM: Mix = Mix { most: 12, ..Mix::of("storm", "many faults of all kinds", KINDS) };
    /// A control.
    pub const NONE: Mix = Mix::of("none", "nothing goes wrong", &[]);
    /// All mixes.
    pub const ALL: [Mix; 10] = [
        Mix::ANY,
        Mix::CRASHES,
        Mix::of("network", "links are cut, mended, slow or lossy", &["cut", "cut", "mend", "slow-link", "drop"]),
        Mix::of("stragglers", "machines, disks and links are slow", &["slow", "slow-disk", "slow-link"]),
        Mix::of(
            "storage",
            "blocks, shuffle files and disks go bad",
            &["lose-block", "lose-copy", "lose-cached", "corrupt", "disk-full"],
        ),
        Mix::of("spot", "machines leave with and without notice", &["preempt", "decommission"]),
        Mix::of("tasks", "tasks raise", &["fail"]),
        Mix::of("driver", "the driver dies, and may be started again", &["kill", "driver", "restart-driver"]),
        Mix::STORM,
        Mix::NONE,
    ];

    const fn of(name: &'static str, about: &'static str, kinds: &'static [&'static str]) -> Mix {
        Mix { name, about, kinds, most: 4, leaves_out: false }
    }

    fn kinds(self, dice: &mut Dice) -> Vec<&'static str> {
        self.kinds.iter().copied().filter(|_| !self.leaves_out || dice.roll(4) == 0).collect()
    }

    /// The faults of a seed, at times and tasks of the run in which nothing goes wrong.
    #[must_use]
    pub fn faults(self, seed: u64, nodes: u32, racks: u32, twin: &[Arc<Event>]) -> Vec<Fault> {
        let mut dice = Dice(seed ^ 0xFA17);
        let kinds = self.kinds(&mut dice);
        if kinds.is_empty() {
            return Vec::new();
        }
        let tasks = tasks_of(twin);
        let mut drawn = Drawn { nodes, racks, tasks: &tasks, end: twin.last().map_or(0, |event| event.time.0), dice };
        let count = 1 + drawn.dice.roll(self.most);
        drawn.faults(&kinds, count)
    }

    /// `count` faults within a span of a run that nobody has seen yet.
    #[must_use]
    pub fn within(self, seed: u64, (nodes, racks): (u32, u32), span: VirtualDuration, count: usize) -> Vec<Fault> {
        if self.kinds.is_empty() {
            return Vec::new();
        }
        // Any run has such tasks, or the fault does not strike.
        let tasks: Vec<(u32, u32)> = (0..4).flat_map(|stage| (0..6).map(move |partition| (stage, partition))).collect();
        let mut drawn = Drawn { nodes, racks, tasks: &tasks, end: span.0, dice: Dice(seed ^ 0xFA17) };
        drawn.faults(self.kinds, count)
    }
}

struct Drawn<'a> {
    nodes: u32,
    racks: u32,
    /// Stage and partition of every task of the twin.
    tasks: &'a [(u32, u32)],
    /// When the twin ended, nanoseconds.
    end: u64,
    dice: Dice,
}

impl Drawn<'_> {
    fn faults(&mut self, kinds: &[&'static str], count: usize) -> Vec<Fault> {
        let texts = (0..count).map(|_| {
            let kind = *self.dice.pick(kinds);
            self.fault(kind)
        });
        texts.collect::<Vec<_>>().iter().filter_map(|text| Fault::parse(text).ok()).collect()
    }

    /// A fault as it is written on the command line.
    fn fault(&mut self, kind: &str) -> String {
        let node = 1 + self.dice.roll(self.nodes as usize);
        match kind {
            "rack" => format!("kill:rack-{}@{}", 1 + self.dice.roll(self.racks as usize), self.time()),
            "driver" => format!("kill:driver@{}", self.time()),
            "restart-driver" => format!("restart:driver@{}", seconds(self.late())),
            "slow" | "slow-disk" | "slow-link" => {
                let times = [2, 5, 40][self.dice.roll(3)];
                format!("{kind}:{node}x{times}@{}", self.time())
            }
            "drop" => format!("drop:{node}x{}%@{}", [1, 30, 90][self.dice.roll(3)], self.time()),
            "cut" if self.nodes > 2 && self.dice.roll(3) == 0 => {
                format!("cut:{node},{}@{}", 1 + self.dice.roll(self.nodes as usize), self.time())
            }
            "preempt" => format!("preempt:{node}+{}@{}", ["0", "20ms", "2s"][self.dice.roll(3)], self.time()),
            "lose-block" | "lose-copy" => {
                let file = ["part-0", "part-1", "a.csv", "b.csv", "a.parquet"][self.dice.roll(5)];
                format!("{kind}:{file}@{}", self.time())
            }
            "lose-cached" => format!("lose-cached:p{}@{}", self.dice.roll(4), self.time()),
            "corrupt" => {
                let (stage, partition) = self.task();
                format!("corrupt:S{stage}.p{partition}@{}", self.time())
            }
            "fail" => {
                let times = [1, 1, 2, 3, 4, 9][self.dice.roll(6)];
                let (stage, partition) = self.task();
                match self.dice.roll(3) {
                    0 => format!("fail:p{partition}x{times}"),
                    _ => format!("fail:S{stage}.p{partition}x{times}"),
                }
            }
            "restart" => {
                let at = self.late();
                let kind = if at.is_multiple_of(4) { "restart-empty" } else { "restart" };
                format!("{kind}:{node}@{}", seconds(at))
            }
            "mend" => format!("mend:{node}@{}", seconds(self.late())),
            other => format!("{other}:{node}@{}", self.time()),
        }
    }

    fn task(&mut self) -> (u32, u32) {
        if self.tasks.is_empty() { (0, 0) } else { *self.dice.pick(self.tasks) }
    }

    /// A moment that is mostly later than that of what it mends.
    fn late(&mut self) -> u64 {
        self.end / 4 + self.dice.roll(self.end as usize * 3 / 2 + 1) as u64
    }

    /// A moment of the run, or a task after which it happens.
    fn time(&mut self) -> String {
        let (stage, partition) = self.task();
        match self.dice.roll(8) {
            0 => format!("S{stage}"),
            1 | 2 => format!("S{stage}.p{partition}"),
            _ => seconds(self.dice.roll(self.end as usize + 1) as u64),
        }
    }
}

fn seconds(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

fn tasks_of(twin: &[Arc<Event>]) -> Vec<(u32, u32)> {
    let starts = twin.iter().filter_map(|event| match &event.kind {
        EventKind::TaskStarted { stage, partition, .. } => Some((stage.stage.0, *partition)),
        _ => None,
    });
    starts.collect()
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Mix, String> {
        let names: Vec<&str> = Mix::ALL.iter().map(|mix| mix.name).collect();
        let found = Mix::ALL.into_iter().find(|mix| mix.name == text);
        found.ok_or_else(|| format!("there is no mix named {text}; the mixes are {}", names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_faults() {
        for mix in Mix::ALL.into_iter().filter(|mix| *mix != Mix::NONE) {
            let draw = |seed| mix.within(seed, (8, 2), VirtualDuration::from_secs(5), 6);
            assert_eq!(draw(1), draw(1));
            assert_eq!(draw(1).len(), 6, "{mix}");
            assert_ne!(draw(1), draw(2), "{mix}");
        }
        assert!(Mix::NONE.within(1, (8, 2), VirtualDuration::from_secs(5), 6).is_empty());
    }
}
