//! The fault console's keys: what breaks, where, when, and how many tasks will run again. What it shows is [`super::view::console`].

use super::branch::{self, Change};
use super::fault::{BACK_SECS, Cue, KINDS, Scenario, Strike, cues};
use super::keymap::Action;
use super::model::{Console, Model, Overlay, Selected};
use super::update::Effect;
use super::{player, select};
use crate::common::ids::{NodeId, StageId};
use crate::common::time::{VirtualDuration, VirtualTime};

/// The nodes that can be killed at the cursor.
#[must_use]
pub fn victims(model: &Model) -> Vec<NodeId> {
    let status = model.run().history.current();
    status.nodes.values().filter(|node| node.is_alive()).map(|node| node.node).collect()
}

/// Opens it at the cursor, or says why nothing can be broken there.
pub fn open(model: &mut Model) {
    if !model.can_branch {
        let how = if model.run().head().time_word() == "real" { " on the simulated cluster" } else { "" };
        let text = format!("this run can be watched, not branched: run the script{how} for that");
        model.toast = Some((text, 6.0));
        return;
    }
    if model.pending.is_some() {
        return;
    }
    let victims = victims(model);
    if victims.is_empty() || model.run().history.current().exit.is_some() {
        model.toast = Some(("nothing runs here: go back in time first ([ or H), then kill a node".to_owned(), 6.0));
        return;
    }
    model.playing = false;
    // The whole moment has happened when the node dies: the dry run looks at its end.
    player::to_time(model, model.cursor.time);
    model.seek();
    let wanted = match model.selected {
        Selected::Node(node) => Some(node),
        Selected::Nothing | Selected::Stage(_) | Selected::Task(..) => {
            select::fullest_node(model.run().history.current())
        }
    };
    let choice = victims.iter().position(|node| Some(*node) == wanted).unwrap_or(0);
    model.overlay = Overlay::Fault(Console { choice, opened: model.cursor.time, ..Console::default() });
}

/// The fault console: up and down choose the machine, left and right what happens, plus and minus the prediction.
pub fn key(model: &mut Model, action: Action, closing: bool) -> Vec<Effect> {
    let Overlay::Fault(mut console) = model.overlay else { return Vec::new() };
    let kinds = KINDS.len() + model.scenarios.len();
    match action {
        Action::Up => console.choice = console.choice.saturating_sub(1),
        Action::Down => console.choice += 1,
        Action::Left => console.kind = (console.kind + kinds - 1) % kinds,
        Action::Right => console.kind = (console.kind + 1) % kinds,
        Action::Faster => console.guess = Some(console.guess.map_or(0, |guess| guess.saturating_add(1))),
        Action::Slower => console.guess = console.guess.and_then(|guess| guess.checked_sub(1)),
        Action::Why => console.is_told = !console.is_told,
        Action::Cue => console.cue = to_next_cue(model, &console),
        Action::ComeBack => console.back = (console.back + 1) % BACK_SECS.len(),
        Action::Disarm => drop(model.armed.pop()),
        Action::Save if !model.armed.is_empty() => return vec![Effect::SaveScenario(Scenario::text_of(&model.armed))],
        _ => {}
    }
    let victims = victims(model);
    console.choice = console.choice.min(victims.len().saturating_sub(1));
    model.overlay = Overlay::Fault(console);
    if closing || matches!(action, Action::Open | Action::Arm) {
        model.overlay = Overlay::None;
    }
    let strike = victims.get(console.choice).and_then(|node| strike_of(model, &console, *node));
    match (action, strike) {
        (Action::Arm, Some(strike)) => arm(model, strike),
        (Action::Open, Some(strike)) => {
            // Who was told has not predicted.
            model.guess = console.guess.filter(|_| model.armed.is_empty() && !console.is_told);
            let all = std::mem::take(&mut model.armed).into_iter().chain([strike]);
            return vec![Effect::Branch(branch::request(model, all.map(Change::Strike).collect()))];
        }
        (Action::Open | Action::Arm, None) if console.kind < KINDS.len() => {
            model.toast = Some(("there is nothing of the kind at this moment".to_owned(), 4.0));
        }
        (Action::Open, None) => {
            let scenario = console.kind.checked_sub(KINDS.len()).and_then(|index| model.scenarios.get(index)).cloned();
            let branch = scenario.map(|scenario| branch::request(model, vec![Change::Scenario(scenario)]));
            return branch.map(Effect::Branch).into_iter().collect();
        }
        _ => {}
    }
    Vec::new()
}

/// The chosen fault on a machine; absent where a scenario is chosen.
fn strike_of(model: &Model, console: &Console, node: NodeId) -> Option<Strike> {
    let kind = *KINDS.get(console.kind)?;
    let at = match console.cue {
        Some(_) => model.cursor.time,
        None => just_after(model.cursor.time),
    };
    let back_secs = BACK_SECS[console.back].filter(|_| kind.undoing().is_some());
    let aim = kind.aim(model.run().history.current(), node, chosen_task(model))?;
    Some(Strike { kind, node, aim, at, cue: console.cue, back_secs })
}

fn chosen_task(model: &Model) -> Option<(StageId, u32)> {
    match model.selected {
        Selected::Task(stage, partition) => Some((stage, partition)),
        Selected::Nothing | Selected::Stage(_) | Selected::Node(_) => None,
    }
}

/// From the chosen event to the one after it, in the end back to the moment at which the console was opened; the theatre goes there.
fn to_next_cue(model: &mut Model, console: &Console) -> Option<Cue> {
    let cues = cues(model.run().head(), chosen_task(model), console.opened);
    let here = console.cue.and_then(|cue| cues.iter().position(|(known, _)| *known == cue));
    let next = cues.get(here.map_or(0, |here| here + 1)).copied();
    if cues.is_empty() {
        model.toast = Some(("no task finishes after this moment, as far as the log goes".to_owned(), 4.0));
    }
    player::to_time(model, next.map_or(console.opened, |(_, at)| at));
    model.seek();
    next.map(|(cue, _)| cue)
}

/// Keeps a fault until the next one is chosen: both then strike in one run.
fn arm(model: &mut Model, strike: Strike) {
    model.toast = Some((format!("armed: {}; go on in time, then K for the next", strike.name()), 8.0));
    model.armed.push(strike);
    model.armed.sort_by_key(|strike| strike.at);
}

/// The next moment: what happened at `time` has happened.
fn just_after(time: VirtualTime) -> VirtualTime {
    time + VirtualDuration(1)
}
