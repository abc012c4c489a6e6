//! The side of a join that is held in memory: its rows, and which rows have which key.

use super::{NONE, null_rows};
use crate::common::Result;
use crate::exec::aggregate::{Groups, UNKNOWN};
use crate::exec::batch::concat;
use crate::exec::expression::{Bound, evaluate_all};
use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

/// Rows by key.
pub struct BuildTable {
    pub rows: RecordBatch,
    keys: Groups,
    /// The first row of each key's chain: the one built last.
    heads: Vec<u32>,
    next: Vec<u32>,
    /// No key has two rows.
    unique: bool,
}

impl BuildTable {
    /// Builds the table over all rows of a side.
    ///
    /// # Errors
    /// What the keys raised.
    pub fn new(schema: &SchemaRef, batches: &[RecordBatch], keys: &[Bound]) -> Result<Self> {
        let rows = concat(schema, batches)?;
        let columns = evaluate_all(keys, &rows)?;
        let types: Vec<_> = keys.iter().map(|key| key.data_type().to_arrow()).collect();
        let mut groups = Groups::new(&types)?;
        let mut numbers = Vec::new();
        groups.assign(&columns, rows.num_rows(), &mut numbers)?;
        let nulls = null_rows(&columns);
        let mut heads = vec![NONE; groups.len()];
        let mut next = vec![NONE; rows.num_rows()];
        let mut unique = true;
        for (row, number) in numbers.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let head = &mut heads[*number as usize];
            unique &= *head == NONE;
            next[row] = *head;
            *head = row as u32;
        }
        Ok(BuildTable { rows, keys: groups, heads, next, unique })
    }

    /// Pairs (streamed row, built row), ordered by streamed row.
    ///
    /// # Errors
    /// For keys of other types: a bug of the planner.
    pub fn probe(&self, keys: &[ArrayRef], rows: usize) -> Result<(Vec<u32>, Vec<u32>)> {
        let mut numbers = Vec::new();
        self.keys.lookup(keys, rows, &mut numbers)?;
        let nulls = null_rows(keys).filter(|nulls| nulls.null_count() > 0);
        let mut pairs = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for (row, number) in numbers.iter().enumerate() {
            if *number == UNKNOWN || nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let mut built = self.heads[*number as usize];
            while built != NONE {
                pairs.0.push(row as u32);
                pairs.1.push(built);
                if self.unique {
                    break;
                }
                built = self.next[built as usize];
            }
        }
        Ok(pairs)
    }

    /// Bytes held beside the rows.
    pub fn size(&self) -> usize {
        self.keys.size() + (self.heads.len() + self.next.len()) * 4 + self.rows.get_array_memory_size()
    }
}
