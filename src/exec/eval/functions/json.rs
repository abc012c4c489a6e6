//! JSON in text.
//!
//! **Simplified:** numbers are read as 64-bit integers and doubles before they take their wanted type; of the options only
//! `dateFormat`, `timestampFormat` and `mode` (`PERMISSIVE`, `FAILFAST`) are read.

use super::super::call::{Call, Kernel};
use super::super::cast::{parse_date, parse_decimal, parse_timestamp};
use super::super::decimal;
use super::super::moment_format::MomentFormat;
use super::super::pattern::Pattern;
use crate::common::{ErrorClass, Result, SparkError, base64};
use crate::logical::functions::calendar::{SECOND, Zone, format_date, split_micros};
use crate::logical::functions::number_text::{format_decimal, format_double, format_float};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::variant::{Variant, Zoned, parse_json};
use arrow::array::ArrayRef;
use arrow::datatypes::Int32Type;
use serde_json::Value as Json;
use std::cell::Cell;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "get_json_object" => get_json_object,
        "from_json" => from_json,
        "to_json" => to_json,
        "schema_of_json" => schema_of_json,
        "json_array_length" => |call| {
            let s = call.texts(0)?;
            call.to_numbers::<Int32Type>(|row| {
                Ok(s.get(row).and_then(read).and_then(|json| json.as_array().map(|items| items.len() as i32)))
            })
        },
        "json_object_keys" => |call| {
            let s = call.texts(0)?;
            call.to_scalars(|row| {
                let keys = s.get(row).and_then(read).and_then(|json| {
                    json.as_object().map(|map| map.keys().map(|key| Scalar::String(key.clone())).collect())
                });
                Ok(keys.map_or(Scalar::Null, Scalar::Array))
            })
        },
        _ => return None,
    })
}

fn read(text: &str) -> Option<Json> {
    // What follows the first value is not looked at, as with Spark's parser.
    serde_json::Deserializer::from_str(text).into_iter().next()?.ok()
}

/// JSON as Spark reads it: text may stand in single quotes, names without any when that is asked for.
fn read_relaxed(text: &str, bare_names: bool) -> Option<Json> {
    read(text).or_else(|| read(&strict(text, bare_names)))
}

/// The same with double quotes everywhere.
fn strict(text: &str, bare_names: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                out.push('"');
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' if chars.peek() == Some(&'\'') => {}
                        '\\' => {
                            out.push('\\');
                            out.extend(chars.next());
                        }
                        end if end == c => break,
                        '"' => out.push_str("\\\""),
                        other => out.push(other),
                    }
                }
                out.push('"');
            }
            c if bare_names && (c.is_alphabetic() || c == '_' || c == '$') => {
                let mut word = c.to_string();
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_' || *next == '$') {
                    word.push(next);
                }
                let is_name = chars.clone().find(|next| !next.is_whitespace()) == Some(':');
                if is_name {
                    out.push_str(&format!("\"{word}\""));
                } else {
                    out.push_str(&word);
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// A JSON value as text: strings bare, everything else as JSON; nothing for null.
fn bare(json: &Json) -> Option<String> {
    match json {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The top-level fields of a JSON object as text: what `json_tuple` gives.
#[must_use]
pub fn json_fields(text: &str, names: &[&str]) -> Vec<Option<String>> {
    let json = read(text);
    names
        .iter()
        .map(|name| json.as_ref().and_then(|json| json.as_object()).and_then(|map| map.get(*name)).and_then(bare))
        .collect()
}

enum Step {
    Key(String),
    Index(usize),
    All,
}

/// `$.a['b'][0].*` as steps.
fn path(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let key = &after[..end];
            if key.is_empty() {
                return None;
            }
            steps.push(if key == "*" { Step::All } else { Step::Key(key.to_owned()) });
            rest = &after[end..];
        } else {
            let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
            let inner = inner.trim();
            steps.push(if inner == "*" {
                Step::All
            } else if let Ok(index) = inner.parse() {
                Step::Index(index)
            } else {
                Step::Key(inner.trim_matches(['\'', '"']).to_owned())
            });
            rest = after;
        }
    }
    Some(steps)
}

fn walk(json: &Json, steps: &[Step], found: &mut Vec<Json>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(json.clone());
        return;
    };
    match (step, json) {
        (Step::Key(key), Json::Object(map)) => {
            if let Some(value) = map.get(key) {
                walk(value, rest, found);
            }
        }
        (Step::Index(index), Json::Array(items)) => {
            if let Some(value) = items.get(*index) {
                walk(value, rest, found);
            }
        }
        (Step::All, Json::Array(items)) => items.iter().for_each(|item| walk(item, rest, found)),
        (Step::All, Json::Object(map)) => map.values().for_each(|value| walk(value, rest, found)),
        _ => {}
    }
}

