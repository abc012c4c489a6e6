//! From an optimized logical plan to operators with exchanges in place.
//!
//! Two steps, as in Spark: strategies turn every logical node into operators (`plan_node`; joins are chosen in
//! `join_selection`, aggregations laid out in `aggregation`, files split in `file_scan`); then
//! `requirements` adds the exchanges and sorts that the operators need.

use super::plan::{Partitioning, PhysicalPlan, RanPlan, RowOrder, ShuffleOrigin};
use super::{aggregation, combine, file_scan, join_selection, requirements};
use crate::common::ids::{CacheId, ExprIds};
use crate::common::{Conf, Result, SparkError};
use crate::logical::expr::SortOrder;
use crate::logical::fold::ConstantFolder;
use crate::logical::plan::{Grouping, Repartitioning, WriteTarget};
use crate::logical::{Attribute, Expr, LogicalPlan};
use std::path::PathBuf;
use std::sync::Arc;

/// What the planner may ask.
pub struct PlannerContext<'a> {
    pub conf: &'a Conf,
    /// For new columns (grouping expressions, aggregate buffers).
    pub ids: &'a ExprIds,
    /// Computes partition filters on the values of folder names.
    pub folder: &'a dyn ConstantFolder,
    /// Spark's `defaultParallelism`: the cluster's cores.
    pub default_parallelism: usize,
    /// What one byte of a file stands for (`--scale`).
    pub scale: u64,
    /// What is done with the rows of the root.
    pub root: RootUse,
    /// The folder below which the tasks of a `Write` at the root stage their files.
    pub staging: Option<PathBuf>,
    /// What is kept already.
    pub kept: &'a dyn Kept,
}

/// What is known about cached relations and about plans that have run.
pub trait Kept {
    /// Bytes kept, once every partition is; scaled already.
    fn bytes(&self, id: CacheId) -> Option<u64>;

    /// The lineage as it was run, its exchanges replaced by reads of their results.
    fn lineage(&self, id: CacheId) -> Option<RanPlan>;

    /// A plan as it was run.
    fn ran(&self, plan: &Arc<LogicalPlan>) -> Option<Arc<PhysicalPlan>>;
}

/// Nothing is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingKept;

impl Kept for NothingKept {
    fn bytes(&self, _id: CacheId) -> Option<u64> {
        None
    }

    fn lineage(&self, _id: CacheId) -> Option<RanPlan> {
        None
    }

    fn ran(&self, _plan: &Arc<LogicalPlan>) -> Option<Arc<PhysicalPlan>> {
        None
    }
}

/// What is done with a plan's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootUse {
    /// `collect`, `show`, `take`: a limit at the root may run partitions in growing groups.
    Collect,
    /// The rows stay partitioned (`df.rdd`, writing, caching).
    Partitioned,
}

/// Plans a query. Exchanges are in place; with adaptive execution on, [`super::adaptive`] runs them one by one.
///
/// # Errors
/// A logical node that must not reach the planner, or a query that Spark refuses (a cross join that is not allowed).
pub fn plan(optimized: &Arc<LogicalPlan>, context: &PlannerContext<'_>) -> Result<Arc<PhysicalPlan>> {
    let planner = Planner { context };
    let operators = match context.root {
        RootUse::Collect => planner.plan_root(optimized)?,
        RootUse::Partitioned => planner.plan_node(optimized)?,
    };
    let spread = requirements::ensure(&operators, context.conf);
    let combined = requirements::without_redundant_sorts(&combine::combine(&spread, context.conf));
    Ok(super::validity::mark(&super::push_down_sort::push_down_sorts(&combined)))
}

/// Applies the strategies.
pub(super) struct Planner<'a> {
    pub(super) context: &'a PlannerContext<'a>,
}

/// A node with one input.
pub(super) type Planned = Result<Arc<PhysicalPlan>>;

