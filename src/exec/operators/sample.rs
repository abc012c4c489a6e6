//! Random samples with Spark's draws, so that the same seed keeps the same rows.

use crate::common::{Result, SparkError};
use crate::exec::batch::{filter_rows, take_rows};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::exec::spark_poisson::PoissonSampler;
use crate::exec::spark_random::XorShiftRandom;
use crate::physical::plan::PhysicalPlan;
use arrow::array::{BooleanArray, UInt32Array};
use arrow::record_batch::RecordBatch;

struct Sample<'a> {
    input: Rows<'a>,
    lower: f64,
    upper: f64,
    draws: Draws,
}

enum Draws {
    /// Each row at most once.
    Once(XorShiftRandom),
    /// Each row as often as a draw says.
    Often(PoissonSampler),
}

/// Rows whose draw falls between the bounds; with replacement, each row as often as a Poisson draw says.
pub fn sample<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Sample { lower, upper, with_replacement, seed, input } = plan else {
        return Err(SparkError::internal("not a sample"));
    };
    let draws = if *with_replacement {
        Draws::Often(PoissonSampler::new(upper - lower, *seed, partition))
    } else {
        Draws::Once(XorShiftRandom::new(seed.wrapping_add(partition as i64)))
    };
    Ok(Box::new(Sample { input: runtime.build(input, partition)?, lower: *lower, upper: *upper, draws }))
}

impl Operator for Sample<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(batch) = self.input.next()? else { return Ok(None) };
        let random = match &mut self.draws {
            Draws::Often(sampler) => {
                let rows: Vec<u32> =
                    (0..batch.num_rows() as u32).flat_map(|row| std::iter::repeat_n(row, sampler.draw())).collect();
                return take_rows(&batch, &UInt32Array::from(rows)).map(Some);
            }
            Draws::Once(random) => random,
        };
        let width = self.upper - self.lower;
        let keep: BooleanArray = (0..batch.num_rows())
            .map(|_| {
                if width <= 0.0 {
                    return Some(false);
                }
                let draw = random.next_double();
                Some(draw >= self.lower && draw < self.upper)
            })
            .collect();
        filter_rows(&batch, &keep).map(Some)
    }
}
