//! The selection: one thing, marked in every pane.

use super::keymap::Action;
use super::lanes::{Bar, Lane};
use super::model::{Model, Pane, Selected};
use super::player;
use super::recording::Recording;
use crate::common::ids::{NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::status::why::Subject;
use crate::status::{Attempt, Status, TaskState};
use std::collections::BTreeSet;

/// Moves inside the pane that has the focus.
pub fn step(model: &mut Model, action: Action) {
    match model.focus {
        Pane::Stages => in_stages(model, action),
        Pane::Nodes => in_nodes(model, action),
        Pane::Timeline => in_timeline(model, action),
        Pane::Why => model.why_scroll = model.why_scroll.saturating_add_signed(vertical(action)),
        Pane::Script => model.script_scroll = model.script_scroll.saturating_add(vertical(action)),
        Pane::Story => model.story_scroll = model.story_scroll.saturating_add_signed(-vertical(action)),
    }
}

fn vertical(action: Action) -> isize {
    match action {
        Action::Up => -1,
        Action::Down => 1,
        _ => 0,
    }
}

fn any(action: Action) -> isize {
    match action {
        Action::Up | Action::Left => -1,
        Action::Down | Action::Right => 1,
        _ => 0,
    }
}

/// The stages on screen: those of the query at the cursor, in order, as far as the whole log knows them.
#[must_use]
pub fn stages_on_screen(model: &Model) -> Vec<StageId> {
    stages_at(model.run(), model.cursor.position)
}

/// The stages of the query that a position of a run belongs to.
#[must_use]
pub fn stages_at(run: &Recording, position: usize) -> Vec<StageId> {
    let query = run.query_at(position);
    let head = run.head();
    let own = head.stages.values().filter(|stage| query.is_none() || stage.definition.query == query);
    let mut open: Vec<StageId> = own.map(|stage| stage.definition.stage).collect();
    let mut wanted: BTreeSet<StageId> = open.iter().copied().collect();
    // Parents from another query (a cached or reused shuffle) belong to the picture too.
    while let Some(stage) = open.pop() {
        for parent in head.stages.get(&stage).iter().flat_map(|stage| &stage.definition.parents) {
            if wanted.insert(*parent) {
                open.push(*parent);
            }
        }
    }
    wanted.into_iter().collect()
}

fn selected_task(model: &Model) -> Option<(StageId, Option<u32>)> {
    match model.selected {
        Selected::Stage(stage) => Some((stage, None)),
        Selected::Task(stage, partition) => Some((stage, Some(partition))),
        Selected::Nothing | Selected::Node(_) => None,
    }
}

fn in_stages(model: &mut Model, action: Action) {
    let stages = stages_on_screen(model);
    let Some(first) = stages.first().copied() else { return };
    let Some((stage, partition)) = selected_task(model).filter(|(stage, _)| stages.contains(stage)) else {
        model.selected = Selected::Stage(first);
        return;
    };
    if vertical(action) != 0 {
        let index = stages.iter().position(|known| *known == stage).unwrap_or(0);
        let index = index.saturating_add_signed(vertical(action)).min(stages.len() - 1);
        model.selected = Selected::Stage(stages[index]);
        return;
    }
    let known = model.run().head().stages.get(&stage);
    // The tasks that are drawn.
    let tasks: Vec<u32> = known.into_iter().flat_map(|known| (0..known.asked()).map(|at| known.asked_at(at))).collect();
    let here = partition.map(|partition| tasks.iter().position(|task| *task == partition).unwrap_or(0));
    model.selected = match (here, any(action)) {
        (None, 1) if !tasks.is_empty() => Selected::Task(stage, tasks[0]),
        (Some(0), -1) => Selected::Stage(stage),
        (Some(here), by) if !tasks.is_empty() => {
            Selected::Task(stage, tasks[here.saturating_add_signed(by).min(tasks.len() - 1)])
        }
        (None | Some(_), _) => Selected::Stage(stage),
    };
}

fn in_nodes(model: &mut Model, action: Action) {
    let nodes: Vec<NodeId> = model.run().history.current().nodes.keys().copied().collect();
    let Some(first) = nodes.first().copied() else { return };
    model.selected = match model.selected {
        Selected::Node(node) => {
            let index = nodes.iter().position(|known| *known == node).unwrap_or(0);
            Selected::Node(nodes[index.saturating_add_signed(any(action)).min(nodes.len() - 1)])
        }
        Selected::Nothing | Selected::Stage(_) | Selected::Task(..) => Selected::Node(first),
    };
}

/// Left and right: the task before and after on the same core; up and down: on the core above and below.
fn in_timeline(model: &mut Model, action: Action) {
    let (lanes, status) = (&model.run().lanes, model.run().history.current());
    let now = model.cursor.time;
    let known = |lane| Lane::known(lane, status, now)[0];
    let found = last_attempt(model, status).and_then(|attempt| {
        let place = (attempt.node, attempt.core);
        let bars = known(lanes.at(place)?);
        Some((place, bars, bars.iter().rposition(|bar| bar.task == attempt.task)?))
    });
    let next = match (found, action) {
        (None, _) => lanes.iter().find_map(|(_, lane)| known(lane).last()),
        (Some((_, bars, at)), Action::Left) => bars.get(at.saturating_sub(1)),
        (Some((_, bars, at)), Action::Right) => bars.get(at + 1),
        (Some((place, bars, at)), Action::Up) => {
            lanes.above(place).find_map(|lane| nearest(known(lane), bars[at].started))
        }
        (Some((place, bars, at)), Action::Down) => {
            lanes.below(place).find_map(|lane| nearest(known(lane), bars[at].started))
        }
        _ => None,
    };
    if let Some(attempt) = next.and_then(|bar| status.attempts.get(&bar.task)) {
        model.selected = Selected::Task(attempt.stage.stage, attempt.partition);
    }
}

/// The last attempt at the selected task.
fn last_attempt<'a>(model: &Model, status: &'a Status) -> Option<&'a Attempt> {
    let Selected::Task(stage, partition) = model.selected else { return None };
    let task = status.stages.get(&stage)?.tasks().get(partition as usize)?;
    status.attempts.get(task.runs.last()?).map(AsRef::as_ref)
}

