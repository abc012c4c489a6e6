//! Arrays of floats as vectors, and bits in bitmaps.

use super::super::call::{Call, Kernel};
use super::super::errors;
use crate::common::Result;
use crate::logical::scalar::Scalar;
use arrow::array::ArrayRef;
use arrow::datatypes::{Float32Type, Int64Type};

/// Bits in one bitmap of `bitmap_construct_agg`.
const BITS: i64 = 8 * 4096;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "vector_inner_product" => |call| pairs(call, |a, b| Some(sum(a, b, |x, y| x * y))),
        "vector_l2_distance" => |call| pairs(call, |a, b| Some(libm::sqrt(sum(a, b, |x, y| (x - y) * (x - y))))),
        "vector_cosine_similarity" => |call| {
            pairs(call, |a, b| {
                let lengths = libm::sqrt(sum(a, a, |x, y| x * y)) * libm::sqrt(sum(b, b, |x, y| x * y));
                (lengths != 0.0).then(|| sum(a, b, |x, y| x * y) / lengths)
            })
        },
        "vector_norm" => norms,
        "vector_normalize" => normalize,
        "bitmap_bit_position" => |call| bit_place(call, |n| if n > 0 { (n - 1) % BITS } else { (-n) % BITS }),
        "bitmap_bucket_number" => |call| bit_place(call, |n| if n > 0 { 1 + (n - 1) / BITS } else { n / BITS }),
        "bitmap_count" => |call| {
            let bytes = call.bytes(0)?;
            call.to_numbers::<Int64Type>(|row| {
                Ok(bytes.get(row).map(|bytes| bytes.iter().map(|byte| i64::from(byte.count_ones())).sum()))
            })
        },
        _ => return None,
    })
}

fn sum(a: &[f32], b: &[f32], f: fn(f64, f64) -> f64) -> f64 {
    a.iter().zip(b).map(|(x, y)| f(f64::from(*x), f64::from(*y))).sum()
}

/// The vector in a row; nothing when it, or one of its elements, is null.
pub(in crate::exec) fn floats(value: &Scalar) -> Option<Vec<f32>> {
    let Scalar::Array(items) = value else { return None };
    items.iter().map(|item| if let Scalar::Float(value) = item { Some(*value) } else { None }).collect()
}

fn pairs(call: &Call<'_>, f: fn(&[f32], &[f32]) -> Option<f64>) -> Result<ArrayRef> {
    call.to_numbers::<Float32Type>(|row| {
        let (Some(a), Some(b)) = (floats(&call.scalar(0, row)?), floats(&call.scalar(1, row)?)) else {
            return Ok(None);
        };
        if a.len() != b.len() {
            return Err(errors::runtime(
                "VECTOR_DIMENSION_MISMATCH",
                format!("the vectors of `{}` have {} and {} elements", call.name, a.len(), b.len()),
            ));
        }
        Ok(f(&a, &b).map(|value| value as f32))
    })
}

fn norm(vector: &[f32], degree: f32) -> Option<f64> {
    let sizes = vector.iter().map(|value| f64::from(value.abs()));
    Some(match degree {
        1.0 => sizes.sum(),
        2.0 => libm::sqrt(sizes.map(|size| size * size).sum()),
        f32::INFINITY => sizes.fold(0.0, f64::max),
        _ => return None,
    })
}

fn measured(call: &Call<'_>, row: usize) -> Result<Option<(Vec<f32>, f64)>> {
    let degree = if call.args.len() > 1 { call.numbers::<Float32Type>(1)?.get(row) } else { Some(2.0) };
    let (Some(vector), Some(degree)) = (floats(&call.scalar(0, row)?), degree) else { return Ok(None) };
    let size = norm(&vector, degree).ok_or_else(|| {
        errors::parameter("VECTOR_NORM_DEGREE", call.name, format!("the degree must be 1, 2 or infinity, not {degree}"))
    })?;
    Ok(Some((vector, size)))
}

fn norms(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_numbers::<Float32Type>(|row| Ok(measured(call, row)?.map(|(_, size)| size as f32)))
}

fn normalize(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        Ok(match measured(call, row)? {
            Some((vector, size)) if size != 0.0 => {
                Scalar::Array(vector.iter().map(|value| Scalar::Float((f64::from(*value) / size) as f32)).collect())
            }
            _ => Scalar::Null,
        })
    })
}

fn bit_place(call: &Call<'_>, f: fn(i64) -> i64) -> Result<ArrayRef> {
    let n = call.numbers::<Int64Type>(0)?;
    call.to_numbers::<Int64Type>(|row| Ok(n.get(row).map(f)))
}
