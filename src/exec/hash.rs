//! Spark's two hash functions, bit for bit: Murmur3 (placement, `hash`) and XXH64 (`xxhash64`).
//!
//! A row's hash is a chain: each column's hash is computed with the previous one as its seed, and a null leaves it as it was. Hash
//! partitioning is `murmur3(row, 42)` modulo the number of partitions, never negative (design D9).

use crate::common::{Result, SparkError};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time64MicrosecondType,
    TimestampMicrosecondType,
};

/// Spark's seed for both functions.
pub const SEED: i32 = 42;

/// The chained Murmur3 hash of each row.
///
/// # Errors
/// A column of a type that Spark cannot hash (maps).
pub fn murmur3(columns: &[ArrayRef], rows: usize) -> Result<Vec<i32>> {
    let mut hashes = vec![SEED.cast_unsigned(); rows];
    for column in columns {
        update::<Murmur3>(column, &mut hashes)?;
    }
    Ok(hashes.into_iter().map(u32::cast_signed).collect())
}

/// The reduce partition of each row under hash partitioning.
///
/// # Errors
/// A column of a type that Spark cannot hash (maps).
pub fn partitions(columns: &[ArrayRef], rows: usize, count: usize) -> Result<Vec<u32>> {
    let count = i32::try_from(count.max(1)).unwrap_or(i32::MAX);
    Ok(murmur3(columns, rows)?.into_iter().map(|hash| hash.rem_euclid(count).cast_unsigned()).collect())
}

/// The chained XXH64 hash of each row.
///
/// # Errors
/// A column of a type that Spark cannot hash (maps).
pub fn xxhash64(columns: &[ArrayRef], rows: usize) -> Result<Vec<i64>> {
    let mut hashes = vec![42_u64; rows];
    for column in columns {
        update::<Xx64>(column, &mut hashes)?;
    }
    Ok(hashes.into_iter().map(u64::cast_signed).collect())
}

/// One hash function over the three shapes that values take.
trait Hasher {
    type State: Copy;
    fn int(value: i32, seed: Self::State) -> Self::State;
    fn long(value: i64, seed: Self::State) -> Self::State;
    fn bytes(value: &[u8], seed: Self::State) -> Self::State;
}

fn update<H: Hasher>(column: &ArrayRef, hashes: &mut [H::State]) -> Result<()> {
    macro_rules! each {
        ($array:expr, $value:ident => $hash:expr) => {{
            let array = $array;
            if array.null_count() == 0 {
                for (row, hash) in hashes.iter_mut().enumerate() {
                    let $value = array.value(row);
                    *hash = ($hash)(*hash);
                }
            } else {
                for (row, hash) in hashes.iter_mut().enumerate() {
                    if array.is_valid(row) {
                        let $value = array.value(row);
                        *hash = ($hash)(*hash);
                    }
                }
            }
        }};
    }
    match column.data_type() {
        DataType::Null => {}
        DataType::Boolean => each!(column.as_boolean(), v => |h| H::int(i32::from(v), h)),
        DataType::Int8 => each!(column.as_primitive::<Int8Type>(), v => |h| H::int(i32::from(v), h)),
        DataType::Int16 => each!(column.as_primitive::<Int16Type>(), v => |h| H::int(i32::from(v), h)),
        DataType::Int32 => each!(column.as_primitive::<Int32Type>(), v => |h| H::int(v, h)),
        DataType::Date32 => each!(column.as_primitive::<Date32Type>(), v => |h| H::int(v, h)),
        DataType::Interval(IntervalUnit::YearMonth) => {
            each!(column.as_primitive::<IntervalYearMonthType>(), v => |h| H::int(v, h));
        }
        DataType::Int64 => each!(column.as_primitive::<Int64Type>(), v => |h| H::long(v, h)),
        DataType::Timestamp(..) => {
            each!(column.as_primitive::<TimestampMicrosecondType>(), v => |h| H::long(v, h));
        }
        DataType::Time64(_) => each!(column.as_primitive::<Time64MicrosecondType>(), v => |h| H::long(v, h)),
        DataType::Duration(_) => each!(column.as_primitive::<DurationMicrosecondType>(), v => |h| H::long(v, h)),
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            each!(column.as_primitive::<IntervalMonthDayNanoType>(), v => |h| {
                H::int(v.months, H::int(v.days, H::long(v.nanoseconds / 1_000, h)))
            });
        }
        DataType::Float32 => each!(column.as_primitive::<Float32Type>(), v => |h| H::int(float_bits(v), h)),
        DataType::Float64 => each!(column.as_primitive::<Float64Type>(), v => |h| H::long(double_bits(v), h)),
        DataType::Decimal128(precision, _) if *precision <= 18 => {
            each!(column.as_primitive::<Decimal128Type>(), v => |h| H::long(v as i64, h));
        }
        DataType::Decimal128(..) => {
            each!(column.as_primitive::<Decimal128Type>(), v => |h| H::bytes(shortest_bytes(&v.to_be_bytes()), h));
        }
        DataType::Utf8View => each!(column.as_string_view(), v => |h| H::bytes(v.as_bytes(), h)),
        DataType::Utf8 => each!(column.as_string::<i32>(), v => |h| H::bytes(v.as_bytes(), h)),
        DataType::BinaryView => each!(column.as_binary_view(), v => |h| H::bytes(v, h)),
        DataType::Struct(_) => nested_struct::<H>(column, hashes)?,
        DataType::List(_) => {
            let lists = column.as_list::<i32>();
            for (row, hash) in hashes.iter_mut().enumerate() {
                if lists.is_valid(row) {
                    let items = lists.value(row);
                    for i in 0..items.len() {
                        let mut one = [*hash];
                        update::<H>(&items.slice(i, 1), &mut one)?;
                        *hash = one[0];
                    }
                }
            }
        }
        DataType::Map(..) => {
            let maps = column.as_map();
            for (row, hash) in hashes.iter_mut().enumerate() {
                if maps.is_valid(row) {
                    let entries = maps.value(row);
                    for i in 0..entries.len() {
                        let mut one = [*hash];
                        for part in entries.columns() {
                            update::<H>(&part.slice(i, 1), &mut one)?;
                        }
                        *hash = one[0];
                    }
                }
            }
        }
        other => return Err(SparkError::internal(format!("a value of Arrow type {other} cannot be hashed"))),
    }
    Ok(())
}

