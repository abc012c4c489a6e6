//! The question of a death, before its answer is told: which of the lost things must be made again?
//!
//! What was there when the machine died is listed; the person marks what will run again, and Enter reveals it.

use super::keymap::Action;
use super::model::Model;
use super::player::{self, Stops};
use super::stops::Beat;
use crate::common::text::plural;
use crate::report::words;
use crate::status::need::Need;
use crate::status::{Death, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Things that are listed one by one; more are put together by kind and stage.
const ONE_BY_ONE: usize = 8;

/// How to find out of a lost thing whether it must be made again.
pub const HOW_TO_TELL: &str = "Another copy? Still needed? Can its input be read? If not, one step back.";

/// Something that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    pub text: String,
    /// Whether it must be made again.
    pub is_needed: bool,
}

/// What a person answered to the question of one death.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub marked: BTreeSet<usize>,
    pub choice: usize,
    pub is_locked: bool,
    /// The run played when the answer was begun, and goes on with it.
    pub goes_on: bool,
}

/// What a death took, as the status just after it has it.
#[must_use]
pub fn things(status: &Status, death: &Death) -> Vec<Thing> {
    let mut kinds: BTreeMap<String, Vec<Thing>> = BTreeMap::new();
    let mut add = |kind: String, text: String, is_needed: bool| {
        kinds.entry(kind).or_default().push(Thing { text, is_needed });
    };
    for lost in &death.outputs {
        let name = format!("output of {}", status.task_name(lost.stage, lost.map));
        add(format!("1 map output of {}", lost.stage), name, lost.need.is_now());
    }
    for task in &death.running {
        let Some(attempt) = status.attempts.get(task) else { continue };
        let stage = attempt.stage.stage;
        let text = format!("running {}", status.attempt_name(*task));
        add(format!("2 running task of {stage}"), text, status.in_open_job(stage));
    }
    for lost in &death.cached {
        let text = format!("partition {} of {}", lost.partition, lost.cache);
        add(format!("3 cached partition of {}", lost.cache), text, matches!(lost.need, Need::Now(_)));
    }
    let count: usize = kinds.values().map(Vec::len).sum();
    if count <= ONE_BY_ONE {
        return kinds.into_values().flatten().collect();
    }
    let together = |(kind, things): (String, Vec<Thing>)| {
        let (noun, of) = kind[2..].split_once(" of ").unwrap_or((&kind[2..], ""));
        let text = format!("{} of {of}", plural(things.len() as u64, noun));
        Thing { text, is_needed: things.iter().any(|thing| thing.is_needed) }
    };
    kinds.into_iter().map(together).collect()
}

/// The things of the death that is asked about now.
fn asked(model: &Model) -> Option<(usize, Vec<Thing>)> {
    let (death, beat) = model.cursor.beat?;
    let known = model.run().head().deaths.get(death).filter(|_| beat == Beat::Question)?;
    Some((death, things(model.run().history.current(), known)))
}

/// Takes in a key while the question is open; false when the key is not about it. Whoever begins to answer has all the time: the run stops.
pub fn key(model: &mut Model, action: Action) -> bool {
    let Some((death, things)) = asked(model) else { return false };
    let place = (model.current, death);
    let answer = model.answers.entry(place).or_default();
    let last = things.len().saturating_sub(1);
    match action {
        Action::Up => answer.choice = answer.choice.saturating_sub(1),
        Action::Down => answer.choice = (answer.choice + 1).min(last),
        Action::PlayPause => {
            let choice = answer.choice.min(last);
            if !answer.marked.remove(&choice) {
                answer.marked.insert(choice);
            }
        }
        Action::Open => {
            answer.is_locked = true;
            let goes_on = model.playing || std::mem::take(&mut answer.goes_on);
            player::stop_on(model, Stops::All);
            if goes_on {
                model.playing = true;
                model.cursor.beat_secs = 0.0;
            }
            return true;
        }
        _ => return false,
    }
    answer.goes_on |= model.playing;
    model.playing = false;
    true
}

/// The lines of the question: whether each is chosen, and its words with what is marked.
#[must_use]
pub fn lines(model: &Model, status: &Status, death: &Death) -> Vec<(bool, String)> {
    let place = model.cursor.beat.map(|(death, _)| (model.current, death));
    let answer = place.and_then(|place| model.answers.get(&place)).cloned().unwrap_or_default();
    let row = |(index, thing): (usize, Thing)| {
        let mark = if answer.marked.contains(&index) { 'x' } else { ' ' };
        (index == answer.choice, format!("[{mark}] {}", thing.text))
    };
    things(status, death).into_iter().enumerate().map(row).collect()
}

/// How many of the predictions in the fault console were right, and how many have been answered.
#[must_use]
pub fn score(model: &Model) -> (usize, usize) {
    let fate = |(run, death): &(usize, usize)| model.runs.get(*run)?.fates.get(*death);
    let answered = model.guesses.iter().filter_map(|(place, guess)| Some((fate(place)?, *guess)));
    let answered: Vec<bool> = answered
        .filter(|(fate, _)| fate.over.is_some())
        .map(|(fate, guess)| fate.attempts.len() == guess as usize)
        .collect();
    (answered.iter().filter(|is_right| **is_right).count(), answered.len())
}

/// What was marked beside what is true; nothing where nobody answered.
#[must_use]
pub fn verdict(model: &Model, status: &Status, death: &Death) -> Option<(bool, String)> {
    let (index, _) = model.cursor.beat?;
    let answer = model.answers.get(&(model.current, index)).filter(|answer| answer.is_locked)?;
    let things = things(status, death);
    let differ = |wanted: bool| -> Vec<String> {
        let is_wrong =
            |(index, thing): &(usize, &Thing)| thing.is_needed == wanted && answer.marked.contains(index) != wanted;
        things.iter().enumerate().filter(is_wrong).map(|(_, thing)| thing.text.clone()).collect()
    };
    let (missed, extra) = (differ(true), differ(false));
    if missed.is_empty() && extra.is_empty() {
        return Some((true, "You were right.".to_owned()));
    }
    let mut parts = Vec::new();
    if !missed.is_empty() {
        parts.push(format!("needed and not marked: {}", words::short_list(&missed)));
    }
    if !extra.is_empty() {
        parts.push(format!("marked and not needed: {}", words::short_list(&extra)));
    }
    Some((false, format!("Not quite: {}.", parts.join("; "))))
}
