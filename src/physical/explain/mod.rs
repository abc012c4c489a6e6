//! Plans as text, in Spark's spelling: what `df.explain(…)` prints.
//!
//! `shown` makes the nodes that Spark shows, `codegen` numbers the `*(n)` groups, `python` parts off Python functions, `line` writes one node, `filters` the conditions that a
//! scan may use, `formatted` the long form. This file draws trees.
//!
//! A plan that has run is shown twice: as it ran in the end, and as it was planned at first.
//!
//! **Simplified:** the long form shows the first plan only; empty relations that adaptive execution finds stay operators; the numbers after `plan_id=` count the exchanges of one plan; lists of more than 25 columns are written in full.

mod codegen;
mod filters;
mod formatted;
mod line;
mod python;
mod shown;
mod stages;

use self::shown::{Shown, What};
use super::plan::{PhysicalPlan, RanPlan};
use super::statistics;
use crate::logical::LogicalPlan;
use crate::logical::display::push_indent;
use std::fmt::Write;
use std::sync::Arc;

pub use filters::is_source_filter;
pub use formatted::formatted;
pub use line::line;
pub use shown::is_adaptive;

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
    Tree { is_verbose, indent: 0, text: String::new() }.of(&Shown::root(plan, state))
}

fn ran_tree(ran: &RanPlan, is_verbose: bool) -> String {
    Tree { is_verbose, indent: 0, text: String::new() }.of(&Shown::ran(ran))
}

/// Draws a tree.
struct Tree {
    is_verbose: bool,
    /// How far everything stands to the right: a plan below a heading is a tree of its own.
    indent: usize,
    text: String,
}

impl Tree {
    fn of(mut self, root: &Shown<'_>) -> String {
        self.node(root, &mut Vec::new());
        self.text
    }

    /// Writes a node and those below. `last` says for each node above, and for this one, whether it is the last input of its parent.
    fn node(&mut self, node: &Shown<'_>, last: &mut Vec<bool>) {
        self.text.push_str(&"   ".repeat(self.indent));
        push_indent(&mut self.text, last);
        if let Some(group) = node.codegen {
            let _ = write!(self.text, "*({group}) ");
        }
        let _ = writeln!(self.text, "{}", line::shown(node, self.is_verbose));
        if let What::Final = node.what {
            node.inputs.iter().for_each(|part| self.part(part, last.len()));
            return;
        }
        let before = last.len();
        if node.is_inner {
            last.push(true);
        }
        let inputs = node.shown_inputs();
        for (i, input) in inputs.iter().enumerate() {
            last.push(i + 1 == inputs.len());
            self.node(input, last);
            last.pop();
        }
        last.truncate(before);
    }

    /// One of the two plans of a plan that has run. As in Spark it stands as far to the right as the node above lies deep in its own
    /// tree, wherever that tree stands.
    fn part(&mut self, heading: &Shown<'_>, depth: usize) {
        let _ = writeln!(self.text, "{}+- {}", "   ".repeat(depth), line::shown(heading, self.is_verbose));
        let outside = std::mem::replace(&mut self.indent, depth + 1);
        heading.inputs.iter().for_each(|plan| self.node(plan, &mut Vec::new()));
        self.indent = outside;
    }
}

#[cfg(test)]
mod tests;
