//! Dates, times and zones: days and microseconds since the epoch to the calendar and back, and their plain text.
//!
//! The proleptic Gregorian calendar throughout, as in Spark 3 and later.

use crate::common::calendar::{civil_of, days_of};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::types::DataType;
use chrono::{Offset, TimeZone as _};
use std::fmt::Write as _;

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub const DAY: i64 = 86_400 * SECOND;

/// Year, month and day of a day number.
#[must_use]
pub fn civil(days: i32) -> (i32, u32, u32) {
    let (year, month, day) = civil_of(i64::from(days));
    (year as i32, month as u32, day as u32)
}

/// The day number of a date that exists.
#[must_use]
pub fn days(year: i32, month: u32, day: u32) -> i32 {
    days_of(i64::from(year), i64::from(month), i64::from(day)) as i32
}

/// The day number, if the date exists.
#[must_use]
pub fn checked_days(year: i32, month: u32, day: u32) -> Option<i32> {
    ((1..=12).contains(&month) && day >= 1 && day <= month_length(year, month)).then(|| days(year, month, day))
}

/// Whether a year has 366 days.
#[must_use]
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
#[must_use]
pub fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Day of the week, Monday 0 … Sunday 6.
#[must_use]
pub fn weekday(days: i32) -> i32 {
    (days + 3).rem_euclid(7)
}

/// Day of the year, from 1.
#[must_use]
pub fn day_of_year(date: i32) -> i32 {
    date - days(civil(date).0, 1, 1) + 1
}

/// ISO week number and the year it belongs to.
#[must_use]
pub fn iso_week(date: i32) -> (i32, i32) {
    let thursday = date - weekday(date) + 3;
    let year = civil(thursday).0;
    (year, (thursday - days(year, 1, 1)) / 7 + 1)
}

/// A date some months later; the day is cut to the month's end.
#[must_use]
pub fn add_months(date: i32, months: i32) -> i32 {
    let (year, month, day) = civil(date);
    let total = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    let (year, month) = (total.div_euclid(12) as i32, total.rem_euclid(12) as u32 + 1);
    days(year, month, day.min(month_length(year, month)))
}

/// Day number and microseconds within the day.
#[must_use]
pub fn split_micros(micros: i64) -> (i32, i64) {
    (micros.div_euclid(DAY) as i32, micros.rem_euclid(DAY))
}

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of Greenwich.
    Fixed(i32),
    Named(chrono_tz::Tz),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone::Fixed(0);

    /// A zone by its name (`Europe/Paris`, `UTC`, `+02:00`, `GMT+2`).
    ///
    /// # Errors
    /// `INVALID_TIMEZONE`.
    pub fn parse(name: &str) -> Result<Zone> {
        Self::find(name).ok_or_else(|| {
            SparkError::new(ErrorClass::DateTimeException, format!("there is no time zone `{name}`"))
                .with_condition("INVALID_TIMEZONE")
                .with_help("write a region such as Europe/Paris, or an offset such as +02:00")
        })
    }

    /// A zone by its name, if there is one.
    #[must_use]
    pub fn find(name: &str) -> Option<Zone> {
        let name = name.trim();
        if matches!(name, "Z" | "UTC" | "GMT" | "UT" | "Etc/UTC") {
            return Some(Zone::UTC);
        }
        let offset = ["UTC", "GMT", "UT"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        if offset.starts_with(['+', '-']) {
            return parse_offset(offset).map(Zone::Fixed);
        }
        let long = match name {
            "ACT" => "Australia/Darwin",
            "AET" => "Australia/Sydney",
            "AGT" => "America/Argentina/Buenos_Aires",
            "ART" => "Africa/Cairo",
            "AST" => "America/Anchorage",
            "BET" => "America/Sao_Paulo",
            "BST" => "Asia/Dhaka",
            "CAT" => "Africa/Harare",
            "CNT" => "America/St_Johns",
            "CST" => "America/Chicago",
            "CTT" => "Asia/Shanghai",
            "EAT" => "Africa/Addis_Ababa",
            "ECT" => "Europe/Paris",
            "IST" => "Asia/Kolkata",
            "JST" => "Asia/Tokyo",
            "MIT" => "Pacific/Apia",
            "NET" => "Asia/Yerevan",
            "NST" => "Pacific/Auckland",
            "PLT" => "Asia/Karachi",
            "PNT" => "America/Phoenix",
            "PRT" => "America/Puerto_Rico",
            "PST" => "America/Los_Angeles",
            "SST" => "Pacific/Guadalcanal",
            "VST" => "Asia/Ho_Chi_Minh",
            other => other,
        };
        long.parse::<chrono_tz::Tz>().ok().map(Zone::Named)
    }

    /// Microseconds to add to an instant to read the wall clock.
    #[must_use]
    pub fn offset_at(self, utc_micros: i64) -> i64 {
        match self {
            Zone::Fixed(seconds) => i64::from(seconds) * SECOND,
            Zone::Named(zone) => match chrono::DateTime::from_timestamp(utc_micros.div_euclid(SECOND), 0) {
                Some(moment) => {
                    i64::from(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()) * SECOND
                }
                None => 0,
            },
        }
    }

    /// The wall clock at an instant.
    #[must_use]
    pub fn to_local(self, utc_micros: i64) -> i64 {
        utc_micros.saturating_add(self.offset_at(utc_micros))
    }

    /// The instant of a wall-clock reading; the earlier one when clocks went back, moved on when they jumped.
    #[must_use]
    pub fn to_utc(self, local_micros: i64) -> i64 {
        match self {
            Zone::Fixed(seconds) => local_micros.saturating_sub(i64::from(seconds) * SECOND),
            Zone::Named(_) => {
                let before = self.offset_at(local_micros.saturating_sub(DAY));
                let after = self.offset_at(local_micros.saturating_add(DAY));
                let first = local_micros.saturating_sub(before);
                if before == after || self.offset_at(first) == before {
                    return first;
                }
                let second = local_micros.saturating_sub(after);
                if self.offset_at(second) == after { second } else { first }
            }
        }
    }
}

