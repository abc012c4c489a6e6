//! Plan nodes in the words of the call that made them, for the eyes of someone who steps a script: no ids, nothing resolved.

use crate::common::text::plural;
use crate::logical::expr::{Expr, SortOrder};
use crate::logical::plan::{Grouping, JoinConstraint, LogicalPlan, Repartitioning};

/// Longest detail; a select list of two hundred columns says no more.
const DETAIL_MAX: usize = 160;

impl LogicalPlan {
    /// What the node does (`filter`) and with what (`(amount > 10)`); the second may be empty.
    #[must_use]
    pub fn step_words(&self) -> (&'static str, String) {
        let (does, mut with) = self.words();
        if let Some((cut, _)) = with.char_indices().nth(DETAIL_MAX) {
            with.truncate(cut);
            with.push('…');
        }
        (does, with)
    }

    fn words(&self) -> (&'static str, String) {
        match self {
            LogicalPlan::UnresolvedRelation { name } => ("table", name.join(".")),
            LogicalPlan::LocalRelation { batch, .. } => ("createDataFrame", plural(batch.num_rows() as u64, "row")),
            LogicalPlan::Range { start, end, step: 1, .. } => ("range", format!("{start} to {end}")),
            LogicalPlan::Range { start, end, step, .. } => ("range", format!("{start} to {end} by {step}")),
            LogicalPlan::OneRow => ("one row", String::new()),
            LogicalPlan::Scan(scan) => ("read", format!("{} {}", scan.format.name(), scan.paths.join(", "))),
            LogicalPlan::Cached { id, .. } => ("read", id.to_string()),
            LogicalPlan::Ran { .. } => ("read", "a plan that ran".to_owned()),
            LogicalPlan::Checkpoint { .. } => ("read", "a checkpoint".to_owned()),
            LogicalPlan::UnionLoop { name, .. } => ("with recursive", name.clone()),
            LogicalPlan::UnionLoopRef { .. } => ("read", "the rows of the round before".to_owned()),
            LogicalPlan::SubqueryAlias { name, .. } => ("alias", name.clone()),
            LogicalPlan::With { definitions, .. } => {
                ("with", definitions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "))
            }
            LogicalPlan::Project { exprs, .. } => ("select", names(exprs)),
            LogicalPlan::WithColumns { columns, .. } => {
                let columns = columns.iter().map(|(name, expr)| format!("{name} = {}", expr.pretty_name()));
                ("withColumn", columns.collect::<Vec<_>>().join(", "))
            }
            LogicalPlan::WithColumnsRenamed { names, .. } => {
                let names = names.iter().map(|(from, to)| format!("{from} to {to}"));
                ("withColumnRenamed", names.collect::<Vec<_>>().join(", "))
            }
            LogicalPlan::DropColumns { columns, .. } => ("drop", names(columns)),
            LogicalPlan::Filter { condition, .. } => ("filter", condition.pretty_name()),
            LogicalPlan::Aggregate { grouping, outputs, .. } => aggregate(grouping, outputs),
            LogicalPlan::Pivot { grouping, column, aggregates, .. } => {
                ("pivot", format!("{} by {}: {}", column.pretty_name(), names(grouping), names(aggregates)))
            }
            LogicalPlan::Unpivot { ids, values, .. } => ("unpivot", format!("{} by {}", names(values), names(ids))),
            LogicalPlan::Expand { projections, .. } => ("expand", format!("{} rows for each", projections.len())),
            LogicalPlan::Window { functions, .. } => ("window", names(functions)),
            LogicalPlan::WindowGroupLimit { limit, .. } => ("first of each group", limit.to_string()),
            LogicalPlan::Generate { generator, .. } => ("generate", generator.pretty_name()),
            LogicalPlan::Sort { order, global: true, .. } => ("orderBy", orders(order)),
            LogicalPlan::Sort { order, .. } => ("sortWithinPartitions", orders(order)),
            LogicalPlan::Limit { count, .. } | LogicalPlan::LocalLimit { count, .. } => ("limit", count.to_string()),
            LogicalPlan::Offset { count, .. } => ("offset", count.to_string()),
            LogicalPlan::Tail { count, .. } => ("tail", count.to_string()),
            LogicalPlan::Join { join_type, constraint, .. } => {
                ("join", format!("{}{}", join_type.name(), condition(constraint)))
            }
            LogicalPlan::Union { .. } => ("union", String::new()),
            LogicalPlan::Intersect { .. } => ("intersect", String::new()),
            LogicalPlan::Except { .. } => ("subtract", String::new()),
            LogicalPlan::Distinct { .. } => ("distinct", String::new()),
            LogicalPlan::Deduplicate { keys, .. } => ("dropDuplicates", names(keys)),
            LogicalPlan::Repartition { target, .. } => repartition(target),
            LogicalPlan::Sample { fraction, .. } => ("sample", fraction.to_string()),
            LogicalPlan::Hint { name, .. } => ("hint", name.clone()),
            LogicalPlan::MapPartitions { function, .. } => ("map partitions", function.name().to_owned()),
            LogicalPlan::Write { target, .. } => ("write", target.path.clone()),
        }
    }
}

fn names(exprs: &[Expr]) -> String {
    exprs.iter().map(Expr::pretty_name).collect::<Vec<_>>().join(", ")
}

fn orders(order: &[SortOrder]) -> String {
    let key = |order: &SortOrder| order.child.pretty_name() + if order.ascending { "" } else { " desc" };
    order.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn aggregate(grouping: &Grouping, outputs: &[Expr]) -> (&'static str, String) {
    let (Grouping::By(by) | Grouping::Rollup(by) | Grouping::Cube(by) | Grouping::Sets { by, .. }) = grouping;
    // The keys are among the outputs too.
    let made: Vec<String> = outputs.iter().filter(|output| !by.contains(output)).map(Expr::pretty_name).collect();
    match by.as_slice() {
        [] => ("aggregate", made.join(", ")),
        by => ("groupBy", format!("{}: {}", names(by), made.join(", "))),
    }
}

fn condition(constraint: &JoinConstraint) -> String {
    match constraint {
        JoinConstraint::None => String::new(),
        JoinConstraint::On(condition) => format!(" on {}", condition.pretty_name()),
        JoinConstraint::Using(keys) => format!(" on {}", keys.join(", ")),
        JoinConstraint::Natural => " on all common columns".to_owned(),
        JoinConstraint::Lateral(None) => " lateral".to_owned(),
        JoinConstraint::Lateral(Some(condition)) => format!(" lateral on {}", condition.pretty_name()),
    }
}

fn repartition(target: &Repartitioning) -> (&'static str, String) {
    let number = |count: &Option<usize>| count.map_or_else(String::new, |count| format!(" into {count}"));
    match target {
        Repartitioning::RoundRobin { count, .. } => ("repartition", format!("into {count}")),
        Repartitioning::Coalesce { count } => ("coalesce", format!("into {count}")),
        Repartitioning::Hash { by, count } => ("repartition", format!("by {}{}", names(by), number(count))),
        Repartitioning::Range { by, count } => ("repartitionByRange", format!("by {}{}", orders(by), number(count))),
        Repartitioning::Index { by, count } => ("repartitionById", format!("by {} into {count}", by.pretty_name())),
        Repartitioning::Rebalance { by } => ("rebalance", names(by)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::expr::BinaryOp;
    use std::sync::Arc;

    fn rows() -> Arc<LogicalPlan> {
        Arc::new(LogicalPlan::Range { start: 0, end: 100, step: 1, partitions: None, output: Vec::new() })
    }

    #[test]
    fn a_node_is_told_as_it_was_written() {
        let condition = Expr::binary(BinaryOp::Gt, Expr::column("amount"), Expr::int(10));
        let filter = LogicalPlan::Filter { condition, input: rows() };
        assert_eq!(filter.step_words(), ("filter", "(amount > 10)".to_owned()));
        assert_eq!(rows().step_words(), ("range", "0 to 100".to_owned()));
        let outputs = vec![Expr::column("k"), Expr::call("sum", vec![Expr::column("v")])];
        let grouping = Grouping::By(vec![Expr::column("k")]);
        let grouped = LogicalPlan::Aggregate { grouping, outputs, input: rows() };
        assert_eq!(grouped.step_words(), ("groupBy", "k: sum(v)".to_owned()));
    }

    #[test]
    fn a_long_list_is_cut_between_characters() {
        let exprs = (0..200).map(|at| Expr::column(&format!("größe_{at}"))).collect();
        let (_, detail) = LogicalPlan::Project { exprs, input: rows() }.step_words();
        assert_eq!(detail.chars().count(), DETAIL_MAX + 1);
    }
}
