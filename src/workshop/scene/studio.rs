//! Runs scenes and keeps what came of them.

use crate::cluster::config::Storage;
use crate::cluster::{ClusterConfig, CostModel, Fault};
use crate::common::conf::parse_bytes;
use crate::common::{ErrorClass, Result, SparkError};
use crate::datagen::{self, MakeRequest, TableFormat};
use crate::event::Event;
use crate::event::log::EventLog;
use crate::session::{ExplainedQuery, RunRequest, RunSpec, Script, Uncaught, run_script};
use crate::status::Status;
use crate::workshop::content::Content;
use crate::workshop::scratch::Scratch;
use crate::worlds::WorldOutcome;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The session's start in scenes: 2025-01-01T00:00:00, in microseconds since the epoch.
pub const NOW_MICROS: i64 = 1_735_689_600_000_000;
/// Interpreter steps of a scene.
const STEPS_MAX: u64 = 20_000_000;

/// What is run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// What the text calls it.
    pub name: String,
    /// The script, by its path in the content, such as `demos/scripts/lineage.py`.
    #[serde(default)]
    pub script: String,
    /// Instead of a script: one of the worlds, such as `store`; `set` holds its settings.
    pub world: Option<String>,
    /// `W4`, or nodes times cores.
    #[serde(default = "w4")]
    pub cluster: String,
    /// Memory of each node, such as `512m`.
    pub memory: Option<String>,
    #[serde(default)]
    pub faults: Vec<String>,
    /// Spark settings, such as `spark.sql.shuffle.partitions`.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    #[serde(default = "one")]
    pub scale: u64,
    /// Copies of each input block.
    pub replication: Option<u32>,
    /// Folders on the cold tier: slow and cheap.
    #[serde(default)]
    pub cold: Vec<String>,
    /// The cost model.
    pub cost: Option<String>,
    /// Rows of the sales tables.
    #[serde(default = "default_rows")]
    pub rows: u64,
    /// Seed of the tables.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// What the script finds in `sys.argv[1..]`.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// What a person wants otherwise.
    #[serde(skip)]
    pub changes: Option<Box<Changes>>,
}

/// What the command line says of a run of a script, in place of its scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    pub cluster: ClusterConfig,
    /// Besides the scene's own.
    pub faults: Vec<Fault>,
    pub conf: Vec<(String, String)>,
    pub seed: u64,
    pub now_micros: i64,
    pub steps_max: u64,
    pub process_memory_bytes: u64,
    pub allow: Vec<PathBuf>,
    /// The same as typed.
    pub words: Vec<String>,
}

fn w4() -> String {
    "W4".to_owned()
}

fn one() -> u64 {
    1
}

fn default_rows() -> u64 {
    datagen::DEFAULT_ROWS
}

fn default_seed() -> u64 {
    datagen::DEFAULT_SEED
}

impl Scene {
    /// The cluster that it describes.
    ///
    /// # Errors
    /// When it describes none.
    pub fn config(&self) -> Result<ClusterConfig> {
        let mut config = ClusterConfig::parse(&self.cluster)?;
        if let Some(memory) = &self.memory {
            let bytes = parse_bytes(memory).and_then(|bytes| u64::try_from(bytes).ok());
            let bytes = bytes.ok_or_else(|| refused(format!("{memory} is not a size of memory")))?;
            config.machines.iter_mut().for_each(|machine| machine.memory_bytes = bytes);
        }
        if let Some(cost) = &self.cost {
            config.cost = CostModel::preset(cost)?;
        }
        if let Some(replication) = self.replication {
            config.storage = Storage::Blocks { replication };
        }
        config.cold = self.cold.clone();
        config.scale = self.scale.max(1);
        Ok(config)
    }

    /// The command that repeats it, as far as the command line can say it.
    #[must_use]
    pub fn command(&self) -> String {
        if let Some(world) = &self.world {
            let mut words = vec![format!("batchlab world {world}")];
            words.extend(self.set.iter().map(|(key, value)| format!("--set {key}={value}")));
            return words.join(" ");
        }
        let mut words = vec![format!("batchlab run {} --cluster {}", self.script, self.cluster)];
        words.extend(self.changes.iter().flat_map(|changes| changes.words.clone()));
        words.extend(self.memory.iter().map(|memory| format!("--memory {memory}")));
        words.extend(self.faults.iter().map(|fault| match fault.strip_prefix("kill:") {
            Some(kill) => format!("--kill {kill}"),
            None => format!("--fault {fault}"),
        }));
        if self.scale > 1 {
            words.push(format!("--scale {}", self.scale));
        }
        words.extend(self.set.iter().map(|(key, value)| format!("--set {key}={value}")));
        words.extend(self.arguments.iter().cloned());
        words.join(" ")
    }
}

/// What came of a scene.
#[derive(Debug)]
pub struct Take {
    pub scene: Scene,
    /// The script's text.
    pub source: String,
    pub events: Vec<Arc<Event>>,
    /// At the end of the run.
    pub status: Status,
    /// What the script printed.
    pub printed: String,
    pub exit: i32,
    pub failure: Option<Uncaught>,
    /// The plans of every action.
    pub explained: Vec<ExplainedQuery>,
    /// What happened, of a scene without a script.
    pub world: Option<WorldOutcome>,
}

/// The takes that a text speaks about, by name. The first is the one meant when none is named.
#[derive(Debug, Clone, Default)]
pub struct Scenes(pub Vec<(String, Arc<Take>)>);

