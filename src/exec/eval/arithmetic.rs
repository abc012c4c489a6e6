//! Arithmetic, with Spark's overflow rules: raise under ANSI, wrap or give NULL without it.

use super::value::{Side, Value};
use super::{EvalContext, decimal, errors};
use crate::common::{Result, SparkError};
use crate::logical::expr::{BinaryOp, CastMode, UnaryOp};
use crate::logical::functions::calendar::{self, DAY, Zone};
use crate::logical::functions::number_text::format_decimal;
use crate::logical::functions::types::wider_numeric;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, new_null_array,
};
use arrow::compute::kernels::{bitwise, numeric};
use arrow::compute::{is_not_null, is_null, not};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use std::sync::Arc;

/// What happens to a result that cannot be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Raise,
    Null,
    Wrap,
}

pub(super) fn arithmetic(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    out: &DataType,
    rows: usize,
    context: &EvalContext,
) -> Result<Value> {
    let trouble = if context.ansi { Trouble::Raise } else { Trouble::Wrap };
    compute(op, left, right, types, out, rows, trouble, context)
}

/// `left op right`, with a say in what happens to results that cannot be.
#[expect(clippy::too_many_arguments, reason = "two operands and the rules for them")]
pub(super) fn compute(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    out: &DataType,
    rows: usize,
    trouble: Trouble,
    context: &EvalContext,
) -> Result<Value> {
    let constant = left.is_constant() && right.is_constant();
    let count = if constant { 1 } else { rows };
    let done = |array: ArrayRef| if constant { Value::Constant(array) } else { Value::Array(array) };
    if left.is_void() || right.is_void() {
        return Ok(done(new_null_array(&out.to_arrow(), count)));
    }
    if let Some((l, r, common)) = adapted(op, left, right, types, context)? {
        return compute(op, &l, &r, (&common, &common), out, rows, trouble, context);
    }
    let array = match types {
        (DataType::Decimal(..), DataType::Decimal(..)) => decimals(op, left, right, types, out, count, trouble)?,
        (l, r) if l.is_numeric() && r.is_numeric() => numbers(op, left, right, types.0, count, trouble)?,
        _ => moments(op, left, right, types, (out, trouble), count, context)?,
    };
    Ok(done(array))
}

/// Numbers of two types brought to their common one; the analyzer has usually done it.
fn adapted(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    context: &EvalContext,
) -> Result<Option<(Value, Value, DataType)>> {
    let both_decimal = matches!(types, (DataType::Decimal(..), DataType::Decimal(..)));
    let whole_division = op == BinaryOp::Divide && types.0.is_integral();
    if both_decimal || !types.0.is_numeric() || !types.1.is_numeric() || (types.0 == types.1 && !whole_division) {
        return Ok(None);
    }
    let common = if whole_division || op == BinaryOp::Divide && !matches!(types.0, DataType::Decimal(..)) {
        Some(DataType::Double)
    } else {
        wider_numeric(types.0, types.1, context.ansi)
    };
    let common = common.ok_or_else(|| SparkError::internal("arithmetic on what are no numbers"))?;
    let cast = |value: &Value, from: &DataType| -> Result<Value> {
        let array = super::cast::cast(value.array(), from, &common, CastMode::Ansi, context)?;
        Ok(if value.is_constant() { Value::Constant(array) } else { Value::Array(array) })
    };
    Ok(Some((cast(left, types.0)?, cast(right, types.1)?, common)))
}

fn numbers(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    data_type: &DataType,
    rows: usize,
    trouble: Trouble,
) -> Result<ArrayRef> {
    match data_type {
        DataType::Byte => whole::<Int8Type>(op, left, right, data_type, rows, trouble),
        DataType::Short => whole::<Int16Type>(op, left, right, data_type, rows, trouble),
        DataType::Integer => whole::<Int32Type>(op, left, right, data_type, rows, trouble),
        DataType::Long => whole::<Int64Type>(op, left, right, data_type, rows, trouble),
        DataType::Float => real::<Float32Type>(op, left, right, rows, trouble),
        _ => real::<Float64Type>(op, left, right, rows, trouble),
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        _ => "/",
    }
}

fn overflow_of(op: BinaryOp, data_type: &DataType) -> SparkError {
    match data_type {
        DataType::Byte | DataType::Short => errors::binary_overflow(symbol(op)),
        DataType::Integer => errors::overflow("integer"),
        _ => errors::overflow("long"),
    }
}

