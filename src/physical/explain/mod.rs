//! Plans as text, in Spark's spelling: what `df.explain(…)` prints.
//!
//! `line` writes one operator, `filters` the conditions that a scan may use, `codegen` numbers the `*(n)` groups, `formatted` the long
//! form. This file draws trees.
//!
//! **Simplified:** the numbers after `plan_id=` count the exchanges of one plan; lists of more than 25 columns are written in full.

mod codegen;
mod filters;
mod formatted;
mod line;

use super::plan::{AggregateStyle, JoinAlgorithm, Partitioning, PhysicalPlan};
use super::statistics;
use crate::logical::LogicalPlan;
use std::fmt::Write;
use std::sync::Arc;

pub use formatted::formatted;

/// In which state a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanState {
    /// Adaptive execution is off.
    Static,
    /// Adaptive execution is on and has not begun, or is under way.
    Adaptive,
    /// Adaptive execution has ended.
    Final,
}

/// What `df.explain()` gives: the physical plan, ended by an empty line.
#[must_use]
pub fn simple(plan: &Arc<PhysicalPlan>, state: PlanState) -> String {
    format!("== Physical Plan ==\n{}\n", tree(plan, state))
}

/// What `df.explain(True)` gives: the plan as written, analyzed, optimized, physical.
#[must_use]
pub fn extended(
    parsed: &Arc<LogicalPlan>,
    analyzed: &Arc<LogicalPlan>,
    optimized: &Arc<LogicalPlan>,
    physical: &Arc<PhysicalPlan>,
    state: PlanState,
) -> String {
    let columns: Vec<String> = analyzed
        .output()
        .iter()
        .map(|column| format!("{}: {}", column.name, column.data_type.simple_string()))
        .collect();
    format!(
        "== Parsed Logical Plan ==\n{}\n== Analyzed Logical Plan ==\n{}\n{}\n== Optimized Logical Plan ==\n{}\n{}",
        parsed.tree_string(),
        columns.join(", "),
        analyzed.tree_string(),
        optimized.tree_string(),
        simple(physical, state).trim_end_matches('\n').to_owned() + "\n"
    )
}

/// What `df.explain("cost")` gives: the optimized plan, with the sizes of the files it reads, and the physical plan.
#[must_use]
pub fn cost(optimized: &Arc<LogicalPlan>, physical: &Arc<PhysicalPlan>, state: PlanState) -> String {
    let mut sizes = Vec::new();
    optimized.visit(&mut |node| {
        let bytes = u64::try_from(statistics::estimate(node)).unwrap_or(u64::MAX);
        let times = if matches!(node, LogicalPlan::Limit { .. }) { 2 } else { 1 };
        (0..times).for_each(|_| sizes.push(crate::common::text::bytes(bytes)));
    });
    let mut lines = String::new();
    for (line, size) in optimized.tree_string().lines().zip(&sizes) {
        let _ = writeln!(lines, "{line}, Statistics(sizeInBytes={size})");
    }
    format!("== Optimized Logical Plan ==\n{lines}\n{}", simple(physical, state))
}

/// One line of a drawn plan.
struct Drawn {
    text: String,
    inputs: Vec<Drawn>,
}

fn tree(plan: &Arc<PhysicalPlan>, state: PlanState) -> String {
    let mut ids = PlanIds::default();
    let groups = if state == PlanState::Adaptive { codegen::Groups::default() } else { codegen::Groups::of(plan) };
    let drawn = draw(plan, &groups, &mut ids);
    let mut text = String::new();
    match state {
        PlanState::Adaptive if super::adaptive::is_adaptive(plan) => {
            let root = Drawn { text: "AdaptiveSparkPlan isFinalPlan=false".to_owned(), inputs: vec![drawn] };
            write_tree(&root, &mut text, &mut Vec::new());
        }
        PlanState::Final if super::adaptive::is_adaptive(plan) => {
            text.push_str("AdaptiveSparkPlan isFinalPlan=true\n+- == Final Plan ==\n");
            let mut below = String::new();
            write_tree(&drawn, &mut below, &mut Vec::new());
            for line in below.lines() {
                let _ = writeln!(text, "   {line}");
            }
        }
        PlanState::Adaptive | PlanState::Static | PlanState::Final => {
            // A plan without exchanges is never adaptive: it is shown as it runs.
            let groups = codegen::Groups::of(plan);
            write_tree(&draw(plan, &groups, &mut PlanIds::default()), &mut text, &mut Vec::new());
        }
    }
    text
}

