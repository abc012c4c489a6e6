//! Numbers the groups of many rows at once, where most rows are groups of their own.
//!
//! One large hash table is slow when every look into it goes to another place of memory. Here all rows are there first:
//!
//! ```text
//!   hash all rows ──▶ hash and row by a few bits of the hash ──▶ one small table after the other: the first row of each row's group
//!                 ──▶ firsts counted in the order of the rows: the group's number, as if the rows had come one by one
//! ```
//!
//! Keys are compared where they lie, nothing is copied, and what is written for a row is written once, in the order of memory: 16 bytes. A
//! row is known by its batch and its place in it, in one number of 32 bits; so all batches must be about as large as [`BATCH_ROWS`].

use super::interner::{each_bits, hash_bytes, mix};
use crate::common::{Result, SparkError};
use crate::exec::batch::BATCH_ROWS;
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::DataType;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Rows of a small table; it then fits into a core's own cache.
const TABLE_ROWS: usize = 1 << 15;

/// The groups of all rows.
pub struct Numbered {
    /// For each place the group of its row.
    numbers: Vec<u32>,
    /// For each group the place of its first row.
    firsts: Vec<u32>,
}

impl Numbered {
    /// The groups of a batch's first `rows` rows.
    pub fn of(&self, batch: usize, rows: usize) -> &[u32] {
        &self.numbers[batch * BATCH_ROWS..][..rows]
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.firsts.len()
    }

    /// For each group its first row: batch and row.
    pub fn firsts(&self) -> Vec<(usize, usize)> {
        self.firsts.iter().map(|place| split(*place)).collect()
    }
}

/// One key column of all batches.
enum Column {
    Text(Vec<StringViewArray>),
    /// Values of at most 64 bits, and the columns for their nulls.
    Bits(Vec<Vec<u64>>, Vec<ArrayRef>),
}

/// Whether keys of these types can be numbered here.
pub fn can_number(types: &[DataType]) -> bool {
    !types.is_empty()
        && types.iter().all(|data_type| {
            matches!(data_type, DataType::Utf8View) || super::interner::Interner::of(data_type).is_some()
        })
}

/// Numbers the groups of these batches' keys; nothing when the batches are of uneven size.
///
/// # Errors
/// For keys of other types: a bug of the operator.
pub fn number(batches: &[Vec<ArrayRef>]) -> Result<Option<Numbered>> {
    let rows_of = |keys: &[ArrayRef]| keys.first().map_or(0, arrow::array::Array::len);
    let lengths: Vec<usize> = batches.iter().map(|keys| rows_of(keys)).collect();
    let rows: usize = lengths.iter().sum();
    let places = batches.len() * BATCH_ROWS;
    let is_even = lengths.iter().all(|length| *length <= BATCH_ROWS) && places <= rows * 4;
    if !is_even || u32::try_from(places).is_err() {
        return Ok(None);
    }
    let columns = columns(batches)?;
    let firsts_of = firsts_of(&columns, hashes(&columns, &lengths), &lengths);
    Ok(Some(numbered(firsts_of, &lengths)))
}

fn columns(batches: &[Vec<ArrayRef>]) -> Result<Vec<Column>> {
    let width = batches.first().map_or(0, Vec::len);
    let column = |place: usize| -> Result<Column> {
        let arrays = || batches.iter().map(|keys| &keys[place]);
        if arrays().next().is_some_and(|array| array.data_type() == &DataType::Utf8View) {
            let text = |array: &ArrayRef| array.as_string_view_opt().cloned();
            let all: Option<Vec<_>> = arrays().map(text).collect();
            return all.map(Column::Text).ok_or_else(|| SparkError::internal("a key column changed its type"));
        }
        let mut bits = Vec::with_capacity(batches.len());
        for array in arrays() {
            let mut values = Vec::with_capacity(array.len());
            each_bits(array, &mut |value| values.push(value.unwrap_or(0)))?;
            bits.push(values);
        }
        Ok(Column::Bits(bits, arrays().cloned().collect()))
    };
    (0..width).map(column).collect()
}

fn split(place: u32) -> (usize, usize) {
    (place as usize / BATCH_ROWS, place as usize % BATCH_ROWS)
}

impl Column {
    /// Stirs the column's values in one batch into the hash of each row.
    fn hash(&self, batch: usize, hashes: &mut [u64]) {
        const NULL: u64 = 0x517c_c1b7_2722_0a95;
        match self {
            Column::Text(arrays) => {
                let array = &arrays[batch];
                for (row, (view, hash)) in array.views().iter().zip(hashes).enumerate() {
                    let own = if array.is_null(row) {
                        NULL
                    } else if *view as u32 <= 12 {
                        mix((view >> 64) as u64, *view as u64)
                    } else {
                        hash_bytes(array.value(row).as_bytes())
                    };
                    *hash = mix(*hash, own);
                }
            }
            Column::Bits(values, arrays) => {
                let array = &arrays[batch];
                for (row, (value, hash)) in values[batch].iter().zip(hashes).enumerate() {
                    *hash = mix(*hash, if array.is_null(row) { NULL } else { *value });
                }
            }
        }
    }

    fn same(&self, one: u32, other: u32) -> bool {
        let ((a, i), (b, j)) = (split(one), split(other));
        match self {
            Column::Text(arrays) => {
                let (left, right) = (&arrays[a], &arrays[b]);
                match (left.is_null(i), right.is_null(j)) {
                    (false, false) => left.value(i) == right.value(j),
                    (left, right) => left && right,
                }
            }
            Column::Bits(values, arrays) => {
                values[a][i] == values[b][j] && arrays[a].is_null(i) == arrays[b].is_null(j)
            }
        }
    }
}