fn whole<T>(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    data_type: &DataType,
    rows: usize,
    trouble: Trouble,
) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: ArrowNativeTypeOp
        + std::ops::BitAnd<Output = T::Native>
        + std::ops::BitOr<Output = T::Native>
        + std::ops::BitXor<Output = T::Native>
        + Into<i64>,
{
    let (l, r) = (Side::of(left), Side::of(right));
    let checked = |result: std::result::Result<ArrayRef, arrow::error::ArrowError>| {
        result.map_err(|_| overflow_of(op, data_type))
    };
    match (op, trouble) {
        (BinaryOp::Add, Trouble::Raise) => checked(numeric::add(l.datum(), r.datum())),
        (BinaryOp::Subtract, Trouble::Raise) => checked(numeric::sub(l.datum(), r.datum())),
        (BinaryOp::Multiply, Trouble::Raise) => checked(numeric::mul(l.datum(), r.datum())),
        (BinaryOp::Add, Trouble::Wrap) => Ok(numeric::add_wrapping(l.datum(), r.datum())?),
        (BinaryOp::Subtract, Trouble::Wrap) => Ok(numeric::sub_wrapping(l.datum(), r.datum())?),
        (BinaryOp::Multiply, Trouble::Wrap) => Ok(numeric::mul_wrapping(l.datum(), r.datum())?),
        (BinaryOp::Add, Trouble::Null) => each::<T, T>(left, right, rows, |a, b| Ok(a.add_checked(b).ok())),
        (BinaryOp::Subtract, Trouble::Null) => each::<T, T>(left, right, rows, |a, b| Ok(a.sub_checked(b).ok())),
        (BinaryOp::Multiply, Trouble::Null) => each::<T, T>(left, right, rows, |a, b| Ok(a.mul_checked(b).ok())),
        (BinaryOp::Remainder, _) => each::<T, T>(left, right, rows, |a, b| {
            if b.is_zero() {
                return if trouble == Trouble::Raise { Err(errors::remainder_by_zero()) } else { Ok(None) };
            }
            Ok(Some(a.mod_wrapping(b)))
        }),
        (BinaryOp::IntegralDivide, _) => each::<T, Int64Type>(left, right, rows, |a, b| {
            let (a, b): (i64, i64) = (a.into(), b.into());
            match (b, a.checked_div(b)) {
                (_, Some(quotient)) => Ok(Some(quotient)),
                (0, None) if trouble == Trouble::Raise => Err(errors::divide_by_zero()),
                (0, None) => Ok(None),
                (_, None) if trouble == Trouble::Raise => Err(errors::overflow("long")),
                (_, None) => Ok(Some(a.wrapping_div(b))),
            }
        }),
        (BinaryOp::BitAnd, _) => each::<T, T>(left, right, rows, |a, b| Ok(Some(a & b))),
        (BinaryOp::BitOr, _) => each::<T, T>(left, right, rows, |a, b| Ok(Some(a | b))),
        (BinaryOp::BitXor, _) => each::<T, T>(left, right, rows, |a, b| Ok(Some(a ^ b))),
        _ => Err(SparkError::internal(format!("{op:?} on whole numbers"))),
    }
}

fn real<T>(op: BinaryOp, left: &Value, right: &Value, rows: usize, trouble: Trouble) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: ArrowNativeTypeOp,
{
    let (l, r) = (Side::of(left), Side::of(right));
    match op {
        BinaryOp::Add => Ok(numeric::add(l.datum(), r.datum())?),
        BinaryOp::Subtract => Ok(numeric::sub(l.datum(), r.datum())?),
        BinaryOp::Multiply => Ok(numeric::mul(l.datum(), r.datum())?),
        BinaryOp::Divide | BinaryOp::Remainder => {
            let divisors = right.array().as_primitive::<T>();
            if !divisors.values().iter().any(|d| d.is_zero()) {
                return Ok(match op {
                    BinaryOp::Divide => numeric::div(l.datum(), r.datum())?,
                    _ => numeric::rem(l.datum(), r.datum())?,
                });
            }
            each::<T, T>(left, right, rows, |a, b| match (b.is_zero(), trouble) {
                (false, _) => Ok(Some(if op == BinaryOp::Divide { a.div_wrapping(b) } else { a.mod_wrapping(b) })),
                (true, Trouble::Raise) if op == BinaryOp::Divide => Err(errors::divide_by_zero()),
                (true, Trouble::Raise) => Err(errors::remainder_by_zero()),
                (true, _) => Ok(None),
            })
        }
        BinaryOp::IntegralDivide => Err(SparkError::internal("whole division of real numbers")),
        _ => Err(SparkError::internal(format!("{op:?} on real numbers"))),
    }
}

