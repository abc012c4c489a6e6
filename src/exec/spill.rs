//! Rows that have no room in memory, in a temporary file: Arrow's stream format, compressed.
//!
//! Written once, then read once, in order. The file has no name where the system allows that, so nothing is left behind, whatever happens; a
//! short one stays in memory.
//!
//! | who | what goes to disk |
//! |---|---|
//! | sort | sorted runs, merged at the end |
//! | aggregation | rows of groups that have no room, by hash of their keys |
//!
//! When a task spills depends on its memory and on the modelled sizes of its rows, so it is the same in every run.

use super::batch::row_bytes;
use super::runtime::{Operator, Runtime};
use crate::common::{ErrorClass, Result, SparkError};
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::io::{BufReader, BufWriter, Seek, SeekFrom};
use std::sync::Arc;
use tempfile::{SpooledTempFile, spooled_tempfile};

/// Bytes of a file that stay in memory: most spills of small data are no larger, and opening a file takes longer than they do.
const IN_MEMORY: usize = 1 << 15;

/// What becomes of an error of the disk.
pub fn failed(error: &dyn std::fmt::Display) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("rows could not be spilled to disk: {error}"))
        .with_help("make room in the folder for temporary files, or give the executors more memory")
}

/// A file that takes batches.
pub struct SpillWriter {
    writer: StreamWriter<BufWriter<SpooledTempFile>>,
    rows: usize,
}

impl SpillWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn new(schema: &SchemaRef) -> Result<Self> {
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let file = BufWriter::with_capacity(IN_MEMORY, spooled_tempfile(IN_MEMORY));
        let writer = StreamWriter::try_new_with_options(file, schema, options)?;
        Ok(SpillWriter { writer, rows: 0 })
    }

    /// Appends a batch and counts what it takes.
    ///
    /// # Errors
    /// A full disk.
    pub fn write(&mut self, runtime: &Runtime<'_>, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        // Spilled rows shrink like those of a shuffle.
        runtime.counts.borrow_mut().spilled_bytes += row_bytes(batch) / 2;
        self.writer.write(&alone(batch)?).map_err(|error| failed(&error))
    }

    /// Ends the file and opens it for reading.
    ///
    /// # Errors
    /// A full disk.
    pub fn finish(self) -> Result<SpillFile> {
        let SpillWriter { mut writer, rows } = self;
        writer.finish().map_err(|error| failed(&error))?;
        let buffered = writer.into_inner().map_err(|error| failed(&error))?;
        let mut file = buffered.into_inner().map_err(|error| failed(&error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
        let reader = StreamReader::try_new(BufReader::with_capacity(1 << 16, file), None)?;
        Ok(SpillFile { reader, rows })
    }
}

/// Gives the batches of a file.
pub struct SpillFile {
    reader: StreamReader<BufReader<SpooledTempFile>>,
    rows: usize,
}

impl Operator for SpillFile {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        self.reader.next().transpose().map_err(|error| failed(&error))
    }

    fn expected_rows(&self) -> usize {
        self.rows
    }
}

/// The batch without the memory that its texts share with others.
///
/// # Errors
/// Never, unless the batch is broken.
pub fn alone(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| match column.data_type() {
            DataType::Utf8View => Arc::new(column.as_string_view().gc()) as ArrayRef,
            DataType::BinaryView => Arc::new(column.as_binary_view().gc()) as ArrayRef,
            _ => column.clone(),
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}
