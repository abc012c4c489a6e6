//! Date and time patterns as Spark 2 read them (`spark.sql.legacy.timeParserPolicy=LEGACY`).
//!
//! These are the rules of Java's older formatter: a number may have any width, what stands behind the last field is not looked at,
//! names may be long or short in any case, `S` counts milliseconds, `u` is the day of the week, `Y` with `w` a week.
//! Files are read leniently: the 30th of February is the first of March.
//!
//! **Simplified:** two-digit years lie in 1946 to 2045, whatever the year of the run; `W` and `F` are written but not read.

use super::pattern::{month_name, unknown_letter, weekday_name, write_field};
use crate::common::calendar::{MONTHS, WEEKDAYS};
use crate::common::{Result, SparkError};
use crate::logical::functions::calendar::{self, DAY, SECOND, Zone, civil, split_micros};
use std::fmt::Write as _;

/// The first year that two digits can mean.
const CENTURY_START: i64 = 1946;

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OlderPattern {
    parts: Vec<Part>,
    lenient: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Field(char, usize),
    Text(String),
}

impl OlderPattern {
    /// Takes a pattern apart; `lenient` lets fields run over.
    ///
    /// # Errors
    /// A letter that means nothing.
    pub fn parse(pattern: &str, lenient: bool) -> Result<Self> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut quoted = false;
        let mut at = 0;
        while at < chars.len() {
            let c = chars[at];
            let same = chars[at..].iter().take_while(|other| **other == c).count();
            if c == '\'' {
                let doubled = chars.get(at + 1) == Some(&'\'');
                if doubled {
                    text.push('\'');
                } else {
                    quoted = !quoted;
                }
                at += if doubled { 2 } else { 1 };
            } else if !quoted && c.is_ascii_alphabetic() {
                check_letter(c, pattern)?;
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Field(c, same));
                at += same;
            } else {
                text.push(c);
                at += 1;
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(OlderPattern { parts, lenient })
    }

    /// Formats a wall-clock time; `offset` is the zone's, in microseconds.
    #[must_use]
    pub fn format(&self, local_micros: i64, offset: i64, zone: Zone) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(c, count) => write_older(*c, *count, &mut out, local_micros, offset, zone),
            }
        }
        out
    }

    /// Reads the start of a text; the instant, or nothing when it does not match.
    #[must_use]
    pub fn read(&self, text: &str, zone: Zone) -> Option<i64> {
        let mut found = Found::default();
        let mut rest = text;
        for (i, part) in self.parts.iter().enumerate() {
            rest = match part {
                Part::Text(expected) => rest.strip_prefix(expected.as_str())?,
                Part::Field(c, count) => {
                    let touches = matches!(self.parts.get(i + 1), Some(Part::Field(..)));
                    found.take(*c, *count, touches, rest.trim_start_matches([' ', '\t']))?
                }
            };
        }
        found.resolve(zone, self.lenient)
    }
}

fn check_letter(c: char, pattern: &str) -> Result<(), SparkError> {
    if "GyYMLwWDdFEuaHkKhmsSzZX".contains(c) { Ok(()) } else { Err(unknown_letter(c, pattern)) }
}

/// The week's number in the United States: weeks start on Sunday, the first has the first of January.
fn week(date: i32) -> (i32, i64) {
    let (year, ..) = civil(date);
    let next = calendar::days(year + 1, 1, 1);
    let (year, first) =
        if date >= sunday(next) { (year + 1, sunday(next)) } else { (year, sunday(calendar::days(year, 1, 1))) };
    (year, i64::from((date - first) / 7 + 1))
}

/// The Sunday on or before a date.
fn sunday(date: i32) -> i32 {
    date - (calendar::weekday(date) + 1) % 7
}

