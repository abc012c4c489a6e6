//! `explain("formatted")`: a tree of numbered names, then every operator with its inputs and arguments.

use super::line::{self, ScanText};
use super::{PlanState, is_broadcast_join, partitioning_text};
use crate::logical::Expr;
use crate::physical::plan::PhysicalPlan;
use std::fmt::Write;
use std::sync::Arc;

/// What `df.explain("formatted")` gives.
#[must_use]
pub fn formatted(plan: &Arc<PhysicalPlan>, state: PlanState) -> String {
    let mut numbered = Vec::new();
    let mut tree = Vec::new();
    let is_adaptive = state != PlanState::Static && crate::physical::adaptive::is_adaptive(plan);
    let depth = usize::from(is_adaptive);
    number(plan, depth, &mut numbered, &mut tree);
    let mut text = String::from("== Physical Plan ==\n");
    if is_adaptive {
        let _ = writeln!(text, "AdaptiveSparkPlan ({})", numbered.len() + 1);
    }
    let order: Vec<&Row> = tree.iter().rev().collect();
    for (i, row) in order.iter().enumerate() {
        let _ = writeln!(text, "{}{} ({})", prefix(&order, i), line::name(row.plan), row.number);
    }
    text.push_str("\n\n");
    for (i, node) in numbered.iter().enumerate() {
        let _ = writeln!(text, "({}) {}{}\n", i + 1, line::name(node), details(node));
    }
    if is_adaptive {
        let output = line::columns(&plan.output());
        let is_final = state == PlanState::Final;
        let count = plan.output().len();
        let _ = writeln!(
            text,
            "({}) AdaptiveSparkPlan\nOutput [{count}]: {output}\nArguments: isFinalPlan={is_final}\n",
            numbered.len() + 1
        );
    }
    text
}

/// A line of the tree: rows are collected last child first, so that reading them backwards gives the drawing.
struct Row<'a> {
    plan: &'a PhysicalPlan,
    number: usize,
    depth: usize,
}

fn number<'a>(plan: &'a PhysicalPlan, depth: usize, numbered: &mut Vec<&'a PhysicalPlan>, tree: &mut Vec<Row<'a>>) {
    let children = below(plan);
    let mut parts = Vec::new();
    for child in children {
        let mut part = Vec::new();
        number(child, depth + 1, numbered, &mut part);
        parts.push(part);
    }
    numbered.push(plan);
    for part in parts.into_iter().rev() {
        tree.extend(part);
    }
    tree.push(Row { plan, number: numbered.len(), depth });
}

fn below(plan: &PhysicalPlan) -> Vec<&Arc<PhysicalPlan>> {
    match plan {
        PhysicalPlan::ShuffleRead { exchange, .. } | PhysicalPlan::BroadcastRead { exchange, .. } => vec![exchange],
        other => other.children(),
    }
}

fn prefix(rows: &[&Row<'_>], at: usize) -> String {
    let depth = rows[at].depth;
    if depth == 0 {
        return String::new();
    }
    // A branch is open at a depth when a later row comes back to it before the tree leaves it.
    let is_open =
        |level: usize| rows[at + 1..].iter().take_while(|row| row.depth >= level).any(|row| row.depth == level);
    let mut text = String::new();
    for level in 1..depth {
        text.push_str(if is_open(level) { ":  " } else { "   " });
    }
    text.push_str(if is_open(depth) { ":- " } else { "+- " });
    text
}

fn details(plan: &PhysicalPlan) -> String {
    let output = plan.output();
    let out = || format!("\nOutput [{}]: {}", output.len(), line::columns(&output));
    let inputs: Vec<String> = plan
        .children()
        .iter()
        .map(|child| {
            let columns = child.output();
            format!("\nInput [{}]: {}", columns.len(), line::columns(&columns))
        })
        .collect();
    let input = inputs.first().cloned().unwrap_or_default();
    match plan {
        PhysicalPlan::FileScan(scan) => {
            let text = ScanText::of(&scan.scan);
            let mut lines = format!(
                "{}\nBatched: {}\nLocation: InMemoryFileIndex [{}]",
                out(),
                text.batched,
                text.paths.join(", ")
            );
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
        PhysicalPlan::Project { exprs, .. } => {
            format!("\nOutput [{}]: {}{input}", exprs.len(), line::exprs(exprs))
        }
        PhysicalPlan::Aggregate { mode, grouping, aggregates, outputs, input: below, .. } => {
            let functions: Vec<String> = aggregates.iter().map(|one| line::function(*mode, one, below)).collect();
            let results = if outputs.is_empty() { line::columns(&output) } else { line::exprs(outputs) };
            let count = output.len();
            format!(
                "{input}\nKeys [{}]: {}\nFunctions [{}]: [{}]\nAggregate Attributes [{}]: {}\nResults [{count}]: {results}",
                grouping.len(),
                line::exprs(grouping),
                functions.len(),
                functions.join(", "),
                aggregates.len(),
                line::columns(&aggregates.iter().map(|one| one.result.clone()).collect::<Vec<_>>()),
            )
        }
        PhysicalPlan::Join { algorithm, join_type, left_keys, right_keys, condition, .. } => {
            let condition = condition.as_ref().map_or_else(|| "None".to_owned(), Expr::plan_text);
            let keys = if is_broadcast_join(*algorithm) && left_keys.is_empty() {
                String::new()
            } else {
                format!(
                    "\nLeft keys [{}]: {}\nRight keys [{}]: {}",
                    left_keys.len(),
                    line::exprs(left_keys),
                    right_keys.len(),
                    line::exprs(right_keys)
                )
            };
            format!("{keys}\nJoin type: {}\nJoin condition: {condition}", join_type.name())
        }
        PhysicalPlan::ShuffleExchange { partitioning, .. } => {
            format!("{input}\nArguments: {}", partitioning_text(partitioning))
        }
        PhysicalPlan::LocalTableScan { .. } | PhysicalPlan::OneRow | PhysicalPlan::Range { .. } => out(),
        PhysicalPlan::InMemoryTableScan { .. } => out(),
        PhysicalPlan::ShuffleRead { .. } | PhysicalPlan::BroadcastRead { .. } => out(),
        other => {
            let full = line::line(other);
            let arguments = full.split_once(' ').map_or("", |(_, arguments)| arguments).to_owned();
            if arguments.is_empty() { input } else { format!("{input}\nArguments: {arguments}") }
        }
    }
}
