//! Words for people: nearest names, sizes, counts, and text made safe for a terminal.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Write as _};

/// The place of a thing among others, counted from 0, as Spark's messages have it: `first`, `second`, `third`, `4th`.
#[must_use]
pub fn ordinal(at: usize) -> String {
    match at {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        2 => "third".to_owned(),
        more => format!("{}th", more + 1),
    }
}

/// The candidates closest to `word`, best first: at most `limit`, none that are far away. A word that goes on where the other ends may be
/// further away than one with other letters.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let folded = word.to_lowercase();
    let length = folded.chars().count();
    let reach = if length < 4 { 1 } else { (length / 3).max(2) };
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (candidate, candidate.to_lowercase()))
        .filter_map(|(candidate, other)| {
            let distance = edit_distance(&folded, &other);
            let goes_on = length > 2 && other.len() > 2 && (folded.starts_with(&other) || other.starts_with(&folded));
            (distance <= if goes_on { (length / 2).max(2) } else { reach }).then_some((distance, candidate))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(limit).map(|(_, candidate)| candidate).collect()
}

/// What to say of a word that nobody knows: `did you mean D05 or D15?`, or `otherwise` where nothing is near.
#[must_use]
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    match nearest(word, candidates, 3).as_slice() {
        [] => otherwise.to_owned(),
        [one] => format!("did you mean {one}?"),
        [others @ .., last] => format!("did you mean {} or {last}?", others.join(", ")),
    }
}

/// Levenshtein distance over characters.
#[must_use]
pub fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// A size in binary units: `512 B`, `1.5 KiB`, `64.0 MiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    Bytes(count).to_string()
}

/// The same, to be written without a text of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

impl Bytes {
    /// The unit in which it is said: how many steps of 1,024 above one byte.
    fn unit(self) -> usize {
        (self.0.max(1).ilog2() as usize / 10).min(UNITS.len() - 1)
    }

    fn in_unit(self, unit: usize) -> f64 {
        self.0 as f64 / 1024_f64.powi(unit as i32)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit() {
            0 => write!(f, "{} B", self.0),
            unit => write!(f, "{:.1} {}", self.in_unit(unit), UNITS[unit]),
        }
    }
}

/// How much of a size, in the unit of the whole: `0.9/1.3 MiB`.
#[must_use]
pub fn part_of(part: u64, whole: u64) -> String {
    match Bytes(whole).unit() {
        0 => format!("{part}/{whole} B"),
        unit => format!("{:.1}/{}", Bytes(part).in_unit(unit), Bytes(whole)),
    }
}

/// A count with thousands separators: `10,140`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How JSON writes a character that has an escape of two characters.
#[must_use]
pub fn json_escape(c: char) -> Option<&'static str> {
    match c {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\u{8}' => Some("\\b"),
        '\u{c}' => Some("\\f"),
        _ => None,
    }
}

/// Writes a text as JSON, as Spark does: other control characters by their number, in capitals.
pub fn push_json(out: &mut String, text: &str) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match json_escape(c) {
            Some(escape) => out.push_str(escape),
            None if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            None => out.push(c),
        }
    }
    out.push('"');
}

