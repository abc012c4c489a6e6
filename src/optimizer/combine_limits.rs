//! Keeps only the smaller of two neighbouring limits.
//!
//! Purpose: less work, and `limit` above `orderBy` stays visible to the planner.
//! Before/after: `Limit 5 (Limit 3 (t))` → `Limit 3 (t)`; what stands between them, [`super::push_projection_through_limit`] takes away.
//! Must not: touch offsets, whose order with limits matters.
//! Hard case: a limit above a plan that never gives more rows, such as an aggregation without keys: the limit goes (`EliminateLimits`).

use super::OptimizerContext;
use super::row_bounds::max_rows;
use crate::logical::LogicalPlan;
use std::sync::Arc;

pub(super) const NAME: &str = "CombineLimits";
pub(super) const WHY: &str = "the smaller of two limits decides";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Limit { count, input } = &**node else { return None };
        match &**input {
            LogicalPlan::Limit { count: inner, input } => {
                Some(LogicalPlan::Limit { count: *count.min(inner), input: input.clone() })
            }
            _ if max_rows(input).is_some_and(|rows| rows <= *count) => Some((**input).clone()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_smaller_limit_wins() {
        assert_eq!(text(&check(apply, &limit(&limit(&table(1, "a"), 3), 5))), "Limit(3, table(a))");
    }

    #[test]
    fn limits_with_a_sort_between_stay() {
        unchanged(apply, &limit(&sort(&limit(&table(1, "a"), 5), "a"), 3));
    }
}
