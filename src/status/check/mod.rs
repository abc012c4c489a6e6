//! Is this log a run that can have happened? The promises of the cluster, checked event by event.
//!
//! | promise | looked at |
//! |---|---|
//! | time never goes back, every event has its number | every event |
//! | no slot twice; nothing starts on an executor that the driver gave up | `TaskStarted` |
//! | a stage starts when its inputs are there, for partitions that are missing and that an open job needs | `StageSubmitted` |
//! | a task runs for a reason, and again only for one that is in the log | `TaskStarted` |
//! | what is fetched was made by an attempt that succeeded and is still registered | `ShuffleFetched` |
//! | bytes sent are bytes received, or lost with an attempt whose end names a fault | `ShuffleFetched`, `TaskEnded` |
//! | an indeterminate stage runs again whole, and nothing that stands on its old rows counts | `StageRolledBack`, `StageSubmitted`, `TaskEnded` |
//! | every partition counts once, an output again only after it was lost | `TaskEnded`, `MapOutputRegistered` |
//! | every wait ends: jobs, stages and tasks have ended when the application has | `JobEnded`, `ApplicationEnded` |
//!
//! A broken promise is a bug of ours, never the script's. [`Checker::see`] costs a few table look-ups, so that the cluster asks it after every
//! step, in release too; [`check()`] asks it about a saved log. Which limit made a job fail is [`limits`]' question.
//!
//! **Invariants.** A pure function of the events. Nothing here knows the scheduler: what it decided must show in the log.

pub mod limits;
mod tables;

use crate::common::ids::{JobId, NodeId, ShuffleId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, StageAttempt, SubmitReason, TaskCause, TaskMetrics, TaskOutcome};
use std::sync::Arc;
use tables::{Executor, Fetched, Running, Stage, Tables};

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} at {} s: {text}", .time.as_secs_f64())]
pub struct Violation {
    pub seq: u64,
    pub time: VirtualTime,
    /// What is not as it must be, in words.
    pub text: String,
}

/// Looks at a log as it grows.
#[derive(Debug, Default)]
pub struct Checker {
    tables: Tables,
    next: u64,
    time: VirtualTime,
}

/// The first promise that a log breaks.
///
/// # Errors
/// That promise.
pub fn check(events: &[Arc<Event>]) -> Result<(), Violation> {
    let mut checker = Checker::default();
    events.iter().try_for_each(|event| checker.see(event))
}

/// Whether a promise is kept, or how not.
type Kept = Result<(), String>;

fn promise(kept: bool, broken: impl FnOnce() -> String) -> Kept {
    if kept { Ok(()) } else { Err(broken()) }
}

impl Checker {
    /// Looks at the next event.
    ///
    /// # Errors
    /// The promise that it breaks.
    pub fn see(&mut self, event: &Event) -> Result<(), Violation> {
        let in_order = promise(event.seq == self.next, || format!("the event before it was number {}", self.next))
            .and_then(|()| promise(event.time >= self.time, || "virtual time goes back".to_owned()));
        self.next = event.seq + 1;
        self.time = event.time;
        let kept = in_order.and_then(|()| self.see_kind(&event.kind));
        kept.map_err(|text| Violation { seq: event.seq, time: event.time, text })
    }

