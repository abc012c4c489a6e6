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
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// What to run, on what, and where its output goes.
pub struct RunRequest {
    /// The script's text.
    pub source: String,
    /// Its name for messages and `__file__`.
    pub file: String,
    /// `sys.argv[1..]`.
    pub arguments: Vec<String>,
    /// The working folder.
    pub root: PathBuf,
    /// Further folders that it may touch.
    pub allow: Vec<PathBuf>,
    /// The cluster; absent: from the script's `.master()`, else the default of the request.
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
    /// Threads that compute tasks.
    pub threads: usize,
    /// Memory that this process should get by with; what does not fit goes to temporary files.
    pub process_memory_bytes: u64,
    /// Receives what happened, also while it runs.
    pub log: EventLog,
    pub cancelled: Arc<AtomicBool>,
    /// Receives what the script prints.
    pub out: Box<dyn FnMut(&str) + Send>,
    /// The script stops before its first statement on this line (1-based).
    pub until: Option<u32>,
    /// Keep the plans of every action (for `explain`).
    pub explain: bool,
    /// Where they are kept.
    pub explained: Explained,
}

/// Plans of actions, shared between a running session and the one who asked for them.
pub type Explained = Arc<Mutex<Vec<ExplainedQuery>>>;

/// What stays fixed once the run has started.
pub(super) struct Settings {
    pub file: String,
    pub cluster: Option<ClusterConfig>,
    pub default_cluster: ClusterConfig,
    pub faults: Vec<Fault>,
    pub seed: u64,
    pub now_micros: i64,
    pub threads: usize,
    pub process_memory_bytes: u64,
    pub until: Option<u32>,
    pub explain: bool,
    /// What was set from outside.
    pub conf: Conf,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The exit status of design §4 and curriculum §7.
    pub exit: i32,
    pub failure: Option<Uncaught>,
    /// The line of [`RunRequest::until`], when the script came to it.
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
    let (source, until) = (request.source.clone(), request.until);
    let (file, arguments, steps) = (request.file.clone(), request.arguments.clone(), request.steps_max);
    let explained = request.explained.clone();
    let mut console = match console(request, false) {
        Ok(console) => console,
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
        console = Console::new(console.end(), &file, &arguments, steps, false);
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

/// The interpreter with its session.
pub(super) fn console(request: RunRequest, echoes: bool) -> Result<Console> {
    let (file, arguments, steps) = (request.file.clone(), request.arguments.clone(), request.steps_max);
    Ok(Console::new(Box::new(Session::new(request)?), &file, &arguments, steps, echoes))
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
        let workspace = Workspace::new(&request.root, &request.allow)?;
        let mut conf = Conf::new();
        for (key, value) in &request.conf {
            crate::logical::settings::check(key, value)?;
            conf.set(key.clone(), value.clone());
        }
        Ok(Session {
            workspace,
            conf: conf.clone(),
            settings: Settings {
                file: request.file,
                cluster: request.cluster,
                default_cluster: request.default_cluster,
                faults: request.faults,
                seed: request.seed,
                now_micros: request.now_micros,
                threads: request.threads,
                process_memory_bytes: request.process_memory_bytes,
                until: request.until,
                explain: request.explain,
                conf,
            },
            ids: Arc::new(ExprIds::new()),
            catalog: catalog::SessionCatalog::default(),
            siblings: super::siblings::Siblings::default(),
            analyzed: crate::analyzer::AnalyzedPlans::new(),
            steps: super::plan_steps::PlanSteps::default(),
            caches: cache::CacheManager::default(),
            cluster: None,
            log: request.log,
            cancelled: request.cancelled,
            out: request.out,
            next_query: 0,
            line: 0,
            seeds: rng::stream(request.seed, "script.seeds"),
            writes: 0,
            explained: request.explained,
            ran: super::ran::RanPlans::default(),
            stopped: false,
            made: std::collections::BTreeSet::new(),
        })
    }
}
