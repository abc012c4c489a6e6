//! Physical plans: operators, and the exchanges between them.
//!
//! Expressions still refer to columns by [`ExprId`]; `exec` binds them to column numbers against the child's
//! [`PhysicalPlan::output`] when a task starts. Spark's operator names are kept, also where the work is done differently
//! (a `SortMergeJoin` keeps its name and its shuffles and hashes underneath).

use super::properties;
use crate::common::conf::Options;
use crate::common::ids::{BroadcastId, CacheId, ExprId, ShuffleId};
use crate::logical::expr::{AggregateCall, Attribute, Expr, SortOrder};
use crate::logical::functions::PartitionFunction;
use crate::logical::plan::{FileEntry, FileFormat, FileScan, JoinType, WriteTarget, join_output};
use crate::logical::scalar::Scalar;
use arrow::record_batch::RecordBatch;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// A piece of a file that one task reads (Spark's `PartitionedFile`).
#[derive(Debug, Clone, PartialEq)]
pub struct FileSlice {
    pub path: PathBuf,
    /// First byte.
    pub start: u64,
    /// Number of bytes.
    pub length: u64,
    /// Size of the whole file in bytes.
    pub file_size: u64,
    /// Values of the partition columns.
    pub partition_values: Vec<Scalar>,
}

impl FileSlice {
    /// A file in one piece.
    #[must_use]
    pub fn whole(file: &FileEntry) -> Self {
        FileSlice {
            path: file.path.clone(),
            start: 0,
            length: file.size,
            file_size: file.size,
            partition_values: file.partition_values.clone(),
        }
    }
}

/// Reads files; one task for each entry of `tasks`.
#[derive(Debug, Clone, PartialEq)]
pub struct FileScanExec {
    pub scan: FileScan,
    pub tasks: Vec<Vec<FileSlice>>,
    /// Columns of the output of which nobody asks more than whether they are null.
    pub validity_only: BTreeSet<ExprId>,
}

/// The level of rows that a local checkpoint keeps on executors: how they came to be is forgotten.
pub const LOCAL_CHECKPOINT: &str = "MEMORY_AND_DISK (local checkpoint)";

/// A plan that has run, with what adaptive execution made of it.
#[derive(Debug, Clone)]
pub struct RanPlan {
    pub initial: Arc<PhysicalPlan>,
    pub finished: Arc<PhysicalPlan>,
}

/// What part of an aggregation a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateMode {
    /// Rows in, buffers out.
    Partial,
    /// Buffers in, merged buffers out (distinct aggregates). An aggregate whose buffer columns the input does *not* have is updated from
    /// the rows instead: Spark's third step of a distinct aggregation does both in one node.
    PartialMerge,
    /// Buffers in, results out.
    Final,
    /// Rows in, results out, without a shuffle between.
    Complete,
}

impl AggregateMode {
    /// Whether the node's columns are its `outputs`, not keys and buffers.
    #[must_use]
    pub fn gives_results(self) -> bool {
        matches!(self, AggregateMode::Final | AggregateMode::Complete)
    }
}

/// One aggregate of a node. `result` names its value in `outputs` of the final node; buffers travel between the phases as the columns
/// `buffers`, whose number and types `exec` and `physical` both take from `logical::functions::buffer_types`.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateExpr {
    pub call: AggregateCall,
    pub result: Attribute,
    pub buffers: Vec<Attribute>,
}

/// Which operator of Spark's it is: how it is shown and in which order its groups come. The work is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateStyle {
    Hash,
    ObjectHash,
    Sort,
}

/// How two inputs are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinAlgorithm {
    BroadcastHash {
        build: BuildSide,
    },
    /// `is_hinted`: a hint asked for it, and adaptive execution leaves it as it is.
    SortMerge {
        is_hinted: bool,
    },
    ShuffledHash {
        build: BuildSide,
    },
    BroadcastNestedLoop {
        build: BuildSide,
    },
    Cartesian,
}

/// The side that is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuildSide {
    Left,
    Right,
}

/// How rows are spread over partitions.
#[derive(Debug, Clone, PartialEq)]
pub enum Partitioning {
    Unknown(usize),
    Single,
    /// Murmur3 of these expressions, positive modulo.
    Hash(Vec<Expr>, usize),
    /// Contiguous ranges; bounds are sampled when the exchange runs.
    Range(Vec<SortOrder>, usize),
    RoundRobin {
        count: usize,
        order: RowOrder,
    },
    /// The value of this int expression.
    Index(Box<Expr>, usize),
    /// Every task has all rows.
    Broadcast,
}

