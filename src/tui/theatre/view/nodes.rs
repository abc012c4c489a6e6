//! The machines: what runs on each core, what each holds, and what moves between them.

use super::super::hits::Target;
use super::super::model::{Model, Selected};
use super::super::select::stages_on_screen;
use super::super::stops::Beat;
use super::network;
use super::paint::{Brush, Lines, fit, gauge};
use super::why::revealed;
use crate::common::ids::{NodeId, StageId, TaskId};
use crate::common::text::{bytes, plural};
use crate::common::time::VirtualTime;
use crate::event::{Locality, TaskCause};
use crate::report::words;
use crate::status::{Attempt, Death, Node, Shuffle, Status, TaskName};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The narrowest box.
const BOX_WIDTH: u16 = 30;

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect, focus: bool) {
    let nodes: Vec<&Node> = status.nodes.values().collect();
    if nodes.is_empty() {
        let inner = brush.pane(area, "2 Nodes", focus);
        brush.tone(inner, 0, 0, "No machine yet: the first action starts them.", Tone::Dim);
        return;
    }
    let title = format!("2 Nodes   {} of {} up", up(model, status), nodes.len());
    let inner = brush.pane(area, &title, focus);
    let cores = nodes.iter().map(|node| node.cores).max().unwrap_or(1) as u16;
    let columns = (inner.width / BOX_WIDTH).clamp(1, 4).min(nodes.len() as u16);
    let rows = (nodes.len() as u16).div_ceil(columns);
    let height = cores + 4;
    let shuffles = shuffles_on_screen(model, status);
    let used = if rows * height <= inner.height {
        boxes(brush, model, status, inner, (&nodes, &shuffles), (columns, height));
        rows * height
    } else {
        lines(brush, model, status, inner, (&nodes, &shuffles))
    };
    let mut rest = inner.height.saturating_sub(used);
    if rest > 2 {
        rest -= 1;
        let near = "input on ■ own node  □ own rack  ◇ another    ═ 1 MiB and more  ━ 64 KiB  ─ less";
        let near = if usize::from(inner.width) < near.width() {
            "input on ■ own node  □ own rack  ◇ another"
        } else {
            near
        };
        brush.tone(inner, 0, inner.height - 1, near, Tone::Dim);
    }
    network::draw(brush, model, status, Rect { y: inner.y + used, height: rest, ..inner });
}

fn up(model: &Model, status: &Status) -> usize {
    status.alive().saturating_sub(usize::from(model.dying().is_some()))
}

fn boxes(
    brush: &mut Brush,
    model: &Model,
    status: &Status,
    area: Rect,
    (nodes, shuffles): (&[&Node], &[&Shuffle]),
    grid: (u16, u16),
) {
    let (columns, height) = grid;
    let width = (area.width - (columns - 1)) / columns;
    for (index, node) in nodes.iter().enumerate() {
        let (column, row) = (index as u16 % columns, index as u16 / columns);
        let rect = Rect { x: area.x + column * (width + 1), y: area.y + row * height, width, height };
        node_box(brush, model, status, rect, (node, shuffles));
    }
}

/// Whether a node is drawn as dead, and its last death.
fn dead<'a>(model: &'a Model, node: &Node) -> Option<&'a Death> {
    let dying = model.dying() == Some(node.node);
    if node.is_alive() && !dying {
        return None;
    }
    let deaths = &model.run().head().deaths;
    let index = model.cursor.beat.map(|(index, _)| index);
    let told = index.and_then(|index| deaths.get(index)).filter(|death| death.node == node.node);
    let last = || deaths.iter().rev().find(|death| death.node == node.node && death.at <= model.cursor.time);
    told.or_else(last).map(AsRef::as_ref)
}

