//! A task: a pure function of its plan fragment, its partition number and its input blocks (design D3).
//!
//! It gives batches, blocks and counts, never a time. The cluster calls [`run_task`] on any thread once the inputs exist and
//! decides on the virtual clock when that happened.

use super::batch::row_bytes;
use super::blocks::{Block, Room};
use super::helpers::Helpers;
use super::partitioner::write_blocks;
use super::peek::{Peek, Seen, peek};
use super::runtime::{Rows, Runtime};
use super::sample_keys::sample_keys;
use crate::common::ids::{BroadcastId, CacheId, ShuffleId};
use crate::common::{Conf, Result, SparkError};
use crate::physical::plan::{Partitioning, PhysicalPlan};
use arrow::record_batch::RecordBatch;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Rows for one reader: batches in order.
pub type Batches = Arc<Vec<RecordBatch>>;

/// What a task does with the rows of its fragment.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskWork {
    /// Splits them into blocks, one for each reduce partition.
    ShuffleWrite { partitioning: ResolvedPartitioning },
    /// Returns them to the driver.
    Collect,
    /// Returns at most so many rows.
    CollectFirst(usize),
    /// Draws a sample of the sort keys for range bounds: at most so many rows, and counts all.
    SampleKeys { order: Vec<crate::logical::expr::SortOrder>, size: usize, seed: u64 },
    /// The fragment ends in `WriteFiles`: rows go into files below the attempt's own folder.
    Write,
    /// Computes them all, and drops them: the sink `noop`.
    Drop,
}

/// A partitioning whose range bounds are known.
#[derive(Debug, Clone, PartialEq)]
pub enum ResolvedPartitioning {
    /// Single, hash, round robin, index: no bounds needed.
    Plain(Partitioning),
    /// Rows up to and including the first bound go to partition 0, and so on. One row of sort keys for each bound.
    Range { order: Vec<crate::logical::expr::SortOrder>, bounds: RecordBatch },
}

impl ResolvedPartitioning {
    /// How many reduce partitions.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            ResolvedPartitioning::Plain(partitioning) => partitioning.count(),
            ResolvedPartitioning::Range { bounds, .. } => bounds.num_rows() + 1,
        }
    }
}

/// Where a task's inputs come from. The cluster gives a view of what existed when the task was launched.
pub trait TaskInputs: Send + Sync {
    /// One block of a shuffle: what map task `map` made for reduce partition `reduce`.
    ///
    /// # Errors
    /// When the block is not there: a bug of the scheduler.
    fn shuffle_block(&self, shuffle: ShuffleId, map: u32, reduce: u32) -> Result<Block>;

    /// Number of map outputs of a shuffle.
    fn map_count(&self, shuffle: ShuffleId) -> u32;

    /// All rows of a broadcast.
    ///
    /// # Errors
    /// When it is not there: a bug of the scheduler.
    fn broadcast(&self, broadcast: BroadcastId) -> Result<Arc<BroadcastRelation>>;

    /// A cached partition, if it is still kept.
    fn cached(&self, cache: CacheId, partition: u32) -> Option<Batches>;
}

/// A relation held by every executor. Operators may keep a built hash table beside the rows.
#[derive(Debug, Default)]
pub struct BroadcastRelation {
    pub batches: Vec<RecordBatch>,
    /// Made by the first join that needs it; any later join with the same keys uses it.
    pub built: std::sync::OnceLock<Arc<dyn std::any::Any + Send + Sync>>,
}

/// Everything a task knows beside its inputs.
#[derive(Clone)]
pub struct TaskContext {
    /// The partition it computes.
    pub partition: usize,
    /// A number that differs between attempts, used only for names of files in the staging folder.
    pub attempt: u64,
    pub conf: Arc<Conf>,
    /// Microseconds since the epoch: what `current_timestamp()` gives (fixed for a query).
    pub now_micros: i64,
    /// Execution memory that the task may use, in bytes; more makes it spill.
    pub memory_bytes: u64,
    /// Set when the person interrupts; checked for every batch.
    pub cancelled: Arc<AtomicBool>,
    /// Who may do a part of the task's work.
    pub helpers: Arc<dyn Helpers>,
    /// Where the blocks that it makes may stay.
    pub room: Arc<Room>,
    /// How many rows of a map output are drawn for people to look at.
    pub peek_rows: usize,
    /// Rows that were drawn of what it reads, by map output: what becomes of them is drawn as well.
    pub seen: Vec<Seen>,
}

