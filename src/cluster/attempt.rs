//! One task attempt on its executor: from launch to its report.
//!
//! ```text
//!   launched ──▶ begun ──▶ transfers and computing, side by side ──▶ writing ──▶ done
//!                  │                      │
//!                  └── a block is gone ───┴──▶ broken: fetch failed, or it raised
//! ```
//!
//! How long each part takes comes from the counts of the real computation and the cost model.
//!
//! **Simplified:** a fetch from a dead executor is given up after one retry, when the driver confirms that it is dead; from a silent one after
//! `spark.network.timeout`.

use super::fault::Breakage;
use super::memory::Excess;
use super::node::Parked;
use super::pool::Ticket;
use super::simulation::{Cluster, Due};
use super::transfers::Transfer;
use crate::common::ids::{BroadcastId, CacheId, ExecutorId, NodeId, ShuffleId, TaskId};
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::common::{ErrorClass, SparkError};
use crate::event::{EventKind, RowSample, SampledRow, TaskMetrics};
use crate::exec::peek::{Peek, PeekedRow};
use crate::exec::task::{TaskOutput, TaskWork};
use crate::network::Link;
use crate::physical::plan::ShuffleSlice;
use crate::scheduler::outbox::Sizes;
use crate::scheduler::{CachedReport, FilePiece, Input, Launch, Leaf, Retry, TaskEnd};
use std::sync::Arc;

/// Why an attempt cannot go on.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    Fetch {
        shuffle: ShuffleId,
        map: u32,
        executor: Option<ExecutorId>,
        node: NodeId,
        /// It is there, but damaged.
        is_damaged: bool,
    },
    /// The task's own work raised this.
    Raised(SparkError),
    /// The cluster failed the task, whatever its work is.
    Cluster(String),
    /// What it holds does not fit into its executor's memory.
    Memory(Excess),
}

/// A task attempt under way.
pub(super) struct Attempt {
    pub launch: Launch,
    /// Counts restarts, so that events of an abandoned try are not taken for the present one's.
    pub round: u32,
    pub ticket: Option<(Ticket, Arc<super::inputs::View>)>,
    pub output: Option<TaskOutput>,
    pub transfers: Vec<Transfer>,
    pub trouble: Option<Trouble>,
    begun: VirtualTime,
    /// When the last transfer arrived.
    pub fetched: VirtualTime,
    is_computed: bool,
    is_writing: bool,
    compute_time: VirtualDuration,
    write_time: VirtualDuration,
    /// Bytes of shuffle blocks that were sent to it, and how many of them from other machines.
    pub fetched_bytes: u64,
    pub remote_bytes: u64,
    /// Memory that it holds on its executor, as the simulated cluster counts it.
    pub held_memory: u64,
    /// Broadcasts that it reads.
    pub broadcasts: Vec<BroadcastId>,
}

/// What one partition reads, with caches that are kept taken into account.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub shuffles: Vec<(ShuffleId, ShuffleSlice)>,
    pub cached: Vec<(CacheId, u32)>,
    pub missed: Vec<(CacheId, u32)>,
    /// A partition of a local checkpoint that is gone.
    pub gone: Option<(CacheId, u32)>,
    pub files: Vec<FilePiece>,
    pub broadcasts: Vec<BroadcastId>,
}

impl Cluster {
    /// The scheduler placed a task.
    pub(super) fn launch(&mut self, launch: Launch) {
        let cost = &self.config.cost;
        let executor = self.executors.get_mut(&launch.executor);
        let first = executor.is_some_and(|executor| !std::mem::replace(&mut executor.has_run_a_task, true));
        let unpack = if first { cost.first_task_us } else { cost.next_task_us };
        let delay = VirtualDuration((cost.dispatch_us + unpack) * 1000);
        if self.nodes.get(&launch.node).is_some_and(|node| !node.is_up()) {
            // A silent machine swallows the task; the driver does not know yet.
            return;
        }
        let ticket = self.ticket_for(&launch);
        let attempt = Attempt {
            launch,
            round: 0,
            ticket,
            output: None,
            transfers: Vec::new(),
            trouble: None,
            begun: self.now,
            fetched: self.now,
            is_computed: false,
            is_writing: false,
            held_memory: 0,
            broadcasts: Vec::new(),
            compute_time: VirtualDuration(0),
            write_time: VirtualDuration(0),
            fetched_bytes: 0,
            remote_bytes: 0,
        };
        self.attempts.insert(launch.task, attempt);
        self.schedule(self.now + delay, Due::Begin { task: launch.task, round: 0 });
    }