fn node_box(brush: &mut Brush, model: &Model, status: &Status, rect: Rect, (node, shuffles): (&Node, &[&Shuffle])) {
    let death = dead(model, node);
    let selected = model.selected == Selected::Node(node.node);
    let trouble = trouble(node);
    let (lines, tone) = match (death, selected, &trouble) {
        (Some(_), ..) => (Lines::Dashed, Tone::State(State::Lost)),
        (None, true, _) => (Lines::Double, Tone::Focus),
        (None, false, Some((state, _))) => (Lines::Dotted, state.tone()),
        (None, false, None) => (Lines::Light, Tone::Dim),
    };
    brush.hit_area(rect, Target::Select(Selected::Node(node.node)));
    brush.frame(rect, tone, lines);
    let title = match (death, &trouble) {
        (Some(death), _) => format!(" {} ╳ LOST at {} ", node.node, words::moment(death.at)),
        (None, Some((_, words))) => format!(" {} {words} ", node.node),
        (None, None) => format!(" {} ", node.node),
    };
    let title_tone = match (death, selected, &trouble) {
        (Some(_), ..) => Tone::State(State::Lost),
        (None, true, _) => Tone::Focus,
        (None, false, Some((state, _))) => state.tone(),
        (None, false, None) => Tone::Title,
    };
    brush.tone(rect, 2, 0, &title, title_tone);
    if selected && death.is_some() {
        brush.mark(rect, 2, 0, title.width() as u16);
    }
    let inside = Rect { x: rect.x + 2, y: rect.y + 1, width: rect.width - 4, height: rect.height - 2 };
    for core in 0..node.cores {
        let line = Rect { y: inside.y + core as u16, height: 1, ..inside };
        core_line(brush, model, status, node, core, line, true);
    }
    let rest = Rect { y: inside.y + node.cores as u16, height: 2, ..inside };
    match death {
        Some(death) => ghost(brush, model, status, death, rest),
        None => holdings(brush, model, status, node, shuffles, rest),
    }
}

/// What is wrong with a machine that lives.
fn trouble(node: &Node) -> Option<(State, String)> {
    if let Some(at) = node.leaving {
        return Some((State::Preempted, format!("z leaves at {}", words::moment(at))));
    }
    if node.cut.is_some() {
        return Some((State::Failed, "╳ cut off".to_owned()));
    }
    node.is_slowed.then(|| (State::Speculative, "≈ slowed".to_owned()))
}

/// `c0 ► S0.m4 ■ ▓▓▓░░░ 40 %`.
fn core_line(brush: &mut Brush, model: &Model, status: &Status, node: &Node, core: u32, area: Rect, long: bool) -> u16 {
    // A narrow cell has no room for the core's name.
    let named = area.width >= 11;
    let x = if named { brush.tone(area, 0, 0, &format!("c{core} "), Tone::Dim) } else { 0 };
    let task = node.running.get(core as usize).copied().flatten();
    let attempt = task.and_then(|task| status.attempts.get(&task));
    let Some(attempt) = attempt else {
        return brush.tone(
            area,
            x,
            0,
            if node.is_alive() && named { "· idle" } else { "·" },
            Tone::State(State::Pending),
        );
    };
    let name = status.attempt_name(attempt.task);
    let selected = Selected::Task(attempt.stage.stage, attempt.partition);
    brush.hit(area, 0, 0, area.width, Target::Select(selected));
    if attempt.orphaned || !node.is_alive() {
        let x = brush.tone(area, x, 0, if named { "✗ " } else { "✗" }, Tone::State(State::Lost));
        let room = usize::from(area.width.saturating_sub(x));
        let words = [format!("{name} was running"), format!("{name} lost"), name];
        let text = words.into_iter().find(|text| long && text.width() <= room).unwrap_or_default();
        let text =
            if text.is_empty() { name_within(&status.attempt_name(attempt.task), room).to_owned() } else { text };
        return brush.tone(area, x, 0, &text, Tone::State(State::Lost));
    }
    let (glyph, tone) = phase(attempt, model.cursor.time);
    let style = brush.style(tone);
    brush.put(area, i32::from(x), 0, glyph, style);
    let start = x + if named { 2 } else { 1 };
    let name = name_within(&name, usize::from(area.width.saturating_sub(start)));
    let mut x = brush.tone(area, start, 0, name, tone);
    if model.selected == selected {
        brush.mark(area, start, 0, x - start);
    }
    if let Some(near) = nearness(attempt).filter(|_| long && area.width >= 26) {
        let style = brush.style(Tone::Dim);
        brush.put(area, i32::from(x) + 1, 0, near, style);
        x += 2;
    }
    if long {
        x = brush.tone(area, x + 1, 0, &detail(model, attempt, usize::from(area.width.saturating_sub(x + 1))), tone);
    }
    x
}

/// A task's name; where it does not fit, without its stage.
fn name_within(name: &str, room: usize) -> &str {
    if name.width() <= room { name } else { name.split_once('.').map_or(name, |(_, short)| short) }
}

