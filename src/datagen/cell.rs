//! One value of a made table, and how it is written.

use std::io::Write;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A missing value: an empty field.
    Empty,
    Int(i64),
    /// Hundredths: `1234` is `12.34`.
    Cents(i64),
    /// Year, month, day.
    Date(i32, u32, u32),
    Word(&'static str),
    Text(String),
}

impl Cell {
    /// The value as a CSV field. No value of ours ever needs quotes.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        // Writing into memory cannot fail.
        let _ = match self {
            Cell::Empty => Ok(()),
            Cell::Int(value) => write!(out, "{value}"),
            Cell::Cents(value) => {
                let sign = if *value < 0 { "-" } else { "" };
                let value = value.unsigned_abs();
                write!(out, "{sign}{}.{:02}", value / 100, value % 100)
            }
            Cell::Date(year, month, day) => write!(out, "{year}-{month:02}-{day:02}"),
            Cell::Word(text) => out.write_all(text.as_bytes()),
            Cell::Text(text) => out.write_all(text.as_bytes()),
        };
    }

    /// The value as JSON: numbers as numbers, a missing one as `null`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Cell::Empty => out.extend_from_slice(b"null"),
            Cell::Int(_) | Cell::Cents(_) => self.write_text(out),
            Cell::Date(..) | Cell::Word(_) | Cell::Text(_) => {
                out.push(b'"');
                self.write_text(out);
                out.push(b'"');
            }
        }
    }

    /// The text of the value; nothing for a missing one.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        if *self == Cell::Empty {
            return None;
        }
        let mut bytes = Vec::new();
        self.write_text(&mut bytes);
        String::from_utf8(bytes).ok()
    }
}
