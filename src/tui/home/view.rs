//! Draws the home screen.
//!
//! ```text
//!   title                                               3 of 37 steps
//!   ┌ Map ──────────────────────┐┌ what the chosen line is about ────┐
//!   │ > W  ► go on          3/37││ words, and how its script begins  │
//!   │   1  ► an exercise     3/8│├ Continue ─────────────────────────┤
//!   │        ■ a step           ││ where it goes on                  │
//!   │   Lessons, Demos          │├ Good to know ─────────────────────┤
//!   └───────────────────────────┘└───────────────────────────────────┘
//!   keys
//! ```
//! On smaller screens the map stands above what its line is about; on the smallest the pane with the focus is alone.

use super::model::{Home, HomeEntry, Kind, Pane, ROWS, Stand};
use crate::tui::theatre::hits::{Hit, Target};
use crate::tui::theatre::view::footer::{self, Hint};
use crate::tui::theatre::view::paint::{self, Brush, fit, wrap};
use crate::tui::theme::{ScreenOptions, State, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// From this width on everything stands side by side.
const WIDE: u16 = 100;
/// From this height on a narrow screen shows what a line is about below the map.
const HIGH: u16 = 20;
/// Rows of that.
const BELOW: u16 = 9;

const HINTS: [Hint; 10] = [
    ("Enter", "open"),
    ("d", "tour"),
    ("K", "kill a node"),
    ("r", "in text"),
    ("h/l", "fold"),
    ("o", "open a file"),
    ("/", "find"),
    ("Tab", "pane"),
    ("P", "projector"),
    ("q", "quit"),
];

const KNOW: [&str; 6] = [
    "Simulated: the machines and their time, in this one process.",
    "Real: rows, plans, partitions, losses, what is computed again.",
    "The scripts are ordinary PySpark; they run on a real cluster too.",
    "Something died and you do not know why? Press w on it.",
    "Space pauses; H and L move time back and forth.",
    "A screen reader, a slow line: --no-tui tells runs in text.",
];

/// Draws the home screen.
pub fn view(home: &Home, options: ScreenOptions, buffer: &mut Buffer, screen: Rect) {
    paint::draw_on(buffer, options, |brush| draw(brush, home, screen));
}

/// What can be pressed on it.
#[must_use]
pub fn hits(home: &Home, options: ScreenOptions, screen: Rect) -> Vec<Hit> {
    paint::hits_of(screen, options, |brush| draw(brush, home, screen))
}

fn draw(brush: &mut Brush, home: &Home, screen: Rect) {
    if paint::is_too_small(brush, screen, "q: quit") {
        return;
    }
    title(brush, home, Rect { height: 1, ..screen });
    let body = Rect { y: screen.y + 1, height: screen.height - 2, ..screen };
    if screen.width >= WIDE && screen.height >= HIGH {
        let width = (screen.width * 9 / 20).min(64);
        map(brush, home, Rect { width, ..body });
        right_side(brush, home, Rect { x: body.x + width, width: body.width - width, ..body });
    } else if screen.height >= HIGH {
        let above = body.height - BELOW;
        map(brush, home, Rect { height: above, ..body });
        about(brush, home, Rect { y: body.y + above, height: BELOW, ..body });
    } else if home.pane == Pane::Map {
        map(brush, home, body);
    } else {
        about(brush, home, body);
    }
    footer(brush, home, Rect { y: screen.y + screen.height - 1, height: 1, ..screen });
    home.front.draw(brush, screen, &ROWS);
}

fn title(brush: &mut Brush, home: &Home, line: Rect) {
    let start = line.width.saturating_sub(home.passed.width() as u16 + 1);
    let room = usize::from(start.saturating_sub(2));
    let forms = ["WORKSHOP  Batch processing with distributed data", "WORKSHOP  Batch processing", "WORKSHOP"];
    let text = forms.into_iter().find(|form| form.width() <= room).unwrap_or(forms[2]);
    brush.tone(line, 1, 0, text, Tone::Title);
    brush.tone(line, start, 0, &home.passed, Tone::Dim);
    brush.band(line, 0, line.width);
}

/// A row of the map.
enum Line<'a> {
    Heading(&'static str),
    Entry(usize, &'a HomeEntry),
}

fn lines(home: &Home) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut before = None;
    for index in home.shown() {
        let entry = &home.entries[index];
        let heading = match entry.kind {
            Kind::Lesson => Some("Lessons"),
            Kind::Demo => Some("Demos, one idea each"),
            Kind::GoOn | Kind::Exercise | Kind::Case | Kind::Step => None,
        };
        if heading != before {
            lines.extend(heading.map(Line::Heading));
            before = heading;
        }
        lines.push(Line::Entry(index, entry));
    }
    lines
}

fn map(brush: &mut Brush, home: &Home, area: Rect) {
    let inner = brush.pane(area, "Map", home.pane == Pane::Map);
    brush.hit_area(area, Target::Pane(0));
    let lines = lines(home);
    let height = usize::from(inner.height);
    let here = lines.iter().position(|line| matches!(line, Line::Entry(index, _) if *index == home.chosen));
    let first = here.unwrap_or(0).saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    for (y, line) in (0..inner.height).zip(lines.iter().skip(first)) {
        match line {
            Line::Heading(text) => {
                brush.tone(inner, 2, y, text, Tone::Dim);
            }
            Line::Entry(index, entry) => {
                map_line(brush, entry, *index == home.chosen, Rect { y: inner.y + y, height: 1, ..inner });
                brush.hit(inner, 0, y, inner.width, Target::Line(*index));
            }
        }
    }
    brush.found(inner, &home.found);
    brush.more(area, lines.len().saturating_sub(first + height));
}

/// Columns before the sign of an exercise, and before that of a step.
const SIGN: u16 = 7;
const STEP_SIGN: u16 = 9;

fn map_line(brush: &mut Brush, entry: &HomeEntry, is_chosen: bool, area: Rect) {
    let tone = if is_chosen { Tone::Focus } else { Tone::Text };
    let (sign, sign_tone) = match entry.stand {
        Some(Stand::Done) => ("■", Tone::State(State::Done)),
        Some(Stand::Here) => ("►", Tone::State(State::Running)),
        Some(Stand::Open) => ("·", Tone::State(State::Pending)),
        None => (" ", Tone::Text),
    };
    let count = entry.passed.map_or(String::new(), |(passed, all)| format!(" {passed}/{all}"));
    let end = area.width.saturating_sub(count.width() as u16);
    let left = Rect { width: end, ..area };
    brush.tone(left, 0, 0, if is_chosen { ">" } else { " " }, tone);
    let title_at = if entry.kind == Kind::Step {
        brush.tone(left, STEP_SIGN, 0, sign, sign_tone);
        brush.tone(left, STEP_SIGN + 2, 0, &entry.number, tone) + 1
    } else {
        brush.tone(left, 2, 0, &entry.number, tone);
        brush.tone(left, SIGN, 0, sign, sign_tone);
        SIGN + if entry.stand.is_some() { 2 } else { 0 }
    };
    brush.tone(left, title_at, 0, &entry.title, tone);
    brush.tone(area, end, 0, &count, Tone::Dim);
}

fn right_side(brush: &mut Brush, home: &Home, area: Rect) {
    let room = usize::from(area.width.saturating_sub(4).max(1));
    let folded = |texts: &[String]| texts.iter().flat_map(|text| wrap(text, room, 2)).collect::<Vec<String>>();
    let mut go_on = home.go_on.clone();
    if !go_on.is_empty() {
        let is_there = home.entry().is_some_and(|entry| entry.kind == Kind::GoOn);
        let how = if is_there { "Enter: go on there" } else { "W, then Enter: go on there" };
        go_on.extend([String::new(), how.to_owned()]);
    }
    let boxes =
        [("Continue", folded(&go_on), Tone::Text), ("Good to know", folded(&KNOW.map(str::to_owned)), Tone::Dim)];
    let mut bottom = area.height;
    // The lowest goes first where there is no room for all.
    let least = area.height / 2;
    for (title, lines, tone) in boxes.into_iter().rev() {
        let height = lines.len() as u16 + 2;
        if lines.is_empty() || bottom.saturating_sub(height) < least {
            continue;
        }
        bottom -= height;
        let inner = brush.pane(Rect { y: area.y + bottom, height, ..area }, title, false);
        for (y, line) in lines.iter().enumerate() {
            brush.tone(inner, 0, y as u16, line, tone);
        }
    }
    about(brush, home, Rect { height: bottom, ..area });
}

/// What the chosen line is about, and how its script begins.
fn about(brush: &mut Brush, home: &Home, area: Rect) {
    let Some(entry) = home.entry() else { return };
    let inner = brush.pane(area, &format!("{}  {}", entry.number, entry.title), home.pane == Pane::About);
    brush.hit_area(area, Target::Pane(1));
    let width = usize::from(inner.width.max(1));
    let said = entry.about.iter().flat_map(|text| wrap(&text.replace('\n', " "), width, 0));
    let mut lines: Vec<(u16, String, Tone)> = said.map(|line| (0, line, Tone::Text)).collect();
    let words = lines.len();
    if !entry.source.is_empty() {
        lines.push((0, String::new(), Tone::Text));
        lines.push((0, fit(&format!("{} begins:", entry.script), width), Tone::Title));
        lines.extend(entry.source.lines().map(|line| (2, line.to_owned(), Tone::Dim)));
    }
    let height = usize::from(inner.height);
    let first = home.scroll.min(lines.len().saturating_sub(height));
    // A heading with nothing of its script below it says nothing.
    let shown = if first + height == words + 2 { height - 2 } else { height };
    for (y, (x, line, tone)) in lines.iter().skip(first).take(shown).enumerate() {
        brush.tone(inner, *x, y as u16, &fit(line, width.saturating_sub(usize::from(*x))), *tone);
    }
    brush.found(inner, &home.found);
    if home.pane == Pane::About {
        brush.more(area, lines.len().saturating_sub(first + height));
    }
}

fn footer(brush: &mut Brush, home: &Home, area: Rect) {
    let kind = home.entry().map(|entry| entry.kind);
    let works = |key: &str| match key {
        "K" | "r" => kind == Some(Kind::Exercise),
        "h/l" => matches!(kind, Some(Kind::Exercise | Kind::Case | Kind::Step)),
        _ => true,
    };
    let hints: Vec<Hint> = HINTS.into_iter().filter(|(key, _)| works(key)).collect();
    let hints = home.front.hints().unwrap_or(&hints);
    footer::draw_with(brush, area, home.notice.as_deref(), hints, "keys");
}
