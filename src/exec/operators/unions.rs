//! Several partitions behind one: union and coalesce.

use crate::common::{Result, SparkError};
use crate::exec::batch::{reschema, schema_of};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::physical::plan::{PhysicalPlan, united};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

struct Renamed<'a> {
    input: Rows<'a>,
    schema: SchemaRef,
}

impl Operator for Renamed<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        self.input.next()?.map(|batch| reschema(&batch, &self.schema)).transpose()
    }

    fn unused(&mut self, rows: usize) {
        self.input.unused(rows);
    }
}

/// What makes up one partition of a union, under the names of its columns.
pub fn union<'a>(
    runtime: &'a Runtime<'a>,
    plan: &PhysicalPlan,
    inputs: &'a [Arc<PhysicalPlan>],
    partition: usize,
) -> Result<Rows<'a>> {
    let parts = united(inputs, partition);
    if parts.is_empty() {
        return Err(SparkError::internal("a union has no such partition"));
    }
    let parts = parts.into_iter().map(|(input, partition)| (&**input, partition));
    let input = Box::new(Chain { runtime, parts, current: None });
    Ok(Box::new(Renamed { input, schema: schema_of(&plan.output()) }))
}

/// Partitions one after the other.
struct Chain<'a, P> {
    runtime: &'a Runtime<'a>,
    parts: P,
    current: Option<Rows<'a>>,
}

/// A contiguous group of the input's partitions, one after the other, grouped as Spark's `DefaultPartitionCoalescer` does.
pub fn coalesce<'a>(
    runtime: &'a Runtime<'a>,
    plan: &PhysicalPlan,
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let (groups, count) = (plan.partitions(), input.partitions());
    let partitions = partition * count / groups..(partition + 1) * count / groups;
    Ok(Box::new(Chain { runtime, parts: partitions.map(move |partition| (input, partition)), current: None }))
}

impl<'a, P: Iterator<Item = (&'a PhysicalPlan, usize)>> Operator for Chain<'a, P> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(rows) = &mut self.current {
                if let Some(batch) = rows.next()? {
                    return Ok(Some(batch));
                }
                self.current = None;
            }
            let Some((input, partition)) = self.parts.next() else { return Ok(None) };
            self.current = Some(self.runtime.build(input, partition)?);
        }
    }

    fn unused(&mut self, rows: usize) {
        if let Some(current) = &mut self.current {
            current.unused(rows);
        }
    }
}
