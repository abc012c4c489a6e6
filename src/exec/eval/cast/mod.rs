//! Casts, with Spark's three ways to treat a value that does not fit: raise, give NULL, or (legacy) wrap.
//!
//! **Simplified:** text is parsed into calendar intervals only, not into those of years or of days.

mod interval;
mod numbers;
mod parse;
mod text;
mod variant;

use super::{EvalContext, errors};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::CastMode;
use crate::logical::functions::calendar::{DAY, SECOND, Zone, split_micros};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryViewArray, BooleanArray, ListArray, MapArray, PrimitiveArray,
    StringViewArray, StructArray, new_null_array,
};
use arrow::compute;
use arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, DurationMicrosecondType, Field, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use std::sync::Arc;

pub use crate::logical::functions::moment_text::{parse_date, parse_timestamp};
pub use parse::{parse_boolean, parse_decimal, parse_double, parse_integer};
pub use text::{Style, format_value, write_cell};
pub(super) use variant::value_of;

/// What a cast needs to know.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) mode: CastMode,
    pub(super) zone: Zone,
    pub(super) now_micros: i64,
}

impl Rules {
    /// The value, or an error, or null, as the mode says.
    fn take<T>(self, found: Option<T>, error: impl FnOnce() -> SparkError) -> Result<Option<T>> {
        match found {
            None if self.mode == CastMode::Ansi => Err(error()),
            other => Ok(other),
        }
    }
}

/// Casts a column.
///
/// # Errors
/// Under ANSI rules `CAST_INVALID_INPUT`, `CAST_OVERFLOW` and their kin for the first value that does not fit.
pub fn cast(
    array: &ArrayRef,
    from: &DataType,
    to: &DataType,
    mode: CastMode,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let zone = if needs_zone(from, to) { Zone::parse(&context.time_zone)? } else { Zone::UTC };
    cast_with(array, from, to, Rules { mode, zone, now_micros: context.now_micros })
}

/// Whether the session's time zone has a say.
pub(super) fn needs_zone(from: &DataType, to: &DataType) -> bool {
    fn has_time(data_type: &DataType) -> bool {
        match data_type {
            DataType::Timestamp | DataType::Variant => true,
            DataType::Array(element, _) => has_time(element),
            DataType::Map(key, value, _) => has_time(key) || has_time(value),
            DataType::Struct(fields) => fields.fields.iter().any(|field| has_time(&field.data_type)),
            _ => false,
        }
    }
    has_time(from) || has_time(to)
}

fn cast_with(array: &ArrayRef, from: &DataType, to: &DataType, rules: Rules) -> Result<ArrayRef> {
    use DataType as T;
    if from == to {
        return Ok(array.clone());
    }
    if matches!(array.data_type(), ArrowType::Null) {
        return Ok(new_null_array(&to.to_arrow(), array.len()));
    }
    match (from, to) {
        (_, T::Null) => Ok(new_null_array(&ArrowType::Null, array.len())),
        (T::Binary, T::String) => Ok(Arc::new(
            array.as_binary_view().iter().map(|bytes| bytes.map(String::from_utf8_lossy)).collect::<StringViewArray>(),
        )),
        (T::String, T::Binary) => {
            Ok(Arc::new(array.as_string_view().iter().map(|text| text.map(str::as_bytes)).collect::<BinaryViewArray>()))
        }
        (T::Variant, _) => variant::from_variant(array, to, rules),
        (_, T::Variant) => variant::to_variant(array, from),
        (_, T::String) => text::to_text(array, from, Style::cast(rules.zone)),
        (T::String, _) => from_text(array, to, rules),
        (T::Array(a, _), T::Array(b, nullable)) => {
            let lists = array.as_list::<i32>();
            let values = used_values(lists);
            let field = Arc::new(Field::new("element", b.to_arrow(), *nullable));
            let items = cast_with(&values, a, b, rules)?;
            Ok(Arc::new(ListArray::try_new(field, rebased(lists.offsets()), items, lists.nulls().cloned())?))
        }
        (T::Map(ak, av, _), T::Map(bk, bv, _)) => cast_map(array, (ak, av), (bk, bv), to, rules),
        (T::Struct(a), T::Struct(b)) => {
            let parts = array.as_struct();
            let columns = parts
                .columns()
                .iter()
                .zip(a.fields.iter().zip(&b.fields))
                .map(|(column, (x, y))| cast_with(column, &x.data_type, &y.data_type, rules))
                .collect::<Result<Vec<_>>>()?;
            rebuilt_struct(columns, to, parts)
        }
        (T::Boolean, _) => from_boolean(array, to),
        (_, T::Boolean) => to_boolean(array, from),
        (T::Date | T::Timestamp | T::TimestampNtz, _) | (_, T::Timestamp | T::TimestampNtz) => {
            moments(array, from, to, rules)
        }
        (number, other) if number.is_numeric() && other.is_numeric() => numbers::cast(array, from, to, rules),
        (T::YearMonthInterval(..), T::YearMonthInterval(..)) | (T::DayTimeInterval(..), T::DayTimeInterval(..)) => {
            Ok(array.clone())
        }
        (T::YearMonthInterval(_, last), whole) if whole.is_integral() => {
            let months = array.as_primitive::<IntervalYearMonthType>();
            let per_unit = if *last == 0 { 12 } else { 1 };
            let counts: ArrayRef = Arc::new(months.unary::<_, Int64Type>(|m| i64::from(m) / per_unit));
            numbers::cast(&counts, &T::Long, to, rules)
        }
        (T::DayTimeInterval(_, last), whole) if whole.is_integral() => {
            let micros = array.as_primitive::<DurationMicrosecondType>();
            let per_unit = [24 * 3600, 3600, 60, 1][usize::from((*last).min(3))] * SECOND;
            let counts: ArrayRef = Arc::new(micros.unary::<_, Int64Type>(|t| t / per_unit));
            numbers::cast(&counts, &T::Long, to, rules)
        }
        (T::YearMonthInterval(..) | T::DayTimeInterval(..), _)
        | (_, T::YearMonthInterval(..) | T::DayTimeInterval(..)) => {
            Err(SparkError::unsupported(format!("a cast from {from:?} to {to:?}"), "use make_dt_interval or extract"))
        }
        _ => Err(SparkError::unsupported(format!("a cast from {from:?} to {to:?}"), "cast through string")),
    }
}

