//! Parquet files.

use super::{FileWriter, failed};
use crate::common::conf::Options;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::logical::expr::Attribute;
use crate::logical::types::DataType;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
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

struct ParquetFile {
    writer: ArrowWriter<File>,
    path: PathBuf,
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
        .set_max_row_group_bytes(Some(128 << 20))
        .build();
    let settings = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let file = File::create(path).map_err(|error| failed(path, &error))?;
    let writer =
        ArrowWriter::try_new_with_options(file, schema.clone(), settings).map_err(|error| failed(path, &error))?;
    Ok(Box::new(ParquetFile { writer, path: path.to_owned() }))
}

impl FileWriter for ParquetFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(|error| failed(&self.path, &error))
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.writer.close().map(|_| ()).map_err(|error| failed(&self.path, &error))
    }
}
