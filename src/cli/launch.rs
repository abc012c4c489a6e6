//! Starts runs: builds a [`RunSpec`] from the command line and runs it on a thread of its own.

use super::cluster_args::{ClusterArgs, SubmitArgs, submit_args};
use super::workshop::{Chosen, Folder};
use super::{config, output};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::log::EventLog;
use crate::event::{Event, EventKind};
use crate::report::{self, Narrator, Place, Raised};
use crate::session::{
    Answer, Ask, Kept, Outcome, RunRequest, RunSpec, Script, Uncaught, run_and_keep, run_entries, run_script,
};
use crate::status::Status;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long the narrator sleeps when nothing new has happened.
const POLL: Duration = Duration::from_millis(25);

/// Who hears what a script prints.
type Printed = Box<dyn FnMut(&str) + Send>;

/// The id of a step, where the path is one and no file has that name.
pub(crate) fn step_id(path: &Path) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = path.to_str().filter(|_| !path.exists())?;
    let (exercise, step) = word.strip_prefix(['E', 'e'])?.split_once('.')?;
    (digits(exercise) && digits(step)).then_some(word)
}

/// Reads a script file, or the script of a step such as `E2.3`. A path of the workshop's own content, such as a demo's script, is found in
/// the binary where there is no such file.
pub(crate) fn read(path: &Path) -> Result<Script> {
    if let Some(id) = step_id(path) {
        let chosen = Folder::open(Path::new("."))?.choose(&[id.to_owned()])?;
        let script = |chosen: Chosen| Script { source: chosen.source, file: chosen.file };
        return chosen.into_iter().next().map(script).ok_or_else(|| SparkError::internal("a step without a script"));
    }
    let own = || crate::workshop::content::Content::embedded().text(path.to_str()?).ok();
    if let Some(source) = (!path.exists()).then(own).flatten() {
        return Ok(Script { source: source.into_owned(), file: path.display().to_string() });
    }
    let bytes = std::fs::read(path).map_err(|error| {
        SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("the script {} cannot be read: {error}", path.display()),
        )
        .with_help("give the path of a Python file; `batchlab run --help` shows examples")
    })?;
    let source = String::from_utf8(bytes).map_err(|_| {
        SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("the script {} is not UTF-8 text", path.display()),
        )
        .with_help("save it as UTF-8")
    })?;
    Ok(Script { source, file: path.display().to_string() })
}

/// A run as the command line, the environment and the defaults describe it.
pub(crate) fn spec(script: Script, arguments: Vec<String>, args: &ClusterArgs) -> Result<RunSpec> {
    let submit = std::env::var("PYSPARK_SUBMIT_ARGS").map_or_else(|_| SubmitArgs::default(), |text| submit_args(&text));
    let default_cluster = match submit.master.as_deref().and_then(crate::session::cluster_of_master) {
        Some(config) => config,
        None => config::get().default_cluster()?,
    };
    let mut conf = submit.conf;
    if let Some(master) = submit.master {
        conf.push(("spark.master".to_owned(), master));
    }
    conf.extend(args.settings()?);
    let root = working_folder()?;
    let cluster = args.config()?;
    Ok(RunSpec {
        script,
        arguments,
        root,
        allow: args.allow_path.clone(),
        faults: args.faults(cluster.as_ref().unwrap_or(&default_cluster))?,
        cluster,
        default_cluster,
        seed: args.seed,
        conf,
        now_micros: args.now_micros(wall_micros())?,
        steps_max: args.steps,
        threads: threads(),
        process_memory_bytes: args.process_memory_bytes()?,
        until: None,
        explain: false,
    })
}

/// Threads that compute tasks: one for each core of this machine.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Runs it here and now, without a word, and keeps what these names hold at its end.
pub(crate) fn keep(spec: &RunSpec, names: &[String]) -> (Outcome, Vec<(String, Kept)>) {
    run_and_keep(spec.clone().into(), names)
}

/// Starts a session whose script is typed bit by bit.
pub(crate) fn converse(spec: &RunSpec, log: &EventLog, cancelled: Arc<AtomicBool>, out: Printed) -> Conversation {
    let (asks, asked) = channel();
    let (answering, answers) = channel();
    let request = RunRequest { spec: spec.clone(), log: log.clone(), cancelled, out };
    Conversation { asks, answers, end: on_a_thread(move || run_entries(request, asked, answering)) }
}

/// Starts the run; its end comes through the channel.
pub(crate) fn start(spec: &RunSpec, log: &EventLog, cancelled: Arc<AtomicBool>, out: Printed) -> Receiver<Outcome> {
    let request = RunRequest { spec: spec.clone(), log: log.clone(), cancelled, out };
    on_a_thread(move || run_script(request))
}

/// The folder that paths of scripts start from.
pub(crate) fn working_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("the working folder cannot be opened: {error}"))
    })
}

/// A session that is typed bit by bit.
pub(crate) struct Conversation {
    pub asks: Sender<Ask>,
    pub answers: Receiver<Answer>,
    pub end: Receiver<Outcome>,
}

fn on_a_thread(run: impl FnOnce() -> Outcome + Send + 'static) -> Receiver<Outcome> {
    let (sender, receiver) = channel();
    let runner = std::thread::Builder::new().name("run".to_owned());
    let spawned = runner.spawn(move || {
        // Nobody listens any more when the door is already closing.
        let _ = sender.send(run());
    });
    if let Err(error) = spawned {
        output::err(&format!("batchlab: no thread could be started: {error}\n"));
    }
    receiver
}

