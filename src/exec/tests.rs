//! Operators over small batches: a plan in, rows as text out.

use super::blocks::Block;
use super::task::{
    Batches, BroadcastRelation, ResolvedPartitioning, TaskContext, TaskInputs, TaskOutput, TaskWork, run_task,
};
use crate::common::ids::{BroadcastId, CacheId, ExprId, ShuffleId};
use crate::common::{Conf, Result, SparkError};
use crate::logical::expr::{AggregateCall, Attribute, BinaryOp, Expr, SortOrder, WindowFrame, WindowSpec};
use crate::logical::expr::{FrameBound, FrameUnit};
use crate::logical::functions::{Definition, buffer_types, lookup};
use crate::logical::plan::JoinType;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::physical::plan::{
    AggregateExpr, AggregateMode, AggregateStyle, BuildSide, JoinAlgorithm, Partitioning, PhysicalPlan,
};
use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

struct NoInputs;

impl TaskInputs for NoInputs {
    fn shuffle_block(&self, _: ShuffleId, _: u32, _: u32) -> Result<Block> {
        Err(SparkError::internal("no shuffles here"))
    }
    fn map_count(&self, _: ShuffleId) -> u32 {
        0
    }
    fn broadcast(&self, _: BroadcastId) -> Result<Arc<BroadcastRelation>> {
        Err(SparkError::internal("no broadcasts here"))
    }
    fn cached(&self, _: CacheId, _: u32) -> Option<Batches> {
        None
    }
}

fn run(plan: &PhysicalPlan, work: &TaskWork, partition: usize) -> TaskOutput {
    run_within(u64::MAX, plan, work, partition)
}

fn run_within(memory_bytes: u64, plan: &PhysicalPlan, work: &TaskWork, partition: usize) -> TaskOutput {
    let context = TaskContext {
        partition,
        attempt: 0,
        conf: Arc::new(Conf::new()),
        now_micros: 0,
        memory_bytes,
        cancelled: Arc::default(),
        helpers: Arc::new(super::helpers::NoHelpers),
        room: super::blocks::Room::new(u64::MAX),
        peek_rows: 0,
        seen: Vec::new(),
    };
    run_task(plan, work, &NoInputs, &context).unwrap()
}

fn word(value: &Scalar) -> String {
    match value {
        Scalar::Null => "-".to_owned(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Long(value) => value.to_string(),
        Scalar::Double(value) => value.to_string(),
        Scalar::String(value) => value.clone(),
        Scalar::Array(items) => format!("[{}]", items.iter().map(word).collect::<Vec<_>>().join(" ")),
        other => format!("{other:?}"),
    }
}

/// The rows of partition 0, fields separated by blanks.
fn rows(plan: &PhysicalPlan) -> Vec<String> {
    lines_of(plan, &run(plan, &TaskWork::Collect, 0))
}

fn lines_of(plan: &PhysicalPlan, output: &TaskOutput) -> Vec<String> {
    let types: Vec<DataType> = plan.output().into_iter().map(|column| column.data_type).collect();
    let mut lines = Vec::new();
    for batch in &output.batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = batch
                .columns()
                .iter()
                .zip(&types)
                .map(|(column, data_type)| word(&Scalar::from_array(column, row, data_type).unwrap()))
                .collect();
            lines.push(cells.join(" "));
        }
    }
    lines
}

/// A table of an int and a text column; `-` is null. Ids are `id` and `id + 1`.
fn table(id: u64, lines: &[&str]) -> Arc<PhysicalPlan> {
    let output = vec![
        Attribute::new("k", ExprId(id), DataType::Integer, true),
        Attribute::new("v", ExprId(id + 1), DataType::String, true),
    ];
    let parts: Vec<(&str, &str)> = lines.iter().map(|line| line.split_once(' ').unwrap()).collect();
    let ints: Vec<Scalar> = parts.iter().map(|(k, _)| k.parse().map_or(Scalar::Null, Scalar::Integer)).collect();
    let texts: Vec<Scalar> =
        parts.iter().map(|(_, v)| if *v == "-" { Scalar::Null } else { Scalar::String((*v).to_owned()) }).collect();
    let columns: Vec<ArrayRef> = vec![
        Scalar::to_array(&ints, &DataType::Integer).unwrap(),
        Scalar::to_array(&texts, &DataType::String).unwrap(),
    ];
    let batch = RecordBatch::try_new(super::batch::schema_of(&output), columns).unwrap();
    Arc::new(PhysicalPlan::LocalTableScan { output, batch, partitions: 1, is_local: false })
}

