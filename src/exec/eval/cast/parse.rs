//! Text into numbers, dates and times, by the rules of Spark's casts.

use super::super::decimal;
use crate::logical::functions::calendar::{self, DAY, SECOND, Zone, checked_days};
use num_bigint::BigInt;

/// Text without blanks and control characters around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ' || c == '\u{7f}')
}

/// A whole number: sign and digits; with `truncate` a fraction is allowed and dropped.
#[must_use]
pub fn parse_integer(text: &str, truncate: bool) -> Option<i64> {
    let text = trimmed(text);
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if truncate => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    if (whole.is_empty() && fraction.is_empty() && !(truncate && digits == "."))
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut value = 0_i64;
    for byte in whole.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(byte - b'0');
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    Some(value)
}

/// A double as Java reads it, with the words for infinity and NaN.
#[must_use]
pub fn parse_double(text: &str) -> Option<f64> {
    let text = trimmed(text);
    if let Ok(value) = fast_float2::parse::<f64, _>(text) {
        return Some(value);
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F'])?;
    if !number.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    fast_float2::parse::<f64, _>(number).ok()
}

/// The float of a text whose double is known.
pub(super) fn narrow(text: &str, value: f64) -> f32 {
    fast_float2::parse::<f32, _>(trimmed(text)).unwrap_or(value as f32)
}

/// The digits of a decimal number, as a whole number and the digits after the point.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<(BigInt, i32)> {
    let text = trimmed(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].strip_prefix('+').unwrap_or(&text[at + 1..]).parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, unsigned) = match mantissa.as_bytes().first()? {
        b'-' => ("-", &mantissa[1..]),
        b'+' => ("", &mantissa[1..]),
        _ => ("", mantissa),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        || exponent.abs() > 400
    {
        return None;
    }
    let digits: BigInt = format!("{sign}{whole}{fraction}").parse().ok()?;
    Some((digits, fraction.len() as i32 - exponent))
}

/// Parsed digits as `decimal(precision, scale)`, rounded half up.
pub(super) fn fit_decimal(digits: &BigInt, own: i32, precision: u8, scale: i8) -> Option<i128> {
    let shift = i32::from(scale) - own;
    let scaled = if shift >= 0 {
        digits * BigInt::from(10).pow(shift as u32)
    } else {
        let divisor = BigInt::from(10).pow(shift.unsigned_abs());
        let (quotient, remainder) = (digits / &divisor, digits % &divisor);
        if remainder.magnitude() * 2_u32 >= *divisor.magnitude() {
            quotient + if digits.sign() == num_bigint::Sign::Minus { -1 } else { 1 }
        } else {
            quotient
        }
    };
    i128::try_from(scaled).ok().filter(|value| decimal::fits(*value, precision))
}

/// `true`, `t`, `yes`, `y`, `1` and their opposites, in any case.
#[must_use]
pub fn parse_boolean(text: &str) -> Option<bool> {
    let text = trimmed(text);
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "t", "yes", "y", "1"]) {
        Some(true)
    } else if is(&["false", "f", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// Reads digits at the front: the number, how many digits, the rest.
fn digits(bytes: &[u8]) -> (i64, usize, &[u8]) {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = bytes[..count].iter().take(18).fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    (value, count, &bytes[count..])
}

/// `2024`, `2024-3`, `2024-03-10`, and a date followed by `T` or a blank and anything.
#[must_use]
pub fn parse_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-' {
        let digit = |i: usize| bytes[i].wrapping_sub(b'0');
        if [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|i| digit(*i) < 10) {
            let two = |i: usize| u32::from(digit(i)) * 10 + u32::from(digit(i + 1));
            return checked_days((two(0) * 100 + two(2)) as i32, two(5), two(8));
        }
    }
    let (date, rest) = date_prefix(trimmed(text).as_bytes())?;
    (rest.is_empty() || matches!(rest[0], b' ' | b'T')).then_some(date)
}

/// A date at the front and what follows it. After a bare year or month nothing may follow.
fn date_prefix(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (negative, bytes) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    let (year, count, rest) = digits(bytes);
    if !(4..=7).contains(&count) {
        return None;
    }
    let year = if negative { -(year as i32) } else { year as i32 };
    let (month, rest) = match rest.first() {
        None => return checked_days(year, 1, 1).map(|date| (date, rest)),
        Some(b'-') => two_digits(&rest[1..])?,
        Some(_) => return None,
    };
    let (day, rest) = match rest.first() {
        None => return checked_days(year, month, 1).map(|date| (date, rest)),
        Some(b'-') => two_digits(&rest[1..])?,
        Some(_) => return None,
    };
    checked_days(year, month, day).map(|date| (date, rest))
}

