//! Adds conditions that must hold anyway.
//!
//! Purpose: rows with a null key never join: dropped before the shuffle, they cost nothing; scans can use the new conditions.
//! Before/after: `Filter a > 1` → `Filter a IS NOT NULL AND a > 1`; `Join a = x` with `a = 3` on the left gets `x = 3` on the right, and
//! `IS NOT NULL` on both.
//! Must not: add conditions to the kept side of an outer join, or for columns that are never null.
//! Hard case: an outer join lets conditions pass to its other side only.
//! Spark also derives conditions for expressions inside casts and arithmetic.

use super::OptimizerContext;
use crate::logical::expr::{BinaryOp, UnaryOp};
use crate::logical::plan::{Grouping, JoinConstraint, JoinType};
use crate::logical::rewrite::{
    conjunction, conjuncts, contains, has_subquery, is_deterministic, is_null_intolerant, output_ids, reads, same,
    substitute,
};
use crate::logical::{Expr, LogicalPlan};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const NAME: &str = "InferFiltersFromConstraints";
pub(super) const WHY: &str = "what must hold for a row to survive later can be checked at once";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Filter { condition, input } => {
            let below = constraints(input);
            let parts = conjuncts(condition);
            let mut new: Vec<Expr> = not_null(&parts);
            new.extend(by_equality(&[parts.clone(), below.clone()].concat()));
            new.retain(|part| !contains(&below, part) && !contains(&parts, part));
            if new.is_empty() {
                return None;
            }
            let new = conjunction(unique(new))?;
            let condition = Expr::binary(BinaryOp::And, new, condition.clone());
            Some(LogicalPlan::Filter { condition, input: input.clone() })
        }
        LogicalPlan::Join { left, right, join_type, constraint: JoinConstraint::On(condition), hint } => {
            let (of_left, of_right) = (constraints(left), constraints(right));
            let mut all = [of_left.clone(), of_right.clone(), conjuncts(condition)].concat();
            all.extend(by_equality(&all));
            all.extend(not_null(&all));
            let (to_left, to_right) = match join_type {
                JoinType::Inner | JoinType::Cross | JoinType::LeftSemi => (true, true),
                JoinType::LeftOuter | JoinType::LeftAnti => (false, true),
                JoinType::RightOuter => (true, false),
                JoinType::FullOuter => (false, false),
            };
            let new_left = if to_left { with_inferred(left, &of_left, &all) } else { None };
            let new_right = if to_right { with_inferred(right, &of_right, &all) } else { None };
            if new_left.is_none() && new_right.is_none() {
                return None;
            }
            Some(LogicalPlan::Join {
                left: new_left.unwrap_or_else(|| left.clone()),
                right: new_right.unwrap_or_else(|| right.clone()),
                join_type: *join_type,
                constraint: JoinConstraint::On(condition.clone()),
                hint: *hint,
            })
        }
        _ => None,
    })
}

fn with_inferred(side: &Arc<LogicalPlan>, known: &[Expr], all: &[Expr]) -> Option<Arc<LogicalPlan>> {
    let ids = output_ids(side);
    let new: Vec<Expr> = all
        .iter()
        .filter(|part| {
            let reads = reads(part);
            !reads.is_empty()
                && reads.is_subset(&ids)
                && is_deterministic(part)
                && !has_subquery(part)
                && !contains(known, part)
        })
        .cloned()
        .collect();
    let condition = conjunction(unique(new))?;
    Some(Arc::new(LogicalPlan::Filter { condition, input: side.clone() }))
}

fn unique(parts: Vec<Expr>) -> Vec<Expr> {
    let mut kept: Vec<Expr> = Vec::new();
    for part in parts {
        if !contains(&kept, &part) {
            kept.push(part);
        }
    }
    kept
}

/// `IS NOT NULL` for every column, or part of one, that a condition needs.
fn not_null(parts: &[Expr]) -> Vec<Expr> {
    let mut columns: Vec<Expr> = Vec::new();
    for part in parts {
        match part {
            Expr::Unary { op: UnaryOp::IsNotNull, child } => needed(child, &mut columns),
            other => needed(other, &mut columns),
        }
    }
    columns
        .into_iter()
        .filter(Expr::nullable)
        .map(|column| Expr::unary(UnaryOp::IsNotNull, column))
        .filter(|check| !contains(parts, check))
        .collect()
}

/// A column, or a part of one.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(_) => true,
        Expr::Function { function, args, .. } if function.name == "get_struct_field" => {
            args.first().is_some_and(is_place)
        }
        _ => false,
    }
}

