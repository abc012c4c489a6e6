//! Numbers the groups of many rows at once, where most rows are groups of their own.
//!
//! One large hash table is slow when every look into it goes to another place of memory. Here all rows are there first:
//!
//! ```text
//!   hash all rows ──▶ rows by a few bits of the hash ──▶ one small table after the other: the first row of each row's group
//!                 ──▶ firsts counted in the order of the rows: the group's number, as if the rows had come one by one
//! ```
//!
//! Keys are compared where they lie, nothing is copied. A row is known by its batch and its place in it, in one number of 32 bits; so all
//! batches must be about as large as [`BATCH_ROWS`].

use super::interner::{each_bits, hash_bytes, mix};
use crate::common::{Result, SparkError};
use crate::exec::batch::BATCH_ROWS;
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::DataType;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Rows of a small table; it then fits into a core's own cache.
const TABLE_ROWS: usize = 1 << 16;

/// The groups of all rows.
pub struct Numbered {
    /// For each batch the group of each row.
    pub numbers: Vec<Vec<u32>>,
    /// For each group its first row: batch and place.
    pub firsts: Vec<(usize, usize)>,
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
    let mut hashes = vec![0u64; places];
    for column in &columns {
        column.hash(&mut hashes);
    }
    let firsts_of = firsts_of(&columns, &hashes, &lengths);
    drop(hashes);
    Ok(Some(numbered(&firsts_of, &lengths)))
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
    /// Stirs the column into the hash of each place.
    fn hash(&self, hashes: &mut [u64]) {
        const NULL: u64 = 0x517c_c1b7_2722_0a95;
        let blocks = hashes.chunks_mut(BATCH_ROWS);
        match self {
            Column::Text(arrays) => {
                for (array, hashes) in arrays.iter().zip(blocks) {
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
            }
            Column::Bits(values, arrays) => {
                for ((values, array), hashes) in values.iter().zip(arrays).zip(blocks) {
                    for (row, (value, hash)) in values.iter().zip(hashes).enumerate() {
                        *hash = mix(*hash, if array.is_null(row) { NULL } else { *value });
                    }
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

/// For each place the first place with the same keys.
fn firsts_of(columns: &[Column], hashes: &[u64], lengths: &[usize]) -> Vec<u32> {
    let places = || {
        lengths
            .iter()
            .enumerate()
            .flat_map(|(batch, length)| (0..*length).map(move |row| (batch * BATCH_ROWS + row) as u32))
    };
    let rows: usize = lengths.iter().sum();
    let parts = (rows / TABLE_ROWS + 1).next_power_of_two();
    // Neither the highest bits nor the lowest: the tables use them.
    let part_of = |place: u32| (hashes[place as usize] >> 32) as usize & (parts - 1);
    let mut ends = vec![0usize; parts];
    places().for_each(|place| ends[part_of(place)] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut order = vec![0u32; rows];
    for place in places() {
        let end = &mut ends[part_of(place)];
        order[*end] = place;
        *end += 1;
    }
    let mut firsts = vec![0u32; hashes.len()];
    let mut table: HashTable<u32> = HashTable::new();
    let mut start = 0;
    for end in ends {
        table.clear();
        for place in &order[start..end] {
            let hash = hashes[*place as usize];
            let same = |other: &u32| {
                hashes[*other as usize] == hash && columns.iter().all(|column| column.same(*other, *place))
            };
            firsts[*place as usize] = match table.entry(hash, same, |other| hashes[*other as usize]) {
                Entry::Occupied(first) => *first.get(),
                Entry::Vacant(free) => {
                    free.insert(*place);
                    *place
                }
            };
        }
        start = end;
    }
    firsts
}

/// Counts the groups in the order of their first rows.
fn numbered(firsts_of: &[u32], lengths: &[usize]) -> Numbered {
    let mut known = vec![0u32; firsts_of.len()];
    let mut firsts = Vec::new();
    let numbers = lengths
        .iter()
        .enumerate()
        .map(|(batch, length)| {
            let start = batch * BATCH_ROWS;
            (start..start + length)
                .map(|place| {
                    let first = firsts_of[place] as usize;
                    if first == place {
                        known[place] = firsts.len() as u32;
                        firsts.push((batch, place - start));
                    }
                    known[first]
                })
                .collect()
        })
        .collect();
    Numbered { numbers, firsts }
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
        assert_eq!(found.numbers, expected);
        assert_eq!(found.firsts.len(), groups.len());
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
