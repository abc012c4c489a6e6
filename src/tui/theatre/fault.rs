//! What can be broken from the theatre, by key: the run is done again with it.

use crate::common::ids::NodeId;
use crate::common::time::VirtualTime;

/// A kind of fault that strikes one machine.
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
    CutForAWhile,
    Preempt,
    Decommission,
    FullDisk,
}

/// All kinds, in the order of the console.
pub const KINDS: [FaultKind; 12] = [
    FaultKind::Kill,
    FaultKind::KillExecutor,
    FaultKind::OutOfMemory,
    FaultKind::Silent,
    FaultKind::Slow,
    FaultKind::SlowDisk,
    FaultKind::SlowLink,
    FaultKind::Cut,
    FaultKind::CutForAWhile,
    FaultKind::Preempt,
    FaultKind::Decommission,
    FaultKind::FullDisk,
];

/// How many times slower the console makes things.
pub const TIMES: u32 = 4;
/// Seconds until a cable that was cut for a while is mended.
pub const MENDED_AFTER_SECS: u64 = 10;
/// Seconds of notice before a machine is taken away.
pub const NOTICE_SECS: u64 = 2;

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
            FaultKind::CutForAWhile => "Cut it for a while",
            FaultKind::Preempt => "Take it away",
            FaultKind::Decommission => "Decommission",
            FaultKind::FullDisk => "Fill the disk",
        }
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
            FaultKind::CutForAWhile => "as before, but mended after 10 s: what waited goes on",
            FaultKind::Preempt => "2 s of notice: what has not moved by then is gone",
            FaultKind::Decommission => "no new tasks; it leaves when it has finished",
            FaultKind::FullDisk => "tasks that write there fail and are tried again",
        }
    }

    /// Whether it ends executors at once, so that the log can say what would be lost.
    #[must_use]
    pub fn is_death(self) -> bool {
        matches!(self, FaultKind::Kill | FaultKind::KillExecutor | FaultKind::OutOfMemory | FaultKind::Silent)
    }
}

/// One fault that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    pub kind: FaultKind,
    pub node: NodeId,
    pub at: VirtualTime,
}

impl Strike {
    /// The name of the branch that it makes.
    #[must_use]
    pub fn name(&self) -> String {
        let at = crate::report::words::moment(self.at);
        match self.kind {
            FaultKind::Kill => format!("{} dies at {at}", self.node),
            kind => format!("{}: {} at {at}", self.node, kind.title().to_lowercase()),
        }
    }
}
