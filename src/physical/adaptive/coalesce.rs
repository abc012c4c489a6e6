//! Merges neighbouring small shuffle partitions into one task (Spark's `CoalesceShufflePartitions`).
//!
//! Purpose: 200 partitions of a few bytes each are one task, not 200.
//! Before/after: a read of 200 partitions → a read of `[0..200)` in one slice, or as many slices as the size asks for.
//! Must not: change a number of partitions that the script asked for (`repartition(n)`), nor slice the two sides of a join differently.
//! Hard case: with `parallelismFirst` the target is small enough to keep every core busy, but never below `minPartitionSize`.
//! Spark also splits large partitions of a `REBALANCE`.

use super::Rules;
use crate::common::ids::ShuffleId;
use crate::physical::plan::{JoinAlgorithm, Partitioning, PhysicalPlan, ShuffleOrigin, ShuffleSlice};
use crate::physical::properties::united_partitioning;
use crate::physical::requirements;
use std::sync::Arc;

/// A shuffle that is read here.
struct Read {
    address: *const PhysicalPlan,
    shuffle: ShuffleId,
    is_supported: bool,
}

pub(super) fn coalesce(part: &Arc<PhysicalPlan>, rules: &mut Rules<'_>) -> Arc<PhysicalPlan> {
    if !rules.conf.flag("spark.sql.adaptive.coalescePartitions.enabled") {
        return part.clone();
    }
    let mut groups = Vec::new();
    collect(part, &mut groups);
    groups.retain(|group| !group.is_empty() && group.iter().all(|read| read.is_supported));
    let least = least_partitions(&groups, rules);
    let (decided, mut slices) = (rules.decisions.len(), Vec::new());
    for (group, least) in groups.iter().zip(least) {
        let sizes: Vec<Vec<u64>> = group.iter().map(|read| rules.stats.shuffle_sizes(read.shuffle)).collect();
        let Some(merged) = merge(&sizes, least, rules) else { continue };
        rules.decisions.push(format!(
            "{} shuffle partitions are read by {}: together they hold {}",
            sizes[0].len(),
            crate::common::text::plural(merged.len() as u64, "task"),
            crate::common::text::bytes(sizes.iter().flatten().sum()),
        ));
        for read in group {
            slices.push((read.address, merged.clone()));
        }
    }
    let cut = super::with_slices(part, &slices);
    // Inputs of a union that are cut unlike do not lie alike any more.
    if Arc::ptr_eq(&requirements::ensure(&cut, rules.conf), &cut) {
        return cut;
    }
    rules.decisions.truncate(decided);
    part.clone()
}

/// Reads that must be sliced alike.
fn collect(part: &Arc<PhysicalPlan>, groups: &mut Vec<Vec<Read>>) {
    match &**part {
        PhysicalPlan::ShuffleRead { .. } => groups.push(read_of(part).into_iter().collect()),
        node if needs_alike(node) => {
            let mut reads = Vec::new();
            if leaves(part, &mut reads) {
                groups.push(reads);
            }
        }
        PhysicalPlan::InMemoryTableScan { .. } => {}
        other => other.children().into_iter().for_each(|child| collect(child, groups)),
    }
}

/// Whether an operator puts partitions of its inputs together that must hold the same keys.
fn needs_alike(node: &PhysicalPlan) -> bool {
    match node {
        PhysicalPlan::Join { algorithm, .. } => {
            matches!(algorithm, JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. })
        }
        PhysicalPlan::Union { inputs } => united_partitioning(inputs).is_some(),
        _ => false,
    }
}

/// All reads below; false when something else than reads of finished stages is there.
fn leaves(node: &Arc<PhysicalPlan>, reads: &mut Vec<Read>) -> bool {
    match &**node {
        PhysicalPlan::ShuffleRead { .. } => {
            reads.extend(read_of(node));
            true
        }
        PhysicalPlan::BroadcastRead { .. } => true,
        PhysicalPlan::InMemoryTableScan { .. } => false,
        other => {
            let children = other.children();
            !children.is_empty() && children.into_iter().all(|child| leaves(child, reads))
        }
    }
}

fn read_of(node: &Arc<PhysicalPlan>) -> Option<Read> {
    let PhysicalPlan::ShuffleRead { shuffle, exchange, .. } = &**node else { return None };
    let PhysicalPlan::ShuffleExchange { partitioning, origin, .. } = &**exchange else { return None };
    let is_supported = *partitioning != Partitioning::Single
        && !matches!(origin, ShuffleOrigin::RepartitionByNum | ShuffleOrigin::Rdd);
    Some(Read { address: Arc::as_ptr(node), shuffle: *shuffle, is_supported })
}

/// How many tasks each group should at least have.
fn least_partitions(groups: &[Vec<Read>], rules: &Rules<'_>) -> Vec<u64> {
    let parallelism = rules.default_parallelism as i64;
    let otherwise =
        if rules.conf.flag("spark.sql.adaptive.coalescePartitions.parallelismFirst") { parallelism } else { 1 };
    let all = rules.conf.number("spark.sql.adaptive.coalescePartitions.minPartitionNum", otherwise).max(1) as u64;
    if groups.len() == 1 {
        return vec![all];
    }
    let sizes: Vec<u64> = groups
        .iter()
        .map(|group| group.iter().map(|read| rules.stats.shuffle_sizes(read.shuffle).iter().sum::<u64>()).sum())
        .collect();
    let total: u64 = sizes.iter().sum();
    sizes
        .iter()
        .map(|size| if total == 0 { all } else { ((all as f64 * *size as f64 / total as f64).round() as u64).max(1) })
        .collect()
}

/// The slices for shuffles that are read together; nothing when there is nothing to merge.
fn merge(sizes: &[Vec<u64>], least: u64, rules: &Rules<'_>) -> Option<Vec<ShuffleSlice>> {
    let count = sizes.first()?.len();
    if count == 0 || sizes.iter().any(|other| other.len() != count) {
        return None;
    }
    let bytes = |key: &str, otherwise: i64| u64::try_from(rules.conf.bytes(key, otherwise)).unwrap_or(1);
    let advisory = bytes("spark.sql.adaptive.advisoryPartitionSizeInBytes", 64 << 20);
    let smallest = bytes("spark.sql.adaptive.coalescePartitions.minPartitionSize", 1 << 20);
    let total: u64 = sizes.iter().flatten().sum();
    let target = total.div_ceil(least).min(advisory).max(smallest);
    let slice = |start: usize, end: usize| ShuffleSlice::Coalesced { start: start as u32, end: end as u32 };
    let (mut slices, mut start, mut held) = (Vec::new(), 0, 0u64);
    for at in 0..count {
        let here: u64 = sizes.iter().map(|sizes| sizes[at]).sum();
        if at > start && held + here > target {
            if held > 0 {
                slices.push(slice(start, at));
            }
            start = at;
            held = here;
        } else {
            held += here;
        }
    }
    if held > 0 || slices.is_empty() {
        slices.push(slice(start, count));
    }
    (slices.len() < count).then_some(slices)
}
