//! The tasks of one stage attempt (Spark's `TaskSetManager`): which are pending, which run, how near to their input they may start.
//!
//! ```text
//!   pending ──launch──▶ running ──succeeded──▶ done
//!      ▲                   │
//!      └──failed, lost─────┘        a failed fetch: done here, the set becomes a zombie
//! ```
//!
//! A zombie launches nothing more; what runs goes on and may still count.
//!
//! What comes back into the queues (a failed or lost task) stands at their front, as in Spark, which takes tasks from the end of its lists.

use super::cached_blocks::CachedBlocks;
use super::exclusion::{Exclusion, ExclusionRules};
use super::map_outputs::MapOutputTracker;
use super::stage_graph::Leaf;
use crate::common::ids::{ExecutorId, JobId, NodeId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::event::{Locality, StageAttempt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Where a task would rather run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preference {
    Executor(ExecutorId, NodeId),
    Node(NodeId),
}

/// When a task counts as slow (`spark.speculation.*`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Speculation {
    pub is_on: bool,
    pub interval: VirtualDuration,
    /// Share of tasks that must have succeeded.
    pub quantile_permille: u64,
    /// How many times the median is slow.
    pub multiplier_permille: u64,
    pub min_runtime: VirtualDuration,
}

/// What a set knows of the cluster as it begins.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The rack of each node; empty where there is only one.
    pub racks: Arc<BTreeMap<NodeId, u32>>,
    pub exclusion: Option<ExclusionRules>,
}

/// One task of the set.
#[derive(Debug, Clone)]
pub struct TaskSlot {
    pub partition: u32,
    pub preferences: Vec<Preference>,
    pub is_done: bool,
    pub running: u32,
    pub is_queued: bool,
    pub failures: u32,
    /// The executor of the attempt that succeeded.
    pub done_on: Option<ExecutorId>,
}

/// The tasks of one stage attempt.
#[derive(Debug)]
pub struct TaskSet {
    pub stage: StageAttempt,
    /// The first job that needs it: its place in the queue.
    pub job: JobId,
    pub is_map: bool,
    pub is_zombie: bool,
    /// The tracker's epoch when it was made: its tasks know of losses up to then.
    pub epoch: u64,
    pub tasks: Vec<TaskSlot>,
    by_partition: BTreeMap<u32, usize>,
    for_executor: BTreeMap<ExecutorId, VecDeque<usize>>,
    for_node: BTreeMap<NodeId, VecDeque<usize>>,
    for_rack: BTreeMap<u32, VecDeque<usize>>,
    racks: Arc<BTreeMap<NodeId, u32>>,
    /// Where tasks of this set failed.
    pub exclusion: Exclusion,
    without_preference: VecDeque<usize>,
    all: VecDeque<usize>,
    pending: usize,
    open: usize,
    levels: Vec<Locality>,
    level: usize,
    last_reset: VirtualTime,
    /// No offer was refused for its place since the last reset.
    pub no_rejects: bool,
    /// How long each task that succeeded took.
    pub durations: Vec<VirtualDuration>,
    /// Tasks that take so long that a second copy may start.
    pub slow: BTreeSet<usize>,
}

/// A task that may start on the offered executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub index: usize,
    pub locality: Locality,
}

impl TaskSet {
    /// A set with all tasks pending.
    #[must_use]
    pub fn new(
        stage: StageAttempt,
        job: JobId,
        is_map: bool,
        epoch: u64,
        now: VirtualTime,
        tasks: Vec<(u32, Vec<Preference>)>,
        around: Surroundings,
    ) -> Self {
        let by_partition = tasks.iter().enumerate().map(|(index, (partition, _))| (*partition, index)).collect();
        let slots = tasks.into_iter().map(|(partition, preferences)| TaskSlot {
            partition,
            preferences,
            is_done: false,
            running: 0,
            is_queued: false,
            failures: 0,
            done_on: None,
        });
        let mut set = TaskSet {
            stage,
            job,
            is_map,
            is_zombie: false,
            epoch,
            tasks: slots.collect(),
            by_partition,
            for_executor: BTreeMap::new(),
            for_node: BTreeMap::new(),
            for_rack: BTreeMap::new(),
            racks: around.racks,
            exclusion: Exclusion::new(around.exclusion),
            without_preference: VecDeque::new(),
            all: VecDeque::new(),
            pending: 0,
            open: 0,
            levels: Vec::new(),
            level: 0,
            last_reset: now,
            no_rejects: true,
            durations: Vec::new(),
            slow: BTreeSet::new(),
        };
        set.open = set.tasks.len();
        for index in 0..set.tasks.len() {
            set.queue(index, VecDeque::push_back);
        }
        set
    }

