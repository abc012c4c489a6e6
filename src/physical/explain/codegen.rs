//! Which operators Spark compiles together: the `*(n)` before their names.
//!
//! Real batchlab operators are vectorised and not compiled; the numbers are shown because learners meet them in Spark.

use super::shown::{Shown, What};
use crate::logical::Expr;
use crate::physical::is_imperative;
use crate::physical::plan::{AggregateStyle, JoinAlgorithm, PhysicalPlan};
use crate::physical::properties::united_partitioning;

/// Numbers the groups of a plan from its leaves up.
pub(super) fn number(root: &mut Shown<'_>) {
    outside(root, &mut 0);
}

/// Numbers the groups of a plan that has run: stage by stage, as adaptive execution compiles them, then the result.
pub(super) fn number_stages(root: &mut Shown<'_>, stages: usize) {
    let mut next = 0;
    for stage in 0..stages {
        let names = [format!("ShuffleQueryStage {stage}"), format!("BroadcastQueryStage {stage}")];
        number_stage(root, &names, &mut next);
    }
    outside(root, &mut next);
}

fn number_stage(node: &mut Shown<'_>, names: &[String], next: &mut u32) {
    if node.is_inner {
        return;
    }
    let is_wanted = matches!(&node.what, What::QueryStage(name) if names.contains(name));
    for input in &mut node.inputs {
        if is_wanted {
            outside(input, next);
        } else {
            number_stage(input, names, next);
        }
    }
}

fn outside(node: &mut Shown<'_>, next: &mut u32) {
    if node.is_inner {
        return;
    }
    if matches!(node.what, What::QueryStage(_)) && is_numbered(node) {
        return;
    }
    if let What::Operator(PhysicalPlan::LocalTableScan { is_local: true, .. }) = node.what {
        // Rows that lie on the driver are taken from there: alone they are not compiled.
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

/// Whether a stage's plan has its numbers; nothing outside adds to them.
fn is_numbered(node: &Shown<'_>) -> bool {
    node.codegen.is_some() || node.inputs.iter().any(is_numbered)
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
            matches!(algorithm, JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. })
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
            | PhysicalPlan::Sort { .. }
            | PhysicalPlan::LocalLimit { .. }
            | PhysicalPlan::GlobalLimit { .. }
            | PhysicalPlan::Sample { .. } => true,
            PhysicalPlan::Generate { generator, .. } => !matches!(generator, Expr::TableCall(_)),
            PhysicalPlan::Union { inputs } => united_partitioning(inputs).is_none(),
            PhysicalPlan::Aggregate { style, aggregates, .. } => {
                *style == AggregateStyle::Hash && !aggregates.iter().any(is_imperative)
            }
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
        What::ColumnarToRow | What::KeySort(_) | What::Made(_) | What::Rdd => true,
        What::Adaptive
        | What::Final
        | What::Heading(_)
        | What::Exchange { .. }
        | What::Broadcast { .. }
        | What::Python(_)
        | What::Reused(_)
        | What::QueryStage(_)
        | What::CacheScan { .. }
        | What::CacheRelation { .. } => false,
    }
}
