//! Adds the exchanges and sorts that operators need (Spark's `EnsureRequirements`).
//!
//! ```text
//!   Join SortMerge k = j          Join SortMerge k = j
//!     Scan a                        Sort k
//!     Scan b             ──▶          Exchange hash(k, 200)
//!                                       Scan a
//!                                   Sort j …
//! ```
//!
//! Nothing is added where the rows already lie right: a group-by on the keys of the join below, a window over the same columns. The hard
//! case are joins: both sides must be spread *alike*, so one side that already is may decide for the other. Running it twice changes
//! nothing, which adaptive execution relies on.

use super::plan::{AggregateExpr, AggregateMode, BuildSide, JoinAlgorithm, Partitioning, PhysicalPlan, ShuffleOrigin};
use super::properties::{ascending, is_sorted_by, ordering, partitionings};
use crate::common::Conf;
use crate::logical::Expr;
use crate::logical::expr::SortOrder;
use crate::logical::rewrite::{contains, same};
use std::sync::Arc;

/// What an operator needs of an input.
enum Distribution {
    Any,
    /// All rows in one partition.
    Single,
    /// Rows with equal values together.
    Clustered(Vec<Expr>),
    /// Ranges in order.
    Ordered(Vec<SortOrder>),
    Broadcast,
}

/// The plan with every need met.
#[must_use]
pub fn ensure(plan: &Arc<PhysicalPlan>, conf: &Conf) -> Arc<PhysicalPlan> {
    meet(&plan.map_inputs(&mut |child| ensure(child, conf)), conf)
}

fn meet(node: &Arc<PhysicalPlan>, conf: &Conf) -> Arc<PhysicalPlan> {
    match &**node {
        PhysicalPlan::Join {
            algorithm: JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. },
            left,
            right,
            ..
        } => {
            // The two sides of a skewed join were cut to fit each other.
            if is_cut(left) || is_cut(right) { node.clone() } else { co_partition(node, conf) }
        }
        PhysicalPlan::Aggregate { mode, grouping, aggregates, input, .. } => {
            let needs = match (wants_groups_whole(*mode, aggregates, input), grouping.is_empty()) {
                (false, _) => Distribution::Any,
                (true, true) => Distribution::Single,
                (true, false) => Distribution::Clustered(grouping.clone()),
            };
            with_inputs(node, vec![distribute(input, needs, conf)])
        }
        PhysicalPlan::Window { partition_by, order_by, input, .. } => {
            let needs = if partition_by.is_empty() {
                Distribution::Single
            } else {
                Distribution::Clustered(partition_by.clone())
            };
            let mut order = ascending(partition_by);
            order.extend(order_by.iter().cloned());
            with_inputs(node, vec![sort(distribute(input, needs, conf), order)])
        }
        PhysicalPlan::WindowGroupLimit { partition_by, order_by, is_partial, input, .. } => {
            let mut order = ascending(partition_by);
            order.extend(order_by.iter().cloned());
            let needs = match (is_partial, partition_by.is_empty()) {
                (true, _) => Distribution::Any,
                (false, true) => Distribution::Single,
                (false, false) => Distribution::Clustered(partition_by.clone()),
            };
            let below = sort(distribute(input, needs, conf), order);
            match &*below {
                // Nothing to shuffle: one step does it.
                PhysicalPlan::WindowGroupLimit { is_partial: true, input, .. } => {
                    with_inputs(node, vec![input.clone()])
                }
                _ => with_inputs(node, vec![below]),
            }
        }
        PhysicalPlan::Sort { order, global: true, input } => {
            with_inputs(node, vec![distribute(input, Distribution::Ordered(order.clone()), conf)])
        }
        // A repartition asks for what is there already.
        PhysicalPlan::ShuffleExchange {
            partitioning: Partitioning::Hash(keys, count),
            origin: ShuffleOrigin::RepartitionByCol | ShuffleOrigin::RepartitionByNum,
            input,
        } if lies_so(input, keys, *count) => input.clone(),
        PhysicalPlan::GlobalLimit { input, .. } => {
            with_inputs(node, vec![distribute(input, Distribution::Single, conf)])
        }
        PhysicalPlan::Join { algorithm, left, right, .. } => {
            let (left_needs, right_needs) = match algorithm {
                JoinAlgorithm::BroadcastHash { build } | JoinAlgorithm::BroadcastNestedLoop { build } => match build {
                    BuildSide::Left => (Distribution::Broadcast, Distribution::Any),
                    BuildSide::Right => (Distribution::Any, Distribution::Broadcast),
                },
                JoinAlgorithm::Cartesian | JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. } => {
                    (Distribution::Any, Distribution::Any)
                }
            };
            with_inputs(node, vec![distribute(left, left_needs, conf), distribute(right, right_needs, conf)])
        }
        _ => node.clone(),
    }
}

