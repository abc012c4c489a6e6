//! What a person lets go wrong, and when.

use crate::common::ids::{NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::common::{ErrorClass, Result, SparkError};
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

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The machine stops; its connections close, so the driver learns at once.
    KillNode { node: NodeId, at: FaultTime },
    /// A dead machine comes back with its disks: input blocks are there again, what executors kept is not.
    RestartNode { node: NodeId, at: FaultTime },
    /// Only the executor process ends; the machine starts a new one.
    KillExecutor { node: NodeId, at: FaultTime },
    /// The machine stops answering without closing its connections; the driver learns by `spark.network.timeout`.
    SilentNode { node: NodeId, at: FaultTime },
    /// Tasks that begin from then on take `times` as long on this machine.
    SlowNode { node: NodeId, times: u32, at: FaultTime },
    /// The first `times` attempts of these tasks raise.
    FailTask { stage: Option<StageId>, partition: u32, times: u32 },
}

impl Fault {
    /// `--kill 2@3.5`, `node-2@3.5s`, `n2@S1.p0`: a node that dies.
    ///
    /// # Errors
    /// When the text does not say which node and when.
    pub fn parse_kill(text: &str) -> Result<Fault> {
        let (node, at) = node_and_time(text)?;
        Ok(Fault::KillNode { node, at })
    }

    /// `kill:2@3.5`, `restart:2@9`, `kill-executor:1@2`, `silent:3@1`, `slow:2x4@0`, `fail:S1.p0x2`, `fail:p3`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Fault> {
        let (kind, rest) = text.split_once(':').ok_or_else(|| refused(text))?;
        match kind.trim().to_ascii_lowercase().as_str() {
            "kill" | "kill-node" => Self::parse_kill(rest),
            "restart" => node_and_time(rest).map(|(node, at)| Fault::RestartNode { node, at }),
            "kill-executor" => node_and_time(rest).map(|(node, at)| Fault::KillExecutor { node, at }),
            "silent" => node_and_time(rest).map(|(node, at)| Fault::SilentNode { node, at }),
            "slow" => parse_slow(text, rest),
            "fail" => parse_fail(text, rest),
            _ => Err(refused(text)),
        }
    }

    /// When it strikes; absent for faults that wait for their task.
    #[must_use]
    pub fn time(&self) -> Option<FaultTime> {
        match self {
            Fault::KillNode { at, .. }
            | Fault::RestartNode { at, .. }
            | Fault::KillExecutor { at, .. }
            | Fault::SilentNode { at, .. }
            | Fault::SlowNode { at, .. } => Some(*at),
            Fault::FailTask { .. } => None,
        }
    }

    /// The node it strikes, if it strikes one.
    #[must_use]
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Fault::KillNode { node, .. }
            | Fault::RestartNode { node, .. }
            | Fault::KillExecutor { node, .. }
            | Fault::SilentNode { node, .. }
            | Fault::SlowNode { node, .. } => Some(*node),
            Fault::FailTask { .. } => None,
        }
    }
}

/// A node as people write it: `2`, `n2`, `node-2`.
///
/// # Errors
/// When it is none of these, or zero.
pub fn parse_node(text: &str) -> Result<NodeId> {
    let folded = text.trim().to_ascii_lowercase();
    let digits = folded.strip_prefix("node-").or_else(|| folded.strip_prefix('n')).unwrap_or(&folded);
    match digits.parse() {
        Ok(number) if number > 0 => Ok(NodeId(number)),
        _ => Err(SparkError::new(ErrorClass::IllegalArgumentException, format!("{text} is not a node"))
            .with_help("Nodes are written 2, n2 or node-2; the first is 1.")),
    }
}