/// Half of the hash of each place.
fn hashes(columns: &[Column], lengths: &[usize]) -> Vec<u32> {
    let mut halves = Vec::with_capacity(lengths.len() * BATCH_ROWS);
    let mut hashes = Vec::with_capacity(BATCH_ROWS);
    for (batch, length) in lengths.iter().enumerate() {
        hashes.clear();
        hashes.resize(*length, 0);
        for column in columns {
            column.hash(batch, &mut hashes);
        }
        halves.extend(hashes.iter().map(|hash| *hash as u32));
        halves.resize((batch + 1) * BATCH_ROWS, 0);
    }
    halves
}

/// The places of all rows, in order.
fn places(lengths: &[usize]) -> impl Iterator<Item = u32> {
    let of_batch = |(batch, length): (usize, &usize)| (0..*length).map(move |row| (batch * BATCH_ROWS + row) as u32);
    lengths.iter().enumerate().flat_map(of_batch)
}

/// For each place the first place with the same keys.
fn firsts_of(columns: &[Column], hashes: Vec<u32>, lengths: &[usize]) -> Vec<u32> {
    // The tables stir what the rows of a part have in common: its highest bits.
    let spread = |hash: u32| u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (order, ends) = by_part(&hashes, lengths);
    // A place is its own first, until an earlier one is found.
    let mut firsts = hashes;
    for (first, place) in firsts.iter_mut().zip(0..) {
        *first = place;
    }
    let mut table: HashTable<(u32, u32)> = HashTable::new();
    let mut start = 0;
    for end in ends {
        table.clear();
        for row in &order[start..end] {
            let (hash, place) = *row;
            let same =
                |(known, other): &(u32, u32)| *known == hash && columns.iter().all(|column| column.same(*other, place));
            match table.entry(spread(hash), same, |(hash, _)| spread(*hash)) {
                Entry::Occupied(first) => firsts[place as usize] = first.get().1,
                Entry::Vacant(free) => {
                    free.insert(*row);
                }
            }
        }
        start = end;
    }
    firsts
}

/// Hash and place of each row by the highest bits of the hash, and where each part ends.
fn by_part(hashes: &[u32], lengths: &[usize]) -> (Vec<(u32, u32)>, Vec<usize>) {
    let rows: usize = lengths.iter().sum();
    let bits = (rows / TABLE_ROWS + 1).next_power_of_two().ilog2();
    let part_of = |hash: u32| (u64::from(hash) << bits >> 32) as usize;
    let mut ends = vec![0usize; 1 << bits];
    places(lengths).for_each(|place| ends[part_of(hashes[place as usize])] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut order = vec![(0, 0); rows];
    places(lengths).for_each(|place| {
        let hash = hashes[place as usize];
        let end = &mut ends[part_of(hash)];
        order[*end] = (hash, place);
        *end += 1;
    });
    (order, ends)
}

/// Counts the groups in the order of their first rows; each place's first becomes its group.
fn numbered(mut firsts_of: Vec<u32>, lengths: &[usize]) -> Numbered {
    let mut firsts = Vec::new();
    places(lengths).for_each(|place| {
        let first = firsts_of[place as usize];
        // An earlier place has its number already.
        let number = if first == place {
            firsts.push(place);
            firsts.len() as u32 - 1
        } else {
            firsts_of[first as usize]
        };
        firsts_of[place as usize] = number;
    });
    Numbered { numbers: firsts_of, firsts }
}

#[cfg(test)]
mod tests {
    use super::super::groups::Groups;
    use super::*;
    use arrow::array::Int32Array;
    use std::sync::Arc;

    /// The same numbers as one table gives.
    fn check(batches: &[Vec<ArrayRef>]) {
        let types: Vec<_> = batches[0].iter().map(|key| key.data_type().clone()).collect();
        let mut groups = Groups::new(&types).unwrap();
        let expected: Vec<Vec<u32>> = batches
            .iter()
            .map(|keys| {
                let mut numbers = Vec::new();
                groups.assign(keys, keys[0].len(), &mut numbers).unwrap();
                numbers
            })
            .collect();
        let found = number(batches).unwrap().unwrap();
        for (batch, expected) in expected.iter().enumerate() {
            assert_eq!(found.of(batch, expected.len()), expected);
        }
        assert_eq!(found.groups(), groups.len());
        for (group, (batch, row)) in found.firsts().into_iter().enumerate() {
            assert_eq!(found.of(batch, row + 1)[row] as usize, group);
        }
    }

    fn keys(batch: i32, length: i32, distinct: i32) -> Vec<ArrayRef> {
        let value = |row: i32| (batch * length + row).wrapping_mul(7919) % distinct;
        let text = |row: i32| match value(row) % 5 {
            0 => None,
            1 => Some(format!("{}", value(row))),
            _ => Some(format!("a text that is long {}", value(row))),
        };
        vec![
            Arc::new((0..length).map(text).collect::<StringViewArray>()),
            Arc::new((0..length).map(|row| (value(row) % 7 != 0).then_some(value(row) % 3)).collect::<Int32Array>()),
        ]
    }

    #[test]
    fn groups_have_the_numbers_that_one_table_gives() {
        for distinct in [1, 300, 100_000] {
            let both: Vec<Vec<ArrayRef>> = (0..20).map(|batch| keys(batch, 8000 - batch, distinct)).collect();
            check(&both);
            check(&both.iter().map(|keys| keys[..1].to_vec()).collect::<Vec<_>>());
            check(&both.iter().map(|keys| keys[1..].to_vec()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn small_batches_are_left_to_others() {
        let batches: Vec<Vec<ArrayRef>> = (0..20).map(|batch| keys(batch, 100, 10)).collect();
        assert!(number(&batches).unwrap().is_none());
    }
}