/// Whether an operator asks how its inputs are spread, met or not.
#[must_use]
pub fn has_needs(node: &PhysicalPlan) -> bool {
    match node {
        PhysicalPlan::Aggregate { mode, aggregates, input, .. } => wants_groups_whole(*mode, aggregates, input),
        PhysicalPlan::Join { algorithm, .. } => *algorithm != JoinAlgorithm::Cartesian,
        PhysicalPlan::WindowGroupLimit { is_partial, .. } => !is_partial,
        PhysicalPlan::Sort { global, .. } => *global,
        PhysicalPlan::Window { .. } | PhysicalPlan::GlobalLimit { .. } => true,
        _ => false,
    }
}

/// Whether an aggregation needs all rows of a group in one place.
fn wants_groups_whole(mode: AggregateMode, aggregates: &[AggregateExpr], input: &PhysicalPlan) -> bool {
    match mode {
        AggregateMode::Final | AggregateMode::Complete => true,
        AggregateMode::PartialMerge => aggregates.iter().all(|one| input_has(input, one)),
        AggregateMode::Partial => false,
    }
}

/// Whether the rows are spread by these very keys over so many partitions.
fn lies_so(input: &Arc<PhysicalPlan>, keys: &[Expr], count: usize) -> bool {
    partitionings(input).iter().any(|have| match have {
        Partitioning::Hash(there, number) => {
            *number == count && there.len() == keys.len() && there.iter().zip(keys).all(|(there, key)| same(there, key))
        }
        _ => false,
    })
}

/// Whether a side reads pieces of skewed partitions.
fn is_cut(side: &PhysicalPlan) -> bool {
    match side {
        PhysicalPlan::ShuffleRead { slices: Some(slices), .. } => {
            slices.iter().any(|slice| matches!(slice, super::plan::ShuffleSlice::PartialReducer { .. }))
        }
        PhysicalPlan::Sort { input, .. } | PhysicalPlan::Filter { input, .. } | PhysicalPlan::Project { input, .. } => {
            is_cut(input)
        }
        _ => false,
    }
}

/// Whether an aggregate's buffers come from below.
fn input_has(input: &PhysicalPlan, aggregate: &AggregateExpr) -> bool {
    let columns = input.output();
    aggregate.buffers.iter().all(|buffer| columns.iter().any(|column| column.id == buffer.id))
}

fn with_inputs(node: &Arc<PhysicalPlan>, inputs: Vec<Arc<PhysicalPlan>>) -> Arc<PhysicalPlan> {
    let mut inputs = inputs.into_iter();
    node.map_inputs(&mut |child| inputs.next().unwrap_or_else(|| child.clone()))
}

fn distribute(input: &Arc<PhysicalPlan>, needs: Distribution, conf: &Conf) -> Arc<PhysicalPlan> {
    let have = partitionings(input);
    let many = initial_partitions(conf);
    let partitioning = match needs {
        Distribution::Any => return input.clone(),
        Distribution::Broadcast => {
            if have.contains(&Partitioning::Broadcast) {
                return input.clone();
            }
            return Arc::new(PhysicalPlan::BroadcastExchange { input: input.clone() });
        }
        Distribution::Single => {
            if have.iter().any(is_single) {
                return input.clone();
            }
            Partitioning::Single
        }
        Distribution::Clustered(keys) => {
            if have.iter().any(|partitioning| is_clustered(partitioning, &keys)) {
                return input.clone();
            }
            Partitioning::Hash(keys, many)
        }
        Distribution::Ordered(order) => {
            if have.iter().any(|partitioning| is_ordered(partitioning, &order)) {
                return input.clone();
            }
            Partitioning::Range(order, many)
        }
    };
    exchange(partitioning, input)
}