fn two_digits(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (value, count, rest) = digits(bytes);
    (1..=2).contains(&count).then_some((value as u32, rest))
}

/// A date, a date and a time, or a time of today; with a zone or in `zone`.
#[must_use]
pub fn parse_timestamp(text: &str, zone: Zone, now_micros: i64) -> Option<i64> {
    let text = trimmed(text);
    let bytes = text.as_bytes();
    let time_first = bytes.first() == Some(&b'T') || bytes.iter().position(|b| *b == b':').is_some_and(|at| at <= 2);
    if time_first {
        let rest = if bytes[0] == b'T' { &text[1..] } else { text };
        let (micros, own) = parse_time(rest)?;
        let zone = own.unwrap_or(zone);
        let (today, _) = calendar::split_micros(zone.to_local(now_micros));
        return Some(zone.to_utc(i64::from(today) * DAY + micros));
    }
    let (date, rest) = date_prefix(bytes)?;
    let local = i64::from(date) * DAY;
    if rest.is_empty() {
        return Some(zone.to_utc(local));
    }
    if !matches!(rest[0], b' ' | b'T') {
        return None;
    }
    let (micros, own) = parse_time(text.get(text.len() - rest.len() + 1..)?)?;
    Some(own.unwrap_or(zone).to_utc(local + micros))
}

/// `10:30`, `10:30:15.25`, each perhaps with a zone; microseconds of the day.
fn parse_time(text: &str) -> Option<(i64, Option<Zone>)> {
    let (hour, rest) = two_digits(text.as_bytes())?;
    let mut parts = [i64::from(hour), 0, 0];
    let mut rest = rest;
    for part in &mut parts[1..] {
        if rest.first() != Some(&b':') {
            break;
        }
        let (value, after) = two_digits(&rest[1..])?;
        *part = i64::from(value);
        rest = after;
    }
    let mut micros = 0;
    if rest.first() == Some(&b'.') {
        let count = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let fraction = &rest[1..=count];
        for i in 0..6 {
            micros = micros * 10 + fraction.get(i).map_or(0, |byte| i64::from(byte - b'0'));
        }
        rest = &rest[count + 1..];
    }
    let [h, m, s] = parts;
    if h > 23 || m > 59 || s > 59 {
        return None;
    }
    let zone = match std::str::from_utf8(rest).ok()?.trim() {
        "" => None,
        name => Some(Zone::find(name)?),
    };
    Some(((h * 3600 + m * 60 + s) * SECOND + micros, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_and_without_their_end() {
        let day = |y, m, d| Some(calendar::days(y, m, d));
        assert_eq!(parse_date("2024-02-29"), day(2024, 2, 29));
        assert_eq!(parse_date("2024-2-9"), day(2024, 2, 9));
        assert_eq!(parse_date(" 2024-03 "), day(2024, 3, 1));
        assert_eq!(parse_date("2024"), day(2024, 1, 1));
        assert_eq!(parse_date("2024-03-10T01:02:03"), day(2024, 3, 10));
        for bad in ["2023-02-29", "29/02/2024", "10:30", "", "2024-13-01", "someday"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn timestamps_take_zones_and_short_times() {
        let at = |text| parse_timestamp(text, Zone::UTC, 0).map(|t| calendar::format_timestamp(t, Zone::UTC));
        assert_eq!(at("2024-01-15T10:30:00Z").as_deref(), Some("2024-01-15 10:30:00"));
        assert_eq!(at("2024-01-15 10:30:00+02:00").as_deref(), Some("2024-01-15 08:30:00"));
        assert_eq!(at("2024-01-15 10:30:00.123456789").as_deref(), Some("2024-01-15 10:30:00.123456"));
        assert_eq!(at("2024-01-01 00:00:00 Europe/Paris").as_deref(), Some("2023-12-31 23:00:00"));
        assert_eq!(at("10:30").as_deref(), Some("1970-01-01 10:30:00"));
        assert_eq!(at("noon"), None);
    }

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        assert_eq!(parse_integer("+5", false), Some(5));
        assert_eq!(parse_integer("99999999999999999999", false), None);
        assert_eq!(parse_double(" 1e3 "), Some(1000.0));
        assert_eq!(parse_double(""), None);
        assert!(parse_double("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse_boolean(" Yes "), Some(true));
        assert_eq!(parse_boolean("on"), None);
    }
}
