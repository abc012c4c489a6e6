//! What every core did, over the time of the query at the cursor. The future is not drawn. Drawing takes no memory.

use super::super::hits::Target;
use super::super::lanes::{Bar, Lane, showing};
use super::super::model::{Model, Selected};
use super::paint::{Brush, Note};
use crate::common::ids::{NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::event::{TaskCause, TaskOutcome};
use crate::status::{Attempt, Node, Status, TaskName, Victim};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Columns for the core's name.
const NAMES: u16 = 11;
/// Columns for the time, at most; a wider screen stays blank behind them.
const WIDEST: u16 = 512;

/// Time to columns.
struct Scale {
    from: VirtualTime,
    nanos_per_cell: u64,
    width: u16,
}

impl Scale {
    fn column(&self, at: VirtualTime) -> i32 {
        (at.since(self.from).0 / self.nanos_per_cell).min(u64::from(self.width)) as i32
    }

    /// The last cell of a bar at the cursor.
    fn end(&self, model: &Model, bar: &Bar) -> i32 {
        self.column(bar.ends(model.cursor.time)).min(i32::from(self.width) - 1)
    }
}

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect, focus: bool) {
    let width = area.width.saturating_sub(4 + NAMES).min(WIDEST);
    let scale = scale(model, width);
    let cell = scale.nanos_per_cell as f64 / 1e9;
    let title = if cell >= 0.095 {
        Note::of(format_args!("3 Timeline per core   1 cell = {cell:.2} s"))
    } else {
        Note::of(format_args!("3 Timeline per core   1 cell = {:.1} ms", cell * 1000.0))
    };
    let inner = brush.pane(area, title.as_str(), focus);
    let chart = Rect { x: inner.x + NAMES, width: inner.width.saturating_sub(NAMES).min(WIDEST), ..inner };
    // The times stand on the lower edge, so that every row is a core's.
    axis(brush, Rect { y: area.y + area.height.saturating_sub(1), height: 1, ..chart }, &scale);
    let lanes = &model.run().lanes;
    let room = usize::from(inner.height);
    if lanes.len() <= room {
        for (y, (place, bars)) in (0..).zip(lanes.iter()) {
            name(brush, inner, y, *place);
            lane(brush, model, status, Rect { y: chart.y + y, height: 1, ..chart }, (place.0, bars), &scale);
        }
        for (y, (_, bars)) in (0..).zip(lanes.iter()) {
            races(brush, model, status, chart, (y, bars), &scale);
        }
        legend(brush, inner, lanes.len(), room);
    } else {
        by_node(brush, model, status, inner, chart, &scale);
    }
}

fn scale(model: &Model, width: u16) -> Scale {
    let (from, to) = model.run().span_at(model.cursor.position);
    let cells = u64::from(width.max(2) - 1);
    let exact = to.since(from).0 / cells;
    let open = model.run().is_growing();
    let nanos_per_cell = if open { round_up(exact.max(1_000_000)) } else { exact.max(1_000) };
    Scale { from, nanos_per_cell, width }
}

/// To one of few steps, so that the picture does not creep while the log grows.
fn round_up(nanos: u64) -> u64 {
    let mut unit = 1;
    loop {
        for step in [1, 2, 3, 5, 7] {
            if step * unit >= nanos {
                return step * unit;
            }
        }
        unit *= 10;
    }
}

fn axis(brush: &mut Brush, chart: Rect, scale: &Scale) {
    let step = round_up(scale.nanos_per_cell * 10);
    let digits = match step {
        1_000_000_000.. => 0,
        100_000_000.. => 1,
        10_000_000.. => 2,
        _ => 3,
    };
    let mut at = scale.from.0.next_multiple_of(step);
    loop {
        let x = scale.column(VirtualTime(at));
        if x + 9 >= i32::from(chart.width) {
            return;
        }
        let secs = at as f64 / 1e9;
        brush.say(chart, x as u16, 0, format_args!("┴ {secs:.digits$} s "), Tone::Dim);
        at += step;
    }
}