/// In which order a round robin takes the rows of a map task: their places follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowOrder {
    /// Sorted by a hash first (`spark.sql.execution.sortBeforeRepartition`).
    Sorted,
    /// As they come; a checksum of each block tells whether one that is made again holds other rows.
    Compared,
    /// As they come.
    Given,
}

impl Partitioning {
    /// How many partitions.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Partitioning::Unknown(count)
            | Partitioning::Hash(_, count)
            | Partitioning::Range(_, count)
            | Partitioning::RoundRobin { count, .. }
            | Partitioning::Index(_, count) => *count,
            Partitioning::Single | Partitioning::Broadcast => 1,
        }
    }
}

/// Why an exchange stands in the plan; adaptive execution only coalesces where the script did not fix the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShuffleOrigin {
    EnsureRequirements,
    RepartitionByCol,
    RepartitionByNum,
    Rebalance,
    /// An operation of an RDD: as in Spark, adaptive execution does not run it, it is a stage of the job above.
    Rdd,
}

/// What one task reads of a shuffle (Spark's `ShufflePartitionSpec`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ShuffleSlice {
    /// Reduce partitions `start..end`, all maps.
    Coalesced { start: u32, end: u32 },
    /// One reduce partition of the maps `map_start..map_end` (a split skewed partition).
    PartialReducer { reduce: u32, map_start: u32, map_end: u32 },
    /// All reduce partitions `start..end` of one map output (a local read).
    PartialMapper { map: u32, start: u32, end: u32 },
    /// All reduce partitions of the maps `map_start..map_end` (a local read by few tasks).
    CoalescedMapper { map_start: u32, map_end: u32, reducers: u32 },
}

/// A physical operator.
#[derive(Debug, Clone, PartialEq)]
pub enum PhysicalPlan {
    /// Rows that came to the driver; `is_local`: that it knows as such (`VALUES`), else as an RDD of them.
    LocalTableScan {
        output: Vec<Attribute>,
        batch: RecordBatch,
        partitions: usize,
        is_local: bool,
    },
    Range {
        start: i64,
        end: i64,
        step: i64,
        partitions: usize,
        output: Vec<Attribute>,
    },
    /// One row, no columns.
    OneRow,
    FileScan(FileScanExec),
    /// Cached rows, or `plan` where a partition is not there.
    InMemoryTableScan {
        id: CacheId,
        /** The name of its storage level. */
        level: Arc<str>,
        output: Vec<Attribute>,
        /** All columns of the cache, in stored order. */
        stored: Vec<Attribute>,
        plan: Arc<PhysicalPlan>,
        /** Once it has run: what `plan` was at first. */
        planned: Option<Arc<PhysicalPlan>>,
    },
    Project {
        exprs: Vec<Expr>,
        input: Arc<PhysicalPlan>,
    },
    Filter {
        condition: Expr,
        input: Arc<PhysicalPlan>,
    },
    /// `grouping` are named expressions over the input. `outputs` are over grouping attributes and results (Final, Complete) and empty
    /// otherwise: then the output is the grouping attributes followed by all buffers.
    Aggregate {
        mode: AggregateMode,
        style: AggregateStyle,
        grouping: Vec<Expr>,
        aggregates: Vec<AggregateExpr>,
        outputs: Vec<Expr>,
        input: Arc<PhysicalPlan>,
    },
    Expand {
        projections: Vec<Vec<Expr>>,
        output: Vec<Attribute>,
        input: Arc<PhysicalPlan>,
    },
    Generate {
        generator: Expr,
        outer: bool,
        output: Vec<Attribute>,
        /** Columns of the input that nobody above needs. */
        unneeded: Vec<ExprId>,
        input: Arc<PhysicalPlan>,
    },
    Join {
        algorithm: JoinAlgorithm,
        join_type: JoinType,
        left_keys: Vec<Expr>,
        right_keys: Vec<Expr>,
        /** Further condition over both sides. */
        condition: Option<Expr>,
        left: Arc<PhysicalPlan>,
        right: Arc<PhysicalPlan>,
    },
    Window {
        functions: Vec<Expr>,
        partition_by: Vec<Expr>,
        order_by: Vec<SortOrder>,
        input: Arc<PhysicalPlan>,
    },
    /// The first rows of each group of sorted rows, by their rank (at most `limit`).
    WindowGroupLimit {
        partition_by: Vec<Expr>,
        order_by: Vec<SortOrder>,
        function: Expr,
        limit: usize,
        /** Before the exchange, to shuffle less; it may keep too many. */
        is_partial: bool,
        input: Arc<PhysicalPlan>,
    },
    /// Sorts each partition; global when an exchange below ranged the partitions.
    Sort {
        order: Vec<SortOrder>,
        global: bool,
        input: Arc<PhysicalPlan>,
    },
    /// The first `count` rows (after `offset`) of a global order; `outputs` are projected.
    TakeOrderedAndProject {
        count: usize,
        offset: usize,
        order: Vec<SortOrder>,
        outputs: Vec<Expr>,
        input: Arc<PhysicalPlan>,
    },
    /// The first rows of each partition.
    LocalLimit {
        count: usize,
        input: Arc<PhysicalPlan>,
    },
    /// The first rows after `offset` of a single partition.
    GlobalLimit {
        count: usize,
        offset: usize,
        input: Arc<PhysicalPlan>,
    },
    /// The root of a limited collect: partitions are run in growing groups until there are enough rows.
    CollectLimit {
        count: usize,
        offset: usize,
        input: Arc<PhysicalPlan>,
    },
    CollectTail {
        count: usize,
        input: Arc<PhysicalPlan>,
    },
    Union {
        inputs: Vec<Arc<PhysicalPlan>>,
    },
    Coalesce {
        count: usize,
        input: Arc<PhysicalPlan>,
    },
    Sample {
        lower: f64,
        upper: f64,
        with_replacement: bool,
        seed: i64,
        input: Arc<PhysicalPlan>,
    },
    MapPartitions {
        function: Arc<dyn PartitionFunction>,
        output: Vec<Attribute>,
        input: Arc<PhysicalPlan>,
    },
    /// A shuffle, not yet run.
    ShuffleExchange {
        partitioning: Partitioning,
        origin: ShuffleOrigin,
        input: Arc<PhysicalPlan>,
    },
    /// A broadcast, not yet run.
    BroadcastExchange {
        input: Arc<PhysicalPlan>,
    },
    /// A shuffle whose map stage has run (Spark's `ShuffleQueryStage`), and what each task reads of it (`AQEShuffleRead`; absent: one
    /// reduce partition each).
    ShuffleRead {
        shuffle: ShuffleId,
        /** The exchange it came from, for lineage and explain. */
        exchange: Arc<PhysicalPlan>,
        /** How many reduce partitions there are: for ranges, no more than the sampled keys bound. */
        reducers: usize,
        slices: Option<Vec<ShuffleSlice>>,
    },
    /// A broadcast that has run.
    BroadcastRead {
        broadcast: BroadcastId,
        exchange: Arc<PhysicalPlan>,
    },
    /// Writes each partition's rows into files.
    WriteFiles {
        target: WriteTarget,
        /** The folder that task attempts write below. */
        staging: PathBuf,
        format: FileFormat,
        options: Options,
        input: Arc<PhysicalPlan>,
    },
}