fn each<T: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    left: &Value,
    right: &Value,
    rows: usize,
    f: impl Fn(T::Native, T::Native) -> Result<Option<O::Native>>,
) -> Result<ArrayRef> {
    let (l, r) = (left.numbers::<T>()?, right.numbers::<T>()?);
    let array = (0..rows)
        .map(|row| match (l.get(row), r.get(row)) {
            (Some(a), Some(b)) => f(a, b),
            _ => Ok(None),
        })
        .collect::<Result<PrimitiveArray<O>>>()?;
    Ok(Arc::new(array))
}

fn decimals(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    out: &DataType,
    rows: usize,
    trouble: Trouble,
) -> Result<ArrayRef> {
    let (DataType::Decimal(_, s1), DataType::Decimal(_, s2)) = types else {
        return Err(SparkError::internal("decimal arithmetic without decimals"));
    };
    if op == BinaryOp::IntegralDivide {
        return each::<Decimal128Type, Int64Type>(left, right, rows, |a, b| match b {
            0 if trouble == Trouble::Raise => Err(errors::divide_by_zero()),
            0 => Ok(None),
            b => match decimal::integral_divide((a, *s1), (b, *s2)) {
                None if trouble == Trouble::Raise => Err(errors::overflow("long")),
                found => Ok(found),
            },
        });
    }
    let DataType::Decimal(precision, scale) = out else {
        return Err(SparkError::internal("decimal arithmetic that gives no decimal"));
    };
    let raise = trouble == Trouble::Raise;
    let array = each::<Decimal128Type, Decimal128Type>(left, right, rows, |a, b| {
        let (l, r) = ((a, *s1), (b, *s2));
        let result = match op {
            BinaryOp::Add => decimal::add(l, r, *precision, *scale),
            BinaryOp::Subtract => decimal::add(l, (-b, *s2), *precision, *scale),
            BinaryOp::Multiply => decimal::multiply(l, r, *precision, *scale),
            BinaryOp::Divide if b == 0 && raise => return Err(errors::divide_by_zero()),
            BinaryOp::Remainder if b == 0 && raise => return Err(errors::remainder_by_zero()),
            BinaryOp::Divide | BinaryOp::Remainder if b == 0 => return Ok(None),
            BinaryOp::Divide => decimal::divide(l, r, *precision, *scale),
            BinaryOp::Remainder => decimal::remainder(l, r, *precision, *scale),
            _ => return Err(SparkError::internal(format!("{op:?} on decimals"))),
        };
        match result {
            None if raise => {
                let shown = format!("{} {} {}", format_decimal(a, *s1), symbol(op), format_decimal(b, *s2));
                Err(errors::decimal_range(&shown, *precision, *scale))
            }
            found => Ok(found),
        }
    })?;
    Ok(Arc::new(array.as_primitive::<Decimal128Type>().clone().with_precision_and_scale(*precision, *scale)?))
}

/// Dates, timestamps and intervals, row by row.
fn moments(
    op: BinaryOp,
    left: &Value,
    right: &Value,
    types: (&DataType, &DataType),
    (out, trouble): (&DataType, Trouble),
    rows: usize,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let zone = Zone::parse(&context.time_zone)?;
    let values = (0..rows)
        .map(|row| {
            let l = Scalar::from_array(left.array(), left.at(row), types.0)?;
            let r = Scalar::from_array(right.array(), right.at(row), types.1)?;
            if l.is_null() || r.is_null() {
                return Ok(Scalar::Null);
            }
            match moment(op, &l, &r, zone) {
                Err(_) if trouble == Trouble::Null => Ok(Scalar::Null),
                found => found,
            }
        })
        .collect::<Result<Vec<_>>>()?;
    Scalar::to_array(&values, out)
}

