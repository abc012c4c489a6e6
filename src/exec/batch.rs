//! Small helpers over record batches: schemas from columns, exact types, sizes.
//!
//! Inside a task every top-level column is nullable, so that an operator never fails on a promise that another one broke.

use crate::common::{Result, SparkError};
use crate::logical::Attribute;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, LargeListArray, ListArray, MapArray, StructArray,
    UInt32Array, make_array,
};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::sync::Arc;

/// Rows of a full batch.
pub const BATCH_ROWS: usize = 8192;

/// The Arrow schema of these columns.
#[must_use]
pub fn schema_of(columns: &[Attribute]) -> SchemaRef {
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(&column.name, column.data_type.to_arrow(), true)).collect();
    Arc::new(Schema::new(fields))
}

/// A batch of `rows` rows; columns are brought to the schema's exact types.
///
/// # Errors
/// When a column holds another type altogether: a bug of the operator.
pub fn batch_of(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    if columns.len() != schema.fields().len() {
        return Err(SparkError::internal(format!(
            "an operator made {} columns where its plan promises {}",
            columns.len(),
            schema.fields().len()
        )));
    }
    let columns = columns
        .into_iter()
        .zip(schema.fields())
        .map(|(column, field)| conform(column, field.data_type()))
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

/// The same rows under another schema (names, nullability).
///
/// # Errors
/// See [`batch_of`].
pub fn reschema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if Arc::ptr_eq(&batch.schema(), schema) {
        return Ok(batch.clone());
    }
    batch_of(schema, batch.columns().to_vec(), batch.num_rows())
}

/// The array with exactly this type: field names and nullability inside nested types may differ, memory may not.
///
/// # Errors
/// When the memory itself is of another type.
pub fn conform(array: ArrayRef, wanted: &ArrowType) -> Result<ArrayRef> {
    if array.data_type() == wanted {
        return Ok(array);
    }
    let conformed: ArrayRef = match (array.data_type(), wanted) {
        (ArrowType::Null, _) => arrow::array::new_null_array(wanted, array.len()),
        (ArrowType::List(_), ArrowType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = conform(list.values().clone(), field.data_type())?;
            let field = relaxed(field, &values);
            Arc::new(ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned())?)
        }
        (ArrowType::LargeList(_) | ArrowType::FixedSizeList(..), ArrowType::List(_)) => {
            let item = Arc::new(Field::new("element", element_type(array.data_type()), true));
            conform(arrow::compute::cast(&array, &ArrowType::List(item))?, wanted)?
        }
        (ArrowType::Map(..), ArrowType::Map(field, sorted)) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let entries = conform(entries, field.data_type())?.as_struct().clone();
            let field = Arc::new(field.as_ref().clone().with_data_type(entries.data_type().clone()));
            Arc::new(MapArray::try_new(field, map.offsets().clone(), entries, map.nulls().cloned(), *sorted)?)
        }
        (ArrowType::Struct(own), ArrowType::Struct(fields)) if own.len() == fields.len() => {
            let parts = array.as_struct();
            let columns = parts
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| conform(column.clone(), field.data_type()))
                .collect::<Result<Vec<_>>>()?;
            let fields: arrow::datatypes::Fields =
                fields.iter().zip(&columns).map(|(field, column)| relaxed(field, column)).collect();
            if columns.is_empty() {
                Arc::new(StructArray::new_empty_fields(parts.len(), parts.nulls().cloned()))
            } else {
                Arc::new(StructArray::try_new(fields, columns, parts.nulls().cloned())?)
            }
        }
        (ArrowType::Decimal128(..), ArrowType::Decimal128(precision, scale))
            if array.as_primitive::<arrow::datatypes::Decimal128Type>().scale() == *scale =>
        {
            let decimals = array.as_primitive::<arrow::datatypes::Decimal128Type>().clone();
            Arc::new(decimals.with_precision_and_scale(*precision, *scale)?)
        }
        (ArrowType::Timestamp(unit, _), ArrowType::Timestamp(other, _)) if unit == other => {
            make_array(array.to_data().into_builder().data_type(wanted.clone()).build()?)
        }
        _ => arrow::compute::cast(&array, wanted).map_err(|_| {
            SparkError::internal(format!("a column of {} where {wanted} was promised", array.data_type()))
        })?,
    };
    Ok(conformed)
}

fn element_type(list: &ArrowType) -> ArrowType {
    match list {
        ArrowType::LargeList(field) | ArrowType::FixedSizeList(field, _) | ArrowType::List(field) => {
            field.data_type().clone()
        }
        other => other.clone(),
    }
}

/// A field that admits what the values hold.
fn relaxed(field: &Arc<Field>, values: &ArrayRef) -> Arc<Field> {
    let broken = !field.is_nullable() && values.null_count() > 0;
    if !broken && field.data_type() == values.data_type() {
        return field.clone();
    }
    Arc::new(
        field.as_ref().clone().with_data_type(values.data_type().clone()).with_nullable(field.is_nullable() || broken),
    )
}

