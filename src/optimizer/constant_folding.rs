//! Computes what does not depend on any row.
//!
//! Purpose: once, instead of once per row; and later rules see literals.
//! Before/after: `a > 1 + 1` → `a > 2`.
//! Must not: fold chance (`rand()`), Python functions, or what raises: an error belongs to the row that meets it.
//! Hard case: a branch of `CASE` that would raise is left as it is, it may never be reached.
//! Spark also folds through chains of `+` with several constants.

use super::OptimizerContext;
use crate::logical::rewrite::map_node_expressions;
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "ConstantFolding";
pub(super) const WHY: &str = "an expression without columns has one value, computed once";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        map_node_expressions(node, &mut |expr| {
            if !is_constant(&expr) {
                return expr;
            }
            match context.folder.fold(&expr) {
                Some(Ok(folded)) => folded,
                Some(Err(_)) | None => expr,
            }
        })
    })
}

/// Whether the expression computes something, from literals only. Children are folded before, so looking one level down is enough.
fn is_constant(expr: &Expr) -> bool {
    let computes = match expr {
        Expr::Cast { .. } | Expr::Binary { .. } | Expr::Unary { .. } | Expr::Case { .. } | Expr::In { .. } => true,
        Expr::Function { function, .. } => function.deterministic,
        _ => false,
    };
    computes && expr.children().iter().all(|child| matches!(child, Expr::Literal(..)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::common::Result;
    use crate::common::ids::ExprIds;
    use crate::logical::Scalar;
    use crate::logical::fold::ConstantFolder;

    struct Adds;

    impl ConstantFolder for Adds {
        fn fold(&self, expr: &Expr) -> Option<Result<Expr>> {
            let Expr::Binary { left, right, .. } = expr else { return None };
            match (&**left, &**right) {
                (Expr::Literal(Scalar::Integer(a), _), Expr::Literal(Scalar::Integer(b), _)) => {
                    Some(Ok(Expr::int(a + b)))
                }
                _ => None,
            }
        }
    }

    fn run(plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        let (conf, ids) = (crate::common::Conf::new(), ExprIds::new());
        apply(plan, &OptimizerContext { conf: &conf, ids: &ids, folder: &Adds })
    }

    #[test]
    fn a_sum_of_literals_is_a_literal() {
        assert_eq!(text(&run(&filter(&table(1, "a"), "a > 1 + 1"))), "Filter(a > 2, table(a))");
    }

    #[test]
    fn a_sum_with_a_column_stays() {
        let plan = filter(&table(1, "a"), "a + 1 > a");
        assert!(Arc::ptr_eq(&run(&plan), &plan));
    }
}
