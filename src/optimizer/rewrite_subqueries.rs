//! Turns subqueries that depend on the row around them into joins.
//!
//! Purpose: a join is computed once for all rows, a subquery once for each.
//! Before/after: `WHERE k IN (SELECT j FROM b)` → `LeftSemi Join k = j`; `NOT IN` → `LeftAnti` that a null on either side also stops;
//! `EXISTS (… WHERE j = outer k)` → `LeftSemi`; `(SELECT max(v) FROM b WHERE j = outer k)` → `LeftOuter Join` with `b` grouped by `j`.
//! Must not: touch a scalar subquery that does not depend on the row: the session runs it first and puts its value in.
//! Hard case: `count` in a correlated subquery is 0, not null, where the join finds nothing: a marker column tells the two apart.
//! Spark also handles subqueries below unions and outer joins; here they are refused by name.

use super::replace_set_operations::renamed_apart;
use super::{OptimizerContext, functions};
use crate::common::ids::ExprId;
use crate::logical::expr::{Attribute, BinaryOp, UnaryOp};
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType};
use crate::logical::rewrite::{
    boolean, conjunction, conjuncts, expressions, has_subquery, null, outer_references, output_ids, substitute,
};
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

pub(super) const NAME: &str = "RewritePredicateSubquery";
pub(super) const WHY: &str = "a subquery that depends on the row around it is a join";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        if !expressions(node).into_iter().any(needs_rewrite) {
            return None;
        }
        match &**node {
            LogicalPlan::Filter { condition, input } => filter(condition, input, context),
            LogicalPlan::Project { exprs, input } => {
                let mut below = input.clone();
                let exprs = exprs.iter().map(|expr| inline(expr, &mut below, context)).collect::<Option<Vec<_>>>()?;
                Some(LogicalPlan::Project { exprs, input: below })
            }
            LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input } => {
                let mut below = input.clone();
                let by = by.iter().map(|expr| inline(expr, &mut below, context)).collect::<Option<Vec<_>>>()?;
                let outputs =
                    outputs.iter().map(|expr| inline(expr, &mut below, context)).collect::<Option<Vec<_>>>()?;
                Some(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input: below })
            }
            _ => None,
        }
    })
}

fn needs_rewrite(expr: &Expr) -> bool {
    expr.any(|part| match part {
        Expr::Exists(_) | Expr::InSubquery { .. } => true,
        Expr::ScalarSubquery(plan) => !outer_references(plan).is_empty(),
        _ => false,
    })
}

/// Conditions that are subqueries become semi and anti joins; subqueries inside other conditions become columns.
fn filter(condition: &Expr, input: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Option<LogicalPlan> {
    let (with, without): (Vec<_>, Vec<_>) = conjuncts(condition).into_iter().partition(needs_rewrite);
    let output: Vec<Expr> = input.output().into_iter().map(Expr::Attribute).collect();
    let mut plan = match conjunction(without) {
        Some(condition) => Arc::new(LogicalPlan::Filter { condition, input: input.clone() }),
        None => input.clone(),
    };
    let mut rest = Vec::new();
    for part in with {
        match semi_join(&part, &plan, context) {
            Some(join) => plan = join,
            None => rest.push(part),
        }
    }
    let wide = !rest.is_empty();
    let rest = rest.iter().map(|part| inline(part, &mut plan, context)).collect::<Option<Vec<_>>>()?;
    if let Some(condition) = conjunction(rest) {
        plan = Arc::new(LogicalPlan::Filter { condition, input: plan });
    }
    Some(if wide { LogicalPlan::Project { exprs: output, input: plan } } else { (*plan).clone() })
}

/// The join for a condition that is nothing but a subquery.
fn semi_join(condition: &Expr, outer: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Option<Arc<LogicalPlan>> {
    let (subquery, negated) = match condition {
        Expr::Unary { op: UnaryOp::Not, child } => (&**child, true),
        other => (other, false),
    };
    let (values, plan): (&[Expr], _) = match subquery {
        Expr::Exists(plan) => (&[], plan),
        Expr::InSubquery { values, plan } if !values.iter().any(has_subquery) => (values, plan),
        _ => return None,
    };
    let pulled = Pulled::from(plan, outer, context)?;
    let columns: Vec<Attribute> = pulled.plan.output().into_iter().take(values.len()).collect();
    let mut parts: Vec<Expr> = Vec::new();
    for (value, column) in values.iter().zip(columns) {
        let equal = Expr::binary(BinaryOp::Eq, value.clone(), Expr::Attribute(column.clone()));
        let can_be_null = value.nullable() || column.nullable;
        parts.push(if negated && can_be_null {
            Expr::binary(BinaryOp::Or, equal.clone(), Expr::unary(UnaryOp::IsNull, equal))
        } else {
            equal
        });
    }
    parts.extend(pulled.conditions);
    let constraint = conjunction(parts).map_or(JoinConstraint::None, JoinConstraint::On);
    let join_type = if negated { JoinType::LeftAnti } else { JoinType::LeftSemi };
    Some(join(outer, &pulled.plan, join_type, constraint))
}

fn join(
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    join_type: JoinType,
    constraint: JoinConstraint,
) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Join {
        left: left.clone(),
        right: right.clone(),
        join_type,
        constraint,
        hint: JoinHints::default(),
    })
}

