//! Computes columns below a limit instead of above it.
//!
//! Purpose: limits come next to each other, so that only the smaller one is left, and next to the action, which then reads no more
//! partitions than it needs: `df.limit(5).show()` stops early.
//! Before/after: `Project (Limit 5 (t))` → `Limit 5 (Project (t))`; an offset likewise.
//! Must not: move columns that depend on chance or on the place of a row: fewer rows were asked for a value above the limit.
//! Hard case: columns that the limit's input has for its own order stay below, where the sort is.
//! Spark does the same.

use super::OptimizerContext;
use crate::logical::LogicalPlan;
use crate::logical::rewrite::is_deterministic;
use std::sync::Arc;

pub(super) const NAME: &str = "PushProjectionThroughLimitAndOffset";
pub(super) const WHY: &str = "a limit next to the action lets it stop as soon as it has enough rows";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Project { exprs, input } = &**node else { return None };
        if !exprs.iter().all(is_deterministic) {
            return None;
        }
        let above =
            |input: &Arc<LogicalPlan>| Arc::new(LogicalPlan::Project { exprs: exprs.clone(), input: input.clone() });
        match &**input {
            LogicalPlan::Limit { count, input } => Some(LogicalPlan::Limit { count: *count, input: above(input) }),
            LogicalPlan::Offset { count, input } => Some(LogicalPlan::Offset { count: *count, input: above(input) }),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn columns_are_computed_below_the_limit() {
        let plan = project(&limit(&table(1, "a"), 5), "a + 1 AS c");
        assert_eq!(text(&check(apply, &plan)), "Limit(5, Project([a + 1 AS c], table(a)))");
    }

    #[test]
    fn what_stands_above_no_limit_stays() {
        unchanged(apply, &project(&table(1, "a"), "a + 1 AS c"));
        unchanged(apply, &limit(&project(&table(1, "a"), "a + 1 AS c"), 5));
    }
}