fn exchange(partitioning: Partitioning, input: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    Arc::new(PhysicalPlan::ShuffleExchange {
        partitioning,
        origin: ShuffleOrigin::EnsureRequirements,
        input: input.clone(),
    })
}

/// Spreads rows in another way; an exchange directly below is replaced, not doubled.
fn exchange_again(partitioning: Partitioning, input: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    match &**input {
        PhysicalPlan::ShuffleExchange { input, origin, .. } => {
            Arc::new(PhysicalPlan::ShuffleExchange { partitioning, origin: *origin, input: input.clone() })
        }
        _ => exchange(partitioning, input),
    }
}

/// How many partitions a new exchange has.
pub(super) fn initial_partitions(conf: &Conf) -> usize {
    let plain = conf.shuffle_partitions();
    if conf.flag("spark.sql.adaptive.enabled") && conf.flag("spark.sql.adaptive.coalescePartitions.enabled") {
        let initial = conf.number("spark.sql.adaptive.coalescePartitions.initialPartitionNum", plain as i64);
        return usize::try_from(initial).unwrap_or(plain).max(1);
    }
    plain
}

/// Leaves out sorts of rows that lie in that order already (Spark's `RemoveRedundantSorts`).
#[must_use]
pub fn without_redundant_sorts(plan: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    let plan = plan.map_inputs(&mut |child| without_redundant_sorts(child));
    match &*plan {
        PhysicalPlan::Sort { order, input, .. } if is_sorted_by(&ordering(input), order) => input.clone(),
        _ => plan,
    }
}

fn sort(input: Arc<PhysicalPlan>, order: Vec<SortOrder>) -> Arc<PhysicalPlan> {
    if order.is_empty() || is_sorted_by(&ordering(&input), &order) {
        return input;
    }
    Arc::new(PhysicalPlan::Sort { order, global: false, input })
}

fn is_single(partitioning: &Partitioning) -> bool {
    match partitioning {
        Partitioning::Single => true,
        Partitioning::Hash(_, count) | Partitioning::Range(_, count) => *count == 1,
        Partitioning::Unknown(_)
        | Partitioning::RoundRobin { .. }
        | Partitioning::Index(..)
        | Partitioning::Broadcast => false,
    }
}

fn is_clustered(partitioning: &Partitioning, keys: &[Expr]) -> bool {
    is_single(partitioning)
        || match partitioning {
            Partitioning::Hash(by, _) => !by.is_empty() && by.iter().all(|expr| contains(keys, expr)),
            Partitioning::Range(order, _) => {
                !order.is_empty() && order.iter().all(|order| contains(keys, &order.child))
            }
            Partitioning::Unknown(_)
            | Partitioning::Single
            | Partitioning::RoundRobin { .. }
            | Partitioning::Index(..)
            | Partitioning::Broadcast => false,
        }
}

fn is_ordered(partitioning: &Partitioning, wanted: &[SortOrder]) -> bool {
    is_single(partitioning)
        || match partitioning {
            Partitioning::Range(order, _) => {
                let shared = order.len().min(wanted.len());
                is_sorted_by(&order[..shared], &wanted[..shared])
            }
            Partitioning::Unknown(_)
            | Partitioning::Single
            | Partitioning::Hash(..)
            | Partitioning::RoundRobin { .. }
            | Partitioning::Index(..)
            | Partitioning::Broadcast => false,
        }
}

/// How one side of a join lies: where each hash expression stands among the join keys, and the number of partitions.
struct Placement {
    positions: Vec<usize>,
    count: usize,
    /// Whether every key takes part in order, so that the other side can be made alike.
    is_complete: bool,
    is_shuffled_for_it: bool,
}