    fn see_kind(&mut self, kind: &EventKind) -> Kept {
        match kind {
            EventKind::ExecutorAdded { executor, node, cores, .. } => {
                let known = Executor { node: *node, cores: *cores, busy: 0, is_live: true, is_leaving: false };
                let older = self.tables.executors.insert(*executor, known);
                promise(older.is_none(), || format!("{executor} is added twice"))
            }
            EventKind::ExecutorRemoved { executor, node, .. } => {
                self.tables.blamed.insert(*node);
                let known = self.tables.executors.get_mut(executor);
                let was_live = known.is_some_and(|known| std::mem::take(&mut known.is_live));
                promise(was_live, || format!("{executor} is given up and was not there"))
            }
            EventKind::FaultInjected { node, .. } => {
                self.tables.blame(*node);
                Ok(())
            }
            EventKind::NodeAdded { node, cores, .. } => {
                self.tables.cores.insert(*node, *cores);
                Ok(())
            }
            EventKind::ExecutorDecommissioned { executor, node } => {
                self.tables.blamed.insert(*node);
                if let Some(known) = self.tables.executors.get_mut(executor) {
                    known.is_leaving = true;
                }
                Ok(())
            }
            EventKind::NodeDied { node } | EventKind::NodeCutOff { node } | EventKind::NodeLeaving { node, .. } => {
                self.tables.blamed.insert(*node);
                Ok(())
            }
            EventKind::JobSubmitted { job, stages, .. } => {
                self.tables.jobs.insert(*job, stages.clone());
                let unknown = stages.iter().find(|stage| !self.tables.stages.contains_key(stage));
                promise(unknown.is_none(), || format!("{job} names a stage that is not defined"))
            }
            EventKind::JobEnded { job, error } => self.job_ended(*job, error.is_some()),
            EventKind::StageDefined(definition) => {
                self.tables.define(definition);
                Ok(())
            }
            EventKind::StageSubmitted { stage, job, partitions, reason } => {
                self.stage_submitted(*stage, *job, partitions, reason)
            }
            EventKind::StageCompleted { stage } => self.stage_ended(*stage, true),
            EventKind::StageFailed { stage, .. } => self.stage_ended(*stage, false),
            EventKind::TaskStarted { .. } => self.task_started(kind),
            EventKind::ShuffleFetched { task, shuffle, from, blocks, bytes, arrives } => {
                promise(*arrives >= self.time, || format!("{task} receives before it is sent"))?;
                self.fetched(*task, *shuffle, *from, *blocks, *bytes)
            }
            EventKind::TaskEnded { task, outcome, metrics } => self.task_ended(*task, outcome, metrics),
            EventKind::MapOutputRegistered { shuffle, map, node, executor, bytes, .. } => {
                self.tables.register(*shuffle, *map, *node, *executor, bytes)
            }
            EventKind::MapOutputMoved { shuffle, map, from, node, executor } => {
                self.tables.move_output(*shuffle, *map, *from, *node, *executor)
            }
            EventKind::MapOutputsLost { shuffle, maps, node, .. } => {
                self.tables.blamed.insert(*node);
                self.tables.lose(*shuffle, maps, *node)
            }
            EventKind::StageRolledBack { stage, because, maps } => self.tables.roll_back(*stage, *because, maps),
            EventKind::ShuffleDropped { shuffle } => {
                if let Some(known) = self.tables.shuffles.get_mut(shuffle) {
                    known.clear();
                }
                Ok(())
            }
            EventKind::MemoryExhausted { task, bytes, limit_bytes, .. } => {
                promise(bytes > limit_bytes, || format!("{bytes} bytes do not fit into {limit_bytes}"))?;
                let stranger = task.filter(|task| !self.tables.running.contains_key(task));
                promise(stranger.is_none(), || format!("{stranger:?} runs out of memory and does not run"))
            }
            EventKind::InputRead { task, .. } => {
                promise(self.tables.running.contains_key(task), || format!("{task} reads a file and does not run"))
            }
            EventKind::ApplicationEnded { exit } => self.application_ended(*exit),
            EventKind::ApplicationStarted(_)
            | EventKind::ExecutorsRequested { .. }
            | EventKind::ExecutorExcluded { .. }
            | EventKind::NodeExcluded { .. }
            | EventKind::BlockReplicated { .. }
            | EventKind::NodeReconnected { .. }
            | EventKind::NodeRestarted { .. }
            | EventKind::FaultMissed { .. }
            | EventKind::ScriptRead { .. }
            | EventKind::StatementStarted { .. }
            | EventKind::PlanBuilt { .. }
            | EventKind::Printed { .. }
            | EventKind::ErrorPrinted { .. }
            | EventKind::QueryStarted { .. }
            | EventKind::QueryOptimized { .. }
            | EventKind::RowsSampled(_)
            | EventKind::QueryReplanned { .. }
            | EventKind::QueryEnded { .. }
            | EventKind::StageSkipped { .. }
            | EventKind::BlockCached { .. }
            | EventKind::CachedBlocksLost { .. }
            | EventKind::CacheDropped { .. }
            | EventKind::BroadcastCreated { .. }
            | EventKind::InputBlockPlaced { .. }
            | EventKind::InputCopiesLost { .. }
            | EventKind::OutputCommitted { .. }
            | EventKind::OutputAborted { .. } => Ok(()),
        }
    }

