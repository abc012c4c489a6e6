//! Sorting and cutting: `orderBy`, `limit`, `offset`.

use super::{Method, frame, key};
use crate::common::ErrorClass;
use crate::logical::expr::{Expr, SortOrder};
use crate::logical::plan::LogicalPlan;
use crate::pyspark::api::column::sort_order;
use crate::pyspark::api::support::{given, not_expected_type, py4j_error, raise};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("orderBy", |interp, _, plan, args| sort(interp, plan, args, true)),
    ("sort", |interp, _, plan, args| sort(interp, plan, args, true)),
    ("sortWithinPartitions", |interp, _, plan, args| sort(interp, plan, args, false)),
    ("limit", limit),
    ("offset", offset),
];

fn sort(interp: &mut Interpreter, plan: &Plan, args: Args, global: bool) -> PyResult {
    // Other names are passed over, as in PySpark, which takes `**kwargs` and looks for this one.
    let mut args = args;
    let ascending = args.take_keyword("ascending");
    let items = args.flattened(interp)?;
    if items.is_empty() {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_BE_EMPTY",
            "At least one `column` must be specified.",
        ));
    }
    let mut order: Vec<SortOrder> = Vec::new();
    for item in &items {
        order.push(match item {
            Value::Int(position) if *position < 0 => {
                SortOrder::new(key(interp, plan, "cols", &Value::Int(-position))?, false)
            }
            _ => sort_order(key(interp, plan, "cols", item)?),
        });
    }
    if let Some(ascending) = given(ascending) {
        directions(interp, &mut order, &ascending)?;
    }
    frame(interp, LogicalPlan::Sort { order, global, input: plan.clone() })
}

fn directions(interp: &mut Interpreter, order: &mut Vec<SortOrder>, ascending: &Value) -> PyResult<()> {
    let descend = |key: &mut SortOrder| {
        let child = std::mem::replace(&mut key.child, Expr::Star(None));
        *key = SortOrder::new(child, false);
    };
    if let Some(items) = ascending.as_items() {
        order.truncate(items.len());
        for (key, flag) in order.iter_mut().zip(&items) {
            if !interp.truth(flag)? {
                descend(key);
            }
        }
        return Ok(());
    }
    match ascending.as_int() {
        Some(0) => order.iter_mut().for_each(descend),
        Some(_) => {}
        None => return Err(not_expected_type(interp, "ascending", "bool or list", ascending)),
    }
    Ok(())
}

/// A count of rows that must not be negative.
pub(super) fn row_count(interp: &Interpreter, method: &str, value: &Value) -> PyResult<usize> {
    let Some(number) = value.as_int() else { return Err(py4j_error(method, interp, value)) };
    usize::try_from(number).map_err(|_| {
        raise(
            ErrorClass::AnalysisException,
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
            format!("The {method} expression must be equal to or greater than 0, but got {number}."),
        )
    })
}

fn limit(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [count] = args.bind("limit", ["num"], 1)?;
    let count = row_count(interp, "limit", &count.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::Limit { count, input: plan.clone() })
}

fn offset(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [count] = args.bind("offset", ["num"], 1)?;
    let count = row_count(interp, "offset", &count.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::Offset { count, input: plan.clone() })
}
