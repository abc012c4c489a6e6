//! Comparisons. Spark's order of doubles: NaN equals NaN and is above all, -0.0 equals 0.0.

use super::EvalContext;
use super::node::{BoundExpr, Rows};
use super::value::{Numbers, Side, Value};
use crate::common::{Result, SparkError};
use crate::logical::expr::{BinaryOp, CastMode};
use crate::logical::functions::common_type;
use crate::logical::functions::types::same_shape;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::cmp;
use arrow::compute::{is_null, not, or_kleene};
use arrow::datatypes::{Float32Type, Float64Type};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

pub(super) fn compare(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    rows: usize,
    context: &EvalContext,
) -> Result<Value> {
    let count = if left.is_constant() && right.is_constant() { 1 } else { rows };
    let array = flags_of(op, left, right, types, count, context)?;
    Ok(if left.is_constant() && right.is_constant() { Value::Constant(array) } else { Value::Array(array) })
}

fn flags_of(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    rows: usize,
    context: &EvalContext,
) -> Result<ArrayRef> {
    if left.is_void() || right.is_void() {
        return void(op, left, right, rows);
    }
    if !same_shape(types.0, types.1) {
        let common = common_type(types.0, types.1, context.ansi)
            .ok_or_else(|| SparkError::internal(format!("{:?} compared with {:?}", types.0, types.1)))?;
        let mode = if context.ansi { CastMode::Ansi } else { CastMode::Legacy };
        let adapt = |value: &Value, from: &DataType| -> Result<Value> {
            let done = super::cast::cast(value.array(), from, &common, mode, context)?;
            Ok(if value.is_constant() { Value::Constant(done) } else { Value::Array(done) })
        };
        return flags_of(op, &adapt(left, types.0)?, &adapt(right, types.1)?, (&common, &common), rows, context);
    }
    Ok(match types.0 {
        DataType::Float => floats::<Float32Type>(op, left.numbers()?, right.numbers()?, rows, |a, b| {
            order_f64(f64::from(a), f64::from(b))
        }),
        DataType::Double => doubles(op, left, right, rows)?,
        DataType::Array(..) | DataType::Struct(_) | DataType::Map(..) => nested(op, left, right, types, rows)?,
        _ => {
            let (l, r) = (Side::of(left), Side::of(right));
            let (l, r) = (l.datum(), r.datum());
            Arc::new(match op {
                BinaryOp::Eq => cmp::eq(l, r)?,
                BinaryOp::NotEq => cmp::neq(l, r)?,
                BinaryOp::Lt => cmp::lt(l, r)?,
                BinaryOp::LtEq => cmp::lt_eq(l, r)?,
                BinaryOp::Gt => cmp::gt(l, r)?,
                BinaryOp::GtEq => cmp::gt_eq(l, r)?,
                _ => cmp::not_distinct(l, r)?,
            })
        }
    })
}

/// A comparison with a bare NULL.
fn void(op: BinaryOp, left: &Value, right: &Value, rows: usize) -> Result<ArrayRef> {
    if op != BinaryOp::NullSafeEq {
        return Ok(Arc::new(BooleanArray::from(vec![None::<bool>; rows])));
    }
    let flags = (0..rows).map(|row| left.is_null(row) && right.is_null(row)).collect::<Vec<_>>();
    Ok(Arc::new(BooleanArray::from(flags)))
}

/// Spark's total order of doubles.
#[inline]
pub fn order_f64(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

fn test(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::NotEq => order != Ordering::Equal,
        BinaryOp::Lt => order == Ordering::Less,
        BinaryOp::LtEq => order != Ordering::Greater,
        BinaryOp::Gt => order == Ordering::Greater,
        BinaryOp::GtEq => order != Ordering::Less,
        _ => order == Ordering::Equal,
    }
}