fn nested_struct<H: Hasher>(column: &ArrayRef, hashes: &mut [H::State]) -> Result<()> {
    let parts = column.as_struct();
    let before: Vec<H::State> = hashes.to_vec();
    for part in parts.columns() {
        update::<H>(part, hashes)?;
    }
    for (row, hash) in hashes.iter_mut().enumerate() {
        if parts.is_null(row) {
            *hash = before[row];
        }
    }
    Ok(())
}

fn float_bits(value: f32) -> i32 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        0x7fc0_0000
    } else {
        value.to_bits().cast_signed()
    }
}

fn double_bits(value: f64) -> i64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        0x7ff8_0000_0000_0000
    } else {
        value.to_bits().cast_signed()
    }
}

/// The bytes of Java's `BigInteger.toByteArray`: big-endian, two's complement, no needless leading byte.
fn shortest_bytes(bytes: &[u8]) -> &[u8] {
    let mut start = 0;
    while start + 1 < bytes.len()
        && ((bytes[start] == 0 && bytes[start + 1] < 0x80) || (bytes[start] == 0xff && bytes[start + 1] >= 0x80))
    {
        start += 1;
    }
    &bytes[start..]
}

struct Murmur3;

impl Murmur3 {
    fn mix_k(k: u32) -> u32 {
        k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
    }

    fn mix_h(h: u32, k: u32) -> u32 {
        (h ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
    }

    fn finish(h: u32, length: u32) -> u32 {
        let h = h ^ length;
        let h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
        let h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
        h ^ (h >> 16)
    }
}

impl Hasher for Murmur3 {
    type State = u32;

    fn int(value: i32, seed: u32) -> u32 {
        Self::finish(Self::mix_h(seed, Self::mix_k(value.cast_unsigned())), 4)
    }

    fn long(value: i64, seed: u32) -> u32 {
        let low = Self::mix_h(seed, Self::mix_k(value as u32));
        let high = Self::mix_h(low, Self::mix_k((value >> 32) as u32));
        Self::finish(high, 8)
    }

