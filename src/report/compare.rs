//! Two runs side by side: their numbers, and the first thing that happened in one and not in the other.

use super::narrator::{Depth, Format, Narrator};
use super::prints::{self, Prints, Verdict};
use super::words;
use crate::common::diff;
use crate::common::ids::StageId;
use crate::common::text::{bytes, count, plural, visible};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind};
use crate::status::costs::{seconds_before_jobs, seconds_in_jobs};
use crate::status::metrics::{Metrics, Summary, Work};
use crate::status::spread::Spread;
use crate::status::{Output, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One number of both runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub name: &'static str,
    pub a: f64,
    pub b: f64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds,
    Count,
    Bytes,
    Ratio,
}

/// What the log says, and when.
pub type Told = (VirtualTime, String);

/// What the two did first that was not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstDifference {
    /// Sentences that were the same before it.
    pub same: usize,
    pub a: Option<Told>,
    pub b: Option<Told>,
}

/// Sentences that only one of the two has, between sentences that both have, whenever they said them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moment {
    pub a: Vec<Told>,
    pub b: Vec<Told>,
}

impl Moment {
    /// When it begins.
    #[must_use]
    pub fn at(&self) -> VirtualTime {
        self.a.first().into_iter().chain(self.b.first()).map(|told| told.0).min().unwrap_or_default()
    }
}

/// Two runs compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub rows: Vec<Row>,
    pub prints: Prints,
    /// Where they did not write the same folders with the same numbers of rows.
    pub writes: Vec<String>,
    /// What both wrote, where it was there to be read, row by row.
    pub tables: Vec<Table>,
    /// Only told of two runs on the simulated cluster: real Spark tells another story, at other times.
    pub first: Option<FirstDifference>,
    /// All places where they tell different stories, in order; the same of two simulated runs only.
    pub moments: Vec<Moment>,
    /// One of them is a log of real Spark.
    pub any_real: bool,
}

/// A table that was written, compared row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub path: String,
    pub rows: u64,
    /// Absent: both hold the same rows.
    pub difference: Option<String>,
}

/// Compares two logs.
#[must_use]
pub fn compare(a: &[Arc<Event>], b: &[Arc<Event>]) -> Comparison {
    let (status_a, status_b) = (fold(a), fold(b));
    let (sums_a, sums_b) = (Sums::of(&status_a), Sums::of(&status_b));
    let row = |name, unit, value: fn(&Sums) -> f64| Row { name, a: value(&sums_a), b: value(&sums_b), unit };
    let rows = vec![
        row("time", Unit::Seconds, |of| of.work.virtual_seconds),
        row("  before any job", Unit::Seconds, |of| of.before_jobs),
        row("  in jobs", Unit::Seconds, |of| of.in_jobs),
        row("  between jobs", Unit::Seconds, |of| (of.work.virtual_seconds - of.before_jobs - of.in_jobs).max(0.0)),
        row("jobs", Unit::Count, |of| of.work.jobs as f64),
        row("stages run", Unit::Count, |of| of.work.stages as f64),
        row("stages skipped", Unit::Count, |of| of.work.stages_skipped as f64),
        row("tasks", Unit::Count, |of| of.work.tasks as f64),
        row("of them failed", Unit::Count, |of| of.work.tasks_failed as f64),
        row("of them again", Unit::Count, |of| of.work.tasks_again as f64),
        row("core time", Unit::Seconds, |of| of.work.core_seconds),
        row("  computing", Unit::Seconds, |of| of.computing),
        row("  fetching", Unit::Seconds, |of| of.fetching),
        row("  writing shuffles", Unit::Seconds, |of| of.writing),
        row("records read", Unit::Count, |of| of.work.input_records as f64),
        row("bytes read", Unit::Bytes, |of| of.work.input_bytes as f64),
        row("shuffle records", Unit::Count, |of| of.work.shuffle_records as f64),
        row("shuffle written", Unit::Bytes, |of| of.work.shuffle_bytes as f64),
        row("over the network", Unit::Bytes, |of| of.work.shuffle_remote_bytes as f64),
        row("spilled", Unit::Bytes, |of| of.work.spilled_bytes as f64),
        row("records written", Unit::Count, |of| of.written_rows as f64),
        row("bytes written", Unit::Bytes, |of| of.written_bytes as f64),
        row("cache hits", Unit::Count, |of| of.work.cache_hits as f64),
        row("max / median task", Unit::Ratio, |of| of.straggler),
    ];
    let is_real = |status: &Status| status.time_word() == "real";
    let any_real = is_real(&status_a) || is_real(&status_b);
    let (told_a, told_b) = if any_real { Default::default() } else { (sentences(a), sentences(b)) };
    Comparison {
        rows,
        prints: printed_by_both([(a, is_real(&status_a)), (b, is_real(&status_b))]),
        writes: writes(&status_a, &status_b),
        tables: Vec::new(),
        first: first_difference(&told_a, &told_b),
        moments: moments(&told_a, &told_b),
        any_real,
    }
}

