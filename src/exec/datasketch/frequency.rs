//! Spark's count-min sketch: how often values were seen, never too few, in a table of counters.
//!
//! Each row of the table counts every value in one of its columns; a row's hash is drawn from the seed as Java draws it.

use crate::exec::hash::murmur3_bytes;
use crate::exec::java_random::JavaRandom;
use crate::logical::scalar::Scalar;

/// 2^31 - 1.
const PRIME: i64 = 0x7FFF_FFFF;
const VERSION: i32 = 1;

/// A table of counters and the numbers that its rows hash with.
pub struct FrequencySketch {
    width: i32,
    hashes: Vec<i64>,
    table: Vec<i64>,
    total: i64,
}

impl FrequencySketch {
    /// An empty table.
    pub fn new(depth: i32, width: i32, seed: i64) -> Self {
        let mut random = JavaRandom::new(seed);
        let hashes = (0..depth).map(|_| i64::from(random.below_max())).collect();
        FrequencySketch { width, hashes, table: vec![0; depth as usize * width as usize], total: 0 }
    }

    /// Counts a value; only whole numbers, texts and bytes can be counted.
    pub fn add(&mut self, value: &Scalar) {
        let columns: Vec<i32> = match value {
            Scalar::Byte(value) => self.columns_of_number(i64::from(*value)),
            Scalar::Short(value) => self.columns_of_number(i64::from(*value)),
            Scalar::Integer(value) => self.columns_of_number(i64::from(*value)),
            Scalar::Long(value) => self.columns_of_number(*value),
            Scalar::String(text) => self.columns_of_bytes(text.as_bytes()),
            Scalar::Binary(bytes) => self.columns_of_bytes(bytes),
            _ => return,
        };
        for (row, column) in columns.into_iter().enumerate() {
            self.table[row * self.width as usize + column as usize] += 1;
        }
        self.total += 1;
    }

    fn columns_of_number(&self, value: i64) -> Vec<i32> {
        let column = |factor: &i64| {
            let product = factor.wrapping_mul(value);
            let hash = product.wrapping_add(product >> 32) & PRIME;
            hash as i32 % self.width
        };
        self.hashes.iter().map(column).collect()
    }

    fn columns_of_bytes(&self, bytes: &[u8]) -> Vec<i32> {
        let first = murmur3_bytes(bytes, 0);
        let second = murmur3_bytes(bytes, first);
        let row = |i: usize| (first.wrapping_add((i as i32).wrapping_mul(second)) % self.width).abs();
        (0..self.hashes.len()).map(row).collect()
    }

    /// As Spark writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = VERSION.to_be_bytes().to_vec();
        out.extend_from_slice(&self.total.to_be_bytes());
        out.extend_from_slice(&(self.hashes.len() as i32).to_be_bytes());
        out.extend_from_slice(&self.width.to_be_bytes());
        self.hashes.iter().chain(&self.table).for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_sparks() {
        let mut sketch = FrequencySketch::new(1, 1, 1);
        for i in 0..100 {
            sketch.add(&Scalar::Long(i));
        }
        let bytes = sketch.to_bytes();
        assert_eq!(bytes[..20], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 1, 0, 0, 0, 1]);
        assert_eq!(bytes[20..], [0, 0, 0, 0, 0x5D, 0x8D, 0x6A, 0xB9, 0, 0, 0, 0, 0, 0, 0, 100]);
    }
}
