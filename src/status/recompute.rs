//! What was lost, what was made again, what was kept: counts that agree with the log, because they are read from it.
//!
//! A death opens debts: every lost map output that unfinished work needs, every task that was running there, and every task that later could
//! not read a block from there. A debt is paid when an attempt that started after the death succeeds, or when no open job asks for it any
//! more. The recovery is over when no debt is left. What it cost are the attempts whose recorded cause is this node.

use super::model::{Attempt, Death, Status};
use crate::common::ids::{NodeId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{TaskCause, TaskOutcome};
use std::collections::BTreeSet;

/// The fate of everything that one death took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    /// `node-2`, or `the executor on node-2`.
    pub who: String,
    /// `died`, or `was given back`.
    pub verb: &'static str,
    pub at: VirtualTime,
    /// Lost map outputs that an attempt made again, with the attempt.
    pub outputs_again: Vec<(StageId, u32, TaskId)>,
    /// Lost map outputs that no attempt has made again.
    pub outputs_left: Vec<(StageId, u32)>,
    /// Attempts that were running there and were started again, with the new attempt.
    pub restarted: Vec<(StageId, u32, TaskId)>,
    /// Attempts that were running there and were not started again.
    pub not_restarted: Vec<(StageId, u32)>,
    /// Tasks on other nodes that could not read a block from there.
    pub starved: Vec<(StageId, u32)>,
    pub cached_lost: usize,
    pub cached_again: usize,
    /// Map outputs and cached partitions on other nodes.
    pub kept: usize,
    /// Attempts that were started because of this death, in order.
    pub attempts: Vec<TaskId>,
    /// Core time that those took that have ended, in virtual nanoseconds.
    pub again_nanos: u64,
    /// Needed tasks that are not done again yet.
    pub open: Vec<(StageId, u32)>,
    /// When the last of them was done; absent while one is open, or when nothing was needed.
    pub over: Option<VirtualTime>,
}

/// The fate of each death, in order.
#[must_use]
pub fn fates(status: &Status) -> Vec<Fate> {
    status.deaths.iter().map(|death| fate(status, death)).collect()
}

/// The fate of one death.
#[must_use]
pub fn fate(status: &Status, death: &Death) -> Fate {
    let mut fate = Fate {
        who: death.who(),
        verb: death.verb(),
        at: death.at,
        kept: death.outputs_kept + death.cached_kept,
        ..Fate::default()
    };
    for lost in &death.outputs {
        match run_after(status, lost.stage, lost.map, death.at) {
            Some(task) => fate.outputs_again.push((lost.stage, lost.map, task)),
            None => fate.outputs_left.push((lost.stage, lost.map)),
        }
    }
    let mut interrupted = BTreeSet::new();
    for task in &death.running {
        let Some(attempt) = status.attempts.get(task) else { continue };
        let (stage, partition) = (attempt.stage.stage, attempt.partition);
        interrupted.insert((stage, partition));
        match run_after(status, stage, partition, death.at) {
            Some(next) => fate.restarted.push((stage, partition, next)),
            None => fate.not_restarted.push((stage, partition)),
        }
    }
    fate.cached_lost = death.cached.len();
    let again = death.cached.iter().filter(|lost| {
        let block = status.caches.get(&lost.cache).and_then(|cache| cache.blocks.get(&lost.partition));
        block.is_some_and(|block| block.lost.is_none() && block.made > death.at)
    });
    fate.cached_again = again.count();
    consequences(status, death, &interrupted, &mut fate);
    fate
}

/// The attempts that followed, and what of it is still open.
fn consequences(status: &Status, death: &Death, interrupted: &BTreeSet<(StageId, u32)>, fate: &mut Fate) {
    let next = status.deaths.iter().find(|later| later.node == death.node && later.at > death.at);
    let until = next.map_or(VirtualTime(u64::MAX), |later| later.at);
    let mut needed = interrupted.clone();
    needed.extend(death.outputs.iter().filter(|lost| lost.need.is_now()).map(|lost| (lost.stage, lost.map)));
    let mut starved = BTreeSet::new();
    let troubled: BTreeSet<TaskId> = status.troubled.iter().copied().collect();
    for attempt in troubled.iter().filter_map(|task| status.attempts.get(task)) {
        let task = (attempt.stage.stage, attempt.partition);
        if caused_by(attempt) == Some(death.node) && attempt.started >= death.at && attempt.started < until {
            fate.attempts.push(attempt.task);
            fate.again_nanos += attempt.ended.map_or(0, |ended| ended.since(attempt.started).0);
            needed.insert(task);
        }
        let ended = attempt.ended.is_some_and(|ended| ended >= death.at && ended < until);
        if ended && matches!(&attempt.outcome, Some(TaskOutcome::FetchFailed { node, .. }) if *node == death.node) {
            needed.insert(task);
            if !interrupted.contains(&task) {
                starved.insert(task);
            }
        }
    }
    fate.starved = starved.into_iter().collect();
    let mut last = None;
    for (stage, partition) in needed {
        match done_after(status, stage, partition, death.at) {
            Some(at) => last = last.max(Some(at)),
            None if status.in_open_job(stage) => fate.open.push((stage, partition)),
            None => {}
        }
    }
    fate.over = last.filter(|_| fate.open.is_empty());
}

/// The dead node that an attempt was started for.
#[must_use]
pub fn caused_by(attempt: &Attempt) -> Option<NodeId> {
    match &attempt.cause {
        TaskCause::OutputLost { node } | TaskCause::ExecutorLost { node } | TaskCause::FetchFailed { node } => {
            Some(*node)
        }
        TaskCause::First
        | TaskCause::Retry { .. }
        | TaskCause::StageAgain
        | TaskCause::RolledBack { .. }
        | TaskCause::Speculative => None,
    }
}

fn runs(status: &Status, stage: StageId, partition: u32) -> impl Iterator<Item = &Attempt> {
    let task = status.stages.get(&stage).and_then(|stage| stage.tasks().get(partition as usize));
    let runs = task.into_iter().flat_map(|task| &task.runs);
    runs.filter_map(|task| status.attempts.get(task)).map(AsRef::as_ref)
}

/// The attempt that did a task again after a moment: the one that succeeded, else the first.
fn run_after(status: &Status, stage: StageId, partition: u32, after: VirtualTime) -> Option<TaskId> {
    let later = || runs(status, stage, partition).filter(|attempt| attempt.started >= after && !attempt.orphaned);
    later().find(|attempt| attempt.succeeded()).or_else(|| later().next()).map(|attempt| attempt.task)
}

/// When an attempt that started after a moment succeeded.
fn done_after(status: &Status, stage: StageId, partition: u32, after: VirtualTime) -> Option<VirtualTime> {
    let later = runs(status, stage, partition).filter(|attempt| attempt.started >= after && attempt.succeeded());
    later.filter_map(|attempt| attempt.ended).min()
}
