//! `strftime` and `strptime`.

use crate::common::calendar::{MONTHS, WEEKDAYS, civil_of, days_of};
use std::fmt::Write as _;

const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;
/// A moment taken apart.
pub struct Fields {
    days: i64,
    of_day: i64,
    /// Offset from UTC in microseconds.
    pub offset: Option<i64>,
    zone: String,
}

impl Fields {
    /// The parts of wall-clock microseconds since the epoch.
    pub fn new(wall: i64, offset: Option<i64>, zone: &str) -> Fields {
        Fields { days: wall.div_euclid(DAY), of_day: wall.rem_euclid(DAY), offset, zone: zone.to_owned() }
    }
}

/// `+02:00`, with seconds only when there are some.
pub fn offset(micros: i64, separator: &str) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let seconds = micros.abs() / SECOND;
    let mut text = format!("{sign}{:02}{separator}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 {
        let _ = write!(text, "{separator}{:02}", seconds % 60);
    }
    text
}

/// Formats a moment.
pub fn format(format: &str, fields: &Fields) -> String {
    let (year, month, day) = civil_of(fields.days);
    let (hour, minute) = (fields.of_day / (3600 * SECOND), fields.of_day / (60 * SECOND) % 60);
    let (second, micro) = (fields.of_day / SECOND % 60, fields.of_day % SECOND);
    let weekday = (fields.days + 3).rem_euclid(7);
    let of_year = fields.days - days_of(year, 1, 1) + 1;
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let month_name = MONTHS[(month - 1) as usize];
    let day_name = WEEKDAYS[weekday as usize];
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let plain = chars.next_if(|c| *c == '-').is_some();
        let two = |number: i64| if plain { number.to_string() } else { format!("{number:02}") };
        match chars.next() {
            Some('Y') => out.push_str(&format!("{year:04}")),
            Some('y') => out.push_str(&two(year % 100)),
            Some('m') => out.push_str(&two(month)),
            Some('d') => out.push_str(&two(day)),
            Some('e') => out.push_str(&format!("{day:2}")),
            Some('H') => out.push_str(&two(hour)),
            Some('I') => out.push_str(&two(twelve)),
            Some('M') => out.push_str(&two(minute)),
            Some('S') => out.push_str(&two(second)),
            Some('f') => out.push_str(&format!("{micro:06}")),
            Some('p') => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            Some('B') => out.push_str(month_name),
            Some('b' | 'h') => out.push_str(&month_name[..3]),
            Some('A') => out.push_str(day_name),
            Some('a') => out.push_str(&day_name[..3]),
            Some('j') => out.push_str(&if plain { of_year.to_string() } else { format!("{of_year:03}") }),
            Some('w') => out.push_str(&((weekday + 1) % 7).to_string()),
            Some('u') => out.push_str(&(weekday + 1).to_string()),
            Some('U') => out.push_str(&two((of_year + 6 - (weekday + 1) % 7) / 7)),
            Some('W') => out.push_str(&two((of_year + 6 - weekday) / 7)),
            Some(kind @ ('V' | 'G')) => {
                let thursday = fields.days - weekday + 3;
                let iso_year = civil_of(thursday).0;
                let week = (thursday - days_of(iso_year, 1, 1)) / 7 + 1;
                out.push_str(&if kind == 'V' { two(week) } else { iso_year.to_string() });
            }
            Some('F') => out.push_str(&format!("{year:04}-{month:02}-{day:02}")),
            Some('T' | 'X') => out.push_str(&format!("{hour:02}:{minute:02}:{second:02}")),
            Some('R') => out.push_str(&format!("{hour:02}:{minute:02}")),
            Some('D' | 'x') => out.push_str(&format!("{month:02}/{day:02}/{:02}", year % 100)),
            Some('c') => {
                let _ = write!(
                    out,
                    "{} {} {day:2} {hour:02}:{minute:02}:{second:02} {year:04}",
                    &day_name[..3],
                    &month_name[..3]
                );
            }
            Some('s') => out.push_str(&(fields.days * 86_400 + fields.of_day / SECOND).to_string()),
            Some('z') => out.push_str(&fields.offset.map_or_else(String::new, |micros| offset(micros, ""))),
            Some('Z') => out.push_str(&fields.zone),
            Some('%') => out.push('%'),
            Some(other) => {
                out.push('%');
                out.push(other);
            }
            None => out.push('%'),
        }
    }
    out
}

