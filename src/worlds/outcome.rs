//! What a world leaves behind: moments in the past tense, and figures.

use crate::common::VirtualTime;
use crate::common::text::plural;
use serde::Serialize;
use std::collections::BTreeMap;

/// Of each kind of moment, the first few are told one by one; the rest is counted.
const TOLD: usize = 8;
/// Of ordinary work, fewer.
const TOLD_STEPS: usize = 3;

/// How a moment looks on a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Ordinary work.
    Step,
    /// An answer somebody waited for.
    Result,
    /// Somebody was turned away, waited, or got less.
    Refusal,
    /// Something broke.
    Fault,
    /// Something came back.
    Recovery,
    /// Something is gone for good.
    Loss,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Nanoseconds since the start.
    pub at: VirtualTime,
    /// Whom it happened to: a line of the timeline.
    pub lane: String,
    pub mark: Mark,
    pub text: String,
}

/// What came out of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorldOutcome {
    /// The name of one of [`super::World::ALL`].
    pub world: &'static str,
    pub seed: u64,
    /// When it ended, nanoseconds since the start.
    pub ended: VirtualTime,
    pub figures: BTreeMap<String, f64>,
    pub log: Vec<Moment>,
}

/// Collects what happens. Of a kind that happens often only the first ones are kept, and a count.
#[derive(Debug, Default)]
pub(super) struct Journal {
    moments: Vec<Moment>,
    /// How often each kind happened, when last, and how it looks.
    seen: BTreeMap<&'static str, (usize, VirtualTime, Mark)>,
    figures: BTreeMap<String, f64>,
}

impl Journal {
    /// Tells a moment that stands alone.
    pub(super) fn tell(&mut self, at: VirtualTime, lane: impl Into<String>, mark: Mark, text: impl Into<String>) {
        self.moments.push(Moment { at, lane: lane.into(), mark, text: text.into() });
    }

    /// Tells a moment of a kind that may happen often.
    pub(super) fn tell_some(
        &mut self,
        kind: &'static str,
        at: VirtualTime,
        lane: &str,
        mark: Mark,
        text: impl FnOnce() -> String,
    ) {
        let seen = self.seen.entry(kind).or_insert((0, at, mark));
        seen.0 += 1;
        seen.1 = at;
        if seen.0 <= told(mark) {
            self.tell(at, lane, mark, text());
        }
    }

    /// Sets a figure.
    pub(super) fn figure(&mut self, name: impl Into<String>, value: f64) {
        self.figures.insert(name.into(), value);
    }

    /// Sets a figure that counts.
    pub(super) fn count(&mut self, name: impl Into<String>, value: usize) {
        self.figure(name, value as f64);
    }

    /// Closes the book.
    pub(super) fn close(mut self, world: &'static str, seed: u64, ended: VirtualTime) -> WorldOutcome {
        for (kind, (seen, last, mark)) in std::mem::take(&mut self.seen) {
            if seen > told(mark) {
                let more = plural((seen - told(mark)) as u64, "more time");
                let text = format!("{kind}: {more} until now, not told one by one");
                self.tell(last, "in all", Mark::Step, text);
            }
        }
        // Stable: moments of one time stay in the order in which they were told.
        self.moments.sort_by_key(|moment| moment.at);
        WorldOutcome { world, seed, ended, figures: self.figures, log: self.moments }
    }
}

fn told(mark: Mark) -> usize {
    if mark == Mark::Step { TOLD_STEPS } else { TOLD }
}

/// The value below which `permille` of the sorted values lie (nearest rank).
pub(super) fn percentile(sorted: &[u64], permille: usize) -> u64 {
    let rank = (sorted.len() * permille).div_ceil(1000).max(1);
    sorted.get(rank - 1).or(sorted.last()).copied().unwrap_or(0)
}

/// `part` of `whole` in percent; nothing of nothing is nothing.
pub(super) fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<u64> = (1..=100).collect();
        assert_eq!((percentile(&values, 500), percentile(&values, 990), percentile(&values, 1000)), (50, 99, 100));
        assert_eq!(percentile(&[], 500), 0);
    }

    #[test]
    fn what_happens_often_is_counted() {
        let mut journal = Journal::default();
        for i in 0..25 {
            journal.tell_some("a drop", VirtualTime(i), "tap", Mark::Loss, || format!("drop {i} fell"));
        }
        let log = journal.close("edge", 1, VirtualTime(25)).log;
        assert_eq!(log.len(), TOLD + 1);
        assert!(log[TOLD].text.contains("17 more"), "{}", log[TOLD].text);
    }
}
