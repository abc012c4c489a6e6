//! What can be broken from the theatre, by key: the run is done again with it.

use crate::common::ids::NodeId;
use crate::common::time::{VirtualDuration, VirtualTime};

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
const TIMES: u32 = 4;
/// Seconds until a cable that was cut for a while is mended.
const MENDED_AFTER_SECS: u64 = 10;
/// Seconds of notice before a machine is taken away.
const NOTICE_SECS: u64 = 2;

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

    /// The same as `--fault` takes it, without its moment; and what ends it so many seconds later.
    fn spec(self, node: NodeId) -> (String, Option<(String, u64)>) {
        let node = node.0;
        let what = match self {
            FaultKind::Kill => format!("kill:{node}"),
            FaultKind::KillExecutor => format!("kill-executor:{node}"),
            FaultKind::OutOfMemory => format!("oom:{node}"),
            FaultKind::Silent => format!("silent:{node}"),
            FaultKind::Slow => format!("slow:{node}x{TIMES}"),
            FaultKind::SlowDisk => format!("slow-disk:{node}x{TIMES}"),
            FaultKind::SlowLink => format!("slow-link:{node}x{TIMES}"),
            FaultKind::Cut | FaultKind::CutForAWhile => format!("cut:{node}"),
            FaultKind::Preempt => format!("preempt:{node}+{NOTICE_SECS}s"),
            FaultKind::Decommission => format!("decommission:{node}"),
            FaultKind::FullDisk => format!("disk-full:{node}"),
        };
        let end = (self == FaultKind::CutForAWhile).then(|| (format!("mend:{node}"), MENDED_AFTER_SECS));
        (what, end)
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

    /// Its lines in a scenario, each with its moment.
    #[must_use]
    pub fn lines(&self) -> Vec<(String, VirtualTime)> {
        let (what, end) = self.kind.spec(self.node);
        let end = end.map(|(what, secs)| (what, self.at + VirtualDuration::from_secs(secs)));
        std::iter::once((what, self.at)).chain(end).collect()
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
        let lines = armed.iter().flat_map(Strike::lines);
        // Rounded up: what happened before the fault has then happened.
        let line = |(what, at): (String, VirtualTime)| format!("{what}@{:.3}\n", (at.as_secs_f64() * 1e3).ceil() / 1e3);
        lines.map(line).collect()
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
