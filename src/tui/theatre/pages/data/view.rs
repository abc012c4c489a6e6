//! The page: bars for the partitions, the numbers of their spread, where the rows came from, and the drawn rows.

use super::super::{Sheet, sheet};
use super::facts::{self, Drawn, Part};
use super::{DataPage, Measure, Pane};
use crate::common::ids::NodeId;
use crate::common::text::{bytes, count, plural};
use crate::event::RowSample;
use crate::report::words;
use crate::status::spread::Spread;
use crate::status::{Stage, Status};
use crate::tui::theatre::hits::Target;
use crate::tui::theatre::model::Model;
use crate::tui::theatre::view::footer::Hint;
use crate::tui::theatre::view::layout::Form;
use crate::tui::theatre::view::paint::{Brush, fit, wrap};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

const HINTS: [Hint; 9] = [
    ("j/k", "partition"),
    ("Esc", "back"),
    ("h/l", "stage"),
    ("f", "follow a row"),
    ("Tab", "pane"),
    ("c", "rows, bytes, time"),
    ("Space", "play"),
    ("y", "copy"),
    ("p", "plan"),
];
const ROW_HINTS: [Hint; 6] =
    [("j/k", "row"), ("f", "follow it"), ("h/l", "stage"), ("Tab", "pane"), ("y", "copy"), ("Esc", "back")];

/// Before there is anything to see.
const EARLY_HINTS: [Hint; 3] = [("Space", "play"), (".", "event"), ("Esc", "back")];

/// What the page shows.
struct Scene<'a> {
    page: &'a DataPage,
    status: &'a Status,
    stage: &'a Stage,
    parts: Vec<Part>,
    drawn: Vec<Drawn<'a>>,
    /// It reads no shuffle: the drawn rows are what it wrote.
    is_source: bool,
}

impl Scene<'_> {
    fn chosen(&self) -> usize {
        self.page.choice.min(self.parts.len().saturating_sub(1))
    }

    fn name(&self) -> String {
        self.stage.task_name(self.chosen() as u32)
    }
}

/// Draws the page.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, page: &DataPage, screen: Rect) {
    let stage = page.known(status);
    let what = stage.map_or_else(|| "no stage".to_owned(), |stage| into_words(status, stage));
    let clock = format!("t={}", words::moment(model.cursor.time));
    let hints: &[Hint] = match (stage, page.pane) {
        (None, _) => &EARLY_HINTS,
        (Some(_), Pane::Rows) => &ROW_HINTS,
        (Some(_), Pane::Parts | Pane::Origins) => &HINTS,
    };
    let Sheet { form, body } = sheet(brush, model, screen, (&format!("DATA  {what}"), &clock), hints);
    let Some(stage) = stage else {
        let inner = brush.pane(body, "Data", true);
        brush.tone(
            inner,
            0,
            0,
            "Nothing has run yet at this moment: Space plays, . goes one event on, Esc goes back.",
            Tone::Dim,
        );
        return;
    };
    let parts = facts::parts(status, stage);
    let is_source = stage.definition.reads.is_empty();
    let scene = Scene { page, status, stage, parts, drawn: page.rows(status, stage), is_source };
    match form {
        Form::Full | Form::Compact if model.zoom => zoomed(brush, &scene, body),
        Form::Full => full(brush, &scene, body),
        Form::Compact => compact(brush, &scene, body),
        Form::Text | Form::Tiny => plain(brush, &scene, body),
    }
}

/// `S2 (join), 4 partitions`: what is read.
fn into_words(status: &Status, stage: &Stage) -> String {
    let name = words::stage(status, stage.definition.stage);
    let from: Vec<String> = stage.definition.parents.iter().map(|parent| words::stage(status, *parent)).collect();
    let from = if from.is_empty() { "its input".to_owned() } else { words::list(&from) };
    let missing = stage.definition.reads.iter().filter_map(|(shuffle, _)| status.shuffles.get(shuffle));
    let is_part = missing.into_iter().any(|shuffle| shuffle.maps().iter().any(Option::is_none));
    let so_far = if is_part { ", so far" } else { "" };
    format!("{name} reads {from} · {}{so_far}", plural(stage.tasks().len() as u64, "partition"))
}

/// The pane with the focus alone.
fn zoomed(brush: &mut Brush, scene: &Scene, body: Rect) {
    match scene.page.pane {
        Pane::Parts => partitions(brush, scene, body),
        Pane::Origins => origins(brush, scene, body, "2 "),
        Pane::Rows => peek(brush, scene, body, "3 "),
    }
}

