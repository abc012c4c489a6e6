//! Scalars into Arrow arrays and back.

use super::scalar::Scalar;
use super::types::DataType;
use crate::common::{Result, SparkError};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewBuilder, BooleanBuilder, Decimal128Builder, ListArray, MapArray, NullArray,
    PrimitiveBuilder, StringViewBuilder, StructArray, new_empty_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DurationMicrosecondType, Field, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalYearMonthType,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use std::sync::Arc;

macro_rules! primitives {
    ($values:expr, $wanted:expr, $arrow:ty, $variant:ident) => {
        primitive::<$arrow>($values, $wanted, |value| match value {
            Scalar::$variant(inner) => Some(*inner),
            _ => None,
        })?
    };
}

pub(super) fn scalars_to_array(values: &[Scalar], data_type: &DataType) -> Result<ArrayRef> {
    let array: ArrayRef = match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Scalar::Null => builder.append_null(),
                    Scalar::Boolean(inner) => builder.append_value(*inner),
                    other => return Err(other.mismatch(data_type)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Byte => primitives!(values, data_type, Int8Type, Byte),
        DataType::Short => primitives!(values, data_type, Int16Type, Short),
        DataType::Integer => primitives!(values, data_type, Int32Type, Integer),
        DataType::Long => primitives!(values, data_type, Int64Type, Long),
        DataType::Float => primitives!(values, data_type, Float32Type, Float),
        DataType::Double => primitives!(values, data_type, Float64Type, Double),
        DataType::Date => primitives!(values, data_type, Date32Type, Date),
        DataType::Timestamp => primitives!(values, data_type, TimestampMicrosecondType, Timestamp),
        DataType::TimestampNtz => primitives!(values, data_type, TimestampMicrosecondType, TimestampNtz),
        DataType::Time => primitives!(values, data_type, Time64MicrosecondType, Time),
        DataType::YearMonthInterval(..) => primitives!(values, data_type, IntervalYearMonthType, YearMonthInterval),
        DataType::DayTimeInterval(..) => primitives!(values, data_type, DurationMicrosecondType, DayTimeInterval),
        DataType::CalendarInterval => primitive::<IntervalMonthDayNanoType>(values, data_type, |value| match value {
            Scalar::CalendarInterval(months, days, micros) => {
                Some(IntervalMonthDayNano::new(*months, *days, micros * 1_000))
            }
            _ => None,
        })?,
        DataType::Decimal(precision, scale) => {
            let mut builder =
                Decimal128Builder::with_capacity(values.len()).with_precision_and_scale(*precision, *scale)?;
            for value in values {
                match value {
                    Scalar::Null => builder.append_null(),
                    Scalar::Decimal(unscaled, _, own) if own == scale => builder.append_value(*unscaled),
                    other => return Err(other.mismatch(data_type)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::String => {
            let mut builder = StringViewBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Scalar::Null => builder.append_null(),
                    Scalar::String(text) => builder.append_value(text),
                    other => return Err(other.mismatch(data_type)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Binary | DataType::Variant | DataType::Spatial(..) => {
            let mut builder = BinaryViewBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Scalar::Null => builder.append_null(),
                    Scalar::Binary(bytes) | Scalar::Variant(bytes) | Scalar::Spatial(_, bytes) => {
                        builder.append_value(bytes);
                    }
                    other => return Err(other.mismatch(data_type)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Array(element, nullable) => lists(values, data_type, element, *nullable)?,
        DataType::Map(key, value, _) => maps(values, data_type, key, value)?,
        DataType::Struct(fields) => {
            let nulls = nulls_of(values);
            let columns = fields
                .fields
                .iter()
                .enumerate()
                .map(|(i, field)| {
                    let column = values
                        .iter()
                        .map(|value| match value {
                            Scalar::Struct(parts) => Ok(parts.get(i).cloned().unwrap_or(Scalar::Null)),
                            Scalar::Null => Ok(Scalar::Null),
                            other => Err(other.mismatch(data_type)),
                        })
                        .collect::<Result<Vec<_>>>()?;
                    scalars_to_array(&column, &field.data_type)
                })
                .collect::<Result<Vec<_>>>()?;
            let arrow_fields = nullable_fields(&fields.to_arrow().fields, &columns, nulls.is_some());
            if columns.is_empty() {
                Arc::new(StructArray::new_empty_fields(values.len(), nulls))
            } else {
                Arc::new(StructArray::try_new(arrow_fields, columns, nulls)?)
            }
        }
    };
    if array.data_type() == &data_type.to_arrow() { Ok(array) } else { retyped(array, data_type) }
}

/// Children under a null parent hold nulls, which Arrow only accepts in nullable fields; the parent's type is restored after.
fn nullable_fields(
    fields: &arrow::datatypes::Fields,
    columns: &[ArrayRef],
    any_null: bool,
) -> arrow::datatypes::Fields {
    fields
        .iter()
        .zip(columns)
        .map(|(field, column)| {
            let holds_nulls = any_null && column.null_count() > 0;
            Arc::new(field.as_ref().clone().with_nullable(field.is_nullable() || holds_nulls))
        })
        .collect()
}

fn retyped(array: ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    let wanted = data_type.to_arrow();
    let data = array.to_data().into_builder().data_type(wanted).build();
    match data {
        Ok(data) => Ok(arrow::array::make_array(data)),
        Err(_) => Ok(array),
    }
}

fn primitive<T: ArrowPrimitiveType>(
    values: &[Scalar],
    wanted: &DataType,
    get: impl Fn(&Scalar) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len()).with_data_type(wanted.to_arrow());
    for value in values {
        if value.is_null() {
            builder.append_null();
        } else {
            builder.append_value(get(value).ok_or_else(|| value.mismatch(wanted))?);
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn nulls_of(values: &[Scalar]) -> Option<NullBuffer> {
    values.iter().any(Scalar::is_null).then(|| values.iter().map(|value| !value.is_null()).collect())
}

fn offsets(lengths: impl Iterator<Item = usize>) -> OffsetBuffer<i32> {
    OffsetBuffer::from_lengths(lengths)
}

fn lists(values: &[Scalar], wanted: &DataType, element: &DataType, nullable: bool) -> Result<ArrayRef> {
    let mut items = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Scalar::Null => lengths.push(0),
            Scalar::Array(inner) => {
                lengths.push(inner.len());
                items.extend(inner.iter().cloned());
            }
            other => return Err(other.mismatch(wanted)),
        }
    }
    let child =
        if items.is_empty() { new_empty_array(&element.to_arrow()) } else { scalars_to_array(&items, element)? };
    let field = Field::new("element", element.to_arrow(), nullable || child.null_count() > 0);
    Ok(Arc::new(ListArray::try_new(Arc::new(field), offsets(lengths.into_iter()), child, nulls_of(values))?))
}

fn maps(values: &[Scalar], wanted: &DataType, key: &DataType, value_type: &DataType) -> Result<ArrayRef> {
    let (mut keys, mut items, mut lengths) = (Vec::new(), Vec::new(), Vec::with_capacity(values.len()));
    for value in values {
        match value {
            Scalar::Null => lengths.push(0),
            Scalar::Map(entries) => {
                lengths.push(entries.len());
                for (entry_key, entry_value) in entries {
                    keys.push(entry_key.clone());
                    items.push(entry_value.clone());
                }
            }
            other => return Err(other.mismatch(wanted)),
        }
    }
    let arrow::datatypes::DataType::Map(entries_field, _) = wanted.to_arrow() else {
        return Err(SparkError::internal("a map type without entries"));
    };
    let arrow::datatypes::DataType::Struct(fields) = entries_field.data_type() else {
        return Err(SparkError::internal("a map type without a struct of entries"));
    };
    let columns = vec![scalars_to_array(&keys, key)?, scalars_to_array(&items, value_type)?];
    let entries = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(MapArray::try_new(
        entries_field.clone(),
        offsets(lengths.into_iter()),
        entries,
        nulls_of(values),
        false,
    )?))
}

pub(super) fn scalar_at(array: &ArrayRef, row: usize, data_type: &DataType) -> Result<Scalar> {
    if array.is_null(row) || matches!(data_type, DataType::Null) {
        return Ok(Scalar::Null);
    }
    let wrong = || SparkError::internal(format!("an array of {} where {data_type:?} was promised", array.data_type()));
    Ok(match data_type {
        DataType::Null => Scalar::Null,
        DataType::Boolean => Scalar::Boolean(array.as_boolean_opt().ok_or_else(wrong)?.value(row)),
        DataType::Byte => Scalar::Byte(array.as_primitive_opt::<Int8Type>().ok_or_else(wrong)?.value(row)),
        DataType::Short => Scalar::Short(array.as_primitive_opt::<Int16Type>().ok_or_else(wrong)?.value(row)),
        DataType::Integer => Scalar::Integer(array.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?.value(row)),
        DataType::Long => Scalar::Long(array.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?.value(row)),
        DataType::Float => Scalar::Float(array.as_primitive_opt::<Float32Type>().ok_or_else(wrong)?.value(row)),
        DataType::Double => Scalar::Double(array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?.value(row)),
        DataType::Decimal(precision, scale) => Scalar::Decimal(
            array.as_primitive_opt::<Decimal128Type>().ok_or_else(wrong)?.value(row),
            *precision,
            *scale,
        ),
        DataType::String => Scalar::String(array.as_string_view_opt().ok_or_else(wrong)?.value(row).to_owned()),
        DataType::Binary => Scalar::Binary(array.as_binary_view_opt().ok_or_else(wrong)?.value(row).to_vec()),
        DataType::Variant => Scalar::Variant(array.as_binary_view_opt().ok_or_else(wrong)?.value(row).to_vec()),
        DataType::Spatial(kind, _) => {
            Scalar::Spatial(*kind, array.as_binary_view_opt().ok_or_else(wrong)?.value(row).to_vec())
        }
        DataType::Time => Scalar::Time(array.as_primitive_opt::<Time64MicrosecondType>().ok_or_else(wrong)?.value(row)),
        DataType::Date => Scalar::Date(array.as_primitive_opt::<Date32Type>().ok_or_else(wrong)?.value(row)),
        DataType::Timestamp => {
            Scalar::Timestamp(array.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(wrong)?.value(row))
        }
        DataType::TimestampNtz => {
            Scalar::TimestampNtz(array.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(wrong)?.value(row))
        }
        DataType::YearMonthInterval(..) => {
            Scalar::YearMonthInterval(array.as_primitive_opt::<IntervalYearMonthType>().ok_or_else(wrong)?.value(row))
        }
        DataType::DayTimeInterval(..) => {
            Scalar::DayTimeInterval(array.as_primitive_opt::<DurationMicrosecondType>().ok_or_else(wrong)?.value(row))
        }
        DataType::CalendarInterval => {
            let value = array.as_primitive_opt::<IntervalMonthDayNanoType>().ok_or_else(wrong)?.value(row);
            Scalar::CalendarInterval(value.months, value.days, value.nanoseconds / 1_000)
        }
        DataType::Array(element, _) => {
            let items = array.as_list_opt::<i32>().ok_or_else(wrong)?.value(row);
            Scalar::Array((0..items.len()).map(|i| scalar_at(&items, i, element)).collect::<Result<_>>()?)
        }
        DataType::Map(key, value, _) => {
            let entries = array.as_map_opt().ok_or_else(wrong)?.value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            Scalar::Map(
                (0..entries.len())
                    .map(|i| Ok((scalar_at(keys, i, key)?, scalar_at(values, i, value)?)))
                    .collect::<Result<_>>()?,
            )
        }
        DataType::Struct(fields) => {
            let parts = array.as_struct_opt().ok_or_else(wrong)?;
            Scalar::Struct(
                fields
                    .fields
                    .iter()
                    .zip(parts.columns())
                    .map(|(field, column)| scalar_at(column, row, &field.data_type))
                    .collect::<Result<_>>()?,
            )
        }
    })
}
