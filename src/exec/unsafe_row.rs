//! Rows as Spark writes them to a shuffle file, byte by byte: what a block weighs after compression depends on them, and the order in which
//! rows are dealt out round robin.
//!
//! ```text
//!   record    length (4 bytes) │ UnsafeRow
//!   UnsafeRow null bits, 8 bytes for each 64 columns │ 8 bytes a column: a value, or where and how long │ the long values, each padded to 8
//!   array     count │ null bits │ items of their own width, padded to 8 │ the long items
//!   map       bytes of the keys │ array of keys │ array of values
//! ```

use super::hash::{SEED, murmur3_bytes};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, IntervalMonthDayNanoType, IntervalUnit};
use arrow::record_batch::RecordBatch;

const WORD: usize = 8;
/// A decimal of more digits than a long holds keeps this room, whatever its value.
const WIDE_DECIMAL: usize = 16;
const LONG_DIGITS: u8 = 18;

/// Appends rows of a batch as records. Returns how many, fewer than there are once `out` has `until` bytes.
pub fn append(batch: &RecordBatch, out: &mut Vec<u8>, until: usize) -> usize {
    let columns: Vec<Column> = batch.columns().iter().map(Column::of).collect();
    for row in 0..batch.num_rows() {
        if out.len() >= until {
            return row;
        }
        let head = out.len();
        out.extend([0; 4]);
        append_struct(&columns, row, out);
        let length = (out.len() - head - 4) as u32;
        out[head..head + 4].copy_from_slice(&length.to_be_bytes());
    }
    batch.num_rows()
}

/// Spark's hash of each row of a batch: of all bytes of the row.
pub fn hashes(batch: &RecordBatch) -> Vec<i32> {
    let columns: Vec<Column> = batch.columns().iter().map(Column::of).collect();
    let mut bytes = Vec::new();
    let hash = |row| {
        bytes.clear();
        append_struct(&columns, row, &mut bytes);
        murmur3_bytes(&bytes, SEED)
    };
    (0..batch.num_rows()).map(hash).collect()
}

/// A column, ready to be read value by value.
struct Column {
    array: ArrayRef,
    /// The bytes of values that fit in a slot, from the first row on, and how many each has.
    fixed: Option<(Buffer, usize)>,
}

impl Column {
    fn of(column: &ArrayRef) -> Self {
        let array = match column.data_type() {
            DataType::Dictionary(_, values) => cast(column, values).unwrap_or_else(|_| column.clone()),
            DataType::Utf8 => cast(column, &DataType::Utf8View).unwrap_or_else(|_| column.clone()),
            _ => column.clone(),
        };
        let size = array.data_type().primitive_width().filter(|size| *size <= WORD);
        let fixed = size.and_then(|size| {
            let data = array.to_data();
            Some((data.buffers().first()?.slice(data.offset() * size), size))
        });
        Column { array, fixed }
    }
}

fn append_struct(columns: &[Column], row: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let words = start + columns.len().div_ceil(64) * WORD;
    out.resize(words + columns.len() * WORD, 0);
    for (place, column) in columns.iter().enumerate() {
        if column.array.is_null(row) {
            out[start + place / 8] |= 1 << (place % 8);
        }
        append_value(column, row, start, words + place * WORD, out);
    }
}

/// Puts a value into its slot, and behind everything what does not fit there. Offsets count from `start`.
fn append_value(column: &Column, row: usize, start: usize, slot: usize, out: &mut Vec<u8>) {
    let (array, from) = (&column.array, out.len());
    let keeps_room = matches!(array.data_type(), DataType::Decimal128(digits, _) if *digits > LONG_DIGITS);
    out.resize(from + if keeps_room { WIDE_DECIMAL } else { 0 }, 0);
    if array.is_null(row) {
        if keeps_room {
            put(out, slot, &(((from - start) as u64) << 32).to_le_bytes());
        }
        return;
    }
    if let Some((values, size)) = &column.fixed {
        put(out, slot, &values.as_slice()[row * size..(row + 1) * size]);
        return;
    }
    let long = match array.data_type() {
        DataType::Boolean => return put(out, slot, &[u8::from(array.as_boolean().value(row))]),
        DataType::Decimal128(..) => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            if !keeps_room {
                return put(out, slot, &(value as i64).to_le_bytes());
            }
            let spare = value.unsigned_abs().leading_zeros().saturating_sub(1) / 8;
            let length = WIDE_DECIMAL - spare as usize;
            put(out, from, &value.to_be_bytes()[WIDE_DECIMAL - length..]);
            length
        }
        DataType::Utf8View => extend(out, array.as_string_view().value(row).as_bytes()),
        DataType::BinaryView => extend(out, array.as_binary_view().value(row)),
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            out.extend(value.months.to_le_bytes());
            out.extend(value.days.to_le_bytes());
            out.extend((value.nanoseconds / 1000).to_le_bytes());
            2 * WORD
        }
        DataType::List(_) => {
            append_array(&array.as_list::<i32>().value(row), out);
            out.len() - from
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.extend([0; WORD]);
            append_array(entries.column(0), out);
            let keys = (out.len() - from - WORD) as u64;
            put(out, from, &keys.to_le_bytes());
            append_array(entries.column(1), out);
            out.len() - from
        }
        DataType::Struct(_) => {
            let parts: Vec<Column> = array.as_struct().columns().iter().map(Column::of).collect();
            append_struct(&parts, row, out);
            out.len() - from
        }
        // Nothing else is a type of Spark's, but for NULL, which has no value.
        _ => return,
    };
    let place = ((from - start) as u64) << 32 | long as u64;
    put(out, slot, &place.to_le_bytes());
}

