//! Aggregates that keep all values of a group: lists, sets, exact percentiles, the mode, joined text.
//!
//! Values lie in chunks as they came; only at the end a counting sort brings each group's values together.
//!
//! **Simplified:** what the largest group takes in memory is told from its number of values and their average size.

use super::accumulator::Accumulator;
use super::folded::Fold;
use super::groups::Groups;
use super::set_order::in_set_order;
use crate::common::{Result, SparkError};
use crate::exec::batch::variable_bytes;
use crate::exec::keys::{normalized, sorted_order};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray, StringViewBuilder, StructArray, UInt32Array,
    new_empty_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{SortOptions, concat, filter, take};
use arrow::datatypes::{DataType as ArrowType, Field, Fields, Float64Type, Int64Type};
use hashbrown::HashSet;
use std::sync::Arc;

/// What a value takes in a buffer of Spark's beside its text: an object's head, its value, and its place in the list.
const OBJECT_BYTES: u64 = 24;

/// What is made of a group's values.
pub enum Collect {
    List,
    Set,
    /// Interpolated percentiles at these fractions; one number, or an array of them.
    Percentile {
        fractions: Vec<f64>,
        many: bool,
    },
    /// The most frequent value; of several the least if `least`, else the first seen.
    Mode {
        least: bool,
    },
    /// Text or bytes joined by this.
    Join(Vec<u8>),
    Fold(Fold),
}

/// All values of each group.
pub struct Collected {
    kind: Collect,
    /// Type of what is kept: the argument's, or a struct of all arguments.
    element: ArrowType,
    types: (DataType, DataType),
    chunks: Vec<ArrayRef>,
    groups: Vec<u32>,
    group_count: usize,
    /// For sets: numbers of values, and which (group, value) there were.
    seen: Option<(Groups, HashSet<(u32, u32)>)>,
    bytes: usize,
}

impl Collected {
    /// An accumulator that keeps values of type `kept` (from the buffer's list type) and gives `out`.
    ///
    /// # Errors
    /// For sets of values that cannot be compared.
    pub fn new(kind: Collect, kept: DataType, out: DataType) -> Result<Self> {
        let element = kept.to_arrow();
        let seen = match kind {
            Collect::Set => Some((Groups::new(std::slice::from_ref(&element))?, HashSet::new())),
            _ => None,
        };
        let types = (kept, out);
        Ok(Collected { kind, element, types, chunks: Vec::new(), groups: Vec::new(), group_count: 0, seen, bytes: 0 })
    }