/// The items that a (perhaps sliced) list array really uses.
fn used_values(lists: &ListArray) -> ArrayRef {
    let offsets = lists.offsets();
    let (start, end) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
    lists.values().slice(start, end - start)
}

fn rebased(offsets: &arrow::buffer::OffsetBuffer<i32>) -> arrow::buffer::OffsetBuffer<i32> {
    arrow::buffer::OffsetBuffer::from_lengths(offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize))
}

fn cast_map(
    array: &ArrayRef,
    from: (&DataType, &DataType),
    to_parts: (&DataType, &DataType),
    to: &DataType,
    rules: Rules,
) -> Result<ArrayRef> {
    let maps = array.as_map();
    let offsets = maps.offsets();
    let (start, end) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
    let keys = cast_with(&maps.keys().slice(start, end - start), from.0, to_parts.0, rules)?;
    let values = cast_with(&maps.values().slice(start, end - start), from.1, to_parts.1, rules)?;
    let ArrowType::Map(entries, _) = to.to_arrow() else {
        return Err(SparkError::internal("a map type that is none"));
    };
    let ArrowType::Struct(fields) = entries.data_type() else {
        return Err(SparkError::internal("a map type without entries"));
    };
    let inner = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(entries.clone(), rebased(offsets), inner, maps.nulls().cloned(), false)?))
}

/// A struct of new columns; fields under a null struct may hold nulls whatever their type says.
fn rebuilt_struct(columns: Vec<ArrayRef>, to: &DataType, old: &StructArray) -> Result<ArrayRef> {
    let ArrowType::Struct(fields) = to.to_arrow() else {
        return Err(SparkError::internal("a struct type that is none"));
    };
    if columns.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(old.len(), old.nulls().cloned())));
    }
    let loose: Vec<_> = fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| {
            let nullable = field.is_nullable() || column.null_count() > 0;
            Arc::new(Field::new(field.name(), column.data_type().clone(), nullable))
        })
        .collect();
    Ok(Arc::new(StructArray::try_new(loose.into(), columns, old.nulls().cloned())?))
}

