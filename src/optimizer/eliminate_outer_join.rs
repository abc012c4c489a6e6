//! Turns an outer join into a narrower one when a filter above drops the padded rows anyway.
//!
//! Purpose: fewer rows, and conditions can move to both sides.
//! Before/after: `Filter x > 1 (LeftOuter a b)` with `x` of `b` → `Filter x > 1 (Inner a b)`.
//! Must not: fire for conditions that a padded row may satisfy, such as `x IS NULL` or `x <=> 1`.
//! Hard case: a full outer join may become left outer, right outer or inner, by which sides the filter needs.
//! Spark also looks at aggregates without duplicates above the join.

use super::OptimizerContext;
use crate::common::ids::ExprId;
use crate::logical::expr::UnaryOp;
use crate::logical::plan::JoinType;
use crate::logical::rewrite::{conjuncts, is_null_intolerant, output_ids, reads};
use crate::logical::{Expr, LogicalPlan};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) const NAME: &str = "EliminateOuterJoin";
pub(super) const WHY: &str = "the filter above drops every row that the outer join would pad with nulls";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Filter { condition, input } = &**node else { return None };
        let LogicalPlan::Join { left, right, join_type, constraint, hint } = &**input else { return None };
        let needs = |side: &LogicalPlan| {
            let ids = output_ids(side);
            conjuncts(condition).iter().any(|part| rejects_null(part, &ids))
        };
        let narrower = match join_type {
            JoinType::LeftOuter if needs(right) => JoinType::Inner,
            JoinType::RightOuter if needs(left) => JoinType::Inner,
            JoinType::FullOuter => match (needs(left), needs(right)) {
                (true, true) => JoinType::Inner,
                (true, false) => JoinType::LeftOuter,
                (false, true) => JoinType::RightOuter,
                (false, false) => return None,
            },
            _ => return None,
        };
        let join = LogicalPlan::Join {
            left: left.clone(),
            right: right.clone(),
            join_type: narrower,
            constraint: constraint.clone(),
            hint: *hint,
        };
        Some(LogicalPlan::Filter { condition: condition.clone(), input: Arc::new(join) })
    })
}

/// Whether a condition is never true for a row whose columns `ids` are all null.
fn rejects_null(condition: &Expr, ids: &BTreeSet<ExprId>) -> bool {
    match condition {
        Expr::Unary { op: UnaryOp::IsNotNull, child } => is_null_with(child, ids),
        Expr::In { value, .. } => is_null_with(value, ids),
        other => is_null_with(other, ids),
    }
}

/// Whether an expression is null when the columns `ids` are.
fn is_null_with(expr: &Expr, ids: &BTreeSet<ExprId>) -> bool {
    match expr {
        Expr::Attribute(column) => ids.contains(&column.id),
        other if is_null_intolerant(other) => {
            !reads(other).is_disjoint(ids) && other.children().iter().any(|child| is_null_with(child, ids))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_filter_on_the_padded_side_makes_it_inner() {
        let outer = join_as(JoinType::LeftOuter, &table(1, "a"), &table(11, "x"), "a = x");
        assert_eq!(
            text(&check(apply, &filter(&outer, "x > 1"))),
            "Filter(x > 1, InnerJoin(a = x, table(a), table(x)))"
        );
    }

    #[test]
    fn looking_for_the_padded_rows_keeps_it() {
        let outer = join_as(JoinType::LeftOuter, &table(1, "a"), &table(11, "x"), "a = x");
        unchanged(apply, &filter(&outer, "x IS NULL"));
        unchanged(apply, &filter(&outer, "a > 1"));
    }
}