fn column(plan: &PhysicalPlan, at: usize) -> Expr {
    Expr::Attribute(plan.output()[at].clone())
}

fn call(name: &str, args: Vec<Expr>) -> AggregateCall {
    let Some(Definition::Aggregate(function)) = lookup(name) else { panic!("no aggregate {name}") };
    let context = crate::logical::functions::ResolveContext { ansi: true, time_zone: "UTC".to_owned() };
    let resolved = (function.resolve)(args, &context).unwrap();
    AggregateCall {
        function,
        args: resolved.args,
        distinct: false,
        filter: None,
        ignore_nulls: false,
        data_type: resolved.data_type,
        nullable: resolved.nullable,
    }
}

fn join(join_type: JoinType, algorithm: JoinAlgorithm, condition: Option<Expr>) -> PhysicalPlan {
    let left = table(1, &["1 a", "2 b", "- n", "2 c", "4 d"]);
    let right = table(11, &["2 x", "2 y", "3 z", "- m", "4 w"]);
    PhysicalPlan::Join {
        algorithm,
        join_type,
        left_keys: vec![column(&left, 0)],
        right_keys: vec![column(&right, 0)],
        condition,
        left,
        right,
    }
}

const HASH: JoinAlgorithm = JoinAlgorithm::ShuffledHash { build: BuildSide::Right };

#[test]
fn a_hash_join_follows_its_streamed_side_and_gives_the_last_match_first() {
    assert_eq!(rows(&join(JoinType::Inner, HASH, None)), ["2 b 2 y", "2 b 2 x", "2 c 2 y", "2 c 2 x", "4 d 4 w"]);
    assert_eq!(
        rows(&join(JoinType::LeftOuter, HASH, None)),
        ["1 a - -", "2 b 2 y", "2 b 2 x", "- n - -", "2 c 2 y", "2 c 2 x", "4 d 4 w"]
    );
    assert_eq!(rows(&join(JoinType::LeftSemi, HASH, None)), ["2 b", "2 c", "4 d"]);
    assert_eq!(rows(&join(JoinType::LeftAnti, HASH, None)), ["1 a", "- n"]);
}

#[test]
fn a_sort_merge_join_comes_in_key_order() {
    let merge = JoinAlgorithm::SortMerge { is_hinted: false };
    assert_eq!(rows(&join(JoinType::Inner, merge, None)), ["2 b 2 x", "2 b 2 y", "2 c 2 x", "2 c 2 y", "4 d 4 w"]);
    assert_eq!(
        rows(&join(JoinType::FullOuter, merge, None)),
        ["- n - -", "- - - m", "1 a - -", "2 b 2 x", "2 b 2 y", "2 c 2 x", "2 c 2 y", "- - 3 z", "4 d 4 w"]
    );
    assert_eq!(
        rows(&join(JoinType::RightOuter, merge, None)),
        ["- - - m", "2 b 2 x", "2 c 2 x", "2 b 2 y", "2 c 2 y", "- - 3 z", "4 d 4 w"]
    );
}

#[test]
fn a_condition_beyond_the_keys_decides_what_matches() {
    let left = table(1, &["1 a"]);
    let right = table(11, &["1 a"]);
    let same_text = Expr::binary(BinaryOp::Lt, column(&left, 1), column(&right, 1));
    for algorithm in [HASH, JoinAlgorithm::SortMerge { is_hinted: false }] {
        let kept = rows(&join(JoinType::LeftAnti, algorithm, Some(same_text.clone())));
        assert!(kept.contains(&"1 a".to_owned()) && !kept.contains(&"2 b".to_owned()), "{kept:?}");
    }
}

