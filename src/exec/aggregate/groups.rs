//! Which group a row belongs to. Groups are numbered in the order they were first seen, as Spark's hash map gives them back.
//!
//! Up to four keys of simple types are numbered column by column, and the numbers are paired up ([`Chain`]); anything else is
//! encoded by `arrow-row` and compared as bytes ([`RowTable`]).

use super::interner::{Interner, UNKNOWN, hash_bytes, mix, pick};
use crate::common::Result;
use crate::exec::keys::normalized;
use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, Rows, SortField};
use hashbrown::HashTable;

/// The groups of an aggregation.
pub enum Groups {
    /// No keys: one group.
    One,
    Chain(Chain),
    Rows(RowTable),
}

impl Groups {
    /// For keys of these types.
    ///
    /// # Errors
    /// For types that cannot be compared.
    pub fn new(types: &[DataType]) -> Result<Self> {
        if types.is_empty() {
            return Ok(Groups::One);
        }
        if types.len() <= 4
            && let Some(columns) = types.iter().map(Interner::of).collect::<Option<Vec<_>>>()
        {
            let pairs = columns.iter().skip(1).map(|_| Pairs::default()).collect();
            return Ok(Groups::Chain(Chain { columns, pairs, scratch: Vec::new() }));
        }
        Ok(Groups::Rows(RowTable::new(types)?))
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        match self {
            Groups::One => 1,
            Groups::Chain(chain) => chain.len(),
            Groups::Rows(rows) => rows.hashes.len(),
        }
    }

    /// Makes room for so many more groups.
    pub fn reserve(&mut self, more: usize) {
        match self {
            Groups::One => {}
            Groups::Chain(chain) => {
                if let ([column], true) = (chain.columns.as_mut_slice(), chain.pairs.is_empty()) {
                    column.reserve(more);
                }
            }
            Groups::Rows(table) => {
                let hashes = &table.hashes;
                table.table.reserve(more, |number| hashes[*number as usize]);
                table.hashes.reserve(more);
            }
        }
    }

    /// The group of each of `rows` rows.
    ///
    /// # Errors
    /// For columns of other types: a bug of the operator.
    pub fn assign(&mut self, keys: &[ArrayRef], rows: usize, numbers: &mut Vec<u32>) -> Result<()> {
        numbers.clear();
        match self {
            Groups::One => {
                numbers.resize(rows, 0);
                Ok(())
            }
            Groups::Chain(chain) => chain.assign(keys, numbers),
            Groups::Rows(table) => table.assign(keys, numbers),
        }
    }

    /// The group of each of `rows` rows, [`UNKNOWN`] where there is none. No group is made.
    ///
    /// # Errors
    /// For columns of other types: a bug of the operator.
    pub fn lookup(&self, keys: &[ArrayRef], rows: usize, numbers: &mut Vec<u32>) -> Result<()> {
        numbers.clear();
        match self {
            Groups::One => {
                numbers.resize(rows, 0);
                Ok(())
            }
            Groups::Chain(chain) => chain.lookup(keys, numbers),
            Groups::Rows(table) => table.lookup(keys, numbers),
        }
    }

    /// The key columns, one row for each group.
    ///
    /// # Errors
    /// See [`Groups::assign`].
    pub fn keys(&self) -> Result<Vec<ArrayRef>> {
        match self {
            Groups::One => Ok(Vec::new()),
            Groups::Chain(chain) => chain.keys(),
            Groups::Rows(table) => Ok(table.converter.convert_rows(table.rows.iter())?),
        }
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        match self {
            Groups::One => 0,
            Groups::Chain(chain) => {
                chain.columns.iter().map(Interner::size).sum::<usize>()
                    + chain.pairs.iter().map(|pairs| pairs.parts.capacity() * 16).sum::<usize>()
            }
            Groups::Rows(table) => table.rows.size() + table.hashes.capacity() * 16,
        }
    }
}

/// Keys numbered one column at a time.
pub struct Chain {
    columns: Vec<Interner>,
    /// `pairs[i]` numbers (group so far, value of column `i + 1`).
    pairs: Vec<Pairs>,
    scratch: Vec<u32>,
}

#[derive(Default)]
struct Pairs {
    table: HashTable<u32>,
    parts: Vec<(u32, u32)>,
}

impl Pairs {
    fn find(&self, left: u32, right: u32) -> u32 {
        let hash = mix(u64::from(left), u64::from(right));
        self.table.find(hash, |number| self.parts[*number as usize] == (left, right)).copied().unwrap_or(UNKNOWN)
    }

    #[inline]
    fn number(&mut self, left: u32, right: u32) -> u32 {
        let hash = |(left, right): (u32, u32)| mix(u64::from(left), u64::from(right));
        let (table, parts) = (&mut self.table, &mut self.parts);
        let own = hash((left, right));
        if let Some(found) = table.find(own, |number| parts[*number as usize] == (left, right)) {
            return *found;
        }
        let number = parts.len() as u32;
        parts.push((left, right));
        let parts = &*parts;
        table.insert_unique(own, number, |number| hash(parts[*number as usize]));
        number
    }
}

impl Chain {
    fn len(&self) -> usize {
        self.pairs.last().map_or_else(|| self.columns[0].len(), |pairs| pairs.parts.len())
    }

