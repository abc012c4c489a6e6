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
mod outputs;
mod parse;
mod translate;

use crate::event::Event;
use facts::Facts;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use growing::{Growing, Tail, Tally};

/// A log of real Spark.
#[derive(Debug, Default)]
pub struct SparkLog {
    pub events: Vec<Arc<Event>>,
    /// The moment that is virtual time zero, in milliseconds since 1970.
    pub zero_unix_millis: u64,
    /// The application's end is not in it: it was still running, or the end is cut off.
    pub unfinished: bool,
    /// The last line or block is cut off.
    pub torn: bool,
    /// Events that say nothing we show, by Spark's name for them.
    pub skipped: Vec<(String, u64)>,
    /// Lines that are no events.
    pub unreadable: u64,
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
    let mut facts = Facts::default();
    let mut torn = false;
    blocks::each(input, |parsed| {
        parsed.said.into_iter().for_each(|said| facts.take(said));
        facts.unreadable += parsed.unreadable;
        torn |= parsed.torn;
        tell();
    });
    if facts.known == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no events of Spark"));
    }
    Ok(told(facts, torn))
}

fn told(mut facts: Facts, torn: bool) -> SparkLog {
    let unfinished = facts.ended.is_none();
    let skipped = std::mem::take(&mut facts.skipped).into_iter().collect();
    let unreadable = facts.unreadable;
    let (zero_unix_millis, events) = translate::events(facts);
    SparkLog { events, zero_unix_millis, unfinished, torn, skipped, unreadable }
}

#[cfg(test)]
mod tests;
