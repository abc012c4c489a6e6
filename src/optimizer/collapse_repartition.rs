//! Removes a repartitioning whose work the next one undoes.
//!
//! Purpose: one shuffle less.
//! Before/after: `repartition(8) (repartition(4) (t))` → `repartition(8) (t)`; a `coalesce` below a shuffle that spreads anyway goes too.
//! Must not: remove a shuffle below a `coalesce` to fewer partitions: it is there to keep the work parallel.
//! Hard case: `coalesce(8)` above `repartition(4)` changes nothing and goes itself.
//! Spark does the same.

use super::OptimizerContext;
use crate::logical::LogicalPlan;
use crate::logical::plan::Repartitioning;
use std::sync::Arc;

pub(super) const NAME: &str = "CollapseRepartition";
pub(super) const WHY: &str = "only the last of two repartitionings decides where rows lie";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Repartition { target: upper, input } = &**node else { return None };
        let LogicalPlan::Repartition { target: lower, input: below } = &**input else { return None };
        let shuffles = |target: &Repartitioning| !matches!(target, Repartitioning::Coalesce { .. });
        match (shuffles(upper), shuffles(lower)) {
            (false, true) => match (count_of(upper), count_of(lower)) {
                (Some(upper), Some(lower)) if upper >= lower => Some((**input).clone()),
                _ => None,
            },
            (false, false) => {
                let count = count_of(upper)?.min(count_of(lower)?);
                Some(LogicalPlan::Repartition { target: Repartitioning::Coalesce { count }, input: below.clone() })
            }
            (true, _) => Some(LogicalPlan::Repartition { target: upper.clone(), input: below.clone() }),
        }
    })
}

fn count_of(target: &Repartitioning) -> Option<usize> {
    match target {
        Repartitioning::RoundRobin { count, .. }
        | Repartitioning::Coalesce { count }
        | Repartitioning::Index { count, .. } => Some(*count),
        Repartitioning::Hash { count, .. } | Repartitioning::Range { count, .. } => *count,
        Repartitioning::Rebalance { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn spread(input: Arc<LogicalPlan>, target: Repartitioning) -> Arc<LogicalPlan> {
        Arc::new(LogicalPlan::Repartition { target, input })
    }

    #[test]
    fn the_last_repartition_wins() {
        let twice = spread(
            spread(table(1, "a"), Repartitioning::RoundRobin { count: 4, is_rdd: false }),
            Repartitioning::RoundRobin { count: 8, is_rdd: false },
        );
        let after = check(apply, &twice);
        assert_eq!(
            *after,
            LogicalPlan::Repartition {
                target: Repartitioning::RoundRobin { count: 8, is_rdd: false },
                input: table(1, "a")
            }
        );
    }

    #[test]
    fn a_shuffle_below_a_coalesce_stays() {
        unchanged(
            apply,
            &spread(
                spread(table(1, "a"), Repartitioning::RoundRobin { count: 8, is_rdd: false }),
                Repartitioning::Coalesce { count: 2 },
            ),
        );
    }
}
