//! Seeds tried: the twin that some share, and for each its faults and its verdict.

use super::case::{Case, TABLES};
use super::mix::Mix;
use super::{tables, unwritable};
use crate::cluster::{Breakage, Fault};
use crate::common::Result;
use crate::event::log::EventLog;
use crate::event::{Event, EventKind, TaskCause};
use crate::session::{RunRequest, RunSpec, Script, run_script};
use crate::status::check::check;
use crate::status::check::limits::{self, Limit};
use crate::status::waits::ran_again;
use crate::status::why::{Finding, Subject, ask};
use crate::status::{Status, TaskState};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Seeds in a row that share a case, and its twin. Each draws faults of its own: recovery is what is on trial, and a twin takes as long as a run.
pub const SIBLINGS: u64 = 4;

/// The run with faults is done a second time for one seed in so many, on two threads: its log must be the same. No multiple of the siblings,
/// so that each of them has its turn.
const REPEATED: u64 = 7;

/// A seed that shows a bug of ours.
#[derive(Debug, Clone)]
pub struct Bug {
    pub seed: u64,
    pub mix: Mix,
    /// What is not as it must be.
    pub what: String,
    /// The faults that were injected, as they are written on the command line.
    pub faults: String,
}

/// How a seed came out.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The rows of the twin.
    Same,
    /// The job failed at this limit, and the log bears it out.
    Failed(Limit),
    Bug(Bug),
}

/// A seed that was tried.
#[derive(Debug, Clone)]
pub struct Trial {
    pub verdict: Verdict,
    /// Faults that struck.
    pub faults: u64,
    /// Task attempts that did work again.
    pub again: u64,
    /// Of the run with faults.
    pub events: u64,
    /// The log of the run with faults.
    pub log: Vec<Arc<Event>>,
}

/// What a run left behind.
struct Ran {
    printed: String,
    exit: i32,
    failure: String,
    events: Vec<Arc<Event>>,
}

impl Ran {
    /// Whether it ended as a run can, and its log keeps all promises; else what is not so.
    fn is_sound(&self) -> std::result::Result<(), String> {
        if self.exit == 70 || self.exit == 3 {
            return Err(self.failure.clone());
        }
        check(&self.events).map_err(|broken| broken.to_string())
    }
}

/// A case and its run in which nothing goes wrong.
struct Twin {
    case: Case,
    /// Where its tables lie.
    folder: PathBuf,
    ran: Ran,
    /// What of it is not as it must be.
    sound: std::result::Result<(), String>,
}

impl Twin {
    fn of(number: u64, folder: &Path) -> Result<Twin> {
        let case = Case::new(number)?;
        let folder = folder.join(format!("tables-{}", case.tables));
        lay_out(&folder, case.tables)?;
        let ran = run(&case, &[], 1, &folder);
        let sound = ran.is_sound().map_err(|what| format!("without faults: {what}"));
        Ok(Twin { case, folder, ran, sound })
    }
}

/// A place where seeds are tried, one after the other.
pub struct Trials {
    mix: Mix,
    folder: PathBuf,
    /// The one of the last seed.
    twin: Option<Twin>,
}

impl Trials {
    /// Trials in a folder of their own.
    #[must_use]
    pub fn new(mix: Mix, folder: PathBuf) -> Trials {
        Trials { mix, folder, twin: None }
    }

    /// Tries a seed.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn try_seed(&mut self, seed: u64) -> Result<Trial> {
        let number = seed / SIBLINGS;
        let twin = match self.twin.take().filter(|twin| twin.case.number == number) {
            Some(twin) => twin,
            None => Twin::of(number, &self.folder)?,
        };
        let trial = try_against(&twin, seed, self.mix);
        self.twin = Some(twin);
        Ok(trial)
    }
}

/// What the faults of a seed are drawn from: other for each sibling.
fn draw_of(seed: u64) -> u64 {
    (seed / SIBLINGS) ^ ((seed % SIBLINGS) << 56)
}

fn try_against(twin: &Twin, seed: u64, mix: Mix) -> Trial {
    let Twin { case, folder, .. } = twin;
    let faults = mix.faults(draw_of(seed), case.cluster.nodes(), case.cluster.racks(), &twin.ran.events);
    let once = run(case, &faults, 1, folder);
    let verdict = judge(twin, &once).and_then(|verdict| {
        if !seed.is_multiple_of(REPEATED) {
            return Ok(verdict);
        }
        let again = run(case, &faults, 2, folder);
        let same = once.events == again.events;
        if same { Ok(verdict) } else { Err(format!("two runs differ: {}", first_difference(&once, &again))) }
    });
    let injected = |event: &&Arc<Event>| matches!(event.kind, EventKind::FaultInjected { .. });
    let is_again = |event: &&Arc<Event>| match &event.kind {
        EventKind::TaskStarted { cause, .. } => *cause != TaskCause::First,
        _ => false,
    };
    Trial {
        faults: once.events.iter().filter(injected).count() as u64,
        again: once.events.iter().filter(is_again).count() as u64,
        events: once.events.len() as u64,
        verdict: verdict.unwrap_or_else(|what| Verdict::Bug(Bug { seed, mix, what, faults: written(&faults) })),
        log: once.events,
    }
}

