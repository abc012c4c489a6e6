//! Missing values: `fillna`, `dropna`, `replace`.

use super::{Method, attributes, frame, select};
use crate::common::ErrorClass;
use crate::logical::expr::{BinaryOp, CastMode, Expr, UnaryOp};
use crate::logical::plan::LogicalPlan;
use crate::logical::types::DataType;
use crate::pyspark::api::column::lit;
use crate::pyspark::api::support::{given, not_expected_type, raise, text_argument, value_not_allowed};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[("fillna", fill), ("dropna", drop), ("replace", replace)];

fn cast(child: Expr, to: &DataType) -> Expr {
    if child.data_type() == *to {
        return child;
    }
    Expr::Cast { child: Box::new(child), to: to.clone(), mode: CastMode::Ansi, implicit: false }
}

/// Which columns a plain Python value goes into.
fn fits(value: &Value, data_type: &DataType) -> bool {
    match value.native() {
        Value::Bool(_) => *data_type == DataType::Boolean,
        Value::Int(_) | Value::Float(_) => data_type.is_numeric(),
        Value::Str(_) => *data_type == DataType::String,
        _ => false,
    }
}

fn subset_names(interp: &mut Interpreter, plan: &Plan, subset: Option<Value>) -> PyResult<Option<Vec<String>>> {
    match given(subset) {
        None => Ok(None),
        Some(subset) => {
            let columns = select::existing(interp, plan, "subset", &subset)?;
            Ok(Some(columns.iter().map(Expr::pretty_name).collect()))
        }
    }
}

fn is_plain(value: &Value) -> bool {
    matches!(value.native(), Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_))
}

fn fill(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [value, subset] = args.bind("fillna", ["value", "subset"], 1)?;
    let value = value.unwrap_or(Value::None);
    let mut wanted: Vec<(String, Value)> = Vec::new();
    if let Some(dict) = value.as_dict() {
        let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        for (name, value) in pairs {
            let name = text_argument(interp, "value", &name)?;
            let column = super::resolve(interp, plan, &name)?;
            wanted.push((column.pretty_name(), value));
        }
    } else if is_plain(&value) {
        let names = subset_names(interp, plan, subset)?;
        for column in plan.output() {
            if fits(&value, &column.data_type) && names.as_ref().is_none_or(|names| names.contains(&column.name)) {
                wanted.push((column.name, value.clone()));
            }
        }
    } else {
        return Err(not_expected_type(interp, "value", "bool, float, int, str or dict", &value));
    }
    let mut exprs = Vec::new();
    for column in plan.output() {
        let Some((_, value)) = wanted.iter().find(|(name, _)| *name == column.name) else {
            exprs.push(Expr::Attribute(column));
            continue;
        };
        let (name, data_type) = (column.name.clone(), column.data_type.clone());
        let mut own = Expr::Attribute(column);
        if matches!(data_type, DataType::Float | DataType::Double) {
            let null = cast(Expr::literal(crate::logical::Scalar::Null), &data_type);
            own = cast(Expr::call("nanvl", vec![own, null]), &data_type);
        }
        let value = cast(lit(interp, value)?, &data_type);
        exprs.push(cast(Expr::call("coalesce", vec![own, value]), &data_type).alias(name));
    }
    frame(interp, LogicalPlan::Project { exprs, input: plan.clone() })
}

fn present(column: &Expr) -> Expr {
    let there = Expr::unary(UnaryOp::IsNotNull, column.clone());
    if matches!(column.data_type(), DataType::Float | DataType::Double) {
        let number = Expr::unary(UnaryOp::Not, Expr::unary(UnaryOp::IsNaN, column.clone()));
        return Expr::binary(BinaryOp::And, there, number);
    }
    there
}

