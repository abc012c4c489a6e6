//! Small tools for rewriting resolved expressions and plans, shared by the optimizer and the planner.

use super::expr::{BinaryOp, Expr, SortOrder, UnaryOp};
use super::plan::LogicalPlan;
use super::scalar::Scalar;
use super::types::DataType;
use crate::common::ids::ExprId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The parts of `a AND b AND c`, left to right.
#[must_use]
pub fn conjuncts(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::Binary { op: BinaryOp::And, left, right } => {
            let mut parts = conjuncts(left);
            parts.extend(conjuncts(right));
            parts
        }
        other => vec![other.clone()],
    }
}

/// `a AND b AND c`; nothing for no parts.
#[must_use]
pub fn conjunction(parts: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    parts.into_iter().reduce(|left, right| Expr::binary(BinaryOp::And, left, right))
}

/// The literal `true` or `false`.
#[must_use]
pub fn boolean(value: bool) -> Expr {
    Expr::Literal(Scalar::Boolean(value), DataType::Boolean)
}

/// `NULL` of a type.
#[must_use]
pub fn null(data_type: DataType) -> Expr {
    Expr::Literal(Scalar::Null, data_type)
}

/// Whether this is the literal `true` (or `false`).
#[must_use]
pub fn is_boolean(expr: &Expr, value: bool) -> bool {
    matches!(expr, Expr::Literal(Scalar::Boolean(found), _) if *found == value)
}

/// Whether this is a literal null.
#[must_use]
pub fn is_null_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(Scalar::Null, _))
}

/// The expression without what does not change its value: names and qualifiers of columns.
#[must_use]
pub fn canonical(expr: &Expr) -> Expr {
    expr.clone().transform_up(&mut |expr| match expr {
        Expr::Attribute(mut attribute) => {
            attribute.name.clear();
            attribute.qualifier.clear();
            attribute.nullable = true;
            Expr::Attribute(attribute)
        }
        Expr::Alias { child, .. } => *child,
        Expr::Cast { child, to, mode, .. } => Expr::Cast { child, to, mode, implicit: false },
        other => other,
    })
}

/// Whether two expressions always have the same value.
#[must_use]
pub fn same(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::Attribute(left), Expr::Attribute(right)) => left.id == right.id,
        _ => canonical(left) == canonical(right),
    }
}

/// Whether two sort keys put rows in the same order.
#[must_use]
pub fn same_order(left: &SortOrder, right: &SortOrder) -> bool {
    left.ascending == right.ascending && left.nulls_first == right.nulls_first && same(&left.child, &right.child)
}

/// Whether `expr` is equal to one of `list`.
#[must_use]
pub fn contains(list: &[Expr], expr: &Expr) -> bool {
    list.iter().any(|item| same(item, expr))
}

/// The expression with columns replaced.
#[must_use]
pub fn substitute(expr: Expr, by: &BTreeMap<ExprId, Expr>) -> Expr {
    expr.transform_up(&mut |expr| match &expr {
        Expr::Attribute(attribute) => by.get(&attribute.id).cloned().unwrap_or(expr),
        _ => expr,
    })
}

/// The expression without an alias around it.
#[must_use]
pub fn unaliased(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias { child, .. } => child,
        other => other,
    }
}

/// What each named expression computes, by the id of the column it gives.
#[must_use]
pub fn definitions(named: &[Expr]) -> BTreeMap<ExprId, Expr> {
    named
        .iter()
        .filter_map(|expr| match expr {
            Expr::Alias { child, id, .. } => Some((*id, (**child).clone())),
            Expr::Attribute(attribute) => Some((attribute.id, expr.clone())),
            _ => None,
        })
        .collect()
}

/// The ids of the columns that an expression reads, without parameters of lambdas, with the outer columns of subqueries inside.
#[must_use]
pub fn reads(expr: &Expr) -> BTreeSet<ExprId> {
    let mut found = BTreeSet::new();
    let mut bound = BTreeSet::new();
    expr.visit(&mut |expr| match expr {
        Expr::Attribute(attribute) => {
            found.insert(attribute.id);
        }
        Expr::Lambda { params, .. } => bound.extend(params.iter().map(|param| param.id)),
        other => found.extend(other.subquery().into_iter().flat_map(|plan| outer_references(plan))),
    });
    found.retain(|id| !bound.contains(id));
    found
}

/// The outer columns that a plan refers to.
#[must_use]
pub fn outer_references(plan: &LogicalPlan) -> BTreeSet<ExprId> {
    let mut found = BTreeSet::new();
    plan.visit(&mut |node| {
        for expr in expressions(node) {
            expr.visit(&mut |expr| match expr {
                Expr::OuterReference(attribute) => {
                    found.insert(attribute.id);
                }
                other => found.extend(other.subquery().into_iter().flat_map(|inner| outer_references(inner))),
            });
        }
    });
    found
}

