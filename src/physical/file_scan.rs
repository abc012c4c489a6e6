//! Plans reads of files and caches: which columns, which files, which pieces for which task.
//!
//! ```text
//!   Project a                    Project a
//!     Filter b > 1 AND day = 3     Filter b > 1
//!       Scan a, b, c | day           FileScan a, b | day   pushed b > 1, files of day=3 only, cut into tasks
//! ```
//!
//! Files are cut as Spark does (`FilePartition.maxSplitBytes`): pieces of at most `maxSplit` bytes, longest first, packed next-fit.

use super::plan::{FileScanExec, FileSlice, PhysicalPlan, RanPlan};
use super::planner::{Planned, Planner, PlannerContext, RootUse};
use crate::common::conf::Options;
use crate::common::{Conf, Result};
use crate::logical::plan::{FileEntry, FileFormat, FileScan, LEAST_SPLITS};
use crate::logical::rewrite;
use crate::logical::{Attribute, Expr, LogicalPlan};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Option of a scan over a checkpoint: its files are the partitions, in order.
pub const TASK_PER_FILE: &str = "taskPerFile";

/// Plans `[Project] [Filter] leaf` when the leaf is a scan or a cache; nothing otherwise.
pub(super) fn plan_scan(planner: &Planner<'_>, node: &Arc<LogicalPlan>) -> Result<Option<Arc<PhysicalPlan>>> {
    let (exprs, below) = match &**node {
        LogicalPlan::Project { exprs, input } => (Some(exprs), input),
        _ => (None, node),
    };
    let (conditions, leaf) = match &**below {
        LogicalPlan::Filter { condition, input } => (rewrite::conjuncts(condition), input),
        _ => (Vec::new(), below),
    };
    if !matches!(&**leaf, LogicalPlan::Scan(_) | LogicalPlan::Cached { .. }) {
        return Ok(None);
    }
    let (scan, rest) = match &**leaf {
        LogicalPlan::Scan(scan) => {
            let wanted: BTreeSet<_> = match exprs {
                Some(exprs) => exprs.iter().flat_map(rewrite::reads).collect(),
                None => rewrite::output_ids(leaf),
            };
            file_scan(scan, &conditions, &wanted, planner.context)?
        }
        _ => (cached(planner, leaf, &conditions, exprs.map(Vec::as_slice))?, conditions.clone()),
    };
    let filtered = match rewrite::conjunction(rest) {
        Some(condition) => Arc::new(PhysicalPlan::Filter { condition, input: scan }),
        None => scan,
    };
    Ok(Some(projected(exprs.map(Vec::as_slice), leaf, filtered)))
}

/// Puts a projection on top unless the columns are right already.
fn projected(exprs: Option<&[Expr]>, leaf: &Arc<LogicalPlan>, input: Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    let exprs: Vec<Expr> = match exprs {
        Some(exprs) => exprs.to_vec(),
        None => leaf.output().into_iter().map(Expr::Attribute).collect(),
    };
    let have = input.output();
    let is_same = have.len() == exprs.len()
        && exprs
            .iter()
            .zip(&have)
            .all(|(expr, column)| matches!(expr, Expr::Attribute(wanted) if wanted.id == column.id));
    if is_same { input } else { Arc::new(PhysicalPlan::Project { exprs, input }) }
}

fn cached(planner: &Planner<'_>, leaf: &Arc<LogicalPlan>, conditions: &[Expr], exprs: Option<&[Expr]>) -> Planned {
    let LogicalPlan::Cached { id, level, plan, output } = &**leaf else {
        return Err(crate::common::SparkError::internal("a cache was expected"));
    };
    let context = planner.context;
    let (lineage, planned) = match context.kept.lineage(*id) {
        Some(RanPlan { initial, finished }) => (finished, Some(initial)),
        None => {
            let context = PlannerContext { root: RootUse::Partitioned, staging: None, ..*context };
            (super::planner::plan(plan, &context)?, None)
        }
    };
    Ok(Arc::new(PhysicalPlan::InMemoryTableScan {
        id: *id,
        level: level.clone(),
        output: read_of_cache(output, conditions, exprs),
        stored: output.clone(),
        plan: lineage,
        planned,
    }))
}

