//! The event log of a run on real Spark, read while it is written.

use crate::spark_log::read::{Growing, Tail};
use crate::storage::when_whole;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The log that appears in a folder; of several the newest.
pub(super) struct Watcher {
    folder: PathBuf,
    /// What was there before.
    before: BTreeSet<OsString>,
    tail: Option<Tail>,
    growing: Growing,
}

impl Watcher {
    pub(super) fn new(folder: &Path) -> Watcher {
        let before = names(folder).into_iter().collect();
        Watcher { folder: folder.to_owned(), before, tail: None, growing: Growing::default() }
    }

    /// The logs that were written since, oldest first: one for each session that the script started.
    pub(super) fn logs(&self) -> Vec<PathBuf> {
        let new = names(&self.folder).into_iter().filter(|name| !self.before.contains(name));
        let mut logs: Vec<PathBuf> = new.map(|name| self.folder.join(name)).collect();
        logs.sort_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok());
        logs
    }

    /// Reads what is new.
    pub(super) fn look(&mut self) -> io::Result<()> {
        if let Some(newest) = self.logs().pop() {
            let is_known = |tail: &Tail| tail.is_open() && session(tail.log()) == session(&newest);
            if !self.tail.as_ref().is_some_and(is_known) {
                (self.tail, self.growing) = (Some(Tail::new(newest)), Growing::default());
            }
        }
        if let Some(tail) = &mut self.tail {
            self.growing.append(&tail.read()?);
        }
        Ok(())
    }

    /// What is known of the newest log.
    pub(super) fn log(&self) -> &Growing {
        &self.growing
    }
}

/// A log is called otherwise once its application has ended.
fn session(log: &Path) -> PathBuf {
    when_whole(log).unwrap_or_else(|| log.to_owned())
}

/// The logs of a folder; hidden files are checksums and such.
fn names(folder: &Path) -> Vec<OsString> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    entries.filter(|name| !name.to_string_lossy().starts_with('.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spark_log::read::{self, Tally};
    use std::fs::File;
    use std::io::Write;

    const KILLED: &str = include_str!("../../../tests/data/spark_logs/killed_executor.json");

    #[test]
    fn a_log_that_appears_is_followed_and_older_ones_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("old"), KILLED).expect("space");
        let mut watcher = Watcher::new(folder.path());
        let mut tally = || {
            watcher.look().expect("it can be read");
            watcher.log().tally().clone()
        };
        assert_eq!(tally(), Tally::default());
        let half = KILLED.len() / 2;
        let log = folder.path().join("app.inprogress");
        let mut file = File::create(&log).expect("a file");
        file.write_all(&KILLED.as_bytes()[..half]).expect("space");
        let first = tally();
        assert_eq!((first.jobs, first.jobs_ended), (1, 0));
        file.write_all(&KILLED.as_bytes()[half..]).expect("space");
        std::fs::rename(&log, folder.path().join("app")).expect("another name");
        let last = tally();
        assert_eq!((last.jobs, last.jobs_ended, last.stages_ended), (1, 1, 4));
        assert_eq!(watcher.logs(), [folder.path().join("app")]);
        assert_eq!(watcher.log().so_far().events, read::read(KILLED.as_bytes()).expect("a log").events);
    }

    #[test]
    fn of_two_sessions_the_second_is_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut watcher = Watcher::new(folder.path());
        std::fs::write(folder.path().join("local-1"), KILLED).expect("space");
        watcher.look().expect("it can be read");
        assert_eq!(watcher.log().tally().jobs, 1);
        let second = File::create(folder.path().join("local-2.inprogress")).expect("a file");
        let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 33);
        second.set_modified(later).expect("a time");
        watcher.look().expect("it can be read");
        assert_eq!(watcher.log().tally(), &Tally::default());
    }
}
