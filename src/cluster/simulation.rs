//! The one loop: virtual time, pretend executors, real rows.
//!
//! ```text
//!   earliest event ──▶ what it means here ──▶ Scheduler::step ──▶ commands ──▶ new events, work for the pool
//! ```
//!
//! Tasks are computed by the pool as soon as their stage is ready. The loop waits for a result only when the next event depends on it.
//! An output enters a store only when its task ends on the virtual clock; what a dead machine held is dropped from memory.
//!
//! **Invariants**, checked after each step: what [`crate::status::check`] promises of the log; after each fault: every registered block is held
//! by the executor it is registered on. While a job is active something is always due.

use super::attempt::Attempt;
use super::breakage::Losing;
use super::config::{ClusterConfig, Market};
use super::executors::Allocation;
use super::fault::{Breakage, Fault, FaultTime};
use super::inputs::View;
use super::job::{CacheStats, JobResult};
use super::journal::Journal;
use super::leaving::Move;
use super::node::{Executor, Health, Node};
use super::pool::{Pool, Ticket};
use super::storage_level::StorageLevel;
use super::transfers::FlowFor;
use crate::common::ids::{BroadcastId, CacheId, ExecutorId, JobId, NodeId, QueryId, ShuffleId, StageId, TaskId};
use crate::common::text::plural;
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::event::log::EventLog;
use crate::event::{EventKind, RowSample};
use crate::exec::blocks::Room;
use crate::exec::task::{BroadcastRelation, TaskOutput, TaskWork};
use crate::network::{FlowId, Network, Place, Wiring};
use crate::physical::PhysicalPlan;
use crate::scheduler::allocation::AllocationRules;
use crate::scheduler::map_outputs::{ShuffleTable, reported_sizes};
use crate::scheduler::outbox::Sizes;
use crate::scheduler::{Command, Input, Outbox, Scheduler, Timer};
use crate::status::check::Checker;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that will happen. The order of the variants breaks ties: faults strike before work ends at the same moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Strike(usize),
    /// The driver's patience with a machine that has been quiet since then is over.
    Expire(ExecutorId, VirtualTime),
    /// A machine that was given notice goes.
    Leave(NodeId),
    ExecutorStarts(u32),
    Timer(Timer),
    /// A transfer over a cut has waited as long as connections do.
    Stalled {
        task: TaskId,
        transfer: usize,
        round: u32,
    },
    /// A short transfer of a task has arrived.
    Arrived {
        task: TaskId,
        transfer: usize,
        round: u32,
    },
    Computed {
        task: TaskId,
        round: u32,
    },
    Written {
        task: TaskId,
        round: u32,
    },
    /// The task notices that it cannot go on.
    Broken {
        task: TaskId,
        round: u32,
    },
    Begin {
        task: TaskId,
        round: u32,
    },
}

/// What the tasks of a stage do.
#[derive(Clone)]
pub(super) struct StageWork {
    pub plan: Arc<PhysicalPlan>,
    pub work: TaskWork,
    pub conf: Arc<Conf>,
    pub now_micros: i64,
    pub shuffle: Option<ShuffleId>,
    /// What one task may hold.
    pub task_memory_bytes: u64,
}

/// A computation that was started ahead of its launch.
pub(super) struct Prepared {
    pub ticket: Ticket,
    pub view: Arc<View>,
}

/// A job that has not been asked for its result.
pub(super) struct JobState {
    pub stage: StageId,
    pub query: Option<QueryId>,
    pub broadcast: Option<BroadcastId>,
    pub outputs: BTreeMap<u32, TaskOutput>,
    pub result: Option<Result<()>>,
}