    fn assign(&mut self, keys: &[ArrayRef], numbers: &mut Vec<u32>) -> Result<()> {
        self.columns[0].intern(&keys[0], numbers)?;
        for ((column, key), pairs) in self.columns[1..].iter_mut().zip(&keys[1..]).zip(&mut self.pairs) {
            self.scratch.clear();
            column.intern(key, &mut self.scratch)?;
            for (number, value) in numbers.iter_mut().zip(&self.scratch) {
                *number = pairs.number(*number, *value);
            }
        }
        Ok(())
    }

    fn lookup(&self, keys: &[ArrayRef], numbers: &mut Vec<u32>) -> Result<()> {
        self.columns[0].lookup(&keys[0], numbers)?;
        let mut scratch = Vec::new();
        for ((column, key), pairs) in self.columns[1..].iter().zip(&keys[1..]).zip(&self.pairs) {
            scratch.clear();
            column.lookup(key, &mut scratch)?;
            for (number, value) in numbers.iter_mut().zip(&scratch) {
                *number = if *number == UNKNOWN || *value == UNKNOWN { UNKNOWN } else { pairs.find(*number, *value) };
            }
        }
        Ok(())
    }

    fn keys(&self) -> Result<Vec<ArrayRef>> {
        let mut groups: Vec<u32> = (0..self.len() as u32).collect();
        let mut columns = Vec::with_capacity(self.columns.len());
        for (pairs, column) in self.pairs.iter().zip(&self.columns[1..]).rev() {
            let values = groups.iter().map(|group| pairs.parts[*group as usize].1).collect();
            columns.push(pick(&column.values()?, values)?);
            for group in &mut groups {
                *group = pairs.parts[*group as usize].0;
            }
        }
        columns.push(pick(&self.columns[0].values()?, groups)?);
        columns.reverse();
        Ok(columns)
    }
}

/// Keys of any type, encoded.
pub struct RowTable {
    converter: RowConverter,
    table: HashTable<u32>,
    rows: Rows,
    hashes: Vec<u64>,
}

impl RowTable {
    fn lookup(&self, keys: &[ArrayRef], numbers: &mut Vec<u32>) -> Result<()> {
        let keys: Vec<ArrayRef> = keys.iter().cloned().map(normalized).collect();
        for row in &self.converter.convert_columns(&keys)? {
            let hash = hash_bytes(row.data());
            let same = |number: &u32| {
                self.hashes[*number as usize] == hash && self.rows.row(*number as usize).data() == row.data()
            };
            numbers.push(self.table.find(hash, same).copied().unwrap_or(UNKNOWN));
        }
        Ok(())
    }

    fn new(types: &[DataType]) -> Result<Self> {
        let converter = RowConverter::new(types.iter().cloned().map(SortField::new).collect())?;
        let rows = converter.empty_rows(0, 0);
        Ok(RowTable { converter, table: HashTable::new(), rows, hashes: Vec::new() })
    }

    fn assign(&mut self, keys: &[ArrayRef], numbers: &mut Vec<u32>) -> Result<()> {
        let keys: Vec<ArrayRef> = keys.iter().cloned().map(normalized).collect();
        let encoded = self.converter.convert_columns(&keys)?;
        for row in &encoded {
            let hash = hash_bytes(row.data());
            let (rows, hashes) = (&self.rows, &self.hashes);
            let found = self.table.find(hash, |number| {
                hashes[*number as usize] == hash && rows.row(*number as usize).data() == row.data()
            });
            let number = if let Some(found) = found {
                *found
            } else {
                let number = self.hashes.len() as u32;
                self.rows.push(row);
                self.hashes.push(hash);
                let hashes = &self.hashes;
                self.table.insert_unique(hash, number, |number| hashes[*number as usize]);
                number
            };
            numbers.push(number);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray, Float64Array, Int32Array, StringViewArray};
    use std::sync::Arc;

    fn check(keys: &[ArrayRef], expected: &[u32]) -> Vec<ArrayRef> {
        let types: Vec<_> = keys.iter().map(|key| key.data_type().clone()).collect();
        let mut numbers = Vec::new();
        let mut rows = Groups::Rows(RowTable::new(&types).unwrap());
        rows.assign(keys, keys[0].len(), &mut numbers).unwrap();
        assert_eq!(numbers, expected);
        let mut groups = Groups::new(&types).unwrap();
        groups.assign(keys, keys[0].len(), &mut numbers).unwrap();
        assert_eq!(numbers, expected);
        assert_eq!(groups.keys().unwrap(), rows.keys().unwrap());
        groups.keys().unwrap()
    }

    #[test]
    fn groups_are_numbered_as_seen() {
        let text: ArrayRef = Arc::new(StringViewArray::from(vec![
            Some("b"),
            None,
            Some("a text longer than a view"),
            Some("b"),
            Some("a text longer than a view"),
            None,
        ]));
        let number: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), None, Some(2), Some(0), Some(3), None]));
        check(std::slice::from_ref(&text), &[0, 1, 2, 0, 2, 1]);
        check(std::slice::from_ref(&number), &[0, 1, 2, 0, 3, 1]);
        let keys = check(&[text, number], &[0, 1, 2, 0, 3, 1]);
        assert_eq!(keys[0].as_string_view().value(3), "a text longer than a view");
    }

    #[test]
    fn zeros_and_nans_are_one_group_and_null_is_not_zero() {
        let keys: ArrayRef =
            Arc::new(Float64Array::from(vec![Some(0.0), Some(-0.0), Some(f64::NAN), None, Some(-f64::NAN)]));
        check(&[keys], &[0, 0, 1, 2, 1]);
    }
}
