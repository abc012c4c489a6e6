//! `AND`, `OR`, `CASE`, `coalesce`: everything that must not show the errors of rows it does not need.

use super::EvalContext;
use super::node::{BoundExpr, Rows};
use super::value::Value;
use crate::common::{Result, SparkError};
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Scalar as ArrowScalar, UInt32Array, new_null_array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{and_kleene, and_not, is_null, not, or_kleene, prep_null_mask_filter, take};
use std::sync::Arc;

/// A condition's rows: null is false.
pub(in crate::exec) fn holds(values: &ArrayRef) -> BooleanArray {
    match values.as_boolean_opt() {
        Some(values) => without_nulls(values),
        None => BooleanArray::from(vec![false; values.len()]),
    }
}

/// The same flags with false for null.
pub(super) fn without_nulls(values: &BooleanArray) -> BooleanArray {
    if values.null_count() == 0 {
        BooleanArray::new(values.values().clone(), None)
    } else {
        prep_null_mask_filter(values)
    }
}

fn flags(value: Value, rows: usize) -> Result<BooleanArray> {
    let array = value.into_array(rows)?;
    if let Some(flags) = array.as_boolean_opt() {
        return Ok(flags.clone());
    }
    if matches!(array.data_type(), arrow::datatypes::DataType::Null) {
        return Ok(BooleanArray::from(vec![None::<bool>; rows]));
    }
    Err(SparkError::internal(format!("a condition of type {}", array.data_type())))
}

/// The value of `expr` for the rows of `needed`; what stands in other rows is anything (and null when it had to be computed apart).
fn for_rows(expr: &BoundExpr, needed: &BooleanArray, rows: &Rows, context: &EvalContext) -> Result<Value> {
    let count = needed.true_count();
    if count == rows.len {
        return expr.value(rows, context);
    }
    if count == 0 {
        return Ok(Value::Constant(new_null_array(&expr.data_type.to_arrow(), 1)));
    }
    if !expr.is_visible()
        && let Ok(value) = expr.value(rows, context)
    {
        return Ok(value);
    }
    let some = expr.value(&rows.select(needed, expr)?, context)?;
    if some.is_constant() {
        return Ok(some);
    }
    scatter(some.array(), needed).map(Value::Array)
}

/// Spreads the values of the chosen rows over all rows, null elsewhere.
fn scatter(values: &ArrayRef, chosen: &BooleanArray) -> Result<ArrayRef> {
    let mut next = 0_u32;
    let places: UInt32Array = chosen
        .iter()
        .map(|is_chosen| {
            (is_chosen == Some(true)).then(|| {
                next += 1;
                next - 1
            })
        })
        .collect();
    Ok(take(values, &places, None)?)
}

pub(super) fn and(left: &BoundExpr, right: &BoundExpr, rows: &Rows, context: &EvalContext) -> Result<Value> {
    let l = flags(left.value(rows, context)?, rows.len)?;
    let open = BooleanArray::new(!&settled(&l, false), None);
    let r = flags(for_rows(right, &open, rows, context)?, rows.len)?;
    Ok(Value::Array(Arc::new(and_kleene(&l, &r)?)))
}

pub(super) fn or(left: &BoundExpr, right: &BoundExpr, rows: &Rows, context: &EvalContext) -> Result<Value> {
    let l = flags(left.value(rows, context)?, rows.len)?;
    let open = BooleanArray::new(!&settled(&l, true), None);
    let r = flags(for_rows(right, &open, rows, context)?, rows.len)?;
    Ok(Value::Array(Arc::new(or_kleene(&l, &r)?)))
}

/// The rows whose value is `value` and not null.
fn settled(flags: &BooleanArray, value: bool) -> arrow::buffer::BooleanBuffer {
    let bits = if value { flags.values().clone() } else { !flags.values() };
    match flags.nulls() {
        Some(nulls) => &bits & nulls.inner(),
        None => bits,
    }
}

pub(super) fn case(
    branches: &[(BoundExpr, BoundExpr)],
    otherwise: Option<&BoundExpr>,
    data_type: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<Value> {
    let mut open = BooleanArray::from(vec![true; rows.len]);
    let mut parts: Vec<(BooleanArray, Value)> = Vec::with_capacity(branches.len());
    for (when, then) in branches {
        if open.true_count() == 0 && rows.len > 0 {
            break;
        }
        let condition = holds(&for_rows(when, &open, rows, context)?.into_array(rows.len)?);
        let taken = arrow::compute::and(&condition, &open)?;
        if taken.true_count() > 0 {
            parts.push((taken.clone(), for_rows(then, &taken, rows, context)?));
        }
        open = and_not(&open, &taken)?;
    }
    let mut result = match otherwise {
        Some(expr) => for_rows(expr, &open, rows, context)?,
        None => Value::Constant(new_null_array(&data_type.to_arrow(), 1)),
    };
    for (taken, value) in parts.into_iter().rev() {
        result = Value::Array(choose(&taken, &value, &result, data_type)?);
    }
    Ok(result)
}

/// `mask ? yes : no`, both brought to the memory of `data_type` where they only differ in whether parts may be null.
fn choose(mask: &BooleanArray, yes: &Value, no: &Value, data_type: &DataType) -> Result<ArrayRef> {
    let wanted = data_type.to_arrow();
    let adapt = |value: &Value| -> Result<Value> {
        let array = value.array();
        if array.data_type() == &wanted {
            return Ok(value.clone());
        }
        let array = if matches!(array.data_type(), arrow::datatypes::DataType::Null) {
            new_null_array(&wanted, array.len())
        } else {
            super::cast::relabel(array, data_type)?
        };
        Ok(if value.is_constant() { Value::Constant(array) } else { Value::Array(array) })
    };
    let (yes, no) = (adapt(yes)?, adapt(no)?);
    let scalar = |array: &ArrayRef| ArrowScalar::new(array.clone());
    Ok(match (&yes, &no) {
        (Value::Array(a), Value::Array(b)) => zip(mask, a, b)?,
        (Value::Array(a), Value::Constant(b)) => zip(mask, a, &scalar(b))?,
        (Value::Constant(a), Value::Array(b)) => zip(mask, &scalar(a), b)?,
        (Value::Constant(a), Value::Constant(b)) => zip(mask, &scalar(a), &scalar(b))?,
    })
}

pub(super) fn coalesce(args: &[BoundExpr], data_type: &DataType, rows: &Rows, context: &EvalContext) -> Result<Value> {
    let mut result: Option<Value> = None;
    for arg in args {
        let Some(so_far) = result.take() else {
            result = Some(arg.value(rows, context)?);
            continue;
        };
        let array = so_far.clone().into_array(rows.len)?;
        let missing = match array.data_type() {
            arrow::datatypes::DataType::Null => BooleanArray::from(vec![true; rows.len]),
            _ => is_null(&array)?,
        };
        if missing.true_count() == 0 {
            return Ok(so_far);
        }
        let next = for_rows(arg, &missing, rows, context)?;
        result = Some(Value::Array(choose(&not(&missing)?, &so_far, &next, data_type)?));
    }
    result.ok_or_else(|| SparkError::internal("coalesce without arguments"))
}
