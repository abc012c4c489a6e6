//! Moves conditions towards the sources.
//!
//! Purpose: rows that nobody wants are dropped before they are computed with, shuffled or joined; scans can skip them.
//! Before/after: `Filter c > 1 (Project a + 1 AS c (t))` → `Project … (Filter a + 1 > 1 (t))`; a filter above a join goes to the side it
//! speaks of; above a group-by it goes below when it only speaks of keys.
//! Must not: pass a limit, a sample, a Python step, or a condition with chance in it; filter the padded side of an outer join below it.
//! Hard case: outer joins. A condition above may move to the kept side only; a condition *of* the join may move to the other side only.
//! Spark also moves conditions through more kinds of nodes.

use super::OptimizerContext;
use crate::common::ids::ExprId;
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType};
use crate::logical::rewrite::{
    conjunction, conjuncts, contains, definitions, has_subquery, is_deterministic, output_ids, reads, substitute,
};
use crate::logical::{Expr, LogicalPlan};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const NAME: &str = "PushDownPredicates";
pub(super) const WHY: &str = "a row that is dropped early costs nothing later";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_down(&mut |node| match &**node {
        LogicalPlan::Filter { condition, input } => push(condition, input),
        LogicalPlan::Join { .. } => from_join_condition(node),
        _ => None,
    })
}

fn push(condition: &Expr, input: &Arc<LogicalPlan>) -> Option<LogicalPlan> {
    let parts = conjuncts(condition);
    match &**input {
        LogicalPlan::Project { exprs, input } => through_project(&parts, exprs, input),
        LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input: below } if !by.is_empty() => {
            let known = definitions(outputs);
            let movable = |part: &Expr| {
                let reads = reads(part);
                is_deterministic(part)
                    && !reads.is_empty()
                    && reads.iter().all(|id| known.get(id).is_some_and(|definition| contains(by, definition)))
            };
            split_below(&parts, &movable, &|part| substitute(part, &known), input, below)
        }
        LogicalPlan::Window { partition_by, input: below, .. } => {
            let keys: BTreeSet<ExprId> = partition_by
                .iter()
                .filter_map(|key| if let Expr::Attribute(column) = key { Some(column.id) } else { None })
                .collect();
            let movable = |part: &Expr| {
                let reads = reads(part);
                is_deterministic(part) && !reads.is_empty() && reads.is_subset(&keys)
            };
            split_below(&parts, &movable, &|part| part, input, below)
        }
        LogicalPlan::Generate { generator, input: below, .. } => {
            let ids = output_ids(below);
            let is_certain = is_deterministic(generator);
            let movable = |part: &Expr| is_certain && is_deterministic(part) && reads(part).is_subset(&ids);
            split_below(&parts, &movable, &|part| part, input, below)
        }
        LogicalPlan::Sort { input: below, .. }
        | LogicalPlan::Distinct { input: below }
        | LogicalPlan::Repartition { input: below, .. } => {
            split_below(&parts, &is_deterministic, &|part| part, input, below)
        }
        LogicalPlan::Union { inputs, by_name, allow_missing } => {
            through_union(&parts, inputs, *by_name, *allow_missing, &input.output())
        }
        LogicalPlan::Join { left, right, join_type, constraint, hint } => {
            through_join(&parts, left, right, *join_type, constraint, *hint)
        }
        _ => None,
    }
}

fn filtered(parts: Vec<Expr>, input: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    match conjunction(parts) {
        Some(condition) => Arc::new(LogicalPlan::Filter { condition, input: input.clone() }),
        None => input.clone(),
    }
}

/// Moves the movable parts below a node with one input.
fn split_below(
    parts: &[Expr],
    movable: &dyn Fn(&Expr) -> bool,
    map: &dyn Fn(Expr) -> Expr,
    node: &Arc<LogicalPlan>,
    below: &Arc<LogicalPlan>,
) -> Option<LogicalPlan> {
    let (down, stay): (Vec<_>, Vec<_>) = parts.iter().cloned().partition(|part| movable(part));
    if down.is_empty() {
        return None;
    }
    let lower = filtered(down.into_iter().map(map).collect(), below);
    let node = Arc::new(node.with_children(vec![lower]));
    Some((*filtered(stay, &node)).clone())
}

fn through_project(parts: &[Expr], exprs: &[Expr], input: &Arc<LogicalPlan>) -> Option<LogicalPlan> {
    if !exprs.iter().all(is_deterministic) {
        return None;
    }
    let known = definitions(exprs);
    let movable = |part: &Expr| {
        is_deterministic(part)
            && !reads(part).iter().any(|id| {
                known.get(id).is_some_and(|definition| {
                    definition
                        .any(|expr| matches!(expr, Expr::Udf { .. } | Expr::Window { .. } | Expr::Generator { .. }))
                })
            })
    };
    let (down, stay): (Vec<_>, Vec<_>) = parts.iter().cloned().partition(movable);
    if down.is_empty() {
        return None;
    }
    let lower = filtered(down.into_iter().map(|part| substitute(part, &known)).collect(), input);
    let project = Arc::new(LogicalPlan::Project { exprs: exprs.to_vec(), input: lower });
    Some((*filtered(stay, &project)).clone())
}