fn phase(attempt: &Attempt, now: VirtualTime) -> (char, Tone) {
    let state = match (attempt.cause == TaskCause::Speculative, attempt.is_again()) {
        (true, _) => State::Speculative,
        (false, true) => State::Again,
        (false, false) if attempt.is_fetching(now) => State::Fetching,
        (false, false) => State::Running,
    };
    // What runs again is told by its colour while it reads.
    let glyph = if attempt.is_fetching(now) { State::Fetching.glyph() } else { state.glyph() };
    (glyph, state.tone())
}

/// How near an attempt is to its input; nothing where it has no place.
fn nearness(attempt: &Attempt) -> Option<char> {
    match attempt.locality {
        Locality::Process | Locality::Node => Some('■'),
        Locality::Rack => Some('□'),
        Locality::Any => Some('◇'),
        Locality::NoPreference => None,
    }
}

/// Blocks that have arrived while it fetches, else how far it is.
fn detail(model: &Model, attempt: &Attempt, room: usize) -> String {
    let now = model.cursor.time;
    if attempt.is_fetching(now) {
        let here: u32 = attempt.fetches.iter().filter(|fetch| fetch.arrives <= now).map(|fetch| fetch.blocks).sum();
        let all: u32 = attempt.fetches.iter().map(|fetch| fetch.blocks).sum();
        let words = [format!("reads blocks {here}/{all}"), format!("blocks {here}/{all}"), format!("{here}/{all}")];
        return words.into_iter().find(|text| text.width() <= room).unwrap_or_default();
    }
    let Some(fraction) = progress(model, attempt.task, attempt.started) else {
        let spent = format!("for {}", words::length(now.since(attempt.started)));
        return if spent.width() <= room { spent } else { String::new() };
    };
    let percent = format!("{:>3.0} %", fraction * 100.0);
    let width = room.saturating_sub(percent.width() + 1).min(10);
    if width < 3 { fit(percent.trim(), room) } else { format!("{} {percent}", gauge(fraction, width, '▓', '░')) }
}

/// How much of an attempt's time has passed, if the log already knows that it comes to its end.
fn progress(model: &Model, task: TaskId, started: VirtualTime) -> Option<f64> {
    let attempt = model.run().head().attempts.get(&task)?;
    if !attempt.succeeded() {
        return None;
    }
    let end = model.run().history.end_of(task)?;
    let whole = end.since(started).0.max(1) as f64;
    Some((model.cursor.time.since(started).0 as f64 / whole).clamp(0.0, 1.0))
}

/// Cells of the memory bar.
const MEMORY: usize = 8;

/// The memory bar, `▓` what its tasks work in, `▒` what is cached; and what is stored.
fn holdings(brush: &mut Brush, model: &Model, status: &Status, node: &Node, shuffles: &[&Shuffle], area: Rect) {
    let (working, cached) = (working_memory(model, status, node), status.cached_on(node.node));
    let cells = |held: u64| {
        let share = held as f64 / node.memory_bytes.max(1) as f64 * MEMORY as f64;
        // What is there is seen, however little.
        if held == 0 { 0 } else { (share.round() as usize).clamp(1, MEMORY) }
    };
    let parts = [(cells(working), '▓', State::Running), (cells(cached), '▒', State::Cached)];
    let mut x = brush.tone(area, 0, 0, "memory ", Tone::Dim);
    let end = x + MEMORY as u16;
    for (wide, glyph, state) in parts {
        for _ in 0..wide.min(usize::from(end - x)) {
            let style = brush.style(Tone::State(state));
            brush.put(area, i32::from(x), 0, glyph, style);
            x += 1;
        }
    }
    let x = brush.tone(area, x, 0, &"░".repeat(usize::from(end - x)), Tone::Dim);
    let (text, tone) = match (cached, working, node.spilled_bytes) {
        (0, 0, 0) => (" no cached data".to_owned(), Tone::Dim),
        (0, 0, _) => (String::new(), Tone::Dim),
        (0, working, _) => (format!(" ▓ {}", bytes(working)), Tone::State(State::Running)),
        (cached, ..) => (format!(" ◆ {}", bytes(cached)), Tone::State(State::Cached)),
    };
    let x = brush.tone(area, x, 0, &text, tone);
    if node.spilled_bytes > 0 {
        brush.tone(area, x + 1, 0, &format!("▽ {}", bytes(node.spilled_bytes)), Tone::State(State::Spilled));
    }
    match outputs_words(status, shuffles, node.node, usize::from(area.width)) {
        Some(outputs) => brush.tone(area, 0, 1, &outputs, Tone::State(State::Done)),
        None => brush.tone(area, 0, 1, "holds no map output", Tone::Dim),
    };
}

