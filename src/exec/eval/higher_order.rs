//! Functions that take a function: `transform`, `filter`, `aggregate` and their kin.
//!
//! The body is computed for the elements of all rows at once: the captured columns are repeated for each element, the parameters stand
//! beside them. `aggregate` goes step by step through the arrays, all rows together.

use super::EvalContext;
use super::comparison::same;
use super::node::{BoundExpr, Lambda, Rows};
use super::{cast, errors};
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListArray, MapArray, NullArray, StructArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{filter, interleave, take};
use arrow::datatypes::{DataType as ArrowType, Field};
use std::cmp::Ordering;
use std::sync::Arc;

/// Calls a lambda for so many elements; `owners` says which row each belongs to.
fn apply(
    lambda: &Lambda,
    rows: &Rows,
    owners: &UInt32Array,
    params: Vec<ArrayRef>,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let mut columns = lambda
        .captured
        .iter()
        .map(|i| Ok(take(&rows.columns[*i], owners, None)?))
        .collect::<Result<Vec<ArrayRef>>>()?;
    columns.extend(params);
    let inner = Rows { columns, len: owners.len() };
    lambda.body.value(&inner, context)?.into_array(owners.len())
}

/// The arrays of a column: items really used, offsets from 0, nulls.
struct Lists {
    items: ArrayRef,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Lists {
    fn of(array: &ArrayRef) -> Result<Lists> {
        if matches!(array.data_type(), ArrowType::Null) {
            return Ok(Lists {
                items: Arc::new(NullArray::new(0)),
                offsets: OffsetBuffer::from_lengths(std::iter::repeat_n(0, array.len())),
                nulls: Some(NullBuffer::new_null(array.len())),
            });
        }
        let lists =
            array.as_list_opt::<i32>().ok_or_else(|| SparkError::internal("a function of arrays was given none"))?;
        let (start, end) = (lists.offsets()[0] as usize, lists.offsets()[lists.len()] as usize);
        Ok(Lists {
            items: lists.values().slice(start, end - start),
            offsets: OffsetBuffer::from_lengths(lists.offsets().windows(2).map(|pair| (pair[1] - pair[0]) as usize)),
            nulls: lists.nulls().cloned(),
        })
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The row of each item.
    fn owners(&self) -> UInt32Array {
        (0..self.len()).flat_map(|row| std::iter::repeat_n(row as u32, self.range(row).len())).collect()
    }

    /// The position of each item in its array.
    fn positions(&self) -> ArrayRef {
        Arc::new((0..self.len()).flat_map(|row| 0..self.range(row).len() as i32).collect::<Int32Array>())
    }
}

fn list_of(items: ArrayRef, offsets: OffsetBuffer<i32>, nulls: Option<NullBuffer>, out: &DataType) -> Result<ArrayRef> {
    let (element, nullable) = match out {
        DataType::Array(element, nullable) => (element.as_ref(), *nullable),
        _ => return Err(SparkError::internal("an array function that gives no array")),
    };
    let items = cast::relabel(&items, element)?;
    let nullable = nullable || items.null_count() > 0;
    let field = Arc::new(Field::new("element", items.data_type().clone(), nullable));
    Ok(Arc::new(ListArray::try_new(field, offsets, items, nulls)?))
}

pub(super) fn eval(
    name: &str,
    args: &[BoundExpr],
    lambdas: &[Lambda],
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let columns = args.iter().map(|arg| arg.value(rows, context)?.into_array(rows.len)).collect::<Result<Vec<_>>>()?;
    let types: Vec<&DataType> = args.iter().map(|arg| &arg.data_type).collect();
    match name {
        "transform" => transform(&columns, &lambdas[0], out, rows, context),
        "filter" => filtered(&columns, &lambdas[0], out, rows, context),
        "exists" | "forall" => quantified(name == "exists", &columns, &lambdas[0], rows, context),
        "array_sort" => sorted(&columns, types[0], &lambdas[0], rows, context),
        "aggregate" => folded(&columns, lambdas, out, rows, context),
        "zip_with" => zipped(&columns, &lambdas[0], out, rows, context),
        "transform_keys" | "transform_values" | "map_filter" => {
            over_map(name, &columns, &lambdas[0], out, rows, context)
        }
        "map_zip_with" => maps_zipped(&columns, &types, &lambdas[0], out, rows, context),
        other => Err(SparkError::internal(format!("`{other}` takes no function"))),
    }
}

fn transform(
    columns: &[ArrayRef],
    lambda: &Lambda,
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let lists = Lists::of(&columns[0])?;
    // A lambda of one parameter was bound without the position and does not see it.
    let params = vec![lists.items.clone(), lists.positions()];
    let items = apply(lambda, rows, &lists.owners(), params, context)?;
    list_of(items, lists.offsets, lists.nulls, out)
}

fn filtered(
    columns: &[ArrayRef],
    lambda: &Lambda,
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let lists = Lists::of(&columns[0])?;
    // A lambda of one parameter was bound without the position and does not see it.
    let params = vec![lists.items.clone(), lists.positions()];
    let kept = super::boolean::holds(&apply(lambda, rows, &lists.owners(), params, context)?);
    let lengths: Vec<usize> = (0..lists.len()).map(|row| lists.range(row).filter(|i| kept.value(*i)).count()).collect();
    list_of(filter(&lists.items, &kept)?, OffsetBuffer::from_lengths(lengths), lists.nulls, out)
}

/// `exists` looks for a true, `forall` for a false; without one, a null makes the answer unknown.
fn quantified(
    looks_for: bool,
    columns: &[ArrayRef],
    lambda: &Lambda,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let lists = Lists::of(&columns[0])?;
    let answers = apply(lambda, rows, &lists.owners(), vec![lists.items.clone()], context)?;
    let answers = answers.as_boolean_opt();
    let get = |i: usize| answers.and_then(|a| if a.is_null(i) { None } else { Some(a.value(i)) });
    let flags: BooleanArray = (0..lists.len())
        .map(|row| {
            if lists.is_null(row) {
                return None;
            }
            if lists.range(row).any(|i| get(i) == Some(looks_for)) {
                return Some(looks_for);
            }
            if lists.range(row).any(|i| get(i).is_none()) { None } else { Some(!looks_for) }
        })
        .collect();
    Ok(Arc::new(flags))
}

/// Sorts by a comparator: all pairs of an array are compared in one batch, then the table decides.
fn sorted(
    columns: &[ArrayRef],
    data_type: &DataType,
    lambda: &Lambda,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let lists = Lists::of(&columns[0])?;
    let mut places: Vec<u32> = Vec::with_capacity(lists.items.len());
    for row in 0..lists.len() {
        let range = lists.range(row);
        let (start, count) = (range.start, range.len());
        let left: UInt32Array = range.clone().flat_map(|i| std::iter::repeat_n(i as u32, count)).collect();
        let right: UInt32Array = (0..count).flat_map(|_| range.clone().map(|i| i as u32)).collect();
        let owners = UInt32Array::from(vec![row as u32; count * count]);
        let params = vec![take(&lists.items, &left, None)?, take(&lists.items, &right, None)?];
        let table = apply(lambda, rows, &owners, params, context)?;
        let table = table
            .as_primitive_opt::<arrow::datatypes::Int32Type>()
            .ok_or_else(|| {
                SparkError::analysis("DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE", "the comparator must give an int")
            })?
            .clone();
        if table.null_count() > 0 {
            return Err(errors::runtime("COMPARATOR_RETURNS_NULL", "the comparator gave NULL; it must give a number"));
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| match table.value(a * count + b) {
            n if n < 0 => Ordering::Less,
            0 => Ordering::Equal,
            _ => Ordering::Greater,
        });
        places.extend(order.into_iter().map(|i| (start + i) as u32));
    }
    let items = take(&lists.items, &UInt32Array::from(places), None)?;
    list_of(items, lists.offsets, lists.nulls, data_type)
}

fn folded(
    columns: &[ArrayRef],
    lambdas: &[Lambda],
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let lists = Lists::of(&columns[0])?;
    let mut state = columns[1].clone();
    let longest = (0..lists.len()).map(|row| lists.range(row).len()).max().unwrap_or(0);
    for step in 0..longest {
        let active: Vec<u32> =
            (0..lists.len()).filter(|row| lists.range(*row).len() > step).map(|row| row as u32).collect();
        let items: UInt32Array = active.iter().map(|row| lists.offsets[*row as usize] as u32 + step as u32).collect();
        let active = UInt32Array::from(active);
        let params = vec![take(&state, &active, None)?, take(&lists.items, &items, None)?];
        let merged = apply(&lambdas[0], rows, &active, params, context)?;
        if active.len() == state.len() {
            state = merged;
            continue;
        }
        let merged = cast::relabel(&merged, &lambdas[0].body.data_type)?;
        let mut picks: Vec<(usize, usize)> = (0..state.len()).map(|row| (0, row)).collect();
        for (i, row) in active.values().iter().enumerate() {
            picks[*row as usize] = (1, i);
        }
        state = interleave(&[state.as_ref(), merged.as_ref()], &picks)?;
    }
    if let Some(finish) = lambdas.get(1) {
        let all = UInt32Array::from_iter_values(0..lists.len() as u32);
        state = apply(finish, rows, &all, vec![state], context)?;
    }
    let places: UInt32Array = (0..lists.len()).map(|row| (!lists.is_null(row)).then_some(row as u32)).collect();
    cast::relabel(&take(&state, &places, None)?, out)
}

fn zipped(
    columns: &[ArrayRef],
    lambda: &Lambda,
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let (left, right) = (Lists::of(&columns[0])?, Lists::of(&columns[1])?);
    let nulls = NullBuffer::union(left.nulls.as_ref(), right.nulls.as_ref());
    let (mut owners, mut l, mut r, mut lengths) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..left.len() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            lengths.push(0);
            continue;
        }
        let (a, b) = (left.range(row), right.range(row));
        let count = a.len().max(b.len());
        lengths.push(count);
        for i in 0..count {
            owners.push(row as u32);
            l.push((i < a.len()).then(|| (a.start + i) as u32));
            r.push((i < b.len()).then(|| (b.start + i) as u32));
        }
    }
    let params =
        vec![take(&left.items, &UInt32Array::from(l), None)?, take(&right.items, &UInt32Array::from(r), None)?];
    let items = apply(lambda, rows, &UInt32Array::from(owners), params, context)?;
    list_of(items, OffsetBuffer::from_lengths(lengths), nulls, out)
}