fn through_union(
    parts: &[Expr],
    inputs: &[Arc<LogicalPlan>],
    by_name: bool,
    allow_missing: bool,
    output: &[crate::logical::Attribute],
) -> Option<LogicalPlan> {
    let (down, stay): (Vec<_>, Vec<_>) =
        parts.iter().cloned().partition(|part| is_deterministic(part) && !has_subquery(part));
    if down.is_empty() {
        return None;
    }
    let inputs = inputs
        .iter()
        .map(|input| {
            let names: BTreeMap<ExprId, Expr> =
                output.iter().zip(input.output()).map(|(column, own)| (column.id, Expr::Attribute(own))).collect();
            filtered(down.iter().map(|part| substitute(part.clone(), &names)).collect(), input)
        })
        .collect();
    let union = Arc::new(LogicalPlan::Union { inputs, by_name, allow_missing });
    Some((*filtered(stay, &union)).clone())
}

/// Parts that speak of the left side only, of the right side only, and the others.
fn by_side(parts: &[Expr], left: &LogicalPlan, right: &LogicalPlan) -> (Vec<Expr>, Vec<Expr>, Vec<Expr>) {
    let (left_ids, right_ids) = (output_ids(left), output_ids(right));
    let (mut on_left, mut on_right, mut both) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        let reads = reads(part);
        if !is_deterministic(part) {
            both.push(part.clone());
        } else if reads.is_subset(&left_ids) {
            on_left.push(part.clone());
        } else if reads.is_subset(&right_ids) {
            on_right.push(part.clone());
        } else {
            both.push(part.clone());
        }
    }
    (on_left, on_right, both)
}

fn through_join(
    parts: &[Expr],
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    join_type: JoinType,
    constraint: &JoinConstraint,
    hint: JoinHints,
) -> Option<LogicalPlan> {
    let (mut on_left, mut on_right, mut both) = by_side(parts, left, right);
    let mut stay = Vec::new();
    let mut join_type = join_type;
    let mut constraint = constraint.clone();
    match join_type {
        JoinType::Inner | JoinType::Cross => {
            let (joining, other): (Vec<_>, Vec<_>) =
                both.into_iter().partition(|part| is_deterministic(part) && !has_subquery(part));
            stay = other;
            if !joining.is_empty() {
                let old = match &constraint {
                    JoinConstraint::On(condition) => conjuncts(condition),
                    _ => Vec::new(),
                };
                constraint =
                    conjunction(old.into_iter().chain(joining)).map_or(JoinConstraint::None, JoinConstraint::On);
                join_type = JoinType::Inner;
            } else if on_left.is_empty() && on_right.is_empty() {
                return None;
            }
        }
        JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti => {
            stay.append(&mut on_right);
            stay.append(&mut both);
        }
        JoinType::RightOuter => {
            stay.append(&mut on_left);
            stay.append(&mut both);
        }
        JoinType::FullOuter => return None,
    }
    if stay.len() == parts.len() {
        return None;
    }
    let join = Arc::new(LogicalPlan::Join {
        left: filtered(on_left, left),
        right: filtered(on_right, right),
        join_type,
        constraint,
        hint,
    });
    Some((*filtered(stay, &join)).clone())
}

/// Parts of a join's own condition that speak of one side only.
fn from_join_condition(node: &LogicalPlan) -> Option<LogicalPlan> {
    let LogicalPlan::Join { left, right, join_type, constraint: JoinConstraint::On(condition), hint } = node else {
        return None;
    };
    let (on_left, on_right, both) = by_side(&conjuncts(condition), left, right);
    let (left_moves, right_moves) = match join_type {
        JoinType::Inner | JoinType::Cross | JoinType::LeftSemi => (true, true),
        JoinType::LeftOuter | JoinType::LeftAnti => (false, true),
        JoinType::RightOuter => (true, false),
        JoinType::FullOuter => (false, false),
    };
    let (down_left, stay_left) = if left_moves { (on_left, Vec::new()) } else { (Vec::new(), on_left) };
    let (down_right, stay_right) = if right_moves { (on_right, Vec::new()) } else { (Vec::new(), on_right) };
    if down_left.is_empty() && down_right.is_empty() {
        return None;
    }
    let rest = conjunction(stay_left.into_iter().chain(stay_right).chain(both));
    Some(LogicalPlan::Join {
        left: filtered(down_left, left),
        right: filtered(down_right, right),
        join_type: *join_type,
        constraint: rest.map_or(JoinConstraint::None, JoinConstraint::On),
        hint: *hint,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_filter_passes_a_projection() {
        let plan = filter(&project(&table(1, "ab"), "a + 1 AS c"), "c > 2");
        assert_eq!(text(&check(apply, &plan)), "Project([a + 1 AS c], Filter(a + 1 > 2, table(a b)))");
    }

    #[test]
    fn a_filter_goes_to_the_side_of_a_join_it_speaks_of() {
        let plan = filter(&join(&table(1, "a"), &table(11, "x"), "a = x"), "a > 1 AND x > 2");
        assert_eq!(text(&check(apply, &plan)), "InnerJoin(a = x, Filter(a > 1, table(a)), Filter(x > 2, table(x)))");
    }

    #[test]
    fn the_padded_side_of_an_outer_join_is_not_filtered_below() {
        let outer = join_as(JoinType::LeftOuter, &table(1, "a"), &table(11, "x"), "a = x");
        unchanged(apply, &filter(&outer, "x IS NULL"));
    }

    #[test]
    fn a_filter_stays_above_a_limit_and_below_keys_only() {
        unchanged(apply, &filter(&limit(&table(1, "a"), 3), "a > 1"));
        let grouped = filter(&group(&table(1, "ab"), "a"), "a > 1");
        assert_eq!(text(&check(apply, &grouped)), "Aggregate([a], Filter(a > 1, table(a b)))");
    }
}
