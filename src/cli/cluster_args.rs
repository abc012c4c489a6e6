//! The options that describe the pretend cluster, its faults and its settings; the same for every command that runs a script.

use super::{config, scenarios};
use crate::cluster::config::READY;
use crate::cluster::fault::FORMS;
use crate::cluster::{ClusterConfig, Fault, check_faults};
use crate::common::conf::parse_bytes;
use crate::common::time::VirtualTime;
use crate::common::{ErrorClass, Result, SparkError};
use crate::swarm::mix::Mix;
use std::path::PathBuf;

const DEFAULT_SEED: u64 = 42;
const DEFAULT_STEPS: u64 = 100_000_000;

/// What to run on.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// The cluster: a ready shape such as W4 (4 nodes of 3 cores), nodes times cores such as 6x2, racks such as 2x4x3, or a .toml file
    #[arg(long, value_name = "SHAPE|NxC|FILE", long_help = cluster_help())]
    pub cluster: Option<String>,
    /// Number of nodes
    #[arg(long)]
    pub nodes: Option<u32>,
    /// Cores of each node
    #[arg(long)]
    pub cores: Option<u32>,
    /// Memory of each node, such as 2g
    #[arg(long)]
    pub memory: Option<String>,
    /// Memory that this process itself should get by with, such as 400m; half of the machine's unless given
    #[arg(long, value_name = "SIZE")]
    pub process_memory: Option<String>,
    /// Kill a node at a virtual second or event: 2@3.5, node-2@S1 (when the first task of stage 1 has ended), 2@S1.p0 (when that task ends), rack-1@4, driver@4
    #[arg(long, value_name = "NODE@TIME")]
    pub kill: Vec<String>,
    /// Another fault, such as restart:2@9, slow:2x4@1, cut:2@3, preempt:2+2s@8; --help lists them all
    #[arg(long, value_name = "KIND:WHAT@WHEN", long_help = fault_help())]
    pub fault: Vec<String>,
    /// A file with a fault on each line, as --fault takes them, # begins a comment; or one-dead, flaky-network, spot-market, slow-disk
    #[arg(long, value_name = "FILE|NAME")]
    pub faults: Vec<PathBuf>,
    /// Faults of a mix drawn from the seed within the first virtual seconds: storm:3@5 is three of any kind within 5 s
    #[arg(long, value_name = "MIX:COUNT@SECONDS", long_help = chaos_help())]
    pub chaos: Option<String>,
    /// Seed of everything that is left to chance
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// Every stored byte and row counts as this many for the clock and the planner; rows are not multiplied
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub scale: Option<u64>,
    /// A Spark setting, such as spark.sql.shuffle.partitions=8
    #[arg(long, visible_alias = "conf", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The moment at which the session starts, such as 2024-12-31T08:00:00
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// A folder outside the working folder that the script may read and write
    #[arg(long, value_name = "DIR")]
    pub allow_path: Vec<PathBuf>,
    /// Interpreter steps before an endless loop is assumed
    #[arg(long, default_value_t = DEFAULT_STEPS)]
    pub steps: u64,
}

/// What the environment says about the session.
#[derive(Debug, Default)]
pub(crate) struct SubmitArgs {
    pub master: Option<String>,
    pub conf: Vec<(String, String)>,
}

fn cluster_help() -> String {
    let mut help = "The cluster. A ready shape:\n".to_owned();
    for (name, what) in READY {
        help.push_str(&format!("  {name:<9} {what}\n"));
    }
    help.push_str(
        "or nodes times cores (6x2), or racks times nodes times cores (2x4x3), or a .toml file with nodes, cores, memory, racks, rack_uplink, \
         cost (a name or a table of rates), storage, replication, manager, or one [[group]] for each kind of machine (nodes, cores, memory, rack, speed, market, network, disk)",
    );
    help
}

fn fault_help() -> String {
    let mut help = "Something that goes wrong. WHEN is a virtual second (3.5), a task that has ended (S1.p0) or the first one of a stage (S1):\n"
        .to_owned();
    for (_, example, what, _) in FORMS {
        help.push_str(&format!("  {example:<26} {what}\n"));
    }
    help.pop();
    help
}

fn chaos_help() -> String {
    let mut help = "Faults of a mix drawn from the seed within the first virtual seconds: storm:3@5 is three of any kind within 5 s. The mixes:\n"
        .to_owned();
    for mix in Mix::ALL {
        help.push_str(&format!("  {:<11} {}\n", mix.name, mix.about));
    }
    help.pop();
    help
}

