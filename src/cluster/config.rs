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
/// What the simulation is made for.
const MOST_NODES: u32 = 4096;
const MOST_CORES: u32 = 1024;

fn check_count(nodes: u64, cores: Option<u32>) -> Result<()> {
    let are_few = (1..=u64::from(MOST_NODES)).contains(&nodes);
    if are_few && cores.is_none_or(|cores| (1..=MOST_CORES).contains(&cores)) {
        return Ok(());
    }
    let each = cores.map_or(String::new(), |cores| format!(" with {cores} cores each"));
    Err(refused(format!("a cluster of {nodes} nodes{each} cannot be made"))
        .with_help(format!("Give 1 to {MOST_NODES} nodes and 1 to {MOST_CORES} cores.")))
}

impl ClusterConfig {
    /// `nodes` machines of `cores` each with 1 GiB and the `workshop` cost model.
    ///
    /// # Errors
    /// When there is no node or no core, or more than the simulation is made for.
    pub fn new(nodes: u32, cores: u32) -> Result<Self> {
        check_count(u64::from(nodes), Some(cores))?;
        let machine = Machine {
            cores,
            memory_bytes: GIB,
            rack: 0,
            speed_permille: 1000,
            market: Market::OnDemand,
            network_bytes_per_sec: None,
            disk_bytes_per_sec: None,
        };
        Ok(ClusterConfig {
            name: format!("{nodes}x{cores}"),
            machines: vec![machine; nodes as usize],
            cost: CostModel::preset("workshop")?,
            storage: Storage::Blocks { replication: 3 },
            cold: Vec::new(),
            rack_bytes_per_sec: None,
            manager: Manager::Standalone,
            scale: 1,
        })
    }

    /// The same kinds of machines in another number, one after the other again and again, or with other cores.
    ///
    /// # Errors
    /// When there is no node or no core, or more than the simulation is made for.
    pub fn resized(mut self, nodes: Option<u32>, cores: Option<u32>) -> Result<Self> {
        let wanted = nodes.unwrap_or(self.nodes());
        check_count(u64::from(wanted), cores)?;
        self.machines = self.machines.iter().cycle().take(wanted as usize).cloned().collect();
        if let Some(cores) = cores {
            self.machines.iter_mut().for_each(|machine| machine.cores = cores);
        }
        let cores = self.machine(NodeId(1)).cores;
        let is_even = self.machines.iter().all(|machine| machine.cores == cores);
        self.name = if is_even { format!("{wanted}x{cores}") } else { format!("{wanted} nodes") };
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
        let count = self.machines.len().max(1);
        for (index, machine) in self.machines.iter_mut().enumerate() {
            machine.rack = (index * racks as usize / count) as u32;
        }
        self
    }

