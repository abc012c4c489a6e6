//! The shape of a pretend cluster: ready shapes, `6x2`, or a TOML file.

use super::cost_model::CostModel;
use super::manager::Manager;
use crate::common::conf::parse_bytes;
use crate::common::ids::NodeId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::ClusterShape;
use serde::Deserialize;

/// How a machine is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    #[default]
    OnDemand,
    /// Cheap, and taken away when somebody pays more.
    Spot,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub cores: u32,
    pub memory_bytes: u64,
    /// From 0.
    pub rack: u32,
    /// Of its processor, against the cost model, in thousandths.
    pub speed_permille: u32,
    pub market: Market,
    /// Of its network card, each direction; absent: the cost model's.
    pub network_bytes_per_sec: Option<u64>,
    /// Of its disk; absent: the cost model's.
    pub disk_bytes_per_sec: Option<u64>,
}

/// Where input files lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In blocks on the machines' disks, so many copies of each; no more than there are machines.
    Blocks { replication: u32 },
    /// On shared object storage: every read crosses the network, and no death of a machine touches it.
    Objects,
}

/// What a cluster is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterConfig {
    pub name: String,
    /// `node-1` is the first.
    pub machines: Vec<Machine>,
    pub cost: CostModel,
    pub storage: Storage,
    /// Folders whose files lie on the cold tier: slow and cheap.
    pub cold: Vec<String>,
    /// Of one rack's way out, each direction; absent: as fast as its machines together.
    pub rack_bytes_per_sec: Option<u64>,
    pub manager: Manager,
    /// Every stored byte and row counts as this many for the clock, memory and sizes. At least 1.
    pub scale: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterFile {
    name: Option<String>,
    nodes: Option<u32>,
    cores: Option<u32>,
    memory: Option<String>,
    racks: Option<u32>,
    rack_uplink: Option<String>,
    cost: Option<Cost>,
    replication: Option<u32>,
    storage: Option<String>,
    #[serde(default)]
    cold: Vec<String>,
    manager: Option<Manager>,
    scale: Option<u64>,
    #[serde(default)]
    group: Vec<Group>,
}

/// A ready model, or rates of one's own.
#[derive(Deserialize)]
#[serde(untagged, expecting = "cost is the name of a ready model, or a table of rates")]
enum Cost {
    Ready(String),
    Rates(toml::Table),
}

impl Cost {
    fn model(self) -> Result<CostModel> {
        match self {
            Cost::Ready(name) => CostModel::preset(&name),
            Cost::Rates(table) => CostModel::from_table(table),
        }
    }
}

/// Machines that are alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    nodes: u32,
    cores: u32,
    memory: Option<String>,
    /// From 1.
    rack: Option<u32>,
    speed: Option<f64>,
    #[serde(default)]
    market: Market,
    network: Option<String>,
    disk: Option<String>,
}

/// The shapes that have a name.
pub const READY: &[(&str, &str)] = &[
    ("laptop", "one machine of 4 cores"),
    ("W4", "four machines of 3 cores and 1 GiB: the workshop's"),
    ("racks", "two racks of four machines with 4 cores, a narrow line between them"),
    ("spot", "two machines that stay and six cheap ones that may be taken away, 2 cores each"),
    ("yarn", "twenty machines of 8 cores and 16 GiB in two racks, YARN"),
    ("k8s", "sixteen machines of 4 cores and 8 GiB, Kubernetes, files on object storage"),
    ("thousand", "1,000 machines of 16 cores in 25 racks"),
];

const GIB: u64 = 1 << 30;

impl ClusterConfig {
    /// `nodes` machines of `cores` each with 1 GiB and the `workshop` cost model.
    ///
    /// # Errors
    /// When there is no node or no core, or more than the simulation is made for.
    pub fn new(nodes: u32, cores: u32) -> Result<Self> {
        let machine = Machine {
            cores,
            memory_bytes: GIB,
            rack: 0,
            speed_permille: 1000,
            market: Market::OnDemand,
            network_bytes_per_sec: None,
            disk_bytes_per_sec: None,
        };
        let config = ClusterConfig {
            name: format!("{nodes}x{cores}"),
            machines: vec![machine; nodes.min(4097) as usize],
            cost: CostModel::preset("workshop")?,
            storage: Storage::Blocks { replication: 3 },
            cold: Vec::new(),
            rack_bytes_per_sec: None,
            manager: Manager::Standalone,
            scale: 1,
        };
        config.checked()
    }

    fn checked(self) -> Result<Self> {
        let nodes = self.machines.len();
        if nodes == 0 || nodes > 4096 || self.machines.iter().any(|machine| machine.cores == 0 || machine.cores > 1024)
        {
            let cores = self.machines.iter().map(|machine| machine.cores).min().unwrap_or(0);
            return Err(refused(format!("a cluster of {nodes} nodes with {cores} cores each cannot be made"))
                .with_help("Give 1 to 4096 nodes and 1 to 1024 cores."));
        }
        Ok(self)
    }

