//! `approx_count_distinct`: HyperLogLog++ over xxHash64, with Spark's registers and its linear counting for small numbers.
//!
//! **Simplified:** between linear counting and large numbers Spark corrects the estimate by tables measured for HyperLogLog++; here
//! the raw estimate stands there.

use super::accumulator::Accumulator;
use crate::common::Result;
use crate::exec::hash::xxhash64;
use crate::exec::keys::normalized;
use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, Int64Array};
use std::sync::Arc;

/// Below this estimate, by precision from 4, linear counting is used.
const THRESHOLDS: [f64; 15] = [
    10.0, 20.0, 40.0, 80.0, 220.0, 400.0, 900.0, 1800.0, 3100.0, 6500.0, 15500.0, 20000.0, 50000.0, 120_000.0,
    350_000.0,
];

/// Registers for each group.
pub struct DistinctSketch {
    precision: u32,
    registers: Vec<u8>,
}

impl DistinctSketch {
    /// For a relative standard deviation.
    pub fn new(deviation: f64) -> Self {
        let precision = (2.0 * (1.106 / deviation).ln() / 2f64.ln()).ceil() as u32;
        DistinctSketch { precision: precision.clamp(4, 18), registers: Vec::new() }
    }

    fn width(&self) -> usize {
        1 << self.precision
    }

    fn estimate(&self, registers: &[u8]) -> i64 {
        let m = self.width() as f64;
        let (mut inverse, mut zeros) = (0.0, 0.0);
        for register in registers {
            inverse += 1.0 / (1u64 << register) as f64;
            if *register == 0 {
                zeros += 1.0;
            }
        }
        let alpha = match self.precision {
            4 => 0.673,
            5 => 0.697,
            6 => 0.709,
            _ => 0.7213 / (1.0 + 1.079 / m),
        };
        let raw = alpha * m * m / inverse;
        let linear = m * (m / zeros).ln();
        let estimate = if zeros > 0.0 && linear <= THRESHOLDS[self.precision as usize - 4] { linear } else { raw };
        estimate.round() as i64
    }
}

impl Accumulator for DistinctSketch {
    fn resize(&mut self, groups: usize) {
        self.registers.resize(groups * self.width(), 0);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let hashes = xxhash64(&[normalized(args[0].clone())], groups.len())?;
        let (width, precision) = (self.width(), self.precision);
        for (row, (hash, group)) in hashes.into_iter().zip(groups).enumerate() {
            if args[0].is_null(row) {
                continue;
            }
            let hash = hash as u64;
            let index = (hash >> (64 - precision)) as usize;
            let rest = (hash << precision) | (1 << (precision - 1));
            let rank = (rest.leading_zeros() + 1) as u8;
            let register = &mut self.registers[*group as usize * width + index];
            *register = (*register).max(rank);
        }
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let width = self.width();
        let sketches = buffers[0].as_binary_view();
        for (row, group) in groups.iter().enumerate().filter(|(row, _)| sketches.is_valid(*row)) {
            let own = &mut self.registers[*group as usize * width..(*group as usize + 1) * width];
            for (register, other) in own.iter_mut().zip(sketches.value(row)) {
                *register = (*register).max(*other);
            }
        }
        Ok(())
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let mut builder = BinaryViewBuilder::new();
        for sketch in self.registers.chunks(self.width()) {
            builder.append_value(sketch);
        }
        Ok(vec![Arc::new(builder.finish())])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let counts = self.registers.chunks(self.width()).map(|sketch| self.estimate(sketch));
        Ok(Arc::new(Int64Array::from(counts.collect::<Vec<_>>())))
    }

    fn size(&self) -> usize {
        self.registers.capacity()
    }
}
