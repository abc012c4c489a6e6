//! What a kernel of a scalar function sees, and the short ways to read arguments and build answers.

use super::EvalContext;
use super::value::{Bytes, Flags, Numbers, Texts, Value};
use crate::common::{Pattern, Result};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryViewBuilder, BooleanBuilder, NullBufferBuilder, PrimitiveArray,
    StringViewBuilder,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Computes a function for all rows of a call.
pub(super) type Kernel = fn(&Call<'_>) -> Result<ArrayRef>;

/// What one call keeps between batches.
#[derive(Debug, Default)]
pub(super) struct CallState {
    pub(super) regexes: Mutex<HashMap<String, Arc<Pattern>>>,
    pub(super) random: Mutex<Option<super::random::Generator>>,
    pub(super) twister: Mutex<Option<super::random::Mersenne>>,
}

/// One call of a function for a batch.
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    pub(super) args: &'a [Value],
    pub(super) types: &'a [DataType],
    pub(super) out: &'a DataType,
    pub(super) rows: usize,
    pub(super) context: &'a EvalContext,
    pub(super) state: &'a CallState,
}

impl<'a> Call<'a> {
    pub(super) fn texts(&self, i: usize) -> Result<Texts<'a>> {
        self.args[i].texts()
    }

    pub(super) fn bytes(&self, i: usize) -> Result<Bytes<'a>> {
        self.args[i].bytes()
    }

    pub(super) fn numbers<T: ArrowPrimitiveType>(&self, i: usize) -> Result<Numbers<'a, T>> {
        self.args[i].numbers()
    }

    pub(super) fn flags(&self, i: usize) -> Result<Flags<'a>> {
        self.args[i].flags()
    }

    /// One argument of one row, outside Arrow.
    pub(super) fn scalar(&self, i: usize, row: usize) -> Result<Scalar> {
        let value = &self.args[i];
        if value.is_void() {
            return Ok(Scalar::Null);
        }
        Scalar::from_array(value.array(), value.at(row), &self.types[i])
    }

    /// An argument as a column of all rows.
    pub(super) fn column(&self, i: usize) -> Result<ArrayRef> {
        self.args[i].clone().into_array(self.rows)
    }

    /// Text from each row.
    pub(super) fn to_texts<S: AsRef<str>>(&self, mut f: impl FnMut(usize) -> Result<Option<S>>) -> Result<ArrayRef> {
        let mut builder = StringViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(f(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// Bytes from each row.
    pub(super) fn to_bytes<S: AsRef<[u8]>>(&self, mut f: impl FnMut(usize) -> Result<Option<S>>) -> Result<ArrayRef> {
        let mut builder = BinaryViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(f(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A truth value from each row.
    pub(super) fn to_flags(&self, mut f: impl FnMut(usize) -> Result<Option<bool>>) -> Result<ArrayRef> {
        let mut builder = BooleanBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(f(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A number from each row, in the memory of the call's type.
    pub(super) fn to_numbers<T: ArrowPrimitiveType>(
        &self,
        mut f: impl FnMut(usize) -> Result<Option<T::Native>>,
    ) -> Result<ArrayRef> {
        let mut values = Vec::with_capacity(self.rows);
        let mut nulls = NullBufferBuilder::new(self.rows);
        for row in 0..self.rows {
            match f(row)? {
                Some(value) => {
                    values.push(value);
                    nulls.append_non_null();
                }
                None => {
                    values.push(T::Native::default());
                    nulls.append_null();
                }
            }
        }
        let array = PrimitiveArray::<T>::new(values.into(), nulls.finish());
        Ok(Arc::new(array.with_data_type(self.out.to_arrow())))
    }

    /// A plain value from each row; for rare functions.
    pub(super) fn to_scalars(&self, f: impl FnMut(usize) -> Result<Scalar>) -> Result<ArrayRef> {
        let values = (0..self.rows).map(f).collect::<Result<Vec<_>>>()?;
        Scalar::to_array(&values, self.out)
    }

    /// The whole number that argument `i` has in every row, if it is constant and not null.
    pub(super) fn constant_int(&self, i: usize) -> Option<i64> {
        match self.scalar(i, 0).ok()? {
            _ if !self.args[i].is_constant() => None,
            Scalar::Byte(value) => Some(i64::from(value)),
            Scalar::Short(value) => Some(i64::from(value)),
            Scalar::Integer(value) => Some(i64::from(value)),
            Scalar::Long(value) => Some(value),
            _ => None,
        }
    }
}