    /// The task that computes a partition.
    #[must_use]
    pub fn index_of(&self, partition: u32) -> Option<usize> {
        self.by_partition.get(&partition).copied()
    }

    /// Whether some task waits for a core.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        !self.is_zombie && self.pending > 0
    }

    /// What failed before the set succeeded, if anything did.
    #[must_use]
    pub fn lesson(self) -> Option<Exclusion> {
        (self.is_finished() && !self.exclusion.is_empty()).then_some(self.exclusion)
    }

    /// A waiting task that may start on none of these executors, which serve; absent while each may start somewhere.
    #[must_use]
    pub fn stuck(&self, executors: &[(ExecutorId, NodeId)]) -> Option<usize> {
        if self.is_zombie || (self.exclusion.is_empty() && !executors.is_empty()) {
            return None;
        }
        let waits = |index: &usize| self.tasks[*index].is_queued;
        if executors.iter().all(|(executor, node)| self.exclusion.avoids(*executor, *node)) {
            return (0..self.tasks.len()).find(waits);
        }
        let nowhere =
            |index: &usize| executors.iter().all(|(executor, node)| self.exclusion.forbids(*index, *executor, *node));
        self.exclusion.failed_tasks().into_iter().filter(waits).find(nowhere)
    }

    /// Number of tasks that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        if self.is_zombie { 0 } else { self.pending }
    }

    /// Whether a free core could be of use.
    #[must_use]
    pub fn wants_cores(&self) -> bool {
        self.has_pending() || (!self.is_zombie && !self.slow.is_empty())
    }

    /// How long a task may run before it counts as slow; absent until enough tasks have succeeded.
    #[must_use]
    pub fn patience(&self, rules: &Speculation) -> Option<VirtualDuration> {
        let enough = (self.tasks.len() as u64 * rules.quantile_permille / 1000).max(1);
        if self.is_zombie || self.tasks.len() < 2 || (self.durations.len() as u64) < enough {
            return None;
        }
        let mut sorted = self.durations.clone();
        sorted.sort_unstable();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        Some(VirtualDuration(median.0 / 1000 * rules.multiplier_permille).max(rules.min_runtime))
    }

    /// Puts a task in front of those that wait: it failed or was lost.
    pub fn put_back(&mut self, index: usize) {
        self.queue(index, VecDeque::push_front);
    }

    fn queue(&mut self, index: usize, push: fn(&mut VecDeque<usize>, usize)) {
        self.pending += 1;
        self.tasks[index].is_queued = true;
        let mut racks = BTreeSet::new();
        for preference in &self.tasks[index].preferences {
            let (Preference::Executor(_, node) | Preference::Node(node)) = preference;
            if let Preference::Executor(executor, _) = preference {
                push(self.for_executor.entry(*executor).or_default(), index);
            }
            push(self.for_node.entry(*node).or_default(), index);
            racks.extend(self.racks.get(node));
        }
        for rack in racks {
            push(self.for_rack.entry(rack).or_default(), index);
        }
        if self.tasks[index].preferences.is_empty() {
            push(&mut self.without_preference, index);
        }
        push(&mut self.all, index);
    }

    /// Marks a task done without running it here: another attempt of the stage computed it.
    pub fn mark_done(&mut self, index: usize, executor: Option<ExecutorId>) {
        let slot = &mut self.tasks[index];
        if !slot.is_done {
            slot.is_done = true;
            self.open -= 1;
            self.slow.remove(&index);
            slot.done_on = executor;
            if std::mem::take(&mut slot.is_queued) {
                self.pending -= 1;
            }
        }
    }

    /// The output of a finished task lies on another executor now.
    pub fn moved(&mut self, partition: u32, executor: ExecutorId) {
        let slot = self.index_of(partition).and_then(|index| self.tasks.get_mut(index));
        if let Some(slot) = slot.filter(|slot| slot.is_done) {
            slot.done_on = Some(executor);
        }
    }

    /// Whether every task is done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.open == 0
    }

    /// A finished task has to run again. Gives its partition.
    pub fn reopen(&mut self, index: usize) -> u32 {
        let slot = &mut self.tasks[index];
        slot.is_done = false;
        slot.done_on = None;
        self.open += 1;
        let (partition, is_running) = (slot.partition, slot.running > 0);
        if !is_running {
            self.put_back(index);
        }
        partition
    }

    /// Which levels make sense with the executors that live now. A level counts while its lists name a living place, even when their
    /// tasks have started: as in Spark, the lists are tidied only when a core is offered.
    pub fn recompute_levels(
        &mut self,
        alive: &dyn Fn(ExecutorId) -> bool,
        alive_node: &dyn Fn(NodeId) -> bool,
        now: VirtualTime,
    ) {
        let before = self.levels.get(self.level).copied();
        let mut levels = Vec::new();
        if self.for_executor.keys().any(|executor| alive(*executor)) {
            levels.push(Locality::Process);
        }
        if self.for_node.keys().any(|node| alive_node(*node)) {
            levels.push(Locality::Node);
        }
        if !self.without_preference.is_empty() {
            levels.push(Locality::NoPreference);
        }
        if !self.for_rack.is_empty() {
            levels.push(Locality::Rack);
        }
        levels.push(Locality::Any);
        if self.levels.is_empty() {
            self.last_reset = now;
        }
        let kept = before.map_or(0, |level| levels.iter().position(|l| *l >= level).unwrap_or(levels.len() - 1));
        // Where a nearer level has come, with an executor, waiting begins there (SPARK-31837).
        let newcomer = levels.iter().position(|level| !self.levels.contains(level));
        self.level = newcomer.filter(|_| before.is_some() && kept > self.level).unwrap_or(kept);
        self.levels = levels;
    }

    /// The farthest level that tasks may start at now; waiting times that have run out are counted.
    pub fn allowed(&mut self, now: VirtualTime, wait: VirtualDuration) -> Locality {
        while self.level + 1 < self.levels.len() {
            let level = self.levels[self.level];
            let has_more = match level {
                Locality::Process => has_waiting(&self.tasks, &mut self.for_executor),
                Locality::Node => has_waiting(&self.tasks, &mut self.for_node),
                Locality::NoPreference => waits_in(&self.tasks, &mut self.without_preference),
                Locality::Rack => has_waiting(&self.tasks, &mut self.for_rack),
                Locality::Any => true,
            };
            let wait = level_wait(level, wait);
            if !has_more {
                self.last_reset = now;
                self.level += 1;
            } else if now.since(self.last_reset) >= wait {
                self.last_reset = self.last_reset + wait;
                self.level += 1;
            } else {
                return level;
            }
        }
        self.levels.get(self.level).copied().unwrap_or(Locality::Any)
    }

    /// When the present level's patience ends; absent at the last level.
    #[must_use]
    pub fn patience_ends(&self, wait: VirtualDuration) -> Option<VirtualTime> {
        (self.level + 1 < self.levels.len()).then(|| self.last_reset + level_wait(self.levels[self.level], wait))
    }

    /// Starts waiting anew from the nearest level.
    pub fn reset_patience(&mut self, now: VirtualTime, nearest: Locality) {
        self.level = self.levels.iter().position(|level| *level >= nearest).unwrap_or(0);
        self.last_reset = now;
    }

    /// The levels of this set, nearest first.
    #[must_use]
    pub fn levels(&self) -> &[Locality] {
        &self.levels
    }

    /// Takes the next task for this executor, not farther from its input than `limit`.
    pub fn dequeue(&mut self, executor: ExecutorId, node: NodeId, limit: Locality) -> Option<Choice> {
        let (tasks, exclusion) = (&self.tasks, &self.exclusion);
        if exclusion.avoids(executor, node) {
            return None;
        }
        let may = |index: usize| !exclusion.forbids(index, executor, node);
        let found = None
            .or_else(|| take(tasks, self.for_executor.get_mut(&executor), may).map(|index| (index, Locality::Process)))
            .or_else(|| {
                let queue = (limit >= Locality::Node).then(|| self.for_node.get_mut(&node)).flatten();
                take(tasks, queue, may).map(|index| (index, Locality::Node))
            })
            .or_else(|| {
                let queue = (limit >= Locality::NoPreference).then_some(&mut self.without_preference);
                take(tasks, queue, may).map(|index| (index, Locality::NoPreference))
            })
            .or_else(|| {
                let rack = self.racks.get(&node).filter(|_| limit >= Locality::Rack);
                let queue = rack.and_then(|rack| self.for_rack.get_mut(rack));
                take(tasks, queue, may).map(|index| (index, Locality::Rack))
            })
            .or_else(|| {
                let queue = (limit >= Locality::Any).then_some(&mut self.all);
                take(tasks, queue, may).map(|index| (index, Locality::Any))
            });
        found.map(|(index, locality)| {
            self.pending -= 1;
            self.tasks[index].is_queued = false;
            Choice { index, locality }
        })
    }
}

