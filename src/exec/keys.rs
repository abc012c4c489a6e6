//! Sort keys in a form that compares as bytes, and stable orders made of them.
//!
//! Spark's order: -0.0 equals 0.0, NaN is above every number, text by its bytes, nulls where the sort order says.

use super::expression::{Bound, evaluate_all};
use super::runtime::Runtime;
use crate::common::Result;
use crate::logical::expr::{Attribute, SortOrder};
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, UInt32Array};
use arrow::compute::SortOptions;
use arrow::datatypes::{
    ArrowNativeTypeOp, ArrowPrimitiveType, DataType, Date32Type, DurationMicrosecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, Rows as EncodedRows, SortField};
use std::sync::Arc;

/// Bound sort keys.
pub struct SortKeys {
    exprs: Vec<Bound>,
    options: Vec<SortOptions>,
}

impl SortKeys {
    /// Binds the keys against a child's columns.
    ///
    /// # Errors
    /// When a column is not there: a bug of the planner.
    pub fn new(runtime: &Runtime<'_>, order: &[SortOrder], input: &[Attribute], partition: usize) -> Result<Self> {
        let exprs =
            order.iter().map(|key| runtime.bind_one(&key.child, input, partition)).collect::<Result<Vec<_>>>()?;
        Ok(SortKeys { exprs, options: sort_options(order) })
    }

    /// The key columns of a batch, ready to be compared.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        Ok(evaluate_all(&self.exprs, batch)?.into_iter().map(normalized).collect())
    }

    /// The stable order of a batch's rows.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn order(&self, batch: &RecordBatch) -> Result<UInt32Array> {
        sorted_order(&self.evaluate(batch)?, &self.options)
    }

    /// The order in which Spark's sort leaves the rows with these keys: stable, but with a single number as key every null moves the first row that
    /// is not null behind the others before they are sorted, which shows among equal keys.
    ///
    /// # Errors
    /// What the rows raised.
    pub fn order_of_sort(&self, keys: &[ArrayRef]) -> Result<UInt32Array> {
        match (keys, self.options.as_slice()) {
            ([key], [option]) if key.null_count() > 0 && has_prefix_order(key.data_type()) => {
                rotated_order(key, *option)
            }
            _ => sorted_order(keys, &self.options),
        }
    }

    /// The keys as bytes that compare like them.
    ///
    /// # Errors
    /// For types without an order.
    pub fn encoded(&self, keys: &[ArrayRef]) -> Result<BinaryArray> {
        let fields = keys
            .iter()
            .zip(&self.options)
            .map(|(key, option)| SortField::new_with_options(key.data_type().clone(), *option))
            .collect();
        Ok(RowConverter::new(fields)?.convert_columns(keys)?.try_into_binary()?)
    }
}

/// Arrow's form of directions.
pub fn sort_options(order: &[SortOrder]) -> Vec<SortOptions> {
    order.iter().map(|key| SortOptions { descending: !key.ascending, nulls_first: key.nulls_first }).collect()
}

/// The column with one NaN and one zero, so that equal keys are equal bytes.
pub fn normalized(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Float64 => Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(normal_f64)),
        DataType::Float32 => Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| {
            if value.is_nan() {
                f32::NAN
            } else if value == 0.0 {
                0.0
            } else {
                value
            }
        })),
        _ => array,
    }
}

/// One NaN, one zero.
pub fn normal_f64(value: f64) -> f64 {
    if value.is_nan() {
        f64::NAN
    } else if value == 0.0 {
        0.0
    } else {
        value
    }
}

/// Types that Spark sorts by an eight-byte prefix alone.
fn has_prefix_order(data_type: &DataType) -> bool {
    match data_type {
        DataType::Decimal128(precision, _) => *precision <= 18,
        DataType::Utf8View | DataType::BinaryView => false,
        other => other.is_primitive() || *other == DataType::Boolean,
    }
}

fn rotated_order(key: &ArrayRef, option: SortOptions) -> Result<UInt32Array> {
    let (mut nulls, mut valid) = (Vec::new(), std::collections::VecDeque::new());
    for row in 0..key.len() as u32 {
        if key.is_valid(row as usize) {
            valid.push_back(row);
        } else {
            nulls.push(row);
            valid.rotate_left(usize::from(!valid.is_empty()));
        }
    }
    let rows = UInt32Array::from(Vec::from(valid));
    let order = sorted_order(&[arrow::compute::take(key, &rows, None)?], &[option])?;
    let sorted = order.values().iter().map(|at| rows.value(*at as usize));
    let all: Vec<u32> =
        if option.nulls_first { nulls.into_iter().chain(sorted).collect() } else { sorted.chain(nulls).collect() };
    Ok(UInt32Array::from(all))
}

