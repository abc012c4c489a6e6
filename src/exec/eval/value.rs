//! One evaluated argument: a column, or one value for all rows.

use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar as Plain;
use crate::logical::types::DataType;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryViewArray, BooleanArray, Datum, NullArray, PrimitiveArray,
    Scalar, StringViewArray, UInt32Array,
};
use arrow::compute::take;
use std::sync::Arc;

/// A column of a batch, or one value that stands for all its rows (an array of length one).
#[derive(Debug, Clone)]
pub enum Value {
    Array(ArrayRef),
    Constant(ArrayRef),
}

impl Value {
    /// A constant.
    ///
    /// # Errors
    /// A value that is not of the type: a bug.
    pub fn constant(value: &Plain, data_type: &DataType) -> Result<Value> {
        Ok(Value::Constant(Plain::to_array(std::slice::from_ref(value), data_type)?))
    }

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
            Value::Constant(array) if matches!(array.data_type(), arrow::datatypes::DataType::Null) => {
                Ok(Arc::new(NullArray::new(rows)))
            }
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
        self.is_void() || self.array().is_null(self.at(row))
    }

    /// Whether it has no type and so no value.
    #[must_use]
    pub fn is_void(&self) -> bool {
        matches!(self.array().data_type(), arrow::datatypes::DataType::Null)
    }

    /// Whether the one value is null.
    #[must_use]
    pub fn is_null_constant(&self) -> bool {
        self.is_constant() && self.is_null(0)
    }

    /// The texts behind.
    ///
    /// # Errors
    /// When it holds no text: a bug.
    pub(super) fn texts(&self) -> Result<Texts<'_>> {
        let array =
            if self.is_void() { None } else { Some(self.array().as_string_view_opt().ok_or_else(|| self.wrong())?) };
        Ok(Texts { array, constant: self.is_constant() })
    }

    /// The byte strings behind.
    ///
    /// # Errors
    /// When it holds none: a bug.
    pub(super) fn bytes(&self) -> Result<Bytes<'_>> {
        let array =
            if self.is_void() { None } else { Some(self.array().as_binary_view_opt().ok_or_else(|| self.wrong())?) };
        Ok(Bytes { array, constant: self.is_constant() })
    }

    /// The numbers behind.
    ///
    /// # Errors
    /// When it holds others: a bug.
    pub(super) fn numbers<T: ArrowPrimitiveType>(&self) -> Result<Numbers<'_, T>> {
        let array =
            if self.is_void() { None } else { Some(self.array().as_primitive_opt::<T>().ok_or_else(|| self.wrong())?) };
        Ok(Numbers { array, constant: self.is_constant() })
    }

    /// The truth values behind.
    ///
    /// # Errors
    /// When it holds none: a bug.
    pub(super) fn flags(&self) -> Result<Flags<'_>> {
        let array =
            if self.is_void() { None } else { Some(self.array().as_boolean_opt().ok_or_else(|| self.wrong())?) };
        Ok(Flags { array, constant: self.is_constant() })
    }

    fn wrong(&self) -> SparkError {
        SparkError::internal(format!("a kernel was given {}", self.array().data_type()))
    }
}

macro_rules! column {
    ($(#[$doc:meta])* $name:ident $(<$t:ident>)?, $array:ty, $item:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $name<'a $(, $t: ArrowPrimitiveType)?> {
            pub(super) array: Option<&'a $array>,
            constant: bool,
        }

        impl<'a $(, $t: ArrowPrimitiveType)?> $name<'a $(, $t)?> {
            /// The value of a row, nothing for null.
            #[inline]
            pub(super) fn get(&self, row: usize) -> Option<$item> {
                let array = self.array?;
                let row = if self.constant { 0 } else { row };
                if array.is_null(row) { None } else { Some(array.value(row)) }
            }
        }
    };
}

column!(/** Text of each row. */ Texts, StringViewArray, &'a str);
column!(/** Bytes of each row. */ Bytes, BinaryViewArray, &'a [u8]);
column!(/** A number of each row. */ Numbers<T>, PrimitiveArray<T>, T::Native);
column!(/** A truth value of each row. */ Flags, BooleanArray, bool);

impl<'a> Texts<'a> {
    /// The one value, when there is only one.
    #[expect(clippy::option_option, reason = "more than one value and one that is NULL are two answers")]
    pub(super) fn only(&self) -> Option<Option<&'a str>> {
        self.constant.then(|| self.get(0))
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