fn write_older(c: char, count: usize, out: &mut String, local: i64, offset: i64, zone: Zone) {
    let (date, within) = split_micros(local);
    let (year, month, day) = civil(date);
    let mut number = |value: i64| {
        let _ = write!(out, "{value:0count$}");
    };
    match c {
        'y' if count == 2 => number(i64::from(year.rem_euclid(100))),
        'y' => number(i64::from(year)),
        'Y' if count == 2 => number(i64::from(week(date).0.rem_euclid(100))),
        'Y' => number(i64::from(week(date).0)),
        'M' | 'L' if count >= 4 => out.push_str(MONTHS[month as usize - 1]),
        'M' | 'L' if count == 3 => out.push_str(month_name(month)),
        'M' | 'L' => number(i64::from(month)),
        'w' => number(week(date).1),
        'W' => number(i64::from((date - sunday(date - day as i32 + 1)) / 7 + 1)),
        'F' => number(i64::from((day - 1) / 7 + 1)),
        'E' if count >= 4 => out.push_str(WEEKDAYS[calendar::weekday(date) as usize]),
        'E' => out.push_str(weekday_name(calendar::weekday(date))),
        'u' => number(i64::from(calendar::weekday(date)) + 1),
        'S' => number(within % SECOND / 1000),
        'G' => write_field('G', 1, out, local, offset, zone),
        'a' => write_field('a', 1, out, local, offset, zone),
        'Z' => write_field('Z', 1, out, local, offset, zone),
        'z' if count >= 4 => write_field('z', 4, out, local, offset, zone),
        other => write_field(other, count, out, local, offset, zone),
    }
}

/// What the fields of a text said.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    week_year: Option<i64>,
    week: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    /// Monday 0.
    weekday: Option<i64>,
    hour: i64,
    half_hour: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    millis: i64,
    zone: Option<Zone>,
}

impl Found {
    /// Reads one field from the start of a text; gives what is left.
    fn take<'a>(&mut self, c: char, count: usize, touches: bool, text: &'a str) -> Option<&'a str> {
        if matches!(c, 'E' | 'a' | 'G' | 'z' | 'Z' | 'X') || (matches!(c, 'M' | 'L') && count >= 3) {
            return self.take_name(c, text);
        }
        let most = if touches { count } else { 18 };
        let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let value: i64 = text[..digits].parse().ok()?;
        match c {
            'y' => self.year = Some(full_year(value, digits, count)),
            'Y' => self.week_year = Some(full_year(value, digits, count)),
            'w' => self.week = Some(value),
            'M' | 'L' => self.month = Some(value),
            'd' => self.day = Some(value),
            'D' => self.day_of_year = Some(value),
            'u' => self.weekday = Some(value - 1),
            'H' => self.hour = value,
            'k' => self.hour = value % 24,
            'h' => self.half_hour = Some(value % 12),
            'K' => self.half_hour = Some(value),
            'm' => self.minute = value,
            's' => self.second = value,
            'S' => self.millis = value,
            _ => return None,
        }
        Some(&text[digits..])
    }

    fn take_name<'a>(&mut self, c: char, text: &'a str) -> Option<&'a str> {
        let named = |names: &[&str]| {
            names.iter().enumerate().find_map(|(i, name)| {
                [*name, &name[..3.min(name.len())]].into_iter().find_map(|name| {
                    let head = text.get(..name.len())?;
                    head.eq_ignore_ascii_case(name).then(|| (i as i64, &text[name.len()..]))
                })
            })
        };
        let (place, rest) = match c {
            'M' | 'L' => named(&MONTHS)?,
            'E' => named(&WEEKDAYS)?,
            'a' => named(&["AM", "PM"])?,
            'G' => named(&["AD"])?,
            _ => {
                let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-:/_".contains(c)));
                let (name, rest) = text.split_at(end.unwrap_or(text.len()));
                self.zone = Some(Zone::find(name)?);
                return Some(rest);
            }
        };
        match c {
            'M' | 'L' => self.month = Some(place + 1),
            'E' => self.weekday = Some(place),
            'a' => self.afternoon = place == 1,
            _ => {}
        }
        Some(rest)
    }

    fn resolve(self, zone: Zone, lenient: bool) -> Option<i64> {
        let hour = self.half_hour.map_or(self.hour, |half| half + if self.afternoon { 12 } else { 0 });
        let in_bounds = hour < 24 && self.minute < 60 && self.second < 60 && self.millis < 1000;
        if !lenient && !in_bounds {
            return None;
        }
        let date = self.date(lenient)?;
        let seconds = hour.checked_mul(3600)?.checked_add(self.minute.checked_mul(60)?)?.checked_add(self.second)?;
        let within = seconds.checked_mul(SECOND)?.checked_add(self.millis.checked_mul(1000)?)?;
        Some(self.zone.unwrap_or(zone).to_utc(date.checked_mul(DAY)?.checked_add(within)?))
    }

    fn date(&self, lenient: bool) -> Option<i64> {
        if let Some(week) = self.week {
            let year = i32::try_from(self.week_year.or(self.year).unwrap_or(1970)).ok()?;
            let first = i64::from(sunday(calendar::days(year, 1, 1)));
            return Some(first + (week.checked_sub(1)?).checked_mul(7)? + self.weekday.map_or(0, |day| (day + 1) % 7));
        }
        let year = self.year.or(self.week_year).unwrap_or(1970);
        let (month, day) = match self.day_of_year {
            Some(_) if self.day.is_none() => (1, 1),
            _ => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        let months = year.checked_mul(12)?.checked_add(month)?.checked_sub(1)?;
        let (real_year, real_month) = (i32::try_from(months.div_euclid(12)).ok()?, months.rem_euclid(12) as u32 + 1);
        if !(-9_999..=99_999).contains(&real_year) {
            return None;
        }
        let more = if self.day.is_none() { self.day_of_year.unwrap_or(1) } else { day };
        let date = i64::from(calendar::days(real_year, real_month, 1)) + more - 1;
        let shown = civil(i32::try_from(date).ok()?);
        let fits = (1..=12).contains(&month)
            && match self.day {
                None => i64::from(shown.0) == year && more >= 1,
                Some(day) => i64::from(shown.2) == day && i64::from(shown.1) == month,
            }
            && self.weekday.is_none_or(|day| i64::from(calendar::weekday(date as i32)) == day);
        (lenient || fits).then_some(date)
    }
}

