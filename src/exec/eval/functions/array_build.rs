//! `array` and `array_repeat`: columns into arrays, without looking at single values.

use super::super::call::{Call, Kernel};
use super::super::cast;
use crate::common::{Result, SparkError};
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, ListArray, UInt32Array, new_empty_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{interleave, take};
use arrow::datatypes::{Field, Int32Type};
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    match name {
        "array" => Some(array),
        "array_repeat" => Some(repeat),
        _ => None,
    }
}

fn list(
    call: &Call<'_>,
    items: &ArrayRef,
    lengths: impl IntoIterator<Item = usize>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let DataType::Array(element, nullable) = call.out else {
        return Err(SparkError::internal("an array function that gives no array"));
    };
    let items = cast::relabel(items, element)?;
    let nullable = *nullable || items.null_count() > 0;
    let field = Arc::new(Field::new("element", items.data_type().clone(), nullable));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), items, nulls)?))
}

fn array(call: &Call<'_>) -> Result<ArrayRef> {
    let DataType::Array(element, _) = call.out else {
        return Err(SparkError::internal("`array` that gives no array"));
    };
    let width = call.args.len();
    if width == 0 {
        return list(call, &new_empty_array(&element.to_arrow()), std::iter::repeat_n(0, call.rows), None);
    }
    let columns = (0..width).map(|i| cast::relabel(&call.column(i)?, element)).collect::<Result<Vec<_>>>()?;
    let parts: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
    let places: Vec<(usize, usize)> = (0..call.rows).flat_map(|row| (0..width).map(move |i| (i, row))).collect();
    let items = interleave(&parts, &places)?;
    list(call, &items, std::iter::repeat_n(width, call.rows), None)
}

fn repeat(call: &Call<'_>) -> Result<ArrayRef> {
    let times = call.numbers::<Int32Type>(1)?;
    let column = call.column(0)?;
    let count = |row: usize| times.get(row).map_or(0, |n| usize::try_from(n).unwrap_or(0));
    let places: UInt32Array = (0..call.rows).flat_map(|row| std::iter::repeat_n(row as u32, count(row))).collect();
    let nulls: NullBuffer = (0..call.rows).map(|row| times.get(row).is_some()).collect();
    let items = take(&column, &places, None)?;
    list(call, &items, (0..call.rows).map(count), Some(nulls))
}
