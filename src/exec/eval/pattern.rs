//! Java's date and time patterns (`yyyy-MM-dd HH:mm:ss`): formatting and parsing.

use crate::common::calendar::{MONTHS, WEEKDAYS};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::functions::calendar::{self, DAY, SECOND, Zone, checked_days, civil, split_micros};
use std::fmt::Write as _;

/// The short name of a month, from 1.
#[must_use]
pub fn month_name(month: u32) -> &'static str {
    &MONTHS[(month as usize - 1) % 12][..3]
}

/// The short name of a weekday, Monday 0.
#[must_use]
pub fn weekday_name(weekday: i32) -> &'static str {
    &WEEKDAYS[weekday.rem_euclid(7) as usize][..3]
}

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Field(char, usize),
    Text(String),
    /// `[` and `]`: what stands between may be missing when parsing.
    Optional(Vec<Part>),
}

impl Pattern {
    /// Takes a pattern apart.
    ///
    /// # Errors
    /// A letter that means nothing, or one that Spark forbids.
    pub fn parse(pattern: &str) -> Result<Pattern> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let parts = parse_parts(&chars, &mut at, pattern, 0)?;
        Ok(Pattern { parts })
    }

    /// Whether texts can be read by it; days of the week and quarters can only be written.
    ///
    /// # Errors
    /// For a pattern with one of them.
    pub fn check_readable(&self, pattern: &str) -> Result<()> {
        match find_letter(&self.parts, "EFqQ") {
            None => Ok(()),
            Some('E' | 'F') => Err(upgrade(pattern)),
            Some(letter) => Err(illegal(letter, pattern)),
        }
    }

    /// Formats a wall-clock time; `offset` is the zone's, in microseconds.
    #[must_use]
    pub fn format(&self, local_micros: i64, offset: i64, zone: Zone) -> String {
        let mut out = String::new();
        write_parts(&self.parts, &mut out, local_micros, offset, zone);
        out
    }

    /// Reads a text; the instant, or nothing when it does not match.
    #[must_use]
    pub fn read(&self, text: &str, zone: Zone) -> Option<i64> {
        let mut fields = Fields::default();
        let rest = read_parts(&self.parts, text, &mut fields)?;
        if !rest.is_empty() {
            return None;
        }
        fields.resolve(zone)
    }
}

fn upgrade(pattern: &str) -> SparkError {
    SparkError::new(
        ErrorClass::SparkUpgradeException,
        format!("the pattern '{pattern}' cannot be recognised by Spark 3 and later"),
    )
    .with_condition("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION")
    .with_help("write the pattern with yyyy, MM, dd, HH, mm, ss")
}

fn illegal(letter: char, pattern: &str) -> SparkError {
    SparkError::new(
        ErrorClass::IllegalArgumentException,
        format!("the letter {letter} cannot stand in the pattern '{pattern}'"),
    )
    .with_condition("INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER")
    .with_help("write the pattern with yyyy, MM, dd, HH, mm, ss")
}

fn week_based(letter: char, pattern: &str) -> SparkError {
    SparkError::new(
        ErrorClass::IllegalArgumentException,
        format!("the letter {letter} of the pattern '{pattern}' counts weeks, which Spark 3 and later do not"),
    )
    .with_condition("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN")
    .with_help("extract the part with F.weekofyear, F.dayofweek or F.expr(\"extract(...)\")")
}

fn find_letter(parts: &[Part], letters: &str) -> Option<char> {
    parts.iter().find_map(|part| match part {
        Part::Field(letter, _) => letters.contains(*letter).then_some(*letter),
        Part::Optional(inner) => find_letter(inner, letters),
        Part::Text(_) => None,
    })
}

/// A pattern's letter that means nothing.
pub(super) fn unknown_letter(letter: char, pattern: &str) -> SparkError {
    SparkError::new(
        ErrorClass::SparkRuntimeException,
        format!("the pattern '{pattern}' has the letter {letter}, which means nothing"),
    )
    .with_condition("INVALID_DATETIME_PATTERN.WITH_SUGGESTION")
    .with_help("put text between single quotes")
}

