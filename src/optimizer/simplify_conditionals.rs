//! Shortens `CASE`.
//!
//! Purpose: branches that never or always hold need not be asked.
//! Before/after: `CASE WHEN true THEN x …` → `x`; `CASE WHEN false THEN x ELSE y` → `y`.
//! Must not: drop a branch before one that may be taken, or change the type of the result.
//! Hard case: a first branch that is always true ends the list; the rest is cut.
//! Spark also merges branches with equal results.

use super::OptimizerContext;
use crate::logical::rewrite::{is_boolean, is_null_literal, map_node_expressions, null};
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "SimplifyConditionals";
pub(super) const WHY: &str = "a branch whose condition is known is taken, or dropped, once and for all";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, &mut simplify))
}

fn simplify(expr: Expr) -> Expr {
    let data_type = expr.data_type();
    let Expr::Case { branches, otherwise } = expr else { return expr };
    let never = |when: &Expr| is_boolean(when, false) || is_null_literal(when);
    let mut kept: Vec<(Expr, Expr)> = branches.into_iter().filter(|(when, _)| !never(when)).collect();
    let mut otherwise = otherwise;
    if let Some(at) = kept.iter().position(|(when, _)| is_boolean(when, true)) {
        otherwise = Some(Box::new(kept.swap_remove(at).1));
        kept.truncate(at);
    }
    match (kept.is_empty(), otherwise) {
        (false, otherwise) => Expr::Case { branches: kept, otherwise },
        (true, Some(value)) if value.data_type() == data_type => *value,
        (true, Some(value)) if is_null_literal(&value) => null(data_type),
        (true, Some(value)) => {
            Expr::Case { branches: vec![(crate::logical::rewrite::boolean(true), *value)], otherwise: None }
        }
        (true, None) => null(data_type),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn case(when: &str) -> Arc<LogicalPlan> {
        let t = table(1, "ab");
        let value = Expr::Case {
            branches: vec![(expr(when, &[&t]), expr("a", &[&t]))],
            otherwise: Some(Box::new(expr("b", &[&t]))),
        };
        let exprs = vec![value.alias("v")];
        Arc::new(LogicalPlan::Project { exprs, input: t })
    }

    #[test]
    fn a_known_branch_is_taken() {
        assert_eq!(text(&check(apply, &case("true"))), "Project([a AS v], table(a b))");
        assert_eq!(text(&check(apply, &case("false"))), "Project([b AS v], table(a b))");
    }

    #[test]
    fn an_open_branch_stays() {
        unchanged(apply, &case("a > 1"));
    }
}