/// One step of calendar arithmetic.
pub(super) fn moment(op: BinaryOp, left: &Scalar, right: &Scalar, zone: Zone) -> Result<Scalar> {
    use Scalar as S;
    let sign = if op == BinaryOp::Subtract { -1 } else { 1 };
    let too_far = || errors::overflow("interval");
    Ok(match (left, right) {
        (S::Date(a), S::Date(b)) if op == BinaryOp::Subtract => {
            S::DayTimeInterval((i64::from(*a) - i64::from(*b)) * DAY)
        }
        (S::Date(a), b) if as_days(b).is_some() => {
            let days = as_days(b).unwrap_or_default();
            S::Date(a.checked_add(sign * days).ok_or_else(|| errors::overflow("integer"))?)
        }
        (S::Date(a), S::YearMonthInterval(months)) => S::Date(calendar::add_months(*a, sign * months)),
        (S::Date(a), S::CalendarInterval(months, days, _)) => {
            S::Date(calendar::add_months(*a, sign * months) + sign * days)
        }
        (S::Date(a), S::DayTimeInterval(micros)) => {
            let interval = S::DayTimeInterval(*micros);
            S::Timestamp(shift(zone.to_utc(i64::from(*a) * DAY), &interval, sign, zone).ok_or_else(too_far)?)
        }
        (S::Timestamp(a), S::Timestamp(b)) => S::DayTimeInterval(zone.to_local(*a) - zone.to_local(*b)),
        (S::Timestamp(a), S::Date(b)) => S::DayTimeInterval(zone.to_local(*a) - i64::from(*b) * DAY),
        (S::Date(a), S::Timestamp(b)) => S::DayTimeInterval(i64::from(*a) * DAY - zone.to_local(*b)),
        (S::TimestampNtz(a), S::TimestampNtz(b)) => S::DayTimeInterval(a - b),
        (S::Timestamp(a), interval) if is_interval(interval) => {
            S::Timestamp(shift(*a, interval, sign, zone).ok_or_else(too_far)?)
        }
        (S::TimestampNtz(a), interval) if is_interval(interval) => {
            S::TimestampNtz(shift(*a, interval, sign, Zone::UTC).ok_or_else(too_far)?)
        }
        (interval, moment @ (S::Date(_) | S::Timestamp(_) | S::TimestampNtz(_))) if is_interval(interval) => {
            return self::moment(op, moment, interval, zone);
        }
        (S::DayTimeInterval(a), S::DayTimeInterval(b)) => {
            S::DayTimeInterval(a.checked_add(i64::from(sign) * b).ok_or_else(too_far)?)
        }
        (S::YearMonthInterval(a), S::YearMonthInterval(b)) => {
            S::YearMonthInterval(a.checked_add(sign * b).ok_or_else(too_far)?)
        }
        (S::CalendarInterval(a, b, c), S::CalendarInterval(x, y, z)) => {
            S::CalendarInterval(a + sign * x, b + sign * y, c + i64::from(sign) * z)
        }
        (interval, number) if is_interval(interval) => scaled(op, interval, number)?,
        (number, interval) if is_interval(interval) => scaled(op, interval, number)?,
        _ => return Err(SparkError::internal(format!("{left:?} {op:?} {right:?}"))),
    })
}

fn as_days(value: &Scalar) -> Option<i32> {
    match value {
        Scalar::Byte(days) => Some(i32::from(*days)),
        Scalar::Short(days) => Some(i32::from(*days)),
        Scalar::Integer(days) => Some(*days),
        Scalar::DayTimeInterval(micros) if micros % DAY == 0 => i32::try_from(micros / DAY).ok(),
        _ => None,
    }
}

fn is_interval(value: &Scalar) -> bool {
    matches!(value, Scalar::YearMonthInterval(_) | Scalar::DayTimeInterval(_) | Scalar::CalendarInterval(..))
}

/// A moment moved by an interval: months and days on the wall clock, the rest in real time.
pub(super) fn shift(micros: i64, interval: &Scalar, sign: i32, zone: Zone) -> Option<i64> {
    let (months, days, rest) = match interval {
        Scalar::YearMonthInterval(months) => (*months, 0, 0),
        Scalar::DayTimeInterval(micros) => (0, i32::try_from(micros / DAY).ok()?, micros % DAY),
        Scalar::CalendarInterval(months, days, micros) => (*months, *days, *micros),
        _ => return None,
    };
    let moved = if months == 0 && days == 0 {
        micros
    } else {
        let (date, within) = calendar::split_micros(zone.to_local(micros));
        let date = calendar::add_months(date, sign * months).checked_add(sign * days)?;
        zone.to_utc(i64::from(date) * DAY + within)
    };
    moved.checked_add(i64::from(sign) * rest)
}

