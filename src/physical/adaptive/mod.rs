//! Adaptive execution: which exchanges can run now, and what is planned again once they have.
//!
//! The session's loop: [`next_stages`] → run each as a job of its own → [`replace_finished`] → [`replan`], until `next_stages` gives
//! nothing; then the rest is the result stage.
//!
//! ```text
//!   replan:  join      a sort-merge join whose side turned out small reads it as a broadcast       (not if that adds a shuffle)
//!            for every part of the plan whose inputs are all there:
//!            skew      a partition far larger than the others is cut by map outputs
//!            coalesce  neighbouring small partitions become one task
//!            local     what a broadcast join need not have shuffled is read where it was written
//! ```
//!
//! **Invariants.** Rows and columns of the root do not change. A read that has its slices keeps them.
//!
//! **Simplified:** sizes are those of the shuffle blocks (Spark compares unsafe rows for the join switch); a join whose one side is empty
//! is still run.

mod coalesce;
mod join;
mod local_read;
mod skew;

use super::plan::{PhysicalPlan, ShuffleOrigin};
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
    /// With its number of reduce partitions.
    Shuffle(ShuffleId, usize),
    Broadcast(BroadcastId),
}

/// What finished stages measured. Sizes are already scaled.
pub trait StageStats {
    /// Bytes of each reduce partition, over all maps.
    fn shuffle_sizes(&self, shuffle: ShuffleId) -> Vec<u64>;

    /// Bytes of one reduce partition, for each map; nothing where an output has been lost since (as with Spark, whose tracker forgets its sizes).
    fn map_sizes(&self, shuffle: ShuffleId, reduce: usize) -> Option<Vec<u64>>;

    /// All rows of a shuffle before they were packed: what decides whether they are small enough to be broadcast.
    fn shuffle_data_size(&self, shuffle: ShuffleId) -> u64;

    /// Rows written.
    fn shuffle_rows(&self, shuffle: ShuffleId) -> u64;

    /// Bytes and rows of a broadcast.
    fn broadcast_size(&self, broadcast: BroadcastId) -> (u64, u64);

    /// Bytes of a cache, once it is filled.
    fn cache_size(&self, cache: CacheId) -> Option<u64>;
}

/// The result of [`replan`].
#[derive(Debug, Clone)]
pub struct Replanned {
    pub plan: Arc<PhysicalPlan>,
    /// What was decided and why, a sentence each.
    pub decisions: Vec<String>,
}

/// Whether Spark would run the plan adaptively: an operator asks how its rows are spread, or it reads a cache that was made adaptively.
#[must_use]
pub fn is_adaptive(plan: &PhysicalPlan) -> bool {
    let mut found = false;
    plan.visit(&mut |node| {
        found |= is_adaptive_itself(node);
    });
    found
}

/// Whether the node makes its plan adaptive: an exchange, or something that wants one.
#[must_use]
pub fn is_adaptive_itself(node: &PhysicalPlan) -> bool {
    is_exchange(node)
        || matches!(node, PhysicalPlan::ShuffleRead { .. } | PhysicalPlan::BroadcastRead { .. })
        || super::requirements::has_needs(node)
}

/// The exchanges that can run now, in Spark's order. `is_cached` says which caches are complete already.
#[must_use]
pub fn next_stages(plan: &Arc<PhysicalPlan>, is_cached: &dyn Fn(CacheId) -> bool) -> Vec<StageToRun> {
    let mut stages = Vec::new();
    if is_adaptive(plan) {
        find_stages(plan, is_cached, &mut stages);
    }
    stages
}

/// Collects the stages below `node`; says whether nothing below is unfinished.
fn find_stages(node: &Arc<PhysicalPlan>, is_cached: &dyn Fn(CacheId) -> bool, stages: &mut Vec<StageToRun>) -> bool {
    let push = |stages: &mut Vec<StageToRun>, stage: StageToRun| {
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    };
    match &**node {
        PhysicalPlan::InMemoryTableScan { id, .. } => {
            if is_cached(*id) {
                return true;
            }
            if !stages.iter().any(|stage| matches!(stage, StageToRun::TableCache { id: known, .. } if known == id)) {
                stages.push(StageToRun::TableCache { id: *id, scan: node.clone() });
            }
            false
        }
        PhysicalPlan::ShuffleExchange { input, .. } if is_exchange(node) => {
            if find_stages(input, is_cached, stages) {
                push(stages, StageToRun::Shuffle(node.clone()));
            }
            false
        }
        PhysicalPlan::BroadcastExchange { input } => {
            if find_stages(input, is_cached, stages) {
                push(stages, StageToRun::Broadcast(node.clone()));
            }
            false
        }
        other => {
            let mut finished = true;
            for child in other.children() {
                finished &= find_stages(child, is_cached, stages);
            }
            finished
        }
    }
}