/// A virtual time as people write it: seconds such as `3.5` or `3.5s`, a task `S1.p0`, or a stage `S1`.
///
/// # Errors
/// When it is none of these.
pub fn parse_time(text: &str) -> Result<FaultTime> {
    let text = text.trim();
    if let Some(stage) = text.strip_prefix(['S', 's']) {
        let at = match stage.split_once(".p") {
            Some((stage, partition)) => stage
                .parse()
                .ok()
                .zip(partition.parse().ok())
                .map(|(stage, partition)| FaultTime::AfterTask { stage: StageId(stage), partition }),
            None => stage.parse().ok().map(|stage| FaultTime::AfterStageStarts { stage: StageId(stage) }),
        };
        return at.ok_or_else(|| refused(text));
    }
    let seconds: f64 = text.strip_suffix('s').unwrap_or(text).trim().parse().map_err(|_| refused(text))?;
    if !seconds.is_finite() || seconds < 0.0 {
        return Err(refused(text));
    }
    Ok(FaultTime::At(VirtualTime::from_secs_f64(seconds)))
}

fn node_and_time(text: &str) -> Result<(NodeId, FaultTime)> {
    let (node, at) = text.split_once('@').ok_or_else(|| refused(text))?;
    Ok((parse_node(node)?, parse_time(at)?))
}

fn parse_slow(text: &str, rest: &str) -> Result<Fault> {
    let (what, at) = rest.split_once('@').unwrap_or((rest, "0"));
    let (node, times) = what.rsplit_once('x').ok_or_else(|| refused(text))?;
    let times = times.parse().ok().filter(|times| (1..=1000).contains(times)).ok_or_else(|| refused(text))?;
    Ok(Fault::SlowNode { node: parse_node(node)?, times, at: parse_time(at)? })
}

fn parse_fail(text: &str, rest: &str) -> Result<Fault> {
    let (task, times) = match rest.rsplit_once('x') {
        Some((task, times)) => (task, times.parse().map_err(|_| refused(text))?),
        None => (rest, 1),
    };
    let (stage, partition) = match task.trim().split_once(".p") {
        Some((stage, partition)) => {
            let number = stage.trim_start_matches(['S', 's']).parse().map_err(|_| refused(text))?;
            (Some(StageId(number)), partition)
        }
        None => (None, task.trim().trim_start_matches('p')),
    };
    Ok(Fault::FailTask { stage, partition: partition.parse().map_err(|_| refused(text))?, times })
}

fn refused(text: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{text} is not a fault")).with_help(
        "Write NODE@SECONDS (2@3.5), NODE@TASK (2@S1.p0), or kill:, restart:, kill-executor:, silent:, slow:2x4@1, fail:S1.p0x2.",
    )
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
        match self {
            Fault::KillNode { node, .. } => write!(f, "kill {node}"),
            Fault::RestartNode { node, .. } => write!(f, "restart {node}"),
            Fault::KillExecutor { node, .. } => write!(f, "kill the executor on {node}"),
            Fault::SilentNode { node, .. } => write!(f, "{node} goes silent"),
            Fault::SlowNode { node, times, .. } => write!(f, "{node} becomes {times} times slower"),
            Fault::FailTask { stage: Some(stage), partition, times } => {
                write!(f, "{stage}.p{partition} raises {times} times")
            }
            Fault::FailTask { stage: None, partition, times } => {
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
            assert_eq!(Fault::parse_kill(text), Ok(Fault::KillNode { node: second, at }), "{text}");
        }
        let after = FaultTime::AfterTask { stage: StageId(1), partition: 0 };
        assert_eq!(Fault::parse_kill("2@S1.p0"), Ok(Fault::KillNode { node: second, at: after }));
        assert_eq!(Fault::parse("slow:2x4@3.5"), Ok(Fault::SlowNode { node: second, times: 4, at }));
        assert_eq!(
            Fault::parse("fail:S1.p3x2"),
            Ok(Fault::FailTask { stage: Some(StageId(1)), partition: 3, times: 2 })
        );
        assert_eq!(Fault::parse("fail:p3"), Ok(Fault::FailTask { stage: None, partition: 3, times: 1 }));
    }

    #[test]
    fn nonsense_is_refused_with_a_next_step() {
        for text in ["2", "@3", "0@1", "2@-1", "2@soon", "explode:2@1"] {
            let error = Fault::parse_kill(text).and_then(|_| Fault::parse(text)).expect_err(text);
            assert!(!error.help().is_empty(), "{text}");
        }
    }
}