fn written(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The rows of the twin, or a failure at a limit that the log bears out; everything else is a bug of ours.
fn judge(twin: &Twin, run: &Ran) -> std::result::Result<Verdict, String> {
    twin.sound.clone()?;
    run.is_sound().map_err(|what| format!("with faults: {what}"))?;
    let twin = &twin.ran;
    why_is_what_was(&run.events)?;
    let (limit, limit_of_twin) = (failed_at(run)?, failed_at(twin)?);
    if limit.or(limit_of_twin).is_none() && run.exit != twin.exit {
        return Err(format!("it failed at no limit: {}", run.failure));
    }
    // A driver that is started again runs the whole script; what it printed before stays.
    let printed = match was_restarted(&run.events) {
        true if limit.is_some() => twin.printed.as_str(),
        true if run.printed.ends_with(&twin.printed) => twin.printed.as_str(),
        _ => run.printed.as_str(),
    };
    // What a script has printed when it fails are the first of its rows.
    let same = match (limit, limit_of_twin) {
        (None, None) => printed == twin.printed,
        (Some(_), None) => twin.printed.starts_with(printed),
        (None, Some(_)) => printed.starts_with(&twin.printed),
        (Some(_), Some(_)) => twin.printed.starts_with(printed) || printed.starts_with(&twin.printed),
    };
    if same { Ok(limit.map_or(Verdict::Same, Verdict::Failed)) } else { Err(difference(&twin.printed, &run.printed)) }
}

/// The limit that ended the script, if one did. Without faults too: a local checkpoint goes with an executor that was idle for too long.
fn failed_at(ran: &Ran) -> std::result::Result<Option<Limit>, String> {
    let failed = limits::failures(&ran.events)?;
    let limit =
        failed.into_iter().map(|(_, limit)| limit).find(|limit| !matches!(limit, Limit::OwnError | Limit::Cancelled));
    Ok(limit.filter(|_| ran.exit != 0))
}

fn was_restarted(events: &[Arc<Event>]) -> bool {
    let again = Breakage::RestartDriver.to_string();
    let is_restart =
        |event: &Arc<Event>| matches!(&event.kind, EventKind::FaultInjected { fault, .. } if *fault == again);
    events.iter().any(is_restart)
}

/// "It ran again" is answered for exactly the tasks that did.
fn why_is_what_was(events: &[Arc<Event>]) -> std::result::Result<(), String> {
    let status = Status::of(events);
    let again: BTreeSet<_> = ran_again(&status).into_iter().map(|(stage, part, _)| (stage, part)).collect();
    for (id, stage) in status.stages.iter() {
        for (part, task) in (0..).zip(stage.tasks()) {
            // What is lost at the end is asked about for its loss.
            if task.state == TaskState::Lost {
                continue;
            }
            let said = matches!(ask(&status, Subject::Task(*id, part)).finding, Finding::Again { .. });
            if said != again.contains(&(*id, part)) {
                return Err(format!("{id}.p{part}: the log shows that it ran again or not, and why says otherwise"));
            }
        }
    }
    Ok(())
}

fn difference(expected: &str, found: &str) -> String {
    let lines = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    match lines {
        Some((expected, found)) => format!("the rows differ: expected {expected}, found {found}"),
        None => format!("{} lines were expected, {} found", expected.lines().count(), found.lines().count()),
    }
}

fn lay_out(folder: &Path, number: u64) -> Result<()> {
    if folder.join("b.parquet").join("_SUCCESS").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    tables::make_tables(folder, number % TABLES).map_err(|error| unwritable(folder, &error))?;
    let mut case = Case::new(0)?;
    case.script = tables::as_parquet();
    case.conf.clear();
    let ran = run(&case, &[], 1, folder);
    if ran.exit == 0 { Ok(()) } else { Err(unwritable(folder, &io::Error::other(ran.failure))) }
}

fn run(case: &Case, faults: &[Fault], threads: usize, folder: &Path) -> Ran {
    let printed = Arc::new(Mutex::new(String::new()));
    let (sink, log) = (printed.clone(), EventLog::new());
    let script = Script { source: case.script.clone(), file: "script.py".to_owned() };
    let spec = RunSpec {
        faults: faults.to_vec(),
        seed: case.number,
        conf: case.conf.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        threads,
        ..RunSpec::new(script, folder, case.cluster.clone())
    };
    let outcome = run_script(RunRequest {
        log: log.clone(),
        out: Box::new(move |text| sink.lock().unwrap_or_else(PoisonError::into_inner).push_str(text)),
        ..spec.into()
    });
    let failure = outcome.failure.map_or_else(String::new, |failure| format!("{}: {}", failure.class, failure.message));
    let printed = std::mem::take(&mut *printed.lock().unwrap_or_else(PoisonError::into_inner));
    Ran { printed, exit: outcome.exit, failure, events: log.snapshot() }
}

fn first_difference(once: &Ran, again: &Ran) -> String {
    let pair = once.events.iter().zip(&again.events).find(|(once, again)| once != again);
    let mut text = String::new();
    match pair {
        Some((once, again)) => drop(write!(text, "{once:?} and {again:?}")),
        None => drop(write!(text, "{} and {} events", once.events.len(), again.events.len())),
    }
    text
}