    /// Spark's own variant: whole words, then every left-over byte as a signed word.
    fn bytes(value: &[u8], seed: u32) -> u32 {
        let mut words = value.chunks_exact(4);
        let mut hash = seed;
        for word in &mut words {
            hash = Self::mix_h(hash, Self::mix_k(u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
        }
        for byte in words.remainder() {
            hash = Self::mix_h(hash, Self::mix_k(i32::from(byte.cast_signed()).cast_unsigned()));
        }
        Self::finish(hash, value.len() as u32)
    }
}

/// Spark's Murmur3 of some bytes.
#[must_use]
pub fn murmur3_bytes(bytes: &[u8], seed: i32) -> i32 {
    Murmur3::bytes(bytes, seed.cast_unsigned()).cast_signed()
}

struct Xx64;

const P1: u64 = 0x9E37_79B1_85EB_CA87;
const P2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const P3: u64 = 0x1656_67B1_9E37_79F9;
const P4: u64 = 0x85EB_CA77_C2B2_AE63;
const P5: u64 = 0x27D4_EB2F_1656_67C5;

impl Xx64 {
    fn finish(mut hash: u64) -> u64 {
        hash = (hash ^ (hash >> 33)).wrapping_mul(P2);
        hash = (hash ^ (hash >> 29)).wrapping_mul(P3);
        hash ^ (hash >> 32)
    }

    fn round(accumulator: u64, lane: u64) -> u64 {
        accumulator.wrapping_add(lane.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1)
    }

    fn stripes(value: &[u8], seed: u64) -> (u64, usize) {
        let mut lanes = [seed.wrapping_add(P1).wrapping_add(P2), seed.wrapping_add(P2), seed, seed.wrapping_sub(P1)];
        let mut used = 0;
        for stripe in value.chunks_exact(32) {
            for (lane, word) in lanes.iter_mut().zip(stripe.chunks_exact(8)) {
                *lane = Self::round(*lane, word_of(word));
            }
            used += 32;
        }
        let mut hash = lanes[0]
            .rotate_left(1)
            .wrapping_add(lanes[1].rotate_left(7))
            .wrapping_add(lanes[2].rotate_left(12))
            .wrapping_add(lanes[3].rotate_left(18));
        for lane in lanes {
            hash = (hash ^ Self::round(0, lane)).wrapping_mul(P1).wrapping_add(P4);
        }
        (hash, used)
    }
}

fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

impl Hasher for Xx64 {
    type State = u64;

    fn int(value: i32, seed: u64) -> u64 {
        let hash = seed.wrapping_add(P5).wrapping_add(4) ^ u64::from(value.cast_unsigned()).wrapping_mul(P1);
        Self::finish(hash.rotate_left(23).wrapping_mul(P2).wrapping_add(P3))
    }

    fn long(value: i64, seed: u64) -> u64 {
        let hash = seed.wrapping_add(P5).wrapping_add(8) ^ Self::round(0, value.cast_unsigned());
        Self::finish(hash.rotate_left(27).wrapping_mul(P1).wrapping_add(P4))
    }

    fn bytes(value: &[u8], seed: u64) -> u64 {
        let (mut hash, used) = if value.len() >= 32 { Self::stripes(value, seed) } else { (seed.wrapping_add(P5), 0) };
        hash = hash.wrapping_add(value.len() as u64);
        let mut words = value[used..].chunks_exact(8);
        for word in &mut words {
            hash = (hash ^ Self::round(0, word_of(word))).rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
        }
        let mut rest = words.remainder();
        if rest.len() >= 4 {
            hash = (hash ^ word_of(&rest[..4]).wrapping_mul(P1)).rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
            rest = &rest[4..];
        }
        for byte in rest {
            hash = (hash ^ u64::from(*byte).wrapping_mul(P5)).rotate_left(11).wrapping_mul(P1);
        }
        Self::finish(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, StringViewArray};
    use std::sync::Arc;

    fn texts(values: Vec<Option<&str>>) -> ArrayRef {
        Arc::new(StringViewArray::from(values))
    }

    #[test]
    fn hashes_of_text_are_sparks() {
        let column = texts(vec![Some("Spark"), Some(""), None, Some("żółw")]);
        assert_eq!(murmur3(std::slice::from_ref(&column), 4).unwrap(), [228_093_765, 142_593_372, 42, -287_208_812]);
        assert_eq!(
            xxhash64(&[column], 4).unwrap(),
            [-4_294_468_057_691_064_905, -7_444_071_767_201_028_348, 42, -1_977_324_222_704_220_536]
        );
    }

    #[test]
    fn columns_chain() {
        let one: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        assert_eq!(murmur3(&[one, texts(vec![Some("a")])], 1).unwrap(), [-936_062_819]);
    }
}
