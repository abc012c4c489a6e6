//! Runs in the background that answer "what if": the run done again with something different, for its figures alone.
//!
//! They are asked for one after the other, so that what is on screen stays smooth. A figure that is not there yet is left out.

use super::branch::{BranchRequest, Change, request_of};
use super::fault::{Aim, FaultKind, Strike};
use super::model::Model;
use super::recording::Recording;
use super::update::Effect;
use crate::common::ids::{QueryId, StageId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::Event;
use crate::status::recompute::fates;
use crate::status::{Death, MapOutput, Status, Victim};
use crate::tui::run_handle::RunHandle;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What is asked, of which run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Index of the run.
    pub run: usize,
    pub what: WhatIf,
}

/// What could have been different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhatIf {
    /// The optimizer goes without a rule.
    WithoutRule(String),
    /// The death comes before this stage has written anything.
    DeathBefore(StageId),
    /// The death comes when this stage has read everything.
    DeathAfter(StageId),
    /// Every byte and row of the data counts as so many.
    Grown(u64),
}

/// What a query cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueryCost {
    /// Bytes written into shuffles.
    pub moved_bytes: u64,
    /// Bytes read from files and caches.
    pub read_bytes: u64,
    pub time: VirtualDuration,
}

/// What a run cost as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub time: VirtualDuration,
    /// Over the network, for shuffles.
    pub moved_bytes: u64,
}

impl Cost {
    /// The cost as a log tells it.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let time = status.now.since(VirtualTime::ZERO);
        Cost { time, moved_bytes: status.totals.shuffle_read_remote_bytes }
    }
}

/// The figures of a run that is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    pub queries: BTreeMap<QueryId, QueryCost>,
    /// Task starts because of deaths.
    pub again: usize,
    pub again_time: VirtualDuration,
    pub whole: Cost,
}

impl Figures {
    /// The figures as a log tells them.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let queries = status.queries.keys().map(|query| (*query, query_cost(status, *query))).collect();
        let fates = fates(status);
        let again = fates.iter().map(|fate| fate.attempts.len()).sum();
        let again_time = VirtualDuration(fates.iter().map(|fate| fate.again_nanos).sum());
        Figures { queries, again, again_time, whole: Cost::of(status) }
    }
}

/// What a query cost, as far as the log goes.
#[must_use]
pub fn query_cost(status: &Status, query: QueryId) -> QueryCost {
    let stages = status.stages.values().filter(|stage| stage.definition.query == Some(query));
    let mut cost = QueryCost::default();
    for stage in stages {
        let shuffle = stage.definition.writes.and_then(|shuffle| status.shuffles.get(&shuffle));
        let outputs = shuffle.into_iter().flat_map(|shuffle| shuffle.maps().iter().flatten());
        cost.moved_bytes += outputs.map(MapOutput::total_bytes).sum::<u64>();
        let attempts = (0..stage.tasks().len() as u32)
            .filter_map(|partition| status.attempts_of(stage.definition.stage, partition).rfind(|run| run.succeeded()));
        cost.read_bytes += attempts.map(|attempt| attempt.metrics.input_bytes).sum::<u64>();
    }
    if let Some(known) = status.queries.get(&query) {
        cost.time = known.ended.unwrap_or(status.now).since(known.started);
    }
    cost
}

/// A run under way in the background.
#[derive(Debug)]
struct Running {
    question: Question,
    /// Absent until the engine has begun.
    handle: Option<RunHandle>,
    status: Status,
}

/// Questions that wait, the one that is being answered, and the answers.
#[derive(Debug, Default)]
pub struct Probes {
    waiting: VecDeque<(Question, BranchRequest)>,
    running: Option<Running>,
    /// Absent: there is no answer.
    answers: Vec<(Question, Option<Figures>)>,
}

impl Probes {
    /// The answer, when it is there.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<&Figures> {
        self.answers.iter().find(|(known, _)| known == question)?.1.as_ref()
    }

    /// Whether an answer is on its way.
    #[must_use]
    pub fn is_open(&self, question: &Question) -> bool {
        let is_running = self.running.as_ref().is_some_and(|running| running.question == *question);
        is_running || self.waiting.iter().any(|(known, _)| known == question)
    }

    /// Whether a run goes on in the background.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// The run in the background, and how many of its events are known.
    #[must_use]
    pub fn listened(&self) -> Option<(&RunHandle, usize)> {
        let running = self.running.as_ref()?;
        Some((running.handle.as_ref()?, running.status.applied))
    }

    fn is_known(&self, question: &Question) -> bool {
        self.is_open(question) || self.answers.iter().any(|(known, _)| known == question)
    }

    fn ask(&mut self, question: Question, request: BranchRequest) {
        if !self.is_known(&question) {
            self.waiting.push_back((question, request));
        }
    }

    /// The engine has begun.
    pub fn started(&mut self, handle: RunHandle) {
        if let Some(running) = &mut self.running {
            running.handle = Some(handle);
        }
    }

    /// The run has come further.
    pub fn grew(&mut self, events: &[Arc<Event>]) {
        if let Some(running) = &mut self.running {
            for event in events {
                running.status.apply(event);
            }
        }
    }

    /// The run is over, or could not begin.
    pub fn ended(&mut self) {
        if let Some(Running { question, status, .. }) = self.running.take() {
            let figures = (status.exit == Some(0)).then(|| Figures::of(&status));
            self.answers.push((question, figures));
        }
    }
}

