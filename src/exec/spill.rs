//! Rows that have no room in memory, in a temporary file: Arrow's stream format, compressed.
//!
//! Written once, then read once, in order. Where the system allows it the file loses its name as soon as it is open, so that nothing is
//! left behind, whatever happens; elsewhere it is removed when it is dropped.
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
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Removes the file when it is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What becomes of an error of the disk.
pub fn failed(error: &dyn std::fmt::Display) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("rows could not be spilled to disk: {error}"))
        .with_help("make room in the folder for temporary files, or give the executors more memory")
}

/// A file that nobody else sees.
///
/// # Errors
/// When there is no place for temporary files.
pub fn scratch_file() -> Result<(File, Option<Scratch>)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("batchlab-{}-{number}.spill", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => {
                let scratch = std::fs::remove_file(&path).is_err().then_some(Scratch(path));
                return Ok((file, scratch));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error)),
        }
    }
}

/// A file that takes batches.
pub struct SpillWriter {
    writer: StreamWriter<BufWriter<File>>,
    scratch: Option<Scratch>,
    rows: usize,
}

impl SpillWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn new(schema: &SchemaRef) -> Result<Self> {
        let (file, scratch) = scratch_file()?;
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let writer = StreamWriter::try_new_with_options(BufWriter::with_capacity(1 << 16, file), schema, options)?;
        Ok(SpillWriter { writer, scratch, rows: 0 })
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
        let SpillWriter { mut writer, scratch, rows } = self;
        writer.finish().map_err(|error| failed(&error))?;
        let buffered = writer.into_inner().map_err(|error| failed(&error))?;
        let mut file = buffered.into_inner().map_err(|error| failed(&error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
        let reader = StreamReader::try_new(BufReader::with_capacity(1 << 16, file), None)?;
        Ok(SpillFile { reader, rows, _scratch: scratch })
    }
}

/// Gives the batches of a file.
pub struct SpillFile {
    reader: StreamReader<BufReader<File>>,
    rows: usize,
    /// Dropped after the reader has closed the file.
    _scratch: Option<Scratch>,
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