fn chaos_of(text: &str) -> Result<(Mix, usize, f64)> {
    let parts = text.split_once(':').and_then(|(mix, rest)| {
        let (count, secs) = rest.split_once('@')?;
        let secs: f64 = secs.trim_end_matches('s').parse().ok()?;
        Some((mix, count.parse().ok()?, secs))
    });
    let parts = parts.filter(|(_, count, secs)| *count <= 1000 && (0.0..1e6).contains(secs));
    let (mix, count, secs) = parts.ok_or_else(|| {
        refused(format!("{text} is not a mix of faults")).with_help("write MIX:COUNT@SECONDS, such as storm:3@5")
    })?;
    Ok((mix.parse().map_err(refused)?, count, secs))
}

fn memory_size(text: &str) -> Result<u64> {
    parse_bytes(text)
        .and_then(|bytes| u64::try_from(bytes).ok())
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| refused(format!("{text} is not a size of memory")).with_help("write a size such as 512m or 2g"))
}

/// The machine's memory, where the system tells.
fn machine_memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

impl ClusterArgs {
    /// What exercises run on: the workshop's cluster W4, the same seed and the same clock for everybody.
    pub(crate) fn workshop() -> ClusterArgs {
        ClusterArgs {
            cluster: Some("W4".to_owned()),
            seed: DEFAULT_SEED,
            now: Some("2025-01-01T00:00:00".to_owned()),
            steps: DEFAULT_STEPS,
            ..ClusterArgs::default()
        }
    }

    /// Whether none of these options was given.
    pub(crate) fn is_untouched(&self) -> bool {
        *self == ClusterArgs { seed: DEFAULT_SEED, steps: DEFAULT_STEPS, ..ClusterArgs::default() }
    }

    /// The cluster that the options name, or nothing when they name none.
    pub(crate) fn config(&self) -> Result<Option<ClusterConfig>> {
        if self.cluster.is_none()
            && self.nodes.is_none()
            && self.cores.is_none()
            && self.memory.is_none()
            && self.scale.is_none()
        {
            return Ok(None);
        }
        self.over(config::get().default_cluster()?).map(Some)
    }

    /// A cluster with what the options say of it; one that they name takes its place.
    pub(crate) fn over(&self, base: ClusterConfig) -> Result<ClusterConfig> {
        let mut config = match self.cluster.as_deref() {
            Some(word) => config::get().cluster_named(word)?,
            None => base,
        };
        if self.nodes.is_some() || self.cores.is_some() {
            config = config.resized(self.nodes, self.cores)?;
        }
        if let Some(memory) = self.memory.as_deref() {
            config = config.with_memory(memory_size(memory)?);
        }
        if let Some(scale) = self.scale {
            config.scale = scale.max(1);
        }
        Ok(config)
    }