fn level_wait(level: Locality, wait: VirtualDuration) -> VirtualDuration {
    match level {
        Locality::Process | Locality::Node | Locality::Rack => wait,
        Locality::NoPreference | Locality::Any => VirtualDuration(0),
    }
}

/// Whether a task of these lists still waits; lists of which all have started are forgotten on the way.
fn has_waiting<Place: Ord>(tasks: &[TaskSlot], lists: &mut BTreeMap<Place, VecDeque<usize>>) -> bool {
    while let Some(mut first) = lists.first_entry() {
        if waits_in(tasks, first.get_mut()) {
            return true;
        }
        first.remove();
    }
    false
}

fn waits_in(tasks: &[TaskSlot], queue: &mut VecDeque<usize>) -> bool {
    while queue.front().is_some_and(|index| !tasks[*index].is_queued) {
        queue.pop_front();
    }
    !queue.is_empty()
}

/// The first task of a queue that still waits and may; entries of tasks that went elsewhere are dropped on the way.
fn take(tasks: &[TaskSlot], queue: Option<&mut VecDeque<usize>>, may: impl Fn(usize) -> bool) -> Option<usize> {
    let queue = queue?;
    let mut refused = Vec::new();
    let mut found = None;
    while let Some(index) = queue.pop_front() {
        if !tasks[index].is_queued {
            continue;
        }
        if may(index) {
            found = Some(index);
            break;
        }
        refused.push(index);
    }
    for index in refused.into_iter().rev() {
        queue.push_front(index);
    }
    found
}

