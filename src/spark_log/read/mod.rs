//! Logs of real Spark as our events, so that status, narration and theatre work on them unchanged.
//!
//! ```text
//!   files   ── lines ──▶  parse   one line, one fact; unknown events are counted
//!                           │ sorted by time: Spark's listener writes out of order
//!                           ▼
//!                        translate   executors become nodes, stages that read the same shuffle become one
//! ```
//!
//! **What a log does not say is not invented.** Which block went where, the shuffle's reduce partitions and a query's rows are unknown:
//! map outputs are told as one sum, fetches not at all.
//!
//! **Simplified:** an executor is a node of its own, whatever machine it ran on; a core is the lowest one free; a failed fetch is blamed
//! on the first shuffle that its stage reads.

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
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;

pub use growing::{Growing, Tally};

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

/// Opens a file, or a folder of parts, packed or plain.
///
/// # Errors
/// When nothing in it is a Spark event, or it cannot be read at all.
pub fn open(path: &Path) -> io::Result<SparkLog> {
    read(files::open(path)?)
}

/// Reads a log's lines.
///
/// # Errors
/// When nothing in it is a Spark event.
pub fn read(mut input: impl BufRead) -> io::Result<SparkLog> {
    let mut facts = Facts::default();
    let mut line = Vec::new();
    let mut torn = false;
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            // What stands before a broken block is whole.
            Err(_) => {
                torn = true;
                break;
            }
        }
        let whole = line.ends_with(b"\n");
        let text = line.trim_ascii();
        if !text.is_empty() && !facts.line(text) {
            if whole { facts.unreadable += 1 } else { torn = true }
        }
    }
    if facts.known == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no events of Spark"));
    }
    let unfinished = facts.ended.is_none();
    let skipped = std::mem::take(&mut facts.skipped).into_iter().collect();
    let unreadable = facts.unreadable;
    let (zero_unix_millis, events) = translate::events(facts);
    Ok(SparkLog { events, zero_unix_millis, unfinished, torn, skipped, unreadable })
}

#[cfg(test)]
mod tests;
