//! Turns sort-merge joins into broadcast joins when a side turned out small (Spark plans again and `JoinSelection` decides).
//!
//! Purpose: no sort, and the large side needs no particular place.
//! Before/after: `SortMergeJoin (Sort (read a)) (Sort (read b))` with a small `b` → `BroadcastHashJoin (read a) (Broadcast (read b))`.
//! Must not: undo a hint; fire when a step above relied on the join's partitioning and would now need a shuffle of its own.
//! Hard case: a side of few bytes in few of many partitions is *not* broadcast: its tasks have next to nothing to do anyway
//! (`nonEmptyPartitionRatioForBroadcastJoin`).
//! Spark may also choose a shuffled hash join.

use super::Rules;
use crate::common::conf::parse_bytes;
use crate::common::text;
use crate::logical::plan::JoinType;
use crate::physical::join_selection::{can_build_left, can_build_right};
use crate::physical::plan::{BuildSide, JoinAlgorithm, PhysicalPlan, ShuffleOrigin};
use crate::physical::statistics::row_size;
use crate::physical::{combine, requirements};
use std::sync::Arc;

pub(super) fn switch_joins(plan: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> Arc<PhysicalPlan> {
    let mut plan = plan.clone();
    // One join at a time: each switch is weighed against the plan as it is then.
    let mut refused = 0;
    while let Some((candidate, decision)) = next_switch(&plan, rules, refused) {
        let candidate = combine::combine(&requirements::ensure(&candidate, rules.conf), rules.conf);
        if shuffles(&candidate) <= shuffles(&plan) {
            rules.decisions.push(decision);
            plan = candidate;
        } else {
            refused += 1;
        }
    }
    plan
}

/// The plan with the first switchable join (after `skip` others) switched.
fn next_switch(plan: &Arc<PhysicalPlan>, rules: &Rules<'_>, skip: usize) -> Option<(Arc<PhysicalPlan>, String)> {
    let mut seen = 0;
    let mut decision = None;
    let candidate = plan.transform_up(&mut |node| {
        if decision.is_some() {
            return None;
        }
        let (join, text) = switched(node, rules)?;
        seen += 1;
        if seen <= skip {
            return None;
        }
        decision = Some(text);
        Some(join)
    });
    decision.map(|text| (candidate, text))
}

fn switched(node: &PhysicalPlan, rules: &Rules<'_>) -> Option<(PhysicalPlan, String)> {
    let PhysicalPlan::Join {
        algorithm: JoinAlgorithm::SortMerge { is_hinted: false },
        join_type,
        left_keys,
        right_keys,
        condition,
        left,
        right,
    } = node
    else {
        return None;
    };
    let (left, right) = (without_sort(left), without_sort(right));
    let (left_bytes, right_bytes) = (small_size(&left, *join_type, rules), small_size(&right, *join_type, rules));
    let build = match (
        left_bytes.filter(|_| can_build_left(*join_type)),
        right_bytes.filter(|_| can_build_right(*join_type)),
    ) {
        (Some(left), Some(right)) => {
            if right <= left {
                BuildSide::Right
            } else {
                BuildSide::Left
            }
        }
        (Some(_), None) => BuildSide::Left,
        (None, Some(_)) => BuildSide::Right,
        (None, None) => return None,
    };
    let broadcast = |side: &Arc<PhysicalPlan>| {
        Arc::new(PhysicalPlan::BroadcastExchange { input: without_exchange(side).unwrap_or_else(|| side.clone()) })
    };
    let (bytes, word, new_left, new_right) = match build {
        BuildSide::Left => (left_bytes?, "left", broadcast(&left), without_waiting_exchange(&right)),
        BuildSide::Right => (right_bytes?, "right", without_waiting_exchange(&left), broadcast(&right)),
    };
    let decision = format!(
        "the {word} side of the join turned out to be {}: it is broadcast, and nothing is sorted",
        text::bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
    );
    let join = PhysicalPlan::Join {
        algorithm: JoinAlgorithm::BroadcastHash { build },
        join_type: *join_type,
        left_keys: left_keys.clone(),
        right_keys: right_keys.clone(),
        condition: condition.clone(),
        left: new_left,
        right: new_right,
    };
    Some((join, decision))
}

fn without_sort(side: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    match &**side {
        PhysicalPlan::Sort { global: false, input, .. } => input.clone(),
        _ => side.clone(),
    }
}

/// An exchange that still waits for others is no longer needed; one that can run is running already.
fn without_waiting_exchange(side: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    without_exchange(side).filter(|input| holds_unfinished(input)).unwrap_or_else(|| side.clone())
}

/// What is below an exchange that only this join asked for and that has not run.
fn without_exchange(side: &Arc<PhysicalPlan>) -> Option<Arc<PhysicalPlan>> {
    match &**side {
        PhysicalPlan::ShuffleExchange { origin: ShuffleOrigin::EnsureRequirements, input, .. } => Some(input.clone()),
        _ => None,
    }
}

fn holds_unfinished(plan: &PhysicalPlan) -> bool {
    let mut found = false;
    plan.visit(&mut |node| found |= super::is_exchange(node));
    found
}

/// The measured size of a side that may be broadcast.
fn small_size(side: &Arc<PhysicalPlan>, join_type: JoinType, rules: &Rules<'_>) -> Option<u128> {
    let conf = rules.conf;
    let own = conf.get("spark.sql.adaptive.autoBroadcastJoinThreshold").and_then(parse_bytes);
    let plain = conf.get("spark.sql.autoBroadcastJoinThreshold").and_then(parse_bytes);
    let threshold = u128::try_from(own.or(plain).unwrap_or(10 << 20)).ok()?;
    // An outer join has work in every partition of the side that it keeps.
    if matches!(join_type, JoinType::Inner | JoinType::Cross | JoinType::LeftSemi)
        && let PhysicalPlan::ShuffleRead { shuffle, .. } = &**side
        && is_mostly_empty(&rules.stats.shuffle_sizes(*shuffle), rules)
    {
        return None;
    }
    measured(side, rules).filter(|bytes| *bytes <= threshold)
}

fn is_mostly_empty(sizes: &[u64], rules: &Rules<'_>) -> bool {
    let ratio = rules
        .conf
        .get("spark.sql.adaptive.nonEmptyPartitionRatioForBroadcastJoin")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.2);
    let filled = sizes.iter().filter(|size| **size > 0).count();
    filled > 0 && (filled as f64) < sizes.len() as f64 * ratio
}

