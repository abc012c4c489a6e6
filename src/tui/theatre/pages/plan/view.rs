//! The page: the steps, the plan before and after the chosen one, and what happened in plain words.

use super::super::{Sheet, sheet};
use super::steps::{Part, Step, operator};
use super::{Line, Pane, PlanPage};
use crate::common::text::{bytes, plural, without_ids};
use crate::common::time::VirtualDuration;
use crate::report::words;
use crate::tui::theatre::hits::Target;
use crate::tui::theatre::model::Model;
use crate::tui::theatre::probe::QueryCost;
use crate::tui::theatre::view::footer::Hint;
use crate::tui::theatre::view::layout::Form;
use crate::tui::theatre::view::paint::{Brush, fit, wrap};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

const HINTS: [Hint; 10] = [
    ("j/k", "step"),
    ("Esc", "back"),
    ("Enter", "operator"),
    ("c", "costs"),
    ("o", "without it"),
    ("h/l", "query"),
    ("Tab", "pane"),
    ("y", "copy"),
    ("d", "data"),
    ("t", "theatre"),
];

/// Draws the page.
pub fn draw(brush: &mut Brush, model: &Model, page: &PlanPage, screen: Rect) {
    let (left, right) = titles(model, page, screen.width < 80);
    let works = |key: &str| match key {
        "o" => model.can_branch && page.switchable_rule().is_some(),
        "c" => model.can_branch,
        _ => true,
    };
    let hints: Vec<Hint> = HINTS.into_iter().filter(|(key, _)| works(key)).collect();
    let Sheet { form, body } = sheet(brush, model, screen, (&left, &right), &hints);
    let Some(step) = page.step() else {
        let area = brush.pane(body, "Plan", true);
        brush.tone(area, 0, 0, "No action has started yet: nothing is planned before one.", Tone::Dim);
        return;
    };
    match form {
        Form::Full | Form::Compact if model.zoom && page.pane == Pane::Steps => list(brush, model, page, body),
        Form::Full | Form::Compact if model.zoom => {
            plan(brush, &page.lines(), &format!("2 {}", title(step)), body, (true, page.line));
        }
        Form::Full => full(brush, (model, page), step, body),
        Form::Compact => compact(brush, (model, page), step, body),
        Form::Text | Form::Tiny => unified(brush, page, body),
    }
}

fn titles(model: &Model, page: &PlanPage, is_narrow: bool) -> (String, String) {
    let query = page.query.and_then(|query| model.run().head().queries.get(&query));
    let left = match query {
        None => "PLAN".to_owned(),
        Some(query) if is_narrow => format!("PLAN  {}", query.query),
        Some(query) => format!("PLAN  {}", words::query(query.query, query.line, &query.action)),
    };
    let (number, count) = (page.choice + 1, page.steps.len());
    let right = match page.step() {
        None => String::new(),
        Some(step) if is_narrow => format!("{number}/{count} {}", step.name),
        Some(step) => format!("step {number} of {count} · {}", step.name),
    };
    (left, right)
}

fn full(brush: &mut Brush, (model, page): (&Model, &PlanPage), step: &Step, body: Rect) {
    let words_height = 6;
    let height = body.height.saturating_sub(words_height);
    let left = Rect { width: 36.min(body.width / 3), height, ..body };
    list(brush, model, page, left);
    let chosen = (page.pane == Pane::Plan, page.line);
    let plans = Rect { x: left.x + left.width, width: body.width - left.width, height, ..body };
    match page.before().filter(|_| step.part == Part::Optimized) {
        Some(before) => {
            let half = plans.width / 2;
            let lines = page.lines();
            let gone: Vec<Line> = lines.iter().filter(|line| matches!(line, Line::Gone(_))).copied().collect();
            let old: Vec<Line> = before
                .lines
                .iter()
                .map(|line| if gone.contains(&Line::Gone(line)) { Line::Gone(line) } else { Line::Same(line) })
                .collect();
            let new: Vec<Line> = lines.into_iter().filter(|line| !matches!(line, Line::Gone(_))).collect();
            // What is chosen stands beside what it was.
            plan(brush, &old, "2 Before", Rect { width: half, ..plans }, (false, page.line));
            let right = Rect { x: plans.x + half, width: plans.width - half, ..plans };
            plan(brush, &new, "3 After", right, chosen);
        }
        None => plan(brush, &page.lines(), &format!("2 {}", title(step)), plans, chosen),
    }
    plain(brush, (model, page), step, "4 In plain words", Rect { y: body.y + height, height: words_height, ..body });
}