/// Where the task that reads these leaves would rather run: cached blocks, else hosts of files, else large map outputs.
#[must_use]
pub fn preferences(leaves: &[Leaf], tracker: &MapOutputTracker, cached: &CachedBlocks) -> Vec<Preference> {
    let mut found = Vec::new();
    for leaf in leaves {
        match leaf {
            Leaf::Cached { cache, partition, below } => match cached.copies(*cache, *partition) {
                [] => found.extend(preferences(below, tracker, cached)),
                copies => found.extend(copies.iter().map(|at| Preference::Executor(at.executor, at.node))),
            },
            Leaf::File(_) | Leaf::Broadcast(_) | Leaf::Shuffle { .. } => {}
        }
    }
    if found.is_empty() {
        found = file_hosts(leaves).into_iter().map(Preference::Node).collect();
    }
    if found.is_empty() {
        let first = leaves.iter().find_map(|leaf| match leaf {
            Leaf::Shuffle { shuffle, slice } => Some(tracker.preferred_nodes(*shuffle, slice)),
            Leaf::Cached { .. } | Leaf::File(_) | Leaf::Broadcast(_) => None,
        });
        found = first.unwrap_or_default().into_iter().map(Preference::Node).collect();
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The three hosts with most bytes of the files.
fn file_hosts(leaves: &[Leaf]) -> Vec<NodeId> {
    let mut by_node: BTreeMap<NodeId, u64> = BTreeMap::new();
    for leaf in leaves {
        if let Leaf::File(piece) = leaf {
            for host in &piece.hosts {
                *by_node.entry(*host).or_default() += piece.bytes + 1;
            }
        }
    }
    let mut hosts: Vec<(NodeId, u64)> = by_node.into_iter().collect();
    hosts.sort_by_key(|(node, bytes)| (std::cmp::Reverse(*bytes), *node));
    hosts.into_iter().take(3).map(|(node, _)| node).collect()
}
