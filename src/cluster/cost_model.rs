//! How long the work of a task takes: whole-number rates, fed by the counts of the rows that really went through it.
//!
//! The rates are modelled, the counts are real. Four ready models stand in `cost_models.toml`.
//!
//! `measured` is fitted to Spark 4.3 (`tests/calibrate.py`); the other presets are slower on purpose or guessed, and leave out what files cost.
//!
//! **Simplified:** one rate per operator and row; garbage collection and memory pressure are not modelled, spilled bytes are.

use crate::common::rng::fnv1a;
use crate::common::time::VirtualDuration;
use crate::common::{ErrorClass, Result, SparkError};
use crate::exec::task::{OperatorRows, TaskCounts};
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
    /// Opening a file, or a piece of one, microseconds.
    #[serde(default)]
    pub read_file_us: u64,
    /// Creating a file, writing its end and moving it to its place, microseconds.
    #[serde(default)]
    pub written_file_us: u64,
    /// One row that an operator hands to an aggregate function that Spark generates no code for (`approx_count_distinct`, `collect_list`), nanoseconds.
    #[serde(default)]
    pub handed_over_ns_per_row: u64,
    /// Nanoseconds per row that an operator gives, for operators whose name contains the key.
    #[serde(default)]
    pub operator_ns_per_row: BTreeMap<String, u64>,
    /// Nanoseconds per row that an operator takes, for operators whose name contains the key; nothing for others.
    #[serde(default)]
    pub taken_ns_per_row: BTreeMap<String, u64>,
}

impl CostModel {
    /// A ready model: `workshop`, `commodity`, `cloud` or `measured`.
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

    /// The rates of a `[cost]` table of a cluster file: those of the ready model `like` (`workshop`, where it is not said), and the table's own
    /// in their place.
    ///
    /// # Errors
    /// For a rate that there is not, or a speed of nothing.
    pub fn from_table(mut given: toml::Table) -> Result<Self> {
        let like = given.remove("like");
        let refused = |text: String| {
            SparkError::new(ErrorClass::IllegalArgumentException, text).with_help(
                "Rates are whole numbers; every ready model in src/cluster/cost_models.toml shows all of them.",
            )
        };
        let model = match &like {
            None => Self::preset("workshop")?,
            Some(toml::Value::String(name)) => Self::preset(name)?,
            Some(other) => {
                return Err(refused(format!("like = {other} of the cluster file's [cost] is no name of a model")));
            }
        };
        let mut rates = toml::Table::try_from(model).map_err(|error| SparkError::internal(error.to_string()))?;
        rates.extend(given);
        let unread = |error: toml::de::Error| refused(format!("the cluster file's [cost]: {}", error.message()));
        let model: CostModel = rates.try_into().map_err(unread)?;
        let speeds = [
            ("disk_bytes_per_sec", model.disk_bytes_per_sec),
            ("network_bytes_per_sec", model.network_bytes_per_sec),
            ("store_bytes_per_sec", model.store_bytes_per_sec),
        ];
        match speeds.iter().find(|(_, speed)| *speed == 0) {
            Some((name, _)) => {
                Err(refused(format!("{name} of the cluster file's [cost] is 0: nothing would ever arrive")))
            }
            None => Ok(model),
        }
    }

    /// Time on one core for work that produced these counts, before noise and the node's speed.
    #[must_use]
    pub fn cpu(&self, counts: &TaskCounts, scale: u64) -> VirtualDuration {
        let rows: u64 = counts.operators.iter().map(|operator| self.operator(operator)).sum();
        let read = counts.input_bytes + counts.shuffle_read_bytes;
        let cached = counts.cached_bytes.saturating_mul(self.cached_ns_per_kib);
        let bytes = read.saturating_mul(self.cpu_ns_per_kib).saturating_add(cached) / 1024;
        let written = counts.shuffle_write_rows * self.cpu_ns_per_row / 4;
        let python = counts.python_rows.saturating_mul(self.python_ns_per_row);
        let files = (counts.read_files * self.read_file_us + counts.written_files * self.written_file_us) * 1000;
        let all = rows.saturating_add(bytes).saturating_add(written).saturating_add(python);
        VirtualDuration(all.saturating_mul(scale).saturating_add(files))
    }

    fn operator(&self, operator: &OperatorRows) -> u64 {
        let folded = operator.name.to_ascii_lowercase();
        let rate = |rates: &BTreeMap<String, u64>| {
            rates.iter().find(|(key, _)| folded.contains(key.as_str())).map(|(_, rate)| *rate)
        };
        operator.given * rate(&self.operator_ns_per_row).unwrap_or(self.cpu_ns_per_row)
            + operator.taken * rate(&self.taken_ns_per_row).unwrap_or(0)
            + operator.handed_over * self.handed_over_ns_per_row
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
        for name in ["workshop", "commodity", "cloud", "measured"] {
            assert!(CostModel::preset(name).is_ok(), "{name}");
        }
        assert!(CostModel::preset("laptop").is_err());
    }

    #[test]
    fn a_table_changes_some_rates_of_a_ready_model() {
        let table = |text: &str| CostModel::from_table(toml::from_str(text).expect("TOML"));
        let model = table("like = 'commodity'\nwritten_file_us = 7\n[taken_ns_per_row]\nsort = 9").expect("a model");
        let commodity = CostModel::preset("commodity").expect("a preset");
        assert_eq!((model.written_file_us, model.taken_ns_per_row["sort"]), (7, 9));
        assert_eq!(
            (model.cpu_ns_per_row, &model.operator_ns_per_row),
            (commodity.cpu_ns_per_row, &commodity.operator_ns_per_row)
        );
        for wrong in ["like = 'laptop'", "like = 5", "cpu = 1", "cpu_ns_per_row = -1", "disk_bytes_per_sec = 0"] {
            assert!(table(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_opened_taken_and_handed_over_has_its_price() {
        let mut model = CostModel::preset("commodity").expect("a preset");
        model.written_file_us = 3;
        model.read_file_us = 2;
        model.handed_over_ns_per_row = 50;
        model.taken_ns_per_row.insert("sort".to_owned(), 10);
        let sort = OperatorRows { name: "Sort", given: 0, taken: 4, handed_over: 0 };
        let sketch = OperatorRows { name: "HashAggregate", given: 0, taken: 4, handed_over: 4 };
        let counts = |operators| TaskCounts { operators, ..TaskCounts::default() };
        assert_eq!(model.cpu(&counts(vec![sort]), 2), VirtualDuration(80));
        assert_eq!(model.cpu(&counts(vec![sketch]), 1), VirtualDuration(200));
        let files = TaskCounts { read_files: 1, written_files: 2, ..TaskCounts::default() };
        assert_eq!(model.cpu(&files, 5), VirtualDuration(8_000), "a file is a file, however many rows one stands for");
    }

    #[test]
    fn noise_belongs_to_the_attempt() {
        let model = CostModel::preset("workshop").expect("a preset");
        let length = VirtualDuration::from_secs(1);
        assert_eq!(model.with_noise(length, 1, 2, 3, 0), model.with_noise(length, 1, 2, 3, 0));
        assert_ne!(model.with_noise(length, 1, 2, 3, 0), model.with_noise(length, 1, 2, 3, 1));
    }
}
