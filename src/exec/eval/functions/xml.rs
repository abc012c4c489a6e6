//! XML in text: one document in, one struct out, and back.
//!
//! **Simplified:** an attribute is the field `_name`, the text beside attributes or elements `_VALUE`, as by default in Spark; other
//! prefixes and tags cannot be chosen.

use super::super::call::{Call, Kernel};
use super::super::cast::{Style, format_value, parse_boolean, parse_double, parse_integer};
use super::csv_text::value_of;
use super::json::Reading;
use super::xml_tree::{Element, escaped, parse};
use crate::common::Result;
use crate::logical::functions::calendar::Zone;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::ArrayRef;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "from_xml" => from_xml,
        "to_xml" => to_xml,
        "schema_of_xml" => schema_of_xml,
        _ => return None,
    })
}

/// The field that holds the text of an element that has attributes or elements too.
const TEXT: &str = "_VALUE";

/// An option of the map argument `i`.
fn option(call: &Call<'_>, i: usize, name: &str) -> Result<Option<String>> {
    if call.args.len() <= i || call.rows == 0 {
        return Ok(None);
    }
    let Scalar::Map(options) = call.scalar(i, 0)? else { return Ok(None) };
    Ok(options.into_iter().find_map(|option| match option {
        (Scalar::String(own), Scalar::String(value)) if own.eq_ignore_ascii_case(name) => Some(value),
        _ => None,
    }))
}

fn from_xml(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let reading = Reading::of(call, 2)?;
    call.to_scalars(|row| {
        let Some(text) = s.get(row) else { return Ok(Scalar::Null) };
        let value = parse(text).and_then(|root| value_in(&root, call.out, &reading));
        value.map_or_else(|| reading.malformed("XML", text, call.out), Ok)
    })
}

/// An element as a value of a type; parts that do not fit become null.
fn value_in(element: &Element, data_type: &DataType, reading: &Reading) -> Option<Scalar> {
    Some(match data_type {
        DataType::Struct(fields) => {
            let parts = fields.fields.iter().map(|field| {
                let attribute = field.name.strip_prefix('_').and_then(|name| {
                    element.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
                });
                if let Some(text) = attribute {
                    return value_of(&text, &field.data_type, reading).unwrap_or(Scalar::Null);
                }
                if field.name == TEXT {
                    return value_of(element.text().trim(), &field.data_type, reading).unwrap_or(Scalar::Null);
                }
                let found: Vec<&Element> = element.elements().filter(|child| child.name == field.name).collect();
                match (&field.data_type, found.as_slice()) {
                    (_, []) => Scalar::Null,
                    (DataType::Array(inner, _), all) => Scalar::Array(
                        all.iter().map(|child| value_in(child, inner, reading).unwrap_or(Scalar::Null)).collect(),
                    ),
                    (single, [.., last]) => value_in(last, single, reading).unwrap_or(Scalar::Null),
                }
            });
            Scalar::Struct(parts.collect())
        }
        DataType::Array(inner, _) => Scalar::Array(vec![value_in(element, inner, reading)?]),
        DataType::Map(_, value, _) => Scalar::Map(
            element
                .elements()
                .map(|child| {
                    let value = value_in(child, value, reading).unwrap_or(Scalar::Null);
                    (Scalar::String(child.name.clone()), value)
                })
                .collect(),
        ),
        single => value_of(element.text().trim(), single, reading)?,
    })
}

fn to_xml(call: &Call<'_>) -> Result<ArrayRef> {
    let zone = Zone::parse(&call.context.time_zone)?;
    let tag = option(call, 1, "rowTag")?.unwrap_or_else(|| "ROW".to_owned());
    call.to_texts(|row| {
        let value = call.scalar(0, row)?;
        if value.is_null() {
            return Ok(None);
        }
        let mut out = String::new();
        write(&mut out, &tag, &value, &call.types[0], (0, zone))?;
        Ok(Some(out))
    })
}

