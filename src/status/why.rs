//! Why does this run again, and why not that? The answer in steps, for [`crate::report::why`] to put into words.
//!
//! The four questions, in order: is there another copy · does unfinished work still need it · can its inputs be read · else one step back.

use super::model::{Attempt, Death, Exhausted, Stage, Status, TaskState};
use super::need::{self, Need};
use super::waits;
use crate::common::ids::{CacheId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{TaskCause, TaskOutcome};
use serde::{Deserialize, Serialize};

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    Task(StageId, u32),
    CachedBlock(CacheId, u32),
    Node(NodeId),
    Stage(StageId),
}

/// An answer: what is the case, and the steps that lead there.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub subject: Subject,
    pub finding: Finding,
    pub steps: Vec<Step>,
}

/// What is the case.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// Nothing is known under this name.
    Unknown,
    /// It waits: its inputs are not ready, or no core is free.
    NotYet,
    /// Ran or runs for the first time; nothing of it was lost.
    Once,
    /// Its output is there and nothing was lost.
    StillThere { node: NodeId },
    /// This attempt does it again.
    Again { task: TaskId, cause: TaskCause, done: bool },
    /// Lost and needed; it will run.
    WillRunAgain,
    /// Lost; nothing needs it now, a later job may.
    MaybeLater,
    /// Lost, and nobody needs it any more.
    NotNeeded,
    /// A living node.
    NodeAlive,
    /// A dead node.
    NodeDead { at: VirtualTime },
}

/// How a node lost what others needed of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It died, or its executor did.
    Death(VirtualTime),
    /// A task could not fetch from it, so the driver gave up everything there.
    GivenUp { at: VirtualTime, is_damaged: bool },
    /// It alone was lost: pushed out, or by a fault.
    Gone(VirtualTime),
}

/// One step of the reasoning.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The only copy was on a node that lost it.
    OnlyCopyOn { node: NodeId, loss: Option<Loss> },
    /// Its attempt was running on a node that died.
    WasRunningOn { node: NodeId, died: Option<VirtualTime> },
    /// It could not read a block from this node: the output of this map task, where that is known.
    CouldNotFetch { node: NodeId, map: Option<(StageId, u32)>, is_damaged: bool },
    /// The attempt before raised.
    Raised { reason: String },
    /// Something that cannot be spilled had no room: in the attempt before, or in another on its executor.
    OutOfMemory(Exhausted),
    /// Its stage was submitted again, and does not wait for the attempt that still ran.
    StageAgain,
    /// It stood on rows of this stage, which may come out otherwise when they are made again.
    RolledBack { stage: StageId },
    /// Unfinished tasks that read it.
    NeededBy(Vec<(StageId, Vec<u32>)>),
    /// The stage that makes it is still running and needs all its outputs.
    OwnStage(StageId),
    /// Nothing unfinished reads it.
    NobodyNeeds,
    /// The jobs that wanted it have ended or were given up.
    JobOver,
    /// Its query goes on, and may read it later.
    QueryOpen,
    /// Its input is a file or rows of the script: always readable.
    InputFromStorage { stage: StageId },
    /// Its input is a cached partition, which is there.
    InputFromCache { cache: CacheId, partition: u32, node: NodeId },
    /// Its input is a cached partition, which died with this node: so it is made from what the cache was made from.
    CachedInputLost { cache: CacheId, partition: u32, node: NodeId },
    /// Its input is another stage's output: so many blocks are there, these are lost.
    InputFromStage { stage: StageId, kept: usize, lost: Vec<u32> },
    /// One step back: these tasks of the parent run first.
    OneStepBack { stage: StageId, partitions: Vec<u32> },
    /// Partitions of the same stage that are there and do not run again.
    NotRedone { stage: StageId, partitions: Vec<u32> },
    /// What was on the node.
    Held { running: usize, outputs: usize, cached: usize, needed: usize },
}

/// Answers from what is folded into `status`.
#[must_use]
pub fn ask(status: &Status, subject: Subject) -> Answer {
    let mut answer = Answer { subject, finding: Finding::Unknown, steps: Vec::new() };
    match subject {
        Subject::Task(stage, partition) => ask_task(status, stage, partition, &mut answer),
        Subject::CachedBlock(cache, partition) => ask_block(status, cache, partition, &mut answer),
        Subject::Node(node) => ask_node(status, node, &mut answer),
        Subject::Stage(stage) => ask_stage(status, stage, &mut answer),
    }
    answer
}

