//! `format_number`, `to_char`, `to_number`.

use super::super::call::{Call, Kernel};
use super::super::moment_format::MomentFormat;
use super::super::{decimal, errors};
use super::format::grouped;
use crate::common::{Result, SparkError, base64};
use crate::logical::functions::calendar::{DAY, Zone};
use crate::logical::functions::number_text::format_decimal;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::ArrayRef;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "format_number" => format_number,
        "to_char" => to_char,
        "to_number" => |call| to_number(call, true),
        "try_to_number" => |call| to_number(call, false),
        _ => return None,
    })
}

/// Sign and digits of a number with so many digits after the point, rounded half to even on the exact value.
fn digits(value: &Scalar, places: usize) -> Option<(bool, String)> {
    Some(match value {
        Scalar::Byte(v) => (*v < 0, zeros(v.unsigned_abs().to_string(), places)),
        Scalar::Short(v) => (*v < 0, zeros(v.unsigned_abs().to_string(), places)),
        Scalar::Integer(v) => (*v < 0, zeros(v.unsigned_abs().to_string(), places)),
        Scalar::Long(v) => (*v < 0, zeros(v.unsigned_abs().to_string(), places)),
        Scalar::Float(v) => (v.is_sign_negative(), format!("{:.places$}", v.abs())),
        Scalar::Double(v) => (v.is_sign_negative(), format!("{:.places$}", v.abs())),
        Scalar::Decimal(v, _, scale) => {
            let shift = i32::from(*scale) - places as i32;
            let scaled = if shift > 0 {
                decimal::divide_half_even(v.abs(), decimal::power_of_ten(shift as u32))
            } else {
                v.abs().checked_mul(decimal::power_of_ten(shift.unsigned_abs()))?
            };
            (*v < 0, format_decimal(scaled, i8::try_from(places).ok()?))
        }
        _ => return None,
    })
}

fn zeros(text: String, places: usize) -> String {
    if places == 0 { text } else { format!("{text}.{}", "0".repeat(places)) }
}

fn special(value: &Scalar) -> Option<&'static str> {
    let x = match value {
        Scalar::Double(v) => *v,
        Scalar::Float(v) => f64::from(*v),
        _ => return None,
    };
    if x.is_nan() {
        Some("NaN")
    } else if x.is_infinite() {
        Some(if x > 0.0 { "∞" } else { "-∞" })
    } else {
        None
    }
}

fn format_number(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_texts(|row| {
        let value = call.scalar(0, row)?;
        let format = call.scalar(1, row)?;
        if value.is_null() {
            return Ok(None);
        }
        if let Some(word) = special(&value) {
            return Ok(Some(word.to_owned()));
        }
        Ok(match format {
            Scalar::Integer(places) if places >= 0 => digits(&value, places as usize)
                .map(|(negative, text)| format!("{}{}", if negative { "-" } else { "" }, grouped(&text))),
            Scalar::String(pattern) => by_pattern(&value, &pattern),
            _ => None,
        })
    })
}

/// The pattern that an empty one stands for.
const USUAL_PATTERN: &str = "#,###,###,###,###,###,##0";

