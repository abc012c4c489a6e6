//! A small language for plans in the optimizer's tests.

use super::{NoFolding, OptimizerContext};
use crate::common::Conf;
use crate::common::ids::{ExprId, ExprIds};
use crate::logical::expr::{BinaryOp, UnaryOp};
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType};
use crate::logical::{Attribute, DataType, Expr, LogicalPlan, Scalar};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

pub(super) type Apply = fn(&Arc<LogicalPlan>, &OptimizerContext<'_>) -> Arc<LogicalPlan>;

/// A table whose columns are single letters, with ids from `first` on.
pub(super) fn table(first: u64, columns: &str) -> Arc<LogicalPlan> {
    let output: Vec<Attribute> = columns
        .chars()
        .enumerate()
        .map(|(i, name)| Attribute::new(name.to_string(), ExprId(first + i as u64), DataType::Integer, true))
        .collect();
    let schema = Arc::new(arrow::datatypes::Schema::new(
        output.iter().map(|c| arrow::datatypes::Field::new(&c.name, c.data_type.to_arrow(), true)).collect::<Vec<_>>(),
    ));
    Arc::new(LogicalPlan::LocalRelation { output, batch: RecordBatch::new_empty(schema), partitions: None })
}

/// `a > 1 AND b = x`, over columns of one letter (or an alias of several) of the plans given.
pub(super) fn expr(text: &str, plans: &[&Arc<LogicalPlan>]) -> Expr {
    if let Some((left, right)) = text.split_once(" AND ") {
        return Expr::binary(BinaryOp::And, expr(left, plans), expr(right, plans));
    }
    for (sign, op) in [(" = ", BinaryOp::Eq), (" > ", BinaryOp::Gt), (" < ", BinaryOp::Lt), (" + ", BinaryOp::Add)] {
        if let Some((left, right)) = text.split_once(sign) {
            return Expr::binary(op, expr(left, plans), expr(right, plans));
        }
    }
    if let Some(inner) = text.strip_suffix(" IS NULL") {
        return Expr::unary(UnaryOp::IsNull, expr(inner, plans));
    }
    if text == "NULL" {
        return Expr::Literal(Scalar::Null, DataType::Integer);
    }
    if let Ok(value) = text.parse::<i32>() {
        return Expr::int(value);
    }
    if let Ok(value) = text.parse::<bool>() {
        return Expr::Literal(Scalar::Boolean(value), DataType::Boolean);
    }
    plans
        .iter()
        .flat_map(|plan| plan.output())
        .find(|column| column.name == text)
        .map_or_else(|| panic!("no column {text}"), Expr::Attribute)
}

pub(super) fn filter(input: &Arc<LogicalPlan>, condition: &str) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Filter { condition: expr(condition, &[input]), input: input.clone() })
}

/// `project(&t, "a, a + 1 AS c")`; new columns get the ids 100, 101, ….
pub(super) fn project(input: &Arc<LogicalPlan>, list: &str) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Project { exprs: named(input, list), input: input.clone() })
}

pub(super) fn named(input: &Arc<LogicalPlan>, list: &str) -> Vec<Expr> {
    let base = input.output().iter().map(|column| column.id.0).max().unwrap_or(0).max(99) + 1;
    list.split(", ")
        .enumerate()
        .map(|(i, part)| match part.split_once(" AS ") {
            Some((value, name)) => Expr::Alias {
                child: Box::new(expr(value, &[input])),
                name: name.to_owned(),
                id: ExprId(base + i as u64),
                metadata: None,
            },
            None => expr(part, &[input]),
        })
        .collect()
}

pub(super) fn group(input: &Arc<LogicalPlan>, by: &str) -> Arc<LogicalPlan> {
    let by: Vec<Expr> = by.split(", ").map(|part| expr(part, &[input])).collect();
    Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(by.clone()), outputs: by, input: input.clone() })
}

pub(super) fn limit(input: &Arc<LogicalPlan>, count: usize) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Limit { count, input: input.clone() })
}

