//! CSV in text: one row in, one struct out, and back.

use super::super::call::{Call, Kernel};
use super::super::cast::{Style, format_value, parse_boolean, parse_decimal, parse_double, parse_integer};
use super::super::decimal;
use super::json::{Reading, iso_timestamp};
use crate::common::{Result, SparkError};
use crate::logical::functions::calendar::Zone;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::ArrayRef;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "from_csv" => from_csv,
        "to_csv" => to_csv,
        "schema_of_csv" => schema_of_csv,
        _ => return None,
    })
}

/// The fields of one line.
fn fields_of(text: &str, separator: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.bytes().next().unwrap_or(b','))
        .from_reader(text.as_bytes());
    reader
        .records()
        .next()
        .and_then(std::result::Result::ok)
        .map(|record| record.iter().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Text as a value of a plain type; nothing when it does not fit.
pub(super) fn value_of(text: &str, data_type: &DataType, reading: &Reading) -> Option<Scalar> {
    use DataType as T;
    Some(match data_type {
        T::String => Scalar::String(text.to_owned()),
        T::Boolean => Scalar::Boolean(parse_boolean(text)?),
        T::Byte => Scalar::Byte(parse_integer(text, false)?.try_into().ok()?),
        T::Short => Scalar::Short(parse_integer(text, false)?.try_into().ok()?),
        T::Integer => Scalar::Integer(parse_integer(text, false)?.try_into().ok()?),
        T::Long => Scalar::Long(parse_integer(text, false)?),
        T::Float => Scalar::Float(parse_double(text)? as f32),
        T::Double => Scalar::Double(parse_double(text)?),
        T::Decimal(precision, scale) => {
            let (digits, own) = parse_decimal(text)?;
            let (digits, own) = (i128::try_from(digits).ok()?, i8::try_from(own).ok()?);
            Scalar::Decimal(decimal::to_precision(digits, own, *precision, *scale)?, *precision, *scale)
        }
        T::Date | T::Timestamp | T::TimestampNtz => reading.moment(text, data_type)?,
        _ => return None,
    })
}

fn from_csv(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let reading = Reading::of(call, 2)?;
    let DataType::Struct(schema) = call.out else {
        return Err(SparkError::analysis("INVALID_SCHEMA.NON_STRUCT_TYPE", "`from_csv` needs a struct as its schema"));
    };
    let separator = reading.separator.clone().unwrap_or_else(|| ",".to_owned());
    call.to_scalars(|row| {
        let Some(text) = s.get(row) else { return Ok(Scalar::Null) };
        let fields = fields_of(text, &separator);
        let parts = schema.fields.iter().enumerate().map(|(i, field)| match fields.get(i) {
            Some(text) if *text != reading.null => {
                let text = if reading.trim.0 { text.trim_start() } else { text };
                let text = if reading.trim.1 { text.trim_end() } else { text };
                value_of(text, &field.data_type, &reading).unwrap_or(Scalar::Null)
            }
            _ => Scalar::Null,
        });
        Ok(Scalar::Struct(parts.collect()))
    })
}

fn to_csv(call: &Call<'_>) -> Result<ArrayRef> {
    let zone = Zone::parse(&call.context.time_zone)?;
    let reading = Reading::of(call, 1)?;
    let separator = reading.separator.unwrap_or_else(|| ",".to_owned());
    let DataType::Struct(schema) = &call.types[0] else {
        return Err(SparkError::internal("`to_csv` of what is no struct"));
    };
    call.to_texts(|row| {
        let Scalar::Struct(parts) = call.scalar(0, row)? else { return Ok(None) };
        let texts = parts
            .iter()
            .zip(&schema.fields)
            .map(|(part, field)| {
                let text = match part {
                    Scalar::Null => String::new(),
                    Scalar::Timestamp(micros) => iso_timestamp(*micros, zone),
                    other => format_value(other, &field.data_type, Style::cast(zone))?,
                };
                let quote = text.contains(&separator) || text.contains(['"', '\n', '\r']);
                Ok(if quote { format!("\"{}\"", text.replace('"', "\\\"")) } else { text })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Some(texts.join(&separator)))
    })
}

fn schema_of_csv(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let separator = Reading::of(call, 1)?.separator.unwrap_or_else(|| ",".to_owned());
    call.to_texts(|row| {
        let Some(text) = s.get(row) else { return Ok(None) };
        let fields: Vec<String> = fields_of(text, &separator)
            .iter()
            .enumerate()
            .map(|(i, field)| {
                let kind = if parse_integer(field, false).is_some_and(|v| i32::try_from(v).is_ok()) {
                    "INT"
                } else if parse_integer(field, false).is_some() {
                    "BIGINT"
                } else if parse_double(field).is_some() {
                    "DOUBLE"
                } else if parse_boolean(field).is_some() {
                    "BOOLEAN"
                } else {
                    "STRING"
                };
                format!("_c{i}: {kind}")
            })
            .collect();
        Ok(Some(format!("STRUCT<{}>", fields.join(", "))))
    })
}
