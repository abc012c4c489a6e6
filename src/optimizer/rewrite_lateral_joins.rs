//! Turns lateral joins into plain ones: Spark's `RewriteLateralSubquery`.
//!
//! Purpose: the right side is computed once for all rows of the left one, and joined.
//! Before/after: `a JOIN LATERAL (SELECT … FROM b WHERE j = outer(k))` → `Join j = k`; `a JOIN LATERAL (SELECT outer(k) + 1)` → a select list.
//! Must not: leave a lateral join behind; no operator computes one.
//! Hard case: limits and aggregates inside count per row of the left side, see [`super::decorrelate`].
//! Spark also refuses some shapes that work here, such as `ROLLUP` inside.

use super::OptimizerContext;
use super::decorrelate::{decorrelate, row_by_row};
use super::replace_set_operations::renamed_apart;
use super::rewrite_subqueries::Pulled;
use crate::logical::plan::{JoinConstraint, JoinHints, JoinType};
use crate::logical::rewrite::{conjunction, outer_references};
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "RewriteLateralSubquery";
pub(super) const WHY: &str = "a subquery that is looked at for each row is computed once and joined";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Join { left, right, join_type, constraint: JoinConstraint::Lateral(on), .. } => {
            rewritten(left, right, *join_type, on.as_ref(), context)
        }
        _ => None,
    })
}

fn rewritten(
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    join_type: JoinType,
    on: Option<&Expr>,
    context: &OptimizerContext<'_>,
) -> Option<LogicalPlan> {
    let output: Vec<Expr> = left.output().into_iter().chain(right.output()).map(Expr::Attribute).collect();
    let keeps_rows = join_type == JoinType::LeftOuter;
    let is_free = outer_references(right).is_empty();
    let misses_rows = keeps_rows && on.is_some();
    if !is_free
        && !misses_rows
        && let Some(rows) = row_by_row(right, left, !keeps_rows)
    {
        let rows = match on {
            Some(on) => Arc::new(LogicalPlan::Filter { condition: on.clone(), input: rows }),
            None => rows,
        };
        return Some(LogicalPlan::Project { exprs: output, input: rows });
    }
    let (inner, mut conditions) = if is_free {
        (renamed_apart(left, right, context), Vec::new())
    } else if takes_rows_one_by_one(right)
        && let Some(pulled) = Pulled::from(right, left, context)
    {
        (pulled.plan, pulled.conditions)
    } else {
        let done = decorrelate(right, left, context)?;
        (done.plan, done.conditions)
    };
    conditions.extend(on.cloned());
    let constraint = conjunction(conditions).map_or(JoinConstraint::None, JoinConstraint::On);
    let join =
        LogicalPlan::Join { left: left.clone(), right: inner, join_type, constraint, hint: JoinHints::default() };
    let shown = join.output();
    // An outer join's columns may be null.
    let exprs: Vec<Expr> = output
        .into_iter()
        .map(|expr| match &expr {
            Expr::Attribute(own) => {
                shown.iter().find(|column| column.id == own.id).cloned().map_or(expr, Expr::Attribute)
            }
            _ => expr,
        })
        .collect();
    Some(LogicalPlan::Project { exprs, input: Arc::new(join) })
}

/// Whether its conditions on the outside can be asked after all of it: no step of it counts, groups or numbers rows.
fn takes_rows_one_by_one(plan: &LogicalPlan) -> bool {
    if outer_references(plan).is_empty() {
        return true;
    }
    match plan {
        LogicalPlan::Filter { .. }
        | LogicalPlan::Project { .. }
        | LogicalPlan::Sort { .. }
        | LogicalPlan::SubqueryAlias { .. } => {}
        LogicalPlan::Join { join_type: JoinType::Inner | JoinType::Cross, .. } => {}
        _ => return false,
    }
    plan.children().into_iter().all(|child| takes_rows_one_by_one(child))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::logical::Attribute;
    use crate::logical::expr::BinaryOp;

    fn lateral(right: Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        let constraint = JoinConstraint::Lateral(None);
        let hint = JoinHints::default();
        Arc::new(LogicalPlan::Join { left: table(1, "a"), right, join_type: JoinType::Inner, constraint, hint })
    }

    fn outer() -> Attribute {
        table(1, "a").output().remove(0)
    }

    fn matching(inner: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        let condition = Expr::binary(BinaryOp::Eq, expr("x", &[inner]), Expr::OuterReference(outer()));
        Arc::new(LogicalPlan::Filter { condition, input: inner.clone() })
    }

    #[test]
    fn a_condition_on_the_outside_joins() {
        let plan = lateral(matching(&table(11, "xy")));
        let after = check(apply, &plan).tree_string();
        assert!(after.contains("Join Inner, (x") && !after.contains("Filter"), "{after}");
    }

    #[test]
    fn a_limit_counts_for_each_row() {
        let plan = lateral(Arc::new(LogicalPlan::Limit { count: 1, input: matching(&table(11, "xy")) }));
        let after = check(apply, &plan);
        assert!(after.tree_string().contains("row_number()"), "{}", after.tree_string());
        assert!(after.tree_string().contains("Join Inner, (x"), "{}", after.tree_string());
    }

    #[test]
    fn a_select_list_alone_is_computed_in_place() {
        let sum = Expr::binary(BinaryOp::Add, Expr::OuterReference(outer()), Expr::int(1));
        let alias =
            Expr::Alias { child: Box::new(sum), name: "b".into(), id: crate::common::ids::ExprId(70), metadata: None };
        let plan = lateral(Arc::new(LogicalPlan::Project { exprs: vec![alias], input: Arc::new(LogicalPlan::OneRow) }));
        let mut joins = 0;
        check(apply, &plan).visit(&mut |node| joins += usize::from(matches!(node, LogicalPlan::Join { .. })));
        assert_eq!(joins, 0);
    }

    #[test]
    fn a_plain_join_stays() {
        let constraint = JoinConstraint::None;
        let hint = JoinHints::default();
        let join = LogicalPlan::Join {
            left: table(1, "a"),
            right: table(5, "b"),
            join_type: JoinType::Inner,
            constraint,
            hint,
        };
        unchanged(apply, &Arc::new(join));
    }
}
