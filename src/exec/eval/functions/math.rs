//! Functions of real numbers (through `libm`, so that every platform gives the same bits), and arithmetic that gives NULL.

use super::super::arithmetic::{self, Trouble};
use super::super::boolean::without_nulls;
use super::super::call::{Call, Kernel};
use super::super::comparison;
use super::super::errors;
use super::super::value::Value;
use crate::common::Result;
use crate::logical::expr::BinaryOp;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{ArrayRef, AsArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{and, is_not_null, is_null, or};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type};
use std::f64::consts;
use std::sync::Arc;

macro_rules! real {
    ($f:expr) => {
        |call| unary(call, $f)
    };
}

/// A decimal of at most eighteen digits as a whole number of its last digits.
fn unscaled_value(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    Ok(Arc::new(column.as_primitive::<Decimal128Type>().unary::<_, Int64Type>(|value| value as i64)))
}

/// The decimal of so many last digits.
fn make_decimal(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    let whole = column.as_primitive::<Int64Type>().unary::<_, Decimal128Type>(i128::from);
    Ok(Arc::new(whole.with_data_type(call.out.to_arrow())))
}

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "unscaled_value" => unscaled_value,
        "make_decimal" => make_decimal,
        "sqrt" => real!(libm::sqrt),
        "cbrt" => real!(libm::cbrt),
        "exp" => real!(libm::exp),
        "expm1" => real!(libm::expm1),
        "ln" => |call| partial(call, 0.0, libm::log),
        "log2" => |call| partial(call, 0.0, |x| libm::log(x) / std::f64::consts::LN_2),
        "log10" => |call| partial(call, 0.0, libm::log10),
        "log1p" => |call| partial(call, -1.0, libm::log1p),
        "log" => logarithm,
        "power" => |call| binary(call, libm::pow),
        "atan2" => |call| binary(call, |y, x| libm::atan2(y + 0.0, x + 0.0)),
        "hypot" => |call| binary(call, libm::hypot),
        "sin" => real!(libm::sin),
        "cos" => real!(libm::cos),
        "tan" => real!(libm::tan),
        "cot" => real!(|x| 1.0 / libm::tan(x)),
        "sec" => real!(|x| 1.0 / libm::cos(x)),
        "csc" => real!(|x| 1.0 / libm::sin(x)),
        "asin" => real!(libm::asin),
        "acos" => real!(libm::acos),
        "atan" => real!(libm::atan),
        "sinh" => real!(libm::sinh),
        "cosh" => real!(libm::cosh),
        "tanh" => real!(libm::tanh),
        "asinh" => real!(libm::asinh),
        "acosh" => real!(libm::acosh),
        "atanh" => real!(libm::atanh),
        "degrees" => real!(|x| x * (180.0 / consts::PI)),
        "radians" => real!(|x| x / 180.0 * consts::PI),
        "signum" => real!(|x| if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            x
        }),
        "rint" => real!(libm::rint),
        "pi" => |call| call.to_numbers::<Float64Type>(|_| Ok(Some(consts::PI))),
        "e" => |call| call.to_numbers::<Float64Type>(|_| Ok(Some(consts::E))),
        "factorial" => factorial,
        "width_bucket" => width_bucket,
        "isnan" => |call| Ok(Arc::new(arithmetic::is_nan(&call.column(0)?, &call.types[0]))),
        "nanvl" => nanvl,
        "greatest" => |call| extreme(call, BinaryOp::Gt),
        "least" => |call| extreme(call, BinaryOp::Lt),
        "mod" => |call| pair(call, BinaryOp::Remainder, if call.context.ansi { Trouble::Raise } else { Trouble::Wrap }),
        "pmod" => pmod,
        "try_add" => |call| pair(call, BinaryOp::Add, Trouble::Null),
        "try_subtract" => |call| pair(call, BinaryOp::Subtract, Trouble::Null),
        "try_multiply" => |call| pair(call, BinaryOp::Multiply, Trouble::Null),
        "try_divide" => |call| pair(call, BinaryOp::Divide, Trouble::Null),
        "try_mod" => |call| pair(call, BinaryOp::Remainder, Trouble::Null),
        _ => return None,
    })
}

fn unary(call: &Call<'_>, f: fn(f64) -> f64) -> Result<ArrayRef> {
    let column = call.column(0)?;
    match column.as_primitive_opt::<Float64Type>() {
        Some(values) => Ok(Arc::new(values.unary::<_, Float64Type>(f))),
        None => Ok(arrow::array::new_null_array(&call.out.to_arrow(), call.rows)),
    }
}

/// Null at and below the bound.
fn partial(call: &Call<'_>, bound: f64, f: fn(f64) -> f64) -> Result<ArrayRef> {
    let x = call.numbers::<Float64Type>(0)?;
    call.to_numbers::<Float64Type>(|row| Ok(x.get(row).filter(|x| x.is_nan() || *x > bound).map(f)))
}

/// `log(x)`, `log(base, x)`.
fn logarithm(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.len() == 1 {
        return partial(call, 0.0, libm::log);
    }
    let (base, x) = (call.numbers::<Float64Type>(0)?, call.numbers::<Float64Type>(1)?);
    call.to_numbers::<Float64Type>(|row| {
        Ok(base
            .get(row)
            .zip(x.get(row))
            .and_then(|(base, x)| (!(base <= 0.0 || x <= 0.0)).then(|| libm::log(x) / libm::log(base))))
    })
}

fn binary(call: &Call<'_>, f: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let (a, b) = (call.numbers::<Float64Type>(0)?, call.numbers::<Float64Type>(1)?);
    call.to_numbers::<Float64Type>(|row| Ok(a.get(row).zip(b.get(row)).map(|(a, b)| f(a, b))))
}