/// The bars with what they say below them.
fn partitions(brush: &mut Brush, scene: &Scene, area: Rect) {
    let title = format!("1 {} per partition", scene.page.measure.title());
    let inner = brush.pane(area, &title, scene.page.pane == Pane::Parts);
    brush.hit_area(area, Target::Pane(0));
    let verdict = verdict_rows(scene, inner.width, 9.min(inner.height / 2));
    let rest = inner.height.saturating_sub(verdict.len() as u16 + 1);
    let hidden = bars(brush, scene, Rect { height: rest, ..inner });
    rows_of_text(brush, &verdict, Rect { y: inner.y + rest + 1, height: inner.height - rest - 1, ..inner });
    brush.more(area, hidden);
}

/// Without frames: the bars, and below them what they say.
fn plain(brush: &mut Brush, scene: &Scene, body: Rect) {
    let verdict = verdict_rows(scene, body.width, body.height / 3);
    let rest = body.height.saturating_sub(verdict.len() as u16);
    bars(brush, scene, Rect { height: rest, ..body });
    rows_of_text(brush, &verdict, Rect { y: body.y + rest, height: body.height - rest, ..body });
}

fn full(brush: &mut Brush, scene: &Scene, body: Rect) {
    let below = (body.height / 3).clamp(8, 16);
    let above = body.height - below;
    let right = (body.width * 37 / 100).min(60);
    let left = Rect { width: body.width - right, height: above, ..body };
    partitions(brush, scene, left);
    origins(brush, scene, Rect { x: body.x + left.width, width: right, height: above, ..body }, "2 ");
    peek(brush, scene, Rect { y: body.y + above, height: below, ..body }, "3 ");
}

fn compact(brush: &mut Brush, scene: &Scene, body: Rect) {
    let above = body.height * 6 / 10;
    let upper = Rect { height: above, ..body };
    let title = format!("{} per partition", scene.page.measure.title());
    let inner = brush.pane(upper, &title, scene.page.pane == Pane::Parts);
    brush.hit_area(upper, Target::Pane(0));
    let verdict = verdict_rows(scene, inner.width, 5);
    let rest = inner.height.saturating_sub(verdict.len() as u16);
    let hidden = bars(brush, scene, Rect { height: rest, ..inner });
    rows_of_text(brush, &verdict, Rect { y: inner.y + rest, height: inner.height - rest, ..inner });
    brush.more(upper, hidden);
    let lower = Rect { y: body.y + above, height: body.height - above, ..body };
    match scene.page.pane {
        Pane::Parts | Pane::Rows => peek(brush, scene, lower, ""),
        Pane::Origins => origins(brush, scene, lower, ""),
    }
}

/// From this width on bytes and nodes stand beside the rows.
const WIDE_BARS: u16 = 60;

/// One line for each partition around the chosen one: numbers, node, bar. Gives how many below found no place.
fn bars(brush: &mut Brush, scene: &Scene, area: Rect) -> usize {
    let measure = scene.page.measure;
    let is_wide = area.width >= WIDE_BARS;
    let line = |name: &str, rows: &str, bytes: &str, node: &str| {
        if is_wide { format!("{name:<8}{rows:>9}{bytes:>11}  {node:<9}") } else { format!("{name:<8}{rows:>9}  ") }
    };
    let most = scene.parts.iter().filter_map(|part| measure.of(part)).max().unwrap_or(0);
    let head = line("", "rows", "bytes", "node");
    brush.tone(area, 0, 0, &head, Tone::Dim);
    let left = head.width() as u16;
    let scale = format!("{}: 0 to {}", measure.title().to_lowercase(), measure.text(most));
    if most > 0 && area.width > left + scale.width() as u16 {
        brush.tone(area, left, 0, &scale, Tone::Dim);
    }
    let height = usize::from(area.height.saturating_sub(1));
    let chosen = scene.chosen();
    let first = (chosen + 1).saturating_sub(height.saturating_sub(1)).min(scene.parts.len().saturating_sub(height));
    for (y, (partition, part)) in scene.parts.iter().enumerate().skip(first).take(height).enumerate() {
        let y = y as u16 + 1;
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let node = part.node.map_or("-".to_owned(), |node| node.to_string());
        let name = scene.stage.task_name(partition as u32);
        let line = line(&name, &text(part.rows.map(count)), &text(part.bytes.map(bytes)), &node);
        let is_chosen = partition == chosen;
        brush.hit(area, 0, y, area.width, Target::Line(partition));
        brush.tone(area, 0, y, &line, if is_chosen { Tone::Title } else { Tone::Text });
        if is_chosen {
            brush.mark(area, 0, y, name.width() as u16);
        }
        let room = u128::from(area.width.saturating_sub(left));
        let most = u128::from(most.max(1));
        // To the nearest cell: values that are almost equal look so.
        let length = measure.of(part).map_or(0, |value| (u128::from(value) * room + most / 2) / most);
        brush.tone(area, left, y, &"█".repeat(length as usize), Tone::of(part.state));
    }
    scene.parts.len().saturating_sub(first + height)
}

