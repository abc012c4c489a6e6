//! Functions that make maps and take them apart.

use super::super::call::{Call, Kernel};
use super::super::comparison::same;
use super::super::{cast, errors};
use super::arrays::items;
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, new_null_array};
use arrow::datatypes::Field;
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "map" => make,
        "map_from_arrays" => from_arrays,
        "map_from_entries" => from_entries,
        "map_concat" => concat,
        "map_keys" | "map_values" | "map_entries" => parts,
        "str_to_map" => from_text,
        _ => return None,
    })
}

/// A map of entries: keys are neither null nor given twice.
fn checked(call: &Call<'_>, entries: Vec<(Scalar, Scalar)>) -> Result<Scalar> {
    if call.context.last_key_wins {
        return last_wins(entries);
    }
    for (i, (key, _)) in entries.iter().enumerate() {
        if key.is_null() {
            return Err(errors::runtime("NULL_MAP_KEY", "a map cannot have NULL as a key"));
        }
        if entries[..i].iter().any(|(other, _)| same(other, key)) {
            return Err(errors::runtime("DUPLICATED_MAP_KEY", format!("the map has the key {key:?} twice"))
                .with_help("remove the duplicates, or set spark.sql.mapKeyDedupPolicy to LAST_WIN"));
        }
    }
    Ok(Scalar::Map(entries))
}

/// A key keeps its first place and takes its last value.
fn last_wins(entries: Vec<(Scalar, Scalar)>) -> Result<Scalar> {
    let mut kept: Vec<(Scalar, Scalar)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if key.is_null() {
            return Err(errors::runtime("NULL_MAP_KEY", "a map cannot have NULL as a key"));
        }
        match kept.iter_mut().find(|(other, _)| same(other, &key)) {
            Some((_, old)) => *old = value,
            None => kept.push((key, value)),
        }
    }
    Ok(Scalar::Map(kept))
}

fn make(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let entries = (0..call.args.len() / 2)
            .map(|i| Ok((call.scalar(2 * i, row)?, call.scalar(2 * i + 1, row)?)))
            .collect::<Result<Vec<_>>>()?;
        checked(call, entries)
    })
}

fn from_arrays(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let (Some(keys), Some(values)) = (items(call, 0, row)?, items(call, 1, row)?) else { return Ok(Scalar::Null) };
        if keys.len() != values.len() {
            return Err(errors::runtime("_LEGACY_ERROR_TEMP_2128", "the arrays of keys and values differ in length"));
        }
        checked(call, keys.into_iter().zip(values).collect())
    })
}

fn from_entries(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let Some(all) = items(call, 0, row)? else { return Ok(Scalar::Null) };
        let mut entries = Vec::with_capacity(all.len());
        for item in all {
            match item {
                Scalar::Struct(mut pair) if pair.len() == 2 => {
                    let value = pair.pop().unwrap_or(Scalar::Null);
                    entries.push((pair.pop().unwrap_or(Scalar::Null), value));
                }
                _ => return Ok(Scalar::Null),
            }
        }
        checked(call, entries)
    })
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let mut all = Vec::new();
        for i in 0..call.args.len() {
            match call.scalar(i, row)? {
                Scalar::Map(entries) => all.extend(entries),
                _ => return Ok(Scalar::Null),
            }
        }
        checked(call, all)
    })
}

fn parts(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    let Some(maps) = column.as_map_opt() else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let values: ArrayRef = match call.name {
        "map_keys" => maps.keys().clone(),
        "map_values" => maps.values().clone(),
        _ => Arc::new(maps.entries().clone()),
    };
    let crate::logical::types::DataType::Array(element, nullable) = call.out else {
        return Err(SparkError::internal("parts of a map that are no array"));
    };
    let values = cast::relabel(&values, element)?;
    let nullable = *nullable || values.null_count() > 0;
    let field = Arc::new(Field::new("element", values.data_type().clone(), nullable));
    Ok(Arc::new(ListArray::try_new(field, maps.offsets().clone(), values, maps.nulls().cloned())?))
}

fn from_text(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, pair, key) = (call.texts(0)?, call.texts(1)?, call.texts(2)?);
    call.to_scalars(|row| {
        let (Some(s), Some(pair), Some(key)) = (s.get(row), pair.get(row), key.get(row)) else {
            return Ok(Scalar::Null);
        };
        let entries = s
            .split(pair)
            .map(|part| match part.split_once(key) {
                Some((key, value)) => (Scalar::String(key.to_owned()), Scalar::String(value.to_owned())),
                None => (Scalar::String(part.to_owned()), Scalar::Null),
            })
            .collect();
        checked(call, entries)
    })
}