/// The stable order of rows with these (normalised) keys.
///
/// # Errors
/// For types without an order.
pub fn sorted_order(keys: &[ArrayRef], options: &[SortOptions]) -> Result<UInt32Array> {
    if let ([key], [option]) = (keys, options)
        && let Some(order) = primitive_order(key, *option)
    {
        return Ok(order);
    }
    let rows = keys.first().map_or(0, arrow::array::Array::len);
    let fields = keys
        .iter()
        .zip(options)
        .map(|(key, option)| SortField::new_with_options(key.data_type().clone(), *option))
        .collect();
    let converter = RowConverter::new(fields)?;
    let encoded = converter.convert_columns(keys)?;
    Ok(UInt32Array::from(order_of_rows(&encoded, rows)))
}

/// The stable order of encoded rows. The first eight bytes decide most comparisons.
fn order_of_rows(encoded: &EncodedRows, rows: usize) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = (0..rows).map(|i| (prefix(encoded.row(i).data()), i as u32)).collect();
    keyed.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0)
            .then_with(|| encoded.row(a.1 as usize).data().cmp(encoded.row(b.1 as usize).data()))
            .then(a.1.cmp(&b.1))
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

fn prefix(bytes: &[u8]) -> u64 {
    let mut word = [0u8; 8];
    let length = bytes.len().min(8);
    word[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(word)
}

fn primitive_order(key: &ArrayRef, option: SortOptions) -> Option<UInt32Array> {
    const SIGN: u64 = 1 << 63;
    let signed = |value: i64| (value as u64) ^ SIGN;
    Some(match key.data_type() {
        DataType::Int8 => order_by::<Int8Type>(key, option, |v| signed(i64::from(v))),
        DataType::Int16 => order_by::<Int16Type>(key, option, |v| signed(i64::from(v))),
        DataType::Int32 => order_by::<Int32Type>(key, option, |v| signed(i64::from(v))),
        DataType::Int64 => order_by::<Int64Type>(key, option, signed),
        DataType::Date32 => order_by::<Date32Type>(key, option, |v| signed(i64::from(v))),
        DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, _) => {
            order_by::<TimestampMicrosecondType>(key, option, signed)
        }
        DataType::Duration(arrow::datatypes::TimeUnit::Microsecond) => {
            order_by::<DurationMicrosecondType>(key, option, signed)
        }
        DataType::Float64 => order_by::<Float64Type>(key, option, |v| {
            let bits = v.to_bits();
            if bits & SIGN == 0 { bits | SIGN } else { !bits }
        }),
        _ => return None,
    })
}

fn order_by<T: ArrowPrimitiveType>(key: &ArrayRef, option: SortOptions, rank: impl Fn(T::Native) -> u64) -> UInt32Array
where
    T::Native: ArrowNativeTypeOp,
{
    let array = key.as_primitive::<T>();
    let flip = if option.descending { u64::MAX } else { 0 };
    let mut nulls: Vec<u32> = Vec::new();
    let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(array.len());
    if array.null_count() == 0 {
        keyed.extend(array.values().iter().enumerate().map(|(i, value)| (rank(*value) ^ flip, i as u32)));
    } else {
        for (i, value) in array.iter().enumerate() {
            match value {
                Some(value) => keyed.push((rank(value) ^ flip, i as u32)),
                None => nulls.push(i as u32),
            }
        }
    }
    keyed.sort_unstable();
    let values = keyed.into_iter().map(|(_, row)| row);
    let order: Vec<u32> =
        if option.nulls_first { nulls.into_iter().chain(values).collect() } else { values.chain(nulls).collect() };
    UInt32Array::from(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float64Array, Int32Array, StringViewArray};

    fn check(keys: &[ArrayRef], directions: &[(bool, bool)], expected: &[u32]) {
        let options: Vec<_> = directions
            .iter()
            .map(|(descending, nulls_first)| SortOptions { descending: *descending, nulls_first: *nulls_first })
            .collect();
        let keys: Vec<_> = keys.iter().cloned().map(normalized).collect();
        assert_eq!(sorted_order(&keys, &options).unwrap().values(), expected);
    }

    #[test]
    fn nan_is_above_infinity_and_zeros_are_equal() {
        let keys: ArrayRef =
            Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(0.0), None, Some(-0.0), Some(f64::INFINITY)]));
        check(std::slice::from_ref(&keys), &[(false, true)], &[2, 1, 3, 4, 0]);
        check(&[keys], &[(true, false)], &[0, 4, 1, 3, 2]);
    }

    #[test]
    fn several_keys_and_ties_keep_their_order() {
        let text: ArrayRef = Arc::new(StringViewArray::from(vec![Some("b"), Some("a"), None, Some("b"), Some("a")]));
        let number: ArrayRef = Arc::new(Int32Array::from(vec![1, 5, 0, 2, 5]));
        check(&[text, number], &[(false, true), (true, false)], &[2, 1, 4, 3, 0]);
    }
}
