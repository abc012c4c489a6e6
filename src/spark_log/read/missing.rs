//! Lines that must have been there: others speak of what they told.

use crate::common::text::count;
use std::collections::BTreeMap;

/// What a line should have told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    ExecutorStart,
    QueryStart,
    JobStart,
    /// The job of a stage that was submitted.
    StageJob,
    TaskStart,
    /// A task starts that is running.
    TaskEnd,
}

/// What is missing.
#[derive(Debug, Default)]
pub(super) struct Missing(BTreeMap<Thing, (u64, String)>);

impl Missing {
    /// Notes one; only the first is asked who it is.
    pub(super) fn note(&mut self, thing: Thing, who: impl FnOnce() -> String) {
        self.0.entry(thing).or_insert_with(|| (0, who())).0 += 1;
    }

    /// A sentence for each kind.
    pub(super) fn words(&self) -> Vec<String> {
        let sentence = |(thing, (number, first)): (&Thing, &(u64, String))| {
            let (noun, what) = match thing {
                Thing::ExecutorStart => ("executor", "no line adds, so its cores are those that were seen busy"),
                Thing::QueryStart => ("query", "ends without a start"),
                Thing::JobStart => ("job", "ends without a start"),
                Thing::StageJob => ("stage", "runs and no job names"),
                Thing::TaskStart => ("task", "ends without a start and is not shown"),
                Thing::TaskEnd => ("task", "starts again while it runs"),
            };
            let more = if *number > 1 { format!(" (and {} more such)", count(number - 1)) } else { String::new() };
            format!("lines are missing or changed: there is {noun} {first} that {what}{more}")
        };
        self.0.iter().map(sentence).collect()
    }
}