    fn stage_submitted(
        &mut self,
        attempt: StageAttempt,
        job: JobId,
        partitions: &[u32],
        reason: &SubmitReason,
    ) -> Kept {
        let id = attempt.stage;
        let Some(known) = self.tables.stages.get(&id) else { return Err(format!("{id} is submitted and not defined")) };
        promise(attempt.attempt == known.attempts, || {
            format!("attempt {} of {id} comes out of turn", attempt.attempt)
        })?;
        promise(!known.is_open, || format!("{id} is submitted while it runs"))?;
        let in_job = self.tables.jobs.get(&job).is_some_and(|stages| stages.contains(&id));
        promise(in_job, || format!("{id} is submitted for {job}, which does not ask for it"))?;
        let not_missing = partitions.iter().find(|partition| self.tables.is_there(known, **partition));
        promise(not_missing.is_none(), || format!("{id} computes partition {not_missing:?} again, which is there"))?;
        promise(self.tables.is_needed(known), || format!("{id} is submitted for {job}, and no job needs it"))?;
        let absent = known.reads.iter().find(|shuffle| !self.tables.is_complete(**shuffle));
        promise(known.has_caches || absent.is_none(), || format!("{id} is submitted before {absent:?} is complete"))?;
        self.tables.stands_on_one_making(id, partitions)?;
        let is_first = matches!(reason, SubmitReason::Needed);
        promise(is_first || known.attempts > 0, || format!("{id} is repaired before it ran"))?;
        if let Some(known) = self.tables.stages.get_mut(&id) {
            known.submit(attempt.attempt, partitions);
        }
        Ok(())
    }

    fn stage_ended(&mut self, attempt: StageAttempt, completed: bool) -> Kept {
        let id = attempt.stage;
        let Some(known) = self.tables.stages.get_mut(&id) else { return Err(format!("{id} ends and is not defined")) };
        let was_open = std::mem::take(&mut known.is_open) && known.attempts == attempt.attempt + 1;
        known.failed_attempts += u32::from(!completed);
        promise(was_open, || format!("attempt {} of {id} ends and does not run", attempt.attempt))
    }

