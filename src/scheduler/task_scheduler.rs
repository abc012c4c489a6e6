//! Hands free cores to tasks (Spark's `TaskSchedulerImpl`): first job first (or by [`super::pools`]), nearest input first,
//! patience before going far.
//!
//! One round offers every free core. For each task set in order of job and stage, and for each locality level from the nearest, the
//! executors are swept, one task each per sweep, until nothing starts.
//!
//! With `spark.speculation` a task that takes far longer than its siblings gets a second copy on another node; the first to end counts.
//!
//! **Simplified:** a slow task is not asked how far it is (Spark's efficiency gate); Spark shuffles the offers by chance; here a round begins behind the executor that was served last.

use super::allocation::Load;
use super::exclusion::{Exclusion, ExclusionRules, Health, HealthRules};
use super::outbox::{Command, Launch, Outbox, Timer};
use super::pools::Pools;
use super::task_set::{Choice, Speculation, Surroundings, TaskSet};
use crate::common::ids::{ExecutorId, JobId, NodeId, StageId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{EventKind, Locality, StageAttempt, TaskCause};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A live executor.
#[derive(Debug)]
pub struct Executor {
    pub node: NodeId,
    pub cores: u32,
    pub free: BTreeSet<u32>,
    /// It gets no new tasks.
    pub is_leaving: bool,
    /// The application avoids it for a time.
    pub is_excluded: bool,
}

impl Executor {
    fn is_open(&self) -> bool {
        !self.is_leaving && !self.is_excluded
    }
}

/// A task attempt that runs.
#[derive(Debug, Clone)]
pub struct Running {
    pub job: JobId,
    pub stage: StageAttempt,
    pub index: usize,
    pub partition: u32,
    pub executor: ExecutorId,
    pub node: NodeId,
    pub core: u32,
    /// The tracker's epoch when its task set was made.
    pub epoch: u64,
    pub started: VirtualTime,
}

/// What the scheduler remembers of one task over all its attempts.
#[derive(Debug, Clone, Default)]
struct History {
    attempts: u32,
    next_cause: Option<TaskCause>,
}

/// Cores, task sets and running attempts.
#[derive(Debug, Default)]
pub struct TaskScheduler {
    executors: BTreeMap<ExecutorId, Executor>,
    /// In the order they are served.
    sets: BTreeMap<(JobId, StageAttempt), TaskSet>,
    running: BTreeMap<TaskId, Running>,
    /// Executors with a free core.
    free: BTreeSet<ExecutorId>,
    /// How many executors live on each node.
    on_node: BTreeMap<NodeId, u32>,
    /// How many attempts of each set run.
    busy: BTreeMap<StageAttempt, u32>,
    history: BTreeMap<(StageId, u32), History>,
    next_task: u64,
    last_served: ExecutorId,
    timer_at: Option<VirtualTime>,
    locality_wait: VirtualDuration,
    speculation: Speculation,
    speculation_due: bool,
    pub pools: Pools,
    around: Surroundings,
    health: Health,
    /// What failed in sets that ended well, not yet learned from.
    lessons: Vec<Exclusion>,
    /// The rack of each node that had an executor.
    racks: BTreeMap<NodeId, u32>,
}

impl TaskScheduler {
    /// `spark.locality.wait`.
    pub fn set_locality_wait(&mut self, wait: VirtualDuration) {
        self.locality_wait = wait;
    }

    /// `spark.speculation` and its kin.
    pub fn set_speculation(&mut self, rules: Speculation) {
        self.speculation = rules;
    }

    /// `spark.excludeOnFailure.*`; sets that run keep what they began with.
    pub fn set_exclusion(&mut self, rules: Option<ExclusionRules>, health: Option<HealthRules>) {
        self.around.exclusion = rules;
        self.health.set_rules(health);
    }

    /// What a new set should know.
    #[must_use]
    pub fn around(&self) -> Surroundings {
        self.around.clone()
    }

    fn learn_rack(&mut self, node: NodeId, rack: u32) {
        if self.racks.insert(node, rack) != Some(rack) {
            let several = self.racks.values().any(|other| *other != rack);
            self.around.racks = Arc::new(if several { self.racks.clone() } else { BTreeMap::new() });
        }
    }

    /// A new executor with all its cores free.
    pub fn add_executor(
        &mut self,
        executor: ExecutorId,
        (node, rack): (NodeId, u32),
        cores: Range<u32>,
        now: VirtualTime,
    ) {
        self.learn_rack(node, rack);
        let is_excluded = self.health.avoids(executor, node);
        let count = cores.end - cores.start;
        let state = Executor { node, cores: count, free: cores.collect(), is_leaving: false, is_excluded };
        if state.is_open() {
            self.free.insert(executor);
        }
        self.executors.insert(executor, state);
        *self.on_node.entry(node).or_default() += 1;
        self.recompute_levels(now);
    }

    /// It gets no new tasks any more. Gives its node, the first time.
    pub fn decommission(&mut self, id: ExecutorId) -> Option<NodeId> {
        let executor = self.executors.get_mut(&id).filter(|executor| !executor.is_leaving)?;
        executor.is_leaving = true;
        let node = executor.node;
        self.free.remove(&id);
        Some(node)
    }

    /// It gets no new tasks any more: its process ends.
    pub fn close(&mut self, id: ExecutorId) {
        if let Some(executor) = self.executors.get_mut(&id) {
            executor.is_leaving = true;
            self.free.remove(&id);
        }
    }

    /// Forgets an executor; gives its running attempts in order.
    pub fn remove_executor(
        &mut self,
        executor: ExecutorId,
        now: VirtualTime,
    ) -> Option<(NodeId, Vec<(TaskId, Running)>)> {
        let gone = self.executors.remove(&executor)?;
        self.free.remove(&executor);
        if let Some(count) = self.on_node.get_mut(&gone.node) {
            *count -= 1;
        }
        let lost: Vec<TaskId> =
            self.running.iter().filter(|(_, running)| running.executor == executor).map(|(task, _)| *task).collect();
        let lost = lost.into_iter().filter_map(|task| Some((task, self.stop_counting(task)?))).collect();
        self.recompute_levels(now);
        Some((gone.node, lost))
    }

    /// Live executors.
    #[must_use]
    pub fn executors(&self) -> &BTreeMap<ExecutorId, Executor> {
        &self.executors
    }

    /// Attempts that run now.
    #[must_use]
    pub fn running(&self) -> &BTreeMap<TaskId, Running> {
        &self.running
    }

    /// The set of one stage attempt.
    pub fn set_mut(&mut self, stage: StageAttempt) -> Option<&mut TaskSet> {
        self.sets.values_mut().find(|set| set.stage == stage)
    }

    /// All sets of one stage, oldest first.
    pub fn sets_of(&mut self, stage: StageId) -> impl Iterator<Item = &mut TaskSet> {
        self.sets.values_mut().filter(move |set| set.stage.stage == stage)
    }

    /// All sets.
    pub fn sets(&mut self) -> impl Iterator<Item = &mut TaskSet> {
        self.sets.values_mut()
    }

    /// Takes a set in; older attempts of its stage become zombies.
    pub fn add_set(&mut self, set: TaskSet, now: VirtualTime) {
        for older in self.sets_of(set.stage.stage) {
            older.is_zombie = true;
        }
        self.sets.insert((set.job, set.stage), set);
        self.recompute_levels(now);
    }

    /// Forgets sets of which nothing runs and nothing can start. What succeeded in spite of failures teaches where not to go.
    pub fn drop_finished_sets(&mut self, now: VirtualTime, out: &mut Outbox) {
        let is_over = |set: &TaskSet| set.is_zombie || set.is_finished();
        if self.sets.values().any(is_over) {
            let busy = &self.busy;
            let over = self.sets.extract_if(.., |_, set| is_over(set) && !busy.contains_key(&set.stage));
            self.lessons.extend(over.filter_map(|(_, set)| set.lesson()));
        }
        let lessons = std::mem::take(&mut self.lessons);
        let avoided: Vec<_> = lessons.iter().flat_map(|lesson| self.health.learn(lesson, now)).collect();
        if !avoided.is_empty() {
            self.keep_to_health();
        }
        for what in avoided {
            out.emit(what.event(None));
        }
    }

    /// Closes executors that the application avoids, and opens the others.
    fn keep_to_health(&mut self) {
        for (id, executor) in &mut self.executors {
            executor.is_excluded = self.health.avoids(*id, executor.node);
            if executor.is_open() && !executor.free.is_empty() {
                self.free.insert(*id);
            } else {
                self.free.remove(id);
            }
        }
    }

    /// A new driver has learned nothing yet.
    pub fn forget_health(&mut self) {
        self.health.clear();
        self.keep_to_health();
    }

    /// Lets executors serve again that were avoided long enough.
    fn forgive(&mut self, now: VirtualTime) {
        if self.health.forget(now) {
            self.keep_to_health();
        }
    }

    /// Forgets all sets of a stage and gives its running attempts.
    pub fn remove_stage(&mut self, stage: StageId) -> Vec<(TaskId, Running)> {
        let gone = self.sets.extract_if(.., |_, set| set.stage.stage == stage);
        self.lessons.extend(gone.filter_map(|(_, set)| set.lesson()));
        let tasks: Vec<TaskId> =
            self.running.iter().filter(|(_, running)| running.stage.stage == stage).map(|(task, _)| *task).collect();
        tasks.into_iter().filter_map(|task| Some((task, self.end(task)?))).collect()
    }

    /// An attempt has ended: its core is free again. Nothing for an attempt that was given up before.
    pub fn end(&mut self, task: TaskId) -> Option<Running> {
        let running = self.stop_counting(task)?;
        if let Some(executor) = self.executors.get_mut(&running.executor) {
            executor.free.insert(running.core);
            if executor.is_open() {
                self.free.insert(running.executor);
            }
        }
        if let Some(slot) = self.set_mut(running.stage).and_then(|set| set.tasks.get_mut(running.index)) {
            slot.running = slot.running.saturating_sub(1);
        }
        Some(running)
    }

    fn stop_counting(&mut self, task: TaskId) -> Option<Running> {
        let running = self.running.remove(&task)?;
        if let Some(count) = self.busy.get_mut(&running.stage) {
            *count -= 1;
            if *count == 0 {
                self.busy.remove(&running.stage);
            }
        }
        Some(running)
    }

    /// Notes why the next attempt of a task will run.
    pub fn note_cause(&mut self, stage: StageId, partition: u32, cause: TaskCause) {
        self.history.entry((stage, partition)).or_default().next_cause = Some(cause);
    }

    /// Offers all free cores. `all_free` says that this was not caused by one executor alone.
    pub fn offer(&mut self, now: VirtualTime, all_free: bool, out: &mut Outbox) {
        self.forgive(now);
        self.look_past_what_started(now);
        let mut keys: Vec<(JobId, StageAttempt)> =
            self.sets.iter().filter(|(_, set)| set.wants_cores()).map(|(key, _)| *key).collect();
        if self.pools.is_fair {
            let all: Vec<(JobId, StageAttempt)> = self.sets.keys().copied().collect();
            let busy = &self.busy;
            self.pools.sort(&mut keys, |key| busy.get(&key.1).copied().unwrap_or(0), &all);
        }
        for key in keys {
            if self.free.is_empty() {
                break;
            }
            self.offer_to(key, now, all_free, out);
        }
        self.set_timer(now, out);
        self.watch_for_slow_tasks(now, out);
    }

    /// A free core that finds nothing to do moves a set on to farther levels: what is lost later need not wait for a good place.
    fn look_past_what_started(&mut self, now: VirtualTime) {
        if self.free.is_empty() {
            return;
        }
        for set in self.sets.values_mut().filter(|set| !set.is_zombie && !set.has_pending()) {
            set.allowed(now, self.locality_wait);
        }
    }

    fn offer_to(&mut self, key: (JobId, StageAttempt), now: VirtualTime, all_free: bool, out: &mut Outbox) {
        let Some(mut set) = self.sets.remove(&key) else { return };
        let mut nearest: Option<Locality> = None;
        for level in set.levels().to_vec() {
            while self.sweep(&mut set, level, now, &mut nearest, out) {}
        }
        self.start_copies(&mut set, now, out);
        let rejected = set.has_pending() && !self.free.is_empty();
        match nearest {
            Some(nearest) if !rejected => {
                if all_free || set.no_rejects {
                    set.reset_patience(now, nearest);
                    set.no_rejects = true;
                }
            }
            _ => set.no_rejects = !rejected && set.no_rejects,
        }
        self.sets.insert(key, set);
    }

    /// One task for each executor that has a free core. True when at least one started.
    fn sweep(
        &mut self,
        set: &mut TaskSet,
        level: Locality,
        now: VirtualTime,
        nearest: &mut Option<Locality>,
        out: &mut Outbox,
    ) -> bool {
        let after = self.free.range((std::ops::Bound::Excluded(self.last_served), std::ops::Bound::Unbounded));
        let free: Vec<ExecutorId> = after.chain(self.free.range(..=self.last_served)).copied().collect();
        let mut launched = false;
        for id in free {
            let limit =
                if level == Locality::NoPreference { level } else { set.allowed(now, self.locality_wait).min(level) };
            let Some(executor) = self.executors.get(&id) else { continue };
            if let Some(choice) = set.dequeue(id, executor.node, limit) {
                *nearest = Some(nearest.map_or(choice.locality, |near| near.min(choice.locality)));
                self.launch(set, id, choice, now, out);
                launched = true;
            }
            if !set.has_pending() {
                break;
            }
        }
        launched && set.has_pending()
    }

    fn launch(&mut self, set: &mut TaskSet, id: ExecutorId, choice: Choice, now: VirtualTime, out: &mut Outbox) {
        let Some(executor) = self.executors.get_mut(&id) else { return };
        let core = executor.free.pop_first();
        assert!(core.is_some(), "a task starts only on a free core");
        let node = executor.node;
        let core = core.unwrap_or_default();
        if executor.free.is_empty() {
            self.free.remove(&id);
        }
        *self.busy.entry(set.stage).or_default() += 1;
        let slot = &mut set.tasks[choice.index];
        slot.running += 1;
        let task = TaskId(self.next_task);
        self.next_task += 1;
        let history = self.history.entry((set.stage.stage, slot.partition)).or_default();
        let attempt = history.attempts;
        history.attempts += 1;
        let cause = history.next_cause.take();
        let cause = cause.unwrap_or(if attempt == 0 { TaskCause::First } else { TaskCause::StageAgain });
        // Spark reports a task without any preference as process-local; here it says that it had none.
        out.emit(EventKind::TaskStarted {
            task,
            stage: set.stage,
            partition: slot.partition,
            attempt,
            executor: id,
            node,
            core,
            locality: choice.locality,
            cause,
        });
        let running = Running {
            job: set.job,
            stage: set.stage,
            index: choice.index,
            partition: slot.partition,
            executor: id,
            node,
            core,
            epoch: set.epoch,
            started: now,
        };
        out.push(Command::Launch(Launch {
            task,
            stage: set.stage,
            partition: slot.partition,
            attempt,
            executor: id,
            node,
        }));
        self.running.insert(task, running);
        self.last_served = id;
    }

    fn set_timer(&mut self, now: VirtualTime, out: &mut Outbox) {
        if self.free.is_empty() {
            return;
        }
        let wait = self.locality_wait;
        let next = self.sets.values().filter(|set| set.has_pending()).filter_map(|set| set.patience_ends(wait)).min();
        let Some(at) = next.map(|at| at.max(now)) else { return };
        if self.timer_at != Some(at) {
            self.timer_at = Some(at);
            out.push(Command::SetTimer { at, timer: Timer::Revive });
        }
    }

    /// Starts second copies of slow tasks, each on a node that has none.
    fn start_copies(&mut self, set: &mut TaskSet, now: VirtualTime, out: &mut Outbox) {
        for index in set.slow.clone() {
            let copies = self.running.values().filter(|running| running.stage == set.stage && running.index == index);
            let nodes: BTreeSet<NodeId> = copies.map(|running| running.node).collect();
            let is_elsewhere =
                |id: &&ExecutorId| self.executors.get(*id).is_some_and(|executor| !nodes.contains(&executor.node));
            let Some(id) = self.free.iter().find(is_elsewhere).copied() else { continue };
            set.slow.remove(&index);
            self.note_cause(set.stage.stage, set.tasks[index].partition, TaskCause::Speculative);
            self.launch(set, id, Choice { index, locality: Locality::Any }, now, out);
        }
    }

    /// Looks for tasks that take too long, and comes back later.
    pub fn find_slow_tasks(&mut self, now: VirtualTime) {
        self.speculation_due = false;
        let rules = self.speculation;
        for running in self.running.values() {
            let Some(set) = self.sets.values_mut().find(|set| set.stage == running.stage) else { continue };
            let Some(slot) = set.tasks.get(running.index) else { continue };
            let is_alone = slot.running == 1 && !slot.is_done;
            if is_alone && set.patience(&rules).is_some_and(|patience| now.since(running.started) > patience) {
                set.slow.insert(running.index);
            }
        }
    }

    fn watch_for_slow_tasks(&mut self, now: VirtualTime, out: &mut Outbox) {
        if self.speculation.is_on && !self.speculation_due && !self.running.is_empty() {
            self.speculation_due = true;
            out.push(Command::SetTimer { at: now + self.speculation.interval, timer: Timer::FindSlowTasks });
        }
    }

    /// Other attempts of the same task in the same set.
    #[must_use]
    pub fn copies_of(&self, running: &Running) -> Vec<TaskId> {
        let runs = self.sets.get(&(running.job, running.stage)).and_then(|set| set.tasks.get(running.index));
        if runs.is_none_or(|slot| slot.running == 0) {
            return Vec::new();
        }
        let same = |other: &Running| other.stage == running.stage && other.index == running.index;
        self.running.iter().filter(|(_, other)| same(other)).map(|(task, _)| *task).collect()
    }

    /// What dynamic allocation looks at, without what executors hold.
    #[must_use]
    pub fn load(&self) -> Load {
        let serving = self.executors.iter().filter(|(_, executor)| !executor.is_leaving);
        Load {
            pending: self.sets.values().map(TaskSet::waiting).sum(),
            running: self.running.len(),
            cores: serving.map(|(id, executor)| (*id, executor.cores)).collect(),
            busy: self.running.values().map(|running| running.executor).collect(),
            ..Load::default()
        }
    }

    /// Whether an executor that is there is avoided: by the application, or by a set or a task of it.
    fn is_anybody_excluded(&self) -> bool {
        self.sets.values().any(|set| !set.exclusion.is_empty())
            || (!self.health.is_clean() && self.executors.values().any(|executor| executor.is_excluded))
    }

    /// A task that exclusion lets start nowhere, with its set's stage.
    #[must_use]
    pub fn stuck(&self) -> Option<(StageAttempt, usize, u32)> {
        if self.executors.is_empty() || !self.is_anybody_excluded() {
            return None;
        }
        let serving = self.executors.iter().filter(|(_, executor)| !executor.is_excluded);
        let executors: Vec<(ExecutorId, NodeId)> = serving.map(|(id, executor)| (*id, executor.node)).collect();
        self.sets.values().find_map(|set| {
            let index = set.stuck(&executors)?;
            Some((set.stage, index, set.tasks[index].partition))
        })
    }

    /// The revive timer fired.
    pub fn timer_fired(&mut self) {
        self.timer_at = None;
    }

    fn recompute_levels(&mut self, now: VirtualTime) {
        let (executors, on_node) = (&self.executors, &self.on_node);
        let alive = |executor: ExecutorId| executors.contains_key(&executor);
        let alive_node = |node: NodeId| on_node.get(&node).is_some_and(|count| *count > 0);
        for set in self.sets.values_mut() {
            set.recompute_levels(&alive, &alive_node, now);
        }
    }
}
