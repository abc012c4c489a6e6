//! One operator in one line.

use super::filters;
use super::shown::{Shown, What};
use crate::common::ids::ExprId;
use crate::logical::display::{generator_text, lists_text, ranking_text, storage_level_text};
use crate::logical::expr::{AggregateCall, SortOrder, UnaryOp};
use crate::logical::functions::Evaluation;
use crate::logical::plan::{FileFormat, FileScan, JoinType};
use crate::logical::rewrite::conjuncts;
use crate::logical::{Attribute, DataType, Expr, Scalar};
use crate::physical::plan::{
    AggregateExpr, AggregateMode, AggregateStyle, BuildSide, JoinAlgorithm, Partitioning, PhysicalPlan, ShuffleOrigin,
    ShuffleSlice,
};

/// The longest text of one of a scan's properties.
const LONGEST_PROPERTY: usize = 100;

/// A shown node's line; `is_verbose` adds what aggregations give.
pub(super) fn shown(node: &Shown<'_>, is_verbose: bool) -> String {
    match &node.what {
        What::Operator(plan @ PhysicalPlan::Aggregate { .. }) if is_verbose => {
            let text = line(plan);
            format!("{}, output={})", text.strip_suffix(')').unwrap_or(&text), columns(&node.output))
        }
        What::Operator(plan) => line(plan),
        What::Made(plan) => line(plan),
        What::Python(text) => text.clone(),
        What::Adaptive => "AdaptiveSparkPlan isFinalPlan=false".to_owned(),
        What::Final => "AdaptiveSparkPlan isFinalPlan=true".to_owned(),
        What::Heading(text) => (*text).to_owned(),
        What::ColumnarToRow => "ColumnarToRow".to_owned(),
        What::KeySort(order) => format!("Sort {}, false, 0", orders(order)),
        What::Exchange { plan, id } => format!("Exchange {}", exchange(plan, *id)),
        What::Broadcast { mode, id } => format!("BroadcastExchange {mode}, [plan_id={id}]"),
        What::Reused(line) => format!("ReusedExchange {}, {line}", columns(&node.output)),
        What::QueryStage(text) => text.clone(),
        What::CacheScan { output, filters } => format!("InMemoryTableScan {}", cache_scan(output, filters)),
        What::CacheRelation { stored, level } => format!("InMemoryRelation {}", cache_relation(stored, level)),
        What::Rdd => format!("Scan ExistingRDD[{}]", tight(&node.output)),
    }
}

