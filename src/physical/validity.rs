//! Finds the columns of a scan of which nobody asks more than whether they are null.
//!
//! ```text
//!   Aggregate sum(cast(isnull(a) AS int)), count(b), max(c)
//!     Filter isnotnull(d)                                      a, b, d: only whether there is a value
//!       FileScan a, b, c, d                                    c: the value
//! ```
//!
//! A reader may then give any value in place of one that is there. Goes through filters, projections and aggregations; every other
//! operator, and the root, takes the values of all its columns. A column that goes on under another name counts as asked for.

use super::plan::{AggregateMode, FileScanExec, PhysicalPlan};
use crate::common::ids::ExprId;
use crate::logical::Expr;
use crate::logical::expr::{AggregateCall, UnaryOp};
use crate::logical::rewrite;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Marks such columns in all scans of a plan.
#[must_use]
pub(super) fn mark(plan: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    below(plan, &ids(plan))
}

fn ids(plan: &PhysicalPlan) -> BTreeSet<ExprId> {
    plan.output().into_iter().map(|column| column.id).collect()
}

/// The plan, of whose output only these columns' values are asked for.
fn below(plan: &Arc<PhysicalPlan>, asked: &BTreeSet<ExprId>) -> Arc<PhysicalPlan> {
    if let PhysicalPlan::FileScan(scan) = plan.as_ref() {
        let validity_only: BTreeSet<ExprId> = ids(plan).difference(asked).copied().collect();
        if validity_only == scan.validity_only {
            return plan.clone();
        }
        return Arc::new(PhysicalPlan::FileScan(FileScanExec { validity_only, ..scan.clone() }));
    }
    plan.map_inputs(&mut |child| below(child, &asked_of(plan, child, asked)))
}

fn asked_of(plan: &PhysicalPlan, child: &PhysicalPlan, asked: &BTreeSet<ExprId>) -> BTreeSet<ExprId> {
    let mut found = BTreeSet::new();
    match plan {
        PhysicalPlan::Filter { condition, .. } => {
            found.clone_from(asked);
            collect(condition, &mut found);
        }
        PhysicalPlan::Project { exprs, .. } => {
            for expr in exprs {
                match expr {
                    Expr::Attribute(column) if !asked.contains(&column.id) => {}
                    other => collect(other, &mut found),
                }
            }
        }
        PhysicalPlan::Aggregate {
            mode: AggregateMode::Partial | AggregateMode::Complete,
            grouping,
            aggregates,
            ..
        } => {
            for key in grouping {
                collect(key, &mut found);
            }
            for aggregate in aggregates {
                call(&aggregate.call, &mut found);
            }
        }
        _ => return ids(child),
    }
    found
}

fn call(call: &AggregateCall, found: &mut BTreeSet<ExprId>) {
    let counts = call.function.name == "count" && !call.distinct;
    for arg in call.args.iter().filter(|arg| !(counts && matches!(arg, Expr::Attribute(_)))) {
        collect(arg, found);
    }
    if let Some(filter) = &call.filter {
        collect(filter, found);
    }
}

/// The columns whose values an expression reads.
fn collect(expr: &Expr, found: &mut BTreeSet<ExprId>) {
    match expr {
        Expr::Unary { op: UnaryOp::IsNull | UnaryOp::IsNotNull, child } if matches!(**child, Expr::Attribute(_)) => {}
        Expr::Attribute(column) => drop(found.insert(column.id)),
        subquery if subquery.subquery().is_some() => found.extend(rewrite::reads(subquery)),
        other => {
            for child in other.children() {
                collect(child, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::Attribute;
    use crate::logical::plan::{FileFormat, FileScan};
    use crate::logical::types::{DataType, StructType};

    fn column(id: u64) -> Expr {
        Expr::Attribute(Attribute::new(format!("c{id}"), ExprId(id), DataType::String, true))
    }

    fn scan() -> Arc<PhysicalPlan> {
        let scan = FileScan {
            format: FileFormat::Csv,
            paths: Vec::new(),
            files: Arc::default(),
            data_schema: StructType::new(Vec::new()),
            partition_schema: StructType::new(Vec::new()),
            options: crate::common::conf::Options::default(),
            output: (1..=3).filter_map(|id| column(id).to_attribute()).collect(),
            pushed_filters: Vec::new(),
            partition_filters: Vec::new(),
        };
        Arc::new(PhysicalPlan::FileScan(FileScanExec { scan, tasks: Vec::new(), validity_only: BTreeSet::new() }))
    }

    fn marked(plan: PhysicalPlan) -> Vec<u64> {
        let mut found = Vec::new();
        mark(&Arc::new(plan)).visit(&mut |node| {
            if let PhysicalPlan::FileScan(scan) = node {
                found.extend(scan.validity_only.iter().map(|id| id.0));
            }
        });
        found
    }

    fn is_null(id: u64) -> Expr {
        Expr::unary(UnaryOp::IsNull, column(id))
    }

    #[test]
    fn columns_that_are_only_tested_for_null_are_marked() {
        let filter = PhysicalPlan::Filter { condition: is_null(1), input: scan() };
        let exprs = vec![column(3), is_null(2).alias("empty")];
        assert_eq!(marked(PhysicalPlan::Project { exprs, input: Arc::new(filter) }), [1, 2]);
    }

    #[test]
    fn columns_that_go_on_keep_their_values() {
        let filter = PhysicalPlan::Filter { condition: is_null(1), input: scan() };
        assert!(marked(filter).is_empty(), "the root gives all columns");
        let exprs = vec![column(1), is_null(1).alias("empty"), column(2), column(3)];
        assert!(marked(PhysicalPlan::Project { exprs, input: scan() }).is_empty());
    }
}