impl Planner<'_> {
    /// The root of a collect: limits become the driver's work.
    fn plan_root(&self, node: &Arc<LogicalPlan>) -> Planned {
        if let Some(top) = self.take_ordered(node)? {
            return Ok(top);
        }
        let (count, offset, input) = match &**node {
            LogicalPlan::Limit { count, input } => match &**input {
                LogicalPlan::Offset { count: offset, input } => (*count, *offset, input),
                _ => (*count, 0, input),
            },
            LogicalPlan::Offset { count: offset, input } => match &**input {
                LogicalPlan::Limit { count, input } => (count.saturating_sub(*offset), *offset, input),
                _ => (usize::MAX, *offset, input),
            },
            LogicalPlan::Tail { count, input } => {
                let input = self.plan_node(input)?;
                return Ok(Arc::new(PhysicalPlan::CollectTail { count: *count, input }));
            }
            _ => return self.plan_node(node),
        };
        let input = self.plan_node(input)?;
        Ok(Arc::new(PhysicalPlan::CollectLimit { count, offset, input }))
    }

    /// Every other place.
    pub(super) fn plan_node(&self, node: &Arc<LogicalPlan>) -> Planned {
        if let Some(scan) = file_scan::plan_scan(self, node)? {
            return Ok(scan);
        }
        Ok(Arc::new(match &**node {
            LogicalPlan::LocalRelation { output, batch, partitions } => {
                return Ok(self.local_relation(output, batch, *partitions));
            }
            LogicalPlan::Range { start, end, step, partitions, output } => PhysicalPlan::Range {
                start: *start,
                end: *end,
                step: *step,
                partitions: partitions.unwrap_or(self.context.default_parallelism).max(1),
                output: output.clone(),
            },
            LogicalPlan::OneRow => PhysicalPlan::OneRow,
            LogicalPlan::Ran { plan, .. } => {
                let ran = self.context.kept.ran(plan);
                return ran.ok_or_else(|| SparkError::internal("a plan that has run is not known any more"));
            }
            LogicalPlan::Checkpoint { scan, output, .. } => return self.checkpoint(scan, output),
            LogicalPlan::SubqueryAlias { input, .. }
            | LogicalPlan::Hint { input, .. }
            | LogicalPlan::With { input, .. } => return self.plan_node(input),
            LogicalPlan::Project { exprs, input } => {
                PhysicalPlan::Project { exprs: exprs.clone(), input: self.plan_node(input)? }
            }
            LogicalPlan::Filter { condition, input } => {
                PhysicalPlan::Filter { condition: condition.clone(), input: self.plan_node(input)? }
            }
            LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input } => {
                return aggregation::plan_aggregate(by, outputs, self.plan_node(input)?, self.context);
            }
            LogicalPlan::Expand { projections, output, input } => PhysicalPlan::Expand {
                projections: projections.clone(),
                output: output.clone(),
                input: self.plan_node(input)?,
            },
            LogicalPlan::Window { functions, partition_by, order_by, input } => PhysicalPlan::Window {
                functions: functions.clone(),
                partition_by: partition_by.clone(),
                order_by: order_by.clone(),
                input: self.plan_node(input)?,
            },
            LogicalPlan::WindowGroupLimit { partition_by, order_by, function, limit, input } => {
                let step = |is_partial, input| PhysicalPlan::WindowGroupLimit {
                    partition_by: partition_by.clone(),
                    order_by: order_by.clone(),
                    function: function.clone(),
                    limit: *limit,
                    is_partial,
                    input,
                };
                step(false, Arc::new(step(true, self.plan_node(input)?)))
            }
            LogicalPlan::Generate { generator, outer, output, unneeded, input } => PhysicalPlan::Generate {
                generator: generator.clone(),
                outer: *outer,
                output: output.clone(),
                unneeded: unneeded.clone(),
                input: self.plan_node(input)?,
            },
            LogicalPlan::Sort { order, global, input } => {
                PhysicalPlan::Sort { order: order.clone(), global: *global, input: self.plan_node(input)? }
            }
            LogicalPlan::LocalLimit { count, input } => {
                PhysicalPlan::LocalLimit { count: *count, input: self.plan_node(input)? }
            }
            LogicalPlan::Limit { .. } | LogicalPlan::Offset { .. } | LogicalPlan::Tail { .. } => {
                return self.limit(node);
            }
            LogicalPlan::Join { .. } => return join_selection::plan_join(self, node),
            LogicalPlan::Union { inputs, .. } => {
                PhysicalPlan::Union { inputs: inputs.iter().map(|input| self.plan_node(input)).collect::<Result<_>>()? }
            }
            LogicalPlan::Repartition { target, input } => return self.repartition(target, self.plan_node(input)?),
            LogicalPlan::Sample { fraction, with_replacement, seed, lower, input } => PhysicalPlan::Sample {
                lower: *lower,
                upper: lower + fraction,
                with_replacement: *with_replacement,
                seed: *seed,
                input: self.plan_node(input)?,
            },
            LogicalPlan::MapPartitions { function, output, input } => PhysicalPlan::MapPartitions {
                function: function.clone(),
                output: output.clone(),
                input: self.plan_node(input)?,
            },
            LogicalPlan::Write { target, input } => self.write(target, self.plan_node(input)?)?,
            LogicalPlan::UnionLoop { .. } => {
                return Err(SparkError::unsupported(
                    "the plan of a recursive query before it runs",
                    "run it: each round is a query of its own",
                ));
            }
            LogicalPlan::Scan(_)
            | LogicalPlan::Cached { .. }
            | LogicalPlan::UnionLoopRef { .. }
            | LogicalPlan::UnresolvedRelation { .. }
            | LogicalPlan::WithColumns { .. }
            | LogicalPlan::WithColumnsRenamed { .. }
            | LogicalPlan::DropColumns { .. }
            | LogicalPlan::Aggregate { .. }
            | LogicalPlan::Pivot { .. }
            | LogicalPlan::Unpivot { .. }
            | LogicalPlan::Intersect { .. }
            | LogicalPlan::Except { .. }
            | LogicalPlan::Distinct { .. }
            | LogicalPlan::Deduplicate { .. } => {
                return Err(SparkError::internal(format!(
                    "a logical node that the optimizer replaces reached the planner: {}",
                    node_name(node)
                )));
            }
        }))
    }

    fn local_relation(
        &self,
        output: &[Attribute],
        batch: &arrow::record_batch::RecordBatch,
        partitions: Option<usize>,
    ) -> Arc<PhysicalPlan> {
        let parallelism = self.context.default_parallelism.max(1);
        let is_local = partitions == Some(0);
        let partitions = match partitions {
            Some(0) => parallelism.min(batch.num_rows()).max(1),
            Some(count) => count,
            None => parallelism,
        };
        Arc::new(PhysicalPlan::LocalTableScan { output: output.to_vec(), batch: batch.clone(), partitions, is_local })
    }

    fn checkpoint(&self, scan: &Arc<LogicalPlan>, output: &[Attribute]) -> Planned {
        let input = self.plan_node(scan)?;
        let columns = input.output();
        if columns.iter().map(|column| column.id).eq(output.iter().map(|column| column.id)) {
            return Ok(input);
        }
        let exprs = columns
            .into_iter()
            .zip(output)
            .map(|(column, wanted)| Expr::Alias {
                child: Box::new(Expr::Attribute(column)),
                name: wanted.name.clone(),
                id: wanted.id,
                metadata: None,
            })
            .collect();
        Ok(Arc::new(PhysicalPlan::Project { exprs, input }))
    }

    /// `ORDER BY … LIMIT`, with or without a projection between: the top rows only.
    fn take_ordered(&self, node: &Arc<LogicalPlan>) -> Result<Option<Arc<PhysicalPlan>>> {
        let Some(top) = TopRows::find(node) else { return Ok(None) };
        let input = self.plan_node(top.input)?;
        let outputs =
            top.outputs.map_or_else(|| input.output().into_iter().map(Expr::Attribute).collect(), <[Expr]>::to_vec);
        Ok(Some(Arc::new(PhysicalPlan::TakeOrderedAndProject {
            count: top.count,
            offset: top.offset,
            order: top.order.to_vec(),
            outputs,
            input,
        })))
    }

    fn limit(&self, node: &Arc<LogicalPlan>) -> Planned {
        if let Some(top) = self.take_ordered(node)? {
            return Ok(top);
        }
        let (count, offset, input) = match &**node {
            LogicalPlan::Limit { count, input } => match &**input {
                LogicalPlan::Offset { count: offset, input } => (*count, *offset, input),
                _ => (*count, 0, input),
            },
            LogicalPlan::Offset { count, input } => (usize::MAX, *count, input),
            LogicalPlan::Tail { count, input } => {
                let input = self.plan_node(input)?;
                return Ok(Arc::new(PhysicalPlan::CollectTail { count: *count, input }));
            }
            _ => return Err(SparkError::internal("a limit was expected")),
        };
        let input = self.plan_node(input)?;
        let input = if count == usize::MAX {
            input
        } else {
            let local = count.saturating_add(offset);
            Arc::new(PhysicalPlan::LocalLimit { count: local, input })
        };
        Ok(Arc::new(PhysicalPlan::GlobalLimit { count, offset, input }))
    }

    fn repartition(&self, target: &Repartitioning, input: Arc<PhysicalPlan>) -> Planned {
        let many = self.context.conf.shuffle_partitions();
        let single = |count: usize, partitioning: Partitioning| {
            if count == 1 { Partitioning::Single } else { partitioning }
        };
        let origin = |count: &Option<usize>| {
            if count.is_some() { ShuffleOrigin::RepartitionByNum } else { ShuffleOrigin::RepartitionByCol }
        };
        let (partitioning, origin) = match target {
            Repartitioning::Coalesce { count } => {
                return Ok(Arc::new(PhysicalPlan::Coalesce { count: (*count).max(1), input }));
            }
            Repartitioning::RoundRobin { count, is_rdd } => {
                let origin = if *is_rdd { ShuffleOrigin::Rdd } else { ShuffleOrigin::RepartitionByNum };
                (single(*count, self.round_robin(*count, *is_rdd)), origin)
            }
            Repartitioning::Hash { by, count } => {
                let n = count.unwrap_or(many);
                let spread = if by.is_empty() { self.round_robin(n, false) } else { Partitioning::Hash(by.clone(), n) };
                (single(n, spread), origin(count))
            }
            Repartitioning::Range { by, count } => {
                let n = count.unwrap_or(many);
                (single(n, Partitioning::Range(by.clone(), n)), origin(count))
            }
            Repartitioning::Index { by, count } => {
                (Partitioning::Index(Box::new(by.clone()), *count), ShuffleOrigin::Rdd)
            }
            Repartitioning::Rebalance { by } => {
                let spread =
                    if by.is_empty() { self.round_robin(many, false) } else { Partitioning::Hash(by.clone(), many) };
                (spread, ShuffleOrigin::Rebalance)
            }
        };
        Ok(Arc::new(PhysicalPlan::ShuffleExchange { partitioning, origin, input }))
    }

    /// Frames sort their rows first, or compare what a map task leaves when it runs again; an RDD does neither.
    fn round_robin(&self, count: usize, is_rdd: bool) -> Partitioning {
        const COMPARED: &str = "spark.sql.shuffle.orderIndependentChecksum";
        let conf = &self.context.conf;
        let compares =
            conf.flag(&format!("{COMPARED}.enabled")) && conf.flag(&format!("{COMPARED}.enableFullRetryOnMismatch"));
        let order = match conf.flag("spark.sql.execution.sortBeforeRepartition") {
            _ if is_rdd => RowOrder::Given,
            true => RowOrder::Sorted,
            false if compares => RowOrder::Compared,
            false => RowOrder::Given,
        };
        Partitioning::RoundRobin { count, order }
    }

    fn write(&self, target: &WriteTarget, input: Arc<PhysicalPlan>) -> Result<PhysicalPlan> {
        let staging = self
            .context
            .staging
            .clone()
            .ok_or_else(|| SparkError::internal("a write was planned without a staging folder"))?;
        Ok(PhysicalPlan::WriteFiles {
            target: target.clone(),
            staging,
            format: target.format,
            options: target.options.clone(),
            input,
        })
    }
}

/// `[Project] Limit [Offset] [Project] Sort`.
struct TopRows<'a> {
    count: usize,
    offset: usize,
    order: &'a [SortOrder],
    outputs: Option<&'a [Expr]>,
    input: &'a Arc<LogicalPlan>,
}

impl<'a> TopRows<'a> {
    fn find(node: &'a Arc<LogicalPlan>) -> Option<TopRows<'a>> {
        let LogicalPlan::Limit { count, input } = &**node else { return None };
        let (offset, input) = match &**input {
            LogicalPlan::Offset { count, input } => (*count, input),
            _ => (0, input),
        };
        let (outputs, sort) = match &**input {
            LogicalPlan::Project { exprs, input } => (Some(exprs.as_slice()), input),
            _ => (None, input),
        };
        match &**sort {
            LogicalPlan::Sort { order, global: true, input } => {
                Some(TopRows { count: *count, offset, order, outputs, input })
            }
            _ => None,
        }
    }
}

fn node_name(node: &LogicalPlan) -> String {
    format!("{node:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}
