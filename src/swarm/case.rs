//! One drawn case: what to run, on what.

use super::dice::Dice;
use super::plan;
use crate::cluster::ClusterConfig;
use crate::cluster::config::{Market, Storage};
use crate::cluster::manager::Manager;
use crate::common::Result;
use std::fmt;

/// How many different pairs of tables there are.
pub const TABLES: u64 = 8;

/// Everything about a run but its faults.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is drawn from.
    pub number: u64,
    pub script: String,
    /// Which tables.
    pub tables: u64,
    pub cluster: ClusterConfig,
    pub conf: Vec<(&'static str, String)>,
}

impl Case {
    /// The case of a number.
    ///
    /// # Errors
    /// Never; the cost models are built in.
    pub fn new(number: u64) -> Result<Case> {
        let mut dice = Dice(number.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let mut script = if dice.roll(6) == 0 { plan::writing_script(number) } else { plan::script(number) };
        let mut cluster = ClusterConfig::new(1 + dice.roll(6) as u32, 1 + dice.roll(4) as u32)?;
        cluster = cluster.with_memory(*dice.pick(&[1 << 30, 1 << 30, 1 << 30, 256 << 10, 24 << 10]));
        cluster.storage = match dice.roll(5) {
            0 => Storage::Objects,
            copies => Storage::Blocks { replication: copies.min(3) as u32 },
        };
        if dice.roll(3) == 0 {
            cluster = cluster.in_racks(2);
        }
        if dice.roll(3) == 0 {
            for machine in &mut cluster.machines {
                machine.speed_permille = *dice.pick(&[1000, 1000, 500, 2000]);
                machine.market = *dice.pick(&[Market::OnDemand, Market::Spot]);
            }
        }
        cluster.manager = *dice.pick(&[Manager::Standalone, Manager::Standalone, Manager::Yarn, Manager::Kubernetes]);
        cluster.scale = *dice.pick(&[1, 1, 1, 20]);
        let mut conf = vec![("spark.sql.shuffle.partitions", (1 + dice.roll(13)).to_string())];
        draw(&mut dice, &REST, &mut conf);
        let mut other = Dice(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xE1A7);
        if other.roll(3) == 0 {
            draw(&mut other, &POOL, &mut conf);
        }
        if other.roll(4) == 0 {
            script.push_str(plan::ROWS_AGAIN);
        }
        let mut third = Dice(number.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ 0x0B0E);
        draw(&mut third, &SPREAD, &mut conf);
        match third.roll(10) {
            0 => script.push_str(plan::ROWS_SPREAD),
            1 => script.push_str(plan::ROWS_COUNTED),
            2 => script.push_str(plan::ROWS_KEPT),
            _ => {}
        }
        if cluster.scale > 1 {
            // Many times the bytes would be cut into as many times the partitions.
            conf.retain(|(key, _)| *key != "spark.sql.files.maxPartitionBytes");
        }
        Ok(Case { number, script, tables: dice.roll(TABLES as usize) as u64, cluster, conf })
    }
}

/// A setting that is drawn: one time in how many, its key, and the values it may get.
type Draw = (usize, &'static str, &'static [&'static str]);

/// How large executors are, how many, which are avoided, and how their memory is shared.
const POOL: [Draw; 12] = [
    (2, "spark.executor.cores", &["1", "2"]),
    (2, "spark.memory.fraction", &["0.2", "0.9"]),
    (2, "spark.memory.storageFraction", &["0", "1"]),
    (2, "spark.excludeOnFailure.enabled", &["true"]),
    (2, "spark.excludeOnFailure.application.enabled", &["true", "false"]),
    (2, "spark.excludeOnFailure.timeout", &["20ms", "1h"]),
    (2, "spark.dynamicAllocation.enabled", &["true"]),
    (2, "spark.dynamicAllocation.minExecutors", &["0", "1", "2"]),
    (2, "spark.dynamicAllocation.maxExecutors", &["1", "3"]),
    (2, "spark.dynamicAllocation.schedulerBacklogTimeout", &["5ms", "100ms"]),
    (2, "spark.dynamicAllocation.executorIdleTimeout", &["10ms", "300ms"]),
    (2, "spark.dynamicAllocation.cachedExecutorIdleTimeout", &["20ms"]),
];

/// What is known of rows that a round robin spreads again.
const SPREAD: [Draw; 2] = [
    (5, "spark.sql.execution.sortBeforeRepartition", &["false"]),
    (5, "spark.sql.shuffle.orderIndependentChecksum.enabled", &["false"]),
];

/// Everything else.
const REST: [Draw; 22] = [
    (3, "spark.sql.adaptive.enabled", &["false"]),
    (4, "spark.sql.adaptive.coalescePartitions.enabled", &["false"]),
    (3, "spark.sql.autoBroadcastJoinThreshold", &["-1", "300"]),
    (2, "spark.sql.files.maxPartitionBytes", &["700", "1500", "4000"]),
    (2, "spark.sql.files.openCostInBytes", &["0"]),
    (4, "spark.sql.adaptive.advisoryPartitionSizeInBytes", &["200", "1000"]),
    (6, "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes", &["200"]),
    (4, "spark.task.maxFailures", &["1", "2", "8"]),
    (4, "spark.stage.maxConsecutiveAttempts", &["1", "2", "8"]),
    (3, "spark.locality.wait", &["0s", "10ms", "500ms"]),
    (2, "spark.network.timeout", &["1s", "3s"]),
    (2, "spark.network.timeoutInterval", &["500ms"]),
    (2, "spark.executor.heartbeatInterval", &["100ms", "1s"]),
    (2, "spark.shuffle.io.retryWait", &["1ms", "50ms", "500ms"]),
    (4, "spark.speculation", &["true"]),
    (8, "spark.speculation.quantile", &["0.3"]),
    (8, "spark.speculation.multiplier", &["1.1"]),
    (4, "spark.shuffle.service.enabled", &["true"]),
    (3, "spark.decommission.enabled", &["true"]),
    (3, "spark.storage.decommission.enabled", &["true"]),
    (4, "spark.storage.decommission.shuffleBlocks.enabled", &["true", "false"]),
    (4, "spark.storage.decommission.rddBlocks.enabled", &["true", "false"]),
];

fn draw(dice: &mut Dice, draws: &[Draw], conf: &mut Vec<(&'static str, String)>) {
    for (one_in, key, values) in draws {
        if dice.roll(*one_in) == 0 {
            conf.push((key, (*dice.pick(values)).to_owned()));
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.cluster;
        writeln!(
            f,
            "case {}: {} nodes in {} racks, {} cores, {} bytes each, {:?}, {:?}, scale {}, tables {}",
            self.number,
            c.nodes(),
            c.racks(),
            c.slots(),
            c.shape().memory_per_node_bytes,
            c.storage,
            c.manager,
            c.scale,
            self.tables
        )?;
        for (key, value) in &self.conf {
            writeln!(f, "  {key}={value}")?;
        }
        write!(f, "{}", self.script)
    }
}