/// The expression with its subqueries replaced by columns of `below`, which grows a join for each.
fn inline(expr: &Expr, below: &mut Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Option<Expr> {
    match expr {
        Expr::ScalarSubquery(plan) if !outer_references(plan).is_empty() => scalar(plan, below, context),
        Expr::Exists(plan) if outer_references(plan).is_empty() => Some(exists_at_all(plan, context)),
        Expr::Exists(plan) => marker(plan, &[], below, context),
        Expr::InSubquery { values, plan } => marker(plan, values, below, context),
        other => {
            let mut complete = true;
            let mapped = other.clone().try_map_children(&mut |child| {
                let new = inline(&child, below, context);
                complete &= new.is_some();
                Ok::<_, Infallible>(new.unwrap_or(child))
            });
            match mapped {
                Ok(expr) => complete.then_some(expr),
                Err(never) => match never {},
            }
        }
    }
}

/// Whether a subquery that does not depend on the row gives any row.
fn exists_at_all(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Expr {
    let one = Expr::Alias {
        child: Box::new(Expr::int(1)),
        name: "exists".to_owned(),
        id: context.ids.fresh(),
        metadata: None,
    };
    let first = Arc::new(LogicalPlan::Limit { count: 1, input: plan.clone() });
    let project = Arc::new(LogicalPlan::Project { exprs: vec![one], input: first });
    Expr::unary(UnaryOp::IsNotNull, Expr::ScalarSubquery(project))
}

/// A correlated value: the subquery's aggregation, grouped by what it is correlated by, joined.
fn scalar(plan: &Arc<LogicalPlan>, below: &mut Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Option<Expr> {
    let for_nothing = value_of_no_rows(plan, context);
    let pulled = Pulled::from(plan, below, context)?;
    let value = pulled.plan.output().into_iter().next()?;
    let marker = Attribute::new("alwaysTrue", context.ids.fresh(), DataType::Boolean, true);
    let mut exprs: Vec<Expr> = pulled.plan.output().into_iter().map(Expr::Attribute).collect();
    exprs.push(functions::alias(boolean(true), &marker));
    let marked = Arc::new(LogicalPlan::Project { exprs, input: pulled.plan });
    let constraint = conjunction(pulled.conditions).map_or(JoinConstraint::None, JoinConstraint::On);
    *below = join(below, &marked, JoinType::LeftOuter, constraint);
    let value = Expr::Attribute(Attribute { nullable: true, ..value });
    Some(match for_nothing {
        None => value,
        Some(zero) => Expr::Case {
            branches: vec![(Expr::unary(UnaryOp::IsNull, Expr::Attribute(marker)), zero)],
            otherwise: Some(Box::new(value)),
        },
    })
}

/// What the subquery gives when no row matches, unless that is null.
fn value_of_no_rows(plan: &LogicalPlan, context: &OptimizerContext<'_>) -> Option<Expr> {
    let output = match plan {
        LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, .. } if by.is_empty() => outputs.first()?.clone(),
        LogicalPlan::Project { exprs, input } => {
            let LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, .. } = &**input else { return None };
            if !by.is_empty() {
                return None;
            }
            substitute(exprs.first()?.clone(), &crate::logical::rewrite::definitions(outputs))
        }
        LogicalPlan::SubqueryAlias { input, .. } => return value_of_no_rows(input, context),
        _ => return None,
    };
    value_for_no_rows(&output, context)
}

/// What an output of an aggregation without groups is for no rows, unless that is null.
pub(super) fn value_for_no_rows(output: &Expr, context: &OptimizerContext<'_>) -> Option<Expr> {
    let counts =
        |part: &Expr| matches!(part, Expr::Aggregate(call) if matches!(call.function.name, "count" | "count_if"));
    if !output.any(counts) {
        return None;
    }
    let empty = output.clone().transform_up(&mut |part| match part {
        Expr::Aggregate(call) if matches!(call.function.name, "count" | "count_if") => {
            Expr::Literal(Scalar::Long(0), DataType::Long)
        }
        Expr::Aggregate(call) => null(call.data_type),
        Expr::Alias { child, .. } => *child,
        other => other,
    });
    match context.folder.fold(&empty) {
        Some(Ok(folded)) => Some(folded),
        _ => Some(empty),
    }
}

/// `EXISTS` or `IN` inside a larger condition: a left join with the distinct keys, and whether it found one.
fn marker(
    plan: &Arc<LogicalPlan>,
    values: &[Expr],
    below: &mut Arc<LogicalPlan>,
    context: &OptimizerContext<'_>,
) -> Option<Expr> {
    let is_correlated = !outer_references(plan).is_empty();
    let pulled = Pulled::from(plan, below, context)?;
    let mut conditions: Vec<Expr> = values
        .iter()
        .zip(pulled.plan.output())
        .map(|(value, column)| Expr::binary(BinaryOp::Eq, value.clone(), Expr::Attribute(column)))
        .collect();
    conditions.extend(pulled.conditions.iter().cloned());
    if !conditions.iter().all(|part| matches!(part, Expr::Binary { op: BinaryOp::Eq, .. })) {
        return None;
    }
    let inner_ids = output_ids(&pulled.plan);
    let used: Vec<Expr> = pulled
        .plan
        .output()
        .into_iter()
        .filter(|column| conditions.iter().any(|part| crate::logical::rewrite::reads(part).contains(&column.id)))
        .map(Expr::Attribute)
        .collect();
    debug_assert!(used.iter().all(|expr| expr.references().iter().all(|column| inner_ids.contains(&column.id))));
    let keys = Arc::new(LogicalPlan::Aggregate {
        grouping: Grouping::By(used.clone()),
        outputs: used.clone(),
        input: pulled.plan.clone(),
    });
    let found = Attribute::new("exists", context.ids.fresh(), DataType::Boolean, true);
    let mut exprs = used;
    exprs.push(functions::alias(boolean(true), &found));
    let marked = Arc::new(LogicalPlan::Project { exprs, input: keys });
    let constraint = conjunction(conditions).map_or(JoinConstraint::None, JoinConstraint::On);
    *below = join(below, &marked, JoinType::LeftOuter, constraint);
    let is_found = Expr::unary(UnaryOp::IsNotNull, Expr::Attribute(found));
    let [value] = values else { return Some(is_found) };
    if is_correlated {
        return Some(is_found);
    }
    // `x IN (…)` is null, not false, when `x` is null or nothing matched and the list has a null.
    let column = Expr::Attribute(plan.output().into_iter().next()?);
    let nulls = Arc::new(LogicalPlan::Filter { condition: Expr::unary(UnaryOp::IsNull, column), input: plan.clone() });
    let unknown = Expr::binary(
        BinaryOp::Or,
        exists_at_all(&nulls, context),
        Expr::binary(BinaryOp::And, Expr::unary(UnaryOp::IsNull, value.clone()), exists_at_all(plan, context)),
    );
    Some(Expr::Case {
        branches: vec![(is_found, boolean(true)), (unknown, null(DataType::Boolean))],
        otherwise: Some(Box::new(boolean(false))),
    })
}

/// A subquery whose references to the outside have moved into conditions.
pub(super) struct Pulled {
    pub plan: Arc<LogicalPlan>,
    /// Over the columns of `plan` and of the outside.
    pub conditions: Vec<Expr>,
}

impl Pulled {
    pub(super) fn from(plan: &Arc<LogicalPlan>, outer: &LogicalPlan, context: &OptimizerContext<'_>) -> Option<Pulled> {
        let mut conditions = Vec::new();
        let inner = pull(plan, &mut conditions)?;
        let inner = apply(&inner, context);
        if !outer_references(&inner).is_empty() {
            return None;
        }
        let before = inner.output();
        let inner = renamed_apart(outer, &inner, context);
        let names: BTreeMap<ExprId, Expr> =
            before.iter().zip(inner.output()).map(|(old, new)| (old.id, Expr::Attribute(new))).collect();
        let conditions = conditions
            .into_iter()
            .map(|part| {
                substitute(part, &names).transform_up(&mut |expr| match expr {
                    Expr::OuterReference(column) => Expr::Attribute(column),
                    other => other,
                })
            })
            .collect();
        Some(Pulled { plan: inner, conditions })
    }
}

fn is_correlated(expr: &Expr) -> bool {
    expr.any(|part| matches!(part, Expr::OuterReference(_)))
}

/// Columns of the subquery that the conditions taken out so far refer to and that `have` lacks.
fn missing(conditions: &[Expr], have: &LogicalPlan, input: &LogicalPlan) -> Vec<Expr> {
    let ids = output_ids(have);
    let mut wanted: Vec<Attribute> = Vec::new();
    for column in conditions.iter().flat_map(Expr::references) {
        if !ids.contains(&column.id) && !wanted.iter().any(|known| known.id == column.id) {
            wanted.push(column.clone());
        }
    }
    let available = output_ids(input);
    wanted.into_iter().filter(|column| available.contains(&column.id)).map(Expr::Attribute).collect()
}

/// Takes the correlated conditions out of a plan. Nothing when it is correlated in a way that cannot be taken out.
fn pull(plan: &Arc<LogicalPlan>, conditions: &mut Vec<Expr>) -> Option<Arc<LogicalPlan>> {
    if outer_references(plan).is_empty() {
        return Some(plan.clone());
    }
    match &**plan {
        LogicalPlan::Filter { condition, input } => {
            let below = pull(input, conditions)?;
            let (out, stay): (Vec<_>, Vec<_>) = conjuncts(condition).into_iter().partition(is_correlated);
            conditions.extend(out);
            Some(match conjunction(stay) {
                Some(condition) => Arc::new(LogicalPlan::Filter { condition, input: below }),
                None => below,
            })
        }
        LogicalPlan::Project { exprs, input } if !exprs.iter().any(is_correlated) => {
            let below = pull(input, conditions)?;
            let mut exprs = exprs.clone();
            exprs.extend(missing(conditions, plan, &below));
            Some(Arc::new(LogicalPlan::Project { exprs, input: below }))
        }
        LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input } if !outputs.iter().any(is_correlated) => {
            let before = conditions.len();
            let below = pull(input, conditions)?;
            if !conditions[before..]
                .iter()
                .all(|part| matches!(part, Expr::Binary { op: BinaryOp::Eq | BinaryOp::NullSafeEq, .. }))
            {
                return None;
            }
            let extra = missing(conditions, plan, &below);
            let mut by = by.clone();
            by.extend(
                extra
                    .iter()
                    .filter(|column| !crate::logical::rewrite::contains(&by, column))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            let mut outputs = outputs.clone();
            outputs.extend(extra);
            Some(Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input: below }))
        }
        LogicalPlan::SubqueryAlias { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::Distinct { input }
        | LogicalPlan::Hint { input, .. } => {
            let below = pull(input, conditions)?;
            Some(Arc::new(plan.with_children(vec![below])))
        }
        // Only whether there is a row matters to EXISTS; other uses of a limit are not correlated.
        LogicalPlan::Limit { count: 1.., input } => pull(input, conditions),
        LogicalPlan::Join { left, right, join_type: JoinType::Inner | JoinType::Cross, constraint, hint } => {
            let (left, right) = (pull(left, conditions)?, pull(right, conditions)?);
            let (out, stay): (Vec<_>, Vec<_>) = match constraint {
                JoinConstraint::On(condition) => conjuncts(condition).into_iter().partition(is_correlated),
                _ => (Vec::new(), Vec::new()),
            };
            conditions.extend(out);
            Some(Arc::new(LogicalPlan::Join {
                left,
                right,
                join_type: JoinType::Inner,
                constraint: conjunction(stay).map_or(JoinConstraint::None, JoinConstraint::On),
                hint: *hint,
            }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn in_subquery(negated: bool) -> Arc<LogicalPlan> {
        let t = table(1, "a");
        let subquery = Expr::InSubquery { values: vec![expr("a", &[&t])], plan: table(11, "x") };
        let condition = if negated { Expr::unary(UnaryOp::Not, subquery) } else { subquery };
        Arc::new(LogicalPlan::Filter { condition, input: t })
    }

    #[test]
    fn in_is_a_semi_join_and_not_in_stops_at_nulls() {
        assert_eq!(text(&check(apply, &in_subquery(false))), "LeftSemiJoin(a = x, table(a), table(x))");
        assert_eq!(text(&check(apply, &in_subquery(true))), "LeftAntiJoin(a = x OR IsNull(a = x), table(a), table(x))");
    }

    #[test]
    fn exists_takes_its_condition_out() {
        let t = table(1, "a");
        let inner = table(11, "xy");
        let outer = t.output().remove(0);
        let condition = Expr::binary(BinaryOp::Eq, expr("x", &[&inner]), Expr::OuterReference(outer));
        let subquery = Arc::new(LogicalPlan::Filter { condition, input: inner });
        let plan = Arc::new(LogicalPlan::Filter { condition: Expr::Exists(subquery), input: t });
        assert_eq!(text(&check(apply, &plan)), "LeftSemiJoin(x = a, table(a), table(x y))");
    }

    #[test]
    fn a_value_that_does_not_depend_on_the_row_stays() {
        let t = table(1, "a");
        let condition = Expr::binary(BinaryOp::Gt, expr("a", &[&t]), Expr::ScalarSubquery(table(11, "x")));
        unchanged(apply, &Arc::new(LogicalPlan::Filter { condition, input: t }));
    }
}
