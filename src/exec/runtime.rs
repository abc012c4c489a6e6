//! What all operators of a task share, and how a plan fragment becomes operators.
//!
//! Operators pull batches from their input ([`Operator::next`]). Each is wrapped so that the rows it gives are counted.
//!
//! ```text
//!   PhysicalPlan ──build──▶ Box<dyn Operator>  ◀──next── run_task
//! ```

use super::batch::{row_bytes, schema_of};
use super::expression::{Bound, Surroundings};
use super::operators;
use super::task::{Batches, OperatorRows, TaskContext, TaskCounts, TaskInputs};
use crate::common::Result;
use crate::common::ids::CacheId;
use crate::logical::expr::{Attribute, Expr};
use crate::physical::is_imperative;
use crate::physical::plan::{AggregateMode, AggregateStyle, JoinAlgorithm, PhysicalPlan};
use arrow::record_batch::RecordBatch;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Gives batches until there are no more. Batches may be empty of columns, never of rows.
pub trait Operator {
    /// The next batch.
    ///
    /// # Errors
    /// What the rows raised, or cancellation.
    fn next(&mut self) -> Result<Option<RecordBatch>>;

    /// How many rows will come, where that is known beforehand; else zero.
    fn expected_rows(&self) -> usize {
        0
    }

    /// Says that so many of the rows that it gave last were not looked at: who reads has enough, or is a filter that Spark's reader applies
    /// itself. Spark reads row by row, and does not count them as read.
    fn unused(&mut self, _rows: usize) {}

    /// Whether the rows are held in memory by others for as long as the task runs.
    fn is_in_memory(&self) -> bool {
        false
    }
}

/// How many of the rows that an operator gave were not used, and how many rows of its input are known to be unread by that.
#[derive(Default)]
pub struct LeftOver {
    unused: usize,
    unread: usize,
}

impl LeftOver {
    /// Of `given` rows, so many more were not used: how many more rows of the input are unread. `unread` says how many are when so many
    /// were used.
    pub fn more(&mut self, given: usize, rows: usize, unread: impl FnOnce(usize) -> usize) -> usize {
        self.unused += rows;
        let unread = unread(given.saturating_sub(self.unused));
        unread.saturating_sub(std::mem::replace(&mut self.unread, unread))
    }
}

/// An operator that lives as long as its task.
pub type Rows<'a> = Box<dyn Operator + 'a>;

/// A plan node, and the rows it gave.
type Produced<'a> = (&'a PhysicalPlan, Rc<Cell<u64>>);

/// The task's surroundings and its tally.
pub struct Runtime<'a> {
    pub inputs: &'a dyn TaskInputs,
    pub context: &'a TaskContext,
    pub counts: RefCell<TaskCounts>,
    pub cached: RefCell<Vec<(CacheId, u32, Batches)>>,
    produced: RefCell<Vec<Produced<'a>>>,
    /// What Python's functions over whole partitions had to do.
    handled: RefCell<Vec<(&'a PhysicalPlan, u64)>>,
    pub surroundings: Rc<Surroundings>,
}

impl<'a> Runtime<'a> {
    /// A fresh tally.
    pub fn new(inputs: &'a dyn TaskInputs, context: &'a TaskContext) -> Self {
        Runtime {
            inputs,
            context,
            counts: RefCell::default(),
            cached: RefCell::default(),
            produced: RefCell::default(),
            handled: RefCell::default(),
            surroundings: Rc::default(),
        }
    }

    /// What each operator did, leaf first.
    pub fn operators(&self) -> Vec<OperatorRows> {
        let produced = self.produced.borrow();
        let handled = self.handled.borrow();
        let taken_from = |node: &PhysicalPlan| {
            produced.iter().find(|(other, _)| std::ptr::eq(*other, node)).map_or(0, |(_, rows)| rows.get())
        };
        let rows = |(node, rows): &(&PhysicalPlan, Rc<Cell<u64>>)| {
            let (name, given) = (operator_name(node), rows.get());
            let handled = handled.iter().filter(|(other, _)| std::ptr::eq(*other, *node)).map(|(_, values)| *values);
            let taken = match node {
                PhysicalPlan::MapPartitions { .. } => handled.sum(),
                _ => node.children().into_iter().map(|child| taken_from(child)).sum(),
            };
            OperatorRows { name, given, taken, handed_over: taken * imperative_functions(node) }
        };
        produced.iter().map(rows).collect()
    }