/// A pattern of Java's `DecimalFormat`, such as `#,###.00` or `0.0;(0.0)`: which digits must stand, how digits are grouped, what stands around them,
/// and behind a semicolon what stands around negative numbers. `%` and `‰` multiply.
fn by_pattern(value: &Scalar, pattern: &str) -> Option<String> {
    let pattern = if pattern.is_empty() { USUAL_PATTERN } else { pattern };
    let (pattern, for_negative) = pattern.split_once(';').map_or((pattern, None), |(all, own)| (all, Some(own)));
    let (prefix, body, suffix) = around_digits(pattern);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    // Where no digit must stand, one does before a point that has places before it, or one behind it.
    let none_must = !body.contains('0') && body.contains('.');
    let least_whole = if none_must && !whole.is_empty() { 1 } else { whole.matches('0').count() };
    let least = if none_must && whole.is_empty() { 1 } else { fraction.matches('0').count() };
    let shift = match pattern.chars().find(|c| matches!(c, '%' | '‰')) {
        Some('%') => 2,
        Some(_) => 3,
        None => 0,
    };
    let (negative, text) = digits(value, fraction.len() + shift)?;
    let (mut whole_digits, mut fraction_digits) = text.split_once('.').map_or((text.clone(), String::new()), owned);
    whole_digits.extend(fraction_digits.drain(..shift));
    while fraction_digits.len() > least && fraction_digits.ends_with('0') {
        fraction_digits.pop();
    }
    let mut number = whole_digits.trim_start_matches('0').to_owned();
    while number.len() < least_whole {
        number.insert(0, '0');
    }
    if number.is_empty() && fraction_digits.is_empty() {
        number.push('0');
    }
    if let Some(size) = whole.rfind(',').map(|comma| whole.len() - comma - 1).filter(|size| *size > 0) {
        let mut at = number.len();
        while at > size {
            at -= size;
            number.insert(at, ',');
        }
    }
    let point = if fraction_digits.is_empty() { "" } else { "." };
    let number = format!("{number}{point}{fraction_digits}");
    Some(match for_negative.map(around_digits) {
        Some((prefix, _, suffix)) if negative => format!("{prefix}{number}{suffix}"),
        _ => format!("{}{prefix}{number}{suffix}", if negative { "-" } else { "" }),
    })
}

