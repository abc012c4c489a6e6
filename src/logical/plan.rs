//! Logical plans: what a query means, not how it is computed.
//!
//! Before the analyzer a plan may hold unresolved relations and expressions; after it, [`LogicalPlan::output`] is exact and every
//! expression refers to its children's output by [`ExprId`].

use super::expr::{Attribute, Expr, SortOrder};
use super::functions::PartitionFunction;
use super::types::{DataType, StructType};
use crate::common::conf::Options;
use crate::common::ids::{CacheId, ExprId};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// A plan node; children are shared.
#[derive(Debug, Clone, PartialEq)]
pub enum LogicalPlan {
    /// A table or view by name, not yet looked up.
    UnresolvedRelation {
        name: Vec<String>,
    },
    /// Rows that the driver holds: `createDataFrame`, `VALUES`.
    LocalRelation {
        output: Vec<Attribute>,
        batch: RecordBatch,
        /** From `parallelize`-like calls: how many partitions; absent for `createDataFrame` (the default parallelism); 0 for rows
         * that the driver knows as such (`VALUES`): one partition per row, at most the default parallelism. */
        partitions: Option<usize>,
    },
    /// `spark.range`.
    Range {
        start: i64,
        end: i64,
        step: i64,
        partitions: Option<usize>,
        output: Vec<Attribute>,
    },
    /// One row without columns: `SELECT 1`.
    OneRow,
    /// Files.
    Scan(FileScan),
    /// A plan whose rows are kept: `df.cache()`. `plan` is its lineage, `level` the name of the storage level.
    Cached {
        id: CacheId,
        level: Arc<str>,
        plan: Arc<LogicalPlan>,
        output: Vec<Attribute>,
    },
    /// What an RDD stands on: a plan that has run, as it ran. It is a leaf: nothing optimizes it again.
    Ran {
        plan: Arc<LogicalPlan>,
        output: Vec<Attribute>,
    },
    /// A plan whose rows were written to reliable storage: `df.checkpoint()`. Its lineage is cut.
    Checkpoint {
        name: String,
        scan: Arc<LogicalPlan>,
        output: Vec<Attribute>,
    },
    /// A `WITH RECURSIVE` definition: the rows of `anchor`, then those of `recursion` over the rows of the round before, until a round
    /// gives none. The session runs it round by round.
    UnionLoop {
        /// What the [`LogicalPlan::UnionLoopRef`]s of `recursion` refer to.
        id: ExprId,
        /// The name and, if given, the names of the columns.
        name: String,
        columns: Vec<String>,
        /// `MAX RECURSION LEVEL`; absent: `spark.sql.cteRecursionLevelLimit`.
        levels_max: Option<usize>,
        anchor: Arc<LogicalPlan>,
        recursion: Arc<LogicalPlan>,
        /// Resolved only.
        output: Vec<Attribute>,
    },
    /// The rows that the round before gave. Resolved only.
    UnionLoopRef {
        id: ExprId,
        output: Vec<Attribute>,
    },
    SubqueryAlias {
        name: String,
        input: Arc<LogicalPlan>,
    },
    /// `WITH name AS (…)`: definitions in order, then the body.
    With {
        definitions: Vec<(String, Arc<LogicalPlan>)>,
        input: Arc<LogicalPlan>,
    },
    Project {
        exprs: Vec<Expr>,
        input: Arc<LogicalPlan>,
    },
    /// `withColumn(s)`: replaces or appends; as written only.
    WithColumns {
        columns: Vec<(String, Expr)>,
        input: Arc<LogicalPlan>,
    },
    /// `withColumn(s)Renamed`; as written only.
    WithColumnsRenamed {
        names: Vec<(String, String)>,
        input: Arc<LogicalPlan>,
    },
    /// `drop`; as written only.
    DropColumns {
        columns: Vec<Expr>,
        input: Arc<LogicalPlan>,
    },
    Filter {
        condition: Expr,
        input: Arc<LogicalPlan>,
    },
    /// `outputs` are named expressions over grouping expressions and aggregates.
    Aggregate {
        grouping: Grouping,
        outputs: Vec<Expr>,
        input: Arc<LogicalPlan>,
    },
    /// `groupBy(…).pivot(column, values).agg(…)`; as written only.
    Pivot {
        grouping: Vec<Expr>,
        column: Box<Expr>,
        values: Option<Vec<Expr>>,
        aggregates: Vec<Expr>,
        input: Arc<LogicalPlan>,
    },
    /// `unpivot`/`melt`.
    Unpivot {
        ids: Vec<Expr>,
        values: Vec<Expr>,
        variable: String,
        value: String,
        input: Arc<LogicalPlan>,
    },
    /// Several rows per row, one for each list of expressions (grouping sets, unpivot). Resolved only.
    Expand {
        projections: Vec<Vec<Expr>>,
        output: Vec<Attribute>,
        input: Arc<LogicalPlan>,
    },
    /// Appends window columns. Resolved only; all functions share one partitioning and order.
    Window {
        functions: Vec<Expr>,
        partition_by: Vec<Expr>,
        order_by: Vec<SortOrder>,
        input: Arc<LogicalPlan>,
    },
    /// The rows of each group whose rank by `function` (`row_number()`, `rank(…)`, `dense_rank(…)`) is at most `limit`. From the optimizer.
    WindowGroupLimit {
        partition_by: Vec<Expr>,
        order_by: Vec<SortOrder>,
        function: Expr,
        limit: usize,
        input: Arc<LogicalPlan>,
    },
    /// Appends a generator's columns.
    Generate {
        generator: Expr,
        outer: bool,
        output: Vec<Attribute>,
        /** Columns of the input that nobody above needs: they are not copied for each generated row. */
        unneeded: Vec<ExprId>,
        input: Arc<LogicalPlan>,
    },
    Sort {
        order: Vec<SortOrder>,
        /** Over all partitions, or inside each (`sortWithinPartitions`). */
        global: bool,
        input: Arc<LogicalPlan>,
    },
    Limit {
        count: usize,
        input: Arc<LogicalPlan>,
    },
    /// The first rows of each partition. From the optimizer.
    LocalLimit {
        count: usize,
        input: Arc<LogicalPlan>,
    },
    Offset {
        count: usize,
        input: Arc<LogicalPlan>,
    },
    Tail {
        count: usize,
        input: Arc<LogicalPlan>,
    },
    Join {
        left: Arc<LogicalPlan>,
        right: Arc<LogicalPlan>,
        join_type: JoinType,
        constraint: JoinConstraint,
        hint: JoinHints,
    },
    Union {
        inputs: Vec<Arc<LogicalPlan>>,
        by_name: bool,
        allow_missing: bool,
    },
    Intersect {
        left: Arc<LogicalPlan>,
        right: Arc<LogicalPlan>,
        all: bool,
    },
    Except {
        left: Arc<LogicalPlan>,
        right: Arc<LogicalPlan>,
        all: bool,
    },
    Distinct {
        input: Arc<LogicalPlan>,
    },
    /// `dropDuplicates(keys)`: the first row of each key.
    Deduplicate {
        keys: Vec<Expr>,
        input: Arc<LogicalPlan>,
    },
    Repartition {
        target: Repartitioning,
        input: Arc<LogicalPlan>,
    },
    Sample {
        fraction: f64,
        with_replacement: bool,
        seed: i64,
        /** Rows whose number falls in this range are kept (`randomSplit`). */
        lower: f64,
        input: Arc<LogicalPlan>,
    },
    /// A hint as written (`broadcast`, `repartition`, …).
    Hint {
        name: String,
        parameters: Vec<Expr>,
        input: Arc<LogicalPlan>,
    },
    /// Rows through a function of whole partitions (RDD operations).
    MapPartitions {
        function: Arc<dyn PartitionFunction>,
        output: Vec<Attribute>,
        input: Arc<LogicalPlan>,
    },
    /// Writes the rows; gives none.
    Write {
        target: WriteTarget,
        input: Arc<LogicalPlan>,
    },
}

