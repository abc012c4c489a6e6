//! Parquet files.
//!
//! A column whose first rows hardly repeat is written plainly: a dictionary of it would be thrown away after a page, as Spark's writer does.

use super::{FileWriter, failed};
use crate::common::conf::Options;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::exec::aggregate::Groups;
use crate::logical::expr::Attribute;
use crate::logical::types::DataType;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The codec's name in Spark's spelling.
///
/// # Errors
/// For a codec that is not known or not there.
pub fn codec_name(options: &Options, conf: &Conf) -> Result<String> {
    let name = options
        .get("compression")
        .or_else(|| options.get("parquet.compression"))
        .or_else(|| conf.get("spark.sql.parquet.compression.codec"))
        .unwrap_or("snappy")
        .to_ascii_lowercase();
    match name.as_str() {
        "none" | "uncompressed" | "snappy" | "gzip" | "zstd" => Ok(name),
        "lz4" | "lz4raw" | "lz4_raw" | "brotli" | "lzo" => {
            Err(SparkError::unsupported(format!("the Parquet compression {name}"), "use snappy, zstd or gzip"))
        }
        other => Err(SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("the codec {other} is not available; known are uncompressed, snappy, gzip, zstd"),
        )
        .with_condition("CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION")),
    }
}

/// Rows that must be there before a column is judged.
const JUDGED_ROWS: usize = 4096;
/// A column with more distinct values than this share of its first rows gets no dictionary.
const UNIQUE_SHARE: f64 = 0.875;

struct ParquetFile {
    writer: Writer,
    schema: SchemaRef,
    path: PathBuf,
}

/// The first batch decides how columns are written.
enum Writer {
    Waiting(Option<(File, WriterPropertiesBuilder)>),
    Open(ArrowWriter<File>),
}

/// Starts a file.
///
/// # Errors
/// Types that Parquet files cannot hold; a folder that cannot be written.
pub fn open(
    path: &Path,
    schema: &SchemaRef,
    columns: &[Attribute],
    options: &Options,
    conf: &Conf,
) -> Result<Box<dyn FileWriter>> {
    if let Some(column) = columns.iter().find(|column| matches!(column.data_type, DataType::CalendarInterval)) {
        return Err(SparkError::analysis(
            "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
            format!("the Parquet datasource does not support the column `{}`", column.name),
        ));
    }
    let compression = match codec_name(options, conf)?.as_str() {
        "snappy" => Compression::SNAPPY,
        "gzip" => Compression::GZIP(GzipLevel::default()),
        "zstd" => Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()),
        _ => Compression::UNCOMPRESSED,
    };
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_created_by("batchlab".to_owned())
        .set_max_row_group_bytes(Some(128 << 20));
    let file = File::create(path).map_err(|error| failed(path, &error))?;
    let writer = Writer::Waiting(Some((file, properties)));
    Ok(Box::new(ParquetFile { writer, schema: schema.clone(), path: path.to_owned() }))
}

/// Names of columns whose values hardly repeat in a batch.
fn unique_columns(batch: &RecordBatch) -> Result<Vec<String>> {
    if batch.num_rows() < JUDGED_ROWS {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    let mut numbers = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if field.data_type().is_nested() {
            continue;
        }
        let mut values = Groups::new(std::slice::from_ref(column.data_type()))?;
        values.assign(std::slice::from_ref(column), batch.num_rows(), &mut numbers)?;
        if values.len() as f64 > batch.num_rows() as f64 * UNIQUE_SHARE {
            names.push(field.name().clone());
        }
    }
    Ok(names)
}

impl ParquetFile {
    fn open(&mut self, first: Option<&RecordBatch>) -> Result<&mut ArrowWriter<File>> {
        if let Writer::Waiting(waiting) = &mut self.writer
            && let Some((file, mut properties)) = waiting.take()
        {
            for name in first.map(unique_columns).transpose()?.unwrap_or_default() {
                properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![name]), false);
            }
            let settings = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
            let writer = ArrowWriter::try_new_with_options(file, self.schema.clone(), settings)
                .map_err(|error| failed(&self.path, &error))?;
            self.writer = Writer::Open(writer);
        }
        match &mut self.writer {
            Writer::Open(writer) => Ok(writer),
            Writer::Waiting(_) => Err(SparkError::internal("a Parquet file that could not be started is written on")),
        }
    }
}

impl FileWriter for ParquetFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let done = self.open(Some(batch))?.write(batch);
        done.map_err(|error| failed(&self.path, &error))
    }

    fn close(mut self: Box<Self>) -> Result<()> {
        self.open(None)?;
        let ParquetFile { writer: Writer::Open(writer), path, .. } = *self else {
            return Err(SparkError::internal("a Parquet file without a writer is closed"));
        };
        writer.close().map(|_| ()).map_err(|error| failed(&path, &error))
    }
}
