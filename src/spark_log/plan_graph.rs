//! A plan's text as the tree of nodes that Spark's SQL page draws (`sparkPlanInfo`), with the metrics that we can fill.
//!
//! ```text
//!   +- HashAggregate(keys=[k#1])                 {"nodeName":"HashAggregate", "children":[
//!      +- Exchange hashpartitioning(k#1, 4)        {"nodeName":"Exchange", "metrics":[shuffle bytes written, …], "children":[ …
//! ```
//!
//! **Invariants.** An accumulator's id depends only on the shuffle, or on the query and the place of the scan, so that a plan that was
//! planned again goes on counting. A node that Spark's page follows to its input has one: a `ReusedExchange` has the exchange that it reuses
//! below it. Without, the page has no graph for the query, and the whole list of queries cannot be asked for.
//!
//! As in Spark's own graph, a cache shows the last plan that filled it, and neither its columns nor the plan before.

use crate::common::ids::{QueryId, ShuffleId};
use serde_json::{Value, json};

/// What an exchange counts, in the order of its accumulators.
const EXCHANGE_METRICS: [(&str, &str); 4] = [
    ("shuffle bytes written", "size"),
    ("shuffle records written", "sum"),
    ("shuffle bytes read", "size"),
    ("records read", "sum"),
];

/// The accumulator of one of an exchange's metrics.
pub(super) fn exchange_accumulator(shuffle: ShuffleId, metric: usize) -> u64 {
    1 + u64::from(shuffle.0) * EXCHANGE_METRICS.len() as u64 + metric as u64
}

/// The accumulator of the rows that the scan of one part of a query reads; the part that writes `shuffle`, or the result's.
pub(super) fn scan_accumulator(query: QueryId, shuffle: Option<ShuffleId>) -> u64 {
    let part = shuffle.map_or(0, |shuffle| u64::from(shuffle.0) + 1);
    (1 << 40) + (u64::from(query.0) << 20) + part
}

/// A task's share of an accumulator.
pub(super) fn accumulable(id: u64, name: &str, update: u64) -> Value {
    json!({
        "ID": id, "Name": name, "Update": update.to_string(), "Value": update.to_string(),
        "Internal": false, "Count Failed Values": true, "Metadata": "sql",
    })
}

/// The name of an exchange's metric.
pub(super) fn exchange_metric(metric: usize) -> &'static str {
    EXCHANGE_METRICS[metric].0
}

struct Node {
    depth: usize,
    group: Option<u32>,
    text: String,
    children: Vec<usize>,
    /// What this exchange became.
    shuffle: Option<ShuffleId>,
    /// It ran for an earlier query, which filled a cache; its stages have numbers of their own.
    is_past: bool,
}

impl Node {
    /// The line of the exchange that is reused.
    fn reused(&self) -> Option<&str> {
        let line = self.text.strip_prefix("ReusedExchange ")?;
        ["], Exchange ", "], BroadcastExchange "].iter().find_map(|mark| line.find(mark).map(|at| &line[at + 3..]))
    }
}

/// The tree of a plan's text. `shuffles` are the query's, in the order in which they ran.
pub(super) fn of(plan: &str, query: QueryId, shuffles: &[ShuffleId]) -> Value {
    let mut nodes = parse(plan);
    if nodes.is_empty() {
        return node_json("Unknown", "", Vec::new(), Vec::new());
    }
    assign(&mut nodes, shuffles);
    tree(&nodes, 0, None, None, query)
}

fn parse(plan: &str) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut path: Vec<usize> = Vec::new();
    let mut left_out: Option<usize> = None;
    for line in plan.lines().filter(|line| !line.is_empty() && !line.starts_with("== ")) {
        let body = line.trim_start_matches([' ', ':', '+', '-']);
        let depth = (line.len() - body.len()) / 3;
        left_out = left_out.filter(|start| depth >= *start);
        if left_out.is_some() {
            continue;
        }
        if body == "== Initial Plan ==" {
            left_out = Some(depth);
        }
        if body.starts_with("== ") || body.starts_with("InMemoryRelation ") {
            continue;
        }
        let (group, text) = match body.strip_prefix("*(").and_then(|rest| rest.split_once(") ")) {
            Some((group, text)) => (group.parse().ok(), text),
            None => (None, body),
        };
        path.retain(|place| nodes[*place].depth < depth);
        let at = nodes.len();
        let mut is_past = false;
        if let Some(parent) = path.last() {
            let parent = &mut nodes[*parent];
            parent.children.push(at);
            let has_run = parent.text.starts_with("InMemoryTableScan ") && text.ends_with(" isFinalPlan=true");
            is_past = parent.is_past || has_run;
        } else if at > 0 {
            // A second root would be a line that does not belong to the tree.
            continue;
        }
        nodes.push(Node { depth, group, text: text.to_owned(), children: Vec::new(), shuffle: None, is_past });
        path.push(at);
    }
    nodes
}

