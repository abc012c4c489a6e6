//! A plan's text as the tree of nodes that Spark's SQL page draws (`sparkPlanInfo`), with the metrics that we can fill.
//!
//! ```text
//!   +- HashAggregate(keys=[k#1])                 {"nodeName":"HashAggregate", "children":[
//!      +- Exchange hashpartitioning(k#1, 4)        {"nodeName":"Exchange", "metrics":[shuffle bytes written, …], "children":[ …
//! ```
//!
//! **Invariants.** An accumulator's id depends only on the shuffle, or on the query and the place of the scan, so that a plan that was
//! planned again goes on counting.

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
    for line in plan.lines().filter(|line| !line.is_empty() && !line.starts_with("== ")) {
        let body = line.trim_start_matches([' ', ':', '+', '-']);
        let depth = (line.len() - body.len()) / 3;
        let (group, text) = match body.strip_prefix("*(").and_then(|rest| rest.split_once(") ")) {
            Some((group, text)) => (group.parse().ok(), text),
            None => (None, body),
        };
        path.retain(|place| nodes[*place].depth < depth);
        let at = nodes.len();
        if let Some(parent) = path.last() {
            nodes[*parent].children.push(at);
        } else if at > 0 {
            // A second root would be a line that does not belong to the tree.
            continue;
        }
        nodes.push(Node { depth, group, text: text.to_owned(), children: Vec::new(), shuffle: None });
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
    for node in nodes.iter() {
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
    if !nodes[at].text.starts_with("Exchange ") {
        return below;
    }
    exchanges.push((below + 1, at));
    below + 1
}

/// One node with what is below it. `part` is the shuffle that the part around it writes.
fn tree(nodes: &[Node], at: usize, above: Option<u32>, part: Option<ShuffleId>, query: QueryId) -> Value {
    let node = &nodes[at];
    let below = if node.text.starts_with("Exchange ") { node.shuffle } else { part };
    let children: Vec<Value> =
        node.children.iter().map(|child| tree(nodes, *child, node.group, below, query)).collect();
    let own = node_json(&name_of(&node.text), &node.text, metrics(node, part, query), children);
    match node.group {
        Some(group) if above != Some(group) => {
            let name = format!("WholeStageCodegen ({group})");
            node_json(&name, &name, Vec::new(), vec![own])
        }
        _ => own,
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
    fn exchanges_that_cannot_be_told_apart_count_nothing() {
        let mut lines = Vec::new();
        names(&of(PLAN, QueryId(0), &[ShuffleId(5)]), 0, &mut lines);
        assert!(lines.iter().all(|line| !line.contains("Exchange #")), "{lines:?}");
        of("", QueryId(0), &[]);
        of("   :  odd\nx", QueryId(0), &[]);
    }
}
