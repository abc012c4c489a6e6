//! Reads a shuffle where it was written when nobody needs its partitioning any more (Spark's `OptimizeShuffleWithLocalRead`).
//!
//! Purpose: no bytes over the network.
//! Before/after: the streamed side of a join that became a broadcast join reads one map output per task.
//! Must not: fire when a step above relies on the rows' places.
//! Hard case: when the partitions were merged into one task before, that task reads everything, whichever way.
//! **Simplified:** Spark may let one task read several map outputs.

use super::Rules;
use crate::physical::plan::{BuildSide, JoinAlgorithm, PhysicalPlan, ShuffleOrigin, ShuffleSlice};
use crate::physical::requirements;
use std::sync::Arc;

pub(super) fn read_locally(part: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> Arc<PhysicalPlan> {
    if rules.conf.get("spark.sql.adaptive.localShuffleReader.enabled") == Some("false") {
        return part.clone();
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
            let PhysicalPlan::ShuffleExchange { origin: ShuffleOrigin::EnsureRequirements, input, .. } = &**exchange
            else {
                return None;
            };
            let wanted = slices.as_ref().map_or(*reducers, Vec::len);
            let maps = input.partitions();
            let local = local_slices(maps, *reducers, wanted)?;
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

fn local_slices(maps: usize, reducers: usize, wanted: usize) -> Option<Vec<ShuffleSlice>> {
    if maps == 0 || wanted < maps {
        return None;
    }
    let pieces = (wanted / maps).max(1).min(reducers.max(1));
    let mut slices = Vec::new();
    for map in 0..maps {
        for piece in 0..pieces {
            let (start, end) = (piece * reducers / pieces, (piece + 1) * reducers / pieces);
            slices.push(ShuffleSlice::PartialMapper { map: map as u32, start: start as u32, end: end as u32 });
        }
    }
    Some(slices)
}
