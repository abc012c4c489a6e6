//! The stage graph of the query at the cursor: boxes with edges where it fits, one line for each stage where it does not.

use super::super::hits::Target;
use super::super::model::{Model, Selected};
use super::super::recording::Recording;
use super::super::select::stages_on_screen;
use super::super::stops::Beat;
use super::super::stragglers::Straggler;
use super::edges::{self, moved};
use super::paint::{Brush, Lines, fit};
use crate::common::ids::StageId;
use crate::common::text::{bytes, visible};
use crate::common::time::VirtualTime;
use crate::report::words;
use crate::status::{Stage, StageState, Status, TaskState};
use crate::tui::dag::{self, Layout, NodeSpec, Placed};
use crate::tui::theme::{State, Tone};
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// Columns of a box, at least.
const NARROWEST: u16 = 14;

/// The pane.
pub fn draw(brush: &mut Brush, model: &Model, status: &Status, area: Rect, focus: bool) {
    let inner = brush.pane(area, &title(model, status), focus);
    let ids = stages_on_screen(model);
    if !ids.iter().any(|id| status.stages.contains_key(id)) {
        brush.tone(inner, 0, 0, waiting(status), Tone::Dim);
        return;
    }
    let forms = [(40, 4), (26, 4), (20, 4), (18, 4), (16, 4), (40, 3), (26, 3), (20, 3), (16, 3)];
    let (width, height) = inner.as_size().into();
    let most = usize::from(width / NARROWEST) * usize::from(height / 3);
    // Where there is no room for a layer more, the stages that are broadcast stand beside the others.
    let forms = [true, false].into_iter().flat_map(|whole| forms.map(|size| (size, whole)));
    let mut forms = forms.filter(|_| ids.len() <= most);
    match forms.find_map(|(size, with_broadcasts)| fitting(model, &ids, inner, size, with_broadcasts)) {
        Some(layout) => graph(brush, model, status, inner, &ids, &layout),
        None => list(brush, model, status, inner, &ids),
    }
}

fn waiting(status: &Status) -> &'static str {
    if status.exit.is_some() { "no action: nothing was computed" } else { "no action yet, so no stage" }
}

fn title(model: &Model, status: &Status) -> String {
    let query = model.run().query_at(model.cursor.position).and_then(|query| status.queries.get(&query));
    match query {
        Some(query) => format!("1 Stages of {}", words::query(query.query, query.line, &query.action)),
        None => "1 Stages".to_owned(),
    }
}

/// The layout, worked out from the whole log so that nothing moves, if it fits.
fn fitting(
    model: &Model,
    ids: &[StageId],
    area: Rect,
    (width, height): (i32, i32),
    with_broadcasts: bool,
) -> Option<Layout> {
    let head = model.run().head();
    let specs: Vec<NodeSpec> = ids
        .iter()
        .map(|id| {
            let stage = head.stages.get(id);
            let sources = |stage| {
                if with_broadcasts { edges::sources(head, stage) } else { stage.definition.parents.clone() }
            };
            let parents = stage.map(|stage| sources(stage));
            let parents = parents.unwrap_or_default();
            let parents = parents.iter().filter_map(|parent| ids.iter().position(|known| known == parent)).collect();
            let late = model.run().stragglers.of(*id).map(late_words);
            NodeSpec { width: stage.map_or(12, |stage| box_width(stage, late.as_deref(), width, height)), parents }
        })
        .collect();
    let layout = dag::layout(&specs, height);
    (layout.width <= i32::from(area.width) && layout.height <= i32::from(area.height)).then_some(layout)
}

/// Wide enough for the name, the tasks, a late task's words and, in a high box, the operators; at most `widest`.
fn box_width(stage: &Stage, late: Option<&str>, widest: i32, height: i32) -> i32 {
    let title = format!("{} {}", stage.definition.stage, visible(&stage.definition.name)).width() + 4;
    let count = format!("{0}/{0}", stage.asked()).width();
    let row = stage.asked().min(12) + count + 5;
    let operators = if height > 3 { operators(stage).width() + 4 } else { 0 };
    let late = late.map_or(0, |words| words.width() + 4);
    (title.max(row).max(operators).max(late) as i32).clamp(i32::from(NARROWEST), widest)
}