fn factorial(call: &Call<'_>) -> Result<ArrayRef> {
    let n = call.numbers::<Int32Type>(0)?;
    call.to_numbers::<Int64Type>(|row| {
        Ok(n.get(row).filter(|n| (0..=20).contains(n)).map(|n| (1..=i64::from(n)).product()))
    })
}

fn width_bucket(call: &Call<'_>) -> Result<ArrayRef> {
    let (x, low, high) =
        (call.numbers::<Float64Type>(0)?, call.numbers::<Float64Type>(1)?, call.numbers::<Float64Type>(2)?);
    let count = call.numbers::<Int64Type>(3)?;
    call.to_numbers::<Int64Type>(|row| {
        let (Some(x), Some(low), Some(high), Some(count)) = (x.get(row), low.get(row), high.get(row), count.get(row))
        else {
            return Ok(None);
        };
        if count <= 0 || x.is_nan() || low == high || !low.is_finite() || !high.is_finite() {
            return Ok(None);
        }
        let (start, end, x) = if low < high { (low, high, x) } else { (-low, -high, -x) };
        Ok(Some(if x < start {
            0
        } else if x >= end {
            count + 1
        } else {
            (count as f64 * (x - start) / (end - start)) as i64 + 1
        }))
    })
}

fn nanvl(call: &Call<'_>) -> Result<ArrayRef> {
    if *call.out == DataType::Float {
        let (a, b) = (call.numbers::<Float32Type>(0)?, call.numbers::<Float32Type>(1)?);
        return call.to_numbers::<Float32Type>(|row| {
            Ok(a.get(row).and_then(|a| if a.is_nan() { b.get(row) } else { Some(a) }))
        });
    }
    let (a, b) = (call.numbers::<Float64Type>(0)?, call.numbers::<Float64Type>(1)?);
    call.to_numbers::<Float64Type>(|row| Ok(a.get(row).and_then(|a| if a.is_nan() { b.get(row) } else { Some(a) })))
}

/// `greatest` and `least`: nulls are skipped.
fn extreme(call: &Call<'_>, op: BinaryOp) -> Result<ArrayRef> {
    let mut best = call.column(0)?;
    for i in 1..call.args.len() {
        let next = call.column(i)?;
        let types = (call.out, call.out);
        let better = comparison::compare(
            op,
            &Value::Array(next.clone()),
            &Value::Array(best.clone()),
            types,
            call.rows,
            call.context,
        )?
        .into_array(call.rows)?;
        let better = without_nulls(better.as_boolean());
        let replace = or(&better, &and(&is_null(&best)?, &is_not_null(&next)?)?)?;
        best = zip(&replace, &next, &best)?;
    }
    Ok(best)
}

fn pair(call: &Call<'_>, op: BinaryOp, trouble: Trouble) -> Result<ArrayRef> {
    let types = (&call.types[0], &call.types[1]);
    arithmetic::compute(op, &call.args[0], &call.args[1], types, call.out, call.rows, trouble, call.context)?
        .into_array(call.rows)
}

/// The remainder that is never negative for a positive divisor.
fn pmod(call: &Call<'_>) -> Result<ArrayRef> {
    let zero = || if call.context.ansi { Err(errors::remainder_by_zero()) } else { Ok(Scalar::Null) };
    if let (DataType::Integer, DataType::Integer) = (&call.types[0], &call.types[1]) {
        let (a, n) = (call.numbers::<Int32Type>(0)?, call.numbers::<Int32Type>(1)?);
        return call.to_numbers::<Int32Type>(|row| match a.get(row).zip(n.get(row)) {
            Some((_, 0)) => zero().map(|_| None),
            Some((a, n)) => Ok(Some(whole_pmod(i64::from(a), i64::from(n)) as i32)),
            None => Ok(None),
        });
    }
    call.to_scalars(|row| {
        use Scalar as S;
        Ok(match (call.scalar(0, row)?, call.scalar(1, row)?) {
            (S::Byte(_), S::Byte(0)) | (S::Short(_), S::Short(0)) | (S::Long(_), S::Long(0)) => zero()?,
            (S::Float(_), S::Float(0.0)) | (S::Double(_), S::Double(0.0)) | (S::Decimal(..), S::Decimal(0, ..)) => {
                zero()?
            }
            (S::Byte(a), S::Byte(n)) => S::Byte(whole_pmod(i64::from(a), i64::from(n)) as i8),
            (S::Short(a), S::Short(n)) => S::Short(whole_pmod(i64::from(a), i64::from(n)) as i16),
            (S::Long(a), S::Long(n)) => S::Long(whole_pmod(a, n)),
            (S::Float(a), S::Float(n)) => {
                let r = a % n;
                S::Float(if r < 0.0 { (r + n) % n } else { r })
            }
            (S::Double(a), S::Double(n)) => {
                let r = a % n;
                S::Double(if r < 0.0 { (r + n) % n } else { r })
            }
            (S::Decimal(a, precision, scale), S::Decimal(n, _, _)) => {
                let r = a % n;
                S::Decimal(if r < 0 { (r + n) % n } else { r }, precision, scale)
            }
            _ => S::Null,
        })
    })
}

fn whole_pmod(a: i64, n: i64) -> i64 {
    let r = a.wrapping_rem(n);
    if r < 0 { r.wrapping_add(n).wrapping_rem(n) } else { r }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_positive_remainder_is_positive() {
        assert_eq!(whole_pmod(-7, 2), 1);
        assert_eq!(whole_pmod(7, -2), 1);
    }
}
