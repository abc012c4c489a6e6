//! Text as a calendar interval: `5 minutes`, `interval 1 month -2 days 0.5 seconds`.

use crate::logical::functions::calendar::SECOND;
use crate::logical::scalar::Scalar;

/// The interval that a text says; nothing when it says none.
pub(super) fn parse_interval(text: &str) -> Option<Scalar> {
    let text = text.trim().to_ascii_lowercase();
    let mut words = text.strip_prefix("interval ").unwrap_or(&text).split_whitespace();
    let (mut months, mut days, mut micros) = (0_i32, 0_i32, 0_i64);
    let mut any = false;
    while let Some(number) = words.next() {
        let unit = words.next()?;
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        any = true;
        if unit == "second" {
            micros = micros.checked_add(seconds(number)?)?;
            continue;
        }
        let count: i64 = number.parse().ok()?;
        let small = i32::try_from(count);
        match unit {
            "year" => months = months.checked_add(small.ok()?.checked_mul(12)?)?,
            "month" => months = months.checked_add(small.ok()?)?,
            "week" => days = days.checked_add(small.ok()?.checked_mul(7)?)?,
            "day" => days = days.checked_add(small.ok()?)?,
            "hour" => micros = micros.checked_add(count.checked_mul(3600 * SECOND)?)?,
            "minute" => micros = micros.checked_add(count.checked_mul(60 * SECOND)?)?,
            "millisecond" => micros = micros.checked_add(count.checked_mul(1000)?)?,
            "microsecond" => micros = micros.checked_add(count)?,
            _ => return None,
        }
    }
    any.then_some(Scalar::CalendarInterval(months, days, micros))
}

/// Seconds with up to nine decimals, in microseconds.
fn seconds(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if part.len() > 9 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: i64 = format!("{part:0<6}")[..6].parse().ok()?;
    let micros = whole.trim_start_matches('+').parse::<i64>().ok()?.checked_mul(SECOND)?.checked_add(part)?;
    Some(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up_and_nonsense_is_nothing() {
        assert_eq!(parse_interval("5 minutes"), Some(Scalar::CalendarInterval(0, 0, 300 * SECOND)));
        assert_eq!(
            parse_interval("interval 1 year -2 days 0.5 seconds"),
            Some(Scalar::CalendarInterval(12, -2, SECOND / 2))
        );
        assert_eq!(parse_interval("nonsense"), None);
        assert_eq!(parse_interval(""), None);
    }
}
