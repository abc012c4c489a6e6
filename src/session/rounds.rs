//! Runs `WITH RECURSIVE` round by round, before the query around it is optimized: each round is a query of its own over the rows of the round
//! before, until one gives no rows. What the query sees are all rows that came out.
//!
//! **Simplified:** the rows of all rounds pass through the driver; Spark leaves them in its executors' memory.

use super::Session;
use crate::cluster::JobWork;
use crate::common::ids::ExprId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::LogicalPlan;
use crate::logical::expr::Attribute;
use crate::logical::plan::LogicalPlan as Plan;
use crate::logical::rewrite::map_node_expressions;
use crate::logical::types::{StructField, StructType};
use arrow::compute::{cast, concat_batches};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::sync::Arc;

/// `spark.sql.cteRecursionLevelLimit` and `spark.sql.cteRecursionRowLimit`, where they are not set.
const LEVELS_MAX: i64 = 100;
const ROWS_MAX: i64 = 1_000_000;

impl Session {
    /// The plan with every recursive definition replaced by its rows.
    pub(super) fn with_rounds_run(&mut self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        if holds_loop(plan) { self.replaced(plan, None) } else { Ok(plan.clone()) }
    }

    /// `enough`: no more rows than these are looked at.
    fn replaced(&mut self, plan: &Arc<LogicalPlan>, enough: Option<usize>) -> Result<Arc<LogicalPlan>> {
        if let Plan::UnionLoop { .. } = plan.as_ref() {
            return self.run_loop(plan, enough);
        }
        let enough = match plan.as_ref() {
            Plan::Limit { count, .. } | Plan::LocalLimit { count, .. } => {
                Some(enough.map_or(*count, |own| own.min(*count)))
            }
            Plan::Project { .. } | Plan::SubqueryAlias { .. } => enough,
            _ => None,
        };
        let mut children = Vec::new();
        for child in plan.children() {
            children.push(self.replaced(child, enough)?);
        }
        let mut node = plan.with_children(children);
        if let Plan::Cached { plan, .. } = &mut node {
            *plan = self.with_rounds_run(plan)?;
        }
        let mut failed = None;
        let mut run = |plan: &Arc<LogicalPlan>| {
            self.with_rounds_run(plan).unwrap_or_else(|error| {
                failed.get_or_insert(error);
                plan.clone()
            })
        };
        let inside = map_node_expressions(&node, &mut |part| part.map_subquery(&mut run));
        match failed {
            Some(error) => Err(error),
            None => Ok(Arc::new(inside.unwrap_or(node))),
        }
    }

    fn run_loop(&mut self, plan: &Arc<LogicalPlan>, enough: Option<usize>) -> Result<Arc<LogicalPlan>> {
        let Plan::UnionLoop { id, levels_max, anchor, recursion, output, .. } = plan.as_ref() else {
            return Err(SparkError::internal("a recursive definition was expected"));
        };
        let levels_max = match levels_max {
            Some(levels) => *levels as i64,
            None => self.conf.number("spark.sql.cteRecursionLevelLimit", LEVELS_MAX),
        };
        let rows_max = self.conf.number("spark.sql.cteRecursionRowLimit", ROWS_MAX);
        let mut all = vec![self.round(anchor, output)?];
        let mut level = 0;
        loop {
            let rows: usize = all.iter().map(RecordBatch::num_rows).sum();
            if enough.is_some_and(|enough| rows >= enough) {
                break;
            }
            if enough.is_none() && rows_max >= 0 && rows as i64 > rows_max {
                return Err(exceeded(
                    "RECURSION_ROW_LIMIT_EXCEEDED",
                    format!(
                        "Recursion row limit {rows_max} reached but query has not exhausted, try setting a larger LIMIT value when \
                         querying the CTE relation."
                    ),
                ));
            }
            let Some(last) = all.last().filter(|batch| batch.num_rows() > 0) else { break };
            level += 1;
            if levels_max >= 0 && level > levels_max {
                return Err(exceeded(
                    "RECURSION_LEVEL_LIMIT_EXCEEDED",
                    format!(
                        "Recursion level limit {levels_max} reached but query has not exhausted, try increasing it like 'WITH \
                         RECURSIVE t(col) MAX RECURSION LEVEL 200'."
                    ),
                ));
            }
            let step = over_round(recursion, *id, last);
            all.push(self.round(&step, output)?);
        }
        let schema = all[0].schema();
        Ok(Arc::new(local(output.clone(), concat_batches(&schema, &all)?)))
    }

    /// The rows of a query as one batch with the types of `output`.
    fn round(&mut self, plan: &Arc<LogicalPlan>, output: &[Attribute]) -> Result<RecordBatch> {
        let outputs = self.run_query(plan, "with recursive", JobWork::Collect, &|plan| plan)?;
        let fields = output.iter().map(|column| StructField::new(column.name.clone(), column.data_type.clone(), true));
        let schema = Arc::new(StructType::new(fields.collect()).to_arrow());
        let mut batches = Vec::new();
        for batch in outputs.iter().flat_map(|output| &output.batches) {
            let columns = batch.columns().iter().zip(schema.fields());
            let columns =
                columns.map(|(column, field)| cast(column, field.data_type())).collect::<Result<Vec<_>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            batches.push(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?);
        }
        Ok(concat_batches(&schema, &batches)?)
    }
}

fn local(output: Vec<Attribute>, batch: RecordBatch) -> LogicalPlan {
    Plan::LocalRelation { output, batch, partitions: Some(0) }
}

/// The step from one round to the next, over the rows of the one before.
fn over_round(recursion: &Arc<LogicalPlan>, id: ExprId, rows: &RecordBatch) -> Arc<LogicalPlan> {
    recursion.transform_up(&mut |node| match node.as_ref() {
        Plan::UnionLoopRef { id: own, output } if *own == id => Some(local(output.clone(), rows.clone())),
        _ => map_node_expressions(node, &mut |part| part.map_subquery(|plan| over_round(plan, id, rows))),
    })
}

fn holds_loop(plan: &LogicalPlan) -> bool {
    let mut found = false;
    plan.visit(&mut |node| {
        found |= match node {
            Plan::UnionLoop { .. } => true,
            Plan::Cached { plan, .. } => holds_loop(plan),
            _ => false,
        };
        for expr in node.expressions() {
            expr.visit(&mut |part| found |= part.subquery().is_some_and(|inner| holds_loop(inner)));
        }
    });
    found
}

fn exceeded(condition: &str, message: String) -> SparkError {
    SparkError::new(ErrorClass::Py4JJavaError, format!("[{condition}] {message}"))
        .with_help("look whether the condition of the second SELECT ends: each round must bring fewer rows in the end")
}
