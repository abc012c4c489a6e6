//! One element of an array or a map: `arr[i]`, `element_at`, `get`, `map[key]`.

use super::super::call::{Call, Kernel};
use super::super::comparison::same;
use super::super::{cast, errors};
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::Int32Type;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "get" => |call| from_array(call, Rule::Null),
        "get_array_item" => |call| from_array(call, Rule::Index),
        "element_at" | "try_element_at" => element_at,
        "get_map_value" => from_map,
        "map_contains_key" => contains_key,
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// From 0; null outside.
    Null,
    /// From 0; raises outside under ANSI.
    Index,
    /// From 1 or from the end; raises outside under ANSI.
    Element,
    /// From 1 or from the end; null outside.
    TryElement,
}

fn element_at(call: &Call<'_>) -> Result<ArrayRef> {
    if let DataType::Map(..) = call.types[0] {
        return from_map(call);
    }
    from_array(call, if call.name == "element_at" { Rule::Element } else { Rule::TryElement })
}

fn from_array(call: &Call<'_>, rule: Rule) -> Result<ArrayRef> {
    let value = &call.args[0];
    let Some(lists) = value.array().as_list_opt::<i32>() else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let index = call.numbers::<Int32Type>(1)?;
    let mut places = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let at = value.at(row);
        let (false, Some(index)) = (lists.is_null(at), index.get(row)) else {
            places.push(None);
            continue;
        };
        let (start, length) = (lists.offsets()[at], lists.value_length(at));
        let found = match rule {
            Rule::Null | Rule::Index => (0..length).contains(&index).then_some(index),
            Rule::Element | Rule::TryElement if index == 0 => return Err(errors::index_of_zero()),
            Rule::Element | Rule::TryElement => {
                let from = if index > 0 { index - 1 } else { length.saturating_add(index) };
                (0..length).contains(&from).then_some(from)
            }
        };
        if found.is_none() && call.context.ansi {
            match rule {
                Rule::Index => return Err(errors::array_index(i64::from(index), length as usize)),
                Rule::Element => return Err(errors::array_element(i64::from(index), length as usize)),
                Rule::Null | Rule::TryElement => {}
            }
        }
        places.push(found.map(|found| (start + found) as u32));
    }
    cast::relabel(&take(lists.values(), &UInt32Array::from(places), None)?, call.out)
}

fn from_map(call: &Call<'_>) -> Result<ArrayRef> {
    let value = &call.args[0];
    let Some(maps) = value.array().as_map_opt() else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let places = key_places(call, maps)?;
    cast::relabel(&take(maps.values(), &UInt32Array::from(places), None)?, call.out)
}

fn contains_key(call: &Call<'_>) -> Result<ArrayRef> {
    let value = &call.args[0];
    let Some(maps) = value.array().as_map_opt() else {
        return Ok(new_null_array(&call.out.to_arrow(), call.rows));
    };
    let places = key_places(call, maps)?;
    call.to_flags(|row| Ok((!value.is_null(row) && !call.args[1].is_null(row)).then(|| places[row].is_some())))
}

/// Where each row's key stands among the entries.
fn key_places(call: &Call<'_>, maps: &arrow::array::MapArray) -> Result<Vec<Option<u32>>> {
    let DataType::Map(key_type, ..) = &call.types[0] else {
        return Err(SparkError::internal("a key of what is no map"));
    };
    let value = &call.args[0];
    let texts = maps.keys().as_string_view_opt();
    let mut places = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let at = value.at(row);
        if maps.is_null(at) || call.args[1].is_null(row) {
            places.push(None);
            continue;
        }
        let range = maps.offsets()[at] as usize..maps.offsets()[at + 1] as usize;
        let found = if let Some(keys) = texts {
            let wanted = call.texts(1)?.get(row).unwrap_or_default();
            range.into_iter().find(|i| keys.value(*i) == wanted)
        } else {
            let wanted = call.scalar(1, row)?;
            let mut found = None;
            for i in range {
                if same(&Scalar::from_array(maps.keys(), i, key_type)?, &wanted) {
                    found = Some(i);
                    break;
                }
            }
            found
        };
        places.push(found.map(|i| i as u32));
    }
    Ok(places)
}
