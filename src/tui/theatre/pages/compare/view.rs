//! The page: both runs at the linked moment, the table of their numbers, the moments that differ, and the whole in plain words.

use super::super::{Sheet, sheet};
use super::growth::{self, Point};
use super::{ComparePage, lanes};
use crate::common::text::plural;
use crate::common::time::VirtualTime;
use crate::report::compare::{Moment, Row, Told};
use crate::report::words;
use crate::status::Stage;
use crate::tui::theatre::model::Model;
use crate::tui::theatre::recording::Recording;
use crate::tui::theatre::select::stages_at;
use crate::tui::theatre::view::footer::Hint;
use crate::tui::theatre::view::layout::Form;
use crate::tui::theatre::view::paint::{Brush, fit, wrap};
use crate::tui::theatre::view::stages::list_line;
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

const LINKED: [Hint; 11] = [
    ("n", "next difference"),
    ("Esc", "back"),
    ("Space", "play both"),
    ("H/L", "scrub both"),
    ("g", "more data"),
    ("j/k", "choose one"),
    ("Enter", "go there"),
    ("h/l", "other run"),
    ("u", "unlink"),
    ("s", "swap"),
    ("y", "copy"),
];

const APART: [Hint; 7] = [
    ("Space", "play one"),
    ("H/L", "scrub one"),
    ("Tab", "the other one"),
    ("u", "link time again"),
    ("g", "more data"),
    ("Esc", "back"),
    ("y", "copy"),
];

/// Draws the page.
pub fn draw(brush: &mut Brush, model: &Model, page: &ComparePage, screen: Rect) {
    let [a, b] = page.sides.map(|run| model.runs[run].name.clone());
    let linked = if screen.width >= 80 { "linked time  " } else { "" };
    let (clock, hints): (String, &[Hint]) = match page.apart {
        None => (format!("{linked}t={}", words::moment(model.cursor.time)), &LINKED),
        Some(_) => {
            let [a, b] = [0, 1].map(|side| words::moment(page.time_of(side, model)));
            (format!("A t={a}  B t={b}"), &APART)
        }
    };
    let hints: Vec<Hint> = hints.iter().copied().filter(|(key, _)| *key != "g" || model.can_branch).collect();
    let Sheet { form, body } = sheet(brush, model, screen, (&format!("COMPARE  A {a}  |  B {b}"), &clock), &hints);
    match form {
        Form::Full => full(brush, model, page, body),
        Form::Compact => compact(brush, model, page, body),
        Form::Text | Form::Tiny => plain(brush, model, page, body),
    }
}

fn full(brush: &mut Brush, model: &Model, page: &ComparePage, body: Rect) {
    let plain_height = 4;
    let table_height = (page.comparison.rows.len() as u16 + 4).min(body.height * 9 / 20);
    let top = body.height - plain_height - table_height;
    let half = body.width / 2;
    side(brush, model, page, 0, Rect { width: half, height: top, ..body });
    side(brush, model, page, 1, Rect { x: body.x + half, width: body.width - half, height: top, ..body });
    let left = Rect { y: body.y + top, width: 66.min(body.width * 6 / 10), height: table_height, ..body };
    let inner = brush.pane(left, "Difference   B against A", false);
    table(brush, &page.comparison.rows, Rect { height: inner.height.saturating_sub(1), ..inner });
    let y = inner.height.saturating_sub(1);
    result_line(brush, page, Rect { y: inner.y + y, height: 1, ..inner });
    let right = Rect { x: body.x + left.width, width: body.width - left.width, ..left };
    if page.grows {
        growing(brush, model, page, right);
    } else {
        moments(brush, page, right);
    }
    let below = Rect { y: body.y + top + table_height, height: plain_height, ..body };
    let inner = brush.pane(below, "In plain words", false);
    let rows = page.words(model).into_iter().flat_map(|text| wrap(&text, usize::from(inner.width).max(1), 0));
    for (y, row) in rows.take(usize::from(inner.height)).enumerate() {
        brush.tone(inner, 0, y as u16, &row, Tone::Text);
    }
}

