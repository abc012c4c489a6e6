//! Fresh ids for a plan whose columns would clash with another's: Spark's `DeduplicateRelations`.
//!
//! Before/after: `Join (Scan a#1) (Scan a#1)` → `Join (Scan a#1) (Scan a#9)`. Everything that a plan *makes* (leaves, aliases,
//! generated columns) gets a new id, everything that refers to it follows, inside subqueries too.

use crate::common::ids::{ExprId, ExprIds};
use crate::logical::expr::{Attribute, Expr, FrameBound};
use crate::logical::plan::LogicalPlan;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

type Renamed = HashMap<ExprId, ExprId>;

/// The same plan with fresh ids for every column that it makes, and the map from old to new.
pub(super) fn refresh(plan: &Arc<LogicalPlan>, ids: &ExprIds) -> (Arc<LogicalPlan>, Renamed) {
    refresh_where(plan, ids, &|_| true)
}

/// The same, but only for nodes that make a column which `other` makes too, however deep: what only one of them makes can still be
/// named by the frame that it comes from.
pub(super) fn refresh_shared(
    plan: &Arc<LogicalPlan>,
    ids: &ExprIds,
    other: &LogicalPlan,
) -> (Arc<LogicalPlan>, Renamed) {
    let mut taken = BTreeSet::new();
    all_made_by(other, &mut taken);
    refresh_where(plan, ids, &|id| taken.contains(&id))
}

fn all_made_by(plan: &LogicalPlan, made: &mut BTreeSet<ExprId>) {
    made.extend(made_by(plan));
    for child in plan.children() {
        all_made_by(child, made);
    }
}

/// The same, for the nodes that make a column which clashes.
pub(super) fn refresh_where(
    plan: &Arc<LogicalPlan>,
    ids: &ExprIds,
    clashes: &dyn Fn(ExprId) -> bool,
) -> (Arc<LogicalPlan>, Renamed) {
    let mut renamed = Renamed::new();
    collect(plan, ids, clashes, &mut renamed);
    if renamed.is_empty() {
        return (plan.clone(), renamed);
    }
    (rename(plan, &renamed), renamed)
}

fn collect(plan: &LogicalPlan, ids: &ExprIds, clashes: &dyn Fn(ExprId) -> bool, renamed: &mut Renamed) {
    let made = made_by(plan);
    if made.iter().any(|id| clashes(*id)) {
        for id in made {
            renamed.entry(id).or_insert_with(|| ids.fresh());
        }
    }
    for child in plan.children() {
        collect(child, ids, clashes, renamed);
    }
}

/// The columns that a node makes itself.
fn made_by(plan: &LogicalPlan) -> Vec<ExprId> {
    match plan {
        LogicalPlan::Expand { output, input, .. } => {
            let below = input.output();
            let is_own = |id: &ExprId| !below.iter().any(|other| other.id == *id);
            output.iter().map(|column| column.id).filter(is_own).collect()
        }
        LogicalPlan::Project { exprs, .. }
        | LogicalPlan::Aggregate { outputs: exprs, .. }
        | LogicalPlan::Window { functions: exprs, .. } => exprs
            .iter()
            .filter_map(|expr| match expr {
                Expr::Alias { id, .. } => Some(*id),
                _ => None,
            })
            .collect(),
        _ => plan.own_columns().iter().map(|column| column.id).collect(),
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
    node.own_columns_mut().iter_mut().for_each(column);
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
        other => other.map_subquery(|plan| rename(plan, renamed)),
    })
}

/// The offset of a frame's bound, if it has one.
pub(super) fn bound_offset(bound: &FrameBound) -> Option<&Expr> {
    match bound {
        FrameBound::Offset(offset) => Some(offset),
        FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
    }
}
