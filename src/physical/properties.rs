//! How an operator's rows are spread and sorted, as far as the plan alone says.

use super::plan::{AggregateStyle, BuildSide, JoinAlgorithm, Partitioning, PhysicalPlan, ShuffleSlice};
use crate::common::ids::ExprId;
use crate::logical::Expr;
use crate::logical::expr::SortOrder;
use crate::logical::plan::{JoinType, range_length};
use crate::logical::rewrite::{reads, same, same_order};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The ways in which the rows are known to be spread; any of them may be relied on.
pub(super) fn partitionings(plan: &PhysicalPlan) -> Vec<Partitioning> {
    match plan {
        PhysicalPlan::ShuffleExchange { partitioning, .. } => vec![partitioning.clone()],
        PhysicalPlan::ShuffleRead { exchange, slices, .. } => read_partitionings(exchange, slices.as_deref()),
        PhysicalPlan::BroadcastExchange { .. } | PhysicalPlan::BroadcastRead { .. } => vec![Partitioning::Broadcast],
        PhysicalPlan::GlobalLimit { .. }
        | PhysicalPlan::CollectLimit { .. }
        | PhysicalPlan::CollectTail { .. }
        | PhysicalPlan::TakeOrderedAndProject { .. }
        | PhysicalPlan::OneRow => vec![Partitioning::Single],
        PhysicalPlan::Coalesce { count: 1, .. } => vec![Partitioning::Single],
        PhysicalPlan::Range { start, end, step, .. } if range_length(*start, *end, *step) == 0 => Vec::new(),
        PhysicalPlan::Range { partitions: 1, .. } => vec![Partitioning::Single],
        PhysicalPlan::Range { partitions, .. } => vec![Partitioning::Range(ordering(plan), *partitions)],
        PhysicalPlan::InMemoryTableScan { output, stored, plan, .. } => {
            let renamed: BTreeMap<ExprId, Expr> = plan
                .output()
                .iter()
                .zip(stored)
                .filter(|(_, column)| output.iter().any(|kept| kept.id == column.id))
                .map(|(inner, column)| (inner.id, Expr::Attribute(column.clone())))
                .collect();
            renamed_partitionings(partitionings(plan), &renamed)
        }
        PhysicalPlan::Project { exprs, input } => renamed_partitionings(partitionings(input), &renaming(exprs)),
        PhysicalPlan::Aggregate { mode, grouping, outputs, input, .. } => {
            let named = if mode.gives_results() { outputs } else { grouping };
            renamed_partitionings(partitionings(input), &renaming(named))
        }
        PhysicalPlan::Join { algorithm, join_type, left, right, .. } => {
            join_partitionings(*algorithm, *join_type, left, right)
        }
        PhysicalPlan::Filter { input, .. }
        | PhysicalPlan::Generate { input, .. }
        | PhysicalPlan::Window { input, .. }
        | PhysicalPlan::WindowGroupLimit { input, .. }
        | PhysicalPlan::Sort { input, .. }
        | PhysicalPlan::LocalLimit { input, .. }
        | PhysicalPlan::Sample { input, .. }
        | PhysicalPlan::WriteFiles { input, .. } => partitionings(input),
        PhysicalPlan::LocalTableScan { .. }
        | PhysicalPlan::FileScan(_)
        | PhysicalPlan::Expand { .. }
        | PhysicalPlan::Coalesce { .. }
        | PhysicalPlan::MapPartitions { .. } => Vec::new(),
        PhysicalPlan::Union { inputs } => united_partitioning(inputs).into_iter().collect(),
    }
}

/// How the rows of a union are spread when all its inputs are spread alike: by the hash of the same columns, cut at the same places, or into
/// one partition each (Spark 4.1 and later). Then partition 0 of the union holds partition 0 of every input. Inputs that are spread in
/// several ways at once, as an inner join is, count as unlike.
pub(super) fn united_partitioning(inputs: &[Arc<PhysicalPlan>]) -> Option<Partitioning> {
    let only = |input: &PhysicalPlan| match partitionings(input).as_slice() {
        [only @ (Partitioning::Single | Partitioning::Hash(..))] => Some(only.clone()),
        _ => None,
    };
    let (first, others) = inputs.split_first()?;
    let united = only(first)?;
    let columns = first.output();
    let is_alike = |input: &Arc<PhysicalPlan>| {
        let pairs = input.output().into_iter().zip(columns.iter().cloned());
        let to_first = pairs.map(|(column, first)| (column.id, Expr::Attribute(first))).collect();
        match (&united, only(input)) {
            (Partitioning::Single, Some(Partitioning::Single)) => true,
            (Partitioning::Hash(wanted, count), Some(Partitioning::Hash(by, other))) => {
                let by: Option<Vec<Expr>> = by.iter().map(|expr| renamed(expr, &to_first)).collect();
                let is_same =
                    |by: Vec<Expr>| by.len() == wanted.len() && by.iter().zip(wanted).all(|(a, b)| same(a, b));
                *count == other && by.is_some_and(is_same) && cut_of(first) == cut_of(input)
            }
            _ => false,
        }
    };
    others.iter().all(is_alike).then_some(united)
}

