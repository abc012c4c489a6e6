//! Questions to sketches, and sketches out of sketches.

use super::super::call::{Call, Kernel};
use super::super::errors;
use crate::common::{Result, SparkError};
use crate::exec::datasketch::keyed::{KeySketch, Mode, Summary};
use crate::exec::datasketch::quantile::{QuantileSketch, ordered_real, ordered_whole, real_of, whole_of};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::ArrayRef;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "hll_sketch_estimate" | "theta_sketch_estimate" => |call| {
            call.to_numbers::<Int64Type>(|row| {
                Ok(keys(call, 0, row)?.map(|sketch| libm::round(sketch.estimate()) as i64))
            })
        },
        "tuple_sketch_estimate_double" => {
            |call| call.to_numbers::<Float64Type>(|row| Ok(keys(call, 0, row)?.map(|sketch| sketch.estimate())))
        }
        "tuple_sketch_theta_double" => {
            |call| call.to_numbers::<Float64Type>(|row| Ok(keys(call, 0, row)?.map(|sketch| sketch.theta())))
        }
        "tuple_sketch_summary_double" | "tuple_sketch_summary_integer" => summary,
        "hll_union"
        | "theta_union"
        | "tuple_union_double"
        | "tuple_union_theta_double"
        | "tuple_union_theta_integer"
        | "theta_intersection"
        | "tuple_intersection_double"
        | "tuple_intersection_theta_double"
        | "theta_difference"
        | "tuple_difference_double"
        | "tuple_difference_theta_double" => combine,
        "kll_sketch_get_n_bigint" => {
            |call| call.to_numbers::<Int64Type>(|row| Ok(numbers(call, 0, row)?.map(|sketch| sketch.count() as i64)))
        }
        "kll_sketch_merge_bigint" => |call| {
            call.to_bytes(|row| {
                let (Some(mut own), Some(other)) = (numbers(call, 0, row)?, numbers(call, 1, row)?) else {
                    return Ok(None);
                };
                own.merge(&other);
                Ok(Some(own.to_bytes()))
            })
        },
        "kll_sketch_to_string_bigint" | "kll_sketch_to_string_float" | "kll_sketch_to_string_double" => |call| {
            let kind = call.name.rsplit('_').next().unwrap_or_default();
            call.to_texts(|row| Ok(numbers(call, 0, row)?.map(|sketch| sketch.text(kind))))
        },
        "kll_sketch_get_quantile_bigint"
        | "kll_sketch_get_quantile_float"
        | "kll_sketch_get_quantile_double"
        | "kll_sketch_get_rank_bigint"
        | "kll_sketch_get_rank_float"
        | "kll_sketch_get_rank_double" => answer,
        _ => return None,
    })
}

fn no_sketch(call: &Call<'_>) -> SparkError {
    errors::runtime(
        "SKETCH_INVALID_INPUT_BUFFER",
        format!("an argument of `{}` is not the bytes of a sketch", call.name),
    )
    .with_help("sketches come from the *_sketch_agg functions of this engine")
}

fn keys(call: &Call<'_>, i: usize, row: usize) -> Result<Option<KeySketch>> {
    let Some(bytes) = call.bytes(i)?.get(row) else { return Ok(None) };
    KeySketch::of_bytes(bytes).ok_or_else(|| no_sketch(call)).map(Some)
}

fn numbers(call: &Call<'_>, i: usize, row: usize) -> Result<Option<QuantileSketch>> {
    let Some(bytes) = call.bytes(i)?.get(row) else { return Ok(None) };
    QuantileSketch::of_bytes(bytes).ok_or_else(|| no_sketch(call)).map(Some)
}

fn mode(call: &Call<'_>, row: usize) -> Result<Mode> {
    let last = call.args.len() - 1;
    if call.types[last] != DataType::String {
        return Ok(Mode::Sum);
    }
    let name = call.texts(last)?.get(row).unwrap_or("sum");
    Mode::named(name).ok_or_else(|| errors::parameter("TUPLE_MODE", call.name, format!("there is no mode '{name}'")))
}

fn summary(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let found = match keys(call, 0, row)? {
            Some(sketch) => sketch.summary(mode(call, row)?),
            None => None,
        };
        Ok(match found {
            None => Scalar::Null,
            Some(Summary::Whole(value)) if *call.out == DataType::Long => Scalar::Long(value),
            Some(Summary::Whole(value)) => Scalar::Double(value as f64),
            Some(Summary::Real(value)) if *call.out == DataType::Long => Scalar::Long(value as i64),
            Some(Summary::Real(value)) => Scalar::Double(value),
        })
    })
}

fn combine(call: &Call<'_>) -> Result<ArrayRef> {
    let sized = call.types.get(2) == Some(&DataType::Integer);
    call.to_bytes(|row| {
        let (Some(mut own), Some(mut other)) = (keys(call, 0, row)?, keys(call, 1, row)?) else { return Ok(None) };
        if call.name.ends_with("theta_integer") {
            other = other.with_summaries(Summary::Whole(0));
        } else if call.name.ends_with("theta_double") {
            other = other.with_summaries(Summary::Real(0.0));
        }
        if call.name.contains("difference") {
            own.subtract(&other);
        } else if call.name.contains("intersection") {
            own.intersect(&other, if call.name.contains("theta") { None } else { Some(mode(call, row)?) });
        } else {
            let mode = mode(call, row)?;
            if sized && let Some(size) = call.numbers::<Int32Type>(2)?.get(row) {
                let mut all = KeySketch::new(size.unsigned_abs());
                all.union(&own, mode);
                own = all;
            }
            own.union(&other, mode);
        }
        Ok(Some(own.to_bytes()))
    })
}

/// A quantile or a rank, or an array of them.
fn answer(call: &Call<'_>) -> Result<ArrayRef> {
    let whole = call.name.ends_with("bigint");
    let one = |sketch: &QuantileSketch, question: &Scalar| -> Result<Scalar> {
        let number = match question {
            Scalar::Long(value) => ordered_whole(*value),
            Scalar::Float(value) => ordered_real(f64::from(*value)),
            Scalar::Double(value) => ordered_real(*value),
            _ => return Ok(Scalar::Null),
        };
        if call.name.contains("rank") {
            return Ok(sketch.rank(number).map_or(Scalar::Null, Scalar::Double));
        }
        let rank = real_of(number);
        if !(0.0..=1.0).contains(&rank) {
            return Err(errors::parameter(
                "KLL_RANK",
                call.name,
                format!("a rank lies between 0 and 1, and {rank} does not"),
            ));
        }
        Ok(match sketch.quantile(rank) {
            None => Scalar::Null,
            Some(bits) if whole => Scalar::Long(whole_of(bits)),
            Some(bits) if call.name.ends_with("float") => Scalar::Float(real_of(bits) as f32),
            Some(bits) => Scalar::Double(real_of(bits)),
        })
    };
    call.to_scalars(|row| {
        let Some(sketch) = numbers(call, 0, row)? else { return Ok(Scalar::Null) };
        match call.scalar(1, row)? {
            Scalar::Array(items) => {
                Ok(Scalar::Array(items.iter().map(|item| one(&sketch, item)).collect::<Result<_>>()?))
            }
            single => one(&sketch, &single),
        }
    })
}