/// The usual case, a column against a constant or a column, without a branch per row.
fn doubles(op: BinaryOp, left: &Value, right: &Value, rows: usize) -> Result<ArrayRef> {
    if op == BinaryOp::NullSafeEq {
        return Ok(floats::<Float64Type>(op, left.numbers()?, right.numbers()?, rows, order_f64));
    }
    let nulls = |value: &Value| -> Result<Option<NullBuffer>> {
        if !value.is_constant() {
            return Ok(value.array().nulls().cloned());
        }
        Ok(value.is_null(0).then(|| NullBuffer::new_null(rows)))
    };
    let nulls = NullBuffer::union(nulls(left)?.as_ref(), nulls(right)?.as_ref());
    let get = |value: &Value| value.array().as_primitive::<Float64Type>().values().clone();
    let (l, r) = (get(left), get(right));
    let bits = |f: fn(f64, f64) -> bool| match (left.is_constant(), right.is_constant()) {
        (false, false) => BooleanBuffer::collect_bool(rows, |i| f(l[i], r[i])),
        (false, true) => {
            let c = r[0];
            BooleanBuffer::collect_bool(rows, |i| f(l[i], c))
        }
        (true, false) => {
            let c = l[0];
            BooleanBuffer::collect_bool(rows, |i| f(c, r[i]))
        }
        (true, true) => BooleanBuffer::collect_bool(rows, |_| f(l[0], r[0])),
    };
    let values = match op {
        BinaryOp::Eq => bits(|a, b| a == b || (a.is_nan() && b.is_nan())),
        BinaryOp::NotEq => bits(|a, b| !(a == b || (a.is_nan() && b.is_nan()))),
        BinaryOp::Lt => bits(|a, b| a < b || (b.is_nan() && !a.is_nan())),
        BinaryOp::LtEq => bits(|a, b| a <= b || b.is_nan()),
        BinaryOp::Gt => bits(|a, b| a > b || (a.is_nan() && !b.is_nan())),
        _ => bits(|a, b| a >= b || a.is_nan()),
    };
    Ok(Arc::new(BooleanArray::new(values, nulls)))
}

fn floats<T: ArrowPrimitiveType>(
    op: BinaryOp,
    left: Numbers<'_, T>,
    right: Numbers<'_, T>,
    rows: usize,
    order: impl Fn(T::Native, T::Native) -> Ordering,
) -> ArrayRef {
    let flags: BooleanArray = (0..rows)
        .map(|row| match (left.get(row), right.get(row)) {
            (Some(l), Some(r)) => Some(test(op, order(l, r))),
            (None, None) if op == BinaryOp::NullSafeEq => Some(true),
            _ if op == BinaryOp::NullSafeEq => Some(false),
            _ => None,
        })
        .collect();
    Arc::new(flags)
}

fn nested(op: BinaryOp, left: &Value, right: &Value, types: (&DataType, &DataType), rows: usize) -> Result<ArrayRef> {
    let flags = (0..rows)
        .map(|row| {
            let l = Scalar::from_array(left.array(), left.at(row), types.0)?;
            let r = Scalar::from_array(right.array(), right.at(row), types.1)?;
            Ok(match (l.is_null(), r.is_null()) {
                (false, false) => Some(test(op, order(&l, &r))),
                (true, true) if op == BinaryOp::NullSafeEq => Some(true),
                _ if op == BinaryOp::NullSafeEq => Some(false),
                _ => None,
            })
        })
        .collect::<Result<BooleanArray>>()?;
    Ok(Arc::new(flags))
}

