//! Sorting a partition.

use super::external_sort::Merge;
use super::leaves::Ready;
use crate::common::Result;
use crate::exec::batch::{BATCH_ROWS, batch_of, concat, row_bytes, schema_of, take_rows};
use crate::exec::keys::SortKeys;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::exec::spill::{SpillFile, SpillWriter};
use crate::logical::expr::SortOrder;
use crate::physical::plan::PhysicalPlan;
use arrow::array::{Array, ArrayRef, BinaryArray, UInt32Array};
use arrow::compute::{interleave_record_batch, take};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// Runs that are merged at a time.
const MOST_RUNS: usize = 64;

struct Sort<'a> {
    runtime: &'a Runtime<'a>,
    input: Rows<'a>,
    keys: SortKeys,
    schema: SchemaRef,
    /// The columns and the encoded key, for rows that are merged.
    keyed_schema: SchemaRef,
    sorted: Option<Sorted<'a>>,
}

enum Sorted<'a> {
    InMemory(Ready),
    Merged(Merge<'a>),
}

/// All rows of the partition in order; equal keys keep their order. What does not fit into the task's memory is sorted in runs, which
/// are spilled and merged.
pub fn sort<'a>(
    runtime: &'a Runtime<'a>,
    order: &[SortOrder],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    let keys = SortKeys::new(runtime, order, &columns, partition)?;
    let schema = schema_of(&columns);
    let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("sort key", DataType::Binary, true)));
    let keyed_schema = Arc::new(Schema::new(fields));
    Ok(Box::new(Sort { runtime, input: runtime.build(input, partition)?, keys, schema, keyed_schema, sorted: None }))
}

impl<'a> Sort<'a> {
    fn fill(&mut self) -> Result<Sorted<'a>> {
        let (mut batches, mut held) = (Vec::new(), 0);
        let mut runs: Vec<Rows<'a>> = Vec::new();
        while let Some(batch) = self.input.next()? {
            held += row_bytes(&batch);
            batches.push(batch);
            if held > self.runtime.context.memory_bytes {
                self.runtime.holds(held as usize);
                let mut run = self.keyed(std::mem::take(&mut batches))?;
                runs.push(Box::new(self.spilled(&mut run)?));
                held = 0;
                if runs.len() == MOST_RUNS {
                    let mut merged = Merge::new(std::mem::take(&mut runs))?;
                    runs.push(Box::new(self.spilled(&mut merged)?));
                }
            }
        }
        self.runtime.holds(held as usize);
        if runs.is_empty() {
            let all = concat(&self.schema, &batches)?;
            drop(batches);
            let order = self.keys.order_of_sort(&self.keys.evaluate(&all)?)?;
            return Ok(Sorted::InMemory(Ready::new(gather(&all, &order)?)));
        }
        runs.push(Box::new(self.keyed(batches)?));
        Ok(Sorted::Merged(Merge::new(runs)?))
    }

    /// The rows in order, with their encoded keys.
    fn keyed(&self, batches: Vec<RecordBatch>) -> Result<Picked> {
        let parts = batches.iter().map(|batch| self.keys.evaluate(batch)).collect::<Result<Vec<_>>>()?;
        let width = parts.first().map_or(0, Vec::len);
        let column = |place: usize| -> Result<ArrayRef> {
            let arrays: Vec<&dyn Array> = parts.iter().map(|keys| keys[place].as_ref()).collect();
            Ok(arrow::compute::concat(&arrays)?)
        };
        let keys = (0..width).map(column).collect::<Result<Vec<_>>>()?;
        let order = self.keys.order_of_sort(&keys)?;
        let places = batches.iter().enumerate();
        let places = places.flat_map(|(batch, rows)| (0..rows.num_rows() as u32).map(move |row| (batch as u32, row)));
        let encoded = self.keys.encoded(&keys)?;
        Ok(Picked { schema: self.keyed_schema.clone(), places: places.collect(), batches, encoded, order, at: 0 })
    }

    fn spilled(&self, rows: &mut dyn Operator) -> Result<SpillFile> {
        let mut file = SpillWriter::new(&self.keyed_schema)?;
        while let Some(batch) = rows.next()? {
            self.runtime.context.check_cancelled()?;
            file.write(self.runtime, &batch)?;
        }
        file.finish()
    }
}

/// Rows of many batches in an order, gathered when they are asked for.
struct Picked {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// Batch and row of each row of all.
    places: Vec<(u32, u32)>,
    encoded: BinaryArray,
    order: UInt32Array,
    at: usize,
}

impl Operator for Picked {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let count = BATCH_ROWS.min(self.order.len() - self.at);
        if count == 0 {
            return Ok(None);
        }
        let rows = self.order.slice(self.at, count);
        self.at += count;
        let place = |row: &u32| {
            let (batch, row) = self.places[*row as usize];
            (batch as usize, row as usize)
        };
        let places: Vec<(usize, usize)> = rows.values().iter().map(place).collect();
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let mut columns = match self.schema.fields().len() {
            1 => Vec::new(),
            _ => interleave_record_batch(&batches, &places)?.columns().to_vec(),
        };
        columns.push(take(&self.encoded, &rows, None)?);
        batch_of(&self.schema, columns, count).map(Some)
    }
}

impl Operator for Sort<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.sorted.is_none() {
            self.sorted = Some(self.fill()?);
        }
        match &mut self.sorted {
            None => Ok(None),
            Some(Sorted::InMemory(rows)) => rows.next(),
            Some(Sorted::Merged(rows)) => match rows.next()? {
                None => Ok(None),
                Some(batch) => {
                    let mut columns = batch.columns().to_vec();
                    columns.pop();
                    batch_of(&self.schema, columns, batch.num_rows()).map(Some)
                }
            },
        }
    }
}

/// The rows in this order, in full batches.
pub fn gather(all: &RecordBatch, order: &UInt32Array) -> Result<Vec<RecordBatch>> {
    (0..order.len())
        .step_by(BATCH_ROWS)
        .map(|at| take_rows(all, &order.slice(at, BATCH_ROWS.min(order.len() - at))))
        .collect()
}