fn graph(brush: &mut Brush, model: &Model, status: &Status, area: Rect, ids: &[StageId], layout: &Layout) {
    let shift = ((i32::from(area.width) - layout.width) / 2).clamp(0, 8);
    edges::draw(brush, model, status, area, ids, layout, shift);
    for (id, place) in ids.iter().zip(&layout.boxes) {
        if let Some(stage) = status.stages.get(id) {
            let place = Placed { x: place.x + shift, ..*place };
            stage_box(brush, model, status, area, stage, place);
        }
    }
}

fn stage_box(brush: &mut Brush, model: &Model, status: &Status, area: Rect, stage: &Stage, place: Placed) {
    let rect = Rect {
        x: area.x + place.x as u16,
        y: area.y + place.y as u16,
        width: place.width as u16,
        height: place.height as u16,
    };
    let selected = model.selected == Selected::Stage(stage.definition.stage);
    let tone = stage_tone(stage);
    let frame = if selected {
        Tone::Focus
    } else if tone == Tone::State(State::Again) {
        Tone::State(State::Again)
    } else {
        Tone::Dim
    };
    brush.hit_area(rect, Target::Select(Selected::Stage(stage.definition.stage)));
    brush.frame(rect, frame, if selected { Lines::Double } else { Lines::Light });
    let name = format!(" {} {} ", stage.definition.stage, stage.definition.name);
    let title = Rect { width: rect.width.saturating_sub(1), ..rect };
    brush.tone(title, 1, 0, &name, tone);
    let inside = Rect { x: rect.x + 2, y: rect.y + 1, width: rect.width - 4, height: rect.height - 2 };
    let below = tasks_row(brush, model, (model.run(), status), stage, inside, 0);
    let room = usize::from(inside.width.saturating_sub(below));
    let rows = operator_rows(stage, room, usize::from(inside.height.saturating_sub(1)));
    for (y, row) in (1..).zip(&rows) {
        brush.tone(inside, 0, y, row, Tone::Dim);
    }
    if let Some(words) = skew_words(model, stage.definition.stage) {
        let forms = [format!(" {words} "), words.replace("max/med ", "")];
        let room = usize::from(rect.width.saturating_sub(2));
        if let Some(warning) = forms.iter().find(|form| form.width() <= room) {
            let x = rect.width - 1 - warning.width() as u16;
            brush.tone(rect, x, rect.height - 1, warning, Tone::State(State::Failed));
        }
    }
}

/// That one task takes far longer than the middle one; nothing below that.
fn skew_words(model: &Model, stage: StageId) -> Option<String> {
    let late = model.run().stragglers.of(stage).filter(|late| late.is_seen(model.cursor.time))?;
    Some(late_words(late))
}

fn late_words(late: &Straggler) -> String {
    format!("max/med {:.1} !", late.to_median)
}

fn operators(stage: &Stage) -> String {
    stage.definition.operators.iter().map(|operator| visible(operator)).collect::<Vec<_>>().join(" ▸ ")
}

/// The first operators that fit whole on one row; `…` says that there are more.
fn operators_within(stage: &Stage, room: usize) -> String {
    operator_rows(stage, room, 1).pop().unwrap_or_default()
}

/// The first operators that fit whole on so many rows.
fn operator_rows(stage: &Stage, room: usize, most: usize) -> Vec<String> {
    let names: Vec<String> = stage.definition.operators.iter().map(|operator| visible(operator)).collect();
    let last = names.len().saturating_sub(1);
    let part = |(index, name): (usize, &String)| if index == last { name.clone() } else { format!("{name} ▸") };
    let first = |count: usize| {
        let more = (count < names.len()).then(|| "…".to_owned());
        let parts: Vec<String> = names.iter().enumerate().take(count).map(part).chain(more).collect();
        packed(&parts, room, most)
    };
    (1..=names.len()).rev().find_map(first).unwrap_or_default()
}

/// Parts on at most so many rows, each part whole; absent where they do not fit.
fn packed(parts: &[String], room: usize, most: usize) -> Option<Vec<String>> {
    let mut rows: Vec<String> = Vec::new();
    for part in parts {
        match rows.last_mut() {
            Some(row) if row.width() + 1 + part.width() <= room => *row = format!("{row} {part}"),
            _ if part.width() <= room => rows.push(part.clone()),
            _ => return None,
        }
    }
    (rows.len() <= most).then_some(rows)
}

fn stage_tone(stage: &Stage) -> Tone {
    if stage.count(TaskState::Recomputing) > 0 {
        return Tone::State(State::Again);
    }
    if stage.count(TaskState::Lost) > 0 {
        return Tone::State(State::Lost);
    }
    match stage.state() {
        StageState::Waiting => Tone::State(State::Pending),
        StageState::Running => Tone::State(State::Running),
        StageState::Done => Tone::State(State::Done),
        StageState::Broken => Tone::State(State::Failed),
    }
}

