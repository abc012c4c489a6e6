//! One value of any type for each group: `first`, `last`, `min`, `max`, `min_by`, `max_by`.

use super::accumulator::{Accumulator, each_valid};
use crate::common::Result;
use crate::exec::keys::normalized;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, UInt32Array, new_null_array};
use arrow::compute::{interleave, take};
use arrow::datatypes::{ArrowNativeTypeOp, ArrowPrimitiveType, DataType as ArrowType};
use arrow::row::{RowConverter, SortField};
use std::cmp::Ordering;
use std::sync::Arc;

/// A value for each group, held as places in chunks of arrays.
pub struct Slots {
    data_type: ArrowType,
    chunks: Vec<ArrayRef>,
    places: Vec<Option<(u32, u32)>>,
    held: usize,
}

impl Slots {
    /// Values of this type.
    pub fn new(data_type: ArrowType) -> Self {
        Slots { data_type, chunks: Vec::new(), places: Vec::new(), held: 0 }
    }

    fn resize(&mut self, groups: usize) {
        self.places.resize(groups, None);
    }

    /// Puts the rows of `column` into the groups; a later pair wins.
    pub fn set(&mut self, column: &ArrayRef, pairs: &[(usize, usize)]) -> Result<()> {
        if pairs.is_empty() {
            return Ok(());
        }
        let chunk = self.chunks.len() as u32;
        let rows: UInt32Array = pairs.iter().map(|(row, _)| *row as u32).collect();
        for (at, (_, group)) in pairs.iter().enumerate() {
            self.places[*group] = Some((chunk, at as u32));
        }
        self.chunks.push(take(column, &rows, None)?);
        self.held += pairs.len();
        if self.chunks.len() > 64 && self.held > 2 * self.places.len() + 8192 {
            let all = self.values()?;
            self.held = all.len();
            for (group, place) in self.places.iter_mut().enumerate() {
                *place = place.map(|_| (0, group as u32));
            }
            self.chunks = vec![all];
        }
        Ok(())
    }

    /// The values by group, null where there is none.
    pub fn values(&self) -> Result<ArrayRef> {
        if self.chunks.is_empty() {
            return Ok(new_null_array(&self.data_type, self.places.len()));
        }
        let nothing = new_null_array(self.chunks[0].data_type(), 1);
        let mut arrays: Vec<&dyn Array> = self.chunks.iter().map(AsRef::as_ref).collect();
        arrays.push(nothing.as_ref());
        let none = (arrays.len() - 1, 0);
        let places: Vec<(usize, usize)> =
            self.places.iter().map(|place| place.map_or(none, |(chunk, row)| (chunk as usize, row as usize))).collect();
        Ok(interleave(&arrays, &places)?)
    }

    fn size(&self) -> usize {
        self.places.capacity() * 12 + self.held * 16
    }
}

/// `first`, `last`, `any_value`.
pub struct Position {
    slots: Slots,
    filled: Vec<bool>,
    last: bool,
    ignore_nulls: bool,
}

impl Position {
    /// The first or last value, of those that are not null if `ignore_nulls`.
    pub fn new(data_type: ArrowType, last: bool, ignore_nulls: bool) -> Self {
        Position { slots: Slots::new(data_type), filled: Vec::new(), last, ignore_nulls }
    }

    fn take_rows(&mut self, column: &ArrayRef, groups: &[u32], wanted: impl Fn(usize) -> bool) -> Result<()> {
        let mut pairs = Vec::new();
        for (row, group) in groups.iter().enumerate() {
            let group = *group as usize;
            if (self.last || !self.filled[group]) && wanted(row) {
                self.filled[group] = true;
                pairs.push((row, group));
            }
        }
        self.slots.set(column, &pairs)
    }
}

impl Accumulator for Position {
    fn resize(&mut self, groups: usize) {
        self.slots.resize(groups);
        self.filled.resize(groups, false);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let column = args[0].clone();
        let ignore = self.ignore_nulls;
        self.take_rows(&column, groups, |row| !ignore || column.is_valid(row))
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let filled = buffers[1].as_boolean();
        self.take_rows(&buffers[0], groups, |row| filled.value(row))
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let filled: BooleanArray = self.filled.iter().map(|filled| Some(*filled)).collect();
        Ok(vec![self.slots.values()?, Arc::new(filled)])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.slots.values()
    }

