//! Numbers, dates and times from text, as Spark's readers accept them.

use chrono::TimeZone;

/// Java's `Long.parseLong`: an optional sign and digits, nothing else.
pub fn parse_long(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > 19 {
        return parse_long_padded(negative, digits);
    }
    let mut value: i64 = 0;
    if digits.len() < 19 {
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    parse_long_padded(negative, digits)
}

fn parse_long_padded(negative: bool, digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Counted downwards, since the smallest number has no positive twin.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// Java's `Double.parseDouble`: blanks around, a final `d` or `f`, `NaN` and `Infinity` in this spelling.
pub fn parse_double(text: &str) -> Option<f64> {
    if let Some(value) = short_double(text.as_bytes()) {
        return Some(value);
    }
    if let Some(last) = text.as_bytes().last()
        && last.is_ascii_digit()
        && let Ok(value) = fast_float2::parse::<f64, _>(text)
    {
        return Some(value);
    }
    let text = text.trim_matches(|c: char| c <= ' ');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    fast_float2::parse(number).ok()
}

/// A number of at most fifteen digits without exponent: both parts of the fraction are exact, so their quotient is the nearest double.
fn short_double(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, body) = match text {
        [b'-', body @ ..] => (true, body),
        body => (false, body),
    };
    if body.is_empty() || body.len() > 16 {
        return None;
    }
    let (mut mantissa, mut point) = (0u64, None);
    for (at, byte) in body.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + u64::from(digit);
        } else if *byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let digits = body.len() - usize::from(point.is_some());
    if digits == 0 || digits > 15 {
        return None;
    }
    let places = point.map_or(0, |at| body.len() - at - 1);
    let value = mantissa as f64 / POWERS[places];
    Some(if negative { -value } else { value })
}

/// A decimal number as unscaled value at `scale`, rounded half up; nothing when it does not fit into `precision` digits.
pub fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.replace(',', "");
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].strip_prefix('+').unwrap_or(&text[at + 1..]).parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    let own_scale = fraction.len() as i32 - exponent;
    let value = rescale(value, own_scale, i32::from(scale))?;
    let limit = 10i128.checked_pow(u32::from(precision))?;
    (value < limit).then_some(if negative { -value } else { value })
}

/// A positive unscaled value at another scale, rounded half up.
fn rescale(value: i128, from: i32, to: i32) -> Option<i128> {
    if to >= from {
        return value.checked_mul(10i128.checked_pow((to - from) as u32)?);
    }
    let Some(divisor) = 10i128.checked_pow((from - to) as u32) else { return Some(0) };
    Some((value + divisor / 2) / divisor)
}

