//! Questions about a run that is over, put before it is told on: predict, then look. Every right answer is counted in the log.

use super::words;
use crate::common::ids::{QueryId, StageId};
use crate::common::text::plural;
use crate::event::{Event, EventKind};
use crate::status::recompute::fates;
use crate::status::{Death, Status};
use crate::workshop::predict::Asked;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Of so many actions, the first ones, it is asked how many stages they take.
const ACTIONS: usize = 3;

/// A question, and where in the log it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Put after so many events.
    pub put_at: usize,
    /// Answered after so many.
    pub told_at: usize,
    pub asked: Asked,
}

/// The questions of a run, in the order in which they are put.
#[must_use]
pub fn questions(events: &[Arc<Event>]) -> Vec<Question> {
    let status = Status::of(events);
    let mut all: Vec<Question> = about_actions(events, &status).into_iter().take(ACTIONS).collect();
    for (death, fate) in status.deaths.iter().zip(fates(&status)) {
        let is_over = |event: &Arc<Event>| fate.over.is_some_and(|over| event.time <= over);
        let told_at = events.iter().rposition(is_over).map_or(events.len(), |at| at + 1).max(death.position);
        all.push(Question {
            put_at: death.position,
            told_at,
            asked: about_death(&status, death, fate.attempts.len(), &fate),
        });
    }
    all.sort_by_key(|question| question.put_at);
    all
}

/// How many stages does an action take?
fn about_actions(events: &[Arc<Event>], status: &Status) -> Vec<Question> {
    let mut open: BTreeMap<QueryId, (usize, BTreeSet<StageId>)> = BTreeMap::new();
    let mut questions = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match &event.kind {
            EventKind::QueryStarted { query, .. } => drop(open.insert(*query, (index + 1, BTreeSet::new()))),
            EventKind::StageSubmitted { stage, .. } => {
                let query = status.stages.get(&stage.stage).and_then(|known| known.definition.query);
                if let Some((_, stages)) = query.and_then(|query| open.get_mut(&query)) {
                    stages.insert(stage.stage);
                }
            }
            EventKind::QueryEnded { query, .. } => {
                if let Some((put_at, stages)) = open.remove(query).filter(|(_, stages)| !stages.is_empty()) {
                    questions.push(Question { put_at, told_at: index + 1, asked: stages_of(status, *query, &stages) });
                }
            }
            _ => {}
        }
    }
    questions
}

fn stages_of(status: &Status, query: QueryId, stages: &BTreeSet<StageId>) -> Asked {
    let action = status.queries.get(&query);
    let action =
        action.map_or(String::new(), |query| format!(" ({}, line {})", words::action(&query.action), query.line));
    let count = stages.len();
    let (options, right) = options(count, &[1, 2, count + 1], "stage");
    let names: Vec<String> = stages.iter().map(|stage| words::stage(status, *stage)).collect();
    let tells = format!("{} ran. A stage ends where rows move between the nodes.", words::short_list(&names));
    Asked { ask: format!("{query}{action} starts now. How many stages will run for it?"), options, right, tells }
}

/// How many tasks run again because of a death?
fn about_death(status: &Status, death: &Death, again: usize, fate: &crate::status::recompute::Fate) -> Asked {
    let held = words::inventory(death.outputs.len(), death.running.len(), death.cached.len());
    let lost = death.outputs.len() + death.running.len();
    let (options, right) = options(again, &[0, lost, lost + death.outputs_kept], "task start");
    let tasks: Vec<(StageId, u32)> = fate
        .attempts
        .iter()
        .filter_map(|task| status.attempts.get(task))
        .map(|attempt| (attempt.stage.stage, attempt.partition))
        .collect();
    let tells = if tasks.is_empty() {
        "Nothing that was on it is needed by unfinished work.".to_owned()
    } else {
        format!("Only what unfinished work still needs: {}.", words::stage_tasks(status, &tasks))
    };
    let ask = format!("{} stops; on it were {held}. How many task starts will there be because of it?", death.who());
    Asked { ask, options, right, tells }
}

/// The right number among others, in order; gives its place.
fn options(right: usize, others: &[usize], noun: &str) -> (Vec<String>, usize) {
    let mut numbers: BTreeSet<usize> = others.iter().copied().chain([right]).collect();
    let mut next = right + 1;
    while numbers.len() < 3 {
        numbers.insert(next);
        next += 1;
    }
    let place = numbers.iter().position(|number| *number == right).unwrap_or(0);
    (numbers.into_iter().map(|number| plural(number as u64, noun)).collect(), place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_death_is_asked_about_before_its_recovery_is_told() {
        let events = fixture::node_death();
        let questions = questions(&events);
        let death = questions.iter().find(|question| question.asked.ask.contains("node-3 stops")).expect("a question");
        assert!(death.put_at < death.told_at && death.told_at <= events.len());
        let again = fates(&Status::of(&events))[0].attempts.len();
        assert_eq!(death.asked.options[death.asked.right], plural(again as u64, "task start"));
    }

    #[test]
    fn the_right_answer_is_one_of_several() {
        assert_eq!(options(2, &[0, 2, 2], "stage"), (vec!["0 stages".into(), "2 stages".into(), "3 stages".into()], 1));
        assert_eq!(options(0, &[0], "stage").0.len(), 3);
    }
}