impl TaskContext {
    /// Stops a task that nobody waits for any more.
    ///
    /// # Errors
    /// `Interrupted` once the flag is set.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.cancelled.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(SparkError::new(crate::common::ErrorClass::Interrupted, "the run was interrupted"));
        }
        Ok(())
    }
}

/// What a task made.
#[derive(Debug, Clone, Default)]
pub struct TaskOutput {
    /// For `Collect` and `CollectFirst`.
    pub batches: Vec<RecordBatch>,
    /// For `ShuffleWrite`: one entry for each reduce partition.
    pub blocks: Vec<Block>,
    /// For `ShuffleWrite`: a few rows to look at.
    pub peek: Option<Peek>,
    /// For `SampleKeys`: the sampled keys (in `batches`) and how many rows there were.
    pub sampled_from: u64,
    /// For `Write`: the files, still in the staging folder.
    pub files: Vec<StagedFile>,
    /// Cached partitions that it computed on the way.
    pub cached: Vec<(CacheId, u32, Batches)>,
    pub counts: TaskCounts,
}

/// A file that a task wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    pub staged: PathBuf,
    /// Where it belongs, relative to the target folder (`year=2024/part-00000-….parquet`).
    pub relative: PathBuf,
    pub rows: u64,
    pub bytes: u64,
}

/// What the cost model and the screens learn from a task. Counts only.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskCounts {
    pub input_rows: u64,
    pub input_bytes: u64,
    /// Rows of cached partitions that were read.
    pub cached_rows: u64,
    /// Bytes of them: of columns in memory, which are not parsed again.
    pub cached_bytes: u64,
    /// What Spark counts as records of them: a cache holds batches of rows.
    pub cached_records: u64,
    pub shuffle_read_rows: u64,
    pub shuffle_read_bytes: u64,
    pub shuffle_write_rows: u64,
    /// What Spark counts as records when rows travel in batches of Python's; 0 when each row is a record.
    pub shuffle_write_batches: u64,
    pub shuffle_write_bytes: u64,
    /// Of files.
    pub output_rows: u64,
    pub output_bytes: u64,
    /// What goes to the driver.
    pub result_rows: u64,
    pub result_bytes: u64,
    pub spilled_bytes: u64,
    /// The most that one operator held at a time.
    pub peak_memory_bytes: u64,
    /// The largest hash table of a join that it built from its own input, as Spark would hold it: a table does not spill.
    pub table_bytes: u64,
    /// The values of one group, or one row, where they are more than the task's share of memory: objects on the heap, which do not spill.
    pub object_bytes: u64,
    pub cache_hits: u32,
    pub cache_misses: u32,
    /// Rows that went to a Python worker, once for each function that they went to.
    pub python_rows: u64,
    /// Files that were opened, or pieces of them.
    pub read_files: u64,
    pub written_files: u64,
    /// Of each operator of the fragment, leaf first.
    pub operators: Vec<OperatorRows>,
}

/// What an operator did in a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorRows {
    pub name: &'static str,
    /// Rows that it gave.
    pub given: u64,
    /// Rows that the operators below gave it; of a chain of an RDD's functions, the values that each of them took, together.
    pub taken: u64,
    /// Rows that it handed to aggregate functions one by one, once for each function: those that Spark generates no code for.
    pub handed_over: u64,
}