/// The operator's line, without the numbers that depend on the whole plan.
#[must_use]
pub fn line(plan: &PhysicalPlan) -> String {
    match plan {
        PhysicalPlan::LocalTableScan { output, batch, is_local: true, .. } => {
            let empty = if batch.num_rows() == 0 { "<empty>, " } else { "" };
            format!("LocalTableScan {empty}{}", columns(output))
        }
        PhysicalPlan::LocalTableScan { output, .. } => format!("Scan ExistingRDD[{}]", tight(output)),
        PhysicalPlan::Range { start, end, step, partitions, .. } => {
            format!("Range ({start}, {end}, step={step}, splits={partitions})")
        }
        PhysicalPlan::OneRow => "Scan OneRowRelation[]".to_owned(),
        PhysicalPlan::FileScan(scan) => file_scan(&scan.scan),
        PhysicalPlan::InMemoryTableScan { output, .. } => format!("InMemoryTableScan {}", columns(output)),
        PhysicalPlan::Project { exprs: list, .. } if list.is_empty() => "Project".to_owned(),
        PhysicalPlan::Project { exprs: list, .. } => format!("Project {}", exprs(list)),
        PhysicalPlan::Filter { condition, .. } => format!("Filter {}", condition.plan_text()),
        PhysicalPlan::Aggregate { mode, style, grouping, aggregates, input, .. } => {
            aggregate(*mode, *style, grouping, aggregates, input)
        }
        PhysicalPlan::Expand { projections, output, .. } => {
            let lists: Vec<String> = projections.iter().map(|list| exprs(list)).collect();
            format!("Expand [{}], {}", lists.join(", "), columns(output))
        }
        PhysicalPlan::Generate { generator, outer, output, unneeded, input } => {
            let mut kept = input.output();
            kept.retain(|column| !unneeded.contains(&column.id));
            let kept = if kept.is_empty() { String::new() } else { format!("{}, ", columns(&kept)) };
            if let Expr::TableCall(call) = generator {
                let evaluation = call.function.as_ref().map(|function| function.evaluation());
                let (name, kind) = match evaluation {
                    Some(Evaluation::Batch) => ("BatchEvalPythonUDTF", ""),
                    _ => ("ArrowEvalPythonUDTF", ", 301"),
                };
                return format!("{name} {}, {kept}{}{kind}", generator.plan_text(), columns(output));
            }
            format!("Generate {}, {kept}{outer}, {}", generator_text(generator), columns(output))
        }
        PhysicalPlan::Join { algorithm, join_type, left_keys, right_keys, condition, .. } => {
            join(*algorithm, *join_type, left_keys, right_keys, condition.as_ref())
        }
        PhysicalPlan::Window { functions, partition_by, order_by, .. } => {
            format!("Window {}", lists_text(&[exprs(functions), exprs(partition_by), orders(order_by)]))
        }
        PhysicalPlan::WindowGroupLimit { partition_by, order_by, function, limit, is_partial, .. } => {
            let lists = lists_text(&[exprs(partition_by), orders(order_by)]);
            let mode = if *is_partial { "Partial" } else { "Final" };
            format!("WindowGroupLimit {lists}, {}, {limit}, {mode}", ranking_text(function, order_by))
        }
        PhysicalPlan::Sort { order, global, .. } => format!("Sort {}, {global}, 0", orders(order)),
        PhysicalPlan::TakeOrderedAndProject { count, order, outputs, offset, .. } => {
            let outputs: Vec<String> = outputs.iter().map(Expr::plan_text).collect();
            let order: Vec<String> = order.iter().map(SortOrder::plan_text).collect();
            let offset = if *offset == 0 { String::new() } else { format!("offset={offset}, ") };
            format!(
                "TakeOrderedAndProject(limit={count}, {offset}orderBy=[{}], output=[{}])",
                order.join(","),
                outputs.join(",")
            )
        }
        PhysicalPlan::LocalLimit { count, .. } => format!("LocalLimit {count}"),
        PhysicalPlan::GlobalLimit { count, offset, .. } => format!("GlobalLimit {}, {offset}", limit_text(*count)),
        PhysicalPlan::CollectLimit { count, offset, .. } => {
            // Spark counts the rows that the offset skips.
            let all = limit_text(count.saturating_add(*offset));
            if *offset == 0 { format!("CollectLimit {all}") } else { format!("CollectLimit {all}, {offset}") }
        }
        PhysicalPlan::CollectTail { count, .. } => format!("CollectTail {count}"),
        PhysicalPlan::Union { .. } => "Union".to_owned(),
        PhysicalPlan::Coalesce { count, .. } => format!("Coalesce {count}"),
        PhysicalPlan::Sample { lower, upper, with_replacement, seed, .. } => {
            format!("Sample {lower:?}, {upper:?}, {with_replacement}, {seed}")
        }
        PhysicalPlan::MapPartitions { function, output, .. } => {
            format!("MapPartitions {}, {}", function.name(), columns(output))
        }
        PhysicalPlan::ShuffleExchange { .. } => format!("Exchange {}", exchange(plan, 0)),
        PhysicalPlan::BroadcastExchange { .. } => "BroadcastExchange IdentityBroadcastMode".to_owned(),
        PhysicalPlan::ShuffleRead { shuffle, .. } => format!("ShuffleQueryStage {}", shuffle.0),
        PhysicalPlan::BroadcastRead { broadcast, .. } => format!("BroadcastQueryStage {}", broadcast.0),
        PhysicalPlan::WriteFiles { target, format, .. } => {
            format!("Execute InsertIntoHadoopFsRelationCommand {}, false, {}", target.path, format_name(*format))
        }
    }
}

