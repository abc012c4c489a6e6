//! The script line by line: its text with the line that is reached, and the plan that its transformations have built so far.
//!
//! ```text
//!     7 · users = spark.read.csv("users")       · read csv orders              line 6
//!   ► 8   both = orders.join(users, "id")       │ · read csv users             line 7
//!     9   both.show()                           ·─┘ join Inner on id           line 8
//! ```
//!
//! A step is dark (`·`) until an action computes it: then it runs (`►`), then it is done (`■`).

use super::super::model::Model;
use super::paint::{Brush, fit};
use crate::common::ids::PlanStepId;
use crate::report::words;
use crate::status::{BuiltStep, Status, StepState};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// From this width on the plan stands beside the text, else below it.
const SIDE_BY_SIDE: u16 = 64;

/// Columns between them.
const GAP: u16 = 2;
/// What stands there before the first transformation.
const NO_PLAN: &str = "no plan yet";

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect, focus: bool) {
    let place = status.statement.as_ref().map_or(String::new(), |statement| format!(": line {}", statement.line));
    let inner = brush.pane(area, &format!("6 Script and plan{place}"), focus);
    let (text, plan) = parts(inner, status);
    code(brush, model, status, text);
    tree(brush, status, plan);
}

/// Where the text stands, and where the plan: what one does not need the other has.
fn parts(area: Rect, status: &Status) -> (Rect, Rect) {
    let plan = status.plan_in_view().map(|root| status.plan_of(root)).unwrap_or_default();
    if area.width >= SIDE_BY_SIDE {
        let room = area.width - GAP;
        let wide = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
        let text = wide(status.script.iter().map(|line| line.width()).max().unwrap_or(0) + gutter(status));
        let tree = wide(plan_width(&plan));
        let left = shared(room, text, tree);
        let right = Rect { x: area.x + left + GAP, width: room - left, ..area };
        return (Rect { width: left, ..area }, right);
    }
    let tree = u16::try_from(plan.len()).unwrap_or(u16::MAX).max(1);
    let top = shared(area.height, u16::try_from(status.script.len()).unwrap_or(u16::MAX), tree);
    (Rect { height: top, ..area }, Rect { y: area.y + top, height: area.height - top, ..area })
}

/// How much of a room the first of two gets, of which each wants so much.
fn shared(room: u16, first: u16, second: u16) -> u16 {
    let half = room.div_ceil(2);
    match (first <= half, second <= room - half) {
        (true, true) => half,
        (true, false) => first.max(room.saturating_sub(second)),
        // The text is read first.
        (false, _) => first.min(room.saturating_sub(second).max(room * 3 / 5)),
    }
}

/// Columns before a line of the text.
fn gutter(status: &Status) -> usize {
    status.script.len().to_string().len() + 4
}

/// Columns that a plan needs, with the lines that made it.
fn plan_width(plan: &[(&BuiltStep, StepState)]) -> usize {
    let width = |((built, _), branch): (&(&BuiltStep, StepState), Branch)| {
        let before = branch.lane * 2 + branch.joins * 2 + 2;
        before + words::plan_step(&built.step).width() + line_words(built).width()
    };
    plan.iter().zip(branches(plan)).map(width).max().unwrap_or(NO_PLAN.width())
}

/// The lines around the one that is reached, or around the one that the person scrolled to.
fn code(brush: &mut Brush, model: &Model, status: &Status, area: Rect) {
    let lines = &status.script;
    if lines.is_empty() {
        brush.tone(area, 0, 0, "This log does not have the script's text.", Tone::Dim);
        return;
    }
    let here = status.statement.as_ref().map_or(0, |statement| statement.line as usize);
    let height = usize::from(area.height);
    let middle = here.saturating_sub(1 + height / 2).saturating_add_signed(model.script_scroll);
    let first = middle.min(lines.len().saturating_sub(height));
    let digits = lines.len().to_string().len();
    let built = lines_built(status);
    for (y, (index, line)) in lines.iter().enumerate().skip(first).take(height).enumerate() {
        let number = index + 1;
        let is_here = number == here;
        let tone = if is_here { Tone::State(State::Running) } else { Tone::Dim };
        let arrow = if is_here { '►' } else { ' ' };
        let x = brush.tone(area, 0, y as u16, &format!("{arrow}{number:>digits$} "), tone);
        if let Some(state) = built.get(&(number as u32)) {
            let (glyph, tone) = look(*state);
            let style = brush.style(tone);
            brush.put(area, i32::from(x), y as i32, glyph, style);
        }
        brush.tone(area, x + 2, y as u16, line, if is_here { Tone::Title } else { Tone::Text });
    }
}

