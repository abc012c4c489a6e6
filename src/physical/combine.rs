//! Aggregations that need fewer steps than planned, once it is known where exchanges stand (Spark's `CombineAdjacentAggregation` and
//! `ReplaceHashWithSortAgg`).
//!
//! ```text
//!   Final by k                          Complete by k                    Complete by k, as SortAggregate
//!     Partial by k              ──▶       Exchange hash(k)       or        SortMergeJoin on k
//!       Exchange hash(k)
//! ```
//!
//! Two phases that no exchange separates are one. Rows that already come in the order of the keys need no hash table. Running it twice
//! changes nothing; after a join has lost its order it takes the hash table back.

use super::aggregation::style_of;
use super::plan::{AggregateMode, AggregateStyle, PhysicalPlan};
use super::properties::{ascending, is_sorted_by, ordering_in_spark};
use crate::common::Conf;
use crate::logical::Expr;
use std::sync::Arc;

/// The plan with aggregations in as few steps as its exchanges allow.
#[must_use]
pub fn combine(plan: &Arc<PhysicalPlan>, conf: &Conf) -> Arc<PhysicalPlan> {
    let merges = conf.flag("spark.sql.execution.combineAdjacentAggregation");
    let sorts = conf.flag("spark.sql.execution.replaceHashWithSortAgg");
    plan.transform_up(&mut |node| {
        let merged = if merges { in_one_step(node) } else { None };
        restyled(merged.as_ref().unwrap_or(node), sorts).or(merged)
    })
}

/// Both phases as one, when the node is the second of two.
fn in_one_step(node: &PhysicalPlan) -> Option<PhysicalPlan> {
    let PhysicalPlan::Aggregate { mode, style, grouping, aggregates, outputs, input } = node else { return None };
    let PhysicalPlan::Aggregate {
        mode: AggregateMode::Partial, grouping: below, aggregates: updates, input: rows, ..
    } = &**input
    else {
        return None;
    };
    // Without functions there are no buffers, and merging them is the last phase as well.
    let outputs = match mode {
        AggregateMode::Final => outputs.clone(),
        AggregateMode::PartialMerge if aggregates.is_empty() => grouping.clone(),
        _ => return None,
    };
    let keys: Vec<Expr> = below.iter().filter_map(Expr::to_attribute).map(Expr::Attribute).collect();
    (keys == *grouping && updates == aggregates).then(|| PhysicalPlan::Aggregate {
        mode: AggregateMode::Complete,
        style: *style,
        grouping: below.clone(),
        aggregates: aggregates.clone(),
        outputs,
        input: rows.clone(),
    })
}

/// The aggregation in the style that its input's order and its functions ask for; nothing when it has it.
fn restyled(node: &PhysicalPlan, sorts: bool) -> Option<PhysicalPlan> {
    let PhysicalPlan::Aggregate { mode, style, grouping, aggregates, outputs, input } = node else { return None };
    let is_in_order =
        sorts && !grouping.is_empty() && is_sorted_by(&ordering_in_spark(input), &ascending(&plain(grouping)));
    let wanted = if is_in_order { AggregateStyle::Sort } else { style_of(aggregates) };
    (wanted != *style).then(|| PhysicalPlan::Aggregate {
        mode: *mode,
        style: wanted,
        grouping: grouping.clone(),
        aggregates: aggregates.clone(),
        outputs: outputs.clone(),
        input: input.clone(),
    })
}

/// The keys without the names they get.
fn plain(grouping: &[Expr]) -> Vec<Expr> {
    let unnamed = |key: &Expr| match key {
        Expr::Alias { child, .. } => (**child).clone(),
        key => key.clone(),
    };
    grouping.iter().map(unnamed).collect()
}