    /// The task looks for its input on its executor.
    pub(super) fn begin(&mut self, task: TaskId) {
        if self.is_parked(task, Parked::Begin(task)) {
            return;
        }
        let Some(launch) = self.attempts.get(&task).map(|attempt| attempt.launch) else { return };
        let needs = self.needs_of(&launch);
        if let Some((trouble, wait)) = self.trouble_at_start(&launch, &needs) {
            self.break_attempt(task, trouble, wait);
            return;
        }
        match self.result_of(task, &needs) {
            Ok(output) => self.begin_work(task, output, &needs),
            Err(error) => {
                let wait = VirtualDuration(self.config.cost.failed_task_us * 1000);
                self.break_attempt(task, Trouble::Raised(error), wait);
            }
        }
    }

    pub(super) fn needs_of(&self, launch: &Launch) -> Needs {
        let mut needs = Needs::default();
        if let Some(stage) = self.scheduler.stages().get(launch.stage.stage)
            && let Some(leaves) = stage.partitions.get(launch.partition as usize)
        {
            self.collect_needs(leaves, &mut needs);
        }
        needs
    }

    fn collect_needs(&self, leaves: &[Leaf], needs: &mut Needs) {
        for leaf in leaves {
            match leaf {
                Leaf::Shuffle { shuffle, slice } => needs.shuffles.push((*shuffle, slice.clone())),
                Leaf::Cached { cache, partition, below } => {
                    if self.cached_batches(*cache, *partition).is_some() {
                        needs.cached.push((*cache, *partition));
                    } else {
                        if self.checkpoints.contains(cache) {
                            needs.gone.get_or_insert((*cache, *partition));
                        }
                        needs.missed.push((*cache, *partition));
                        self.collect_needs(below, needs);
                    }
                }
                Leaf::File(piece) => needs.files.push(piece.clone()),
                Leaf::Broadcast(broadcast) => needs.broadcasts.push(*broadcast),
            }
        }
    }

    /// What keeps a task from even starting its work.
    fn trouble_at_start(&mut self, launch: &Launch, needs: &Needs) -> Option<(Trouble, VirtualDuration)> {
        let raised = VirtualDuration(self.config.cost.failed_task_us * 1000);
        if self.is_told_to_fail(launch) {
            let text = format!("injected fault in task {} of {}", launch.partition, launch.stage.stage);
            return Some((Trouble::Cluster(text), raised));
        }
        if let Some(found) = self.missing_block(needs) {
            return Some(found);
        }
        if let Some((cache, partition)) = needs.gone {
            return Some((Trouble::Cluster(checkpoint_block_lost(cache, partition)), raised));
        }
        let unreachable =
            needs.files.iter().any(|piece| !piece.hosts.is_empty() && self.nearest_host(piece, launch.node).is_none());
        unreachable.then(|| {
            let text = "could not read an input block: no node that held a copy of it can be reached";
            (Trouble::Cluster(text.to_owned()), raised)
        })
    }

    /// A block that the driver cannot find, or that lies on a machine that does not answer; and how long the task needs to notice.
    fn missing_block(&self, needs: &Needs) -> Option<(Trouble, VirtualDuration)> {
        let tracker = self.scheduler.map_outputs();
        for (shuffle, slice) in &needs.shuffles {
            let table = tracker.table(*shuffle)?;
            if let Some(map) = tracker.first_missing(*shuffle, slice) {
                let (shuffle, node) = (*shuffle, table.last_node(map));
                let trouble = Trouble::Fetch { shuffle, map, executor: None, node, is_damaged: false };
                return Some((trouble, VirtualDuration(0)));
            }
            let fetch = |map: u32, is_damaged: bool| {
                let at = table.output(map)?;
                Some(Trouble::Fetch { shuffle: *shuffle, map, executor: Some(at.executor), node: at.node, is_damaged })
            };
            let is_reachable = |executor, node| self.is_reachable(executor, node);
            let unreachable = tracker.first_unreachable(*shuffle, slice, is_reachable);
            if let Some(trouble) = unreachable.and_then(|map| fetch(map, false)) {
                return Some((trouble, self.network_timeout()));
            }
            if let Some(trouble) = self.first_damaged(*shuffle, slice).and_then(|map| fetch(map, true)) {
                return Some((trouble, VirtualDuration(self.config.cost.failed_task_us * 1000)));
            }
        }
        None
    }

