//! The first or last rows of a partition.

use crate::common::Result;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::physical::plan::PhysicalPlan;
use arrow::record_batch::RecordBatch;
use std::collections::VecDeque;

struct Limit<'a> {
    input: Rows<'a>,
    skip: usize,
    left: usize,
}

/// At most `count` rows after the first `offset`. Its input is not asked for more than needed.
pub fn limit<'a>(
    runtime: &'a Runtime<'a>,
    count: usize,
    offset: usize,
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    Ok(Box::new(Limit { input: runtime.build(input, partition)?, skip: offset, left: count }))
}

impl Operator for Limit<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        while self.left > 0 {
            let Some(batch) = self.input.next()? else { break };
            let skipped = self.skip.min(batch.num_rows());
            self.skip -= skipped;
            let kept = (batch.num_rows() - skipped).min(self.left);
            if kept > 0 {
                self.left -= kept;
                if skipped + kept < batch.num_rows() {
                    self.input.unused(batch.num_rows() - skipped - kept);
                }
                return Ok(Some(batch.slice(skipped, kept)));
            }
        }
        Ok(None)
    }

    fn unused(&mut self, rows: usize) {
        self.input.unused(rows);
    }
}

struct Tail<'a> {
    input: Rows<'a>,
    count: usize,
    kept: VecDeque<RecordBatch>,
    filled: bool,
}

/// The last `count` rows.
pub fn tail<'a>(runtime: &'a Runtime<'a>, count: usize, input: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    Ok(Box::new(Tail { input: runtime.build(input, partition)?, count, kept: VecDeque::new(), filled: false }))
}

impl Tail<'_> {
    fn fill(&mut self) -> Result<()> {
        let mut rows = 0;
        while let Some(batch) = self.input.next()? {
            rows += batch.num_rows();
            self.kept.push_back(batch);
            while let Some(first) = self.kept.front().map(RecordBatch::num_rows) {
                if rows - first < self.count {
                    break;
                }
                rows -= first;
                self.kept.pop_front();
            }
        }
        let excess = rows.saturating_sub(self.count);
        if let Some(first) = self.kept.front_mut() {
            *first = first.slice(excess, first.num_rows() - excess);
        }
        Ok(())
    }
}

impl Operator for Tail<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if !self.filled {
            self.filled = true;
            self.fill()?;
        }
        Ok(self.kept.pop_front())
    }
}
