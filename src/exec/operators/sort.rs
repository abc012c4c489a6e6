//! Sorting a partition, and the first rows of an order.

use super::leaves::Ready;
use super::unions::all_partitions;
use crate::common::Result;
use crate::exec::batch::{BATCH_ROWS, batch_of, concat, schema_of, take_rows};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::keys::SortKeys;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::{Expr, SortOrder};
use crate::physical::plan::PhysicalPlan;
use arrow::array::UInt32Array;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

struct Sort<'a> {
    input: Rows<'a>,
    keys: SortKeys,
    schema: SchemaRef,
    sorted: Option<Ready>,
}

/// All rows of the partition in order; equal keys keep their order.
pub fn sort<'a>(
    runtime: &'a Runtime<'a>,
    order: &[SortOrder],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    let keys = SortKeys::new(runtime, order, &columns, partition)?;
    Ok(Box::new(Sort { input: runtime.build(input, partition)?, keys, schema: schema_of(&columns), sorted: None }))
}

impl Operator for Sort<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.sorted.is_none() {
            let mut batches = Vec::new();
            while let Some(batch) = self.input.next()? {
                batches.push(batch);
            }
            let all = concat(&self.schema, &batches)?;
            drop(batches);
            let order = self.keys.order_of_sort(&all)?;
            self.sorted = Some(Ready::new(gather(&all, &order)?));
        }
        self.sorted.as_mut().map_or(Ok(None), Operator::next)
    }
}

/// The rows in this order, in full batches.
pub fn gather(all: &RecordBatch, order: &UInt32Array) -> Result<Vec<RecordBatch>> {
    (0..order.len())
        .step_by(BATCH_ROWS)
        .map(|at| take_rows(all, &order.slice(at, BATCH_ROWS.min(order.len() - at))))
        .collect()
}

struct TakeOrdered<'a> {
    input: Rows<'a>,
    keys: SortKeys,
    input_schema: SchemaRef,
    /// Absent: all columns as they are.
    outputs: Option<Vec<Bound>>,
    schema: SchemaRef,
    count: usize,
    offset: usize,
    done: bool,
}

/// The first `count` rows of the order after `offset`, projected. Reads all partitions of its input when there are several.
pub fn take_ordered<'a>(
    runtime: &'a Runtime<'a>,
    plan: &PhysicalPlan,
    (count, offset): (usize, usize),
    order: &[SortOrder],
    outputs: &[Expr],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    Ok(Box::new(TakeOrdered {
        keys: SortKeys::new(runtime, order, &columns, partition)?,
        outputs: Some(runtime.bind(outputs, &columns, partition)?),
        input: all_partitions(runtime, input),
        input_schema: schema_of(&columns),
        schema: schema_of(&plan.output()),
        count,
        offset,
        done: false,
    }))
}

/// The first `count` rows of a partition's order: a limit over a sort, without sorting everything.
pub fn top<'a>(
    runtime: &'a Runtime<'a>,
    count: usize,
    order: &[SortOrder],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    Ok(Box::new(TakeOrdered {
        keys: SortKeys::new(runtime, order, &columns, partition)?,
        outputs: None,
        input: runtime.build(input, partition)?,
        input_schema: schema_of(&columns),
        schema: schema_of(&columns),
        count,
        offset: 0,
        done: false,
    }))
}

impl TakeOrdered<'_> {
    /// Sorts what was gathered and keeps the best.
    fn shrink(&self, held: &mut Vec<RecordBatch>, keep: usize) -> Result<()> {
        let all = concat(&self.input_schema, held)?;
        let order = self.keys.order(&all)?;
        let best = order.slice(0, keep.min(order.len()));
        *held = vec![take_rows(&all, &best)?];
        Ok(())
    }
}

impl Operator for TakeOrdered<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(None);
        }
        let keep = self.count.saturating_add(self.offset);
        let limit = keep.saturating_mul(2).max(8 * BATCH_ROWS);
        let (mut held, mut rows) = (Vec::new(), 0);
        while let Some(batch) = self.input.next()? {
            rows += batch.num_rows();
            held.push(batch);
            if rows > limit {
                self.shrink(&mut held, keep)?;
                rows = held.iter().map(RecordBatch::num_rows).sum();
            }
        }
        self.shrink(&mut held, keep)?;
        let best = concat(&self.input_schema, &held)?;
        let from = self.offset.min(best.num_rows());
        let best = best.slice(from, best.num_rows() - from);
        let columns = match &self.outputs {
            Some(outputs) => evaluate_all(outputs, &best)?,
            None => best.columns().to_vec(),
        };
        batch_of(&self.schema, columns, best.num_rows()).map(Some)
    }
}
