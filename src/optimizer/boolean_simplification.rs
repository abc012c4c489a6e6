//! Shortens conditions.
//!
//! Purpose: fewer comparisons, and conditions that later rules can split.
//! Before/after: `true AND x` → `x`; `x OR true` → `true`; `NOT (a > b)` → `a <= b`; `NOT (a OR b)` → `NOT a AND NOT b`.
//! Must not: use laws that fail for nulls, such as `x OR NOT x` → `true`.
//! Hard case: `x AND x` is `x` only when `x` has no chance inside.
//! Spark also pulls common parts out of `(a AND b) OR (a AND c)`.

use super::OptimizerContext;
use crate::logical::expr::{BinaryOp, UnaryOp};
use crate::logical::rewrite::{boolean, conjuncts, is_boolean, is_deterministic, map_node_expressions, same};
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "BooleanSimplification";
pub(super) const WHY: &str = "the condition says the same in fewer words";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, &mut simplify))
}

fn simplify(expr: Expr) -> Expr {
    match expr {
        Expr::Binary { op: BinaryOp::And, left, right } => {
            if is_boolean(&left, true) {
                *right
            } else if is_boolean(&right, true) {
                *left
            } else if is_boolean(&left, false) || is_boolean(&right, false) {
                boolean(false)
            } else if is_deterministic(&right) && conjuncts(&left).iter().any(|part| same(part, &right)) {
                *left
            } else {
                Expr::Binary { op: BinaryOp::And, left, right }
            }
        }
        Expr::Binary { op: BinaryOp::Or, left, right } => {
            if is_boolean(&left, false) {
                *right
            } else if is_boolean(&right, false) {
                *left
            } else if is_boolean(&left, true) || is_boolean(&right, true) {
                boolean(true)
            } else if is_deterministic(&right) && same(&left, &right) {
                *left
            } else {
                pull_out_common(*left, *right)
            }
        }
        Expr::Unary { op: UnaryOp::Not, child } => negate(*child),
        other => other,
    }
}

/// `(a AND b) OR (a AND c)` → `a AND (b OR c)`.
fn pull_out_common(left: Expr, right: Expr) -> Expr {
    let (left_parts, right_parts) = (conjuncts(&left), conjuncts(&right));
    let (common, left_rest): (Vec<_>, Vec<_>) = left_parts
        .into_iter()
        .partition(|part| is_deterministic(part) && right_parts.iter().any(|other| same(other, part)));
    if common.is_empty() {
        return Expr::binary(BinaryOp::Or, left, right);
    }
    let right_rest = right_parts.into_iter().filter(|part| !common.iter().any(|other| same(other, part)));
    let rest = match (crate::logical::rewrite::conjunction(left_rest), crate::logical::rewrite::conjunction(right_rest))
    {
        (Some(left), Some(right)) => Some(Expr::binary(BinaryOp::Or, left, right)),
        _ => None,
    };
    crate::logical::rewrite::conjunction(common.into_iter().chain(rest)).unwrap_or_else(|| boolean(true))
}

fn negate(child: Expr) -> Expr {
    match child {
        Expr::Literal(crate::logical::Scalar::Boolean(value), _) => boolean(!value),
        Expr::Unary { op: UnaryOp::Not, child } => *child,
        Expr::Unary { op: UnaryOp::IsNull, child } => Expr::Unary { op: UnaryOp::IsNotNull, child },
        Expr::Unary { op: UnaryOp::IsNotNull, child } => Expr::Unary { op: UnaryOp::IsNull, child },
        Expr::Binary { op: BinaryOp::Gt, left, right } => Expr::Binary { op: BinaryOp::LtEq, left, right },
        Expr::Binary { op: BinaryOp::GtEq, left, right } => Expr::Binary { op: BinaryOp::Lt, left, right },
        Expr::Binary { op: BinaryOp::Lt, left, right } => Expr::Binary { op: BinaryOp::GtEq, left, right },
        Expr::Binary { op: BinaryOp::LtEq, left, right } => Expr::Binary { op: BinaryOp::Gt, left, right },
        Expr::Binary { op: BinaryOp::Or, left, right } => Expr::binary(BinaryOp::And, negate(*left), negate(*right)),
        Expr::Binary { op: BinaryOp::And, left, right } => Expr::binary(BinaryOp::Or, negate(*left), negate(*right)),
        other => Expr::unary(UnaryOp::Not, other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn true_is_dropped_and_not_moves_inward() {
        assert_eq!(text(&check(apply, &filter(&table(1, "ab"), "true AND a > 1"))), "Filter(a > 1, table(a b))");
        let t = table(1, "ab");
        let not = Expr::unary(UnaryOp::Not, expr("a > 1", &[&t]));
        let plan = Arc::new(LogicalPlan::Filter { condition: not, input: t });
        assert_eq!(text(&check(apply, &plan)), "Filter(LtEq(a, 1), table(a b))");
    }

    #[test]
    fn two_different_conditions_stay() {
        unchanged(apply, &filter(&table(1, "ab"), "a > 1 AND b > 1"));
    }
}
