//! Text into dates and timestamps, by the rules of Spark's casts: short dates, missing times, zones.

use super::calendar::{self, DAY, SECOND, Zone, checked_days};

/// Text without blanks and control characters around it.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ' || c == '\u{7f}')
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
        return instant(zone, i64::from(today) * DAY + micros);
    }
    let (date, rest) = date_prefix(bytes)?;
    // Years that microseconds do not reach are no moments.
    let local = i64::from(date).checked_mul(DAY)?;
    if rest.is_empty() {
        return instant(zone, local);
    }
    if !matches!(rest[0], b' ' | b'T') {
        return None;
    }
    let (micros, own) = parse_time(text.get(text.len() - rest.len() + 1..)?)?;
    instant(own.unwrap_or(zone), local.checked_add(micros)?)
}

/// The instant of a reading of this zone's clocks; absent where it lies beyond the last or before the first.
fn instant(zone: Zone, local: i64) -> Option<i64> {
    let utc = zone.to_utc(local);
    // Beyond them it would be the last, or the first.
    (zone.offset_at(utc) == 0 || !matches!(utc, i64::MIN | i64::MAX)).then_some(utc)
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
}