/// Gives `$each` the direct children of an operator, from left to right; a macro, for shared and for mutable operators alike.
macro_rules! each_child {
    ($plan:expr, $each:expr) => {
        match $plan {
            PhysicalPlan::LocalTableScan { .. }
            | PhysicalPlan::Range { .. }
            | PhysicalPlan::OneRow
            | PhysicalPlan::FileScan(_)
            | PhysicalPlan::ShuffleRead { .. }
            | PhysicalPlan::BroadcastRead { .. } => {}
            PhysicalPlan::Union { inputs } => {
                for input in inputs {
                    $each(input);
                }
            }
            PhysicalPlan::Join { left, right, .. } => {
                $each(left);
                $each(right);
            }
            PhysicalPlan::InMemoryTableScan { plan: input, .. }
            | PhysicalPlan::Project { input, .. }
            | PhysicalPlan::Filter { input, .. }
            | PhysicalPlan::Aggregate { input, .. }
            | PhysicalPlan::Expand { input, .. }
            | PhysicalPlan::Generate { input, .. }
            | PhysicalPlan::Window { input, .. }
            | PhysicalPlan::Sort { input, .. }
            | PhysicalPlan::WindowGroupLimit { input, .. }
            | PhysicalPlan::TakeOrderedAndProject { input, .. }
            | PhysicalPlan::LocalLimit { input, .. }
            | PhysicalPlan::GlobalLimit { input, .. }
            | PhysicalPlan::CollectLimit { input, .. }
            | PhysicalPlan::CollectTail { input, .. }
            | PhysicalPlan::Coalesce { input, .. }
            | PhysicalPlan::Sample { input, .. }
            | PhysicalPlan::MapPartitions { input, .. }
            | PhysicalPlan::ShuffleExchange { input, .. }
            | PhysicalPlan::BroadcastExchange { input }
            | PhysicalPlan::WriteFiles { input, .. } => $each(input),
        }
    };
}

