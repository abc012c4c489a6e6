//! Variants from JSON text, and as JSON text.

use super::{DEEPEST, Variant, without_zeros};
use crate::common::base64;
use crate::logical::functions::calendar::{Zone, format_date, format_timestamp, write_wall_clock};
use crate::logical::functions::number_text::{format_decimal, format_double, format_float};
use std::fmt::Write as _;

/// A decimal number has at most this many digits.
const DECIMAL_DIGITS: usize = 38;

/// The first value in the text, or why there is none. What follows it is not looked at, as in Spark.
///
/// # Errors
/// Text that is not JSON, or an object with a name twice: its name.
pub fn parse_json(text: &str) -> Result<Variant, JsonError> {
    let mut reader = Reader { text, at: 0 };
    reader.value(0)
}

/// Why a text is no variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonError {
    Malformed,
    DuplicateKey(String),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.rest().bytes().next()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Variant, JsonError> {
        if depth > DEEPEST {
            return Err(JsonError::Malformed);
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.text().map(Variant::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let words =
                    [("null", Variant::Null), ("true", Variant::Boolean(true)), ("false", Variant::Boolean(false))];
                let (word, value) =
                    words.into_iter().find(|(word, _)| self.rest().starts_with(word)).ok_or(JsonError::Malformed)?;
                self.at += word.len();
                Ok(value)
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Variant, JsonError> {
        self.at += 1;
        let mut fields: Vec<(String, Variant)> = Vec::new();
        if self.eat(b'}') {
            return Ok(Variant::Object(fields));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(JsonError::Malformed);
            }
            let name = self.text()?;
            if !self.eat(b':') {
                return Err(JsonError::Malformed);
            }
            let value = self.value(depth + 1)?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(JsonError::DuplicateKey(name));
            }
            fields.push((name, value));
            if self.eat(b'}') {
                return Ok(Variant::Object(fields));
            }
            if !self.eat(b',') {
                return Err(JsonError::Malformed);
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Variant, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Variant::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(b']') {
                return Ok(Variant::Array(items));
            }
            if !self.eat(b',') {
                return Err(JsonError::Malformed);
            }
        }
    }

    /// A text in quotes; its escapes are JSON's.
    fn text(&mut self) -> Result<String, JsonError> {
        let mut end = self.at + 1;
        let bytes = self.text.as_bytes();
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let quoted = self.text.get(self.at..=end).ok_or(JsonError::Malformed)?;
        self.at = end + 1;
        serde_json::from_str(quoted).map_err(|_| JsonError::Malformed)
    }

    /// A whole number if it fits; a decimal if it is written without an exponent and fits; else a double.
    fn number(&mut self) -> Result<Variant, JsonError> {
        let rest = self.rest();
        let length = rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let word = rest[..length].to_owned();
        if serde_json::from_str::<serde_json::Number>(&word).is_err() {
            return Err(JsonError::Malformed);
        }
        self.at += length;
        if let Ok(whole) = word.parse::<i64>() {
            return Ok(Variant::Whole(whole));
        }
        Ok(decimal(&word).unwrap_or_else(|| Variant::Double(word.parse().unwrap_or(f64::NAN))))
    }
}

fn decimal(word: &str) -> Option<Variant> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits = format!("{whole}{fraction}");
    let unscaled: i128 = digits.parse().ok()?;
    let precision = digits.trim_start_matches(['-', '0']).len();
    (precision <= DECIMAL_DIGITS && fraction.len() <= DECIMAL_DIGITS)
        .then_some(Variant::Decimal(unscaled, fraction.len() as u8))
}

/// How the parts of a variant that JSON does not know are written.
#[derive(Debug, Clone, Copy)]
pub struct Zoned {
    /// In which instants are written.
    pub zone: Zone,
}

impl Zoned {
    /// The variant as JSON.
    #[must_use]
    pub fn json(self, value: &Variant) -> String {
        let mut out = String::new();
        self.write(&mut out, value);
        out
    }

    /// The variant as text: JSON, but a text alone stands without quotes.
    #[must_use]
    pub fn text(self, value: &Variant) -> String {
        match value {
            Variant::Text(text) => text.clone(),
            Variant::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Variant::Date(_) | Variant::Timestamp(_) | Variant::TimestampNtz(_) => {
                self.json(value).trim_matches('"').to_owned()
            }
            other => self.json(other),
        }
    }

    fn write(self, out: &mut String, value: &Variant) {
        match value {
            Variant::Null => out.push_str("null"),
            Variant::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Variant::Whole(number) => {
                let _ = write!(out, "{number}");
            }
            Variant::Float(number) if number.is_finite() => out.push_str(&format_float(*number)),
            Variant::Double(number) if number.is_finite() => out.push_str(&format_double(*number)),
            Variant::Float(number) => quoted(out, &format_float(*number)),
            Variant::Double(number) => quoted(out, &format_double(*number)),
            Variant::Decimal(unscaled, scale) => {
                let (unscaled, scale) = without_zeros(*unscaled, *scale);
                out.push_str(&format_decimal(unscaled, scale as i8));
            }
            Variant::Text(text) => quoted(out, text),
            Variant::Binary(bytes) => quoted(out, &base64::encode(bytes)),
            Variant::Date(days) => quoted(out, &format_date(*days)),
            Variant::Timestamp(micros) => {
                let offset = self.zone.offset_at(*micros) / 60_000_000;
                let sign = if offset < 0 { '-' } else { '+' };
                let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
                quoted(out, &format!("{}{sign}{hours:02}:{minutes:02}", format_timestamp(*micros, self.zone)));
            }
            Variant::TimestampNtz(micros) => {
                let mut text = String::new();
                write_wall_clock(&mut text, *micros);
                quoted(out, &text);
            }
            Variant::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    self.write(out, item);
                }
                out.push(']');
            }
            Variant::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                out.push('{');
                for (i, (name, field)) in fields.into_iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    quoted(out, name);
                    out.push(':');
                    self.write(out, field);
                }
                out.push('}');
            }
        }
    }
}

fn quoted(out: &mut String, text: &str) {
    crate::common::text::push_json(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        Zoned { zone: Zone::UTC }.json(&parse_json(text).expect("JSON"))
    }

    #[test]
    fn numbers_keep_their_kind() {
        assert_eq!(parse_json("1.50"), Ok(Variant::Decimal(150, 2)));
        assert_eq!(parse_json("1e3"), Ok(Variant::Double(1000.0)));
        assert_eq!(parse_json("12345678901234567890"), Ok(Variant::Decimal(12_345_678_901_234_567_890, 0)));
        assert_eq!(again(r#"{"b": [1, 2.50, "x", null, true], "a": 0.10}"#), r#"{"a":0.1,"b":[1,2.5,"x",null,true]}"#);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{bad}", "[1,", "\"x", "{\"a\"}", "01", "tru"] {
            assert_eq!(parse_json(text), Err(JsonError::Malformed), "{text}");
        }
        assert_eq!(parse_json(r#"{"a":1,"a":2}"#), Err(JsonError::DuplicateKey("a".to_owned())));
        assert_eq!(parse_json("1 2"), Ok(Variant::Whole(1)));
        assert!(parse_json(&"[".repeat(100_000)).is_err());
    }
}
