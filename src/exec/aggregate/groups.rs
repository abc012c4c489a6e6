//! Which group a row belongs to. Groups are numbered in the order they were first seen, as Spark's hash map gives them back.
//!
//! Up to four keys of simple types are numbered column by column, and the numbers are paired up ([`Chain`]); anything else is
//! encoded by `arrow-row` and compared as bytes ([`RowTable`]).

use super::interner::{Interner, UNKNOWN, hash_bytes, mix, pick};
use crate::common::{Result, SparkError};
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
    /// All groups are known, with the keys that are wanted.
    Known(usize, Vec<ArrayRef>),
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
            Groups::Known(count, _) => *count,
        }
    }

    /// Makes room for so many more groups.
    pub fn reserve(&mut self, more: usize) {
        match self {
            Groups::One | Groups::Known(..) => {}
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
            Groups::Known(..) => Err(SparkError::internal("rows came after all groups were known")),
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
            Groups::Known(..) => Err(SparkError::internal("rows came after all groups were known")),
        }
    }

    /// The wanted key columns, one row for each group.
    ///
    /// # Errors
    /// See [`Groups::assign`].
    pub fn into_keys(self, wanted: &[bool]) -> Result<Vec<ArrayRef>> {
        match self {
            Groups::One => Ok(Vec::new()),
            Groups::Chain(chain) => chain.into_keys(wanted),
            Groups::Rows(table) => {
                let keys = table.converter.convert_rows(table.rows.iter())?;
                Ok(keys.into_iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(key, _)| key).collect())
            }
            Groups::Known(_, keys) => Ok(keys),
        }
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        match self {
            Groups::One | Groups::Known(..) => 0,
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

    fn into_keys(self, wanted: &[bool]) -> Result<Vec<ArrayRef>> {
        let mut interners: Vec<Interner> = self.columns;
        let mut columns = Vec::new();
        // The place of each group in the pairs at hand; nothing as long as they are the groups themselves.
        let mut groups: Option<Vec<u32>> = None;
        for pairs in self.pairs.into_iter().rev() {
            let Some(column) = interners.pop() else { break };
            let parts: Vec<(u32, u32)> = match groups {
                None => pairs.parts,
                Some(groups) => groups.into_iter().map(|group| pairs.parts[group as usize]).collect(),
            };
            if wanted[interners.len()] {
                columns.push(pick(&column.into_values()?, parts.iter().map(|(_, value)| *value).collect())?);
            }
            groups = Some(parts.into_iter().map(|(group, _)| group).collect());
        }
        if let Some(first) = interners.pop().filter(|_| wanted[0]) {
            columns.push(match groups {
                None => first.into_values()?,
                Some(groups) => pick(&first.into_values()?, groups)?,
            });
        }
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
        let keys = groups.into_keys(&vec![true; types.len()]).unwrap();
        assert_eq!(keys, rows.into_keys(&vec![true; types.len()]).unwrap());
        keys
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
