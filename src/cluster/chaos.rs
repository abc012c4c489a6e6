//! Faults drawn from a seed: a named mix of what goes wrong, for a cluster of a given shape.

use super::config::ClusterConfig;
use super::fault::{Breakage, Fault, FaultTime};
use crate::common::ids::{NodeId, StageId};
use crate::common::rng::stream;
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{ErrorClass, Result, SparkError};
use rand::RngExt;

/// What kind of trouble a mix brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kill,
    KillExecutor,
    OutOfMemory,
    Silent,
    KillRack,
    Slow,
    SlowDisk,
    SlowLink,
    Drop,
    FullDisk,
    CutAndMend,
    Preempt,
    Decommission,
    LoseReplica,
    LoseCached,
    Corrupt,
    FailTask,
    Restart,
}

/// The mixes: name, what it is, its kinds.
const MIXES: &[(&str, &str, &[Kind])] = &[
    ("crashes", "machines and processes die", &[Kind::Kill, Kind::KillExecutor, Kind::OutOfMemory, Kind::Silent]),
    ("network", "links are cut, slow or lossy", &[Kind::CutAndMend, Kind::SlowLink, Kind::Drop]),
    ("stragglers", "machines and disks are slow", &[Kind::Slow, Kind::SlowDisk, Kind::SlowLink]),
    (
        "storage",
        "blocks, files and disks go bad",
        &[Kind::LoseReplica, Kind::LoseCached, Kind::Corrupt, Kind::FullDisk],
    ),
    ("spot", "machines leave with and without notice", &[Kind::Preempt, Kind::Decommission]),
    (
        "everything",
        "all of it",
        &[
            Kind::Kill,
            Kind::KillExecutor,
            Kind::OutOfMemory,
            Kind::Silent,
            Kind::KillRack,
            Kind::Slow,
            Kind::SlowDisk,
            Kind::SlowLink,
            Kind::Drop,
            Kind::FullDisk,
            Kind::CutAndMend,
            Kind::Preempt,
            Kind::Decommission,
            Kind::LoseReplica,
            Kind::LoseCached,
            Kind::Corrupt,
            Kind::FailTask,
            Kind::Restart,
        ],
    ),
];

/// The names of the mixes, with what each brings.
pub fn mixes() -> impl Iterator<Item = (&'static str, &'static str)> {
    MIXES.iter().map(|(name, what, _)| (*name, *what))
}

/// `count` faults of a mix within the first `within` of a run. The same seed gives the same faults.
///
/// # Errors
/// When there is no mix of this name.
pub fn draw(seed: u64, mix: &str, config: &ClusterConfig, within: VirtualDuration, count: usize) -> Result<Vec<Fault>> {
    let Some((_, _, kinds)) = MIXES.iter().find(|(name, _, _)| *name == mix) else {
        let names: Vec<&str> = mixes().map(|(name, _)| name).collect();
        return Err(SparkError::new(ErrorClass::IllegalArgumentException, format!("there is no mix named {mix}"))
            .with_help(format!("The mixes are: {}.", names.join(", "))));
    };
    let mut rng = stream(seed, &format!("chaos/{mix}"));
    let mut faults = Vec::new();
    for _ in 0..count {
        let kind = kinds[rng.random_range(0..kinds.len())];
        let at = VirtualTime(rng.random_range(0..within.0.max(1)));
        let node = NodeId(rng.random_range(1..=config.nodes()));
        let times = rng.random_range(2..=8);
        let (stage, partition) = (StageId(rng.random_range(0..4)), rng.random_range(0..6));
        let later = at + VirtualDuration(rng.random_range(0..within.0.max(1) * 2));
        let what = match kind {
            Kind::Kill => Breakage::KillNode(node),
            Kind::KillExecutor => Breakage::KillExecutor(node),
            Kind::OutOfMemory => Breakage::OutOfMemory(node),
            Kind::Silent => Breakage::SilentNode(node),
            Kind::KillRack => Breakage::KillRack(rng.random_range(0..config.racks())),
            Kind::Slow => Breakage::SlowNode { node, times },
            Kind::SlowDisk => Breakage::SlowDisk { node, times },
            Kind::SlowLink => Breakage::SlowLink { node, times },
            Kind::Drop => Breakage::DropMessages { node, permille: times * 100 },
            Kind::FullDisk => Breakage::FullDisk(node),
            Kind::CutAndMend => {
                faults.push(Fault::at(Breakage::Mend(Some(node)), later));
                Breakage::Cut(vec![node])
            }
            Kind::Preempt => Breakage::Preempt { node, notice: VirtualDuration(later.since(at).0) },
            Kind::Decommission => Breakage::Decommission(node),
            Kind::LoseReplica => Breakage::LoseReplica("part-".to_owned()),
            Kind::LoseCached => Breakage::LoseCached(partition),
            Kind::Corrupt => Breakage::Corrupt { stage, partition },
            Kind::FailTask => Breakage::FailTask { stage: None, partition, times: rng.random_range(1..=3) },
            Kind::Restart => {
                faults.push(Fault::at(Breakage::RestartNode(node), later));
                Breakage::KillNode(node)
            }
        };
        // A third of them wait for the work instead of the clock.
        let at =
            if rng.random_range(0..3) == 0 { FaultTime::AfterTask { stage, partition } } else { FaultTime::At(at) };
        faults.push(Fault { what, at });
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_faults() {
        let config = ClusterConfig::parse("2x2x2").expect("a shape");
        let within = VirtualDuration::from_secs(5);
        for (mix, _) in mixes() {
            let draw = |seed| draw(seed, mix, &config, within, 6).expect("a mix");
            assert_eq!(draw(1), draw(1));
            assert_ne!(draw(1), draw(2), "{mix}");
        }
        assert!(draw(1, "calm", &config, within, 1).is_err());
    }
}