    /// The workshop's default: four nodes with three cores and 1 GiB each.
    ///
    /// # Errors
    /// Never; the cost model is built in.
    pub fn w4() -> Result<Self> {
        Ok(ClusterConfig { name: "W4".to_owned(), ..Self::new(4, 3)? })
    }

    /// A ready shape such as `W4`, nodes times cores such as `6x2`, or racks times nodes times cores such as `2x4x3`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some((name, _)) = READY.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
            return Self::ready(name);
        }
        let numbers: Option<Vec<u32>> = text.split(['x', 'X']).map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([nodes, cores]) => Self::new(*nodes, *cores),
            Some([racks, nodes, cores]) if *racks > 0 => {
                let config = Self::new(racks.saturating_mul(*nodes), *cores)?;
                Ok(ClusterConfig { name: text.to_owned(), ..config }.in_racks(*racks))
            }
            _ => {
                let ready: Vec<&str> = READY.iter().map(|(name, _)| *name).collect();
                Err(refused(format!("{text} is not a cluster")).with_help(format!(
                    "Write {}, nodes times cores such as 6x2, racks times nodes times cores such as 2x4x3, or the path of a cluster file ending in .toml.",
                    ready.join(", ")
                )))
            }
        }
    }

    fn ready(name: &str) -> Result<Self> {
        let config = match name {
            "laptop" => Self::new(1, 4)?,
            "racks" => {
                let config = Self::new(8, 4)?.in_racks(2);
                let narrow = config.cost.network_bytes_per_sec;
                ClusterConfig { rack_bytes_per_sec: Some(narrow), ..config }
            }
            "spot" => {
                let mut config = Self::new(8, 2)?;
                config.machines.iter_mut().skip(2).for_each(|machine| machine.market = Market::Spot);
                config
            }
            "yarn" => ClusterConfig { manager: Manager::Yarn, ..Self::new(20, 8)?.with_memory(16 * GIB).in_racks(2) },
            "k8s" => ClusterConfig {
                manager: Manager::Kubernetes,
                storage: Storage::Objects,
                ..Self::new(16, 4)?.with_memory(8 * GIB)
            },
            "thousand" => Self::new(1000, 16)?.with_memory(64 * GIB).in_racks(25),
            _ => Self::w4()?,
        };
        Ok(ClusterConfig { name: name.to_owned(), ..config })
    }

    /// The same machines, spread over racks in equal runs.
    #[must_use]
    pub fn in_racks(mut self, racks: u32) -> Self {
        let per_rack = self.machines.len().div_ceil(racks.max(1) as usize).max(1);
        for (index, machine) in self.machines.iter_mut().enumerate() {
            machine.rack = (index / per_rack) as u32;
        }
        self
    }

    /// The same machines with this memory each.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.machines.iter_mut().for_each(|machine| machine.memory_bytes = bytes);
        self
    }

    /// A cluster file: `nodes`, `cores`, or `[[group]]` tables of machines that are alike; and, if wanted, `name`, `memory` (`"2GB"`),
    /// `racks`, `rack_uplink` (bytes per second), `cost` (a ready model, or a table: [`CostModel::from_table`]), `storage` (`"blocks"` or `"objects"`), `replication`, `cold`, `manager`, `scale`.
    ///
    /// # Errors
    /// When the text does not parse or describes no cluster.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: ClusterFile = toml::from_str(text)
            .map_err(|error| refused(format!("the cluster file does not parse: {}", error.to_string().trim_end())))?;
        let cost = file.cost.map(Cost::model).transpose()?;
        let mut config = match (file.nodes, file.cores, file.group.is_empty()) {
            (Some(nodes), Some(cores), true) => Self::new(nodes, cores)?,
            (None, None, false) => Self::of_groups(&file.group)?,
            _ => {
                return Err(refused("the cluster file does not say which machines there are".to_owned())
                    .with_help("Give nodes and cores, or one [[group]] for each kind of machine, not both."));
            }
        };
        config.cost = cost.unwrap_or(config.cost);
        if let Some(memory) = file.memory {
            config = config.with_memory(size(&memory)?);
        }
        if let Some(racks) = file.racks {
            config = config.in_racks(racks);
        }
        config.rack_bytes_per_sec = file.rack_uplink.as_deref().map(size).transpose()?;
        config.storage = match (file.storage.as_deref(), file.replication) {
            (Some("objects"), _) | (None | Some("blocks"), Some(0)) => Storage::Objects,
            (None | Some("blocks"), copies) => Storage::Blocks { replication: copies.unwrap_or(3) },
            (Some(other), _) => {
                return Err(refused(format!("there is no storage named {other}")).with_help("Write blocks or objects."));
            }
        };
        config.cold = file.cold;
        config.name = file.name.unwrap_or(config.name);
        config.manager = file.manager.unwrap_or_default();
        config.scale = file.scale.unwrap_or(1).max(1);
        Ok(config)
    }

    fn of_groups(groups: &[Group]) -> Result<Self> {
        let mut config = Self::new(1, 1)?;
        config.machines.clear();
        for (index, group) in groups.iter().enumerate() {
            let machine = Machine {
                cores: group.cores,
                memory_bytes: group.memory.as_deref().map_or(Ok(GIB), size)?,
                rack: group.rack.unwrap_or(index as u32 + 1).saturating_sub(1),
                speed_permille: ((group.speed.unwrap_or(1.0) * 1000.0).clamp(1.0, 1_000_000.0)) as u32,
                market: group.market,
                network_bytes_per_sec: group.network.as_deref().map(size).transpose()?,
                disk_bytes_per_sec: group.disk.as_deref().map(size).transpose()?,
            };
            config.machines.extend(vec![machine; group.nodes.min(4097) as usize]);
        }
        config.name = format!("{} nodes", config.machines.len());
        config.checked()
    }

    /// Number of machines.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.machines.len() as u32
    }

    /// A machine; the last one for a number that is too high.
    #[must_use]
    pub fn machine(&self, node: NodeId) -> &Machine {
        let index = (node.0.max(1) as usize - 1).min(self.machines.len() - 1);
        &self.machines[index]
    }

    /// How many tasks run at once when every machine serves.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.machines.iter().map(|machine| machine.cores).sum()
    }

    /// The racks, in order.
    #[must_use]
    pub fn racks(&self) -> u32 {
        self.machines.iter().map(|machine| machine.rack).max().unwrap_or(0) + 1
    }

    /// The machines of a rack.
    pub fn in_rack(&self, rack: u32) -> impl Iterator<Item = NodeId> {
        let machines = self.machines.iter().zip(1..);
        machines.filter(move |(machine, _)| machine.rack == rack).map(|(_, number)| NodeId(number))
    }

    /// What the log's first event says about the cluster.
    #[must_use]
    pub fn shape(&self) -> ClusterShape {
        let most = |value: fn(&Machine) -> u64| self.machines.iter().map(value).max().unwrap_or(0);
        ClusterShape {
            name: self.name.clone(),
            nodes: self.nodes(),
            cores_per_node: most(|machine| u64::from(machine.cores)) as u32,
            memory_per_node_bytes: most(|machine| machine.memory_bytes),
            is_real: false,
        }
    }
}