/// What `strptime` found.
pub struct Parsed {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    /// Microseconds since midnight.
    pub of_day: i64,
    pub offset: Option<i64>,
}

/// Parses a text after a format; `None` when it does not match.
pub fn parse(text: &str, format: &str) -> Option<Parsed> {
    let mut parser = Parser { rest: text };
    let (mut year, mut month, mut day) = (1900, 1, 1);
    let (mut hour, mut minute, mut second, mut micro) = (0, 0, 0, 0);
    let (mut afternoon, mut of_year, mut offset) = (None, None, None);
    let mut chars = expand(format).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            parser.rest = parser.rest.trim_start();
            continue;
        }
        if c != '%' {
            parser.rest = parser.rest.strip_prefix(c)?;
            continue;
        }
        chars.next_if(|c| *c == '-');
        match chars.next()? {
            'Y' => year = parser.number(4, 4)?,
            'y' => {
                let short = parser.number(2, 2)?;
                year = if short < 69 { 2000 + short } else { 1900 + short };
            }
            'm' => month = parser.number(1, 2)?,
            'd' | 'e' => day = parser.number(1, 2)?,
            'H' | 'I' => hour = parser.number(1, 2)?,
            'M' => minute = parser.number(1, 2)?,
            'S' => second = parser.number(1, 2)?,
            'j' => of_year = Some(parser.number(1, 3)?),
            'f' => {
                let before = parser.rest.len();
                let number = parser.number(1, 6)?;
                micro = number * 10_i64.pow(6 - (before - parser.rest.len()) as u32);
            }
            'p' => afternoon = Some(parser.word(&["AM", "PM"], false)? == 1),
            'B' => month = parser.word(&MONTHS, false)? as i64 + 1,
            'b' | 'h' => month = parser.word(&MONTHS, true)? as i64 + 1,
            'A' => {
                parser.word(&WEEKDAYS, false)?;
            }
            'a' => {
                parser.word(&WEEKDAYS, true)?;
            }
            'z' => offset = Some(parser.offset()?),
            'Z' => {
                parser.word(&["UTC", "GMT"], false)?;
            }
            '%' => parser.rest = parser.rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    if !parser.rest.is_empty() {
        return None;
    }
    if let Some(afternoon) = afternoon {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    if !(0..24).contains(&hour)
        || !(0..60).contains(&minute)
        || !(0..62).contains(&second)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    if let Some(of_year) = of_year {
        let (_, found_month, found_day) = civil_of(days_of(year, 1, 1) + of_year - 1);
        (month, day) = (found_month, found_day);
    }
    let of_day = ((hour * 60 + minute) * 60 + second) * SECOND + micro;
    Some(Parsed { year, month, day, of_day, offset })
}

fn expand(format: &str) -> String {
    format
        .replace("%F", "%Y-%m-%d")
        .replace("%T", "%H:%M:%S")
        .replace("%R", "%H:%M")
        .replace("%D", "%m/%d/%y")
        .replace("%c", "%a %b %d %H:%M:%S %Y")
        .replace("%x", "%m/%d/%y")
        .replace("%X", "%H:%M:%S")
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let digits = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        number.parse().ok()
    }

    fn word(&mut self, words: &[&str], short: bool) -> Option<usize> {
        let lower = self.rest.to_lowercase();
        let found = words.iter().position(|word| {
            let word = if short { &word[..3] } else { word };
            lower.starts_with(&word.to_lowercase())
        })?;
        let length = if short { 3 } else { words[found].len() };
        self.rest = &self.rest[length..];
        Some(found)
    }

    fn offset(&mut self) -> Option<i64> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(0);
        }
        let sign = if self.rest.starts_with('-') { -1 } else { 1 };
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let hours = self.number(2, 2)?;
        self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        let minutes = self.number(2, 2)?;
        Some(sign * (hours * 3600 + minutes * 60) * SECOND)
    }
}
