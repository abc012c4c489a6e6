//! The bounds of a range exchange, from samples of its input, as Spark's `RangePartitioner` chooses them.
//!
//! Each input partition gives a sample of its sort keys and its row count. A sampled key stands for `rows / sample` rows; bounds are set
//! where the running weight passes equal steps, no more than there are keys, and a bound that repeats the one before is left out, so there can be fewer partitions than
//! asked for.
//!
//! **Simplified:** Spark samples partitions that are much larger than the average a second time; here every partition is sampled in
//! proportion once.

use crate::common::{Result, SparkError};
use crate::exec::task::{ResolvedPartitioning, TaskOutput};
use crate::logical::expr::SortOrder;
use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::{SortOptions, concat_batches, take_record_batch};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

/// Bounds are part of the answer (which rows a partition holds), so they do not change with the run's seed.
pub(super) const SEED: u64 = 42;

/// How many keys each of `inputs` partitions is asked for when rows go to `targets` partitions.
pub(super) fn sample_size(targets: usize, inputs: usize) -> usize {
    let total = (100.0 * targets as f64).min(1e6);
    (3.0 * total / inputs.max(1) as f64).ceil() as usize
}

/// The bounds that follow from the samples.
pub(super) fn bounds_of(
    order: &[SortOrder],
    targets: usize,
    samples: &[TaskOutput],
) -> Result<Option<ResolvedPartitioning>> {
    let schema = samples.iter().find_map(|sample| sample.batches.first()).map(RecordBatch::schema);
    let Some(schema) = schema else { return Ok(None) };
    let batches: Vec<&RecordBatch> = samples.iter().flat_map(|sample| &sample.batches).collect();
    let keys = concat_batches(&schema, batches)?;
    let weights: Vec<f64> = samples
        .iter()
        .flat_map(|sample| {
            let drawn: usize = sample.batches.iter().map(RecordBatch::num_rows).sum();
            std::iter::repeat_n(sample.sampled_from as f64 / drawn.max(1) as f64, drawn)
        })
        .collect();
    if keys.num_rows() == 0 {
        return Ok(None);
    }
    let chosen = choose(&keys, order, &weights, targets)?;
    let bounds = take_record_batch(&keys, &UInt32Array::from(chosen))?;
    Ok(Some(ResolvedPartitioning::Range { order: order.to_vec(), bounds }))
}

fn choose(keys: &RecordBatch, order: &[SortOrder], weights: &[f64], targets: usize) -> Result<Vec<u32>> {
    let columns: Vec<ArrayRef> = keys.columns().to_vec();
    if columns.len() != order.len() {
        return Err(SparkError::internal("a sample of sort keys has one column for each key"));
    }
    let fields = order
        .iter()
        .zip(&columns)
        .map(|(key, column)| {
            let options = SortOptions { descending: !key.ascending, nulls_first: key.nulls_first };
            SortField::new_with_options(column.data_type().clone(), options)
        })
        .collect();
    let rows = RowConverter::new(fields)?.convert_columns(&columns)?;
    let mut sorted: Vec<u32> = (0..u32::try_from(keys.num_rows()).unwrap_or(u32::MAX)).collect();
    sorted.sort_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)).then(a.cmp(b)));
    let targets = targets.min(sorted.len());
    let step = weights.iter().sum::<f64>() / targets as f64;
    let (mut chosen, mut passed, mut target): (Vec<u32>, f64, f64) = (Vec::new(), 0.0, step);
    for index in sorted {
        if chosen.len() + 1 >= targets {
            break;
        }
        passed += weights[index as usize];
        let repeats = chosen.last().is_some_and(|last| rows.row(*last as usize) >= rows.row(index as usize));
        if passed >= target && !repeats {
            chosen.push(index);
            target += step;
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::expr::Expr;
    use arrow::array::{AsArray, Int32Array};
    use arrow::datatypes::{DataType, Field, Int32Type, Schema};
    use std::sync::Arc;

    fn sample(values: Vec<i32>, of: u64) -> TaskOutput {
        let schema = Arc::new(Schema::new(vec![Field::new("k", DataType::Int32, true)]));
        let batch = RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(values))]).expect("one column");
        TaskOutput { batches: vec![batch], sampled_from: of, ..TaskOutput::default() }
    }

    fn bounds(samples: &[TaskOutput], targets: usize) -> Vec<i32> {
        let order = [SortOrder::new(Expr::column("k"), true)];
        match bounds_of(&order, targets, samples).expect("it computes") {
            Some(ResolvedPartitioning::Range { bounds, .. }) => {
                bounds.column(0).as_primitive::<Int32Type>().values().to_vec()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn bounds_cut_equal_weights() {
        assert_eq!(bounds(&[sample((1..=8).collect(), 8)], 4), [2, 4, 6]);
    }

    #[test]
    fn a_partition_with_more_rows_weighs_more() {
        assert_eq!(bounds(&[sample(vec![1, 2], 2), sample(vec![10, 20], 200)], 2), [10]);
    }

    #[test]
    fn a_repeated_key_gives_one_bound() {
        assert_eq!(bounds(&[sample(vec![5; 10], 10)], 4), [5]);
    }
}