impl PhysicalPlan {
    /// The columns it gives.
    #[must_use]
    pub fn output(&self) -> Vec<Attribute> {
        match self {
            PhysicalPlan::OneRow | PhysicalPlan::WriteFiles { .. } => Vec::new(),
            PhysicalPlan::LocalTableScan { output, .. }
            | PhysicalPlan::Range { output, .. }
            | PhysicalPlan::InMemoryTableScan { output, .. }
            | PhysicalPlan::Expand { output, .. }
            | PhysicalPlan::MapPartitions { output, .. } => output.clone(),
            PhysicalPlan::FileScan(scan) => scan.scan.output.clone(),
            PhysicalPlan::Project { exprs, .. } | PhysicalPlan::TakeOrderedAndProject { outputs: exprs, .. } => {
                exprs.iter().filter_map(Expr::to_attribute).collect()
            }
            PhysicalPlan::Aggregate { mode, grouping, aggregates, outputs, .. } => match mode {
                AggregateMode::Final | AggregateMode::Complete => {
                    outputs.iter().filter_map(Expr::to_attribute).collect()
                }
                AggregateMode::Partial | AggregateMode::PartialMerge => grouping
                    .iter()
                    .filter_map(Expr::to_attribute)
                    .chain(aggregates.iter().flat_map(|aggregate| aggregate.buffers.iter().cloned()))
                    .collect(),
            },
            PhysicalPlan::Generate { output, unneeded, input, .. } => {
                let mut all = input.output();
                all.retain(|column| !unneeded.contains(&column.id));
                all.extend(output.iter().cloned());
                all
            }
            PhysicalPlan::Window { functions, input, .. } => {
                let mut all = input.output();
                all.extend(functions.iter().filter_map(Expr::to_attribute));
                all
            }
            PhysicalPlan::Join { join_type, left, right, .. } => join_output(left.output(), right.output(), *join_type),
            PhysicalPlan::Union { inputs } => inputs.first().map(|input| input.output()).unwrap_or_default(),
            PhysicalPlan::Filter { input, .. }
            | PhysicalPlan::Sort { input, .. }
            | PhysicalPlan::WindowGroupLimit { input, .. }
            | PhysicalPlan::LocalLimit { input, .. }
            | PhysicalPlan::GlobalLimit { input, .. }
            | PhysicalPlan::CollectLimit { input, .. }
            | PhysicalPlan::CollectTail { input, .. }
            | PhysicalPlan::Coalesce { input, .. }
            | PhysicalPlan::Sample { input, .. }
            | PhysicalPlan::ShuffleExchange { input, .. }
            | PhysicalPlan::BroadcastExchange { input } => input.output(),
            PhysicalPlan::ShuffleRead { exchange, .. } | PhysicalPlan::BroadcastRead { exchange, .. } => {
                exchange.output()
            }
        }
    }