fn scaled(op: BinaryOp, interval: &Scalar, number: &Scalar) -> Result<Scalar> {
    let factor = match number {
        Scalar::Byte(n) => f64::from(*n),
        Scalar::Short(n) => f64::from(*n),
        Scalar::Integer(n) => f64::from(*n),
        Scalar::Long(n) => *n as f64,
        Scalar::Float(n) => f64::from(*n),
        Scalar::Double(n) => *n,
        Scalar::Decimal(n, _, scale) => decimal::to_double(*n, *scale),
        _ => return Err(SparkError::internal("an interval times something that is no number")),
    };
    if op == BinaryOp::Divide && factor == 0.0 {
        return Err(errors::divide_by_zero());
    }
    let apply = |value: f64| (if op == BinaryOp::Divide { value / factor } else { value * factor }).round();
    Ok(match interval {
        Scalar::YearMonthInterval(months) => Scalar::YearMonthInterval(apply(f64::from(*months)) as i32),
        Scalar::DayTimeInterval(micros) => Scalar::DayTimeInterval(apply(*micros as f64) as i64),
        Scalar::CalendarInterval(months, days, micros) => Scalar::CalendarInterval(
            apply(f64::from(*months)) as i32,
            apply(f64::from(*days)) as i32,
            apply(*micros as f64) as i64,
        ),
        other => return Err(SparkError::internal(format!("{other:?} is no interval"))),
    })
}

pub(super) fn unary(op: UnaryOp, value: &Value, data_type: &DataType, context: &EvalContext) -> Result<Value> {
    let array = value.array();
    let void = value.is_void();
    let done: ArrayRef = match op {
        UnaryOp::IsNull if void => Arc::new(BooleanArray::from(vec![true; array.len()])),
        UnaryOp::IsNotNull if void => Arc::new(BooleanArray::from(vec![false; array.len()])),
        UnaryOp::IsNaN if void => Arc::new(BooleanArray::from(vec![false; array.len()])),
        UnaryOp::Not if void => Arc::new(BooleanArray::from(vec![None::<bool>; array.len()])),
        _ if void => array.clone(),
        UnaryOp::IsNull => Arc::new(is_null(array)?),
        UnaryOp::IsNotNull => Arc::new(is_not_null(array)?),
        UnaryOp::IsNaN => Arc::new(is_nan(array, data_type)),
        UnaryOp::Not => {
            Arc::new(not(array.as_boolean_opt().ok_or_else(|| SparkError::internal("NOT of no condition"))?)?)
        }
        UnaryOp::Negate => negate(array, data_type, context)?,
        UnaryOp::BitNot => bit_not(array, data_type)?,
    };
    Ok(if value.is_constant() { Value::Constant(done) } else { Value::Array(done) })
}

pub(super) fn is_nan(array: &ArrayRef, data_type: &DataType) -> BooleanArray {
    match data_type {
        DataType::Double => {
            array.as_primitive::<Float64Type>().iter().map(|v| Some(v.is_some_and(f64::is_nan))).collect()
        }
        DataType::Float => {
            array.as_primitive::<Float32Type>().iter().map(|v| Some(v.is_some_and(f32::is_nan))).collect()
        }
        _ => BooleanArray::from(vec![false; array.len()]),
    }
}

pub(super) fn negate(array: &ArrayRef, data_type: &DataType, context: &EvalContext) -> Result<ArrayRef> {
    match data_type {
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long if !context.ansi => {
            Ok(numeric::neg_wrapping(array)?)
        }
        DataType::CalendarInterval => {
            let values = (0..array.len())
                .map(|row| {
                    Ok(match Scalar::from_array(array, row, data_type)? {
                        Scalar::CalendarInterval(months, days, micros) => {
                            Scalar::CalendarInterval(-months, -days, -micros)
                        }
                        other => other,
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            Scalar::to_array(&values, data_type)
        }
        _ => numeric::neg(array).map_err(|_| overflow_of(BinaryOp::Subtract, data_type)),
    }
}

fn bit_not(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    Ok(match data_type {
        DataType::Byte => Arc::new(bitwise::bitwise_not(array.as_primitive::<Int8Type>())?),
        DataType::Short => Arc::new(bitwise::bitwise_not(array.as_primitive::<Int16Type>())?),
        DataType::Integer => Arc::new(bitwise::bitwise_not(array.as_primitive::<Int32Type>())?),
        DataType::Long => Arc::new(bitwise::bitwise_not(array.as_primitive::<Int64Type>())?),
        other => return Err(SparkError::internal(format!("bits of {other:?}"))),
    })
}