/// Spreads and sorts both sides of a join alike.
fn co_partition(node: &Arc<PhysicalPlan>, conf: &Conf) -> Arc<PhysicalPlan> {
    let PhysicalPlan::Join { algorithm, join_type, left_keys, right_keys, condition, left, right } = &**node else {
        return node.clone();
    };
    let (left_keys, right_keys) = reordered(left_keys, right_keys, left, right);
    let many = initial_partitions(conf);
    let mut inputs = [left.clone(), right.clone()];
    let keys = [&left_keys, &right_keys];
    let mut places: Vec<Placement> = Vec::new();
    for (input, keys) in inputs.iter_mut().zip(keys) {
        let place = partitionings(input).iter().find_map(|partitioning| placement(partitioning, keys));
        places.push(place.unwrap_or_else(|| {
            *input = exchange(Partitioning::Hash(keys.clone(), many), input);
            Placement { positions: (0..keys.len()).collect(), count: many, is_complete: true, is_shuffled_for_it: true }
        }));
    }
    let alike =
        places[0].count == places[1].count && (places[0].positions == places[1].positions || places[0].count == 1);
    if !alike {
        let target = best_count(&places, conf);
        for ((input, keys), place) in inputs.iter_mut().zip(keys).zip(&places) {
            if !(place.is_complete && place.count == target) {
                *input = exchange_again(Partitioning::Hash((*keys).clone(), target), input);
            }
        }
    }
    let [mut left, mut right] = inputs;
    if matches!(algorithm, JoinAlgorithm::SortMerge { .. }) {
        left = sort(left, ascending(&left_keys));
        right = sort(right, ascending(&right_keys));
    }
    let join = PhysicalPlan::Join {
        algorithm: *algorithm,
        join_type: *join_type,
        left_keys,
        right_keys,
        condition: condition.clone(),
        left,
        right,
    };
    if join == **node { node.clone() } else { Arc::new(join) }
}

fn placement(partitioning: &Partitioning, keys: &[Expr]) -> Option<Placement> {
    match partitioning {
        Partitioning::Single => {
            Some(Placement { positions: Vec::new(), count: 1, is_complete: false, is_shuffled_for_it: false })
        }
        Partitioning::Hash(by, count) if !by.is_empty() => {
            let positions: Vec<usize> =
                by.iter().map(|expr| keys.iter().position(|key| same(key, expr))).collect::<Option<_>>()?;
            let is_complete = positions.iter().copied().eq(0..keys.len());
            Some(Placement { positions, count: *count, is_complete, is_shuffled_for_it: false })
        }
        Partitioning::Hash(..)
        | Partitioning::Unknown(_)
        | Partitioning::Range(..)
        | Partitioning::RoundRobin { .. }
        | Partitioning::Index(..)
        | Partitioning::Broadcast => None,
    }
}

/// The number of partitions both sides get: that of a side which lies right already, unless it is smaller than a shuffle's.
fn best_count(places: &[Placement], conf: &Conf) -> usize {
    let usual = conf.shuffle_partitions();
    let complete: Vec<&Placement> = places.iter().filter(|place| place.is_complete).collect();
    let consider_minimum = complete.iter().any(|place| place.count >= usual);
    let candidates: Vec<&&Placement> =
        complete.iter().filter(|place| !consider_minimum || place.count >= usual).collect();
    let kept = candidates.iter().filter(|place| !place.is_shuffled_for_it).map(|place| place.count).max();
    kept.or_else(|| candidates.iter().map(|place| place.count).max()).unwrap_or(usual)
}

/// The keys in the order in which one of the sides already lies.
fn reordered(
    left_keys: &[Expr],
    right_keys: &[Expr],
    left: &PhysicalPlan,
    right: &PhysicalPlan,
) -> (Vec<Expr>, Vec<Expr>) {
    for (input, keys) in [(left, left_keys), (right, right_keys)] {
        for partitioning in partitionings(input) {
            let Partitioning::Hash(by, _) = &partitioning else { continue };
            let places: Option<Vec<usize>> =
                by.iter().map(|expr| keys.iter().position(|key| same(key, expr))).collect();
            let Some(places) = places else { continue };
            let mut sorted = places.clone();
            sorted.sort_unstable();
            if sorted.iter().copied().eq(0..keys.len()) {
                let pick = |keys: &[Expr]| places.iter().map(|&at| keys[at].clone()).collect();
                return (pick(left_keys), pick(right_keys));
            }
        }
    }
    (left_keys.to_vec(), right_keys.to_vec())
}
