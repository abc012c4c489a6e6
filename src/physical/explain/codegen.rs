//! Which operators Spark compiles together: the `*(n)` before their names.
//!
//! Real batchlab operators are vectorised and not compiled; the numbers are shown because learners meet them in Spark.

use super::shown::{Shown, What};
use crate::physical::plan::{AggregateStyle, JoinAlgorithm, PhysicalPlan};

/// Numbers the groups of a plan from its leaves up.
pub(super) fn number(root: &mut Shown<'_>) {
    outside(root, &mut 0);
}

fn outside(node: &mut Shown<'_>, next: &mut u32) {
    if node.is_inner {
        return;
    }
    if !is_compiled(node) {
        node.inputs.iter_mut().for_each(|input| outside(input, next));
        return;
    }
    before(node, next);
    *next += 1;
    stamp(node, *next);
}

/// Numbers the groups below a group.
fn before(node: &mut Shown<'_>, next: &mut u32) {
    let ends = ends_group(node);
    for input in &mut node.inputs {
        if is_compiled(input) && !ends {
            before(input, next);
        } else {
            outside(input, next);
        }
    }
}

fn stamp(node: &mut Shown<'_>, number: u32) {
    node.codegen = Some(number);
    let ends = ends_group(node);
    node.inputs.iter_mut().filter(|input| is_compiled(input) && !ends).for_each(|input| stamp(input, number));
}

/// Whether the node's inputs belong to other groups, or are not compiled at all.
fn ends_group(node: &Shown<'_>) -> bool {
    match node.what {
        What::ColumnarToRow => true,
        What::Operator(PhysicalPlan::Join { algorithm, .. }) => {
            matches!(algorithm, JoinAlgorithm::SortMerge | JoinAlgorithm::ShuffledHash { .. })
        }
        _ => false,
    }
}

fn is_compiled(node: &Shown<'_>) -> bool {
    match node.what {
        What::Operator(plan) => match plan {
            PhysicalPlan::Range { .. }
            | PhysicalPlan::LocalTableScan { .. }
            | PhysicalPlan::OneRow
            | PhysicalPlan::Project { .. }
            | PhysicalPlan::Filter { .. }
            | PhysicalPlan::Expand { .. }
            | PhysicalPlan::Generate { .. }
            | PhysicalPlan::Sort { .. }
            | PhysicalPlan::LocalLimit { .. }
            | PhysicalPlan::GlobalLimit { .. }
            | PhysicalPlan::Union { .. }
            | PhysicalPlan::Sample { .. } => true,
            PhysicalPlan::Aggregate { style, .. } => *style == AggregateStyle::Hash,
            PhysicalPlan::Join { algorithm, .. } => !matches!(algorithm, JoinAlgorithm::Cartesian),
            PhysicalPlan::FileScan(_)
            | PhysicalPlan::InMemoryTableScan { .. }
            | PhysicalPlan::Window { .. }
            | PhysicalPlan::WindowGroupLimit { .. }
            | PhysicalPlan::TakeOrderedAndProject { .. }
            | PhysicalPlan::CollectLimit { .. }
            | PhysicalPlan::CollectTail { .. }
            | PhysicalPlan::Coalesce { .. }
            | PhysicalPlan::MapPartitions { .. }
            | PhysicalPlan::ShuffleExchange { .. }
            | PhysicalPlan::BroadcastExchange { .. }
            | PhysicalPlan::ShuffleRead { .. }
            | PhysicalPlan::BroadcastRead { .. }
            | PhysicalPlan::WriteFiles { .. } => false,
        },
        What::ColumnarToRow | What::KeySort(_) => true,
        What::Adaptive
        | What::Exchange { .. }
        | What::Broadcast { .. }
        | What::QueryStage(_)
        | What::CacheScan { .. }
        | What::CacheRelation(_) => false,
    }
}
