//! A learner's summary: what is passed and what it did, as text, Markdown or one HTML page.

use crate::common::text;
use crate::workshop::progress::{Progress, State};
use crate::workshop::step::Step;

/// The form of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Markdown,
    Html,
}

/// One line of the table.
struct Line {
    cells: [String; 6],
}

const HEAD: [&str; 6] = ["step", "title", "state", "checks", "hints", "shuffled"];
const NOTE: &str =
    "A summary of one's own work, not an exam. The digest covers the steps that are passed and their scripts.";

/// The summary of all steps.
#[must_use]
pub fn summary(progress: &Progress, steps: &[Step], form: Form) -> String {
    let lines: Vec<Line> = steps.iter().map(|step| line(progress, step)).collect();
    let passed = steps.iter().filter(|step| progress.is_passed(&step.id)).count();
    let minutes: u32 = steps.iter().filter(|step| progress.is_passed(&step.id)).map(|step| step.minutes).sum();
    let title = format!("{passed} of {} steps passed ({minutes} minutes of the course)", steps.len());
    let digest = progress.digest();
    match form {
        Form::Text => {
            let mut out = format!("{title}\n\n");
            for line in &lines {
                let [id, title, state, checks, hints, shuffled] = &line.cells;
                let row = format!("{id:<6}{title:<38}{state:<9}{checks:>3} checks  {hints:>1} hints  {shuffled}");
                out.push_str(row.trim_end());
                out.push('\n');
            }
            out + &format!("\n{NOTE}\ndigest {digest}\n")
        }
        Form::Markdown => {
            let mut out = format!("# batchlab: {title}\n\n| {} |\n|{}\n", HEAD.join(" | "), "---|".repeat(HEAD.len()));
            for line in &lines {
                out.push_str(&format!("| {} |\n", line.cells.join(" | ").replace('\n', " ")));
            }
            out + &format!("\n{NOTE}\n\n`digest {digest}`\n")
        }
        Form::Html => {
            let cells = |tag: &str, cells: &[String]| {
                cells.iter().fold(String::new(), |row, cell| row + &format!("<{tag}>{}</{tag}>", escaped(cell)))
            };
            let head = cells("th", &HEAD.map(str::to_owned));
            let body = lines
                .iter()
                .fold(String::new(), |body, line| body + &format!("<tr>{}</tr>\n", cells("td", &line.cells)));
            format!(
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>batchlab</title><style>\
                 body{{font:16px sans-serif;max-width:60em;margin:2em auto}}td,th{{padding:.2em .8em;text-align:left}}\
                 </style></head><body>\n<h1>batchlab: {}</h1>\n<table>\n<tr>{head}</tr>\n{body}</table>\n<p>{NOTE}</p>\n\
                 <p><code>digest {digest}</code></p>\n</body></html>\n",
                escaped(&title)
            )
        }
    }
}

fn line(progress: &Progress, step: &Step) -> Line {
    let entry = progress.steps.get(&step.id);
    let state = match entry {
        Some(entry) if entry.state == State::Passed && entry.revealed => "passed *",
        Some(entry) if entry.state == State::Passed => "passed",
        Some(_) => "started",
        None => "open",
    };
    let shuffled = entry.and_then(|entry| entry.figures.as_ref()).map_or(String::new(), |figures| {
        format!("{} ({} rows)", text::bytes(figures.shuffle_bytes), text::count(figures.shuffle_records))
    });
    let cells = [
        step.id.clone(),
        step.title.clone(),
        state.to_owned(),
        entry.map_or(0, |entry| entry.attempts).to_string(),
        entry.map_or(0, |entry| entry.hints).to_string(),
        shuffled,
    ];
    Line { cells }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
