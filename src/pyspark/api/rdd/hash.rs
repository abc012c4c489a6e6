//! `portable_hash`: where PySpark puts the keys of pair RDDs.
//!
//! Texts are hashed as CPython does with `PYTHONHASHSEED=0` (SipHash-1-3 without a key), so that a key lands in Spark's partition.

use crate::pyspark::api::row::Row;
use crate::pyspark::lang::hash::hash_of;
use crate::pyspark::lang::{Interpreter, PyResult, Value};

/// PySpark's hash of a key.
///
/// # Errors
/// `TypeError` for values that cannot be hashed.
pub fn portable_hash(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    match value {
        Value::None => Ok(0),
        Value::Str(text) => Ok(hash_text(text)),
        Value::Bytes(bytes) => Ok(hash_bytes(bytes)),
        Value::Tuple(items) => hash_items(interp, items),
        other => match other.downcast::<Row>() {
            Some(row) => hash_items(interp, &row.values.clone()),
            None => hash_of(interp, other),
        },
    }
}

fn hash_items(interp: &mut Interpreter, items: &[Value]) -> PyResult<i64> {
    let mut hash = 0x34_5678_i128;
    for item in items {
        hash ^= i128::from(portable_hash(interp, item)?);
        hash = hash.wrapping_mul(1_000_003) & i128::from(i64::MAX);
    }
    hash ^= items.len() as i128;
    Ok(if hash == -1 { -2 } else { hash as i64 })
}

fn hash_text(text: &str) -> i64 {
    let widest = text.chars().map(u32::from).max().unwrap_or(0);
    let bytes: Vec<u8> = match widest {
        0..=0xFF => text.chars().map(|c| u32::from(c) as u8).collect(),
        0x100..=0xFFFF => text.chars().flat_map(|c| (u32::from(c) as u16).to_le_bytes()).collect(),
        _ => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
    };
    hash_bytes(&bytes)
}

fn hash_bytes(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    let hash = siphash13(bytes) as i64;
    if hash == -1 { -2 } else { hash }
}

fn siphash13(bytes: &[u8]) -> u64 {
    let mut v = [0x736f_6d65_7073_6575_u64, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let mut last = (bytes.len() as u64) << 56;
    for (i, byte) in chunks.remainder().iter().enumerate() {
        last |= u64::from(*byte) << (8 * i);
    }
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_hash_as_in_cpython_with_seed_zero() {
        assert_eq!(hash_text(""), 0);
        assert_eq!(hash_text("日本"), 6_243_316_497_235_261_705);
        assert_eq!(hash_text("a"), 4_644_417_185_603_328_019);
    }
}
