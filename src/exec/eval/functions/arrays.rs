//! Functions of arrays that look at their elements one by one.

use super::super::call::{Call, Kernel};
use super::super::comparison::{order, same};
use super::super::errors;
use super::super::random::Generator;
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use std::cmp::Ordering;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "array_contains" => contains,
        "array_position" => position,
        "array_remove" => {
            |call| with_value(call, |items, value| items.retain(|item| item.is_null() || !same(item, &value)))
        }
        "array_append" => |call| grown(call, false),
        "array_prepend" => |call| grown(call, true),
        "array_insert" => insert,
        "array_distinct" => |call| map_items(call, distinct),
        "array_compact" => |call| map_items(call, |items| items.into_iter().filter(|item| !item.is_null()).collect()),
        "array_union" => |call| two(call, |a, b| distinct(a.into_iter().chain(b).collect())),
        "array_intersect" => |call| two(call, |a, b| distinct(a).into_iter().filter(|x| has(&b, x)).collect()),
        "array_except" => |call| two(call, |a, b| distinct(a).into_iter().filter(|x| !has(&b, x)).collect()),
        "arrays_overlap" => overlap,
        "array_join" => join,
        "sort_array" => sort,
        "array_sort" => |call| {
            map_items(call, |mut items| {
                items.sort_by(nulls_last);
                items
            })
        },
        "array_min" => |call| extreme(call, Ordering::Less),
        "array_max" => |call| extreme(call, Ordering::Greater),
        "shuffle" => shuffle,
        "reverse" => reverse,
        "slice" => slice,
        "size" | "array_size" => size,
        "flatten" => flatten,
        "arrays_zip" => zip,
        _ => return None,
    })
}

/// The items of an array argument; nothing for null.
pub(super) fn items(call: &Call<'_>, i: usize, row: usize) -> Result<Option<Vec<Scalar>>> {
    Ok(match call.scalar(i, row)? {
        Scalar::Array(items) => Some(items),
        _ => None,
    })
}

fn map_items(call: &Call<'_>, f: fn(Vec<Scalar>) -> Vec<Scalar>) -> Result<ArrayRef> {
    call.to_scalars(|row| Ok(items(call, 0, row)?.map_or(Scalar::Null, |items| Scalar::Array(f(items)))))
}

fn has(items: &[Scalar], wanted: &Scalar) -> bool {
    items.iter().any(|item| same(item, wanted))
}

fn distinct(items: Vec<Scalar>) -> Vec<Scalar> {
    let mut found: Vec<Scalar> = Vec::with_capacity(items.len());
    for item in items {
        if !has(&found, &item) {
            found.push(item);
        }
    }
    found
}

fn nulls_last(a: &Scalar, b: &Scalar) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => order(a, b),
    }
}

fn contains(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_flags(|row| {
        let (Some(items), value) = (items(call, 0, row)?, call.scalar(1, row)?) else { return Ok(None) };
        if value.is_null() {
            return Ok(None);
        }
        if has(&items, &value) {
            return Ok(Some(true));
        }
        Ok(if items.iter().any(Scalar::is_null) { None } else { Some(false) })
    })
}

fn position(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_numbers::<Int64Type>(|row| {
        let (Some(items), value) = (items(call, 0, row)?, call.scalar(1, row)?) else { return Ok(None) };
        if value.is_null() {
            return Ok(None);
        }
        Ok(Some(items.iter().position(|item| same(item, &value)).map_or(0, |at| at as i64 + 1)))
    })
}

fn with_value(call: &Call<'_>, f: fn(&mut Vec<Scalar>, Scalar)) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let (Some(mut items), value) = (items(call, 0, row)?, call.scalar(1, row)?) else { return Ok(Scalar::Null) };
        if value.is_null() {
            return Ok(Scalar::Null);
        }
        f(&mut items, value);
        Ok(Scalar::Array(items))
    })
}

fn grown(call: &Call<'_>, front: bool) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let Some(mut items) = items(call, 0, row)? else { return Ok(Scalar::Null) };
        let value = call.scalar(1, row)?;
        items.insert(if front { 0 } else { items.len() }, value);
        Ok(Scalar::Array(items))
    })
}

fn insert(call: &Call<'_>) -> Result<ArrayRef> {
    let at = call.numbers::<Int32Type>(1)?;
    call.to_scalars(|row| {
        let (Some(mut items), Some(at)) = (items(call, 0, row)?, at.get(row)) else { return Ok(Scalar::Null) };
        let value = call.scalar(2, row)?;
        let place = at.unsigned_abs() as usize;
        match at {
            0 => return Err(errors::index_of_zero()),
            1.. => {
                while items.len() < place - 1 {
                    items.push(Scalar::Null);
                }
                items.insert(place - 1, value);
            }
            _ if place <= items.len() + 1 => items.insert(items.len() + 1 - place, value),
            _ => {
                let missing = place - 1 - items.len();
                let mut longer = vec![value];
                longer.extend(std::iter::repeat_n(Scalar::Null, missing));
                longer.append(&mut items);
                items = longer;
            }
        }
        Ok(Scalar::Array(items))
    })
}

fn two(call: &Call<'_>, f: fn(Vec<Scalar>, Vec<Scalar>) -> Vec<Scalar>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let (Some(a), Some(b)) = (items(call, 0, row)?, items(call, 1, row)?) else { return Ok(Scalar::Null) };
        Ok(Scalar::Array(f(a, b)))
    })
}

fn overlap(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_flags(|row| {
        let (Some(a), Some(b)) = (items(call, 0, row)?, items(call, 1, row)?) else { return Ok(None) };
        if a.iter().any(|item| !item.is_null() && has(&b, item)) {
            return Ok(Some(true));
        }
        let unknown = !a.is_empty() && !b.is_empty() && a.iter().chain(&b).any(Scalar::is_null);
        Ok(if unknown { None } else { Some(false) })
    })
}

