//! Plans as text, in Spark's spelling: what `df.explain(…)` prints.
//!
//! `shown` makes the nodes that Spark shows, `codegen` numbers the `*(n)` groups, `line` writes one node, `filters` the conditions that a
//! scan may use, `formatted` the long form. This file draws trees.
//!
//! A plan that has run is shown twice: as it ran in the end, and as it was planned at first.
//!
//! **Simplified:** the long form shows the first plan only; empty relations that adaptive execution finds stay operators; the numbers after `plan_id=` count the exchanges of one plan; lists of more than 25 columns are written in full.

mod codegen;
mod filters;
mod formatted;
mod line;
mod shown;
mod stages;

use self::shown::{Shown, What};
use super::plan::PhysicalPlan;
use super::statistics;
use crate::logical::LogicalPlan;
use crate::logical::display::push_indent;
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
}

/// What `df.explain()` gives: the physical plan, ended by an empty line.
#[must_use]
pub fn simple(plan: &Arc<PhysicalPlan>, state: PlanState) -> String {
    format!("== Physical Plan ==\n{}\n", tree(plan, state, false))
}

/// A plan that has run, with what adaptive execution made of it.
#[derive(Debug, Clone)]
pub struct RanPlan {
    pub initial: Arc<PhysicalPlan>,
    pub finished: Arc<PhysicalPlan>,
}

impl RanPlan {
    /// Whether it can be told apart from a plan that has not run: it is adaptive and reads no cache, which would show its own past.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        let mut reads_cache = false;
        self.finished.visit(&mut |node| reads_cache |= matches!(node, PhysicalPlan::InMemoryTableScan { .. }));
        super::adaptive::is_adaptive(&self.finished) && !reads_cache
    }
}

/// What `df.explain()` gives for a frame whose own plan has run.
#[must_use]
pub fn simple_ran(ran: &RanPlan) -> String {
    format!("== Physical Plan ==\n{}\n", ran_tree(ran, false))
}

/// What `df.explain(True)` gives: the plan as written, analyzed, optimized, physical.
#[must_use]
pub fn extended(
    parsed: &Arc<LogicalPlan>,
    analyzed: &Arc<LogicalPlan>,
    optimized: &Arc<LogicalPlan>,
    physical: &Arc<PhysicalPlan>,
    state: PlanState,
    ran: Option<&RanPlan>,
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
        format_args!(
            "== Physical Plan ==\n{}",
            ran.map_or_else(|| tree(physical, state, true), |ran| ran_tree(ran, true))
        )
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

fn tree(plan: &Arc<PhysicalPlan>, state: PlanState, is_verbose: bool) -> String {
    let mut text = String::new();
    write_tree(&Shown::root(plan, state), is_verbose, &mut text, &mut Vec::new());
    text
}

fn ran_tree(ran: &RanPlan, is_verbose: bool) -> String {
    let mut text = String::new();
    write_tree(&Shown::ran(&ran.initial, &ran.finished), is_verbose, &mut text, &mut Vec::new());
    text
}

fn write_tree(node: &Shown<'_>, is_verbose: bool, text: &mut String, last: &mut Vec<bool>) {
    push_indent(text, last);
    write_node(node, is_verbose, text, last);
}

fn write_node(node: &Shown<'_>, is_verbose: bool, text: &mut String, last: &mut Vec<bool>) {
    if let Some(group) = node.codegen {
        let _ = write!(text, "*({group}) ");
    }
    let _ = writeln!(text, "{}", line::shown(node, is_verbose));
    let before = last.len();
    if node.is_inner {
        last.push(true);
    }
    for (i, input) in node.inputs.iter().enumerate() {
        let stands_alone = matches!(input.what, What::Heading(_));
        last.push(stands_alone || i + 1 == node.inputs.len());
        if matches!(node.what, What::Heading(_)) {
            // A plan below its heading has no branch of its own.
            text.extend(last.iter().skip(1).map(|done| if *done { "   " } else { ":  " }));
            last.pop();
            write_node(input, is_verbose, text, last);
        } else {
            write_tree(input, is_verbose, text, last);
            last.pop();
        }
    }
    last.truncate(before);
}

#[cfg(test)]
mod tests;