fn append_array(items: &ArrayRef, out: &mut Vec<u8>) {
    let (start, count, column) = (out.len(), items.len(), Column::of(items));
    let width = match (&column.fixed, items.data_type()) {
        (Some((_, size)), _) => *size,
        (None, DataType::Boolean) => 1,
        (None, _) => WORD,
    };
    out.extend((count as u64).to_le_bytes());
    let slots = out.len() + count.div_ceil(64) * WORD;
    out.resize(slots + (count * width).next_multiple_of(WORD), 0);
    for item in 0..count {
        if items.is_null(item) {
            out[start + WORD + item / 8] |= 1 << (item % 8);
        }
        append_value(&column, item, start, slots + item * width, out);
    }
}

/// Appends a long value, padded to whole words. Returns its length.
fn extend(out: &mut Vec<u8>, value: &[u8]) -> usize {
    out.extend_from_slice(value);
    out.resize(out.len() + value.len().next_multiple_of(WORD) - value.len(), 0);
    value.len()
}

fn put(out: &mut [u8], at: usize, value: &[u8]) {
    out[at..at + value.len()].copy_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::batch::row_bytes;
    use arrow::array::{
        BooleanArray, Decimal128Array, Int32Array, Int64Array, ListArray, StringViewArray, StructArray,
    };
    use arrow::datatypes::{Field, Int32Type};
    use std::sync::Arc;

    fn bytes(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let mut out = Vec::new();
        append(&RecordBatch::try_from_iter(columns).unwrap(), &mut out, usize::MAX);
        out
    }

    #[test]
    fn a_row_is_null_bits_words_and_texts() {
        let number: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(7)]));
        let text: ArrayRef = Arc::new(StringViewArray::from(vec!["ab", "a longer text"]));
        let out = bytes(vec![("n", number), ("t", text)]);
        let first = [
            &[0, 0, 0, 32][..], // the length
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[0; 8],
            &[2, 0, 0, 0, 24, 0, 0, 0],
            b"ab\0\0\0\0\0\0",
        ];
        assert_eq!(&out[..36], first.concat());
        let second = [&[0, 0, 0, 40][..], &[0; 8], &[7, 0, 0, 0, 0, 0, 0, 0], &[13, 0, 0, 0, 24, 0, 0, 0]];
        assert_eq!(&out[36..64], second.concat());
        assert_eq!(&out[64..], b"a longer text\0\0\0");
    }

    #[test]
    fn wide_decimals_keep_sixteen_bytes_and_nested_values_lie_behind() {
        let decimal = Decimal128Array::from(vec![Some(-2), None]).with_precision_and_scale(38, 0).unwrap();
        let out = bytes(vec![("d", Arc::new(decimal))]);
        assert_eq!(&out[12..28], [&[1, 0, 0, 0, 16, 0, 0, 0][..], &[0xfe, 0, 0, 0, 0, 0, 0, 0]].concat());
        assert_eq!(out.len(), 2 * (4 + 16 + 16));

        let list: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(5), None, Some(6)])]));
        let out = bytes(vec![("l", list)]);
        let array = [
            &[3, 0, 0, 0, 0, 0, 0, 0][..],
            &[2, 0, 0, 0, 0, 0, 0, 0],
            &[5, 0, 0, 0, 0, 0, 0, 0],
            &[6, 0, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(&out[12..], [&[32, 0, 0, 0, 16, 0, 0, 0][..], &array.concat()].concat());

        let part: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
        let parts: ArrayRef =
            Arc::new(StructArray::from(vec![(Arc::new(Field::new("b", DataType::Boolean, true)), part)]));
        assert_eq!(&bytes(vec![("s", parts)])[20..], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn rows_hash_as_on_spark() {
        let numbers: ArrayRef = Arc::new((0..6).collect::<Int64Array>());
        let hashes = hashes(&RecordBatch::try_from_iter([("id", numbers)]).unwrap());
        let mut order: Vec<usize> = (0..6).collect();
        order.sort_by_key(|row| hashes[*row]);
        // What `spark.range(0, 6, 1, 1).repartition(4)` deals out, in turn.
        assert_eq!(order, [3, 0, 5, 2, 4, 1]);
    }

    #[test]
    fn a_sliced_batch_gives_its_own_rows_and_a_full_sample_ends() {
        let numbers: ArrayRef = Arc::new((0..100).collect::<Int32Array>());
        let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap().slice(40, 10);
        let mut out = Vec::new();
        assert_eq!(append(&batch, &mut out, 30), 2);
        assert_eq!((out[12], out[32]), (40, 41));
        out.clear();
        append(&batch, &mut out, usize::MAX);
        assert_eq!(out.len() as u64, row_bytes(&batch) + 4 * 10);
    }
}