fn compact(brush: &mut Brush, model: &Model, page: &ComparePage, body: Rect) {
    let each = body.height * 3 / 11;
    side(brush, model, page, 0, Rect { height: each, ..body });
    side(brush, model, page, 1, Rect { y: body.y + each, height: each, ..body });
    let below = Rect { y: body.y + 2 * each, height: body.height - 2 * each, ..body };
    if page.grows {
        growing(brush, model, page, below);
        return;
    }
    let inner = brush.pane(below, "Difference   B against A", false);
    let rest = Rect { height: inner.height.saturating_sub(2), ..inner };
    table(brush, &page.comparison.rows, rest);
    result_line(brush, page, Rect { y: inner.y + inner.height.saturating_sub(2), height: 1, ..inner });
    coming(brush, model, page, Rect { y: inner.y + inner.height.saturating_sub(1), height: 1, ..inner });
}

/// Without frames: the numbers, and the next difference; or the costs of more data.
fn plain(brush: &mut Brush, model: &Model, page: &ComparePage, body: Rect) {
    if page.grows {
        growing(brush, model, page, body);
        return;
    }
    let numbers = body.height.saturating_sub(2);
    table(brush, &page.comparison.rows, Rect { height: numbers, ..body });
    let now = format!("B: {}", last_told(&model.runs[page.sides[1]], page.time_of(1, model)));
    brush.tone(body, 0, numbers, &fit(&now, usize::from(body.width)), Tone::Dim);
    coming(brush, model, page, Rect { y: body.y + numbers + 1, height: 1, ..body });
}

/// Where `n` goes.
fn coming(brush: &mut Brush, model: &Model, page: &ComparePage, line: Rect) {
    let next = page.following(model.cursor.time);
    let Some(moment) = page.comparison.moments.get(next) else { return };
    let (sign, told) = first_told(moment);
    let count = page.comparison.moments.len();
    let x = brush.tone(line, 0, 0, "n", Tone::Key);
    let text = format!("{} of {count}  {} {sign} {}", next + 1, words::moment(told.0), told.1);
    let room = usize::from(line.width.saturating_sub(x + 1));
    brush.tone(line, x + 1, 0, &fit(&text, room), Tone::State(State::Again));
}

/// One run at the linked time.
fn side(brush: &mut Brush, model: &Model, page: &ComparePage, index: usize, area: Rect) {
    let run = &model.runs[page.sides[index]];
    let more = if run.is_growing() { " so far" } else { "" };
    let letter = letter(index);
    let title = format!("{letter}  {}   {}{more}", run.name, words::moment(run.history.end()));
    let moves = page.apart.is_some_and(|apart| apart.still != index);
    let inner = brush.pane(area, &title, moves);
    let now = page.time_of(index, model);
    let status = run.history.current();
    let stages: Vec<&Stage> = stages_at(run, run.history.position_at(now))
        .iter()
        .filter_map(|id| status.stages.get(id))
        .map(AsRef::as_ref)
        .collect();
    let room = (usize::from(inner.height) * 2 / 5).max(1);
    let first = stages.len().saturating_sub(room);
    let shown = &stages[first..];
    for (y, stage) in shown.iter().enumerate() {
        list_line(brush, model, (run, status), stage, Rect { y: inner.y + y as u16, height: 1, ..inner });
    }
    let gap = u16::from(inner.height > 8);
    let top = shown.len() as u16 + gap;
    let mut told = wrap(&last_told(run, now), usize::from(inner.width).max(1), 0);
    let told_height = (told.len() as u16).min(if gap > 0 { 3 } else { 1 });
    if told.len() > usize::from(told_height) {
        told.truncate(told_height.into());
        told.last_mut().into_iter().for_each(|last| *last = fit(&format!("{last} …"), inner.width.into()));
    }
    let bottom = inner.height.saturating_sub(told_height);
    if bottom > top {
        let end = page.sides.map(|run| model.runs[run].history.end()).into_iter().max().unwrap_or_default();
        let chart = Rect { y: inner.y + top, height: bottom - top - gap.min(bottom - top), ..inner };
        lanes::draw(brush, run, status, chart, (now, end));
        let (drawn, all) = lanes::machines(run, chart.height);
        if drawn < all {
            let text = format!(" {drawn} of {all} machines ");
            brush.tone(area, area.width.saturating_sub(text.width() as u16 + 2), area.height - 1, &text, Tone::Dim);
        }
    }
    for (y, line) in (bottom..inner.height).zip(&told) {
        brush.tone(inner, 0, y, line, Tone::Dim);
    }
}

fn last_told(run: &Recording, now: VirtualTime) -> String {
    let told = run.story.partition_point(|told| told.sentence.at <= now);
    match told.checked_sub(1).and_then(|last| run.story.get(last)) {
        Some(told) => told.sentence.text.clone(),
        None => "it has not begun".to_owned(),
    }
}