    /// Notes what a function over a whole partition had to do.
    pub fn handled(&self, plan: &'a PhysicalPlan, values: u64) {
        self.handled.borrow_mut().push((plan, values));
    }

    /// The operators of one partition of `plan`.
    ///
    /// # Errors
    /// When an expression cannot be bound, or a node may not stand in a task.
    pub fn build(&'a self, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
        let rows = self.build_node(plan, partition)?;
        let count = self.tally(plan);
        Ok(Box::new(Counted { rows, count, runtime: self }))
    }

    /// The counter of a node; one node may be built for several partitions.
    fn tally(&self, plan: &'a PhysicalPlan) -> Rc<Cell<u64>> {
        let mut produced = self.produced.borrow_mut();
        if let Some((_, count)) = produced.iter().find(|(node, _)| std::ptr::eq(*node, plan)) {
            return count.clone();
        }
        let count = Rc::new(Cell::new(0));
        produced.push((plan, count.clone()));
        count
    }

    fn build_node(&'a self, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
        operators::build(self, plan, partition)
    }

    /// Binds expressions against a child's columns.
    ///
    /// # Errors
    /// When a column is not there: a bug of the planner.
    pub fn bind(&self, exprs: &[Expr], input: &[Attribute], partition: usize) -> Result<Vec<Bound>> {
        exprs.iter().map(|expr| self.bind_one(expr, input, partition)).collect()
    }

    /// Binds one expression.
    ///
    /// # Errors
    /// See [`Runtime::bind`].
    pub fn bind_one(&self, expr: &Expr, input: &[Attribute], partition: usize) -> Result<Bound> {
        Ok(Bound::new(expr, input, self.context, partition)?.within(self.surroundings.clone()))
    }

    /// All rows of an operator as one batch.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn drain(&self, rows: &mut Rows<'_>, columns: &[Attribute]) -> Result<RecordBatch> {
        let mut batches = Vec::new();
        while let Some(batch) = rows.next()? {
            batches.push(batch);
        }
        super::batch::concat(&schema_of(columns), &batches)
    }

    /// Counts rows read from storage.
    pub fn read(&self, rows: u64, bytes: u64) {
        let mut counts = self.counts.borrow_mut();
        counts.input_rows += rows;
        counts.input_bytes += bytes;
    }

    /// Takes rows back that count as not read.
    pub fn not_read(&self, rows: u64) {
        let mut counts = self.counts.borrow_mut();
        counts.input_rows = counts.input_rows.saturating_sub(rows);
    }

    /// Notes how much an operator holds.
    pub fn holds(&self, bytes: usize) {
        let mut counts = self.counts.borrow_mut();
        counts.peak_memory_bytes = counts.peak_memory_bytes.max(bytes as u64);
    }

    /// Notes a hash table that cannot spill.
    pub fn holds_table(&self, bytes: u64) {
        let mut counts = self.counts.borrow_mut();
        counts.table_bytes = counts.table_bytes.max(bytes);
    }

    /// Notes the values of one group or row, which cannot spill; what fits into the task's share is no matter.
    pub fn holds_object(&self, bytes: u64) {
        if bytes > self.context.memory_bytes {
            let mut counts = self.counts.borrow_mut();
            counts.object_bytes = counts.object_bytes.max(bytes);
        }
    }

    /// Notes rows that are too large for the task's share of memory. A batch that is no larger as a whole holds none.
    fn note_large_rows(&self, batch: &RecordBatch) {
        if batch.get_array_memory_size() as u64 > self.context.memory_bytes {
            self.holds_object(largest_row(batch, self.context.memory_bytes));
        }
    }

    /// Counts rows read from other tasks.
    pub fn fetched(&self, batch: &RecordBatch) {
        let mut counts = self.counts.borrow_mut();
        counts.shuffle_read_rows += batch.num_rows() as u64;
        counts.shuffle_read_bytes += row_bytes(batch);
    }
}

/// The modelled size of the largest row, where one is larger than `limit`; else zero. Halves that are no larger together are not looked into.
fn largest_row(batch: &RecordBatch, limit: u64) -> u64 {
    let (rows, bytes) = (batch.num_rows(), row_bytes(batch));
    if bytes <= limit || rows == 0 {
        return 0;
    }
    if rows == 1 {
        return bytes;
    }
    let half = rows / 2;
    largest_row(&batch.slice(0, half), limit).max(largest_row(&batch.slice(half, rows - half), limit))
}

