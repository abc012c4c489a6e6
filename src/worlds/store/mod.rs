//! A replicated key-value store of three to five replicas, and a network that is cut in two for a while.
//!
//! ```text
//!   client left ── replica A ─╳─ replica B ── client right          ╳ from cut_ms to heal_ms
//!                             ╳─ replica C
//! ```
//!
//! **CP**: a write asks a majority for the newest version, then stores a newer one at a majority; a read takes the newest of a majority and
//! writes it back before it answers. Without a majority it is refused. So reads and writes behave as if there were one copy.
//! **AP**: the client's replica answers at once and tells the others when it can. When the cut heals, replicas compare what they have; of two
//! values that did not know of each other the last writer's wins, and the other, though acknowledged, is gone.
//!
//! **Invariants.** Checked by `history`: under CP no acknowledged write is ever lost, nobody reads an older value than one acknowledged
//! before; under AP all replicas agree in the end.
//!
//! **Simplified:** replicas do not die, clocks agree; a client talks to one replica only.

mod cluster;
mod history;
mod replica;
#[cfg(test)]
mod tests;

use super::WorldOutcome;
use super::config::{refused, within};
use crate::common::{Result, VirtualDuration, VirtualTime};
use serde::{Deserialize, Serialize};

/// Which of the two a store gives up while the network is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Consistent: a majority or nothing.
    Cp,
    /// Available: every replica answers.
    Ap,
}

/// Which keys the clients write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// Each client has keys of its own and shares some with the other, and takes them in turn.
    Turns,
    /// Each write goes to a key by chance.
    Random,
}

/// The settings of this world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    pub mode: Mode,
    /// 3 to 5.
    pub replicas: u64,
    /// How many of them are on the left side of the cut.
    pub left_replicas: u64,
    /// Of both clients together.
    pub writes: u64,
    pub keys: u64,
    /// How many of the keys both clients write.
    pub shared_keys: u64,
    pub workload: Workload,
    /// Between two writes of one client.
    pub every_ms: u64,
    /// When the network is cut.
    pub cut_ms: u64,
    /// When it heals; the same as `cut_ms` for no cut.
    pub heal_ms: u64,
    /// How long a client waits before it takes its request as refused.
    pub timeout_ms: u64,
    /// One way between two replicas.
    pub latency_ms: u64,
    pub network_bytes_per_sec: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        StoreConfig {
            mode: Mode::Cp,
            replicas: 3,
            left_replicas: 1,
            writes: 20,
            keys: 5,
            shared_keys: 2,
            workload: Workload::Turns,
            every_ms: 800,
            cut_ms: 4_000,
            heal_ms: 9_000,
            timeout_ms: 300,
            latency_ms: 5,
            network_bytes_per_sec: 100_000_000,
        }
    }
}

impl StoreConfig {
    /// # Errors
    /// For a setting out of its range.
    pub(super) fn check(&self) -> Result<()> {
        within("replicas", self.replicas, 3, 5)?;
        within("left_replicas", self.left_replicas, 1, self.replicas - 1)?;
        within("writes", self.writes, 2, 100_000)?;
        within("keys", self.keys, 1, 1_000)?;
        within("shared_keys", self.shared_keys, 0, self.keys)?;
        within("every_ms", self.every_ms, 1, 3_600_000)?;
        within("latency_ms", self.latency_ms, 0, 60_000)?;
        within("timeout_ms", self.timeout_ms, 1, 3_600_000)?;
        within("network_bytes_per_sec", self.network_bytes_per_sec, 1_000, u64::MAX)?;
        if self.heal_ms < self.cut_ms {
            return Err(refused("the network heals before it is cut").with_help("make heal_ms at least cut_ms"));
        }
        Ok(())
    }

    /// Answers that make a majority.
    fn majority(&self) -> usize {
        self.replicas as usize / 2 + 1
    }
}

/// Lets it happen.
#[must_use]
pub fn run(config: &StoreConfig, seed: u64) -> WorldOutcome {
    cluster::StoreCluster::new(config, seed).run(seed)
}

fn at_ms(ms: u64) -> VirtualTime {
    VirtualTime::ZERO + VirtualDuration::from_millis(ms)
}