/// A pretend cluster that really computes.
pub struct Cluster {
    pub(super) config: ClusterConfig,
    pub(super) seed: u64,
    pub(super) conf: Arc<Conf>,
    pub(super) now: VirtualTime,
    pub(super) scheduler: Scheduler,
    pub(super) journal: Journal,
    pub(super) nodes: BTreeMap<NodeId, Node>,
    pub(super) executors: BTreeMap<ExecutorId, Executor>,
    pub(super) allocation: Allocation,
    pub(super) network: Network,
    pub(super) flows: BTreeMap<FlowId, FlowFor>,
    /// Blocks that leave with notice.
    pub(super) moves: BTreeMap<u32, Move>,
    pub(super) next_move: u32,
    pub(super) levels: BTreeMap<CacheId, StorageLevel>,
    pub(super) is_driver_dead: bool,
    pub(super) is_anything_damaged: bool,
    pub(super) is_anybody_leaving: bool,
    pub(super) faults: Vec<Fault>,
    /// Faults that wait for a task, by position in `faults`.
    pub(super) waiting_faults: BTreeSet<usize>,
    pub(super) failures_left: BTreeMap<usize, u32>,
    pub(super) stage_work: BTreeMap<StageId, StageWork>,
    pub(super) attempts: BTreeMap<TaskId, Attempt>,
    pub(super) prepared: BTreeMap<(StageId, u32), Prepared>,
    /// How often a task has been computed; names its files.
    pub(super) computations: BTreeMap<(StageId, u32), u64>,
    pub(super) versions: BTreeMap<ShuffleId, u64>,
    /// The rows that were drawn of each map output.
    pub(super) drawn: BTreeMap<(ShuffleId, u32), Arc<RowSample>>,
    pub(super) cache_plans: BTreeMap<CacheId, (Arc<PhysicalPlan>, u32)>,
    /// Caches that stand for themselves: local checkpoints.
    pub(super) checkpoints: BTreeSet<CacheId>,
    pub(super) relations: BTreeMap<BroadcastId, Arc<BroadcastRelation>>,
    pub(super) relation_bytes: BTreeMap<BroadcastId, u64>,
    /// Pieces of files: number, and the machines that got a copy.
    pub(super) blocks: BTreeMap<(PathBuf, u64), (u32, Vec<NodeId>)>,
    pub(super) lost_copies: BTreeSet<(u32, NodeId)>,
    /// Faults that lost a block of a file; they may strike before anybody reads it.
    pub(super) losses: Vec<(String, Losing)>,
    pub(super) jobs: BTreeMap<JobId, JobState>,
    pub(super) errors: BTreeMap<TaskId, SparkError>,
    /// What would help jobs of which a task ran out of memory.
    pub(super) remedies: BTreeMap<JobId, &'static str>,
    pub(super) query_shuffles: BTreeMap<QueryId, Vec<ShuffleId>>,
    /// What exchanges that the cluster cut by itself have become: later jobs of the same plan find their outputs still there.
    pub(super) reads: Vec<Arc<PhysicalPlan>>,
    /// Plans of queries that have ended and may run again.
    pub(super) living_plans: Vec<Arc<PhysicalPlan>>,
    /// Shuffles and broadcasts of queries that have ended, kept for caches and plans that stand on them.
    pub(super) kept_shuffles: BTreeSet<ShuffleId>,
    pub(super) kept_broadcasts: BTreeSet<BroadcastId>,
    pub(super) query_broadcasts: BTreeMap<QueryId, Vec<BroadcastId>>,
    pub(super) pool: Pool,
    /// Memory of this process for shuffle blocks.
    pub(super) room: Arc<Room>,
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) next: Counters,
    pub(super) heap: BinaryHeap<Reverse<(VirtualTime, Due, u64)>>,
    inbox: VecDeque<Input>,
    /// Tasks are not computed.
    pub(super) pretend: Option<super::pretend::Pretend>,
    checker: Checker,
    /// Events that the checker has seen.
    checked: usize,
}

/// The next number of each kind.
#[derive(Debug, Default)]
pub(super) struct Counters {
    event: u64,
    pub stage: u32,
    pub job: u32,
    pub shuffle: u32,
    broadcast: u32,
    cache: u32,
    pub executor: u32,
}

