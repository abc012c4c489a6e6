//! A log of ours that grows: who writes it, and who reads it meanwhile in another window.

use super::{POLL, presenting, unfollowed};
use crate::cli::commands::run::{AFTER_THE_RUN, unwritten_log};
use crate::cli::launch::Teller;
use crate::cli::stage;
use crate::common::{Result, SparkError};
use crate::event::log::{self, EventLog, Growing};
use crate::event::{Event, EventKind};
use crate::storage::{InProgress, in_progress, when_whole};
use crate::tui::theatre::presenter::Leader;
use crate::tui::theatre::{self, Source, TheatreInput};
use crate::tui::{RunEnd, RunHandle};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

/// Writes the log of a run while it goes on.
pub(in crate::cli) struct Scribe {
    path: PathBuf,
    /// Told when nothing more will be appended.
    over: Sender<()>,
    writing: JoinHandle<io::Result<()>>,
}

impl Scribe {
    /// Begins the file; a folder that does not take it is an error before anything runs.
    pub(in crate::cli) fn start(path: &Path, log: &EventLog) -> Result<Scribe> {
        let file = InProgress::create(path)
            .map_err(|error| unwritten_log(path, &error, "check the folder and the free space; nothing has run"))?;
        let (over, is_over) = channel();
        let log = log.clone();
        let writing = std::thread::spawn(move || {
            let (mut file, mut written) = (file, 0);
            file.append(log::write_header)?;
            loop {
                let said = is_over.recv_timeout(POLL);
                let news = log.since(written);
                written += news.len();
                file.append(|out| log::write_events(&news, out))?;
                match said {
                    Ok(()) => return file.finish(),
                    Err(RecvTimeoutError::Timeout) => {}
                    // Nobody says that the run is whole: the file keeps the name that says that it is not.
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
        });
        Ok(Scribe { path: path.to_owned(), over, writing })
    }

    /// Leaves the file as it is, with the name that says that it is not whole.
    pub(super) fn leave(self) {
        drop(self.over);
        // What it could not write nobody waits for any more.
        let _ = self.writing.join();
    }

    /// Writes what is left, and gives the file its name. What could not be written is not kept.
    pub(in crate::cli) fn finish(self) -> Result<()> {
        // Whoever could not write has gone already.
        let _ = self.over.send(());
        let written = self.writing.join().unwrap_or_else(|_| Err(io::Error::other("its writer failed")));
        written.map_err(|error| {
            let _ = std::fs::remove_file(in_progress(&self.path));
            unwritten_log(&self.path, &error, AFTER_THE_RUN)
        })
    }
}

/// Shows a log in the theatre while it grows, until the person leaves, and moves with its presenter. The log has a name and lies somewhere now.
pub(super) fn watch((log, now): (&Path, &Path), title: &str, screen: stage::ScreenArgs) -> Result<()> {
    let (path, handle, leader) = (now.to_owned(), RunHandle::default(), Leader::default());
    let attending = presenting::attend(log.to_owned(), leader.clone(), handle.cancel.clone());
    let told = handle.clone();
    let reading = std::thread::spawn(move || {
        let read = follow_into(&path, &told);
        let error = read.as_ref().err().map(|error| error.message().to_owned());
        told.finish(RunEnd { exit: i32::from(error.is_some()), error });
        read
    });
    let input = TheatreInput {
        paused: false,
        leader: Some(leader),
        ..TheatreInput::new(title.to_owned(), Source::Live(handle.clone()), screen.options())
    };
    let shown = theatre::run(input).map_err(|error| stage::no_terminal(&error));
    handle.stop();
    let read = reading.join().unwrap_or_else(|_| Err(SparkError::internal("the log was lost")));
    // It only looks at files.
    let _ = attending.join();
    shown.and(read)
}

/// Reads a log that grows into that of a run, until it has ended or the run is stopped.
pub(super) fn follow_into(path: &Path, told: &RunHandle) -> Result<()> {
    follow(path, |events| {
        for event in events {
            told.log.push(event.time, event.kind);
        }
        !told.cancel.load(Ordering::Relaxed)
    })
}

/// Tells a log while it grows, until its application ends.
pub(super) fn tell(log: &Path, teller: &mut Teller) -> Result<()> {
    follow(log, |events| {
        teller.tell(&events.into_iter().map(Arc::new).collect::<Vec<_>>());
        true
    })
}

/// Reads what is appended until the application ends, the file has its own name and its end is read, or `take` says that it is enough.
fn follow(log: &Path, mut take: impl FnMut(Vec<Event>) -> bool) -> Result<()> {
    let own_name = when_whole(log);
    // It may have got it just now.
    let file = File::open(log).or_else(|error| own_name.as_ref().map_or(Err(error), File::open));
    let mut file = file.map_err(|error| unfollowed(log, &error.to_string()))?;
    let mut growing = Growing::default();
    loop {
        // Asked before it is read: what was appended in between is read in the next round.
        let is_whole = own_name.is_none() || !log.exists();
        let mut news = Vec::new();
        file.read_to_end(&mut news).map_err(|error| unfollowed(log, &error.to_string()))?;
        let events = growing.append(&news).map_err(|error| unfollowed(log, &error.to_string()))?;
        let is_over = matches!(events.last(), Some(Event { kind: EventKind::ApplicationEnded { .. }, .. }));
        if !take(events) || is_over || is_whole {
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::NodeId;
    use crate::common::time::VirtualTime;

    fn died(node: u32) -> EventKind {
        EventKind::NodeDied { node: NodeId(node) }
    }

    #[test]
    fn what_a_scribe_writes_is_followed_to_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.jsonl");
        let log = EventLog::new();
        log.push(VirtualTime(1), died(1));
        let scribe = Scribe::start(&path, &log).expect("a file");
        while std::fs::read_to_string(in_progress(&path)).expect("it is there").lines().count() < 2 {
            std::thread::sleep(POLL);
        }
        let mut seen = Vec::new();
        let mut scribe = Some(scribe);
        follow(&in_progress(&path), |events| {
            seen.extend(events.into_iter().map(Arc::new));
            if let Some(scribe) = scribe.take() {
                log.push(VirtualTime(2), died(2));
                scribe.finish().expect("space");
            }
            true
        })
        .expect("a log");
        assert_eq!(seen, log.snapshot());
        let written = std::fs::File::open(&path).expect("it has its name");
        assert_eq!(log::read(std::io::BufReader::new(written)).expect("a log").events, log.snapshot());
        assert!(!in_progress(&path).exists());
    }

    #[test]
    fn a_log_that_nobody_finishes_does_not_look_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.jsonl");
        let Scribe { over, writing, .. } = Scribe::start(&path, &EventLog::new()).expect("a file");
        drop(over);
        writing.join().expect("no panic").expect("space");
        assert!(!path.exists() && in_progress(&path).exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_before_the_run() {
        let error = Scribe::start(Path::new("no/such/run.jsonl"), &EventLog::new()).err().expect("no folder");
        assert!(error.message().contains("no/such/run.jsonl could not be written"), "{}", error.message());
    }
}