fn needed(expr: &Expr, columns: &mut Vec<Expr>) {
    match expr {
        place if is_place(place) && contains(columns, place) => {}
        place if is_place(place) => columns.push(place.clone()),
        other if is_null_intolerant(other) => other.children().into_iter().for_each(|child| needed(child, columns)),
        _ => {}
    }
}

/// Conditions on one of two equal columns hold for the other.
fn by_equality(parts: &[Expr]) -> Vec<Expr> {
    let mut new = Vec::new();
    for part in parts {
        let Expr::Binary { op: BinaryOp::Eq, left, right } = part else { continue };
        let (Expr::Attribute(a), Expr::Attribute(b)) = (&**left, &**right) else { continue };
        for other in parts {
            if same(other, part) {
                continue;
            }
            for (from, to) in [(a, b), (b, a)] {
                if reads(other).contains(&from.id) && !reads(other).contains(&to.id) {
                    let by = BTreeMap::from([(from.id, Expr::Attribute(to.clone()))]);
                    new.push(substitute(other.clone(), &by));
                }
            }
        }
    }
    let mut new = unique(new);
    new.retain(|part| !contains(parts, part));
    new
}

/// What holds for every row that a plan gives.
pub(super) fn constraints(plan: &LogicalPlan) -> Vec<Expr> {
    let ids = output_ids(plan);
    let mut known: Vec<Expr> = match plan {
        LogicalPlan::Filter { condition, input } => {
            let mut known = constraints(input);
            known.extend(conjuncts(condition));
            let checks = not_null(&known);
            known.extend(checks);
            known
        }
        LogicalPlan::Join { left, right, join_type, constraint, .. } => {
            let mut known = match join_type {
                JoinType::Inner | JoinType::Cross => [constraints(left), constraints(right)].concat(),
                JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti => constraints(left),
                JoinType::RightOuter => constraints(right),
                JoinType::FullOuter => Vec::new(),
            };
            if let (JoinConstraint::On(condition), JoinType::Inner | JoinType::Cross | JoinType::LeftSemi) =
                (constraint, join_type)
            {
                known.extend(conjuncts(condition));
                let checks = not_null(&known);
                known.extend(checks);
            }
            known
        }
        LogicalPlan::Aggregate { grouping: Grouping::By(by), input, .. } if !by.is_empty() => constraints(input),
        LogicalPlan::Project { exprs, input } => through_names(exprs, constraints(input)),
        LogicalPlan::Window { input, .. }
        | LogicalPlan::WindowGroupLimit { input, .. }
        | LogicalPlan::Generate { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::Limit { input, .. }
        | LogicalPlan::LocalLimit { input, .. }
        | LogicalPlan::Offset { input, .. }
        | LogicalPlan::Repartition { input, .. }
        | LogicalPlan::Sample { input, .. }
        | LogicalPlan::Distinct { input } => constraints(input),
        _ => Vec::new(),
    };
    known.retain(|part| reads(part).is_subset(&ids));
    unique(known)
}

/// Conditions also hold under the new names of plain columns.
fn through_names(exprs: &[Expr], known: Vec<Expr>) -> Vec<Expr> {
    let mut names = BTreeMap::new();
    for expr in exprs {
        if let Expr::Alias { child, .. } = expr
            && let (Expr::Attribute(column), Some(new)) = (&**child, expr.to_attribute())
        {
            names.insert(column.id, Expr::Attribute(new));
        }
    }
    let renamed: Vec<Expr> = known.iter().map(|part| substitute(part.clone(), &names)).collect();
    let mut all = known;
    all.extend(renamed);
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_comparison_needs_a_value() {
        assert_eq!(text(&check(apply, &filter(&table(1, "a"), "a > 1"))), "Filter(IsNotNull(a) AND a > 1, table(a))");
    }

    #[test]
    fn both_sides_of_a_join_get_what_holds_for_one() {
        let plan = join(&filter(&table(1, "a"), "a > 3"), &table(11, "x"), "a = x");
        assert_eq!(
            text(&check(apply, &plan)),
            "InnerJoin(a = x, Filter(IsNotNull(a) AND a > 3, table(a)), Filter(IsNotNull(x) AND x > 3, table(x)))"
        );
    }

    #[test]
    fn the_kept_side_of_an_outer_join_stays_whole() {
        let plan = join_as(JoinType::LeftOuter, &table(1, "a"), &table(11, "x"), "a = x");
        assert_eq!(text(&check(apply, &plan)), "LeftOuterJoin(a = x, table(a), Filter(IsNotNull(x), table(x)))");
        unchanged(apply, &filter(&table(1, "a"), "a IS NULL"));
    }
}
