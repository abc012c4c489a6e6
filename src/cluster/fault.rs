//! What a person lets go wrong, and when.

use crate::common::ids::{InputBlockId, NodeId, StageId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::SLOWED;
use std::fmt;

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultTime {
    /// At this moment of the virtual clock; never, when the run ends earlier.
    At(VirtualTime),
    /// When this task first succeeds.
    AfterTask { stage: StageId, partition: u32 },
    /// When any task of this stage first succeeds.
    AfterStageStarts { stage: StageId },
}

/// One thing that goes wrong, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub what: Breakage,
    pub at: FaultTime,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breakage {
    /// The machine stops; its connections close, so the driver learns at once.
    KillNode(NodeId),
    /// All machines of a rack stop; racks count from 0.
    KillRack(u32),
    /// The cluster manager starts a dead driver again (`spark-submit --supervise`): the script begins anew on new executors.
    RestartDriver,
    /// A dead machine comes back with its disks: input blocks are there again, what executors kept is not. Disk and processor are as new.
    RestartNode(NodeId),
    /// A dead machine comes back with empty disks: its copies of input blocks are gone as well.
    RestartEmpty(NodeId),
    /// Only the executor processes of a machine end; the cluster manager starts new ones.
    KillExecutor(NodeId),
    /// An executor takes more memory than it may and is stopped: the task that ran is blamed.
    OutOfMemory(NodeId),
    /// The machine stops answering without closing its connections; the driver learns by `spark.network.timeout`.
    SilentNode(NodeId),
    /// The driver ends, and with it the application: nobody knows the plan and the lineage any more.
    KillDriver,
    /// Tasks that begin from then on take `times` as long on this machine.
    SlowNode { node: NodeId, times: u32 },
    /// The machine's disk reads and writes `times` as slowly.
    SlowDisk { node: NodeId, times: u32 },
    /// The machine's network card carries a fraction.
    SlowLink { node: NodeId, times: u32 },
    /// So many of 1000 packets to and from the machine are lost and sent again.
    DropMessages { node: NodeId, permille: u32 },
    /// Nothing more can be written to the machine's disk.
    FullDisk(NodeId),
    /// These machines can no longer talk to the driver and the others, but to each other.
    Cut(Vec<NodeId>),
    /// The cable of a machine, or of all, is mended.
    Mend(Option<NodeId>),
    /// A spot machine is taken away; told so long before (absent: not at all).
    Preempt { node: NodeId, notice: VirtualDuration },
    /// The machine's executors get no new tasks, hand their blocks to others if they may, and leave.
    Decommission(NodeId),
    /// All copies of the first block of a file whose path holds this text are gone.
    LoseBlock(String),
    /// One copy of it is gone: the first, or that on a machine.
    LoseReplica { file: String, node: Option<NodeId> },
    /// The cached rows of this partition are gone, of every cache.
    LoseCached(u32),
    /// The shuffle file of a map task is damaged on its disk; its checksum tells the next reader.
    Corrupt { stage: StageId, partition: u32 },
    /// The first `times` attempts of these tasks raise.
    FailTask { stage: Option<StageId>, partition: u32, times: u32 },
}

/// A way to write a fault: keyword, an example, what it does, and the reader of what stands behind the colon.
type Form = (&'static str, &'static str, &'static str, fn(&str) -> Option<Breakage>);

/// Every way to write a fault.
pub const FORMS: &[Form] = &[
    ("kill", "kill:2@3.5", "the machine stops (also kill:rack-2, kill:driver)", kill),
    ("restart", "restart:2@9", "a dead machine comes back with its disks (also restart:driver)", restart),
    ("restart-empty", "restart-empty:2@9", "a dead machine comes back with empty disks", |text| {
        node(text).map(Breakage::RestartEmpty)
    }),
    ("kill-executor", "kill-executor:2@3", "only its executor process ends", |text| {
        node(text).map(Breakage::KillExecutor)
    }),
    ("oom", "oom:2@3", "its executor takes too much memory and is stopped", |text| {
        node(text).map(Breakage::OutOfMemory)
    }),
    ("silent", "silent:2@3", "it stops answering", |text| node(text).map(Breakage::SilentNode)),
    ("slow", "slow:2x4@1", "tasks take four times as long on it", |text| {
        times(text).map(|(node, times)| Breakage::SlowNode { node, times })
    }),
    ("slow-disk", "slow-disk:2x4@1", "its disk has a fourth of its speed", |text| {
        times(text).map(|(node, times)| Breakage::SlowDisk { node, times })
    }),
    ("slow-link", "slow-link:2x4@1", "its network card has a fourth of its speed", |text| {
        times(text).map(|(node, times)| Breakage::SlowLink { node, times })
    }),
    ("drop", "drop:2x30%@1", "30 of 100 packets to and from it are lost", drop_messages),
    ("disk-full", "disk-full:2@3", "nothing more can be written on it", |text| node(text).map(Breakage::FullDisk)),
    ("cut", "cut:2@3", "its cable is cut (several: cut:1,2 stay connected to each other)", |text| {
        text.split(',').map(node).collect::<Option<Vec<NodeId>>>().map(Breakage::Cut)
    }),
    ("mend", "mend:2@9", "its cable is mended (all: mend:all)", |text| match text.trim() {
        "all" => Some(Breakage::Mend(None)),
        one => node(one).map(|node| Breakage::Mend(Some(node))),
    }),
    ("preempt", "preempt:2+2s@8", "a spot machine is taken away, told two seconds before", preempt),
    ("decommission", "decommission:2@3", "its executors hand over and leave", |text| {
        node(text).map(Breakage::Decommission)
    }),
    (
        "lose-block",
        "lose-block:part-00003@1",
        "all copies of a file's first block, or of a block such as B3, are gone",
        |text| name(text).map(Breakage::LoseBlock),
    ),
    ("lose-copy", "lose-copy:part-00003@1", "one copy of it is gone (on a machine: lose-copy:B3 on 2@1)", lose_copy),
    ("lose-cached", "lose-cached:p3@5", "the cached rows of a partition are gone", |text| {
        text.trim().trim_start_matches('p').parse().ok().map(Breakage::LoseCached)
    }),
    ("corrupt", "corrupt:S1.p0@5", "the shuffle file of a map task is damaged", |text| {
        task(text).map(|(stage, partition)| Breakage::Corrupt { stage, partition })
    }),
    ("fail", "fail:S1.p0x2", "the first two attempts of a task raise (of every stage: fail:p0)", fail_task),
];

impl Fault {
    /// A fault at a moment of the virtual clock.
    #[must_use]
    pub fn at(what: Breakage, at: VirtualTime) -> Fault {
        Fault { what, at: FaultTime::At(at) }
    }

    /// `--kill 2@3.5`, `node-2@3.5s`, `n2@S1.p0`, `rack-1@4`, `driver@4`: what dies.
    ///
    /// # Errors
    /// When the text does not say what and when.
    pub fn parse_kill(text: &str) -> Result<Fault> {
        Self::parse(&format!("kill:{text}"))
    }

    /// A fault as [`FORMS`] lists them: `kill:2@3.5`, `slow:2x4@0`, `fail:S1.p0x2`. Without `@` from the start.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Fault> {
        let (keyword, rest) = text.split_once(':').ok_or_else(|| refused(text))?;
        let keyword = keyword.trim().to_ascii_lowercase();
        let (_, example, _, read) = FORMS.iter().find(|form| form.0 == keyword).ok_or_else(|| refused(text))?;
        let (what, at) = match rest.rsplit_once('@') {
            Some((what, at)) => (what, parse_time(at)?),
            None if example.contains('@') && !keyword.starts_with("slow") => return Err(refused(text)),
            None => (rest, FaultTime::At(VirtualTime::ZERO)),
        };
        let what = read(what.trim()).ok_or_else(|| refused(text))?;
        Ok(Fault { what, at })
    }

    /// A scenario: a fault on each line, as [`Fault::parse`] reads it. `#` begins a comment.
    ///
    /// # Errors
    /// The first line that is no fault, with its number and the scenario's name.
    pub fn scenario(name: &str, text: &str) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            faults.push(Fault::parse(line).map_err(|error| {
                let message = format!("line {number} of the scenario {name}: {}", error.message());
                let placed = SparkError::new(ErrorClass::IllegalArgumentException, message);
                error.help().iter().fold(placed, SparkError::with_help)
            })?);
        }
        Ok(faults)
    }
}

