//! Columns held small in the blocks of a shuffle.
//!
//! | a column of | is held as |
//! |---|---|
//! | texts of which few are distinct | one or two bytes a row, and the texts |
//! | whole numbers and dates that lie close together | one byte a row, and the numbers |
//! | other texts, too long for their views | their bytes end to end |
//! | anything else | it came |
//!
//! Whoever reads a block asks for the plain schema and gets plain columns back ([`super::batch::reschema`]). The modelled size of a block
//! is that of the plain rows.

use super::aggregate::Groups;
use super::batch::batch_of;
use crate::common::Result;
use arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, DictionaryArray, PrimitiveArray, StringBuilder,
    StringViewArray, UInt8Array, UInt16Array,
};
use arrow::compute::{interleave, max, min};
use arrow::datatypes::{
    ArrowDictionaryKeyType, ArrowNativeType, DataType, Date32Type, Field, FieldRef, Int16Type, Int32Type, Int64Type,
    Schema, UInt8Type, UInt16Type,
};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// So many values have numbers of one byte, and of two.
const BYTE: usize = 1 << 8;
const TWO_BYTES: usize = 1 << 16;
/// Two bytes are worth it when each value comes so often.
const LEAST_REPEATS: usize = 4;
/// Fewer rows are not worth the trouble.
const LEAST_ROWS: usize = 4096;

/// Batches whose columns are held as they take the least room, to draw the rows of blocks from.
pub struct Compacted {
    columns: Vec<(FieldRef, Held)>,
}

/// The parts of a column, one for each batch.
enum Held {
    Plain(Vec<ArrayRef>),
    /// A number for each row, and the value of each number.
    Numbered {
        numbers: Vec<ArrayRef>,
        values: ArrayRef,
    },
    EndToEnd(Vec<StringViewArray>),
}

impl Compacted {
    /// Looks at each column of batches that share their schema.
    ///
    /// # Errors
    /// When batches differ in their columns: a bug of the operator.
    pub fn of(batches: &[RecordBatch]) -> Result<Self> {
        let Some(first) = batches.first() else { return Ok(Compacted { columns: Vec::new() }) };
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let columns = first.schema_ref().fields().iter().enumerate().map(|(place, field)| {
            let parts: Vec<ArrayRef> = batches.iter().map(|batch| batch.column(place).clone()).collect();
            let held = if rows < LEAST_ROWS { Held::Plain(parts) } else { Held::of(parts, field.data_type())? };
            Ok((field.clone(), held))
        });
        Ok(Compacted { columns: columns.collect::<Result<_>>()? })
    }

    /// The rows at these places, each a batch and a row of it.
    ///
    /// # Errors
    /// For places outside: a bug of the operator.
    pub fn rows(&self, places: &[(usize, usize)]) -> Result<RecordBatch> {
        let columns = self.columns.iter().map(|(_, held)| held.rows(places)).collect::<Result<Vec<_>>>()?;
        let typed = |((field, _), column): (&(FieldRef, Held), &ArrayRef)| {
            if field.data_type() == column.data_type() {
                return field.clone();
            }
            Arc::new(Field::new(field.name(), column.data_type().clone(), true))
        };
        let fields: Vec<FieldRef> = self.columns.iter().zip(&columns).map(typed).collect();
        batch_of(&Arc::new(Schema::new(fields)), columns, places.len())
    }
}

impl Held {
    fn of(parts: Vec<ArrayRef>, data_type: &DataType) -> Result<Self> {
        let numbered = match data_type {
            DataType::Utf8View => repeating(&parts)?,
            DataType::Int16 => close::<Int16Type>(&parts),
            DataType::Int32 => close::<Int32Type>(&parts),
            DataType::Int64 => close::<Int64Type>(&parts),
            DataType::Date32 => close::<Date32Type>(&parts),
            _ => None,
        };
        if let Some((numbers, values)) = numbered {
            return Ok(Held::Numbered { numbers, values });
        }
        let texts: Option<Vec<&StringViewArray>> = parts.iter().map(|part| part.as_string_view_opt()).collect();
        Ok(match texts {
            Some(texts) if texts.iter().any(|texts| !texts.data_buffers().is_empty()) => {
                Held::EndToEnd(texts.into_iter().cloned().collect())
            }
            _ => Held::Plain(parts),
        })
    }