    /// The first map of a slice whose checksum tells that its file is damaged.
    fn first_damaged(&self, shuffle: ShuffleId, slice: &ShuffleSlice) -> Option<u32> {
        if !self.is_anything_damaged {
            return None;
        }
        let table = self.scheduler.map_outputs().table(shuffle)?;
        crate::scheduler::map_outputs::ranges(slice, table.maps()).0.into_iter().find(|map| {
            let at = table.output(*map);
            let store = at.and_then(|at| self.shuffle_store(at.executor, at.node));
            store.is_some_and(|store| store.is_damaged(shuffle, *map))
        })
    }

    pub(super) fn network_timeout(&self) -> VirtualDuration {
        VirtualDuration::from_millis(self.conf.millis("spark.network.timeout", 120_000))
    }

    /// The task's computation: made ahead, or started now if its input is there.
    fn ticket_for(&mut self, launch: &Launch) -> Option<(Ticket, Arc<super::inputs::View>)> {
        if self.pretend.is_some() {
            return None;
        }
        let key = (launch.stage.stage, launch.partition);
        if let Some(prepared) = self.prepared.remove(&key) {
            return Some((prepared.ticket, prepared.view));
        }
        let needs = self.needs_of(launch);
        if self.missing_block(&needs).is_some() {
            return None;
        }
        let view = self.view_of(launch.stage.stage);
        self.compute(launch.stage.stage, launch.partition, &view).map(|ticket| (ticket, view))
    }

    fn is_told_to_fail(&mut self, launch: &Launch) -> bool {
        for (index, fault) in self.faults.iter().enumerate() {
            let Breakage::FailTask { stage, partition, .. } = &fault.what else { continue };
            let matches = stage.is_none_or(|stage| stage == launch.stage.stage) && *partition == launch.partition;
            if let Some(left) = self.failures_left.get_mut(&index).filter(|left| matches && **left > 0) {
                *left -= 1;
                let fault = fault.to_string();
                self.emit(EventKind::FaultInjected { fault, node: Some(launch.node) });
                return true;
            }
        }
        false
    }

    /// Takes over what was computed and starts the clock on it.
    fn begin_work(&mut self, task: TaskId, output: TaskOutput, needs: &Needs) {
        let Some(launch) = self.attempts.get(&task).map(|attempt| attempt.launch) else { return };
        let round = self.attempts.get(&task).map_or(0, |attempt| attempt.round);
        let scale = self.config.scale;
        let slowness = self.slowness_permille(launch.node);
        let plain = self.config.cost.cpu(&output.counts, scale);
        let noisy =
            self.config.cost.with_noise(plain, self.seed, launch.stage.stage.0, launch.partition, launch.attempt);
        let spill = self.disk_time(launch.node, output.counts.spilled_bytes.saturating_mul(2));
        let compute_time = VirtualDuration((u128::from(noisy.0) * slowness / 1000) as u64 + spill.0);
        let (input_bytes, peak_memory) = (output.counts.input_bytes, output.counts.peak_memory_bytes);
        if let Some(attempt) = self.attempts.get_mut(&task) {
            attempt.begun = self.now;
            attempt.fetched = self.now;
            attempt.compute_time = compute_time;
            attempt.broadcasts.clone_from(&needs.broadcasts);
            attempt.output = Some(output);
        }
        self.hold_memory(task, peak_memory);
        self.start_transfers(&launch, needs, input_bytes);
        self.schedule(self.now + compute_time, Due::Computed { task, round });
    }

