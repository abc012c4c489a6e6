//! Rows of groups for which there is no room: put aside on disk by hash of their keys, taken up again when the others are done.
//!
//! Rows keep their order within a part, and all rows of a group are in one part; so every function sees exactly the rows it would have
//! seen. What is too much for memory a second time is split again by other bits of the hash.

use crate::common::Result;
use crate::exec::batch::take_rows;
use crate::exec::hash::xxhash64;
use crate::exec::keys::normalized;
use crate::exec::runtime::Runtime;
use crate::exec::spill::{SpillFile, SpillWriter};
use arrow::array::{ArrayRef, UInt32Array};
use arrow::record_batch::RecordBatch;

/// Bits of the hash that one split uses.
const BITS: u32 = 4;
/// Splits after which rows are kept in memory, come what may.
pub const MOST_SPLITS: u32 = 8;

/// One file for each part, made when it gets its first row.
pub struct Aside {
    split: u32,
    parts: Vec<Option<SpillWriter>>,
}

/// A part to be taken up, and how often its rows were split.
pub struct Part {
    pub rows: SpillFile,
    pub split: u32,
}

impl Aside {
    /// For rows that were split so often before.
    pub fn new(split: u32) -> Self {
        Aside { split, parts: (0..1 << BITS).map(|_| None).collect() }
    }

    /// Puts the rows with these keys aside.
    ///
    /// # Errors
    /// A full disk.
    pub fn put(&mut self, runtime: &Runtime<'_>, batch: &RecordBatch, keys: &[ArrayRef]) -> Result<()> {
        let keys: Vec<ArrayRef> = keys.iter().cloned().map(normalized).collect();
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); self.parts.len()];
        for (row, hash) in xxhash64(&keys, batch.num_rows())?.into_iter().enumerate() {
            let part = (hash.cast_unsigned() >> (self.split * BITS)) as usize % lists.len();
            lists[part].push(row as u32);
        }
        for (list, part) in lists.into_iter().zip(&mut self.parts).filter(|(list, _)| !list.is_empty()) {
            if part.is_none() {
                *part = Some(SpillWriter::new(&batch.schema())?);
            }
            if let Some(part) = part {
                part.write(runtime, &take_rows(batch, &UInt32Array::from(list))?)?;
            }
        }
        Ok(())
    }

    /// The parts that have rows, in order.
    ///
    /// # Errors
    /// A full disk.
    pub fn finish(self) -> Result<Vec<Part>> {
        let split = self.split + 1;
        self.parts.into_iter().flatten().map(|part| Ok(Part { rows: part.finish()?, split })).collect()
    }
}
