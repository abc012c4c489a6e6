//! Floor 3, the engine's head: decides what runs where and what is made again, and never acts (design D6).
//!
//! [`Scheduler::step`] is told one fact at one virtual time and appends what it decides to an [`Outbox`]. It follows Spark's
//! `DAGScheduler` ([`dag_scheduler`]) and `TaskSchedulerImpl` ([`task_scheduler`], [`task_set`]), with Spark's defaults.
//! No clock, chance, thread, file or batch lives here.

pub mod allocation;
pub mod cached_blocks;
pub mod dag_scheduler;
pub mod determinism;
pub mod exclusion;
pub mod map_outputs;
pub mod outbox;
pub mod pools;
#[cfg(test)]
mod scenarios;
pub mod stage_graph;
pub mod stage_names;
pub mod task_scheduler;
pub mod task_set;

pub use cached_blocks::CachedBlocks;
pub use map_outputs::{MapOutputTracker, MapStatus};
pub use outbox::{CachedReport, Command, Input, Job, Launch, Loss, Outbox, Retry, TaskEnd, Timer};
pub use pools::PoolRules;
pub use stage_graph::{FilePiece, Leaf, Stage, StageGraph, StageInput};

use crate::common::Conf;
use crate::common::ids::{CacheId, ExecutorId, ShuffleId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{EventKind, TaskCause, TaskMetrics, TaskOutcome};
use allocation::{AllocationRules, ExecutorAllocation};
use cached_blocks::CachedAt;
use dag_scheduler::{DagScheduler, Step};
use exclusion::{ExclusionRules, HealthRules};
use std::sync::Arc;
use task_scheduler::{Running, TaskScheduler};

/// The driver's scheduler.
#[derive(Debug)]
pub struct Scheduler {
    dag: DagScheduler,
    tasks: TaskScheduler,
    allocation: ExecutorAllocation,
    max_task_failures: u32,
}

impl Scheduler {
    /// A scheduler with the limits of this configuration, and no executors.
    #[must_use]
    pub fn new(conf: &Conf) -> Self {
        let mut scheduler = Scheduler {
            dag: DagScheduler::default(),
            tasks: TaskScheduler::default(),
            allocation: ExecutorAllocation::default(),
            max_task_failures: 4,
        };
        scheduler.set_conf(conf);
        scheduler
    }

    /// Takes `spark.task.maxFailures`, `spark.stage.maxConsecutiveAttempts`, `spark.locality.wait`,
    /// `spark.speculation` and `spark.scheduler.mode` over.
    pub fn set_conf(&mut self, conf: &Conf) {
        self.max_task_failures = conf.number("spark.task.maxFailures", 4).max(1) as u32;
        self.dag.has_shuffle_service = conf.flag("spark.shuffle.service.enabled");
        self.dag.max_stage_attempts = conf.number("spark.stage.maxConsecutiveAttempts", 4).max(1) as usize;
        self.tasks.set_locality_wait(VirtualDuration::from_millis(conf.millis("spark.locality.wait", 3000)));
        self.tasks.set_speculation(speculation(conf));
        self.tasks.pools.is_fair =
            conf.get("spark.scheduler.mode").is_some_and(|mode| mode.eq_ignore_ascii_case("fair"));
        self.tasks.set_exclusion(ExclusionRules::of(conf), HealthRules::of(conf));
        self.allocation.set_rules(AllocationRules::of(conf));
    }

    /// Tells the scheduler one fact. Everything it decides is appended to `out`.
    pub fn step(&mut self, now: VirtualTime, input: Input, out: &mut Outbox) {
        let mut all_free = true;
        let mut step = Step { now, tasks: &mut self.tasks, out };
        match input {
            Input::ExecutorAdded { executor, node, cores, first_core, rack } => {
                step.out.emit(EventKind::ExecutorAdded { executor, node, cores, first_core });
                step.tasks.add_executor(executor, (node, rack), first_core..first_core + cores, now);
            }
            Input::ExecutorDecommissioned { executor } => {
                if let Some(node) = step.tasks.decommission(executor) {
                    step.out.emit(EventKind::ExecutorDecommissioned { executor, node });
                    self.dag.decommissioned.insert(executor);
                }
            }
            Input::MapOutputMoved { shuffle, map, executor, node } => {
                self.dag.map_output_moved(shuffle, map, (executor, node), out);
                // The executor that left must not take along what it handed over.
                if let Some(stage) = self.dag.graph.writer(shuffle) {
                    self.tasks.sets_of(stage).for_each(|set| set.moved(map, executor));
                }
            }
            Input::CachedBlockCopied { cache, partition, from, executor, node } => {
                self.dag.cached_block_copied(cache, partition, from, (executor, node), out);
            }
            Input::CachedBlockLost { cache, partition, executor, reason } => {
                self.dag.cached_block_lost(cache, partition, executor, reason, out);
            }
            Input::HostLost { node, reason } => {
                for executor in self.dag.tracker.executors_on(node) {
                    step.tasks.sets().for_each(|set| reopen_lost_maps(set, executor, &mut self.dag));
                    self.dag.executor_lost(executor, node, false, &reason, &mut step);
                }
            }
            Input::DriverLost => {
                step.tasks.forget_health();
                self.dag.fail_all("Job cancelled because SparkContext was shut down: the driver died", &mut step);
            }
            Input::ExecutorLost { executor, loss, reason } => self.executor_lost(executor, loss, &reason, now, out),
            Input::StageDefined { stage, query, line } => self.dag.define(stage, query, line, out),
            Input::PoolAssigned { job, pool, rules } => step.tasks.pools.assign(job, pool, rules),
            Input::JobSubmitted(job) => self.dag.submit_job(job, &mut step),
            Input::JobCancelled { job, reason } => self.dag.fail_job(job, &reason, None, &mut step),
            Input::TaskEnded { task, end, metrics } => {
                all_free = false;
                self.task_ended(task, end, metrics, now, out);
            }
            Input::CachedBlockSpilled { cache, partition, executor } => {
                self.cached_block_spilled(cache, partition, executor, out);
            }
            Input::CacheDropped { cache } => {
                if self.dag.cached.drop_cache(cache) {
                    out.emit(EventKind::CacheDropped { cache });
                }
            }
            Input::ShuffleDropped { shuffle } => {
                self.dag.tracker.clear(shuffle);
                out.emit(EventKind::ShuffleDropped { shuffle });
            }
            Input::DriverRestarted => self.allocation.begin_anew(),
            Input::TimerFired(Timer::ResubmitFailedStages) => self.dag.resubmit_failed(&mut step),
            Input::TimerFired(Timer::Revive) => self.tasks.timer_fired(),
            Input::TimerFired(Timer::Allocation) => self.allocation.timer_fired(now),
            Input::TimerFired(Timer::FindSlowTasks) => self.tasks.find_slow_tasks(now),
            Input::NothingLeft => {
                self.dag.fail_all(
                    "Job aborted due to stage failure: no executor is left that could run its tasks",
                    &mut step,
                );
            }
        }
        self.tasks.drop_finished_sets(now, out);
        self.abort_what_is_stuck(now, out);
        self.tasks.offer(now, all_free, out);
        if self.allocation.is_on() {
            let mut load = self.tasks.load();
            load.holds_shuffles = self.dag.tracker.holders();
            load.holds_cached = self.dag.cached.all().map(|(_, _, at)| at.executor).collect();
            self.allocation.look(now, &load, out);
        }
    }

    /// Where map outputs are.
    #[must_use]
    pub fn map_outputs(&self) -> &MapOutputTracker {
        &self.dag.tracker
    }

    /// Where cached partitions are.
    #[must_use]
    pub fn cached(&self) -> &CachedBlocks {
        &self.dag.cached
    }

    /// The stages.
    #[must_use]
    pub fn stages(&self) -> &StageGraph {
        &self.dag.graph
    }

    /// Attempts that run, as far as the driver knows.
    #[must_use]
    pub fn running(&self) -> &std::collections::BTreeMap<TaskId, Running> {
        self.tasks.running()
    }

    /// Live executors as far as the driver knows, with their cores.
    pub fn executors(&self) -> impl Iterator<Item = (ExecutorId, u32, usize)> {
        self.tasks.executors().iter().map(|(id, executor)| (*id, executor.cores, executor.free.len()))
    }

    /// Whether a job has not ended.
    #[must_use]
    pub fn has_active_jobs(&self) -> bool {
        self.dag.has_active_jobs()
    }

    /// Whether every map output of a shuffle is registered.
    #[must_use]
    pub fn is_shuffle_complete(&self, shuffle: ShuffleId) -> bool {
        self.dag.tracker.table(shuffle).is_some_and(map_outputs::ShuffleTable::is_complete)
    }

    fn cached_block_spilled(&mut self, cache: CacheId, partition: u32, executor: ExecutorId, out: &mut Outbox) {
        if let Some(CachedAt { node, executor, bytes, rows }) =
            self.dag.cached.copy_on(cache, partition, executor).copied()
        {
            out.emit(EventKind::BlockCached { cache, partition, node, executor, bytes, rows, on_disk: true });
        }
    }

    fn executor_lost(&mut self, executor: ExecutorId, loss: Loss, reason: &str, now: VirtualTime, out: &mut Outbox) {
        let Some((node, lost)) = self.tasks.remove_executor(executor, now) else { return };
        out.emit(EventKind::ExecutorRemoved { executor, node, reason: reason.to_owned() });
        let mut aborts = Vec::new();
        let keeps_outputs = self.dag.has_shuffle_service && loss != Loss::Host;
        for (task, running) in &lost {
            out.push(Command::Kill { task: *task });
            let outcome = TaskOutcome::ExecutorLost { node };
            out.emit(EventKind::TaskEnded { task: *task, outcome, metrics: Arc::default() });
            self.tasks.note_cause(running.stage.stage, running.partition, TaskCause::ExecutorLost { node });
        }
        let counts = matches!(loss, Loss::Process | Loss::Silence);
        // The last one that is put back comes first.
        for (task, running) in lost.into_iter().rev() {
            if let Some(failures) = self.requeue(&running, counts, true) {
                aborts.push((running, failures, task));
            }
        }
        if !keeps_outputs {
            for set in self.tasks.sets() {
                reopen_lost_maps(set, executor, &mut self.dag);
            }
        }
        let mut step = Step { now, tasks: &mut self.tasks, out };
        self.dag.executor_lost(executor, node, keeps_outputs, reason, &mut step);
        for (running, failures, task) in aborts.into_iter().rev() {
            let error = format!(
                "ExecutorLostFailure (executor {} exited caused by one of the running tasks) Reason: {reason}",
                executor.0
            );
            self.abort_for(&running, failures, &error, task, now, out);
        }
    }

    /// Puts a lost or failed task back. Gives the number of failures when the limit is reached.
    fn requeue(&mut self, running: &Running, counts: bool, executor_gone: bool) -> Option<u32> {
        let max = self.max_task_failures;
        let set = self.tasks.set_mut(running.stage)?;
        let slot = set.tasks.get_mut(running.index)?;
        if executor_gone {
            slot.running = slot.running.saturating_sub(1);
        }
        slot.failures += u32::from(counts);
        let failures = slot.failures;
        if counts && failures >= max && !set.is_zombie && !slot.is_done {
            return Some(failures);
        }
        if !set.is_zombie && !slot.is_done && slot.running == 0 {
            set.put_back(running.index);
        }
        None
    }

    fn abort_for(
        &mut self,
        running: &Running,
        failures: u32,
        error: &str,
        task: TaskId,
        now: VirtualTime,
        out: &mut Outbox,
    ) {
        let stage = running.stage;
        let mut step = Step { now, tasks: &mut self.tasks, out };
        if error.starts_with('[') {
            self.dag.abort_stage(stage.stage, error, Some(task), &mut step);
            return;
        }
        let reason = format!(
            "Task {} in stage {}.{} failed {failures} times, most recent failure: Lost task {}.{} in stage {}.{} (TID {}) ({} executor {}): {error}",
            running.index,
            stage.stage.0,
            stage.attempt,
            running.index,
            failures - 1,
            stage.stage.0,
            stage.attempt,
            task.0,
            running.node,
            running.executor.0
        );
        self.dag.abort_stage(stage.stage, &reason, Some(task), &mut step);
    }

    /// A task that exclusion lets start nowhere has no future.
    fn abort_what_is_stuck(&mut self, now: VirtualTime, out: &mut Outbox) {
        if let Some((stage, index, partition)) = self.tasks.stuck() {
            let reason = format!(
                "Aborting TaskSet {}.{} because task {index} (partition {partition}) cannot run anywhere due to node and executor excludeOnFailure.",
                stage.stage.0, stage.attempt
            );
            let mut step = Step { now, tasks: &mut self.tasks, out };
            self.dag.abort_stage(stage.stage, &reason, None, &mut step);
        }
    }

    fn task_ended(
        &mut self,
        task: TaskId,
        end: TaskEnd,
        metrics: Arc<TaskMetrics>,
        now: VirtualTime,
        out: &mut Outbox,
    ) {
        let Some(running) = self.tasks.end(task) else {
            // The driver had given this attempt up with its executor: a late result is not used.
            out.push(Command::Discard { task });
            return;
        };
        let mut step = Step { now, tasks: &mut self.tasks, out };
        match end {
            TaskEnd::Succeeded { output, cached } => {
                self.dag.task_succeeded(task, &running, output, &cached, metrics, &mut step);
            }
            TaskEnd::FetchFailed { shuffle, map, executor, node, is_damaged } => {
                let outcome = TaskOutcome::FetchFailed { shuffle, map, node, is_damaged };
                step.out.emit(EventKind::TaskEnded { task, outcome, metrics });
                step.out.push(Command::Discard { task });
                if let Some(set) = step.tasks.set_mut(running.stage) {
                    set.mark_done(running.index, None);
                    set.is_zombie = true;
                }
                self.dag.fetch_failed(&running, shuffle, map, executor, node, &mut step);
            }
            TaskEnd::Failed { error, retry } => {
                step.out.emit(EventKind::TaskEnded {
                    task,
                    outcome: TaskOutcome::Failed { error: error.clone() },
                    metrics,
                });
                step.out.push(Command::Discard { task });
                let stage = running.stage.stage;
                step.tasks.note_cause(stage, running.partition, TaskCause::Retry { reason: error.clone() });
                let (executor, node) = (running.executor, running.node);
                let set = step.tasks.set_mut(running.stage);
                let avoided = set.map(|set| set.exclusion.failed(running.index, executor, node)).unwrap_or_default();
                for what in avoided {
                    step.out.emit(what.event(Some(running.stage)));
                }
                if retry == Retry::Never {
                    self.dag.abort_stage(stage, &error, Some(task), &mut step);
                    return;
                }
                if retry == Retry::Elsewhere {
                    self.tasks.close(executor);
                }
                // Its core serves the next task before the driver has looked at the failure.
                self.tasks.offer(now, false, out);
                if let Some(failures) = self.requeue(&running, true, false) {
                    self.abort_for(&running, failures, &error, task, now, out);
                }
            }
        }
    }
}

fn speculation(conf: &Conf) -> task_set::Speculation {
    let permille = |key: &str, otherwise: f64| {
        let value = conf.get(key).and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or(otherwise);
        (value.max(0.0) * 1000.0) as u64
    };
    task_set::Speculation {
        is_on: conf.flag("spark.speculation"),
        interval: VirtualDuration::from_millis(conf.millis("spark.speculation.interval", 100).max(1)),
        quantile_permille: permille("spark.speculation.quantile", 0.9),
        multiplier_permille: permille("spark.speculation.multiplier", 3.0),
        min_runtime: VirtualDuration::from_millis(conf.millis("spark.speculation.minTaskRuntime", 100)),
    }
}

/// In a map stage that still runs, finished tasks of a lost executor have to run again (Spark's `Resubmitted`).
fn reopen_lost_maps(set: &mut task_set::TaskSet, executor: ExecutorId, dag: &mut DagScheduler) {
    if !set.is_map || set.is_zombie || set.is_finished() {
        return;
    }
    for index in (0..set.tasks.len()).rev() {
        let slot = &set.tasks[index];
        if slot.is_done && slot.done_on == Some(executor) {
            let partition = set.reopen(index);
            dag.reopen(set.stage.stage, partition);
        }
    }
}