fn nearest(bars: &[Bar], time: VirtualTime) -> Option<&Bar> {
    let after = bars.partition_point(|bar| bar.started < time);
    let around = &bars[after.saturating_sub(1)..(after + 1).min(bars.len())];
    around.iter().min_by_key(|bar| bar.started.0.abs_diff(time.0))
}

/// The selected thing, where something can be asked about it.
#[must_use]
pub fn subject(model: &Model, status: &Status) -> Option<Subject> {
    match model.selected {
        Selected::Task(stage, partition) => Some(Subject::Task(stage, partition)),
        Selected::Stage(stage) => Some(Subject::Stage(stage)),
        Selected::Node(node) if status.nodes.contains_key(&node) => Some(Subject::Node(node)),
        Selected::Nothing | Selected::Node(_) => None,
    }
}

/// Asks why the selected thing runs again, or the thing that is most worth asking about.
pub fn ask_why(model: &mut Model) {
    let status = model.run().history.current();
    let subject = subject(model, status).or_else(|| most_interesting(status));
    // A second press on a dead node goes on to what it took with it.
    let subject =
        if subject.is_some() && subject == model.why { most_interesting(status).or(subject) } else { subject };
    if subject.is_some() {
        player::pause_the_story(model);
        model.why = subject;
        model.why_scroll = 0;
        if model.focus != Pane::Why {
            model.asked_from = model.focus;
        }
        model.focus = Pane::Why;
    } else {
        let hint = "nothing was lost so far: select a task (1, then h j k l) and press w, or kill a node (K)";
        model.toast = Some((hint.to_owned(), 6.0));
    }
}

/// A task that runs again, else one that is lost, else one that ran again.
fn most_interesting(status: &Status) -> Option<Subject> {
    let in_state = |wanted: TaskState| {
        let stages = status.stages.values().rev();
        let mut found = stages.filter(|stage| stage.count(wanted) > 0).filter_map(|stage| {
            let partition = stage.tasks().iter().position(|task| task.state == wanted)?;
            Some(Subject::Task(stage.definition.stage, partition as u32))
        });
        found.next()
    };
    let again = || {
        let last = status.attempts.values().rev().find(|attempt| attempt.is_again())?;
        Some(Subject::Task(last.stage.stage, last.partition))
    };
    in_state(TaskState::Recomputing).or_else(|| in_state(TaskState::Lost)).or_else(again)
}

/// Enter: a task's why, or a sentence's moment.
pub fn open(model: &mut Model) {
    if model.focus == Pane::Story {
        let told = super::view::story::told_at(model);
        let target = told.len().checked_sub(1).and_then(|last| told.get(last.saturating_sub(model.story_scroll)));
        if let Some(time) = target.map(|told| told.sentence.at) {
            model.playing = false;
            model.story_scroll = 0;
            player::to_time(model, time);
        }
    } else {
        ask_why(model);
    }
}

/// The living node that holds and runs most.
#[must_use]
pub fn fullest_node(status: &Status) -> Option<NodeId> {
    let weight = |node: NodeId| {
        let here: usize = status.shuffles.values().map(|shuffle| shuffle.held_by(node)).sum();
        let running = status.running().filter(|attempt| attempt.node == node).count();
        here + running
    };
    let alive = status.nodes.values().filter(|node| node.is_alive()).map(|node| node.node);
    alive.max_by_key(|node| (weight(*node), std::cmp::Reverse(*node)))
}