/// What is put side by side of one run.
struct Sums {
    work: Summary,
    /// Seconds before the first job: the session starts, and the script with it.
    before_jobs: f64,
    /// Seconds in which some job ran.
    in_jobs: f64,
    computing: f64,
    fetching: f64,
    writing: f64,
    /// Of the folders that were committed.
    written_rows: u64,
    written_bytes: u64,
    straggler: f64,
}

impl Sums {
    fn of(status: &Status) -> Sums {
        let metrics = Metrics::of(status);
        let sum = |value: fn(&Work) -> f64| metrics.stages.iter().map(|stage| value(&stage.work)).sum();
        Sums {
            before_jobs: seconds_before_jobs(status),
            in_jobs: seconds_in_jobs(status),
            computing: sum(|work| work.compute_seconds),
            fetching: sum(|work| work.fetch_seconds),
            writing: sum(|work| work.write_seconds),
            written_rows: status.outputs.iter().map(|output| output.rows).sum(),
            written_bytes: status.outputs.iter().map(|output| output.bytes).sum(),
            straggler: straggler(status),
            work: metrics.summary,
        }
    }
}

fn fold(events: &[Arc<Event>]) -> Status {
    let mut status = Status::default();
    for event in events {
        status.apply(event);
    }
    status
}

/// How many times the median the slowest task of the longest stage took.
fn straggler(status: &Status) -> f64 {
    let mut by_stage: BTreeMap<StageId, Vec<u64>> = BTreeMap::new();
    for attempt in status.attempts.values().filter(|attempt| attempt.metrics.compute_time.0 > 0) {
        let length = attempt.ended.map(|ended| ended.since(attempt.started).0);
        by_stage.entry(attempt.stage.stage).or_default().extend(length);
    }
    let several = by_stage.into_values().filter(|lengths| lengths.len() > 1);
    several.filter_map(Spread::of).map(|spread| spread.to_median).fold(1.0, f64::max)
}

/// Whether both printed the same. A real Spark's log holds no print unless the run was started here; what a script prints as errors then
/// stands among the rest, as `spark-submit` gives it out.
fn printed_by_both(sides: [(&[Arc<Event>], bool); 2]) -> Prints {
    let has_prints = |events: &[Arc<Event>]| events.iter().any(|event| matches!(event.kind, EventKind::Printed { .. }));
    let any_real = sides.iter().any(|(_, is_real)| *is_real);
    let [a, b] = sides.map(|(events, is_real)| {
        let text = printed(events, any_real && !is_real);
        (has_prints(events) || !is_real).then_some(text)
    });
    match (a, b) {
        (Some(a), Some(b)) => prints::compare(&a, &b, any_real),
        _ => Prints { verdict: Verdict::Unknown, apart: None },
    }
}

