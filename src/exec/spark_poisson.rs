//! The Poisson draws of Spark's samples with replacement: Apache Commons' `PoissonDistribution` over its generator WELL19937c.

use super::java_random::JavaRandom;

const WORDS: usize = 624;

/// Draws how often a row is taken.
pub struct PoissonSampler {
    words: Box<[u32; WORDS]>,
    index: usize,
    mean: f64,
    /// `exp(-mean)`.
    limit: f64,
}

impl PoissonSampler {
    /// The sampler of a partition whose draws have this mean: partition by partition, the seeds are what `java.util.Random` gives.
    #[must_use]
    pub fn new(mean: f64, seed: i64, partition: usize) -> Self {
        let mut java = JavaRandom::new(seed);
        let own = (0..partition).fold(java.long(), |_, _| java.long());
        PoissonSampler::seeded(mean, own)
    }

    fn seeded(mean: f64, seed: i64) -> Self {
        let mut words = Box::new([0_u32; WORDS]);
        words[0] = (seed as u64 >> 32) as u32;
        words[1] = seed as u32;
        for i in 2..WORDS {
            let before = i64::from(words[i - 2] as i32);
            words[i] = 1_812_433_253_i64.wrapping_mul(before ^ (before >> 30)).wrapping_add(i as i64) as u32;
        }
        PoissonSampler { words, index: 0, mean, limit: libm::exp(-mean) }
    }

    fn next(&mut self, bits: u32) -> u32 {
        let at = |offset: usize| (self.index + offset) % WORDS;
        let (before, two_before) = (at(WORDS - 1), at(WORDS - 2));
        let (v0, v1, v2, v3) = (self.words[self.index], self.words[at(70)], self.words[at(179)], self.words[at(449)]);
        let z0 = (0x8000_0000 & self.words[before]) ^ (0x7FFF_FFFF & self.words[two_before]);
        let z1 = (v0 ^ (v0 << 25)) ^ (v1 ^ (v1 >> 27));
        let z2 = (v2 >> 9) ^ (v3 ^ (v3 >> 1));
        let z3 = z1 ^ z2;
        let mut z4 = z0 ^ (z1 ^ (z1 << 9)) ^ (z2 ^ (z2 << 21)) ^ (z3 ^ (z3 >> 21));
        self.words[self.index] = z3;
        self.words[before] = z4;
        self.words[two_before] &= 0x8000_0000;
        self.index = before;
        z4 ^= (z4 << 7) & 0xe46e_1700;
        z4 ^= (z4 << 15) & 0x9b86_8000;
        z4 >> (32 - bits)
    }

    fn next_double(&mut self) -> f64 {
        let high = u64::from(self.next(26)) << 26;
        (high | u64::from(self.next(26))) as f64 * (1.0 / (1_u64 << 52) as f64)
    }

    /// How often the next row is taken.
    ///
    /// **Simplified:** means of 40 and more are drawn in this way, too, where Commons takes another.
    pub fn draw(&mut self) -> usize {
        let mut product = 1.0;
        let mut count = 0;
        while (count as f64) < 1000.0 * self.mean {
            product *= self.next_double();
            if product < self.limit {
                break;
            }
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::PoissonSampler;

    #[test]
    fn a_seed_takes_the_rows_that_spark_takes() {
        let mut sampler = PoissonSampler::new(0.5, 3, 0);
        let taken: usize = (0..10).map(|_| sampler.draw()).sum();
        assert_eq!(taken, 2, "df.sample(withReplacement=True, fraction=0.5, seed=3) of ten rows in one partition");
    }
}
