//! Several partitions behind one: union and coalesce.

use crate::common::{Result, SparkError};
use crate::exec::batch::{reschema, schema_of};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::physical::plan::PhysicalPlan;
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
}

/// The partition of the input that `partition` falls into: all partitions of the first, then of the second, ….
pub fn union<'a>(
    runtime: &'a Runtime<'a>,
    plan: &PhysicalPlan,
    inputs: &'a [Arc<PhysicalPlan>],
    partition: usize,
) -> Result<Rows<'a>> {
    let mut at = partition;
    for input in inputs {
        let count = input.partitions();
        if at < count {
            return Ok(Box::new(Renamed { input: runtime.build(input, at)?, schema: schema_of(&plan.output()) }));
        }
        at -= count;
    }
    Err(SparkError::internal("a union has no such partition"))
}

struct Chain<'a> {
    runtime: &'a Runtime<'a>,
    input: &'a PhysicalPlan,
    partitions: std::ops::Range<usize>,
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
    Ok(Box::new(Chain { runtime, input, partitions, current: None }))
}

/// All partitions of `input`, one after the other.
pub fn all_partitions<'a>(runtime: &'a Runtime<'a>, input: &'a PhysicalPlan) -> Rows<'a> {
    Box::new(Chain { runtime, input, partitions: 0..input.partitions(), current: None })
}

impl Operator for Chain<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(rows) = &mut self.current {
                if let Some(batch) = rows.next()? {
                    return Ok(Some(batch));
                }
                self.current = None;
            }
            let Some(partition) = self.partitions.next() else { return Ok(None) };
            self.current = Some(self.runtime.build(self.input, partition)?);
        }
    }
}
