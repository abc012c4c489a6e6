//! How long the work of a task takes: whole-number rates, fed by the counts of the rows that really went through it.
//!
//! The rates are modelled, the counts are real. Three ready models stand in `cost_models.toml`.
//!
//! **Simplified:** one rate per operator and row; garbage collection and memory pressure are not modelled, spilled bytes are.

use crate::common::rng::fnv1a;
use crate::common::time::VirtualDuration;
use crate::common::{ErrorClass, Result, SparkError};
use crate::exec::task::TaskCounts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const PRESETS: &str = include_str!("cost_models.toml");

/// The rates of one kind of machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostModel {
    /// From the driver's decision until the task arrives, microseconds.
    pub dispatch_us: u64,
    /// Unpacking the first task on an executor, microseconds.
    pub first_task_us: u64,
    /// Unpacking any later task, microseconds.
    pub next_task_us: u64,
    /// Work on one row of an operator without a rate of its own, nanoseconds.
    pub cpu_ns_per_row: u64,
    /// On the way of one row to a Python worker, through a function there and back, nanoseconds.
    pub python_ns_per_row: u64,
    /// Parsing or unpacking 1024 bytes of input, nanoseconds.
    pub cpu_ns_per_kib: u64,
    /// Unpacking 1024 bytes of columns that are cached, nanoseconds: there is nothing to parse.
    pub cached_ns_per_kib: u64,
    pub disk_bytes_per_sec: u64,
    /// Of a node's network card, each direction.
    pub network_bytes_per_sec: u64,
    /// Of the shared object storage, for all readers together.
    pub store_bytes_per_sec: u64,
    /// From a request to the object storage until its first byte, microseconds.
    pub store_first_byte_us: u64,
    /// How many times as long a read from the cold tier takes.
    pub cold_times: u64,
    /// One way between two nodes, microseconds.
    pub latency_us: u64,
    /// Before the first byte of a transfer, microseconds.
    pub transfer_setup_us: u64,
    /// From a task's start until it raises, microseconds.
    pub failed_task_us: u64,
    /// Spread of task times (one standard deviation), in thousandths.
    pub noise_permille: u64,
    /// Nanoseconds per row for operators whose name contains the key.
    #[serde(default)]
    pub operator_ns_per_row: BTreeMap<String, u64>,
}

impl CostModel {
    /// A ready model: `workshop`, `commodity` or `cloud`.
    ///
    /// # Errors
    /// For any other name.
    pub fn preset(name: &str) -> Result<Self> {
        static ALL: LazyLock<std::result::Result<BTreeMap<String, CostModel>, toml::de::Error>> =
            LazyLock::new(|| toml::from_str(PRESETS));
        let all =
            ALL.as_ref().map_err(|error| SparkError::internal(format!("the cost models do not parse: {error}")))?;
        all.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = all.keys().map(String::as_str).collect();
            SparkError::new(ErrorClass::IllegalArgumentException, format!("there is no cost model named {name}"))
                .with_help(format!("The cost models are: {}.", known.join(", ")))
        })
    }

    /// Time on one core for work that produced these counts, before noise and the node's speed.
    #[must_use]
    pub fn cpu(&self, counts: &TaskCounts, scale: u64) -> VirtualDuration {
        let rows: u64 = counts.operators.iter().map(|(name, rows)| rows * self.rate(name)).sum();
        let read = counts.input_bytes + counts.shuffle_read_bytes;
        let cached = counts.cached_bytes.saturating_mul(self.cached_ns_per_kib);
        let bytes = read.saturating_mul(self.cpu_ns_per_kib).saturating_add(cached) / 1024;
        let written = counts.shuffle_write_rows * self.cpu_ns_per_row / 4;
        let python = counts.python_rows.saturating_mul(self.python_ns_per_row);
        let all = rows.saturating_add(bytes).saturating_add(written).saturating_add(python);
        VirtualDuration(all.saturating_mul(scale))
    }

    fn rate(&self, operator: &str) -> u64 {
        let folded = operator.to_ascii_lowercase();
        self.operator_ns_per_row
            .iter()
            .find(|(key, _)| folded.contains(key.as_str()))
            .map_or(self.cpu_ns_per_row, |(_, rate)| *rate)
    }

    /// The length with this attempt's share of chance: the same attempt always gets the same.
    #[must_use]
    pub fn with_noise(
        &self,
        length: VirtualDuration,
        seed: u64,
        stage: u32,
        partition: u32,
        attempt: u32,
    ) -> VirtualDuration {
        let hash = fnv1a(&format!("{seed}/{stage}/{partition}/{attempt}"));
        // Four bytes, each 0..=255, add up to a bell around 510 with a standard deviation of about 148.
        let sum: i64 = (0..4).map(|i| i64::from((hash >> (8 * (i * 2 + 1))) as u8)).sum();
        let permille = 1000 + (sum - 510) * self.noise_permille as i64 / 148;
        VirtualDuration((u128::from(length.0) * permille.max(100) as u128 / 1000) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_models_parse() {
        for name in ["workshop", "commodity", "cloud"] {
            assert!(CostModel::preset(name).is_ok(), "{name}");
        }
        assert!(CostModel::preset("laptop").is_err());
    }

    #[test]
    fn noise_belongs_to_the_attempt() {
        let model = CostModel::preset("workshop").expect("a preset");
        let length = VirtualDuration::from_secs(1);
        assert_eq!(model.with_noise(length, 1, 2, 3, 0), model.with_noise(length, 1, 2, 3, 0));
        assert_ne!(model.with_noise(length, 1, 2, 3, 0), model.with_noise(length, 1, 2, 3, 1));
    }
}
