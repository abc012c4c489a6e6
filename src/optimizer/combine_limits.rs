//! Keeps only the smaller of two neighbouring limits.
//!
//! Purpose: less work, and `limit` above `orderBy` stays visible to the planner.
//! Before/after: `Limit 5 (Limit 3 (t))` → `Limit 3 (t)`; `Limit 5 (Project (Limit 3 (t)))` stays for the projection's sake.
//! Must not: touch offsets, whose order with limits matters.
//! Hard case: a limit above a global aggregation without keys: one row comes anyway, the limit goes.
//! Spark also removes limits above anything whose number of rows is known to be small.

use super::OptimizerContext;
use crate::logical::LogicalPlan;
use crate::logical::plan::Grouping;
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
            _ if *count >= 1 && is_one_row(input) => Some((**input).clone()),
            _ => None,
        }
    })
}

/// Whether the plan never gives more than one row.
pub(super) fn is_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate { grouping: Grouping::By(by), .. } => by.is_empty(),
        LogicalPlan::Project { input, .. } | LogicalPlan::Filter { input, .. } | LogicalPlan::Sort { input, .. } => {
            is_one_row(input)
        }
        LogicalPlan::Limit { count, input } => *count <= 1 || is_one_row(input),
        LogicalPlan::OneRow => true,
        _ => false,
    }
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
        unchanged(apply, &limit(&sort(&limit(&table(1, "a"), 3), "a"), 5));
    }
}