/// Option of a scan that cuts files as `sc.textFile` does: into so many pieces at least.
pub const LEAST_SPLITS: &str = "leastSplits";

/// The number of values of a range.
#[must_use]
pub fn range_length(start: i64, end: i64, step: i64) -> u128 {
    let (start, end, step) = (i128::from(start), i128::from(end), i128::from(step));
    let span = if step > 0 { end - start } else { start - end };
    if span <= 0 || step == 0 { 0 } else { (span as u128).div_ceil(step.unsigned_abs()) }
}

/// Files to read.
#[derive(Debug, Clone, PartialEq)]
pub struct FileScan {
    pub format: FileFormat,
    /// The paths as the script wrote them.
    pub paths: Vec<String>,
    /// What was found there, in the order of path names.
    pub files: Arc<Vec<FileEntry>>,
    /// The columns inside the files (without partition columns).
    pub data_schema: StructType,
    /// The columns made from folder names such as `year=2024`.
    pub partition_schema: StructType,
    pub options: Options,
    /// Data columns, then partition columns; ids assigned by the analyzer. Pruned by the optimizer.
    pub output: Vec<Attribute>,
    /// Conditions that the reader may use to skip data (`PushedFilters`); the filter above stays.
    pub pushed_filters: Vec<Expr>,
    /// Conditions over partition columns only, used to skip whole files (`PartitionFilters`).
    pub partition_filters: Vec<Expr>,
}

