//! Logs of real Spark as our events, so that status, narration and theatre work on them unchanged.
//!
//! ```text
//!   files ── text ──▶ blocks ──▶ parse   what one line says; unknown events are counted
//!                                  │
//!                                  ▼
//!                                facts   sorted by time: Spark's listener writes out of order
//!                                  │
//!                                  ▼
//!                              translate   executors become nodes, stages that read the same shuffle become one
//! ```
//!
//! **What a log does not say is not invented.** Which block went where, the shuffle's reduce partitions and a query's rows are unknown:
//! map outputs are told as one sum, fetches not at all. That a stage is skipped is told when one that reads it is submitted, or its job ends.
//!
//! **Simplified:** an executor is a node of its own, whatever machine it ran on; a core is the lowest one free; a failed fetch is blamed
//! on the first shuffle that its stage reads.

mod blocks;
mod facts;
mod fields;
mod files;
mod frames;
mod growing;
mod missing;
mod outputs;
mod parse;
mod translate;
mod unreadable;

use crate::common::text::plural;
use crate::event::Event;
use facts::Facts;
use parse::Parsed;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use growing::{Growing, Tail, Tally};
pub use unreadable::Unreadable;

/// A log of real Spark.
#[derive(Debug, Default)]
pub struct SparkLog {
    pub events: Vec<Arc<Event>>,
    /// The moment that is virtual time zero, in milliseconds since 1970.
    pub zero_unix_millis: u64,
    /// The application's end is not in it: it was still running, or the end is cut off.
    pub unfinished: bool,
    /// Where the text breaks off, and why: nothing after it was read.
    pub torn: Option<String>,
    /// Events that say nothing we show, by Spark's name for them.
    pub skipped: Vec<(String, u64)>,
    /// Lines that are no events.
    pub unreadable: Unreadable,
    /// What must have stood in lines that are not there, in words.
    pub missing: Vec<String>,
}

impl SparkLog {
    /// What a reader must know beforehand: what the log does not say, and each part of it that could not be read.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut said =
            vec!["this is a log of real Spark: its times are real, and where blocks went it does not say".to_owned()];
        match &self.torn {
            Some(reason) => said.push(format!("{reason}; what stands before is shown")),
            None if self.unfinished => said.push("the application had not ended".to_owned()),
            None => {}
        }
        said.extend(self.unreadable.words());
        said.extend(self.missing.iter().cloned());
        let skipped: u64 = self.skipped.iter().map(|(_, count)| count).sum();
        if skipped > 0 {
            let kinds: Vec<String> = self.skipped.iter().map(|(name, count)| format!("{name} {count}")).collect();
            let verb = if skipped == 1 { "says" } else { "say" };
            said.push(format!("{} {verb} nothing that is shown ({})", plural(skipped, "event"), kinds.join(", ")));
        }
        said
    }
}

/// How much of a log's files has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub bytes: u64,
    pub of: u64,
}

/// Opens a file, or a folder of parts, packed or plain.
///
/// # Errors
/// When nothing in it is a Spark event, or it cannot be read at all.
pub fn open(path: &Path) -> io::Result<SparkLog> {
    open_telling(path, |_| {})
}

/// Opens a log as [`open`] does, and tells meanwhile how far it is.
///
/// # Errors
/// As [`open`].
pub fn open_telling(path: &Path, mut tell: impl FnMut(Progress)) -> io::Result<SparkLog> {
    let files = files::open(path)?;
    let (read, of) = (files.read, files.size);
    gather(files.text, || tell(Progress { bytes: read.load(Ordering::Relaxed), of }))
}

/// Reads a log's lines.
///
/// # Errors
/// When nothing in it is a Spark event.
pub fn read(input: impl Read + Send) -> io::Result<SparkLog> {
    gather(input, || {})
}

fn gather(input: impl Read + Send, mut tell: impl FnMut()) -> io::Result<SparkLog> {
    let (mut facts, mut lines) = (Facts::default(), Lines::default());
    let broken = blocks::each(input, |mut parsed| {
        for said in std::mem::take(&mut parsed.said) {
            facts.take(said);
        }
        lines.take(parsed);
        tell();
    });
    if let Some(error) = broken {
        lines.torn = Some(format!("after line {} it cannot be read on: {error}", lines.count));
    }
    if facts.known == 0 {
        let reason = lines.torn.or(lines.unreadable.words().into_iter().next());
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it holds no events of Spark{reason}")));
    }
    Ok(told(facts, lines))
}

/// The lines that were read, whatever they say.
#[derive(Clone, Default)]
struct Lines {
    count: u64,
    unreadable: Unreadable,
    torn: Option<String>,
}

impl Lines {
    /// Takes in the next block.
    fn take(&mut self, parsed: Parsed) {
        self.unreadable.append(self.count, parsed.unreadable);
        if let Some(reason) = parsed.torn {
            self.torn = Some(format!("line {}, the last, is cut off: {reason}", self.count + parsed.lines));
        }
        self.count += parsed.lines;
    }
}

fn told(mut facts: Facts, lines: Lines) -> SparkLog {
    let unfinished = facts.ended.is_none();
    let skipped = std::mem::take(&mut facts.skipped).into_iter().collect();
    let Lines { unreadable, torn, .. } = lines;
    let translate::Translated { zero_unix_millis, events, missing } = translate::translate(facts);
    SparkLog { events, zero_unix_millis, unfinished, torn, skipped, unreadable, missing }
}

#[cfg(test)]
mod tests;
