//! Text files, plain or compressed.

use super::failed;
use crate::common::conf::Options;
use crate::common::{ErrorClass, Result, SparkError};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// How text files are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextCodec {
    Plain,
    Gzip,
    Deflate,
}

impl TextCodec {
    /// From a writer's options.
    ///
    /// # Errors
    /// For a codec that is not known or not there.
    pub fn of(options: &Options) -> Result<Self> {
        match options.get("compression").or_else(|| options.get("codec")).map(str::to_ascii_lowercase).as_deref() {
            None | Some("none" | "uncompressed") => Ok(TextCodec::Plain),
            Some("gzip") => Ok(TextCodec::Gzip),
            Some("deflate") => Ok(TextCodec::Deflate),
            Some(other @ ("bzip2" | "lz4" | "snappy" | "zstd")) => {
                Err(SparkError::unsupported(format!("the text compression {other}"), "use gzip, deflate or none"))
            }
            Some(other) => Err(SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!("the codec {other} is not available; known are bzip2, deflate, lz4, gzip, snappy, none"),
            )
            .with_condition("CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION")),
        }
    }

    /// What the file name ends in.
    pub fn ending(self) -> &'static str {
        match self {
            TextCodec::Plain => "",
            TextCodec::Gzip => ".gz",
            TextCodec::Deflate => ".deflate",
        }
    }
}

/// A file written from front to back.
pub enum TextSink {
    Plain(BufWriter<File>),
    Gzip(flate2::write::GzEncoder<BufWriter<File>>),
    Deflate(flate2::write::ZlibEncoder<BufWriter<File>>),
}

impl TextSink {
    /// Starts a file, compressed as the options say.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn create(path: &Path, options: &Options) -> Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, File::create(path).map_err(|error| failed(path, &error))?);
        let level = flate2::Compression::default();
        Ok(match TextCodec::of(options)? {
            TextCodec::Plain => TextSink::Plain(file),
            TextCodec::Gzip => TextSink::Gzip(flate2::write::GzEncoder::new(file, level)),
            TextCodec::Deflate => TextSink::Deflate(flate2::write::ZlibEncoder::new(file, level)),
        })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// A full disk.
    pub fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            TextSink::Plain(file) => file.write_all(bytes),
            TextSink::Gzip(file) => file.write_all(bytes),
            TextSink::Deflate(file) => file.write_all(bytes),
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// A full disk.
    pub fn end(self) -> std::io::Result<()> {
        match self {
            TextSink::Plain(mut file) => file.flush(),
            TextSink::Gzip(file) => file.finish()?.flush(),
            TextSink::Deflate(file) => file.finish()?.flush(),
        }
    }
}