fn name(brush: &mut Brush, area: Rect, y: u16, (node, core): (NodeId, u32)) {
    if core == 0 {
        brush.say(area, 0, y, format_args!("{node}"), Tone::Dim);
    }
    brush.say(area, 7, y, format_args!("c{core}"), Tone::Dim);
}

/// One core.
fn lane(brush: &mut Brush, model: &Model, status: &Status, row: Rect, (node, lane): (NodeId, &Lane), scale: &Scale) {
    hatch(brush, model, row, scale);
    down(brush, model, row, node, scale);
    for bars in lane.known(status, model.cursor.time) {
        for bar in showing(bars, scale.from, |bar| scale.end(model, bar)) {
            if let Some(attempt) = status.attempts.get(&bar.task) {
                draw_bar(brush, model, status, row, (lane.number(bar), bar, attempt), scale);
            }
        }
    }
    let now = scale.column(model.cursor.time);
    if status.nodes.get(&node).is_some_and(Node::is_alive) {
        waits(brush, model, status, row, lane, scale);
    }
    let style = brush.style(Tone::Focus);
    if now < i32::from(row.width) {
        brush.put(row, now, 0, '│', style);
    }
}

/// A thin bracket from each copy to the attempt that it races with; it passes below the bars of others.
fn races(brush: &mut Brush, model: &Model, status: &Status, chart: Rect, (row, lane): (i32, &Lane), scale: &Scale) {
    let [_, marked] = lane.known(status, model.cursor.time);
    for bar in showing(marked, scale.from, |bar| scale.end(model, bar)) {
        let Some(copy) = status.attempts.get(&bar.task).filter(|one| one.cause == TaskCause::Speculative) else {
            continue;
        };
        let Some(other) = status.rival(copy) else { continue };
        let place = (other.node, other.core);
        let Some(other_row) = (0..).zip(model.run().lanes.iter()).find(|(_, (there, _))| **there == place) else {
            continue;
        };
        let (x, other_row) = (scale.column(bar.started) - 1, other_row.0);
        let (turn, joint) = if other_row < row { ('└', '┬') } else { ('┌', '┴') };
        let style = brush.style(Tone::State(State::Speculative));
        for y in row.min(other_row)..=row.max(other_row) {
            if y == other_row {
                brush.put(chart, x, y, joint, style);
            } else if brush.is_idle(chart, x, y) {
                brush.put(chart, x, y, if y == row { turn } else { '│' }, style);
            }
        }
    }
}

/// While a straggler runs, what is idle beside it; bars are drawn over that.
fn hatch(brush: &mut Brush, model: &Model, row: Rect, scale: &Scale) {
    let now = model.cursor.time;
    let style = brush.style(Tone::Dim);
    for late in model.run().stragglers.within(scale.from, now) {
        let end = scale.column(late.ended.min(now)).min(i32::from(row.width) - 1);
        for x in scale.column(late.started)..=end {
            brush.put(row, x, 0, '░', style);
        }
    }
}

/// What an idle core waits for: the straggler that runs now.
fn waits(brush: &mut Brush, model: &Model, status: &Status, row: Rect, lane: &Lane, scale: &Scale) {
    let now = model.cursor.time;
    let Some(late) = model.run().stragglers.within(scale.from, now).find(|late| late.ended > now) else { return };
    let [all, _] = lane.known(status, now);
    let free = all.last().map_or(0, |bar| scale.end(model, bar) + 1).max(scale.column(late.started));
    let words = Note::of(format_args!("waits for {}", late.name));
    let room = scale.column(now) - free;
    if all.last().is_none_or(|bar| bar.ends(now) < now) && room > words.as_str().width() as i32 + 1 {
        brush.tone(row, free as u16 + 1, 0, words.as_str(), Tone::Dim);
    }
}

