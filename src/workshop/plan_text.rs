//! Reads the physical plans that the event log carries as text.
//!
//! A line is an operator; how far it is indented says below which other one it stands. Only the few facts that checks ask for are taken.

use crate::common::text::without_ids;

/// One operator of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanNode {
    pub depth: usize,
    /// The operator with its details, without the marks of the tree and of code generation.
    pub text: String,
    /// It belongs to rows that are cached, so it may not have run in this query.
    pub is_cached: bool,
}

impl PlanNode {
    /// The operator's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.split([' ', '(']).next().unwrap_or_default()
    }
}

/// The operators of a plan, top first.
#[must_use]
pub fn nodes(plan: &str) -> Vec<PlanNode> {
    let mut found: Vec<PlanNode> = Vec::new();
    let mut cached_below: Option<usize> = None;
    for line in plan.lines().filter(|line| !line.starts_with("==") && !line.trim().is_empty()) {
        let depth = line.chars().take_while(|c| matches!(c, ' ' | ':' | '+' | '-')).count();
        let mut text: String = line.chars().skip(depth).collect();
        if let Some(rest) = text.strip_prefix("*(") {
            text = rest.split_once(") ").map_or(rest, |(_, rest)| rest).to_owned();
        }
        if cached_below.is_some_and(|above| depth <= above) {
            cached_below = None;
        }
        found.push(PlanNode { depth, text, is_cached: cached_below.is_some() });
        if cached_below.is_none() && found.last().is_some_and(|node| node.name() == "InMemoryRelation") {
            cached_below = Some(depth);
        }
    }
    found
}

/// The operators below the one at `at`, without it.
#[must_use]
pub fn below(nodes: &[PlanNode], at: usize) -> &[PlanNode] {
    let depth = nodes[at].depth;
    let count = nodes[at + 1..].iter().take_while(|node| node.depth > depth).count();
    &nodes[at + 1..=at + count]
}

/// The operators above the one at `at`, the nearest first.
pub fn above(nodes: &[PlanNode], at: usize) -> impl Iterator<Item = usize> {
    let mut depth = nodes[at].depth;
    (0..at).rev().filter(move |other| {
        let is_above = nodes[*other].depth < depth;
        if is_above {
            depth = nodes[*other].depth;
        }
        is_above
    })
}

/// Whether many rows become few here.
#[must_use]
pub fn is_aggregate(node: &PlanNode) -> bool {
    matches!(node.name(), "HashAggregate" | "SortAggregate" | "ObjectHashAggregate")
}

/// Whether an operator's text calls a function, given as `name(`.
#[must_use]
pub fn calls(text: &str, call: &str) -> bool {
    text.match_indices(call).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Whether rows are handed to functions of Python here: UDFs, by whatever name.
#[must_use]
pub fn is_python(node: &PlanNode) -> bool {
    matches!(node.name(), "BatchEvalPython" | "ArrowEvalPython")
}

/// A file scan as the plan tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Folder of the files.
    pub path: String,
    pub columns: Vec<String>,
    pub pushed_filters: Vec<String>,
    pub partition_filters: Vec<String>,
}

impl Scan {
    /// Whether it reads this table of `datasets/`, or this folder.
    #[must_use]
    pub fn reads(&self, table: &str) -> bool {
        self.path == table || self.path.strip_suffix(table).is_some_and(|before| before.ends_with('/'))
    }
}

