//! Chance as a function: the same seed, stream and row always give the same number.

/// A named stream of numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream(u64);

impl Stream {
    /// The stream of this name (FNV-1a).
    pub(super) const fn new(name: &str) -> Stream {
        let bytes = name.as_bytes();
        let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01B3);
            i += 1;
        }
        Stream(hash)
    }

    /// The number at `row`.
    pub(super) fn at(self, seed: u64, row: u64) -> u64 {
        let start = seed.wrapping_add(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(row.wrapping_add(1)));
        mix(mix(start) ^ self.0)
    }

    /// A number below `n`.
    pub(super) fn below(self, seed: u64, row: u64, n: u64) -> u64 {
        ((u128::from(self.at(seed, row)) * u128::from(n)) >> 64) as u64
    }

    /// One of the weighted values.
    pub(super) fn pick<T: Copy>(self, seed: u64, row: u64, table: &[(T, u64)]) -> T {
        let total = table.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(seed, row, total);
        for (value, weight) in table {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        table[table.len() - 1].0
    }

    /// The numbers `0..n` in this stream's order.
    pub(super) fn permutation(self, seed: u64, n: u64) -> Vec<u32> {
        let mut keyed: Vec<(u64, u32)> = (0..n).map(|row| (self.at(seed, row), row as u32)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}

fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
