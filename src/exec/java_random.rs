//! `java.util.Random`, of which Spark takes seeds and draws.

const FACTOR: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

/// The generator with its 48 bits of state.
pub struct JavaRandom(u64);

impl JavaRandom {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: i64) -> JavaRandom {
        JavaRandom((seed.cast_unsigned() ^ FACTOR) & MASK)
    }

    /// The next so many bits, at most 32.
    pub fn bits(&mut self, count: u32) -> u32 {
        self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(0xB) & MASK;
        (self.0 >> (48 - count)) as u32
    }

    /// `nextLong()`.
    pub fn long(&mut self) -> i64 {
        let high = i64::from(self.bits(32).cast_signed()) << 32;
        high.wrapping_add(i64::from(self.bits(32).cast_signed()))
    }

    /// `nextDouble()`.
    pub fn double(&mut self) -> f64 {
        let high = u64::from(self.bits(26)) << 27;
        (high + u64::from(self.bits(27))) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// `nextInt(Integer.MAX_VALUE)`.
    pub fn below_max(&mut self) -> i32 {
        loop {
            let drawn = self.bits(31).cast_signed();
            if drawn != i32::MAX {
                return drawn;
            }
        }
    }
}
