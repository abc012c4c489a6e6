//! Projections.

use crate::common::Result;
use crate::exec::batch::{batch_of, schema_of};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::Expr;
use crate::physical::plan::PhysicalPlan;
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

    fn unused(&mut self, rows: usize) {
        self.input.unused(rows);
    }
}