/// Begins the next question, when no branch is being made.
pub fn begin_next(model: &mut Model) -> Option<Effect> {
    if model.probes.is_busy() || model.pending.is_some() || model.runs.iter().skip(1).any(Recording::is_growing) {
        return None;
    }
    let (question, request) = model.probes.waiting.pop_front()?;
    model.probes.running = Some(Running { question, handle: None, status: Status::default() });
    Some(Effect::Probe(request))
}

/// Asks what a run costs with these changes.
pub fn ask(model: &mut Model, run: usize, what: WhatIf, changes: Vec<Change>) {
    let request = request_of(&model.runs[run], changes);
    model.probes.ask(Question { run, what }, request);
}

/// Asks what the run on screen costs without each of these rules.
pub fn ask_rules(model: &mut Model, rules: &[String]) {
    for rule in rules {
        let what = WhatIf::WithoutRule(rule.clone());
        ask(model, model.current, what, vec![Change::WithoutRule(rule.clone())]);
    }
}

/// Asks, of a run that has ended and in which one machine died, what other moments of its death would have cost.
pub fn ask_deaths(model: &mut Model, run: usize) {
    let Some(recording) = model.runs.get(run).filter(|_| model.can_branch) else { return };
    let [death] = &recording.head().deaths[..] else { return };
    let Some((changes, kind)) = without_death(recording, death) else { return };
    let node = death.node;
    for (what, at) in other_moments(model, recording, death) {
        let mut changes = changes.clone();
        changes.push(Change::Strike(Strike { kind, node, aim: Aim::Machine, at, cue: None, back_secs: None }));
        model.probes.ask(Question { run, what }, BranchRequest { changes, new: 1 });
    }
}

/// The questions about a death that may have an answer.
#[must_use]
pub fn of_death(probes: &Probes, run: usize) -> Vec<(&WhatIf, &Figures)> {
    let is_of_death = |question: &Question| match question.what {
        WhatIf::DeathBefore(_) | WhatIf::DeathAfter(_) => question.run == run,
        WhatIf::WithoutRule(_) | WhatIf::Grown(_) => false,
    };
    let answers = probes.answers.iter().filter(|(question, _)| is_of_death(question));
    answers.filter_map(|(question, figures)| Some((&question.what, figures.as_ref()?))).collect()
}

/// The changes of a run without what killed the machine, and what that was.
fn without_death(run: &Recording, death: &Death) -> Option<(Vec<Change>, FaultKind)> {
    let kills = |change: &Change| match change {
        Change::Strike(strike) if strike.kind.is_death() && strike.node == death.node => Some(strike.kind),
        _ => None,
    };
    if let Some(kind) = run.changes.iter().find_map(kills) {
        return Some((run.changes.iter().filter(|change| kills(change).is_none()).cloned().collect(), kind));
    }
    let kind = match death.victim {
        Victim::Node => FaultKind::Kill,
        Victim::Executor => FaultKind::KillExecutor,
        Victim::Leaver => return None,
    };
    run.changes.is_empty().then(|| (vec![Change::WithoutGivenFaults], kind))
}

/// Before the stage that wrote what was lost had begun; and, where a run without a death tells when, after its last reader was done.
fn other_moments(model: &Model, run: &Recording, death: &Death) -> Vec<(WhatIf, VirtualTime)> {
    let head = run.head();
    let Some(writer) = death.outputs.iter().find(|lost| lost.need.is_now()).map(|lost| lost.stage) else {
        return Vec::new();
    };
    let mut moments = Vec::new();
    let begun = head.stages.get(&writer).and_then(|stage| stage.submissions.first()).map(|first| first.at);
    if let Some(at) = begun.filter(|at| *at < death.at) {
        moments.push((WhatIf::DeathBefore(writer), at + VirtualDuration(1)));
    }
    let undisturbed = model.runs.iter().map(Recording::head).find(|head| head.deaths.is_empty() && head.exit.is_some());
    if let Some((reader, at)) = undisturbed.and_then(|head| last_read(head, writer)) {
        moments.push((WhatIf::DeathAfter(reader), at + VirtualDuration(1)));
    }
    moments
}

/// The stage that was the last to read what a stage wrote, and when it was done.
fn last_read(status: &Status, writer: StageId) -> Option<(StageId, VirtualTime)> {
    let readers = status.stages.values().filter(|stage| stage.definition.parents.contains(&writer));
    let ends = readers.filter_map(|stage| Some((stage.definition.stage, stage.submissions.last()?.ended?)));
    ends.max_by_key(|(_, at)| *at)
}