fn parse_parts(chars: &[char], at: &mut usize, pattern: &str, depth: usize) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    while *at < chars.len() {
        let c = chars[*at];
        if c.is_ascii_alphabetic() {
            flush(&mut text, &mut parts);
            let count = chars[*at..].iter().take_while(|other| **other == c).count();
            *at += count;
            check_field(c, count, pattern)?;
            parts.push(Part::Field(c, count));
            continue;
        }
        *at += 1;
        match c {
            '\'' if chars.get(*at) == Some(&'\'') => {
                text.push('\'');
                *at += 1;
            }
            '\'' => {
                while *at < chars.len() {
                    let inner = chars[*at];
                    *at += 1;
                    if inner == '\'' {
                        if chars.get(*at) != Some(&'\'') {
                            break;
                        }
                        *at += 1;
                    }
                    text.push(inner);
                }
            }
            '[' => {
                flush(&mut text, &mut parts);
                parts.push(Part::Optional(parse_parts(chars, at, pattern, depth + 1)?));
            }
            ']' if depth > 0 => break,
            other => text.push(other),
        }
    }
    flush(&mut text, &mut parts);
    Ok(parts)
}

fn flush(text: &mut String, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

fn check_field(c: char, count: usize, pattern: &str) -> Result<()> {
    let most = match c {
        'y' => 6,
        'M' | 'L' | 'E' | 'G' | 'z' => 4,
        'd' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' => 2,
        'S' => 9,
        'D' => 3,
        'Q' | 'q' => 5,
        'a' | 'F' => 1,
        'V' => 2,
        'O' => 4,
        'x' | 'X' | 'Z' => 5,
        'Y' | 'w' | 'W' | 'u' => return Err(upgrade(pattern)),
        'e' | 'c' => return Err(week_based(c, pattern)),
        'B' | 'n' | 'N' | 'A' | 'p' => return Err(illegal(c, pattern)),
        other => {
            return Err(unknown_letter(other, pattern));
        }
    };
    if count > most { Err(upgrade(pattern)) } else { Ok(()) }
}

fn write_parts(parts: &[Part], out: &mut String, local: i64, offset: i64, zone: Zone) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Optional(inner) => write_parts(inner, out, local, offset, zone),
            Part::Field(c, count) => write_field(*c, *count, out, local, offset, zone),
        }
    }
}

/// Writes one field of a wall-clock time.
pub(super) fn write_field(c: char, count: usize, out: &mut String, local: i64, offset: i64, zone: Zone) {
    let (date, within) = split_micros(local);
    let (year, month, day) = civil(date);
    let seconds = within / SECOND;
    let hour = seconds / 3600;
    let mut number = |value: i64| {
        let _ = write!(out, "{value:0count$}");
    };
    match c {
        'y' if count == 2 => number(i64::from(year.rem_euclid(100))),
        'y' => number(i64::from(year)),
        'M' | 'L' if count <= 2 => number(i64::from(month)),
        'M' | 'L' if count == 3 => out.push_str(month_name(month)),
        'M' | 'L' => out.push_str(MONTHS[month as usize - 1]),
        'd' => number(i64::from(day)),
        'D' => number(i64::from(calendar::day_of_year(date))),
        'F' => number(i64::from((day - 1) % 7 + 1)),
        'Q' | 'q' => match count {
            1 | 2 => number(i64::from((month - 1) / 3 + 1)),
            3 => {
                let _ = write!(out, "Q{}", (month - 1) / 3 + 1);
            }
            _ => {
                let words = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
                out.push_str(words[(month as usize - 1) / 3]);
            }
        },
        'E' if count == 4 => out.push_str(WEEKDAYS[calendar::weekday(date) as usize]),
        'E' => out.push_str(weekday_name(calendar::weekday(date))),
        'G' if count == 4 => out.push_str(if year > 0 { "Anno Domini" } else { "Before Christ" }),
        'G' => out.push_str(if year > 0 { "AD" } else { "BC" }),
        'H' => number(hour),
        'k' => number(if hour == 0 { 24 } else { hour }),
        'K' => number(hour % 12),
        'h' => number(if hour % 12 == 0 { 12 } else { hour % 12 }),
        'm' => number(seconds / 60 % 60),
        's' => number(seconds % 60),
        'S' => {
            let digits = format!("{:06}000", within % SECOND);
            out.push_str(&digits[..count]);
        }
        'a' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
        'X' | 'x' | 'Z' | 'O' => write_offset(c, count, out, offset / SECOND),
        'V' => match zone {
            Zone::Named(name) => out.push_str(name.name()),
            Zone::Fixed(0) => out.push_str("UTC"),
            Zone::Fixed(_) => write_offset('X', 3, out, offset / SECOND),
        },
        'z' => match zone {
            Zone::Fixed(0) => out.push_str(if count == 4 { "Coordinated Universal Time" } else { "UTC" }),
            Zone::Fixed(_) => write_offset('X', 3, out, offset / SECOND),
            Zone::Named(name) => {
                let moment = chrono::DateTime::from_timestamp((local - offset) / SECOND, 0).unwrap_or_default();
                let _ = write!(out, "{}", moment.with_timezone(&name).format("%Z"));
            }
        },
        _ => {}
    }
}