    fn task_started(&mut self, kind: &EventKind) -> Kept {
        let EventKind::TaskStarted { task, stage, partition, attempt, executor, node, core, cause, .. } = kind else {
            return Ok(());
        };
        let name = format!("{}.p{partition}", stage.stage);
        let place = self.tables.executors.get_mut(executor);
        let place = place.filter(|place| place.is_live && place.node == *node);
        let Some(place) = place else { return Err(format!("{name} starts on {executor}, which is not on {node}")) };
        promise(!place.is_leaving, || format!("{name} starts on {executor}, which is leaving"))?;
        place.busy += 1;
        promise(place.busy <= place.cores, || format!("{name} starts on {executor}, whose cores are all taken"))?;
        let there = self.tables.cores.get(node).copied().unwrap_or(0);
        promise(*core < there, || format!("{name} starts on core {core} of {there}"))?;
        let is_free = self.tables.busy.insert((*executor, *core));
        promise(is_free, || format!("{name} starts on core {core} of {executor}, which is taken"))?;
        let Some(known) = self.tables.stages.get(&stage.stage) else { return Err(format!("{name} has no stage")) };
        let is_open = known.is_open && known.attempts == stage.attempt + 1;
        promise(is_open, || format!("{name} starts in attempt {} of its stage, which is over", stage.attempt))?;
        let copies = self.tables.copies(*stage, *partition);
        let again = matches!(cause, TaskCause::Speculative);
        promise(copies == 0 || (again && copies == 1), || format!("{name} runs in {} copies", copies + 1))?;
        promise(!self.tables.is_there(known, *partition), || format!("{name} runs again, and its output is there"))?;
        known.may_run(*partition, *attempt, cause).map_err(|why| format!("{name} {why}"))?;
        let running = Running { stage: *stage, partition: *partition, executor: *executor, core: *core, fetched: None };
        let older = self.tables.running.insert(*task, running);
        self.tables.start(*stage, *partition);
        promise(older.is_none(), || format!("{task} starts twice"))
    }

    fn fetched(&mut self, task: TaskId, shuffle: ShuffleId, from: NodeId, blocks: u32, bytes: u64) -> Kept {
        let Some(running) = self.tables.running.get(&task) else {
            return Err(format!("{task} fetches and does not run"));
        };
        let Some(stage) = self.tables.stages.get(&running.stage.stage) else { return Ok(()) };
        promise(stage.reads.contains(&shuffle), || {
            format!("{task} fetches from {shuffle}, which its stage does not read")
        })?;
        let Some(known) = self.tables.shuffles.get(&shuffle) else { return Err(format!("{shuffle} is not defined")) };
        let held = known.on_node.get(&from).copied().unwrap_or_default();
        promise(held.outputs > 0, || format!("{task} fetches from {from}, where nothing of {shuffle} is registered"))?;
        promise(bytes <= held.bytes && blocks > 0, || {
            format!("{task} fetches {bytes} bytes from {from}, which holds {}", held.bytes)
        })?;
        let fresh = match &running.fetched {
            Some(burst) if burst.at == self.time => None,
            _ => Some(Fetched { at: self.time, sent: 0, wanted: self.tables.wanted(stage, running.partition) }),
        };
        if let Some(running) = self.tables.running.get_mut(&task) {
            running.fetched = fresh.or(running.fetched.take());
            running.fetched.iter_mut().for_each(|burst| burst.sent += bytes);
        }
        Ok(())
    }

    fn task_ended(&mut self, task: TaskId, outcome: &TaskOutcome, metrics: &TaskMetrics) -> Kept {
        let Some(running) = self.tables.running.remove(&task) else {
            return Err(format!("{task} ends and does not run"));
        };
        let name = format!("{}.p{}", running.stage.stage, running.partition);
        self.tables.end(running.stage, running.partition);
        self.tables.busy.remove(&(running.executor, running.core));
        let place = self.tables.executors.get_mut(&running.executor);
        let is_live = place.is_some_and(|place| {
            place.busy -= 1;
            place.is_live
        });
        self.tables.note_end(&running, outcome);
        let stage = self.tables.stages.get(&running.stage.stage);
        let is_void = stage.is_some_and(|stage| running.stage.attempt < stage.rolled_back);
        match outcome {
            TaskOutcome::Succeeded => {
                promise(is_live, || format!("{name} succeeds on {}, which was given up", running.executor))?;
                promise(!is_void, || format!("{name} counts, and its stage was rolled back while it ran"))?;
                self.received(&running, metrics).map_err(|why| format!("{name} {why}"))?;
                let Some(stage) = self.tables.stages.get_mut(&running.stage.stage) else { return Ok(()) };
                if stage.writes.is_none() {
                    promise(stage.done.insert(running.partition), || format!("{name} counts twice"))
                } else {
                    stage.unregistered.insert(running.partition);
                    Ok(())
                }
            }
            TaskOutcome::ExecutorLost { node } => {
                promise(!is_live, || format!("{name} is lost with {}, which lives", running.executor))?;
                promise(self.tables.is_blamed(*node), || {
                    format!("{name} is lost with {node}, which nothing happened to")
                })
            }
            // What its stage stood on may have been taken back while it ran.
            TaskOutcome::FetchFailed { node, .. } => promise(is_void || self.tables.is_blamed(*node), || {
                format!("{name} cannot fetch from {node}, which nothing happened to")
            }),
            TaskOutcome::Failed { .. } | TaskOutcome::Killed { .. } | TaskOutcome::Ignored { .. } => Ok(()),
        }
    }