    /// The same machines with this memory each.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.machines.iter_mut().for_each(|machine| machine.memory_bytes = bytes);
        self
    }

    /// A cluster file: `nodes`, `cores`, or `[[group]]` tables of machines that are alike; and, if wanted, `name`, `memory` (`"2GB"`,
    /// of every machine or of the groups that name none), `racks`, `rack_uplink` (bytes per second), `cost` (a ready model, or a table: [`CostModel::from_table`]), `storage` (`"blocks"` or `"objects"`), `replication`, `cold`, `manager`, `scale`.
    ///
    /// # Errors
    /// When the text does not parse or describes no cluster.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: ClusterFile = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        let cost = file.cost.map(Cost::model).transpose()?;
        let mut config = match (file.nodes, file.cores, file.group.is_empty()) {
            (Some(nodes), Some(cores), true) => Self::new(nodes, cores)?,
            (None, None, false) => Self::of_groups(&file.group, file.memory.as_deref())?,
            _ => {
                return Err(refused("the cluster file does not say which machines there are".to_owned())
                    .with_help("Give nodes and cores, or one [[group]] for each kind of machine, not both."));
            }
        };
        config.cost = cost.unwrap_or(config.cost);
        if let Some(memory) = file.memory.filter(|_| file.group.is_empty()) {
            config = config.with_memory(size(&memory)?);
        }
        match file.racks {
            None => {}
            Some(_) if !file.group.is_empty() => {
                return Err(refused("the cluster file gives racks beside its groups".to_owned())
                    .with_help("Give each [[group]] its rack, from 1."));
            }
            Some(racks) if racks == 0 || racks > config.nodes() => {
                return Err(refused(format!("{} nodes cannot stand in {racks} racks", config.nodes()))
                    .with_help("Give at least one rack, and no more racks than nodes."));
            }
            Some(racks) => config = config.in_racks(racks),
        }
        config.rack_bytes_per_sec = file.rack_uplink.as_deref().map(size).transpose()?;
        config.storage = match (file.storage.as_deref(), file.replication) {
            (Some("objects"), Some(copies)) if copies > 0 => {
                return Err(refused("shared object storage has no replication".to_owned())
                    .with_help("Write storage = \"blocks\", or leave replication out."));
            }
            (Some("objects"), _) | (None | Some("blocks"), Some(0)) => Storage::Objects,
            (None | Some("blocks"), copies) => Storage::Blocks { replication: copies.unwrap_or(3) },
            (Some(other), _) => {
                return Err(refused(format!("there is no storage named {other}")).with_help("Write blocks or objects."));
            }
        };
        config.cold = file.cold;
        config.name = file.name.unwrap_or(config.name);
        config.manager = file.manager.unwrap_or_default();
        config.scale = file.scale.unwrap_or(1);
        if config.scale == 0 {
            return Err(refused("scale = 0 leaves nothing".to_owned()).with_help("Give 1 or more."));
        }
        Ok(config)
    }

    fn of_groups(groups: &[Group], memory: Option<&str>) -> Result<Self> {
        let mut config = Self::new(1, 1)?;
        config.machines.clear();
        let usual = memory.map_or(Ok(GIB), size)?;
        let nodes: u64 = groups.iter().map(|group| u64::from(group.nodes)).sum();
        for (number, group) in (1..).zip(groups) {
            check_count(nodes, Some(group.cores))?;
            let speed = group.speed.unwrap_or(1.0);
            if !(0.001..=1000.0).contains(&speed) {
                return Err(refused(format!("a machine cannot have the speed {speed}"))
                    .with_help("1.0 is the cost model's; give 0.001 to 1000."));
            }
            let rack = group.rack.unwrap_or(number);
            if rack == 0 || rack > MOST_NODES {
                return Err(refused(format!("there is no rack {rack}")).with_help("Racks count from 1."));
            }
            let machine = Machine {
                cores: group.cores,
                memory_bytes: group.memory.as_deref().map_or(Ok(usual), size)?,
                rack: rack - 1,
                speed_permille: (speed * 1000.0) as u32,
                market: group.market,
                network_bytes_per_sec: group.network.as_deref().map(size).transpose()?,
                disk_bytes_per_sec: group.disk.as_deref().map(size).transpose()?,
            };
            config.machines.extend(vec![machine; group.nodes as usize]);
        }
        config.name = format!("{} nodes", config.machines.len());
        Ok(config)
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

/// What is wrong with the text of a cluster file, in one line.
fn unreadable(text: &str, error: &toml::de::Error) -> SparkError {
    let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    refused(format!("line {line} of the cluster file: {}", error.message().replace('\n', " ")))
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
        let text =
            "memory = \"4GB\"\n[[group]]\nnodes = 1\ncores = 1\nmemory = \"2GB\"\n[[group]]\nnodes = 1\ncores = 1";
        let config = ClusterConfig::from_toml(text).expect("a cluster");
        assert_eq!(
            (config.machine(NodeId(1)).memory_bytes, config.machine(NodeId(2)).memory_bytes),
            (2 << 30, 4 << 30)
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let group = |more: &str| format!("[[group]]\nnodes = 2\ncores = 2\n{more}");
        for (text, complaint) in [
            ("nodes = 5000\ncores = 2".to_owned(), "5000 nodes"),
            ("nodes = 4\ncores = 2\nracks = 0".to_owned(), "0 racks"),
            ("nodes = 4\ncores = 2\nracks = 9".to_owned(), "9 racks"),
            ("nodes = 4\ncores = 2\nscale = 0".to_owned(), "scale"),
            ("nodes = 4\ncores = 2\nstorage = \"objects\"\nreplication = 2".to_owned(), "no replication"),
            ("nodes = 4\n\nmemroy = \"2GB\"\ncores = 2".to_owned(), "line 3 of the cluster file: unknown field"),
            (group("speed = 0"), "speed 0"),
            (group("speed = -3"), "speed -3"),
            (group("speed = nan"), "speed NaN"),
            (group("rack = 0"), "rack 0"),
            (format!("racks = 2\n{}", group("")), "beside its groups"),
        ] {
            let error = ClusterConfig::from_toml(&text).expect_err(&text).to_string();
            assert!(error.contains(complaint) && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn another_number_of_machines_keeps_their_kinds() {
        let racks = ClusterConfig::parse("racks").expect("a shape").resized(Some(16), Some(2)).expect("a cluster");
        assert_eq!((racks.nodes(), racks.racks(), racks.slots()), (16, 2, 32));
        let spot = ClusterConfig::parse("spot").expect("a shape").resized(None, Some(4)).expect("a cluster");
        assert_eq!(spot.machine(NodeId(8)).market, Market::Spot);
        assert_eq!(ClusterConfig::new(5, 1).expect("five").in_racks(4).racks(), 4);
        assert!(spot.resized(Some(0), None).is_err());
    }
}