fn verdict_rows(scene: &Scene, width: u16, height: u16) -> Vec<(String, Tone)> {
    let mut rows: Vec<(String, Tone)> = Vec::new();
    let measure = scene.page.measure;
    let values: Vec<u64> = scene.parts.iter().filter_map(|part| measure.of(part)).collect();
    let partitions = values.len();
    let Some(spread) = Spread::of(values) else {
        return vec![("Nothing is known of these partitions yet: go on in time.".to_owned(), Tone::Dim)];
    };
    let shape = Shape::of(&spread, partitions);
    let sign = match shape {
        Shape::Skewed => "! skew, over 3".to_owned(),
        Shape::Sparse => format!("! {} of {} partitions are empty", spread.empty, partitions),
        Shape::Even => "even, at most 3".to_owned(),
    };
    let numbers = format!(
        "median {}   largest / median {:.1} {sign}   gini {:.2}",
        measure.text(spread.median),
        spread.to_median,
        spread.gini
    );
    rows.push((numbers, if shape == Shape::Even { Tone::Text } else { Tone::State(State::Failed) }));
    let keys = facts::top_keys(&scene.drawn);
    rows.extend(key_rows(scene, &keys, width, height >= KEYS_IN_LINES).into_iter().map(|text| (text, Tone::Text)));
    rows.push((advice(scene, shape, &keys).to_owned(), Tone::Dim));
    let folded = rows
        .into_iter()
        .flat_map(|(text, tone)| wrap(&text, usize::from(width).max(1), 0).into_iter().map(move |line| (line, tone)));
    folded.take(usize::from(height)).collect()
}

/// From this height on each key has a line of its own, with a bar.
const KEYS_IN_LINES: u16 = 8;

/// The keys that most of the drawn rows have.
fn key_rows(scene: &Scene, keys: &[(String, usize)], width: u16, in_lines: bool) -> Vec<String> {
    let share = |times: usize| times * 100 / scene.drawn.len().max(1);
    let top = || keys.iter().take(3);
    if keys.is_empty() {
        return Vec::new();
    }
    if !in_lines {
        let shown: Vec<String> = top().map(|(key, times)| format!("{key} {} %", share(*times))).collect();
        return vec![format!("keys of {}, by {}: {}", scene.name(), drawn_words(scene), shown.join("   "))];
    }
    let name = top().map(|(key, _)| key.width()).max().unwrap_or(0).min(usize::from(width) / 2);
    let bar = usize::from(width).saturating_sub(name + 12).min(40);
    let line = |(key, times): &(String, usize)| {
        let (key, share) = (fit(key, name), share(*times));
        let blank = " ".repeat(name.saturating_sub(key.width()));
        format!("  {key}{blank} {share:>4} %  {}", "█".repeat((share * bar).div_ceil(100)))
    };
    let head = format!("Top keys in {}, by {}", scene.name(), drawn_words(scene));
    std::iter::once(head).chain(top().map(line)).collect()
}

/// How partitions share the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Even,
    /// One has much more than the others that have anything.
    Skewed,
    /// Most have nothing.
    Sparse,
}

impl Shape {
    fn of(spread: &Spread, count: usize) -> Self {
        if spread.is_skewed() {
            Shape::Skewed
        } else if spread.empty * 2 > count {
            Shape::Sparse
        } else {
            Shape::Even
        }
    }
}

fn advice(scene: &Scene, shape: Shape, keys: &[(String, usize)]) -> &'static str {
    if scene.page.measure == Measure::Time {
        return if shape == Shape::Skewed {
            "One task takes much longer than the others. With rows alike the node is slow or memory is short; with rows unlike it is skew."
        } else {
            "The tasks take about as long as each other."
        };
    }
    // A share of few rows says nothing.
    let heavy = keys.first().is_some_and(|(_, times)| times * 2 > scene.drawn.len() && scene.drawn.len() >= 4);
    match (shape, heavy) {
        (Shape::Sparse, _) => {
            "Few partitions have all the work: there are fewer keys than partitions, and all rows of one key go to one. Fewer partitions do the same with fewer tasks."
        }
        (Shape::Skewed, true) => {
            "One key fills this partition. More partitions will not help: all rows of one key go to one partition. Salting or a pre-aggregate will."
        }
        (Shape::Skewed, false) => {
            "No single key fills the partition among the drawn rows: more partitions, or another key, may spread it."
        }
        (Shape::Even, _) => "No partition stands out: the work is shared evenly.",
    }
}

