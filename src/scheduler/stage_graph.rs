//! Stages and what they read: a physical plan cut at its shuffles.
//!
//! Between [`crate::physical`], which says *how* to compute, and [`super::dag_scheduler`], which says *when*. Whoever submits a job has
//! turned every exchange into a read of a shuffle; a stage is what stands between such reads.
//!
//! ```text
//!   HashAggregate (final)                ResultStage 1
//!     ShuffleRead 0              ──cut──────────────────
//!       HashAggregate (partial)          ShuffleMapStage 0
//!         FileScan trips
//! ```
//!
//! **Invariants.** A shuffle has one stage for ever (design S14). Parents are defined before their children, so ids grow from the sources
//! to the result and the graph has no cycle.

use super::map_outputs::ranges;
use super::stage_names::{self, Described};
use crate::common::ids::{BroadcastId, CacheId, NodeId, ShuffleId, StageId};
use crate::event::{Determinism, Slice, StageDefinition};
use crate::physical::plan::{BuildSide, FileSlice, JoinAlgorithm, PhysicalPlan, ShuffleSlice, united};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsPostOrder, Reversed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One thing that one partition of a stage reads from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    Shuffle {
        shuffle: ShuffleId,
        slice: ShuffleSlice,
    },
    /// A cached partition; `below` is read instead when it is not kept.
    Cached {
        cache: CacheId,
        partition: u32,
        below: Vec<Leaf>,
    },
    File(FilePiece),
    Broadcast(BroadcastId),
}

/// A piece of a file. No hosts: shared storage, as far from everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePiece {
    /// Its number among all pieces.
    pub block: u32,
    pub bytes: u64,
    pub hosts: Vec<NodeId>,
    /// It lies on the cold tier.
    pub is_cold: bool,
}

/// What a stage as a whole reads, for the question which parents must run first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageInput {
    Shuffle(ShuffleId),
    /// While all partitions are cached, nothing below is needed.
    Cached {
        cache: CacheId,
        partitions: u32,
        below: Vec<StageInput>,
    },
}

/// A stage: the same work on several partitions.
#[derive(Debug, Clone)]
pub struct Stage {
    pub id: StageId,
    /// What it writes, with the number of reduce partitions; absent for a result stage.
    pub writes: Option<(ShuffleId, u32)>,
    pub inputs: Vec<StageInput>,
    /// For each partition, what it reads.
    pub partitions: Vec<Vec<Leaf>>,
    /// What its tasks leave when they run again.
    pub determinism: Determinism,
    /// The operators, for whoever computes.
    pub plan: Arc<PhysicalPlan>,
}

/// All stages of an application and who reads whose shuffle.
#[derive(Debug, Default)]
pub struct StageGraph {
    stages: BTreeMap<StageId, Stage>,
    by_shuffle: BTreeMap<ShuffleId, StageId>,
    graph: DiGraph<StageId, ShuffleId>,
    nodes: BTreeMap<StageId, NodeIndex>,
}

impl StageGraph {
    /// Adds a stage whose parents are known.
    ///
    /// # Panics
    /// When a parent is missing or the stage is there already: a bug of the caller.
    pub fn add(&mut self, stage: Stage) {
        assert!(!self.stages.contains_key(&stage.id), "a stage is defined once");
        let node = self.graph.add_node(stage.id);
        self.nodes.insert(stage.id, node);
        for shuffle in all_shuffles(&stage.inputs) {
            let parent = self.by_shuffle.get(&shuffle).copied();
            let parent = parent.and_then(|parent| self.nodes.get(&parent).copied());
            assert!(parent.is_some(), "{} reads {shuffle}, which no stage writes", stage.id);
            if let Some(parent) = parent {
                self.graph.add_edge(parent, node, shuffle);
            }
        }
        if let Some((shuffle, _)) = stage.writes {
            self.by_shuffle.insert(shuffle, stage.id);
        }
        self.stages.insert(stage.id, stage);
    }

    /// The stage with this id.
    #[must_use]
    pub fn get(&self, stage: StageId) -> Option<&Stage> {
        self.stages.get(&stage)
    }

    /// The stage that writes a shuffle.
    #[must_use]
    pub fn writer(&self, shuffle: ShuffleId) -> Option<StageId> {
        self.by_shuffle.get(&shuffle).copied()
    }

    /// What the stage that writes a shuffle leaves when it runs again.
    #[must_use]
    pub fn determinism_of(&self, shuffle: ShuffleId) -> Determinism {
        let writer = self.writer(shuffle).and_then(|stage| self.get(stage));
        writer.map_or(Determinism::Determinate, |stage| stage.determinism)
    }

    /// The shuffles a stage reads, with the stage that writes each, in the order of the plan.
    #[must_use]
    pub fn reads(&self, inputs: &[StageInput]) -> Vec<(ShuffleId, StageId)> {
        all_shuffles(inputs).into_iter().filter_map(|shuffle| Some((shuffle, self.writer(shuffle)?))).collect()
    }