/// The columns that a cache gives: those of the projection as they stand there where they are all that is needed, else by name, as in Spark.
fn read_of_cache(stored: &[Attribute], conditions: &[Expr], exprs: Option<&[Expr]>) -> Vec<Attribute> {
    let Some(exprs) = exprs else { return stored.to_vec() };
    let mut needed: BTreeSet<_> = exprs.iter().flat_map(rewrite::reads).collect();
    let plain: Vec<&Attribute> = exprs
        .iter()
        .filter_map(|expr| match expr {
            Expr::Attribute(column) => Some(column),
            _ => None,
        })
        .collect();
    let of_conditions: BTreeSet<_> = conditions.iter().flat_map(rewrite::reads).collect();
    if plain.len() == exprs.len() && of_conditions.is_subset(&needed) {
        return plain.into_iter().cloned().collect();
    }
    needed.extend(of_conditions);
    let mut columns: Vec<Attribute> = stored.iter().filter(|column| needed.contains(&column.id)).cloned().collect();
    columns.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
    columns
}

/// The scan, and the conditions that still have to be checked above it.
fn file_scan(
    scan: &FileScan,
    conditions: &[Expr],
    wanted: &BTreeSet<crate::common::ids::ExprId>,
    context: &PlannerContext<'_>,
) -> Result<(Arc<PhysicalPlan>, Vec<Expr>)> {
    let partition_columns = partition_columns(scan);
    let reader_knows = |condition: &Expr| {
        rewrite::is_deterministic(condition) && !rewrite::has_subquery(condition) && !rewrite::has_python(condition)
    };
    let of_partitions = |condition: &Expr| {
        let reads = rewrite::reads(condition);
        !reads.is_empty()
            && reader_knows(condition)
            && reads.iter().all(|id| partition_columns.iter().any(|column| column.id == *id))
    };
    let (partition_filters, data_filters): (Vec<_>, Vec<_>) = conditions.iter().cloned().partition(of_partitions);
    let mut needed = wanted.clone();
    needed.extend(data_filters.iter().flat_map(rewrite::reads));
    let is_partition = |column: &Attribute| partition_columns.iter().any(|other| other.id == column.id);
    let mut pruned = scan.clone();
    pruned.output.retain(|column| is_partition(column) || needed.contains(&column.id));
    pruned.pushed_filters.extend(
        data_filters
            .iter()
            .filter(|filter| reader_knows(filter))
            .filter(|filter| !rewrite::reads(filter).iter().any(|id| partition_columns.iter().any(|c| c.id == *id)))
            .cloned(),
    );
    pruned.partition_filters.extend(partition_filters);
    let files = kept_files(&pruned, &partition_columns, context)?;
    let splitting =
        Splitting { conf: context.conf, default_parallelism: context.default_parallelism, scale: context.scale };
    let tasks = splitting.tasks(pruned.format, &pruned.options, &files);
    Ok((
        Arc::new(PhysicalPlan::FileScan(FileScanExec { scan: pruned, tasks, validity_only: BTreeSet::new() })),
        data_filters,
    ))
}

/// The columns of a scan that come from folder names.
pub(super) fn partition_columns(scan: &FileScan) -> Vec<Attribute> {
    scan.output
        .iter()
        .filter(|column| scan.partition_schema.fields.iter().any(|field| field.name == column.name))
        .cloned()
        .collect()
}

/// The files whose folder names satisfy the partition filters.
fn kept_files<'a>(
    scan: &'a FileScan,
    columns: &[Attribute],
    context: &PlannerContext<'_>,
) -> Result<Vec<&'a FileEntry>> {
    let Some(condition) = rewrite::conjunction(scan.partition_filters.iter().cloned()) else {
        return Ok(scan.files.iter().collect());
    };
    let mut kept = Vec::new();
    for file in scan.files.iter() {
        let mut values = BTreeMap::new();
        for (field, value) in scan.partition_schema.fields.iter().zip(&file.partition_values) {
            if let Some(column) = columns.iter().find(|column| column.name == field.name) {
                values.insert(column.id, Expr::Literal(value.clone(), field.data_type.clone()));
            }
        }
        let keeps = match context.folder.fold(&rewrite::substitute(condition.clone(), &values)) {
            Some(folded) => {
                let folded = folded?;
                !rewrite::is_boolean(&folded, false) && !rewrite::is_null_literal(&folded)
            }
            None => true,
        };
        if keeps {
            kept.push(file);
        }
    }
    Ok(kept)
}

/// What decides about how files are cut, besides the files.
#[derive(Debug, Clone, Copy)]
pub struct Splitting<'a> {
    pub conf: &'a Conf,
    pub default_parallelism: usize,
    /// How many bytes one stored byte stands for.
    pub scale: u64,
}

