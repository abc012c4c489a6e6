//! Draws sort keys for the bounds of a range exchange: a reservoir over the partition, as Spark's `RangePartitioner` sketches it.

use super::batch::{batch_of, take_rows};
use super::expression::{Bound, evaluate_all};
use super::runtime::{Rows, Runtime};
use super::spark_random::XorShiftRandom;
use crate::common::Result;
use crate::logical::expr::{Attribute, SortOrder};
use arrow::array::UInt32Array;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// At most `size` rows of keys, drawn evenly with `seed`, and how many rows there were.
///
/// # Errors
/// What the rows raised.
pub fn sample_keys(
    runtime: &Runtime<'_>,
    rows: &mut Rows<'_>,
    columns: &[Attribute],
    order: &[SortOrder],
    (size, seed): (usize, u64),
    partition: usize,
) -> Result<(Vec<RecordBatch>, u64)> {
    let exprs: Vec<_> = order.iter().map(|key| key.child.clone()).collect();
    let keys = runtime.bind(&exprs, columns, partition)?;
    let schema = key_schema(&keys);
    let mut rng = XorShiftRandom::new(seed as i64);
    let (mut batches, mut reservoir, mut seen) = (Vec::new(), Vec::new(), 0usize);
    while let Some(batch) = rows.next()? {
        let batch = batch_of(&schema, evaluate_all(&keys, &batch)?, batch.num_rows())?;
        for row in 0..batch.num_rows() {
            seen += 1;
            if reservoir.len() < size {
                reservoir.push((batches.len(), row));
            } else {
                let at = (rng.next_double() * seen as f64) as usize;
                if at < size {
                    reservoir[at] = (batches.len(), row);
                }
            }
        }
        batches.push(batch);
        if batches.len() > 64 {
            compact(&mut batches, &mut reservoir)?;
        }
    }
    compact(&mut batches, &mut reservoir)?;
    Ok((batches, seen as u64))
}

/// Keeps only the drawn rows.
fn compact(batches: &mut Vec<RecordBatch>, reservoir: &mut [(usize, usize)]) -> Result<()> {
    let held: Vec<&RecordBatch> = batches.iter().collect();
    let kept = if held.is_empty() || reservoir.is_empty() {
        Vec::new()
    } else if held.len() == 1 {
        let indices: UInt32Array = reservoir.iter().map(|(_, row)| *row as u32).collect();
        vec![take_rows(held[0], &indices)?]
    } else {
        vec![interleave_record_batch(&held, reservoir)?]
    };
    *batches = kept;
    for (row, place) in reservoir.iter_mut().enumerate() {
        *place = (0, row);
    }
    Ok(())
}

fn key_schema(keys: &[Bound]) -> SchemaRef {
    let fields: Vec<Field> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| Field::new(format!("key{i}"), key.data_type().to_arrow(), true))
        .collect();
    Arc::new(Schema::new(fields))
}