/// For each line that has built a part of a plan in view, how the last step that it added stands.
fn lines_built(status: &Status) -> BTreeMap<u32, StepState> {
    let plan = status.plan_in_view().map(|root| status.plan_of(root)).unwrap_or_default();
    plan.into_iter().map(|(built, state)| (built.line, state)).collect()
}

fn look(state: StepState) -> (char, Tone) {
    match state {
        StepState::Built => ('·', Tone::State(State::Pending)),
        StepState::Running => ('►', Tone::State(State::Running)),
        StepState::Computed => ('■', Tone::State(State::Done)),
    }
}

/// The plan, inputs above what uses them; the newest step is the lowest.
pub fn tree(brush: &mut Brush, status: &Status, area: Rect) {
    let Some(root) = status.plan_in_view() else {
        brush.tone(area, 0, 0, NO_PLAN, Tone::Dim);
        return;
    };
    let plan = status.plan_of(root);
    let branches = branches(&plan);
    let height = usize::from(area.height);
    let hidden = plan.len().saturating_sub(height);
    // What does not fit is said on the first line.
    let skipped = if hidden > 0 { hidden + 1 } else { 0 };
    if hidden > 0 {
        brush.tone(area, 0, 0, &format!("… {skipped} steps above"), Tone::Dim);
    }
    let rows = plan.iter().zip(&branches).skip(skipped);
    for (y, ((built, state), branch)) in rows.enumerate() {
        step_row(brush, area, y as u16 + u16::from(hidden > 0), built, *state, *branch);
    }
}

fn step_row(brush: &mut Brush, area: Rect, y: u16, built: &BuiltStep, state: StepState, branch: Branch) {
    let (glyph, tone) = look(state);
    brush.tone(area, 0, y, &"│ ".repeat(branch.lane), Tone::Dim);
    let x = branch.lane as u16 * 2;
    let style = brush.style(tone);
    brush.put(area, i32::from(x), i32::from(y), glyph, style);
    let joins = "─┘".repeat(branch.joins);
    let x = brush.tone(area, x + 1, y, &joins, Tone::Dim) + 1;
    let line = line_words(built);
    let right = area.width.saturating_sub(line.width() as u16);
    let room = usize::from(right.saturating_sub(x));
    brush.tone(
        area,
        x,
        y,
        &fit(&words::plan_step(&built.step), room),
        if tone == Tone::State(State::Pending) { Tone::Text } else { tone },
    );
    brush.tone(area, right, y, &line, Tone::Dim);
}

/// Which line of the script made a step.
fn line_words(built: &BuiltStep) -> String {
    format!(" line {}", built.line)
}

/// Where a step stands among the branches that are open above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Branch {
    /// Branches left of it that go on below.
    lane: usize,
    /// Branches right of it that end in it.
    joins: usize,
}

/// Inputs come first, so that a step always ends the branches that were opened last.
fn branches(plan: &[(&BuiltStep, StepState)]) -> Vec<Branch> {
    let mut open: Vec<PlanStepId> = Vec::new();
    let place = |(built, _): &(&BuiltStep, StepState)| {
        let own = open.iter().rev().take_while(|step| built.step.inputs.contains(step)).count();
        open.truncate(open.len() - own);
        let lane = open.len();
        open.push(built.step.id);
        Branch { lane, joins: own.saturating_sub(1) }
    };
    plan.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::PlanStep;

    fn step(id: u32, inputs: &[u32]) -> BuiltStep {
        let inputs = inputs.iter().copied().map(PlanStepId).collect();
        BuiltStep { step: PlanStep { id: PlanStepId(id), does: "x".into(), with: String::new(), inputs }, line: 1 }
    }

    #[test]
    fn what_one_does_not_need_the_other_has() {
        assert_eq!(shared(70, 20, 20), 35, "both fit into halves");
        assert_eq!(shared(70, 50, 11), 50, "the text is whole");
        assert_eq!(shared(70, 90, 11), 59, "the plan is");
        assert_eq!(shared(70, 20, 60), 20);
        assert_eq!(shared(70, 30, 38), 32, "what is left stays with the text");
        assert_eq!(shared(70, 90, 90), 42, "the text is read first");
        assert_eq!(shared(0, 9, 9), 0);
    }

    #[test]
    fn branches_end_where_they_are_joined() {
        // read, filter, read, join, a union of the join with itself.
        let steps = [step(0, &[]), step(1, &[0]), step(2, &[]), step(3, &[1, 2]), step(4, &[3, 3])];
        let plan: Vec<_> = steps.iter().map(|step| (step, StepState::Built)).collect();
        let places: Vec<(usize, usize)> = branches(&plan).iter().map(|branch| (branch.lane, branch.joins)).collect();
        assert_eq!(places, [(0, 0), (0, 0), (1, 0), (0, 1), (0, 0)]);
    }
}
