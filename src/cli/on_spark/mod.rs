//! `--on spark`: the unchanged script on the person's own Spark, with its event log on.
//!
//! ```text
//!   find ──▶ spark-submit, in a process group of its own ──▶ what the script prints ─┐
//!                  │ event log, plain and in one file                               │ attend
//!                  ▼                                                                ▼
//!   watcher ── reads it while it grows ──▶ our events ──▶ an audience: a line of progress, or the theatre
//! ```
//!
//! A log of Spark does not hold what the script printed: that is put between its events, at the moment it was heard.

mod find;
mod process;
mod sieve;
mod watcher;

use super::following::{Progress, Retelling};
use super::launch;
use super::{branches, interrupt, output, stage};
use crate::common::time::VirtualTime;
use crate::common::{ErrorClass, Result, SparkError};
use crate::datagen;
use crate::event::log::EventLog;
use crate::event::{Event, EventKind};
use crate::session::Script;
use crate::spark_log::read::SparkLog;
use crate::tui::{RunEnd, RunHandle};
use find::Spark;
use process::{Complaints, Group, Heard};
use sieve::{Kind, Sieve};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use watcher::Watcher;

/// How long a line is waited for before the log is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How long Spark may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);
/// How long the last words of an ended program are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum On {
    /// The person's own Spark.
    Spark,
}

/// What to run on real Spark.
pub(crate) struct Submission {
    pub(crate) script: Script,
    pub(crate) arguments: Vec<String>,
    /// The working folder: paths mean the same as in a run on the simulated cluster.
    pub(crate) root: PathBuf,
    pub(crate) master: Option<String>,
    pub(crate) conf: Vec<(String, String)>,
    /// Where Spark's own log is kept; else it goes with the other scratch files.
    pub(crate) logs: Option<PathBuf>,
}

/// How it went.
pub(crate) struct Ran {
    /// Empty when the script started no session.
    pub(crate) events: Vec<Arc<Event>>,
    /// What the script printed.
    pub(crate) printed: String,
    pub(crate) exit: u8,
    pub(crate) interrupted: bool,
    /// Why it failed, and where its logs are kept: lines for a person.
    notes: String,
}

impl Ran {
    /// Says on standard error why it failed, and where its logs are kept.
    fn tell_notes(self) -> Ran {
        output::err(&self.notes);
        self
    }
}

/// Something that the script printed, and when.
struct Printed {
    unix_micros: i64,
    text: String,
    /// Python's own warnings and tracebacks, which are no answer of the script.
    is_error: bool,
}

impl Printed {
    fn event(&self) -> EventKind {
        let text = self.text.clone();
        if self.is_error { EventKind::ErrorPrinted { text } } else { EventKind::Printed { text } }
    }
}

/// Who hears and sees a run while it goes on.
trait Audience {
    /// The script has printed this.
    fn hear(&mut self, text: &str);
    /// Asked several times a second; there may be nothing new.
    fn look(&mut self, watcher: &Watcher, printed: &[Printed]);
}

/// Text: what the script prints, and a line that tells how far it is.
struct Reader<'a> {
    progress: Progress,
    out: &'a mut dyn FnMut(&str),
}

impl Audience for Reader<'_> {
    fn hear(&mut self, text: &str) {
        self.progress.aside(|| (self.out)(text));
    }

    fn look(&mut self, watcher: &Watcher, _printed: &[Printed]) {
        self.progress.show(watcher.log().tally());
    }
}

/// The theatre; until the log says something, a line that tells how far it is.
struct Spectator {
    progress: Option<Progress>,
    retelling: Retelling,
}

impl Audience for Spectator {
    fn hear(&mut self, _text: &str) {}

    fn look(&mut self, watcher: &Watcher, printed: &[Printed]) {
        if let Some(progress) = &mut self.progress {
            progress.show(watcher.log().tally());
            if watcher.log().tally().executors == 0 {
                return;
            }
            // The theatre opens with the first telling: the terminal must be its own by then.
            self.progress = None;
        }
        self.retelling.tell(watcher.log().lines(), || with_printed(watcher.log().so_far(), printed, None));
    }
}

