//! What can be broken from the theatre, by key: the run is done again with it.

use crate::common::ids::{InputBlockId, NodeId, StageId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::report::words;
use crate::status::model::InputBlock;
use crate::status::{Status, input};
use std::collections::BTreeMap;

/// A kind of fault, aimed at a machine or at something on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    Kill,
    KillExecutor,
    OutOfMemory,
    Silent,
    Slow,
    SlowDisk,
    SlowLink,
    Cut,
    Preempt,
    Decommission,
    FullDisk,
    Drop,
    KillRack,
    Split,
    LoseCached,
    LoseBlock,
    LoseCopy,
    Corrupt,
    FailTask,
    KillDriver,
}

/// All kinds, in the order of the console.
pub const KINDS: [FaultKind; 20] = [
    FaultKind::Kill,
    FaultKind::KillExecutor,
    FaultKind::OutOfMemory,
    FaultKind::Silent,
    FaultKind::Slow,
    FaultKind::SlowDisk,
    FaultKind::SlowLink,
    FaultKind::Cut,
    FaultKind::Preempt,
    FaultKind::Decommission,
    FaultKind::FullDisk,
    FaultKind::Drop,
    FaultKind::KillRack,
    FaultKind::Split,
    FaultKind::LoseCached,
    FaultKind::LoseBlock,
    FaultKind::LoseCopy,
    FaultKind::Corrupt,
    FaultKind::FailTask,
    FaultKind::KillDriver,
];

/// How many times slower the console makes things.
const TIMES: u32 = 4;
/// Seconds until what was broken comes back, to choose from; absent: never.
pub const BACK_SECS: [Option<u64>; 4] = [None, Some(2), Some(6), Some(20)];
/// How many of a hundred packets the console has dropped.
const DROPPED_PERCENT: u32 = 30;
/// How many attempts of a task the console makes raise.
const RAISES: u32 = 2;
/// Seconds of notice before a machine is taken away.
const NOTICE_SECS: u64 = 2;

/// What undoes a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undoing {
    verb: &'static str,
    ending: &'static str,
    /// How it is then.
    pub words: &'static str,
}

const AS_BEFORE: &str = "it is as fast as before";

impl Undoing {
    /// As `--fault` takes it, but for the time.
    fn spec(self, node: NodeId) -> String {
        match self.verb {
            whole @ (AGAIN | "mend:all") => whole.to_owned(),
            verb => format!("{verb}:{}{}", node.0, self.ending),
        }
    }
}

/// The driver has no number.
const AGAIN: &str = "restart:driver";

/// What on or beside a machine a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    Machine,
    /// From 1.
    Rack(u32),
    Task(StageId, u32),
    CachedPartition(u32),
    InputBlock(InputBlockId),
}

impl FaultKind {
    /// What it would strike now if it is aimed at a machine; absent where there is nothing of the kind.
    #[must_use]
    pub fn aim(self, status: &Status, node: NodeId, chosen: Option<(StageId, u32)>) -> Option<Aim> {
        let task = |found: Option<(StageId, u32)>| found.map(|(stage, partition)| Aim::Task(stage, partition));
        match self {
            FaultKind::KillRack => status.nodes.get(&node).map(|known| Aim::Rack(known.rack + 1)),
            FaultKind::LoseCached => {
                let mut blocks = status.caches.values().flat_map(|cache| cache.blocks.iter());
                let here = blocks.find(|(_, block)| block.lost.is_none() && block.node == node);
                here.map(|(partition, _)| Aim::CachedPartition(*partition))
            }
            FaultKind::LoseBlock | FaultKind::LoseCopy => {
                let is_here = |block: &&(InputBlockId, bool)| block.1;
                let blocks = || status.input_blocks.iter().filter(|(_, block)| holds_copy(status, block, node));
                let read =
                    |block: &InputBlock| block.reads.iter().any(|(task, _)| is_attempt_of(status, *task, chosen));
                let blocks = blocks().map(|(id, block)| (*id, chosen.is_some() && read(block)));
                let blocks: Vec<(InputBlockId, bool)> = blocks.collect();
                let found = blocks.iter().find(is_here).or_else(|| blocks.first());
                found.map(|(block, _)| Aim::InputBlock(*block))
            }
            FaultKind::Corrupt => {
                let files = || {
                    status.shuffles.values().rev().flat_map(|shuffle| {
                        let maps = (0..).zip(shuffle.maps());
                        let there = maps.filter(|(_, slot)| {
                            slot.as_ref().is_some_and(|one| one.lost.is_none() && one.node == node)
                        });
                        there.map(|(map, _)| (shuffle.writer, map)).collect::<Vec<_>>()
                    })
                };
                task(files().find(|file| Some(*file) == chosen).or_else(|| files().next()))
            }
            FaultKind::FailTask => {
                let stages = status.stages.iter().filter(|(id, _)| status.in_open_job(**id));
                let waiting = stages.flat_map(|(id, stage)| {
                    let fresh = (0..).zip(stage.tasks()).filter(|(_, task)| task.runs.is_empty());
                    fresh.map(|(partition, _)| (*id, partition)).collect::<Vec<_>>()
                });
                let waiting: Vec<(StageId, u32)> = waiting.collect();
                task(chosen.filter(|one| waiting.contains(one)).or_else(|| waiting.first().copied()))
            }
            FaultKind::Kill
            | FaultKind::KillExecutor
            | FaultKind::OutOfMemory
            | FaultKind::Silent
            | FaultKind::Slow
            | FaultKind::SlowDisk
            | FaultKind::SlowLink
            | FaultKind::Cut
            | FaultKind::Preempt
            | FaultKind::Decommission
            | FaultKind::FullDisk
            | FaultKind::Drop
            | FaultKind::Split
            | FaultKind::KillDriver => Some(Aim::Machine),
        }
    }
}

