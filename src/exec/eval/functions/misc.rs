//! What fits nowhere else: nulls, chance, ids, facts of the session, errors on purpose.

use super::super::boolean::without_nulls;
use super::super::call::{Call, Kernel};
use super::super::comparison;
use super::super::random::{Generator, Mersenne};
use super::super::value::Value;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::BinaryOp;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, NullArray, new_null_array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{is_not_null, is_null, not};
use arrow::datatypes::{DataType as ArrowType, Float32Type, Float64Type, Int32Type, Int64Type};
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "isnull" => |call| nulls(call, true),
        "isnotnull" => |call| nulls(call, false),
        "not" => |call| {
            Ok(Arc::new(not(call
                .column(0)?
                .as_boolean_opt()
                .ok_or_else(|| SparkError::internal("NOT of no condition"))?)?))
        },
        "equal_null" => equal_null,
        "nvl2" => nvl2,
        "nullif" => nullif,
        "nullifzero" => null_if_zero,
        "zeroifnull" => zero_if_null,
        "string" | "int" | "bigint" | "smallint" | "tinyint" | "double" | "float" | "decimal" | "boolean"
        | "binary" | "date" | "timestamp" => |call| call.column(0),
        "monotonically_increasing_id" => increasing_id,
        "spark_partition_id" => |call| call.to_numbers::<Int32Type>(|_| Ok(Some(call.context.partition as i32))),
        "input_file_name" => |call| call.to_texts(|_| Ok(Some(call.context.input_file.to_string()))),
        "rand" => |call| {
            let seed = seed(call, 0);
            with_random(call, seed, |random| call.to_numbers::<Float64Type>(|_| Ok(Some(random.next_double()))))
        },
        "randn" => |call| {
            let seed = seed(call, 0);
            with_random(call, seed, |random| call.to_numbers::<Float64Type>(|_| Ok(Some(random.next_gaussian()))))
        },
        "randstr" => randstr,
        "uniform" => uniform,
        "uuid" => uuid,
        "version" => |call| call.to_texts(|_| Ok(Some("4.3.0"))),
        "typeof" => |call| {
            let text = call.types[0].catalog_string();
            call.to_texts(|_| Ok(Some(&text)))
        },
        "current_user" => |call| call.to_texts(|_| Ok(Some("spark"))),
        "current_catalog" => |call| call.to_texts(|_| Ok(Some("spark_catalog"))),
        "raise_error" => raise_error,
        "assert_true" => assert_true,
        "normalize_nan_and_zero" => normalize,
        _ => return None,
    })
}

fn seed(call: &Call<'_>, i: usize) -> Option<i64> {
    if call.args.len() > i { call.constant_int(i) } else { None }
}

/// Lends the call's own generator, made from the seed and the partition at its first batch.
pub(super) fn with_random<T>(
    call: &Call<'_>,
    seed: Option<i64>,
    f: impl FnOnce(&mut Generator) -> Result<T>,
) -> Result<T> {
    let mut kept = match call.state.random.lock() {
        Ok(kept) => kept,
        Err(poisoned) => poisoned.into_inner(),
    };
    let generator =
        kept.get_or_insert_with(|| Generator::new(seed.unwrap_or(0).wrapping_add(call.context.partition as i64)));
    f(generator)
}

fn nulls(call: &Call<'_>, wanted: bool) -> Result<ArrayRef> {
    let column = call.column(0)?;
    if matches!(column.data_type(), ArrowType::Null) {
        return Ok(Arc::new(BooleanArray::from(vec![wanted; call.rows])));
    }
    Ok(Arc::new(if wanted { is_null(&column)? } else { is_not_null(&column)? }))
}

fn equal_null(call: &Call<'_>) -> Result<ArrayRef> {
    let types = (&call.types[0], &call.types[1]);
    comparison::compare(BinaryOp::NullSafeEq, &call.args[0], &call.args[1], types, call.rows, call.context)?
        .into_array(call.rows)
}

fn typed(column: ArrayRef, data_type: &DataType) -> ArrayRef {
    if matches!(column.data_type(), ArrowType::Null) {
        new_null_array(&data_type.to_arrow(), column.len())
    } else {
        column
    }
}

fn nvl2(call: &Call<'_>) -> Result<ArrayRef> {
    let first = call.column(0)?;
    let present = match first.data_type() {
        ArrowType::Null => BooleanArray::from(vec![false; call.rows]),
        _ => is_not_null(&first)?,
    };
    let (yes, no) = (typed(call.column(1)?, call.out), typed(call.column(2)?, call.out));
    Ok(zip(&present, &yes, &no)?)
}

/// The third argument, when there is one, is the first in the type of the comparison.
fn nullif(call: &Call<'_>) -> Result<ArrayRef> {
    let compared = if call.args.len() > 2 { 2 } else { 0 };
    let types = (&call.types[compared], &call.types[1]);
    let equal = comparison::compare(BinaryOp::Eq, &call.args[compared], &call.args[1], types, call.rows, call.context)?
        .into_array(call.rows)?;
    let equal = without_nulls(equal.as_boolean());
    let first = typed(call.column(0)?, call.out);
    if matches!(first.data_type(), ArrowType::Null) {
        return Ok(first);
    }
    let none = new_null_array(first.data_type(), call.rows);
    Ok(zip(&equal, &none, &first)?)
}

