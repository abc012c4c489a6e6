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

    /// 32 random bits.
    pub fn next_word(&mut self) -> i32 {
        self.next(32)
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

/// The Mersenne Twister, from which Spark draws UUIDs.
#[derive(Debug, Clone)]
pub struct Mersenne {
    state: Vec<u32>,
    at: usize,
}

impl Mersenne {
    const SIZE: usize = 624;

    /// A generator for a seed, whose two halves are the key.
    #[must_use]
    pub fn new(seed: i64) -> Self {
        let mut state = vec![19_650_218_u32];
        let scattered = |state: &[u32], i: usize| state[i - 1] ^ (state[i - 1] >> 30);
        for i in 1..Self::SIZE {
            state.push(scattered(&state, i).wrapping_mul(1_812_433_253).wrapping_add(i as u32));
        }
        let key = [(seed >> 32) as u32, seed as u32];
        let (mut i, mut j) = (1, 0);
        for _ in 0..Self::SIZE {
            let mixed = state[i] ^ scattered(&state, i).wrapping_mul(1_664_525);
            state[i] = mixed.wrapping_add(key[j]).wrapping_add(j as u32);
            (i, j) = (i + 1, (j + 1) % key.len());
            if i == Self::SIZE {
                (state[0], i) = (state[Self::SIZE - 1], 1);
            }
        }
        for _ in 1..Self::SIZE {
            let mixed = state[i] ^ scattered(&state, i).wrapping_mul(1_566_083_941);
            state[i] = mixed.wrapping_sub(i as u32);
            i += 1;
            if i == Self::SIZE {
                (state[0], i) = (state[Self::SIZE - 1], 1);
            }
        }
        state[0] = 0x8000_0000;
        Mersenne { state, at: Self::SIZE }
    }

    fn refill(&mut self) {
        for i in 0..Self::SIZE {
            let (next, far) = ((i + 1) % Self::SIZE, (i + 397) % Self::SIZE);
            let joined = (self.state[i] & 0x8000_0000) | (self.state[next] & 0x7fff_ffff);
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[far] ^ (joined >> 1) ^ twist;
        }
        self.at = 0;
    }

    fn next_word(&mut self) -> u32 {
        if self.at == Self::SIZE {
            self.refill();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// 64 random bits.
    pub fn next_long(&mut self) -> u64 {
        (u64::from(self.next_word()) << 32) | u64::from(self.next_word())
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