/// One input file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileEntry {
    /// The path to open, absolute.
    pub path: std::path::PathBuf,
    /// Bytes.
    pub size: u64,
    /// Values of the partition columns, in the order of `partition_schema`.
    pub partition_values: Vec<super::scalar::Scalar>,
}

/// File formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileFormat {
    Csv,
    Json,
    Parquet,
    Text,
}

impl FileFormat {
    /// The format of a name, in letters of any size.
    #[must_use]
    pub fn named(name: &str) -> Option<FileFormat> {
        let all = [FileFormat::Csv, FileFormat::Json, FileFormat::Parquet, FileFormat::Text];
        all.into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// Spark's name of the format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Json => "json",
            FileFormat::Parquet => "parquet",
            FileFormat::Text => "text",
        }
    }
}

/// What rows are grouped by.
#[derive(Debug, Clone, PartialEq)]
pub enum Grouping {
    /// `GROUP BY a, b` (empty: one group).
    By(Vec<Expr>),
    Rollup(Vec<Expr>),
    Cube(Vec<Expr>),
    /// `GROUPING SETS ((a), (a, b), ())` over these expressions.
    Sets {
        by: Vec<Expr>,
        sets: Vec<Vec<Expr>>,
    },
}

/// Join types, in Spark's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinType {
    Inner,
    Cross,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    LeftAnti,
}

/// What joins rows.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinConstraint {
    None,
    On(Expr),
    /// `USING (a, b)`, or `df.join(other, ["a", "b"])`; as written only.
    Using(Vec<String>),
    /// `NATURAL JOIN`; as written only.
    Natural,
    /// `JOIN LATERAL (…) [ON …]`: the right side may refer to the columns of the left one. Until the optimizer has made it a plain join.
    Lateral(Option<Expr>),
}

/// A side's wish for how it is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinHint {
    Broadcast,
    Merge,
    ShuffleHash,
    ShuffleReplicateNl,
}

/// The hints of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JoinHints {
    pub left: Option<JoinHint>,
    pub right: Option<JoinHint>,
}

