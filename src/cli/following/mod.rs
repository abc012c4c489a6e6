//! A log that still grows, in the theatre or told as it grows: of a run in another window, or of real Spark.

mod own;
mod presenting;
mod spark;

pub(super) use own::Scribe;
pub(super) use presenting::Stand;
pub(super) use spark::{Progress, Retelling};

use super::commands::logs::{self, Kind};
use super::launch::Teller;
use super::{output, stage};
use crate::common::{ErrorClass, Result, SparkError};
use crate::storage::in_progress;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a log is looked at.
const POLL: Duration = Duration::from_millis(100);
/// Looks after which it is said that there is no log yet.
const PATIENCE: u32 = 5;

/// Shows a log in the theatre while it grows, until the person leaves.
pub(super) fn watch(log: &Path, title: &str, screen: stage::ScreenArgs) -> Result<()> {
    match begun(log) {
        (path, Kind::Own) => own::watch((log, &path), title, screen),
        (path, _) => spark::watch(&path, title, screen),
    }
}

/// Tells a log while it grows, until its application ends. Of real Spark it is told at the end; how far it is, is said meanwhile.
pub(super) fn tell(log: &Path, teller: &mut Teller) -> Result<()> {
    match begun(log) {
        (path, Kind::Own) => own::tell(&path, teller),
        (path, _) => spark::wait(&path, false).map(|events| teller.tell(&events)),
    }
}

/// Waits until there is enough of a log to know whose it is; gives where it lies now.
fn begun(log: &Path) -> (PathBuf, Kind) {
    let mut looks = 0;
    loop {
        // What a run left that was killed is older than the log of a later one.
        let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        let newest = [log.to_owned(), in_progress(log)].into_iter().max_by_key(modified);
        if let Some(begun) = newest.and_then(|path| logs::kind(&path).map(|kind| (path, kind))) {
            return begun;
        }
        looks += 1;
        if looks == PATIENCE {
            let log = log.display();
            output::err(&format!("batchlab: waiting for {log}; `batchlab run SCRIPT --events {log}` writes it\n"));
        }
        std::thread::sleep(POLL);
    }
}

fn unfollowed(log: &Path, reason: &str) -> SparkError {
    let message = format!("the log {} cannot be followed: {reason}", log.display());
    SparkError::new(ErrorClass::IllegalArgumentException, message).with_help(
        "--follow is for a log that `batchlab run --events FILE` or real Spark is writing, which packs nothing; without it a log opens as it is",
    )
}