/// Seconds of `+02:00`, `-0530`, `+2`.
fn parse_offset(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let rest = text.get(1..)?;
    let parts: Vec<&str> = if rest.contains(':') {
        rest.split(':').collect()
    } else if rest.len() > 2 {
        vec![rest.get(..rest.len() - 2)?, rest.get(rest.len() - 2..)?]
    } else {
        vec![rest]
    };
    let number = |i: usize| match parts.get(i) {
        Some(part) if (1..=2).contains(&part.len()) => part.parse::<i32>().ok().filter(|n| *n >= 0),
        Some(_) => None,
        None => Some(0),
    };
    let (hours, minutes, seconds) = (number(0)?, number(1)?, number(2)?);
    (parts.len() <= 3 && hours <= 18 && minutes < 60 && seconds < 60)
        .then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// Writes `2024-01-31` at the end of `text`.
pub fn write_date(text: &mut String, date: i32) {
    let (year, month, day) = civil(date);
    if (0..=9999).contains(&year) {
        let digit = |n: u32| char::from(b'0' + (n % 10) as u8);
        let y = year as u32;
        text.extend([digit(y / 1000), digit(y / 100), digit(y / 10), digit(y), '-']);
        text.extend([digit(month / 10), digit(month), '-', digit(day / 10), digit(day)]);
    } else {
        let sign = if year < 0 { "-" } else { "+" };
        let _ = write!(text, "{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs());
    }
}

/// A date as text.
#[must_use]
pub fn format_date(date: i32) -> String {
    let mut text = String::with_capacity(10);
    write_date(&mut text, date);
    text
}

/// Writes `2024-01-31 08:05:00.25` (wall clock) at the end of `text`: no more digits of the second than needed.
pub fn write_wall_clock(text: &mut String, micros: i64) {
    let (date, within) = split_micros(micros);
    write_date(text, date);
    let seconds = within / SECOND;
    let digit = |n: i64| char::from(b'0' + (n % 10) as u8);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    text.extend([' ', digit(h / 10), digit(h), ':', digit(m / 10), digit(m), ':', digit(s / 10), digit(s)]);
    let fraction = within % SECOND;
    if fraction != 0 {
        let digits = format!("{fraction:06}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
}

/// An instant as the wall clock of `zone` shows it.
#[must_use]
pub fn format_timestamp(utc_micros: i64, zone: Zone) -> String {
    let mut text = String::with_capacity(26);
    write_wall_clock(&mut text, zone.to_local(utc_micros));
    text
}

/// A day-time interval in its units: `INTERVAL '1 02:03:04' DAY TO SECOND`, `INTERVAL '100' MINUTE`.
#[must_use]
pub fn format_day_time(micros: i64, from: u8, to: u8) -> String {
    const SIZES: [u64; 4] = [DAY as u64, 3600 * SECOND as u64, 60 * SECOND as u64, SECOND as u64];
    let mut rest = micros.unsigned_abs();
    let mut text = if micros < 0 { "-".to_owned() } else { String::new() };
    for (unit, size) in SIZES.iter().enumerate().take(usize::from(to) + 1).skip(usize::from(from)) {
        if unit > usize::from(from) {
            text.push(if unit == 1 { ' ' } else { ':' });
        }
        let count = rest / size;
        text.push_str(&if unit == 0 { count.to_string() } else { format!("{count:02}") });
        rest %= size;
    }
    if to == 3 && rest != 0 {
        text.push('.');
        text.push_str(format!("{rest:06}").trim_end_matches('0'));
    }
    let units = DataType::DayTimeInterval(from, to).interval_units().unwrap_or_default().to_uppercase();
    format!("INTERVAL '{text}' {units}")
}

/// A year-month interval in its units: `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '1' YEAR`, `INTERVAL '3' MONTH`.
#[must_use]
pub fn format_year_month(months: i32, from: u8, to: u8) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let size = months.unsigned_abs();
    let text = match (from, to) {
        (0, 0) => (size / 12).to_string(),
        (1, _) => size.to_string(),
        _ => format!("{}-{}", size / 12, size % 12),
    };
    let units = DataType::YearMonthInterval(from, to).interval_units().unwrap_or_default().to_uppercase();
    format!("INTERVAL '{sign}{text}' {units}")
}

/// `1 years 2 months 3 days 4 hours`, as Spark shows intervals that mix units.
#[must_use]
pub fn format_calendar_interval(months: i32, days: i32, micros: i64) -> String {
    let mut parts = Vec::new();
    let mut part = |count: i64, unit: &str| {
        if count != 0 {
            parts.push(format!("{count} {unit}"));
        }
    };
    part(i64::from(months / 12), "years");
    part(i64::from(months % 12), "months");
    part(i64::from(days), "days");
    part(micros / (3600 * SECOND), "hours");
    part(micros / (60 * SECOND) % 60, "minutes");
    let rest = micros % (60 * SECOND);
    if rest != 0 {
        let sign = if rest < 0 { "-" } else { "" };
        let mut seconds = format!("{sign}{}", rest.unsigned_abs() / SECOND as u64);
        if rest % SECOND != 0 {
            let fraction = format!(".{:06}", rest.unsigned_abs() % SECOND as u64);
            seconds.push_str(fraction.trim_end_matches('0'));
        }
        parts.push(format!("{seconds} seconds"));
    }
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_goes_both_ways() {
        for date in [-719_162, -1, 0, 19_781, 19_782, 2_932_896] {
            let (year, month, day) = civil(date);
            assert_eq!(days(year, month, day), date);
        }
        assert_eq!(civil(19_781), (2024, 2, 28));
        assert_eq!(weekday(days(2024, 1, 1)), 0);
        assert_eq!(iso_week(days(2021, 1, 3)), (2020, 53));
        assert_eq!(format_date(add_months(days(2024, 3, 31), -1)), "2024-02-29");
    }

    #[test]
    fn zones_shift_the_wall_clock() {
        let paris = Zone::parse("Europe/Paris").unwrap();
        let noon = i64::from(days(2024, 7, 1)) * DAY + 12 * 3600 * SECOND;
        assert_eq!(format_timestamp(noon, paris), "2024-07-01 14:00:00");
        assert_eq!(paris.to_utc(paris.to_local(noon)), noon);
        assert_eq!(Zone::find("+05:30"), Some(Zone::Fixed(19_800)));
        assert!(Zone::find("Moon/Base").is_none());
    }

    #[test]
    fn intervals_read_as_in_spark() {
        assert_eq!(format_day_time(2 * DAY, 0, 0), "INTERVAL '2' DAY");
        assert_eq!(format_day_time(6000 * SECOND, 2, 2), "INTERVAL '100' MINUTE");
        assert_eq!(format_day_time(DAY + 3_723_500_000, 0, 3), "INTERVAL '1 01:02:03.5' DAY TO SECOND");
        assert_eq!(format_year_month(14, 0, 1), "INTERVAL '1-2' YEAR TO MONTH");
        assert_eq!(format_calendar_interval(14, 3, 3_600_000_000), "1 years 2 months 3 days 1 hours");
    }
}
