//! Random samples with Spark's draws, so that the same seed keeps the same rows.
//!
//! **Simplified:** with replacement the counts follow the same Poisson law from another generator than Spark's.

use crate::common::{Result, SparkError};
use crate::exec::batch::{filter_rows, take_rows};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::exec::spark_random::XorShiftRandom;
use crate::physical::plan::PhysicalPlan;
use arrow::array::{BooleanArray, UInt32Array};
use arrow::record_batch::RecordBatch;

struct Sample<'a> {
    input: Rows<'a>,
    random: XorShiftRandom,
    lower: f64,
    upper: f64,
    with_replacement: bool,
}

/// Rows whose draw falls between the bounds; with replacement, each row as often as a Poisson draw says.
pub fn sample<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Sample { lower, upper, with_replacement, seed, input } = plan else {
        return Err(SparkError::internal("not a sample"));
    };
    Ok(Box::new(Sample {
        input: runtime.build(input, partition)?,
        random: XorShiftRandom::new(seed.wrapping_add(partition as i64)),
        lower: *lower,
        upper: *upper,
        with_replacement: *with_replacement,
    }))
}

impl Sample<'_> {
    fn poisson(&mut self, mean: f64) -> usize {
        let limit = libm::exp(-mean);
        let (mut count, mut product) = (0, 1.0);
        loop {
            product *= self.random.next_double();
            if product < limit || count > 1000 {
                return count;
            }
            count += 1;
        }
    }
}

impl Operator for Sample<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(batch) = self.input.next()? else { return Ok(None) };
        if self.with_replacement {
            let mean = self.upper - self.lower;
            let mut rows = Vec::new();
            for row in 0..batch.num_rows() as u32 {
                let times = self.poisson(mean);
                rows.extend(std::iter::repeat_n(row, times));
            }
            return take_rows(&batch, &UInt32Array::from(rows)).map(Some);
        }
        let width = self.upper - self.lower;
        let keep: BooleanArray = (0..batch.num_rows())
            .map(|_| {
                if width <= 0.0 {
                    return Some(false);
                }
                let draw = self.random.next_double();
                Some(draw >= self.lower && draw < self.upper)
            })
            .collect();
        filter_rows(&batch, &keep).map(Some)
    }
}
