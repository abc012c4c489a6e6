//! Reads a shuffle where it was written when nobody needs its partitioning any more (Spark's `OptimizeShuffleWithLocalRead`).
//!
//! Purpose: no bytes over the network.
//! Before/after: both sides of a join that became a broadcast join are read map output by map output: each by several tasks where partitions are
//! many, several by one task where they were merged into few.
//! Must not: fire when a step above relies on the rows' places, or on a shuffle that the script asked for.

use super::Rules;
use crate::physical::plan::{BuildSide, JoinAlgorithm, Partitioning, PhysicalPlan, ShuffleOrigin, ShuffleSlice};
use crate::physical::requirements;
use std::sync::Arc;

pub(super) fn read_locally(part: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> Arc<PhysicalPlan> {
    if rules.conf.get("spark.sql.adaptive.localShuffleReader.enabled") == Some("false") {
        return part.clone();
    }
    if let PhysicalPlan::ShuffleRead { .. } = &**part
        && let Some(local) = below_projections(part)
    {
        rules.decisions.push("the side that is broadcast is read where it was written".to_owned());
        return local;
    }
    let mut decided = 0;
    let local = part.transform_up(&mut |node| {
        let PhysicalPlan::Join { algorithm: JoinAlgorithm::BroadcastHash { build }, left, right, .. } = &**node else {
            return None;
        };
        let (left, right) = match build {
            BuildSide::Left => (left.clone(), below_projections(right)?),
            BuildSide::Right => (below_projections(left)?, right.clone()),
        };
        decided += 1;
        Some(node.with_children(vec![left, right]))
    });
    if decided == 0 || !Arc::ptr_eq(&requirements::ensure(&local, rules.conf), &local) {
        return part.clone();
    }
    rules.decisions.push("the streamed side of the broadcast join is read where it was written".to_owned());
    local
}

/// The side with its shuffle read locally, if it is nothing but that and plain steps above.
fn below_projections(side: &Arc<PhysicalPlan>) -> Option<Arc<PhysicalPlan>> {
    match &**side {
        PhysicalPlan::Project { input, .. } | PhysicalPlan::Filter { input, .. } => {
            Some(Arc::new(side.with_children(vec![below_projections(input)?])))
        }
        PhysicalPlan::ShuffleRead { shuffle, exchange, reducers, slices } => {
            let PhysicalPlan::ShuffleExchange { origin: ShuffleOrigin::EnsureRequirements, partitioning, input } =
                &**exchange
            else {
                return None;
            };
            if *partitioning == Partitioning::Single {
                return None;
            }
            let wanted = slices.as_ref().map_or(*reducers, Vec::len);
            let maps = input.partitions();
            let local = (maps > 0).then(|| local_slices(maps, *reducers, wanted))?;
            Some(Arc::new(PhysicalPlan::ShuffleRead {
                shuffle: *shuffle,
                exchange: exchange.clone(),
                reducers: *reducers,
                slices: Some(local),
            }))
        }
        _ => None,
    }
}

/// What each task reads, as many tasks as were wanted, or near that.
fn local_slices(maps: usize, reducers: usize, wanted: usize) -> Vec<ShuffleSlice> {
    let (maps, reducers, wanted) = (maps as u32, reducers as u32, wanted as u32);
    if wanted < maps {
        let slice = |(map_start, map_end)| ShuffleSlice::CoalescedMapper { map_start, map_end, reducers };
        return equal_ranges(maps, wanted.max(1)).map(slice).collect();
    }
    let of_map = |map| {
        equal_ranges(reducers, wanted / maps).map(move |(start, end)| ShuffleSlice::PartialMapper { map, start, end })
    };
    (0..maps).flat_map(of_map).collect()
}

/// `0..count` in so many runs, those at the beginning one longer where it does not divide.
fn equal_ranges(count: u32, runs: u32) -> impl Iterator<Item = (u32, u32)> {
    let (each, longer) = (count / runs, count % runs);
    let start = move |run: u32| run * each + run.min(longer);
    (0..runs).map(move |run| (start(run), start(run + 1))).filter(|(start, end)| start < end)
}