/// A map column of keys and values.
fn map_of(
    keys: ArrayRef,
    values: ArrayRef,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
    out: &DataType,
) -> Result<ArrayRef> {
    let (ArrowType::Map(entries, _), DataType::Map(key, value, _)) = (out.to_arrow(), out) else {
        return Err(SparkError::internal("a map function that gives no map"));
    };
    let ArrowType::Struct(fields) = entries.data_type() else {
        return Err(SparkError::internal("a map type without entries"));
    };
    if keys.null_count() > 0 || (matches!(keys.data_type(), ArrowType::Null) && !keys.is_empty()) {
        return Err(errors::runtime("NULL_MAP_KEY", "a map cannot have NULL as a key"));
    }
    let (keys, values) = (cast::relabel(&keys, key)?, cast::relabel(&values, value)?);
    let inner = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(entries, offsets, inner, nulls, false)?))
}

fn over_map(
    name: &str,
    columns: &[ArrayRef],
    lambda: &Lambda,
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let Some(maps) = columns[0].as_map_opt() else {
        return Ok(arrow::array::new_null_array(&out.to_arrow(), rows.len));
    };
    let (start, end) = (maps.offsets()[0] as usize, maps.offsets()[maps.len()] as usize);
    let (keys, values) = (maps.keys().slice(start, end - start), maps.values().slice(start, end - start));
    let lengths: Vec<usize> = maps.offsets().windows(2).map(|pair| (pair[1] - pair[0]) as usize).collect();
    let owners: UInt32Array =
        lengths.iter().enumerate().flat_map(|(row, count)| std::iter::repeat_n(row as u32, *count)).collect();
    let body = apply(lambda, rows, &owners, vec![keys.clone(), values.clone()], context)?;
    let nulls = maps.nulls().cloned();
    match name {
        "transform_keys" => map_of(body, values, OffsetBuffer::from_lengths(lengths), nulls, out),
        "transform_values" => map_of(keys, body, OffsetBuffer::from_lengths(lengths), nulls, out),
        _ => {
            let kept = super::boolean::holds(&body);
            let mut at = 0;
            let counts: Vec<usize> = lengths
                .iter()
                .map(|count| {
                    let kept = (at..at + count).filter(|i| kept.value(*i)).count();
                    at += count;
                    kept
                })
                .collect();
            map_of(filter(&keys, &kept)?, filter(&values, &kept)?, OffsetBuffer::from_lengths(counts), nulls, out)
        }
    }
}