fn write_offset(c: char, count: usize, out: &mut String, seconds: i64) {
    if seconds == 0 && c == 'X' {
        out.push('Z');
        return;
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let size = seconds.abs();
    let (h, m) = (size / 3600, size / 60 % 60);
    let _ = match (c, count) {
        ('O', 1) if m == 0 => {
            if size == 0 {
                write!(out, "GMT")
            } else {
                write!(out, "GMT{sign}{h}")
            }
        }
        ('O', _) => {
            if size == 0 {
                write!(out, "GMT")
            } else {
                write!(out, "GMT{sign}{h:02}:{m:02}")
            }
        }
        ('Z', 4) => {
            if size == 0 {
                write!(out, "GMT")
            } else {
                write!(out, "GMT{sign}{h:02}:{m:02}")
            }
        }
        ('Z', 5) if seconds == 0 => write!(out, "Z"),
        ('Z', 5) | (_, 3 | 5) if c != 'Z' || count == 5 => write!(out, "{sign}{h:02}:{m:02}"),
        (_, 1) if m == 0 && c != 'Z' => write!(out, "{sign}{h:02}"),
        _ => write!(out, "{sign}{h:02}{m:02}"),
    };
}

#[derive(Debug, Clone, Default)]
struct Fields {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<i32>,
    hour: Option<i64>,
    /// An hour of a half day, 0 … 11.
    half_hour: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
    zone: Option<Zone>,
}

impl Fields {
    fn resolve(&self, zone: Zone) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let date = match self.day_of_year {
            Some(day) => {
                let length = if calendar::is_leap(year) { 366 } else { 365 };
                (1..=length).contains(&day).then(|| calendar::days(year, 1, 1) + day - 1)?
            }
            None => checked_days(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
        };
        let hour = match (self.hour, self.half_hour) {
            (Some(hour), _) => hour,
            (None, Some(half)) => half + if self.afternoon == Some(true) { 12 } else { 0 },
            (None, None) => 0,
        };
        if hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let within = (hour * 3600 + self.minute * 60 + self.second) * SECOND + self.micros;
        Some(self.zone.unwrap_or(zone).to_utc(i64::from(date) * DAY + within))
    }
}

fn read_parts<'a>(parts: &[Part], text: &'a str, fields: &mut Fields) -> Option<&'a str> {
    let mut rest = text;
    for (i, part) in parts.iter().enumerate() {
        rest = match part {
            Part::Text(expected) => rest.strip_prefix(expected.as_str())?,
            Part::Optional(inner) => {
                let mut tried = fields.clone();
                match read_parts(inner, rest, &mut tried) {
                    Some(after) => {
                        *fields = tried;
                        after
                    }
                    None => rest,
                }
            }
            Part::Field(c, count) => {
                let adjacent = matches!(parts.get(i + 1), Some(Part::Field(next, _)) if next.is_ascii_alphabetic() && !matches!(next, 'a' | 'E' | 'X' | 'x' | 'Z' | 'V' | 'z'));
                read_field(*c, *count, adjacent, rest, fields)?
            }
        };
    }
    Some(rest)
}

/// Reads digits: between `least` and `most` of them.
fn number(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    Some((text[..count].parse().ok()?, &text[count..]))
}