/// The dashed line of a machine that is not there.
fn down(brush: &mut Brush, model: &Model, row: Rect, node: NodeId, scale: &Scale) {
    let style = brush.style(Tone::State(State::Lost));
    let run = model.run();
    for death in run
        .head()
        .deaths
        .iter()
        .filter(|death| death.node == node && death.victim == Victim::Node && death.at <= model.cursor.time)
    {
        let back = run
            .marks
            .iter()
            .find(|mark| mark.at >= death.at && mark.kind == crate::status::marks::MarkKind::NodeReturns(node));
        let until = back.map_or(model.cursor.time, |mark| mark.at.min(model.cursor.time));
        if until < scale.from {
            continue;
        }
        for x in scale.column(death.at)..=scale.column(until).min(i32::from(row.width) - 1) {
            brush.put(row, x, 0, '╌', style);
        }
    }
}

fn draw_bar(
    brush: &mut Brush,
    model: &Model,
    status: &Status,
    row: Rect,
    (index, bar, attempt): (usize, &Bar, &Attempt),
    scale: &Scale,
) {
    let (start, end) = (scale.column(bar.started), scale.end(model, bar));
    let (body, tone) = look(attempt, index);
    let fetched = attempt.fetches.iter().map(|fetch| fetch.arrives).max().map(|at| scale.column(at));
    let style = brush.style(tone);
    for x in start..=end {
        let fetching = fetched.is_some_and(|until| x < until);
        brush.put(row, x, 0, if fetching { '⇣' } else { body }, style);
    }
    match tone {
        Tone::State(State::Lost) => brush.put(row, end, 0, '✗', style),
        Tone::State(State::Failed) => brush.put(row, end, 0, '!', style),
        _ if attempt.metrics.spilled_bytes > 0 => {
            let style = brush.style(Tone::State(State::Spilled));
            brush.put(row, end, 0, State::Spilled.glyph(), style);
        }
        _ => {}
    }
    if end >= start {
        let task = Selected::Task(attempt.stage.stage, attempt.partition);
        brush.hit(row, start as u16, 0, (end - start + 1) as u16, Target::Select(task));
    }
    label(brush, model, status, row, attempt, (start, end));
}

/// What an attempt's bar is made of; neighbours on a core differ.
#[must_use]
pub fn look(attempt: &Attempt, index: usize) -> (char, Tone) {
    let lost = attempt.orphaned || matches!(attempt.outcome, Some(TaskOutcome::ExecutorLost { .. }));
    let is_copy = attempt.cause == TaskCause::Speculative;
    let gave_up = matches!(attempt.outcome, Some(TaskOutcome::Killed { .. } | TaskOutcome::Ignored { .. }));
    let failed = matches!(attempt.outcome, Some(TaskOutcome::Failed { .. } | TaskOutcome::FetchFailed { .. }));
    let tone = match (attempt.is_again(), attempt.ended.is_some()) {
        _ if lost => Tone::State(State::Lost),
        _ if failed => Tone::State(State::Failed),
        _ if gave_up => Tone::Dim,
        _ if is_copy => Tone::State(State::Speculative),
        (true, _) => Tone::State(State::Again),
        (false, true) => Tone::State(State::Done),
        (false, false) => Tone::State(State::Running),
    };
    let body = match (attempt.is_again(), index % 2) {
        _ if gave_up => '·',
        _ if is_copy => '≈',
        (true, _) => '↻',
        (false, 0) => '█',
        (false, _) => '▓',
    };
    (body, tone)
}

fn label(brush: &mut Brush, model: &Model, status: &Status, row: Rect, attempt: &Attempt, span: (i32, i32)) {
    let (id, partition): (StageId, u32) = (attempt.stage.stage, attempt.partition);
    let Some(stage) = status.stages.get(&id) else { return };
    let name = TaskName { stage, partition };
    let (long, short) = (Note::of(format_args!("{name}")), Note::of(format_args!("{name:#}")));
    let lost = Note::of(format_args!("{name:#} lost the race"));
    let room = span.1 - span.0;
    let fits = |note: &Note| room > note.as_str().width() as i32 + 1;
    let text = match attempt.outcome {
        Some(TaskOutcome::Ignored { .. } | TaskOutcome::Killed { .. }) if is_race(status, attempt) && fits(&lost) => {
            lost.as_str()
        }
        _ if fits(&long) => long.as_str(),
        _ => short.as_str(),
    };
    let selected = match model.selected {
        Selected::Task(stage, part) => stage == id && part == partition,
        Selected::Stage(stage) => stage == id,
        Selected::Node(_) | Selected::Nothing => false,
    };
    if room > text.width() as i32 {
        let tone = if selected { Tone::Selected } else { Tone::Text };
        brush.tone(row, (span.0 + 1) as u16, 0, text, tone);
    } else if selected && span.0 >= 0 {
        brush.mark(row, span.0 as u16, 0, (room + 1).max(1) as u16);
    }
}

