//! A log that is still being written: what is known of it so far.
//!
//! Later lines tell about earlier ones (which stages write a shuffle, which are never run). So the whole log is told anew each time, and
//! what it says of the past may change as it grows.

use super::facts::Facts;
use super::parse::{Parser, Said};
use super::{Lines, SparkLog, told};
use crate::common::lines::WholeLines;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How far an application is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub executors: u64,
    pub jobs: u64,
    pub jobs_ended: u64,
    pub stages: u64,
    pub stages_ended: u64,
    /// Of the stages that were submitted.
    pub tasks_planned: u64,
    pub tasks_ended: u64,
    pub tasks_failed: u64,
}

impl Tally {
    fn take(&mut self, said: &Said) {
        match said {
            Said::ExecutorAdded(_) => self.executors += 1,
            Said::JobStarted(_) => self.jobs += 1,
            Said::JobEnded(_) => self.jobs_ended += 1,
            Said::StageCompleted(_) => self.stages_ended += 1,
            Said::StageSubmitted(event) => {
                self.stages += 1;
                self.tasks_planned += event.info.tasks;
            }
            Said::TaskEnded { task, .. } => {
                self.tasks_ended += 1;
                self.tasks_failed += u64::from(task.failure.is_some());
            }
            _ => {}
        }
    }
}

/// Takes in the lines of a log as they are appended.
#[derive(Default)]
pub struct Growing {
    whole: WholeLines,
    parser: Parser,
    facts: Facts,
    tally: Tally,
    lines: Lines,
    events: u64,
}

impl Growing {
    /// Takes the next bytes of the file in.
    pub fn append(&mut self, bytes: &[u8]) {
        let whole = self.whole.take(bytes);
        if whole.is_empty() {
            return;
        }
        let mut parsed = self.parser.block(&whole);
        self.events += parsed.said.len() as u64;
        for said in std::mem::take(&mut parsed.said) {
            self.tally.take(&said);
            self.facts.take(said);
        }
        self.lines.take(parsed);
    }

    /// How many events it holds so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.events
    }

    /// How far the application is.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether the application has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.facts.ended.is_some()
    }

    /// The log as far as it goes; empty while nothing in it is an event of Spark.
    #[must_use]
    pub fn so_far(&self) -> SparkLog {
        if self.facts.known == 0 {
            return SparkLog { unfinished: true, ..SparkLog::default() };
        }
        let mut lines = self.lines.clone();
        if self.whole.is_cut() {
            lines.torn = Some(format!("line {} is not whole yet", lines.count + 1));
        }
        told(self.facts.clone(), lines)
    }
}

/// A file that grows, or a folder to which parts are added.
#[derive(Debug)]
pub struct Tail {
    log: PathBuf,
    /// The part that is read, and its number among the parts.
    part: Option<(usize, File)>,
}

impl Tail {
    /// The log at this path, from its start.
    #[must_use]
    pub fn new(log: PathBuf) -> Self {
        Tail { log, part: None }
    }

    /// Whether something of it was there to open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.part.is_some()
    }

    /// Where the log is.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// What was appended since; nothing while there is no log yet.
    ///
    /// # Errors
    /// When it cannot be read, or is packed: what is packed comes in pieces that nobody can follow.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut news = Vec::new();
        loop {
            if let Some((_, file)) = &mut self.part {
                file.read_to_end(&mut news)?;
            }
            let next = self.part.as_ref().map_or(0, |(number, _)| number + 1);
            let Some(part) = super::files::parts(&self.log).ok().and_then(|parts| parts.into_iter().nth(next)) else {
                return Ok(news);
            };
            let Ok(file) = File::open(&part) else { return Ok(news) };
            if super::files::is_packed(&part)? {
                let message = "it is packed (spark.eventLog.compress): open it without following, or turn packing off";
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
            self.part = Some((next, file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;
    use std::io::Write;

    const KILLED: &str = include_str!("../../../tests/data/spark_logs/killed_executor.json");

    #[test]
    fn a_log_that_comes_in_pieces_is_the_whole() {
        let mut whole = Growing::default();
        whole.append(KILLED.as_bytes());
        for size in [1, 7, 4096] {
            let mut pieces = Growing::default();
            KILLED.as_bytes().chunks(size).for_each(|piece| pieces.append(piece));
            assert_eq!(pieces.tally(), whole.tally());
            assert_eq!(pieces.so_far().events, whole.so_far().events);
        }
        assert_eq!(whole.so_far().events, super::super::read(KILLED.as_bytes()).expect("a log").events);
        let tally = whole.tally();
        assert_eq!((tally.executors, tally.jobs, tally.jobs_ended), (3, 1, 1));
        assert!(tally.tasks_failed >= 3 && tally.tasks_ended > tally.tasks_failed && tally.stages == 4, "{tally:?}");
    }

    #[test]
    fn nothing_is_skipped_before_it_is_known() {
        let mut growing = Growing::default();
        for line in KILLED.split_inclusive('\n') {
            growing.append(line.as_bytes());
            let events = growing.so_far().events;
            let skipped = events.iter().any(|event| matches!(event.kind, EventKind::StageSkipped { .. }));
            assert!(!skipped, "all its stages run: {line}");
            assert!(events.windows(2).all(|pair| pair[0].time <= pair[1].time));
        }
        assert!(growing.is_over());
    }

    #[test]
    fn parts_are_followed_one_after_the_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tail = Tail::new(folder.path().to_owned());
        assert_eq!(tail.read().expect("nothing yet"), b"");
        let part = |number: u32| folder.path().join(format!("events_{number}_app"));
        let mut first = File::create(part(1)).expect("a file");
        first.write_all(b"one\n").expect("space");
        assert_eq!(tail.read().expect("a part"), b"one\n");
        first.write_all(b"two\n").expect("space");
        std::fs::write(part(2), "three\n").expect("space");
        assert_eq!(tail.read().expect("two parts"), b"two\nthree\n");
        std::fs::write(part(3), b"\x28\xb5\x2f\xfd").expect("space");
        assert!(tail.read().is_err());
    }
}
