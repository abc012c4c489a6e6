//! Spark's random numbers: `XORShiftRandom` over `java.util.Random`'s derived draws, so that samples and round-robin starts equal Spark's.

/// Spark's `XORShiftRandom`.
#[derive(Debug, Clone)]
pub struct XorShiftRandom {
    state: i64,
}

impl XorShiftRandom {
    /// A generator whose seed is hashed first, as Spark does.
    #[must_use]
    pub fn new(seed: i64) -> Self {
        XorShiftRandom { state: hash_seed(seed) }
    }

    fn next(&mut self, bits: u32) -> i32 {
        let mut x = self.state ^ (self.state << 21);
        x ^= ((x as u64) >> 35) as i64;
        x ^= x << 4;
        self.state = x;
        (x & ((1i64 << bits) - 1)) as i32
    }

    /// A number in `0..bound`; 0 when there is no room.
    pub fn next_int(&mut self, bound: usize) -> usize {
        let Ok(bound) = i32::try_from(bound) else { return 0 };
        if bound <= 1 {
            self.next(31);
            return 0;
        }
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(self.next(31))) >> 31) as usize;
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value as usize;
            }
        }
    }

    /// A number in `0.0..1.0`.
    pub fn next_double(&mut self) -> f64 {
        let high = i64::from(self.next(26)) << 27;
        (high + i64::from(self.next(27))) as f64 * (1.0 / (1i64 << 53) as f64)
    }
}

fn hash_seed(seed: i64) -> i64 {
    let bytes = seed.to_be_bytes();
    let low = murmur3_bytes(&bytes, 0x3c07_4a61);
    let high = murmur3_bytes(&bytes, low);
    (i64::from(high) << 32) | (i64::from(low) & 0xFFFF_FFFF)
}

/// Scala's `MurmurHash3.bytesHash` for a length that is a multiple of four.
fn murmur3_bytes(bytes: &[u8], seed: i32) -> i32 {
    let mut hash = seed as u32;
    for word in bytes.chunks_exact(4) {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(0xcc9e_2d51);
        k = k.rotate_left(15).wrapping_mul(0x1b87_3593);
        hash = (hash ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    (hash ^ (hash >> 16)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_in_range_and_repeat() {
        let draw = |seed| {
            let mut rng = XorShiftRandom::new(seed);
            (0..100).map(|_| rng.next_int(7)).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        assert!(draw(3).iter().all(|value| *value < 7));
        assert_ne!(draw(3), draw(4));
        let mut rng = XorShiftRandom::new(42);
        assert!((0..100).map(|_| rng.next_double()).all(|value| (0.0..1.0).contains(&value)));
    }
}