impl Splitting<'_> {
    /// Cuts files into pieces and packs them into tasks.
    pub fn tasks(&self, format: FileFormat, options: &Options, files: &[&FileEntry]) -> Vec<Vec<FileSlice>> {
        let conf = self.conf;
        let scale = self.scale.max(1);
        let unsigned = |value: i64| u64::try_from(value).unwrap_or(0) / scale;
        let open_cost = unsigned(conf.bytes("spark.sql.files.openCostInBytes", 4 << 20));
        let max_bytes = unsigned(conf.bytes("spark.sql.files.maxPartitionBytes", 128 << 20)).max(1);
        let parallelism = conf.number("spark.sql.leafNodeDefaultParallelism", self.default_parallelism as i64);
        let least = u64::try_from(conf.number("spark.sql.files.minPartitionNum", parallelism)).unwrap_or(1).max(1);
        let files: Vec<&&FileEntry> = files.iter().filter(|file| file.size > 0).collect();
        if options.flag(TASK_PER_FILE, false) {
            return files.iter().map(|file| vec![FileSlice::whole(file)]).collect();
        }
        let whole_or = |file: &FileEntry, size| if is_splittable(format, options, file) { size } else { file.size };
        if let Some(least) = options.get(LEAST_SPLITS).and_then(|text| text.parse().ok()) {
            let size = piece_size(&files, least);
            return files.iter().flat_map(|file| cut(file, whole_or(file, size))).map(|piece| vec![piece]).collect();
        }
        let total: u64 = files.iter().map(|file| file.size + open_cost).sum();
        let max_split = max_bytes.min(open_cost.max(total / least)).max(1);
        let mut pieces: Vec<FileSlice> = Vec::new();
        for file in files {
            let step = whole_or(file, max_split);
            let mut start = 0;
            while start < file.size {
                let length = step.min(file.size - start);
                pieces.push(FileSlice { start, length, ..FileSlice::whole(file) });
                start += length;
            }
        }
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.length));
        pack(pieces, max_split, open_cost)
    }
}

/// How long Hadoop makes a piece of a text file when it is asked for so many of all files together.
fn piece_size(files: &[&&FileEntry], least: u64) -> u64 {
    const BLOCK: u64 = 32 << 20;
    let total: u64 = files.iter().map(|file| file.size).sum();
    (total / least.max(1)).clamp(1, BLOCK)
}

/// The pieces of a file; a last one that is a tenth too long is not cut.
fn cut(file: &FileEntry, size: u64) -> Vec<FileSlice> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    while start < file.size {
        let rest = file.size - start;
        let length = if rest as f64 / size as f64 > 1.1 { size } else { rest };
        pieces.push(FileSlice { start, length, ..FileSlice::whole(file) });
        start += length;
    }
    pieces
}

fn pack(pieces: Vec<FileSlice>, max_split: u64, open_cost: u64) -> Vec<Vec<FileSlice>> {
    let mut tasks = Vec::new();
    let mut current: Vec<FileSlice> = Vec::new();
    let mut size = 0;
    for piece in pieces {
        if size + piece.length > max_split && !current.is_empty() {
            tasks.push(std::mem::take(&mut current));
            size = 0;
        }
        size += piece.length + open_cost;
        current.push(piece);
    }
    if !current.is_empty() {
        tasks.push(current);
    }
    tasks
}

/// Whether several tasks may read parts of one file.
fn is_splittable(format: FileFormat, options: &Options, file: &FileEntry) -> bool {
    let extension = file.path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    match format {
        FileFormat::Parquet => true,
        FileFormat::Csv | FileFormat::Json | FileFormat::Text => {
            !matches!(extension, "gz" | "zst" | "snappy" | "lz4" | "deflate")
                && !options.flag("multiline", false)
                && !options.flag("wholetext", false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(sizes: &[u64], max_split: u64, open_cost: u64) -> Vec<usize> {
        let pieces = sizes
            .iter()
            .map(|size| FileSlice {
                path: "a.csv".into(),
                start: 0,
                length: *size,
                file_size: *size,
                partition_values: Vec::new(),
            })
            .collect();
        pack(pieces, max_split, open_cost).iter().map(Vec::len).collect()
    }

    #[test]
    fn small_files_share_a_task_until_the_open_cost_fills_it() {
        assert_eq!(tasks(&[10, 10, 10], 100, 4), [3]);
        assert_eq!(tasks(&[10, 10, 10], 100, 45), [2, 1]);
        assert_eq!(tasks(&[90, 90, 5], 100, 4), [1, 2]);
    }
}
