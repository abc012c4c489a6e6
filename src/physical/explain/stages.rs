//! The query stages of a plan that has run, numbered as adaptive execution makes them: inputs first, from left to right.

use crate::common::ids::{BroadcastId, ShuffleId};
use crate::physical::plan::PhysicalPlan;
use std::sync::Arc;

/// One stage's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Shuffle(ShuffleId),
    Broadcast(BroadcastId),
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
        PhysicalPlan::ShuffleRead { shuffle, exchange, .. } => (Stage::Shuffle(*shuffle), exchange),
        PhysicalPlan::BroadcastRead { broadcast, exchange } => (Stage::Broadcast(*broadcast), exchange),
        other => return other.children().into_iter().map(|child| depth(child, found)).max().unwrap_or(0),
    };
    if let Some((depth, _)) = found.iter().find(|(_, known)| *known == stage) {
        return *depth;
    }
    let own = depth(exchange, found) + 1;
    found.push((own, stage));
    own
}
