//! What could not be read of a log: how much, and of the first where it stands and why.

use crate::common::text::{count, plural};

/// So many are named one by one.
const NAMED: usize = 5;

/// Lines that are no events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unreadable {
    pub lines: u64,
    /// The first of them: its number, from 1 on, and why.
    pub first: Vec<(u64, String)>,
}

impl Unreadable {
    /// One more; why it is none is asked only where it is told.
    pub(super) fn push(&mut self, line: u64, reason: impl FnOnce() -> String) {
        self.lines += 1;
        if self.first.len() < NAMED {
            self.first.push((line, reason()));
        }
    }

    /// What stands behind the first `before` lines.
    pub(super) fn append(&mut self, before: u64, other: Unreadable) {
        self.lines += other.lines;
        let room = NAMED.saturating_sub(self.first.len());
        self.first.extend(other.first.into_iter().take(room).map(|(line, reason)| (before + line, reason)));
    }

    /// A sentence for each line that is named, and one for the rest.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> =
            self.first.iter().map(|(line, reason)| format!("line {} is no event ({reason})", count(*line))).collect();
        let more = self.lines - self.first.len() as u64;
        if more > 0 {
            let verb = if more == 1 { "is no event" } else { "are no events" };
            words.push(format!("{} more {verb}", plural(more, "line")));
        }
        words
    }
}