/// A shown node's name: as in the tree of the long form, and above its details.
pub(super) fn names(node: &Shown<'_>) -> (String, String) {
    let first_word = || shown(node, false).chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
    let name = match &node.what {
        What::Operator(PhysicalPlan::LocalTableScan { is_local: false, .. }) | What::Rdd => {
            "Scan ExistingRDD".to_owned()
        }
        What::Operator(PhysicalPlan::OneRow) => "Scan OneRowRelation".to_owned(),
        // The name of a table would follow.
        What::Operator(PhysicalPlan::FileScan(scan)) => format!("Scan {} ", scan.scan.format.name()),
        What::Operator(PhysicalPlan::Join { algorithm, join_type, .. }) => {
            let (name, kind) = (join_name(*algorithm), join_type.name());
            let build = built_side(*algorithm).map_or_else(String::new, |side| format!(" {side}"));
            return (format!("{name} {kind}{build}"), name.to_owned());
        }
        _ => first_word(),
    };
    (name.clone(), name)
}

fn limit_text(count: usize) -> String {
    if count == usize::MAX { "-1".to_owned() } else { count.to_string() }
}

pub(super) fn columns(columns: &[Attribute]) -> String {
    crate::logical::display::columns_text(columns)
}

pub(super) fn exprs(list: &[Expr]) -> String {
    crate::logical::display::exprs_text(list)
}

fn tight(columns: &[Attribute]) -> String {
    columns.iter().map(Attribute::plan_text).collect::<Vec<_>>().join(",")
}

pub(super) fn orders(order: &[SortOrder]) -> String {
    format!("[{}]", order.iter().map(SortOrder::plan_text).collect::<Vec<_>>().join(", "))
}

pub(super) fn cache_relation(stored: &[Attribute], level: &str) -> String {
    format!("{}, {}", columns(stored), storage_level_text(level))
}

pub(super) fn cache_scan(output: &[Attribute], filters: &[Expr]) -> String {
    let filters = if filters.is_empty() { String::new() } else { format!(", {}", exprs(filters)) };
    format!("{}{filters}", columns(output))
}

/// The order that Spark's sort aggregate wants of its input.
pub(super) fn key_order(grouping: &[Expr]) -> Vec<SortOrder> {
    grouping
        .iter()
        .map(|key| SortOrder::new(key.to_attribute().map_or_else(|| key.clone(), Expr::Attribute), true))
        .collect()
}

fn aggregate(
    mode: AggregateMode,
    style: AggregateStyle,
    grouping: &[Expr],
    aggregates: &[AggregateExpr],
    input: &PhysicalPlan,
) -> String {
    let (name, key) = match style {
        AggregateStyle::Hash => ("HashAggregate", "keys"),
        AggregateStyle::ObjectHash => ("ObjectHashAggregate", "keys"),
        AggregateStyle::Sort => ("SortAggregate", "key"),
    };
    let functions: Vec<String> = aggregates.iter().map(|one| function(mode, one, input)).collect();
    format!("{name}({key}={}, functions=[{}])", exprs(grouping), functions.join(", "))
}

/// `partial_count(1)`, `merge_count(1)`, `count(1)`.
pub(super) fn function(mode: AggregateMode, aggregate: &AggregateExpr, input: &PhysicalPlan) -> String {
    let columns = input.output();
    let merges = aggregate.buffers.iter().all(|buffer| columns.iter().any(|column| column.id == buffer.id));
    let prefix = match mode {
        AggregateMode::Partial => "partial_",
        AggregateMode::PartialMerge if merges => "merge_",
        AggregateMode::PartialMerge => "partial_",
        AggregateMode::Final | AggregateMode::Complete => "",
    };
    format!("{prefix}{}", call_text(&aggregate.call))
}

fn call_text(call: &AggregateCall) -> String {
    Expr::Aggregate(call.clone()).plan_text()
}

pub(super) fn join_name(algorithm: JoinAlgorithm) -> &'static str {
    match algorithm {
        JoinAlgorithm::BroadcastHash { .. } => "BroadcastHashJoin",
        JoinAlgorithm::SortMerge { .. } => "SortMergeJoin",
        JoinAlgorithm::ShuffledHash { .. } => "ShuffledHashJoin",
        JoinAlgorithm::BroadcastNestedLoop { .. } => "BroadcastNestedLoopJoin",
        JoinAlgorithm::Cartesian => "CartesianProduct",
    }
}

/// The side that a join holds in memory.
fn built_side(algorithm: JoinAlgorithm) -> Option<&'static str> {
    match algorithm {
        JoinAlgorithm::BroadcastHash { build }
        | JoinAlgorithm::ShuffledHash { build }
        | JoinAlgorithm::BroadcastNestedLoop { build } => Some(match build {
            BuildSide::Left => "BuildLeft",
            BuildSide::Right => "BuildRight",
        }),
        JoinAlgorithm::SortMerge { .. } | JoinAlgorithm::Cartesian => None,
    }
}