/// `repartition`, `repartitionByRange`, `coalesce`, and RDD `partitionBy`.
#[derive(Debug, Clone, PartialEq)]
pub enum Repartitioning {
    RoundRobin {
        count: usize,
        /** An RDD's: its rows are not sorted first, so where they go depends on the order in which they come. */
        is_rdd: bool,
    },
    /// Absent count: `spark.sql.shuffle.partitions`, which adaptive execution may coalesce.
    Hash {
        by: Vec<Expr>,
        count: Option<usize>,
    },
    Range {
        by: Vec<SortOrder>,
        count: Option<usize>,
    },
    /// Fewer partitions without a shuffle.
    Coalesce {
        count: usize,
    },
    /// The partition's number is the value of this int expression.
    Index {
        by: Expr,
        count: usize,
    },
    /// `REBALANCE` hint.
    Rebalance {
        by: Vec<Expr>,
    },
}

/// Where and how rows are written.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteTarget {
    pub format: FileFormat,
    /// The path as the script wrote it.
    pub path: String,
    pub mode: SaveMode,
    pub partition_by: Vec<String>,
    /// An overwrite empties these folders and no others.
    pub replaced: Option<Vec<std::path::PathBuf>>,
    pub options: Options,
    pub names: FileNames,
}

/// What the files of a write are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FileNames {
    /// `part-<task>-<uuid of the job>-c<number>.<ending>`; tasks without rows write nothing.
    #[default]
    Frames,
    /// `part-<task>`, one for each task: what Hadoop's output formats write for an RDD.
    Hadoop,
}

/// What to do when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SaveMode {
    ErrorIfExists,
    Overwrite,
    Append,
    Ignore,
}

impl LogicalPlan {
    /// The columns of a resolved plan. Nodes that exist only as written give what can be said without resolving.
    #[must_use]
    pub fn output(&self) -> Vec<Attribute> {
        match self {
            LogicalPlan::UnresolvedRelation { .. } | LogicalPlan::OneRow | LogicalPlan::Write { .. } => Vec::new(),
            LogicalPlan::LocalRelation { output, .. }
            | LogicalPlan::Range { output, .. }
            | LogicalPlan::Cached { output, .. }
            | LogicalPlan::Ran { output, .. }
            | LogicalPlan::Checkpoint { output, .. }
            | LogicalPlan::UnionLoop { output, .. }
            | LogicalPlan::UnionLoopRef { output, .. }
            | LogicalPlan::Expand { output, .. }
            | LogicalPlan::MapPartitions { output, .. } => output.clone(),
            LogicalPlan::Scan(scan) => scan.output.clone(),
            LogicalPlan::SubqueryAlias { name, input } => {
                input.output().into_iter().map(|column| Attribute { qualifier: vec![name.clone()], ..column }).collect()
            }
            LogicalPlan::Project { exprs, .. } | LogicalPlan::Aggregate { outputs: exprs, .. } => {
                exprs.iter().filter_map(Expr::to_attribute).collect()
            }
            LogicalPlan::Window { functions, input, .. } => {
                let mut output = input.output();
                output.extend(functions.iter().filter_map(Expr::to_attribute));
                output
            }
            LogicalPlan::Generate { output, unneeded, input, .. } => {
                let mut all = input.output();
                all.retain(|column| !unneeded.contains(&column.id));
                all.extend(output.iter().cloned());
                all
            }
            LogicalPlan::Join { left, right, join_type, .. } => join_output(left.output(), right.output(), *join_type),
            LogicalPlan::Union { inputs, .. } => union_output(inputs),
            LogicalPlan::Intersect { left, .. } | LogicalPlan::Except { left, .. } => left.output(),
            LogicalPlan::With { input, .. }
            | LogicalPlan::WithColumns { input, .. }
            | LogicalPlan::WithColumnsRenamed { input, .. }
            | LogicalPlan::DropColumns { input, .. }
            | LogicalPlan::Filter { input, .. }
            | LogicalPlan::WindowGroupLimit { input, .. }
            | LogicalPlan::Pivot { input, .. }
            | LogicalPlan::Unpivot { input, .. }
            | LogicalPlan::Sort { input, .. }
            | LogicalPlan::Limit { input, .. }
            | LogicalPlan::LocalLimit { input, .. }
            | LogicalPlan::Offset { input, .. }
            | LogicalPlan::Tail { input, .. }
            | LogicalPlan::Distinct { input }
            | LogicalPlan::Deduplicate { input, .. }
            | LogicalPlan::Repartition { input, .. }
            | LogicalPlan::Sample { input, .. }
            | LogicalPlan::Hint { input, .. } => input.output(),
        }
    }

