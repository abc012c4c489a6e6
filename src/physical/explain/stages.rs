//! The query stages of a plan that has run, numbered as adaptive execution makes them: inputs first, from left to right.

use crate::common::ids::{BroadcastId, CacheId, ShuffleId};
use crate::physical::plan::PhysicalPlan;
use std::sync::Arc;

/// One stage's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Shuffle(ShuffleId),
    Broadcast(BroadcastId),
    Cache(CacheId),
    /// Made, and dropped for an equal one that was there: the number before that of a reused exchange.
    Dropped,
}

/// The stages of a plan, in the order of their numbers.
pub(super) fn stages_of(plan: &Arc<PhysicalPlan>) -> Vec<Stage> {
    let mut found: Vec<(usize, Stage)> = Vec::new();
    depth(plan, &mut found);
    // Stable: stages that could run at once keep their order.
    found.sort_by_key(|(depth, _)| *depth);
    found.into_iter().map(|(_, stage)| stage).collect()
}

/// How many stages one upon another lie in a plan.
fn depth(plan: &Arc<PhysicalPlan>, found: &mut Vec<(usize, Stage)>) -> usize {
    let (stage, exchange) = match &**plan {
        PhysicalPlan::ShuffleRead { shuffle, exchange, .. } => (Stage::Shuffle(*shuffle), Some(exchange)),
        PhysicalPlan::BroadcastRead { broadcast, exchange } => (Stage::Broadcast(*broadcast), Some(exchange)),
        PhysicalPlan::InMemoryTableScan { id, .. } => (Stage::Cache(*id), None),
        other => return other.children().into_iter().map(|child| depth(child, found)).max().unwrap_or(0),
    };
    if let Some(&(depth, _)) = found.iter().find(|(_, known)| *known == stage) {
        if exchange.is_some() {
            found.extend([(depth, Stage::Dropped), (depth, stage)]);
        }
        return depth;
    }
    let own = exchange.map_or(0, |exchange| depth(exchange, found)) + 1;
    found.push((own, stage));
    own
}
