//! Branches: the same run done again with one thing changed, from the same seed. The past that they share stays as it was.

use super::fault::{Scenario, Strike};
use super::model::{Model, Selected};
use super::recording::Recording;
use super::{pages, player};
use crate::common::time::VirtualTime;
use crate::report::words;
use crate::tui::run_handle::RunHandle;

/// What is different in a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Strike(Strike),
    Scenario(Scenario),
    /// The faults that the run was started with are left out.
    WithoutGivenFaults,
    /// The optimizer goes without this rule.
    WithoutRule(String),
    /// Every byte and row of the data counts as so many.
    Grown(u64),
}

impl Change {
    /// The name of the branch.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Change::Strike(strike) => strike.name(),
            Change::Scenario(scenario) => format!("scenario {}", scenario.name),
            Change::WithoutGivenFaults => "without its faults".to_owned(),
            Change::WithoutRule(rule) => format!("without {rule}"),
            Change::Grown(times) => format!("with {times}x the data"),
        }
    }

    /// From when on the run can differ, where that is known.
    fn from(&self) -> Option<VirtualTime> {
        match self {
            Change::Strike(strike) => Some(strike.at),
            Change::Scenario(_) | Change::WithoutGivenFaults | Change::WithoutRule(_) | Change::Grown(_) => None,
        }
    }
}

/// All that is different from the original run: the run is done again with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BranchRequest {
    /// Changes that were made in the theatre, the new ones last.
    pub changes: Vec<Change>,
    /// How many of them are new.
    pub new: usize,
}

impl BranchRequest {
    fn new_changes(&self) -> &[Change] {
        &self.changes[self.changes.len().saturating_sub(self.new)..]
    }

    /// The name of the branch.
    fn name(&self) -> String {
        self.new_changes().iter().map(Change::name).collect::<Vec<_>>().join("; ")
    }
}

/// A branch whose run has not yet come as far as what it is made for.
#[derive(Debug)]
pub struct Pending {
    pub recording: Recording,
    /// The new change that shows first.
    pub change: Change,
    pub guess: Option<u32>,
}

impl Pending {
    /// The moment it is waited for, when that is known.
    #[must_use]
    pub fn until(&self) -> Option<VirtualTime> {
        self.change.from()
    }

    /// Whether it shows what it is made for, or never will.
    fn is_ready(&self) -> bool {
        self.recording.end.is_some()
            || match &self.change {
                Change::Strike(strike) => shows(&self.recording, *strike),
                Change::Scenario(_) | Change::WithoutGivenFaults | Change::WithoutRule(_) | Change::Grown(_) => false,
            }
    }
}

/// Asks for the run on screen with more changes.
#[must_use]
pub fn request(model: &Model, new: Vec<Change>) -> BranchRequest {
    request_of(model.run(), new)
}

/// Asks for a run with more changes.
#[must_use]
pub fn request_of(run: &Recording, new: Vec<Change>) -> BranchRequest {
    let count = new.len();
    let changes = run.changes.iter().cloned().chain(new).collect();
    BranchRequest { changes, new: count }
}

/// The engine runs it.
pub fn started(model: &mut Model, request: BranchRequest, handle: RunHandle) {
    let first = request.new_changes().iter().min_by_key(|change| change.from());
    let Some(change) = first.cloned() else { return };
    let mut recording = Recording::live(request.name(), handle);
    recording.changes = request.changes;
    let guess = model.guess.take();
    model.pending = Some(Pending { recording, change, guess });
}

/// Shows the branch once its log has come far enough.
pub fn enter_when_ready(model: &mut Model) {
    let Some(pending) = model.pending.take_if(|pending| pending.is_ready()) else { return };
    match pending.change.clone() {
        Change::Strike(strike) => enter_struck(model, pending, strike),
        Change::Scenario(_) | Change::WithoutGivenFaults => enter_scenario(model, pending),
        Change::WithoutRule(_) | Change::Grown(_) => enter_compared(model, pending),
    }
}

/// Whether a run has come to a fault and to what it does at once.
fn shows(run: &Recording, strike: Strike) -> bool {
    let head = run.head();
    if strike.kind.is_death() {
        return head.deaths.iter().any(|death| death.node == strike.node && death.at >= strike.at);
    }
    head.faults.iter().any(|fault| fault.at >= strike.at)
}

fn enter_struck(model: &mut Model, pending: Pending, strike: Strike) {
    let same = model.run().same_past(&pending.recording);
    let head = pending.recording.head();
    let death = head.deaths.iter().position(|death| death.node == strike.node && death.at >= strike.at);
    let struck = head.faults.iter().find(|fault| fault.at >= strike.at).map(|fault| fault.at);
    let (death, Some(at)) = (death.filter(|_| strike.kind.is_death()), struck) else {
        let why = why_not(pending.recording, "it ended before the fault");
        model.toast = Some((format!("the branch shows no fault: {why}"), 8.0));
        return;
    };
    push(model, pending.recording, same);
    model.selected = Selected::Node(strike.node);
    model.why = None;
    match death {
        Some(death) => {
            if let Some(guess) = pending.guess {
                model.guesses.insert((model.current, death), guess);
            }
            player::to_death(model, death, at);
        }
        None => player::to_time(model, at),
    }
    model.playing = true;
}

fn push(model: &mut Model, recording: Recording, same: usize) {
    model.runs.push(recording);
    model.current = model.runs.len() - 1;
    model.toast = Some((format!("a new branch; the first {same} events are the same as before"), 4.0));
}

/// A run that is over is shown from where it differs.
fn enter_scenario(model: &mut Model, pending: Pending) {
    let same = model.run().same_past(&pending.recording);
    let Some(first) = pending.recording.history.events().get(same) else {
        model.toast = Some(("nothing of it struck before the run ended: all is as before".to_owned(), 8.0));
        return;
    };
    let at = first.time;
    push(model, pending.recording, same);
    player::to_time(model, at);
    model.playing = true;
}

/// A run that is over is put beside the one it came from.
fn enter_compared(model: &mut Model, pending: Pending) {
    if pending.recording.head().exit.is_none() {
        let change = pending.change.name();
        let why = why_not(pending.recording, "it was stopped");
        model.toast = Some((format!("the run {change} did not end: {why}"), 8.0));
        return;
    }
    let original = model.current;
    model.runs.push(pending.recording);
    pages::open_compare(model, [original, model.runs.len() - 1]);
    player::to_end(model);
}

fn why_not(run: Recording, otherwise: &str) -> String {
    run.end.and_then(|end| end.error).map_or_else(|| otherwise.to_owned(), |error| words::line(&error, 100))
}