    fn rows(&self, places: &[(usize, usize)]) -> Result<ArrayRef> {
        match self {
            Held::Plain(parts) => drawn(parts.iter().map(AsRef::as_ref).collect(), places),
            Held::EndToEnd(parts) => match end_to_end(parts, places) {
                Some(texts) => Ok(texts),
                None => drawn(parts.iter().map(|part| part as &dyn Array).collect(), places),
            },
            Held::Numbered { numbers, values } => {
                let numbers = drawn(numbers.iter().map(AsRef::as_ref).collect(), places)?;
                match numbers.data_type() {
                    DataType::UInt8 => named::<UInt8Type>(&numbers, values),
                    _ => named::<UInt16Type>(&numbers, values),
                }
            }
        }
    }
}

fn drawn(parts: Vec<&dyn Array>, places: &[(usize, usize)]) -> Result<ArrayRef> {
    Ok(interleave(&parts, places)?)
}

fn named<K: ArrowDictionaryKeyType>(numbers: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef> {
    let numbers = numbers.as_primitive::<K>().clone();
    Ok(Arc::new(DictionaryArray::try_new(numbers, values.clone())?))
}

/// Copies texts one behind the other; nothing when they are too long together.
fn end_to_end(parts: &[StringViewArray], places: &[(usize, usize)]) -> Option<ArrayRef> {
    let length = |(part, row): &(usize, usize)| parts[*part].views()[*row] as u32 as usize;
    let bytes: usize = places.iter().map(length).sum();
    i32::try_from(bytes).ok()?;
    let mut texts = StringBuilder::with_capacity(places.len(), bytes);
    for (part, row) in places {
        let part = &parts[*part];
        if part.is_valid(*row) {
            texts.append_value(part.value(*row));
        } else {
            texts.append_null();
        }
    }
    Some(Arc::new(texts.finish()))
}

/// The parts of a column as numbers, and the value of each number.
type Numbered = (Vec<ArrayRef>, ArrayRef);

/// Numbers texts; nothing when too many are distinct.
fn repeating(parts: &[ArrayRef]) -> Result<Option<Numbered>> {
    let mut groups = Groups::new(&[DataType::Utf8View])?;
    let (mut all, mut rows) = (Vec::with_capacity(parts.len()), 0);
    for part in parts {
        let mut numbers = Vec::new();
        groups.assign(std::slice::from_ref(part), part.len(), &mut numbers)?;
        all.push(numbers);
        rows += part.len();
        if groups.len() > BYTE && groups.len() > TWO_BYTES.min(rows / LEAST_REPEATS) {
            return Ok(None);
        }
    }
    let narrowed = |numbers: Vec<u32>| -> ArrayRef {
        if groups.len() <= BYTE {
            return Arc::new(numbers.into_iter().map(|number| number as u8).collect::<UInt8Array>());
        }
        Arc::new(numbers.into_iter().map(|number| number as u16).collect::<UInt16Array>())
    };
    let numbers = all.into_iter().map(narrowed).collect();
    Ok(groups.into_keys(&[true])?.into_iter().next().map(|texts| (numbers, texts)))
}

/// Numbers whole numbers by how far they are from the smallest; nothing when they lie too far apart.
fn close<T: ArrowPrimitiveType>(parts: &[ArrayRef]) -> Option<Numbered> {
    let parts = || parts.iter().map(AsArray::as_primitive::<T>);
    let smallest = parts().filter_map(min).reduce(|one, other| if other.is_lt(one) { other } else { one })?;
    let largest = parts().filter_map(max).reduce(|one, other| if other.is_gt(one) { other } else { one })?;
    let apart = largest.sub_checked(smallest).ok()?.to_usize().filter(|apart| *apart < BYTE)?;
    let numbers = parts().map(|part| -> ArrayRef {
        Arc::new(part.unary::<_, UInt8Type>(|value| value.sub_wrapping(smallest).as_usize() as u8))
    });
    let values = (0..=apart).map(|number| smallest.add_wrapping(T::Native::usize_as(number)));
    Some((numbers.collect(), Arc::new(PrimitiveArray::<T>::from_iter_values(values))))
}

#[cfg(test)]
mod tests {
    use super::super::batch::{reschema, row_bytes};
    use super::*;
    use arrow::array::{Date32Array, Int32Array, Int64Array};

    /// The rows at every other place, held small and plain again: what each column was held as.
    fn held(columns: Vec<ArrayRef>) -> Vec<DataType> {
        let named = columns.into_iter().enumerate().map(|(at, column)| (format!("c{at}"), column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(named).unwrap();
        let halves = [batch.slice(0, batch.num_rows() / 2), batch.slice(batch.num_rows() / 2, batch.num_rows() / 2)];
        let places: Vec<(usize, usize)> = (0..batch.num_rows()).step_by(2).map(|row| (row % 4 / 2, row / 2)).collect();
        let block = Compacted::of(&halves).unwrap().rows(&places).unwrap();
        let plain = arrow::compute::interleave_record_batch(&halves.iter().collect::<Vec<_>>(), &places).unwrap();
        assert_eq!(row_bytes(&block), row_bytes(&plain));
        assert_eq!(reschema(&block, &batch.schema()).unwrap(), plain);
        block.columns().iter().map(|column| column.data_type().clone()).collect()
    }

    fn texts(each: impl Fn(usize) -> Option<String>) -> ArrayRef {
        Arc::new((0..20_000).map(each).collect::<StringViewArray>())
    }

    fn dictionary(numbers: DataType, values: DataType) -> DataType {
        DataType::Dictionary(Box::new(numbers), Box::new(values))
    }

    #[test]
    fn texts_that_repeat_become_numbers() {
        let few = texts(|row| (row % 7 != 0).then(|| format!("a rather long text {}", row % 5)));
        let more = texts(|row| (row % 7 != 0).then(|| format!("{}", row % 700)));
        let many = texts(|row| (row % 7 != 0).then(|| format!("text {row} is long as well")));
        let short = texts(|row| Some(format!("{row}")));
        let expected = [
            dictionary(DataType::UInt8, DataType::Utf8View),
            dictionary(DataType::UInt16, DataType::Utf8View),
            DataType::Utf8,
            DataType::Utf8View,
        ];
        assert_eq!(held(vec![few, more, many, short]), expected);
    }

    #[test]
    fn numbers_that_lie_close_become_bytes() {
        let rows = || 0..20_000;
        let years: ArrayRef =
            Arc::new(rows().map(|row| (row % 9 != 0).then_some(2000 + row % 256)).collect::<Int32Array>());
        let wide: ArrayRef = Arc::new(rows().map(|row| row % 257).collect::<Int32Array>());
        let days: ArrayRef = Arc::new(Date32Array::from_iter_values(rows().map(|row| -100 + row % 200)));
        let ends: ArrayRef =
            Arc::new(rows().map(|row| if row % 2 == 0 { i64::MIN } else { i64::MAX }).collect::<Int64Array>());
        let none: ArrayRef = Arc::new(rows().map(|_| None::<i64>).collect::<Int64Array>());
        let expected = [
            dictionary(DataType::UInt8, DataType::Int32),
            DataType::Int32,
            dictionary(DataType::UInt8, DataType::Date32),
            DataType::Int64,
            DataType::Int64,
        ];
        assert_eq!(held(vec![years, wide, days, ends, none]), expected);
    }
}