/// The ids of a plan's columns.
#[must_use]
pub fn output_ids(plan: &LogicalPlan) -> BTreeSet<ExprId> {
    plan.output().into_iter().map(|column| column.id).collect()
}

/// Whether the same rows always give the same value.
#[must_use]
pub fn is_deterministic(expr: &Expr) -> bool {
    !expr.any(|expr| match expr {
        Expr::Function { function, .. } => !function.deterministic,
        Expr::TableCall(call) => call.function.as_ref().is_none_or(|function| !function.is_deterministic()),
        _ => false,
    })
}

/// Whether a subquery stands inside.
#[must_use]
pub fn has_subquery(expr: &Expr) -> bool {
    expr.any(|part| part.subquery().is_some())
}

/// Whether a Python function stands inside: only a task can run it.
#[must_use]
pub fn has_python(expr: &Expr) -> bool {
    expr.any(|expr| matches!(expr, Expr::Udf { .. } | Expr::TableCall(_)))
}

/// Whether a null among the columns it reads makes the whole expression null.
#[must_use]
pub fn is_null_intolerant(expr: &Expr) -> bool {
    match expr {
        Expr::Binary { op, .. } => !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::NullSafeEq),
        Expr::Unary { op, .. } => matches!(op, UnaryOp::Not | UnaryOp::Negate | UnaryOp::BitNot),
        Expr::Cast { .. } => true,
        Expr::Function { function, .. } => NULL_INTOLERANT.contains(&function.name),
        _ => false,
    }
}

/// Functions that give null whenever an argument is null, and only such as plans often filter by.
static NULL_INTOLERANT: &[&str] = &[
    "upper",
    "lower",
    "trim",
    "ltrim",
    "rtrim",
    "length",
    "char_length",
    "substring",
    "substr",
    "initcap",
    "reverse",
    "year",
    "month",
    "day",
    "dayofmonth",
    "quarter",
    "dayofweek",
    "dayofyear",
    "weekofyear",
    "hour",
    "minute",
    "second",
    "to_date",
    "date_add",
    "date_sub",
    "datediff",
    "date_diff",
    "add_months",
    "last_day",
    "trunc",
    "date_trunc",
    "date_format",
    "abs",
    "ceil",
    "floor",
    "round",
    "bround",
    "sqrt",
    "exp",
    "pow",
    "power",
    "sin",
    "cos",
    "like",
    "rlike",
    "startswith",
    "endswith",
    "contains",
    "regexp_extract",
    "regexp_replace",
    "split",
    "instr",
    "like_all",
    "pmod",
    "sign",
    "signum",
    "unix_date",
    "translate",
    "repeat",
    "lpad",
    "rpad",
    "ascii",
    "md5",
    "sha1",
    "sha2",
    "crc32",
    "get_struct_field",
];

/// The expressions of one node, in order.
#[must_use]
pub fn expressions(plan: &LogicalPlan) -> Vec<&Expr> {
    plan.expressions()
}

/// The node with every part of every expression rewritten from the leaves up. Nothing when that changes nothing.
pub fn map_node_expressions(plan: &LogicalPlan, f: &mut dyn FnMut(Expr) -> Expr) -> Option<LogicalPlan> {
    let mut copy = plan.clone();
    let mut changed = false;
    copy.map_expressions(&mut |expr| {
        let after = expr.clone().transform_up(&mut |part| f(part));
        changed |= after != expr;
        after
    });
    changed.then_some(copy)
}

/// The whole plan (not inside subqueries) with every part of every expression rewritten.
#[must_use]
pub fn map_plan_expressions(plan: &Arc<LogicalPlan>, f: &mut dyn FnMut(Expr) -> Expr) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::Attribute;

    fn column(id: u64) -> Expr {
        Expr::Attribute(Attribute::new(format!("c{id}"), ExprId(id), DataType::Integer, true))
    }

    #[test]
    fn conjunctions_come_apart_and_together() {
        let both = Expr::binary(BinaryOp::And, column(1), column(2));
        let parts = conjuncts(&both);
        assert_eq!(parts.len(), 2);
        assert_eq!(conjunction(parts), Some(both));
        assert_eq!(conjunction(Vec::new()), None);
    }

    #[test]
    fn parameters_of_lambdas_are_not_read_from_the_row() {
        let parameter = Attribute::new("x", ExprId(9), DataType::Integer, true);
        let lambda = Expr::Lambda {
            params: vec![parameter.clone()],
            body: Box::new(Expr::binary(BinaryOp::Add, Expr::Attribute(parameter), column(1))),
        };
        assert_eq!(reads(&lambda), BTreeSet::from([ExprId(1)]));
    }
}
