//! Reading files: one reader for each format, partition columns appended.

mod ahead;
mod csv;
mod csv_options;
mod csv_tokens;
mod formatted;
mod json;
pub(super) mod json_text;
mod lines;
mod parquet;
mod text;
pub(super) mod values;

pub(super) use csv::find_separators;
pub(super) use csv_options::{CsvOptions, ParseMode, check_encoding, corrupt_column};
pub(super) use csv_tokens::{Token, Tokenizer};
pub(super) use formatted::{MomentReader, reader_for};
pub(super) use json::each_document;
pub(super) use lines::{LineReader, for_each_line, read_error, read_whole};
pub use parquet::parquet_schema;

use super::batch::{BATCH_ROWS, batch_of, schema_of};
use super::runtime::{Operator, Rows, Runtime};
use crate::common::{Result, SparkError};
use crate::logical::plan::FileFormat;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField};
use crate::physical::TASK_PER_FILE;
use crate::physical::plan::{FileScanExec, FileSlice};
use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// A column that a query reads: its place in the file's schema, and the field.
#[derive(Debug, Clone)]
pub struct WantedColumn {
    pub place: usize,
    pub field: StructField,
    /// Nobody asks more than whether it is null: any value will do.
    pub validity_only: bool,
}

/// Where an output column comes from.
enum Source {
    /// The reader's column with this number.
    Data(usize),
    /// The slice's partition value with this number.
    Partition(usize, DataType),
}

struct ScanRows<'a> {
    runtime: &'a Runtime<'a>,
    scan: &'a FileScanExec,
    slices: std::slice::Iter<'a, FileSlice>,
    wanted: Vec<WantedColumn>,
    sources: Vec<Source>,
    schema: SchemaRef,
    current: Option<(Rows<'a>, Vec<ArrayRef>)>,
    file: Arc<str>,
    /// Rows that were given, and those of them that were not used.
    given: u64,
    unused: u64,
    /// Where slices and their row groups begin, in rows, also of rows still to come; and the rows that count as read at once.
    starts: Vec<u64>,
    at_once: u64,
    /// Spark counts no records of a checkpoint.
    is_counted: bool,
}

/// The rows of one task of a scan.
pub fn build<'a>(runtime: &'a Runtime<'a>, scan: &'a FileScanExec, partition: usize) -> Result<Rows<'a>> {
    let slices = scan.tasks.get(partition).ok_or_else(|| SparkError::internal("a scan has no such task"))?.iter();
    let (mut wanted, mut sources) = (Vec::new(), Vec::new());
    for column in &scan.scan.output {
        let data = scan.scan.data_schema.names().position(|name| name == column.name);
        let part = scan.scan.partition_schema.names().position(|name| name == column.name);
        match (data, part) {
            (_, Some(number)) => sources.push(Source::Partition(number, column.data_type.clone())),
            (Some(place), None) => {
                sources.push(Source::Data(wanted.len()));
                let field = StructField::new(column.name.clone(), column.data_type.clone(), true);
                let validity_only = scan.validity_only.contains(&column.id);
                wanted.push(WantedColumn { place, field, validity_only });
            }
            (None, None) => {
                return Err(SparkError::internal(format!("the scanned files have no column {}", column.name)));
            }
        }
    }
    only_corrupt(scan, &wanted)?;
    let schema = schema_of(&scan.scan.output);
    let at_once = match scan.scan.format {
        FileFormat::Parquet => parquet::rows_of_a_batch(runtime),
        FileFormat::Csv | FileFormat::Json | FileFormat::Text => 1,
    };
    Ok(Box::new(ScanRows {
        runtime,
        scan,
        slices,
        wanted,
        sources,
        schema,
        current: None,
        file: "".into(),
        given: 0,
        unused: 0,
        starts: Vec::new(),
        at_once,
        is_counted: !scan.scan.options.flag(TASK_PER_FILE, false),
    }))
}

/// Spark refuses to read nothing but the column of corrupt records: it would not know which fields to check.
fn only_corrupt(scan: &FileScanExec, wanted: &[WantedColumn]) -> Result<()> {
    let is_text = matches!(scan.scan.format, FileFormat::Csv | FileFormat::Json);
    let corrupt = corrupt_column(&scan.scan.options);
    match wanted {
        [only] if is_text && only.field.name == corrupt => Err(SparkError::analysis(
            "UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN",
            "Queries from raw JSON/CSV/XML files are disallowed when the referenced columns only include the \
                 internal corrupt record column (named `_corrupt_record` by default).",
        )
        .with_help("read another column too, or cache the frame first")),
        _ => Ok(()),
    }
}

