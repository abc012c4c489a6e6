//! Projections and filters.

use crate::common::Result;
use crate::exec::batch::{BATCH_ROWS, batch_of, filter_rows, schema_of};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::Expr;
use crate::physical::plan::PhysicalPlan;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

struct Project<'a> {
    input: Rows<'a>,
    exprs: Vec<Bound>,
    schema: SchemaRef,
}

/// `exprs` for every row.
pub fn project<'a>(
    runtime: &'a Runtime<'a>,
    plan: &PhysicalPlan,
    exprs: &[Expr],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let bound = runtime.bind(exprs, &input.output(), partition)?;
    let schema = schema_of(&plan.output());
    Ok(Box::new(Project { input: runtime.build(input, partition)?, exprs: bound, schema }))
}

impl Operator for Project<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(batch) = self.input.next()? else { return Ok(None) };
        batch_of(&self.schema, evaluate_all(&self.exprs, &batch)?, batch.num_rows()).map(Some)
    }
}

struct Filter<'a> {
    input: Rows<'a>,
    condition: Bound,
    /// Absent for rows without columns, which need no copying.
    coalescer: Option<BatchCoalescer>,
    done: bool,
}

/// Rows whose condition is true. Few survivors are gathered into full batches.
pub fn filter<'a>(
    runtime: &'a Runtime<'a>,
    condition: &Expr,
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    let condition = runtime.bind_one(condition, &columns, partition)?;
    let coalescer = (!columns.is_empty()).then(|| {
        BatchCoalescer::new(schema_of(&columns), BATCH_ROWS).with_biggest_coalesce_batch_size(Some(BATCH_ROWS / 2))
    });
    Ok(Box::new(Filter { input: runtime.build(input, partition)?, condition, coalescer, done: false }))
}

impl Operator for Filter<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.coalescer.as_mut().and_then(BatchCoalescer::next_completed_batch) {
                return Ok(Some(batch));
            }
            if self.done {
                return Ok(None);
            }
            let Some(batch) = self.input.next()? else {
                self.done = true;
                if let Some(coalescer) = &mut self.coalescer {
                    coalescer.finish_buffered_batch()?;
                }
                continue;
            };
            let keep = self.condition.select(&batch)?;
            match (&mut self.coalescer, keep.true_count()) {
                (_, 0) => {}
                (Some(coalescer), kept) if kept == batch.num_rows() => coalescer.push_batch(batch)?,
                (Some(coalescer), _) => coalescer.push_batch_with_filter(batch, &keep)?,
                (None, _) => return filter_rows(&batch, &keep).map(Some),
            }
        }
    }
}