    /// Whether it gives so many rows however many are stored: a limit, one row for all, or rows that no table holds.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        match self {
            PhysicalPlan::OneRow
            | PhysicalPlan::Range { .. }
            | PhysicalPlan::TakeOrderedAndProject { .. }
            | PhysicalPlan::LocalLimit { .. }
            | PhysicalPlan::GlobalLimit { .. }
            | PhysicalPlan::CollectLimit { .. }
            | PhysicalPlan::CollectTail { .. } => true,
            PhysicalPlan::Aggregate { grouping, .. } if grouping.is_empty() => true,
            PhysicalPlan::Project { input, .. }
            | PhysicalPlan::Filter { input, .. }
            | PhysicalPlan::Sort { input, .. }
            | PhysicalPlan::MapPartitions { input, .. } => input.is_bounded(),
            _ => false,
        }
    }

    /// The direct children. A read of a finished exchange has none: what is below it has run.
    #[must_use]
    pub fn children(&self) -> Vec<&Arc<PhysicalPlan>> {
        let mut children = Vec::new();
        each_child!(self, |child| children.push(child));
        children
    }

    /// The same operator over other children, given in the order of [`PhysicalPlan::children`].
    ///
    /// # Panics
    /// When the number of children differs: a bug of the caller.
    #[must_use]
    pub fn with_children(&self, children: Vec<Arc<PhysicalPlan>>) -> PhysicalPlan {
        assert_eq!(children.len(), self.children().len(), "an operator keeps its number of children");
        let mut copy = self.clone();
        let mut next = children.into_iter();
        let mut replace = |child: &mut Arc<PhysicalPlan>| {
            if let Some(replacement) = next.next() {
                *child = replacement;
            }
        };
        each_child!(&mut copy, replace);
        copy
    }

    /// The node over other inputs; the very same node when none is another. How a cache was filled is its past, not an input.
    #[must_use]
    pub fn map_inputs(self: &Arc<Self>, f: &mut dyn FnMut(&Arc<PhysicalPlan>) -> Arc<PhysicalPlan>) -> Arc<Self> {
        if matches!(**self, PhysicalPlan::InMemoryTableScan { .. }) {
            return self.clone();
        }
        let before = self.children();
        let after: Vec<_> = before.iter().map(|child| f(child)).collect();
        let unchanged = before.iter().zip(&after).all(|(old, new)| Arc::ptr_eq(old, new));
        if unchanged { self.clone() } else { Arc::new(self.with_children(after)) }
    }

    /// Rewrites the tree from the leaves up. `f` gives `None` to keep a node.
    #[must_use]
    pub fn transform_up(
        self: &Arc<Self>,
        f: &mut dyn FnMut(&Arc<PhysicalPlan>) -> Option<PhysicalPlan>,
    ) -> Arc<PhysicalPlan> {
        let node = self.map_inputs(&mut |child| child.transform_up(f));
        f(&node).map_or(node, Arc::new)
    }

    /// Visits the tree from the root down.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a PhysicalPlan)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// How many partitions (tasks) it has when it runs.
    #[must_use]
    pub fn partitions(&self) -> usize {
        match self {
            PhysicalPlan::LocalTableScan { partitions, .. } | PhysicalPlan::Range { partitions, .. } => *partitions,
            PhysicalPlan::OneRow
            | PhysicalPlan::CollectLimit { .. }
            | PhysicalPlan::CollectTail { .. }
            | PhysicalPlan::TakeOrderedAndProject { .. }
            | PhysicalPlan::GlobalLimit { .. }
            | PhysicalPlan::BroadcastExchange { .. }
            | PhysicalPlan::BroadcastRead { .. } => 1,
            PhysicalPlan::FileScan(scan) => scan.tasks.len(),
            PhysicalPlan::Union { inputs } => match properties::united_partitioning(inputs) {
                Some(_) => inputs.first().map_or(0, |input| input.partitions()),
                None => inputs.iter().map(|input| input.partitions()).sum(),
            },
            PhysicalPlan::Coalesce { count, input } => input.partitions().min(*count).max(1),
            PhysicalPlan::Join { algorithm, left, right, .. } => match algorithm {
                JoinAlgorithm::BroadcastHash { build } | JoinAlgorithm::BroadcastNestedLoop { build } => match build {
                    BuildSide::Left => right.partitions(),
                    BuildSide::Right => left.partitions(),
                },
                JoinAlgorithm::Cartesian => left.partitions() * right.partitions(),
                JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. } => left.partitions(),
            },
            PhysicalPlan::ShuffleExchange { partitioning, .. } => partitioning.count(),
            PhysicalPlan::ShuffleRead { reducers, slices, .. } => slices.as_ref().map_or(*reducers, Vec::len),
            PhysicalPlan::InMemoryTableScan { plan: input, .. }
            | PhysicalPlan::Project { input, .. }
            | PhysicalPlan::Filter { input, .. }
            | PhysicalPlan::Aggregate { input, .. }
            | PhysicalPlan::Expand { input, .. }
            | PhysicalPlan::Generate { input, .. }
            | PhysicalPlan::Window { input, .. }
            | PhysicalPlan::Sort { input, .. }
            | PhysicalPlan::WindowGroupLimit { input, .. }
            | PhysicalPlan::LocalLimit { input, .. }
            | PhysicalPlan::Sample { input, .. }
            | PhysicalPlan::MapPartitions { input, .. }
            | PhysicalPlan::WriteFiles { input, .. } => input.partitions(),
        }
    }
}

/// The partitions of which inputs make up one partition of a union, in order: one of each input where all are spread alike, else all
/// partitions of the first input, then of the second, ….
#[must_use]
pub fn united(inputs: &[Arc<PhysicalPlan>], partition: usize) -> Vec<(&Arc<PhysicalPlan>, usize)> {
    if properties::united_partitioning(inputs).is_some() {
        return inputs.iter().map(|input| (input, partition)).collect();
    }
    let mut at = partition;
    for input in inputs {
        let count = input.partitions();
        if at < count {
            return vec![(input, at)];
        }
        at -= count;
    }
    Vec::new()
}