/// The names and numbers in a text, or in code.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// `1 task`, `2 tasks`.
#[must_use]
pub fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A name that is sorted as people count: `reader 2` comes before `reader 10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered<'a>(pub &'a str);

impl<'a> Numbered<'a> {
    /// What stands before the digits at the end, and their number where there is one.
    fn parts(self) -> (&'a str, Option<u64>) {
        let name = self.0.trim_end_matches(|c: char| c.is_ascii_digit());
        (name, self.0[name.len()..].parse().ok())
    }
}

impl Ord for Numbered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Numbered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The text with every control character made visible, so that data can never drive the terminal.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            '\r' => safe.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(safe, "\\x{:02x}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Text of several lines as a terminal may have it: lines and tabs stay, every other control character is made visible.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    // A carriage return moves nothing where the line ends anyway.
    fn content(line: &str) -> &str {
        line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line)
    }
    let lines = || text.split_inclusive('\n');
    if lines().all(|line| !content(line).contains(|c: char| c.is_control() && c != '\t')) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for line in lines() {
        let parts: Vec<String> = content(line).split('\t').map(visible).collect();
        safe.push_str(&parts.join("\t"));
        safe.push_str(&line[content(line).len()..]);
    }
    Cow::Owned(safe)
}

/// Up to `width` characters of a line around a part of it (characters from 0, end exclusive), cut between words; `…` stands for what is left out.
#[must_use]
pub fn around(line: &str, part: (usize, usize), width: usize) -> String {
    let chars: Vec<char> = line.chars().collect();
    if chars.len() <= width {
        return line.to_owned();
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_inside_word = |at: usize| at > 0 && at < chars.len() && is_word(chars[at - 1]) && is_word(chars[at]);
    let (begin, end) = (part.0.min(chars.len()), part.1.clamp(part.0.min(chars.len()), chars.len()));
    let room = width.saturating_sub(2).max(1);
    let spare = room.saturating_sub(end - begin);
    let after = (chars.len() - end).min(spare / 2);
    let mut from = begin.saturating_sub(spare - after);
    let mut to = (from + room).min(chars.len());
    while from < begin && is_inside_word(from) {
        from += 1;
    }
    let least = if end <= to { end } else { from };
    let whole = (least..=to).rev().find(|at| !is_inside_word(*at)).filter(|at| *at > from);
    to = whole.unwrap_or(to);
    let cut = |is_cut: bool| if is_cut { "…" } else { "" };
    format!("{}{}{}", cut(from > 0), chars[from..to].iter().collect::<String>(), cut(to < chars.len()))
}

/// A text without the ids behind the names of columns: `amount#12L` is `amount`.
#[must_use]
pub fn without_ids(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '#' || !chars.peek().is_some_and(char::is_ascii_digit) {
            short.push(c);
            continue;
        }
        while chars.next_if(char::is_ascii_digit).is_some() {}
        chars.next_if_eq(&'L');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_likely_one() {
        assert_eq!(nearest("nmae", ["name", "age", "city"], 3), ["name"]);
        assert!(nearest("zzzzzz", ["name", "age"], 3).is_empty());
    }

    #[test]
    fn numbers_at_the_end_of_names_count() {
        let mut names = ["reader 10", "reader 2", "in all", "node-11", "node-9"];
        names.sort_by_key(|name| Numbered(name));
        assert_eq!(names, ["in all", "node-9", "node-11", "reader 2", "reader 10"]);
    }

    #[test]
    fn a_long_line_is_cut_around_what_matters() {
        let line = "result = people.groupBy(\"department\").agg(F.count(\"*\"), round(F.avg(\"age\"), 2)).orderBy(\"headcount\")";
        let at = line.find("round").unwrap();
        assert_eq!(around(line, (at, at + 23), 50), "….count(\"*\"), round(F.avg(\"age\"), 2)).orderBy(\"…");
        assert_eq!(around(line, (0, 6), 30), "result = people.groupBy(\"…");
        assert_eq!(around(line, (9, line.len()), 30), "…people.groupBy(\"department\")…");
        assert_eq!(around("short", (0, 2), 30), "short");
        for width in 3..60 {
            for at in 0..line.len() {
                assert!(around(line, (at, at + 9), width).chars().count() <= width);
            }
        }
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb\n"), "a\\x1b[31mb\\n");
        assert_eq!(harmless("a\tb\r\nc\u{1b}[2J\rd\n"), "a\tb\r\nc\\x1b[2J\\rd\n");
        assert!(matches!(harmless("plain\ttext\r\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn counts_and_sizes_are_readable() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "task"), "1 task");
        assert_eq!(bytes(1536), "1.5 KiB");
    }

    #[test]
    fn ids_are_left_out_and_nothing_else() {
        assert_eq!(without_ids("sum(amount#12L) AS total#7, a#x"), "sum(amount) AS total, a#x");
    }
}
