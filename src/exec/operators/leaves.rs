//! Leaves that need no file: local rows, ranges, one row, cached partitions.

use crate::common::ids::CacheId;
use crate::common::{Result, SparkError};
use crate::exec::batch::{BATCH_ROWS, batch_of, reschema, schema_of};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::exec::task::Batches;
use crate::logical::expr::Attribute;
use crate::physical::plan::PhysicalPlan;
use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// Batches that exist already.
pub struct Ready(std::vec::IntoIter<RecordBatch>);

impl Ready {
    /// Gives these batches in order.
    pub fn new(batches: Vec<RecordBatch>) -> Self {
        Ready(batches.into_iter())
    }
}

impl Operator for Ready {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        Ok(self.0.next())
    }
}

/// Rows of the driver, cut into `partitions` contiguous slices as `parallelize` does.
pub fn local_table<'a>(
    output: &[Attribute],
    batch: &RecordBatch,
    partitions: usize,
    partition: usize,
) -> Result<Rows<'a>> {
    let (rows, count) = (batch.num_rows(), partitions.max(1));
    let (start, end) = (partition * rows / count, (partition + 1) * rows / count);
    let slice = reschema(&batch.slice(start, end - start), &schema_of(output))?;
    Ok(Box::new(Ready::new(crate::exec::batch::pieces(&slice, BATCH_ROWS).collect())))
}

/// One row, no columns.
pub fn one_row<'a>() -> Result<Rows<'a>> {
    Ok(Box::new(Ready::new(vec![batch_of(&Arc::new(Schema::empty()), Vec::new(), 1)?])))
}

struct RangeRows<'a> {
    runtime: &'a Runtime<'a>,
    schema: SchemaRef,
    next: i128,
    step: i64,
    left: u64,
}

/// First value and number of values of one slice of a range, as Spark cuts it.
pub fn range_slice(start: i64, end: i64, step: i64, partitions: usize, partition: usize) -> (i128, i64, u64) {
    let (from, to, by) = (i128::from(start), i128::from(end), i128::from(step));
    let total = if by == 0 || (to - from) * by.signum() <= 0 {
        0
    } else {
        ((to - from) * by.signum() + by.abs() - 1) / by.abs()
    };
    let count = partitions.max(1) as i128;
    let first = partition as i128 * total / count;
    let last = (partition as i128 + 1) * total / count;
    (from + first * by, step, (last - first) as u64)
}

/// The numbers of one slice. Spark counts them as records that were read.
pub fn range<'a>(runtime: &'a Runtime<'a>, output: &[Attribute], (next, step, left): (i128, i64, u64)) -> Rows<'a> {
    Box::new(RangeRows { runtime, schema: schema_of(output), next, step, left })
}

impl Operator for RangeRows<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.left == 0 {
            return Ok(None);
        }
        let rows = self.left.min(BATCH_ROWS as u64);
        let (start, step) = (self.next, i128::from(self.step));
        let values: Int64Array = (0..i128::from(rows)).map(|i| (start + i * step) as i64).collect();
        self.left -= rows;
        self.next += i128::from(rows) * step;
        self.runtime.read(rows, 0);
        let columns: Vec<ArrayRef> = if self.schema.fields().is_empty() { Vec::new() } else { vec![Arc::new(values)] };
        batch_of(&self.schema, columns, rows as usize).map(Some)
    }

    fn unused(&mut self, rows: usize) {
        self.runtime.not_read(rows as u64);
    }
}

/// A cached partition; when it is not there it is computed from `plan` and handed to the cluster to keep.
pub fn cached<'a>(
    runtime: &'a Runtime<'a>,
    id: CacheId,
    output: &[Attribute],
    stored: &[Attribute],
    plan: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = output
        .iter()
        .map(|wanted| {
            stored
                .iter()
                .position(|column| column.id == wanted.id)
                .ok_or_else(|| SparkError::internal(format!("the cache does not hold column {}", wanted.name)))
        })
        .collect::<Result<Vec<_>>>()?;
    let batches = cached_batches(runtime, id, stored, plan, partition)?;
    let schema = schema_of(output);
    let batches = batches
        .iter()
        .map(|batch| {
            let picked = columns.iter().map(|at| batch.column(*at).clone()).collect();
            batch_of(&schema, picked, batch.num_rows())
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Box::new(Ready::new(batches)))
}

/// `spark.sql.inMemoryColumnarStorage.batchSize`.
const CACHED_BATCH_ROWS: u64 = 10_000;

fn cached_batches<'a>(
    runtime: &'a Runtime<'a>,
    id: CacheId,
    stored: &[Attribute],
    plan: &'a PhysicalPlan,
    partition: usize,
) -> Result<Batches> {
    let number = partition as u32;
    if let Some(batches) = runtime.inputs.cached(id, number) {
        let mut counts = runtime.counts.borrow_mut();
        counts.cache_hits += 1;
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        counts.cached_rows += rows;
        counts.cached_records += rows.div_ceil(CACHED_BATCH_ROWS);
        counts.cached_bytes += batches.iter().map(crate::exec::batch::row_bytes).sum::<u64>();
        return Ok(batches);
    }
    let own = runtime.cached.borrow().iter().find(|(own, at, _)| *own == id && *at == number).cloned();
    if let Some((_, _, batches)) = own {
        return Ok(batches);
    }
    let schema = schema_of(stored);
    let mut rows = runtime.build(plan, partition)?;
    let mut batches = Vec::new();
    while let Some(batch) = rows.next()? {
        batches.push(reschema(&batch, &schema)?);
    }
    let batches: Batches = Arc::new(batches);
    runtime.counts.borrow_mut().cache_misses += 1;
    runtime.cached.borrow_mut().push((id, number, batches.clone()));
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::range_slice;

    #[test]
    fn ranges_are_cut_as_spark_cuts_them() {
        assert_eq!(range_slice(0, 10, 1, 4, 0), (0, 1, 2));
        assert_eq!(range_slice(0, 10, 1, 4, 1), (2, 1, 3));
        assert_eq!(range_slice(0, 10, 3, 1, 0), (0, 3, 4));
        assert_eq!(range_slice(10, 0, -3, 1, 0), (10, -3, 4));
        assert_eq!(range_slice(5, 5, 1, 1, 0).2, 0);
    }
}
