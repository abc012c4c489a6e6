//! Sketches that a script keeps as bytes: distinct keys ([`keyed`]), quantiles ([`quantile`]), and how often
//! values were seen ([`frequency`]).
//!
//! Behind the functions `hll_*`, `theta_*`, `tuple_*` and `kll_*`. Small inputs are counted exactly, large ones are estimated within a
//! bounded size, the same from run to run.
//!
//! **Simplified:** but for count-min sketches, the bytes are our own, not those of the `DataSketches` library, so a sketch cannot be
//! exchanged with real Spark; beyond the nominal size estimates differ from Spark's within the usual error, and HLL sketches are kept as theta sketches are.

pub mod frequency;
pub mod keyed;
pub mod quantile;

/// The sketch that Spark makes by default has so many entries, as a power of two.
pub const DEFAULT_LOG_SIZE: u32 = 12;
/// `k` of a quantile sketch by default.
pub const DEFAULT_K: usize = 200;

/// Reads eight bytes as a number and moves on.
fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_be_bytes(*head))
}