    fn size(&self) -> usize {
        self.slots.size() + self.filled.capacity()
    }
}

/// `min`, `max` of numbers, dates and times.
pub struct Extreme<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    filled: Vec<bool>,
    greatest: bool,
    data_type: ArrowType,
}

impl<T: ArrowPrimitiveType> Extreme<T> {
    /// The greatest or the least.
    pub fn new(data_type: ArrowType, greatest: bool) -> Self {
        Extreme { values: Vec::new(), filled: Vec::new(), greatest, data_type }
    }
}

impl<T: ArrowPrimitiveType> Accumulator for Extreme<T> {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, T::Native::default());
        self.filled.resize(groups, false);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let column = args[0].as_primitive::<T>();
        let wanted = if self.greatest { Ordering::Greater } else { Ordering::Less };
        let (values, filled) = (&mut self.values, &mut self.filled);
        each_valid(&[&args[0]], groups, |row, group| {
            let value = column.value(row);
            if !filled[group] || value.compare(values[group]) == wanted {
                values[group] = value;
                filled[group] = true;
            }
        });
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.update(buffers, groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = self.values.iter().zip(&self.filled).map(|(value, filled)| filled.then_some(*value));
        Ok(Arc::new(values.collect::<PrimitiveArray<T>>().with_data_type(self.data_type.clone())))
    }

    fn size(&self) -> usize {
        self.values.capacity() * 9
    }
}

/// The value beside the least or greatest key: `min_by`, `max_by`; with the value itself as key `min` and `max` of any type.
pub struct By {
    values: Slots,
    keys: Slots,
    best: Vec<Option<Box<[u8]>>>,
    converter: RowConverter,
    greatest: bool,
    /// A key that equals the best so far replaces it (`max_by`).
    ties_replace: bool,
    /// `min` and `max`: value and key are one.
    alone: bool,
}

impl By {
    /// Values of one type by keys of another.
    ///
    /// # Errors
    /// For keys without an order.
    pub fn new(value: ArrowType, key: ArrowType, greatest: bool) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(key.clone())])?;
        Ok(By {
            values: Slots::new(value),
            keys: Slots::new(key),
            best: Vec::new(),
            converter,
            greatest,
            ties_replace: true,
            alone: false,
        })
    }

    /// The least or greatest value of any type with an order.
    ///
    /// # Errors
    /// For types without an order.
    pub fn alone(data_type: ArrowType, greatest: bool) -> Result<Self> {
        Ok(By { ties_replace: false, alone: true, ..By::new(data_type.clone(), data_type, greatest)? })
    }
}

impl Accumulator for By {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups);
        self.keys.resize(groups);
        self.best.resize(groups, None);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let key = args.last().cloned().unwrap_or_else(|| args[0].clone());
        let encoded = self.converter.convert_columns(&[normalized(key.clone())])?;
        let wanted = if self.greatest { Ordering::Greater } else { Ordering::Less };
        let mut pairs = Vec::new();
        let (best, ties) = (&mut self.best, self.ties_replace);
        each_valid(&[&key], groups, |row, group| {
            let bytes = encoded.row(row);
            let better = best[group].as_ref().is_none_or(|own| match bytes.data().cmp(own) {
                Ordering::Equal => ties,
                order => order == wanted,
            });
            if better {
                best[group] = Some(bytes.data().into());
                pairs.push((row, group));
            }
        });
        self.values.set(&args[0], &pairs)?;
        if self.alone { Ok(()) } else { self.keys.set(&key, &pairs) }
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.update(buffers, groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        if self.alone { Ok(vec![self.values.values()?]) } else { Ok(vec![self.values.values()?, self.keys.values()?]) }
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.values.values()
    }

    fn size(&self) -> usize {
        self.values.size() + self.keys.size() + self.best.iter().flatten().map(|key| key.len() + 16).sum::<usize>()
    }
}
