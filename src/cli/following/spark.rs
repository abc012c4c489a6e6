//! A log of real Spark that still grows: a line that tells how far it is, or the theatre.

use super::{POLL, unfollowed};
use crate::cli::{opening, output, stage};
use crate::common::text::{count, plural};
use crate::common::{Result, SparkError};
use crate::event::Event;
use crate::spark_log::read::{Growing, Tail, Tally};
use crate::tui::theatre::recording::Recording;
use crate::tui::{RunEnd, RunHandle};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Where there is no terminal, not more often than this.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
/// A run is told anew when so many times as long has passed as telling it took.
const REST: u32 = 4;

/// What a person sees meanwhile, on standard error.
pub(in crate::cli) enum Progress {
    Nothing,
    Bar(ProgressBar),
    Lines { last: String, at: Option<Instant> },
}

impl Progress {
    pub(in crate::cli) fn new(quiet: bool) -> Progress {
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
    pub(in crate::cli) fn show(&mut self, tally: &Tally) {
        match self {
            Progress::Nothing => {}
            Progress::Bar(bar) => bar.set_message(words(tally)),
            Progress::Lines { last, at } => {
                if at.is_some_and(|at| at.elapsed() < BETWEEN_LINES) {
                    return;
                }
                let text = words(tally);
                if text != *last {
                    output::err(&format!("real Spark: {text}\n"));
                    *last = text;
                    *at = Some(Instant::now());
                }
            }
        }
    }

    /// Runs something that writes to the terminal, with the bar out of the way.
    pub(in crate::cli) fn aside(&self, write: impl FnOnce()) {
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

/// Tells the theatre a run anew whenever more is known of it, and not so often that it costs much.
pub(in crate::cli) struct Retelling {
    handle: RunHandle,
    /// How much was known then.
    told: u64,
    not_before: Instant,
}

impl Retelling {
    pub(in crate::cli) fn new(handle: RunHandle) -> Retelling {
        Retelling { handle, told: 0, not_before: Instant::now() }
    }

    /// Tells the run, if it is not `known` as far as the last time.
    pub(in crate::cli) fn tell(&mut self, known: u64, events: impl FnOnce() -> Vec<Arc<Event>>) {
        let started = Instant::now();
        if known == self.told || started < self.not_before {
            return;
        }
        self.told = known;
        self.tell_last(events());
        self.not_before = Instant::now() + started.elapsed() * REST;
    }

    /// Tells what has become of it.
    pub(in crate::cli) fn tell_last(&self, events: Vec<Arc<Event>>) {
        if !events.is_empty() {
            self.handle.retell(Recording::recorded(events));
        }
    }
}

/// Shows a log in the theatre while it grows, until its application ends or the person leaves.
pub(super) fn watch(log: &Path, title: &str, screen: stage::ScreenArgs) -> Result<()> {
    let handle = RunHandle::default();
    let mut retelling = Retelling::new(handle.clone());
    let (told, mut tail) = (handle.clone(), Tail::new(log.to_owned()));
    let reading = std::thread::spawn(move || {
        let mut growing = Growing::default();
        let end = follow(&mut tail, &mut growing, |growing| {
            retelling.tell(growing.lines(), || growing.so_far().events);
            !told.cancel.load(Ordering::Relaxed)
        });
        retelling.tell_last(growing.so_far().events);
        let error = end.err().map(|error| error.to_string());
        told.finish(RunEnd { exit: i32::from(error.is_some()), error });
    });
    let shown = stage::follow(&handle, title, screen);
    let unread = reading.join().is_err() || handle.end().is_none();
    match handle.end().and_then(|end| end.error.clone()) {
        _ if unread => Err(SparkError::internal("the log was lost")),
        Some(reason) => Err(unfollowed(log, &reason)),
        None => shown,
    }
}

/// Waits until a log's application has ended, and tells meanwhile how far it is.
pub(super) fn wait(log: &Path, quiet: bool) -> Result<Vec<Arc<Event>>> {
    let (mut growing, mut progress) = (Growing::default(), Progress::new(quiet));
    let followed = follow(&mut Tail::new(log.to_owned()), &mut growing, |growing| {
        progress.show(growing.tally());
        true
    });
    followed.map_err(|error| unfollowed(log, &error.to_string()))?;
    let read = growing.so_far();
    drop(progress);
    if !quiet {
        opening::tell_remarks(log, &read);
    }
    Ok(read.events)
}

/// Reads what is appended until the application ends, or `look`, which is asked several times a second, says that it is enough.
fn follow(tail: &mut Tail, growing: &mut Growing, mut look: impl FnMut(&Growing) -> bool) -> std::io::Result<()> {
    loop {
        growing.append(&tail.read()?);
        if !look(growing) || growing.is_over() {
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_in_words() {
        assert_eq!(words(&Tally::default()), "it starts");
        let tally = Tally {
            executors: 2,
            jobs: 1,
            stages: 4,
            stages_ended: 3,
            tasks_planned: 1200,
            tasks_ended: 1000,
            tasks_failed: 2,
            ..Tally::default()
        };
        assert_eq!(words(&tally), "0 of 1 job, 3 of 4 stages, 1,000 of 1,200 tasks, 2 failed");
    }

    #[test]
    fn a_run_is_told_when_there_is_news() {
        let handle = RunHandle::default();
        let mut retelling = Retelling::new(handle.clone());
        let events =
            || crate::spark_log::read::read(include_bytes!("../../../tests/data/spark_logs/join.json").as_slice());
        retelling.tell(0, || panic!("there is no news"));
        retelling.tell(1, || events().expect("a log").events);
        assert!(handle.is_told() && handle.take_retold().is_some());
        retelling.not_before = Instant::now();
        retelling.tell(1, || panic!("that is known"));
        assert!(handle.take_retold().is_none());
    }
}