    /// The schema of a resolved plan.
    #[must_use]
    pub fn schema(&self) -> StructType {
        StructType::new(
            self.output()
                .into_iter()
                .map(|column| super::types::StructField::new(column.name, column.data_type, column.nullable))
                .collect(),
        )
    }

    /// Rewrites the tree from the leaves up. `f` gives `None` to keep a node.
    #[must_use]
    pub fn transform_up(
        self: &Arc<Self>,
        f: &mut dyn FnMut(&Arc<LogicalPlan>) -> Option<LogicalPlan>,
    ) -> Arc<LogicalPlan> {
        let before = self.children();
        let after: Vec<_> = before.iter().map(|child| child.transform_up(f)).collect();
        let unchanged = before.iter().zip(&after).all(|(old, new)| Arc::ptr_eq(old, new));
        let node = if unchanged { self.clone() } else { Arc::new(self.with_children(after)) };
        f(&node).map_or(node, Arc::new)
    }

    /// Rewrites the tree from the root down. `f` gives `None` to keep a node.
    #[must_use]
    pub fn transform_down(
        self: &Arc<Self>,
        f: &mut dyn FnMut(&Arc<LogicalPlan>) -> Option<LogicalPlan>,
    ) -> Arc<LogicalPlan> {
        let node = f(self).map_or_else(|| self.clone(), Arc::new);
        let before = node.children();
        let after: Vec<_> = before.iter().map(|child| child.transform_down(f)).collect();
        let unchanged = before.iter().zip(&after).all(|(old, new)| Arc::ptr_eq(old, new));
        if unchanged { node.clone() } else { Arc::new(node.with_children(after)) }
    }

    /// Visits the tree from the root down.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a LogicalPlan)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// A column list with fresh types but unassigned ids, for leaves made by the front-end.
    #[must_use]
    pub fn unassigned(schema: &StructType) -> Vec<Attribute> {
        schema
            .fields
            .iter()
            .map(|field| {
                Attribute::new(field.name.clone(), ExprId::UNASSIGNED, field.data_type.clone(), field.nullable)
            })
            .collect()
    }
}

/// The columns of a join whose constraint is an expression.
#[must_use]
pub fn join_output(left: Vec<Attribute>, right: Vec<Attribute>, join_type: JoinType) -> Vec<Attribute> {
    let nullable = |columns: Vec<Attribute>, yes: bool| -> Vec<Attribute> {
        columns.into_iter().map(|column| Attribute { nullable: column.nullable || yes, ..column }).collect()
    };
    let (left_null, right_null) = match join_type {
        JoinType::LeftSemi | JoinType::LeftAnti => return left,
        JoinType::Inner | JoinType::Cross => (false, false),
        JoinType::LeftOuter => (false, true),
        JoinType::RightOuter => (true, false),
        JoinType::FullOuter => (true, true),
    };
    let mut output = nullable(left, left_null);
    output.extend(nullable(right, right_null));
    output
}

fn union_output(inputs: &[Arc<LogicalPlan>]) -> Vec<Attribute> {
    let mut outputs = inputs.iter().map(|input| input.output());
    let Some(mut first) = outputs.next() else { return Vec::new() };
    for other in outputs {
        for (column, twin) in first.iter_mut().zip(other) {
            column.nullable |= twin.nullable;
            if column.data_type == DataType::Null {
                column.data_type = twin.data_type;
            }
        }
    }
    first
}
