//! The shape of a pretend cluster: ready shapes, `6x2`, or a TOML file.

use super::cost_model::CostModel;
use crate::common::conf::parse_bytes;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::ClusterShape;
use serde::Deserialize;

/// What a cluster is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterConfig {
    pub name: String,
    pub nodes: u32,
    pub cores_per_node: u32,
    pub memory_per_node_bytes: u64,
    pub cost: CostModel,
    /// Copies of each input block, on different nodes; 0 means shared storage that no node death touches.
    pub replication: u32,
    /// Every stored byte and row counts as this many for the clock, memory and sizes. At least 1.
    pub scale: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterFile {
    name: Option<String>,
    nodes: u32,
    cores: u32,
    memory: Option<String>,
    cost: Option<String>,
    replication: Option<u32>,
    scale: Option<u64>,
}

impl ClusterConfig {
    /// `nodes` machines of `cores` each with 1 GiB and the `workshop` cost model.
    ///
    /// # Errors
    /// When there is no node or no core, or more than the simulation is made for.
    pub fn new(nodes: u32, cores: u32) -> Result<Self> {
        if nodes == 0 || cores == 0 || nodes > 4096 || cores > 1024 {
            return Err(refused(format!("a cluster of {nodes} nodes with {cores} cores each cannot be made"))
                .with_help("Give 1 to 4096 nodes and 1 to 1024 cores."));
        }
        Ok(ClusterConfig {
            name: format!("{nodes}x{cores}"),
            nodes,
            cores_per_node: cores,
            memory_per_node_bytes: 1 << 30,
            cost: CostModel::preset("workshop")?,
            replication: 3,
            scale: 1,
        })
    }

    /// The workshop's default: four nodes with three cores and 1 GiB each.
    ///
    /// # Errors
    /// Never; the cost model is built in.
    pub fn w4() -> Result<Self> {
        Ok(ClusterConfig { name: "W4".to_owned(), ..Self::new(4, 3)? })
    }

    /// `W4`, or nodes times cores such as `6x2`.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self> {
        if text.eq_ignore_ascii_case("w4") {
            return Self::w4();
        }
        let shape =
            text.split_once(['x', 'X']).and_then(|(nodes, cores)| Some((nodes.parse().ok()?, cores.parse().ok()?)));
        let Some((nodes, cores)) = shape else {
            return Err(refused(format!("{text} is not a cluster")).with_help(
                "Write W4, or nodes times cores such as 6x2, or the path of a cluster file ending in .toml.",
            ));
        };
        Self::new(nodes, cores)
    }

    /// A cluster file: `nodes`, `cores` and, if wanted, `name`, `memory` (`"2GB"`), `cost`, `replication`, `scale`.
    ///
    /// # Errors
    /// When the text does not parse or describes no cluster.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: ClusterFile =
            toml::from_str(text).map_err(|error| refused(format!("the cluster file does not parse: {error}")))?;
        let mut config = Self::new(file.nodes, file.cores)?;
        if let Some(name) = file.name {
            config.name = name;
        }
        if let Some(memory) = file.memory {
            config.memory_per_node_bytes = parse_bytes(&memory)
                .and_then(|bytes| u64::try_from(bytes).ok())
                .ok_or_else(|| refused(format!("{memory} is not a size")).with_help("Write a size such as \"2GB\"."))?;
        }
        if let Some(cost) = file.cost {
            config.cost = CostModel::preset(&cost)?;
        }
        config.replication = file.replication.unwrap_or(config.replication);
        config.scale = file.scale.unwrap_or(1).max(1);
        Ok(config)
    }

    /// How many tasks run at once.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.nodes * self.cores_per_node
    }

    /// What the log's first event says about the cluster.
    #[must_use]
    pub fn shape(&self) -> ClusterShape {
        ClusterShape {
            name: self.name.clone(),
            nodes: self.nodes,
            cores_per_node: self.cores_per_node,
            memory_per_node_bytes: self.memory_per_node_bytes,
        }
    }

    /// Memory of one executor that tasks and caches share: (memory − min(300 MB, 30 %)) × `spark.memory.fraction`.
    ///
    /// **Simplified:** below 1 GB Spark still reserves 300 MB and refuses executors under 450 MB.
    #[must_use]
    pub fn usable_memory_bytes(&self, fraction_permille: u64) -> u64 {
        let memory = self.memory_per_node_bytes;
        let reserved = (300 << 20).min(memory / 10 * 3);
        (memory - reserved) / 1000 * fraction_permille
    }
}

fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_read_as_people_write_them() {
        let w4 = ClusterConfig::parse("W4").expect("a preset");
        assert_eq!((w4.nodes, w4.cores_per_node, w4.slots()), (4, 3, 12));
        let small = ClusterConfig::parse("1x12").expect("a shape");
        assert_eq!((small.nodes, small.cores_per_node), (1, 12));
        assert!(ClusterConfig::parse("many").is_err());
        assert!(ClusterConfig::parse("0x3").is_err());
    }

    #[test]
    fn a_cluster_file_names_what_differs() {
        let config =
            ClusterConfig::from_toml("nodes = 2\ncores = 8\nmemory = \"4GB\"\ncost = \"cloud\"").expect("a cluster");
        assert_eq!(config.memory_per_node_bytes, 4 << 30);
        assert_eq!(config.replication, 3);
        assert!(ClusterConfig::from_toml("nodes = 2").is_err());
    }

    #[test]
    fn usable_memory_is_sparks() {
        let config = ClusterConfig::w4().expect("a preset");
        assert_eq!(config.usable_memory_bytes(600) / 1000, 455_501_414 / 1000);
    }
}
