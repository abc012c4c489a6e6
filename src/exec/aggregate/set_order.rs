//! The order in which `collect_set` gives its values: that of the hash set in which Spark keeps them.
//!
//! Spark promises no order, but a script's output shows one. The set is a table of buckets that doubles when three quarters are full; a
//! value lies in the bucket of its hash, and inside a bucket values are sorted by hash.
//!
//! **Simplified:** values of nested types and decimals stay in the order in which they came.

use crate::common::Result;
use crate::exec::hash::murmur3;
use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};

/// Brings the values of each group, which lie between two offsets, into that order.
///
/// # Errors
/// When Arrow refuses the indices.
pub(super) fn in_set_order(values: &ArrayRef, offsets: &[i32]) -> Result<ArrayRef> {
    let Some(hashes) = hashes(values)? else { return Ok(values.clone()) };
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    for pair in offsets.windows(2) {
        let group = &mut order[pair[0] as usize..pair[1] as usize];
        let mut table = 16_usize;
        while group.len() >= table * 3 / 4 {
            table *= 2;
        }
        let mask = table as u32 - 1;
        group.sort_by_key(|row| {
            let hash = hashes[*row as usize];
            let spread = hash ^ (hash >> 16);
            (spread & mask, spread.cast_signed())
        });
    }
    Ok(take(values, &UInt32Array::from(order), None)?)
}

fn hashes(values: &ArrayRef) -> Result<Option<Vec<u32>>> {
    macro_rules! each {
        ($array:expr, $value:ident => $hash:expr) => {
            (0..values.len())
                .map(|row| {
                    let $value = $array.value(row);
                    $hash
                })
                .collect()
        };
    }
    Ok(Some(match values.data_type() {
        DataType::Utf8View => {
            murmur3(std::slice::from_ref(values), values.len())?.into_iter().map(i32::cast_unsigned).collect()
        }
        DataType::Boolean => each!(values.as_boolean(), v => if v { 1231 } else { 1237 }),
        DataType::Int8 => each!(values.as_primitive::<Int8Type>(), v => i32::from(v).cast_unsigned()),
        DataType::Int16 => each!(values.as_primitive::<Int16Type>(), v => i32::from(v).cast_unsigned()),
        DataType::Int32 => each!(values.as_primitive::<Int32Type>(), v => v.cast_unsigned()),
        DataType::Date32 => each!(values.as_primitive::<Date32Type>(), v => v.cast_unsigned()),
        DataType::Int64 => each!(values.as_primitive::<Int64Type>(), v => of_long(v)),
        DataType::Timestamp(..) => each!(values.as_primitive::<TimestampMicrosecondType>(), v => of_long(v)),
        DataType::Float32 => each!(values.as_primitive::<Float32Type>(), v => of_float(v)),
        DataType::Float64 => each!(values.as_primitive::<Float64Type>(), v => of_double(v)),
        _ => return Ok(None),
    }))
}

fn folded(bits: u64) -> u32 {
    (bits ^ (bits >> 32)) as u32
}

fn of_long(value: i64) -> u32 {
    i32::try_from(value).map_or_else(|_| folded(value.cast_unsigned()), i32::cast_unsigned)
}

#[expect(clippy::float_cmp, reason = "whether a number is whole is an exact question")]
fn of_float(value: f32) -> u32 {
    let (int, long) = (value as i32, value as i64);
    if int as f32 == value {
        int.cast_unsigned()
    } else if long as f32 == value {
        folded(long.cast_unsigned())
    } else {
        value.to_bits()
    }
}

#[expect(clippy::float_cmp, reason = "whether a number is whole is an exact question")]
fn of_double(value: f64) -> u32 {
    let (int, long, float) = (value as i32, value as i64, value as f32);
    if f64::from(int) == value {
        int.cast_unsigned()
    } else if long as f64 == value {
        folded(long.cast_unsigned())
    } else if f64::from(float) == value {
        float.to_bits()
    } else {
        folded(value.to_bits())
    }
}