fn get_json_object(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, at) = (call.texts(0)?, call.texts(1)?);
    let constant = at.only().flatten().map(path);
    call.to_texts(|row| {
        let (Some(s), Some(at)) = (s.get(row), at.get(row)) else { return Ok(None) };
        let own;
        let steps = match &constant {
            Some(steps) => steps.as_ref(),
            None => {
                own = path(at);
                own.as_ref()
            }
        };
        let (Some(steps), Some(json)) = (steps, read(s)) else { return Ok(None) };
        let mut found = Vec::new();
        walk(&json, steps, &mut found);
        Ok(match found.len() {
            0 => None,
            // What a wildcard finds is written as JSON, a single text in its quotes.
            1 if steps.iter().any(|step| matches!(step, Step::All)) => Some(found[0].to_string()),
            1 => bare(&found[0]),
            _ => Some(Json::Array(found).to_string()),
        })
    })
}

/// How text inside JSON (or CSV) is read.
pub(super) struct Reading {
    pub(super) zone: Zone,
    pub(super) now_micros: i64,
    pub(super) date: Option<MomentFormat>,
    pub(super) timestamp: Option<MomentFormat>,
    pub(super) fail_fast: bool,
    pub(super) separator: Option<String>,
    /// Text that means null (CSV).
    pub(super) null: String,
    /// Whether blanks at the start, and at the end, do not count (CSV).
    pub(super) trim: (bool, bool),
    /// Whether names may stand without quotes (JSON).
    pub(super) bare_names: bool,
    /// Whether null fields of structs are left out of what is written (JSON).
    pub(super) ignore_nulls: bool,
    /// The field that takes the text of a record that cannot be read whole.
    pub(super) corrupt: String,
    /// Whether a part of the record at hand could not be read (JSON).
    pub(super) lossy: Cell<bool>,
}

impl Reading {
    /// What a text that cannot be read becomes: an error in the mode FAILFAST, a struct of nulls, else null.
    pub(super) fn malformed(&self, kind: &str, text: &str, wanted: &DataType) -> Result<Scalar> {
        if self.fail_fast {
            return Err(SparkError::new(
                ErrorClass::Py4JJavaError,
                format!("the {kind} text '{text}' is malformed, and the mode is FAILFAST"),
            )
            .with_help("leave the mode out, and records that cannot be read become nulls"));
        }
        Ok(match wanted {
            DataType::Struct(fields) => {
                self.with_record(Scalar::Struct(vec![Scalar::Null; fields.fields.len()]), text, wanted)
            }
            _ => Scalar::Null,
        })
    }

    /// A struct whose field for corrupt records holds the text.
    fn with_record(&self, value: Scalar, text: &str, wanted: &DataType) -> Scalar {
        let (Scalar::Struct(mut parts), DataType::Struct(fields)) = (value.clone(), wanted) else { return value };
        for (part, field) in parts.iter_mut().zip(&fields.fields) {
            if field.name == self.corrupt && field.data_type == DataType::String {
                *part = Scalar::String(text.to_owned());
            }
        }
        Scalar::Struct(parts)
    }

