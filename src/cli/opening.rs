//! How far a large log is read, on standard error.

use super::output;
use crate::common::text::{bytes, visible};
use crate::spark_log::read::{Progress, SparkLog};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// What is read sooner needs no word.
const PATIENCE: Duration = Duration::from_millis(300);
/// Where there is no terminal, not more often than this.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// What a person sees while a log is read: a bar on a terminal, a line now and then elsewhere, nothing when it is quick.
pub(super) struct Opening<'a> {
    log: &'a Path,
    told: Instant,
    bar: Option<ProgressBar>,
    is_on_terminal: bool,
}

impl<'a> Opening<'a> {
    pub(super) fn new(log: &'a Path) -> Opening<'a> {
        Opening { log, told: Instant::now(), bar: None, is_on_terminal: std::io::stderr().is_terminal() }
    }

    /// Shows how much was read.
    pub(super) fn show(&mut self, progress: Progress) {
        if !self.is_on_terminal {
            if self.told.elapsed() >= BETWEEN_LINES {
                self.told = Instant::now();
                let (read, of) = (bytes(progress.bytes), bytes(progress.of));
                output::err(&format!("batchlab: {}: {read} of {of} are read\n", self.log.display()));
            }
        } else if self.bar.is_some() || self.told.elapsed() >= PATIENCE {
            let bar = self.bar.get_or_insert_with(|| bar(self.log));
            bar.set_length(progress.of);
            bar.set_position(progress.bytes);
            if progress.bytes == progress.of {
                bar.set_message("putting the events in order");
            }
        }
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Says on standard error what a reader of a log of real Spark must know, and what of it could not be read.
pub(super) fn tell_remarks(path: &Path, log: &SparkLog) {
    for line in log.remarks() {
        output::err(&format!("batchlab: {}: {}\n", path.display(), visible(&line)));
    }
}

fn bar(log: &Path) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let name = log.file_name().unwrap_or_default().to_string_lossy();
    if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:32} {bytes} of {total_bytes} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(visible(&name));
    bar
}
