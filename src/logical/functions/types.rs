//! Type rules: which type two values share, what arithmetic gives, what may be cast.
//!
//! Spark's names: `AnsiTypeCoercion`, `DecimalPrecision`, `Cast.canAnsiCast`, `Cast.forceNullable`. The analyzer applies them to operators,
//! the definitions beside this file to arguments.
//!
//! **Simplified:** day-time intervals have no start and end field, so an interval is one type whatever its units.

use crate::logical::expr::{BinaryOp, CastMode};
use crate::logical::types::{DataType, StructField, StructType};
use crate::logical::variant::Variant;

/// The largest precision of a decimal.
pub const MAX_PRECISION: u8 = 38;
/// Digits kept after the point when a result would be too wide.
const MINIMUM_ADJUSTED_SCALE: i16 = 6;

/// A decimal type with precision and scale cut to what fits 38 digits, losing digits after the point first (but not the first six).
#[must_use]
pub fn adjusted_decimal(precision: i16, scale: i16) -> DataType {
    let limit = i16::from(MAX_PRECISION);
    if precision <= limit {
        return DataType::Decimal(precision.max(1) as u8, scale as i8);
    }
    let digits_before = precision - scale;
    let kept = (limit - digits_before).max(scale.min(MINIMUM_ADJUSTED_SCALE));
    DataType::Decimal(MAX_PRECISION, kept as i8)
}

/// A decimal type with both parts cut at 38 (Spark's `DecimalType.bounded`).
#[must_use]
pub fn bounded_decimal(precision: i16, scale: i16) -> DataType {
    let limit = i16::from(MAX_PRECISION);
    DataType::Decimal(precision.clamp(1, limit) as u8, scale.min(limit) as i8)
}

/// The decimal that holds every value of a numeric type, as precision and scale.
#[must_use]
pub fn decimal_of(data_type: &DataType) -> Option<(u8, i8)> {
    Some(match data_type {
        DataType::Byte => (3, 0),
        DataType::Short => (5, 0),
        DataType::Integer => (10, 0),
        DataType::Long => (20, 0),
        DataType::Float => (14, 7),
        DataType::Double => (30, 15),
        DataType::Decimal(precision, scale) => (*precision, *scale),
        _ => return None,
    })
}

/// The decimal type that holds values of both.
#[must_use]
pub fn wider_decimal(left: (u8, i8), right: (u8, i8)) -> DataType {
    let scale = i16::from(left.1).max(i16::from(right.1));
    let before = (i16::from(left.0) - i16::from(left.1)).max(i16::from(right.0) - i16::from(right.1));
    bounded_decimal(before + scale, scale)
}

fn rank(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Byte => 1,
        DataType::Short => 2,
        DataType::Integer => 3,
        DataType::Long => 4,
        DataType::Float => 6,
        DataType::Double => 7,
        _ => 0,
    }
}

/// The common type of two numbers; `None` when one is not a number.
#[must_use]
pub fn wider_numeric(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    if !left.is_numeric() || !right.is_numeric() {
        return None;
    }
    Some(match (left, right) {
        (DataType::Decimal(..), DataType::Float | DataType::Double)
        | (DataType::Float | DataType::Double, DataType::Decimal(..)) => DataType::Double,
        (DataType::Decimal(..), _) | (_, DataType::Decimal(..)) => wider_decimal(decimal_of(left)?, decimal_of(right)?),
        (DataType::Float, other) | (other, DataType::Float) if other.is_integral() && ansi => DataType::Double,
        _ if rank(left) >= rank(right) => left.clone(),
        _ => right.clone(),
    })
}