fn read_field<'a>(c: char, count: usize, adjacent: bool, text: &'a str, fields: &mut Fields) -> Option<&'a str> {
    let two = |most: usize| number(text, count, if count == 2 || adjacent { count } else { most });
    let named = |names: &[&str], length: Option<usize>| {
        names.iter().enumerate().find_map(|(i, name)| {
            let name = length.map_or(*name, |length| &name[..length]);
            let head = text.get(..name.len())?;
            head.eq_ignore_ascii_case(name).then(|| (i, &text[name.len()..]))
        })
    };
    Some(match c {
        'y' if count == 2 => {
            let (value, rest) = number(text, 2, 2)?;
            fields.year = Some(2000 + value as i32);
            rest
        }
        'y' => {
            let most = if adjacent || count >= 4 { count.max(4) } else { 9 };
            let (value, rest) = number(text, count.min(4), most)?;
            fields.year = Some(value as i32);
            rest
        }
        'M' | 'L' if count >= 3 => {
            let (month, rest) = named(&MONTHS, (count == 3).then_some(3))?;
            fields.month = Some(month as u32 + 1);
            rest
        }
        'M' | 'L' => {
            let (value, rest) = two(2)?;
            fields.month = Some(value as u32);
            rest
        }
        'd' => {
            let (value, rest) = two(2)?;
            fields.day = Some(value as u32);
            rest
        }
        'D' => {
            let (value, rest) = number(text, count, 3)?;
            fields.day_of_year = Some(value as i32);
            rest
        }
        'E' => named(&WEEKDAYS, (count < 4).then_some(3))?.1,
        'H' => {
            let (value, rest) = two(2)?;
            fields.hour = Some(value);
            rest
        }
        'k' => {
            let (value, rest) = two(2)?;
            fields.hour = Some(value % 24);
            rest
        }
        'h' | 'K' => {
            let (value, rest) = two(2)?;
            if value > 12 || (c == 'h' && value == 0) {
                return None;
            }
            fields.half_hour = Some(value % 12);
            rest
        }
        'm' => {
            let (value, rest) = two(2)?;
            fields.minute = value;
            rest
        }
        's' => {
            let (value, rest) = two(2)?;
            fields.second = value;
            rest
        }
        'S' => {
            let digits = text.bytes().take(count).take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            let padded = format!("{:0<6}", &text[..digits]);
            fields.micros = padded[..6].parse().ok()?;
            &text[digits..]
        }
        'a' => {
            let (half, rest) = named(&["AM", "PM"], None)?;
            fields.afternoon = Some(half == 1);
            rest
        }
        'Q' | 'q' => number(text, 1, 2)?.1,
        'X' | 'x' | 'Z' | 'O' | 'V' | 'z' => {
            let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-:/_".contains(c))).unwrap_or(text.len());
            fields.zone = Some(Zone::find(&text[..end])?);
            &text[end..]
        }
        'G' => named(&["AD", "BC"], None)?.1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        let micros = Pattern::parse(pattern).unwrap().read(text, Zone::UTC)?;
        Some(calendar::format_timestamp(micros, Zone::UTC))
    }

    #[test]
    fn texts_are_read_by_pattern() {
        assert_eq!(read("dd/MM/yyyy", "15/01/2024").as_deref(), Some("2024-01-15 00:00:00"));
        assert_eq!(read("MMM d, yyyy", "Jan 5, 2024").as_deref(), Some("2024-01-05 00:00:00"));
        assert_eq!(read("yyyyMMdd", "19991231").as_deref(), Some("1999-12-31 00:00:00"));
        assert_eq!(read("dd-MMM-yyyy hh.mm a", "01-Dec-2023 12.05 AM").as_deref(), Some("2023-12-01 00:05:00"));
        assert_eq!(read("yyyy-MM-dd[ HH:mm]", "2024-01-02").as_deref(), Some("2024-01-02 00:00:00"));
        assert_eq!(read("dd/MM/yyyy", "2024-02-30"), None);
        assert_eq!(read("yyyy-MM-dd", "2024-02-30"), None);
    }

    #[test]
    fn times_are_written_by_pattern() {
        let micros = i64::from(calendar::days(2024, 3, 7)) * DAY + (15 * 3600 + 4 * 60 + 5) * SECOND + 678_000;
        let shown = |pattern: &str| Pattern::parse(pattern).unwrap().format(micros, 0, Zone::UTC);
        assert_eq!(shown("EEE dd MMMM"), "Thu 07 March");
        assert_eq!(shown("h 'o''clock'"), "3 o'clock");
        assert_eq!(shown("yyyy-MM-dd HH:mm:ss.SSS"), "2024-03-07 15:04:05.678");
        assert_eq!(shown("QQQ yyyy K:k XXX"), "Q1 2024 3:15 Z");
        assert_eq!(
            Pattern::parse("yyyy-bb").unwrap_err().condition(),
            Some("INVALID_DATETIME_PATTERN.WITH_SUGGESTION")
        );
        assert_eq!(
            Pattern::parse("YYYY").unwrap_err().condition(),
            Some("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION")
        );
    }
}
