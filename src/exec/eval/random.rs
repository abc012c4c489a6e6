//! Spark's random generator: `XORShiftRandom`, seeded with the seed plus the partition, so that `rand(seed)` gives Spark's numbers.

/// The state of one `rand` in one partition.
#[derive(Debug, Clone)]
pub struct Generator {
    state: i64,
    /// The second of a pair of normal numbers.
    spare: Option<f64>,
}

impl Generator {
    /// A generator for a seed (the partition already added).
    #[must_use]
    pub fn new(seed: i64) -> Self {
        Generator { state: hash_seed(seed), spare: None }
    }

    fn next(&mut self, bits: u32) -> i32 {
        let mut next = self.state ^ (self.state << 21);
        next ^= (next.cast_unsigned() >> 35).cast_signed();
        next ^= next << 4;
        self.state = next;
        (next & ((1_i64 << bits) - 1)) as i32
    }

    /// A number in `[0, 1)`.
    pub fn next_double(&mut self) -> f64 {
        let high = i64::from(self.next(26)) << 27;
        (high + i64::from(self.next(27))) as f64 * (1.0 / (1_i64 << 53) as f64)
    }

    /// A whole number in `[0, bound)`.
    pub fn next_int(&mut self, bound: i32) -> i32 {
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(self.next(31))) >> 31) as i32;
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
        }
    }

    /// 64 random bits.
    pub fn next_long(&mut self) -> i64 {
        (i64::from(self.next(32)) << 32).wrapping_add(i64::from(self.next(32)))
    }

    /// A number of the standard normal distribution.
    pub fn next_gaussian(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.next_double() - 1.0, 2.0 * self.next_double() - 1.0);
            let size = a * a + b * b;
            if size < 1.0 && size != 0.0 {
                let scale = libm::sqrt(-2.0 * libm::log(size) / size);
                self.spare = Some(b * scale);
                return a * scale;
            }
        }
    }
}

/// Spark scatters the seed with Murmur3 of its eight bytes (Scala's variant), twice.
fn hash_seed(seed: i64) -> i64 {
    let bytes = seed.to_be_bytes();
    let low = scala_murmur3(&bytes, 0x3c07_4a61);
    let high = scala_murmur3(&bytes, low);
    (i64::from(high) << 32) | (i64::from(low) & 0xFFFF_FFFF)
}

/// `scala.util.hashing.MurmurHash3.bytesHash` for a multiple of four bytes.
fn scala_murmur3(bytes: &[u8], seed: i32) -> i32 {
    let mut hash = seed.cast_unsigned();
    for word in bytes.chunks_exact(4) {
        let k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        let k = k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        hash = (hash ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    (hash ^ (hash >> 16)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sparks() {
        // spark.range(1).select(rand(42)) on one partition.
        assert_eq!(Generator::new(42).next_double(), 1.857_568_110_675_902_8 / 3.0);
    }
}