fn aggregate(mode: AggregateMode, calls: &[AggregateCall], input: Arc<PhysicalPlan>, first_id: u64) -> PhysicalPlan {
    let key = column(&input, 0);
    let aggregates: Vec<AggregateExpr> = calls
        .iter()
        .enumerate()
        .map(|(i, call)| {
            let id = |n: u64| ExprId(first_id + 100 * (i as u64 + 1) + n);
            let buffers = buffer_types(call)
                .into_iter()
                .enumerate()
                .map(|(n, data_type)| Attribute::new("buffer", id(n as u64 + 1), data_type, true))
                .collect();
            let result = Attribute::new("result", id(0), call.data_type.clone(), true);
            AggregateExpr { call: call.clone(), result, buffers }
        })
        .collect();
    let mut outputs = vec![key.clone()];
    outputs.extend(aggregates.iter().map(|aggregate| Expr::Attribute(aggregate.result.clone())));
    PhysicalPlan::Aggregate {
        mode,
        style: AggregateStyle::Hash,
        grouping: vec![key],
        aggregates,
        outputs: if mode.gives_results() { outputs } else { Vec::new() },
        input,
    }
}

#[test]
fn two_phases_give_what_one_gives() {
    let input = table(1, &["1 b", "2 z", "- q", "1 a", "1 -", "2 y", "- q"]);
    let text = || column(&input, 1);
    let number = || column(&input, 0);
    let calls = [
        call("count", vec![text()]),
        call("sum", vec![number()]),
        call("avg", vec![number()]),
        call("min", vec![text()]),
        call("max", vec![text()]),
        call("first", vec![text()]),
        call("last", vec![text()]),
        call("collect_list", vec![text()]),
        call("collect_set", vec![text()]),
        call("max_by", vec![text(), number()]),
        call("approx_count_distinct", vec![text()]),
        call("stddev", vec![number()]),
    ];
    let complete = aggregate(AggregateMode::Complete, &calls, input.clone(), 1000);
    let expected =
        ["1 2 3 1 a b b - [b a] [a b] - 2 0", "2 2 4 2 y z z y [z y] [z y] y 2 0", "- 2 - - q q q q [q q] [q] - 1 -"];
    assert_eq!(rows(&complete), expected);
    let partial = Arc::new(aggregate(AggregateMode::Partial, &calls, input.clone(), 1000));
    assert_eq!(rows(&aggregate(AggregateMode::Final, &calls, partial, 1000)), expected);
}

#[test]
fn window_frames_hold_the_right_rows() {
    let input = table(1, &["1 a", "1 b", "2 c", "4 d"]);
    let order = vec![SortOrder::new(column(&input, 0), true)];
    let frame = |unit, start: i32, end: i32| {
        let bound = |value: i32| FrameBound::Offset(Box::new(Expr::int(value)));
        Some(WindowFrame { unit, start: bound(start), end: bound(end) })
    };
    let check = |frame: Option<WindowFrame>, expected: &[&str]| {
        let spec = WindowSpec { partition_by: Vec::new(), order_by: order.clone(), frame };
        let function = Expr::Aggregate(call("collect_list", vec![column(&input, 1)]));
        let window = Expr::Window { function: Box::new(function), spec };
        let named = Expr::Alias { child: Box::new(window), name: "w".to_owned(), id: ExprId(50), metadata: None };
        let plan = PhysicalPlan::Window {
            functions: vec![named],
            partition_by: Vec::new(),
            order_by: order.clone(),
            input: input.clone(),
        };
        assert_eq!(rows(&plan), expected);
    };
    check(None, &["1 a [a b]", "1 b [a b]", "2 c [a b c]", "4 d [a b c d]"]);
    check(frame(FrameUnit::Rows, -1, 0), &["1 a [a]", "1 b [a b]", "2 c [b c]", "4 d [c d]"]);
    check(frame(FrameUnit::Range, -1, 1), &["1 a [a b c]", "1 b [a b c]", "2 c [a b c]", "4 d [d]"]);
}

#[test]
fn rows_are_spread_as_spark_spreads_them() {
    let input = table(1, &["1 a", "2 b", "3 c", "- n", "1 d"]);
    let partitioning = ResolvedPartitioning::Plain(Partitioning::Hash(vec![column(&input, 0)], 4));
    let output = run(&input, &TaskWork::ShuffleWrite { partitioning }, 0);
    let counts: Vec<u64> = output.blocks.iter().map(|block| block.rows).collect();
    assert_eq!(counts.iter().sum::<u64>(), 5);
    // Null keeps the seed 42, and 42 mod 4 is 2.
    assert!(counts[2] >= 1);
    assert_eq!(output.counts.shuffle_write_rows, 5);
}

