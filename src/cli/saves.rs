//! Hears of saved files from the system.

use crate::common::{ErrorClass, Result, SparkError};
use notify::{EventKind, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at nevertheless: network drives and some containers tell nothing. A look is one question for each file.
pub(crate) const LOOK: Duration = Duration::from_millis(250);

/// Tells of changes in folders as long as it is kept.
pub(crate) struct Saves {
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Saves {
    /// Calls `tell` on a thread of its own whenever something in the folders of these files changes. Folders are watched, not files: an editor
    /// may write another file and give it the old name.
    pub(crate) fn watch(files: &[PathBuf], tell: impl Fn() + Send + 'static) -> Saves {
        let heard = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
                tell();
            }
        };
        let watcher = notify::recommended_watcher(heard).and_then(|mut watcher| {
            let mut folders: Vec<&Path> =
                files.iter().filter_map(|file| file.parent()).filter(|folder| folder.is_dir()).collect();
            folders.sort();
            folders.dedup();
            folders.into_iter().try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))?;
            Ok(watcher)
        });
        // A system that tells nothing is looked at every so often.
        Saves { _watcher: watcher.ok() }
    }
}

/// A file as the system describes it; another stamp means another text.
pub(crate) type Stamp = (SystemTime, u64);

/// The stamp of a file that is there and not empty: one that an editor has emptied, and is about to write, waits.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len())).filter(|(_, bytes)| *bytes > 0)
}

/// A bell for a screen.
pub(crate) fn bell() -> Result<crate::tui::Bell> {
    crate::tui::Bell::new().map_err(|error| {
        SparkError::new(ErrorClass::SparkException, format!("no pipe could be opened: {error}"))
            .with_help("close some programs, or raise the number of open files (ulimit -n)")
    })
}