impl Scenes {
    /// The take with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Take>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, take)| take)
    }

    /// The take with this name, or the first when no name is given.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(&self, name: Option<&str>) -> Result<&Arc<Take>> {
        let found = match name {
            Some(name) => self.get(name),
            None => self.0.first().map(|(_, take)| take),
        };
        found.ok_or_else(|| refused(format!("no run is named {}", name.unwrap_or("at all"))))
    }
}

pub(super) fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

/// Runs scenes; the same scene is run once.
#[derive(Debug)]
pub struct Studio {
    content: Content,
    threads: usize,
    cancelled: Arc<AtomicBool>,
    takes: Mutex<Vec<Arc<Take>>>,
}

impl Studio {
    /// A studio whose scripts come from `content`; `cancelled` stops a run that goes on.
    #[must_use]
    pub fn new(content: Content, threads: usize, cancelled: Arc<AtomicBool>) -> Studio {
        Studio { content, threads, cancelled, takes: Mutex::default() }
    }

    /// Where its scripts come from.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Runs scenes in order.
    ///
    /// # Errors
    /// When a scene describes nothing that can be run.
    pub fn takes(&self, scenes: &[Scene]) -> Result<Scenes> {
        let takes = scenes.iter().map(|scene| Ok((scene.name.clone(), self.take(scene)?)));
        Ok(Scenes(takes.collect::<Result<_>>()?))
    }

    /// Runs a scene, or gives what an earlier run of it gave.
    ///
    /// # Errors
    /// When it describes nothing that can be run. A script that fails is a take, too.
    pub fn take(&self, scene: &Scene) -> Result<Arc<Take>> {
        let same = |take: &&Arc<Take>| Scene { name: scene.name.clone(), ..take.scene.clone() } == *scene;
        let known = self.takes.lock().unwrap_or_else(PoisonError::into_inner).iter().find(same).cloned();
        if let Some(take) = known {
            return Ok(take);
        }
        let take = Arc::new(self.run(scene)?);
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(SparkError::new(ErrorClass::Interrupted, "interrupted"));
        }
        self.takes.lock().unwrap_or_else(PoisonError::into_inner).push(take.clone());
        Ok(take)
    }

    /// How a scene's script is run, and the folder with its tables, which is gone when it is dropped.
    ///
    /// # Errors
    /// When the scene has no script, or describes nothing that can be run.
    pub fn set_up(&self, scene: &Scene) -> Result<(Scratch, RunSpec)> {
        let source = self.content.text(&scene.script)?.into_owned();
        let scratch = Scratch::new("scene")?;
        make_tables(scene, &source, &scratch, self.threads)?;
        let spec = changed(scene, self.spec(scene, source, &scratch)?);
        Ok((scratch, spec))
    }

    fn run(&self, scene: &Scene) -> Result<Take> {
        if let Some(world) = &scene.world {
            return super::stage::take(scene, world);
        }
        let (_scratch, spec) = self.set_up(scene)?;
        let source = spec.script.source.clone();
        let (log, printed) = (EventLog::new(), Arc::new(Mutex::new(String::new())));
        let sink = printed.clone();
        let request = RunRequest {
            spec,
            log: log.clone(),
            cancelled: self.cancelled.clone(),
            out: Box::new(move |text| sink.lock().unwrap_or_else(PoisonError::into_inner).push_str(text)),
        };
        let outcome = run_script(request);
        let events = log.snapshot();
        let status = Status::of(&events);
        let printed = std::mem::take(&mut *printed.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Take {
            scene: scene.clone(),
            source,
            events,
            status,
            printed,
            exit: outcome.exit,
            failure: outcome.failure,
            explained: outcome.explained,
            world: None,
        })
    }

    /// The run of a scene as its file describes it.
    fn spec(&self, scene: &Scene, source: String, scratch: &Scratch) -> Result<RunSpec> {
        let script = Script { source, file: scene.script.clone() };
        Ok(RunSpec {
            arguments: scene.arguments.clone(),
            faults: scene.faults.iter().map(|text| Fault::parse(text)).collect::<Result<_>>()?,
            conf: scene.set.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            now_micros: NOW_MICROS,
            steps_max: STEPS_MAX,
            threads: self.threads,
            explain: true,
            ..RunSpec::new(script, scratch.path(), scene.config()?)
        })
    }
}

/// The run as a person wants it.
fn changed(scene: &Scene, mut spec: RunSpec) -> RunSpec {
    let Some(changes) = &scene.changes else { return spec };
    spec.cluster = Some(changes.cluster.clone());
    spec.faults.extend(changes.faults.iter().cloned());
    spec.conf.extend(changes.conf.iter().cloned());
    spec.allow.clone_from(&changes.allow);
    RunSpec {
        seed: changes.seed,
        now_micros: changes.now_micros,
        steps_max: changes.steps_max,
        process_memory_bytes: changes.process_memory_bytes,
        ..spec
    }
}

/// Makes the tables that a script names.
fn make_tables(scene: &Scene, source: &str, scratch: &Scratch, threads: usize) -> Result<()> {
    let names = datagen::named_in(source);
    if names.is_empty() {
        return Ok(());
    }
    let request = MakeRequest {
        root: scratch.path().to_owned(),
        seed: scene.seed,
        rows: scene.rows,
        vary: false,
        format: TableFormat::Csv,
        tables: names.into_iter().map(str::to_owned).collect(),
        threads,
    };
    datagen::make(&request, &|_| {}).map(|_| ())
}