    /// The stage and everything it stands on, parents first.
    #[must_use]
    pub fn with_ancestors(&self, stage: StageId) -> Vec<StageId> {
        let Some(start) = self.nodes.get(&stage) else { return Vec::new() };
        let reversed = Reversed(&self.graph);
        let mut walk = DfsPostOrder::new(reversed, *start);
        let mut found: Vec<StageId> = std::iter::from_fn(|| walk.next(reversed)).map(|node| self.graph[node]).collect();
        found.sort_unstable();
        found
    }
}

fn all_shuffles(inputs: &[StageInput]) -> Vec<ShuffleId> {
    let mut found = Vec::new();
    for input in inputs {
        match input {
            StageInput::Shuffle(shuffle) => found.push(*shuffle),
            StageInput::Cached { below, .. } => found.extend(all_shuffles(below)),
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|shuffle| seen.insert(*shuffle));
    found
}

/// What a stage with this plan reads.
#[must_use]
pub fn stage_inputs(plan: &PhysicalPlan) -> Vec<StageInput> {
    match plan {
        PhysicalPlan::ShuffleRead { shuffle, .. } => vec![StageInput::Shuffle(*shuffle)],
        PhysicalPlan::InMemoryTableScan { id, plan, .. } => {
            vec![StageInput::Cached { cache: *id, partitions: plan.partitions() as u32, below: stage_inputs(plan) }]
        }
        other => other.children().into_iter().flat_map(|child| stage_inputs(child)).collect(),
    }
}

/// What one partition of a plan without exchanges reads. `piece` says where a piece of a file is stored.
#[must_use]
pub fn leaves(plan: &PhysicalPlan, partition: usize, piece: &dyn Fn(&FileSlice) -> FilePiece) -> Vec<Leaf> {
    match plan {
        PhysicalPlan::LocalTableScan { .. } | PhysicalPlan::Range { .. } | PhysicalPlan::OneRow => Vec::new(),
        PhysicalPlan::FileScan(scan) => scan
            .tasks
            .get(partition)
            .map_or_else(Vec::new, |slices| slices.iter().map(|slice| Leaf::File(piece(slice))).collect()),
        PhysicalPlan::InMemoryTableScan { id, plan, .. } => {
            vec![Leaf::Cached { cache: *id, partition: partition as u32, below: leaves(plan, partition, piece) }]
        }
        PhysicalPlan::ShuffleRead { shuffle, slices, .. } => {
            let own = ShuffleSlice::Coalesced { start: partition as u32, end: partition as u32 + 1 };
            let slice = slices.as_ref().map_or(Some(own), |slices| slices.get(partition).cloned());
            slice.into_iter().map(|slice| Leaf::Shuffle { shuffle: *shuffle, slice }).collect()
        }
        PhysicalPlan::BroadcastRead { broadcast, .. } => vec![Leaf::Broadcast(*broadcast)],
        PhysicalPlan::Union { inputs } => {
            let parts = united(inputs, partition).into_iter();
            parts.flat_map(|(input, partition)| leaves(input, partition, piece)).collect()
        }
        PhysicalPlan::Join { algorithm, left, right, .. } => {
            let (l, r) = match algorithm {
                JoinAlgorithm::BroadcastHash { build } | JoinAlgorithm::BroadcastNestedLoop { build } => match build {
                    BuildSide::Left => (0, partition),
                    BuildSide::Right => (partition, 0),
                },
                JoinAlgorithm::Cartesian => {
                    let across = right.partitions().max(1);
                    (partition / across, partition % across)
                }
                JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::ShuffledHash { .. } => (partition, partition),
            };
            let mut all = leaves(left, l, piece);
            all.extend(leaves(right, r, piece));
            all
        }
        other => other
            .children()
            .into_iter()
            .flat_map(|child| {
                child_partitions(other, child.partitions(), partition).flat_map(|p| leaves(child, p, piece))
            })
            .collect(),
    }
}

/// The partitions of an only child that a partition of its parent reads.
fn child_partitions(parent: &PhysicalPlan, children: usize, partition: usize) -> std::ops::Range<usize> {
    let parents = parent.partitions();
    if parents >= children {
        return partition..partition + 1;
    }
    partition * children / parents..(partition + 1) * children / parents
}

/// The event that tells of a stage.
#[must_use]
pub fn definition(
    stage: &Stage,
    graph: &StageGraph,
    query: Option<crate::common::ids::QueryId>,
    line: u32,
) -> StageDefinition {
    let Described { name, mut operators, plan } = stage_names::describe(&stage.plan, stage.writes.is_some());
    if stage.writes.is_some() {
        operators.push("shuffle write".to_owned());
    }
    let reads = graph.reads(&stage.inputs);
    let parents: BTreeSet<StageId> = reads.iter().map(|(_, parent)| *parent).collect();
    StageDefinition {
        stage: stage.id,
        name,
        operators,
        plan,
        tasks: stage.partitions.len() as u32,
        parents: parents.into_iter().collect(),
        writes: stage.writes.map(|(shuffle, _)| shuffle),
        reduce_partitions: stage.writes.map_or(0, |(_, count)| count),
        slices: slices(stage, graph, &reads),
        reads,
        caches: caches(&stage.inputs),
        broadcasts: broadcasts(&stage.plan),
        determinism: stage.determinism,
        query,
        line,
    }
}

/// What each partition reads of shuffles, unless that is what everybody would expect.
fn slices(stage: &Stage, graph: &StageGraph, reads: &[(ShuffleId, StageId)]) -> Option<Vec<Vec<Slice>>> {
    let of = |leaves: &Vec<Leaf>| -> Vec<Slice> {
        let shuffles = leaves.iter().filter_map(|leaf| match leaf {
            Leaf::Shuffle { shuffle, slice } => Some((*shuffle, slice)),
            Leaf::Cached { .. } | Leaf::File { .. } | Leaf::Broadcast(_) => None,
        });
        let slices = shuffles.map(|(shuffle, slice)| {
            let writer = graph.writer(shuffle).and_then(|writer| graph.get(writer));
            let (maps, reduces) = ranges(slice, writer.map_or(0, |writer| writer.partitions.len() as u32));
            Slice { shuffle, maps: (maps.start, maps.end), reduces: (reduces.start, reduces.end) }
        });
        slices.collect()
    };
    let is_plain = |(partition, leaves): (usize, &Vec<Leaf>)| {
        let own = ShuffleSlice::Coalesced { start: partition as u32, end: partition as u32 + 1 };
        let mut wanted = reads.iter();
        let plain = leaves.iter().all(|leaf| match leaf {
            Leaf::Shuffle { shuffle, slice } => *slice == own && wanted.next().is_some_and(|(next, _)| next == shuffle),
            Leaf::Cached { .. } => false,
            Leaf::File { .. } | Leaf::Broadcast(_) => true,
        });
        plain && wanted.next().is_none()
    };
    let is_expected = reads.is_empty() || stage.partitions.iter().enumerate().all(is_plain);
    (!is_expected).then(|| stage.partitions.iter().map(of).collect())
}

fn caches(inputs: &[StageInput]) -> Vec<CacheId> {
    let mut found = BTreeSet::new();
    for input in inputs {
        if let StageInput::Cached { cache, below, .. } = input {
            found.insert(*cache);
            found.extend(caches(below));
        }
    }
    found.into_iter().collect()
}

/// The broadcasts that tasks of a plan read. What lies below a cache counts for the stage that does nothing but fill it.
fn broadcasts(plan: &PhysicalPlan) -> Vec<BroadcastId> {
    fn gather(plan: &PhysicalPlan, found: &mut BTreeSet<BroadcastId>) {
        match plan {
            PhysicalPlan::BroadcastRead { broadcast, .. } => drop(found.insert(*broadcast)),
            PhysicalPlan::InMemoryTableScan { .. } => {}
            other => other.children().into_iter().for_each(|child| gather(child, found)),
        }
    }
    let mut found = BTreeSet::new();
    match plan {
        PhysicalPlan::InMemoryTableScan { plan, .. } => gather(plan, &mut found),
        other => gather(other, &mut found),
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(id: u32, writes: Option<u32>, reads: &[u32]) -> Stage {
        Stage {
            id: StageId(id),
            writes: writes.map(|shuffle| (ShuffleId(shuffle), 2)),
            inputs: reads.iter().map(|shuffle| StageInput::Shuffle(ShuffleId(*shuffle))).collect(),
            partitions: vec![Vec::new(); 2],
            determinism: Determinism::Determinate,
            plan: Arc::new(PhysicalPlan::OneRow),
        }
    }

    #[test]
    fn ancestors_come_parents_first_and_once() {
        let mut graph = StageGraph::default();
        graph.add(stage(0, Some(0), &[]));
        graph.add(stage(1, Some(1), &[0]));
        graph.add(stage(2, Some(2), &[0]));
        graph.add(stage(3, None, &[1, 2]));
        graph.add(stage(4, None, &[2]));
        let ids = |of: u32| graph.with_ancestors(StageId(of)).into_iter().map(|stage| stage.0).collect::<Vec<_>>();
        assert_eq!(ids(3), [0, 1, 2, 3]);
        assert_eq!(ids(4), [0, 2, 4]);
    }

    #[test]
    fn a_coalesced_partition_reads_its_neighbours() {
        let range = PhysicalPlan::Range { start: 0, end: 10, step: 1, partitions: 5, output: Vec::new() };
        let plan = PhysicalPlan::Coalesce { count: 2, input: Arc::new(range) };
        assert_eq!(child_partitions(&plan, 5, 0), 0..2);
        assert_eq!(child_partitions(&plan, 5, 1), 2..5);
    }
}
