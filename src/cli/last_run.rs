//! The last run of a workshop folder, kept in `.batchlab/last.jsonl`: what `why`, `logs`, `metrics` and `replay` speak about when no log is named.

use super::commands::logs;
use super::commands::run::save_log;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::{Event, log};
use crate::workshop::progress;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn place(root: &Path) -> PathBuf {
    progress::folder(root).join("last.jsonl")
}

/// Keeps a run of this folder; only a workshop folder remembers anything.
pub(crate) fn keep(root: &Path, events: &[Arc<Event>]) -> Result<()> {
    if events.is_empty() || !progress::folder(root).is_dir() {
        return Ok(());
    }
    save_log(&place(root), |out| log::write(events, out))
}

/// The log that is meant: the one that is named, or the last run of the working folder.
pub(crate) fn named(log: Option<&Path>) -> Result<PathBuf> {
    if let Some(log) = log {
        return Ok(log.to_owned());
    }
    let last = place(Path::new("."));
    if last.is_file() {
        return Ok(last);
    }
    let message = "no log is named, and this folder remembers no run".to_owned();
    Err(SparkError::new(ErrorClass::IllegalArgumentException, message)
        .with_help("name a log that `batchlab run SCRIPT --events FILE` wrote; a folder made by `batchlab init` remembers its last `run` or `check`"))
}

/// Opens it.
pub(crate) fn open(log: Option<&Path>) -> Result<Vec<Arc<Event>>> {
    logs::open(&named(log)?)
}