/// Spark's order of two values of one type; nulls (inside nested values) come first.
#[must_use]
pub fn order(left: &Scalar, right: &Scalar) -> Ordering {
    use Scalar as S;
    match (left, right) {
        (S::Null, S::Null) => Ordering::Equal,
        (S::Null, _) => Ordering::Less,
        (_, S::Null) => Ordering::Greater,
        (S::Boolean(a), S::Boolean(b)) => a.cmp(b),
        (S::Byte(a), S::Byte(b)) => a.cmp(b),
        (S::Short(a), S::Short(b)) => a.cmp(b),
        (S::Integer(a), S::Integer(b))
        | (S::Date(a), S::Date(b))
        | (S::YearMonthInterval(a), S::YearMonthInterval(b)) => a.cmp(b),
        (S::Long(a), S::Long(b))
        | (S::Timestamp(a), S::Timestamp(b))
        | (S::TimestampNtz(a), S::TimestampNtz(b))
        | (S::DayTimeInterval(a), S::DayTimeInterval(b)) => a.cmp(b),
        (S::Float(a), S::Float(b)) => order_f64(f64::from(*a), f64::from(*b)),
        (S::Double(a), S::Double(b)) => order_f64(*a, *b),
        (S::Decimal(a, _, s), S::Decimal(b, _, t)) if s == t => a.cmp(b),
        (S::Decimal(a, _, s), S::Decimal(b, _, t)) => {
            let common = *s.max(t);
            match (super::decimal::rescale(*a, *s, common), super::decimal::rescale(*b, *t, common)) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => order_f64(super::decimal::to_double(*a, *s), super::decimal::to_double(*b, *t)),
            }
        }
        (S::String(a), S::String(b)) => a.cmp(b),
        (S::Binary(a), S::Binary(b)) => a.cmp(b),
        (S::CalendarInterval(a, b, c), S::CalendarInterval(x, y, z)) => (a, b, c).cmp(&(x, y, z)),
        (S::Array(a), S::Array(b)) | (S::Struct(a), S::Struct(b)) => {
            a.iter().zip(b).map(|(x, y)| order(x, y)).find(|o| o.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (S::Map(a), S::Map(b)) => a
            .iter()
            .zip(b)
            .map(|((k, v), (l, w))| order(k, l).then_with(|| order(v, w)))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        _ => Ordering::Equal,
    }
}

/// Whether two values of one type are equal, nulls included.
#[must_use]
pub fn same(left: &Scalar, right: &Scalar) -> bool {
    order(left, right) == Ordering::Equal && left.is_null() == right.is_null()
}

pub(super) fn in_list(value: &BoundExpr, list: &[BoundExpr], rows: &Rows, context: &EvalContext) -> Result<Value> {
    let left = value.value(rows, context)?;
    let items = list.iter().map(|item| item.value(rows, context)).collect::<Result<Vec<_>>>()?;
    if let Some(found) = in_texts(&left, &items)? {
        return Ok(Value::Array(found));
    }
    let mut found: Option<BooleanArray> = None;
    for (item, expr) in items.iter().zip(list) {
        let one = compare(BinaryOp::Eq, &left, item, (&value.data_type, &expr.data_type), rows.len, context)?
            .into_array(rows.len)?;
        let one = one.as_boolean();
        found = Some(match found {
            None => one.clone(),
            Some(so_far) => or_kleene(&so_far, one)?,
        });
    }
    let found: ArrayRef = match found {
        Some(found) => Arc::new(found),
        None => Arc::new(not(&is_null(&left.into_array(rows.len)?)?)?),
    };
    Ok(Value::Array(found))
}

/// Text in a longer list of constants: one look-up for each row.
fn in_texts(left: &Value, items: &[Value]) -> Result<Option<ArrayRef>> {
    let text = |value: &Value| value.array().data_type() == &arrow::datatypes::DataType::Utf8View;
    if items.len() < 5
        || left.is_constant()
        || !text(left)
        || !items.iter().all(|item| item.is_constant() && text(item))
    {
        return Ok(None);
    }
    let mut set = HashSet::new();
    let mut has_null = false;
    for item in items {
        match item.texts()?.get(0) {
            Some(text) => {
                set.insert(text);
            }
            None => has_null = true,
        }
    }
    let flags: BooleanArray = left
        .array()
        .as_string_view()
        .iter()
        .map(|text| match text {
            Some(text) if set.contains(text) => Some(true),
            Some(_) if has_null => None,
            Some(_) => Some(false),
            None => None,
        })
        .collect();
    Ok(Some(Arc::new(flags)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_equal_to_itself_and_above_all() {
        assert_eq!(order_f64(f64::NAN, f64::NAN), Ordering::Equal);
        assert_eq!(order_f64(f64::NAN, f64::INFINITY), Ordering::Greater);
        assert_eq!(order_f64(-0.0, 0.0), Ordering::Equal);
    }
}
