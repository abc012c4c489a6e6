//! The text reader: a row for each line, or for each file with `wholetext`.

use super::ahead::{self, Chunks};
use super::lines::{LineEnd, LineReader, for_each_line, is_compressed, read_whole};
use super::{WantedColumn, wanted_schema};
use crate::common::Result;
use crate::exec::batch::{BATCH_ROWS, batch_of, pieces};
use crate::exec::runtime::{Rows, Runtime};
use crate::logical::plan::FileScan;
use crate::physical::plan::FileSlice;
use arrow::array::{Array, ArrayRef, StringViewBuilder};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// Reads one slice of a file.
///
/// # Errors
/// Files that cannot be read.
pub fn read<'a>(
    runtime: &'a Runtime<'a>,
    scan: &'a FileScan,
    slice: &'a FileSlice,
    wanted: &[WantedColumn],
) -> Result<Rows<'a>> {
    let schema = wanted_schema(wanted);
    let whole_text = scan.options.flag("wholetext", false);
    let ending = scan.options.get("lineSep").map_or(LineEnd::Any, |end| LineEnd::Bytes(end.as_bytes().to_vec()));
    let open = move |slice: &FileSlice| -> Result<Box<dyn Chunks>> {
        let schema = schema.clone();
        if whole_text {
            return Ok(Box::new(WholeText { slice: slice.clone(), schema }));
        }
        Ok(Box::new(TextLines { reader: LineReader::new(slice, ending.clone())?, ending: ending.clone(), schema }))
    };
    ahead::read(runtime, slice, whole_text || is_compressed(&slice.path), Arc::new(open))
}

/// The text in every column that is wanted.
fn batch(schema: &SchemaRef, mut builder: StringViewBuilder) -> Result<RecordBatch> {
    let values: ArrayRef = Arc::new(builder.finish());
    batch_of(schema, vec![values.clone(); schema.fields().len()], values.len())
}

struct TextLines {
    reader: LineReader,
    ending: LineEnd,
    schema: SchemaRef,
}

impl Chunks for TextLines {
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        let Some(chunk) = self.reader.next_chunk()? else { return Ok(false) };
        let chunk = String::from_utf8_lossy(chunk);
        let mut builder = StringViewBuilder::new();
        for_each_line(chunk.as_bytes(), &self.ending, |from, to| {
            builder.append_value(chunk.get(from..to).unwrap_or(""));
        });
        batches.extend(pieces(&batch(&self.schema, builder)?, BATCH_ROWS));
        Ok(true)
    }
}

struct WholeText {
    slice: FileSlice,
    schema: SchemaRef,
}

impl Chunks for WholeText {
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        let bytes = read_whole(&self.slice)?;
        let mut builder = StringViewBuilder::new();
        builder.append_value(String::from_utf8_lossy(&bytes));
        batches.push(batch(&self.schema, builder)?);
        Ok(false)
    }
}