impl Submission {
    /// Runs it to its end. `out` receives what the script prints; how far it is, and why it failed, is told on standard error.
    pub(crate) fn run(&self, quiet: bool, out: &mut dyn FnMut(&str)) -> Result<Ran> {
        let mut reader = Reader { progress: Progress::new(quiet), out };
        let cancelled = interrupt::asked(Arc::default());
        let ran = self.start()?.attend(&cancelled, &mut reader)?;
        drop(reader);
        Ok(ran.tell_notes())
    }

    /// Runs it in the theatre, which opens when Spark's log begins; leaving it ends the run.
    pub(crate) fn watch(&self, title: &str, screen: stage::ScreenArgs) -> Result<Ran> {
        let running = self.start()?;
        let handle = RunHandle::default();
        let cancelled = interrupt::asked(handle.cancel.clone());
        let mut spectator =
            Spectator { progress: Some(Progress::new(false)), retelling: Retelling::new(handle.clone()) };
        let told = handle.clone();
        let attending = std::thread::spawn(move || {
            let ran = running.attend(&cancelled, &mut spectator);
            spectator.progress = None;
            told.finish(end_of(&ran, &mut spectator.retelling));
            ran
        });
        let shown = stage::follow(&handle, title, screen);
        if handle.end().is_none() {
            output::err("batchlab: Spark is asked to end; Ctrl-C ends it at once\n");
        }
        let ran = attending.join().unwrap_or_else(|_| Err(SparkError::internal("the run on Spark was lost")))?;
        shown.map(|()| ran.tell_notes())
    }

    fn start(&self) -> Result<Running> {
        let spark = find::find()?;
        let scratch = branches::empty_scratch().map_err(|error| unmade(&error))?;
        let folder = self.logs.clone().unwrap_or_else(|| scratch.join("spark-events"));
        std::fs::create_dir_all(&folder).map_err(|error| unmade(&error))?;
        let folder = std::path::absolute(&folder).map_err(|error| unmade(&error))?;
        self.make_tables()?;
        let command = self.command(&spark, &self.script_file(&scratch)?, &folder);
        let watcher = Watcher::new(&folder);
        let group = Group::start(command).map_err(|error| {
            let message = format!("{} could not be started: {error}", spark.submit.display());
            SparkError::new(ErrorClass::SparkException, message).with_help("check that Spark itself works")
        })?;
        let (printed, complaints) = (Vec::new(), Complaints::default());
        let sieve = Sieve::default();
        Ok(Running { group, watcher, sieve, printed, complaints, keeps_logs: self.logs.is_some() })
    }

    /// The workshop's tables that the script names and that are missing; a run on the simulated cluster makes them as well.
    fn make_tables(&self) -> Result<()> {
        for table in datagen::named_in(&self.script.source) {
            datagen::ensure_table(&self.root.join("datasets"), table)?;
        }
        Ok(())
    }

    /// The script as a file; one that only the binary carries is written down.
    fn script_file(&self, scratch: &Path) -> Result<PathBuf> {
        let file = std::path::absolute(&self.script.file).map_err(|error| unmade(&error))?;
        if file.is_file() {
            return Ok(file);
        }
        let file = scratch.join(file.file_name().unwrap_or("script.py".as_ref()));
        std::fs::write(&file, &self.script.source).map_err(|error| unmade(&error))?;
        Ok(file)
    }