/// Memory of one executor that tasks and caches share: (memory − min(300 MB, 30 %)) × `spark.memory.fraction`.
///
/// **Simplified:** below 1 GB Spark still reserves 300 MB and refuses executors under 450 MB.
#[must_use]
pub fn usable_memory_bytes(memory_bytes: u64, fraction_permille: u64) -> u64 {
    let reserved = (300 << 20).min(memory_bytes / 10 * 3);
    (memory_bytes - reserved) / 1000 * fraction_permille
}

fn size(text: &str) -> Result<u64> {
    parse_bytes(text)
        .and_then(|bytes| u64::try_from(bytes).ok())
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| refused(format!("{text} is not a size")).with_help("Write a size such as \"2GB\"."))
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
        assert_eq!((w4.nodes(), w4.slots()), (4, 12));
        let small = ClusterConfig::parse("1x12").expect("a shape");
        assert_eq!((small.nodes(), small.slots()), (1, 12));
        assert!(ClusterConfig::parse("many").is_err());
        assert!(ClusterConfig::parse("0x3").is_err());
    }

    #[test]
    fn a_cluster_file_names_what_differs() {
        let config =
            ClusterConfig::from_toml("nodes = 2\ncores = 8\nmemory = \"4GB\"\ncost = \"cloud\"").expect("a cluster");
        assert_eq!(config.machines[1].memory_bytes, 4 << 30);
        assert_eq!(config.storage, Storage::Blocks { replication: 3 });
        assert!(ClusterConfig::from_toml("nodes = 2").is_err());
    }

    #[test]
    fn usable_memory_is_sparks() {
        assert_eq!(usable_memory_bytes(1 << 30, 600) / 1000, 455_501_414 / 1000);
    }

    #[test]
    fn every_ready_shape_can_be_made() {
        for (name, _) in READY {
            let config = ClusterConfig::parse(name).expect(name);
            assert_eq!(&config.name, name);
        }
        let racks = ClusterConfig::parse("2x4x3").expect("a shape");
        assert_eq!((racks.nodes(), racks.racks(), racks.slots()), (8, 2, 24));
        assert_eq!(racks.in_rack(1).collect::<Vec<_>>(), [NodeId(5), NodeId(6), NodeId(7), NodeId(8)]);
    }

    #[test]
    fn groups_of_machines_may_differ() {
        let text = "manager = \"yarn\"\n[[group]]\nnodes = 2\ncores = 4\n[[group]]\nnodes = 3\ncores = 2\nspeed = 0.5\nmarket = \"spot\"";
        let config = ClusterConfig::from_toml(text).expect("a cluster");
        assert_eq!((config.nodes(), config.slots(), config.racks(), config.manager), (5, 14, 2, Manager::Yarn));
        assert_eq!((config.machine(NodeId(5)).speed_permille, config.machine(NodeId(5)).market), (500, Market::Spot));
        assert!(ClusterConfig::from_toml("nodes = 1\ncores = 1\n[[group]]\nnodes = 1\ncores = 1").is_err());
    }
}