fn compact(brush: &mut Brush, (model, page): (&Model, &PlanPage), step: &Step, body: Rect) {
    let words_height = 6;
    let above = Rect { height: body.height.saturating_sub(words_height), ..body };
    match page.pane {
        Pane::Steps => {
            let left = Rect { width: 30.min(above.width / 2), ..above };
            list(brush, model, page, left);
            let right = Rect { x: left.x + left.width, width: above.width - left.width, ..above };
            plan(brush, &page.lines(), title(step), right, (false, page.line));
        }
        Pane::Plan => plan(brush, &page.lines(), title(step), above, (true, page.line)),
    }
    let below = Rect { y: above.y + above.height, height: words_height, ..body };
    plain(brush, (model, page), step, "In plain words", below);
}

/// Without frames: the plan with its changes.
fn unified(brush: &mut Brush, page: &PlanPage, body: Rect) {
    rows(brush, &page.lines(), body, (page.pane == Pane::Plan, page.line));
}

fn title(step: &Step) -> &'static str {
    match step.part {
        Part::Script => "The script so far",
        Part::Logical => "The plan",
        Part::Optimized => "After, changed lines marked",
        Part::Physical if step.is_again => "The rest planned again, changed lines marked",
        Part::Physical => "The physical plan",
        Part::Stages => "Stages, what is computed last on top",
    }
}

fn list(brush: &mut Brush, model: &Model, page: &PlanPage, area: Rect) {
    let inner = brush.pane(area, "1 Steps", page.pane == Pane::Steps);
    brush.hit_area(area, Target::Pane(0));
    let mut rows: Vec<(String, String, Tone, Target)> = Vec::new();
    let mut chosen = 0;
    for (index, step) in page.steps.iter().enumerate() {
        let is_first = index == 0 || page.steps[index - 1].part != step.part;
        if is_first {
            rows.push((step.part.title().to_owned(), String::new(), Tone::Dim, Target::Nothing));
        }
        let sign = if index == page.choice { '>' } else { ' ' };
        let tone = if index == page.choice { Tone::Title } else { Tone::Text };
        if index == page.choice {
            chosen = rows.len();
        }
        let name = format!("{sign} {:>2} {}", index + 1, step.name);
        rows.push((name, cost_word(model, page, step), tone, Target::Line(index)));
    }
    let height = usize::from(inner.height);
    let first = (chosen + 2).saturating_sub(height).min(rows.len().saturating_sub(height));
    for (y, (text, cost, tone, target)) in rows.iter().skip(first).take(height).enumerate() {
        let start = inner.width.saturating_sub(cost.width() as u16);
        let room = usize::from(start).saturating_sub(usize::from(!cost.is_empty()));
        brush.tone(inner, 0, y as u16, &fit(text, room), *tone);
        brush.tone(inner, start, y as u16, cost, Tone::Key);
        brush.hit(inner, 0, y as u16, inner.width, *target);
    }
}

/// What a query costs more without the rule of a step: the first of moved bytes, read bytes and time that differs.
fn cost_word(model: &Model, page: &PlanPage, step: &Step) -> String {
    let Some((with, without)) = page.cost_without(model, step) else {
        return if page.is_measured(model, step) { "…".to_owned() } else { String::new() };
    };
    let differing = measures(with, without).into_iter().find(Measured::differs);
    let word = |measured: Measured| {
        let sign = if measured.without > measured.with { '+' } else { '-' };
        format!("{sign}{}", (measured.text)(measured.with.abs_diff(measured.without)))
    };
    differing.map_or_else(|| "same".to_owned(), word)
}

/// What a query costs without the rule of a step, in words.
fn cost_words(model: &Model, page: &PlanPage, step: &Step) -> Option<String> {
    let (with, without) = page.cost_without(model, step)?;
    let differing = measures(with, without).into_iter().filter(Measured::differs);
    let word = |measured: Measured| {
        let [with, without] = [measured.with, measured.without].map(measured.text);
        format!("{without} {} instead of {with}", measured.what)
    };
    let words: Vec<String> = differing.map(word).collect();
    let words = if words.is_empty() { "the query costs the same".to_owned() } else { words.join(", ") };
    Some(format!("Measured, the run done again without it: {words}."))
}

/// A number of a query with a rule and without it.
struct Measured {
    what: &'static str,
    with: u64,
    without: u64,
    text: fn(u64) -> String,
}

impl Measured {
    /// Whether a person would see the difference.
    fn differs(&self) -> bool {
        (self.text)(self.with) != (self.text)(self.without)
    }
}

fn measures(with: QueryCost, without: QueryCost) -> [Measured; 3] {
    let time: fn(u64) -> String = |nanos| words::length(VirtualDuration(nanos));
    [
        Measured { what: "moved", with: with.moved_bytes, without: without.moved_bytes, text: bytes },
        Measured { what: "read", with: with.read_bytes, without: without.read_bytes, text: bytes },
        Measured { what: "in all", with: with.time.0, without: without.time.0, text: time },
    ]
}

fn plan(brush: &mut Brush, lines: &[Line], title: &str, area: Rect, chosen: (bool, usize)) {
    let inner = brush.pane(area, title, chosen.0);
    brush.hit_area(area, Target::Pane(1));
    let hidden = rows(brush, lines, inner, chosen);
    brush.more(area, hidden);
}

