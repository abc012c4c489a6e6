//! Adaptive execution: which exchanges can run now, and what is planned again once they have.
//!
//! The session's loop: [`next_stages`] → run each as a job of its own → [`replace_finished`] → [`replan`], until `next_stages` gives
//! nothing; then the rest is the result stage.

use super::plan::PhysicalPlan;
use crate::common::Conf;
use crate::common::ids::{BroadcastId, CacheId, ShuffleId};
use std::sync::Arc;

/// Something to run as a job of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum StageToRun {
    /// A [`PhysicalPlan::ShuffleExchange`] whose input holds no unfinished exchange.
    Shuffle(Arc<PhysicalPlan>),
    /// A [`PhysicalPlan::BroadcastExchange`].
    Broadcast(Arc<PhysicalPlan>),
    /// A [`PhysicalPlan::InMemoryTableScan`] whose rows are not all kept yet: its lineage runs once, for every partition.
    TableCache { id: CacheId, scan: Arc<PhysicalPlan> },
}

/// What an exchange has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    Shuffle(ShuffleId),
    Broadcast(BroadcastId),
}

/// What finished stages measured. Sizes are already scaled.
pub trait StageStats {
    /// Bytes of each reduce partition, over all maps.
    fn shuffle_sizes(&self, shuffle: ShuffleId) -> Vec<u64>;

    /// Bytes of one reduce partition, for each map.
    fn map_sizes(&self, shuffle: ShuffleId, reduce: usize) -> Vec<u64>;

    /// Rows written.
    fn shuffle_rows(&self, shuffle: ShuffleId) -> u64;

    /// Bytes and rows of a broadcast.
    fn broadcast_size(&self, broadcast: BroadcastId) -> (u64, u64);
}

/// The result of [`replan`].
#[derive(Debug, Clone)]
pub struct Replanned {
    pub plan: Arc<PhysicalPlan>,
    /// What was decided and why, a sentence each.
    pub decisions: Vec<String>,
}

/// The exchanges that can run now, in Spark's order. `is_cached` says which caches are complete already.
#[must_use]
pub fn next_stages(plan: &Arc<PhysicalPlan>, is_cached: &dyn Fn(CacheId) -> bool) -> Vec<StageToRun> {
    let _ = (plan, is_cached);
    Vec::new()
}

/// The plan with every exchange equal to `exchange` replaced by a read of its result.
#[must_use]
pub fn replace_finished(
    plan: &Arc<PhysicalPlan>,
    exchange: &Arc<PhysicalPlan>,
    finished: Finished,
) -> Arc<PhysicalPlan> {
    let _ = (exchange, finished);
    plan.clone()
}

/// Plans the rest again with what was measured.
#[must_use]
pub fn replan(plan: &Arc<PhysicalPlan>, stats: &dyn StageStats, conf: &Conf, default_parallelism: usize) -> Replanned {
    let _ = (stats, conf, default_parallelism);
    Replanned { plan: plan.clone(), decisions: Vec::new() }
}
