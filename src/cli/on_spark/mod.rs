//! `--on spark`: the unchanged script on the person's own Spark, with its event log on.
//!
//! ```text
//!   find ──▶ spark-submit, in a process group of its own ──▶ what the script prints
//!                  │ event log, plain and in one file
//!                  ▼
//!   progress ── reads it while it grows          spark_log::read ── at the end ──▶ our events
//! ```
//!
//! A log of Spark does not hold what the script printed: that is put between its events, at the moment it was heard.

mod find;
mod process;
mod progress;

use super::launch::{self, Script};
use super::{branches, interrupt, output};
use crate::common::time::VirtualTime;
use crate::common::{ErrorClass, Result, SparkError};
use crate::datagen;
use crate::event::log::EventLog;
use crate::event::{Event, EventKind};
use crate::spark_log::read::{self, SparkLog};
use find::Spark;
use process::{Complaints, Group, Heard};
use progress::{Progress, Watcher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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
    pub(crate) exit: u8,
    pub(crate) interrupted: bool,
}

/// Something that the script printed, and when.
struct Printed {
    unix_micros: i64,
    text: String,
}

/// How the program ended.
struct End {
    exit: u8,
    interrupted: bool,
    printed: Vec<Printed>,
    complaints: Complaints,
}

impl Submission {
    /// Runs it to its end. `out` receives what the script prints; how far it is, and why it failed, is told on standard error.
    pub(crate) fn run(&self, quiet: bool, out: &mut dyn FnMut(&str)) -> Result<Ran> {
        let spark = find::find()?;
        let scratch = branches::empty_scratch().map_err(|error| unmade(&error))?;
        let folder = self.logs.clone().unwrap_or_else(|| scratch.join("spark-events"));
        std::fs::create_dir_all(&folder).map_err(|error| unmade(&error))?;
        let folder = std::path::absolute(&folder).map_err(|error| unmade(&error))?;
        self.make_tables()?;
        let command = self.command(&spark, &self.script_file(&scratch)?, &folder);
        let mut watcher = Watcher::new(&folder);
        let started = Group::start(command).map_err(|error| {
            let message = format!("{} could not be started: {error}", spark.submit.display());
            SparkError::new(ErrorClass::SparkException, message).with_help("check that Spark itself works")
        })?;
        let end = attend(started, &mut watcher, Progress::new(quiet), out);
        tell_failure(&end);
        let logs = watcher.logs();
        self.say_where(&logs);
        let events = match logs.last() {
            Some(log) => with_printed(open(log)?, end.printed, (!end.interrupted).then_some(end.exit)),
            None => Vec::new(),
        };
        Ok(Ran { events, exit: end.exit, interrupted: end.interrupted })
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
            ("spark.eventLog.buffer.kb", "8".to_owned()),
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

    /// Says where the logs are kept, and which of several is shown.
    fn say_where(&self, logs: &[PathBuf]) {
        if let (Some(shown), true) = (logs.last(), logs.len() > 1) {
            output::err(&format!(
                "batchlab: the script started {} sessions; the last one is shown ({})\n",
                logs.len(),
                shown.display()
            ));
        }
        for log in logs.iter().filter(|_| self.logs.is_some()) {
            output::err(&format!("batchlab: Spark's own log is {}\n", log.display()));
        }
    }
}

/// Reads the log of the run; what it does not say is said only for logs that come from elsewhere.
fn open(log: &Path) -> Result<SparkLog> {
    read::open(log).map_err(|error| {
        let message = format!("Spark's log {} cannot be read: {error}", log.display());
        SparkError::new(ErrorClass::SparkException, message)
            .with_help("--spark-events DIR keeps the log, to look into it")
    })
}

/// Waits for the program to end, hears what it says, and passes an interruption on to it.
fn attend(mut group: Group, watcher: &mut Watcher, mut progress: Progress, out: &mut dyn FnMut(&str)) -> End {
    let cancelled = interrupt::asked();
    let mut end = End { exit: 1, interrupted: false, printed: Vec::new(), complaints: Complaints::default() };
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(heard) = group.hear(POLL) {
            end.take(heard, &progress, out);
        }
        progress.show(watcher);
        match group.ended() {
            Ok(Some(status)) => {
                end.exit = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                break;
            }
            Ok(None) => {}
            Err(_) => break,
        }
        match asked {
            None if is_asked(&cancelled) => {
                group.ask_to_end();
                (asked, end.interrupted) = (Some(Instant::now()), true);
            }
            Some(since) if since.elapsed() > GRACE || is_asked(&cancelled) => group.end_now(),
            _ => {}
        }
    }
    let ended = Instant::now();
    while let (Some(heard), true) = (group.hear(POLL), ended.elapsed() < LAST_WORDS) {
        end.take(heard, &progress, out);
    }
    if end.interrupted {
        end.exit = 130;
    }
    end
}

/// Whether somebody has asked since the last time.
fn is_asked(flag: &AtomicBool) -> bool {
    flag.swap(false, Ordering::Relaxed)
}

impl End {
    fn take(&mut self, heard: Heard, progress: &Progress, out: &mut dyn FnMut(&str)) {
        match heard {
            Heard::Out(text) => {
                progress.aside(|| out(&text));
                self.printed.push(Printed { unix_micros: launch::wall_micros(), text });
            }
            Heard::Err(line) => self.complaints.push(line),
        }
    }
}

fn tell_failure(end: &End) {
    if end.exit == 0 || end.interrupted {
        return;
    }
    let essence = end.complaints.essence();
    output::err(&format!("batchlab: the script ended with status {} on real Spark:\n{essence}", end.exit));
    if essence.contains("JAVA_HOME is not set") || essence.contains("Java Runtime") {
        output::err("  Help: Spark needs Java; install one, or name its folder in JAVA_HOME\n");
    }
}

/// The events with what was printed between them. A run that went to its end has the exit status of its process.
fn with_printed(log: SparkLog, printed: Vec<Printed>, exit: Option<u8>) -> Vec<Arc<Event>> {
    let zero_micros = i64::try_from(log.zero_unix_millis).unwrap_or(i64::MAX).saturating_mul(1000);
    let moment = |printed: &Printed| {
        let micros = u64::try_from(printed.unix_micros.saturating_sub(zero_micros)).unwrap_or(0);
        VirtualTime(micros.saturating_mul(1000))
    };
    let merged = EventLog::new();
    let mut printed = printed.into_iter().peekable();
    for event in log.events {
        let is_end = matches!(event.kind, EventKind::ApplicationEnded { .. });
        while let Some(next) = printed.next_if(|next| is_end || moment(next) < event.time) {
            merged.push(moment(&next), EventKind::Printed { text: next.text });
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
        merged.push(moment(&left), EventKind::Printed { text: left.text });
    }
    merged.snapshot()
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
        let log = read::read(JOIN.as_bytes()).expect("a log");
        let (zero, count) = (log.zero_unix_millis as i64, log.events.len());
        let middle = log.events[count / 2].time;
        let at = |time: VirtualTime, text: &str| Printed {
            unix_micros: zero * 1000 + (time.0 / 1000) as i64,
            text: text.to_owned(),
        };
        let late = VirtualTime(log.events[count - 1].time.0 + 1_000_000_000);
        let merged = with_printed(log, vec![at(middle, "a\n"), at(late, "b\n")], Some(7));
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
