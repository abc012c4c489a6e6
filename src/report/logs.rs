//! The log as lines with levels, for `batchlab logs`.

use super::narrator::{Depth, Format, Narrator, Sentence, Weight};
use crate::common::ids::StageId;
use crate::event::{Event, EventKind, TaskOutcome};
use crate::status::Status;
use std::io::{self, Write};
use std::sync::Arc;

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    Debug,
    #[default]
    Info,
    Warn,
    Error,
}

impl Level {
    /// The level of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "debug" => Some(Level::Debug),
            "info" => Some(Level::Info),
            "warn" => Some(Level::Warn),
            "error" => Some(Level::Error),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogFilter {
    /// Only what belongs to this stage.
    pub stage: Option<StageId>,
    /// This level and above.
    pub level: Level,
}

/// Writes the lines, oldest first.
///
/// # Errors
/// What the writer reports.
pub fn logs(events: &[Arc<Event>], filter: LogFilter, format: Format, out: &mut impl Write) -> io::Result<()> {
    let narrator = Narrator::new(Depth::Full, Format::Text);
    let mut status = Status::default();
    for event in events {
        status.apply(event);
        if filter.stage.is_some_and(|stage| !stages_of(&event.kind, &status).contains(&stage)) {
            continue;
        }
        for sentence in narrator.narrate(event, &status) {
            let level = level_of(&event.kind, &sentence);
            if level >= filter.level {
                writeln!(out, "{}", line(event, level, &sentence.text, format))?;
            }
        }
    }
    out.flush()
}

fn line(event: &Event, level: Level, text: &str, format: Format) -> String {
    let seconds = event.time.as_secs_f64();
    match format {
        Format::Text => format!("{seconds:>10.3} {:<5} {text}", level.word()),
        Format::JsonLines => {
            serde_json::json!({ "seconds": seconds, "level": level.word().to_lowercase(), "text": text }).to_string()
        }
    }
}

fn level_of(kind: &EventKind, sentence: &Sentence) -> Level {
    let broke = match kind {
        EventKind::QueryEnded { error, .. } | EventKind::JobEnded { error, .. } => error.is_some(),
        EventKind::TaskEnded { outcome: TaskOutcome::Failed { .. }, .. } | EventKind::OutputAborted { .. } => true,
        _ => false,
    };
    match (broke, sentence.weight, sentence.depth) {
        (true, ..) => Level::Error,
        (_, Weight::Bad | Weight::Again, _) => Level::Warn,
        (_, _, Depth::Full) => Level::Debug,
        _ => Level::Info,
    }
}

fn stages_of(kind: &EventKind, status: &Status) -> Vec<StageId> {
    match kind {
        EventKind::StageDefined(definition) => vec![definition.stage],
        EventKind::StageSkipped { stage, .. } | EventKind::StageRolledBack { stage, .. } => vec![*stage],
        EventKind::StageSubmitted { stage, .. }
        | EventKind::StageCompleted { stage }
        | EventKind::StageFailed { stage, .. }
        | EventKind::TaskStarted { stage, .. } => vec![stage.stage],
        EventKind::ShuffleFetched { task, .. } | EventKind::TaskEnded { task, .. } => {
            status.attempts.get(task).map(|attempt| attempt.stage.stage).into_iter().collect()
        }
        EventKind::MapOutputRegistered { shuffle, .. }
        | EventKind::MapOutputMoved { shuffle, .. }
        | EventKind::MapOutputsLost { shuffle, .. } => {
            status.shuffles.get(shuffle).map(|known| known.writer).into_iter().collect()
        }
        EventKind::NodeDied { node } => {
            let death = status.deaths.iter().rev().find(|death| death.node == *node);
            death.map(|death| death.outputs.iter().map(|lost| lost.stage).collect()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