/// One glyph for each task, or for each bucket of tasks, and `4/6` at the right; in the row below where that gives each task its own glyph.
/// Gives the columns that it takes of that row.
fn tasks_row(brush: &mut Brush, model: &Model, run: (&Recording, &Status), stage: &Stage, area: Rect, y: u16) -> u16 {
    let (run, status) = run;
    // As the whole log knows it, so that nothing jumps.
    let whole = run.head().stages.get(&stage.definition.stage).map_or(stage, AsRef::as_ref);
    let asked = whole.asked();
    let count = format!("{}/{asked}", stage.done());
    let beside = usize::from(area.width).saturating_sub(count.width() + 1).max(1);
    let has_own_row = y + 1 < area.height && asked > beside && asked <= usize::from(area.width);
    let room = if has_own_row { asked } else { beside };
    let others = run.query_at(status.applied) != stage.definition.query;
    let sorted = sorted_out(model, status, stage.definition.stage);
    let state = |partition: usize| match state_of(status, stage, partition, model.cursor.time, others) {
        State::Lost => sorted.as_ref().map_or(State::Lost, |needed| {
            if needed.contains(&(partition as u32)) { State::Again } else { State::Skipped }
        }),
        other => other,
    };
    let state = |place: usize| state(whole.asked_at(place) as usize);
    for (cell, state) in buckets(asked, room, state).into_iter().enumerate() {
        let style = brush.style(state.tone());
        brush.put(area, cell as i32, i32::from(y), state.glyph(), style);
        if asked <= room {
            let partition = whole.asked_at(cell);
            let task = Selected::Task(stage.definition.stage, partition);
            brush.hit(area, cell as u16, y, 1, Target::Select(task));
            if model.is_marked(stage.definition.stage, partition) {
                brush.mark(area, cell as u16, y, 1);
            }
        }
    }
    let x = area.width.saturating_sub(count.width() as u16);
    brush.tone(area, x, y + u16::from(has_own_row), &count, Tone::Text);
    if has_own_row { count.width() as u16 + 1 } else { 0 }
}

/// While the lost things of a death are sorted out: what of a stage must be made again. What nobody needs any more is skipped.
fn sorted_out(model: &Model, status: &Status, stage: StageId) -> Option<BTreeSet<u32>> {
    let (death, _) = model.cursor.beat.filter(|(_, beat)| *beat == Beat::Triage)?;
    let death = model.run().head().deaths.get(death)?;
    let outputs = death.outputs.iter().filter(|lost| lost.stage == stage && lost.need.is_now()).map(|lost| lost.map);
    let running = death.running.iter().filter_map(|task| status.attempts.get(task));
    let running = running.filter(|attempt| attempt.stage.stage == stage && status.in_open_job(stage));
    Some(outputs.chain(running.map(|attempt| attempt.partition)).collect())
}

/// How a task stands. What another query has left is not run again: it is skipped.
fn state_of(status: &Status, stage: &Stage, partition: usize, now: VirtualTime, is_of_another: bool) -> State {
    let Some(task) = stage.tasks().get(partition) else { return State::Pending };
    match task.state {
        TaskState::Pending if stage.open_submission().is_some() => State::Scheduled,
        TaskState::Done if is_of_another => State::Skipped,
        TaskState::Running | TaskState::Recomputing => {
            let attempts = task.runs.iter().rev().filter_map(|run| status.attempts.get(run));
            let mut open = attempts.filter(|attempt| attempt.ended.is_none() && !attempt.orphaned);
            let is_fetching = open.next().is_some_and(|attempt| attempt.is_fetching(now));
            if open.next().is_some() {
                State::Speculative
            } else if is_fetching && task.state == TaskState::Running {
                State::Fetching
            } else {
                State::of(task.state)
            }
        }
        other => State::of(other),
    }
}

/// States for at most `room` cells; where several tasks share one, the worst wins.
fn buckets(tasks: usize, room: usize, state: impl Fn(usize) -> State) -> Vec<State> {
    if tasks <= room {
        return (0..tasks).map(state).collect();
    }
    let bucket = |cell: usize| cell * tasks / room..((cell + 1) * tasks / room);
    (0..room).map(|cell| worst(bucket(cell).map(&state))).collect()
}

