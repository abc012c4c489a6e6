//! Seeded chance: one independent, version-stable stream per purpose.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The random stream called `name` of the run with this `seed`.
///
/// Streams of different names are independent, so a new user of chance never shifts an old one.
#[must_use]
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed ^ fnv1a(name))
}

/// FNV-1a, 64 bit, of the UTF-8 bytes.
#[must_use]
pub fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
