//! A session whose script is typed bit by bit: the engine's side of a shell. Questions come in through one channel, answers go out
//! through another, in order.

use super::deep_stack::on_deep_stack;
use super::run::{bug, exit_of, failure_of};
use super::{Outcome, RunRequest, RunSpec, Session, Uncaught};
use crate::pyspark::{Console, ScriptEnd};
use std::sync::mpsc::{Receiver, Sender};

/// What every shell of PySpark begins with.
const STARTUP: &str = "from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
sql = spark.sql
";

/// What the prompt asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Run an entry.
    Run(String),
    /// What could follow this line.
    Complete(String),
}

/// What comes back.
#[derive(Debug)]
pub enum Answer {
    /// The session is there: the first entry can come.
    Ready,
    Ran(Box<Ran>),
    Completions {
        /** Bytes at the end of the line that they replace. */
        replaces: usize,
        names: Vec<String>,
    },
}

/// How an entry ended.
#[derive(Debug, Default)]
pub struct Ran {
    pub failure: Option<Uncaught>,
    /// By `exit()`, with this status: the session is over.
    pub exit: Option<i32>,
    /// All entries so far, this one last: where a failure's line lies.
    pub source: String,
}

/// Runs entries until no more questions come or one ends the session. An error ends only its entry.
#[must_use]
pub fn run_entries(request: RunRequest, asks: Receiver<Ask>, answers: Sender<Answer>) -> Outcome {
    on_deep_stack(move || converse(request, &asks, &answers)).unwrap_or_else(bug)
}

fn converse(request: RunRequest, asks: &Receiver<Ask>, answers: &Sender<Answer>) -> Outcome {
    let failed =
        |failure: Uncaught| Outcome { exit: exit_of(&failure.class), failure: Some(failure), ..Outcome::default() };
    let RunSpec { script, arguments, steps_max, .. } = request.spec.clone();
    let mut console = match Session::new(request) {
        Ok(session) => Console::new(Box::new(session), &script.file, &arguments, steps_max, true),
        Err(error) => return failed(failure_of(&error)),
    };
    if let ScriptEnd::Raised(failure) = console.prepare(STARTUP) {
        return failed(*failure);
    }
    // Nobody hears it when the door is already closing.
    let _ = answers.send(Answer::Ready);
    let mut exit = 0;
    for ask in asks {
        let answer = match ask {
            Ask::Complete(line) => {
                let (replaces, names) = console.completions(&line);
                Answer::Completions { replaces, names }
            }
            Ask::Run(entry) => Answer::Ran(Box::new(run(&mut console, &entry))),
        };
        let end = if let Answer::Ran(ran) = &answer { ran.exit } else { None };
        let is_heard = answers.send(answer).is_ok();
        exit = end.unwrap_or(0);
        if end.is_some() || !is_heard {
            break;
        }
    }
    console.end().end(exit);
    Outcome { exit, ..Outcome::default() }
}

fn run(console: &mut Console, entry: &str) -> Ran {
    let source = console.text_with(entry);
    match console.run(entry) {
        ScriptEnd::Finished | ScriptEnd::AtLine => Ran { source, ..Ran::default() },
        ScriptEnd::Exit(code) => Ran { source, exit: Some(code), ..Ran::default() },
        ScriptEnd::Raised(failure) => Ran { source, failure: Some(*failure), ..Ran::default() },
    }
}