/// `12 drawn rows`.
fn drawn_words(scene: &Scene) -> String {
    plural(scene.drawn.len() as u64, "drawn row")
}

fn rows_of_text(brush: &mut Brush, rows: &[(String, Tone)], area: Rect) {
    for (y, (text, tone)) in rows.iter().enumerate() {
        brush.tone(area, 0, y as u16, text, *tone);
    }
}

/// Which map tasks wrote what the partition reads, and where that lies.
fn origins(brush: &mut Brush, scene: &Scene, area: Rect, number: &str) {
    let inner = brush.pane(
        area,
        &format!("{number}Where the rows of {} come from", scene.name()),
        scene.page.pane == Pane::Origins,
    );
    brush.hit_area(area, Target::Pane(1));
    let mut found = facts::origins(scene.status, scene.stage, scene.chosen());
    if found.is_empty() {
        let text = if scene.stage.definition.reads.is_empty() {
            "It reads files, a cache or rows of the script: no shuffle wrote them."
        } else {
            "No map output is there yet."
        };
        rows_of_text(brush, &wrapped(text, inner.width, Tone::Dim), inner);
        return;
    }
    found.sort_by_key(|origin| std::cmp::Reverse(origin.rows));
    let most = found.iter().map(|origin| origin.rows).max().unwrap_or(0).max(1);
    brush.tone(inner, 0, 0, &format!("{:<8}{:>8}{:>11}  on", "", "rows", "bytes"), Tone::Dim);
    let room = usize::from(inner.height.saturating_sub(3));
    for (y, origin) in found.iter().take(room).enumerate() {
        let name = scene.status.task_name(origin.writer, origin.map);
        let line = format!("{name:<8}{:>8}{:>11}  {}", count(origin.rows), bytes(origin.bytes), origin.node);
        let y = y as u16 + 1;
        let x = brush.tone(inner, 0, y, &line, if origin.is_lost { Tone::State(State::Lost) } else { Tone::Text });
        let bar = inner.width.saturating_sub(40).min(20);
        let length = origin.rows * u64::from(bar) / most;
        brush.tone(inner, x.max(38) + 1, y, &"█".repeat(length as usize), Tone::State(State::Done));
    }
    let total: u64 = found.iter().map(|origin| origin.rows).sum();
    let size: u64 = found.iter().map(|origin| origin.bytes).sum();
    let hidden = found.len().saturating_sub(room);
    let more = if hidden > 0 { format!("  of {}", plural(found.len() as u64, "map output")) } else { String::new() };
    let y = inner.height.saturating_sub(1);
    brush.tone(inner, 0, y, &format!("{:<8}{:>8}{:>11}{more}", "all", count(total), bytes(size)), Tone::Title);
}

fn wrapped(text: &str, width: u16, tone: Tone) -> Vec<(String, Tone)> {
    wrap(text, usize::from(width).max(1), 0).into_iter().map(|line| (line, tone)).collect()
}

/// From this width on a table of rows says of each why it is here.
const EXPLAINED: u16 = 100;
/// Columns of the rows' numbers, of the place they come from or go to, and of the reason.
const NUMBERS: u16 = 4;
const PLACE: u16 = 24;
const BECAUSE: u16 = 36;