    /// The options of the argument after the schema.
    pub(super) fn of(call: &Call<'_>, i: usize) -> Result<Reading> {
        let mut reading = Reading {
            zone: Zone::parse(&call.context.time_zone)?,
            now_micros: call.context.now_micros,
            date: None,
            timestamp: None,
            fail_fast: false,
            separator: None,
            null: String::new(),
            trim: (false, false),
            bare_names: false,
            ignore_nulls: true,
            corrupt: "_corrupt_record".to_owned(),
            lossy: Cell::new(false),
        };
        if call.args.len() <= i || call.rows == 0 {
            return Ok(reading);
        }
        let Scalar::Map(options) = call.scalar(i, 0)? else { return Ok(reading) };
        let moments = |pattern: &str| MomentFormat::parse_for_files(pattern, call.context.time_parser).map(Some);
        for option in options {
            let (Scalar::String(name), Scalar::String(value)) = option else { continue };
            match name.to_lowercase().as_str() {
                "dateformat" => reading.date = moments(&value)?,
                "timestampformat" => reading.timestamp = moments(&value)?,
                "mode" if value.eq_ignore_ascii_case("DROPMALFORMED") => {
                    return Err(SparkError::analysis(
                        "PARSE_MODE_UNSUPPORTED",
                        format!("`{}` does not know the mode DROPMALFORMED: a row cannot go away here", call.name),
                    )
                    .with_help("the modes are PERMISSIVE and FAILFAST; filter the nulls away afterwards"));
                }
                "mode" => reading.fail_fast = value.eq_ignore_ascii_case("FAILFAST"),
                "columnnameofcorruptrecord" => reading.corrupt = value,
                "sep" | "delimiter" => reading.separator = Some(value),
                "nullvalue" => reading.null = value,
                "ignoreleadingwhitespace" => reading.trim.0 = value.eq_ignore_ascii_case("true"),
                "ignoretrailingwhitespace" => reading.trim.1 = value.eq_ignore_ascii_case("true"),
                "ignorenullfields" => reading.ignore_nulls = value.eq_ignore_ascii_case("true"),
                "allowunquotedfieldnames" => reading.bare_names = value.eq_ignore_ascii_case("true"),
                _ => {}
            }
        }
        Ok(reading)
    }

    /// A moment from text.
    pub(super) fn moment(&self, text: &str, data_type: &DataType) -> Option<Scalar> {
        Some(match data_type {
            DataType::Date => match &self.date {
                Some(pattern) => Scalar::Date(split_micros(pattern.read(text, Zone::UTC).ok()??).0),
                None => Scalar::Date(parse_date(text)?),
            },
            DataType::Timestamp => Scalar::Timestamp(match &self.timestamp {
                Some(pattern) => pattern.read(text, self.zone).ok()??,
                None => parse_timestamp(text, self.zone, self.now_micros)?,
            }),
            _ => Scalar::TimestampNtz(match &self.timestamp {
                Some(pattern) => pattern.read(text, Zone::UTC).ok()??,
                None => parse_timestamp(text, Zone::UTC, self.now_micros)?,
            }),
        })
    }
}

fn from_json(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let reading = Reading::of(call, 2)?;
    call.to_scalars(|row| {
        let Some(text) = s.get(row) else { return Ok(Scalar::Null) };
        if text.trim().is_empty() {
            return Ok(Scalar::Null);
        }
        let json = match (read_relaxed(text, reading.bare_names), call.out) {
            (Some(json @ Json::Object(_)), DataType::Array(..)) => Some(Json::Array(vec![json])),
            (json, _) => json,
        };
        reading.lossy.set(false);
        let value = json.as_ref().and_then(|json| to_scalar(json, call.out, &reading));
        match value {
            Some(value) if reading.lossy.get() => Ok(reading.with_record(value, text, call.out)),
            Some(value) => Ok(value),
            None => reading.malformed("JSON", text, call.out),
        }
    })
}

