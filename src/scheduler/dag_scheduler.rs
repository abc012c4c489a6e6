//! Jobs and stages (Spark's `DAGScheduler`): which stage runs next, and what must be made again after a loss.
//!
//! ```text
//!            parents missing            parents there             all outputs there
//!   (new) ─────────────────▶ waiting ─────────────────▶ running ─────────────────────▶ complete
//!     ▲                                                   │  ▲                             │
//!     │                        FetchFailed ───────────────┘  └──────── outputs lost, ──────┘
//!     └──── 200 ms later ◀──── failed                                  and a child asks
//! ```
//!
//! Losing an executor only drops it from the driver's tables. What is missing is made again when unfinished work asks for it: when a
//! stage is submitted, or when one of its tasks could not fetch (Spark's lazy rule).
//!
//! **Invariants.** No clock, no chance, no rows here. A finished partition of a result stage never runs again.
//!
//! A stage whose rows may come out otherwise when they are made again takes everything along that stands on them: `rollback`.

mod rollback;

use super::cached_blocks::CachedAt;
use super::cached_blocks::CachedBlocks;
use super::map_outputs::{MapOutputTracker, MapStatus};
use super::outbox::{CachedReport, Command, Job, Outbox, Sizes};
use super::stage_graph::{StageGraph, StageInput};
use super::task_scheduler::{Running, TaskScheduler};
use super::task_set::{TaskSet, preferences};
use crate::common::ids::{CacheId, ExecutorId, JobId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{EventKind, StageAttempt, SubmitReason, TaskCause, TaskMetrics, TaskOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long failed stages wait for the rest of a burst (Spark's `RESUBMIT_TIMEOUT`).
pub const RESUBMIT_DELAY: VirtualDuration = VirtualDuration::from_millis(200);

/// What one call works with beside the tables.
pub struct Step<'a> {
    pub now: VirtualTime,
    pub tasks: &'a mut TaskScheduler,
    pub out: &'a mut Outbox,
}

impl Step<'_> {
    /// Forgets a stage's task sets and kills its running attempts. Gives their partitions.
    fn kill_tasks(&mut self, stage: StageId, reason: &str) -> Vec<u32> {
        let mut partitions = Vec::new();
        for (task, running) in self.tasks.remove_stage(stage) {
            self.out.push(Command::Kill { task });
            let outcome = TaskOutcome::Killed { reason: reason.to_owned() };
            self.out.emit(EventKind::TaskEnded { task, outcome, metrics: Arc::default() });
            partitions.push(running.partition);
        }
        partitions
    }
}

#[derive(Debug, Default)]
struct StageState {
    next_attempt: u32,
    is_running: bool,
    is_waiting: bool,
    is_failed: bool,
    was_complete: bool,
    pending: BTreeSet<u32>,
    failed_attempts: BTreeSet<u32>,
    jobs: BTreeSet<JobId>,
    fetch_failed: Option<ShuffleId>,
    /// The first attempt whose tasks count: those before it were rolled back.
    rolled_back: u32,
    /// Where outputs are compared: the maps that have been made, and the last attempt of which one differed.
    made: BTreeSet<u32>,
    differed: Option<u32>,
}

impl StageState {
    fn latest(&self, stage: StageId) -> StageAttempt {
        StageAttempt { stage, attempt: self.next_attempt.saturating_sub(1) }
    }
}

#[derive(Debug)]
struct JobState {
    stage: StageId,
    partitions: Vec<u32>,
    finished: BTreeSet<u32>,
    stages: Vec<StageId>,
}

/// The tables of jobs, stages, map outputs and cached blocks.
#[derive(Debug, Default)]
pub struct DagScheduler {
    pub graph: StageGraph,
    pub tracker: MapOutputTracker,
    pub cached: CachedBlocks,
    states: BTreeMap<StageId, StageState>,
    jobs: BTreeMap<JobId, JobState>,
    epoch: u64,
    executor_epoch: BTreeMap<ExecutorId, u64>,
    resubmit_due: bool,
    pub max_stage_attempts: usize,
    /// Shuffle files outlive executors (`spark.shuffle.service.enabled`).
    pub has_shuffle_service: bool,
    /// Executors that left or will leave as planned: a failed fetch from them counts towards no limit.
    pub decommissioned: BTreeSet<ExecutorId>,
}

impl DagScheduler {
    /// Makes a stage known.
    pub fn define(
        &mut self,
        stage: super::stage_graph::Stage,
        query: Option<crate::common::ids::QueryId>,
        line: u32,
        out: &mut Outbox,
    ) {
        let definition = super::stage_graph::definition(&stage, &self.graph, query, line);
        if let Some((shuffle, reducers)) = stage.writes {
            self.tracker.add_shuffle(shuffle, stage.partitions.len() as u32, reducers);
        }
        self.states.insert(stage.id, StageState::default());
        self.graph.add(stage);
        out.emit(EventKind::StageDefined(Arc::new(definition)));
    }

    /// Whether a job has not ended yet.
    #[must_use]
    pub fn has_active_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Takes a job in.
    pub fn submit_job(&mut self, job: Job, step: &mut Step) {
        let stages = self.graph.with_ancestors(job.stage);
        step.out.emit(EventKind::JobSubmitted {
            job: job.job,
            query: job.query,
            stages: stages.clone(),
            description: job.description,
        });
        let needed = self.needed(job.stage);
        for stage in &stages {
            let Some(state) = self.states.get_mut(stage) else { continue };
            state.jobs.insert(job.job);
            if state.was_complete && !needed.contains(stage) && !state.is_running {
                step.out.emit(EventKind::StageSkipped { job: job.job, stage: *stage });
            }
        }
        let id = job.job;
        let nothing_to_do = match self.graph.get(job.stage).and_then(|stage| stage.writes) {
            Some((shuffle, _)) => self.is_complete(shuffle),
            None => job.partitions.is_empty(),
        };
        let stage = job.stage;
        let state = JobState { stage, partitions: job.partitions, finished: BTreeSet::new(), stages };
        self.jobs.insert(id, state);
        if nothing_to_do {
            self.finish_job(id, step);
        } else {
            self.submit_stage(stage, step);
        }
    }

    /// The stages that a job must run before it can end, itself included.
    fn needed(&self, stage: StageId) -> BTreeSet<StageId> {
        let mut found = BTreeSet::new();
        let mut open = vec![stage];
        if self.graph.get(stage).and_then(|stage| stage.writes).is_some_and(|(shuffle, _)| self.is_complete(shuffle)) {
            return found;
        }
        while let Some(stage) = open.pop() {
            if found.insert(stage) {
                open.extend(self.missing_parents(stage));
            }
        }
        found
    }

    fn is_complete(&self, shuffle: ShuffleId) -> bool {
        self.tracker.table(shuffle).is_some_and(super::map_outputs::ShuffleTable::is_complete)
    }

    fn missing_parents(&self, stage: StageId) -> BTreeSet<StageId> {
        let mut missing = BTreeSet::new();
        if let Some(stage) = self.graph.get(stage) {
            self.collect_missing(&stage.inputs, &mut missing);
        }
        missing
    }

    fn collect_missing(&self, inputs: &[StageInput], missing: &mut BTreeSet<StageId>) {
        for input in inputs {
            match input {
                StageInput::Shuffle(shuffle) if !self.is_complete(*shuffle) => {
                    missing.extend(self.graph.writer(*shuffle));
                }
                StageInput::Shuffle(_) => {}
                StageInput::Cached { cache, partitions, below } => {
                    if (self.cached.of(*cache).count() as u32) < *partitions {
                        self.collect_missing(below, missing);
                    }
                }
            }
        }
    }

    fn submit_stage(&mut self, stage: StageId, step: &mut Step) {
        let Some(state) = self.states.get(&stage) else { return };
        if state.jobs.is_empty() || state.is_waiting || state.is_running || state.is_failed {
            return;
        }
        let writes = self.graph.get(stage).and_then(|stage| stage.writes);
        if writes.is_some_and(|(shuffle, _)| self.is_complete(shuffle)) {
            return;
        }
        let missing = self.missing_parents(stage);
        if missing.is_empty() {
            self.submit_missing_tasks(stage, step);
            return;
        }
        if let Some(state) = self.states.get_mut(&stage) {
            state.is_waiting = true;
        }
        for parent in missing {
            self.submit_stage(parent, step);
        }
    }

    /// The job that a stage's tasks are queued under.
    fn first_job(&self, stage: StageId) -> JobId {
        self.states.get(&stage).and_then(|state| state.jobs.first().copied()).unwrap_or_default()
    }

    fn missing_partitions(&self, stage: StageId) -> Vec<u32> {
        match self.graph.get(stage).and_then(|stage| stage.writes) {
            Some((shuffle, _)) => self.tracker.missing(shuffle),
            None => {
                let job = self.jobs.values().find(|job| job.stage == stage);
                job.map_or_else(Vec::new, |job| {
                    job.partitions.iter().copied().filter(|partition| !job.finished.contains(partition)).collect()
                })
            }
        }
    }

    fn submit_missing_tasks(&mut self, stage: StageId, step: &mut Step) {
        let ran_before = self.states.get(&stage).is_some_and(|state| state.next_attempt > 0);
        let is_map = self.graph.get(stage).is_some_and(|stage| stage.writes.is_some());
        if ran_before && is_map && !self.made_again(stage, step) {
            return;
        }
        let partitions = self.missing_partitions(stage);
        let job = self.first_job(stage);
        let Some(known) = self.graph.get(stage) else { return };
        let writes = known.writes.map(|(shuffle, _)| shuffle);
        let tasks = partitions
            .iter()
            .map(|partition| {
                let leaves = known.partitions.get(*partition as usize).map_or(&[][..], Vec::as_slice);
                (*partition, preferences(leaves, &self.tracker, &self.cached))
            })
            .collect();
        let Some(state) = self.states.get_mut(&stage) else { return };
        let attempt = StageAttempt { stage, attempt: state.next_attempt };
        let reason = match (state.fetch_failed.take(), writes) {
            (Some(shuffle), _) => SubmitReason::FetchFailed { shuffle },
            (None, Some(shuffle)) if state.next_attempt > 0 => {
                SubmitReason::OutputsLost { shuffle, maps: partitions.clone() }
            }
            _ => SubmitReason::Needed,
        };
        state.next_attempt += 1;
        state.is_running = true;
        state.is_waiting = false;
        state.pending = partitions.iter().copied().collect();
        step.out.emit(EventKind::StageSubmitted {
            stage: attempt,
            job,
            partitions: partitions.as_slice().into(),
            reason,
        });
        step.out.push(Command::Prepare { stage, partitions });
        let around = step.tasks.around();
        let set = TaskSet::new(attempt, job, writes.is_some(), self.epoch, step.now, tasks, around);
        step.tasks.add_set(set, step.now);
    }

    /// A task attempt succeeded on its executor. Decides whether that counts.
    pub fn task_succeeded(
        &mut self,
        task: TaskId,
        running: &Running,
        output: Option<Sizes>,
        cached: &[CachedReport],
        metrics: Arc<TaskMetrics>,
        step: &mut Step,
    ) {
        let stage = running.stage.stage;
        if self.is_void(running) {
            let reason = format!("{stage} had been rolled back when the result came");
            step.out.emit(EventKind::TaskEnded { task, outcome: TaskOutcome::Ignored { reason }, metrics });
            self.void_task_succeeded(task, running, step);
            return;
        }
        let shuffle = self.graph.get(stage).and_then(|stage| stage.writes).map(|(shuffle, _)| shuffle);
        let is_done = match shuffle {
            Some(shuffle) => self.tracker.table(shuffle).is_some_and(|table| table.output(running.partition).is_some()),
            None => {
                let job = self.jobs.values().find(|job| job.stage == stage);
                job.is_none_or(|job| job.finished.contains(&running.partition))
            }
        };
        let is_bogus = shuffle.is_some()
            && self.executor_epoch.get(&running.executor).is_some_and(|epoch| *epoch >= running.epoch);
        let outcome = if is_done {
            TaskOutcome::Killed { reason: "another attempt succeeded".to_owned() }
        } else if is_bogus {
            TaskOutcome::Ignored { reason: format!("{} had been given up when the result came", running.executor) }
        } else {
            TaskOutcome::Succeeded
        };
        let counts = outcome == TaskOutcome::Succeeded;
        step.out.emit(EventKind::TaskEnded { task, outcome, metrics });
        step.out.push(if counts { Command::Accept { task } } else { Command::Discard { task } });
        if counts {
            self.kill_copies(running, step);
            if let Some(set) = step.tasks.set_mut(running.stage) {
                set.durations.push(step.now.since(running.started));
            }
        }
        for set in step.tasks.sets_of(stage) {
            if let Some(index) = set.index_of(running.partition) {
                set.mark_done(index, Some(running.executor));
            }
        }
        if counts {
            self.register_cached(running, cached, step.out);
        }
        match shuffle {
            Some(shuffle) => {
                if let (true, Some(sizes)) = (counts, output) {
                    self.register(shuffle, running, sizes, step.out);
                    self.compare(running, step);
                }
                self.map_task_done(stage, running.partition, step);
            }
            None if counts => self.result_task_done(stage, running.partition, step),
            None => {}
        }
    }

    fn kill_copies(&self, running: &Running, step: &mut Step) {
        for task in step.tasks.copies_of(running) {
            step.tasks.end(task);
            step.out.push(Command::Kill { task });
            let outcome = TaskOutcome::Killed { reason: "another attempt succeeded".to_owned() };
            step.out.emit(EventKind::TaskEnded { task, outcome, metrics: Arc::default() });
        }
    }

    fn register_cached(&mut self, running: &Running, cached: &[CachedReport], out: &mut Outbox) {
        for report in cached {
            let CachedReport { cache, partition, bytes, rows, on_disk } = *report;
            let at = CachedAt { executor: running.executor, node: running.node, bytes, rows };
            self.cached.register(cache, partition, at);
            let (executor, node) = (running.executor, running.node);
            out.emit(EventKind::BlockCached { cache, partition, node, executor, bytes, rows, on_disk });
        }
    }

    fn register(&mut self, shuffle: ShuffleId, running: &Running, sizes: Sizes, out: &mut Outbox) {
        let Running { partition: map, executor, node, .. } = *running;
        out.emit(EventKind::MapOutputRegistered {
            shuffle,
            map,
            node,
            executor,
            bytes: sizes.bytes.clone(),
            rows: sizes.rows.clone(),
        });
        self.tracker.register(shuffle, map, MapStatus { executor, node, sizes });
    }

    fn map_task_done(&mut self, stage: StageId, partition: u32, step: &mut Step) {
        let Some(state) = self.states.get_mut(&stage) else { return };
        state.pending.remove(&partition);
        if !state.is_running || !state.pending.is_empty() {
            return;
        }
        state.is_running = false;
        state.failed_attempts.clear();
        step.out.emit(EventKind::StageCompleted { stage: state.latest(stage) });
        self.epoch += 1;
        let shuffle = self.graph.get(stage).and_then(|stage| stage.writes).map(|(shuffle, _)| shuffle);
        if shuffle.is_some_and(|shuffle| !self.is_complete(shuffle)) {
            self.submit_stage(stage, step);
            return;
        }
        if let Some(state) = self.states.get_mut(&stage) {
            state.was_complete = true;
        }
        let done: Vec<JobId> = self.jobs.iter().filter(|(_, job)| job.stage == stage).map(|(id, _)| *id).collect();
        for job in done {
            self.finish_job(job, step);
        }
        self.submit_waiting(step);
    }

    fn submit_waiting(&mut self, step: &mut Step) {
        let waiting: Vec<StageId> =
            self.states.iter().filter(|(_, state)| state.is_waiting).map(|(id, _)| *id).collect();
        for stage in waiting {
            if let Some(state) = self.states.get_mut(&stage) {
                state.is_waiting = false;
            }
            self.submit_stage(stage, step);
        }
    }

    fn result_task_done(&mut self, stage: StageId, partition: u32, step: &mut Step) {
        let Some((id, job)) = self.jobs.iter_mut().find(|(_, job)| job.stage == stage) else { return };
        job.finished.insert(partition);
        if job.finished.len() < job.partitions.len() {
            return;
        }
        let id = *id;
        if let Some(state) = self.states.get_mut(&stage) {
            if state.is_running {
                state.is_running = false;
                step.out.emit(EventKind::StageCompleted { stage: state.latest(stage) });
            }
            state.is_failed = false;
            state.was_complete = true;
        }
        self.finish_job(id, step);
    }

    fn finish_job(&mut self, job: JobId, step: &mut Step) {
        self.release_stages(job, "Stage finished", step);
        step.out.emit(EventKind::JobEnded { job, error: None });
        step.out.push(Command::JobSucceeded { job });
    }

    /// Takes a job off its stages; stages that no job needs any more stop.
    fn release_stages(&mut self, job: JobId, reason: &str, step: &mut Step) {
        let Some(ended) = self.jobs.remove(&job) else { return };
        for stage in ended.stages {
            let Some(state) = self.states.get_mut(&stage) else { continue };
            state.jobs.remove(&job);
            if !state.jobs.is_empty() {
                continue;
            }
            step.kill_tasks(stage, reason);
            if state.is_running {
                step.out.emit(EventKind::StageFailed { stage: state.latest(stage), reason: reason.to_owned() });
            }
            state.is_running = false;
            state.is_waiting = false;
            state.is_failed = false;
            state.pending.clear();
        }
    }

    /// Gives a job up.
    pub fn fail_job(&mut self, job: JobId, reason: &str, task: Option<TaskId>, step: &mut Step) {
        if !self.jobs.contains_key(&job) {
            return;
        }
        self.release_stages(job, &format!("Stage cancelled: {reason}"), step);
        step.out.emit(EventKind::JobEnded { job, error: Some(reason.to_owned()) });
        step.out.push(Command::JobFailed { job, reason: reason.to_owned(), task });
    }

    /// Gives all jobs up.
    pub fn fail_all(&mut self, reason: &str, step: &mut Step) {
        let jobs: Vec<JobId> = self.jobs.keys().copied().collect();
        for job in jobs {
            self.fail_job(job, reason, None, step);
        }
    }

    /// Gives up every job that needs a stage.
    pub fn abort_stage(&mut self, stage: StageId, reason: &str, task: Option<TaskId>, step: &mut Step) {
        let jobs: Vec<JobId> =
            self.states.get(&stage).map_or_else(Vec::new, |state| state.jobs.iter().copied().collect());
        for job in jobs {
            // An exception with a condition of its own is handed on as it is.
            let reason = if reason.starts_with('[') {
                reason.to_owned()
            } else {
                format!("Job aborted due to stage failure: {reason}")
            };
            self.fail_job(job, &reason, task, step);
        }
    }

    /// A task could not read a block. `executor` should have had it; absent when the driver itself did not know where it is.
    pub fn fetch_failed(
        &mut self,
        running: &Running,
        shuffle: ShuffleId,
        map: u32,
        executor: Option<ExecutorId>,
        node: NodeId,
        step: &mut Step,
    ) {
        let stage = running.stage.stage;
        step.tasks.note_cause(stage, running.partition, TaskCause::FetchFailed { node });
        let max = self.max_stage_attempts;
        let Some(state) = self.states.get_mut(&stage) else { return };
        if state.latest(stage) != running.stage || state.jobs.is_empty() {
            return;
        }
        let reason = format!(
            "org.apache.spark.shuffle.FetchFailedException: could not fetch the output of map {map} of {shuffle} from {node}"
        );
        // Spark's `spark.stage.ignoreDecommissionFetchFailure`, on by default.
        if executor.is_none_or(|executor| !self.decommissioned.contains(&executor)) {
            state.failed_attempts.insert(running.stage.attempt);
        }
        let is_over = state.failed_attempts.len() >= max;
        if state.is_running {
            state.is_running = false;
            step.out.emit(EventKind::StageFailed { stage: running.stage, reason: reason.clone() });
        }
        let is_first = !std::mem::replace(&mut state.is_failed, true);
        state.fetch_failed = Some(shuffle);
        if let Some(executor) = executor {
            self.unregister_executor(
                executor,
                node,
                Some((shuffle, map)),
                running.epoch,
                "a fetch from it failed",
                step,
            );
        }
        if is_over {
            let kind = if self.graph.get(stage).is_some_and(|stage| stage.writes.is_some()) {
                "ShuffleMapStage"
            } else {
                "ResultStage"
            };
            let why = format!(
                "{kind} {} has failed the maximum allowable number of times: {max}. Most recent failure reason: {reason}",
                stage.0
            );
            self.abort_stage(stage, &why, None, step);
            return;
        }
        let writer = self.graph.writer(shuffle);
        if writer.is_some_and(|writer| is_first && !self.made_again(writer, step)) {
            return;
        }
        if let Some(parent) = writer.and_then(|parent| self.states.get_mut(&parent)) {
            parent.is_failed = !parent.is_running;
        }
        self.resubmit_soon(step);
    }

    /// The burst of fetch failures is over.
    pub fn resubmit_failed(&mut self, step: &mut Step) {
        self.resubmit_due = false;
        let mut failed: Vec<StageId> = Vec::new();
        for (id, state) in &mut self.states {
            if std::mem::take(&mut state.is_failed) {
                failed.push(*id);
            }
        }
        failed.sort_by_key(|stage| (self.first_job(*stage), *stage));
        for stage in failed {
            self.submit_stage(stage, step);
        }
    }

    /// An executor is gone: what it held leaves the tables, each loss handled once (epochs).
    /// With `keeps_outputs` its shuffle files are still served by its machine.
    pub fn executor_lost(
        &mut self,
        executor: ExecutorId,
        node: NodeId,
        keeps_outputs: bool,
        reason: &str,
        step: &mut Step,
    ) {
        if keeps_outputs {
            self.forget_cached(executor, node, reason, step.out);
            return;
        }
        let epoch = self.epoch;
        self.unregister_executor(executor, node, None, epoch, reason, step);
    }

    fn forget_cached(&mut self, executor: ExecutorId, node: NodeId, reason: &str, out: &mut Outbox) {
        for (cache, partitions) in self.cached.remove_executor(executor) {
            out.emit(EventKind::CachedBlocksLost { cache, partitions, node, reason: reason.to_owned() });
        }
    }

    /// A map output lies on another executor now.
    pub fn map_output_moved(
        &mut self,
        shuffle: ShuffleId,
        map: u32,
        (executor, node): (ExecutorId, NodeId),
        out: &mut Outbox,
    ) {
        let Some(status) = self.tracker.unregister(shuffle, map) else { return };
        let from = status.node;
        self.tracker.register(shuffle, map, MapStatus { executor, node, ..status });
        out.emit(EventKind::MapOutputMoved { shuffle, map, from, node, executor });
    }

    /// Another executor holds a copy of a cached partition now.
    pub fn cached_block_copied(
        &mut self,
        cache: CacheId,
        partition: u32,
        from: ExecutorId,
        (executor, node): (ExecutorId, NodeId),
        out: &mut Outbox,
    ) {
        let Some(at) = self.cached.copy_on(cache, partition, from).copied() else { return };
        self.cached.register(cache, partition, CachedAt { executor, node, ..at });
        out.emit(EventKind::BlockReplicated { cache, partition, from: at.node, node, executor, bytes: at.bytes });
    }

    /// A copy of a cached partition is gone from an executor that lives.
    pub fn cached_block_lost(
        &mut self,
        cache: CacheId,
        partition: u32,
        executor: ExecutorId,
        reason: String,
        out: &mut Outbox,
    ) {
        if let Some(at) = self.cached.remove(cache, partition, executor) {
            out.emit(EventKind::CachedBlocksLost { cache, partitions: vec![partition], node: at.node, reason });
        }
    }

    fn unregister_executor(
        &mut self,
        executor: ExecutorId,
        node: NodeId,
        block: Option<(ShuffleId, u32)>,
        epoch: u64,
        reason: &str,
        step: &mut Step,
    ) {
        let mut lost: BTreeMap<ShuffleId, Vec<u32>> = BTreeMap::new();
        if let Some((shuffle, map)) = block {
            let is_there = self
                .tracker
                .table(shuffle)
                .and_then(|table| table.output(map))
                .is_some_and(|at| at.executor == executor);
            if is_there {
                self.tracker.unregister(shuffle, map);
                lost.insert(shuffle, vec![map]);
            }
        }
        if self.executor_epoch.get(&executor).is_none_or(|known| *known < epoch) {
            self.executor_epoch.insert(executor, epoch);
            self.epoch += 1;
            self.forget_cached(executor, node, reason, step.out);
            for (shuffle, maps) in self.tracker.remove_executor(executor) {
                lost.entry(shuffle).or_default().extend(maps);
            }
        }
        for (shuffle, mut maps) in lost {
            maps.sort_unstable();
            if let Some(stage) = self.graph.writer(shuffle) {
                for map in &maps {
                    step.tasks.note_cause(stage, *map, TaskCause::OutputLost { node });
                }
            }
            step.out.push(Command::DropOutputs { shuffle, maps: maps.clone(), executor });
            step.out.emit(EventKind::MapOutputsLost { shuffle, maps, node, reason: reason.to_owned() });
        }
    }

    /// A finished map task of a running stage has to run again; its output was lost with its executor.
    pub fn reopen(&mut self, stage: StageId, partition: u32) {
        if let Some(state) = self.states.get_mut(&stage) {
            state.pending.insert(partition);
        }
    }
}
