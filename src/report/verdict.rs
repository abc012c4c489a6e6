//! The verdict on a step as plain text.

use crate::common::text;
use crate::workshop::verdict::{Failure, Figures, StretchVerdict, VariantVerdict, Verdict};
use std::fmt::Write as _;

/// Failures that are shown of one run; more would hide the first.
const SHOWN_MAX: usize = 3;

/// The verdict in sentences.
#[must_use]
pub fn of(verdict: &Verdict) -> String {
    let mut out = format!("{}  {}\n", verdict.step, verdict.title);
    for variant in &verdict.variants {
        let rows = text::count(variant.rows);
        let what = format!("{} (seed {}, {rows} rows, {})", variant.name, variant.seed, variant.cluster);
        let _ = writeln!(out, "  {:<8}{what}", if variant.passed { "right" } else { "wrong" });
    }
    if let Some(failed) = verdict.first_failure() {
        out.push('\n');
        failed_variant(&mut out, verdict, failed);
        stretch(&mut out, verdict);
        return out;
    }
    for remark in verdict.variants.first().into_iter().flat_map(|variant| &variant.remarks) {
        let _ = writeln!(out, "\n  Note ({}-{}): {}", verdict.step, remark.id, remark.text);
    }
    if let Some(first) = verdict.variants.first() {
        let _ = writeln!(out, "\n  {}", in_the_cluster(&first.figures));
    }
    stretch(&mut out, verdict);
    out
}

fn stretch(out: &mut String, verdict: &Verdict) {
    if let Some(told) = &verdict.stretch {
        let _ = writeln!(out, "  {}", of_stretch(told));
    }
}

/// What is said of the stretch goal, in a sentence or two.
#[must_use]
pub fn of_stretch(told: &StretchVerdict) -> String {
    if told.reached {
        return format!("The stretch goal is reached too ({}).", told.place);
    }
    format!("The stretch goal ({}) is not reached yet: {}", told.place, closed(&told.why))
}

/// A sentence that ends with a sign.
fn closed(sentence: &str) -> String {
    if sentence.ends_with(['.', '!', '?']) { sentence.to_owned() } else { format!("{sentence}.") }
}

fn failed_variant(out: &mut String, verdict: &Verdict, variant: &VariantVerdict) {
    if let Some(mistake) = &variant.mistake {
        let _ = writeln!(out, "  {}-{}: {}\n", verdict.step, mistake.id, mistake.text);
    }
    for failure in variant.failures.iter().take(SHOWN_MAX) {
        one_failure(out, failure);
    }
    if variant.failures.len() > SHOWN_MAX {
        let more = match variant.failures.len() - SHOWN_MAX {
            1 => "1 more check fails".to_owned(),
            more => format!("{more} more checks fail"),
        };
        let _ = writeln!(out, "  {more}; mend these first.");
    }
}

fn one_failure(out: &mut String, failure: &Failure) {
    for (word, said) in parts(failure) {
        let _ = writeln!(out, "  {word:<8}{said}");
    }
    out.push('\n');
}

/// A failure in parts: which check, what was seen and wanted, where, why it matters, what to do next.
#[must_use]
pub fn parts(failure: &Failure) -> [(&'static str, String); 6] {
    let line = failure.line.map_or(String::new(), |line| format!(" (line {line})"));
    [
        ("Check", format!("{}{line}", failure.check)),
        ("Got", failure.got.clone()),
        ("Wanted", failure.wanted.clone()),
        ("Where", failure.place.clone()),
        ("Why", failure.why.clone()),
        ("Next", failure.next.clone()),
    ]
}

/// What the run did in the cluster, in one sentence.
#[must_use]
pub fn in_the_cluster(figures: &Figures) -> String {
    format!(
        "In the cluster: {}, {}, {}; {} rows ({}) were shuffled.",
        text::plural(figures.stages, "stage"),
        text::plural(figures.tasks, "task"),
        text::plural(figures.exchanges, "exchange"),
        text::count(figures.shuffle_records),
        text::bytes(figures.shuffle_bytes),
    )
}