/// Into how many partitions the rows were hashed, and how these were put together since.
fn cut_of(plan: &PhysicalPlan) -> Option<(usize, Option<&[ShuffleSlice]>)> {
    match plan {
        PhysicalPlan::ShuffleExchange { partitioning, .. } => Some((partitioning.count(), None)),
        PhysicalPlan::ShuffleRead { reducers, slices, .. } => Some((*reducers, slices.as_deref())),
        PhysicalPlan::Join {
            algorithm:
                JoinAlgorithm::BroadcastHash { build: BuildSide::Left }
                | JoinAlgorithm::BroadcastNestedLoop { build: BuildSide::Left },
            right,
            ..
        } => cut_of(right),
        PhysicalPlan::Join { join_type: JoinType::RightOuter, right, .. } => cut_of(right),
        other => cut_of(other.children().first()?),
    }
}

fn read_partitionings(exchange: &PhysicalPlan, slices: Option<&[ShuffleSlice]>) -> Vec<Partitioning> {
    let PhysicalPlan::ShuffleExchange { partitioning, .. } = exchange else { return Vec::new() };
    let Some(slices) = slices else { return vec![partitioning.clone()] };
    let count = slices.len();
    if !slices.iter().all(|slice| matches!(slice, ShuffleSlice::Coalesced { .. })) {
        return Vec::new();
    }
    match partitioning {
        Partitioning::Hash(by, _) => vec![Partitioning::Hash(by.clone(), count)],
        Partitioning::Range(by, _) => vec![Partitioning::Range(by.clone(), count)],
        Partitioning::Single => vec![Partitioning::Single],
        Partitioning::RoundRobin { .. }
        | Partitioning::Index(..)
        | Partitioning::Unknown(_)
        | Partitioning::Broadcast => {
            vec![Partitioning::Unknown(count)]
        }
    }
}

fn join_partitionings(
    algorithm: JoinAlgorithm,
    join_type: JoinType,
    left: &PhysicalPlan,
    right: &PhysicalPlan,
) -> Vec<Partitioning> {
    match algorithm {
        JoinAlgorithm::BroadcastHash { build } | JoinAlgorithm::BroadcastNestedLoop { build } => match build {
            BuildSide::Left if join_type != JoinType::FullOuter => partitionings(right),
            BuildSide::Right if join_type != JoinType::FullOuter => partitionings(left),
            BuildSide::Left | BuildSide::Right => Vec::new(),
        },
        JoinAlgorithm::Cartesian => Vec::new(),
        JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. } => match join_type {
            JoinType::Inner | JoinType::Cross => {
                let mut both = partitionings(left);
                both.extend(partitionings(right));
                both
            }
            JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti => partitionings(left),
            JoinType::RightOuter => partitionings(right),
            JoinType::FullOuter => Vec::new(),
        },
    }
}

/// Which columns go through a list of named expressions, and under which name.
fn renaming(named: &[Expr]) -> BTreeMap<ExprId, Expr> {
    let mut renamed = BTreeMap::new();
    for expr in named {
        let source = match expr {
            Expr::Attribute(column) => Some(column.id),
            Expr::Alias { child, .. } => match &**child {
                Expr::Attribute(column) => Some(column.id),
                _ => None,
            },
            _ => None,
        };
        if let (Some(id), Some(column)) = (source, expr.to_attribute()) {
            let is_plain = matches!(expr, Expr::Attribute(_));
            if is_plain || !renamed.contains_key(&id) {
                renamed.insert(id, Expr::Attribute(column));
            }
        }
    }
    renamed
}

fn renamed_partitionings(all: Vec<Partitioning>, by: &BTreeMap<ExprId, Expr>) -> Vec<Partitioning> {
    all.into_iter()
        .filter_map(|partitioning| match partitioning {
            Partitioning::Hash(exprs, count) => {
                Some(Partitioning::Hash(exprs.iter().map(|expr| renamed(expr, by)).collect::<Option<_>>()?, count))
            }
            Partitioning::Range(order, count) => {
                let order = renamed_order(&order, by);
                if order.is_empty() { None } else { Some(Partitioning::Range(order, count)) }
            }
            Partitioning::Index(..) => None,
            other @ (Partitioning::Unknown(_)
            | Partitioning::Single
            | Partitioning::RoundRobin { .. }
            | Partitioning::Broadcast) => Some(other),
        })
        .collect()
}

