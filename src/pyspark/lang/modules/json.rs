//! `json`: `dumps`, `loads`, `load`, `dump`.

use super::super::args::Args;
use super::super::class::Module;
use super::super::raised::{PyResult, Raised, type_error};
use super::super::repr;
use super::super::{Dict, Interpreter, Value};
use crate::common::text::json_escape;
use std::fmt::Write as _;

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let error = interp.class_named("JSONDecodeError").map_or(Value::None, Value::Class);
    Module::new("json")
        .with("JSONDecodeError", error)
        .function("dumps", |interp, args| {
            let (value, writer) = Writer::new(interp, args)?;
            let mut out = String::new();
            writer.write(interp, &value, 0, &mut out)?;
            Ok(Value::from(out))
        })
        .function("dump", |interp, mut args| {
            if args.positional.len() < 2 {
                return Err(type_error("dump() missing 1 required positional argument: 'fp'"));
            }
            let file = args.positional.remove(1);
            let (value, writer) = Writer::new(interp, args)?;
            let mut out = String::new();
            writer.write(interp, &value, 0, &mut out)?;
            interp.call_method(&file, "write", Args::of(vec![Value::from(out)]))?;
            Ok(Value::None)
        })
        .function("loads", |_, args| {
            let text = args.positional.into_iter().next().unwrap_or(Value::None);
            match &text {
                Value::Bytes(bytes) => parse(&String::from_utf8_lossy(bytes)),
                other => match other.as_str() {
                    Some(text) => parse(text),
                    None => Err(type_error("the JSON object must be str, bytes or bytearray")),
                },
            }
        })
        .function("load", |interp, args| {
            let file = args.positional.into_iter().next().unwrap_or(Value::None);
            let text = interp.call_method(&file, "read", Args::none())?;
            parse(text.as_str().unwrap_or(""))
        })
}

struct Writer {
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
    sort_keys: bool,
    ascii: bool,
    default: Option<Value>,
}

/// A text in quotes, as Python writes it; what lies beyond ASCII is escaped if wanted.
pub fn write_text(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match json_escape(c) {
            Some(escaped) => out.push_str(escaped),
            None if (c as u32) < 0x20 || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            None => out.push(c),
        }
    }
    out.push('"');
}

impl Writer {
    fn new(interp: &mut Interpreter, args: Args) -> PyResult<(Value, Writer)> {
        let names = [
            "obj",
            "*skipkeys",
            "*ensure_ascii",
            "*check_circular",
            "*allow_nan",
            "*cls",
            "*indent",
            "*separators",
            "*default",
            "*sort_keys",
        ];
        let [value, _, ascii, _, _, _, indent, separators, default, sort] = args.bind("dumps", names, 1)?;
        let flag = |interp: &mut Interpreter, value: Option<Value>, missing: bool| match value {
            Some(value) => interp.truth(&value),
            None => Ok(missing),
        };
        let indent = indent.and_then(|indent| match indent.as_int() {
            Some(count) => Some(" ".repeat(count.clamp(0, 64) as usize)),
            None => indent.as_str().map(str::to_owned),
        });
        let given = match separators.filter(|given| !given.is_none()) {
            Some(separators) => interp.items(&separators)?,
            None => Vec::new(),
        };
        let text = |at: usize| given.get(at).and_then(Value::as_str).map(str::to_owned);
        let item_missing = if indent.is_some() { "," } else { ", " };
        let writer = Writer {
            item_separator: text(0).unwrap_or_else(|| item_missing.to_owned()),
            key_separator: text(1).unwrap_or_else(|| ": ".to_owned()),
            indent,
            sort_keys: flag(interp, sort, false)?,
            ascii: flag(interp, ascii, true)?,
            default: default.filter(|default| !default.is_none()),
        };
        Ok((value.unwrap_or(Value::None), writer))
    }

    fn text(&self, text: &str, out: &mut String) {
        write_text(text, self.ascii, out);
    }

