//! From a submitted job to computations on the pool: stages are defined, inputs fixed, tasks computed ahead of their launch.

use super::attempt::Needs;
use super::config::{ClusterConfig, Storage};
use super::inputs::{ShuffleView, View};
use super::job::{JobSpec, JobWork};
use super::pool::Ticket;
use super::simulation::{Cluster, JobState, Prepared, StageWork};
use crate::common::ids::{BroadcastId, CacheId, ExecutorId, InputBlockId, JobId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::EventKind;
use crate::exec::peek::Seen;
use crate::exec::task::{Batches, ResolvedPartitioning, TaskContext, TaskOutput, TaskWork, run_task};
use crate::physical::plan::{FileSlice, Partitioning};
use crate::physical::same_result::Canonical;
use crate::physical::{PhysicalPlan, adaptive};
use crate::scheduler::determinism;
use crate::scheduler::map_outputs::ranges;
use crate::scheduler::{FilePiece, Input, Job, Leaf, Stage, StageInput};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Exchanges of one plan that have become reads of shuffles and broadcasts: by address, and by what they give. Equal ones run once.
#[derive(Default)]
struct Replaced {
    by_address: BTreeMap<*const PhysicalPlan, Arc<PhysicalPlan>>,
    made: Vec<(Canonical, Arc<PhysicalPlan>)>,
}

impl Replaced {
    /// A read of what an equal exchange has become.
    fn equal_to(&self, exchange: &Arc<PhysicalPlan>, canonical: &Canonical) -> Option<PhysicalPlan> {
        let (_, read) = self.made.iter().find(|(known, _)| known == canonical)?;
        let mut read = read.as_ref().clone();
        if let PhysicalPlan::ShuffleRead { exchange: own, .. } | PhysicalPlan::BroadcastRead { exchange: own, .. } =
            &mut read
        {
            *own = exchange.clone();
        }
        Some(read)
    }
}

/// Rows of each shuffle that the log keeps for people to look at, and from at most how many map outputs.
const PEEKED_ROWS: usize = 64;
const PEEKED_MAPS: usize = 16;

impl Cluster {
    /// Hands a job to the scheduler. Broadcasts in the plan run first, as jobs of their own.
    ///
    /// # Errors
    /// When such a job fails.
    pub fn submit(&mut self, spec: JobSpec) -> Result<JobId> {
        if self.is_driver_dead {
            return Err(driver_is_dead());
        }
        let plan = self.without_exchanges(&spec.plan, &spec, &mut Replaced::default())?;
        let (work, shuffle, broadcast) = match &spec.work {
            JobWork::MapStage { shuffle, partitioning } => (
                TaskWork::ShuffleWrite { partitioning: partitioning.clone() },
                Some((*shuffle, partitioning.count())),
                None,
            ),
            JobWork::Collect => (TaskWork::Collect, None, None),
            JobWork::CollectFirst(count) => (TaskWork::CollectFirst(*count), None, None),
            JobWork::SampleKeys { order, size, seed } => {
                (TaskWork::SampleKeys { order: order.clone(), size: *size, seed: *seed }, None, None)
            }
            JobWork::Broadcast { broadcast } => (TaskWork::Collect, None, Some(*broadcast)),
            JobWork::Write => (TaskWork::Write, None, None),
            JobWork::Drop => (TaskWork::Drop, None, None),
        };
        if let (Some(query), Some(broadcast)) = (spec.query, broadcast) {
            self.query_broadcasts.entry(query).or_default().push(broadcast);
        }
        let all = 0..plan.partitions() as u32;
        let partitions = spec.partitions.clone().unwrap_or_else(|| all.collect());
        let stage = self.define_stage(plan, work, shuffle, &spec);
        let job = JobId(self.next.job);
        self.next.job += 1;
        self.jobs.insert(job, JobState { stage, query: spec.query, broadcast, outputs: BTreeMap::new(), result: None });
        let description = spec.description;
        self.tell(Input::JobSubmitted(Job { job, query: spec.query, stage, partitions, description }));
        Ok(job)
    }

    fn define_stage(
        &mut self,
        plan: Arc<PhysicalPlan>,
        work: TaskWork,
        shuffle: Option<(ShuffleId, usize)>,
        spec: &JobSpec,
    ) -> StageId {
        let id = StageId(self.next.stage);
        self.next.stage += 1;
        if let (Some(query), Some((shuffle, _))) = (spec.query, shuffle) {
            self.query_shuffles.entry(query).or_default().push(shuffle);
        }
        self.note_caches(&plan);
        self.place_blocks(&plan);
        let piece = |slice: &FileSlice| {
            let (block, hosts) = self.blocks.get(&block_key(slice)).cloned().unwrap_or((u32::MAX, Vec::new()));
            let path = slice.path.to_string_lossy();
            let is_cold = self.config.cold.iter().any(|folder| path.contains(folder.as_str()));
            FilePiece { block, bytes: slice.length, hosts, is_cold }
        };
        let partitions = (0..plan.partitions())
            .map(|partition| crate::scheduler::stage_graph::leaves(&plan, partition, &piece))
            .collect();
        let graph = self.scheduler.stages();
        let rows = determinism::of_rows(&plan, &|shuffle| graph.determinism_of(shuffle));
        let determinism = match &work {
            TaskWork::ShuffleWrite {
                partitioning: ResolvedPartitioning::Plain(Partitioning::RoundRobin { order, .. }),
            } => determinism::of_round_robin(rows, *order),
            _ => rows,
        };
        let stage = Stage {
            id,
            writes: shuffle.map(|(shuffle, count)| (shuffle, count as u32)),
            inputs: crate::scheduler::stage_graph::stage_inputs(&plan),
            partitions,
            determinism,
            plan: plan.clone(),
        };
        let conf = self.conf.clone();
        let shuffle = shuffle.map(|(shuffle, _)| shuffle);
        let task_memory_bytes = self.task_memory(&conf);
        let work = StageWork { plan, work, conf, now_micros: spec.now_micros, shuffle, task_memory_bytes };
        self.stage_work.insert(id, work);
        self.tell(Input::StageDefined { stage, query: spec.query, line: spec.line });
        id
    }

    fn note_caches(&mut self, plan: &PhysicalPlan) {
        plan.visit(&mut |node| {
            if let PhysicalPlan::InMemoryTableScan { id, plan, .. } = node {
                self.cache_plans.insert(*id, (plan.clone(), plan.partitions() as u32));
            }
        });
    }

    /// Gives each piece of a file its nodes.
    fn place_blocks(&mut self, plan: &PhysicalPlan) {
        let mut placed = Vec::new();
        plan.visit(&mut |node| {
            let PhysicalPlan::FileScan(scan) = node else { return };
            for slice in scan.tasks.iter().flatten() {
                let number = self.blocks.len() as u32;
                let key = block_key(slice);
                if !self.blocks.contains_key(&key) {
                    let hosts = copies_of_block(&self.config, self.seed.wrapping_add(u64::from(number)));
                    placed.extend((!hosts.is_empty()).then(|| EventKind::InputBlockPlaced {
                        block: InputBlockId(number),
                        path: key.0.to_string_lossy().into(),
                        start: slice.start,
                        bytes: slice.length,
                        nodes: hosts.as_slice().into(),
                    }));
                    self.blocks.insert(key, (number, hosts));
                }
            }
        });
        for event in placed {
            self.emit(event);
        }
        self.lose_blocks();
    }

    /// The plan with every exchange turned into a read of a shuffle or a broadcast.
    fn without_exchanges(
        &mut self,
        plan: &Arc<PhysicalPlan>,
        spec: &JobSpec,
        done: &mut Replaced,
    ) -> Result<Arc<PhysicalPlan>> {
        if let Some(known) = done.by_address.get(&Arc::as_ptr(plan)).or_else(|| self.read_of(plan)) {
            return Ok(known.clone());
        }
        let canonical = self.may_be_reused(plan).then(|| Canonical::of(plan, &spec.plan));
        if let Some(read) = canonical.as_ref().and_then(|canonical| done.equal_to(plan, canonical)) {
            return Ok(self.replaced(plan, Arc::new(read), done));
        }
        let children = match plan.as_ref() {
            PhysicalPlan::InMemoryTableScan { id, plan: below, .. } => {
                vec![self.cache_lineage(*id, below, spec, done)?]
            }
            other => {
                let children: Vec<Arc<PhysicalPlan>> = other.children().into_iter().cloned().collect();
                children.iter().map(|child| self.without_exchanges(child, spec, done)).collect::<Result<_>>()?
            }
        };
        let replaced = match plan.as_ref() {
            PhysicalPlan::ShuffleExchange { partitioning, .. } => self.cut(plan, partitioning, &children, spec)?,
            PhysicalPlan::BroadcastExchange { .. } => {
                let broadcast = self.new_broadcast();
                let input = children.into_iter().next().unwrap_or_else(|| plan.clone());
                let work = JobWork::Broadcast { broadcast };
                let job = self.submit(JobSpec { plan: input, work, partitions: None, ..spec.clone() })?;
                self.run_until_done(&[job])?;
                Arc::new(PhysicalPlan::BroadcastRead { broadcast, exchange: plan.clone() })
            }
            other => {
                let same = other.children().into_iter().zip(&children).all(|(old, new)| Arc::ptr_eq(old, new));
                if same { plan.clone() } else { Arc::new(other.with_children(children)) }
            }
        };
        done.made.extend(canonical.map(|canonical| (canonical, replaced.clone())));
        Ok(self.replaced(plan, replaced, done))
    }

    /// Notes what a part of a plan has become.
    fn replaced(&mut self, plan: &Arc<PhysicalPlan>, by: Arc<PhysicalPlan>, done: &mut Replaced) -> Arc<PhysicalPlan> {
        done.by_address.insert(Arc::as_ptr(plan), by.clone());
        if is_exchange(plan) {
            self.reads.push(by.clone());
        }
        by
    }

    /// Whether an equal exchange may stand in for this one: not for the shuffles of RDDs.
    fn may_be_reused(&self, plan: &PhysicalPlan) -> bool {
        adaptive::is_exchange(plan) && self.conf.flag("spark.sql.exchange.reuse")
    }

    /// What an exchange has become in an earlier job.
    fn read_of(&self, plan: &PhysicalPlan) -> Option<&Arc<PhysicalPlan>> {
        if !is_exchange(plan) {
            return None;
        }
        self.reads.iter().find(|read| match read.as_ref() {
            PhysicalPlan::ShuffleRead { exchange, .. } | PhysicalPlan::BroadcastRead { exchange, .. } => {
                std::ptr::eq(Arc::as_ptr(exchange), plan)
            }
            _ => false,
        })
    }

    fn cut(
        &mut self,
        exchange: &Arc<PhysicalPlan>,
        partitioning: &Partitioning,
        children: &[Arc<PhysicalPlan>],
        spec: &JobSpec,
    ) -> Result<Arc<PhysicalPlan>> {
        if matches!(partitioning, Partitioning::Range(..)) {
            return Err(SparkError::internal("a range exchange reached the cluster before its bounds were sampled"));
        }
        let (shuffle, reducers) = (self.new_shuffle(), partitioning.count());
        let work = TaskWork::ShuffleWrite { partitioning: ResolvedPartitioning::Plain(partitioning.clone()) };
        if let Some(input) = children.first() {
            self.define_stage(input.clone(), work, Some((shuffle, reducers)), spec);
        }
        Ok(Arc::new(PhysicalPlan::ShuffleRead { shuffle, exchange: exchange.clone(), reducers, slices: None }))
    }

    /// How a cache is computed: the same shuffles every time, so that a lost partition needs only its own lineage.
    fn cache_lineage(
        &mut self,
        cache: CacheId,
        below: &Arc<PhysicalPlan>,
        spec: &JobSpec,
        done: &mut Replaced,
    ) -> Result<Arc<PhysicalPlan>> {
        if !holds_exchange(below) {
            return Ok(below.clone());
        }
        if let Some((known, _)) = self.cache_plans.get(&cache) {
            return Ok(known.clone());
        }
        let lineage = self.without_exchanges(below, spec, done)?;
        self.cache_plans.insert(cache, (lineage.clone(), lineage.partitions() as u32));
        Ok(lineage)
    }

    /// Shuffles and broadcasts that the lineage of a cache stands on, or a plan that may run again.
    pub(super) fn still_wanted(&self) -> (BTreeSet<ShuffleId>, BTreeSet<BroadcastId>) {
        let (mut shuffles, mut broadcasts) = (BTreeSet::new(), BTreeSet::new());
        let caches = self.cache_plans.values().map(|(plan, _)| plan);
        let mut open: Vec<Arc<PhysicalPlan>> = caches.chain(&self.living_plans).cloned().collect();
        while let Some(plan) = open.pop() {
            plan.visit(&mut |node| match node {
                PhysicalPlan::ShuffleRead { shuffle, .. } if shuffles.insert(*shuffle) => {
                    let writer = self.scheduler.stages().writer(*shuffle);
                    open.extend(writer.and_then(|stage| Some(self.scheduler.stages().get(stage)?.plan.clone())));
                }
                PhysicalPlan::BroadcastRead { broadcast, .. } => drop(broadcasts.insert(*broadcast)),
                _ => open.extend(self.read_of(node).cloned()),
            });
        }
        (shuffles, broadcasts)
    }

    /// The scheduler is about to launch these tasks and their inputs exist: compute them.
    pub(super) fn prepare(&mut self, stage: StageId, partitions: &[u32]) {
        if self.pretend.is_some() {
            return;
        }
        let view = self.view_of(stage);
        for partition in partitions {
            if let Some(older) = self.prepared.remove(&(stage, *partition)) {
                self.pool.forget(older.ticket);
            }
            if let Some(ticket) = self.compute(stage, *partition, &view) {
                self.prepared.insert((stage, *partition), Prepared { ticket, view: view.clone() });
            }
        }
    }

    pub(super) fn compute(&mut self, stage: StageId, partition: u32, view: &Arc<View>) -> Option<Ticket> {
        let work = self.stage_work.get(&stage)?.clone();
        let computations = self.computations.entry((stage, partition)).or_default();
        let attempt = *computations;
        *computations += 1;
        let context = TaskContext {
            partition: partition as usize,
            attempt,
            memory_bytes: work.task_memory_bytes,
            conf: work.conf,
            now_micros: work.now_micros,
            cancelled: self.cancelled.clone(),
            helpers: self.pool.helpers(),
            room: self.room.clone(),
            peek_rows: self.peek_rows(stage, partition),
            seen: self.seen_by(stage, partition, &work.work),
        };
        let (plan, work, view) = (work.plan, work.work, view.clone());
        Some(self.pool.submit(Box::new(move || run_task(&plan, &work, view.as_ref(), &context))))
    }

    /// How many rows of a map output go into the log: so many of each shuffle, from maps that are spread over all.
    fn peek_rows(&self, stage: StageId, partition: u32) -> usize {
        let tasks = self.scheduler.stages().get(stage).map_or(1, |stage| stage.partitions.len()).max(1);
        let is_chosen = (partition as usize).is_multiple_of(tasks.div_ceil(PEEKED_MAPS));
        if is_chosen { (PEEKED_ROWS / tasks).max(PEEKED_ROWS / PEEKED_MAPS) } else { 0 }
    }

    /// The rows that were drawn of what a task reads, by map output; of interest only where it writes one itself.
    fn seen_by(&self, stage: StageId, partition: u32, work: &TaskWork) -> Vec<Seen> {
        if !matches!(work, TaskWork::ShuffleWrite { .. }) {
            return Vec::new();
        }
        let stages = self.scheduler.stages();
        let leaves = stages.get(stage).and_then(|stage| stage.partitions.get(partition as usize));
        let mut seen = Vec::new();
        for leaf in leaves.into_iter().flatten() {
            let Leaf::Shuffle { shuffle, slice } = leaf else { continue };
            let writer = stages.writer(*shuffle).and_then(|writer| stages.get(writer));
            let (maps, reduces) = ranges(slice, writer.map_or(0, |writer| writer.partitions.len() as u32));
            for (_, sample) in self.drawn.range((*shuffle, maps.start)..(*shuffle, maps.end)) {
                let read = sample.rows.iter().filter(|row| reduces.contains(&row.reduce));
                let rows: Vec<Vec<String>> = read.map(|row| row.cells.clone()).collect();
                if !rows.is_empty() {
                    let names = sample.keys.iter().chain(&sample.columns).cloned().collect();
                    seen.push(Seen { names, keys: sample.keys.len(), rows });
                }
            }
        }
        seen
    }

    /// The blocks that tasks of a stage can read now.
    pub(super) fn view_of(&mut self, stage: StageId) -> Arc<View> {
        let mut view = View::default();
        let Some(known) = self.scheduler.stages().get(stage) else { return Arc::new(view) };
        let mut inputs: Vec<&StageInput> = known.inputs.iter().collect();
        while let Some(input) = inputs.pop() {
            match input {
                StageInput::Shuffle(shuffle) => drop(view.shuffles.insert(*shuffle, self.shuffle_view(*shuffle))),
                StageInput::Cached { cache, below, .. } => {
                    let kept = self.scheduler.cached().of(*cache).map(|(partition, _)| partition);
                    let kept = kept
                        .filter_map(|partition| Some(((*cache, partition), self.cached_batches(*cache, partition)?)));
                    view.cached.extend(kept.collect::<Vec<_>>());
                    inputs.extend(below);
                }
            }
        }
        known.plan.visit(&mut |node| {
            if let PhysicalPlan::BroadcastRead { broadcast, .. } = node {
                view.broadcasts.extend(self.relations.get(broadcast).map(|relation| (*broadcast, relation.clone())));
            }
        });
        Arc::new(view)
    }

    fn shuffle_view(&self, shuffle: ShuffleId) -> ShuffleView {
        let mut view = ShuffleView { version: self.version(shuffle), maps: Vec::new() };
        if let Some(table) = self.scheduler.map_outputs().table(shuffle) {
            let held = |map: u32| {
                let at = table.output(map)?;
                self.shuffle_store(at.executor, at.node)?.map_output(shuffle, map).cloned()
            };
            view.maps = (0..table.maps()).map(held).collect();
        }
        view
    }

    fn version(&self, shuffle: ShuffleId) -> u64 {
        self.versions.get(&shuffle).copied().unwrap_or(0)
    }

    /// A cached partition, where the driver knows it and the machine that holds it answers.
    pub(super) fn cached_batches(&self, cache: CacheId, partition: u32) -> Option<Batches> {
        self.scheduler.cached().copies(cache, partition).iter().find_map(|at| {
            self.nodes.get(&at.node).filter(|node| node.is_up())?;
            let executor = self.executors.get(&at.executor)?;
            executor.store.cached(cache, partition).map(|block| block.batches.clone())
        })
    }

    /// What a task made. What was computed ahead is used only while its inputs are still what they were.
    pub(super) fn result_of(&mut self, task: TaskId, needs: &Needs) -> Result<TaskOutput> {
        let Some(launch) = self.attempts.get(&task).map(|attempt| attempt.launch) else {
            return Err(SparkError::internal("a task that does not run was asked for its result"));
        };
        if let Some(pretended) = self.pretended(launch.stage.stage) {
            return Ok(pretended);
        }
        let Some(attempt) = self.attempts.get_mut(&task) else {
            return Err(SparkError::internal("a task that does not run was asked for its result"));
        };
        if let Some((ticket, view)) = attempt.ticket.take() {
            if self.is_current_view(&view, needs) {
                drop(view);
                return self.pool.wait(ticket);
            }
            self.pool.forget(ticket);
        }
        let view = self.view_of(launch.stage.stage);
        match self.compute(launch.stage.stage, launch.partition, &view) {
            Some(ticket) => self.pool.wait(ticket),
            None => Err(SparkError::internal(format!("nobody knows the work of {}", launch.stage.stage))),
        }
    }

    fn is_current_view(&self, view: &View, needs: &Needs) -> bool {
        let mut shuffles = needs.shuffles();
        let same_batches = |key: &(CacheId, u32)| {
            let now = self.cached_batches(key.0, key.1);
            now.is_some_and(|now| view.cached.get(key).is_some_and(|then| Arc::ptr_eq(&now, then)))
        };
        shuffles.all(|shuffle| view.shuffles.get(&shuffle).is_some_and(|then| then.version == self.version(shuffle)))
            && needs.cached().iter().all(same_batches)
            && needs.missed().iter().all(|key| !view.cached.contains_key(key))
    }

    /// Throws away what was computed ahead for these tasks.
    pub(super) fn forget_prepared(&mut self, is_meant: impl Fn(&(StageId, u32), &Prepared) -> bool) {
        let meant: Vec<(StageId, u32)> =
            self.prepared.iter().filter(|(key, prepared)| is_meant(key, prepared)).map(|(key, _)| *key).collect();
        for key in meant {
            if let Some(prepared) = self.prepared.remove(&key) {
                self.pool.forget(prepared.ticket);
            }
        }
    }

    /// The driver forgot map outputs; their executor, if it lives, drops them too.
    pub(super) fn drop_outputs(&mut self, shuffle: ShuffleId, maps: &[u32], executor: ExecutorId) {
        *self.versions.entry(shuffle).or_default() += 1;
        let services = self.nodes.values_mut().map(|node| &mut node.service);
        let own = self.executors.get_mut(&executor).map(|executor| &mut executor.store);
        for store in services.chain(own) {
            for map in maps {
                store.drop_map_output(shuffle, *map);
            }
        }
        self.forget_prepared(|_, prepared| prepared.view.shuffles.contains_key(&shuffle));
    }
}

fn driver_is_dead() -> SparkError {
    SparkError::new(
        ErrorClass::Stopped,
        "the driver died, and with it the plan, the lineage and everything that executors kept",
    )
    .with_help("Run the script again: what it had written and its reliable checkpoints are still there.")
}

fn holds_exchange(plan: &PhysicalPlan) -> bool {
    let mut found = false;
    plan.visit(&mut |node| found |= is_exchange(node));
    found
}

/// Where the copies of a block go: round the cluster from where the number says; in several racks the second copy goes to another rack
/// than the first, and the third beside the second, as HDFS does it. None on object storage.
fn copies_of_block(config: &ClusterConfig, number: u64) -> Vec<NodeId> {
    let Storage::Blocks { replication } = config.storage else { return Vec::new() };
    let nodes = config.nodes();
    let round = |start: u32| (0..nodes).map(move |step| NodeId((start + step) % nodes + 1));
    let first = NodeId((number % u64::from(nodes)) as u32 + 1);
    let mut copies = vec![first];
    while copies.len() < replication.min(nodes) as usize {
        let rack = |node: NodeId| config.machine(node).rack;
        let wants = |node: &NodeId| match copies.len() {
            1 => rack(*node) != rack(first),
            2 => rack(*node) == rack(copies[1]),
            _ => true,
        };
        let free = |node: &NodeId| !copies.contains(node);
        let next = round(first.0).filter(free).find(wants).or_else(|| round(first.0).find(free));
        copies.extend(next);
    }
    copies.truncate(replication as usize);
    copies
}

/// What names a piece of a file on every machine: the last parts of its path, and where it starts.
fn block_key(slice: &FileSlice) -> (PathBuf, u64) {
    let parts: Vec<_> = slice.path.components().rev().take(3).collect();
    (parts.into_iter().rev().collect(), slice.start)
}

fn is_exchange(plan: &PhysicalPlan) -> bool {
    matches!(plan, PhysicalPlan::ShuffleExchange { .. } | PhysicalPlan::BroadcastExchange { .. })
}