fn holds_copy(status: &Status, block: &InputBlock, node: NodeId) -> bool {
    input::copies(status, block).contains(&(node, input::Copy::There))
}

fn is_attempt_of(status: &Status, attempt: TaskId, task: Option<(StageId, u32)>) -> bool {
    status.attempts.get(&attempt).is_some_and(|run| Some((run.stage.stage, run.partition)) == task)
}

impl FaultKind {
    /// Its name in the console.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            FaultKind::Kill => "Kill the machine",
            FaultKind::KillExecutor => "Kill the process",
            FaultKind::OutOfMemory => "Out of memory",
            FaultKind::Silent => "Go silent",
            FaultKind::Slow => "Slow the processor",
            FaultKind::SlowDisk => "Slow the disk",
            FaultKind::SlowLink => "Slow the link",
            FaultKind::Cut => "Cut the cable",
            FaultKind::Preempt => "Take it away",
            FaultKind::Decommission => "Decommission",
            FaultKind::FullDisk => "Fill the disk",
            FaultKind::Drop => "Lose packets",
            FaultKind::KillRack => "Kill the rack",
            FaultKind::Split => "Split the network",
            FaultKind::LoseCached => "Lose cached rows",
            FaultKind::LoseBlock => "Lose an input block",
            FaultKind::LoseCopy => "Lose a copy",
            FaultKind::Corrupt => "Damage a file",
            FaultKind::FailTask => "Fail a task",
            FaultKind::KillDriver => "Kill the driver",
        }
    }

    /// The same as `--fault` takes it, without its moment.
    fn spec(self, node: NodeId, aim: Aim) -> String {
        let node = node.0;
        let aim = match aim {
            Aim::Machine => node.to_string(),
            Aim::Rack(rack) => format!("rack-{rack}"),
            Aim::Task(stage, partition) => format!("{stage}.p{partition}"),
            Aim::CachedPartition(partition) => format!("p{partition}"),
            Aim::InputBlock(block) => block.to_string(),
        };
        match self {
            FaultKind::Kill => format!("kill:{node}"),
            FaultKind::KillExecutor => format!("kill-executor:{node}"),
            FaultKind::OutOfMemory => format!("oom:{node}"),
            FaultKind::Silent => format!("silent:{node}"),
            FaultKind::Slow => format!("slow:{node}x{TIMES}"),
            FaultKind::SlowDisk => format!("slow-disk:{node}x{TIMES}"),
            FaultKind::SlowLink => format!("slow-link:{node}x{TIMES}"),
            FaultKind::Cut => format!("cut:{node}"),
            FaultKind::Preempt => format!("preempt:{node}+{NOTICE_SECS}s"),
            FaultKind::Decommission => format!("decommission:{node}"),
            FaultKind::FullDisk => format!("disk-full:{node}"),
            FaultKind::Drop => format!("drop:{node}x{DROPPED_PERCENT}%"),
            FaultKind::Split => {
                let side: Vec<String> = (1..=node).map(|one| one.to_string()).collect();
                format!("cut:{}", side.join(","))
            }
            FaultKind::KillDriver => "kill:driver".to_owned(),
            FaultKind::KillRack => format!("kill:{aim}"),
            FaultKind::LoseCached => format!("lose-cached:{aim}"),
            FaultKind::LoseBlock => format!("lose-block:{aim}"),
            FaultKind::LoseCopy => format!("lose-copy:{aim} on {node}"),
            FaultKind::Corrupt => format!("corrupt:{aim}"),
            FaultKind::FailTask => format!("fail:{aim}x{RAISES}"),
        }
    }

    /// How it is when it comes back; absent where it never does, or where the cluster does it by itself.
    #[must_use]
    pub fn undoing(self) -> Option<Undoing> {
        let (verb, ending, words) = match self {
            FaultKind::Kill | FaultKind::Silent => ("restart", "", "the machine comes back, empty"),
            FaultKind::Cut => ("mend", "", "the cable is mended"),
            FaultKind::Slow => ("slow", "x1", AS_BEFORE),
            FaultKind::SlowDisk => ("slow-disk", "x1", AS_BEFORE),
            FaultKind::SlowLink | FaultKind::Drop => ("slow-link", "x1", AS_BEFORE),
            FaultKind::Split => ("mend:all", "", "all cables are mended"),
            FaultKind::KillDriver => (AGAIN, "", "the script begins anew"),
            FaultKind::KillRack
            | FaultKind::LoseCached
            | FaultKind::LoseBlock
            | FaultKind::LoseCopy
            | FaultKind::Corrupt
            | FaultKind::FailTask
            | FaultKind::KillExecutor
            | FaultKind::OutOfMemory
            | FaultKind::Preempt
            | FaultKind::Decommission
            | FaultKind::FullDisk => return None,
        };
        Some(Undoing { verb, ending, words })
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn means(self) -> &'static str {
        match self {
            FaultKind::Kill => "memory, shuffle files, running tasks are gone; the driver knows",
            FaultKind::KillExecutor => "what it held is gone; a new process starts on the machine",
            FaultKind::OutOfMemory => "the process is stopped; the tasks that ran are blamed",
            FaultKind::Silent => "all is gone; the driver learns only by spark.network.timeout",
            FaultKind::Slow => "tasks that begin from now on take four times as long",
            FaultKind::SlowDisk => "reads and writes take four times as long",
            FaultKind::SlowLink => "its card carries a fourth: whoever fetches from it waits",
            FaultKind::Cut => "it works on, nobody hears it; its executor is given up later",
            FaultKind::Preempt => "2 s of notice: what has not moved by then is gone",
            FaultKind::Decommission => "no new tasks; it leaves when it has finished",
            FaultKind::FullDisk => "tasks that write there fail and are tried again",
            FaultKind::Drop => "30 of 100 packets to and from it are lost and sent again",
            FaultKind::KillRack => "all machines that stand in its rack stop",
            FaultKind::Split => "it and the machines before it no longer hear the others",
            FaultKind::LoseCached => "a partition that it keeps is made again when it is read",
            FaultKind::LoseBlock => "all copies of a block of a file are gone: who reads it fails",
            FaultKind::LoseCopy => "its copy of a block of a file is gone; readers go to another",
            FaultKind::Corrupt => "the checksum of a shuffle file there tells its next reader",
            FaultKind::FailTask => "two attempts of a task that has not begun raise",
            FaultKind::KillDriver => "the application ends: nobody knows plan and lineage any more",
        }
    }

    /// Whether it ends executors at once, so that the log can say what would be lost.
    #[must_use]
    pub fn is_death(self) -> bool {
        matches!(
            self,
            FaultKind::Kill
                | FaultKind::KillRack
                | FaultKind::KillExecutor
                | FaultKind::OutOfMemory
                | FaultKind::Silent
        )
    }
}

