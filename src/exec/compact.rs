//! Text that repeats, held small: in the blocks of a shuffle a column of few distinct texts becomes one byte a row and the texts.
//!
//! Whoever reads a block asks for the plain schema and gets plain text back ([`super::batch::reschema`]). The modelled size of a block is
//! that of the plain rows.

use super::aggregate::Groups;
use super::batch::batch_of;
use crate::common::Result;
use arrow::array::{ArrayRef, AsArray, DictionaryArray, UInt8Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt8Type};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// So many distinct texts have numbers of one byte.
const MOST_TEXTS: usize = 256;
/// Fewer rows are not worth the trouble.
const LEAST_ROWS: usize = 4096;

/// Batches whose repeating texts are numbers, and the texts of each such column.
pub struct Compacted {
    pub batches: Vec<RecordBatch>,
    texts: Vec<Option<ArrayRef>>,
    schema: SchemaRef,
}

impl Compacted {
    /// Numbers the texts of all columns that repeat enough.
    ///
    /// # Errors
    /// When batches differ in their columns: a bug of the operator.
    pub fn of(batches: &[RecordBatch]) -> Result<Self> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let Some(first) = batches.first().filter(|_| rows >= LEAST_ROWS) else {
            let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
            return Ok(Compacted { batches: batches.to_vec(), texts: vec![None; schema.fields().len()], schema });
        };
        let mut columns: Vec<Vec<ArrayRef>> = batches.iter().map(|batch| batch.columns().to_vec()).collect();
        let (mut texts, mut coded, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for (place, field) in first.schema().fields().iter().enumerate() {
            let numbered = match field.data_type() {
                DataType::Utf8View => numbered(batches, place)?,
                _ => None,
            };
            let (kept, field) = match numbered {
                None => (None, field.clone()),
                Some((numbers, values)) => {
                    for (columns, numbers) in columns.iter_mut().zip(numbers) {
                        columns[place] = Arc::new(numbers);
                    }
                    (Some(values), Arc::new(Field::new(field.name(), DataType::UInt8, true)))
                }
            };
            let data_type = match &kept {
                Some(values) => DataType::Dictionary(Box::new(DataType::UInt8), Box::new(values.data_type().clone())),
                None => field.data_type().clone(),
            };
            plain.push(Arc::new(field.as_ref().clone().with_data_type(data_type)));
            coded.push(field);
            texts.push(kept);
        }
        let schema = Arc::new(Schema::new(coded));
        let batches = columns
            .into_iter()
            .zip(batches)
            .map(|(columns, batch)| batch_of(&schema, columns, batch.num_rows()))
            .collect::<Result<_>>()?;
        Ok(Compacted { batches, texts, schema: Arc::new(Schema::new(plain)) })
    }

    /// Rows gathered from the batches, with their texts.
    ///
    /// # Errors
    /// When the rows come from elsewhere: a bug of the operator.
    pub fn block(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        if self.texts.iter().all(Option::is_none) {
            return Ok(rows.clone());
        }
        let columns = rows
            .columns()
            .iter()
            .zip(&self.texts)
            .map(|(column, texts)| match texts {
                None => Ok(column.clone()),
                Some(texts) => {
                    let numbers = column.as_primitive::<UInt8Type>().clone();
                    Ok(Arc::new(DictionaryArray::try_new(numbers, texts.clone())?) as ArrayRef)
                }
            })
            .collect::<Result<Vec<_>>>()?;
        batch_of(&self.schema, columns, rows.num_rows())
    }
}

/// The number of each row's text, and the texts; nothing when there are too many.
fn numbered(batches: &[RecordBatch], place: usize) -> Result<Option<(Vec<UInt8Array>, ArrayRef)>> {
    let mut groups = Groups::new(&[DataType::Utf8View])?;
    let mut numbers = Vec::new();
    let mut columns = Vec::with_capacity(batches.len());
    for batch in batches {
        groups.assign(std::slice::from_ref(batch.column(place)), batch.num_rows(), &mut numbers)?;
        if groups.len() > MOST_TEXTS {
            return Ok(None);
        }
        columns.push(numbers.iter().map(|number| *number as u8).collect::<Vec<u8>>().into());
    }
    let texts = groups.into_keys(&[true])?.into_iter().next();
    Ok(texts.map(|texts| (columns, texts)))
}

#[cfg(test)]
mod tests {
    use super::super::batch::{reschema, row_bytes};
    use super::*;
    use arrow::array::StringViewArray;

    #[test]
    fn repeating_texts_come_back_as_they_were() {
        let few = (0..5000).map(|i| (i % 7 != 0).then(|| format!("a rather long text {}", i % 5)));
        let many = (0..5000).map(|i| Some(format!("{i}")));
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("few", Arc::new(few.collect::<StringViewArray>()) as ArrayRef, true),
            ("many", Arc::new(many.collect::<StringViewArray>()) as ArrayRef, true),
        ])
        .unwrap();
        let compacted = Compacted::of(std::slice::from_ref(&batch)).unwrap();
        let block = compacted.block(&compacted.batches[0]).unwrap();
        assert!(matches!(block.column(0).data_type(), DataType::Dictionary(..)));
        assert_eq!(block.column(1).data_type(), &DataType::Utf8View);
        assert_eq!(row_bytes(&block), row_bytes(&batch));
        assert_eq!(reschema(&block, &batch.schema()).unwrap(), batch);
    }
}