impl Breakage {
    /// The machines that it names.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeId> {
        match self {
            Breakage::KillNode(node)
            | Breakage::RestartNode(node)
            | Breakage::RestartEmpty(node)
            | Breakage::KillExecutor(node)
            | Breakage::OutOfMemory(node)
            | Breakage::SilentNode(node)
            | Breakage::FullDisk(node)
            | Breakage::Decommission(node)
            | Breakage::LoseReplica { node: Some(node), .. }
            | Breakage::Mend(Some(node))
            | Breakage::SlowNode { node, .. }
            | Breakage::SlowDisk { node, .. }
            | Breakage::SlowLink { node, .. }
            | Breakage::DropMessages { node, .. }
            | Breakage::Preempt { node, .. } => vec![*node],
            Breakage::Cut(nodes) => nodes.clone(),
            Breakage::KillRack(_)
            | Breakage::KillDriver
            | Breakage::RestartDriver
            | Breakage::Mend(None)
            | Breakage::LoseBlock(_)
            | Breakage::LoseReplica { node: None, .. }
            | Breakage::LoseCached(_)
            | Breakage::Corrupt { .. }
            | Breakage::FailTask { .. } => Vec::new(),
        }
    }
}

/// A node as people write it: `2`, `n2`, `node-2`.
///
/// # Errors
/// When it is none of these, or zero.
pub fn parse_node(text: &str) -> Result<NodeId> {
    node(text).ok_or_else(|| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("{text} is not a node"))
            .with_help("Nodes are written 2, n2 or node-2; the first is 1.")
    })
}