fn printed(events: &[Arc<Event>], with_errors: bool) -> String {
    let texts = events.iter().filter_map(|event| match &event.kind {
        EventKind::Printed { text } => Some(text.as_str()),
        EventKind::ErrorPrinted { text } if with_errors => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The folders that only one of them wrote, or that hold other numbers of rows.
fn writes(a: &Status, b: &Status) -> Vec<String> {
    let (a, b) = (written(a), written(b));
    let paths: BTreeSet<&str> = a.keys().chain(b.keys()).copied().collect();
    let rows = |rows: Option<&Option<u64>>| match rows {
        None => "nothing".to_owned(),
        Some(None) => "given up".to_owned(),
        Some(Some(rows)) => plural(*rows, "row"),
    };
    let differing = paths.into_iter().filter(|path| a.get(path) != b.get(path));
    differing.map(|path| format!("{path}: A {}, B {}", rows(a.get(path)), rows(b.get(path)))).collect()
}

/// The rows of each folder as they were written last; none: the write was given up.
fn written(status: &Status) -> BTreeMap<&str, Option<u64>> {
    let rows = |output: &Output| output.aborted.is_none().then_some(output.rows);
    status.outputs.iter().map(|output| (output.path.as_str(), rows(output))).collect()
}

/// The first sentence that only one of them has.
fn first_difference(a: &[Told], b: &[Told]) -> Option<FirstDifference> {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same).cloned(), b.get(same).cloned());
    (a.is_some() || b.is_some()).then_some(FirstDifference { same, a, b })
}

/// Where the texts differ; that the same thing happens later is no difference here.
fn moments(a: &[Told], b: &[Told]) -> Vec<Moment> {
    let [texts_a, texts_b] = [a, b].map(|told| told.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>());
    let mut found = Vec::new();
    let (mut next_a, mut next_b) = (0, 0);
    for (both_a, both_b) in diff::pairs(&texts_a, &texts_b).into_iter().chain([(a.len(), b.len())]) {
        let moment = Moment { a: a[next_a..both_a].to_vec(), b: b[next_b..both_b].to_vec() };
        if moment != Moment::default() {
            found.push(moment);
        }
        (next_a, next_b) = (both_a + 1, both_b + 1);
    }
    found
}

fn sentences(events: &[Arc<Event>]) -> Vec<Told> {
    let narrator = Narrator::new(Depth::Full, Format::Text);
    let mut status = Status::default();
    let mut told = Vec::new();
    for event in events {
        status.apply(event);
        told.extend(narrator.narrate(event, &status).into_iter().map(|sentence| (sentence.at, sentence.text)));
    }
    told
}

impl Row {
    /// One side, as people read it.
    #[must_use]
    pub fn text(&self, value: f64) -> String {
        match self.unit {
            Unit::Seconds => format!("{value:.3} s"),
            Unit::Count => count(value as u64),
            Unit::Bytes => bytes(value as u64),
            Unit::Ratio => format!("{value:.1}"),
        }
    }

    /// What the second has more or less, with its share; `same` where nothing differs.
    #[must_use]
    pub fn difference(&self) -> String {
        // As it is shown: what a person cannot see is no difference.
        if self.text(self.a) == self.text(self.b) {
            return "same".to_owned();
        }
        let difference = self.b - self.a;
        if self.text(difference.abs()) == self.text(0.0) {
            return "about the same".to_owned();
        }
        let amount = format!("{}{}", if difference > 0.0 { '+' } else { '-' }, self.text(difference.abs()));
        let share = if self.a > 0.0 { format!("{:+.0} %", difference / self.a * 100.0) } else { String::new() };
        format!("{amount:<10} {share:>6}").trim_end().to_owned()
    }
}

impl Comparison {
    /// Whether both gave the same.
    #[must_use]
    pub fn is_same_result(&self) -> bool {
        self.prints.verdict != Verdict::Differs
            && self.writes.is_empty()
            && self.tables.iter().all(|table| table.difference.is_none())
    }

    /// The numbers of both, as plain text.
    #[must_use]
    pub fn numbers(&self, a: &str, b: &str) -> String {
        let mut text = format!("A  {a}\nB  {b}\n\n");
        text.push_str(&format!("{:<20}{:>16}{:>16}   B against A\n", "", "A", "B"));
        for row in &self.rows {
            let line = format!("{:<20}{:>16}{:>16}   {}", row.name, row.text(row.a), row.text(row.b), row.difference());
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// A table and the first difference, as plain text.
    #[must_use]
    pub fn text(&self, a: &str, b: &str) -> String {
        let mut text = self.numbers(a, b);
        text.push_str(&format!("{:<20}{}\n", "printed", self.prints.text()));
        text.push_str(&format!("{:<20}{}\n", "written", Verdict::of(self.writes.is_empty()).words()));
        for difference in &self.writes {
            text.push_str(&format!("  {}\n", visible(difference)));
        }
        for table in &self.tables {
            let words = match &table.difference {
                None => format!("the same {}", plural(table.rows, "row")),
                Some(difference) => format!("NOT the same: {}", words::line(difference, 160)),
            };
            text.push_str(&format!("  {}: {words}\n", visible(&table.path)));
        }
        text.push_str(&self.first_words());
        text
    }

    fn first_words(&self) -> String {
        let Some(first) = &self.first else {
            return if self.any_real { String::new() } else { "\nThe two logs tell the same story.\n".to_owned() };
        };
        let side = |side: &Option<Told>| match side {
            Some((at, text)) => format!("{:>9}  {}", words::moment(*at), words::line(text, 100)),
            None => "           (it had ended)".to_owned(),
        };
        format!(
            "\nFirst difference, after {} things that were told alike:\n  A {}\n  B {}\n",
            first.same,
            side(&first.a),
            side(&first.b)
        )
    }

    /// The numbers of both for a program.
    #[must_use]
    pub fn numbers_json(&self) -> serde_json::Value {
        let rows: serde_json::Map<String, serde_json::Value> = self
            .rows
            .iter()
            .map(|row| {
                (row.name.trim().replace(" / ", "_").replace(' ', "_"), serde_json::json!({ "a": row.a, "b": row.b }))
            })
            .collect();
        serde_json::Value::Object(rows)
    }

    /// Everything for a program.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let side =
            |side: &Option<Told>| side.as_ref().map(|(at, text)| serde_json::json!({ "t_nanos": at.0, "text": text }));
        serde_json::json!({
            "metrics": self.numbers_json(),
            "prints_same": self.prints.verdict.json(),
            "prints_difference": self.prints.json(),
            "writes_same": self.writes.is_empty(),
            "tables": self.tables.iter().map(|table| serde_json::json!({
                "path": table.path,
                "rows": table.rows,
                "difference": table.difference,
            })).collect::<Vec<_>>(),
            "first_difference": self.first.as_ref().map(|first| serde_json::json!({
                "same_before": first.same,
                "a": side(&first.a),
                "b": side(&first.b),
            })),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_run_is_the_same_as_itself() {
        let events = fixture::node_death();
        let same = compare(&events, &events);
        assert!(same.is_same_result() && same.first.is_none() && same.moments.is_empty());
        assert!(same.rows.iter().all(|row| row.difference() == "same"));
    }

    #[test]
    fn the_first_difference_is_the_first_sentence_that_only_one_has() {
        let events = fixture::node_death();
        let shorter = &events[..events.len() / 2];
        let found = compare(&events, shorter);
        let first = found.first.expect("one ended earlier");
        assert!(first.b.is_none() && first.a.is_some());
        assert!(found.rows[0].difference().starts_with('-'));
        let [moment] = found.moments.as_slice() else { panic!("one has more at its end: {:?}", found.moments) };
        assert!(moment.b.is_empty() && first.a.as_ref() == moment.a.first());
    }
}
