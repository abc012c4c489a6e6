//! Casts between numbers.

use super::super::{decimal, errors};
use super::{Rules, text};
use crate::common::{Result, SparkError};
use crate::logical::expr::CastMode;
use crate::logical::functions::number_text::{format_decimal, format_double};
use crate::logical::types::DataType;
use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute;
use arrow::datatypes::{
    DataType as ArrowType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use std::sync::Arc;

pub(super) fn cast(array: &ArrayRef, from: &DataType, to: &DataType, rules: Rules) -> Result<ArrayRef> {
    use DataType as T;
    match (from, to) {
        (T::Decimal(_, a), T::Decimal(precision, b)) => {
            decimals(array.as_primitive::<Decimal128Type>(), rules, (*precision, *b), |v| {
                (decimal::to_precision(v, *a, *precision, *b), format_decimal(v, *a))
            })
        }
        (T::Float | T::Double, T::Decimal(precision, scale)) => {
            let single = *from == T::Float;
            let wide = compute::cast(array, &ArrowType::Float64)?;
            decimals(wide.as_primitive::<Float64Type>(), rules, (*precision, *scale), |v| {
                let value = if single { format!("{}", v as f32).parse().unwrap_or(v) } else { v };
                let found = if v.is_finite() { decimal::double_to_decimal(value, *precision, *scale) } else { None };
                (found, format_double(value))
            })
        }
        (_, T::Decimal(precision, scale)) => {
            let wide = compute::cast(array, &ArrowType::Int64)?;
            decimals(wide.as_primitive::<Int64Type>(), rules, (*precision, *scale), |v| {
                (decimal::to_precision(i128::from(v), 0, *precision, *scale), v.to_string())
            })
        }
        (T::Decimal(_, scale), T::Double) => Ok(Arc::new(
            array.as_primitive::<Decimal128Type>().unary::<_, Float64Type>(|v| decimal::to_double(v, *scale)),
        )),
        (T::Decimal(_, scale), T::Float) => Ok(Arc::new(
            array.as_primitive::<Decimal128Type>().unary::<_, Float32Type>(|v| decimal::to_double(v, *scale) as f32),
        )),
        (T::Decimal(_, scale), _) => {
            let divisor = decimal::power_of_ten(u32::from(scale.unsigned_abs()));
            let shown = |v: i128| format_decimal(v, *scale);
            narrow(array.as_primitive::<Decimal128Type>(), from, to, rules, |v| v / divisor, |v| v / divisor, shown)
        }
        (T::Float | T::Double, whole) if whole.is_integral() => {
            let wide = compute::cast(array, &ArrowType::Float64)?;
            narrow(
                wide.as_primitive::<Float64Type>(),
                from,
                to,
                rules,
                exact_whole,
                |v| java_whole(v, to),
                format_double,
            )
        }
        (_, T::Float | T::Double) => Ok(compute::cast(array, &to.to_arrow())?),
        _ if width(from) <= width(to) => Ok(compute::cast(array, &to.to_arrow())?),
        _ => {
            let wide = compute::cast(array, &ArrowType::Int64)?;
            narrow(wide.as_primitive::<Int64Type>(), from, to, rules, i128::from, i128::from, |v| v.to_string())
        }
    }
}

fn width(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Byte => 1,
        DataType::Short => 2,
        DataType::Integer => 4,
        _ => 8,
    }
}

/// A double without its fraction; beyond every whole type for NaN and what is too large.
fn exact_whole(value: f64) -> i128 {
    if value.is_nan() { i128::MAX } else { value as i128 }
}

/// Java's narrowing: saturating to int or long, then wrapping to the smaller types.
fn java_whole(value: f64, to: &DataType) -> i128 {
    match to {
        DataType::Long => i128::from(value as i64),
        _ => i128::from(value as i32),
    }
}

fn narrow<F: ArrowPrimitiveType>(
    array: &PrimitiveArray<F>,
    from: &DataType,
    to: &DataType,
    rules: Rules,
    exact: impl Fn(F::Native) -> i128,
    legacy: impl Fn(F::Native) -> i128,
    shown: impl Fn(F::Native) -> String,
) -> Result<ArrayRef> {
    macro_rules! into {
        ($arrow:ty, $native:ty) => {{
            let mut values = Vec::with_capacity(array.len());
            for value in array {
                values.push(match value {
                    None => None,
                    Some(value) if rules.mode == CastMode::Legacy => Some(legacy(value) as $native),
                    Some(value) => rules.take(<$native>::try_from(exact(value)).ok(), || {
                        errors::cast_overflow(&shown(value), &text::type_words(from), &text::type_words(to))
                    })?,
                });
            }
            Ok(Arc::new(PrimitiveArray::<$arrow>::from(values)) as ArrayRef)
        }};
    }
    match to {
        DataType::Byte => into!(Int8Type, i8),
        DataType::Short => into!(Int16Type, i16),
        DataType::Integer => into!(Int32Type, i32),
        DataType::Long => into!(Int64Type, i64),
        other => Err(SparkError::internal(format!("a cast from {from:?} to {other:?}"))),
    }
}

fn decimals<F: ArrowPrimitiveType>(
    array: &PrimitiveArray<F>,
    rules: Rules,
    (precision, scale): (u8, i8),
    convert: impl Fn(F::Native) -> (Option<i128>, String),
) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(array.len());
    for value in array {
        values.push(match value {
            None => None,
            Some(value) => {
                let (found, shown) = convert(value);
                rules.take(found, || errors::decimal_range(&shown, precision, scale))?
            }
        });
    }
    Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from(values).with_precision_and_scale(precision, scale)?))
}