fn owned((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

/// A pattern's digits, and what stands before and behind them.
fn around_digits(pattern: &str) -> (&str, &str, &str) {
    let symbol = |c: char| matches!(c, '#' | '0' | ',' | '.');
    let start = pattern.find(symbol).unwrap_or(pattern.len());
    let end = pattern.rfind(symbol).map_or(start, |last| last + 1);
    (&pattern[..start], &pattern[start..end], &pattern[end..])
}

fn to_char(call: &Call<'_>) -> Result<ArrayRef> {
    let format = call.texts(1)?;
    let zone = Zone::parse(&call.context.time_zone)?;
    let policy = call.context.time_parser;
    call.to_texts(|row| {
        let (value, Some(format)) = (call.scalar(0, row)?, format.get(row)) else { return Ok(None) };
        Ok(match value {
            Scalar::Null => None,
            Scalar::Date(date) => Some(MomentFormat::parse(format, policy)?.format(i64::from(date) * DAY, 0, zone)),
            Scalar::Timestamp(micros) => {
                Some(MomentFormat::parse(format, policy)?.format(zone.to_local(micros), zone.offset_at(micros), zone))
            }
            Scalar::Binary(bytes) => Some(match format.to_lowercase().as_str() {
                "base64" => base64::encode(&bytes),
                "hex" => super::bits::hex_text(&bytes),
                _ => String::from_utf8_lossy(&bytes).into_owned(),
            }),
            number => Some(number_to_char(&number, format)),
        })
    })
}

fn number_to_char(value: &Scalar, format: &str) -> String {
    let upper = format.to_uppercase().replace('G', ",").replace('D', ".");
    let body: String = upper.chars().filter(|c| matches!(c, '0' | '9' | ',' | '.')).collect();
    let (whole, fraction) = body.split_once('.').unwrap_or((&body, ""));
    let slots: Vec<char> = whole.chars().collect();
    let room = slots.iter().filter(|c| **c != ',').count();
    let Some((negative, text)) = digits(value, fraction.len()) else { return String::new() };
    let (whole_digits, fraction_digits) = text.split_once('.').unwrap_or((&text, ""));
    let whole_digits = whole_digits.trim_start_matches('0');
    if whole_digits.len() > room {
        return upper.chars().map(|c| if matches!(c, '0' | '9') { '#' } else { c }).collect();
    }
    let mut source = whole_digits.chars().rev();
    let mut out: Vec<char> = Vec::new();
    let mut pending = room - whole_digits.len();
    let zero_from = slots.iter().position(|c| *c == '0');
    for (i, slot) in slots.iter().enumerate().rev() {
        if *slot == ',' {
            let more = source.clone().next().is_some() || zero_from.is_some_and(|from| from < i);
            out.push(if more { ',' } else { ' ' });
        } else if let Some(digit) = source.next() {
            out.push(digit);
        } else {
            out.push(if zero_from.is_some_and(|from| from <= i) { '0' } else { ' ' });
            pending = pending.saturating_sub(1);
        }
    }
    let mut number: String = out.iter().rev().collect();
    if !fraction.is_empty() {
        number.push('.');
        number.push_str(fraction_digits);
    }
    let blanks = number.len() - number.trim_start().len();
    let (lead, body) = number.split_at(blanks);
    let dollar = if upper.contains('$') { "$" } else { "" };
    let sign = if negative { "-" } else { "" };
    if upper.ends_with('S') || upper.ends_with("MI") {
        return format!("{lead}{dollar}{body}{}", if negative { "-" } else { " " });
    }
    if upper.ends_with("PR") {
        return if negative { format!("{lead}<{dollar}{body}>") } else { format!("{lead}{dollar}{body}  ") };
    }
    format!("{lead}{sign}{dollar}{body}")
}

fn mismatch(text: &str, format: &str) -> SparkError {
    errors::illegal("INVALID_FORMAT.MISMATCH_INPUT", format!("the text '{text}' does not match the format '{format}'"))
}

fn to_number(call: &Call<'_>, raise: bool) -> Result<ArrayRef> {
    let (s, format) = (call.texts(0)?, call.texts(1)?);
    let DataType::Decimal(precision, scale) = call.out else {
        return Err(SparkError::internal("to_number gives a decimal"));
    };
    call.to_scalars(|row| {
        let (Some(s), Some(format)) = (s.get(row), format.get(row)) else { return Ok(Scalar::Null) };
        match read_number(s, format, *scale) {
            Some(value) => Ok(Scalar::Decimal(value, *precision, *scale)),
            None if raise => Err(mismatch(s, format)),
            None => Ok(Scalar::Null),
        }
    })
}

fn read_number(text: &str, format: &str, scale: i8) -> Option<i128> {
    let upper = format.to_uppercase();
    let mut rest = text.trim();
    let mut negative = false;
    if let Some(inner) =
        rest.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).filter(|_| upper.ends_with("PR"))
    {
        (rest, negative) = (inner, true);
    }
    if upper.contains('S') || upper.contains("MI") {
        for sign in ['-', '+'] {
            if let Some(inner) = rest.strip_prefix(sign).or_else(|| rest.strip_suffix(sign)) {
                rest = inner;
                negative = sign == '-';
            }
        }
    }
    if upper.contains('$') {
        rest = rest.strip_prefix('$')?;
    }
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let point = upper.find(['.', 'D']).unwrap_or(upper.len());
    let room = |part: &str| part.chars().filter(|c| matches!(c, '0' | '9')).count();
    let grouped = upper[..point].contains([',', 'G']);
    let whole: String = if grouped { whole.replace(',', "") } else { whole.to_owned() };
    let valid = |digits: &str, room: usize| digits.len() <= room && digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0
        || !valid(&whole, room(&upper[..point]))
        || !valid(fraction, room(&upper[point..]))
    {
        return None;
    }
    let padded = format!("{whole}{fraction:0<width$}", width = scale as usize);
    let value: i128 = if padded.is_empty() { 0 } else { padded.parse().ok()? };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_cut() {
        assert_eq!(by_pattern(&Scalar::Double(1_234_567.891), "#,###.0").as_deref(), Some("1,234,567.9"));
        assert_eq!(by_pattern(&Scalar::Double(-0.5), "#,###.0").as_deref(), Some("-.5"));
        assert_eq!(number_to_char(&Scalar::Decimal(12345, 5, 1), "9,999.99"), "1,234.50");
        assert_eq!(read_number("$1,234.50", "$9,999.99", 2), Some(123_450));
        assert_eq!(read_number("abc", "999", 0), None);
    }
}
