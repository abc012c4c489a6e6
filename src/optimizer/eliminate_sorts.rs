//! Removes sorts that nobody can see.
//!
//! Purpose: a sort costs a shuffle.
//! Before/after: `Sort a (Sort b (t))` → `Sort a (t)`; `count()` over a sorted frame forgets the sort; so does a group-by whose functions do
//! not care about order, and a join; a sort of one row goes.
//! Must not: remove a sort below a limit, below `first`, `last`, `collect_list` and their kin, or the last sort of the query.
//! Hard case: only projections and filters may stand between.
//! Spark also removes a sort whose input is sorted that way already.

use super::OptimizerContext;
use super::row_bounds::max_rows;
use crate::logical::plan::Grouping;
use crate::logical::{Expr, LogicalPlan, rewrite};
use std::sync::Arc;

pub(super) const NAME: &str = "EliminateSorts";
pub(super) const WHY: &str = "an order that the next step destroys or ignores need not be made";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_down(&mut |node| match &**node {
        LogicalPlan::Sort { input, .. } if max_rows(input).is_some_and(|rows| rows <= 1) => Some((**input).clone()),
        LogicalPlan::Sort { order, global: true, input } => {
            let input = without_sort(input)?;
            Some(LogicalPlan::Sort { order: order.clone(), global: true, input })
        }
        LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input }
            if outputs.iter().all(|output| !output.any(cares_about_order)) =>
        {
            let input = without_sort(input)?;
            Some(LogicalPlan::Aggregate { grouping: Grouping::By(by.clone()), outputs: outputs.clone(), input })
        }
        LogicalPlan::Join { left, right, join_type, constraint, hint } => {
            let (new_left, new_right) = (without_sort(left), without_sort(right));
            if new_left.is_none() && new_right.is_none() {
                return None;
            }
            Some(LogicalPlan::Join {
                left: new_left.unwrap_or_else(|| left.clone()),
                right: new_right.unwrap_or_else(|| right.clone()),
                join_type: *join_type,
                constraint: constraint.clone(),
                hint: *hint,
            })
        }
        LogicalPlan::Repartition { target, input }
            if !matches!(target, crate::logical::plan::Repartitioning::Coalesce { .. }) =>
        {
            let input = without_sort(input)?;
            Some(LogicalPlan::Repartition { target: target.clone(), input })
        }
        _ => None,
    })
}

/// The plan without a sort at its top, if there is one.
fn without_sort(plan: &Arc<LogicalPlan>) -> Option<Arc<LogicalPlan>> {
    match &**plan {
        LogicalPlan::Sort { input, .. } => Some(without_sort(input).unwrap_or_else(|| input.clone())),
        LogicalPlan::Project { exprs, input } if exprs.iter().all(rewrite::is_deterministic) => {
            Some(Arc::new(LogicalPlan::Project { exprs: exprs.clone(), input: without_sort(input)? }))
        }
        LogicalPlan::Filter { condition, input } if rewrite::is_deterministic(condition) => {
            Some(Arc::new(LogicalPlan::Filter { condition: condition.clone(), input: without_sort(input)? }))
        }
        _ => None,
    }
}

fn cares_about_order(expr: &Expr) -> bool {
    match expr {
        Expr::Aggregate(call) => match call.function.name {
            "count"
            | "min"
            | "max"
            | "count_if"
            | "bool_and"
            | "bool_or"
            | "every"
            | "some"
            | "any"
            | "approx_count_distinct"
            | "bit_and"
            | "bit_or"
            | "bit_xor" => false,
            // Sums of floating point numbers depend on the order of their rows.
            "sum" | "avg" | "mean" => call.args.iter().any(|arg| {
                matches!(arg.data_type(), crate::logical::DataType::Float | crate::logical::DataType::Double)
            }),
            _ => true,
        },
        Expr::Udf { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn only_the_last_sort_stays() {
        assert_eq!(text(&check(apply, &sort(&sort(&table(1, "ab"), "b"), "a"))), "Sort(a, table(a b))");
        assert_eq!(text(&check(apply, &group(&sort(&table(1, "ab"), "b"), "a"))), "Aggregate([a], table(a b))");
    }

    #[test]
    fn a_sort_below_a_limit_stays() {
        unchanged(apply, &sort(&limit(&sort(&table(1, "ab"), "b"), 3), "a"));
    }
}
