//! Variants as bytes, as the Parquet format lays them out.

use super::{DEEPEST, Variant, malformed};
use crate::common::Result;
use std::collections::HashMap;

const PRIMITIVE: u8 = 0;
const SHORT_TEXT: u8 = 1;
const OBJECT: u8 = 2;
const ARRAY: u8 = 3;

/// Longer texts carry their length in four bytes.
const LONGEST_SHORT_TEXT: usize = 63;

mod kind {
    pub const NULL: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const INT1: u8 = 3;
    pub const INT2: u8 = 4;
    pub const INT4: u8 = 5;
    pub const INT8: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const DECIMAL4: u8 = 8;
    pub const DECIMAL8: u8 = 9;
    pub const DECIMAL16: u8 = 10;
    pub const DATE: u8 = 11;
    pub const TIMESTAMP: u8 = 12;
    pub const TIMESTAMP_NTZ: u8 = 13;
    pub const FLOAT: u8 = 14;
    pub const BINARY: u8 = 15;
    pub const LONG_TEXT: u8 = 16;
}

/// How many bytes hold a number, one to four.
fn width(number: usize) -> usize {
    match number {
        0..=0xFF => 1,
        0x100..=0xFFFF => 2,
        0x1_0000..=0xFF_FFFF => 3,
        _ => 4,
    }
}

fn put(out: &mut Vec<u8>, number: usize, bytes: usize) {
    out.extend_from_slice(&number.to_le_bytes()[..bytes]);
}

/// The names, each with its number in order of first use.
#[derive(Default)]
struct Names {
    known: HashMap<String, usize>,
    list: Vec<String>,
}

impl Names {
    fn id(&mut self, name: &str) -> usize {
        if let Some(id) = self.known.get(name) {
            return *id;
        }
        self.known.insert(name.to_owned(), self.list.len());
        self.list.push(name.to_owned());
        self.list.len() - 1
    }

    fn metadata(&self) -> Vec<u8> {
        let length: usize = self.list.iter().map(String::len).sum();
        let bytes = width(length.max(self.list.len()));
        let mut out = vec![1 | ((bytes - 1) << 6) as u8];
        put(&mut out, self.list.len(), bytes);
        let mut offset = 0;
        put(&mut out, offset, bytes);
        for name in &self.list {
            offset += name.len();
            put(&mut out, offset, bytes);
        }
        for name in &self.list {
            out.extend_from_slice(name.as_bytes());
        }
        out
    }
}

impl Variant {
    /// The metadata, then the value.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut names = Names::default();
        let mut value = Vec::new();
        self.append(&mut value, &mut names);
        let mut out = names.metadata();
        out.append(&mut value);
        out
    }

    fn append(&self, out: &mut Vec<u8>, names: &mut Names) {
        let head = |kind: u8| kind << 2 | PRIMITIVE;
        match self {
            Variant::Null => out.push(head(kind::NULL)),
            Variant::Boolean(true) => out.push(head(kind::TRUE)),
            Variant::Boolean(false) => out.push(head(kind::FALSE)),
            Variant::Whole(number) => {
                let (kind, bytes) = match *number {
                    -0x80..=0x7F => (kind::INT1, 1),
                    -0x8000..=0x7FFF => (kind::INT2, 2),
                    -0x8000_0000..=0x7FFF_FFFF => (kind::INT4, 4),
                    _ => (kind::INT8, 8),
                };
                out.push(head(kind));
                out.extend_from_slice(&number.to_le_bytes()[..bytes]);
            }
            Variant::Float(number) => {
                out.push(head(kind::FLOAT));
                out.extend_from_slice(&number.to_le_bytes());
            }
            Variant::Double(number) => {
                out.push(head(kind::DOUBLE));
                out.extend_from_slice(&number.to_le_bytes());
            }
            Variant::Decimal(unscaled, scale) => {
                let fits = |digits: u32| unscaled.unsigned_abs() < 10_u128.pow(digits) && u32::from(*scale) <= digits;
                let (kind, bytes) = match () {
                    () if fits(9) => (kind::DECIMAL4, 4),
                    () if fits(18) => (kind::DECIMAL8, 8),
                    () => (kind::DECIMAL16, 16),
                };
                out.extend_from_slice(&[head(kind), *scale]);
                out.extend_from_slice(&unscaled.to_le_bytes()[..bytes]);
            }
            Variant::Text(text) if text.len() <= LONGEST_SHORT_TEXT => {
                out.push((text.len() as u8) << 2 | SHORT_TEXT);
                out.extend_from_slice(text.as_bytes());
            }
            Variant::Text(text) => {
                out.push(head(kind::LONG_TEXT));
                put(out, text.len(), 4);
                out.extend_from_slice(text.as_bytes());
            }
            Variant::Binary(bytes) => {
                out.push(head(kind::BINARY));
                put(out, bytes.len(), 4);
                out.extend_from_slice(bytes);
            }
            Variant::Date(days) => {
                out.push(head(kind::DATE));
                out.extend_from_slice(&days.to_le_bytes());
            }
            Variant::Timestamp(micros) | Variant::TimestampNtz(micros) => {
                let with_zone = matches!(self, Variant::Timestamp(_));
                out.push(head(if with_zone { kind::TIMESTAMP } else { kind::TIMESTAMP_NTZ }));
                out.extend_from_slice(&micros.to_le_bytes());
            }
            Variant::Array(items) => append_array(items, out, names),
            Variant::Object(fields) => append_object(fields, out, names),
        }
    }

    /// The tree of bytes that [`Variant::write`] made.
    ///
    /// # Errors
    /// `MALFORMED_VARIANT`.
    pub fn read(bytes: &[u8]) -> Result<Variant> {
        let (metadata, value) = Variant::split(bytes)?;
        let names = read_names(metadata)?;
        read_value(value, &names, 0)
    }

    /// The metadata and the value.
    ///
    /// # Errors
    /// `MALFORMED_VARIANT`.
    pub fn split(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
        let head = *bytes.first().ok_or_else(malformed)?;
        let size = usize::from(head >> 6) + 1;
        let count = number(bytes, 1, size)?;
        let names = 1 + count.checked_add(2).and_then(|n| n.checked_mul(size)).ok_or_else(malformed)?;
        let length = number(bytes, names - size, size)?;
        bytes.split_at_checked(names + length).ok_or_else(malformed)
    }
}