/// The size of a plan whose inputs were all measured.
fn measured(plan: &PhysicalPlan, rules: &Rules<'_>) -> Option<u128> {
    let scaled = |input: &PhysicalPlan| {
        let bytes = measured(input, rules)?;
        Some((bytes * row_size(&plan.output()) / row_size(&input.output())).max(1))
    };
    match plan {
        PhysicalPlan::ShuffleRead { shuffle, .. } => Some(u128::from(rules.stats.shuffle_data_size(*shuffle))),
        PhysicalPlan::InMemoryTableScan { id, .. } => rules.stats.cache_size(*id).map(u128::from),
        PhysicalPlan::BroadcastRead { broadcast, .. } => Some(u128::from(rules.stats.broadcast_size(*broadcast).0)),
        PhysicalPlan::Filter { input, .. }
        | PhysicalPlan::Sort { input, .. }
        | PhysicalPlan::ShuffleExchange { input, .. }
        | PhysicalPlan::WindowGroupLimit { input, .. } => measured(input, rules),
        PhysicalPlan::Project { input, .. }
        | PhysicalPlan::Aggregate { input, .. }
        | PhysicalPlan::Window { input, .. }
        | PhysicalPlan::Generate { input, .. } => scaled(input),
        PhysicalPlan::Join { join_type: JoinType::LeftSemi | JoinType::LeftAnti, left, .. } => measured(left, rules),
        PhysicalPlan::Join { left, right, .. } => Some(measured(left, rules)?.saturating_mul(measured(right, rules)?)),
        PhysicalPlan::Union { inputs } => inputs.iter().map(|input| measured(input, rules)).sum(),
        _ => None,
    }
}

fn shuffles(plan: &PhysicalPlan) -> usize {
    let mut count = 0;
    plan.visit(&mut |node| {
        count += usize::from(matches!(node, PhysicalPlan::ShuffleExchange { .. } | PhysicalPlan::ShuffleRead { .. }));
    });
    count
}
