//! Runs one script from its first statement to its exit status.

use super::deep_stack::on_deep_stack;
use super::{Session, cache, catalog};
use crate::cluster::{ClusterConfig, Fault};
use crate::common::ids::ExprIds;
use crate::common::{Conf, ErrorClass, Result, SparkError, VirtualTime, rng};
use crate::event::EventKind;
use crate::event::log::EventLog;
use crate::pyspark::{Console, Kept, ScriptEnd, Uncaught};
use crate::storage::Workspace;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// A script to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub source: String,
    /// Its name for messages and `__file__`.
    pub file: String,
}

/// What runs, on what and with which settings: all that the events of a run depend on, but what lies in its folders.
#[derive(Debug, Clone)]
pub struct RunSpec {
    pub script: Script,
    /// `sys.argv[1..]`.
    pub arguments: Vec<String>,
    /// The working folder.
    pub root: PathBuf,
    /// Further folders that it may touch.
    pub allow: Vec<PathBuf>,
    /// The cluster; absent: from the script's `.master()`, else the default.
    pub cluster: Option<ClusterConfig>,
    /// Used when neither the command line nor the script names a cluster.
    pub default_cluster: ClusterConfig,
    pub faults: Vec<Fault>,
    pub seed: u64,
    /// `spark.*` settings from outside; the script's own win.
    pub conf: Vec<(String, String)>,
    /// The session's start, microseconds since the epoch.
    pub now_micros: i64,
    /// Interpreter steps before an endless loop is assumed.
    pub steps_max: u64,
    /// Threads that compute tasks. The events do not depend on it.
    pub threads: usize,
    /// Memory that this process should get by with; what does not fit goes to temporary files.
    pub process_memory_bytes: u64,
    /// The script stops before its first statement on this line (1-based).
    pub until: Option<u32>,
    /// Keep the plans of every action (for `explain`).
    pub explain: bool,
}

impl RunSpec {
    /// A script in a folder on a cluster: without faults and settings, with all the memory there is, at the epoch.
    #[must_use]
    pub fn new(script: Script, root: &Path, cluster: ClusterConfig) -> RunSpec {
        RunSpec {
            script,
            arguments: Vec::new(),
            root: root.to_owned(),
            allow: Vec::new(),
            cluster: Some(cluster.clone()),
            default_cluster: cluster,
            faults: Vec::new(),
            seed: 42,
            conf: Vec::new(),
            now_micros: 0,
            steps_max: 10_000_000,
            threads: 2,
            process_memory_bytes: u64::MAX,
            until: None,
            explain: false,
        }
    }
}

/// A run, and who hears of it.
pub struct RunRequest {
    pub spec: RunSpec,
    /// Receives what happened, also while it runs.
    pub log: EventLog,
    pub cancelled: Arc<AtomicBool>,
    /// Receives what the script prints.
    pub out: Box<dyn FnMut(&str) + Send>,
}

impl From<RunSpec> for RunRequest {
    /// A run of which only its own log hears.
    fn from(spec: RunSpec) -> RunRequest {
        RunRequest { spec, log: EventLog::new(), cancelled: Arc::default(), out: Box::new(|_| {}) }
    }
}

/// Plans of actions, shared between a running session and the one who asked for them.
pub(super) type Explained = Arc<Mutex<Vec<ExplainedQuery>>>;

/// How a run ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The exit status of design §4 and curriculum §7.
    pub exit: i32,
    pub failure: Option<Uncaught>,
    /// The line of [`RunSpec::until`], when the script came to it.
    pub stopped_before: Option<u32>,
    /// Plans of every action, when asked for.
    pub explained: Vec<ExplainedQuery>,
    /// The session's settings as they stood at the end.
    pub conf: Conf,
}

/// The plans of one action.
#[derive(Debug, Clone)]
pub struct ExplainedQuery {
    pub action: String,
    pub line: u32,
    pub parsed: String,
    pub analyzed: String,
    pub optimized: String,
    pub physical: String,
    pub formatted: String,
    pub cost: String,
    /// Rule name and its reason, in firing order.
    pub rules: Vec<(String, String)>,
}

/// Runs a script. Never panics on a broken script, bad data or a failing cluster.
#[must_use]
pub fn run_script(request: RunRequest) -> Outcome {
    run_and_keep(request, &[]).0
}