/// The scan of a `FileScan` operator.
#[must_use]
pub fn scan(node: &PlanNode) -> Option<Scan> {
    if node.name() != "FileScan" {
        return None;
    }
    let path = after(&node.text, "Location: ").and_then(|rest| rest.split_once('[')).map_or("", |(_, rest)| rest);
    let path = path.split([',', ']']).next().unwrap_or_default().trim_start_matches("file:").trim_end_matches('/');
    let schema = after(&node.text, "ReadSchema: struct<").unwrap_or_default();
    let schema = &schema[..closing(schema, '<', '>')];
    Some(Scan {
        path: path.to_owned(),
        columns: split_top(schema).iter().filter_map(|field| Some(field.split_once(':')?.0.to_owned())).collect(),
        pushed_filters: list(&node.text, "PushedFilters: ["),
        partition_filters: list(&node.text, "PartitionFilters: [").iter().map(|filter| without_ids(filter)).collect(),
    })
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

fn list(text: &str, mark: &str) -> Vec<String> {
    let Some(rest) = after(text, mark) else { return Vec::new() };
    split_top(&rest[..closing(rest, '[', ']')])
}

/// Where the bracket closes that was open before `text` began.
fn closing(text: &str, open: char, close: char) -> usize {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    text.len()
}

/// The parts between commas that stand in no brackets.
fn split_top(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in text.chars() {
        match c {
            '(' | '[' | '<' => depth += 1,
            ')' | ']' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    if !part.trim().is_empty() {
        parts.push(part.trim().to_owned());
    }
    parts
}

/// How a join is done: its strategy in the words of rules, and what is built or broadcast.
#[must_use]
pub fn join_strategy(node: &PlanNode) -> Option<&'static str> {
    Some(match node.name() {
        "BroadcastHashJoin" => "broadcast_hash",
        "SortMergeJoin" => "sort_merge",
        "ShuffledHashJoin" => "shuffled_hash",
        "BroadcastNestedLoopJoin" => "nested_loop",
        "CartesianProduct" => "cartesian",
        _ => return None,
    })
}

/// The kind of an exchange in the words of rules.
#[must_use]
pub fn exchange_kind(node: &PlanNode) -> Option<&'static str> {
    let rest = node.text.strip_prefix("Exchange ")?;
    Some(match rest.split(['(', ',', ' ']).next().unwrap_or_default() {
        "hashpartitioning" => "hash",
        "rangepartitioning" => "range",
        "SinglePartition" => "single",
        "RoundRobinPartitioning" => "round_robin",
        _ => "other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "== Physical Plan ==
AdaptiveSparkPlan isFinalPlan=false
+- HashAggregate(keys=[category#12], functions=[sum(total_amount#8)])
   +- Exchange hashpartitioning(category#12, 200), ENSURE_REQUIREMENTS, [plan_id=2]
      +- *(2) BroadcastHashJoin [product#3], [product#11], Inner, BuildRight, false, false
         :- FileScan csv [product#3] Batched: false, DataFilters: [isnotnull(product#3)], Format: CSV, Location: InMemoryFileIndex(1 paths)[file:/w/datasets/sales], PartitionFilters: [isnotnull(year#1), (year#1 = 2024)], PushedFilters: [IsNotNull(product), GreaterThan(age,30)], ReadSchema: struct<product:string,tags:array<struct<a:int,b:int>>>
         +- BroadcastExchange HashedRelationBroadcastMode(List(input[0, string, true]),false), [plan_id=1]
            +- InMemoryTableScan [product#11]
                  +- InMemoryRelation [product#11], StorageLevel(disk, memory, deserialized, 1 replicas)
                        +- *(1) Project [product#11]
";

    #[test]
    fn a_plan_is_read_operator_by_operator() {
        let nodes = nodes(PLAN);
        let names: Vec<&str> = nodes.iter().map(PlanNode::name).collect();
        assert_eq!(names[..5], ["AdaptiveSparkPlan", "HashAggregate", "Exchange", "BroadcastHashJoin", "FileScan"]);
        assert_eq!(exchange_kind(&nodes[2]), Some("hash"));
        assert_eq!(join_strategy(&nodes[3]), Some("broadcast_hash"));
        assert!(nodes.last().is_some_and(|node| node.is_cached && node.name() == "Project"));
        assert_eq!(below(&nodes, 3).len(), 5);
        assert_eq!(above(&nodes, 4).collect::<Vec<_>>(), [3, 2, 1, 0]);
        assert_eq!(above(&nodes, 5).collect::<Vec<_>>(), [3, 2, 1, 0], "the scan beside it is not above it");
        assert!(is_aggregate(&nodes[1]) && !is_aggregate(&nodes[3]));
    }

    #[test]
    fn a_scan_tells_columns_and_filters() {
        let nodes = nodes(PLAN);
        let scan = scan(&nodes[4]).expect("a scan");
        assert!(scan.reads("sales") && scan.reads("datasets/sales") && !scan.reads("ales"));
        assert_eq!(scan.columns, ["product", "tags"]);
        assert_eq!(scan.pushed_filters, ["IsNotNull(product)", "GreaterThan(age,30)"]);
        assert_eq!(scan.partition_filters, ["isnotnull(year)", "(year = 2024)"]);
    }
}