impl Cluster {
    /// Starts the machines and one executor on each. The log should already hold `ApplicationStarted`.
    ///
    /// # Errors
    /// When a fault names a node that the cluster does not have.
    pub fn new(
        config: ClusterConfig,
        faults: Vec<Fault>,
        seed: u64,
        conf: Arc<Conf>,
        log: EventLog,
        threads: usize,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Cluster> {
        check_faults(&faults, &config)?;
        let failures_left = faults.iter().enumerate().filter_map(|(index, fault)| match fault {
            Fault { what: Breakage::FailTask { times, .. }, .. } => Some((index, *times)),
            _ => None,
        });
        let mut cluster = Cluster {
            seed,
            now: VirtualTime::ZERO,
            scheduler: Scheduler::new(&conf),
            conf,
            journal: Journal::new(log),
            nodes: BTreeMap::new(),
            executors: BTreeMap::new(),
            allocation: Allocation::default(),
            network: Network::new(wiring(&config)),
            flows: BTreeMap::new(),
            moves: BTreeMap::new(),
            next_move: 0,
            levels: BTreeMap::new(),
            is_driver_dead: false,
            is_anything_damaged: false,
            is_anybody_leaving: false,
            waiting_faults: BTreeSet::new(),
            failures_left: failures_left.collect(),
            faults,
            stage_work: BTreeMap::new(),
            attempts: BTreeMap::new(),
            prepared: BTreeMap::new(),
            computations: BTreeMap::new(),
            versions: BTreeMap::new(),
            drawn: BTreeMap::new(),
            cache_plans: BTreeMap::new(),
            checkpoints: BTreeSet::new(),
            relations: BTreeMap::new(),
            relation_bytes: BTreeMap::new(),
            blocks: BTreeMap::new(),
            lost_copies: BTreeSet::new(),
            losses: Vec::new(),
            jobs: BTreeMap::new(),
            errors: BTreeMap::new(),
            remedies: BTreeMap::new(),
            query_shuffles: BTreeMap::new(),
            reads: Vec::new(),
            living_plans: Vec::new(),
            kept_shuffles: BTreeSet::new(),
            kept_broadcasts: BTreeSet::new(),
            query_broadcasts: BTreeMap::new(),
            pool: Pool::new(threads),
            room: Room::new(u64::MAX),
            cancelled,
            next: Counters::default(),
            heap: BinaryHeap::new(),
            inbox: VecDeque::new(),
            pretend: None,
            checker: Checker::default(),
            checked: 0,
            config,
        };
        cluster.start_machines();
        Ok(cluster)
    }

    /// From now on the shuffle blocks of this process take no more memory than this; others go to temporary files.
    pub fn bound_blocks(&mut self, bytes: u64) {
        self.room = Room::new(bytes);
    }

    fn start_machines(&mut self) {
        for number in 1..=self.config.nodes() {
            let node = NodeId(number);
            self.nodes.insert(node, Node::new());
            let machine = self.config.machine(node);
            let (cores, memory_bytes, rack) = (machine.cores, machine.memory_bytes, machine.rack);
            let is_spot = machine.market == Market::Spot;
            self.emit(EventKind::NodeAdded { node, cores, memory_bytes, rack, is_spot });
        }
        for index in 0..self.faults.len() {
            match (&self.faults[index].what, self.faults[index].at) {
                (Breakage::FailTask { .. }, _) => {}
                (_, FaultTime::At(at)) => self.schedule(at, Due::Strike(index)),
                _ => drop(self.waiting_faults.insert(index)),
            }
        }
        self.ask_anew();
    }

    /// Asks for executors as a driver does that has none.
    pub(super) fn ask_anew(&mut self) {
        let target = AllocationRules::of(&self.conf).map(|rules| rules.initial);
        self.allocation.begin(target);
        self.fill_up();
    }

    /// The clock.
    #[must_use]
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    /// The shape it was made with.
    #[must_use]
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Lets time pass on the driver (a sleep, planning); what is due on the cluster meanwhile happens.
    pub fn advance(&mut self, length: VirtualDuration) {
        let until = self.now + length;
        while self.next_time().is_some_and(|time| time <= until) {
            self.take_step();
        }
        self.now = self.now.max(until);
        self.settle();
    }

    /// From now on tasks see this configuration.
    pub fn set_conf(&mut self, conf: Arc<Conf>) {
        self.scheduler.set_conf(&conf);
        self.conf = conf;
    }

    /// A number for a shuffle that will run.
    pub fn new_shuffle(&mut self) -> ShuffleId {
        self.next.shuffle += 1;
        ShuffleId(self.next.shuffle - 1)
    }

    /// A number for a broadcast that will run.
    pub fn new_broadcast(&mut self) -> BroadcastId {
        self.next.broadcast += 1;
        BroadcastId(self.next.broadcast - 1)
    }

    /// A number for a cache that will be filled, at a level such as `MEMORY_AND_DISK_2`.
    pub fn new_cache(&mut self, level: &str) -> CacheId {
        let cache = CacheId(self.next.cache);
        self.next.cache += 1;
        self.levels.insert(cache, StorageLevel::of(level));
        cache
    }

    /// Runs the clock until one of `jobs` has ended, and gives that job's result.
    ///
    /// # Errors
    /// What aborted the job: a task's own error, or a `SparkException` with Spark's reason. The other jobs go on; see [`Cluster::cancel`].
    pub fn run_until_done(&mut self, jobs: &[JobId]) -> Result<JobResult> {
        loop {
            let ended = jobs.iter().find(|job| self.jobs.get(job).is_some_and(|state| state.result.is_some()));
            if let Some(job) = ended {
                self.settle();
                return self.take_result(*job);
            }
            if self.cancelled.load(Ordering::Relaxed) {
                self.settle();
                return Err(SparkError::new(ErrorClass::Interrupted, "the run was interrupted"));
            }
            assert!(
                jobs.iter().any(|job| self.jobs.contains_key(job)),
                "somebody waits for a job that was never submitted"
            );
            self.take_step();
        }
    }

    fn take_result(&mut self, job: JobId) -> Result<JobResult> {
        let Some(state) = self.jobs.remove(&job) else {
            return Err(SparkError::internal(format!("{job} was asked for twice")));
        };
        let is_bounded = self.stage_work.get(&state.stage).is_some_and(|work| work.plan.is_bounded());
        self.forget_stage(state.stage);
        state.result.unwrap_or(Ok(()))?;
        Ok(JobResult { job, outputs: state.outputs.into_iter().collect(), is_bounded })
    }

    /// The work of a result stage is over; a map stage may run again and is kept.
    fn forget_stage(&mut self, stage: StageId) {
        self.forget_prepared(|key, _| key.0 == stage);
        if self.stage_work.get(&stage).is_some_and(|work| work.shuffle.is_none()) {
            let work = self.stage_work.remove(&stage);
            if work.is_some_and(|work| matches!(work.work, TaskWork::Write)) {
                self.pool.wait_for_unwanted();
            }
        }
    }

    /// Gives jobs up that nobody waits for any more; their running tasks are killed.
    pub fn cancel(&mut self, jobs: &[JobId], reason: &str) {
        for job in jobs {
            if self.jobs.get(job).is_some_and(|state| state.result.is_none()) {
                self.tell(Input::JobCancelled { job: *job, reason: reason.to_owned() });
            }
            let _ = self.take_result(*job);
        }
        self.settle();
    }

    /// Whether every output of a shuffle is there.
    #[must_use]
    pub fn has_all_outputs(&self, shuffle: ShuffleId) -> bool {
        self.scheduler.map_outputs().table(shuffle).is_some_and(ShuffleTable::is_complete)
    }

    /// What each map task wrote into a shuffle that has run, for each reduce partition: bytes as the driver knows them, with the scale applied.
    /// Outputs that were lost since count as well: what a stage measured when it had finished stays (Spark's `MapOutputStatistics`).
    #[must_use]
    pub fn map_sizes(&self, shuffle: ShuffleId) -> Vec<Vec<u64>> {
        let scaled = |sizes: &Sizes| sizes.bytes.iter().map(|bytes| bytes * self.config.scale).collect::<Vec<u64>>();
        self.written_into(shuffle).map(|sizes| reported_sizes(&scaled(sizes))).collect()
    }

    /// The bytes of all rows of a shuffle that has run before they were packed, with the scale applied.
    #[must_use]
    pub fn shuffle_data_bytes(&self, shuffle: ShuffleId) -> u64 {
        self.written_into(shuffle).map(|sizes| sizes.data_bytes * self.config.scale).sum()
    }

    /// All rows of a shuffle that has run, with the scale applied.
    #[must_use]
    pub fn shuffle_rows(&self, shuffle: ShuffleId) -> u64 {
        self.written_into(shuffle).flat_map(|sizes| sizes.rows.iter()).map(|rows| rows * self.config.scale).sum()
    }

    fn written_into(&self, shuffle: ShuffleId) -> impl Iterator<Item = &Sizes> {
        let table = self.scheduler.map_outputs().table(shuffle);
        table.into_iter().flat_map(|table| (0..table.maps()).filter_map(|map| table.sizes(map)))
    }

    /// The rows of a broadcast that has run.
    #[must_use]
    pub fn broadcast(&self, broadcast: BroadcastId) -> Option<Arc<BroadcastRelation>> {
        self.relations.get(&broadcast).cloned()
    }

    /// How much of a cache is filled.
    #[must_use]
    pub fn cache_stats(&self, cache: CacheId) -> CacheStats {
        let mut stats = CacheStats {
            partitions: self.cache_plans.get(&cache).map_or(0, |(_, count)| *count),
            ..CacheStats::default()
        };
        for (_, at) in self.scheduler.cached().of(cache) {
            stats.cached += 1;
            stats.rows += at.rows * self.config.scale;
            stats.bytes += at.bytes * self.config.scale;
        }
        stats
    }

    /// A cache stands for itself from now on (a local checkpoint): what is lost of it is not made again. `nothing` stands where its lineage was.
    pub fn cut_lineage(&mut self, cache: CacheId, nothing: Arc<PhysicalPlan>) {
        let partitions = nothing.partitions() as u32;
        self.cache_plans.insert(cache, (nothing, partitions));
        self.checkpoints.insert(cache);
    }

    /// `unpersist`: the blocks are dropped on all nodes.
    pub fn drop_cache(&mut self, cache: CacheId) {
        for executor in self.executors.values_mut() {
            executor.store.drop_cache(cache);
        }
        self.cache_plans.remove(&cache);
        self.tell(Input::CacheDropped { cache });
        self.drop_unused();
        self.settle();
    }

    /// The query has ended: what still runs for it is cancelled. Shuffles and broadcasts are dropped, except those below a cache that still
    /// stands or below a plan of `living`, the plans that may run again.
    pub fn end_query(&mut self, query: QueryId, living: Vec<Arc<PhysicalPlan>>) {
        let jobs: Vec<JobId> =
            self.jobs.iter().filter(|(_, job)| job.query == Some(query)).map(|(id, _)| *id).collect();
        self.cancel(&jobs, "its query has ended");
        self.living_plans = living;
        self.kept_shuffles.extend(self.query_shuffles.remove(&query).unwrap_or_default());
        self.kept_broadcasts.extend(self.query_broadcasts.remove(&query).unwrap_or_default());
        self.drop_unused();
    }

    /// Drops what ended queries left and nobody wants any more.
    pub(super) fn drop_unused(&mut self) {
        let wanted = self.still_wanted();
        let broadcasts: BTreeSet<_> = self.kept_broadcasts.extract_if(.., |id| !wanted.1.contains(id)).collect();
        let shuffles: BTreeSet<_> = self.kept_shuffles.extract_if(.., |id| !wanted.0.contains(id)).collect();
        self.reads.retain(|read| match read.as_ref() {
            PhysicalPlan::ShuffleRead { shuffle, .. } => !shuffles.contains(shuffle),
            PhysicalPlan::BroadcastRead { broadcast, .. } => !broadcasts.contains(broadcast),
            _ => false,
        });
        self.relations.retain(|broadcast, _| !broadcasts.contains(broadcast));
        self.drawn.retain(|(shuffle, _), _| !shuffles.contains(shuffle));
        for shuffle in shuffles {
            let services = self.nodes.values_mut().map(|node| &mut node.service);
            let stores = self.executors.values_mut().map(|executor| &mut executor.store);
            services.chain(stores).for_each(|store| store.drop_shuffle(shuffle));
            self.tell(Input::ShuffleDropped { shuffle });
        }
    }

    /// The script has ended. Faults that had not struck never do.
    pub fn finish(&mut self, exit: i32) {
        self.settle();
        self.miss_the_rest();
        self.emit(EventKind::ApplicationEnded { exit });
        self.check_invariants();
    }

    pub(super) fn emit(&mut self, kind: EventKind) {
        self.journal.push(self.now, kind);
    }

    pub(super) fn schedule(&mut self, at: VirtualTime, due: Due) {
        self.next.event += 1;
        self.heap.push(Reverse((at.max(self.now), due, self.next.event)));
    }

    fn next_time(&mut self) -> Option<VirtualTime> {
        let planned = self.heap.peek().map(|Reverse((at, _, _))| *at);
        let transferred = self.network.next_end();
        match (planned, transferred) {
            (Some(planned), Some(transferred)) => Some(planned.min(transferred)),
            (planned, transferred) => planned.or(transferred),
        }
    }

    /// Lets the next thing happen.
    fn take_step(&mut self) {
        let Some(time) = self.next_time() else {
            assert!(self.scheduler.executors().next().is_none(), "a job is active, executors live, and nothing is due");
            self.tell(Input::NothingLeft);
            return;
        };
        assert!(time >= self.now, "virtual time never goes back");
        self.now = time;
        let ended = self.network.ended(time);
        let is_due = self.heap.peek().is_some_and(|Reverse((at, _, _))| *at <= time);
        if ended.is_empty()
            && is_due
            && let Some(Reverse((_, due, _))) = self.heap.pop()
        {
            self.happen(due);
        }
        for flow in ended {
            match self.flows.remove(&flow) {
                Some(FlowFor::Task(task, transfer)) => self.transfer_ended(task, transfer),
                Some(FlowFor::Move(number)) => self.move_ended(number),
                None => {}
            }
        }
        self.let_the_finished_leave();
        self.check_invariants();
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Strike(index) => self.strike(index),
            Due::Expire(executor, since) => self.expire(executor, since),
            Due::Leave(node) => self.leave(node),
            Due::ExecutorStarts(number) => self.executor_arrives(number),
            Due::Timer(timer) => {
                let is_allocation = matches!(timer, Timer::Allocation);
                self.tell(Input::TimerFired(timer));
                // It fires as long as tasks wait, also where no machine is left that could give an executor.
                if is_allocation && self.executors.is_empty() {
                    self.replace_executors();
                }
            }
            Due::Arrived { task, transfer, round } if self.is_current(task, round) => {
                self.transfer_ended(task, transfer);
            }
            Due::Computed { task, round } if self.is_current(task, round) => self.computed(task),
            Due::Written { task, round } if self.is_current(task, round) => self.task_done(task),
            Due::Broken { task, round } if self.is_current(task, round) => self.task_broken(task),
            Due::Begin { task, round } if self.is_current(task, round) => self.begin(task),
            Due::Stalled { task, transfer, round } if self.is_current(task, round) => self.stalled(task, transfer),
            Due::Stalled { .. }
            | Due::Arrived { .. }
            | Due::Computed { .. }
            | Due::Written { .. }
            | Due::Broken { .. }
            | Due::Begin { .. } => {}
        }
    }

