//! Lets every branch below a limit stop after as many rows.
//!
//! Purpose: `limit` above a union or an outer join reads no more of each partition than can be shown.
//! Before/after: `Limit 5 (Join LeftOuter (t) (u))` → `Limit 5 (Join LeftOuter (LocalLimit 5 (t)) (u))`; `Limit 1 (Aggregate a (t))`, which
//! only names its groups, → `Limit 1 (Project a (t))`: any row names one.
//! Must not: limit the side of an outer join whose rows may find no partner, or a side of a join with a condition that drops rows.
//! Hard case: an offset below the limit: the rows that it skips are needed too.
//! Spark also swaps the limit with a window function that ranks all rows.

use super::OptimizerContext;
use super::row_bounds::max_rows_per_partition;
use crate::logical::plan::{Grouping, JoinConstraint, JoinType};
use crate::logical::rewrite::is_deterministic;
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "LimitPushDown";
pub(super) const WHY: &str = "no branch below a limit needs to give more rows than the limit lets through";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Limit { count, input } = &**node else { return None };
        let below = match &**input {
            LogicalPlan::Offset { count: skipped, input } => {
                let input = pushed(input, count.checked_add(*skipped)?)?;
                LogicalPlan::Offset { count: *skipped, input }
            }
            LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input }
                if *count == 1 && names(by, outputs) =>
            {
                LogicalPlan::Project { exprs: outputs.clone(), input: input.clone() }
            }
            _ => return pushed(input, *count).map(|input| LogicalPlan::Limit { count: *count, input }),
        };
        Some(LogicalPlan::Limit { count: *count, input: Arc::new(below) })
    })
}

/// Whether an aggregation only names its groups.
fn names(by: &[Expr], outputs: &[Expr]) -> bool {
    !by.is_empty() && !outputs.iter().any(|output| output.any(|part| matches!(part, Expr::Aggregate(_))))
}

/// The plan with a limit at the branches that may have one; nothing when there is none to add.
fn pushed(plan: &Arc<LogicalPlan>, count: usize) -> Option<Arc<LogicalPlan>> {
    let children = match &**plan {
        LogicalPlan::Project { exprs, input } if exprs.iter().all(is_deterministic) => vec![pushed(input, count)?],
        LogicalPlan::Union { inputs, .. } => inputs.iter().map(|input| limited(input, count)).collect(),
        LogicalPlan::Join { left, right, join_type, constraint, .. } => {
            let is_free = matches!(constraint, JoinConstraint::None);
            let (first, second) = match join_type {
                JoinType::LeftOuter => (true, false),
                JoinType::RightOuter => (false, true),
                JoinType::Inner | JoinType::Cross => (is_free, is_free),
                JoinType::LeftSemi | JoinType::LeftAnti => (is_free, false),
                JoinType::FullOuter => (false, false),
            };
            let side = |wanted: bool, side: &Arc<LogicalPlan>| if wanted { limited(side, count) } else { side.clone() };
            vec![side(first, left), side(second, right)]
        }
        _ => return None,
    };
    let is_new = plan.children().iter().zip(&children).any(|(old, new)| !Arc::ptr_eq(old, new));
    is_new.then(|| Arc::new(plan.with_children(children)))
}

fn limited(plan: &Arc<LogicalPlan>, count: usize) -> Arc<LogicalPlan> {
    if max_rows_per_partition(plan).is_some_and(|rows| rows <= count) {
        return plan.clone();
    }
    match &**plan {
        // Fewer rows are wanted than the branch's own limit lets through.
        LogicalPlan::Limit { input, .. } => limited(input, count),
        _ => Arc::new(LogicalPlan::LocalLimit { count, input: plan.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::logical::plan::JoinHints;

    /// A join without a condition.
    fn free(join_type: JoinType) -> Arc<LogicalPlan> {
        let (left, right, constraint) = (table(1, "a"), table(5, "b"), JoinConstraint::None);
        Arc::new(LogicalPlan::Join { left, right, join_type, constraint, hint: JoinHints::default() })
    }

    fn limits_below(plan: &Arc<LogicalPlan>) -> Vec<usize> {
        let mut found = Vec::new();
        plan.visit(&mut |node| {
            if let LogicalPlan::LocalLimit { count, .. } = node {
                found.push(*count);
            }
        });
        found
    }

    #[test]
    fn a_side_that_keeps_its_rows_is_limited() {
        let (left, right) = (table(1, "a"), table(5, "b"));
        let after = check(apply, &limit(&join_as(JoinType::LeftOuter, &left, &right, "a = b"), 5));
        assert_eq!(text(&after), "Limit(5, LeftOuterJoin(a = b, LocalLimit(table(a)), table(b)))");
        unchanged(apply, &after);
        assert_eq!(limits_below(&check(apply, &limit(&free(JoinType::Cross), 2))), [2, 2]);
        unchanged(apply, &limit(&join(&left, &right, "a = b"), 5));
        unchanged(apply, &limit(&free(JoinType::FullOuter), 5));
    }

    #[test]
    fn branches_of_a_union_are_limited_and_offsets_count() {
        let inputs = vec![table(1, "a"), limit(&table(5, "a"), 3)];
        let union = Arc::new(LogicalPlan::Union { inputs, by_name: false, allow_missing: false });
        let skipped = Arc::new(LogicalPlan::Offset { count: 4, input: union.clone() });
        assert_eq!(limits_below(&check(apply, &limit(&union, 5))), [5], "one has three rows at most");
        assert_eq!(limits_below(&check(apply, &limit(&skipped, 5))), [9]);
    }

    #[test]
    fn one_row_of_the_groups_is_any_row() {
        let input = table(1, "ab");
        let group = expr("a", &[&input]);
        let plan = |outputs: Vec<Expr>| {
            let grouping = Grouping::By(vec![group.clone()]);
            Arc::new(LogicalPlan::Aggregate { grouping, outputs, input: input.clone() })
        };
        assert_eq!(text(&check(apply, &limit(&plan(vec![group.clone()]), 1))), "Limit(1, Project([a], table(a b)))");
        unchanged(apply, &limit(&plan(vec![group.clone()]), 2));
    }
}