    /// How many thousandths of the cost model's time a machine takes.
    fn slowness_permille(&self, node: NodeId) -> u128 {
        let times = self.nodes.get(&node).map_or(1, |node| u128::from(node.slowness));
        times * 1_000_000 / u128::from(self.config.machine(node).speed_permille.max(1))
    }

    /// How long a machine's disk takes for so many bytes.
    pub(super) fn disk_time(&self, node: NodeId, bytes: u64) -> VirtualDuration {
        let nanos = u128::from(bytes) * u128::from(self.config.scale) * 1_000_000_000;
        VirtualDuration((nanos / u128::from(self.network.wiring().capacity(Link::Disk(node)))) as u64)
    }

    /// What reaches a machine, or leaves it, while its cable is cut waits there. True when it does.
    fn is_parked(&mut self, task: TaskId, parked: Parked) -> bool {
        let node = self.attempts.get(&task).map(|attempt| attempt.launch.node);
        let Some(node) = node.and_then(|node| self.nodes.get_mut(&node)) else { return false };
        let is_cut = node.cut_since.is_some();
        if is_cut {
            node.parked.push(parked);
        }
        is_cut
    }

    /// The computation's time is over.
    pub(super) fn computed(&mut self, task: TaskId) {
        if let Some(attempt) = self.attempts.get_mut(&task) {
            attempt.is_computed = true;
        }
        if let Some(excess) = self.excess_of(task) {
            self.break_attempt(task, Trouble::Memory(excess), VirtualDuration(0));
            return;
        }
        self.go_on(task);
    }