    fn command(&self, spark: &Spark, script: &Path, logs: &Path) -> Command {
        let mut command = Command::new(&spark.submit);
        if let Some(master) = &self.master {
            command.args(["--master", master]);
        }
        let log = [
            ("spark.eventLog.enabled", "true".to_owned()),
            ("spark.eventLog.dir", logs.display().to_string()),
            // Plain and in one file, and written often, so that it can be followed.
            ("spark.eventLog.compress", "false".to_owned()),
            ("spark.eventLog.rolling.enabled", "false".to_owned()),
            ("spark.eventLog.buffer.kb", "1".to_owned()),
        ];
        let given = self.conf.iter().map(|(key, value)| (key.as_str(), value.clone()));
        for (key, value) in given.chain(log) {
            command.arg("--conf").arg(format!("{key}={value}"));
        }
        command.arg(script).args(&self.arguments).current_dir(&self.root).env("PYTHONUNBUFFERED", "1");
        if let Some(python) = &spark.python {
            command.env("PYSPARK_PYTHON", python).env("PYSPARK_DRIVER_PYTHON", python);
        }
        command
    }
}

/// A script that runs on real Spark. Dropped, nothing of it goes on.
struct Running {
    group: Group,
    watcher: Watcher,
    sieve: Sieve,
    printed: Vec<Printed>,
    complaints: Complaints,
    /// Spark's logs stay where the person asked for them.
    keeps_logs: bool,
}

impl Running {
    /// Waits for the program to end, hears what it says, and passes an interruption on to it.
    fn attend(mut self, cancelled: &AtomicBool, audience: &mut dyn Audience) -> Result<Ran> {
        let mut asked: Option<Instant> = None;
        let exit = loop {
            if let Some(heard) = self.group.hear(POLL) {
                self.take(heard, audience);
            }
            // What cannot be read now may be later; at the end it is told.
            let _ = self.watcher.look();
            audience.look(&self.watcher, &self.printed);
            match self.group.ended() {
                Ok(Some(status)) => break status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
                Ok(None) => {}
                Err(_) => break 1,
            }
            match asked {
                None if is_asked(cancelled) => {
                    self.group.ask_to_end();
                    asked = Some(Instant::now());
                }
                Some(since) if since.elapsed() > GRACE || is_asked(cancelled) => self.group.end_now(),
                _ => {}
            }
        };
        let ended = Instant::now();
        while let (Some(heard), true) = (self.group.hear(POLL), ended.elapsed() < LAST_WORDS) {
            self.take(heard, audience);
        }
        self.watcher.look().map_err(|error| unreadable(&error))?;
        let interrupted = asked.is_some();
        let exit = if interrupted { 130 } else { exit };
        let events = with_printed(self.watcher.log().so_far(), &self.printed, (!interrupted).then_some(exit));
        let failure = if interrupted { String::new() } else { self.failure(exit) };
        let printed =
            self.printed.iter().filter(|printed| !printed.is_error).map(|printed| printed.text.as_str()).collect();
        Ok(Ran { events, printed, exit, interrupted, notes: failure + &self.places() })
    }

    fn take(&mut self, heard: Heard, audience: &mut dyn Audience) {
        match heard {
            Heard::Out(text) => {
                let kind = self.sieve.kind(&text);
                match kind {
                    Kind::Print => audience.hear(&text),
                    Kind::Warning => {}
                    Kind::Traceback => self.complaints.push(text.clone()),
                }
                self.printed.push(Printed { unix_micros: launch::wall_micros(), text, is_error: kind != Kind::Print });
            }
            Heard::Err(line) => self.complaints.push(line),
        }
    }

    /// Why it failed; nothing when it did not.
    fn failure(&self, exit: u8) -> String {
        if exit == 0 {
            return String::new();
        }
        let essence = self.complaints.essence();
        let help = if essence.contains("JAVA_HOME is not set") || essence.contains("Java Runtime") {
            "  Help: Spark needs Java; install one, or name its folder in JAVA_HOME\n"
        } else {
            ""
        };
        let more = if essence.is_empty() { "; it did not say why\n" } else { ":\n" };
        format!("batchlab: the script ended with status {exit} on real Spark{more}{essence}{help}")
    }

    /// Where the logs are kept, and which of several is shown.
    fn places(&self) -> String {
        let logs = self.watcher.logs();
        let mut text = String::new();
        if let (Some(shown), true) = (logs.last(), logs.len() > 1) {
            let (count, shown) = (logs.len(), shown.display());
            text += &format!("batchlab: the script started {count} sessions; the last one is shown ({shown})\n");
        }
        for log in logs.iter().filter(|_| self.keeps_logs) {
            text += &format!("batchlab: Spark's own log is {}\n", log.display());
        }
        text
    }
}