#[expect(clippy::disallowed_methods, reason = "the door is where the wall clock comes in")]
pub(crate) fn wall_micros() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0))
}

/// Follows a growing log and says what happens.
pub(crate) struct Teller {
    /// Absent: nothing is told.
    narrator: Option<Narrator>,
    status: Status,
    told: usize,
    write: fn(&str),
    /// What of the script's own words is passed on as it is.
    passes: Passes,
}

/// Which of the script's own words a teller passes on between its sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passes {
    Nothing,
    /// What it writes to standard error.
    Errors,
    Everything,
}

impl Teller {
    pub(crate) fn new(narrator: Narrator, write: fn(&str), passes: Passes) -> Teller {
        Teller { narrator: Some(narrator), status: Status::default(), told: 0, write, passes }
    }

    /// Someone who only passes on what the script writes to standard error.
    pub(crate) fn silent(write: fn(&str)) -> Teller {
        Teller { narrator: None, status: Status::default(), told: 0, write, passes: Passes::Errors }
    }

    /// The same, which also tells each line of the script.
    pub(crate) fn line_by_line(self) -> Teller {
        Teller { narrator: self.narrator.map(Narrator::line_by_line), ..self }
    }

    /// Tells what is new in the log.
    pub(crate) fn follow(&mut self, log: &EventLog) {
        let news = log.since(self.told);
        self.told += news.len();
        self.tell(&news);
    }

    /// Tells these events.
    pub(crate) fn tell(&mut self, events: &[Arc<Event>]) {
        let mut text = String::new();
        for event in events {
            match (&event.kind, self.passes) {
                (EventKind::Printed { text: own }, Passes::Everything)
                | (EventKind::ErrorPrinted { text: own }, Passes::Errors | Passes::Everything) => {
                    text.push_str(own);
                    continue;
                }
                (EventKind::Printed { .. }, _) => continue,
                _ => {}
            }
            let Some(narrator) = &self.narrator else { continue };
            self.status.apply(event);
            for sentence in narrator.narrate(event, &self.status) {
                text.push_str(&narrator.line(&sentence));
                text.push('\n');
            }
        }
        if !text.is_empty() {
            (self.write)(&text);
        }
    }

    pub(crate) fn status(&self) -> &Status {
        &self.status
    }
}

/// Waits for a run and tells it meanwhile.
pub(crate) fn follow(log: &EventLog, end: &Receiver<Outcome>, teller: Option<&mut Teller>) -> Outcome {
    let mut teller = teller;
    loop {
        let outcome = match end.recv_timeout(POLL) {
            Ok(outcome) => Some(outcome),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                Some(Outcome { exit: i32::from(super::EXIT_BUG), ..Outcome::default() })
            }
        };
        if let Some(teller) = teller.as_deref_mut() {
            teller.follow(log);
        }
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}

/// Draws the error that ended a script.
pub(crate) fn draw(script: &Script, failure: &Uncaught) -> String {
    let place = Place {
        file: &script.file,
        source: &script.source,
        line: failure.line,
        columns: failure.columns.map(|(from, to)| (from as usize, to as usize)),
    };
    let raised = Raised {
        class: &failure.class,
        condition: failure.condition.as_deref(),
        message: &failure.message,
        subject: failure.subject.as_deref(),
        help: &failure.help,
    };
    let mut drawn = report::drawing(&place, &raised);
    if failure.traceback.len() > 1 {
        drawn.push_str("  Called from:\n");
        for frame in &failure.traceback {
            drawn.push_str(&format!("    {}\n", crate::common::text::visible(frame)));
        }
    }
    drawn
}

/// What to do about a run that broke a promise of ours: the command that repeats it and keeps its log.
pub(crate) fn bug_words(seed: u64, arguments: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = arguments.map(|word| super::submit::quoted(&word)).collect();
    let command = words.len().min(1);
    let mut add = |option: &str, value: &str| {
        let is_given = words.iter().any(|word| word == option || word.starts_with(&format!("{option}=")));
        if !is_given {
            // Before the script: what stands behind it is the script's.
            words.splice(command..command, [option.to_owned(), value.to_owned()]);
        }
    };
    add("--seed", &seed.to_string());
    add("--events", "bug.jsonl");
    format!(
        "This is a bug of batchlab, not of the script. The same run again, with its log kept for a report:\n    batchlab {}\n",
        words.join(" ")
    )
}

/// The exit status of a command: its own, or that of an error of the command line, which is drawn.
pub(crate) fn status(done: Result<u8>) -> u8 {
    done.unwrap_or_else(|error| refuse(&error))
}

/// Draws an error of the command line itself and gives its exit status: wrong use, or something that is not supported.
pub(crate) fn refuse(error: &SparkError) -> u8 {
    let help = error.help().iter().fold(String::new(), |drawn, help| drawn + "  Help: " + help + "\n");
    output::err(&format!("batchlab: {}\n{help}", crate::common::text::visible(error.message())));
    if error.class() == ErrorClass::Unsupported { super::EXIT_UNSUPPORTED } else { super::EXIT_USAGE }
}

#[cfg(test)]
mod tests {
    use super::bug_words;

    #[test]
    fn a_broken_promise_is_repeated_with_its_seed_and_its_log() {
        let words = |given: &[&str]| bug_words(7, given.iter().map(|word| (*word).to_owned()));
        assert!(words(&["run", "a b.py"]).ends_with("    batchlab run --events bug.jsonl --seed 7 'a b.py'\n"));
        assert!(
            words(&["run", "--seed=7", "--events", "x", "a.py"])
                .ends_with("    batchlab run --seed=7 --events x a.py\n")
        );
    }
}