    pub(super) fn go_on(&mut self, task: TaskId) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        let is_waiting = attempt.trouble.is_some() || attempt.is_writing || !attempt.is_computed;
        if is_waiting || attempt.transfers.iter().any(|transfer| !transfer.is_done) {
            return;
        }
        attempt.is_writing = true;
        let node = attempt.launch.node;
        let (round, counts) =
            (attempt.round, attempt.output.as_ref().map(|output| output.counts.clone()).unwrap_or_default());
        let work = self.stage_work.get(&attempt.launch.stage.stage).map(|work| work.work.clone());
        let write_time = match work {
            Some(TaskWork::ShuffleWrite { .. }) => self.disk_time(node, counts.shuffle_write_bytes),
            Some(TaskWork::Write) => self.disk_time(node, counts.output_bytes),
            _ => {
                let nanos = u128::from(counts.result_bytes) * u128::from(self.config.scale) * 1_000_000_000;
                VirtualDuration((nanos / u128::from(self.config.cost.network_bytes_per_sec.max(1))) as u64)
            }
        };
        if let Some(attempt) = self.attempts.get_mut(&task) {
            attempt.write_time = write_time;
        }
        let writes = counts.shuffle_write_bytes + counts.spilled_bytes > 0;
        if writes && self.nodes.get(&node).is_some_and(|node| node.is_disk_full) {
            let trouble = Trouble::Cluster(format!("java.io.IOException: No space left on device of {node}"));
            self.break_attempt(task, trouble, write_time);
            return;
        }
        self.schedule(self.now + write_time, Due::Written { task, round });
    }

    /// The task reports to the driver.
    pub(super) fn task_done(&mut self, task: TaskId) {
        if self.is_parked(task, Parked::Written(task)) {
            return;
        }
        let stage = self.attempts.get(&task).map(|attempt| attempt.launch.stage.stage);
        let pretended = stage.and_then(|stage| self.pretended_map_output(stage));
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        let Some(output) = attempt.output.as_ref() else { return };
        let is_map = self.stage_work.get(&attempt.launch.stage.stage).is_some_and(|work| work.shuffle.is_some());
        let real = || Sizes {
            bytes: output.blocks.iter().map(|block| block.bytes).collect(),
            rows: output.blocks.iter().map(|block| block.rows).collect(),
            data_bytes: output.blocks.iter().map(|block| block.data_bytes).sum(),
        };
        let sizes = is_map.then(|| pretended.map_or_else(real, |(sizes, _)| sizes));
        let cached = output.cached.iter().map(|(cache, partition, batches)| CachedReport {
            cache: *cache,
            partition: *partition,
            bytes: batches.iter().map(crate::exec::batch::row_bytes).sum(),
            rows: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
            on_disk: false,
        });
        let end = TaskEnd::Succeeded { output: sizes, cached: cached.collect() };
        let metrics = Arc::new(attempt.metrics());
        self.tell(Input::TaskEnded { task, end, metrics });
        assert!(!self.attempts.contains_key(&task), "a finished attempt is accepted or discarded");
    }

    /// An attempt cannot go on; the task notices after `wait`.
    pub(super) fn break_attempt(&mut self, task: TaskId, trouble: Trouble, wait: VirtualDuration) {
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        if attempt.trouble.is_some() {
            return;
        }
        attempt.trouble = Some(trouble);
        let round = attempt.round;
        self.schedule(self.now + wait, Due::Broken { task, round });
    }

    /// The task tells the driver why it could not go on.
    pub(super) fn task_broken(&mut self, task: TaskId) {
        if self.is_parked(task, Parked::Broken(task)) {
            return;
        }
        self.stop_transfers(task);
        let Some(trouble) = self.attempts.get(&task).and_then(|attempt| attempt.trouble.clone()) else { return };
        let metrics = Arc::default();
        let end = match trouble {
            Trouble::Fetch { shuffle, map, executor, node, is_damaged } => {
                TaskEnd::FetchFailed { shuffle, map, executor, node, is_damaged }
            }
            Trouble::Raised(error) => {
                let is_final =
                    matches!(error.class(), ErrorClass::Interrupted | ErrorClass::Internal | ErrorClass::Unsupported);
                let text = error.to_string();
                self.errors.insert(task, error);
                TaskEnd::Failed { error: text, retry: if is_final { Retry::Never } else { Retry::Anywhere } }
            }
            Trouble::Cluster(error) => TaskEnd::Failed { error, retry: Retry::Anywhere },
            Trouble::Memory(excess) => return self.out_of_memory(task, excess),
        };
        self.tell(Input::TaskEnded { task, end, metrics });
    }

    /// The attempt looks for its input again: a copy it was reading is gone. One that can not go on anyway stays so.
    pub(super) fn start_over(&mut self, task: TaskId) {
        if self.attempts.get(&task).is_none_or(|attempt| attempt.trouble.is_some()) {
            return;
        }
        self.stop_transfers(task);
        self.release_memory(task);
        let Some(attempt) = self.attempts.get_mut(&task) else { return };
        attempt.round += 1;
        attempt.transfers.clear();
        attempt.output = None;
        attempt.is_computed = false;
        attempt.is_writing = false;
        attempt.fetched_bytes = 0;
        attempt.remote_bytes = 0;
        let (round, ticket) = (attempt.round, attempt.ticket.take());
        if let Some((ticket, _)) = ticket {
            self.pool.forget(ticket);
        }
        self.schedule(self.now, Due::Begin { task, round });
    }

    /// Takes an attempt off its executor, with everything it was doing.
    fn remove_attempt(&mut self, task: TaskId) -> Option<Attempt> {
        self.stop_transfers(task);
        self.release_memory(task);
        let mut attempt = self.attempts.remove(&task)?;
        if let Some((ticket, _)) = attempt.ticket.take() {
            self.pool.forget(ticket);
        }
        Some(attempt)
    }

    /// The attempt's output counts: it enters the stores, or the job's result.
    pub(super) fn accept(&mut self, task: TaskId) {
        let Some(mut attempt) = self.remove_attempt(task) else { return };
        let Some(mut output) = attempt.output.take() else { return };
        let launch = attempt.launch;
        for (cache, partition, batches) in std::mem::take(&mut output.cached) {
            let bytes = batches.iter().map(crate::exec::batch::row_bytes).sum::<u64>() * self.config.scale;
            self.keep_cached(launch.executor, (cache, partition), batches, bytes);
        }
        let shuffle = self.stage_work.get(&launch.stage.stage).and_then(|work| work.shuffle);
        if let Some(shuffle) = shuffle {
            let pretended = self.pretended_map_output(launch.stage.stage).map(|(_, blocks)| blocks);
            let blocks = pretended.unwrap_or_else(|| Arc::new(output.blocks));
            if let Some(peek) = output.peek {
                let sample = Arc::new(sample_of(shuffle, launch.partition, peek));
                self.drawn.insert((shuffle, launch.partition), sample.clone());
                self.emit(EventKind::RowsSampled(sample));
            }
            if let Some(store) = self.shuffle_store_mut(launch.executor, launch.node) {
                store.put_map_output(shuffle, launch.partition, blocks);
            }
            *self.versions.entry(shuffle).or_default() += 1;
        } else if let Some(job) = self.jobs.values_mut().find(|job| job.stage == launch.stage.stage) {
            job.outputs.insert(launch.partition, output);
        }
    }

    /// The attempt's output does not count, or there is none.
    pub(super) fn discard(&mut self, task: TaskId) {
        if let Some(attempt) = self.remove_attempt(task)
            && let Some(output) = attempt.output
        {
            remove_files(&output);
        }
    }
}