    /// The options as they are typed, but for those that shape the cluster.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |option: &str, values: &[String]| {
            words.extend(values.iter().map(|value| format!("{option} {}", super::submit::quoted(value))));
        };
        let paths = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        add("--memory", self.memory.as_slice());
        add("--kill", &self.kill);
        add("--fault", &self.fault);
        add("--faults", &paths(&self.faults));
        add("--chaos", self.chaos.as_slice());
        add("--set", &self.set);
        add("--now", self.now.as_slice());
        add("--allow-path", &paths(&self.allow_path));
        if self.seed != DEFAULT_SEED {
            add("--seed", &[self.seed.to_string()]);
        }
        words
    }

    /// Real Spark has its own machines, and nobody breaks them on request.
    pub(crate) fn refuse_simulation(&self) -> Result<()> {
        let given = [
            ("--cluster", self.cluster.is_some()),
            ("--nodes", self.nodes.is_some()),
            ("--cores", self.cores.is_some()),
            ("--memory", self.memory.is_some()),
            ("--process-memory", self.process_memory.is_some()),
            ("--kill", !self.kill.is_empty()),
            ("--fault", !self.fault.is_empty()),
            ("--chaos", self.chaos.is_some()),
            ("--scale", self.scale.is_some()),
            ("--now", self.now.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((name, _)) => {
                Err(refused(format!("{name} describes the simulated cluster; real Spark knows nothing of it"))
                    .with_help("--master URL says where real Spark runs, --set KEY=VALUE passes settings on"))
            }
        }
    }

    /// Memory of this process.
    pub(crate) fn process_memory_bytes(&self) -> Result<u64> {
        match self.process_memory.as_deref() {
            Some(memory) => memory_size(memory),
            None => Ok(machine_memory_bytes().map_or(u64::MAX, |bytes| bytes / 2)),
        }
    }

    /// The faults in the order they were given, then those drawn for this cluster.
    pub(crate) fn faults(&self, config: &ClusterConfig) -> Result<Vec<Fault>> {
        let kills = self.kill.iter().map(|text| Fault::parse_kill(text));
        let mut faults: Vec<Fault> =
            kills.chain(self.fault.iter().map(|text| Fault::parse(text))).collect::<Result<_>>()?;
        for file in &self.faults {
            let name = file.display().to_string();
            let read = || {
                std::fs::read_to_string(file).map_err(|error| {
                    refused(format!("the scenario {name} cannot be read: {error}")).with_help(format!(
                        "give a file with a fault on each line, such as kill:2@3.5, or one of: {}",
                        scenarios::names()
                    ))
                })
            };
            let text =
                scenarios::ready(&name).filter(|_| !file.exists()).map_or_else(read, |text| Ok(text.to_owned()))?;
            faults.extend(Fault::scenario(&name, &text)?);
        }
        if let Some(text) = self.chaos.as_deref() {
            let (mix, count, secs) = chaos_of(text)?;
            let span = VirtualTime::from_secs_f64(secs).since(VirtualTime::ZERO);
            faults.extend(mix.within(self.seed, (config.nodes(), config.racks()), span, count));
        }
        check_faults(&faults, config)?;
        Ok(faults)
    }

    /// The settings as pairs.
    pub(crate) fn settings(&self) -> Result<Vec<(String, String)>> {
        self.set
            .iter()
            .map(|setting| match setting.split_once('=') {
                Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
                None => Err(refused(format!("{setting} is not a setting"))
                    .with_help("write KEY=VALUE, such as spark.sql.shuffle.partitions=8")),
            })
            .collect()
    }

    /// The session's start, microseconds since the epoch. Without `--now` it is `wall_micros`.
    pub(crate) fn now_micros(&self, wall_micros: i64) -> Result<i64> {
        let Some(text) = self.now.as_deref() else { return Ok(wall_micros) };
        let parsed = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|format| chrono::NaiveDateTime::parse_from_str(text, format).ok())
            .or_else(|| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
        parsed.map(|moment| moment.and_utc().timestamp_micros()).ok_or_else(|| {
            refused(format!("{text} is not a moment")).with_help("write it as 2024-12-31T08:00:00 (UTC)")
        })
    }
}

fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

/// Reads `PYSPARK_SUBMIT_ARGS`: `--master`, `--conf KEY=VALUE`, `--name`; other words are for real Spark.
pub(crate) fn submit_args(text: &str) -> SubmitArgs {
    let mut args = SubmitArgs::default();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let (name, inline) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value.to_owned())));
        match name {
            "--master" => args.master = inline.or_else(|| words.next().map(str::to_owned)),
            "--name" => {
                let value = inline.or_else(|| words.next().map(str::to_owned));
                args.conf.extend(value.map(|value| ("spark.app.name".to_owned(), value)));
            }
            "--conf" => {
                let setting = words.next().unwrap_or_default().trim_matches(['"', '\'']).to_owned();
                args.conf.extend(setting.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
            }
            _ => {}
        }
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submit_arguments_give_master_and_settings() {
        let args = submit_args("--master local[2] --conf spark.ui.enabled=false pyspark-shell");
        assert_eq!(args.master.as_deref(), Some("local[2]"));
        assert_eq!(args.conf, [("spark.ui.enabled".to_owned(), "false".to_owned())]);
    }

    #[test]
    fn options_shape_the_cluster() {
        let args =
            ClusterArgs { nodes: Some(6), cores: Some(2), memory: Some("2g".to_owned()), ..ClusterArgs::default() };
        let config = args.config().expect("it is well-formed").expect("it is named");
        assert_eq!((config.nodes(), config.slots(), config.machines[0].memory_bytes), (6, 12, 2 << 30));
        assert!(ClusterArgs::default().config().expect("nothing is wrong").is_none());
    }
}
