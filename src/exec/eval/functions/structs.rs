//! Structs: made of columns, taken apart, changed.

use super::super::call::{Call, Kernel};
use super::super::cast;
use crate::common::{Result, SparkError};
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::nullif;
use arrow::datatypes::{DataType as ArrowType, Field};
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "struct" => |call| build(call, 1),
        "named_struct" => |call| build(call, 2),
        "get_struct_field" => get_field,
        "get_array_struct_fields" => get_fields,
        "with_field" => with_field,
        "drop_fields" => drop_fields,
        _ => return None,
    })
}

/// A struct array in the memory of `data_type`; fields that hold nulls under null structs are let pass.
fn of_columns(
    columns: Vec<ArrayRef>,
    nulls: Option<NullBuffer>,
    rows: usize,
    data_type: &DataType,
) -> Result<ArrayRef> {
    let (DataType::Struct(fields), ArrowType::Struct(arrow_fields)) = (data_type, data_type.to_arrow()) else {
        return Err(SparkError::internal("a struct function that gives no struct"));
    };
    if columns.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(rows, nulls)));
    }
    let columns = columns
        .iter()
        .zip(&fields.fields)
        .map(|(column, field)| cast::relabel(column, &field.data_type))
        .collect::<Result<Vec<_>>>()?;
    let loose: Vec<_> = arrow_fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| {
            let nullable = field.is_nullable() || column.null_count() > 0;
            Arc::new(Field::new(field.name(), column.data_type().clone(), nullable))
        })
        .collect();
    Ok(Arc::new(StructArray::try_new(loose.into(), columns, nulls)?))
}

fn build(call: &Call<'_>, step: usize) -> Result<ArrayRef> {
    let columns = (step - 1..call.args.len()).step_by(step).map(|i| call.column(i)).collect::<Result<Vec<_>>>()?;
    of_columns(columns, None, call.rows, call.out)
}

fn place(data_type: &DataType, name: &str) -> Option<usize> {
    let DataType::Struct(fields) = data_type else { return None };
    fields
        .fields
        .iter()
        .position(|field| field.name == name)
        .or_else(|| fields.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name)))
}

/// A column of a struct array, null where the struct is.
fn column_of(parts: &StructArray, i: usize) -> Result<ArrayRef> {
    let column = parts.column(i);
    match parts.nulls() {
        Some(nulls) if nulls.null_count() > 0 && !matches!(column.data_type(), ArrowType::Null) => {
            let null: arrow::array::BooleanArray = arrow::array::BooleanArray::new(!nulls.inner(), None);
            Ok(nullif(column, &null)?)
        }
        _ => Ok(column.clone()),
    }
}

fn get_field(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    let Some(parts) = column.as_struct_opt() else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let name = call.texts(1)?.get(0).unwrap_or_default();
    let i = place(&call.types[0], name).ok_or_else(|| SparkError::internal(format!("no field {name}")))?;
    column_of(parts, i)
}

fn get_fields(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    let (Some(lists), DataType::Array(element, _)) = (column.as_list_opt::<i32>(), &call.types[0]) else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let name = call.texts(1)?.get(0).unwrap_or_default();
    let i = place(element, name).ok_or_else(|| SparkError::internal(format!("no field {name}")))?;
    let items = match lists.values().as_struct_opt() {
        Some(parts) => column_of(parts, i)?,
        None => new_null_array(&ArrowType::Null, lists.values().len()),
    };
    let nullable = matches!(call.out, DataType::Array(_, true)) || items.null_count() > 0;
    let field = Arc::new(Field::new("element", items.data_type().clone(), nullable));
    Ok(Arc::new(ListArray::try_new(field, lists.offsets().clone(), items, lists.nulls().cloned())?))
}

fn with_field(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    let (Some(parts), DataType::Struct(own)) = (column.as_struct_opt(), &call.types[0]) else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let name = call.texts(1)?.get(0).unwrap_or_default();
    let new = call.column(2)?;
    let mut columns = parts.columns().to_vec();
    let mut replaced = false;
    for (i, field) in own.fields.iter().enumerate() {
        if field.name.eq_ignore_ascii_case(name) {
            columns[i] = new.clone();
            replaced = true;
        }
    }
    if !replaced {
        columns.push(new);
    }
    of_columns(columns, parts.nulls().cloned(), call.rows, call.out)
}

fn drop_fields(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    let (Some(parts), DataType::Struct(own)) = (column.as_struct_opt(), &call.types[0]) else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let dropped =
        (1..call.args.len()).map(|i| Ok(call.texts(i)?.get(0).unwrap_or_default())).collect::<Result<Vec<_>>>()?;
    let columns = own
        .fields
        .iter()
        .zip(parts.columns())
        .filter(|(field, _)| !dropped.iter().any(|name| field.name.eq_ignore_ascii_case(name)))
        .map(|(_, column)| column.clone())
        .collect();
    of_columns(columns, parts.nulls().cloned(), call.rows, call.out)
}
