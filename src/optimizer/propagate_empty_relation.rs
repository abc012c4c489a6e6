//! Lets the knowledge that a relation has no rows rise.
//!
//! Purpose: what cannot give rows is not run.
//! Before/after: `Inner Join t (empty)` → `empty`; `Union a (empty)` → `a`; a filter, sort, limit or projection of nothing is nothing.
//! Must not: empty a global aggregation, which gives one row for no rows.
//! Hard case: an outer join with an empty side keeps its other side, padded with nulls.
//! Spark also does this with what finished stages measured.

use super::{OptimizerContext, functions};
use crate::logical::plan::{Grouping, JoinType};
use crate::logical::{Attribute, Expr, LogicalPlan, rewrite};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

pub(super) const NAME: &str = "PropagateEmptyRelation";
pub(super) const WHY: &str = "nothing comes of a relation without rows";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Join { left, right, join_type, .. } => of_join(node, left, right, *join_type),
        LogicalPlan::Union { inputs, .. } => of_union(node, inputs),
        LogicalPlan::Aggregate { grouping: Grouping::By(by), input, .. } if !by.is_empty() && is_empty(input) => {
            Some(empty(&node.output()))
        }
        LogicalPlan::Project { input, .. }
        | LogicalPlan::Filter { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::Limit { input, .. }
        | LogicalPlan::LocalLimit { input, .. }
        | LogicalPlan::Offset { input, .. }
        | LogicalPlan::Window { input, .. }
        | LogicalPlan::WindowGroupLimit { input, .. }
        | LogicalPlan::Expand { input, .. }
        | LogicalPlan::Sample { input, .. }
            if is_empty(input) =>
        {
            Some(empty(&node.output()))
        }
        LogicalPlan::Limit { count: 0, .. } => Some(empty(&node.output())),
        _ => None,
    })
}

fn of_join(
    node: &LogicalPlan,
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    join_type: JoinType,
) -> Option<LogicalPlan> {
    let padded = |kept: &Arc<LogicalPlan>, lost: &LogicalPlan| {
        let lost: Vec<_> = lost.output();
        let exprs = node
            .output()
            .into_iter()
            .map(|column| {
                if lost.iter().any(|other| other.id == column.id) {
                    functions::alias(rewrite::null(column.data_type.clone()), &column)
                } else {
                    Expr::Attribute(column)
                }
            })
            .collect();
        LogicalPlan::Project { exprs, input: kept.clone() }
    };
    match (is_empty(left), is_empty(right), join_type) {
        (false, false, _) => None,
        (_, _, JoinType::Inner | JoinType::Cross | JoinType::LeftSemi) => Some(empty(&node.output())),
        (true, _, JoinType::LeftOuter | JoinType::LeftAnti) | (_, true, JoinType::RightOuter) => {
            Some(empty(&node.output()))
        }
        (false, true, JoinType::LeftAnti) => Some((**left).clone()),
        (true, true, _) => Some(empty(&node.output())),
        (false, true, _) => Some(padded(left, right)),
        (true, false, _) => Some(padded(right, left)),
    }
}

fn of_union(node: &LogicalPlan, inputs: &[Arc<LogicalPlan>]) -> Option<LogicalPlan> {
    let kept: Vec<_> = inputs.iter().filter(|input| !is_empty(input)).cloned().collect();
    if kept.len() == inputs.len() {
        return None;
    }
    let output = node.output();
    let Some(first) = kept.first() else { return Some(empty(&output)) };
    let names: Vec<Expr> = first
        .output()
        .into_iter()
        .zip(&output)
        .map(|(column, wanted)| {
            if column.id == wanted.id {
                Expr::Attribute(column)
            } else {
                functions::alias(Expr::Attribute(column), wanted)
            }
        })
        .collect();
    let first = Arc::new(LogicalPlan::Project { exprs: names, input: first.clone() });
    if kept.len() == 1 {
        return Some((*first).clone());
    }
    let inputs = std::iter::once(first).chain(kept[1..].iter().cloned()).collect();
    Some(LogicalPlan::Union { inputs, by_name: false, allow_missing: false })
}

/// Whether a plan is known to give no rows. A frame made from Python rows is not looked into, as in Spark.
fn is_empty(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::LocalRelation { batch, partitions: Some(0), .. } if batch.num_rows() == 0)
}

/// A relation without rows that the driver knows.
pub(super) fn empty(output: &[Attribute]) -> LogicalPlan {
    let fields: Vec<_> = output
        .iter()
        .map(|column| arrow::datatypes::Field::new(&column.name, column.data_type.to_arrow(), true))
        .collect();
    let batch = RecordBatch::new_empty(Arc::new(arrow::datatypes::Schema::new(fields)));
    LogicalPlan::LocalRelation { output: output.to_vec(), batch, partitions: Some(0) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn nothing(first: u64, columns: &str) -> Arc<LogicalPlan> {
        Arc::new(empty(&table(first, columns).output()))
    }

    #[test]
    fn a_join_with_nothing_is_nothing() {
        let joined = join(&table(1, "a"), &nothing(11, "x"), "a = x");
        assert_eq!(text(&check(apply, &joined)), "table(a x)");
        let outer = join_as(JoinType::LeftOuter, &table(1, "a"), &nothing(11, "x"), "a = x");
        assert_eq!(text(&check(apply, &outer)), "Project([a, NULL AS x], table(a))");
    }

    #[test]
    fn a_count_of_nothing_is_still_a_row() {
        let global = LogicalPlan::Aggregate { grouping: Grouping::By(vec![]), outputs: vec![], input: nothing(1, "a") };
        unchanged(apply, &Arc::new(global));
    }
}