/// Computes one task.
///
/// # Errors
/// What the rows or a Python function raised; cancellation; a full disk.
pub fn run_task(
    plan: &PhysicalPlan,
    work: &TaskWork,
    inputs: &dyn TaskInputs,
    context: &TaskContext,
) -> Result<TaskOutput> {
    let runtime = Runtime::new(inputs, context);
    let mut output = TaskOutput::default();
    work_on(&runtime, plan, work, &mut output)?;
    output.cached = runtime.cached.take();
    output.counts = runtime.counts.take();
    output.counts.operators = runtime.operators();
    if matches!(work, TaskWork::Write) {
        let written = OperatorRows { name: "WriteFiles", taken: output.counts.output_rows, ..OperatorRows::default() };
        output.counts.operators.push(written);
    }
    output.counts.python_rows = runtime.surroundings.python_rows.get();
    Ok(output)
}

fn work_on<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    work: &TaskWork,
    output: &mut TaskOutput,
) -> Result<()> {
    let partition = runtime.context.partition;
    match work {
        TaskWork::Collect => collect(&mut runtime.build(plan, partition)?, usize::MAX, runtime, output),
        TaskWork::CollectFirst(count) => collect(&mut runtime.build(plan, partition)?, *count, runtime, output),
        TaskWork::ShuffleWrite { partitioning } => {
            let mut rows = runtime.build(plan, partition)?;
            let columns = plan.output();
            output.blocks = write_blocks(runtime, &mut rows, &columns, partitioning, partition)?;
            // What cannot be drawn is not worth a failed task.
            let wanted = (runtime.context.peek_rows, runtime.context.seen.as_slice());
            output.peek = peek(runtime, &output.blocks, &columns, partitioning, wanted).ok().flatten();
            let mut counts = runtime.counts.borrow_mut();
            counts.shuffle_write_rows += output.blocks.iter().map(|block| block.rows).sum::<u64>();
            counts.shuffle_write_bytes += output.blocks.iter().map(|block| block.bytes).sum::<u64>();
            Ok(())
        }
        TaskWork::SampleKeys { order, size, seed } => {
            let mut rows = runtime.build(plan, partition)?;
            let columns = plan.output();
            (output.batches, output.sampled_from) =
                sample_keys(runtime, &mut rows, &columns, order, (*size, *seed), partition)?;
            Ok(())
        }
        TaskWork::Write => write(runtime, plan, partition, output),
        TaskWork::Drop => {
            let mut rows = runtime.build(plan, partition)?;
            while let Some(batch) = rows.next()? {
                runtime.counts.borrow_mut().output_rows += batch.num_rows() as u64;
            }
            Ok(())
        }
    }
}

fn write<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    partition: usize,
    output: &mut TaskOutput,
) -> Result<()> {
    let PhysicalPlan::WriteFiles { input, .. } = plan else {
        return Err(SparkError::internal("a write task without a write at its root"));
    };
    let mut writer = super::write::start(runtime, plan, partition)?;
    let mut rows = runtime.build(input, partition)?;
    while let Some(batch) = rows.next()? {
        writer.write(&batch)?;
    }
    output.files = writer.finish(partition)?;
    let mut counts = runtime.counts.borrow_mut();
    counts.output_rows += output.files.iter().map(|file| file.rows).sum::<u64>();
    counts.written_files += output.files.len() as u64;
    counts.output_bytes += output.files.iter().map(|file| file.bytes).sum::<u64>();
    Ok(())
}

fn collect(rows: &mut Rows<'_>, most: usize, runtime: &Runtime<'_>, output: &mut TaskOutput) -> Result<()> {
    let mut left = most;
    while left > 0 {
        let Some(whole) = rows.next()? else { break };
        let batch = whole.slice(0, left.min(whole.num_rows()));
        left -= batch.num_rows();
        if batch.num_rows() < whole.num_rows() {
            rows.unused(whole.num_rows() - batch.num_rows());
        }
        let mut counts = runtime.counts.borrow_mut();
        counts.result_rows += batch.num_rows() as u64;
        counts.result_bytes += row_bytes(&batch);
        output.batches.push(batch);
    }
    Ok(())
}
