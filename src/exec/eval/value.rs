//! One evaluated argument: a column, or one value for all rows.

use crate::common::Result;
use arrow::array::{Array, ArrayRef, Datum, Scalar, UInt32Array};
use arrow::compute::take;

/// A column of a batch, or one value that stands for all its rows (an array of length one).
#[derive(Debug, Clone)]
pub enum Value {
    Array(ArrayRef),
    Constant(ArrayRef),
}

impl Value {
    /// The array behind: as long as the batch, or one long.
    #[must_use]
    pub fn array(&self) -> &ArrayRef {
        match self {
            Value::Array(array) | Value::Constant(array) => array,
        }
    }

    /// Whether one value stands for all rows.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self, Value::Constant(_))
    }

    /// A column of `rows` values.
    ///
    /// # Errors
    /// When Arrow refuses to repeat the value: a bug.
    pub fn into_array(self, rows: usize) -> Result<ArrayRef> {
        match self {
            Value::Array(array) => Ok(array),
            Value::Constant(array) if rows == 1 => Ok(array),
            Value::Constant(array) => Ok(take(&array, &UInt32Array::from(vec![0; rows]), None)?),
        }
    }

    /// The place in the array that holds the value of `row`.
    #[must_use]
    pub fn at(&self, row: usize) -> usize {
        match self {
            Value::Array(_) => row,
            Value::Constant(_) => 0,
        }
    }

    /// Whether the value of `row` is null.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        self.array().is_null(self.at(row)) || self.array().data_type() == &arrow::datatypes::DataType::Null
    }

    /// Whether the one value is null.
    #[must_use]
    pub fn is_null_constant(&self) -> bool {
        self.is_constant() && self.is_null(0)
    }
}

/// A value as Arrow's kernels take it.
pub(super) enum Side {
    Array(ArrayRef),
    Scalar(Scalar<ArrayRef>),
}

impl Side {
    pub(super) fn of(value: &Value) -> Side {
        match value {
            Value::Array(array) => Side::Array(array.clone()),
            Value::Constant(array) => Side::Scalar(Scalar::new(array.clone())),
        }
    }

    pub(super) fn datum(&self) -> &dyn Datum {
        match self {
            Side::Array(array) => array,
            Side::Scalar(scalar) => scalar,
        }
    }
}