fn two_digits(bytes: &[u8]) -> Option<u32> {
    let (tens, ones) = (bytes[0].wrapping_sub(b'0'), bytes[1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Days since the epoch of a date that exists.
pub fn days_of(year: i32, month: u32, day: u32) -> Option<i32> {
    let valid = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    valid.then(|| {
        let years = i64::from(year) - i64::from(month <= 2);
        let era = years.div_euclid(400);
        let year_of_era = years.rem_euclid(400);
        let day_of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era - 719_468) as i32
    })
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Spark's text to date: `yyyy[-M[-d]]`, blanks around, anything after `T` or a blank behind a full date.
pub fn parse_date(text: &[u8]) -> Option<i32> {
    if let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text
        && let (Some(high), Some(low)) = (two_digits(&[*y1, *y2]), two_digits(&[*y3, *y4]))
    {
        return days_of((high * 100 + low) as i32, two_digits(&[*m1, *m2])?, two_digits(&[*d1, *d2])?);
    }
    let (date, rest) = date_parts(trim(text))?;
    let complete = date.2.is_some();
    let ends = rest.is_empty() || (complete && matches!(rest[0], b'T' | b' '));
    ends.then(|| days_of(date.0, date.1.unwrap_or(1), date.2.unwrap_or(1))).flatten()
}

fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| *byte <= b' ';
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

type DateParts = (i32, Option<u32>, Option<u32>);

fn number(bytes: &[u8], most: usize) -> (u64, usize) {
    let length = bytes.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    (bytes[..length].iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0')), length)
}

fn date_parts(text: &[u8]) -> Option<(DateParts, &[u8])> {
    let (sign, body) = match text.first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (year, length) = number(body, 7);
    if !(4..=7).contains(&length) {
        return None;
    }
    let year = sign * year as i32;
    let mut rest = &body[length..];
    let mut parts = [None, None];
    for part in &mut parts {
        let Some((b'-', after)) = rest.split_first() else { break };
        let (value, length) = number(after, 2);
        if length == 0 {
            return None;
        }
        *part = Some(value as u32);
        rest = &after[length..];
    }
    Some(((year, parts[0], parts[1]), rest))
}

/// A time of day and what zone followed it.
struct TimeParts {
    micros: i64,
    zone: Option<String>,
}

/// `[h]h[:[m]m[:[s]s[.fraction]]][zone]`; a bare hour only behind `T`.
fn time_parts(text: &[u8]) -> Option<TimeParts> {
    let (hour, length) = number(text, 2);
    if length == 0 || hour > 23 {
        return None;
    }
    let mut micros = hour as i64 * 3_600_000_000;
    let mut rest = &text[length..];
    for (unit, limit) in [(60_000_000, 60), (1_000_000, 60)] {
        let Some((b':', after)) = rest.split_first() else { break };
        let (value, length) = number(after, 2);
        if length == 0 || value >= limit {
            return None;
        }
        micros += value as i64 * unit;
        rest = &after[length..];
        if unit == 1_000_000
            && let Some((b'.', after)) = rest.split_first()
        {
            let (value, length) = number(after, 6);
            micros += value as i64 * 10i64.pow(6 - length as u32);
            let more = after[length..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = &after[length + more..];
        }
    }
    let zone = std::str::from_utf8(rest).ok()?.trim();
    Some(TimeParts { micros, zone: (!zone.is_empty()).then(|| zone.to_owned()) })
}

/// Microseconds of a date, a time of day or both; `None` inside when there was no zone. `today` (days) stands in for a missing date.
pub fn parse_moment(text: &[u8], today: i32) -> Option<(i64, Option<String>)> {
    let text = trim(text);
    let time_only = |time: &[u8]| {
        let parts = time_parts(time)?;
        Some((i64::from(today) * 86_400_000_000 + parts.micros, parts.zone))
    };
    if let Some((b'T', rest)) = text.split_first() {
        return time_only(rest);
    }
    if matches!(text.get(1..3), Some([b':', _] | [_, b':'])) && text.first().is_some_and(u8::is_ascii_digit) {
        return time_only(text);
    }
    let ((year, month, day), rest) = date_parts(text)?;
    let days = days_of(year, month.unwrap_or(1), day.unwrap_or(1))?;
    // Years that microseconds do not reach are no moments.
    let midnight = i64::from(days).checked_mul(86_400_000_000)?;
    match rest.split_first() {
        None => Some((midnight, None)),
        Some((b'T' | b' ', time)) if day.is_some() => {
            let parts = time_parts(time)?;
            Some((midnight.checked_add(parts.micros)?, parts.zone))
        }
        Some(_) => None,
    }
}

/// An instant: what [`parse_moment`] says, in its own zone or the session's.
pub fn parse_timestamp(text: &[u8], session_zone: &str, now_micros: i64) -> Option<i64> {
    if let Some(micros) = plain_timestamp(text)
        && matches!(session_zone, "UTC" | "Z" | "Etc/UTC" | "GMT")
    {
        return Some(micros);
    }
    let today = (now_micros.div_euclid(86_400_000_000)) as i32;
    let (micros, zone) = parse_moment(text, today)?;
    to_utc(micros, zone.as_deref().unwrap_or(session_zone))
}

/// The most common form, `yyyy-MM-dd HH:mm:ss`.
fn plain_timestamp(text: &[u8]) -> Option<i64> {
    if text.len() != 19 || !matches!(text[10], b' ' | b'T') || text[13] != b':' || text[16] != b':' {
        return None;
    }
    let days = parse_date(&text[..10])?;
    let (hour, minute, second) = (two_digits(&text[11..])?, two_digits(&text[14..])?, two_digits(&text[17..])?);
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then(|| (i64::from(days) * 86_400 + i64::from(hour * 3600 + minute * 60 + second)) * 1_000_000)
}

/// Wall-clock microseconds in a zone, as an instant.
pub fn to_utc(micros: i64, zone: &str) -> Option<i64> {
    let zone = zone.trim();
    if matches!(zone, "Z" | "UTC" | "GMT" | "UT" | "Etc/UTC") {
        return Some(micros);
    }
    if let Some(offset) = zone_offset(zone) {
        return micros.checked_sub(offset);
    }
    let zone: chrono_tz::Tz = zone.parse().ok()?;
    let local = chrono::DateTime::from_timestamp_micros(micros)?.naive_utc();
    match zone.from_local_datetime(&local) {
        chrono::LocalResult::Single(moment) | chrono::LocalResult::Ambiguous(moment, _) => {
            Some(moment.timestamp_micros())
        }
        chrono::LocalResult::None => {
            let before = zone.from_local_datetime(&(local - chrono::Duration::hours(3))).earliest()?;
            Some(before.timestamp_micros() + 3 * 3_600_000_000)
        }
    }
}

/// `+01:30`, `-8`, `UTC+1`, … in microseconds.
fn zone_offset(zone: &str) -> Option<i64> {
    let text = ["UTC", "GMT", "UT"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(char::is_ascii_digit).collect();
    if digits.len() + text[1..].matches(':').count() != text.len() - 1 {
        return None;
    }
    let (hours, minutes) = match (digits.len(), text[1..].find(':')) {
        (1 | 2, _) => (digits.parse::<i64>().ok()?, 0),
        (3, Some(1)) => (digits[..1].parse().ok()?, digits[1..].parse().ok()?),
        (3, Some(_)) => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        (4 | 6, _) => (digits[..2].parse().ok()?, digits[2..4].parse().ok()?),
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parsed_as_java_does() {
        assert_eq!(parse_long(b"-42"), Some(-42));
        assert_eq!(parse_long(b"+7"), Some(7));
        assert_eq!(parse_long(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse_long(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_long(b"9223372036854775808"), None);
        assert_eq!(parse_long(b" 1"), None);
        assert_eq!(parse_double("1e3"), Some(1000.0));
        for text in ["0", "-0", "5.", ".5", "-12.34", "0.1", "123456789012345", "1234567890123456", "0.000000000000001"]
        {
            assert_eq!(parse_double(text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text}");
        }
        for text in [".", "-", "-.", "1.2.3", "--1"] {
            assert_eq!(parse_double(text), None, "{text}");
        }
        assert_eq!(parse_double(" 1.5d "), Some(1.5));
        assert_eq!(parse_double("nan"), None);
        assert_eq!(parse_double("x1"), None);
        assert_eq!(parse_decimal("-1.255", 5, 2), Some(-126));
        assert_eq!(parse_decimal("1000", 5, 2), None);
    }

    #[test]
    fn dates_and_times_are_parsed_as_spark_does() {
        assert_eq!(parse_date(b"1970-01-02"), Some(1));
        assert_eq!(parse_date(b"2024-02-30"), None);
        assert_eq!(parse_date(b"2024-1-5"), parse_date(b"2024-01-05"));
        assert_eq!(parse_date(b"2024"), parse_date(b"2024-01-01"));
        assert_eq!(parse_timestamp(b"1970-01-01 00:00:01", "UTC", 0), Some(1_000_000));
        assert_eq!(parse_timestamp(b"1970-01-01T01:00:00.5+01:00", "UTC", 0), Some(500_000));
        assert_eq!(parse_timestamp(b"10:30", "UTC", 86_400_000_000), Some(86_400_000_000 + 37_800_000_000));
        assert_eq!(parse_timestamp(b"T1", "UTC", 0), Some(3_600_000_000));
        assert_eq!(parse_timestamp(b"hello", "UTC", 0), None);
        assert_eq!(
            parse_timestamp(b"2024-07-01 00:00:00", "Europe/Berlin", 0),
            parse_timestamp(b"2024-06-30 22:00:00", "UTC", 0)
        );
    }
}