pub(super) fn sort(input: &Arc<LogicalPlan>, by: &str) -> Arc<LogicalPlan> {
    let order = vec![crate::logical::expr::SortOrder::new(expr(by, &[input]), true)];
    Arc::new(LogicalPlan::Sort { order, global: true, input: input.clone() })
}

pub(super) fn join(left: &Arc<LogicalPlan>, right: &Arc<LogicalPlan>, on: &str) -> Arc<LogicalPlan> {
    join_as(JoinType::Inner, left, right, on)
}

pub(super) fn join_as(
    join_type: JoinType,
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    on: &str,
) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Join {
        left: left.clone(),
        right: right.clone(),
        join_type,
        constraint: JoinConstraint::On(expr(on, &[left, right])),
        hint: JoinHints::default(),
    })
}

/// Applies a rule that must change the plan.
pub(super) fn check(rule: Apply, plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    let after = run(rule, plan);
    assert!(!Arc::ptr_eq(&after, plan), "the rule did not fire on {}", text(plan));
    after
}

/// Applies a rule that must not change the plan.
pub(super) fn unchanged(rule: Apply, plan: &Arc<LogicalPlan>) {
    let after = run(rule, plan);
    assert!(Arc::ptr_eq(&after, plan), "the rule fired: {}", text(&after));
}

fn run(rule: Apply, plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    let (conf, ids) = (Conf::new(), ExprIds::new());
    (0..1000).for_each(|_| {
        let _ = ids.fresh();
    });
    rule(plan, &OptimizerContext { conf: &conf, ids: &ids, folder: &NoFolding })
}

/// A plan on one line: `Filter(a > 1, table(a b))`.
pub(super) fn text(plan: &LogicalPlan) -> String {
    let inputs = plan.children().iter().map(|child| text(child)).collect::<Vec<_>>().join(", ");
    match plan {
        LogicalPlan::LocalRelation { output, .. } => {
            format!("table({})", output.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(" "))
        }
        LogicalPlan::Filter { condition, .. } => format!("Filter({}, {inputs})", show(condition)),
        LogicalPlan::Project { exprs, .. } => {
            format!("Project([{}], {inputs})", exprs.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        LogicalPlan::Aggregate { outputs, .. } => {
            format!("Aggregate([{}], {inputs})", outputs.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        LogicalPlan::Join { join_type, constraint, .. } => {
            let on = match constraint {
                JoinConstraint::On(condition) => show(condition),
                _ => String::from("-"),
            };
            format!("{join_type:?}Join({on}, {inputs})")
        }
        LogicalPlan::Limit { count, .. } => format!("Limit({count}, {inputs})"),
        LogicalPlan::Sort { order, .. } => {
            format!("Sort({}, {inputs})", order.iter().map(|o| show(&o.child)).collect::<Vec<_>>().join(", "))
        }
        other => {
            let name: String = format!("{other:?}").chars().take_while(char::is_ascii_alphanumeric).collect();
            format!("{name}({inputs})")
        }
    }
}

fn show(expr: &Expr) -> String {
    match expr {
        Expr::Attribute(column) => column.name.clone(),
        Expr::Literal(Scalar::Integer(value), _) => value.to_string(),
        Expr::Literal(Scalar::Boolean(value), _) => value.to_string(),
        Expr::Literal(Scalar::Null, _) => "NULL".to_owned(),
        Expr::Alias { child, name, .. } => format!("{} AS {name}", show(child)),
        Expr::Binary { op, left, right } => {
            let sign = match op {
                BinaryOp::Eq => "=",
                BinaryOp::Gt => ">",
                BinaryOp::Lt => "<",
                BinaryOp::Add => "+",
                BinaryOp::And => "AND",
                BinaryOp::Or => "OR",
                other => return format!("{other:?}({}, {})", show(left), show(right)),
            };
            format!("{} {sign} {}", show(left), show(right))
        }
        Expr::Unary { op, child } => format!("{op:?}({})", show(child)),
        other => format!("{other:?}"),
    }
}
