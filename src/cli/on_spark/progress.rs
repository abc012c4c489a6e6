//! How far a real Spark is, read from the event log that it is writing.

use crate::cli::output;
use crate::common::text::{count, plural};
use crate::spark_log::read::{Growing, Tally};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where there is no terminal, not more often than this.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// The log that appears in a folder.
pub(super) struct Watcher {
    folder: PathBuf,
    /// What was there before.
    before: BTreeSet<OsString>,
    open: Option<File>,
    growing: Growing,
}

impl Watcher {
    pub(super) fn new(folder: &Path) -> Watcher {
        let before = names(folder).into_iter().collect();
        Watcher { folder: folder.to_owned(), before, open: None, growing: Growing::default() }
    }

    /// The logs that were written since, oldest first: one for each session that the script started.
    pub(super) fn logs(&self) -> Vec<PathBuf> {
        let new = names(&self.folder).into_iter().filter(|name| !self.before.contains(name));
        let mut logs: Vec<PathBuf> = new.map(|name| self.folder.join(name)).collect();
        logs.sort_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok());
        logs
    }

    /// Reads what is new; what is known then.
    fn look(&mut self) -> &Tally {
        if self.open.is_none() {
            self.open = self.logs().first().filter(|path| path.is_file()).and_then(|path| File::open(path).ok());
        }
        let mut news = Vec::new();
        if let Some(file) = &mut self.open
            && file.read_to_end(&mut news).is_ok()
        {
            self.growing.append(&news);
        }
        self.growing.tally()
    }
}

/// The logs of a folder; hidden files are checksums and such.
fn names(folder: &Path) -> Vec<OsString> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    entries.filter(|name| !name.to_string_lossy().starts_with('.')).collect()
}

/// What a person sees meanwhile, on standard error.
pub(super) enum Progress {
    Nothing,
    Bar(ProgressBar),
    Lines { last: String, at: Option<Instant> },
}

impl Progress {
    pub(super) fn new(quiet: bool) -> Progress {
        if quiet {
            return Progress::Nothing;
        }
        if !std::io::stderr().is_terminal() {
            return Progress::Lines { last: String::new(), at: None };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} real Spark, {elapsed}: {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress::Bar(bar)
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, watcher: &mut Watcher) {
        match self {
            Progress::Nothing => {}
            Progress::Bar(bar) => bar.set_message(words(watcher.look())),
            Progress::Lines { last, at } => {
                if at.is_some_and(|at| at.elapsed() < BETWEEN_LINES) {
                    return;
                }
                let text = words(watcher.look());
                if text != *last {
                    output::err(&format!("real Spark: {text}\n"));
                    *last = text;
                    *at = Some(Instant::now());
                }
            }
        }
    }

    /// Runs something that writes to the terminal, with the bar out of the way.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        match self {
            Progress::Bar(bar) => bar.suspend(write),
            Progress::Nothing | Progress::Lines { .. } => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn words(tally: &Tally) -> String {
    if tally.executors == 0 {
        return "it starts".to_owned();
    }
    let mut text = format!(
        "{} of {}, {} of {}, {} of {}",
        count(tally.jobs_ended),
        plural(tally.jobs, "job"),
        count(tally.stages_ended),
        plural(tally.stages, "stage"),
        count(tally.tasks_ended),
        plural(tally.tasks_planned, "task"),
    );
    if tally.tasks_failed > 0 {
        text.push_str(&format!(", {} failed", count(tally.tasks_failed)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const KILLED: &str = include_str!("../../../tests/data/spark_logs/killed_executor.json");

    #[test]
    fn a_log_that_appears_is_followed_and_older_ones_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("old"), KILLED).expect("space");
        let mut watcher = Watcher::new(folder.path());
        assert_eq!(words(watcher.look()), "it starts");
        let half = KILLED.len() / 2;
        let mut file = File::create(folder.path().join("app.inprogress")).expect("a file");
        file.write_all(&KILLED.as_bytes()[..half]).expect("space");
        let first = words(watcher.look());
        assert!(first.starts_with("0 of 1 job, 1 of "), "{first}");
        file.write_all(&KILLED.as_bytes()[half..]).expect("space");
        let last = words(watcher.look());
        assert!(last.starts_with("1 of 1 job, 4 of 4 stages, "), "{last}");
        assert_eq!(watcher.logs(), [folder.path().join("app.inprogress")]);
    }
}