/// The numbers; where there is no room for all, the last of those that are the same are left out.
fn table(brush: &mut Brush, rows: &[Row], area: Rect) {
    let is_narrow = area.width < 60;
    let (name, number) = if is_narrow { (16, 11) } else { (18, 12) };
    let last = if is_narrow { "" } else { "   B - A" };
    brush.tone(area, 0, 0, &format!("{:<name$}{:>number$}{:>number$}{last}", "", "A", "B"), Tone::Dim);
    let room = usize::from(area.height.saturating_sub(1));
    let differ = rows.iter().filter(|row| row.difference() != "same").count();
    let mut alike = room.saturating_sub(differ);
    let shown = rows.iter().filter(|row| {
        let is_same = row.difference() == "same";
        let has_room = !is_same || alike > 0;
        alike -= usize::from(is_same && has_room);
        has_room
    });
    for (y, row) in shown.take(room).enumerate() {
        let title = fit(row.name, name);
        let line = format!("{title:<name$}{:>number$}{:>number$}   ", row.text(row.a), row.text(row.b));
        let x = brush.tone(area, 0, y as u16 + 1, line.trim_end(), Tone::Text).max((name + 2 * number + 3) as u16);
        let difference = row.difference();
        let tone = if difference == "same" { Tone::Dim } else { Tone::Title };
        brush.tone(area, x, y as u16 + 1, &difference, tone);
    }
}

fn result_line(brush: &mut Brush, page: &ComparePage, area: Rect) {
    let is_same = page.comparison.is_same_result();
    let (text, tone) = match (page.is_whole, is_same) {
        (true, true) => ("■ same", Tone::State(State::Done)),
        (true, false) => ("! not the same", Tone::State(State::Failed)),
        (false, true) => ("same so far", Tone::State(State::Running)),
        (false, false) => ("not the same so far", Tone::State(State::Running)),
    };
    let x = brush.tone(area, 0, 0, &format!("{:<42}   ", "printed and written"), Tone::Text);
    brush.tone(area, x, 0, text, tone);
}

/// The moments that differ, the chosen one open.
fn moments(brush: &mut Brush, page: &ComparePage, area: Rect) {
    let all = &page.comparison.moments;
    let title = match all.len() {
        0 if page.comparison.any_real => "Moments".to_owned(),
        0 => "No moment differs".to_owned(),
        count => format!("Moments that differ, {} of {count}", page.choice + 1),
    };
    let inner = brush.pane(area, &title, true);
    let Some(moment) = all.get(page.choice) else {
        if !page.comparison.any_real {
            brush.tone(inner, 0, 0, "Both logs tell the same story.", Tone::State(State::Done));
            return;
        }
        let text =
            "Real Spark runs at other times and tells less: moments are compared of two runs on the simulated cluster.";
        for (y, row) in
            wrap(text, usize::from(inner.width).max(1), 0).iter().take(usize::from(inner.height)).enumerate()
        {
            brush.tone(inner, 0, y as u16, row, Tone::Text);
        }
        return;
    };
    let mut rows: Vec<(String, Tone)> = Vec::new();
    let half = usize::from(inner.height.saturating_sub(1)) / 2;
    for (letter, told) in [('A', &moment.a), ('B', &moment.b)] {
        let mut side: Vec<(String, Tone)> = told
            .iter()
            .flat_map(|(at, text)| {
                wrap(
                    &format!("{:>8}  {text}", words::moment(*at)),
                    usize::from(inner.width).saturating_sub(3).max(12),
                    10,
                )
            })
            .map(|line| (format!("   {line}"), Tone::Text))
            .collect();
        if side.is_empty() {
            side.push(("   nothing here".to_owned(), Tone::Dim));
        }
        if let Some((first, _)) = side.first_mut() {
            first.replace_range(0..1, &letter.to_string());
        }
        if side.len() > half {
            side.truncate(half.saturating_sub(1).max(1));
            side.push((format!("   … {} in all", plural(told.len() as u64, "sentence")), Tone::Dim));
        }
        rows.extend(side);
    }
    for (y, (text, tone)) in rows.iter().take(usize::from(inner.height)).enumerate() {
        brush.tone(inner, 0, y as u16, text, *tone);
    }
}

/// Columns of a size of the data, and of the names before them.
const SIZE: u16 = 9;
const NAMES: u16 = 7;