fn write(
    out: &mut String,
    tag: &str,
    value: &Scalar,
    data_type: &DataType,
    (depth, zone): (usize, Zone),
) -> Result<()> {
    let indent = "    ".repeat(depth);
    match (value, data_type) {
        (Scalar::Null, _) => return Ok(()),
        (Scalar::Array(items), DataType::Array(inner, _)) => {
            for item in items {
                write(out, tag, item, inner, (depth, zone))?;
            }
            return Ok(());
        }
        _ => {}
    }
    if !out.is_empty() {
        out.push('\n');
    }
    match (value, data_type) {
        (Scalar::Struct(parts), DataType::Struct(fields)) => {
            let _ = write!(out, "{indent}<{tag}");
            let members = || parts.iter().zip(&fields.fields);
            for (part, field) in members() {
                if let Some(name) = field.name.strip_prefix('_').filter(|_| field.name != TEXT && !part.is_null()) {
                    let text = format_value(part, &field.data_type, Style::cast(zone))?;
                    let _ = write!(out, " {name}=\"{}\"", escaped(&text));
                }
            }
            out.push('>');
            for (part, field) in members().filter(|(_, field)| !field.name.starts_with('_')) {
                write(out, &field.name, part, &field.data_type, (depth + 1, zone))?;
            }
            let _ = write!(out, "\n{indent}</{tag}>");
        }
        (Scalar::Map(entries), DataType::Map(_, inner, _)) => {
            let _ = write!(out, "{indent}<{tag}>");
            for (key, item) in entries {
                let Scalar::String(key) = key else { continue };
                write(out, key, item, inner, (depth + 1, zone))?;
            }
            let _ = write!(out, "\n{indent}</{tag}>");
        }
        _ => {
            let text = format_value(value, data_type, Style::cast(zone))?;
            let _ = write!(out, "{indent}<{tag}>{}</{tag}>", escaped(&text));
        }
    }
    Ok(())
}

fn schema_of_xml(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let attributes = option(call, 1, "excludeAttribute")?.is_none_or(|value| !value.eq_ignore_ascii_case("true"));
    call.to_texts(|row| {
        let Some(text) = s.get(row) else { return Ok(None) };
        Ok(Some(parse(text).map_or_else(|| "STRING".to_owned(), |root| schema_in(&root, attributes))))
    })
}

fn plain(text: &str) -> &'static str {
    if parse_integer(text, false).is_some() {
        "BIGINT"
    } else if parse_double(text).is_some() {
        "DOUBLE"
    } else if parse_boolean(text).is_some() && text.len() > 1 {
        "BOOLEAN"
    } else {
        "STRING"
    }
}

/// The type of an element in DDL text.
fn schema_in(element: &Element, attributes: bool) -> String {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in element.attributes.iter().filter(|_| attributes) {
        fields.entry(format!("_{name}")).or_default().push(plain(value).to_owned());
    }
    let text = element.text();
    if fields.is_empty() && element.elements().next().is_none() {
        return plain(text.trim()).to_owned();
    }
    if element.elements().next().is_none() && !text.trim().is_empty() {
        fields.entry(TEXT.to_owned()).or_default().push(plain(text.trim()).to_owned());
    }
    for child in element.elements() {
        fields.entry(child.name.clone()).or_default().push(schema_in(child, attributes));
    }
    let parts = fields.into_iter().map(|(name, types)| {
        let all = match types.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => first.clone(),
            several if several.iter().all(|one| one == "BIGINT" || one == "DOUBLE") => "DOUBLE".to_owned(),
            _ => "STRING".to_owned(),
        };
        if types.len() > 1 { format!("{name}: ARRAY<{all}>") } else { format!("{name}: {all}") }
    });
    format!("STRUCT<{}>", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_document_is_found() {
        let check = |text: &str, expected: &str| assert_eq!(schema_in(&parse(text).unwrap(), true), expected);
        check("<p><a>1</a><a>2</a></p>", "STRUCT<a: ARRAY<BIGINT>>");
        check("<r><p><n>Alice</n><age>30</age></p></r>", "STRUCT<p: STRUCT<age: BIGINT, n: STRING>>");
        check("<p><a k=\"2\">1.5</a></p>", "STRUCT<a: STRUCT<_VALUE: DOUBLE, _k: BIGINT>>");
    }
}
