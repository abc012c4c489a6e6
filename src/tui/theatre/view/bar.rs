//! The scrub bar: the whole run on one line, its milestones and faults, and the cursor.

use super::super::model::Model;
use super::layout::Areas;
use super::paint::{Brush, Note};
use crate::common::time::VirtualTime;
use crate::status::marks::MarkKind;
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws the bar and, where there is room, labels below it.
pub fn draw(brush: &mut Brush, model: &Model, areas: &Areas) {
    let Some(bar) = areas.bar else { return };
    let run = model.run();
    let end = run.history.end();
    let dim = brush.style(Tone::Dim);
    let line = areas.bar_line;
    brush.tone(line, 1, 0, "0 s", Tone::Dim);
    brush.put(line, i32::from(bar.x - line.x) - 1, 0, '├', dim);
    for x in 0..bar.width {
        brush.put(bar, i32::from(x), 0, '─', dim);
    }
    let last = match (run.is_growing(), run.is_cut_off()) {
        (true, _) => '►',
        (false, true) => '╌',
        (false, false) => '┤',
    };
    brush.put(line, i32::from(bar.x - line.x + bar.width), 0, last, dim);
    brush.tone(line, bar.x - line.x + bar.width + 1, 0, &format!(" {}", length(end)), Tone::Dim);
    let column = |at: VirtualTime| column(at, end, bar.width);
    for mark in &run.marks {
        if mark.kind.is_stage() {
            brush.put(bar, column(mark.at), 0, '┬', dim);
        }
    }
    let failed = brush.style(Tone::State(State::Failed));
    for (position, _) in verdicts(model) {
        brush.put(bar, column(run.history.time_at(*position)), 0, '!', failed);
    }
    let own = brush.style(Tone::Key);
    for (letter, at) in model.marks() {
        brush.put(bar, column(at) - 1, 0, '\'', own);
        brush.put(bar, column(at), 0, letter, own);
    }
    // A letter can stand beside a death, not over it.
    let lost = brush.style(Tone::State(State::Lost));
    for mark in run.marks.iter().filter(|mark| matches!(mark.kind, MarkKind::NodeDies(_))) {
        brush.put(bar, column(mark.at), 0, 'x', lost);
    }
    let focus = brush.style(Tone::State(State::Running));
    brush.put(bar, column(model.cursor.time), 0, '●', focus);
    if let Some(labels) = areas.labels {
        draw_labels(brush, model, Rect { x: bar.x, width: bar.width, ..labels });
    }
}

/// The run's length with as many decimals as say something: `102.6 s`, `0.02 s`.
fn length(end: VirtualTime) -> String {
    let seconds = end.as_secs_f64();
    if seconds < 0.95 { format!("{seconds:.2} s") } else { format!("{seconds:.1} s") }
}

fn column(at: VirtualTime, end: VirtualTime, width: u16) -> i32 {
    if end.0 == 0 || width == 0 {
        return 0;
    }
    (u128::from(at.0) * u128::from(width - 1) / u128::from(end.0)).min(u128::from(width) - 1) as i32
}

/// Where checks were decided: the run that was checked is the first.
fn verdicts(model: &Model) -> impl Iterator<Item = &(usize, String)> {
    model.verdicts.iter().filter(|_| model.current == 0)
}

/// Checks and faults first, then stages, as long as they do not touch each other.
fn draw_labels(brush: &mut Brush, model: &Model, area: Rect) {
    let run = model.run();
    let end = run.history.end();
    let mut taken: Vec<(i32, i32)> = Vec::new();
    let mut label = |at: VirtualTime, text: &Note, tone: Tone| {
        let width = text.as_str().width() as i32;
        let x = column(at, end, area.width).min(i32::from(area.width) - width);
        if x >= 0 && taken.iter().all(|(from, to)| x > *to + 1 || x + width + 1 < *from) {
            taken.push((x, x + width));
            brush.tone(area, x as u16, 0, text.as_str(), tone);
        }
    };
    for (position, check) in verdicts(model) {
        label(run.history.time_at(*position), &Note::of(format_args!("! {check}")), Tone::State(State::Failed));
    }
    for death in &run.head().deaths {
        label(death.at, &Note::of(format_args!("{} dies", death.who())), Tone::State(State::Lost));
    }
    for mark in &run.marks {
        if let MarkKind::StageStarts(stage) | MarkKind::StageAgain(stage) = mark.kind {
            label(mark.at, &Note::of(format_args!("{stage}")), Tone::Dim);
        }
    }
}
