//! Cuts partitions that are far larger than the others (Spark's `OptimizeSkewedJoin`).
//!
//! Purpose: one task must not work while all others have finished.
//! Before/after: a join whose left partition 3 is skewed → several tasks read parts of left partition 3 (by map outputs) and each all of
//! right partition 3.
//! Must not: fire when the join's partitioning is used above, or cut the side of an outer join that is padded.
//! Hard case: both sides skewed: every piece of the left meets every piece of the right.
//! Spark also looks at joins of joins in one stage; here both inputs must be shuffles.

use super::Rules;
use crate::common::ids::ShuffleId;
use crate::common::text;
use crate::logical::plan::JoinType;
use crate::physical::plan::{JoinAlgorithm, PhysicalPlan, ShuffleSlice};
use crate::physical::requirements;
use std::sync::Arc;

/// The part with its skewed join cut, if there is one.
pub(super) fn split_skewed(part: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> Option<Arc<PhysicalPlan>> {
    if !rules.conf.flag("spark.sql.adaptive.skewJoin.enabled") {
        return None;
    }
    let join = only_join(part)?;
    let PhysicalPlan::Join { join_type, left, right, .. } = &**join else { return None };
    let (left, right) = (read_below(left)?, read_below(right)?);
    let (left_slices, right_slices, cut) = pair_slices(&left, &right, *join_type, rules)?;
    let new = super::with_slices(part, &[(left.address, left_slices), (right.address, right_slices)]);
    if !Arc::ptr_eq(&requirements::ensure(&new, rules.conf), &new) {
        return None;
    }
    rules.decisions.push(format!(
        "{} of the join {} far larger than the others and cut into pieces",
        text::plural(cut, "partition"),
        if cut == 1 { "is" } else { "are" }
    ));
    Some(new)
}

fn only_join(part: &Arc<PhysicalPlan>) -> Option<&Arc<PhysicalPlan>> {
    if let PhysicalPlan::Join {
        algorithm: JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. }, ..
    } = &**part
    {
        return Some(part);
    }
    match part.children().as_slice() {
        [only] => only_join(only),
        _ => None,
    }
}

struct Side {
    address: *const PhysicalPlan,
    shuffle: ShuffleId,
}

fn read_below(side: &Arc<PhysicalPlan>) -> Option<Side> {
    match &**side {
        PhysicalPlan::ShuffleRead { shuffle, slices: None, .. } => {
            Some(Side { address: Arc::as_ptr(side), shuffle: *shuffle })
        }
        PhysicalPlan::Sort { input, .. } | PhysicalPlan::Filter { input, .. } | PhysicalPlan::Project { input, .. } => {
            read_below(input)
        }
        _ => None,
    }
}

type Slices = Vec<ShuffleSlice>;

fn pair_slices(left: &Side, right: &Side, join_type: JoinType, rules: &Rules<'_>) -> Option<(Slices, Slices, u64)> {
    let (left_sizes, right_sizes) = (rules.stats.shuffle_sizes(left.shuffle), rules.stats.shuffle_sizes(right.shuffle));
    if left_sizes.len() != right_sizes.len() || left_sizes.is_empty() {
        return None;
    }
    let may_cut_left = !matches!(join_type, JoinType::RightOuter | JoinType::FullOuter);
    let may_cut_right = matches!(join_type, JoinType::Inner | JoinType::Cross | JoinType::RightOuter);
    let pieces = |side: &Side, sizes: &[u64], at: usize, may_cut: bool| -> Slices {
        let whole = vec![ShuffleSlice::Coalesced { start: at as u32, end: at as u32 + 1 }];
        if may_cut { cut(side, sizes, at, rules).unwrap_or(whole) } else { whole }
    };
    let (mut for_left, mut for_right, mut cuts) = (Vec::new(), Vec::new(), 0);
    for at in 0..left_sizes.len() {
        let (lefts, rights) =
            (pieces(left, &left_sizes, at, may_cut_left), pieces(right, &right_sizes, at, may_cut_right));
        cuts += u64::from(lefts.len() > 1) + u64::from(rights.len() > 1);
        for one in &lefts {
            for other in &rights {
                for_left.push(one.clone());
                for_right.push(other.clone());
            }
        }
    }
    (cuts > 0).then_some((for_left, for_right, cuts))
}

/// The pieces of a skewed partition, at least two.
fn cut(side: &Side, sizes: &[u64], at: usize, rules: &Rules<'_>) -> Option<Slices> {
    let conf = rules.conf;
    let factor: f64 =
        conf.get("spark.sql.adaptive.skewJoin.skewedPartitionFactor").and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let floor = conf.bytes("spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes", 256 << 20);
    let advisory = u64::try_from(conf.bytes("spark.sql.adaptive.advisoryPartitionSizeInBytes", 64 << 20)).unwrap_or(1);
    let threshold = u64::try_from(floor).unwrap_or(u64::MAX).max((median(sizes) as f64 * factor) as u64);
    if sizes[at] <= threshold {
        return None;
    }
    let plain: Vec<u64> = sizes.iter().copied().filter(|size| *size <= threshold).collect();
    let mean = if plain.is_empty() { 0 } else { plain.iter().sum::<u64>() / plain.len() as u64 };
    let target = advisory.max(mean);
    let maps = rules.stats.map_sizes(side.shuffle, at)?;
    let starts = split_by_size(&maps, target);
    if starts.len() < 2 {
        return None;
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(maps.len()));
    Some(
        starts
            .iter()
            .zip(ends)
            .map(|(start, end)| ShuffleSlice::PartialReducer {
                reduce: at as u32,
                map_start: *start as u32,
                map_end: end as u32,
            })
            .collect(),
    )
}

fn median(sizes: &[u64]) -> u64 {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    let value =
        if sorted.len().is_multiple_of(2) { u64::midpoint(sorted[middle - 1], sorted[middle]) } else { sorted[middle] };
    value.max(1)
}

/// Where pieces of about `target` bytes start; pieces that stay small join their neighbour.
fn split_by_size(sizes: &[u64], target: u64) -> Vec<usize> {
    const SMALL: f64 = 0.2;
    const MERGED: f64 = 1.2;
    let target_f = target as f64;
    let (mut starts, mut current, mut last) = (vec![0], 0u64, None::<u64>);
    let close = |starts: &mut Vec<usize>, current: u64, last: &mut Option<u64>| match *last {
        Some(before)
            if ((current + before) as f64) < target_f * MERGED
                || (current as f64) < target_f * SMALL
                || (before as f64) < target_f * SMALL =>
        {
            starts.pop();
            *last = Some(before + current);
        }
        _ => *last = Some(current),
    };
    for (at, size) in sizes.iter().enumerate() {
        if at > 0 && current + size > target {
            close(&mut starts, current, &mut last);
            starts.push(at);
            current = *size;
        } else {
            current += size;
        }
    }
    close(&mut starts, current, &mut last);
    starts
}
