//! Counts once where counts of groups are summed up.
//!
//! Purpose: the rows are grouped and shuffled once instead of twice.
//! Before/after: `Aggregate [sum(n)] (Aggregate k [count(1) AS n] (t))` → `Aggregate [sum(1)] (t)`, also with keys that are keys below.
//! Must not: touch an inner aggregation without keys, which counts nothing as one zero, or one that computes more than counts of all rows.
//! Hard case: only sums may stand above; the number of groups is lost. Spark does this while it pushes aggregations into sources, hence the name.

use super::OptimizerContext;
use crate::logical::expr::AggregateCall;
use crate::logical::plan::Grouping;
use crate::logical::rewrite::{definitions, substitute};
use crate::logical::{Expr, LogicalPlan, Scalar};
use std::sync::Arc;

pub(super) const NAME: &str = "V2ScanRelationPushDown";
pub(super) const WHY: &str = "a sum of the groups' counts is a count of the rows";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input } = &**node else { return None };
        let LogicalPlan::Aggregate { grouping: Grouping::By(keys), outputs: counts, input: rows } = &**input else {
            return None;
        };
        let known = definitions(counts);
        let is_count = |id| known.get(&id).is_some_and(counts_rows);
        let only_counts = known.values().all(|value| counts_rows(value) || !value.any(is_aggregate));
        let sums_one = |call: &AggregateCall| {
            let is_plain = call.function.name == "sum" && !call.distinct && call.filter.is_none();
            is_plain && matches!(call.args.as_slice(), [Expr::Attribute(column)] if is_count(column.id))
        };
        let mut calls = Vec::new();
        for output in outputs {
            collect(output, &mut calls);
        }
        let is_summed = !calls.is_empty() && calls.iter().all(|call| sums_one(call));
        let is_grouped_above =
            by.iter().any(|key| key.any(|part| matches!(part, Expr::Attribute(c) if is_count(c.id))));
        if keys.is_empty() || !only_counts || !is_summed || is_grouped_above {
            return None;
        }
        // A summed count is a sum of ones; a key is what it was below.
        let ones = known.iter().map(|(id, value)| (*id, if counts_rows(value) { Expr::int(1) } else { value.clone() }));
        let ones = ones.collect();
        Some(LogicalPlan::Aggregate {
            grouping: Grouping::By(by.iter().map(|key| substitute(key.clone(), &ones)).collect()),
            outputs: outputs.iter().map(|output| kept(output, &ones)).collect(),
            input: rows.clone(),
        })
    })
}

/// The output over the rows below, under the name and id it had.
fn kept(output: &Expr, by: &std::collections::BTreeMap<crate::common::ids::ExprId, Expr>) -> Expr {
    match (output, substitute(output.clone(), by)) {
        (Expr::Attribute(column), changed) if changed.to_attribute().is_none_or(|now| now.id != column.id) => {
            Expr::Alias { child: Box::new(changed), name: column.name.clone(), id: column.id, metadata: None }
        }
        (_, changed) => changed,
    }
}

fn is_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Aggregate(_))
}

/// `count(1)`, which counts every row.
fn counts_rows(expr: &Expr) -> bool {
    let Expr::Aggregate(call) = expr else { return false };
    let counts_all = call.args.iter().all(|arg| matches!(arg, Expr::Literal(value, _) if *value != Scalar::Null));
    call.function.name == "count" && !call.distinct && call.filter.is_none() && counts_all
}

fn collect<'a>(expr: &'a Expr, calls: &mut Vec<&'a AggregateCall>) {
    match expr {
        Expr::Aggregate(call) => calls.push(call),
        other => {
            for child in other.children() {
                collect(child, calls);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::functions::{Definition, lookup};
    use crate::logical::{Attribute, DataType};

    fn call(function: &str, arg: Expr) -> Expr {
        let Some(Definition::Aggregate(function)) = lookup(function) else { panic!("no aggregate {function}") };
        Expr::Aggregate(AggregateCall {
            function,
            args: vec![arg],
            distinct: false,
            filter: None,
            ignore_nulls: false,
            data_type: DataType::Long,
            nullable: true,
        })
    }

    fn grouped(input: &Arc<LogicalPlan>, by: &[&str], value: Expr, id: u64) -> Arc<LogicalPlan> {
        let keys: Vec<Expr> = by.iter().map(|key| expr(key, &[input])).collect();
        let value = Expr::Alias { child: Box::new(value), name: "n".to_owned(), id: ExprId(id), metadata: None };
        let outputs = keys.iter().cloned().chain([value]).collect();
        Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(keys), outputs, input: input.clone() })
    }

    fn n() -> Expr {
        Expr::Attribute(Attribute::new("n", ExprId(50), DataType::Long, false))
    }

    fn counted(by: &[&str]) -> Arc<LogicalPlan> {
        grouped(&table(1, "ab"), by, call("count", Expr::int(1)), 50)
    }

    #[test]
    fn counts_of_groups_are_counted_at_once() {
        let after = check(apply, &grouped(&counted(&["a", "b"]), &["a"], call("sum", n()), 60));
        let LogicalPlan::Aggregate { input, outputs, .. } = &*after else { panic!("{after:?}") };
        assert!(matches!(**input, LogicalPlan::LocalRelation { .. }));
        assert_eq!(outputs[1].to_attribute().map(|column| column.id), Some(ExprId(60)));
        assert!(outputs[1].any(|part| *part == Expr::int(1)));
    }

    #[test]
    fn other_functions_and_counts_without_keys_stay() {
        unchanged(apply, &grouped(&counted(&["a"]), &[], call("max", n()), 60));
        unchanged(apply, &grouped(&counted(&["a"]), &["n"], call("sum", n()), 60));
        unchanged(apply, &grouped(&counted(&[]), &[], call("sum", n()), 60));
        let of_values = grouped(&table(1, "ab"), &["a"], call("count", expr("b", &[&table(1, "ab")])), 50);
        unchanged(apply, &grouped(&of_values, &[], call("sum", n()), 60));
    }
}