fn drop(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [how, threshold, subset] = args.bind("dropna", ["how", "thresh", "subset"], 0)?;
    let how = match given(how) {
        None => "any".to_owned(),
        Some(how) => text_argument(interp, "how", &how)?,
    };
    if how != "any" && how != "all" {
        return Err(value_not_allowed("how", "'any', 'all'"));
    }
    let columns = match given(subset) {
        Some(subset) => select::existing(interp, plan, "subset", &subset)?,
        None => attributes(plan),
    };
    let condition = match given(threshold).and_then(|value| value.as_int()) {
        Some(least) => {
            let counts = columns.iter().map(|column| Expr::Case {
                branches: vec![(present(column), Expr::int(1))],
                otherwise: Some(Box::new(Expr::int(0))),
            });
            let total = counts.reduce(|a, b| Expr::binary(BinaryOp::Add, a, b));
            total.map(|total| Expr::binary(BinaryOp::GtEq, total, Expr::int(least as i32)))
        }
        None => {
            let op = if how == "any" { BinaryOp::And } else { BinaryOp::Or };
            columns.iter().map(present).reduce(|a, b| Expr::binary(op, a, b))
        }
    };
    match condition {
        Some(condition) => frame(interp, LogicalPlan::Filter { condition, input: plan.clone() }),
        None => Ok(super::frame_of(interp.host()?, plan.clone())),
    }
}

fn replace(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [to_replace, value, subset] = args.bind("replace", ["to_replace", "value", "subset"], 1)?;
    let to_replace = to_replace.unwrap_or(Value::None);
    let pairs = replacements(interp, &to_replace, value)?;
    let names = subset_names(interp, plan, subset)?;
    check_kinds(&pairs)?;
    let mut exprs = Vec::new();
    for column in plan.output() {
        let chosen = names.as_ref().is_none_or(|names| names.contains(&column.name));
        let fitting: Vec<&(Value, Value)> =
            pairs.iter().filter(|(old, _)| old.is_none() || can_hold(old, &column.data_type)).collect();
        if !chosen || fitting.is_empty() {
            exprs.push(Expr::Attribute(column));
            continue;
        }
        let (name, data_type) = (column.name.clone(), column.data_type.clone());
        let own = Expr::Attribute(column);
        let mut branches = Vec::new();
        for (old, new) in fitting {
            let old = cast(lit(interp, old)?, &data_type);
            let new = cast(lit(interp, new)?, &data_type);
            branches.push((Expr::binary(BinaryOp::Eq, own.clone(), old), new));
        }
        exprs.push(Expr::Case { branches, otherwise: Some(Box::new(own)) }.alias(name));
    }
    frame(interp, LogicalPlan::Project { exprs, input: plan.clone() })
}

/// Whether a column may hold the value that is looked for: whole numbers and decimals are never NaN or infinite.
fn can_hold(old: &Value, data_type: &DataType) -> bool {
    let is_real = matches!(data_type, DataType::Double | DataType::Float);
    fits(old, data_type) && (is_real || old.as_float().is_none_or(f64::is_finite))
}

fn replacements(interp: &Interpreter, old: &Value, new: Option<Value>) -> PyResult<Vec<(Value, Value)>> {
    if let Some(dict) = old.as_dict() {
        return Ok(dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    if !is_plain(old) && old.as_items().is_none() {
        return Err(not_expected_type(interp, "to_replace", "bool, dict, float, int, str or tuple", old));
    }
    let Some(new) = new else {
        return Err(raise(
            ErrorClass::PySparkTypeError,
            "ARGUMENT_REQUIRED",
            "Argument `value` is required when `to_replace` is not a dictionary.",
        ));
    };
    let olds = old.as_items().unwrap_or_else(|| vec![old.clone()]);
    let news = match new.as_items() {
        Some(items) => items,
        None => vec![new; olds.len()],
    };
    if olds.len() != news.len() {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "LENGTH_SHOULD_BE_THE_SAME",
            format!("to_replace and value should be of the same length, got {} and {}.", olds.len(), news.len()),
        ));
    }
    Ok(olds.into_iter().zip(news).collect())
}

/// All old values are of one kind, and so are all new ones, and the kinds agree.
fn check_kinds(pairs: &[(Value, Value)]) -> PyResult<()> {
    let kind = |value: &Value| match value.native() {
        Value::Bool(_) => Some(0),
        Value::Int(_) | Value::Float(_) => Some(1),
        Value::Str(_) => Some(2),
        _ => None,
    };
    let mut kinds = pairs.iter().flat_map(|(old, new)| [old, new]).filter(|value| !value.is_none()).map(kind);
    let first = kinds.next().flatten();
    if first.is_none() || kinds.any(|other| other != first) {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "MIXED_TYPE_REPLACEMENT",
            "Mixed type replacements are not supported.",
        ));
    }
    Ok(())
}