fn worst(states: impl Iterator<Item = State>) -> State {
    let rank = |state: &State| match state {
        State::Lost => 8,
        State::Again => 7,
        State::Failed => 6,
        State::Speculative | State::Preempted => 5,
        State::Running => 4,
        State::Fetching => 3,
        State::Scheduled => 2,
        State::Pending => 1,
        State::Done | State::Skipped | State::Cached | State::Spilled => 0,
    };
    states.max_by_key(rank).unwrap_or(State::Pending)
}

/// One line for each stage, the busy ones in view.
fn list(brush: &mut Brush, model: &Model, status: &Status, area: Rect, ids: &[StageId]) {
    let shown: Vec<&Stage> = ids.iter().filter_map(|id| status.stages.get(id).map(AsRef::as_ref)).collect();
    let height = usize::from(area.height);
    let busy = |stage: &&&Stage| matches!(model.selected, Selected::Stage(id) | Selected::Task(id, _) if id == stage.definition.stage);
    let last = shown.iter().position(|stage| busy(&stage)).or_else(|| {
        shown.iter().rposition(|stage| !matches!(stage_tone(stage), Tone::State(State::Done | State::Pending)))
    });
    let first = last.map_or(shown.len().saturating_sub(height), |last| (last + 1).saturating_sub(height));
    for (y, stage) in shown.iter().skip(first).take(height).enumerate() {
        list_line(brush, model, (model.run(), status), stage, Rect { y: area.y + y as u16, height: 1, ..area });
    }
    let hidden = shown.len().saturating_sub(first + height);
    if hidden > 0 || first > 0 {
        let last = (first + height).min(shown.len());
        let text = format!(" stages {} to {last} of {}: 1, then j k ", first + 1, shown.len());
        let x = area.width.saturating_sub(text.width() as u16);
        let below = Rect { height: area.height + 1, ..area };
        brush.tone(below, x, area.height, &text, Tone::Key);
    }
}

/// A stage on one line: name, tasks, what it reads and makes.
pub fn list_line(brush: &mut Brush, model: &Model, run: (&Recording, &Status), stage: &Stage, area: Rect) {
    let (_, status) = run;
    let id = stage.definition.stage;
    brush.hit_area(area, Target::Select(Selected::Stage(id)));
    let name_width = (usize::from(area.width) * 3 / 8).clamp(15, 20);
    let name = fit(&format!("{id} {}", stage.definition.name), name_width - 1);
    brush.tone(area, 0, 0, &name, stage_tone(stage));
    if model.selected == Selected::Stage(id) {
        brush.mark(area, 0, 0, name.width() as u16);
    }
    let tasks_width = if area.width >= 70 { 22 } else { 14 };
    let tasks = Rect { x: area.x + name_width as u16, width: tasks_width, ..area };
    tasks_row(brush, model, run, stage, tasks, 0);
    let x = name_width as u16 + tasks_width + 2;
    let rest = Rect { x: area.x + x.min(area.width), width: area.width.saturating_sub(x), ..area };
    let parents: Vec<String> = edges::sources(status, stage).iter().map(ToString::to_string).collect();
    let input = if parents.is_empty() { String::new() } else { format!("◄ {}   ", parents.join(" ")) };
    let late = skew_words(model, id);
    let size = match moved(status, id) {
        0 => String::new(),
        size => format!("{}   ", bytes(size)),
    };
    let x = brush.tone(rest, 0, 0, &input, Tone::Dim);
    let x = brush.tone(rest, x, 0, &size, Tone::Dim);
    let room = usize::from(rest.width.saturating_sub(x));
    let forms = late.iter().flat_map(|words| [format!("{words}   "), words.replace("max/med ", "")]);
    let late = forms.into_iter().find(|form| form.trim_end().width() <= room).unwrap_or_default();
    let x = brush.tone(rest, x, 0, &late, Tone::State(State::Failed));
    brush.tone(rest, x, 0, &operators_within(stage, usize::from(rest.width.saturating_sub(x))), Tone::Dim);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_packed_whole() {
        let parts = ["scan csv ▸", "filter ▸", "partial aggregate"].map(str::to_owned);
        assert_eq!(packed(&parts, 40, 1), Some(vec![parts.join(" ")]));
        assert_eq!(packed(&parts, 20, 2), Some(vec!["scan csv ▸ filter ▸".to_owned(), "partial aggregate".to_owned()]));
        assert_eq!((packed(&parts, 20, 1), packed(&parts, 12, 3)), (None, None));
    }
}
