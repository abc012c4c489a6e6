//! Python's dates, times and decimals, as numbers and back.
//!
//! The objects themselves belong to the interpreter's standard modules; here they are only taken apart and made.

use crate::common::calendar::{civil_of, days_of};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value, value_error};

const DAY_MICROS: i64 = 86_400_000_000;

fn number(interp: &mut Interpreter, value: &Value, name: &str) -> PyResult<i64> {
    let attribute = interp.get_attr(value, name)?;
    attribute.as_int().ok_or_else(|| value_error(format!("{name} is not a number")))
}

/// Days since the epoch of a `date` or `datetime`.
///
/// # Errors
/// A value that is neither.
pub fn date_days(interp: &mut Interpreter, value: &Value) -> PyResult<i32> {
    let (year, month, day) =
        (number(interp, value, "year")?, number(interp, value, "month")?, number(interp, value, "day")?);
    Ok(days_of(year, month, day) as i32)
}

/// Microseconds since the epoch of a `datetime`; a zone is taken off, none means UTC.
///
/// # Errors
/// A value that is none.
pub fn datetime_micros(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    let days = i64::from(date_days(interp, value)?);
    let (hour, minute, second) =
        (number(interp, value, "hour")?, number(interp, value, "minute")?, number(interp, value, "second")?);
    let micros = number(interp, value, "microsecond")?;
    let wall = days * DAY_MICROS + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
    let zone = interp.find_attr(value, "tzinfo")?;
    if zone.is_none_or(|zone| zone.is_none()) {
        return Ok(wall);
    }
    let offset = interp.call_method(value, "utcoffset", Args::none())?;
    if offset.is_none() { Ok(wall) } else { Ok(wall - timedelta_micros(interp, &offset)?) }
}

/// The length of a `timedelta` in microseconds.
///
/// # Errors
/// A value that is none.
pub fn timedelta_micros(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    let (days, seconds, micros) =
        (number(interp, value, "days")?, number(interp, value, "seconds")?, number(interp, value, "microseconds")?);
    Ok(days * DAY_MICROS + seconds * 1_000_000 + micros)
}

/// Unscaled value, precision and scale of a finite `Decimal`; nothing for NaN and infinities.
///
/// # Errors
/// What its `str` raises.
pub fn decimal_parts(interp: &mut Interpreter, value: &Value) -> PyResult<Option<(i128, u8, i8)>> {
    let text = interp.str(value)?;
    Ok(parse_decimal(&text))
}

/// Reads a decimal number's text, exponents included.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<(i128, u8, i8)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut scale = i32::try_from(fraction.len()).ok()? - exponent;
    while scale < 0 {
        unscaled = unscaled.checked_mul(10)?;
        scale += 1;
    }
    let count = i32::try_from(unscaled.unsigned_abs().to_string().len()).ok()?;
    let precision = u8::try_from(count.max(scale)).ok()?;
    let scale = i8::try_from(scale).ok()?;
    Some((if negative { -unscaled } else { unscaled }, precision, scale))
}

/// The text of a decimal number: `-0.05`.
#[must_use]
pub fn decimal_text(unscaled: i128, scale: i8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale <= 0 {
        let zeros = if unscaled == 0 { 0 } else { usize::from(scale.unsigned_abs()) };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let scale = scale as usize;
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// The number with another scale, rounded half up; nothing when it needs more than `precision` digits.
#[must_use]
pub fn rescale(unscaled: i128, scale: i8, precision: u8, wanted: i8) -> Option<i128> {
    let mut value = unscaled;
    let mut from = i32::from(scale);
    let to = i32::from(wanted);
    while from < to {
        value = value.checked_mul(10)?;
        from += 1;
    }
    if from > to {
        let divisor = 10_i128.checked_pow(u32::try_from(from - to).ok()?)?;
        let (quotient, rest) = (value / divisor, value % divisor);
        let up = i128::from(rest.unsigned_abs() * 2 >= divisor.unsigned_abs());
        value = quotient + if value < 0 { -up } else { up };
    }
    let limit = 10_i128.checked_pow(u32::from(precision))?;
    (value.abs() < limit).then_some(value)
}

fn make(interp: &mut Interpreter, module: &str, class: &str, args: Vec<Value>) -> PyResult {
    let module = interp.import(module)?;
    let class = module.get(class).ok_or_else(|| value_error(format!("{class} is not there")))?;
    interp.call(&class, Args::of(args))
}

/// A `datetime.date`.
///
/// # Errors
/// A year outside 1..9999.
pub fn make_date(interp: &mut Interpreter, days: i32) -> PyResult {
    let (year, month, day) = civil_of(i64::from(days));
    make(interp, "datetime", "date", vec![Value::Int(year), Value::Int(month), Value::Int(day)])
}

/// A naive `datetime.datetime`.
///
/// # Errors
/// A year outside 1..9999.
pub fn make_datetime(interp: &mut Interpreter, micros: i64) -> PyResult {
    let (year, month, day) = civil_of(micros.div_euclid(DAY_MICROS));
    let rest = micros.rem_euclid(DAY_MICROS);
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let parts = [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, fraction];
    make(interp, "datetime", "datetime", parts.into_iter().map(Value::Int).collect())
}

/// A `datetime.time`.
///
/// # Errors
/// Never for a time of day.
pub fn make_time(interp: &mut Interpreter, micros: i64) -> PyResult {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60, fraction];
    make(interp, "datetime", "time", parts.into_iter().map(Value::Int).collect())
}

/// The microseconds since midnight of a `datetime.time`.
///
/// # Errors
/// For anything else.
pub fn time_micros(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    let mut micros = 0;
    for (name, scale) in [("hour", 60), ("minute", 60), ("second", 1_000_000), ("microsecond", 1)] {
        let part = interp.get_attr(value, name)?.as_int().unwrap_or(0);
        micros = (micros + part) * scale;
    }
    Ok(micros)
}

/// A `datetime.timedelta`.
///
/// # Errors
/// Never for lengths that Spark can hold.
pub fn make_timedelta(interp: &mut Interpreter, micros: i64) -> PyResult {
    let days = micros.div_euclid(DAY_MICROS);
    let rest = micros.rem_euclid(DAY_MICROS);
    make(
        interp,
        "datetime",
        "timedelta",
        vec![Value::Int(days), Value::Int(rest / 1_000_000), Value::Int(rest % 1_000_000)],
    )
}

/// A `decimal.Decimal`.
///
/// # Errors
/// Never for numbers that Spark can hold.
pub fn make_decimal(interp: &mut Interpreter, unscaled: i128, scale: i8) -> PyResult {
    make(interp, "decimal", "Decimal", vec![Value::str(decimal_text(unscaled, scale))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_read_scale_and_round() {
        assert_eq!(parse_decimal("-0.05"), Some((-5, 2, 2)));
        assert_eq!(parse_decimal("1E+2"), Some((100, 3, 0)));
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(rescale(12_345, 3, 10, 2), Some(1235));
        assert_eq!(rescale(12_345, 0, 3, 0), None);
    }
}
