//! Turns `DISTINCT` and `dropDuplicates` into aggregations.
//!
//! Purpose: one operator, the aggregation in two phases, does them all.
//! Before/after: `Distinct (t)` → `Aggregate by all columns`; `Deduplicate k (t)` → `Aggregate by k, first(others)`.
//! Must not: lose the order of the columns or their ids, which the nodes above refer to.
//! Hard case: no keys at all, which groups everything into one row only when there is a row: the key is a literal.
//! Spark also knows `dropDuplicatesWithinWatermark`.

use super::{OptimizerContext, functions};
use crate::logical::plan::Grouping;
use crate::logical::rewrite::contains;
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "ReplaceDistinctWithAggregate";
pub(super) const WHY: &str =
    "rows without duplicates are groups: one aggregation finds them before and after the shuffle";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Distinct { input } => {
            let columns: Vec<Expr> = input.output().into_iter().map(Expr::Attribute).collect();
            Some(LogicalPlan::Aggregate {
                grouping: Grouping::By(columns.clone()),
                outputs: columns,
                input: input.clone(),
            })
        }
        LogicalPlan::Deduplicate { keys, input } => deduplicate(keys, input),
        _ => None,
    })
}

fn deduplicate(keys: &[Expr], input: &Arc<LogicalPlan>) -> Option<LogicalPlan> {
    let outputs = input
        .output()
        .into_iter()
        .map(|column| {
            let plain = Expr::Attribute(column.clone());
            if contains(keys, &plain) {
                return Some(plain);
            }
            let first = functions::aggregate("first", vec![plain], column.data_type.clone(), column.nullable)?;
            Some(functions::alias(first, &column))
        })
        .collect::<Option<Vec<_>>>()?;
    let by = if keys.is_empty() { vec![Expr::int(1)] } else { keys.to_vec() };
    Some(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input: input.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn distinct_groups_by_every_column() {
        let distinct = Arc::new(LogicalPlan::Distinct { input: table(1, "ab") });
        assert_eq!(text(&check(apply, &distinct)), "Aggregate([a, b], table(a b))");
    }

    #[test]
    fn a_plain_aggregation_stays() {
        unchanged(apply, &group(&table(1, "ab"), "a"));
    }
}
