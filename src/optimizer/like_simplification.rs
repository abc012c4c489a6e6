//! Turns patterns without a `%` in the middle into what they ask: the same text, its start, its end, a part.
//!
//! Purpose: comparing bytes is faster than matching a pattern, and a scan can skip by it.
//! Before/after: `name LIKE 'A%'` → `StartsWith(name, A)`; `'%z'` → `EndsWith`; `'%m%'` → `Contains`; `'abc'` → `name = 'abc'`;
//! `'a%z'` → long enough, and both ends.
//! Must not: fire for patterns with `_`, with an escape, or with more than two `%`.
//! Hard case: `'a%a'` must not take one `a` for both ends, hence the length.
//! Spark also rewrites `LIKE ALL` and `LIKE ANY` of many patterns.

use super::{OptimizerContext, functions};
use crate::logical::expr::BinaryOp;
use crate::logical::rewrite::map_node_expressions;
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::sync::Arc;

pub(super) const NAME: &str = "LikeSimplification";
pub(super) const WHY: &str = "the start, the end or a part of a text is found faster than a pattern is matched";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, &mut |expr| simplified(&expr).unwrap_or(expr)))
}

fn simplified(expr: &Expr) -> Option<Expr> {
    let Expr::Function { function, args, .. } = expr else { return None };
    let ("like", [value, Expr::Literal(Scalar::String(pattern), _)]) = (function.name, args.as_slice()) else {
        return None;
    };
    if pattern.contains(['_', '\\']) {
        return None;
    }
    let test = |name, part: &str| {
        let part = Expr::literal(Scalar::String(part.to_owned()));
        functions::scalar(name, vec![value.clone(), part], DataType::Boolean, expr.nullable())
    };
    match pattern.split('%').collect::<Vec<_>>().as_slice() {
        [whole] => {
            let whole = Expr::literal(Scalar::String((*whole).to_owned()));
            Some(Expr::binary(BinaryOp::Eq, value.clone(), whole))
        }
        [start, ""] if !start.is_empty() => test("startswith", start),
        ["", end] if !end.is_empty() => test("endswith", end),
        ["", part, ""] if !part.is_empty() => test("contains", part),
        [start, end] if !start.is_empty() => {
            let length = functions::scalar("length", vec![value.clone()], DataType::Integer, value.nullable())?;
            let least = i32::try_from(start.chars().count() + end.chars().count()).ok()?;
            let long_enough = Expr::binary(BinaryOp::GtEq, length, Expr::int(least));
            let ends = Expr::binary(BinaryOp::And, test("startswith", start)?, test("endswith", end)?);
            Some(Expr::binary(BinaryOp::And, long_enough, ends))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str) -> Option<String> {
        let value = Expr::literal(Scalar::String("text".into()));
        let args = vec![value, Expr::literal(Scalar::String(pattern.into()))];
        let like = functions::scalar("like", args, DataType::Boolean, false)?;
        simplified(&like).map(|expr| expr.plan_text())
    }

    #[test]
    fn one_percent_sign_is_a_start_an_end_or_both() {
        assert_eq!(check("a%").as_deref(), Some("StartsWith(text, a)"));
        assert_eq!(check("%a").as_deref(), Some("EndsWith(text, a)"));
        assert_eq!(
            check("a%b").as_deref(),
            Some("((length(text) >= 2) AND (StartsWith(text, a) AND EndsWith(text, b)))")
        );
    }

    #[test]
    fn other_patterns_are_parts_equal_or_stay() {
        assert_eq!(check("%a%").as_deref(), Some("Contains(text, a)"));
        assert_eq!(check("a").as_deref(), Some("(text = a)"));
        for pattern in ["a_", "%", "a%b%c", "a\\%"] {
            assert_eq!(check(pattern), None, "{pattern}");
        }
    }
}