    fn line(&self, depth: usize, out: &mut String) {
        if let Some(indent) = &self.indent {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    }

    fn number(number: f64) -> String {
        if number.is_nan() {
            "NaN".to_owned()
        } else if number.is_infinite() {
            if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
        } else {
            repr::float(number)
        }
    }

    fn key(&self, interp: &mut Interpreter, key: &Value) -> PyResult<String> {
        Ok(match key.native() {
            Value::Str(text) => text.to_string(),
            Value::None => "null".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Float(number) => Self::number(*number),
            Value::Int(_) | Value::BigInt(_) => interp.str(key.native())?,
            _ => {
                let kind = interp.type_name(key);
                return Err(type_error(format!("keys must be str, int, float, bool or None, not {kind}")));
            }
        })
    }

    fn write(&self, interp: &mut Interpreter, value: &Value, depth: usize, out: &mut String) -> PyResult<()> {
        if depth > 200 {
            return Err(super::super::value_error("Circular reference detected"));
        }
        match value.native() {
            Value::None => out.push_str("null"),
            Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::BigInt(number) => out.push_str(&number.to_string()),
            Value::Float(number) => out.push_str(&Self::number(*number)),
            Value::Str(text) => self.text(text, out),
            Value::List(_) | Value::Tuple(_) => {
                let items = value.as_items().unwrap_or_default();
                self.list(interp, &items, depth, out)?;
            }
            Value::Dict(dict) => {
                let entries: Vec<(Value, Value)> =
                    dict.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                self.dict(interp, entries, depth, out)?;
            }
            Value::Object(_) if interp.class_of(value).descends_from("tuple") => {
                let items = interp.items(value)?;
                self.list(interp, &items, depth, out)?;
            }
            _ => match &self.default {
                Some(default) => {
                    let replaced = interp.call(default, Args::of(vec![value.clone()]))?;
                    self.write(interp, &replaced, depth + 1, out)?;
                }
                None => {
                    let kind = interp.type_name(value);
                    return Err(type_error(format!("Object of type {kind} is not JSON serializable")));
                }
            },
        }
        Ok(())
    }

    fn list(&self, interp: &mut Interpreter, items: &[Value], depth: usize, out: &mut String) -> PyResult<()> {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push_str(&self.item_separator);
            }
            self.line(depth + 1, out);
            self.write(interp, item, depth + 1, out)?;
        }
        if !items.is_empty() {
            self.line(depth, out);
        }
        out.push(']');
        Ok(())
    }

    fn dict(
        &self,
        interp: &mut Interpreter,
        entries: Vec<(Value, Value)>,
        depth: usize,
        out: &mut String,
    ) -> PyResult<()> {
        let mut entries = entries;
        if self.sort_keys {
            interp.sort_values(&mut entries, false)?;
        }
        out.push('{');
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                out.push_str(&self.item_separator);
            }
            self.line(depth + 1, out);
            let key = self.key(interp, key)?;
            self.text(&key, out);
            out.push_str(&self.key_separator);
            self.write(interp, value, depth + 1, out)?;
        }
        if !entries.is_empty() {
            self.line(depth, out);
        }
        out.push('}');
        Ok(())
    }
}

/// Parses a whole JSON text.
pub fn parse(text: &str) -> PyResult {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() { Err(reader.fail("Extra data", reader.at)) } else { Ok(value) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn fail(&self, what: &str, at: usize) -> Raised {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let place = before.chars().count();
        Raised::named("JSONDecodeError", format!("{what}: line {line} column {column} (char {place})"))
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn value(&mut self, depth: usize) -> PyResult {
        if depth > 500 {
            return Err(Raised::named(
                "RecursionError",
                "maximum recursion depth exceeded while decoding a JSON array",
            ));
        }
        let words = [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        for (word, value) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match self.rest().chars().next() {
            Some('"') => Ok(Value::from(self.string()?)),
            Some('[') => self.list(depth),
            Some('{') => self.dict(depth),
            Some('-' | '0'..='9') => self.number(),
            _ => Err(self.fail("Expecting value", self.at)),
        }
    }

    fn number(&mut self) -> PyResult {
        let end = self.rest().find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        let text = self.rest()[..end.unwrap_or(self.rest().len())].to_owned();
        let fail = self.fail("Expecting value", self.at);
        self.at += text.len();
        if text.contains(['.', 'e', 'E']) {
            return text.parse().map(Value::Float).map_err(|_| fail);
        }
        num_bigint::BigInt::parse_bytes(text.as_bytes(), 10).map(Value::big).ok_or(fail)
    }

    fn string(&mut self) -> PyResult<String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        let mut high: Option<u32> = None;
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.fail("Unterminated string starting at", start));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let escape = self.rest().chars().next().unwrap_or(' ');
                    self.at += escape.len_utf8();
                    out.push(match escape {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        '"' | '\\' | '/' => escape,
                        'u' => {
                            let code = self.rest().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                            let Some(code) = code else { return Err(self.fail("Invalid \\uXXXX escape", self.at)) };
                            self.at += 4;
                            match (high.take(), code) {
                                (None, 0xD800..=0xDBFF) => {
                                    high = Some(code);
                                    continue;
                                }
                                (Some(high), 0xDC00..=0xDFFF) => {
                                    let full = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00);
                                    char::from_u32(full).unwrap_or('\u{FFFD}')
                                }
                                _ => char::from_u32(code).unwrap_or('\u{FFFD}'),
                            }
                        }
                        _ => return Err(self.fail("Invalid \\escape", self.at - 2)),
                    });
                }
                c if (c as u32) < 0x20 => return Err(self.fail("Invalid control character at", self.at - 1)),
                c => out.push(c),
            }
        }
    }

    fn list(&mut self, depth: usize) -> PyResult {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.rest().starts_with(']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.rest().chars().next() {
                Some(',') => self.at += 1,
                Some(']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                _ => return Err(self.fail("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn dict(&mut self, depth: usize) -> PyResult {
        self.at += 1;
        let mut dict = Dict::new();
        self.space();
        if self.rest().starts_with('}') {
            self.at += 1;
            return Ok(Value::dict(dict));
        }
        loop {
            self.space();
            if !self.rest().starts_with('"') {
                return Err(self.fail("Expecting property name enclosed in double quotes", self.at));
            }
            let key = self.string()?;
            self.space();
            if !self.rest().starts_with(':') {
                return Err(self.fail("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            dict.set_str(&key, value);
            self.space();
            match self.rest().chars().next() {
                Some(',') => self.at += 1,
                Some('}') => {
                    self.at += 1;
                    return Ok(Value::dict(dict));
                }
                _ => return Err(self.fail("Expecting ',' delimiter", self.at)),
            }
        }
    }
}