/// The most that the operators of a machine's running tasks hold, as far as the log knows it already.
fn working_memory(model: &Model, status: &Status, node: &Node) -> u64 {
    let running = node.running.iter().flatten().filter(|task| status.attempts.contains_key(task));
    running.filter_map(|task| model.run().head().attempts.get(task)).map(|known| known.metrics.peak_memory_bytes).sum()
}

/// The shuffles that the stages on screen make.
fn shuffles_on_screen<'a>(model: &Model, status: &'a Status) -> Vec<&'a Shuffle> {
    let stages = stages_on_screen(model);
    let writes = stages.iter().filter_map(|stage| status.stages.get(stage)?.definition.writes);
    let known = writes.filter_map(|shuffle| status.shuffles.get(&shuffle)).map(AsRef::as_ref);
    known.filter(|shuffle| !shuffle.released).collect()
}

/// The map outputs that a node holds: their names where they are few, else how many. Nothing, when it holds none.
fn outputs_words(status: &Status, shuffles: &[&Shuffle], node: NodeId, room: usize) -> Option<String> {
    let held: Vec<&Shuffle> = shuffles.iter().copied().filter(|shuffle| shuffle.held_by(node) > 0).collect();
    let all: usize = held.iter().map(|shuffle| shuffle.held_by(node)).sum();
    // A name takes three columns at least.
    let names = (all * 3 <= room).then(|| names(status, &held, node));
    let counts = (held.len() * 6 <= room).then(|| {
        let counts: Vec<String> =
            held.iter().map(|shuffle| format!("{}: {}", shuffle.writer, shuffle.held_by(node))).collect();
        format!("■ outputs {}", counts.join("  "))
    });
    let fitting = [names, counts].into_iter().flatten().find(|text| text.width() <= room);
    (all > 0).then(|| fitting.unwrap_or_else(|| format!("■ {all} map outputs")))
}

/// `■ S0: m1 m4  S1: m2`.
fn names(status: &Status, held: &[&Shuffle], node: NodeId) -> String {
    let group = |shuffle: &&Shuffle| {
        let outputs = (0..).zip(shuffle.maps()).filter_map(|(map, output)| Some((map, output.as_ref()?)));
        let here = outputs.filter(|(_, output)| output.node == node && output.lost.is_none());
        let stage = status.stages.get(&shuffle.writer);
        let name = |map| stage.map(|stage| format!("{:#}", TaskName { stage, partition: map })).unwrap_or_default();
        let names: Vec<String> = here.map(|(map, _)| name(map)).collect();
        format!("{}: {}", shuffle.writer, names.join(" "))
    };
    format!("■ {}", held.iter().map(group).collect::<Vec<_>>().join("  "))
}

/// What was on a dead node: still drawn in the first beat, then each thing turns to lost.
fn ghost(brush: &mut Brush, model: &Model, status: &Status, death: &Death, area: Rect) {
    let shown = revealed(model, death);
    let early = matches!(model.cursor.beat, Some((_, Beat::Death)));
    let names: Vec<(StageId, u32)> = death.outputs.iter().map(|lost| (lost.stage, lost.map)).collect();
    let mut text = String::new();
    for (index, (stage, map)) in names.iter().enumerate() {
        let sign = if index < shown { '✗' } else { '■' };
        let _ = write!(text, "{sign}{} ", status.task_name(*stage, *map));
    }
    if text.width() > usize::from(area.width) {
        let sign = if early { '■' } else { '✗' };
        let gone = shown.min(names.len());
        text = if early {
            format!("{sign} {} map outputs", names.len())
        } else {
            format!("{sign} {gone} of {} map outputs", names.len())
        };
    }
    if names.is_empty() {
        text = "held no map output".to_owned();
    }
    let tone = if early { Tone::Dim } else { Tone::State(State::Lost) };
    brush.tone(area, 0, 1, &text, if names.is_empty() { Tone::Dim } else { tone });
    let cached = death.cached.len();
    let cached_text = match (cached, early) {
        (0, _) => "no cached data".to_owned(),
        (n, true) => format!("◆ {n} cached"),
        (n, false) => format!("✗ {}", plural(n as u64, "cached partition")),
    };
    brush.tone(area, 0, 0, &cached_text, if cached == 0 { Tone::Dim } else { tone });
}