/// The drawn rows of the partition, the chosen one in view.
fn peek(brush: &mut Brush, scene: &Scene, area: Rect, number: &str) {
    let rows = scene.parts.get(scene.chosen()).and_then(|part| part.rows);
    let of = rows.filter(|_| !scene.is_source).map_or(String::new(), |rows| format!(" of {}", count(rows)));
    let what = if scene.is_source { "Rows that left" } else { "Rows of" };
    let by = scene.drawn.first().map_or(String::new(), |first| format!(", placed by {}", first.sample.by));
    let title = format!("{number}{what} {}   {} drawn{of}{by}", scene.name(), scene.drawn.len());
    let has_focus = scene.page.pane == Pane::Rows;
    let inner = brush.pane(area, &title, has_focus);
    brush.hit_area(area, Target::Pane(2));
    let Some(first) = scene.drawn.first() else {
        let text = if scene.is_source {
            "The log keeps rows of what goes through a shuffle; this task has written none yet, or none of its rows was drawn."
        } else {
            "No row of this partition was drawn. The log keeps a few rows of each shuffle, evenly drawn over all of them; small partitions may have none."
        };
        rows_of_text(brush, &wrapped(text, inner.width, Tone::Dim), inner);
        return;
    };
    let names: Vec<&str> = first.values().map(|(name, _)| name).collect();
    let widths = column_widths(&names, &scene.drawn);
    // Where there is room the rows have numbers, and each says what brought it here.
    let is_wide = inner.width >= EXPLAINED;
    let numbers = if is_wide { NUMBERS } else { 0 };
    let right = PLACE + if is_wide { BECAUSE } else { 0 };
    let shown = columns_that_fit(&widths, usize::from(inner.width.saturating_sub(numbers + right)));
    let height = usize::from(inner.height.saturating_sub(1));
    let chosen = scene.page.row.min(scene.drawn.len() - 1);
    let top = (chosen + 1).saturating_sub(height);
    let in_view = || scene.drawn.iter().enumerate().skip(top).take(height).zip(1_u16..);
    let keys = first.sample.keys.len();
    let mut x = numbers;
    for column in 0..shown {
        let tone = if column < keys { Tone::Title } else { Tone::Dim };
        brush.tone(inner, x, 0, &fit(names[column], widths[column]), tone);
        for ((_, drawn), y) in in_view() {
            let cell = drawn.row.cells.get(column).map_or("", String::as_str);
            brush.tone(inner, x, y, &fit(cell, widths[column]), Tone::Text);
        }
        x += widths[column] as u16 + 2;
    }
    brush.tone(inner, x, 0, if scene.is_source { "to" } else { "from" }, Tone::Dim);
    if is_wide {
        brush.tone(inner, numbers.saturating_sub(3), 0, "#", Tone::Dim);
        brush.tone(inner, x + PLACE, 0, "placed because", Tone::Dim);
    }
    let reader = scene.parts.get(scene.chosen()).and_then(|part| part.node);
    for ((index, drawn), y) in in_view() {
        let end = if scene.is_source {
            format!("partition {}", drawn.row.reduce)
        } else {
            origin_words(scene.status, drawn.sample, reader)
        };
        brush.tone(inner, x, y, &end, Tone::Dim);
        if is_wide {
            brush.tone(inner, 0, y, &format!("{index:>2}"), Tone::Dim);
            brush.tone(inner, x + PLACE, y, &because(scene, index, drawn), Tone::Dim);
        }
        if index == chosen && has_focus {
            brush.mark(inner, 0, y, x.saturating_sub(2));
        }
    }
}

/// Who wrote a row and where; and whether the one that reads it stands on the same machine.
fn origin_words(status: &Status, sample: &RowSample, reader: Option<NodeId>) -> String {
    let Some(shuffle) = status.shuffles.get(&sample.shuffle) else { return String::new() };
    let name = status.task_name(shuffle.writer, sample.map);
    let Some(output) = shuffle.maps().get(sample.map as usize).and_then(Option::as_ref) else { return name };
    let far = reader.map_or("", |reader| if reader == output.node { " local" } else { " remote" });
    format!("{name} {}{far}", output.node)
}

/// What brought a row to its partition: the same as an earlier row with its key, or the rule of the shuffle.
fn because(scene: &Scene, index: usize, drawn: &Drawn) -> String {
    let (key, sample) = (drawn.key(), drawn.sample);
    let same = |other: &Drawn| !key.is_empty() && other.key() == key;
    if let Some(earlier) = scene.drawn[..index].iter().position(same) {
        return format!("same key as row {earlier}");
    }
    let partitions = scene.status.shuffles.get(&sample.shuffle).map_or(0, |shuffle| shuffle.reduces);
    let keys = sample.keys.join(", ");
    match sample.by.as_str() {
        "hash" if !keys.is_empty() => format!("hash({keys}) mod {partitions} = {}", drawn.row.reduce),
        "single" => "there is one partition".to_owned(),
        by if keys.is_empty() => format!("{by}, to partition {} of {partitions}", drawn.row.reduce),
        by => format!("{by} of {keys}: partition {} of {partitions}", drawn.row.reduce),
    }
}

fn column_widths(names: &[&str], rows: &[Drawn]) -> Vec<usize> {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|drawn| drawn.row.cells.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    names.iter().enumerate().map(|(column, name)| name.width().max(widest(column)).clamp(3, 24)).collect()
}

fn columns_that_fit(widths: &[usize], room: usize) -> usize {
    let mut used = 0;
    widths
        .iter()
        .take_while(|width| {
            used += **width + 2;
            used <= room
        })
        .count()
}