    fn is_current(&self, task: TaskId, round: u32) -> bool {
        self.attempts.get(&task).is_some_and(|attempt| attempt.round == round)
    }

    /// Tells the scheduler a fact and does what it wants, until it wants nothing more.
    pub(super) fn tell(&mut self, input: Input) {
        self.inbox.push_back(input);
        if self.inbox.len() > 1 {
            return;
        }
        while let Some(input) = self.inbox.front().cloned() {
            let mut out = Outbox::default();
            self.scheduler.step(self.now, input, &mut out);
            for command in out.drain() {
                self.perform(command);
            }
            self.inbox.pop_front();
        }
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Prepare { stage, partitions } => self.prepare(stage, &partitions),
            Command::Launch(launch) => self.launch(launch),
            Command::Accept { task } => self.accept(task),
            Command::Discard { task } | Command::Kill { task } => self.discard(task),
            Command::DropOutputs { shuffle, maps, executor } => self.drop_outputs(shuffle, &maps, executor),
            Command::RequestExecutors { total } => {
                self.allocation.target = Some(total);
                self.fill_up();
            }
            Command::ReleaseExecutor { executor, idle } => self.release(executor, idle),
            Command::SetTimer { at, timer } => self.schedule(at, Due::Timer(timer)),
            Command::Emit(event) => self.told(event),
            Command::JobSucceeded { job } => self.job_succeeded(job),
            Command::JobFailed { job, reason, task } => {
                let own = task.and_then(|task| self.errors.remove(&task));
                // Nobody is left who could catch an exception of a dead driver.
                let class = if self.is_driver_dead { ErrorClass::Stopped } else { ErrorClass::SparkException };
                let remedy = self.remedies.remove(&job);
                let error = own.unwrap_or_else(|| SparkError::new(class, reason));
                let error = remedy.into_iter().fold(error, SparkError::with_help);
                if let Some(state) = self.jobs.get_mut(&job) {
                    let outputs = std::mem::take(&mut state.outputs);
                    state.result = Some(Err(error));
                    outputs.values().for_each(super::attempt::remove_files);
                }
            }
        }
    }

    /// Passes an event of the scheduler on, and lets faults strike that wait for it.
    fn told(&mut self, event: EventKind) {
        let finished = match &event {
            EventKind::TaskEnded { task, outcome: crate::event::TaskOutcome::Succeeded, .. } => {
                self.attempts.get(task).map(|attempt| (attempt.launch.stage.stage, attempt.launch.partition))
            }
            _ => None,
        };
        self.emit(event);
        let Some((stage, partition)) = finished else { return };
        let due: Vec<usize> = self
            .waiting_faults
            .iter()
            .copied()
            .filter(|index| match self.faults[*index].at {
                FaultTime::AfterTask { stage: s, partition: p } => s == stage && p == partition,
                FaultTime::AfterStageStarts { stage: s } => s == stage,
                FaultTime::At(_) => false,
            })
            .collect();
        for index in due {
            self.waiting_faults.remove(&index);
            self.schedule(self.now, Due::Strike(index));
        }
    }

    fn job_succeeded(&mut self, job: JobId) {
        self.remedies.remove(&job);
        let Some(state) = self.jobs.get_mut(&job) else { return };
        state.result = Some(Ok(()));
        if let Some(broadcast) = state.broadcast {
            let (stage, outputs) = (state.stage, std::mem::take(&mut state.outputs).into_values().collect());
            let kept = self.keep_broadcast(broadcast, stage, outputs);
            if let Some(state) = self.jobs.get_mut(&job) {
                state.result = Some(kept);
            }
        }
    }

    fn keep_broadcast(&mut self, broadcast: BroadcastId, stage: StageId, outputs: Vec<TaskOutput>) -> Result<()> {
        let is_bounded = self.stage_work.get(&stage).is_some_and(|work| work.plan.is_bounded());
        super::result_size::check(&outputs, &self.conf, if is_bounded { 1 } else { self.config.scale })?;
        let batches: Vec<_> = outputs.into_iter().flat_map(|output| output.batches).collect();
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let bytes = batches.iter().map(crate::exec::batch::row_bytes).sum();
        self.check_relation(bytes)?;
        self.relations.insert(broadcast, Arc::new(BroadcastRelation { batches, ..BroadcastRelation::default() }));
        self.relation_bytes.insert(broadcast, bytes);
        self.emit(EventKind::BroadcastCreated { broadcast, bytes, rows, stage: Some(stage) });
        Ok(())
    }

    /// Everything that is known goes into the log; transfers still under way are given the arrival that is foreseen now.
    fn settle(&mut self) {
        if self.journal.is_settled() {
            return;
        }
        let open: Vec<(FlowId, (TaskId, usize))> =
            self.flows.iter().filter_map(|(flow, at)| Some((*flow, at.of_task()?))).collect();
        for (flow, (task, transfer)) in open {
            let arrives = self.network.estimate(flow).unwrap_or(self.now);
            let event =
                self.attempts.get_mut(&task).and_then(|attempt| attempt.transfers.get_mut(transfer)?.event.take());
            if let Some(event) = event {
                self.journal.close(event, arrives);
            }
        }
        assert!(self.journal.is_settled(), "every open event belongs to a transfer that is under way");
    }

    /// Cheap enough for every step: what the step touched, and what it told the log.
    fn check_invariants(&mut self) {
        let busy = self.scheduler.running().len();
        assert!(self.attempts.len() <= busy, "an attempt runs that the driver does not know of");
        for event in self.journal.since(self.checked) {
            self.checked += 1;
            let broken = self.checker.see(&event).err();
            assert!(broken.is_none(), "{}", broken.map(|broken| broken.to_string()).unwrap_or_default());
        }
    }

    /// The whole picture, after each fault.
    pub(super) fn check_everything(&self) {
        let mut busy: BTreeMap<ExecutorId, usize> = BTreeMap::new();
        for running in self.scheduler.running().values() {
            *busy.entry(running.executor).or_default() += 1;
        }
        for (executor, cores, free) in self.scheduler.executors() {
            let running = busy.get(&executor).copied().unwrap_or(0);
            assert!(running + free == cores as usize, "{executor} counts its cores wrong");
        }
        for attempt in self.attempts.values() {
            let runs_here = self.executors.get(&attempt.launch.executor).is_some_and(|executor| {
                executor.node == attempt.launch.node && self.nodes.get(&executor.node).is_some_and(Node::is_up)
            });
            assert!(runs_here, "{} runs on an executor that is gone", attempt.launch.task);
        }
        assert!(self.registered_blocks_exist(), "a registered block is not where it is registered");
    }

    /// Whether every block that the driver knows is really held where it says. A silent machine holds nothing, and the driver does not know.
    pub(super) fn registered_blocks_exist(&self) -> bool {
        let is_silent = |node: NodeId| self.nodes[&node].health == Health::Silent;
        let holds_output = |(shuffle, map, at): (_, _, &crate::scheduler::MapStatus)| {
            let store = self.shuffle_store(at.executor, at.node);
            is_silent(at.node) || store.is_some_and(|store| store.map_output(shuffle, map).is_some())
        };
        self.scheduler.map_outputs().all().all(holds_output)
            && self.scheduler.cached().all().all(|(cache, partition, at)| {
                let executor = self.executors.get(&at.executor);
                is_silent(at.node) || executor.is_some_and(|held| held.store.cached(cache, partition).is_some())
            })
    }
}

