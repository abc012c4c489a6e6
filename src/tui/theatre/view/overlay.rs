//! What opens above the panes: keys, the kill console, the list of runs, the blocks of a shuffle, a branch under way.

use super::super::hits::Target;
use super::super::keymap::found;
use super::super::model::{Model, Overlay};
use super::super::pages::Page;
use super::super::recording::Recording;
use super::console;
use super::footer::Hint;
use super::matrix;
use super::paint::{Brush, fit, gauge};
use crate::common::text::plural;
use crate::report::words;
use crate::status::Status;
use crate::tui::find::draw_line;
use crate::tui::palette::{self, Palette, window};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws what is open, if anything.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, screen: Rect) {
    if let Some(pending) = &model.pending {
        let now = pending.recording.history.end();
        let until = pending.until().unwrap_or(model.run().history.end());
        let fraction = now.0 as f64 / until.0.max(1) as f64;
        let area = window(brush, screen, (60, 5), "A branch");
        brush.tone(area, 0, 0, &fit(&format!("The run is done again; {}.", pending.recording.name), 58), Tone::Text);
        let bar = gauge(fraction, 30, '▓', '░');
        brush.tone(area, 0, 1, &format!("{bar} {}", words::moment(now.min(until))), Tone::State(State::Again));
        brush.tone(area, 0, 2, "Esc gives the branch up", Tone::Dim);
        return;
    }
    match &model.overlay {
        Overlay::None => {}
        Overlay::Help(open) => help(brush, model, screen, open),
        Overlay::Find { query } => find(brush, screen, query),
        Overlay::Marks => marks(brush, model, screen),
        Overlay::Fault(chosen) => console::draw(brush, model, status, screen, chosen),
        Overlay::Runs { choice } => runs(brush, model, screen, *choice),
        Overlay::Output { back } => output(brush, model, screen, *back),
        Overlay::Matrix => matrix::draw(brush, model, status, screen),
    }
}

/// The keys of what is open, instead of those of the panes below it.
#[must_use]
pub fn hints(model: &Model) -> Option<&'static [Hint]> {
    const OTHER: [Hint; 1] = [("Esc", "back")];
    match &model.overlay {
        Overlay::None if model.pending.is_none() => None,
        Overlay::Help(_) => Some(&palette::HINTS),
        _ => Some(&OTHER),
    }
}

/// What is looked for, in the place of the keys.
fn find(brush: &mut Brush, screen: Rect, query: &str) {
    let line = Rect { y: screen.y + screen.height - 1, height: 1, ..screen };
    let hint = if screen.width < 100 {
        "Enter finds"
    } else {
        "a task, a stage, a node or a word; Enter finds, n N go on, Esc closes"
    };
    draw_line(brush, line, "/", query, hint);
}

/// The marks, in the place of the keys.
fn marks(brush: &mut Brush, model: &Model, screen: Rect) {
    let line = Rect { y: screen.y + screen.height - 1, height: 1, ..screen };
    brush.clear(line);
    let mut x = brush.tone(line, 1, 0, "to the mark ", Tone::Dim);
    let next = "' the next";
    for (letter, at) in model.marks() {
        let at = words::moment(at);
        // What does not fit whole is left out; the letters are on the bar.
        if usize::from(x) + at.width() + next.width() + 5 > usize::from(line.width) {
            break;
        }
        x = brush.tone(line, x, 0, letter.encode_utf8(&mut [0; 4]), Tone::Key);
        x = brush.tone(line, x + 1, 0, &at, Tone::Text) + 2;
    }
    let x = brush.tone(line, x, 0, "'", Tone::Key);
    brush.tone(line, x + 1, 0, "the next", Tone::Dim);
}

