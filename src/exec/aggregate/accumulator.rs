//! What an aggregate function keeps for each group: dense columns, updated by group number.

use crate::common::Result;
use crate::exec::task::TaskContext;
use crate::logical::expr::AggregateCall;
use arrow::array::{Array, ArrayRef};

/// One aggregate's state for all groups.
pub trait Accumulator {
    /// Makes room for so many groups; new ones are empty.
    fn resize(&mut self, groups: usize);

    /// Takes rows: argument columns, and the group of each row.
    ///
    /// # Errors
    /// Overflow under ANSI rules.
    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()>;

    /// Takes buffers of other accumulators of the same function.
    ///
    /// # Errors
    /// Overflow under ANSI rules.
    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()>;

    /// The buffer columns, one row for each group.
    ///
    /// # Errors
    /// When a column cannot be made.
    fn buffers(&mut self) -> Result<Vec<ArrayRef>>;

    /// The results so far, one for each group; more rows may follow.
    ///
    /// # Errors
    /// When a result does not fit.
    fn finish(&mut self) -> Result<ArrayRef>;

    /// Bytes held, roughly.
    fn size(&self) -> usize;

    /// What the group that keeps most takes, where a group's values are objects that cannot spill; zero where that is surely no more than
    /// `limit`.
    fn largest_group(&self, _limit: u64) -> u64 {
        0
    }

    /// Another call's results from the state of this one, which alone takes rows (see [`super::factory::shares_state`]).
    ///
    /// # Errors
    /// Constant arguments that make no sense.
    fn twin(&self, _call: &AggregateCall, _context: &TaskContext) -> Result<Option<Box<dyn Accumulator>>> {
        Ok(None)
    }
}

/// Calls `f(row, group)` for each row where all columns have a value.
pub fn each_valid(columns: &[&ArrayRef], groups: &[u32], mut f: impl FnMut(usize, usize)) {
    if columns.iter().all(|column| column.null_count() == 0 && column.data_type() != &arrow::datatypes::DataType::Null)
    {
        for (row, group) in groups.iter().enumerate() {
            f(row, *group as usize);
        }
    } else {
        for (row, group) in groups.iter().enumerate() {
            if columns
                .iter()
                .all(|column| column.is_valid(row) && column.data_type() != &arrow::datatypes::DataType::Null)
            {
                f(row, *group as usize);
            }
        }
    }
}
