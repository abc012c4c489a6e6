//! Runs done again with something different, each in a scratch folder of its own, so that a branch never touches what the learner wrote.

use super::launch::{self, Conversation};
use super::scenarios;
use crate::cluster::Fault;
use crate::cluster::fault::FaultTime;
use crate::event::EventKind;
use crate::event::log::EventLog;
use crate::session::{Answer, Ask, RunSpec};
use crate::tui::theatre::branch::Change;
use crate::tui::theatre::fault::{FaultLine, Strike};
use crate::tui::theatre::{BranchRequest, Engine};
use crate::tui::{RunEnd, RunHandle};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What is done again.
pub(crate) enum Again {
    Script,
    /// What was typed at a prompt, as far as this log of the session tells.
    Entries(EventLog),
}

/// The theatre's way to do a run again.
pub(crate) fn engine(spec: RunSpec, again: Again) -> Engine {
    let root = spec.root.clone();
    let scenarios = scenarios::known(&root);
    let branches = Branches { spec, again, started: RefCell::default() };
    Engine {
        on_branch: Box::new(move |request| branches.start(request)),
        on_save: Box::new(move |text| scenarios::keep(&root, text)),
        scenarios,
    }
}

struct Branches {
    spec: RunSpec,
    again: Again,
    started: RefCell<Vec<RunHandle>>,
}

impl Drop for Branches {
    /// Stops what still runs, waits a little for it, and removes the scratch folders.
    fn drop(&mut self) {
        let started = self.started.borrow();
        started.iter().for_each(RunHandle::stop);
        for _ in 0..100 {
            if started.iter().all(|run| run.end().is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        tidy();
    }
}

impl Branches {
    fn start(&self, request: &BranchRequest) -> Result<RunHandle, String> {
        let mut spec = self.spec.clone();
        spec.root = scratch(&self.spec.root).map_err(|error| format!("no scratch folder could be made: {error}"))?;
        spec.allow.push(self.spec.root.clone());
        for change in &request.changes {
            apply(&mut spec, change).map_err(|error| error.message().to_owned())?;
        }
        let handle = match &self.again {
            Again::Script => start(&spec, EventLog::new()),
            Again::Entries(log) => start_entries(&spec, entries(log)),
        };
        self.started.borrow_mut().push(handle.clone());
        Ok(handle)
    }
}

fn apply(spec: &mut RunSpec, change: &Change) -> crate::common::Result<()> {
    match change {
        Change::Strike(strike) => spec.faults.extend(faults_of(strike)?),
        Change::Scenario(scenario) => spec.faults.extend(Fault::scenario(&scenario.name, &scenario.text)?),
        Change::WithoutGivenFaults => spec.faults.clear(),
        Change::WithoutRule(rule) => exclude(&mut spec.conf, rule),
        Change::Grown(times) => {
            for cluster in spec.cluster.iter_mut().chain([&mut spec.default_cluster]) {
                cluster.scale = cluster.scale.saturating_mul(*times);
            }
        }
    }
    Ok(())
}

/// Adds a rule to those that the optimizer leaves out.
fn exclude(conf: &mut Vec<(String, String)>, rule: &str) {
    const EXCLUDED: &str = "spark.sql.optimizer.excludedRules";
    match conf.iter_mut().rev().find(|(key, _)| key == EXCLUDED) {
        Some((_, rules)) => *rules = format!("{rules},{rule}"),
        None => conf.push((EXCLUDED.to_owned(), rule.to_owned())),
    }
}

/// What a choice in the fault console means to the cluster: at its event, or at exactly its moment.
fn faults_of(strike: &Strike) -> crate::common::Result<Vec<Fault>> {
    let fault = |line: FaultLine| {
        let fault = Fault::parse(&line.text())?;
        Ok(if line.cue.is_some() { fault } else { Fault { at: FaultTime::At(line.at), ..fault } })
    };
    strike.lines().into_iter().map(fault).collect()
}

/// Starts a run whose end the handle tells; what the script prints is in the log.
pub(crate) fn start(spec: &RunSpec, log: EventLog) -> RunHandle {
    let handle = RunHandle::new(log, Arc::new(AtomicBool::new(false)));
    let end = launch::start(spec, &handle.log, handle.cancel.clone(), Box::new(|_| {}));
    let (told, script) = (handle.clone(), spec.script.clone());
    std::thread::spawn(move || {
        let end = match end.recv() {
            Ok(outcome) => {
                let error = outcome.failure.as_ref().map(|failure| super::launch::draw(&script, failure));
                RunEnd { exit: outcome.exit, error }
            }
            Err(_) => {
                RunEnd { exit: i32::from(super::EXIT_BUG), error: Some("the run ended without a word".to_owned()) }
            }
        };
        told.finish(end);
    });
    handle
}

/// What was typed at a prompt, entry by entry.
fn entries(log: &EventLog) -> Vec<String> {
    let text = |event: &Arc<crate::event::Event>| match &event.kind {
        EventKind::ScriptRead { text, .. } => Some(text.clone()),
        _ => None,
    };
    log.snapshot().iter().filter_map(text).collect()
}

/// Starts a session in which these entries are typed, one after the other.
fn start_entries(spec: &RunSpec, entries: Vec<String>) -> RunHandle {
    let handle = RunHandle::new(EventLog::new(), Arc::new(AtomicBool::new(false)));
    let Conversation { asks, answers, end } =
        launch::converse(spec, &handle.log, handle.cancel.clone(), Box::new(|_| {}));
    let told = handle.clone();
    std::thread::spawn(move || {
        // First it says that it is there; then an entry comes when the one before has run.
        let mut entries = entries.into_iter();
        while let Ok(answer) = answers.recv() {
            let is_over = matches!(&answer, Answer::Ran(ran) if ran.exit.is_some());
            let Some(entry) = entries.next().filter(|_| !is_over) else { break };
            if asks.send(Ask::Run(entry)).is_err() {
                break;
            }
        }
        drop(asks);
        let exit = end.recv().map_or(i32::from(super::EXIT_BUG), |outcome| outcome.exit);
        told.finish(RunEnd { exit, error: None });
    });
    handle
}

/// A new folder; [`tidy`] removes it.
pub(crate) fn empty_scratch() -> std::io::Result<PathBuf> {
    let base = scratches();
    std::fs::create_dir_all(&base)?;
    let number = std::fs::read_dir(&base)?.count();
    let folder = base.join(number.to_string());
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Where the scratch folders of this process are.
fn scratches() -> PathBuf {
    std::env::temp_dir().join(format!("batchlab-branch-{}", std::process::id()))
}

/// A new folder that shows everything of `root` but its outputs.
pub(crate) fn scratch(root: &Path) -> std::io::Result<PathBuf> {
    let folder = empty_scratch()?;
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let output = ["out", "spark-warehouse", "checkpoints", "target"].iter().any(|hidden| name == *hidden);
        if !output {
            link(&entry.path(), &folder.join(name))?;
        }
    }
    Ok(folder)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_file() { std::fs::hard_link(from, to) } else { Ok(()) }
}

/// Removes the scratch folders of this process.
pub(crate) fn tidy() {
    // A folder that cannot be removed now is the temporary folder's to clean.
    let _ = std::fs::remove_dir_all(scratches());
}