/// The plan with every exchange equal to `exchange` replaced by a read of its result.
#[must_use]
pub fn replace_finished(
    plan: &Arc<PhysicalPlan>,
    exchange: &Arc<PhysicalPlan>,
    finished: Finished,
) -> Arc<PhysicalPlan> {
    if Arc::ptr_eq(plan, exchange) || (is_exchange(plan) && plan == exchange) {
        let exchange = plan.clone();
        return Arc::new(match finished {
            Finished::Shuffle(shuffle, reducers) => {
                PhysicalPlan::ShuffleRead { shuffle, exchange, reducers, slices: None }
            }
            Finished::Broadcast(broadcast) => PhysicalPlan::BroadcastRead { broadcast, exchange },
        });
    }
    plan.map_inputs(&mut |child| replace_finished(child, exchange, finished))
}

/// Whether this is an exchange that adaptive execution runs. The shuffles of RDD operations are not: as in Spark, they are stages of the
/// job above.
#[must_use]
pub fn is_exchange(plan: &PhysicalPlan) -> bool {
    match plan {
        PhysicalPlan::ShuffleExchange { origin, .. } => *origin != ShuffleOrigin::Rdd,
        PhysicalPlan::BroadcastExchange { .. } => true,
        _ => false,
    }
}

/// What the rules know.
struct Rules<'a> {
    stats: &'a dyn StageStats,
    conf: &'a Conf,
    default_parallelism: usize,
    decisions: Vec<String>,
}

/// How far a plan may change while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replanning {
    /// Not at all: adaptive execution is off.
    Off,
    /// Everything but what the tasks of the result stage read: a cache keeps the partitions that were asked for
    /// (`spark.sql.optimizer.canChangeCachedPlanOutputPartitioning`).
    BelowResult,
    Everywhere,
}

impl Replanning {
    /// For a query.
    #[must_use]
    pub fn of_query(conf: &Conf) -> Self {
        match (conf.flag("spark.sql.adaptive.enabled"), conf.flag(FINAL_STAGE)) {
            (false, _) => Replanning::Off,
            (true, false) => Replanning::BelowResult,
            (true, true) => Replanning::Everywhere,
        }
    }

    /// For what fills a cache.
    #[must_use]
    pub fn of_cache(conf: &Conf) -> Self {
        match Self::of_query(conf) {
            Replanning::Everywhere if !conf.flag("spark.sql.optimizer.canChangeCachedPlanOutputPartitioning") => {
                Replanning::BelowResult
            }
            replanning => replanning,
        }
    }
}

const FINAL_STAGE: &str = "spark.sql.adaptive.applyFinalStageShuffleOptimizations";

/// Plans the rest again with what was measured.
#[must_use]
pub fn replan(
    plan: &Arc<PhysicalPlan>,
    stats: &dyn StageStats,
    conf: &Conf,
    (default_parallelism, replanning): (usize, Replanning),
) -> Replanned {
    let mut rules = Rules { stats, conf, default_parallelism, decisions: Vec::new() };
    if replanning == Replanning::Off {
        return Replanned { plan: plan.clone(), decisions: rules.decisions };
    }
    let switched = join::switch_joins(plan, &mut rules);
    let (optimized, finished) = ready_parts(&switched, &mut rules);
    let plan = match (finished, replanning) {
        (false, _) => optimized,
        (true, Replanning::Everywhere) => optimize_part(&optimized, &mut rules),
        (true, _) => skew::split_skewed(&optimized, &mut rules).unwrap_or(optimized),
    };
    Replanned { plan, decisions: rules.decisions }
}

/// Optimizes the inputs of exchanges whose own inputs are all there; says whether nothing below is unfinished.
fn ready_parts(node: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> (Arc<PhysicalPlan>, bool) {
    let mut finished = true;
    let node = node.map_inputs(&mut |child| {
        let (part, done) = ready_parts(child, rules);
        finished &= done;
        part
    });
    if !is_exchange(&node) {
        return (node, finished);
    }
    let ready = if finished { node.map_inputs(&mut |part| optimize_part(part, rules)) } else { node };
    (ready, false)
}

/// Rules for one part between exchanges. A part that has slices was done before.
fn optimize_part(part: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> Arc<PhysicalPlan> {
    let mut done = false;
    part.visit(&mut |node| done |= matches!(node, PhysicalPlan::ShuffleRead { slices: Some(_), .. }));
    if done {
        return part.clone();
    }
    if let Some(cut) = skew::split_skewed(part, rules) {
        return cut;
    }
    let coalesced = coalesce::coalesce(part, rules);
    local_read::read_locally(&coalesced, rules)
}

/// The part with some reads replaced, found by their address.
fn with_slices(
    part: &Arc<PhysicalPlan>,
    slices: &[(*const PhysicalPlan, Vec<super::plan::ShuffleSlice>)],
) -> Arc<PhysicalPlan> {
    if let PhysicalPlan::ShuffleRead { shuffle, exchange, reducers, .. } = &**part
        && let Some((_, found)) = slices.iter().find(|(address, _)| std::ptr::eq(*address, Arc::as_ptr(part)))
    {
        return Arc::new(PhysicalPlan::ShuffleRead {
            shuffle: *shuffle,
            exchange: exchange.clone(),
            reducers: *reducers,
            slices: Some(found.clone()),
        });
    }
    part.map_inputs(&mut |child| with_slices(child, slices))
}

#[cfg(test)]
mod tests;