/// Says which exchange is which shuffle: by the stage above it, else by the order in which exchanges can run.
fn assign(nodes: &mut [Node], shuffles: &[ShuffleId]) {
    let mut exchanges = Vec::new();
    height(nodes, 0, &mut exchanges);
    exchanges.sort_by_key(|(height, _)| *height);
    let mut known = vec![None; nodes.len()];
    for node in nodes.iter().filter(|node| !node.is_past) {
        if let Some(id) = node.text.strip_prefix("ShuffleQueryStage ").and_then(|id| id.parse().ok()) {
            node.children.iter().for_each(|child| known[*child] = Some(ShuffleId(id)));
        }
    }
    let all_by_order = exchanges.len() == shuffles.len();
    for (place, (_, at)) in exchanges.iter().enumerate() {
        let by_order = if all_by_order { shuffles.get(place).copied() } else { None };
        nodes[*at].shuffle = known[*at].or(by_order);
    }
}

/// How many exchanges lie one upon another below and at a node.
fn height(nodes: &[Node], at: usize, exchanges: &mut Vec<(usize, usize)>) -> usize {
    let below = nodes[at].children.iter().map(|child| height(nodes, *child, exchanges)).max().unwrap_or(0);
    if !nodes[at].text.starts_with("Exchange ") || nodes[at].is_past {
        return below;
    }
    exchanges.push((below + 1, at));
    below + 1
}

/// One node with what is below it. `part` is the shuffle that the part around it writes.
fn tree(nodes: &[Node], at: usize, above: Option<u32>, part: Option<ShuffleId>, query: QueryId) -> Value {
    let node = &nodes[at];
    let below = if node.text.starts_with("Exchange ") { node.shuffle } else { part };
    let mut children: Vec<Value> =
        node.children.iter().map(|child| tree(nodes, *child, node.group, below, query)).collect();
    children.extend(node.reused().map(|line| exchange(nodes, line, query)));
    let own = node_json(&name_of(&node.text), &node.text, metrics(node, part, query), children);
    match node.group {
        Some(group) if above != Some(group) => {
            let name = format!("WholeStageCodegen ({group})");
            node_json(&name, &name, Vec::new(), vec![own])
        }
        _ => own,
    }
}

/// The exchange with this line, with what is below it: the page sees by that that it is the same.
fn exchange(nodes: &[Node], line: &str, query: QueryId) -> Value {
    match nodes.iter().position(|node| node.text == line) {
        Some(at) => tree(nodes, at, None, None, query),
        None => node_json(&name_of(line), line, Vec::new(), Vec::new()),
    }
}

fn metrics(node: &Node, part: Option<ShuffleId>, query: QueryId) -> Vec<Value> {
    let metric = |name: &str, id: u64, kind: &str| json!({"name": name, "accumulatorId": id, "metricType": kind});
    if let Some(shuffle) = node.shuffle {
        let list = EXCHANGE_METRICS.iter().enumerate();
        return list.map(|(i, (name, kind))| metric(name, exchange_accumulator(shuffle, i), kind)).collect();
    }
    if node.text.starts_with("FileScan ") {
        return vec![metric("number of output rows", scan_accumulator(query, part), "sum")];
    }
    Vec::new()
}

fn node_json(name: &str, text: &str, metrics: Vec<Value>, children: Vec<Value>) -> Value {
    json!({"nodeName": name, "simpleString": text, "children": children, "metadata": {}, "metrics": metrics})
}

