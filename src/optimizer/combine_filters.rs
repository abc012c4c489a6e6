//! Joins neighbouring filters into one.
//!
//! Purpose: one pass over the rows, and one condition for the rules that split it.
//! Before/after: `Filter b (Filter a (t))` → `Filter a AND b (t)`.
//! Must not: join conditions that draw random numbers, which would then draw fewer.
//! Hard case: the same condition twice is kept once.
//! Spark does the same.

use super::OptimizerContext;
use crate::logical::LogicalPlan;
use crate::logical::rewrite::{conjunction, conjuncts, contains, is_deterministic};
use std::sync::Arc;

pub(super) const NAME: &str = "CombineFilters";
pub(super) const WHY: &str = "two filters in a row are one filter with both conditions";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Filter { condition: upper, input } = &**node else { return None };
        let LogicalPlan::Filter { condition: lower, input } = &**input else { return None };
        if !is_deterministic(upper) || !is_deterministic(lower) {
            return None;
        }
        let mut parts = conjuncts(lower);
        for part in conjuncts(upper) {
            if !contains(&parts, &part) {
                parts.push(part);
            }
        }
        Some(LogicalPlan::Filter { condition: conjunction(parts)?, input: input.clone() })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn two_filters_become_one() {
        let two = filter(&filter(&table(1, "ab"), "a > 1"), "b > 2");
        assert_eq!(text(&check(apply, &two)), "Filter(a > 1 AND b > 2, table(a b))");
    }

    #[test]
    fn a_filter_above_a_limit_stays() {
        unchanged(apply, &filter(&limit(&filter(&table(1, "a"), "a > 1"), 3), "a > 2"));
    }
}