fn full_year(value: i64, digits: usize, count: usize) -> i64 {
    if count > 2 || digits != 2 {
        return value;
    }
    let year = CENTURY_START - CENTURY_START % 100 + value;
    if year < CENTURY_START { year + 100 } else { year }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str, lenient: bool) -> Option<String> {
        let micros = OlderPattern::parse(pattern, lenient).unwrap().read(text, Zone::UTC)?;
        Some(calendar::format_timestamp(micros, Zone::UTC))
    }

    #[test]
    fn widths_and_tails_do_not_matter() {
        for text in ["2024-1-5", " 2024-01-05", "2024-01-05 10:30 PM", "2024-01-5x"] {
            assert_eq!(read("yyyy-MM-dd", text, false).as_deref(), Some("2024-01-05 00:00:00"), "{text}");
        }
        assert_eq!(read("yyyy-MM-dd", "2024-02-30", false), None);
        assert_eq!(read("yyyy-MM-dd", "2024-02-30", true).as_deref(), Some("2024-03-01 00:00:00"));
        assert_eq!(read("yyyy-MM-dd", "15/01/2024", true), None);
        assert_eq!(read("yyyyMMdd", "2024-01-15", false), None);
    }

    #[test]
    fn years_of_two_digits_depend_on_the_pattern() {
        assert_eq!(read("d/M/yy", "1/2/24", false).as_deref(), Some("2024-02-01 00:00:00"));
        assert_eq!(read("d/M/yy", "1/2/99", false).as_deref(), Some("1999-02-01 00:00:00"));
        assert_eq!(read("dd/MM/yyyy", "1/2/24", false).as_deref(), Some("0024-02-01 00:00:00"));
    }

    #[test]
    fn names_weeks_and_days_of_the_year_are_read() {
        assert_eq!(read("MMM d, yyyy", "january 5, 2024", false).as_deref(), Some("2024-01-05 00:00:00"));
        assert_eq!(read("EEE dd MMM yyyy", "Mon 15 Jan 2024", false).as_deref(), Some("2024-01-15 00:00:00"));
        assert_eq!(read("EEE dd MMM yyyy", "Tue 15 Jan 2024", false), None);
        assert_eq!(read("YYYY-'W'ww", "2024-W03", false).as_deref(), Some("2024-01-14 00:00:00"));
        assert_eq!(read("yyyy-DDD", "2024-13-01", false).as_deref(), Some("2024-01-13 00:00:00"));
        assert_eq!(
            read("yyyy-MM-dd HH:mm:ss Z", "2024-01-15 10:30:00 +0530", false).as_deref(),
            Some("2024-01-15 05:00:00")
        );
    }

    #[test]
    fn fields_are_written_as_before() {
        let micros = i64::from(calendar::days(2024, 3, 7)) * DAY + (15 * 3600 + 4 * 60 + 5) * SECOND + 678_912;
        let shown = |pattern: &str| OlderPattern::parse(pattern, false).unwrap().format(micros, 0, Zone::UTC);
        assert_eq!(shown("u uuuu YYYY-ww W F"), "4 0004 2024-10 2 1");
        assert_eq!(shown("S SSSSSS aa ddd MMMMM [yyyy]"), "678 000678 PM 007 March [2024]");
        assert!(OlderPattern::parse("Q", false).is_err());
    }
}
