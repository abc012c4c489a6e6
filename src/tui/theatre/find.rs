//! Finding: a task, a stage or a node by its name, a moment by the words that are told of it.

use super::model::{Model, Selected};
use super::select::stages_on_screen;
use super::{pages, player};
use crate::common::ids::{NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::status::{Stage, TaskName};
use crate::tui::find as looked;
use std::sync::Arc;

/// Looks for what was typed: a thing is selected, and the next moment that tells of it is gone to.
pub fn start(model: &mut Model, query: &str) {
    let query = query.trim().to_lowercase();
    if query.is_empty() {
        return;
    }
    model.found = query;
    if !model.pages.is_empty() {
        next(model, true);
        return;
    }
    if let Some(selected) = named(model, &model.found) {
        model.selected = selected;
        model.playing = false;
        let text = format!("{} is selected; n and N go to the moments that tell of it", name(model, selected));
        model.toast = Some((text, 6.0));
    } else {
        next(model, true);
    }
}

/// To the next place of what was looked for, or the one before.
pub fn next(model: &mut Model, is_forward: bool) {
    if model.found.is_empty() {
        model.toast = Some((looked::NOTHING.to_owned(), 4.0));
    } else if !model.pages.is_empty() {
        if !pages::find(model, is_forward) {
            model.toast = Some((looked::nowhere(&model.found), 4.0));
        }
    } else {
        next_moment(model, is_forward);
    }
}

fn next_moment(model: &mut Model, is_forward: bool) {
    let moments = moments(model);
    let now = model.cursor.time;
    let (index, is_around) = if is_forward {
        let index = moments.partition_point(|at| *at <= now);
        if index < moments.len() { (index, false) } else { (0, true) }
    } else {
        match moments.partition_point(|at| *at < now).checked_sub(1) {
            Some(index) => (index, false),
            None => (moments.len().saturating_sub(1), true),
        }
    };
    let Some(at) = moments.get(index).copied() else {
        model.toast = Some((format!("no task, node or sentence has {:?}", model.found), 5.0));
        return;
    };
    model.playing = false;
    player::to_time(model, at);
    let around = if is_around { ", around the end" } else { "" };
    model.toast = Some((format!("{:?}: moment {} of {}{around}", model.found, index + 1, moments.len()), 5.0));
}

/// When something is told of what is looked for, and when its attempts start and end.
fn moments(model: &Model) -> Vec<VirtualTime> {
    let run = model.run();
    let selected = named(model, &model.found);
    let needle = selected.map_or_else(|| model.found.clone(), |selected| name(model, selected).to_lowercase());
    let is_told = |text: &str| match selected {
        Some(_) => has_word(&text.to_lowercase(), &needle),
        None => text.to_lowercase().contains(&needle),
    };
    let told = run.story.iter().filter(|told| is_told(&told.sentence.text)).map(|told| told.sentence.at);
    let mut moments: Vec<VirtualTime> = told.collect();
    if let Some(Selected::Task(stage, partition)) = selected {
        let attempts = run.head().attempts_of(stage, partition);
        moments.extend(attempts.flat_map(|attempt| [Some(attempt.started), attempt.ended]).flatten());
    }
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// Whether a text has a name and not only the beginning of a longer one.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_part(text[at + name.len()..].chars().next()) && !is_part(text[..at].chars().next_back())
    })
}

fn name(model: &Model, selected: Selected) -> String {
    match selected {
        Selected::Nothing => String::new(),
        Selected::Stage(stage) => stage.to_string(),
        Selected::Task(stage, partition) => model.run().head().task_name(stage, partition),
        Selected::Node(node) => node.to_string(),
    }
}

/// The thing of this name: `s2`, `s2.p1`, `p1` for a task of a stage on screen, `node-3`, `n3`.
fn named(model: &Model, name: &str) -> Option<Selected> {
    let head = model.run().head();
    if let Some(number) = name.strip_prefix("node-").or_else(|| name.strip_prefix('n'))
        && let Ok(number) = number.parse::<u32>()
        && head.nodes.contains_key(&NodeId(number))
    {
        return Some(Selected::Node(NodeId(number)));
    }
    let stage = name.strip_prefix('s').and_then(|rest| rest.parse::<u32>().ok()).map(StageId);
    if let Some(stage) = stage.filter(|stage| head.stages.contains_key(stage)) {
        return Some(Selected::Stage(stage));
    }
    if let Some((stage, task)) = name.split_once('.') {
        let stage = StageId(stage.strip_prefix('s')?.parse().ok()?);
        return task_of(head.stages.get(&stage)?, task);
    }
    let on_screen = stages_on_screen(model);
    on_screen.iter().filter_map(|stage| head.stages.get(stage)).find_map(|stage| task_of(stage, name))
}

/// A task of a stage by its short name, such as `m4`.
fn task_of(stage: &Arc<Stage>, short: &str) -> Option<Selected> {
    let partition = short.get(1..)?.parse::<u32>().ok()?;
    let is_there = (partition as usize) < stage.tasks().len();
    let is_so_named = format!("{:#}", TaskName { stage, partition }) == short;
    (is_there && is_so_named).then_some(Selected::Task(stage.definition.stage, partition))
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_name_is_not_found_in_a_longer_one() {
        assert!(has_word("s1.p2 is done", "s1.p2") && has_word("it is on node-3.", "node-3"));
        assert!(!has_word("s1.p20 is done", "s1.p2") && !has_word("s11 starts", "s1"));
    }
}