/// Whether a task ran twice at a time, so that one of the two was in vain.
fn is_race(status: &Status, attempt: &Attempt) -> bool {
    status.attempts_of(attempt.stage.stage, attempt.partition).any(|one| one.cause == TaskCause::Speculative)
}

/// More cores than rows: one row for each node, with how many of its cores are busy in each cell.
fn by_node(brush: &mut Brush, model: &Model, status: &Status, inner: Rect, chart: Rect, scale: &Scale) {
    let room = usize::from(inner.height).max(1);
    let shown = match model.selected {
        Selected::Node(node) => Some(node),
        _ => status.deaths.last().map(|death| death.node),
    };
    let nodes = status.nodes.len();
    let wanted = status.nodes.keys().position(|node| Some(*node) == shown).unwrap_or(0);
    let first = (wanted + 1).saturating_sub(room);
    if nodes > room {
        let more = Note::of(format_args!(" {} more nodes ", nodes - room));
        let above = Rect { y: inner.y - 1, height: 1, ..inner };
        let x = inner.width.saturating_sub(more.as_str().width() as u16);
        brush.tone(above, x, 0, more.as_str(), Tone::Key);
    }
    for (row, node) in status.nodes.keys().skip(first).take(room).enumerate() {
        let y = row as u16;
        brush.say(inner, 0, y, format_args!("{node}"), Tone::Dim);
        brush.hit(inner, 0, y, inner.width, Target::Select(Selected::Node(*node)));
        let chart = Rect { y: chart.y + y, height: 1, ..chart };
        down(brush, model, chart, *node, scale);
        load(brush, model, status, chart, *node, scale);
    }
}

/// How many cores of a machine are busy in each cell, and whether something runs again there.
fn load(brush: &mut Brush, model: &Model, status: &Status, row: Rect, node: NodeId, scale: &Scale) {
    let mut load = [(0_u32, false); WIDEST as usize];
    let mut cores = 0;
    for lane in model.run().lanes.of(node) {
        cores += 1;
        let [all, marked] = lane.known(status, model.cursor.time);
        let shown = |bars| showing(bars, scale.from, |bar| scale.end(model, bar));
        let mut free = 0;
        for bar in shown(all) {
            let end = scale.end(model, bar);
            for x in scale.column(bar.started).max(free)..=end {
                load[x as usize].0 += 1;
            }
            free = end + 1;
        }
        let is_again = |bar: &&Bar| status.attempts.get(&bar.task).is_some_and(|attempt| attempt.is_again());
        for bar in shown(marked).filter(is_again) {
            for x in scale.column(bar.started)..=scale.end(model, bar) {
                load[x as usize].1 = true;
            }
        }
    }
    for (x, (busy, again)) in load.into_iter().enumerate().filter(|(_, (busy, _))| *busy > 0) {
        let glyph = if again { '↻' } else { shade(f64::from(busy) / f64::from(cores.max(1))) };
        let style = brush.style(if again { Tone::State(State::Again) } else { Tone::State(State::Done) });
        brush.put(row, x as i32, 0, glyph, style);
    }
}

fn shade(share: f64) -> char {
    if share > 0.75 {
        '█'
    } else if share > 0.5 {
        '▓'
    } else if share > 0.25 {
        '▒'
    } else {
        '░'
    }
}

fn legend(brush: &mut Brush, inner: Rect, used: usize, room: usize) {
    if used < room {
        let y = inner.height - 1;
        let text = "█▓ runs  ⇣ reads  ↻ again  ≈ copy  ▽ spilled  ✗ lost  ! failed  ╌ down";
        brush.tone(inner, 0, y, text, Tone::Dim);
    }
}