/// A JSON value as a value of a type; nothing when it does not fit. Parts that do not fit become null.
fn to_scalar(json: &Json, data_type: &DataType, reading: &Reading) -> Option<Scalar> {
    use DataType as T;
    if json.is_null() {
        return Some(Scalar::Null);
    }
    let part = |json: &Json, data_type: &DataType| {
        to_scalar(json, data_type, reading).unwrap_or_else(|| {
            reading.lossy.set(true);
            Scalar::Null
        })
    };
    Some(match data_type {
        T::String => Scalar::String(bare(json)?),
        T::Boolean => Scalar::Boolean(json.as_bool()?),
        T::Byte => Scalar::Byte(json.as_i64()?.try_into().ok()?),
        T::Short => Scalar::Short(json.as_i64()?.try_into().ok()?),
        T::Integer => Scalar::Integer(json.as_i64()?.try_into().ok()?),
        T::Long => Scalar::Long(json.as_i64()?),
        T::Float => Scalar::Float(real(json)? as f32),
        T::Double => Scalar::Double(real(json)?),
        T::Decimal(precision, scale) => {
            let text = bare(json)?;
            let (digits, own) = parse_decimal(&text)?;
            let digits = i128::try_from(digits).ok()?;
            let own = i8::try_from(own).ok()?;
            Scalar::Decimal(decimal::to_precision(digits, own, *precision, *scale)?, *precision, *scale)
        }
        T::Date | T::Timestamp | T::TimestampNtz => match json {
            Json::Number(number) if *data_type == T::Timestamp => {
                Scalar::Timestamp(number.as_i64()?.checked_mul(SECOND)?)
            }
            _ => reading.moment(json.as_str()?, data_type)?,
        },
        T::Binary => Scalar::Binary(super::encoding::from_base64(json.as_str()?)?),
        T::Array(element, _) => Scalar::Array(json.as_array()?.iter().map(|item| part(item, element)).collect()),
        T::Map(_, value, _) => Scalar::Map(
            json.as_object()?.iter().map(|(key, item)| (Scalar::String(key.clone()), part(item, value))).collect(),
        ),
        T::Struct(fields) => {
            let map = json.as_object()?;
            Scalar::Struct(
                fields
                    .fields
                    .iter()
                    .map(|field| map.get(&field.name).map_or(Scalar::Null, |item| part(item, &field.data_type)))
                    .collect(),
            )
        }
        T::Null => Scalar::Null,
        T::Variant => Scalar::Variant(parse_json(&json.to_string()).ok()?.write()),
        T::YearMonthInterval(..) | T::DayTimeInterval(..) | T::CalendarInterval | T::Spatial(..) | T::Time => {
            return None;
        }
    })
}

fn real(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "+Infinity" | "INF" | "+INF" => Some(f64::INFINITY),
            "-Infinity" | "-INF" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

fn to_json(call: &Call<'_>) -> Result<ArrayRef> {
    let options = Reading::of(call, 1)?;
    call.to_texts(|row| {
        let value = call.scalar(0, row)?;
        if value.is_null() {
            return Ok(None);
        }
        let mut out = String::new();
        write_json(&mut out, &value, &call.types[0], &options);
        Ok(Some(out))
    })
}

fn quoted(out: &mut String, text: &str) {
    crate::common::text::push_json(out, text);
}

/// An instant as JSON and CSV files write it: `2024-01-31T08:05:00.000Z`.
#[must_use]
pub fn iso_timestamp(micros: i64, zone: Zone) -> String {
    match Pattern::parse("yyyy-MM-dd'T'HH:mm:ss.SSSXXX") {
        Ok(pattern) => {
            let offset = zone.offset_at(micros);
            pattern.format(micros + offset, offset, zone)
        }
        Err(_) => String::new(),
    }
}

/// Writes a value as JSON; null fields of structs are left out unless the options want them.
fn write_json(out: &mut String, value: &Scalar, data_type: &DataType, options: &Reading) {
    let zone = options.zone;
    match (value, data_type) {
        (Scalar::Null, _) => out.push_str("null"),
        (Scalar::Boolean(v), _) => out.push_str(&v.to_string()),
        (Scalar::Byte(v), _) => out.push_str(&v.to_string()),
        (Scalar::Short(v), _) => out.push_str(&v.to_string()),
        (Scalar::Integer(v), _) => out.push_str(&v.to_string()),
        (Scalar::Long(v), _) => out.push_str(&v.to_string()),
        (Scalar::Float(v), _) if v.is_finite() => out.push_str(&format_float(*v)),
        (Scalar::Double(v), _) if v.is_finite() => out.push_str(&format_double(*v)),
        (Scalar::Float(v), _) => quoted(out, &format_float(*v)),
        (Scalar::Double(v), _) => quoted(out, &format_double(*v)),
        (Scalar::Decimal(v, _, scale), _) => out.push_str(&format_decimal(*v, *scale)),
        (Scalar::String(v), _) => quoted(out, v),
        (Scalar::Binary(v), _) => quoted(out, &base64::encode(v)),
        (Scalar::Date(v), _) => quoted(
            out,
            &match &options.date {
                Some(pattern) => pattern.format(i64::from(*v) * 86_400_000_000, 0, Zone::UTC),
                None => format_date(*v),
            },
        ),
        (Scalar::Timestamp(v), _) => quoted(
            out,
            &match &options.timestamp {
                Some(pattern) => {
                    let offset = zone.offset_at(*v);
                    pattern.format(*v + offset, offset, zone)
                }
                None => iso_timestamp(*v, zone),
            },
        ),
        (Scalar::TimestampNtz(v), _) => quoted(out, iso_timestamp(*v, Zone::UTC).trim_end_matches('Z')),
        (Scalar::Array(items), DataType::Array(element, _)) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(out, item, element, options);
            }
            out.push(']');
        }
        (Scalar::Map(entries), DataType::Map(key_type, value_type, _)) => {
            out.push('{');
            for (i, (key, item)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                let mut name = String::new();
                match key {
                    Scalar::String(text) => name.push_str(text),
                    other => write_json(&mut name, other, key_type, options),
                }
                quoted(out, name.trim_matches('"'));
                out.push(':');
                write_json(out, item, value_type, options);
            }
            out.push('}');
        }
        (Scalar::Struct(parts), DataType::Struct(fields)) => {
            out.push('{');
            let mut first = true;
            for (part, field) in parts.iter().zip(&fields.fields) {
                if part.is_null() && options.ignore_nulls {
                    continue;
                }
                if !first {
                    out.push(',');
                }
                first = false;
                quoted(out, &field.name);
                out.push(':');
                write_json(out, part, &field.data_type, options);
            }
            out.push('}');
        }
        (Scalar::Variant(bytes), _) => {
            let value = Variant::read(bytes).unwrap_or(Variant::Null);
            out.push_str(&Zoned { zone }.json(&value));
        }
        (other, _) => {
            let style = super::super::cast::Style::cast(zone);
            quoted(out, &super::super::cast::format_value(other, data_type, style).unwrap_or_default());
        }
    }
}

