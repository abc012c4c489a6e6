//! Removes filters that are always true, and everything below those that never are.
//!
//! Purpose: no row is looked at for nothing.
//! Before/after: `Filter true (t)` → `t`; `Filter false (t)` → no rows.
//! Must not: drop a condition that may raise an error for some row.
//! Hard case: a filter that is null for every row keeps none, as if false.
//! Spark also drops conditions that the rows below are known to satisfy.

use super::OptimizerContext;
use super::propagate_empty_relation::empty;
use crate::logical::LogicalPlan;
use crate::logical::rewrite::{conjunction, conjuncts, is_boolean, is_null_literal};
use std::sync::Arc;

pub(super) const NAME: &str = "PruneFilters";
pub(super) const WHY: &str = "a condition that is always true filters nothing; one that never is keeps no row";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Filter { condition, input } = &**node else { return None };
        let parts = conjuncts(condition);
        if parts.iter().any(|part| is_boolean(part, false) || is_null_literal(part)) {
            return Some(empty(&input.output()));
        }
        if !parts.iter().any(|part| is_boolean(part, true)) {
            return None;
        }
        match conjunction(parts.into_iter().filter(|part| !is_boolean(part, true))) {
            Some(condition) => Some(LogicalPlan::Filter { condition, input: input.clone() }),
            None => Some((**input).clone()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn true_goes_and_false_empties() {
        assert_eq!(text(&check(apply, &filter(&table(1, "a"), "a > 1 AND true"))), "Filter(a > 1, table(a))");
        let none = check(apply, &filter(&table(1, "a"), "false"));
        assert!(matches!(&*none, LogicalPlan::LocalRelation { batch, .. } if batch.num_rows() == 0));
    }

    #[test]
    fn a_real_condition_stays() {
        unchanged(apply, &filter(&table(1, "a"), "a > 1"));
    }
}