/// Runs a script and reads what these top-level names hold after its last statement, or after the one that raised.
#[must_use]
pub fn run_and_keep(request: RunRequest, names: &[String]) -> (Outcome, Vec<(String, Kept)>) {
    let names = names.to_vec();
    on_deep_stack(move || run_here(request, &names)).unwrap_or_else(|message| (bug(message), Vec::new()))
}

pub(super) fn bug(message: String) -> Outcome {
    let failure = Uncaught {
        class: ErrorClass::Internal.name().to_owned(),
        message,
        help: vec!["this is a bug in the workshop, not in your script; please report it with the script".to_owned()],
        ..Uncaught::default()
    };
    Outcome { exit: 70, failure: Some(failure), ..Outcome::default() }
}

fn run_here(request: RunRequest, names: &[String]) -> (Outcome, Vec<(String, Kept)>) {
    let log = request.log.clone();
    let RunSpec { script: Script { source, file }, arguments, steps_max, until, .. } = request.spec.clone();
    let (mut console, explained) = match Session::new(request) {
        Ok(session) => {
            let explained = session.explained.clone();
            (Console::new(Box::new(session), &file, &arguments, steps_max, false), explained)
        }
        Err(error) => {
            let failure = failure_of(&error);
            let exit = exit_of(&failure.class);
            log.push(VirtualTime::ZERO, EventKind::ApplicationEnded { exit });
            return (Outcome { exit, failure: Some(failure), ..Outcome::default() }, Vec::new());
        }
    };
    let end = loop {
        let end = console.run(&source);
        if !matches!(end, ScriptEnd::Raised(_)) || !console.is_restarted() {
            break end;
        }
        console = Console::new(console.end(), &file, &arguments, steps_max, false);
    };
    let kept = console.keep(names);
    let (exit, failure, stopped_before) = match end {
        ScriptEnd::Finished => (0, None, None),
        ScriptEnd::Exit(code) => (code, None, None),
        ScriptEnd::AtLine => (0, None, until),
        ScriptEnd::Raised(failure) => (exit_of(&failure.class), Some(*failure), None),
    };
    let mut host = console.end();
    let conf = host.conf().clone();
    host.end(exit);
    let explained = std::mem::take(&mut *explained.lock().unwrap_or_else(PoisonError::into_inner));
    (Outcome { exit, failure, stopped_before, explained, conf }, kept)
}

pub(super) fn failure_of(error: &SparkError) -> Uncaught {
    Uncaught {
        class: error.class().name().to_owned(),
        condition: error.condition().map(str::to_owned),
        message: error.message().to_owned(),
        subject: error.subject().map(str::to_owned),
        help: error.help().to_vec(),
        ..Uncaught::default()
    }
}

/// 3: valid on real Spark, not supported here; 70: our bug; 130: interrupted; 1: anything else that was raised.
pub(super) fn exit_of(class: &str) -> i32 {
    if class == ErrorClass::Unsupported.name() {
        3
    } else if class == ErrorClass::Internal.name() {
        70
    } else if class == ErrorClass::Interrupted.name() {
        130
    } else {
        1
    }
}

impl Session {
    pub(super) fn new(request: RunRequest) -> Result<Session> {
        let RunRequest { spec, log, cancelled, out } = request;
        let workspace = Workspace::new(&spec.root, &spec.allow)?;
        let mut conf = Conf::new();
        for (key, value) in &spec.conf {
            crate::logical::settings::check(key, value)?;
            conf.set(key.clone(), value.clone());
        }
        Ok(Session {
            workspace,
            conf: conf.clone(),
            given: conf,
            seeds: rng::stream(spec.seed, "script.seeds"),
            spec,
            ids: Arc::new(ExprIds::new()),
            catalog: catalog::SessionCatalog::default(),
            siblings: super::siblings::Siblings::default(),
            analyzed: crate::analyzer::AnalyzedPlans::new(),
            steps: super::plan_steps::PlanSteps::default(),
            caches: cache::CacheManager::default(),
            cluster: None,
            log,
            cancelled,
            out,
            next_query: 0,
            line: 0,
            writes: 0,
            explained: Explained::default(),
            ran: super::ran::RanPlans::default(),
            stopped: false,
            made: std::collections::BTreeSet::new(),
        })
    }
}