/// One line for each node, or a part of them around the selection.
fn lines(
    brush: &mut Brush,
    model: &Model,
    status: &Status,
    area: Rect,
    (nodes, shuffles): (&[&Node], &[&Shuffle]),
) -> u16 {
    let height = usize::from(area.height);
    let chosen = nodes.iter().position(|node| model.selected == Selected::Node(node.node)).unwrap_or(0);
    let chosen =
        if chosen == 0 { nodes.iter().rposition(|node| dead(model, node).is_some()).unwrap_or(0) } else { chosen };
    let first = if nodes.len() <= height { 0 } else { (chosen + 1).saturating_sub(height) };
    let hidden = nodes.len().saturating_sub(height);
    if hidden > 0 {
        let more = format!(" {} more: 2, then j k ", plural(hidden as u64, "node"));
        let below = Rect { height: area.height + 1, ..area };
        brush.tone(below, area.width.saturating_sub(more.width() as u16), area.height, &more, Tone::Key);
    }
    for (y, node) in nodes.iter().skip(first).take(height).enumerate() {
        node_line(brush, model, status, (node, shuffles), Rect { y: area.y + y as u16, height: 1, ..area });
    }
    nodes.len().min(height) as u16
}

fn node_line(brush: &mut Brush, model: &Model, status: &Status, (node, shuffles): (&Node, &[&Shuffle]), area: Rect) {
    brush.hit_area(area, Target::Select(Selected::Node(node.node)));
    let death = dead(model, node);
    let (glyph, tone) = match (death, trouble(node)) {
        (Some(_), _) => (State::Lost.glyph(), Tone::State(State::Lost)),
        (None, Some((State::Failed, _))) => ('╳', Tone::State(State::Failed)),
        (None, Some((state, _))) => (state.glyph(), state.tone()),
        (None, None) => ('■', Tone::State(State::Done)),
    };
    let x = brush.tone(
        area,
        0,
        0,
        &node.node.to_string(),
        if death.is_some() { Tone::State(State::Lost) } else { Tone::Title },
    );
    if model.selected == Selected::Node(node.node) {
        brush.mark(area, 0, 0, x);
    }
    let style = brush.style(tone);
    let x = x.max(status.nodes.keys().map(|node| node.to_string().width() as u16).max().unwrap_or(0));
    brush.put(area, i32::from(x) + 1, 0, glyph, style);
    let start = x + 3;
    let tail = if area.width >= 70 { 28 } else { 18 };
    let room = area.width.saturating_sub(start + tail + 1);
    if node.cores <= 4 {
        let each = room / node.cores.max(1) as u16;
        for core in 0..node.cores {
            let cell = Rect { x: area.x + start + core as u16 * each, width: each.saturating_sub(1), ..area };
            core_line(brush, model, status, node, core, cell, each >= 18);
        }
    } else {
        let busy = node.running.iter().flatten().count();
        brush.tone(area, start, 0, &format!("{busy} of {} cores busy", node.cores), Tone::State(State::Running));
    }
    let end = Rect { x: area.x + area.width.saturating_sub(tail), width: tail, ..area };
    if let Some(death) = death {
        let gone = match (death.outputs.len(), death.cached.len()) {
            (0, cached @ 1..) => format!("{cached} cached"),
            (outputs, _) => plural(outputs as u64, "output"),
        };
        brush.tone(end, 0, 0, &format!("LOST {}, {gone}", words::moment(death.at)), Tone::State(State::Lost));
        return;
    }
    let cached = match status.cached_on(node.node) {
        0 => String::new(),
        size => format!("◆ {}", bytes(size)),
    };
    let room = usize::from(tail).saturating_sub(if cached.is_empty() { 0 } else { cached.width() + 1 });
    match (outputs_words(status, shuffles, node.node, room), cached.is_empty()) {
        (Some(outputs), _) => {
            let x = brush.tone(end, 0, 0, &outputs, Tone::State(State::Done));
            brush.tone(end, x + 1, 0, &cached, Tone::State(State::Cached));
        }
        (None, false) => drop(brush.tone(end, 0, 0, &cached, Tone::State(State::Cached))),
        (None, true) => drop(brush.tone(end, 0, 0, "-", Tone::Dim)),
    }
}