fn ask_task(status: &Status, id: StageId, partition: u32, answer: &mut Answer) {
    let Some(stage) = status.stages.get(&id) else { return };
    let Some(task) = stage.tasks().get(partition as usize) else { return };
    let last = task.runs.last().and_then(|task| status.attempts.get(task));
    // A copy of a slow task is not work done again; the attempt before it may be.
    let again = task.runs.iter().rev().filter_map(|task| status.attempts.get(task)).find(|attempt| attempt.is_again());
    match (task.state, last) {
        (TaskState::Lost, _) => ask_lost(status, stage, partition, answer),
        (_, Some(_)) if again.is_some() => {
            if let Some(attempt) = again {
                ask_again(status, stage, attempt, answer);
            }
        }
        (TaskState::Done, Some(attempt)) => answer.finding = Finding::StillThere { node: attempt.node },
        (_, Some(_)) => answer.finding = Finding::Once,
        (_, None) => {
            answer.finding = Finding::NotYet;
            inputs(status, stage, Some((partition, status.now)), answer, 0);
        }
    }
}

fn ask_again(status: &Status, stage: &Stage, attempt: &Attempt, answer: &mut Answer) {
    let done = attempt.succeeded();
    answer.finding = Finding::Again { task: attempt.task, cause: attempt.cause.clone(), done };
    answer.steps.extend(waits::exhausted_before(status, attempt).map(Step::OutOfMemory));
    match &attempt.cause {
        TaskCause::OutputLost { node } => {
            let id = stage.definition.stage;
            let death = death_of(status, *node, attempt.started);
            let need = death.and_then(|death| need_then(death, id, attempt.partition));
            let loss =
                loss_of(status, *node, attempt.started, |death| need_then(death, id, attempt.partition).is_some());
            let loss = loss.or(death.map(|death| Loss::Death(death.at)));
            answer.steps.push(Step::OnlyCopyOn { node: *node, loss });
            answer.steps.push(match need {
                Some(Need::Now(by)) => Step::NeededBy(by.clone()),
                Some(Need::OwnStage(own)) => Step::OwnStage(*own),
                Some(Need::Later | Need::No) | None => Step::NeededBy(readers_now(status, stage)),
            });
        }
        TaskCause::ExecutorLost { node } => {
            let died = death_of(status, *node, attempt.started).map(|death| death.at);
            answer.steps.push(Step::WasRunningOn { node: *node, died });
        }
        TaskCause::FetchFailed { node } => {
            let known = waits::failed_fetch(status, attempt).filter(|(_, _, from, _)| from == node);
            let is_damaged = known.is_some_and(|(.., is_damaged)| is_damaged);
            let map = known.map(|(stage, map, ..)| (stage, map));
            answer.steps.push(Step::CouldNotFetch { node: *node, map, is_damaged });
        }
        TaskCause::Retry { reason } => answer.steps.push(Step::Raised { reason: reason.clone() }),
        TaskCause::StageAgain => answer.steps.push(Step::StageAgain),
        TaskCause::RolledBack { stage } => answer.steps.push(Step::RolledBack { stage: *stage }),
        TaskCause::First | TaskCause::Speculative => {}
    }
    inputs(status, stage, Some((attempt.partition, attempt.started)), answer, 0);
    not_redone(stage, answer);
}

fn ask_lost(status: &Status, stage: &Stage, partition: u32, answer: &mut Answer) {
    let output = stage.definition.writes.and_then(|shuffle| {
        let slot = status.shuffles.get(&shuffle)?.maps().get(partition as usize)?.as_ref()?;
        Some((shuffle, slot))
    });
    let Some((shuffle, output)) = output else {
        answer.finding = Finding::WillRunAgain;
        let run = stage.tasks()[partition as usize].runs.last().and_then(|task| status.attempts.get(task));
        if let Some(attempt) = run {
            let died = status.nodes.get(&attempt.node).and_then(|node| node.died);
            answer.steps.push(Step::WasRunningOn { node: attempt.node, died });
        }
        if !status.in_open_job(stage.definition.stage) {
            answer.finding = Finding::NotNeeded;
            answer.steps.push(Step::JobOver);
            return;
        }
        inputs(status, stage, Some((partition, status.now)), answer, 0);
        return;
    };
    let id = stage.definition.stage;
    let loss = loss_of(status, output.node, status.now, |death| need_then(death, id, partition).is_some());
    answer.steps.push(Step::OnlyCopyOn { node: output.node, loss: loss.or(output.lost.map(Loss::Death)) });
    match need::map_output(status, shuffle, partition) {
        Need::Now(by) => {
            answer.finding = Finding::WillRunAgain;
            answer.steps.push(Step::NeededBy(by));
            inputs(status, stage, Some((partition, status.now)), answer, 0);
            not_redone(stage, answer);
        }
        Need::OwnStage(own) => {
            answer.finding = Finding::WillRunAgain;
            answer.steps.push(Step::OwnStage(own));
            inputs(status, stage, Some((partition, status.now)), answer, 0);
            not_redone(stage, answer);
        }
        Need::Later => {
            answer.finding = Finding::MaybeLater;
            answer.steps.push(Step::QueryOpen);
        }
        Need::No => {
            answer.finding = Finding::NotNeeded;
            answer.steps.push(Step::NobodyNeeds);
        }
    }
}

