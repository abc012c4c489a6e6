//! The JSON reader: one record a line, or whole files with `multiLine`; an array at the top gives a row for each item.

use super::ahead::{self, Chunks};
use super::csv_options::{ParseMode, ValueOptions, corrupt_column};
use super::formatted::{MomentReader, reader_for};
use super::json_text::{Json, Leniency, parse, parse_prefix, write};
use super::lines::{LineEnd, LineReader, for_each_line, is_compressed, read_whole};
use super::values::{parse_date, parse_decimal, parse_double, parse_long, parse_timestamp};
use super::{READ_ROWS, WantedColumn, wanted_schema};
use crate::common::conf::Options;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::exec::batch::batch_of;
use crate::exec::runtime::{Rows, Runtime};
use crate::logical::plan::FileScan;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField};
use crate::logical::variant::parse_json;
use crate::physical::plan::FileSlice;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// Calls `f` with each document of a slice (nothing for text that is not JSON) and its text; stops when it gives false.
///
/// # Errors
/// Files that cannot be read.
pub fn each_document(
    slice: &FileSlice,
    options: &Options,
    leniency: &Leniency,
    f: &mut dyn FnMut(Option<&Json<'_>>, &str) -> bool,
) -> Result<()> {
    super::csv_options::check_encoding(options)?;
    if options.flag("multiLine", false) {
        let bytes = read_whole(slice)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        // A file is one document: what follows the first is not looked at.
        if !text.is_empty() {
            match parse_prefix(text, leniency) {
                Some((document, after)) => f(Some(&document), text[..text.len() - after.len()].trim()),
                None => f(None, text),
            };
        }
        return Ok(());
    }
    let ending = line_end(options);
    let mut reader = LineReader::new(slice, ending.clone())?;
    while let Some(chunk) = reader.next_chunk()? {
        if !each_line(chunk, &ending, leniency, f) {
            break;
        }
    }
    Ok(())
}

fn line_end(options: &Options) -> LineEnd {
    options.get("lineSep").map_or(LineEnd::Any, |end| LineEnd::Bytes(end.as_bytes().to_vec()))
}

/// The documents of a chunk, one a line; false when `f` has enough.
fn each_line(
    chunk: &[u8],
    ending: &LineEnd,
    leniency: &Leniency,
    f: &mut dyn FnMut(Option<&Json<'_>>, &str) -> bool,
) -> bool {
    let chunk = String::from_utf8_lossy(chunk);
    let mut going = true;
    for_each_line(chunk.as_bytes(), ending, |from, to| {
        let line = chunk.get(from..to).unwrap_or("");
        if going && !line.trim().is_empty() {
            going = f(parse(line, leniency).as_ref(), line);
        }
    });
    going
}

/// Turns JSON values into values of a schema.
struct Converter {
    values: ValueOptions,
    date: Option<MomentReader>,
    timestamp: Option<MomentReader>,
    timestamp_ntz: Option<MomentReader>,
    now_micros: i64,
}

impl Converter {
    /// The value, or nothing when it does not fit. `partly` is set where only a part inside does not fit.
    fn value(&self, json: &Json<'_>, data_type: &DataType, partly: &mut bool) -> Option<Scalar> {
        Some(match (data_type, json) {
            (_, Json::Null) => Scalar::Null,
            (DataType::String, Json::Text(text)) => Scalar::String(text.clone().into_owned()),
            (DataType::String, other) => {
                let mut text = String::new();
                write(other, &mut text);
                Scalar::String(text)
            }
            (DataType::Variant, other) => {
                let mut text = String::new();
                write(other, &mut text);
                Scalar::Variant(parse_json(&text).ok()?.write())
            }
            (DataType::Boolean, Json::Bool(flag)) => Scalar::Boolean(*flag),
            (DataType::Byte, Json::Number(text)) => Scalar::Byte(parse_long(text.as_bytes())?.try_into().ok()?),
            (DataType::Short, Json::Number(text)) => Scalar::Short(parse_long(text.as_bytes())?.try_into().ok()?),
            (DataType::Integer, Json::Number(text)) => Scalar::Integer(parse_long(text.as_bytes())?.try_into().ok()?),
            (DataType::Long, Json::Number(text)) => Scalar::Long(parse_long(text.as_bytes())?),
            (DataType::Double, Json::Number(text)) => Scalar::Double(real(text)?),
            (DataType::Double, Json::Text(text)) => Scalar::Double(special(text)?),
            (DataType::Float, Json::Number(text)) => Scalar::Float(real(text)? as f32),
            (DataType::Float, Json::Text(text)) => Scalar::Float(special(text)? as f32),
            (DataType::Decimal(precision, scale), Json::Number(text)) => {
                Scalar::Decimal(parse_decimal(text, *precision, *scale)?, *precision, *scale)
            }
            (DataType::Decimal(precision, scale), Json::Text(text)) => {
                Scalar::Decimal(parse_decimal(text, *precision, *scale)?, *precision, *scale)
            }
            (DataType::Date, Json::Text(text)) => Scalar::Date(match &self.date {
                Some(reader) => reader.days(text).ok()??,
                None => parse_date(text.as_bytes())?,
            }),
            (DataType::Timestamp, Json::Text(text)) => Scalar::Timestamp(match &self.timestamp {
                Some(reader) => reader.micros(text).ok()??,
                None => parse_timestamp(text.as_bytes(), &self.values.time_zone, self.now_micros)?,
            }),
            (DataType::Timestamp, Json::Number(text)) => {
                Scalar::Timestamp(parse_long(text.as_bytes())?.checked_mul(1_000_000)?)
            }
            (DataType::TimestampNtz, Json::Text(text)) => Scalar::TimestampNtz(match &self.timestamp_ntz {
                Some(reader) => reader.micros(text).ok()??,
                None => parse_timestamp(text.as_bytes(), "UTC", self.now_micros)?,
            }),
            (DataType::Array(element, _), Json::List(items)) => {
                Scalar::Array(items.iter().map(|item| self.value(item, element, partly)).collect::<Option<_>>()?)
            }
            (DataType::Map(_, value, _), Json::Object(fields)) => Scalar::Map(
                fields
                    .iter()
                    .map(|(name, item)| {
                        Some((Scalar::String(name.clone().into_owned()), self.value(item, value, partly)?))
                    })
                    .collect::<Option<_>>()?,
            ),
            (DataType::Struct(wanted), Json::Object(fields)) => {
                Scalar::Struct(wanted.fields.iter().map(|field| self.field(fields, field, partly)).collect())
            }
            _ => return None,
        })
    }

    fn field(
        &self,
        fields: &[(std::borrow::Cow<'_, str>, Json<'_>)],
        field: &StructField,
        partly: &mut bool,
    ) -> Scalar {
        let Some((_, json)) = fields.iter().rev().find(|(name, _)| *name == field.name) else { return Scalar::Null };
        self.value(json, &field.data_type, partly).unwrap_or_else(|| {
            *partly = true;
            Scalar::Null
        })
    }
}

fn real(text: &str) -> Option<f64> {
    match text {
        "INF" | "+INF" | "+Infinity" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        _ => parse_double(text),
    }
}

/// Numbers that JSON can only write in quotes.
fn special(text: &str) -> Option<f64> {
    matches!(text, "NaN" | "INF" | "+INF" | "-INF" | "Infinity" | "+Infinity" | "-Infinity")
        .then(|| real(text))
        .flatten()
}

struct Records {
    wanted: Vec<WantedColumn>,
    corrupt: Option<usize>,
    mode: ParseMode,
    converter: Converter,
    columns: Vec<Vec<Scalar>>,
    rows: usize,
    /// Top-level fields whose values must fit, also when the query does not read them.
    checked: Vec<StructField>,
}

impl Records {
    fn document(&mut self, document: Option<&Json<'_>>, text: &str) -> Result<()> {
        match document {
            Some(Json::List(items)) => {
                for item in items.iter().filter(|item| !matches!(item, Json::Null)) {
                    self.document(Some(item), text)?;
                }
                Ok(())
            }
            Some(Json::Object(fields)) => {
                let mut partly = false;
                let mut row = Vec::with_capacity(self.wanted.len());
                for (i, column) in self.wanted.iter().enumerate() {
                    let value = if Some(i) == self.corrupt {
                        Scalar::Null
                    } else {
                        self.converter.field(fields, &column.field, &mut partly)
                    };
                    row.push(value);
                }
                for field in &self.checked {
                    self.converter.field(fields, field, &mut partly);
                }
                self.push(row, partly, text)
            }
            _ => {
                let row = vec![Scalar::Null; self.wanted.len()];
                self.push(row, true, text)
            }
        }
    }

    fn push(&mut self, mut row: Vec<Scalar>, bad: bool, text: &str) -> Result<()> {
        if bad {
            match self.mode {
                ParseMode::DropMalformed => return Ok(()),
                ParseMode::FailFast => {
                    return Err(SparkError::new(
                        ErrorClass::Py4JJavaError,
                        format!(
                            "a malformed record was found while parsing, and the mode is FAILFAST: {}",
                            crate::common::text::visible(text)
                        ),
                    ));
                }
                ParseMode::Permissive => {}
            }
            if let Some(at) = self.corrupt {
                row[at] = Scalar::String(text.to_owned());
            }
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let schema = wanted_schema(&self.wanted);
        let columns = self
            .columns
            .iter_mut()
            .zip(&self.wanted)
            .map(|(values, column)| Scalar::to_array(&std::mem::take(values), &column.field.data_type))
            .collect::<Result<Vec<_>>>()?;
        let rows = std::mem::take(&mut self.rows);
        batch_of(&schema, columns, rows)
    }
}

impl Records {
    /// For rows of the wanted columns.
    fn new(scan: &FileScan, wanted: &[WantedColumn], conf: &Conf, now_micros: i64) -> Result<Self> {
        let options = &scan.options;
        let values = ValueOptions::of(options, conf);
        let corrupt_name = corrupt_column(options);
        let corrupt = wanted.iter().position(|column| column.field.name == corrupt_name);
        Ok(Records {
            wanted: wanted.to_vec(),
            corrupt,
            mode: ParseMode::of(options),
            converter: Converter {
                date: reader_for(&DataType::Date, &values)?,
                timestamp: reader_for(&DataType::Timestamp, &values)?,
                timestamp_ntz: reader_for(&DataType::TimestampNtz, &values)?,
                values,
                now_micros,
            },
            columns: vec![Vec::new(); wanted.len()],
            rows: 0,
            checked: if corrupt.is_some() && wanted.len() == 1 {
                scan.data_schema.fields.iter().filter(|field| field.name != corrupt_name).cloned().collect()
            } else {
                Vec::new()
            },
        })
    }

    /// Takes all documents that `each` gives.
    fn take(
        &mut self,
        batches: &mut Vec<RecordBatch>,
        each: impl FnOnce(&mut dyn FnMut(Option<&Json<'_>>, &str) -> bool) -> Result<()>,
    ) -> Result<()> {
        let mut failed = None;
        each(&mut |document, text| {
            let done = self.document(document, text).and_then(|()| {
                if self.rows >= READ_ROWS {
                    batches.push(self.finish()?);
                }
                Ok(())
            });
            failed = done.err();
            failed.is_none()
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if self.rows > 0 {
            batches.push(self.finish()?);
        }
        Ok(())
    }
}

/// Reads one slice of a file.
///
/// # Errors
/// For options that make no sense.
pub fn read<'a>(
    runtime: &'a Runtime<'a>,
    scan: &'a FileScan,
    slice: &'a FileSlice,
    wanted: &[WantedColumn],
) -> Result<Rows<'a>> {
    super::csv_options::check_encoding(&scan.options)?;
    let conf = Arc::clone(&runtime.context.conf);
    let multi_line = scan.options.flag("multiLine", false);
    let (scan, wanted, now_micros) = (Arc::new(scan.clone()), wanted.to_vec(), runtime.context.now_micros);
    let open = move |slice: &FileSlice| -> Result<Box<dyn Chunks>> {
        let records = Records::new(&scan, &wanted, &conf, now_micros)?;
        let leniency = Leniency::of(&scan.options);
        if multi_line {
            return Ok(Box::new(WholeJson { slice: slice.clone(), scan: scan.clone(), leniency, records }));
        }
        let ending = line_end(&scan.options);
        Ok(Box::new(JsonLines { reader: LineReader::new(slice, ending.clone())?, ending, leniency, records }))
    };
    ahead::read(runtime, slice, multi_line || is_compressed(&slice.path), Arc::new(open))
}

struct JsonLines {
    reader: LineReader,
    ending: LineEnd,
    leniency: Leniency,
    records: Records,
}

impl Chunks for JsonLines {
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        let Some(chunk) = self.reader.next_chunk()? else { return Ok(false) };
        let (ending, leniency) = (&self.ending, &self.leniency);
        self.records.take(batches, |f| {
            each_line(chunk, ending, leniency, f);
            Ok(())
        })?;
        Ok(true)
    }
}

struct WholeJson {
    slice: FileSlice,
    scan: Arc<FileScan>,
    leniency: Leniency,
    records: Records,
}

impl Chunks for WholeJson {
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        let (slice, options, leniency) = (&self.slice, &self.scan.options, &self.leniency);
        self.records.take(batches, |f| each_document(slice, options, leniency, f))?;
        Ok(false)
    }
}
