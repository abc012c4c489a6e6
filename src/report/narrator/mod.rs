//! The narrator: what happened, in plain sentences, for someone who never saw Spark.
//!
//! One event makes no, one or a few sentences. `narrate` is pure: it takes the event and the status just after it. Everything it says can be
//! counted again in the log. What is said stands in `script`, `machines`, `work` and `data`.

mod data;
mod machines;
mod script;
mod work;

use super::words;
use crate::common::text::{bytes, plural};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, TaskCause, TaskOutcome, Topic};
use crate::status::Status;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Depth {
    /// Actions, faults, results.
    Brief,
    /// And stages, losses, tasks that run again.
    #[default]
    Normal,
    /// And every task.
    Full,
}

/// How a sentence is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Text,
    JsonLines,
}

/// What a sentence is about, for colour and for filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Plain,
    /// Finished well.
    Good,
    /// Broke, or was lost.
    Bad,
    /// Is made again.
    Again,
    /// Is not affected, or not made again.
    Kept,
}

/// One fact in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    pub at: VirtualTime,
    pub depth: Depth,
    pub weight: Weight,
    /// The template: `node_died`, `task_again`, …
    pub kind: &'static str,
    pub text: String,
}

impl Sentence {
    /// Its time and its text, however long.
    #[must_use]
    pub fn unbroken(&self) -> String {
        format!("t={:<8.3} {}", self.at.as_secs_f64(), self.text)
    }

    /// The line to write, without a line end.
    #[must_use]
    pub fn line(&self, format: Format) -> String {
        match format {
            Format::Text => words::wrap(&self.unbroken(), WIDTH, TIME_WIDTH).join("\n"),
            Format::JsonLines => {
                let time = self.at.0;
                serde_json::json!({ "t_nanos": time, "kind": self.kind, "text": self.text }).to_string()
            }
        }
    }
}

/// The widest line.
const WIDTH: usize = 120;

/// Of the time before a sentence: what follows a broken line stands below the text.
const TIME_WIDTH: usize = 11;

/// Tells a run up to a depth.
#[derive(Debug, Clone, Copy, Default)]
pub struct Narrator {
    depth: Depth,
    format: Format,
    by_line: bool,
}

/// Collects the sentences of one event.
struct Told<'a> {
    at: VirtualTime,
    status: &'a Status,
    sentences: Vec<Sentence>,
}

impl Narrator {
    /// A narrator of this depth; `format` is what [`Self::line`] writes.
    #[must_use]
    pub fn new(depth: Depth, format: Format) -> Self {
        Narrator { depth, format, by_line: false }
    }

    /// The same, who also tells each line of the script and how the plan grows by it.
    #[must_use]
    pub fn line_by_line(self) -> Self {
        Narrator { by_line: true, ..self }
    }

    /// What there is to say about an event; `status` is the fold up to and including it.
    #[must_use]
    pub fn narrate(&self, event: &Event, status: &Status) -> Vec<Sentence> {
        if self.depth < Depth::Full && is_detail(&event.kind, status) {
            return Vec::new();
        }
        let mut told = Told { at: event.time, status, sentences: Vec::new() };
        told.event(&event.kind);
        let is_of_a_line = |sentence: &Sentence| matches!(sentence.kind, "statement" | "plan_built");
        told.sentences.retain(|sentence| sentence.depth <= self.depth || self.by_line && is_of_a_line(sentence));
        told.sentences
    }

    /// The line to write for a sentence.
    #[must_use]
    pub fn line(&self, sentence: &Sentence) -> String {
        sentence.line(self.format)
    }
}

/// Whether all that can be said of an event is for [`Depth::Full`]: a log holds millions of these, and to make sentences takes time.
fn is_detail(kind: &EventKind, status: &Status) -> bool {
    match kind {
        EventKind::ShuffleFetched { .. } | EventKind::TaskStarted { cause: TaskCause::First, .. } => true,
        EventKind::TaskEnded { task, outcome: TaskOutcome::Succeeded, metrics } => {
            metrics.spilled_bytes == 0 && status.attempts.get(task).is_none_or(|attempt| !attempt.is_again())
        }
        _ => false,
    }
}

impl Told<'_> {
    fn say(&mut self, depth: Depth, weight: Weight, kind: &'static str, text: String) {
        self.sentences.push(Sentence { at: self.at, depth, weight, kind, text });
    }

    fn event(&mut self, kind: &EventKind) {
        match kind.topic() {
            Topic::Application | Topic::Script | Topic::Work => self.script(kind),
            Topic::Machine => self.machine(kind),
            Topic::Stage => self.stage(kind),
            Topic::Task => self.task(kind),
            Topic::Data => self.data(kind),
        }
    }

    fn task(&mut self, kind: &EventKind) {
        match kind {
            EventKind::TaskStarted { task, .. } => self.task_started(*task),
            EventKind::ShuffleFetched { task, from, blocks, bytes: size, .. } => {
                let name = self.status.attempt_name(*task);
                let blocks = plural(u64::from(*blocks), "block");
                let text = format!("{name} asks {from} for {blocks} ({})", bytes(*size));
                self.say(Depth::Full, Weight::Plain, "shuffle_fetched", text);
            }
            EventKind::TaskEnded { task, outcome, metrics } => self.task_ended(*task, outcome, metrics),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn what_is_not_told_is_left_out_without_a_difference() {
        let mut status = Status::default();
        let mut details = 0;
        for event in fixture::node_death() {
            status.apply(&event);
            let full = Narrator::new(Depth::Full, Format::Text).narrate(&event, &status);
            for depth in [Depth::Brief, Depth::Normal] {
                let told: Vec<_> = full.iter().filter(|sentence| sentence.depth <= depth).cloned().collect();
                assert_eq!(Narrator::new(depth, Format::Text).narrate(&event, &status), told, "{event:?}");
            }
            details += usize::from(is_detail(&event.kind, &status));
        }
        assert!(details > 10, "{details}");
    }
}