/// What happens in the run as a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// This task succeeds for the first time.
    Task(StageId, u32),
    /// The first task of this stage does.
    Stage(StageId),
}

impl Cue {
    /// As `--fault` takes it behind the `@`.
    fn spec(self) -> String {
        match self {
            Cue::Task(stage, partition) => format!("{stage}.p{partition}"),
            Cue::Stage(stage) => stage.to_string(),
        }
    }

    /// The words for it.
    #[must_use]
    pub fn words(self, status: &Status) -> String {
        match self {
            Cue::Task(stage, partition) => format!("when {} has finished", status.task_name(stage, partition)),
            Cue::Stage(stage) => format!("when the first task of {} has finished", words::stage(status, stage)),
        }
    }
}

/// The next few events at which a fault can strike, each with the moment at which it comes as far as the log goes; the chosen task first.
#[must_use]
pub fn cues(head: &Status, chosen: Option<(StageId, u32)>, now: VirtualTime) -> Vec<(Cue, VirtualTime)> {
    const MOST: usize = 8;
    let mut stages: BTreeMap<StageId, VirtualTime> = BTreeMap::new();
    let mut task = None;
    for attempt in head.attempts.values().filter(|attempt| attempt.succeeded()) {
        let (stage, Some(ended)) = (attempt.stage.stage, attempt.ended) else { continue };
        let first = stages.entry(stage).or_insert(ended);
        *first = ended.min(*first);
        if chosen == Some((stage, attempt.partition)) {
            task = Some(task.map_or(ended, |known| ended.min(known)));
        }
    }
    let mut stages: Vec<(Cue, VirtualTime)> = stages.into_iter().map(|(stage, at)| (Cue::Stage(stage), at)).collect();
    stages.sort_by_key(|(_, at)| *at);
    let task = chosen.zip(task).map(|((stage, partition), at)| (Cue::Task(stage, partition), at));
    task.into_iter().chain(stages).filter(|(_, at)| *at > now).take(MOST).collect()
}