/// What joins the machines. Speeds that the configuration does not give are the cost model's.
fn wiring(config: &ClusterConfig) -> Wiring {
    let cost = &config.cost;
    let usual = |rack| Place {
        rack,
        card_bytes_per_sec: cost.network_bytes_per_sec,
        disk_bytes_per_sec: cost.disk_bytes_per_sec,
    };
    let mut wiring = Wiring::new(usual(0));
    for (machine, number) in config.machines.iter().zip(1..) {
        let usual = usual(machine.rack);
        let place = Place {
            card_bytes_per_sec: machine.network_bytes_per_sec.unwrap_or(usual.card_bytes_per_sec),
            disk_bytes_per_sec: machine.disk_bytes_per_sec.unwrap_or(usual.disk_bytes_per_sec),
            ..usual
        };
        wiring.set_place(NodeId(number), place);
    }
    wiring.set_store_speed(cost.store_bytes_per_sec);
    if let Some(speed) = config.rack_bytes_per_sec {
        wiring.set_rack_speed(speed);
    }
    wiring
}

/// Whether everything that faults name is there.
///
/// # Errors
/// A node or a rack that this cluster does not have.
pub fn check_faults(faults: &[Fault], config: &ClusterConfig) -> Result<()> {
    let refused =
        |what: String, help: String| Err(SparkError::new(ErrorClass::IllegalArgumentException, what).with_help(help));
    for fault in faults {
        if let Some(node) = fault.what.nodes().into_iter().find(|node| node.0 == 0 || node.0 > config.nodes()) {
            return refused(
                format!("there is no {node}: the cluster has {}", plural(u64::from(config.nodes()), "node")),
                format!("Name a node from 1 to {}.", config.nodes()),
            );
        }
        if let Breakage::KillRack(rack) = fault.what
            && rack >= config.racks()
        {
            return refused(
                format!("there is no rack-{}: the cluster has {}", rack + 1, plural(u64::from(config.racks()), "rack")),
                "Racks come from a cluster file or a shape such as 2x4x3.".to_owned(),
            );
        }
    }
    Ok(())
}
