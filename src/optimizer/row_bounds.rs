//! How many rows a plan gives at most, where the plan itself says so: Catalyst's `maxRows` and `maxRowsPerPartition`.

use crate::logical::LogicalPlan;
use crate::logical::plan::{Grouping, JoinType, range_length};

/// At most so many rows in all.
///
/// **Simplified:** rows that the driver holds count only as SQL's `VALUES`, ranges, limits and totals; sizes of files say nothing.
pub(super) fn max_rows(plan: &LogicalPlan) -> Option<usize> {
    match plan {
        LogicalPlan::LocalRelation { batch, partitions: Some(0), .. } => Some(batch.num_rows()),
        LogicalPlan::Range { start, end, step, .. } => range_rows(*start, *end, *step),
        LogicalPlan::OneRow => Some(1),
        LogicalPlan::Aggregate { grouping: Grouping::By(by), .. } if by.is_empty() => Some(1),
        LogicalPlan::Limit { count, input } | LogicalPlan::Tail { count, input } => {
            Some(max_rows(input).map_or(*count, |rows| rows.min(*count)))
        }
        LogicalPlan::Offset { count, input } => max_rows(input).map(|rows| rows.saturating_sub(*count)),
        LogicalPlan::Union { inputs, .. } => {
            inputs.iter().try_fold(0_usize, |sum, input| sum.checked_add(max_rows(input)?))
        }
        LogicalPlan::Join { left, right, join_type, .. } => {
            let (left, right) = (max_rows(left)?, || max_rows(right));
            match join_type {
                JoinType::LeftSemi | JoinType::LeftAnti => Some(left),
                JoinType::Inner | JoinType::Cross => left.checked_mul(right()?),
                JoinType::LeftOuter => left.checked_mul(right()?.max(1)),
                JoinType::RightOuter => left.max(1).checked_mul(right()?),
                JoinType::FullOuter => left.max(1).checked_mul(right()?.max(1)),
            }
        }
        LogicalPlan::Project { input, .. }
        | LogicalPlan::Filter { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::Window { input, .. }
        | LogicalPlan::LocalLimit { input, .. }
        | LogicalPlan::Repartition { input, .. }
        | LogicalPlan::Aggregate { grouping: Grouping::By(_), input, .. } => max_rows(input),
        _ => None,
    }
}

/// At most so many rows in one partition.
pub(super) fn max_rows_per_partition(plan: &LogicalPlan) -> Option<usize> {
    match plan {
        LogicalPlan::LocalLimit { count, input } => {
            Some(max_rows_per_partition(input).map_or(*count, |rows| rows.min(*count)))
        }
        LogicalPlan::Range { start, end, step, partitions: Some(partitions), .. } => {
            Some(range_rows(*start, *end, *step)?.div_ceil((*partitions).max(1)))
        }
        LogicalPlan::Union { inputs, .. } => {
            inputs.iter().map(|input| max_rows_per_partition(input)).try_fold(0, |most, rows| Some(most.max(rows?)))
        }
        LogicalPlan::Project { input, .. }
        | LogicalPlan::Filter { input, .. }
        | LogicalPlan::Sort { global: false, input, .. }
        | LogicalPlan::Window { input, .. } => max_rows_per_partition(input),
        other => max_rows(other),
    }
}

fn range_rows(start: i64, end: i64, step: i64) -> Option<usize> {
    usize::try_from(range_length(start, end, step)).ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    fn range(rows: i64, partitions: usize) -> Arc<LogicalPlan> {
        let partitions = Some(partitions);
        Arc::new(LogicalPlan::Range { start: 0, end: rows, step: 1, partitions, output: table(1, "a").output() })
    }

    #[test]
    fn bounds_follow_the_plan() {
        let union = LogicalPlan::Union { inputs: vec![range(5, 2), range(7, 4)], by_name: false, allow_missing: false };
        assert_eq!((max_rows(&union), max_rows_per_partition(&union)), (Some(12), Some(3)));
        assert_eq!(max_rows(&limit(&Arc::new(union), 4)), Some(4));
        assert_eq!((max_rows(&table(1, "a")), max_rows(&limit(&table(1, "a"), 9))), (None, Some(9)));
        let local = LogicalPlan::LocalLimit { count: 2, input: range(9, 3) };
        assert_eq!((max_rows(&local), max_rows_per_partition(&local)), (Some(9), Some(2)));
        assert_eq!((range_rows(0, 10, 3), range_rows(10, 0, -3), range_rows(0, 10, -1)), (Some(4), Some(4), Some(0)));
    }
}