fn join(
    algorithm: JoinAlgorithm,
    join_type: JoinType,
    left_keys: &[Expr],
    right_keys: &[Expr],
    condition: Option<&Expr>,
) -> String {
    let name = join_name(algorithm);
    let side = built_side(algorithm).unwrap_or_default();
    let keys = format!("{}, {}", exprs(left_keys), exprs(right_keys));
    let rest = condition.map_or_else(String::new, |condition| format!(", {}", condition.plan_text()));
    let kind = join_type.name();
    match algorithm {
        JoinAlgorithm::BroadcastHash { .. } => format!("{name} {keys}, {kind}, {side}{rest}, false, false"),
        JoinAlgorithm::SortMerge { .. } => format!("{name} {keys}, {kind}{rest}"),
        JoinAlgorithm::ShuffledHash { .. } => format!("{name} {keys}, {kind}, {side}{rest}"),
        JoinAlgorithm::BroadcastNestedLoop { .. } => format!("{name} {side}, {kind}{rest}"),
        JoinAlgorithm::Cartesian => match condition {
            Some(condition) => format!("{name} {}", condition.plan_text()),
            None => name.to_owned(),
        },
    }
}

/// How a broadcast side is held.
pub(super) fn broadcast_mode(algorithm: JoinAlgorithm, keys: &[Expr], input: &PhysicalPlan) -> String {
    if !matches!(algorithm, JoinAlgorithm::BroadcastHash { .. }) {
        return "IdentityBroadcastMode".to_owned();
    }
    let mut columns = input.output();
    for column in &mut columns {
        column.nullable &= !is_checked(input, column.id);
    }
    let bound: Vec<String> = keys
        .iter()
        .map(|key| {
            let text = with_positions(key, &columns).plan_text();
            match (keys.len(), key.data_type()) {
                (1, DataType::Byte | DataType::Short | DataType::Integer) => format!("cast({text} as bigint)"),
                _ => text,
            }
        })
        .collect();
    format!("HashedRelationBroadcastMode(List({}),false)", bound.join(", "))
}

/// Whether a filter below lets no null of the column through.
fn is_checked(plan: &PhysicalPlan, id: ExprId) -> bool {
    match plan {
        PhysicalPlan::Filter { condition, input } => {
            let checks = |part: &Expr| {
                matches!(part, Expr::Unary { op: UnaryOp::IsNotNull, child }
                    if matches!(&**child, Expr::Attribute(column) if column.id == id))
            };
            conjuncts(condition).iter().any(checks) || is_checked(input, id)
        }
        PhysicalPlan::Project { input, .. } => is_checked(input, id),
        _ => false,
    }
}

/// A column by its place in the input: `input[0, int, true]`.
fn with_positions(key: &Expr, columns: &[Attribute]) -> Expr {
    key.clone().transform_up(&mut |part| match part {
        Expr::Attribute(column) => match columns.iter().position(|own| own.id == column.id) {
            Some(at) => {
                let text = format!("input[{at}, {}, {}]", column.data_type.simple_string(), columns[at].nullable);
                Expr::Literal(Scalar::String(text), DataType::String)
            }
            None => Expr::Attribute(column),
        },
        other => other,
    })
}

/// What is written after `Exchange`.
pub(super) fn exchange(plan: &PhysicalPlan, id: u32) -> String {
    let PhysicalPlan::ShuffleExchange { partitioning, origin, .. } = plan else { return String::new() };
    let origin = match origin {
        ShuffleOrigin::EnsureRequirements => "ENSURE_REQUIREMENTS",
        ShuffleOrigin::RepartitionByCol => "REPARTITION_BY_COL",
        ShuffleOrigin::RepartitionByNum | ShuffleOrigin::Rdd => "REPARTITION_BY_NUM",
        ShuffleOrigin::Rebalance => "REBALANCE_PARTITIONS_BY_COL",
    };
    format!("{}, {origin}, [plan_id={id}]", self::partitioning(partitioning))
}

