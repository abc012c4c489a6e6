use super::*;
use crate::common::ids::ExprId;
use crate::logical::plan::JoinType;
use crate::logical::{Attribute, DataType, Expr};
use crate::physical::plan::{JoinAlgorithm, Partitioning, RowOrder, ShuffleOrigin, ShuffleSlice};
use crate::physical::requirements;
use arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;

#[derive(Default)]
struct Sizes {
    /// Bytes of each (reduce partition, map) of each shuffle.
    packed: BTreeMap<u32, Vec<Vec<u64>>>,
    /// How many times larger the rows were before they were packed; 0 for not at all.
    unpacked: u64,
    /// Whether an output has been lost.
    is_lost: bool,
}

impl Sizes {
    fn with(mut self, shuffle: u32, sizes: &[u64]) -> Self {
        self.packed.insert(shuffle, sizes.iter().map(|size| vec![size / 2, size - size / 2]).collect());
        self
    }
}

impl StageStats for Sizes {
    fn shuffle_sizes(&self, shuffle: ShuffleId) -> Vec<u64> {
        self.packed[&shuffle.0].iter().map(|maps| maps.iter().sum()).collect()
    }

    fn map_sizes(&self, shuffle: ShuffleId, reduce: usize) -> Option<Vec<u64>> {
        (!self.is_lost).then(|| self.packed[&shuffle.0][reduce].clone())
    }

    fn shuffle_data_size(&self, shuffle: ShuffleId) -> u64 {
        self.shuffle_sizes(shuffle).iter().sum::<u64>() * self.unpacked.max(1)
    }

    fn shuffle_rows(&self, _shuffle: ShuffleId) -> u64 {
        1
    }

    fn broadcast_size(&self, _broadcast: BroadcastId) -> (u64, u64) {
        (1, 1)
    }

    fn cache_size(&self, _cache: CacheId) -> Option<u64> {
        Some(1)
    }
}

fn column(id: u64) -> Attribute {
    Attribute::new("k", ExprId(id), DataType::Integer, true)
}

fn table(id: u64) -> Arc<PhysicalPlan> {
    let schema =
        arrow::datatypes::Schema::new(vec![arrow::datatypes::Field::new("k", DataType::Integer.to_arrow(), true)]);
    Arc::new(PhysicalPlan::LocalTableScan {
        output: vec![column(id)],
        batch: RecordBatch::new_empty(Arc::new(schema)),
        partitions: 2,
        is_local: false,
    })
}

fn conf(pairs: &[(&str, &str)]) -> Conf {
    let mut conf = Conf::new();
    conf.set("spark.sql.shuffle.partitions", "4");
    for (key, value) in pairs {
        conf.set(*key, *value);
    }
    conf
}

fn join(conf: &Conf) -> Arc<PhysicalPlan> {
    join_by(JoinAlgorithm::SortMerge { is_hinted: false }, conf)
}

fn join_by(algorithm: JoinAlgorithm, conf: &Conf) -> Arc<PhysicalPlan> {
    let join = PhysicalPlan::Join {
        algorithm,
        join_type: JoinType::Inner,
        left_keys: vec![Expr::Attribute(column(1))],
        right_keys: vec![Expr::Attribute(column(2))],
        condition: None,
        left: table(1),
        right: table(2),
    };
    requirements::ensure(&Arc::new(join), conf)
}

fn run_all(plan: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    let mut plan = plan.clone();
    for (number, stage) in next_stages(&plan, &|_| true).into_iter().enumerate() {
        let StageToRun::Shuffle(exchange) = stage else { panic!("a shuffle was expected") };
        plan = replace_finished(&plan, &exchange, Finished::Shuffle(ShuffleId(number as u32), exchange.partitions()));
    }
    plan
}

const ADVISED: &str = "spark.sql.adaptive.advisoryPartitionSizeInBytes";
const BIG: u64 = 100 << 20;

#[test]
fn both_sides_of_a_join_can_run_at_once() {
    let plan = join(&conf(&[]));
    assert_eq!(next_stages(&plan, &|_| true).len(), 2);
    assert!(next_stages(&run_all(&plan), &|_| true).is_empty());
}

#[test]
fn small_partitions_are_merged_alike_on_both_sides() {
    let conf = conf(&[("spark.sql.adaptive.autoBroadcastJoinThreshold", "-1")]);
    let plan = run_all(&join(&conf));
    let sizes = Sizes::default().with(0, &[10, 10, 10, 10]).with(1, &[10, 10, 10, 10]);
    let after = replan(&plan, &sizes, &conf, (12, Replanning::Everywhere));
    assert_eq!(after.plan.partitions(), 1);
    let mut reads = 0;
    after.plan.visit(&mut |node| {
        if let PhysicalPlan::ShuffleRead { slices, .. } = node {
            reads += 1;
            assert_eq!(*slices, Some(vec![ShuffleSlice::Coalesced { start: 0, end: 4 }]));
        }
    });
    assert_eq!(reads, 2);
}