/// The type that values of both types can take in `coalesce`, `CASE`, `union`, comparisons and the like.
#[must_use]
pub fn common_type(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    use DataType as T;
    if left == right {
        return Some(left.clone());
    }
    if let Some(number) = wider_numeric(left, right, ansi) {
        return Some(number);
    }
    if let Some(interval) = left.wider_interval(right) {
        return Some(interval);
    }
    match (left, right) {
        (T::Null, other) | (other, T::Null) => Some(other.clone()),
        (T::String, other) | (other, T::String) => with_string(other, ansi),
        (T::Date | T::TimestampNtz, T::Timestamp) | (T::Timestamp, T::Date | T::TimestampNtz) => Some(T::Timestamp),
        (T::Date, T::TimestampNtz) | (T::TimestampNtz, T::Date) => Some(T::TimestampNtz),
        (T::Array(a, a_null), T::Array(b, b_null)) => {
            Some(T::Array(Box::new(common_type(a, b, ansi)?), *a_null || *b_null))
        }
        (T::Map(ak, av, a_null), T::Map(bk, bv, b_null)) => {
            Some(T::Map(Box::new(common_type(ak, bk, ansi)?), Box::new(common_type(av, bv, ansi)?), *a_null || *b_null))
        }
        (T::Struct(a), T::Struct(b)) => common_struct(a, b, ansi),
        _ => None,
    }
}

fn with_string(other: &DataType, ansi: bool) -> Option<DataType> {
    if !ansi {
        return (!other.is_nested() && *other != DataType::Binary && *other != DataType::Boolean)
            .then_some(DataType::String);
    }
    match other {
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => Some(DataType::Long),
        DataType::Float | DataType::Double | DataType::Decimal(..) => Some(DataType::Double),
        DataType::Array(..) | DataType::Map(..) | DataType::Struct(_) => None,
        _ => Some(other.clone()),
    }
}