fn ask_block(status: &Status, cache: CacheId, partition: u32, answer: &mut Answer) {
    let Some(block) = status.caches.get(&cache).and_then(|cache| cache.blocks.get(&partition)) else { return };
    let Some(lost) = block.lost else {
        answer.finding = Finding::StillThere { node: block.node };
        return;
    };
    let died = status.deaths.iter().any(|death| death.node == block.node && death.at == lost);
    let loss = if died { Loss::Death(lost) } else { Loss::Gone(lost) };
    answer.steps.push(Step::OnlyCopyOn { node: block.node, loss: Some(loss) });
    match need::cached_block(status, cache, partition) {
        Need::Now(by) => {
            answer.finding = Finding::WillRunAgain;
            answer.steps.push(Step::NeededBy(by));
        }
        Need::OwnStage(own) => {
            answer.finding = Finding::WillRunAgain;
            answer.steps.push(Step::OwnStage(own));
        }
        Need::Later => answer.finding = Finding::MaybeLater,
        Need::No => {
            answer.finding = Finding::NotNeeded;
            answer.steps.push(Step::NobodyNeeds);
        }
    }
}

fn ask_node(status: &Status, id: NodeId, answer: &mut Answer) {
    let Some(node) = status.nodes.get(&id) else { return };
    let death = status.deaths.iter().rev().find(|death| death.node == id);
    match (node.died, death) {
        (Some(at), Some(death)) => {
            answer.finding = Finding::NodeDead { at };
            let needed = death.outputs.iter().filter(|lost| lost.need.is_now()).count()
                + death.cached.iter().filter(|lost| lost.need.is_now()).count();
            answer.steps.push(Step::Held {
                running: death.running.len(),
                outputs: death.outputs.len(),
                cached: death.cached.len(),
                needed,
            });
        }
        _ => answer.finding = Finding::NodeAlive,
    }
}

fn ask_stage(status: &Status, id: StageId, answer: &mut Answer) {
    let Some(stage) = status.stages.get(&id) else { return };
    let worst = stage.tasks().iter().position(|task| task.state == TaskState::Lost);
    let again = stage.tasks().iter().position(|task| task.state == TaskState::Recomputing);
    let redone = stage.tasks().iter().position(|task| task.runs.len() > 1);
    if let Some(partition) = again.or(worst).or(redone) {
        answer.subject = Subject::Task(id, partition as u32);
        ask_task(status, id, partition as u32, answer);
        return;
    }
    answer.finding = if stage.submissions.is_empty() { Finding::NotYet } else { Finding::Once };
    inputs(status, stage, None, answer, 0);
}

/// Where a stage's input comes from, and what of it is gone; follows lost parents back to what can be read.
fn inputs(status: &Status, stage: &Stage, task: Option<(u32, VirtualTime)>, answer: &mut Answer, depth: usize) {
    let id = stage.definition.stage;
    if task.is_some_and(|(partition, at)| from_cache(status, stage, partition, at, answer)) {
        return;
    }
    if stage.definition.reads.is_empty() {
        answer.steps.push(Step::InputFromStorage { stage: id });
        return;
    }
    for (shuffle, parent) in &stage.definition.reads {
        let Some(known) = status.shuffles.get(shuffle) else { continue };
        let lost = lost_maps(known);
        let kept = known.there();
        answer.steps.push(Step::InputFromStage { stage: *parent, kept, lost: lost.clone() });
        if !lost.is_empty() && depth < 6 {
            answer.steps.push(Step::OneStepBack { stage: *parent, partitions: lost });
            if let Some(parent) = status.stages.get(parent) {
                inputs(status, parent, None, answer, depth + 1);
            }
        }
    }
}