    fn push(&mut self, column: &ArrayRef, groups: &[u32]) -> Result<()> {
        let mut column = column.clone();
        let mut groups: Vec<u32> = groups.to_vec();
        if let Some(nulls) = column.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            let keep = BooleanArray::new(nulls.inner().clone(), None);
            groups = groups.into_iter().zip(nulls.iter()).filter_map(|(group, valid)| valid.then_some(group)).collect();
            column = filter(&column, &keep)?;
        }
        if let Some((values, seen)) = &mut self.seen {
            let mut numbers = Vec::new();
            values.assign(std::slice::from_ref(&column), column.len(), &mut numbers)?;
            let fresh: Vec<bool> =
                groups.iter().zip(&numbers).map(|(group, number)| seen.insert((*group, *number))).collect();
            groups = groups.into_iter().zip(&fresh).filter_map(|(group, fresh)| fresh.then_some(group)).collect();
            column = filter(&column, &BooleanArray::from(fresh))?;
        }
        if !column.is_empty() {
            self.bytes += column.len() * 20;
            self.groups.extend(groups);
            self.chunks.push(column);
        }
        Ok(())
    }

    /// All values, group by group, and where each group's start.
    fn arranged(&self) -> Result<(ArrayRef, Vec<i32>)> {
        let mut offsets = vec![0i32; self.group_count + 1];
        for group in &self.groups {
            offsets[*group as usize + 1] += 1;
        }
        for at in 1..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let chunks = &self.chunks;
        let parts: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
        let all = match parts.as_slice() {
            [] => return Ok((new_empty_array(&self.element), offsets)),
            [_] => chunks[0].clone(),
            _ => concat(&parts)?,
        };
        if self.group_count == 1 {
            return Ok((all, offsets));
        }
        let mut next = offsets.clone();
        let mut rows = vec![0u32; self.groups.len()];
        for (row, group) in self.groups.iter().enumerate() {
            let place = &mut next[*group as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        Ok((take(&all, &UInt32Array::from(rows), None)?, offsets))
    }
}

impl Collected {
    fn folded(&self, fold: Fold, values: &ArrayRef, offsets: &[i32]) -> Result<ArrayRef> {
        let (kept, out) = &self.types;
        let results = spans(offsets)
            .map(|(start, length)| {
                let values = (start..start + length)
                    .map(|row| Scalar::from_array(values, row, kept))
                    .collect::<Result<Vec<_>>>()?;
                Ok(fold.result(&values))
            })
            .collect::<Result<Vec<_>>>()?;
        Scalar::to_array(&results, out)
    }
}

fn lists(values: ArrayRef, offsets: Vec<i32>) -> Result<ArrayRef> {
    let field = Arc::new(Field::new("element", values.data_type().clone(), true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Ok(Arc::new(ListArray::try_new(field, offsets, values, None)?))
}

impl Accumulator for Collected {
    fn resize(&mut self, groups: usize) {
        self.group_count = groups;
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        if let ArrowType::Struct(fields) = &self.element
            && args.len() == fields.len()
            && args.len() > 1
        {
            let rows = struct_of(fields, args)?;
            return self.push(&rows, groups);
        }
        self.push(&args[0], groups)
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let lists = buffers[0].as_list::<i32>();
        let offsets = lists.value_offsets();
        let (start, end) = (offsets[0] as usize, offsets[lists.len()] as usize);
        let mut spread = Vec::with_capacity(end - start);
        for (row, group) in groups.iter().enumerate() {
            spread.extend(std::iter::repeat_n(*group, lists.value_length(row) as usize));
        }
        self.push(&lists.values().slice(start, end - start), &spread)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let (values, offsets) = self.arranged()?;
        Ok(vec![lists(values, offsets)?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let (values, offsets) = self.arranged()?;
        match &self.kind {
            Collect::List => lists(values, offsets),
            Collect::Set => lists(in_set_order(&values, &offsets)?, offsets),
            Collect::Percentile { fractions, many } => percentiles(&values, &offsets, fractions, *many),
            Collect::Mode { least } => modes(&values, &offsets, *least),
            Collect::Join(between) => Ok(joined(&values, &offsets, between)),
            Collect::Fold(fold) => self.folded(*fold, &values, &offsets),
        }
    }

    fn size(&self) -> usize {
        self.bytes + self.groups.capacity() * 4
    }

    fn largest_group(&self, limit: u64) -> u64 {
        let count = self.groups.len() as u64;
        let at_most =
            count * OBJECT_BYTES + self.chunks.iter().map(|chunk| chunk.get_array_memory_size() as u64).sum::<u64>();
        // Percentiles and modes count values instead of keeping each.
        if at_most <= limit || matches!(self.kind, Collect::Percentile { .. } | Collect::Mode { .. }) {
            return 0;
        }
        let mut sizes = vec![0u64; self.group_count];
        for group in &self.groups {
            sizes[*group as usize] += 1;
        }
        let most = sizes.into_iter().max().unwrap_or(0);
        let variable: u64 = self.chunks.iter().map(variable_bytes).sum();
        most * (OBJECT_BYTES + variable / count.max(1))
    }
}

/// Several arguments as one struct column; a row whose first argument is null is null.
fn struct_of(fields: &Fields, args: &[ArrayRef]) -> Result<ArrayRef> {
    let columns = args
        .iter()
        .zip(fields)
        .map(|(arg, field)| crate::exec::batch::conform(arg.clone(), field.data_type()))
        .collect::<Result<Vec<_>>>()?;
    let nulls = args[0].logical_nulls();
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, nulls)?))
}

fn spans(offsets: &[i32]) -> impl Iterator<Item = (usize, usize)> + '_ {
    offsets.windows(2).map(|pair| (pair[0] as usize, (pair[1] - pair[0]) as usize))
}

/// Numbers by group, or arrays of them when several fractions were asked for.
pub(super) fn shaped(numbers: &ArrayRef, filled: &[bool], per_group: usize, many: bool) -> Result<ArrayRef> {
    if !many {
        return Ok(numbers.clone());
    }
    let field = Arc::new(Field::new("element", numbers.data_type().clone(), false));
    let offsets = OffsetBuffer::from_lengths(filled.iter().map(|_| per_group));
    let nulls = NullBuffer::from(filled.to_vec());
    let field = if numbers.null_count() > 0 { Arc::new(field.as_ref().clone().with_nullable(true)) } else { field };
    Ok(Arc::new(ListArray::try_new(field, offsets, numbers.clone(), Some(nulls))?))
}

fn percentiles(values: &ArrayRef, offsets: &[i32], fractions: &[f64], many: bool) -> Result<ArrayRef> {
    let (numbers, weights) = match values.data_type() {
        ArrowType::Struct(_) => {
            let parts = values.as_struct();
            let weights = arrow::compute::cast(parts.column(parts.num_columns() - 1), &ArrowType::Int64)?;
            (parts.column(0).clone(), Some(weights))
        }
        _ => (values.clone(), None),
    };
    let numbers = arrow::compute::cast(&numbers, &ArrowType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>();
    let (mut results, mut filled) = (Vec::new(), Vec::new());
    for (start, length) in spans(offsets) {
        let mut weighted: Vec<(f64, i64)> = (start..start + length)
            .map(|row| (numbers.value(row), weights.as_ref().map_or(1, |w| w.as_primitive::<Int64Type>().value(row))))
            .filter(|(_, weight)| *weight > 0)
            .collect();
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: i64 = weighted.iter().map(|(_, weight)| weight).sum();
        filled.push(total > 0);
        for fraction in fractions {
            results.push((total > 0).then(|| interpolated(&weighted, total, *fraction)));
        }
    }
    let numbers: ArrayRef = Arc::new(Float64Array::from(results));
    shaped(&numbers, &filled, fractions.len(), many)
}

fn interpolated(weighted: &[(f64, i64)], total: i64, fraction: f64) -> f64 {
    let position = (total - 1) as f64 * fraction;
    let (lower, higher) = (position.floor(), position.ceil());
    let at = |rank: i64| {
        let mut seen = 0;
        for (value, weight) in weighted {
            seen += weight;
            if seen > rank {
                return *value;
            }
        }
        f64::NAN
    };
    let at = |rank: f64| if weighted.len() as i64 == total { weighted[rank as usize].0 } else { at(rank as i64) };
    let (low, high) = (at(lower), at(higher));
    if lower == higher || low == high { low } else { (higher - position) * low + (position - lower) * high }
}

fn modes(values: &ArrayRef, offsets: &[i32], least: bool) -> Result<ArrayRef> {
    let mut table = Groups::new(std::slice::from_ref(values.data_type()))?;
    let mut numbers = Vec::new();
    table.assign(std::slice::from_ref(values), values.len(), &mut numbers)?;
    let ascending = SortOptions { descending: false, nulls_first: true };
    let mut rows: Vec<Option<u32>> = Vec::new();
    for (start, length) in spans(offsets) {
        let mut counts: indexmap::IndexMap<u32, (usize, usize)> = indexmap::IndexMap::new();
        for (row, number) in numbers.iter().enumerate().skip(start).take(length) {
            counts.entry(*number).or_insert((0, row)).0 += 1;
        }
        let most = counts.values().map(|(count, _)| *count).max();
        let candidates: Vec<u32> =
            counts.values().filter(|(count, _)| Some(*count) == most).map(|(_, row)| *row as u32).collect();
        let chosen = if least && candidates.len() > 1 {
            let picked = normalized(take(values, &UInt32Array::from(candidates.clone()), None)?);
            let order = sorted_order(&[picked], &[ascending])?;
            candidates.get(order.value(0) as usize).copied()
        } else {
            candidates.first().copied()
        };
        rows.push(chosen);
    }
    Ok(take(values, &UInt32Array::from(rows), None)?)
}

fn joined(values: &ArrayRef, offsets: &[i32], between: &[u8]) -> ArrayRef {
    if let Some(bytes) = values.as_binary_view_opt() {
        let parts = spans(offsets).map(|(start, length)| {
            let parts: Vec<&[u8]> = (start..start + length).map(|row| bytes.value(row)).collect();
            (length > 0).then(|| parts.join(between))
        });
        return Arc::new(parts.collect::<arrow::array::BinaryViewArray>());
    }
    let between = String::from_utf8_lossy(between);
    let mut builder = StringViewBuilder::new();
    for (start, length) in spans(offsets) {
        if length == 0 {
            builder.append_null();
            continue;
        }
        let text = values.as_string_view();
        let parts: Vec<&str> = (start..start + length).map(|row| text.value(row)).collect();
        builder.append_value(parts.join(&between));
    }
    Arc::new(builder.finish())
}

/// The fractions of a percentile's second argument, and whether they were an array.
///
/// # Errors
/// When it is not a number between 0 and 1, or an array of such.
pub fn fractions_of(value: &Scalar) -> Result<(Vec<f64>, bool)> {
    let one = |value: &Scalar| match value {
        Scalar::Double(fraction) if (0.0..=1.0).contains(fraction) => Ok(*fraction),
        other => Err(SparkError::analysis(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            format!("a percentage must lie between 0.0 and 1.0, but is {other:?}"),
        )),
    };
    match value {
        Scalar::Array(items) => Ok((items.iter().map(one).collect::<Result<_>>()?, true)),
        single => Ok((vec![one(single)?], false)),
    }
}