fn partitioning(partitioning: &Partitioning) -> String {
    match partitioning {
        Partitioning::Unknown(count) => format!("UnknownPartitioning({count})"),
        Partitioning::Single => "SinglePartition".to_owned(),
        Partitioning::Hash(by, count) => {
            let by: Vec<String> = by.iter().map(Expr::plan_text).collect();
            format!("hashpartitioning({}, {count})", by.join(", "))
        }
        Partitioning::Range(order, count) => {
            let order: Vec<String> = order.iter().map(SortOrder::plan_text).collect();
            format!("rangepartitioning({}, {count})", order.join(", "))
        }
        Partitioning::RoundRobin { count, .. } => format!("RoundRobinPartitioning({count})"),
        Partitioning::Index(by, count) => format!("partitionby({}, {count})", by.plan_text()),
        Partitioning::Broadcast => "BroadcastPartitioning".to_owned(),
    }
}

/// What tasks read of a finished shuffle.
pub(super) fn read(slices: &[ShuffleSlice]) -> String {
    let any = |test: fn(&ShuffleSlice) -> bool| slices.iter().any(test);
    if any(|slice| matches!(slice, ShuffleSlice::PartialMapper { .. } | ShuffleSlice::CoalescedMapper { .. })) {
        return "AQEShuffleRead local".to_owned();
    }
    let skewed = any(|slice| matches!(slice, ShuffleSlice::PartialReducer { .. }));
    let merged = any(|slice| matches!(slice, ShuffleSlice::Coalesced { start, end } if end - start > 1));
    match (merged, skewed) {
        (true, true) => "AQEShuffleRead coalesced and skewed".to_owned(),
        (false, true) => "AQEShuffleRead skewed".to_owned(),
        (true | false, false) => "AQEShuffleRead coalesced".to_owned(),
    }
}

fn format_name(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Csv => "CSV",
        FileFormat::Json => "JSON",
        FileFormat::Parquet => "Parquet",
        FileFormat::Text => "Text",
    }
}

/// A scan's properties, in Spark's order.
pub(super) struct ScanText {
    pub(super) batched: bool,
    pub(super) data_filters: String,
    pub(super) format: &'static str,
    pub(super) paths: Vec<String>,
    pub(super) partition_filters: String,
    pub(super) pushed_filters: String,
    pub(super) read_schema: String,
}

impl ScanText {
    pub(super) fn of(scan: &FileScan) -> ScanText {
        let fields: Vec<String> = scan
            .output
            .iter()
            .filter(|column| scan.data_schema.fields.iter().any(|field| field.name == column.name))
            .map(|column| format!("{}:{}", column.name, column.data_type.simple_string()))
            .collect();
        ScanText {
            batched: scan.format == FileFormat::Parquet,
            data_filters: exprs(&scan.pushed_filters),
            format: format_name(scan.format),
            paths: locations(scan),
            partition_filters: exprs(&scan.partition_filters),
            pushed_filters: filters::pushed(&scan.pushed_filters),
            read_schema: format!("struct<{}>", fields.join(",")),
        }
    }
}

fn file_scan(scan: &FileScan) -> String {
    let text = ScanText::of(scan);
    let location = format!("InMemoryFileIndex({} paths)[{}]", text.paths.len(), text.paths.join(", "));
    format!(
        "FileScan {} [{}] Batched: {}, DataFilters: {}, Format: {}, Location: {}, PartitionFilters: {}, \
         PushedFilters: {}, ReadSchema: {}",
        scan.format.name(),
        tight(&scan.output),
        text.batched,
        shortened(&text.data_filters),
        text.format,
        shortened(&location),
        shortened(&text.partition_filters),
        shortened(&text.pushed_filters),
        shortened(&text.read_schema),
    )
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_PROPERTY {
        return text.to_owned();
    }
    text.chars().take(LONGEST_PROPERTY - 3).chain("...".chars()).collect()
}

/// The paths as written, made absolute by the files found below them.
fn locations(scan: &FileScan) -> Vec<String> {
    scan.paths
        .iter()
        .map(|written| {
            let wanted = written.trim_start_matches("./").trim_end_matches('/');
            let absolute = scan.files.iter().find_map(|file| {
                let path = file.path.to_string_lossy().replace('\\', "/");
                let at = path.rfind(&format!("/{wanted}"))?;
                Some(path[..at + 1 + wanted.len()].to_owned())
            });
            format!("file:{}", absolute.unwrap_or_else(|| written.clone()))
        })
        .collect()
}
