//! Follows nulls, and the knowledge that something is never null.
//!
//! Purpose: conditions become literals that other rules remove.
//! Before/after: `a + NULL` → `NULL`; `id IS NULL` → `false` for a column that is never null; `count(id)` → `count(1)`.
//! Must not: touch `AND`, `OR`, `<=>` and functions that accept nulls.
//! Hard case: the null keeps the type that the whole expression had.
//! Spark also shortens `coalesce` and `concat_ws`.

use super::OptimizerContext;
use crate::logical::expr::{AggregateCall, UnaryOp};
use crate::logical::rewrite::{boolean, has_subquery, is_null_intolerant, is_null_literal, map_node_expressions, null};
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "NullPropagation";
pub(super) const WHY: &str = "an operation on a null is null, and a column that is never null needs no check";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, &mut simplify))
}

fn simplify(expr: Expr) -> Expr {
    match &expr {
        Expr::Unary { op: UnaryOp::IsNull, child } if !child.nullable() && !has_subquery(child) => boolean(false),
        Expr::Unary { op: UnaryOp::IsNotNull, child } if !child.nullable() && !has_subquery(child) => boolean(true),
        Expr::Unary { op: UnaryOp::IsNull, child } if is_null_literal(child) => boolean(true),
        Expr::Unary { op: UnaryOp::IsNotNull, child } if is_null_literal(child) => boolean(false),
        Expr::Binary { .. } | Expr::Cast { .. } | Expr::Unary { .. }
            if is_null_intolerant(&expr) && expr.children().iter().any(|child| is_null_literal(child)) =>
        {
            null(expr.data_type())
        }
        Expr::In { value, .. } if is_null_literal(value) => null(expr.data_type()),
        Expr::Aggregate(call) if is_plain_count(call) => {
            Expr::Aggregate(AggregateCall { args: vec![Expr::int(1)], ..call.clone() })
        }
        _ => expr,
    }
}

fn is_plain_count(call: &AggregateCall) -> bool {
    call.function.name == "count"
        && !call.distinct
        && !call.args.is_empty()
        && call.args.iter().all(|arg| !arg.nullable())
        && !matches!(call.args.as_slice(), [Expr::Literal(..)])
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_sum_with_null_is_null() {
        assert_eq!(text(&check(apply, &filter(&table(1, "a"), "a + NULL > 1"))), "Filter(NULL, table(a))");
    }

    #[test]
    fn a_column_that_may_be_null_is_checked() {
        unchanged(apply, &filter(&table(1, "a"), "a IS NULL"));
    }
}
