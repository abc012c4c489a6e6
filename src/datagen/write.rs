//! Writes one part of a table in one of the file forms.

use super::cell::Cell;
use super::table::Table;
use crate::common::{Result, SparkError};
use crate::logical::DataType;
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, StringArray};
use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 20;
/// Rows between two reports of progress.
const REPORT_ROWS: u64 = 1 << 16;

pub(super) fn failed(path: &Path, error: &dyn std::fmt::Display) -> SparkError {
    SparkError::new(
        crate::common::ErrorClass::SparkException,
        format!("the table could not be written to {}: {error}", path.display()),
    )
    .with_help("check that the folder may be written and that the disk is not full")
}

/// The lines of a CSV or JSON part.
pub(super) fn text_part(table: &Table, range: Range<u64>, path: &Path, json: bool, done: &dyn Fn(u64)) -> Result<u64> {
    let mut file = File::create(path).map_err(|error| failed(path, &error))?;
    let mut buffer = Vec::with_capacity(BUFFER_BYTES + 1024);
    let mut bytes = 0;
    let columns = table.columns();
    if !json {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        buffer.extend_from_slice(names.join(",").as_bytes());
        buffer.push(b'\n');
    }
    let mut unreported = 0;
    for position in range {
        let row = table.row(position);
        if json {
            json_line(&row, columns, &mut buffer);
        } else {
            csv_line(&row, &mut buffer);
        }
        unreported += 1;
        if buffer.len() >= BUFFER_BYTES {
            file.write_all(&buffer).map_err(|error| failed(path, &error))?;
            bytes += buffer.len() as u64;
            buffer.clear();
        }
        if unreported == REPORT_ROWS {
            done(unreported);
            unreported = 0;
        }
    }
    file.write_all(&buffer).map_err(|error| failed(path, &error))?;
    done(unreported);
    Ok(bytes + buffer.len() as u64)
}

fn csv_line(row: &[Cell], buffer: &mut Vec<u8>) {
    for (i, cell) in row.iter().enumerate() {
        if i > 0 {
            buffer.push(b',');
        }
        cell.write_text(buffer);
    }
    buffer.push(b'\n');
}

fn json_line(row: &[Cell], columns: &[(&str, DataType)], buffer: &mut Vec<u8>) {
    for (i, (cell, (name, _))) in row.iter().zip(columns).enumerate() {
        buffer.push(if i == 0 { b'{' } else { b',' });
        buffer.push(b'"');
        buffer.extend_from_slice(name.as_bytes());
        buffer.extend_from_slice(b"\":");
        cell.write_json(buffer);
    }
    buffer.extend_from_slice(b"}\n");
}

/// A Parquet part with row groups of a third of its rows.
pub(super) fn parquet_part(table: &Table, range: Range<u64>, path: &Path, done: &dyn Fn(u64)) -> Result<u64> {
    let count = range.end - range.start;
    let group = (count / 3).max(1);
    let fields: Vec<Field> = table
        .columns()
        .iter()
        .map(|(name, data_type)| Field::new(*name, stored_type(table, data_type), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(group as usize))
        .build();
    let file = File::create(path).map_err(|error| failed(path, &error))?;
    let mut writer =
        ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(|error| failed(path, &error))?;
    let mut start = range.start;
    while start < range.end {
        let end = (start + group.min(REPORT_ROWS)).min(range.end);
        let rows: Vec<Vec<Cell>> = (start..end).map(|position| table.row(position)).collect();
        let arrays = table
            .columns()
            .iter()
            .enumerate()
            .map(|(at, (_, data_type))| array(rows.iter().map(|row| &row[at]), &stored_type(table, data_type)))
            .collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays)?;
        writer.write(&batch).map_err(|error| failed(path, &error))?;
        done(end - start);
        start = end;
    }
    writer.close().map_err(|error| failed(path, &error))?;
    Ok(std::fs::metadata(path).map_or(0, |meta| meta.len()))
}

/// Dirty tables are all text, as their CSV form is read.
fn stored_type(table: &Table, data_type: &DataType) -> ArrowType {
    match data_type {
        _ if table.is_dirty() => ArrowType::Utf8,
        DataType::Integer => ArrowType::Int32,
        DataType::Double => ArrowType::Float64,
        DataType::Date => ArrowType::Date32,
        _ => ArrowType::Utf8,
    }
}

fn array<'a>(cells: impl Iterator<Item = &'a Cell>, data_type: &ArrowType) -> ArrayRef {
    match data_type {
        ArrowType::Int32 => Arc::new(
            cells
                .map(|cell| match cell {
                    Cell::Int(value) => i32::try_from(*value).ok(),
                    _ => None,
                })
                .collect::<Int32Array>(),
        ),
        ArrowType::Float64 => Arc::new(
            cells
                .map(|cell| match cell {
                    Cell::Cents(value) => Some(*value as f64 / 100.0),
                    _ => None,
                })
                .collect::<Float64Array>(),
        ),
        ArrowType::Date32 => Arc::new(
            cells
                .map(|cell| match cell {
                    Cell::Date(year, month, day) => chrono::NaiveDate::from_ymd_opt(*year, *month, *day)
                        .map(|date| (date - chrono::NaiveDate::default()).num_days() as i32),
                    _ => None,
                })
                .collect::<Date32Array>(),
        ),
        _ => Arc::new(cells.map(Cell::text).collect::<StringArray>()),
    }
}