fn common_struct(left: &StructType, right: &StructType, ansi: bool) -> Option<DataType> {
    if left.fields.len() != right.fields.len() {
        return None;
    }
    let fields = left
        .fields
        .iter()
        .zip(&right.fields)
        .map(|(a, b)| {
            a.name.eq_ignore_ascii_case(&b.name).then_some(())?;
            let data_type = common_type(&a.data_type, &b.data_type, ansi)?;
            Some(StructField::new(a.name.clone(), data_type, a.nullable || b.nullable))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(DataType::Struct(StructType::new(fields)))
}

/// Whether two types differ at most in whether parts may be null, or in the names of struct fields.
#[must_use]
pub fn same_shape(left: &DataType, right: &DataType) -> bool {
    match (left, right) {
        (DataType::Array(a, _), DataType::Array(b, _)) => same_shape(a, b),
        (DataType::Map(ak, av, _), DataType::Map(bk, bv, _)) => same_shape(ak, bk) && same_shape(av, bv),
        (DataType::Struct(a), DataType::Struct(b)) => {
            a.fields.len() == b.fields.len()
                && a.fields.iter().zip(&b.fields).all(|(x, y)| same_shape(&x.data_type, &y.data_type))
        }
        _ => left == right,
    }
}

/// The type of `left op right` once both sides are resolved and coerced (Spark's decimal rules included).
#[must_use]
pub fn binary_type(op: BinaryOp, left: &DataType, right: &DataType) -> DataType {
    match op {
        BinaryOp::Eq
        | BinaryOp::NotEq
        | BinaryOp::Lt
        | BinaryOp::LtEq
        | BinaryOp::Gt
        | BinaryOp::GtEq
        | BinaryOp::NullSafeEq
        | BinaryOp::And
        | BinaryOp::Or => DataType::Boolean,
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => first_known(left, right),
        BinaryOp::IntegralDivide => DataType::Long,
        BinaryOp::Divide => match (left, right) {
            (DataType::Decimal(..), DataType::Decimal(..)) => decimal_result(op, left, right),
            (DataType::YearMonthInterval(..), _) => DataType::YEAR_MONTH,
            (DataType::DayTimeInterval(..), _) => DataType::DAY_TIME,
            (DataType::CalendarInterval, _) => left.clone(),
            _ => DataType::Double,
        },
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Remainder => {
            if matches!((left, right), (DataType::Decimal(..), DataType::Decimal(..))) {
                decimal_result(op, left, right)
            } else {
                time_result(op, left, right)
            }
        }
    }
}

fn first_known(left: &DataType, right: &DataType) -> DataType {
    if *left == DataType::Null { right.clone() } else { left.clone() }
}

fn time_result(op: BinaryOp, left: &DataType, right: &DataType) -> DataType {
    use DataType as T;
    let interval = |t: &T| matches!(t, T::YearMonthInterval(..) | T::DayTimeInterval(..) | T::CalendarInterval);
    match (left, right) {
        (T::Date, T::Date) if op == BinaryOp::Subtract => T::DAYS,
        (T::Timestamp | T::TimestampNtz, T::Timestamp | T::TimestampNtz | T::Date)
        | (T::Date, T::Timestamp | T::TimestampNtz)
            if op == BinaryOp::Subtract =>
        {
            T::DAY_TIME
        }
        (T::Date, T::DayTimeInterval(0, 0)) | (T::DayTimeInterval(0, 0), T::Date) => T::Date,
        (T::Date, T::DayTimeInterval(..)) | (T::DayTimeInterval(..), T::Date) => T::Timestamp,
        (T::Date | T::Timestamp | T::TimestampNtz, _) => left.clone(),
        (_, T::Date | T::Timestamp | T::TimestampNtz) => right.clone(),
        (T::YearMonthInterval(..), r) | (r, T::YearMonthInterval(..)) if !interval(r) => T::YEAR_MONTH,
        (T::DayTimeInterval(..), r) | (r, T::DayTimeInterval(..)) if !interval(r) => T::DAY_TIME,
        (l, r) if interval(l) && !interval(r) => l.clone(),
        (l, r) if interval(r) && !interval(l) => r.clone(),
        (l, r) if l.wider_interval(r).is_some() => l.wider_interval(r).unwrap_or(T::Null),
        _ => first_known(left, right),
    }
}

fn decimal_result(op: BinaryOp, left: &DataType, right: &DataType) -> DataType {
    let (DataType::Decimal(p1, s1), DataType::Decimal(p2, s2)) = (left, right) else {
        return left.clone();
    };
    let (p1, s1, p2, s2) = (i16::from(*p1), i16::from(*s1), i16::from(*p2), i16::from(*s2));
    match op {
        BinaryOp::Multiply => adjusted_decimal(p1 + p2 + 1, s1 + s2),
        BinaryOp::Divide => {
            let scale = (s1 + p2 + 1).max(MINIMUM_ADJUSTED_SCALE);
            adjusted_decimal(p1 - s1 + s2 + scale, scale)
        }
        BinaryOp::Remainder => adjusted_decimal((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2)),
        _ => {
            let scale = s1.max(s2);
            adjusted_decimal((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
    }
}

/// Whether a cast of a value that is not null may still give null (Spark's `Cast.forceNullable`).
#[must_use]
pub fn cast_may_give_null(from: &DataType, to: &DataType, mode: CastMode) -> bool {
    use DataType as T;
    if mode == CastMode::Try {
        return true;
    }
    if from == to {
        return false;
    }
    match (from, to) {
        (T::Null, _) => true,
        (T::String, T::Binary) => false,
        (T::String, _) => true,
        (T::Variant, _) => true,
        (_, T::String) => false,
        (T::Timestamp, T::Byte | T::Short | T::Integer) => true,
        (T::Float | T::Double, T::Timestamp) => true,
        (T::Timestamp | T::TimestampNtz, T::Date) => false,
        (_, T::Date) => true,
        (T::Date, T::Timestamp | T::TimestampNtz) => false,
        (T::Date, _) | (_, T::CalendarInterval) => true,
        (_, T::Decimal(precision, scale)) => {
            decimal_of(from).is_some_and(|own| !fits_decimal(own, (*precision, *scale)))
                || matches!(from, T::Float | T::Double)
        }
        (T::Float | T::Double | T::Decimal(..), other) => other.is_integral(),
        _ => false,
    }
}

fn fits_decimal(own: (u8, i8), wide: (u8, i8)) -> bool {
    wide.1 >= own.1 && i16::from(wide.0) - i16::from(wide.1) >= i16::from(own.0) - i16::from(own.1)
}

/// Whether Spark lets `from` be cast to `to` explicitly.
#[must_use]
pub fn can_cast(from: &DataType, to: &DataType, ansi: bool) -> bool {
    use DataType as T;
    if from == to {
        return true;
    }
    match (from, to) {
        (T::Null, _) => true,
        (T::Spatial(..), _) => false,
        (_, T::String) => true,
        (_, T::Spatial(..)) => false,
        // Spark refuses it unless it is told not to.
        (_, T::Time) => false,
        (T::Variant, other) => Variant::can_hold(other),
        (other, T::Variant) => becomes_variant(other),
        (T::String, T::Array(..) | T::Map(..) | T::Struct(_)) => false,
        (T::String, T::Null) => false,
        (T::String, _) => true,
        (T::Boolean, T::Timestamp) => !ansi,
        (T::Boolean, other) => other.is_numeric(),
        (T::Timestamp, other) if other.is_numeric() || *other == T::Boolean => *other != T::Boolean || !ansi,
        (T::Date, other) if other.is_numeric() || *other == T::Boolean => !ansi,
        (T::Date, T::Timestamp | T::TimestampNtz) => true,
        (T::Timestamp, T::Date | T::TimestampNtz) | (T::TimestampNtz, T::Date | T::Timestamp) => true,
        (T::Byte | T::Short | T::Integer | T::Long, T::Binary) => !ansi,
        (T::YearMonthInterval(..), T::YearMonthInterval(..)) | (T::DayTimeInterval(..), T::DayTimeInterval(..)) => true,
        (T::Byte | T::Short | T::Integer | T::Long, T::YearMonthInterval(..) | T::DayTimeInterval(..)) => true,
        (T::YearMonthInterval(..) | T::DayTimeInterval(..), other) if other.is_integral() => true,
        (number, T::Boolean | T::Timestamp) if number.is_numeric() => true,
        (number, other) if number.is_numeric() && other.is_numeric() => true,
        (T::Array(a, a_null), T::Array(b, b_null)) => can_cast(a, b, ansi) && (*b_null || !*a_null),
        (T::Map(ak, av, a_null), T::Map(bk, bv, b_null)) => {
            can_cast(ak, bk, ansi) && can_cast(av, bv, ansi) && (*b_null || !*a_null)
        }
        (T::Struct(a), T::Struct(b)) => {
            a.fields.len() == b.fields.len()
                && a.fields
                    .iter()
                    .zip(&b.fields)
                    .all(|(x, y)| can_cast(&x.data_type, &y.data_type, ansi) && (y.nullable || !x.nullable))
        }
        _ => false,
    }
}

/// Whether a cast to variant is allowed; structs and maps want `to_variant_object`.
fn becomes_variant(from: &DataType) -> bool {
    match from {
        DataType::Struct(_) | DataType::Map(..) => false,
        DataType::Array(element, _) => becomes_variant(element),
        other => Variant::can_hold(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataType as T;

    #[test]
    fn decimal_results_are_sparks() {
        let check = |op, left, right, expected| assert_eq!(binary_type(op, &left, &right), expected);
        check(BinaryOp::Add, T::Decimal(10, 2), T::Decimal(8, 3), T::Decimal(12, 3));
        check(BinaryOp::Multiply, T::Decimal(10, 2), T::Decimal(8, 3), T::Decimal(19, 5));
        check(BinaryOp::Divide, T::Decimal(10, 2), T::Decimal(8, 3), T::Decimal(22, 11));
        check(BinaryOp::Remainder, T::Decimal(10, 2), T::Decimal(8, 3), T::Decimal(8, 3));
        check(BinaryOp::Divide, T::Decimal(38, 10), T::Decimal(1, 0), T::Decimal(38, 10));
    }

    #[test]
    fn text_meets_numbers_as_numbers_under_ansi() {
        assert_eq!(common_type(&T::String, &T::Integer, true), Some(T::Long));
        assert_eq!(common_type(&T::Decimal(3, 1), &T::String, true), Some(T::Double));
        assert_eq!(common_type(&T::String, &T::Integer, false), Some(T::String));
        assert_eq!(common_type(&T::Integer, &T::array(T::String), true), None);
        assert_eq!(common_type(&T::Float, &T::Integer, true), Some(T::Double));
    }
}