fn append_array(items: &[Variant], out: &mut Vec<u8>, names: &mut Names) {
    let mut data = Vec::new();
    let mut offsets = vec![0];
    for item in items {
        item.append(&mut data, names);
        offsets.push(data.len());
    }
    let (large, size) = (items.len() > 0xFF, width(data.len()));
    out.push(u8::from(large) << 4 | ((size - 1) << 2) as u8 | ARRAY);
    put(out, items.len(), if large { 4 } else { 1 });
    for offset in offsets {
        put(out, offset, size);
    }
    out.append(&mut data);
}

/// The fields' values lie in the order in which they were given, their names and offsets by name.
fn append_object(fields: &[(String, Variant)], out: &mut Vec<u8>, names: &mut Names) {
    let mut data = Vec::new();
    let mut entries = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        entries.push((name, names.id(name), data.len()));
        value.append(&mut data, names);
    }
    entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
    let id_size = width(entries.iter().map(|entry| entry.1).max().unwrap_or(0));
    let (large, size) = (fields.len() > 0xFF, width(data.len()));
    out.push(u8::from(large) << 6 | ((id_size - 1) << 4) as u8 | ((size - 1) << 2) as u8 | OBJECT);
    put(out, fields.len(), if large { 4 } else { 1 });
    for entry in &entries {
        put(out, entry.1, id_size);
    }
    for entry in &entries {
        put(out, entry.2, size);
    }
    put(out, data.len(), size);
    out.append(&mut data);
}

/// An unsigned number of some bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Result<usize> {
    let part = bytes.get(at..at + size).ok_or_else(malformed)?;
    Ok(part.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

fn read_names(metadata: &[u8]) -> Result<Vec<String>> {
    let size = usize::from(*metadata.first().ok_or_else(malformed)? >> 6) + 1;
    let count = number(metadata, 1, size)?;
    let start = 1 + (count + 2) * size;
    (0..count)
        .map(|id| {
            let (from, to) =
                (number(metadata, 1 + (id + 1) * size, size)?, number(metadata, 1 + (id + 2) * size, size)?);
            let text = metadata.get(start + from..start + to).ok_or_else(malformed)?;
            String::from_utf8(text.to_vec()).map_err(|_| malformed())
        })
        .collect()
}

/// Bytes of a fixed length.
fn fixed<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    bytes.get(at..at + N).and_then(|part| part.try_into().ok()).ok_or_else(malformed)
}

fn read_value(bytes: &[u8], names: &[String], depth: usize) -> Result<Variant> {
    let head = *bytes.first().ok_or_else(malformed)?;
    if depth > DEEPEST {
        return Err(malformed());
    }
    match head & 3 {
        PRIMITIVE => read_primitive(head >> 2, bytes),
        SHORT_TEXT => text(bytes, 1, usize::from(head >> 2)).map(Variant::Text),
        kind => read_nested(kind, head >> 2, bytes, names, depth),
    }
}

