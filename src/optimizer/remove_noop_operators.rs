//! Removes projections that give what they get, and aliases that change nothing.
//!
//! Purpose: `select("*")` and `withColumn` chains leave no trace.
//! Before/after: `Project a, b (t(a, b))` → `t`.
//! Must not: remove a projection that drops, reorders, renames or computes a column.
//! Hard case: the columns must be the same by id, in the same order, under the same names.
//! Spark also removes aliases below set operations.

use super::OptimizerContext;
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "RemoveNoopOperators";
pub(super) const WHY: &str = "a projection of all columns as they are does nothing";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Project { exprs, input } = &**node else { return None };
        let have = input.output();
        let same = exprs.len() == have.len()
            && exprs.iter().zip(&have).all(|(expr, column)| {
                matches!(expr, Expr::Attribute(wanted) if wanted.id == column.id && wanted.name == column.name)
            });
        same.then(|| (**input).clone())
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn all_columns_as_they_are_need_no_projection() {
        assert_eq!(text(&check(apply, &project(&table(1, "ab"), "a, b"))), "table(a b)");
    }

    #[test]
    fn another_order_is_another_row() {
        unchanged(apply, &project(&table(1, "ab"), "b, a"));
    }
}