/// A virtual time as people write it: seconds such as `3.5` or `3.5s`, a task `S1.p0`, or a stage `S1`.
///
/// # Errors
/// When it is none of these.
pub fn parse_time(text: &str) -> Result<FaultTime> {
    let text = text.trim();
    if let Some(stage) = text.strip_prefix(['S', 's']) {
        let at = match task(text) {
            Some((stage, partition)) => Some(FaultTime::AfterTask { stage, partition }),
            None => stage.parse().ok().map(|stage| FaultTime::AfterStageStarts { stage: StageId(stage) }),
        };
        return at.ok_or_else(|| refused(text));
    }
    seconds(text).map(|secs| FaultTime::At(VirtualTime::from_secs_f64(secs))).ok_or_else(|| refused(text))
}

fn seconds(text: &str) -> Option<f64> {
    let secs: f64 = text.strip_suffix('s').unwrap_or(text).trim().parse().ok()?;
    (secs.is_finite() && (0.0..1e9).contains(&secs)).then_some(secs)
}

fn node(text: &str) -> Option<NodeId> {
    let folded = text.trim().to_ascii_lowercase();
    let digits = folded.strip_prefix("node-").or_else(|| folded.strip_prefix('n')).unwrap_or(&folded);
    digits.parse().ok().filter(|number| *number > 0).map(NodeId)
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn lose_copy(text: &str) -> Option<Breakage> {
    let (file, on) = text.rsplit_once(" on ").map_or((text, None), |(file, on)| (file, Some(on)));
    let node = on.map(|on| node(on).ok_or(())).transpose().ok()?;
    Some(Breakage::LoseReplica { file: name(file)?, node })
}

fn is_driver(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("driver")
}

fn restart(text: &str) -> Option<Breakage> {
    if is_driver(text) { Some(Breakage::RestartDriver) } else { node(text).map(Breakage::RestartNode) }
}

fn kill(text: &str) -> Option<Breakage> {
    if is_driver(text) {
        return Some(Breakage::KillDriver);
    }
    let folded = text.trim().to_ascii_lowercase();
    match folded.strip_prefix("rack-") {
        Some(rack) => rack.parse::<u32>().ok()?.checked_sub(1).map(Breakage::KillRack),
        None => node(text).map(Breakage::KillNode),
    }
}

fn times(text: &str) -> Option<(NodeId, u32)> {
    let (who, times) = text.rsplit_once('x')?;
    let times = times.trim().parse().ok().filter(|times| (1..=1000).contains(times))?;
    Some((node(who)?, times))
}

fn drop_messages(text: &str) -> Option<Breakage> {
    let (who, percent) = text.rsplit_once('x')?;
    let percent: f64 = percent.trim().trim_end_matches('%').parse().ok()?;
    let permille = (percent * 10.0).round();
    (1.0..=990.0).contains(&permille).then_some(())?;
    Some(Breakage::DropMessages { node: node(who)?, permille: permille as u32 })
}

fn preempt(text: &str) -> Option<Breakage> {
    let (who, notice) = text.split_once('+').map_or((text, None), |(who, notice)| (who, Some(notice)));
    let notice = notice.map_or(Some(0.0), |notice| match notice.strip_suffix("ms") {
        Some(millis) => seconds(millis).map(|millis| millis / 1000.0),
        None => seconds(notice),
    })?;
    let notice = VirtualTime::from_secs_f64(notice).since(VirtualTime::ZERO);
    Some(Breakage::Preempt { node: node(who)?, notice })
}

fn task(text: &str) -> Option<(StageId, u32)> {
    let (stage, partition) = text.trim().strip_prefix(['S', 's'])?.split_once(".p")?;
    Some((StageId(stage.parse().ok()?), partition.parse().ok()?))
}

fn fail_task(text: &str) -> Option<Breakage> {
    let (what, times) = match text.rsplit_once('x') {
        Some((what, times)) => (what, times.trim().parse().ok()?),
        None => (text, 1),
    };
    if let Some((stage, partition)) = task(what) {
        return Some(Breakage::FailTask { stage: Some(stage), partition, times });
    }
    let partition = what.trim().trim_start_matches('p').parse().ok()?;
    Some(Breakage::FailTask { stage: None, partition, times })
}

fn block_words(name: &str) -> String {
    if InputBlockId::named(name).is_some() { name.to_owned() } else { format!("the first block of {name}") }
}

fn refused(text: &str) -> SparkError {
    if text.trim_start().starts_with("clock:") {
        let what = "no clock of a machine reaches the rows of a batch: its event times are in its files, and the driver's clock is asked once";
        return SparkError::new(ErrorClass::IllegalArgumentException, format!("{text} would change nothing: {what}"))
            .with_help("batchlab world stream --fault clock:edge-us-3+900s@7200 shows what a wrong clock does to windows and watermarks.");
    }
    let examples: Vec<&str> = FORMS.iter().map(|form| form.1).collect();
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{text} is not a fault")).with_help(format!(
        "Write WHAT@SECONDS or WHAT@TASK, such as kill:2@S1.p0. All forms: {}.",
        examples.join(", ")
    ))
}