fn join(call: &Call<'_>) -> Result<ArrayRef> {
    let separator = call.texts(1)?;
    let missing = if call.args.len() > 2 { Some(call.texts(2)?) } else { None };
    call.to_texts(|row| {
        let (Some(items), Some(separator)) = (items(call, 0, row)?, separator.get(row)) else { return Ok(None) };
        let missing = missing.and_then(|missing| missing.get(row));
        let parts: Vec<&str> = items
            .iter()
            .filter_map(|item| match item {
                Scalar::String(text) => Some(text.as_str()),
                _ => missing,
            })
            .collect();
        Ok(Some(parts.join(separator)))
    })
}

/// Nulls first ascending, last descending.
fn sort(call: &Call<'_>) -> Result<ArrayRef> {
    let ascending = call.flags(1)?;
    call.to_scalars(|row| {
        let (Some(mut items), Some(ascending)) = (items(call, 0, row)?, ascending.get(row)) else {
            return Ok(Scalar::Null);
        };
        items.sort_by(|a, b| if ascending { order(a, b) } else { order(b, a) });
        Ok(Scalar::Array(items))
    })
}

fn extreme(call: &Call<'_>, wanted: Ordering) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let best = items(call, 0, row)?
            .unwrap_or_default()
            .into_iter()
            .filter(|item| !item.is_null())
            .reduce(|best, item| if order(&item, &best) == wanted { item } else { best });
        Ok(best.unwrap_or(Scalar::Null))
    })
}

fn shuffle(call: &Call<'_>) -> Result<ArrayRef> {
    let seed = if call.args.is_empty() { None } else { call.constant_int(1.min(call.args.len() - 1)) };
    super::misc::with_random(call, seed, |random| {
        call.to_scalars(|row| {
            let Some(mut items) = items(call, 0, row)? else { return Ok(Scalar::Null) };
            shuffled(&mut items, random);
            Ok(Scalar::Array(items))
        })
    })
}

fn shuffled(items: &mut [Scalar], random: &mut Generator) {
    for i in (1..items.len()).rev() {
        items.swap(i, random.next_int(i as i32 + 1) as usize);
    }
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef> {
    if matches!(call.out, crate::logical::types::DataType::Array(..)) {
        return map_items(call, |mut items| {
            items.reverse();
            items
        });
    }
    if *call.out == crate::logical::types::DataType::Binary {
        let bytes = call.bytes(0)?;
        return call.to_bytes(|row| Ok(bytes.get(row).map(|bytes| bytes.iter().rev().copied().collect::<Vec<u8>>())));
    }
    let s = call.texts(0)?;
    call.to_texts(|row| Ok(s.get(row).map(|s| s.chars().rev().collect::<String>())))
}

fn slice(call: &Call<'_>) -> Result<ArrayRef> {
    let (start, count) = (call.numbers::<Int32Type>(1)?, call.numbers::<Int32Type>(2)?);
    call.to_scalars(|row| {
        let (Some(items), Some(start), Some(count)) = (items(call, 0, row)?, start.get(row), count.get(row)) else {
            return Ok(Scalar::Null);
        };
        if start == 0 {
            return Err(errors::parameter("START", "slice", "positions start at 1"));
        }
        let Ok(count) = usize::try_from(count) else {
            return Err(errors::parameter("LENGTH", "slice", "the length must not be negative"));
        };
        let from = if start > 0 { start as usize - 1 } else { items.len().wrapping_sub(start.unsigned_abs() as usize) };
        if from >= items.len() {
            return Ok(Scalar::Array(Vec::new()));
        }
        Ok(Scalar::Array(items.into_iter().skip(from).take(count).collect()))
    })
}

fn size(call: &Call<'_>) -> Result<ArrayRef> {
    let value = &call.args[0];
    let missing = if call.name == "size" && !call.context.ansi { Some(-1) } else { None };
    let array = value.array();
    call.to_numbers::<Int32Type>(|row| {
        if value.is_null(row) {
            return Ok(missing);
        }
        let at = value.at(row);
        let offsets = match (array.as_list_opt::<i32>(), array.as_map_opt()) {
            (Some(lists), _) => lists.offsets(),
            (_, Some(maps)) => maps.offsets(),
            _ => return Err(SparkError::internal("the size of what is no collection")),
        };
        Ok(Some(offsets[at + 1] - offsets[at]))
    })
}

fn flatten(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let Some(outer) = items(call, 0, row)? else { return Ok(Scalar::Null) };
        let mut flat = Vec::new();
        for inner in outer {
            match inner {
                Scalar::Array(items) => flat.extend(items),
                _ => return Ok(Scalar::Null),
            }
        }
        Ok(Scalar::Array(flat))
    })
}

fn zip(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let mut columns = Vec::with_capacity(call.args.len());
        for i in 0..call.args.len() {
            let Some(items) = items(call, i, row)? else { return Ok(Scalar::Null) };
            columns.push(items);
        }
        let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
        let rows = (0..longest)
            .map(|i| {
                Scalar::Struct(columns.iter().map(|items| items.get(i).cloned().unwrap_or(Scalar::Null)).collect())
            })
            .collect();
        Ok(Scalar::Array(rows))
    })
}

/// `concat` of arrays: null when any is.
pub(super) fn concat_arrays(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        let mut all = Vec::new();
        for i in 0..call.args.len() {
            match items(call, i, row)? {
                Some(items) => all.extend(items),
                None => return Ok(Scalar::Null),
            }
        }
        Ok(Scalar::Array(all))
    })
}
