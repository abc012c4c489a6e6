//! The log in memory and as a JSON-lines file.
//!
//! The first line of a file is a header with the format's version; every other line is one event. Events are only ever appended.

use super::{Event, EventKind};
use crate::common::lines::WholeLines;
use crate::common::time::VirtualTime;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The version that this program writes and reads.
pub const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    batchlab_log: u32,
}

/// An append-only list of events that a writer and many readers share.
#[derive(Debug, Clone, Default)]
pub struct EventLog(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    events: Vec<Arc<Event>>,
    on_growth: Option<OnGrowth>,
}

/// What is called after each event was appended, on the thread that did.
type OnGrowth = Arc<dyn Fn() + Send + Sync>;

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.events).finish()
    }
}

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("read the log: {0}")]
    Io(#[from] io::Error),
    #[error("this is not a batchlab log: its first line must be {{\"batchlab_log\":{VERSION}}}")]
    NotALog,
    #[error("the log has format version {0}; this program reads version {VERSION}")]
    Version(u32),
    #[error("line {line} is not an event: {reason}")]
    Line { line: usize, reason: String },
}

/// A log as read from a file.
#[derive(Debug)]
pub struct ReadLog {
    pub events: Vec<Arc<Event>>,
    /// The last line was cut off (the writer was interrupted); what stands before it is complete.
    pub torn: bool,
}

impl EventLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what happened at `time`; a time before the last event's is lifted to it.
    pub fn push(&self, time: VirtualTime, kind: EventKind) {
        let mut shared = self.shared();
        let time = shared.events.last().map_or(time, |last| last.time.max(time));
        let seq = shared.events.len() as u64;
        shared.events.push(Arc::new(Event { seq, time, kind }));
        let told = shared.on_growth.clone();
        drop(shared);
        if let Some(told) = told {
            told();
        }
    }

    /// Calls this after each event from now on, in the place of what was called before. It must be quick.
    pub fn on_growth(&self, told: impl Fn() + Send + Sync + 'static) {
        self.shared().on_growth = Some(Arc::new(told));
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared().events.len()
    }

    /// Whether nothing has happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events from position `from` on.
    #[must_use]
    pub fn since(&self, from: usize) -> Vec<Arc<Event>> {
        self.shared().events.get(from..).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// All events.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Arc<Event>> {
        self.since(0)
    }
}

/// Writes events as JSON lines, header first.
///
/// # Errors
/// What the writer reports.
pub fn write(events: &[Arc<Event>], out: &mut impl Write) -> io::Result<()> {
    write_header(out)?;
    write_events(events, out)?;
    out.flush()
}

/// Writes the line with which a log begins.
///
/// # Errors
/// What the writer reports.
pub fn write_header(out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Header { batchlab_log: VERSION })?;
    out.write_all(b"\n")
}

/// Writes events that follow those which are written already.
///
/// # Errors
/// What the writer reports.
pub fn write_events(events: &[Arc<Event>], out: &mut impl Write) -> io::Result<()> {
    for event in events {
        serde_json::to_writer(&mut *out, event.as_ref())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads what [`write()`] wrote. A cut-off last line is left out and reported.
///
/// # Errors
/// When it is not a log, of another version, or damaged before its end.
pub fn read(input: impl BufRead) -> Result<ReadLog, LogError> {
    let mut lines = input.lines().enumerate().peekable();
    check_header(&lines.next().ok_or(LogError::NotALog)?.1?)?;
    let mut log = ReadLog { events: Vec::new(), torn: false };
    while let Some((index, line)) = lines.next() {
        match event_of(index + 1, &line?) {
            Ok(event) => log.events.push(Arc::new(event)),
            Err(_) if lines.peek().is_none() => log.torn = true,
            Err(error) => return Err(error),
        }
    }
    Ok(log)
}

/// Takes in a log as it is appended to.
#[derive(Debug, Default)]
pub struct Growing {
    lines: WholeLines,
    /// How many there were.
    count: usize,
}

impl Growing {
    /// Takes the next bytes of the file in; gives the events that are whole now.
    ///
    /// # Errors
    /// When it is not a log, of another version, or a line of it is damaged.
    pub fn append(&mut self, bytes: &[u8]) -> Result<Vec<Event>, LogError> {
        let mut events = Vec::new();
        for line in String::from_utf8_lossy(&self.lines.take(bytes)).lines() {
            self.count += 1;
            if self.count == 1 {
                check_header(line)?;
            } else {
                events.push(event_of(self.count, line)?);
            }
        }
        Ok(events)
    }
}

fn check_header(line: &str) -> Result<(), LogError> {
    let header: Header = serde_json::from_str(line).map_err(|_| LogError::NotALog)?;
    if header.batchlab_log == VERSION { Ok(()) } else { Err(LogError::Version(header.batchlab_log)) }
}

fn event_of(line: usize, text: &str) -> Result<Event, LogError> {
    serde_json::from_str(text).map_err(|error| LogError::Line { line, reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::NodeId;

    fn sample() -> Vec<Arc<Event>> {
        let log = EventLog::new();
        log.push(VirtualTime(5), EventKind::NodeDied { node: NodeId(2) });
        log.push(VirtualTime(3), EventKind::ApplicationEnded { exit: 0 });
        log.snapshot()
    }

    #[test]
    fn a_log_reads_back_as_it_was_written() {
        let mut bytes = Vec::new();
        write(&sample(), &mut bytes).expect("memory takes everything");
        let back = read(&bytes[..]).expect("what was written");
        assert_eq!(back.events, sample());
        assert!(!back.torn);
    }

    #[test]
    fn growth_is_told_when_the_event_can_be_read() {
        let log = EventLog::new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (read, told) = (log.clone(), seen.clone());
        log.on_growth(move || told.lock().expect("nobody panics").push(read.len()));
        log.push(VirtualTime(1), EventKind::NodeDied { node: NodeId(1) });
        log.push(VirtualTime(2), EventKind::ApplicationEnded { exit: 0 });
        assert_eq!(*seen.lock().expect("nobody panics"), [1, 2]);
    }

    #[test]
    fn time_never_goes_back() {
        assert_eq!(sample()[1].time, VirtualTime(5));
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_said() {
        let mut bytes = Vec::new();
        write(&sample(), &mut bytes).expect("memory takes everything");
        bytes.truncate(bytes.len() - 10);
        let back = read(&bytes[..]).expect("the rest is whole");
        assert!(back.torn);
        assert_eq!(back.events.len(), 1);
    }

    #[test]
    fn a_log_that_comes_in_pieces_is_the_whole() {
        let mut bytes = Vec::new();
        write(&sample(), &mut bytes).expect("memory takes everything");
        for size in [1, 7, 4096] {
            let mut growing = Growing::default();
            let pieces = bytes.chunks(size).flat_map(|piece| growing.append(piece).expect("what was written"));
            assert_eq!(pieces.map(Arc::new).collect::<Vec<_>>(), sample());
        }
        let mut growing = Growing::default();
        growing.append(&bytes).expect("what was written");
        assert!(matches!(growing.append(b"{}\n"), Err(LogError::Line { line: 4, .. })));
    }

    #[test]
    fn another_file_is_not_a_log() {
        assert!(matches!(read(&b"hello\n"[..]), Err(LogError::NotALog)));
        assert!(matches!(Growing::default().append(b"hello\n"), Err(LogError::NotALog)));
    }
}