impl fmt::Display for FaultTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultTime::At(time) => write!(f, "at {time}"),
            FaultTime::AfterTask { stage, partition } => write!(f, "when {stage}.p{partition} has finished"),
            FaultTime::AfterStageStarts { stage } => write!(f, "when the first task of {stage} has finished"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |nodes: &[NodeId]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Breakage::KillNode(node) => write!(f, "kill {node}"),
            Breakage::KillRack(rack) => write!(f, "kill rack-{}", rack + 1),
            Breakage::RestartNode(node) => write!(f, "restart {node}"),
            Breakage::RestartEmpty(node) => write!(f, "restart {node} with empty disks"),
            Breakage::KillExecutor(node) => write!(f, "kill the executor on {node}"),
            Breakage::OutOfMemory(node) => write!(f, "the executor on {node} runs out of memory"),
            Breakage::SilentNode(node) => write!(f, "{node} goes silent"),
            Breakage::KillDriver => write!(f, "kill the driver"),
            Breakage::RestartDriver => write!(f, "start the driver again"),
            Breakage::SlowNode { node, times } => write!(f, "{node} becomes {times} {SLOWED}"),
            Breakage::SlowDisk { node, times } => write!(f, "the disk of {node} becomes {times} {SLOWED}"),
            Breakage::SlowLink { node, times } => write!(f, "the link of {node} becomes {times} {SLOWED}"),
            Breakage::DropMessages { node, permille } => {
                write!(f, "{} % of the packets of {node} are lost", f64::from(*permille) / 10.0)
            }
            Breakage::FullDisk(node) => write!(f, "the disk of {node} is full"),
            Breakage::Cut(nodes) => write!(f, "{} cut off", listed(nodes)),
            Breakage::Mend(Some(node)) => write!(f, "the cable of {node} is mended"),
            Breakage::Mend(None) => write!(f, "all cables are mended"),
            Breakage::Preempt { node, notice } if notice.0 == 0 => write!(f, "{node} is taken away"),
            Breakage::Preempt { node, notice } => write!(f, "{node} will be taken away in {notice}"),
            Breakage::Decommission(node) => write!(f, "{node} is decommissioned"),
            Breakage::LoseBlock(file) => write!(f, "all copies of {} are lost", block_words(file)),
            Breakage::LoseReplica { file, node: None } => write!(f, "one copy of {} is lost", block_words(file)),
            Breakage::LoseReplica { file, node: Some(node) } => {
                write!(f, "the copy of {} on {node} is lost", block_words(file))
            }
            Breakage::LoseCached(partition) => write!(f, "the cached rows of partition {partition} are lost"),
            Breakage::Corrupt { stage, partition } => write!(f, "the shuffle file of {stage}.p{partition} is damaged"),
            Breakage::FailTask { stage: Some(stage), partition, times } => {
                write!(f, "{stage}.p{partition} raises {times} times")
            }
            Breakage::FailTask { stage: None, partition, times } => {
                write!(f, "partition {partition} raises {times} times")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_as_people_write_them() {
        let second = NodeId(2);
        let at = FaultTime::At(VirtualTime(3_500_000_000));
        for text in ["2@3.5", "n2@3.5s", "node-2@3.5", "NODE-2@3.5 s"] {
            assert_eq!(Fault::parse_kill(text), Ok(Fault { what: Breakage::KillNode(second), at }), "{text}");
        }
        let after = FaultTime::AfterTask { stage: StageId(1), partition: 0 };
        assert_eq!(Fault::parse_kill("2@S1.p0"), Ok(Fault { what: Breakage::KillNode(second), at: after }));
        assert_eq!(Fault::parse_kill("rack-1@3.5"), Ok(Fault { what: Breakage::KillRack(0), at }));
        let what = |text: &str| Fault::parse(text).expect(text).what;
        assert_eq!(what("slow:2x4@3.5"), Breakage::SlowNode { node: second, times: 4 });
        assert_eq!(what("drop:2x30%@1"), Breakage::DropMessages { node: second, permille: 300 });
        assert_eq!(what("cut:1,2@3"), Breakage::Cut(vec![NodeId(1), second]));
        assert_eq!(
            what("preempt:2+20ms@3"),
            Breakage::Preempt { node: second, notice: VirtualDuration::from_millis(20) }
        );
        assert_eq!(what("fail:S1.p3x2"), Breakage::FailTask { stage: Some(StageId(1)), partition: 3, times: 2 });
        assert_eq!(what("fail:p3"), Breakage::FailTask { stage: None, partition: 3, times: 1 });
    }

    #[test]
    fn every_example_is_what_its_form_reads() {
        for (keyword, example, _, _) in FORMS {
            assert!(Fault::parse(example).is_ok(), "{example}");
            assert!(example.starts_with(&format!("{keyword}:")), "{example}");
        }
    }

    #[test]
    fn a_scenario_is_a_fault_a_line() {
        let read =
            Fault::scenario("night", "# the night shift\nkill:2@3.5   # first\n\nslow:3x4@S1\n").expect("two faults");
        assert_eq!(read, [Fault::parse("kill:2@3.5"), Fault::parse("slow:3x4@S1")].map(|fault| fault.expect("one")));
        let error = Fault::scenario("night", "kill:2@3\nexplode:2@1\n").expect_err("the second line is no fault");
        assert!(error.message().starts_with("line 2 of the scenario night: "), "{error}");
    }

    #[test]
    fn nonsense_is_refused_with_a_next_step() {
        for text in ["2", "@3", "0@1", "2@-1", "2@soon", "explode:2@1", "drop:2x100%@1", "cut:@3"] {
            let error = Fault::parse_kill(text).and_then(|_| Fault::parse(text)).expect_err(text);
            assert!(!error.help().is_empty(), "{text}");
        }
    }
}
