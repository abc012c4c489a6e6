//! `explain("formatted")`: a tree of numbered names, then every operator with its inputs and arguments.

use super::PlanState;
use super::line::{self, ScanText};
use super::shown::{Shown, What};
use crate::logical::display::push_indent;
use crate::logical::{Attribute, Expr};
use crate::physical::plan::{AggregateMode, JoinAlgorithm, PhysicalPlan};
use std::fmt::Write;
use std::sync::Arc;

/// What `df.explain("formatted")` gives.
#[must_use]
pub fn formatted(plan: &Arc<PhysicalPlan>, state: PlanState) -> String {
    let root = Shown::root(plan, state);
    let mut writer = Writer { tree: Vec::new(), details: Vec::new(), exchanges: Vec::new() };
    writer.node(&root, &mut Vec::new());
    let mut text = String::from("== Physical Plan ==\n");
    for line in &writer.tree {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("\n\n");
    for details in &writer.details {
        let _ = writeln!(text, "{details}\n");
    }
    text
}

struct Writer {
    tree: Vec<String>,
    details: Vec<String>,
    /// The lines of exchanges, with their numbers.
    exchanges: Vec<(String, usize)>,
}

impl Writer {
    /// Writes the node's line above those of its inputs, and its details behind theirs.
    fn node(&mut self, node: &Shown<'_>, last: &mut Vec<bool>) {
        let mut prefix = String::new();
        push_indent(&mut prefix, last);
        let at = self.tree.len();
        self.tree.push(String::new());
        if node.is_inner {
            // A cache comes before what filled it.
            self.tell(node);
        }
        let own = self.details.len();
        let before = last.len();
        if node.is_inner {
            last.push(true);
        }
        let inputs = match (&node.what, node.inputs.last()) {
            (What::Final, Some(first_plan)) => first_plan.shown_inputs(),
            _ => node.shown_inputs(),
        };
        for (i, input) in inputs.iter().enumerate() {
            last.push(i + 1 == inputs.len());
            self.node(input, last);
            last.pop();
        }
        last.truncate(before);
        if !node.is_inner {
            self.tell(node);
        }
        let number = if node.is_inner { own } else { self.details.len() };
        let star = if node.codegen.is_some() { "* " } else { "" };
        self.tree[at] = format!("{prefix}{star}{} ({number})", line::names(node).0);
    }

    /// Writes the node's details under the next number.
    fn tell(&mut self, node: &Shown<'_>) {
        let number = self.details.len() + 1;
        if matches!(node.what, What::Exchange { .. } | What::Broadcast { .. }) {
            self.exchanges.push((line::shown(node, false), number));
        }
        let reused = match &node.what {
            What::Reused(exchange) => {
                self.exchanges.iter().find(|(line, _)| line == exchange).map(|(_, number)| *number)
            }
            _ => None,
        };
        self.details.push(details(node, number, reused));
    }
}

/// `Keys [2]: [a#1, b#2]`, or `Keys: []`.
fn field(name: &str, values: &[String]) -> String {
    match values.len() {
        0 => format!("\n{name}: []"),
        count => format!("\n{name} [{count}]: [{}]", values.join(", ")),
    }
}

fn columns(name: &str, columns: &[Attribute]) -> String {
    field(name, &columns.iter().map(Attribute::plan_text).collect::<Vec<_>>())
}

fn exprs(name: &str, list: &[Expr]) -> String {
    field(name, &list.iter().map(Expr::plan_text).collect::<Vec<_>>())
}

fn details(node: &Shown<'_>, number: usize, reused: Option<usize>) -> String {
    let group = node.codegen.map_or_else(String::new, |group| format!(" [codegen id : {group}]"));
    let reuses = reused.map_or_else(String::new, |other| format!(" [Reuses operator id: {other}]"));
    let mut text = format!("({number}) {}{group}{reuses}", line::names(node).1);
    let output = || columns("Output", &node.output);
    let input = || node.inputs.first().map_or_else(String::new, |input| columns("Input", &input.output));
    text += &match &node.what {
        What::Operator(plan) => operator(plan, node, &input(), &output()),
        What::Made(plan) => operator(plan, node, &input(), &output()),
        What::Python(text) => {
            format!("{}\nArguments: {}", input(), text.split_once(' ').map_or("", |(_, arguments)| arguments))
        }
        What::Adaptive => format!("{}\nArguments: isFinalPlan=false", output()),
        What::Final => format!("{}\nArguments: isFinalPlan=true", output()),
        What::Heading(_) => String::new(),
        What::ColumnarToRow => input(),
        What::KeySort(order) => format!("{}\nArguments: {}, false, 0", input(), line::orders(order)),
        What::Exchange { plan, id } => format!("{}\nArguments: {}", input(), line::exchange(plan, *id)),
        What::Broadcast { mode, id } => format!("{}\nArguments: {mode}, [plan_id={id}]", input()),
        What::Reused(_) => output(),
        What::QueryStage(stage) => {
            format!("{}\nArguments: {}", output(), stage.split_once(' ').map_or("", |(_, arguments)| arguments))
        }
        What::CacheScan { output: read, filters } => {
            format!("{}\nArguments: {}", output(), line::cache_scan(read, filters))
        }
        What::CacheRelation { stored, level } => format!("\nArguments: {}", line::cache_relation(stored, level)),
        What::Rdd => output(),
    };
    text
}

fn operator(plan: &PhysicalPlan, node: &Shown<'_>, input: &str, output: &str) -> String {
    match plan {
        PhysicalPlan::FileScan(scan) => {
            let text = ScanText::of(&scan.scan);
            let mut lines =
                format!("{output}\nBatched: {}\nLocation: InMemoryFileIndex [{}]", text.batched, text.paths.join(", "));
            for (name, value) in
                [("PartitionFilters", &text.partition_filters), ("PushedFilters", &text.pushed_filters)]
            {
                if value != "[]" {
                    let _ = write!(lines, "\n{name}: {value}");
                }
            }
            let _ = write!(lines, "\nReadSchema: {}", text.read_schema);
            lines
        }
        PhysicalPlan::Filter { condition, .. } => format!("{input}\nCondition : {}", condition.plan_text()),
        PhysicalPlan::Project { exprs: list, .. } => exprs("Output", list) + input,
        PhysicalPlan::Aggregate { mode, grouping, aggregates, outputs, input: below, .. } => {
            let functions: Vec<String> = aggregates.iter().map(|one| line::function(*mode, one, below)).collect();
            let has_distinct = aggregates.iter().any(|one| one.call.distinct);
            // Spark's plan of a distinct aggregation names results where others name buffers.
            let attributes: Vec<Attribute> = match mode {
                AggregateMode::Partial if !has_distinct => {
                    aggregates.iter().flat_map(|one| one.buffers.clone()).collect()
                }
                _ => aggregates.iter().map(|one| one.result.clone()).collect(),
            };
            let results = if outputs.is_empty() { columns("Results", &node.output) } else { exprs("Results", outputs) };
            let (keys, functions) = (exprs("Keys", grouping), field("Functions", &functions));
            format!("{input}{keys}{functions}{}{results}", columns("Aggregate Attributes", &attributes))
        }
        PhysicalPlan::Join { algorithm, join_type, left_keys, right_keys, condition, .. } => {
            let condition = condition.as_ref().map_or_else(|| "None".to_owned(), Expr::plan_text);
            let has_keys = !matches!(algorithm, JoinAlgorithm::BroadcastNestedLoop { .. } | JoinAlgorithm::Cartesian);
            let keys =
                if has_keys { exprs("Left keys", left_keys) + &exprs("Right keys", right_keys) } else { String::new() };
            format!("{keys}\nJoin type: {}\nJoin condition: {condition}", join_type.name())
        }
        PhysicalPlan::LocalTableScan { is_local: true, .. } => {
            let line = line::line(plan);
            format!("{output}\nArguments: {}", line.split_once(' ').map_or("", |(_, arguments)| arguments))
        }
        PhysicalPlan::LocalTableScan { .. } | PhysicalPlan::OneRow => output.to_owned(),
        PhysicalPlan::Range { start, end, step, partitions, .. } => {
            format!("{output}\nArguments: Range ({start}, {end}, step={step}, splits=Some({partitions}))")
        }
        PhysicalPlan::Union { .. } => String::new(),
        PhysicalPlan::TakeOrderedAndProject { count, offset, order, outputs, .. } => {
            let offset = if *offset == 0 { String::new() } else { format!(", {offset}") };
            format!("{input}\nArguments: {count}, {}, {}{offset}", line::orders(order), line::exprs(outputs))
        }
        other => {
            let full = line::line(other);
            let arguments = full.split_once(' ').map_or("", |(_, arguments)| arguments);
            if arguments.is_empty() { input.to_owned() } else { format!("{input}\nArguments: {arguments}") }
        }
    }
}