/// Numbers for `plan_id=`.
#[derive(Default)]
struct PlanIds(u32);

impl PlanIds {
    fn next(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

fn draw(plan: &Arc<PhysicalPlan>, groups: &codegen::Groups, ids: &mut PlanIds) -> Drawn {
    let star = groups.star(plan);
    match &**plan {
        PhysicalPlan::InMemoryTableScan { stored, plan: lineage, .. } => {
            let relation = Drawn { text: line::cached_relation(stored), inputs: vec![draw(lineage, groups, ids)] };
            Drawn { text: line::line(plan), inputs: vec![relation] }
        }
        PhysicalPlan::ShuffleRead { shuffle, exchange, slices } => {
            let below = draw(exchange, groups, ids);
            let stage = Drawn { text: format!("ShuffleQueryStage {}", shuffle.0), inputs: vec![below] };
            match slices {
                Some(slices) => Drawn { text: line::read(slices), inputs: vec![stage] },
                None => stage,
            }
        }
        PhysicalPlan::BroadcastRead { broadcast, exchange } => {
            let below = draw(exchange, groups, ids);
            Drawn { text: format!("BroadcastQueryStage {}", broadcast.0), inputs: vec![below] }
        }
        PhysicalPlan::Join { algorithm, left_keys, right_keys, left, right, .. } => {
            let side = |side: &Arc<PhysicalPlan>, keys, ids: &mut PlanIds| match &**side {
                PhysicalPlan::BroadcastExchange { input } => {
                    let below = draw(input, groups, ids);
                    let mode = line::broadcast_mode(*algorithm, keys, input);
                    Drawn { text: format!("BroadcastExchange {mode}, [plan_id={}]", ids.next()), inputs: vec![below] }
                }
                _ => draw(side, groups, ids),
            };
            let inputs = vec![side(left, left_keys, ids), side(right, right_keys, ids)];
            Drawn { text: star + &line::line(plan), inputs }
        }
        PhysicalPlan::ShuffleExchange { partitioning, origin, input } => {
            let below = draw(input, groups, ids);
            let text = line::exchange(partitioning, *origin, ids.next());
            Drawn { text, inputs: vec![below] }
        }
        PhysicalPlan::Aggregate { style: AggregateStyle::Sort, grouping, input, .. } if !grouping.is_empty() => {
            // Spark sorts by the keys first; our operator hashes, and the line says what Spark would do.
            let below = draw(input, groups, ids);
            let sort = Drawn { text: format!("{star}{}", line::sort_for(grouping)), inputs: vec![below] };
            Drawn { text: line::line(plan), inputs: vec![sort] }
        }
        _ => {
            let inputs = plan.children().into_iter().map(|child| draw(child, groups, ids)).collect();
            Drawn { text: star + &line::line(plan), inputs }
        }
    }
}

fn write_tree(node: &Drawn, text: &mut String, last: &mut Vec<bool>) {
    if let Some((own, above)) = last.split_last() {
        for done in above {
            text.push_str(if *done { "   " } else { ":  " });
        }
        text.push_str(if *own { "+- " } else { ":- " });
    }
    text.push_str(&node.text);
    text.push('\n');
    for (i, input) in node.inputs.iter().enumerate() {
        last.push(i + 1 == node.inputs.len());
        write_tree(input, text, last);
        last.pop();
    }
}

/// Whether a join holds one side in memory as a broadcast.
fn is_broadcast_join(algorithm: JoinAlgorithm) -> bool {
    matches!(algorithm, JoinAlgorithm::BroadcastHash { .. } | JoinAlgorithm::BroadcastNestedLoop { .. })
}

/// `hashpartitioning(city#1, 4)`.
fn partitioning_text(partitioning: &Partitioning) -> String {
    line::partitioning(partitioning)
}

#[cfg(test)]
mod tests;