    /// What was sent to a task that succeeded has arrived, all of it, and is what was there to read.
    fn received(&self, running: &Running, metrics: &TaskMetrics) -> Kept {
        match &running.fetched {
            Some(burst) => {
                let wanted = burst.wanted;
                promise(wanted.is_none_or(|wanted| wanted == burst.sent), || {
                    format!("was sent {} bytes of {wanted:?}", burst.sent)
                })?;
                promise(metrics.shuffle_read_bytes == burst.sent, || {
                    format!("read {} bytes and was sent {}", metrics.shuffle_read_bytes, burst.sent)
                })
            }
            None => promise(metrics.shuffle_read_bytes == 0, || {
                format!("read {} bytes that nobody sent", metrics.shuffle_read_bytes)
            }),
        }
    }

    fn job_ended(&mut self, job: JobId, failed: bool) -> Kept {
        let Some(stages) = self.tables.jobs.remove(&job) else { return Err(format!("{job} ends and does not run")) };
        let Some(last) = stages.last().and_then(|stage| self.tables.stages.get(stage)) else { return Ok(()) };
        let missing = (!failed).then(|| last.wanted.iter().find(|part| !self.tables.is_there(last, **part))).flatten();
        promise(missing.is_none(), || format!("{job} ends well and partition {missing:?} is not there"))?;
        let left = stages.iter().find(|stage| self.tables.is_idle(**stage) && self.tables.has_running(**stage));
        promise(left.is_none(), || format!("{job} has ended and tasks of {left:?} still run"))
    }

    fn application_ended(&self, exit: i32) -> Kept {
        // An interrupted run, or one that a bug of ours stopped, leaves things open.
        if exit == 130 || exit == 70 {
            return Ok(());
        }
        let task = self.tables.running.keys().next();
        promise(task.is_none(), || format!("the application has ended and {task:?} still runs"))?;
        let job = self.tables.jobs.keys().next();
        promise(job.is_none(), || format!("the application has ended and {job:?} still waits"))
    }
}

impl Stage {
    /// Whether the log holds the reason that an attempt gives for running.
    fn may_run(&self, partition: u32, attempt: u32, cause: &TaskCause) -> Kept {
        promise(self.wanted.contains(&partition), || "starts and was not submitted".to_owned())?;
        let history = self.history.get(&partition);
        let before = history.map_or(0, |history| history.attempts);
        promise(before == attempt, || format!("is attempt {attempt} after {before}"))?;
        let is_so = match cause {
            TaskCause::First => before == 0,
            TaskCause::Speculative | TaskCause::Retry { .. } | TaskCause::StageAgain => before > 0,
            TaskCause::RolledBack { stage } => before > 0 && self.rolled_back_by.contains(stage),
            TaskCause::OutputLost { node } => history.is_some_and(|history| history.output_lost.contains(node)),
            TaskCause::ExecutorLost { node } => history.is_some_and(|history| history.executor_lost.contains(node)),
            TaskCause::FetchFailed { node } => history.is_some_and(|history| history.fetch_failed.contains(node)),
        };
        promise(is_so, || format!("runs because of {cause:?}, which the log does not hold"))
    }
}
