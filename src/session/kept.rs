//! What the planner may know of what earlier queries left.

use super::cache::CacheManager;
use super::ran::RanPlans;
use crate::cluster::Cluster;
use crate::common::ids::CacheId;
use crate::logical::LogicalPlan;
use crate::physical::PhysicalPlan;
use crate::physical::plan::RanPlan;
use crate::physical::planner::Kept;
use std::sync::Arc;

/// The caches and the plans of one session, and the cluster that holds their rows.
pub(super) struct KeptHere<'a> {
    pub caches: &'a CacheManager,
    pub ran: &'a RanPlans,
    pub cluster: Option<&'a Cluster>,
}

impl Kept for KeptHere<'_> {
    fn bytes(&self, id: CacheId) -> Option<u64> {
        let stats = self.cluster?.cache_stats(id);
        stats.is_filled().then_some(stats.bytes)
    }

    fn lineage(&self, id: CacheId) -> Option<RanPlan> {
        self.caches.lineage(id)
    }

    fn ran(&self, plan: &Arc<LogicalPlan>) -> Option<Arc<PhysicalPlan>> {
        self.ran.of(plan).map(|ran| ran.finished.clone())
    }
}
