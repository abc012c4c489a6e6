//! CSV files: quotes only where needed, blanks around values trimmed, empty text as `""`, null as nothing.

use super::sink::TextSink;
use super::{FileWriter, failed};
use crate::common::conf::Options;
use crate::common::{Conf, Result};
use crate::exec::eval::cast::{Style, write_cell};
use crate::exec::eval::moment_format::MomentFormat;
use crate::exec::scan::{CsvOptions, check_encoding};
use crate::logical::expr::Attribute;
use crate::logical::functions::calendar::Zone;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use std::path::{Path, PathBuf};

/// How dates and times are written.
pub(super) struct Moments {
    date: Option<MomentFormat>,
    timestamp: MomentFormat,
    timestamp_ntz: MomentFormat,
    pub zone: Zone,
}

impl Moments {
    /// From a writer's options.
    ///
    /// # Errors
    /// A pattern that means nothing.
    pub fn of(options: &Options, conf: &Conf) -> Result<Self> {
        let zone = Zone::parse(options.get("timeZone").unwrap_or(conf.time_zone()))?;
        let parse = |pattern: &str| MomentFormat::parse_for_files(pattern, conf.time_parser());
        let pattern = |name: &str, otherwise: &str| parse(options.get(name).unwrap_or(otherwise));
        Ok(Moments {
            date: options.get("dateFormat").map(parse).transpose()?,
            timestamp: pattern("timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")?,
            timestamp_ntz: pattern("timestampNTZFormat", "yyyy-MM-dd'T'HH:mm:ss.SSS")?,
            zone,
        })
    }

    /// Writes a date or time; false for other types.
    pub fn write(&self, out: &mut String, array: &ArrayRef, row: usize, data_type: &DataType) -> bool {
        match (data_type, &self.date) {
            (DataType::Date, Some(pattern)) => {
                let days = array.as_primitive::<Date32Type>().value(row);
                out.push_str(&pattern.format(i64::from(days) * 86_400_000_000, 0, Zone::UTC));
            }
            (DataType::Timestamp, _) => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                let offset = self.zone.offset_at(micros);
                out.push_str(&self.timestamp.format(micros + offset, offset, self.zone));
            }
            (DataType::TimestampNtz, _) => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                out.push_str(&self.timestamp_ntz.format(micros, 0, Zone::UTC));
            }
            _ => return false,
        }
        true
    }
}

/// How a value becomes a field.
struct FieldStyle {
    sep: String,
    quote: Option<char>,
    escape: Option<char>,
    escape_escape: Option<char>,
    comment: Option<char>,
    quote_all: bool,
    escape_quotes: bool,
    trim_leading: bool,
    trim_trailing: bool,
    null_value: String,
    empty_value: String,
}

struct CsvFile {
    sink: TextSink,
    path: PathBuf,
    types: Vec<DataType>,
    moments: Moments,
    style: FieldStyle,
    line_end: String,
    text: String,
}

/// Starts a file.
///
/// # Errors
/// Options that make no sense; a folder that cannot be written.
pub fn open(path: &Path, columns: &[Attribute], options: &Options, conf: &Conf) -> Result<Box<dyn FileWriter>> {
    check_encoding(options)?;
    let read = CsvOptions::of(options, conf)?;
    let style = FieldStyle {
        sep: String::from_utf8_lossy(&read.sep).into_owned(),
        quote: read.quote.map(char::from),
        escape: read.escape.map(char::from),
        escape_escape: read.escape_escape.map(char::from),
        comment: read.comment.map(char::from),
        quote_all: options.flag("quoteAll", false),
        escape_quotes: options.flag("escapeQuotes", true),
        trim_leading: options.flag("ignoreLeadingWhiteSpace", true),
        trim_trailing: options.flag("ignoreTrailingWhiteSpace", true),
        null_value: options.get("nullValue").unwrap_or("").to_owned(),
        empty_value: options.get("emptyValue").unwrap_or("\"\"").to_owned(),
    };
    let mut file = CsvFile {
        sink: TextSink::create(path, options)?,
        path: path.to_owned(),
        types: columns.iter().map(|column| column.data_type.clone()).collect(),
        moments: Moments::of(options, conf)?,
        style,
        line_end: options.get("lineSep").unwrap_or("\n").to_owned(),
        text: String::new(),
    };
    if options.flag("header", false) {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                file.text.push_str(&file.style.sep);
            }
            file.style.write(&mut file.text, &column.name, i);
        }
        file.text.push_str(&file.line_end);
        file.flush()?;
    }
    Ok(Box::new(file))
}

impl FieldStyle {
    /// Appends a value, quoted where it must be.
    fn write(&self, text: &mut String, value: &str, column: usize) {
        let blank = |c: char| c <= ' ';
        let mut value = value;
        if self.trim_leading {
            value = value.trim_start_matches(blank);
        }
        if self.trim_trailing {
            value = value.trim_end_matches(blank);
        }
        if value.is_empty() {
            text.push_str(&self.empty_value);
            return;
        }
        let Some(quote) = self.quote else {
            text.push_str(value);
            return;
        };
        let needed = self.quote_all
            || value.contains(self.sep.as_str())
            || value.contains(['\n', '\r'])
            || (value.contains(quote) && (self.escape_quotes || value.starts_with(quote)))
            || (column == 0 && self.comment.is_some_and(|comment| value.starts_with(comment)));
        if !needed {
            text.push_str(value);
            return;
        }
        text.push(quote);
        for c in value.chars() {
            if c == quote {
                text.extend(self.escape);
            } else if Some(c) == self.escape {
                text.extend(self.escape_escape);
            }
            text.push(c);
        }
        text.push(quote);
    }

    fn write_null(&self, text: &mut String, column: usize) {
        if !self.null_value.is_empty() {
            self.write(text, &self.null_value, column);
        } else if self.quote_all {
            text.push_str("\"\"");
        }
    }
}

impl CsvFile {
    fn flush(&mut self) -> Result<()> {
        self.sink.put(self.text.as_bytes()).map_err(|error| failed(&self.path, &error))?;
        self.text.clear();
        Ok(())
    }
}

impl FileWriter for CsvFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let cell_style = Style::cast(self.moments.zone);
        let mut cell = String::new();
        for row in 0..batch.num_rows() {
            let start = self.text.len();
            for (i, (column, data_type)) in batch.columns().iter().zip(&self.types).enumerate() {
                if i > 0 {
                    self.text.push_str(&self.style.sep);
                }
                if column.is_null(row) || *data_type == DataType::Null {
                    self.style.write_null(&mut self.text, i);
                } else if *data_type == DataType::String {
                    self.style.write(&mut self.text, column.as_string_view().value(row), i);
                } else {
                    cell.clear();
                    if !self.moments.write(&mut cell, column, row, data_type) {
                        write_cell(&mut cell, column, row, data_type, cell_style)?;
                    }
                    self.style.write(&mut self.text, &cell, i);
                }
            }
            // A line without one character is left out: a reader would skip it.
            if self.text.len() > start {
                self.text.push_str(&self.line_end);
            }
            if self.text.len() > 1 << 16 {
                self.flush()?;
            }
        }
        self.flush()
    }

    fn close(self: Box<Self>) -> Result<()> {
        let file = *self;
        file.sink.end().map_err(|error| failed(&file.path, &error))
    }
}
