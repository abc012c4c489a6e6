//! JSON lines, and plain text.

use super::csv::Moments;
use super::sink::TextSink;
use super::{FileWriter, failed};
use crate::common::conf::Options;
use crate::common::text::push_json;
use crate::common::{Conf, Result, base64};
use crate::exec::eval::cast::{Style, write_cell};
use crate::logical::expr::Attribute;
use crate::logical::types::DataType;
use crate::logical::variant::{Variant, Zoned};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float32Type, Float64Type};
use arrow::record_batch::RecordBatch;
use std::path::{Path, PathBuf};

struct JsonFile {
    sink: TextSink,
    path: PathBuf,
    columns: Vec<Attribute>,
    moments: Moments,
    line_end: String,
    ignore_nulls: bool,
}

/// Starts a file.
///
/// # Errors
/// Options that make no sense; a folder that cannot be written.
pub fn open(path: &Path, columns: &[Attribute], options: &Options, conf: &Conf) -> Result<Box<dyn FileWriter>> {
    Ok(Box::new(JsonFile {
        sink: TextSink::create(path, options)?,
        path: path.to_owned(),
        columns: columns.to_vec(),
        moments: Moments::of(options, conf)?,
        line_end: options.get("lineSep").unwrap_or("\n").to_owned(),
        ignore_nulls: options.flag("ignoreNullFields", true),
    }))
}

fn is_special(array: &ArrayRef, row: usize, data_type: &DataType) -> bool {
    match data_type {
        DataType::Double => !array.as_primitive::<Float64Type>().value(row).is_finite(),
        DataType::Float => !array.as_primitive::<Float32Type>().value(row).is_finite(),
        _ => false,
    }
}

impl JsonFile {
    fn value(&self, out: &mut String, array: &ArrayRef, row: usize, data_type: &DataType) -> Result<()> {
        if array.is_null(row) || *data_type == DataType::Null {
            out.push_str("null");
            return Ok(());
        }
        match data_type {
            DataType::String => push_json(out, array.as_string_view().value(row)),
            DataType::Boolean
            | DataType::Byte
            | DataType::Short
            | DataType::Integer
            | DataType::Long
            | DataType::Float
            | DataType::Double
            | DataType::Decimal(..)
                if !is_special(array, row, data_type) =>
            {
                write_cell(out, array, row, data_type, Style::cast(self.moments.zone))?;
            }
            DataType::Variant => {
                let value = Variant::read(array.as_binary_view().value(row))?;
                out.push_str(&Zoned { zone: self.moments.zone }.json(&value));
            }
            DataType::Binary => push_json(out, &base64::encode(array.as_binary_view().value(row))),
            DataType::Array(element, _) => {
                let items = array.as_list::<i32>().value(row);
                out.push('[');
                for i in 0..items.len() {
                    if i > 0 {
                        out.push(',');
                    }
                    self.value(out, &items, i, element)?;
                }
                out.push(']');
            }
            DataType::Map(key, value, _) => {
                let entries = array.as_map().value(row);
                out.push('{');
                for i in 0..entries.len() {
                    if i > 0 {
                        out.push(',');
                    }
                    let mut name = String::new();
                    write_cell(&mut name, entries.column(0), i, key, Style::cast(self.moments.zone))?;
                    push_json(out, &name);
                    out.push(':');
                    self.value(out, entries.column(1), i, value)?;
                }
                out.push('}');
            }
            DataType::Struct(fields) => {
                let parts = array.as_struct();
                let fields = fields.fields.iter().map(|field| (field.name.as_str(), &field.data_type));
                self.object(out, fields.zip(parts.columns()), row)?;
            }
            _ => self.quoted(out, array, row, data_type)?,
        }
        Ok(())
    }

    fn quoted(&self, out: &mut String, array: &ArrayRef, row: usize, data_type: &DataType) -> Result<()> {
        let mut text = String::new();
        if !self.moments.write(&mut text, array, row, data_type) {
            write_cell(&mut text, array, row, data_type, Style::cast(self.moments.zone))?;
        }
        push_json(out, &text);
        Ok(())
    }

    fn object<'a>(
        &self,
        out: &mut String,
        fields: impl Iterator<Item = ((&'a str, &'a DataType), &'a ArrayRef)>,
        row: usize,
    ) -> Result<()> {
        out.push('{');
        let mut first = true;
        for ((name, data_type), column) in fields {
            if self.ignore_nulls && (column.is_null(row) || *data_type == DataType::Null) {
                continue;
            }
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            push_json(out, name);
            out.push(':');
            self.value(out, column, row, data_type)?;
        }
        out.push('}');
        Ok(())
    }
}

impl FileWriter for JsonFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            let fields = self.columns.iter().map(|column| (column.name.as_str(), &column.data_type));
            self.object(&mut text, fields.zip(batch.columns()), row)?;
            text.push_str(&self.line_end);
        }
        self.sink.put(text.as_bytes()).map_err(|error| failed(&self.path, &error))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let file = *self;
        file.sink.end().map_err(|error| failed(&file.path, &error))
    }
}

struct TextFile {
    sink: TextSink,
    path: PathBuf,
    line_end: String,
}

/// Starts a file of plain lines.
///
/// # Errors
/// A folder that cannot be written.
pub fn open_text(path: &Path, options: &Options) -> Result<Box<dyn FileWriter>> {
    let line_end = options.get("lineSep").unwrap_or("\n").to_owned();
    Ok(Box::new(TextFile { sink: TextSink::create(path, options)?, path: path.to_owned(), line_end }))
}

impl FileWriter for TextFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut text = String::new();
        for line in batch.column(0).as_string_view() {
            text.push_str(line.unwrap_or(""));
            text.push_str(&self.line_end);
        }
        self.sink.put(text.as_bytes()).map_err(|error| failed(&self.path, &error))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let file = *self;
        file.sink.end().map_err(|error| failed(&file.path, &error))
    }
}
