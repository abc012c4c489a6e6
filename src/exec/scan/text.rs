//! The text reader: a row for each line, or for each file with `wholetext`.

use super::lines::{LineEnd, LineReader, for_each_line, open, read_error};
use super::{WantedColumn, wanted_schema};
use crate::common::Result;
use crate::exec::batch::{BATCH_ROWS, batch_of, pieces};
use crate::exec::runtime::{Rows, Runtime};
use crate::logical::plan::FileScan;
use crate::physical::plan::FileSlice;
use arrow::array::{Array, ArrayRef, StringViewBuilder};
use std::io::Read;
use std::sync::Arc;

/// Reads one piece of a file.
///
/// # Errors
/// Files that cannot be read.
pub fn read<'a>(
    runtime: &'a Runtime<'a>,
    scan: &'a FileScan,
    slice: &'a FileSlice,
    wanted: &[WantedColumn],
) -> Result<Rows<'a>> {
    let mut builder = StringViewBuilder::new();
    runtime.read(0, slice.length);
    if scan.options.flag("wholetext", false) {
        let mut bytes = Vec::new();
        let (mut source, _) = open(slice)?;
        source.read_to_end(&mut bytes).map_err(|error| read_error(&slice.path, &error))?;
        builder.append_value(String::from_utf8_lossy(&bytes));
    } else {
        let ending = scan.options.get("lineSep").map_or(LineEnd::Any, |end| LineEnd::Bytes(end.as_bytes().to_vec()));
        let mut reader = LineReader::new(slice, ending.clone())?;
        while let Some(chunk) = reader.next_chunk()? {
            runtime.context.check_cancelled()?;
            let chunk = String::from_utf8_lossy(chunk);
            for_each_line(chunk.as_bytes(), &ending, |from, to| {
                builder.append_value(chunk.get(from..to).unwrap_or(""));
            });
        }
    }
    let values: ArrayRef = Arc::new(builder.finish());
    let (rows, columns) = (values.len(), vec![values; wanted.len()]);
    let batch = batch_of(&wanted_schema(wanted), columns, rows)?;
    Ok(Box::new(crate::exec::operators::Ready::new(pieces(&batch, BATCH_ROWS).collect())))
}
