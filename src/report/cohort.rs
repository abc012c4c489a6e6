//! A class's report: as text, as one HTML page, as CSV.

use super::page_html::{escaped, page};
use crate::common::text;
use crate::workshop::cohort::{Cell, Cohort, StepTimes};

/// The step whose figures close a class.
const CLOSING: &str = "E2.9";
/// Mistakes that are shown.
const MISTAKES: usize = 5;
const LEGEND: &str = "# passed  + passed with help  > started  . open";

fn sign(cell: Cell) -> char {
    match cell {
        Cell::Open => '.',
        Cell::Started => '>',
        Cell::Helped => '+',
        Cell::Passed => '#',
    }
}

/// The report as text.
#[must_use]
pub fn text(cohort: &Cohort<'_>) -> String {
    let mut out = format!("{}\n\n", text::plural(cohort.learners.len() as u64, "learner"));
    out.push_str(&heat_map(cohort));
    for (title, lines) in sections(cohort) {
        out.push_str(&format!("\n{title}\n"));
        for line in &lines {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

/// Learners by steps, one sign each, exercises apart.
fn heat_map(cohort: &Cohort<'_>) -> String {
    let wide = cohort.learners.iter().map(|learner| learner.name.chars().count()).max().unwrap_or(0).max(8);
    let exercise = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
    let mut head = " ".repeat(wide + 2);
    let mut before = String::new();
    for step in cohort.steps {
        let here = exercise(&step.id);
        if here != before {
            head.push_str(&format!(" {here}"));
            let steps = cohort.steps.iter().filter(|other| exercise(&other.id) == here).count();
            head.push_str(&" ".repeat(steps.saturating_sub(here.len())));
            before = here;
        }
    }
    let mut out = format!("{}\n", head.trim_end());
    for learner in &cohort.learners {
        let mut line = format!("{:<wide$}  ", learner.name);
        let mut before = String::new();
        for (step, cell) in cohort.steps.iter().zip(cohort.row(learner)) {
            let here = exercise(&step.id);
            if here != before {
                line.push(' ');
                before = here;
            }
            line.push(sign(cell));
        }
        out.push_str(&format!("{line}\n"));
    }
    out + &format!("{LEGEND}\n")
}

/// What stands below the heat map: a title, and its lines.
fn sections(cohort: &Cohort<'_>) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let mistakes = cohort.mistakes().into_iter().take(MISTAKES);
    let mistakes = mistakes.map(|(id, learners, times)| {
        format!("{id:<10}{}, {}", text::plural(learners as u64, "learner"), text::plural(u64::from(times), "time"))
    });
    all.push(("Most frequent mistakes".to_owned(), mistakes.collect::<Vec<_>>()));
    let over = cohort.times().into_iter().filter(StepTimes::is_over);
    let over = over.map(|step| {
        let took = step.median_minutes.unwrap_or(0.0);
        format!("{:<6}{:<38}{took:>5.0} min, planned {}", step.id, step.title, step.budget_minutes)
    });
    all.push(("Steps over their time (median of those who passed)".to_owned(), over.collect()));
    let stuck = cohort.stuck().into_iter();
    let stuck = stuck.map(|(name, step, minutes)| format!("{name}: {step}, {minutes:.0} min without passing"));
    all.push(("To help".to_owned(), stuck.collect()));
    let shuffled = cohort.shuffled(CLOSING);
    let most = shuffled.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0).max(1);
    let bars = shuffled.iter().map(|(name, bytes)| {
        let bar = "#".repeat((bytes * 30).div_ceil(most) as usize);
        format!("{:>10}  {bar} {name}", text::bytes(*bytes))
    });
    all.push((format!("Bytes shuffled in {CLOSING}"), bars.collect()));
    let same = cohort.same_scripts().into_iter().map(|(step, names)| format!("{step}: {}", names.join(", ")));
    all.push(("Worked together? The same text, letter for letter".to_owned(), same.collect()));
    all.retain(|(_, lines)| !lines.is_empty());
    all
}

/// The same as one page without anything from outside.
#[must_use]
pub fn html(cohort: &Cohort<'_>) -> String {
    let mut body = format!("<pre>{}</pre>\n", escaped(&heat_map(cohort)));
    for (title, lines) in sections(cohort) {
        body.push_str(&format!("<h2>{}</h2>\n<pre>{}</pre>\n", escaped(&title), escaped(&lines.join("\n"))));
    }
    page(&format!("batchlab: a class of {}", cohort.learners.len()), &body)
}

/// One line for each learner and step.
#[must_use]
pub fn csv(cohort: &Cohort<'_>) -> String {
    let mut out = "learner,step,state,attempts,hints,revealed,shuffle_bytes\n".to_owned();
    for learner in &cohort.learners {
        for (step, cell) in cohort.steps.iter().zip(cohort.row(learner)) {
            let state = match cell {
                Cell::Open => "open",
                Cell::Started => "started",
                Cell::Helped | Cell::Passed => "passed",
            };
            let name = learner.name.replace('"', "\"\"");
            let entry = learner.progress.steps.get(&step.id);
            let figures = entry.and_then(|entry| entry.figures.as_ref());
            out.push_str(&format!(
                "\"{name}\",{},{state},{},{},{},{}\n",
                step.id,
                entry.map_or(0, |entry| entry.attempts),
                entry.map_or(0, |entry| entry.hints),
                entry.is_some_and(|entry| entry.revealed),
                figures.map_or(String::new(), |figures| figures.shuffle_bytes.to_string()),
            ));
        }
    }
    out
}
