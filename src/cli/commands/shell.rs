//! `batchlab shell`.

use crate::cli::branches::{self, Again};
use crate::cli::cluster_args::ClusterArgs;
use crate::cli::following::Scribe;
use crate::cli::launch::{self, Conversation};
use crate::cli::{interrupt, output, stage};
use crate::common::Result;
use crate::event::log::EventLog;
use crate::session::{Answer, Ask, Entries, Ran, RunSpec, Script};
use crate::tui::RunHandle;
use crate::tui::shell::model::HELP;
use crate::tui::shell::{self, ShellInput};
use crate::tui::theatre::Exit;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What Python calls a script that comes through its standard input.
const FILE: &str = "<stdin>";

/// Type lines of PySpark and watch what each does on the simulated cluster
///
/// `spark` and `sc` are there. In a terminal the theatre stands beside the prompt, and Esc opens it whole. Otherwise, or with --no-tui,
/// lines come from standard input: each runs as soon as it is complete, and the value of an expression is printed, as Python's prompt does.
/// An error ends its line, not the session; the exit status is then 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab shell
  batchlab shell --nodes 4 --cores 2
  echo 'spark.range(1000).count()' | batchlab shell")]
pub(crate) struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Save what happened as a log that `batchlab replay` opens, and meanwhile shows in another window (`--follow`)
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// A plain prompt instead of the screen
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let script = Script { source: String::new(), file: FILE.to_owned() };
    let spec = launch::spec(script, Vec::new(), &args.cluster)?;
    let log = EventLog::new();
    let scribe = args.events.as_deref().map(|path| Scribe::start(path, &log)).transpose()?;
    let has_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let status = if has_terminal && !args.no_tui {
        on_screen(&spec, &log, args.screen)?
    } else {
        plain(&spec, &log, std::io::stdin().is_terminal())
    };
    if let Some(scribe) = scribe {
        scribe.finish()?;
    }
    Ok(status)
}

/// The failure of an entry in words.
fn drawing(ran: &Ran) -> Option<String> {
    let script = Script { source: ran.source.clone(), file: FILE.to_owned() };
    ran.failure.as_ref().map(|failure| launch::draw(&script, failure))
}

fn on_screen(spec: &RunSpec, log: &EventLog, screen: stage::ScreenArgs) -> Result<u8> {
    let handle = RunHandle::new(log.clone(), Arc::new(AtomicBool::new(false)));
    let Conversation { asks, answers, end } = launch::converse(spec, log, handle.cancel.clone(), Box::new(|_| {}));
    let root = spec.root.clone();
    let input = ShellInput {
        title: root.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned()),
        handle,
        asks,
        answers,
        draw: drawing,
        history: history::read(&root),
        engine: branches::engine(spec.clone(), Again::Entries(log.clone())),
        options: screen.options(),
    };
    let left = shell::run(input).map_err(|error| stage::no_terminal(&error))?;
    output::out(&left.transcript);
    history::write(&root, &left.history);
    if left.how == Exit::Interrupted {
        return Ok(130);
    }
    Ok(ended(&end.recv().unwrap_or_default(), left.exit))
}

/// Lines from standard input; prompts only for a person.
fn plain(spec: &RunSpec, log: &EventLog, prompts: bool) -> u8 {
    let Conversation { asks, answers, end } = launch::converse(spec, log, interrupt::flag(), Box::new(output::out));
    if !matches!(answers.recv(), Ok(Answer::Ready)) {
        return ended(&end.recv().unwrap_or_default(), None);
    }
    let mut desk = Desk { asks, answers: &answers, failed: false };
    let mut entries = Entries::default();
    let mut exit = None;
    let mut lines = std::io::stdin().lock().lines();
    while exit.is_none() {
        if prompts {
            output::out(if entries.is_open() { "... " } else { ">>> " });
        }
        let line = match lines.next() {
            Some(Ok(line)) => line,
            Some(Err(error)) => {
                output::err(&format!("batchlab: standard input cannot be read: {error}\n"));
                desk.failed = true;
                break;
            }
            None => break,
        };
        if prompts && !entries.is_open() && line.trim() == "help" {
            output::out(HELP);
            continue;
        }
        let complete = if prompts { entries.type_line(&line) } else { entries.push(&line) };
        exit = complete.iter().find_map(|entry| desk.run(entry));
    }
    exit = exit.or_else(|| entries.end().and_then(|entry| desk.run(&entry)));
    let failed = desk.failed;
    // The session ends when nobody asks any more.
    drop(desk);
    let outcome = end.recv().unwrap_or_default();
    ended(&outcome, exit.or(failed.then_some(1)))
}

/// Where entries are handed in.
struct Desk<'a> {
    asks: std::sync::mpsc::Sender<Ask>,
    answers: &'a std::sync::mpsc::Receiver<Answer>,
    failed: bool,
}

impl Desk<'_> {
    /// Runs an entry; a status ends the session.
    fn run(&mut self, entry: &str) -> Option<i32> {
        let broken = Some(i32::from(crate::cli::EXIT_BUG));
        if self.asks.send(Ask::Run(entry.to_owned())).is_err() {
            return broken;
        }
        let Ok(Answer::Ran(ran)) = self.answers.recv() else { return broken };
        if let Some(drawing) = drawing(&ran) {
            self.failed = true;
            output::err(&drawing);
        }
        ran.exit
    }
}

/// The exit status: what a line asked for, else how the session ended.
fn ended(outcome: &crate::session::Outcome, exit: Option<i32>) -> u8 {
    if let Some(failure) = &outcome.failure {
        let script = Script { source: String::new(), file: FILE.to_owned() };
        output::err(&launch::draw(&script, failure));
    }
    u8::try_from(exit.filter(|_| outcome.failure.is_none()).unwrap_or(outcome.exit)).unwrap_or(1)
}

/// Entries of earlier sessions, in a workshop folder: one JSON text a line.
mod history {
    use std::path::{Path, PathBuf};

    /// So many are kept.
    const KEPT: usize = 1_000;

    fn file(root: &Path) -> PathBuf {
        root.join(".batchlab").join("shell_history.jsonl")
    }

    pub(super) fn read(root: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(file(root)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Only where the learner's state is kept already.
    pub(super) fn write(root: &Path, entries: &[String]) {
        let kept = entries.iter().skip(entries.len().saturating_sub(KEPT));
        let text = kept.fold(String::new(), |text, entry| text + &serde_json::json!(entry).to_string() + "\n");
        if root.join(".batchlab").is_dir() {
            // A history that cannot be kept is no reason to fail.
            let _ = std::fs::write(file(root), text);
        }
    }
}
