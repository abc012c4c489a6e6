//! What a check found.

use crate::event::Event;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The verdict on a script.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// `E2.3`.
    pub step: String,
    pub title: String,
    pub passed: bool,
    pub variants: Vec<VariantVerdict>,
    /// What is said of the stretch goal; absent when the script does nothing for it.
    pub stretch: Option<StretchVerdict>,
}

/// What is said of the lines that a script has for its stretch goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StretchVerdict {
    pub reached: bool,
    /// `lines 14 to 17`.
    pub place: String,
    /// Why it is not reached.
    pub why: String,
}

impl Verdict {
    /// The first variant that failed.
    #[must_use]
    pub fn first_failure(&self) -> Option<&VariantVerdict> {
        self.variants.iter().find(|variant| !variant.passed)
    }

    /// Whether the stretch goal is reached.
    #[must_use]
    pub fn is_stretched(&self) -> bool {
        self.stretch.as_ref().is_some_and(|stretch| stretch.reached)
    }

    /// Ids of the mistakes that were recognised.
    #[must_use]
    pub fn mistake_ids(&self) -> Vec<String> {
        let ids = self.variants.iter().filter_map(|variant| variant.mistake.as_ref());
        ids.map(|remark| format!("{}-{}", self.step, remark.id)).collect()
    }
}

/// One run of the script.
#[derive(Debug, Clone, Serialize)]
pub struct VariantVerdict {
    pub name: String,
    pub seed: u64,
    pub rows: u64,
    pub cluster: String,
    pub passed: bool,
    /// Everything that was checked, in the step's order.
    pub checks: Vec<Checked>,
    pub failures: Vec<Failure>,
    /// The slip behind the failures, when it is a known one.
    pub mistake: Option<Remark>,
    /// What is worth saying though it is right.
    pub remarks: Vec<Remark>,
    pub figures: Figures,
    /// The log of this run.
    #[serde(skip)]
    pub events: Vec<Arc<Event>>,
}

impl VariantVerdict {
    /// Where its run decided each check that does not hold, as a position in the log, with the check's number in the list.
    #[must_use]
    pub fn moments(&self) -> Vec<(usize, String)> {
        let numbered = (1..).zip(&self.checks);
        let failed = numbered.filter_map(|(number, check)| Some((number, self.failures.get(check.failure?)?)));
        failed.map(|(number, failure)| (failure.moment, format!("check {number}"))).collect()
    }

    /// The data in words: `the visible data`, `fewer rows, 2x2`.
    #[must_use]
    pub fn data(&self) -> &str {
        data_name(&self.name)
    }
}

/// The name of the variant that the learner sees.
pub const VISIBLE: &str = "visible";

/// A variant's name in words.
#[must_use]
pub fn data_name(variant: &str) -> &str {
    if variant == VISIBLE { "the visible data" } else { variant }
}

/// One check, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub text: String,
    /// Its index among the failures; absent: it holds.
    pub failure: Option<usize>,
}

/// A message of the step's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    pub id: String,
    pub text: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// `raised`, `answer:result`, the id of a behaviour, `predict:stages`.
    pub check: String,
    pub got: String,
    pub wanted: String,
    /// Row and column, or line of the script.
    pub place: String,
    pub why: String,
    pub next: String,
    /// The script's line, where one is to blame.
    pub line: Option<u32>,
    /// Events of the run up to the one that decided it.
    pub moment: usize,
}

/// Figures of a run that a report keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub stages: u64,
    pub tasks: u64,
    pub exchanges: u64,
    pub shuffle_records: u64,
    pub shuffle_bytes: u64,
    pub bytes_read: u64,
    pub makespan_seconds: f64,
}