/// The same values under another name of the same shape (field names, whether parts may be null).
pub(super) fn relabel(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == &to.to_arrow() {
        return Ok(array.clone());
    }
    match to {
        DataType::Array(element, nullable) => {
            let Some(lists) = array.as_list_opt::<i32>() else { return Ok(array.clone()) };
            let values = relabel(&used_values(lists), element)?;
            let nullable = *nullable || values.null_count() > 0;
            let field = Arc::new(Field::new("element", values.data_type().clone(), nullable));
            Ok(Arc::new(ListArray::try_new(field, rebased(lists.offsets()), values, lists.nulls().cloned())?))
        }
        DataType::Struct(fields) => {
            let Some(parts) = array.as_struct_opt() else { return Ok(array.clone()) };
            let columns = parts
                .columns()
                .iter()
                .zip(&fields.fields)
                .map(|(column, field)| relabel(column, &field.data_type))
                .collect::<Result<Vec<_>>>()?;
            rebuilt_struct(columns, to, parts)
        }
        DataType::Map(key, value, _) => {
            if array.as_map_opt().is_none() {
                return Ok(array.clone());
            }
            let Some(DataType::Map(own_key, own_value, _)) = DataType::from_arrow(array.data_type()) else {
                return Ok(array.clone());
            };
            let rules = Rules { mode: CastMode::Ansi, zone: Zone::UTC, now_micros: 0 };
            cast_map(array, (&own_key, &own_value), (key, value), to, rules)
        }
        _ if matches!(array.data_type(), ArrowType::Null) => Ok(new_null_array(&to.to_arrow(), array.len())),
        _ => Ok(array.clone()),
    }
}

fn from_text(array: &ArrayRef, to: &DataType, rules: Rules) -> Result<ArrayRef> {
    use DataType as T;
    let texts = array
        .as_string_view_opt()
        .ok_or_else(|| SparkError::internal(format!("a cast from text was given {}", array.data_type())))?;
    let truncate = rules.mode == CastMode::Legacy;
    let name = text::type_words(to);
    let bad = |text: &str, class| errors::cast_input(text, &name, class);
    let number = |text: &str| bad(text, ErrorClass::NumberFormatException);
    Ok(match to {
        T::Byte => {
            each::<Int8Type>(texts, rules, number, |t| parse_integer(t, truncate).and_then(|v| v.try_into().ok()))?
        }
        T::Short => {
            each::<Int16Type>(texts, rules, number, |t| parse_integer(t, truncate).and_then(|v| v.try_into().ok()))?
        }
        T::Integer => {
            each::<Int32Type>(texts, rules, number, |t| parse_integer(t, truncate).and_then(|v| v.try_into().ok()))?
        }
        T::Long => each::<Int64Type>(texts, rules, number, |t| parse_integer(t, truncate))?,
        T::Float => each::<Float32Type>(texts, rules, number, |t| parse_double(t).map(|v| parse::narrow(t, v)))?,
        T::Double => each::<Float64Type>(texts, rules, number, parse_double)?,
        T::Date => each::<Date32Type>(texts, rules, |t| bad(t, ErrorClass::DateTimeException), parse_date)?,
        T::Timestamp => {
            let array = each::<TimestampMicrosecondType>(
                texts,
                rules,
                |t| bad(t, ErrorClass::DateTimeException),
                |t| parse_timestamp(t, rules.zone, rules.now_micros),
            )?;
            retyped(&array, to)
        }
        T::TimestampNtz => each::<TimestampMicrosecondType>(
            texts,
            rules,
            |t| bad(t, ErrorClass::DateTimeException),
            |t| parse_timestamp(t, Zone::UTC, rules.now_micros),
        )?,
        T::Boolean => {
            let mut flags = Vec::with_capacity(texts.len());
            for text in texts {
                flags.push(match text {
                    None => None,
                    Some(text) => rules.take(parse_boolean(text), || bad(text, ErrorClass::SparkRuntimeException))?,
                });
            }
            Arc::new(BooleanArray::from(flags))
        }
        T::Decimal(precision, scale) => {
            let mut values = Vec::with_capacity(texts.len());
            for text in texts {
                values.push(match text {
                    None => None,
                    Some(text) => match parse_decimal(text) {
                        None => rules.take(None, || number(text))?,
                        Some((digits, own)) => rules
                            .take(parse::fit_decimal(&digits, own, *precision, *scale), || {
                                errors::decimal_range(text, *precision, *scale)
                            })?,
                    },
                });
            }
            Arc::new(PrimitiveArray::<Decimal128Type>::from(values).with_precision_and_scale(*precision, *scale)?)
        }
        T::CalendarInterval => {
            let wrong = |text: &str| {
                errors::illegal("INVALID_INTERVAL_FORMAT.UNRECOGNIZED_NUMBER", format!("'{text}' is no interval"))
            };
            let take = |text: Option<&str>| match text {
                None => Ok(Scalar::Null),
                Some(text) => Ok(rules.take(interval::parse_interval(text), || wrong(text))?.unwrap_or(Scalar::Null)),
            };
            let values = texts.iter().map(take).collect::<Result<Vec<_>>>()?;
            Scalar::to_array(&values, to)?
        }
        other => {
            return Err(SparkError::unsupported(
                format!("a cast from text to {other:?}"),
                "build the value from its parts",
            ));
        }
    })
}

