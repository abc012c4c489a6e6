//! A learner's summary: what is passed, what the scripts did, what one can do now; as text, Markdown or one HTML page.

use super::page_html::{escaped, page};
use crate::common::text;
use crate::workshop::progress::{Entry, Guess, Progress, State};
use crate::workshop::step::Step;
use crate::workshop::verdict::Figures;
use std::collections::BTreeMap;

/// The form of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Markdown,
    Html,
}

/// An aim of the course, and the steps that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub text: String,
    pub steps: Vec<String>,
}

/// A run of the learner's own as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    pub title: String,
    /// Trusted: drawn by the theatre.
    pub svg: String,
}

/// What a summary says besides the learner's progress.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// What the starters do, by step: the learner's figures are compared with them.
    pub starters: BTreeMap<String, Figures>,
    pub outcomes: Vec<Outcome>,
    pub exhibits: Vec<Exhibit>,
}

const HEAD: [&str; 6] = ["step", "title", "state", "checks", "hints", "shuffled"];
const NOTE: &str = "A summary of one's own work, not an exam. `passed *`: the solution was looked at before. The digest covers the steps that are passed and their scripts; \
                    `batchlab report --verify` runs them again on fresh data.";

/// The summary of all steps.
#[must_use]
pub fn summary(progress: &Progress, steps: &[Step], extras: &Extras, form: Form) -> String {
    let rows: Vec<[String; 6]> = steps.iter().map(|step| row(progress, step, extras)).collect();
    let title = title(progress, steps);
    let (digest, after) = (progress.digest(), after(progress, extras));
    match form {
        Form::Text => {
            let mut out = format!("{title}\n\n");
            for [id, title, state, checks, hints, shuffled] in std::iter::once(&HEAD.map(str::to_owned)).chain(&rows) {
                // Rows do not fit a terminal beside the bytes.
                let bytes = shuffled.split(" (").next().unwrap_or_default();
                let row = format!("{id:<6}{title:<38}{state:<9}{checks:>6}{hints:>6}{bytes:>13}");
                out.push_str(row.trim_end());
                out.push('\n');
            }
            for (title, lines) in after {
                out.push_str(&format!("\n{title}\n"));
                for line in lines {
                    out.push_str(&format!("  {line}\n"));
                }
            }
            out + &format!("\n{NOTE}\ndigest {digest}\n")
        }
        Form::Markdown => {
            let mut out = format!("# batchlab: {title}\n\n| {} |\n|{}\n", HEAD.join(" | "), "---|".repeat(HEAD.len()));
            for row in &rows {
                out.push_str(&format!("| {} |\n", row.join(" | ").replace('\n', " ")));
            }
            for (title, lines) in after {
                out.push_str(&format!("\n## {title}\n\n"));
                for line in lines {
                    out.push_str(&format!("- {line}\n"));
                }
            }
            out + &format!("\n{NOTE}\n\n`digest {digest}`\n")
        }
        Form::Html => html(&title, &rows, &after, &digest, extras),
    }
}

fn title(progress: &Progress, steps: &[Step]) -> String {
    let passed: Vec<&Step> = steps.iter().filter(|step| progress.is_passed(&step.id)).collect();
    let minutes: u32 = passed.iter().map(|step| step.minutes).sum();
    format!("{} of {} steps passed ({minutes} minutes of the course)", passed.len(), steps.len())
}

fn html(title: &str, rows: &[[String; 6]], after: &[(String, Vec<String>)], digest: &str, extras: &Extras) -> String {
    let cells = |tag: &str, cells: &[String]| {
        cells.iter().fold(String::new(), |row, cell| row + &format!("<{tag}>{}</{tag}>", escaped(cell)))
    };
    let head = cells("th", &HEAD.map(str::to_owned));
    let table = rows.iter().fold(String::new(), |body, row| body + &format!("<tr>{}</tr>\n", cells("td", row)));
    let mut body = format!("<table>\n<tr>{head}</tr>\n{table}</table>\n");
    for (title, lines) in after {
        let items = lines.iter().fold(String::new(), |items, line| items + &format!("<li>{}</li>\n", escaped(line)));
        body.push_str(&format!("<h2>{}</h2>\n<ul>\n{items}</ul>\n", escaped(title)));
    }
    for exhibit in &extras.exhibits {
        let caption = escaped(&exhibit.title);
        body.push_str(&format!("<figure>\n{}\n<figcaption>{caption}</figcaption></figure>\n", exhibit.svg));
    }
    body.push_str(&format!("<p>{}</p>\n<p><code>digest {digest}</code></p>\n", escaped(NOTE)));
    page(&format!("batchlab: {title}"), &body)
}

fn row(progress: &Progress, step: &Step, extras: &Extras) -> [String; 6] {
    let entry = progress.steps.get(&step.id);
    let state = match entry {
        Some(entry) if entry.state == State::Passed && entry.revealed => "passed *",
        Some(entry) if entry.state == State::Passed => "passed",
        Some(_) => "started",
        None => "open",
    };
    [
        step.id.clone(),
        step.title.clone(),
        state.to_owned(),
        entry.map_or(0, |entry| entry.attempts).to_string(),
        entry.map_or(0, |entry| entry.hints).to_string(),
        entry.map_or(String::new(), |entry| shuffled(entry, extras.starters.get(&step.id))),
    ]
}

/// `2.3 KiB (48 rows), 2 % of the starter`.
fn shuffled(entry: &Entry, starter: Option<&Figures>) -> String {
    let Some(figures) = &entry.figures else { return String::new() };
    // A starter that does not do the work yet says nothing.
    let share =
        starter.filter(|starter| starter.shuffle_bytes > figures.shuffle_bytes).map_or(String::new(), |starter| {
            format!(", {:.0} % of the starter", figures.shuffle_bytes as f64 * 100.0 / starter.shuffle_bytes as f64)
        });
    format!("{} ({} rows){share}", text::bytes(figures.shuffle_bytes), text::count(figures.shuffle_records))
}

/// The quiz and the aims of the course, as far as there is something to say.
fn after(progress: &Progress, extras: &Extras) -> Vec<(String, Vec<String>)> {
    let mut sections = Vec::new();
    if !progress.quiz.is_empty() {
        let count = |wanted: Guess| progress.quiz.values().filter(|guess| **guess == wanted).count();
        let line = format!(
            "{} right first time, {} corrected after a second look, {} not",
            count(Guess::First),
            count(Guess::Corrected),
            count(Guess::Open)
        );
        sections.push(("Quiz".to_owned(), vec![line]));
    }
    let outcomes: Vec<String> = extras.outcomes.iter().map(|outcome| reached(progress, outcome)).collect();
    if !outcomes.is_empty() {
        sections.push(("What you can do now, by the steps that stand for it".to_owned(), outcomes));
    }
    sections
}

fn reached(progress: &Progress, outcome: &Outcome) -> String {
    let passed = outcome.steps.iter().filter(|step| progress.is_passed(step)).count();
    let sign = if passed == outcome.steps.len() { "[x]" } else { "[ ]" };
    let steps = outcome.steps.join(", ");
    format!("{sign} {}: {passed} of {} ({steps})", outcome.text, outcome.steps.len())
}