struct Counted<'a> {
    rows: Rows<'a>,
    count: Rc<Cell<u64>>,
    runtime: &'a Runtime<'a>,
}

impl Operator for Counted<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            self.runtime.context.check_cancelled()?;
            match self.rows.next()? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    self.runtime.note_large_rows(&batch);
                    self.count.set(self.count.get() + batch.num_rows() as u64);
                    return Ok(Some(batch));
                }
                None => return Ok(None),
            }
        }
    }

    fn expected_rows(&self) -> usize {
        self.rows.expected_rows()
    }

    fn is_in_memory(&self) -> bool {
        self.rows.is_in_memory()
    }

    fn unused(&mut self, rows: usize) {
        self.rows.unused(rows);
    }
}

/// How many functions of a node Spark hands its rows to one by one. Buffers that are merged are few.
fn imperative_functions(plan: &PhysicalPlan) -> u64 {
    let PhysicalPlan::Aggregate { mode: AggregateMode::Partial | AggregateMode::Complete, aggregates, .. } = plan
    else {
        return 0;
    };
    aggregates.iter().filter(|aggregate| is_imperative(aggregate)).count() as u64
}

/// Spark's name of the node.
fn operator_name(plan: &PhysicalPlan) -> &'static str {
    match plan {
        PhysicalPlan::LocalTableScan { .. } => "LocalTableScan",
        PhysicalPlan::Range { .. } => "Range",
        PhysicalPlan::OneRow => "OneRow",
        PhysicalPlan::FileScan(scan) => match scan.scan.format {
            crate::logical::plan::FileFormat::Csv => "Scan csv",
            crate::logical::plan::FileFormat::Json => "Scan json",
            crate::logical::plan::FileFormat::Parquet => "Scan parquet",
            crate::logical::plan::FileFormat::Text => "Scan text",
        },
        PhysicalPlan::InMemoryTableScan { .. } => "InMemoryTableScan",
        PhysicalPlan::Project { .. } => "Project",
        PhysicalPlan::Filter { .. } => "Filter",
        PhysicalPlan::Aggregate { style: AggregateStyle::Hash, .. } => "HashAggregate",
        PhysicalPlan::Aggregate { style: AggregateStyle::ObjectHash, .. } => "ObjectHashAggregate",
        PhysicalPlan::Aggregate { style: AggregateStyle::Sort, .. } => "SortAggregate",
        PhysicalPlan::Expand { .. } => "Expand",
        PhysicalPlan::Generate { generator: Expr::TableCall(_), .. } => "PythonUDTF",
        PhysicalPlan::Generate { .. } => "Generate",
        PhysicalPlan::Join { algorithm, .. } => match algorithm {
            JoinAlgorithm::BroadcastHash { .. } => "BroadcastHashJoin",
            JoinAlgorithm::SortMerge { .. } => "SortMergeJoin",
            JoinAlgorithm::ShuffledHash { .. } => "ShuffledHashJoin",
            JoinAlgorithm::BroadcastNestedLoop { .. } => "BroadcastNestedLoopJoin",
            JoinAlgorithm::Cartesian => "CartesianProduct",
        },
        PhysicalPlan::Window { .. } => "Window",
        PhysicalPlan::WindowGroupLimit { .. } => "WindowGroupLimit",
        PhysicalPlan::Sort { .. } => "Sort",
        PhysicalPlan::TakeOrderedAndProject { .. } => "TakeOrderedAndProject",
        PhysicalPlan::LocalLimit { .. } => "LocalLimit",
        PhysicalPlan::GlobalLimit { .. } => "GlobalLimit",
        PhysicalPlan::CollectLimit { .. } => "CollectLimit",
        PhysicalPlan::CollectTail { .. } => "CollectTail",
        PhysicalPlan::Union { .. } => "Union",
        PhysicalPlan::Coalesce { .. } => "Coalesce",
        PhysicalPlan::Sample { .. } => "Sample",
        PhysicalPlan::MapPartitions { .. } => "MapPartitions",
        PhysicalPlan::ShuffleExchange { .. } | PhysicalPlan::ShuffleRead { .. } => "Exchange",
        PhysicalPlan::BroadcastExchange { .. } | PhysicalPlan::BroadcastRead { .. } => "BroadcastExchange",
        PhysicalPlan::WriteFiles { .. } => "WriteFiles",
    }
}