fn each<T: ArrowPrimitiveType>(
    texts: &StringViewArray,
    rules: Rules,
    error: impl Fn(&str) -> SparkError,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(texts.len());
    let mut nulls = arrow::array::NullBufferBuilder::new(texts.len());
    for row in 0..texts.len() {
        if texts.is_null(row) {
            values.push(T::Native::default());
            nulls.append_null();
            continue;
        }
        let text = texts.value(row);
        match parse(text) {
            Some(value) => {
                values.push(value);
                nulls.append_non_null();
            }
            None if rules.mode == CastMode::Ansi => return Err(error(text)),
            None => {
                values.push(T::Native::default());
                nulls.append_null();
            }
        }
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls.finish())))
}

/// The same 64-bit numbers in the memory of another type (timestamps with and without zone).
fn retyped(array: &ArrayRef, to: &DataType) -> ArrayRef {
    match array.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(values) => Arc::new(values.clone().with_data_type(to.to_arrow())),
        None => array.clone(),
    }
}

fn from_boolean(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let flags = array.as_boolean();
    Ok(match to {
        DataType::Decimal(precision, scale) => {
            let one = super::decimal::power_of_ten(u32::from(scale.unsigned_abs()));
            let values: PrimitiveArray<Decimal128Type> =
                flags.iter().map(|flag| flag.map(|flag| if flag { one } else { 0 })).collect();
            Arc::new(values.with_precision_and_scale(*precision, *scale)?)
        }
        DataType::Timestamp => {
            let values: PrimitiveArray<TimestampMicrosecondType> = flags.iter().map(|f| f.map(i64::from)).collect();
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        other => compute::cast(array, &other.to_arrow())?,
    })
}

fn to_boolean(array: &ArrayRef, from: &DataType) -> Result<ArrayRef> {
    macro_rules! not_zero {
        ($arrow:ty, $zero:expr) => {
            array.as_primitive::<$arrow>().iter().map(|v| v.map(|v| v != $zero)).collect::<BooleanArray>()
        };
    }
    Ok(Arc::new(match from {
        DataType::Byte => not_zero!(Int8Type, 0),
        DataType::Short => not_zero!(Int16Type, 0),
        DataType::Integer => not_zero!(Int32Type, 0),
        DataType::Long => not_zero!(Int64Type, 0),
        DataType::Float => not_zero!(Float32Type, 0.0),
        DataType::Double => not_zero!(Float64Type, 0.0),
        DataType::Decimal(..) => not_zero!(Decimal128Type, 0),
        DataType::Timestamp => not_zero!(TimestampMicrosecondType, 0),
        other => return Err(SparkError::unsupported(format!("a cast from {other:?} to boolean"), "compare instead")),
    }))
}

fn moments(array: &ArrayRef, from: &DataType, to: &DataType, rules: Rules) -> Result<ArrayRef> {
    use DataType as T;
    let zone = rules.zone;
    let micros = || array.as_primitive::<TimestampMicrosecondType>();
    Ok(match (from, to) {
        (T::Date, T::Timestamp) => {
            let values: PrimitiveArray<TimestampMicrosecondType> =
                array.as_primitive::<Date32Type>().unary(|date| zone.to_utc(i64::from(date) * DAY));
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        (T::Date, T::TimestampNtz) => {
            let values: PrimitiveArray<TimestampMicrosecondType> =
                array.as_primitive::<Date32Type>().unary(|date| i64::from(date) * DAY);
            Arc::new(values)
        }
        (T::Timestamp, T::Date) => {
            let values: PrimitiveArray<Date32Type> = micros().unary(|t| split_micros(zone.to_local(t)).0);
            Arc::new(values)
        }
        (T::TimestampNtz, T::Date) => {
            let values: PrimitiveArray<Date32Type> = micros().unary(|t| split_micros(t).0);
            Arc::new(values)
        }
        (T::Timestamp, T::TimestampNtz) => {
            let values: PrimitiveArray<TimestampMicrosecondType> = micros().unary(|t| zone.to_local(t));
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        (T::TimestampNtz, T::Timestamp) => {
            let values: PrimitiveArray<TimestampMicrosecondType> = micros().unary(|t| zone.to_utc(t));
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        (T::Timestamp, T::Double) => Arc::new(micros().unary::<_, Float64Type>(|t| t as f64 / SECOND as f64)),
        (T::Timestamp, T::Float) => Arc::new(micros().unary::<_, Float32Type>(|t| (t as f64 / SECOND as f64) as f32)),
        (T::Timestamp, T::Decimal(..)) => {
            let doubles: ArrayRef =
                Arc::new(micros().unary::<_, Decimal128Type>(i128::from).with_precision_and_scale(38, 6)?);
            numbers::cast(&doubles, &T::Decimal(38, 6), to, rules)?
        }
        (T::Timestamp, whole) if whole.is_integral() => {
            let seconds: ArrayRef = Arc::new(micros().unary::<_, Int64Type>(|t| t.div_euclid(SECOND)));
            numbers::cast(&seconds, &T::Long, to, rules)?
        }
        (whole, T::Timestamp) if whole.is_integral() => {
            let seconds = compute::cast(array, &ArrowType::Int64)?;
            let values: PrimitiveArray<TimestampMicrosecondType> =
                seconds.as_primitive::<Int64Type>().unary(|s| s.saturating_mul(SECOND));
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        (T::Decimal(..), T::Timestamp) => {
            let exact = numbers::cast(array, from, &T::Decimal(38, 6), rules)?;
            let values: PrimitiveArray<TimestampMicrosecondType> =
                exact.as_primitive::<Decimal128Type>().unary(|v| v as i64);
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        (T::Float | T::Double, T::Timestamp) => {
            let doubles = compute::cast(array, &ArrowType::Float64)?;
            let values: PrimitiveArray<TimestampMicrosecondType> = doubles
                .as_primitive::<Float64Type>()
                .iter()
                .map(|v| v.filter(|v| v.is_finite()).map(|v| (v * SECOND as f64) as i64))
                .collect();
            Arc::new(values.with_data_type(to.to_arrow()))
        }
        _ if rules.mode == CastMode::Legacy => new_null_array(&to.to_arrow(), array.len()),
        _ => return Err(SparkError::internal(format!("a cast from {from:?} to {to:?}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::scalar::Scalar;

    fn check(value: Scalar, to: DataType, mode: CastMode) -> Result<Scalar> {
        let from = value.data_type();
        let array = Scalar::to_array(&[value], &from)?;
        let done = cast(&array, &from, &to, mode, &EvalContext::plain())?;
        Scalar::from_array(&done, 0, &to)
    }

    fn text(value: &str) -> Scalar {
        Scalar::String(value.to_owned())
    }

    #[test]
    fn text_becomes_numbers_by_sparks_rules() {
        let int = DataType::Integer;
        assert_eq!(check(text(" 42 "), int.clone(), CastMode::Ansi).unwrap(), Scalar::Integer(42));
        assert_eq!(check(text("1.9"), int.clone(), CastMode::Legacy).unwrap(), Scalar::Integer(1));
        assert_eq!(check(text("1.9"), int.clone(), CastMode::Try).unwrap(), Scalar::Null);
        let error = check(text("1.9"), int, CastMode::Ansi).unwrap_err();
        assert_eq!((error.class(), error.condition()), (ErrorClass::NumberFormatException, Some("CAST_INVALID_INPUT")));
        assert_eq!(check(text("1e2"), DataType::Decimal(6, 1), CastMode::Ansi).unwrap(), Scalar::Decimal(1000, 6, 1));
        assert_eq!(check(text(".5"), DataType::Double, CastMode::Ansi).unwrap(), Scalar::Double(0.5));
    }

    #[test]
    fn overflow_raises_wraps_or_gives_null() {
        let byte = DataType::Byte;
        assert_eq!(check(Scalar::Integer(300), byte.clone(), CastMode::Legacy).unwrap(), Scalar::Byte(44));
        assert_eq!(check(Scalar::Integer(300), byte.clone(), CastMode::Try).unwrap(), Scalar::Null);
        let error = check(Scalar::Integer(300), byte, CastMode::Ansi).unwrap_err();
        assert_eq!(error.condition(), Some("CAST_OVERFLOW"));
        let error = check(Scalar::Decimal(123_456, 6, 3), DataType::Decimal(4, 2), CastMode::Ansi).unwrap_err();
        assert_eq!(error.condition(), Some("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"));
        assert_eq!(check(Scalar::Double(1e20), DataType::Long, CastMode::Legacy).unwrap(), Scalar::Long(i64::MAX));
    }

    #[test]
    fn nested_values_read_as_spark_writes_them() {
        let shown = |value: Scalar| match check(value, DataType::String, CastMode::Ansi).unwrap() {
            Scalar::String(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(shown(Scalar::Array(vec![Scalar::Integer(1), Scalar::Null])), "[1, null]");
        assert_eq!(shown(Scalar::Struct(vec![Scalar::Integer(1), text("a")])), "{1, a}");
        assert_eq!(shown(Scalar::Map(vec![(text("k"), Scalar::Double(1.0))])), "{k -> 1.0}");
    }
}