#[test]
fn a_number_that_the_script_gave_is_kept() {
    let conf = conf(&[]);
    let exchange = Arc::new(PhysicalPlan::ShuffleExchange {
        partitioning: Partitioning::RoundRobin { count: 4, order: RowOrder::Sorted },
        origin: ShuffleOrigin::RepartitionByNum,
        input: table(1),
    });
    let plan = replace_finished(&exchange, &exchange, Finished::Shuffle(ShuffleId(0), 4));
    let after = replan(&plan, &Sizes::default().with(0, &[1, 1, 1, 1]), &conf, (12, Replanning::Everywhere));
    assert_eq!(after.plan.partitions(), 4);
}

#[test]
fn a_side_that_turned_out_small_is_broadcast() {
    let conf = conf(&[]);
    let plan = run_all(&join(&conf));
    let sizes = Sizes::default().with(0, &[BIG, BIG, BIG, BIG]).with(1, &[10, 10, 10, 10]);
    let after = replan(&plan, &sizes, &conf, (2, Replanning::Everywhere));
    assert!(matches!(&*after.plan, PhysicalPlan::Join { algorithm: JoinAlgorithm::BroadcastHash { .. }, .. }));
    assert_eq!(after.decisions.len(), 3, "{:?}", after.decisions);
    assert_eq!(next_stages(&after.plan, &|_| true).len(), 1);
}

#[test]
fn few_tasks_read_several_map_outputs_each() {
    let conf = conf(&[("spark.sql.adaptive.coalescePartitions.minPartitionSize", "1b"), (ADVISED, "20b")]);
    let plan = run_all(&join(&conf));
    let sizes = Sizes::default().with(0, &[BIG; 4]).with(1, &[10, 10, 10, 10]);
    let after = replan(&plan, &sizes, &conf, (1, Replanning::Everywhere));
    let mut read = None;
    after.plan.visit(&mut |node| {
        if let PhysicalPlan::BroadcastExchange { input } = node
            && let PhysicalPlan::ShuffleRead { slices, .. } = &**input
        {
            read.clone_from(slices);
        }
    });
    let slice = |map| ShuffleSlice::PartialMapper { map, start: 0, end: 4 };
    assert_eq!(read, Some(vec![slice(0), slice(1)]), "two map outputs, and two tasks after merging");
}

#[test]
fn a_join_that_a_hint_asked_for_is_left_as_it_is() {
    let conf = conf(&[]);
    let plan = run_all(&join_by(JoinAlgorithm::SortMerge { is_hinted: true }, &conf));
    let sizes = Sizes::default().with(0, &[BIG, BIG, BIG, BIG]).with(1, &[10, 10, 10, 10]);
    let after = replan(&plan, &sizes, &conf, (2, Replanning::Everywhere));
    assert!(matches!(&*after.plan, PhysicalPlan::Join { algorithm: JoinAlgorithm::SortMerge { .. }, .. }));
}

#[test]
fn packing_does_not_make_a_side_small_enough_to_be_broadcast() {
    let conf = conf(&[]);
    let plan = run_all(&join(&conf));
    let sizes = Sizes { unpacked: 20, ..Sizes::default().with(0, &[BIG; 4]).with(1, &[1 << 20; 4]) };
    let after = replan(&plan, &sizes, &conf, (2, Replanning::Everywhere));
    assert!(matches!(&*after.plan, PhysicalPlan::Join { algorithm: JoinAlgorithm::SortMerge { .. }, .. }));
}

#[test]
fn two_large_sides_stay_a_sort_merge_join() {
    let conf = conf(&[]);
    let plan = run_all(&join(&conf));
    let sizes = Sizes::default().with(0, &[BIG, BIG, BIG, BIG]).with(1, &[BIG, BIG, BIG, BIG]);
    let after = replan(&plan, &sizes, &conf, (2, Replanning::Everywhere));
    assert!(matches!(&*after.plan, PhysicalPlan::Join { algorithm: JoinAlgorithm::SortMerge { .. }, .. }));
    assert_eq!(after.plan.partitions(), 4);
}

#[test]
fn a_skewed_partition_is_cut_by_map_outputs() {
    let conf = conf(&[]);
    let plan = run_all(&join(&conf));
    let sizes = Sizes::default().with(0, &[BIG, 20 * BIG, BIG, BIG]).with(1, &[BIG, BIG, BIG, BIG]);
    let after = replan(&plan, &sizes, &conf, (2, Replanning::Everywhere));
    assert_eq!(after.plan.partitions(), 5);
    let lost = Sizes { is_lost: true, ..sizes };
    let after = replan(&plan, &lost, &conf, (2, Replanning::Everywhere));
    assert_eq!(after.plan.partitions(), 4, "nobody knows how large the pieces would be");
}