impl<'a> ScanRows<'a> {
    /// The rows of a slice; where batches begin anew in it is noted.
    fn open(&mut self, slice: &'a FileSlice) -> Result<Rows<'a>> {
        let (runtime, scan, wanted) = (self.runtime, &self.scan.scan, &self.wanted);
        self.starts.push(self.given);
        match scan.format {
            FileFormat::Csv => csv::read(runtime, scan, slice, wanted),
            FileFormat::Json => json::read(runtime, scan, slice, wanted),
            FileFormat::Parquet => {
                let (rows, groups) = parquet::read(runtime, scan, slice, wanted)?;
                let mut start = self.given;
                for rows in groups {
                    start += rows;
                    self.starts.push(start);
                }
                Ok(rows)
            }
            FileFormat::Text => text::read(runtime, scan, slice, wanted),
        }
    }

    /// One value for each partition column of the output, to be repeated for every row.
    fn constants(&self, slice: &FileSlice) -> Result<Vec<ArrayRef>> {
        self.sources
            .iter()
            .filter_map(|source| match source {
                Source::Data(_) => None,
                Source::Partition(number, data_type) => Some((number, data_type)),
            })
            .map(|(number, data_type)| {
                let value = slice.partition_values.get(*number).cloned().unwrap_or(Scalar::Null);
                Scalar::to_array(&[value], data_type)
            })
            .collect()
    }

    /// How many rows count as read when so many were used.
    fn counted_whole(&self, used: u64) -> u64 {
        let start = self.starts.iter().rev().find(|start| **start < used).copied().unwrap_or(0);
        let end = self.starts.iter().find(|start| **start >= used).map_or(self.given, |end| *end.max(&used));
        (start + (used - start).next_multiple_of(self.at_once)).min(end).min(self.given)
    }

    fn assemble(&self, data: &RecordBatch, constants: &[ArrayRef]) -> Result<RecordBatch> {
        let rows = data.num_rows();
        let zeros = UInt32Array::from(vec![0; if constants.is_empty() { 0 } else { rows }]);
        let mut constants = constants.iter();
        let columns = self
            .sources
            .iter()
            .map(|source| match source {
                Source::Data(number) => Ok(data.column(*number).clone()),
                Source::Partition(..) => match constants.next() {
                    Some(value) => Ok(take(value, &zeros, None)?),
                    None => Err(SparkError::internal("a partition column without a value")),
                },
            })
            .collect::<Result<Vec<_>>>()?;
        batch_of(&self.schema, columns, rows)
    }
}

impl Operator for ScanRows<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((rows, constants)) = &mut self.current {
                if let Some(batch) = rows.next()? {
                    let constants = constants.clone();
                    self.runtime.surroundings.file.replace(self.file.clone());
                    self.given += batch.num_rows() as u64;
                    if self.is_counted {
                        self.runtime.read(batch.num_rows() as u64, 0);
                    }
                    return self.assemble(&batch, &constants).map(Some);
                }
                self.current = None;
            }
            let Some(slice) = self.slices.next() else { return Ok(None) };
            let constants = self.constants(slice)?;
            self.file = format!("file://{}", slice.path.display()).into();
            self.runtime.counts.borrow_mut().read_files += 1;
            self.current = Some((self.open(slice)?, constants));
        }
    }

    /// Columnar files are read batch by batch, and a batch that is begun counts whole.
    fn unused(&mut self, rows: usize) {
        let before = self.given - self.counted_whole(self.given - self.unused);
        self.unused = (self.unused + rows as u64).min(self.given);
        let now = self.given - self.counted_whole(self.given - self.unused);
        if self.is_counted {
            self.runtime.not_read(now - before);
        }
    }
}

/// The schema of what a reader gives.
fn wanted_schema(wanted: &[WantedColumn]) -> SchemaRef {
    let fields: Vec<_> = wanted.iter().map(|column| column.field.to_arrow()).collect();
    Arc::new(arrow::datatypes::Schema::new(fields))
}

/// Rows of a reader's batch.
const READ_ROWS: usize = BATCH_ROWS;
