//! Fresh ids for a plan whose columns would clash with another's: Spark's `DeduplicateRelations`.
//!
//! Before/after: `Join (Scan a#1) (Scan a#1)` → `Join (Scan a#1) (Scan a#9)`. Everything that a plan *makes* (leaves, aliases,
//! generated columns) gets a new id, everything that refers to it follows, inside subqueries too.

use crate::common::ids::{ExprId, ExprIds};
use crate::logical::expr::{Attribute, Expr, FrameBound};
use crate::logical::plan::LogicalPlan;
use std::collections::HashMap;
use std::sync::Arc;

type Renamed = HashMap<ExprId, ExprId>;

/// The same plan with fresh ids for every column that it makes, and the map from old to new.
pub(super) fn refresh(plan: &Arc<LogicalPlan>, ids: &ExprIds) -> (Arc<LogicalPlan>, Renamed) {
    let mut renamed = Renamed::new();
    collect(plan, ids, &mut renamed);
    (rename(plan, &renamed), renamed)
}

fn collect(plan: &LogicalPlan, ids: &ExprIds, renamed: &mut Renamed) {
    let mut make = |id: ExprId| {
        renamed.entry(id).or_insert_with(|| ids.fresh());
    };
    match plan {
        LogicalPlan::LocalRelation { output, .. }
        | LogicalPlan::Range { output, .. }
        | LogicalPlan::Cached { output, .. }
        | LogicalPlan::Ran { output, .. }
        | LogicalPlan::Checkpoint { output, .. }
        | LogicalPlan::MapPartitions { output, .. }
        | LogicalPlan::Generate { output, .. } => output.iter().for_each(|column| make(column.id)),
        LogicalPlan::Expand { output, input, .. } => {
            let below = input.output();
            output.iter().filter(|column| !below.iter().any(|other| other.id == column.id)).for_each(|c| make(c.id));
        }
        LogicalPlan::Scan(scan) => scan.output.iter().for_each(|column| make(column.id)),
        LogicalPlan::Project { exprs, .. }
        | LogicalPlan::Aggregate { outputs: exprs, .. }
        | LogicalPlan::Window { functions: exprs, .. } => {
            for expr in exprs {
                if let Expr::Alias { id, .. } = expr {
                    make(*id);
                }
            }
        }
        _ => {}
    }
    for child in plan.children() {
        collect(child, ids, renamed);
    }
}

fn rename(plan: &Arc<LogicalPlan>, renamed: &Renamed) -> Arc<LogicalPlan> {
    let mut node = (**plan).clone();
    node.for_each_child_mut(&mut |child| *child = rename(child, renamed));
    let column = |column: &mut Attribute| {
        if let Some(id) = renamed.get(&column.id) {
            column.id = *id;
        }
    };
    match &mut node {
        LogicalPlan::LocalRelation { output, .. }
        | LogicalPlan::Range { output, .. }
        | LogicalPlan::Cached { output, .. }
        | LogicalPlan::Ran { output, .. }
        | LogicalPlan::Checkpoint { output, .. }
        | LogicalPlan::MapPartitions { output, .. }
        | LogicalPlan::Generate { output, .. }
        | LogicalPlan::Expand { output, .. } => output.iter_mut().for_each(column),
        LogicalPlan::Scan(scan) => scan.output.iter_mut().for_each(column),
        _ => {}
    }
    node.map_expressions(&mut |expr| rename_expr(expr, renamed));
    Arc::new(node)
}

/// The expression with every column renamed.
pub(super) fn rename_expr(expr: Expr, renamed: &Renamed) -> Expr {
    let fresh = |id: ExprId| renamed.get(&id).copied().unwrap_or(id);
    expr.transform_up(&mut |part| match part {
        Expr::Attribute(attribute) => Expr::Attribute(Attribute { id: fresh(attribute.id), ..attribute }),
        Expr::OuterReference(attribute) => Expr::OuterReference(Attribute { id: fresh(attribute.id), ..attribute }),
        Expr::Alias { child, name, id, metadata } => Expr::Alias { child, name, id: fresh(id), metadata },
        Expr::ScalarSubquery(plan) => Expr::ScalarSubquery(rename(&plan, renamed)),
        Expr::Exists(plan) => Expr::Exists(rename(&plan, renamed)),
        Expr::InSubquery { values, plan } => Expr::InSubquery { values, plan: rename(&plan, renamed) },
        other => other,
    })
}

/// The offset of a frame's bound, if it has one.
pub(super) fn bound_offset(bound: &FrameBound) -> Option<&Expr> {
    match bound {
        FrameBound::Offset(offset) => Some(offset),
        FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
    }
}
