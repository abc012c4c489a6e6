//! Two runs side by side: their numbers, and the first thing that happened in one and not in the other.

use super::narrator::{Depth, Format, Narrator};
use super::words;
use crate::common::text::{bytes, count};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind};
use crate::status::Status;
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

/// What the two did first that was not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstDifference {
    /// Sentences that were the same before it.
    pub same: usize,
    pub a: Option<(VirtualTime, String)>,
    pub b: Option<(VirtualTime, String)>,
}

/// Two runs compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub rows: Vec<Row>,
    /// Whether both printed the same text.
    pub prints_same: bool,
    /// Whether both wrote the same folders with the same numbers of rows.
    pub writes_same: bool,
    pub first: Option<FirstDifference>,
}

/// Compares two logs.
#[must_use]
pub fn compare(a: &[Arc<Event>], b: &[Arc<Event>]) -> Comparison {
    let (status_a, status_b) = (fold(a), fold(b));
    let row = |name, unit, value: fn(&Status) -> f64| Row { name, a: value(&status_a), b: value(&status_b), unit };
    let rows = vec![
        row("virtual time", Unit::Seconds, |status| status.now.as_secs_f64()),
        row("jobs", Unit::Count, |status| status.jobs.len() as f64),
        row("stages run", Unit::Count, |status| status.totals.stages_run as f64),
        row("task starts", Unit::Count, |status| status.totals.tasks_started as f64),
        row("of them again", Unit::Count, |status| status.totals.again as f64),
        row("core time", Unit::Seconds, |status| status.totals.core_nanos as f64 / 1e9),
        row("shuffle written", Unit::Bytes, |status| status.totals.shuffle_write_bytes as f64),
        row("over the network", Unit::Bytes, |status| status.totals.shuffle_read_remote_bytes as f64),
        row("spilled", Unit::Bytes, |status| status.totals.spilled_bytes as f64),
        row("rows read", Unit::Count, |status| status.totals.input_rows as f64),
        row("cache hits", Unit::Count, |status| status.totals.cache_hits as f64),
        row("max / median task", Unit::Ratio, straggler),
    ];
    Comparison {
        rows,
        prints_same: printed(a) == printed(b),
        writes_same: written(&status_a) == written(&status_b),
        first: first_difference(a, b),
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
    let mut worst: f64 = 1.0;
    for stage in status.stages.keys() {
        let mut lengths: Vec<u64> = status
            .attempts
            .values()
            .filter(|attempt| attempt.stage.stage == *stage && attempt.metrics.compute_time.0 > 0)
            .filter_map(|attempt| Some(attempt.ended?.since(attempt.started).0))
            .collect();
        lengths.sort_unstable();
        if let (Some(median), Some(most)) = (lengths.get(lengths.len() / 2), lengths.last())
            && lengths.len() > 1
        {
            worst = worst.max(*most as f64 / (*median).max(1) as f64);
        }
    }
    worst
}

fn printed(events: &[Arc<Event>]) -> String {
    let texts = events.iter().filter_map(|event| match &event.kind {
        EventKind::Printed { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn written(status: &Status) -> Vec<(&str, u64, bool)> {
    status.outputs.iter().map(|output| (output.path.as_str(), output.rows, output.aborted.is_some())).collect()
}

/// The first sentence that only one of them has.
fn first_difference(a: &[Arc<Event>], b: &[Arc<Event>]) -> Option<FirstDifference> {
    let (a, b) = (sentences(a), sentences(b));
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same).cloned(), b.get(same).cloned());
    (a.is_some() || b.is_some()).then_some(FirstDifference { same, a, b })
}

fn sentences(events: &[Arc<Event>]) -> Vec<(VirtualTime, String)> {
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
        let difference = self.b - self.a;
        if difference.abs() < 1e-9 {
            return "same".to_owned();
        }
        let sign = if difference > 0.0 { '+' } else { '-' };
        let share = if self.a > 0.0 { format!("  {:+.0} %", difference / self.a * 100.0) } else { String::new() };
        format!("{sign}{}{share}", self.text(difference.abs()))
    }
}

impl Comparison {
    /// Whether both gave the same.
    #[must_use]
    pub fn is_same_result(&self) -> bool {
        self.prints_same && self.writes_same
    }

    /// A table and the first difference, as plain text.
    #[must_use]
    pub fn text(&self, a: &str, b: &str) -> String {
        let mut text = format!("A  {a}\nB  {b}\n\n");
        text.push_str(&format!("{:<20}{:>16}{:>16}   B against A\n", "", "A", "B"));
        for row in &self.rows {
            let line = format!("{:<20}{:>16}{:>16}   {}", row.name, row.text(row.a), row.text(row.b), row.difference());
            text.push_str(line.trim_end());
            text.push('\n');
        }
        let verdict = |same: bool| if same { "the same" } else { "NOT the same" };
        text.push_str(&format!("{:<20}{}\n", "printed", verdict(self.prints_same)));
        text.push_str(&format!("{:<20}{}\n", "written", verdict(self.writes_same)));
        text.push_str(&self.first_words());
        text
    }

    fn first_words(&self) -> String {
        let Some(first) = &self.first else { return "\nThe two logs tell the same story.\n".to_owned() };
        let side = |side: &Option<(VirtualTime, String)>| match side {
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

    /// The same for a program.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let rows: serde_json::Map<String, serde_json::Value> = self
            .rows
            .iter()
            .map(|row| (row.name.replace(" / ", "_").replace(' ', "_"), serde_json::json!({ "a": row.a, "b": row.b })))
            .collect();
        let side = |side: &Option<(VirtualTime, String)>| {
            side.as_ref().map(|(at, text)| serde_json::json!({ "t_nanos": at.0, "text": text }))
        };
        serde_json::json!({
            "metrics": rows,
            "prints_same": self.prints_same,
            "writes_same": self.writes_same,
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
        assert!(same.is_same_result() && same.first.is_none());
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
    }
}