/// All batches as one.
///
/// # Errors
/// When memory types differ: a bug of an operator.
pub fn concat(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    match batches {
        [] => Ok(RecordBatch::new_empty(schema.clone())),
        [one] => Ok(one.clone()),
        many if schema.fields().is_empty() => {
            batch_of(schema, Vec::new(), many.iter().map(RecordBatch::num_rows).sum())
        }
        many => Ok(concat_batches(schema, many)?),
    }
}

/// The rows at `indices`, in that order.
///
/// # Errors
/// When an index is outside: a bug of the operator.
pub fn take_rows(batch: &RecordBatch, indices: &UInt32Array) -> Result<RecordBatch> {
    let columns =
        batch.columns().iter().map(|column| take(column, indices, None)).collect::<arrow::error::Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(indices.len()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}

/// The rows for which `keep` is true.
///
/// # Errors
/// When the lengths differ: a bug of the operator.
pub fn filter_rows(batch: &RecordBatch, keep: &BooleanArray) -> Result<RecordBatch> {
    if batch.num_columns() == 0 {
        return batch_of(&batch.schema(), Vec::new(), keep.true_count());
    }
    Ok(arrow::compute::filter_record_batch(batch, keep)?)
}

/// The first `size`-row pieces of a batch.
pub fn pieces(batch: &RecordBatch, size: usize) -> impl Iterator<Item = RecordBatch> + '_ {
    (0..batch.num_rows()).step_by(size.max(1)).map(move |at| batch.slice(at, size.min(batch.num_rows() - at)))
}

/// The modelled size of rows on disk or wire, close to Spark's `UnsafeRow`: 8 bytes of null bits for each 64 columns, 8 bytes for
/// each column, and for text, bytes and nested values their content rounded up to 8 bytes.
#[must_use]
pub fn row_bytes(batch: &RecordBatch) -> u64 {
    let columns = batch.num_columns() as u64;
    let fixed = batch.num_rows() as u64 * (columns.div_ceil(64) * 8 + columns * 8);
    fixed + batch.columns().iter().map(variable_bytes).sum::<u64>()
}

/// The modelled size of an array's texts, bytes and nested values.
#[must_use]
pub fn variable_bytes(array: &ArrayRef) -> u64 {
    let words = |length: u64| length.div_ceil(8) * 8;
    match array.data_type() {
        ArrowType::Utf8View => array.as_string_view().views().iter().map(|view| words(u64::from(*view as u32))).sum(),
        ArrowType::BinaryView => array.as_binary_view().views().iter().map(|view| words(u64::from(*view as u32))).sum(),
        ArrowType::Utf8 => {
            let lengths = array.as_string::<i32>().value_offsets().windows(2);
            lengths.map(|ends| words((ends[1] - ends[0]) as u64)).sum()
        }
        ArrowType::Dictionary(..) => {
            let coded = array.as_any_dictionary();
            let lengths: Vec<u64> =
                (0..coded.values().len()).map(|at| variable_bytes(&coded.values().slice(at, 1))).collect();
            coded.normalized_keys().into_iter().map(|key| lengths.get(key).copied().unwrap_or(0)).sum()
        }
        ArrowType::Decimal128(precision, _) if *precision > 18 => array.len() as u64 * 16,
        ArrowType::Interval(_) => array.len() as u64 * 16,
        ArrowType::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            let (start, end) = (offsets[0] as usize, offsets[list.len()] as usize);
            let items = list.values().slice(start, end - start);
            list.len() as u64 * 16 + items.len() as u64 * 8 + variable_bytes(&items)
        }
        ArrowType::Map(..) => {
            let map = array.as_map();
            let offsets = map.value_offsets();
            let (start, end) = (offsets[0] as usize, offsets[map.len()] as usize);
            let entries = map.entries().slice(start, end - start);
            map.len() as u64 * 40
                + entries.columns().iter().map(|part| part.len() as u64 * 8 + variable_bytes(part)).sum::<u64>()
        }
        ArrowType::Struct(_) => {
            let parts = array.as_struct();
            parts.len() as u64 * (8 + 8 * parts.num_columns() as u64)
                + parts.columns().iter().map(variable_bytes).sum::<u64>()
        }
        ArrowType::LargeList(_) => {
            let list: &LargeListArray = array.as_list();
            variable_bytes(list.values())
        }
        ArrowType::FixedSizeList(..) => {
            let list: &FixedSizeListArray = array.as_fixed_size_list();
            variable_bytes(list.values())
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringViewArray};

    #[test]
    fn sizes_follow_the_unsafe_row() {
        let batch = RecordBatch::try_from_iter([
            ("a", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
            ("b", Arc::new(StringViewArray::from(vec!["x", "a longer text"])) as ArrayRef),
        ])
        .unwrap();
        assert_eq!(row_bytes(&batch), 2 * 24 + 8 + 16);
    }

    #[test]
    fn a_list_takes_the_promised_field_name() {
        let list: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>([Some([Some(1), None])]));
        let wanted = ArrowType::List(Arc::new(Field::new("element", ArrowType::Int32, true)));
        assert_eq!(conform(list, &wanted).unwrap().data_type(), &wanted);
    }
}