/// One fault that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    pub kind: FaultKind,
    pub node: NodeId,
    pub aim: Aim,
    pub at: VirtualTime,
    /// The event at which it strikes, whenever that comes; absent: at its moment.
    pub cue: Option<Cue>,
    /// What was broken comes back so many seconds later.
    pub back_secs: Option<u64>,
}

/// A line of a scenario before it has its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultLine {
    pub what: String,
    pub at: VirtualTime,
    pub cue: Option<Cue>,
}

impl FaultLine {
    /// As a file for `--faults` has it. Rounded up: what happened before the fault has then happened.
    #[must_use]
    pub fn text(&self) -> String {
        match self.cue {
            Some(cue) => format!("{}@{}", self.what, cue.spec()),
            None => format!("{}@{:.3}", self.what, (self.at.as_secs_f64() * 1e3).ceil() / 1e3),
        }
    }
}

impl Strike {
    /// The name of the branch that it makes.
    #[must_use]
    pub fn name(&self) -> String {
        let at = words::moment(self.at);
        match self.kind {
            FaultKind::Kill => format!("{} dies at {at}", self.node),
            kind => match self.aim {
                Aim::Task(stage, partition) => format!("{stage}.p{partition}: {} at {at}", kind.title().to_lowercase()),
                Aim::CachedPartition(partition) => {
                    format!("partition {partition}: {} at {at}", kind.title().to_lowercase())
                }
                Aim::InputBlock(block) => format!("{block}: {} at {at}", kind.title().to_lowercase()),
                Aim::Machine | Aim::Rack(_) => format!("{}: {} at {at}", self.node, kind.title().to_lowercase()),
            },
        }
    }

    /// Its lines in a scenario.
    #[must_use]
    pub fn lines(&self) -> Vec<FaultLine> {
        let start = FaultLine { what: self.kind.spec(self.node, self.aim), at: self.at, cue: self.cue };
        let end = self.back_secs.and_then(|secs| {
            let at = self.at + VirtualDuration::from_secs(secs);
            Some(FaultLine { what: self.kind.undoing()?.spec(self.node), at, cue: None })
        });
        std::iter::once(start).chain(end).collect()
    }
}

/// Faults that belong together, as a file for `--faults` holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub name: String,
    /// A fault on each line; `#` begins a comment.
    pub text: String,
}

impl Scenario {
    /// The text that makes a scenario of what was armed.
    #[must_use]
    pub fn text_of(armed: &[Strike]) -> String {
        armed.iter().flat_map(Strike::lines).map(|line| line.text() + "\n").collect()
    }

    /// Its first comment, else its faults.
    #[must_use]
    pub fn about(&self) -> String {
        match self.text.lines().next().and_then(|line| line.strip_prefix('#')) {
            Some(comment) => comment.trim().to_owned(),
            None => self.faults().collect::<Vec<_>>().join(", "),
        }
    }

    /// Its lines without comments.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
    }
}