/// What both cost as the data grows: the lines, the numbers, and who costs less where.
fn growing(brush: &mut Brush, model: &Model, page: &ComparePage, area: Rect) {
    let inner = brush.pane(area, "As the data grows, both done again", true);
    let points = growth::points(model, page.sides);
    let shown = points.len().min(usize::from(inner.width.saturating_sub(NAMES) / SIZE));
    let points = &points[..shown];
    let told: Vec<String> = growth::MEASURES
        .iter()
        .flat_map(|measure| wrap(&growth::verdict(points, measure), usize::from(inner.width).max(1), 2))
        .collect();
    let rows = 1 + 2 * growth::MEASURES.len() as u16;
    numbers(brush, points, Rect { height: inner.height.min(rows), ..inner });
    let below = Rect { y: inner.y + rows, height: inner.height.saturating_sub(rows), ..inner };
    let words = below.height.min(told.len() as u16);
    for (y, text) in (0..words).zip(&told) {
        brush.tone(below, 0, below.height - words + y, text, Tone::Text);
    }
    let chart = Rect { height: below.height - words, ..below };
    if chart.height >= 3 {
        lines(brush, points, chart);
    }
}

/// A row for each run and measure, a column for each size.
fn numbers(brush: &mut Brush, points: &[Point], area: Rect) {
    let column = |index: usize, text: &str| (NAMES + (index as u16 + 1) * SIZE).saturating_sub(text.width() as u16);
    for (index, point) in points.iter().enumerate() {
        let text = format!("{}x", point.times);
        brush.tone(area, column(index, &text), 0, &text, Tone::Dim);
    }
    let rows = growth::MEASURES.iter().flat_map(|measure| [(measure, 0), (measure, 1)]);
    for (y, (measure, side)) in (1..).zip(rows) {
        let tone = tone_of(side);
        brush.tone(area, 0, y, &format!("{} {}", letter(side), measure.name), tone);
        for (index, point) in points.iter().enumerate() {
            let text = match &point.costs[side] {
                Some(cost) => (measure.text)((measure.value)(cost)),
                None if point.is_open => "…".to_owned(),
                None => "-".to_owned(),
            };
            brush.tone(area, column(index, &text), y, &text, tone);
        }
    }
}

/// The times of both as lines: each step up is the same factor.
fn lines(brush: &mut Brush, points: &[Point], area: Rect) {
    let known = |side: usize| {
        let at = |(index, point): (usize, &Point)| Some((index, point.costs[side]?.time.as_secs_f64().max(1e-9).ln()));
        points.iter().enumerate().filter_map(at).collect::<Vec<_>>()
    };
    let both = [known(0), known(1)];
    let all = || both.iter().flatten().map(|(_, height)| *height);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let x = |index: f64| (f64::from(NAMES) + (index + 1.0) * f64::from(SIZE)) as i32 - 2;
    let y = |height: f64| {
        let fraction = (height - low) / (high - low).max(1e-9);
        ((1.0 - fraction) * f64::from(area.height - 1)).round() as i32
    };
    brush.tone(area, 0, 0, "time", Tone::Dim);
    for (side, line) in both.iter().enumerate() {
        let style = brush.style(Tone::Dim);
        for pair in line.windows(2) {
            let [(from, low), (to, high)] = pair else { continue };
            let (left, right) = (x(*from as f64), x(*to as f64));
            for step in left + 1..right {
                let fraction = f64::from(step - left) / f64::from(right - left);
                brush.put(area, step, y(low + (high - low) * fraction), '·', style);
            }
        }
        let style = brush.style(tone_of(side));
        for (index, height) in line {
            let is_other = |(other, at): &(usize, f64)| other == index && y(*at) == y(*height);
            let sign = if both[1 - side].iter().any(is_other) { '*' } else { letter(side) };
            brush.put(area, x(*index as f64), y(*height), sign, style);
        }
    }
}

fn letter(side: usize) -> char {
    if side == 0 { 'A' } else { 'B' }
}

fn tone_of(side: usize) -> Tone {
    if side == 0 { Tone::Title } else { Tone::Focus }
}

/// The first sentence of a moment and who says it.
fn first_told(moment: &Moment) -> (char, Told) {
    match (moment.a.first(), moment.b.first()) {
        (Some(a), Some(b)) if b.0 < a.0 => ('B', b.clone()),
        (Some(a), _) => ('A', a.clone()),
        (None, Some(b)) => ('B', b.clone()),
        (None, None) => (' ', Told::default()),
    }
}
