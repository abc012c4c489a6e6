//! Merging sorted runs: the second half of a sort that did not fit into memory.
//!
//! Every row carries its encoded sort key as a last column, so keys are computed once, also when they are random.
//!
//! ```text
//!   run 0 (disk) ─┐
//!   run 1 (disk) ─┼─▶ smallest key first, of equal keys the earlier run ──▶ batches
//!   rest (memory) ┘
//! ```

use crate::common::Result;
use crate::exec::batch::BATCH_ROWS;
use crate::exec::runtime::{Operator, Rows};
use arrow::array::{Array, AsArray, BinaryArray};
use arrow::compute::interleave_record_batch;
use arrow::record_batch::RecordBatch;
use std::cmp::Ordering;

struct Cursor<'a> {
    rows: Rows<'a>,
    batch: RecordBatch,
    keys: BinaryArray,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(mut rows: Rows<'a>) -> Result<Option<Self>> {
        Ok(next_keyed(&mut rows)?.map(|(batch, keys)| Cursor { rows, batch, keys, at: 0 }))
    }

    fn key(&self) -> &[u8] {
        self.keys.value(self.at)
    }

    /// Moves to the next batch; false at the end.
    fn turn(&mut self) -> Result<bool> {
        let Some((batch, keys)) = next_keyed(&mut self.rows)? else { return Ok(false) };
        (self.batch, self.keys, self.at) = (batch, keys, 0);
        Ok(true)
    }
}

/// The next batch with rows, and its last column.
fn next_keyed(rows: &mut Rows<'_>) -> Result<Option<(RecordBatch, BinaryArray)>> {
    while let Some(batch) = rows.next()? {
        if batch.num_rows() > 0 {
            let keys = batch.column(batch.num_columns() - 1).as_binary::<i32>().clone();
            return Ok(Some((batch, keys)));
        }
    }
    Ok(None)
}

/// Merges runs whose last column is the encoded key; gives it too.
pub struct Merge<'a> {
    cursors: Vec<Cursor<'a>>,
    /// Cursors that still have rows, the smallest key last.
    open: Vec<usize>,
}

impl<'a> Merge<'a> {
    /// Over these runs, the earlier rows first.
    ///
    /// # Errors
    /// When a run cannot be read.
    pub fn new(runs: Vec<Rows<'a>>) -> Result<Self> {
        let mut cursors = Vec::with_capacity(runs.len());
        for run in runs {
            cursors.extend(Cursor::new(run)?);
        }
        let mut merge = Merge { open: (0..cursors.len()).collect(), cursors };
        let cursors = &merge.cursors;
        merge.open.sort_by(|a, b| compare(cursors, *b, *a));
        Ok(merge)
    }

    /// Puts the cursor that was moved back to its place.
    fn settle(&mut self) {
        let Some(moved) = self.open.pop() else { return };
        let cursors = &self.cursors;
        let place = self.open.partition_point(|other| compare(cursors, *other, moved) == Ordering::Greater);
        self.open.insert(place, moved);
    }
}

fn compare(cursors: &[Cursor<'_>], a: usize, b: usize) -> Ordering {
    cursors[a].key().cmp(cursors[b].key()).then(a.cmp(&b))
}

impl Operator for Merge<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let mut picked = Vec::new();
        let mut used_up = None;
        while let Some(best) = self.open.last().copied().filter(|_| picked.len() < BATCH_ROWS) {
            let cursor = &mut self.cursors[best];
            picked.push((best, cursor.at));
            cursor.at += 1;
            if cursor.at == cursor.keys.len() {
                used_up = Some(best);
                break;
            }
            self.settle();
        }
        if picked.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = self.cursors.iter().map(|cursor| &cursor.batch).collect();
        let merged = interleave_record_batch(&batches, &picked)?;
        if let Some(used_up) = used_up {
            if self.cursors[used_up].turn()? {
                self.settle();
            } else {
                self.open.pop();
            }
        }
        Ok(Some(merged))
    }
}