fn text(bytes: &[u8], at: usize, length: usize) -> Result<String> {
    let part = bytes.get(at..at + length).ok_or_else(malformed)?;
    String::from_utf8(part.to_vec()).map_err(|_| malformed())
}

fn read_primitive(kind: u8, bytes: &[u8]) -> Result<Variant> {
    let long = |at: usize| fixed::<8>(bytes, at).map(i64::from_le_bytes);
    let int = |at: usize| fixed::<4>(bytes, at).map(i32::from_le_bytes);
    let scale = || bytes.get(1).copied().ok_or_else(malformed);
    Ok(match kind {
        kind::NULL => Variant::Null,
        kind::TRUE => Variant::Boolean(true),
        kind::FALSE => Variant::Boolean(false),
        kind::INT1 => Variant::Whole(i64::from(i8::from_le_bytes(fixed(bytes, 1)?))),
        kind::INT2 => Variant::Whole(i64::from(i16::from_le_bytes(fixed(bytes, 1)?))),
        kind::INT4 => Variant::Whole(i64::from(int(1)?)),
        kind::INT8 => Variant::Whole(long(1)?),
        kind::DOUBLE => Variant::Double(f64::from_le_bytes(fixed(bytes, 1)?)),
        kind::FLOAT => Variant::Float(f32::from_le_bytes(fixed(bytes, 1)?)),
        kind::DECIMAL4 => Variant::Decimal(i128::from(int(2)?), scale()?),
        kind::DECIMAL8 => Variant::Decimal(i128::from(long(2)?), scale()?),
        kind::DECIMAL16 => Variant::Decimal(i128::from_le_bytes(fixed(bytes, 2)?), scale()?),
        kind::DATE => Variant::Date(int(1)?),
        kind::TIMESTAMP => Variant::Timestamp(long(1)?),
        kind::TIMESTAMP_NTZ => Variant::TimestampNtz(long(1)?),
        kind::BINARY => {
            let length = number(bytes, 1, 4)?;
            Variant::Binary(bytes.get(5..5 + length).ok_or_else(malformed)?.to_vec())
        }
        kind::LONG_TEXT => Variant::Text(text(bytes, 5, number(bytes, 1, 4)?)?),
        _ => return Err(malformed()),
    })
}

fn read_nested(kind: u8, info: u8, bytes: &[u8], names: &[String], depth: usize) -> Result<Variant> {
    let is_object = kind == OBJECT;
    let large = info >> (if is_object { 4 } else { 2 }) & 1 == 1;
    let (count_size, size) = (if large { 4 } else { 1 }, usize::from(info & 3) + 1);
    let id_size = if is_object { usize::from(info >> 2 & 3) + 1 } else { 0 };
    let count = number(bytes, 1, count_size)?;
    let ids = 1 + count_size;
    let offsets = ids + count * id_size;
    let data = offsets + (count + 1) * size;
    let item = |i: usize| {
        let offset = number(bytes, offsets + i * size, size)?;
        read_value(bytes.get(data + offset..).ok_or_else(malformed)?, names, depth + 1)
    };
    if !is_object {
        return Ok(Variant::Array((0..count).map(item).collect::<Result<_>>()?));
    }
    let field = |i: usize| {
        let name = names.get(number(bytes, ids + i * id_size, id_size)?).ok_or_else(malformed)?;
        Ok((name.clone(), item(i)?))
    };
    Ok(Variant::Object((0..count).map(field).collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::super::parse_json;
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for text in
            ["1", "-300", "70000", "5000000000", "1.50", "\"é\"", "[]", "{}", r#"{"b":[1,null,{"c":true}],"a":1e3}"#]
        {
            let tree = parse_json(text).expect("JSON");
            let again = Variant::read(&tree.write()).expect("a variant");
            assert_eq!(again.write().len(), tree.write().len(), "{text}");
        }
        let long = Variant::Array(vec![Variant::Text("x".repeat(100)); 300]);
        assert_eq!(Variant::read(&long.write()).expect("a variant"), long);
    }

    #[test]
    fn broken_bytes_are_an_error() {
        let whole = parse_json(r#"{"a":[1,2,{"b":"text"}]}"#).expect("JSON").write();
        for cut in 0..whole.len() {
            assert!(Variant::read(&whole[..cut]).is_err(), "cut at {cut}");
        }
    }
}