#[test]
fn sorting_puts_nulls_where_the_order_says_and_limits_take_the_first() {
    let input = table(1, &["2 a", "- b", "1 c", "2 d"]);
    let sorted = |ascending| PhysicalPlan::Sort {
        order: vec![SortOrder::new(column(&input, 0), ascending)],
        global: false,
        input: input.clone(),
    };
    assert_eq!(rows(&sorted(false)), ["2 a", "2 d", "1 c", "- b"]);
    let top = PhysicalPlan::LocalLimit { count: 2, input: Arc::new(sorted(true)) };
    assert_eq!(rows(&top), ["- b", "1 c"]);
}

/// A table of some batches, in no order.
fn many(id: u64, rows: u64, step: u64, keys: u64) -> Arc<PhysicalPlan> {
    let lines: Vec<String> = (0..rows)
        .map(|i| match i * step % keys {
            0 => format!("- row number {i}"),
            key => format!("{key} row number {i}"),
        })
        .collect();
    table(id, &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The rows with hardly any memory, after a look that something was spilled; and those with plenty.
fn spilled_and_not(plan: &PhysicalPlan) -> (Vec<String>, Vec<String>) {
    let output = run_within(100_000, plan, &TaskWork::Collect, 0);
    assert!(output.counts.spilled_bytes > 0);
    (lines_of(plan, &output), rows(plan))
}

#[test]
fn a_sort_that_spills_gives_the_same_order() {
    let input = many(1, 30_000, 7919, 4001);
    for columns in [vec![0, 1], vec![1]] {
        let order = columns.iter().map(|at| SortOrder::new(column(&input, *at), *at == 0)).collect();
        let (spilled, kept) = spilled_and_not(&PhysicalPlan::Sort { order, global: false, input: input.clone() });
        assert_eq!(spilled, kept);
    }
}

#[test]
fn an_aggregation_that_spills_gives_the_same_groups() {
    let input = many(1, 30_000, 7919, 10_007);
    let calls = [call("count", vec![column(&input, 1)]), call("collect_list", vec![column(&input, 1)])];
    let (mut spilled, mut kept) = spilled_and_not(&aggregate(AggregateMode::Complete, &calls, input.clone(), 1000));
    spilled.sort();
    kept.sort();
    assert_eq!(spilled, kept);
    let partial = Arc::new(aggregate(AggregateMode::Partial, &calls, input, 1000));
    let (mut spilled, mut kept) = spilled_and_not(&aggregate(AggregateMode::Final, &calls, partial, 1000));
    spilled.sort();
    kept.sort();
    assert_eq!(spilled, kept);
}

#[test]
fn a_merge_join_of_long_sides_finds_what_a_hash_join_finds() {
    let sorted = |input: Arc<PhysicalPlan>| {
        let order = vec![SortOrder::new(column(&input, 0), true)];
        Arc::new(PhysicalPlan::Sort { order, global: false, input })
    };
    let left = sorted(many(1, 80_000, 7919, 60_013));
    let right = sorted(many(11, 150_000, 104_729, 90_001));
    for join_type in
        [JoinType::Inner, JoinType::LeftOuter, JoinType::RightOuter, JoinType::LeftSemi, JoinType::LeftAnti]
    {
        let build = if join_type == JoinType::RightOuter { BuildSide::Left } else { BuildSide::Right };
        let plan = |algorithm| PhysicalPlan::Join {
            algorithm,
            join_type,
            left_keys: vec![column(&left, 0)],
            right_keys: vec![column(&right, 0)],
            condition: None,
            left: left.clone(),
            right: right.clone(),
        };
        let (mut merged, mut hashed) = (
            rows(&plan(JoinAlgorithm::SortMerge { is_hinted: false })),
            rows(&plan(JoinAlgorithm::ShuffledHash { build })),
        );
        merged.sort();
        hashed.sort();
        assert!(merged == hashed, "{join_type:?}: {} and {} rows", merged.len(), hashed.len());
    }
}