impl Attempt {
    fn metrics(&self) -> TaskMetrics {
        let counts = self.output.as_ref().map(|output| output.counts.clone()).unwrap_or_default();
        TaskMetrics {
            rows_in: counts.input_rows + counts.cached_rows + counts.shuffle_read_rows,
            rows_out: counts.shuffle_write_rows + counts.output_rows + counts.result_rows,
            input_bytes: counts.input_bytes + counts.cached_bytes,
            input_rows: counts.input_rows + counts.cached_records,
            shuffle_read_bytes: self.fetched_bytes,
            shuffle_read_rows: counts.shuffle_read_rows,
            shuffle_read_remote_bytes: self.remote_bytes,
            shuffle_write_bytes: counts.shuffle_write_bytes,
            shuffle_write_rows: counts.shuffle_write_rows,
            shuffle_write_batches: counts.shuffle_write_batches,
            output_bytes: counts.output_bytes,
            output_rows: counts.output_rows,
            spilled_bytes: counts.spilled_bytes,
            peak_memory_bytes: counts.peak_memory_bytes,
            cache_hits: counts.cache_hits,
            cache_misses: counts.cache_misses,
            fetch_time: self.fetched.since(self.begun),
            compute_time: self.compute_time,
            write_time: self.write_time,
        }
    }
}

/// One partition of a cached relation.
type CachedPartition = (CacheId, u32);

impl Needs {
    /// The shuffles whose presence decides what the task computes.
    pub(super) fn shuffles(&self) -> impl Iterator<Item = ShuffleId> {
        self.shuffles.iter().map(|(shuffle, _)| *shuffle)
    }

    /// The cached partitions that were there.
    pub(super) fn cached(&self) -> &[CachedPartition] {
        &self.cached
    }

    /// The cached partitions that were wanted and not there.
    pub(super) fn missed(&self) -> &[CachedPartition] {
        &self.missed
    }
}

/// Spark's words for a block of a local checkpoint that is gone.
fn checkpoint_block_lost(cache: CacheId, partition: u32) -> String {
    format!(
        "[CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND] Checkpoint block rdd_{}_{partition} not found!\nEither the executor that originally checkpointed this partition is no longer alive, or the original RDD is unpersisted.\nIf this problem persists, you may consider using `rdd.checkpoint()` instead, which is slower than local checkpointing but more fault-tolerant. SQLSTATE: 56000",
        cache.0
    )
}

/// Drawn rows as the log keeps them.
fn sample_of(shuffle: ShuffleId, map: u32, peek: Peek) -> RowSample {
    let row = |row: PeekedRow| SampledRow { reduce: row.reduce, cells: row.cells };
    RowSample {
        shuffle,
        map,
        by: peek.by.to_owned(),
        keys: peek.keys,
        columns: peek.columns,
        rows: peek.rows.into_iter().map(row).collect(),
    }
}

/// Removes what an attempt wrote that does not count.
pub(super) fn remove_files(output: &TaskOutput) {
    for file in &output.files {
        // It may be gone already; nothing of it is visible either way.
        let _ = std::fs::remove_file(&file.staged);
    }
}