fn renamed(expr: &Expr, by: &BTreeMap<ExprId, Expr>) -> Option<Expr> {
    reads(expr).iter().all(|id| by.contains_key(id)).then(|| crate::logical::rewrite::substitute(expr.clone(), by))
}

/// The longest prefix that survives.
fn renamed_order(order: &[SortOrder], by: &BTreeMap<ExprId, Expr>) -> Vec<SortOrder> {
    order.iter().map_while(|key| Some(SortOrder { child: renamed(&key.child, by)?, ..*key })).collect()
}

/// How the rows of each partition are sorted.
pub(super) fn ordering(plan: &PhysicalPlan) -> Vec<SortOrder> {
    ordered(plan, false)
}

/// How they would be sorted in Spark, whose `SortAggregate` keeps the order of its keys always; ours has none to rely on, because groups
/// that found no room come last.
pub(super) fn ordering_in_spark(plan: &PhysicalPlan) -> Vec<SortOrder> {
    ordered(plan, true)
}

fn ordered(plan: &PhysicalPlan, in_spark: bool) -> Vec<SortOrder> {
    let ordering = |plan: &PhysicalPlan| ordered(plan, in_spark);
    match plan {
        PhysicalPlan::Aggregate { style: AggregateStyle::Sort, mode, grouping, outputs, .. } if in_spark => {
            let named = if mode.gives_results() { outputs } else { grouping };
            let keys: Vec<Expr> = grouping.iter().filter_map(Expr::to_attribute).map(Expr::Attribute).collect();
            renamed_order(&ascending(&keys), &renaming(named))
        }
        PhysicalPlan::Sort { order, .. } => order.clone(),
        PhysicalPlan::TakeOrderedAndProject { order, outputs, .. } => renamed_order(order, &renaming(outputs)),
        PhysicalPlan::Project { exprs, input } => renamed_order(&ordering(input), &renaming(exprs)),
        PhysicalPlan::Join { algorithm, join_type, left_keys, right_keys, left, right, .. } => match algorithm {
            JoinAlgorithm::SortMerge { .. } => match join_type {
                JoinType::RightOuter => ascending(right_keys),
                JoinType::FullOuter => Vec::new(),
                JoinType::Inner | JoinType::Cross | JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti => {
                    ascending(left_keys)
                }
            },
            JoinAlgorithm::BroadcastHash { build: BuildSide::Left } => ordering(right),
            JoinAlgorithm::BroadcastHash { build: BuildSide::Right } => ordering(left),
            JoinAlgorithm::ShuffledHash { .. }
            | JoinAlgorithm::BroadcastNestedLoop { .. }
            | JoinAlgorithm::Cartesian => Vec::new(),
        },
        PhysicalPlan::Filter { input, .. }
        | PhysicalPlan::Window { input, .. }
        | PhysicalPlan::WindowGroupLimit { input, .. }
        | PhysicalPlan::LocalLimit { input, .. }
        | PhysicalPlan::GlobalLimit { input, .. }
        | PhysicalPlan::CollectLimit { input, .. }
        | PhysicalPlan::CollectTail { input, .. }
        | PhysicalPlan::Sample { input, .. } => ordering(input),
        PhysicalPlan::Range { step, output, .. } => {
            let mut order = ascending(&output.iter().cloned().map(Expr::Attribute).collect::<Vec<_>>());
            for key in &mut order {
                (key.ascending, key.nulls_first) = (*step > 0, *step > 0);
            }
            order
        }
        PhysicalPlan::LocalTableScan { .. }
        | PhysicalPlan::OneRow
        | PhysicalPlan::FileScan(_)
        | PhysicalPlan::InMemoryTableScan { .. }
        | PhysicalPlan::Aggregate { .. }
        | PhysicalPlan::Expand { .. }
        | PhysicalPlan::Generate { .. }
        | PhysicalPlan::Union { .. }
        | PhysicalPlan::Coalesce { .. }
        | PhysicalPlan::MapPartitions { .. }
        | PhysicalPlan::ShuffleExchange { .. }
        | PhysicalPlan::BroadcastExchange { .. }
        | PhysicalPlan::ShuffleRead { .. }
        | PhysicalPlan::BroadcastRead { .. }
        | PhysicalPlan::WriteFiles { .. } => Vec::new(),
    }
}

/// Sort keys in Spark's default direction.
pub(super) fn ascending(keys: &[Expr]) -> Vec<SortOrder> {
    keys.iter().map(|key| SortOrder::new(key.clone(), true)).collect()
}

/// Whether rows sorted by `have` are also sorted by `wanted`.
pub(super) fn is_sorted_by(have: &[SortOrder], wanted: &[SortOrder]) -> bool {
    have.len() >= wanted.len() && have.iter().zip(wanted).all(|(have, wanted)| same_order(have, wanted))
}