/// Tells the run as it has ended, and how.
fn end_of(ran: &Result<Ran>, retelling: &mut Retelling) -> RunEnd {
    match ran {
        Ok(ran) => {
            retelling.tell_last(ran.events.clone());
            let failed = ran.exit != 0 && !ran.interrupted;
            RunEnd { exit: i32::from(ran.exit), error: failed.then(|| ran.notes.clone()) }
        }
        Err(error) => RunEnd { exit: 1, error: Some(error.message().to_owned()) },
    }
}

/// Whether somebody has asked since the last time.
fn is_asked(flag: &AtomicBool) -> bool {
    flag.swap(false, Ordering::Relaxed)
}

/// The events with what was printed between them. A run that went to its end has the exit status of its process. Without a session there
/// are none.
fn with_printed(log: SparkLog, printed: &[Printed], exit: Option<u8>) -> Vec<Arc<Event>> {
    if log.events.is_empty() || (printed.is_empty() && exit.is_none()) {
        return log.events;
    }
    let zero_micros = i64::try_from(log.zero_unix_millis).unwrap_or(i64::MAX).saturating_mul(1000);
    let moment = |printed: &Printed| {
        let micros = u64::try_from(printed.unix_micros.saturating_sub(zero_micros)).unwrap_or(0);
        VirtualTime(micros.saturating_mul(1000))
    };
    let merged = EventLog::new();
    let mut printed = printed.iter().peekable();
    for event in log.events {
        let is_end = matches!(event.kind, EventKind::ApplicationEnded { .. });
        while let Some(next) = printed.next_if(|next| is_end || moment(next) < event.time) {
            merged.push(moment(next), next.event());
        }
        merged.push(
            event.time,
            match (&event.kind, exit) {
                (EventKind::ApplicationEnded { .. }, Some(exit)) => {
                    EventKind::ApplicationEnded { exit: i32::from(exit) }
                }
                (kind, _) => kind.clone(),
            },
        );
    }
    for left in printed {
        merged.push(moment(left), left.event());
    }
    merged.snapshot()
}

fn unreadable(error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("Spark's log cannot be read: {error}"))
        .with_help("--spark-events DIR keeps the log, to look into it")
}

fn unmade(error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("no folder for the run could be made: {error}"))
        .with_help("check the free space of the temporary folder and of the folder for the log")
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOIN: &str = include_str!("../../../tests/data/spark_logs/join.json");

    #[test]
    fn what_was_printed_stands_where_it_was_heard_and_before_the_end() {
        let log = crate::spark_log::read::read(JOIN.as_bytes()).expect("a log");
        let (zero, count) = (log.zero_unix_millis as i64, log.events.len());
        let middle = log.events[count / 2].time;
        let at = |time: VirtualTime, text: &str| Printed {
            unix_micros: zero * 1000 + (time.0 / 1000) as i64,
            text: text.to_owned(),
            is_error: false,
        };
        let late = VirtualTime(log.events[count - 1].time.0 + 1_000_000_000);
        let merged = with_printed(log, &[at(middle, "a\n"), at(late, "b\n")], Some(7));
        assert_eq!(merged.len(), count + 2);
        assert!(merged.iter().enumerate().all(|(index, event)| event.seq == index as u64));
        assert!(merged.windows(2).all(|pair| pair[0].time <= pair[1].time));
        let place = |wanted: &str| {
            merged.iter().position(|event| matches!(&event.kind, EventKind::Printed { text } if text == wanted))
        };
        assert_eq!(merged[place("a\n").expect("it was printed")].time, middle);
        assert_eq!(place("b\n"), Some(count));
        assert_eq!(merged[count + 1].kind, EventKind::ApplicationEnded { exit: 7 });
    }
}