/// A line of the screen: a part of a plan's line.
struct Row {
    sign: char,
    tone: Tone,
    text: String,
    is_chosen: bool,
}

/// Draws lines, the long ones folded below their own operator; gives how many rows found no place. The chosen line is in view, and marked
/// while lines are chosen.
fn rows(brush: &mut Brush, lines: &[Line], area: Rect, (is_marked, chosen): (bool, usize)) -> usize {
    let rows = folded(lines, usize::from(area.width.saturating_sub(2)).max(1), chosen);
    let height = usize::from(area.height);
    let at = rows.iter().position(|row| row.is_chosen).unwrap_or(0);
    let first = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    for (y, row) in rows.iter().skip(first).take(height).enumerate() {
        let is_marked = is_marked && row.is_chosen;
        let tone = if is_marked && row.tone == Tone::Text { Tone::Title } else { row.tone };
        brush.tone(area, 0, y as u16, &row.sign.to_string(), row.tone);
        if is_marked {
            brush.tone(area, 1, y as u16, ">", Tone::Title);
        }
        brush.tone(area, 2, y as u16, &row.text, tone);
    }
    rows.len().saturating_sub(first + height)
}

/// The rows of lines; `chosen` counts those that are in the plan now.
fn folded(lines: &[Line], room: usize, chosen: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut number = 0;
    for line in lines {
        let (sign, tone, text) = match line {
            Line::Same(text) => (' ', Tone::Text, *text),
            Line::Gone(text) => ('-', Tone::State(State::Lost), *text),
            Line::New(text) => ('+', Tone::State(State::Done), *text),
        };
        let is_there = !matches!(line, Line::Gone(_));
        let (tree, operator) = branches(text);
        // A very deep tree leaves its operators at least so much room.
        let width = room.saturating_sub(tree.width()).max(16);
        for (index, part) in words::fold(&without_ids(operator), width).iter().enumerate() {
            let (sign, start) = if index == 0 { (sign, tree.clone()) } else { (' ', continued(&tree)) };
            rows.push(Row { sign, tone, text: format!("{start}{part}"), is_chosen: is_there && number == chosen });
        }
        number += usize::from(is_there);
    }
    rows
}

/// The tree before an operator in lines, two columns for each level, and the operator.
fn branches(line: &str) -> (String, &str) {
    let is_tree = |c: char| matches!(c, ' ' | ':' | '+' | '-');
    let end = line.find(|c| !is_tree(c)).unwrap_or(line.len());
    let units = line.as_bytes()[..end].chunks(3);
    let tree = units.map(|unit| match unit {
        b":- " => "├ ",
        b"+- " => "└ ",
        [b':', ..] => "│ ",
        short if short.len() < 3 => "",
        _ => "  ",
    });
    (tree.collect(), &line[end..])
}

/// The tree before the second line of an operator.
fn continued(tree: &str) -> String {
    tree.replace('├', "│").replace('└', " ")
}

fn plain(brush: &mut Brush, (model, page): (&Model, &PlanPage), step: &Step, title: &str, area: Rect) {
    let inner = brush.pane(area, title, false);
    let words = page.operator_words(model).unwrap_or_else(|| step_words(model, page, step));
    let rows = words.iter().flat_map(|text| wrap(text, usize::from(inner.width).max(1), 0));
    for (y, row) in rows.take(usize::from(inner.height)).enumerate() {
        brush.tone(inner, 0, y as u16, &row, Tone::Text);
    }
}

/// What a step did and why, and what it saves.
fn step_words(model: &Model, page: &PlanPage, step: &Step) -> Vec<String> {
    let mut words = step.words.clone();
    if step.part == Part::Optimized {
        words.push(changed(&page.lines()));
        words.extend(cost_words(model, page, step));
    }
    words
}

/// How many operators went, came and moved.
fn changed(lines: &[Line]) -> String {
    let name = |text: &&str| operator(text).to_owned();
    let mut gone: Vec<String> = Vec::new();
    let mut new: Vec<String> = Vec::new();
    for line in lines {
        match line {
            Line::Gone(text) => gone.push(name(text)),
            Line::New(text) => new.push(name(text)),
            Line::Same(_) => {}
        }
    }
    let all = gone.len();
    gone.retain(|text| !new.contains(text));
    let moved = all - gone.len();
    let parts = [(gone.len(), "taken away"), (new.len() - moved, "added"), (moved, "moved")];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| {
            let were = if *count == 1 { "was" } else { "were" };
            format!("{} {were} {what}", plural(*count as u64, "line"))
        })
        .collect();
    format!("In the plan {}.", words::list(&said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_narrow_and_goes_on_below() {
        let (tree, operator) = branches(":  +- Filter (a > 0)");
        assert_eq!((tree.as_str(), operator), ("│ └ ", "Filter (a > 0)"));
        assert_eq!(continued(&tree), "│   ");
    }
}