fn zero(data_type: &DataType) -> Scalar {
    match data_type {
        DataType::Byte => Scalar::Byte(0),
        DataType::Short => Scalar::Short(0),
        DataType::Long => Scalar::Long(0),
        DataType::Float => Scalar::Float(0.0),
        DataType::Double => Scalar::Double(0.0),
        DataType::Decimal(precision, scale) => Scalar::Decimal(0, *precision, *scale),
        _ => Scalar::Integer(0),
    }
}

fn null_if_zero(call: &Call<'_>) -> Result<ArrayRef> {
    let own = &call.types[0];
    let nothing = Value::constant(&zero(own), own)?;
    let equal = comparison::compare(BinaryOp::Eq, &call.args[0], &nothing, (own, own), call.rows, call.context)?
        .into_array(call.rows)?;
    let equal = without_nulls(equal.as_boolean());
    let first = call.column(0)?;
    let none = new_null_array(first.data_type(), call.rows);
    Ok(zip(&equal, &none, &first)?)
}

fn zero_if_null(call: &Call<'_>) -> Result<ArrayRef> {
    let first = call.column(0)?;
    let nothing = Value::constant(&zero(call.out), call.out)?.into_array(call.rows)?;
    Ok(zip(&is_not_null(&first)?, &first, &nothing)?)
}

fn increasing_id(call: &Call<'_>) -> Result<ArrayRef> {
    let first = ((call.context.partition as i64) << 33) + call.context.row_offset as i64;
    call.to_numbers::<Int64Type>(|row| Ok(Some(first + row as i64)))
}

fn randstr(call: &Call<'_>) -> Result<ArrayRef> {
    const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let length = call.constant_int(0).unwrap_or(0).max(0);
    with_random(call, seed(call, 1), |random| {
        call.to_texts(|_| {
            Ok(Some(
                (0..length)
                    .map(|_| char::from(LETTERS[(random.next_word() % 62).unsigned_abs() as usize]))
                    .collect::<String>(),
            ))
        })
    })
}

fn uniform(call: &Call<'_>) -> Result<ArrayRef> {
    with_random(call, seed(call, 2), |random| {
        call.to_scalars(|row| {
            let share = random.next_double();
            Ok(match (call.scalar(0, row)?, call.scalar(1, row)?) {
                (Scalar::Long(low), Scalar::Long(high)) => Scalar::Long(low + ((high - low) as f64 * share) as i64),
                (Scalar::Double(low), Scalar::Double(high)) => Scalar::Double(low + (high - low) * share),
                _ => Scalar::Null,
            })
        })
    })
}

fn uuid(call: &Call<'_>) -> Result<ArrayRef> {
    let mut kept = match call.state.twister.lock() {
        Ok(kept) => kept,
        Err(poisoned) => poisoned.into_inner(),
    };
    let first = seed(call, 0).unwrap_or(0).wrapping_add(call.context.partition as i64);
    let twister = kept.get_or_insert_with(|| Mersenne::new(first));
    call.to_texts(|_| {
        let high = (twister.next_long() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
        let low = (twister.next_long() | 0x8000_0000_0000_0000) & 0xBFFF_FFFF_FFFF_FFFF;
        Ok(Some(format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )))
    })
}

fn user_error(message: &str) -> SparkError {
    SparkError::new(ErrorClass::SparkRuntimeException, message)
        .with_condition("USER_RAISED_EXCEPTION")
        .with_parameters([("errorMessage", message.to_owned())])
}

fn raise_error(call: &Call<'_>) -> Result<ArrayRef> {
    if call.rows == 0 {
        return Ok(Arc::new(NullArray::new(0)));
    }
    Err(user_error(call.texts(0)?.get(0).unwrap_or("null")))
}

fn assert_true(call: &Call<'_>) -> Result<ArrayRef> {
    let flags = call.flags(0)?;
    for row in 0..call.rows {
        if flags.get(row) != Some(true) {
            let message = if call.args.len() > 1 {
                call.texts(1)?.get(row).unwrap_or("null")
            } else {
                "the condition is not true"
            };
            return Err(user_error(message));
        }
    }
    Ok(Arc::new(NullArray::new(call.rows)))
}

/// One NaN and one zero, for grouping and joining.
fn normalize(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    if let Some(values) = column.as_primitive_opt::<Float64Type>() {
        return Ok(Arc::new(values.unary::<_, Float64Type>(|v| if v.is_nan() { f64::NAN } else { v + 0.0 })));
    }
    if let Some(values) = column.as_primitive_opt::<Float32Type>() {
        return Ok(Arc::new(values.unary::<_, Float32Type>(|v| if v.is_nan() { f32::NAN } else { v + 0.0 })));
    }
    Ok(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_in_dtypes() {
        let data_type = DataType::map(DataType::String, DataType::array(DataType::Long));
        assert_eq!(data_type.catalog_string(), "map<string,array<bigint>>");
    }
}