/// Keys and commands, and what the signs mean.
fn help(brush: &mut Brush, model: &Model, screen: Rect, open: &Palette) {
    const GLYPHS: &str = "· waits for input  ○ for a core  ⇣ for blocks  ► runs  ■ done  » was done before  ↻ runs again  ≈ second copy  \
                          ◆ cached  ▽ spilled  ! failed  ✗ lost  z leaves  input on ■ own node  □ own rack  ◇ another";
    const HONEST: &str =
        "The cluster and its time are simulated. Rows, plans, partitions, losses and recomputation are real.";
    let page = model.pages.last().map(Page::name);
    palette::draw(brush, screen, open, &found(&open.query, model.can_branch, page), &[GLYPHS, HONEST]);
}

fn runs(brush: &mut Brush, model: &Model, screen: Rect, choice: usize) {
    let area = window(brush, screen, (86, model.runs.len() as u16 * 3 + 4), "This run and its branches");
    let width = usize::from(area.width);
    for (index, run) in model.runs.iter().enumerate() {
        let sign = if index == choice { '>' } else { ' ' };
        let here = if index == model.current { "  (on screen)" } else { "" };
        let y = index as u16 * 3;
        let tone = if index == choice { Tone::Title } else { Tone::Text };
        brush.tone(area, 0, y, &fit(&format!("{sign} {}{here}", run.name), width), tone);
        brush.hit(area, 0, y, area.width, Target::Line(index));
        let totals = &run.head().totals;
        let more = if run.is_growing() { " so far" } else { "" };
        let end = words::moment(run.history.end());
        let tasks = plural(totals.tasks_started, "task start");
        let text = format!("    {tasks}, {} of them again, {end}{more}", totals.again);
        brush.tone(area, 0, y + 1, &text, Tone::Dim);
        if index > 0 {
            brush.tone(area, 0, y + 2, &fit(&compared(&model.runs[0], run), width), Tone::Dim);
        }
    }
    let y = area.height.saturating_sub(1);
    let x = brush.tone(area, 0, y, "Enter", Tone::Key);
    let x = brush.tone(area, x, y, " shows it at the same moment   ", Tone::Dim);
    let x = brush.tone(area, x, y, "K", Tone::Key);
    brush.tone(area, x, y, " in the theatre makes a branch", Tone::Dim);
}

/// What a branch cost against the run it came from, and whether it gave the same.
fn compared(first: &Recording, branch: &Recording) -> String {
    let (ours, theirs) = (&branch.head().totals, &first.head().totals);
    let tasks = i128::from(ours.tasks_started) - i128::from(theirs.tasks_started);
    let nanos = branch.history.end().0 as f64 - first.history.end().0 as f64;
    let cost = format!("{tasks:+} task starts, {:+.3} s", nanos / 1e9);
    match branch.same_results(first) {
        Some(true) => format!("    against the run: {cost}; printed and wrote the same"),
        Some(false) => format!("    against the run: {cost}; its results differ"),
        None => "    against the run: one of the two still goes on".to_owned(),
    }
}

/// What the script has printed up to the cursor, the last lines in view.
fn output(brush: &mut Brush, model: &Model, screen: Rect, back: usize) {
    let size = (screen.width.saturating_sub(8), screen.height.saturating_sub(4));
    let area = window(brush, screen, size, "What the script has printed so far");
    let text = model.run().printed_at(model.cursor.position);
    if text.is_empty() {
        brush.tone(area, 0, 0, "Nothing yet: go on in time, or to the end with G.", Tone::Dim);
        return;
    }
    let lines: Vec<&str> = text.lines().collect();
    let hidden = lines.len().saturating_sub(usize::from(area.height));
    let first = hidden - back.min(hidden);
    for (y, line) in lines.iter().skip(first).take(usize::from(area.height)).enumerate() {
        brush.tone(area, 0, y as u16, line, Tone::Text);
    }
    if hidden > 0 {
        let last = (first + usize::from(area.height)).min(lines.len());
        let place = format!(" lines {} to {last} of {}: j k ", first + 1, lines.len());
        let below = Rect { height: area.height + 1, ..area };
        brush.tone(below, area.width.saturating_sub(place.width() as u16), area.height, &place, Tone::Key);
    }
}

/// The width of a text in cells, for callers that place overlays.
#[must_use]
pub fn cells(text: &str) -> usize {
    text.width()
}