/// The operator's name as Spark's page shows it.
fn name_of(text: &str) -> String {
    if let Some(scan) = text.strip_prefix("FileScan ") {
        return format!("Scan {} ", scan.split(' ').next().unwrap_or_default());
    }
    if text.starts_with("Scan ") {
        return text.split('[').next().unwrap_or(text).trim_end().to_owned();
    }
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "== Physical Plan ==
AdaptiveSparkPlan isFinalPlan=false
+- HashAggregate(keys=[k#1], functions=[count(1)])
   +- Exchange hashpartitioning(k#1, 4), ENSURE_REQUIREMENTS, [plan_id=1]
      +- SortMergeJoin [k#1], [j#2], Inner
         :- Exchange hashpartitioning(k#1, 4), ENSURE_REQUIREMENTS, [plan_id=2]
         :  +- FileScan csv [k#1]
         +- Exchange hashpartitioning(j#2, 4), ENSURE_REQUIREMENTS, [plan_id=3]
            +- *(1) Filter isnotnull(j#2)
               +- *(1) Scan ExistingRDD[j#2]

";

    fn names(node: &Value, depth: usize, out: &mut Vec<String>) {
        let id = node["metrics"][0]["accumulatorId"].as_u64().map_or_else(String::new, |id| format!(" #{id}"));
        out.push(format!("{}{}{id}", "  ".repeat(depth), node["nodeName"].as_str().unwrap()));
        node["children"].as_array().unwrap().iter().for_each(|child| names(child, depth + 1, out));
    }

    #[test]
    fn a_plans_text_becomes_a_tree_with_metrics() {
        let mut lines = Vec::new();
        names(&of(PLAN, QueryId(0), &[ShuffleId(5), ShuffleId(6), ShuffleId(7)]), 0, &mut lines);
        let scan = scan_accumulator(QueryId(0), Some(ShuffleId(5)));
        let wanted = [
            "AdaptiveSparkPlan".to_owned(),
            "  HashAggregate".to_owned(),
            "    Exchange #29".to_owned(),
            "      SortMergeJoin".to_owned(),
            "        Exchange #21".to_owned(),
            format!("          Scan csv  #{scan}"),
            "        Exchange #25".to_owned(),
            "          WholeStageCodegen (1)".to_owned(),
            "            Filter".to_owned(),
            "              Scan ExistingRDD".to_owned(),
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_reused_exchange_leads_to_the_one_that_ran() {
        let exchange = "Exchange hashpartitioning(k#1, 4), ENSURE_REQUIREMENTS, [plan_id=1]";
        let plan = format!(
            "AdaptiveSparkPlan isFinalPlan=false
+- SortMergeJoin [k#1], [k#5], Inner
   :- ShuffleQueryStage 3
   :  +- {exchange}
   :     +- FileScan csv [k#1]
   +- ShuffleQueryStage 3
      +- ReusedExchange [k#5], {exchange}
"
        );
        let tree = of(&plan, QueryId(0), &[ShuffleId(3)]);
        let join = &tree["children"][0];
        let reused = &join["children"][1]["children"][0];
        assert_eq!(reused["nodeName"], "ReusedExchange");
        assert_eq!(reused["children"][0], join["children"][0]["children"][0]);
        let lost = of("ReusedExchange [a#1, b#2], BroadcastExchange IdentityBroadcastMode", QueryId(0), &[]);
        assert_eq!(lost["children"][0]["nodeName"], "BroadcastExchange");
    }

    #[test]
    fn a_cache_shows_how_it_was_filled_and_counts_nothing_of_that() {
        let plan = "AdaptiveSparkPlan isFinalPlan=false
+- Exchange SinglePartition, ENSURE_REQUIREMENTS, [plan_id=9]
   +- InMemoryTableScan [k#1]
         +- InMemoryRelation [k#1], StorageLevel(disk, memory, deserialized, 1 replicas)
               +- AdaptiveSparkPlan isFinalPlan=true
                  +- == Final Plan ==
                     ResultQueryStage 1
                     +- ShuffleQueryStage 0
                        +- Exchange hashpartitioning(k#1, 4), ENSURE_REQUIREMENTS, [plan_id=2]
                           +- Range (0, 5, step=1, splits=2)
                  +- == Initial Plan ==
                     Exchange hashpartitioning(k#1, 4), ENSURE_REQUIREMENTS, [plan_id=1]
                     +- Range (0, 5, step=1, splits=2)
";
        let mut lines = Vec::new();
        names(&of(plan, QueryId(0), &[ShuffleId(7)]), 0, &mut lines);
        let wanted = [
            "AdaptiveSparkPlan",
            "  Exchange #29",
            "    InMemoryTableScan",
            "      AdaptiveSparkPlan",
            "        ResultQueryStage",
            "          ShuffleQueryStage",
            "            Exchange",
            "              Range",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn exchanges_that_cannot_be_told_apart_count_nothing() {
        let mut lines = Vec::new();
        names(&of(PLAN, QueryId(0), &[ShuffleId(5)]), 0, &mut lines);
        assert!(lines.iter().all(|line| !line.contains("Exchange #")), "{lines:?}");
        of("", QueryId(0), &[]);
        of("   :  odd\nx", QueryId(0), &[]);
    }
}