/// The type of a JSON value in DDL text, as `schema_of_json` writes it.
fn schema(json: &Json) -> String {
    match json {
        Json::Null => "STRING".to_owned(),
        Json::Bool(_) => "BOOLEAN".to_owned(),
        Json::Number(number) => if number.is_f64() { "DOUBLE" } else { "BIGINT" }.to_owned(),
        Json::String(_) => "STRING".to_owned(),
        Json::Array(items) => {
            let types: Vec<String> = items.iter().filter(|item| !item.is_null()).map(schema).collect();
            let all = match types.split_first() {
                None => "STRING".to_owned(),
                Some((first, rest)) if rest.iter().all(|other| other == first) => first.clone(),
                Some(_) if types.iter().all(|t| t == "BIGINT" || t == "DOUBLE") => "DOUBLE".to_owned(),
                Some(_) => "STRING".to_owned(),
            };
            format!("ARRAY<{all}>")
        }
        Json::Object(map) => {
            let mut fields: Vec<(&String, String)> = map.iter().map(|(key, value)| (key, schema(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(b.0));
            let inner: Vec<String> = fields.into_iter().map(|(key, text)| format!("{key}: {text}")).collect();
            format!("STRUCT<{}>", inner.join(", "))
        }
    }
}

fn schema_of_json(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let reading = Reading::of(call, 1)?;
    call.to_texts(|row| {
        let json = |text: &str| read_relaxed(text, reading.bare_names);
        Ok(s.get(row).map(|text| json(text).map_or_else(|| "STRING".to_owned(), |json| schema(&json))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_into_objects_and_arrays() {
        let json = read(r#"{"a": 1, "b": {"c": [1, 2, {"d": "deep"}]}, "n": null}"#).unwrap();
        let get = |text: &str| {
            let mut found = Vec::new();
            walk(&json, &path(text).unwrap(), &mut found);
            found.first().and_then(bare)
        };
        assert_eq!(get("$.b.c[2].d").as_deref(), Some("deep"));
        assert_eq!(get("$.b").as_deref(), Some(r#"{"c":[1,2,{"d":"deep"}]}"#));
        assert_eq!(get("$['a']").as_deref(), Some("1"));
        assert_eq!(get("$.n"), None);
        assert_eq!(schema(&json), "STRUCT<a: BIGINT, b: STRUCT<c: ARRAY<STRING>>, n: STRING>");
        assert_eq!(json_fields(r#"{"a": "x"}"#, &["a", "b"]), [Some("x".to_owned()), None]);
    }
}