/// Says where the cached partition was that a task read at a moment; true when it was there, so that nothing before it matters.
fn from_cache(status: &Status, stage: &Stage, partition: u32, at: VirtualTime, answer: &mut Answer) -> bool {
    for cache in &stage.definition.caches {
        let Some(block) = status.caches.get(cache).and_then(|known| known.blocks.get(&partition)) else { continue };
        let took = |death: &&Death| death.cached.iter().any(|lost| (lost.cache, lost.partition) == (*cache, partition));
        let death = status.deaths.iter().rev().map(AsRef::as_ref).find(took);
        let (cache, partition) = (*cache, partition);
        let there = block.lost.is_none() && block.made <= at;
        match death {
            _ if there => {
                answer.steps.push(Step::InputFromCache { cache, partition, node: block.node });
                return true;
            }
            Some(death) => answer.steps.push(Step::CachedInputLost { cache, partition, node: death.node }),
            None => {}
        }
    }
    false
}

fn lost_maps(shuffle: &super::Shuffle) -> Vec<u32> {
    let slots = shuffle.maps().iter().enumerate();
    slots
        .filter(|(_, slot)| slot.as_ref().is_some_and(|output| output.lost.is_some()))
        .map(|(map, _)| map as u32)
        .collect()
}

fn not_redone(stage: &Stage, answer: &mut Answer) {
    let tasks = stage.tasks().iter().enumerate();
    let kept = tasks.filter(|(_, task)| task.state == TaskState::Done && task.runs.len() <= 1);
    let partitions: Vec<u32> = kept.map(|(partition, _)| partition as u32).collect();
    if !partitions.is_empty() {
        answer.steps.push(Step::NotRedone { stage: stage.definition.stage, partitions });
    }
}

fn death_of(status: &Status, node: NodeId, before: VirtualTime) -> Option<&Death> {
    let mut deaths = status.deaths.iter().rev().map(AsRef::as_ref);
    deaths.find(|death| death.node == node && death.at <= before)
}

/// Whether the output that an attempt makes again was given up with its machine because a file there was damaged.
#[must_use]
pub fn was_given_up_for_damage(status: &Status, node: NodeId, attempt: &Attempt) -> bool {
    let took = |death: &Death| need_then(death, attempt.stage.stage, attempt.partition).is_some();
    matches!(loss_of(status, node, attempt.started, took), Some(Loss::GivenUp { is_damaged: true, .. }))
}

/// How a node lost an output before a moment: with the last death that took it, or when a later fetch from there failed.
fn loss_of(status: &Status, node: NodeId, before: VirtualTime, took: impl Fn(&Death) -> bool) -> Option<Loss> {
    let mut deaths = status.deaths.iter().rev().map(AsRef::as_ref);
    let death = deaths.find(|death| death.node == node && death.at <= before && took(death)).map(|death| death.at);
    let failed = status.troubled.iter().filter_map(|task| status.attempts.get(task)).filter_map(|run| {
        match (run.ended, &run.outcome) {
            (Some(at), Some(TaskOutcome::FetchFailed { node: from, is_damaged, .. }))
                if at <= before && *from == node =>
            {
                Some((at, *is_damaged))
            }
            _ => None,
        }
    });
    match (death, failed.max()) {
        (Some(at), _) => Some(Loss::Death(at)),
        (None, Some((at, is_damaged))) => Some(Loss::GivenUp { at, is_damaged }),
        (None, None) => None,
    }
}

fn need_then(death: &Death, stage: StageId, map: u32) -> Option<&Need> {
    death.outputs.iter().find(|lost| lost.stage == stage && lost.map == map).map(|lost| &lost.need)
}

/// Unfinished partitions of the readers, for an output that was asked for again after it was lost unneeded.
fn readers_now(status: &Status, stage: &Stage) -> Vec<(StageId, Vec<u32>)> {
    let shuffle: Option<ShuffleId> = stage.definition.writes;
    let readers = shuffle.and_then(|shuffle| status.shuffles.get(&shuffle)).map(|known| known.readers.clone());
    let mut needed = Vec::new();
    for reader in readers.into_iter().flatten() {
        let Some(known) = status.stages.get(&reader).filter(|_| status.in_open_job(reader)) else { continue };
        let open = known.tasks().iter().enumerate().filter(|(_, task)| task.state != TaskState::Done);
        let partitions: Vec<u32> = open.map(|(partition, _)| partition as u32).collect();
        if !partitions.is_empty() {
            needed.push((reader, partitions));
        }
    }
    needed
}