fn maps_zipped(
    columns: &[ArrayRef],
    types: &[&DataType],
    lambda: &Lambda,
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<ArrayRef> {
    let (DataType::Map(key, left_value, _), DataType::Map(_, right_value, _)) = (types[0], types[1]) else {
        return Err(SparkError::internal("map_zip_with without maps"));
    };
    let (mut owners, mut keys, mut lefts, mut rights) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut lengths, mut valid) = (Vec::new(), Vec::new());
    for row in 0..rows.len {
        let pair = (Scalar::from_array(&columns[0], row, types[0])?, Scalar::from_array(&columns[1], row, types[1])?);
        let (Scalar::Map(a), Scalar::Map(b)) = pair else {
            lengths.push(0);
            valid.push(false);
            continue;
        };
        let before = keys.len();
        for (key, value) in &a {
            keys.push(key.clone());
            lefts.push(value.clone());
            rights.push(b.iter().find(|(other, _)| same(other, key)).map_or(Scalar::Null, |(_, value)| value.clone()));
        }
        for (key, value) in b {
            if !a.iter().any(|(other, _)| same(other, &key)) {
                keys.push(key);
                lefts.push(Scalar::Null);
                rights.push(value);
            }
        }
        owners.extend(std::iter::repeat_n(row as u32, keys.len() - before));
        lengths.push(keys.len() - before);
        valid.push(true);
    }
    let keys = Scalar::to_array(&keys, key)?;
    let params = vec![keys.clone(), Scalar::to_array(&lefts, left_value)?, Scalar::to_array(&rights, right_value)?];
    let values = apply(lambda, rows, &UInt32Array::from(owners), params, context)?;
    map_of(keys, values, OffsetBuffer::from_lengths(lengths), Some(NullBuffer::from(valid)), out)
}
