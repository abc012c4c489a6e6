//! One value of a Spark type, outside Arrow memory: literals, partition values, rows of `createDataFrame` and `collect`.

use super::types::DataType;
use crate::common::{Result, SparkError};
use arrow::array::ArrayRef;
use serde::{Deserialize, Serialize};

/// A value. `Null` stands for the null of any type; the type is kept beside it (see `Expr::Literal`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Scalar {
    Null,
    Boolean(bool),
    Byte(i8),
    Short(i16),
    Integer(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    /// Unscaled value, precision, scale.
    Decimal(i128, u8, i8),
    String(String),
    Binary(Vec<u8>),
    /// Days since the epoch.
    Date(i32),
    /// Microseconds since the epoch, UTC.
    Timestamp(i64),
    /// Microseconds since the epoch on the wall clock.
    TimestampNtz(i64),
    /// Months.
    YearMonthInterval(i32),
    /// Microseconds.
    DayTimeInterval(i64),
    /// Months, days, microseconds.
    CalendarInterval(i32, i32, i64),
    /// Metadata, then value.
    Variant(Vec<u8>),
    /// Reference system, then shape.
    Spatial(super::types::SpatialKind, Vec<u8>),
    /// Microseconds since midnight.
    Time(i64),
    Array(Vec<Scalar>),
    Map(Vec<(Scalar, Scalar)>),
    /// The fields in order; their names are in the type.
    Struct(Vec<Scalar>),
}

impl Scalar {
    /// Whether this is the null value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Scalar::Null)
    }

    /// The natural type of the value. Nested values take the type of their first element; struct fields are `col1`, `col2`, ….
    #[must_use]
    pub fn data_type(&self) -> DataType {
        use super::types::{StructField, StructType};
        match self {
            Scalar::Null => DataType::Null,
            Scalar::Boolean(_) => DataType::Boolean,
            Scalar::Byte(_) => DataType::Byte,
            Scalar::Short(_) => DataType::Short,
            Scalar::Integer(_) => DataType::Integer,
            Scalar::Long(_) => DataType::Long,
            Scalar::Float(_) => DataType::Float,
            Scalar::Double(_) => DataType::Double,
            Scalar::Decimal(_, precision, scale) => DataType::Decimal(*precision, *scale),
            Scalar::String(_) => DataType::String,
            Scalar::Binary(_) => DataType::Binary,
            Scalar::Date(_) => DataType::Date,
            Scalar::Timestamp(_) => DataType::Timestamp,
            Scalar::TimestampNtz(_) => DataType::TimestampNtz,
            Scalar::YearMonthInterval(_) => DataType::YEAR_MONTH,
            Scalar::DayTimeInterval(_) => DataType::DAY_TIME,
            Scalar::CalendarInterval(..) => DataType::CalendarInterval,
            Scalar::Variant(_) => DataType::Variant,
            Scalar::Spatial(kind, bytes) => DataType::Spatial(*kind, Some(super::spatial::parts(bytes).0)),
            Scalar::Time(_) => DataType::Time,
            Scalar::Array(items) => {
                DataType::array(items.iter().find(|item| !item.is_null()).map_or(DataType::Null, Scalar::data_type))
            }
            Scalar::Map(entries) => DataType::map(
                entries.first().map_or(DataType::Null, |(key, _)| key.data_type()),
                entries
                    .iter()
                    .find(|(_, value)| !value.is_null())
                    .map_or(DataType::Null, |(_, value)| value.data_type()),
            ),
            Scalar::Struct(values) => DataType::Struct(StructType::new(
                values
                    .iter()
                    .enumerate()
                    .map(|(i, value)| StructField::new(format!("col{}", i + 1), value.data_type(), true))
                    .collect(),
            )),
        }
    }

    /// An Arrow array of `data_type` holding `values`, which must be of that type (or null).
    ///
    /// # Errors
    /// A value of another type is a bug of the caller and gives an internal error.
    pub fn to_array(values: &[Scalar], data_type: &DataType) -> Result<ArrayRef> {
        super::scalar_array::scalars_to_array(values, data_type)
    }

    /// The value at `row` of an Arrow array that holds a `data_type`.
    ///
    /// # Errors
    /// Memory that is not of `data_type` is a bug of the caller and gives an internal error.
    pub fn from_array(array: &ArrayRef, row: usize, data_type: &DataType) -> Result<Scalar> {
        super::scalar_array::scalar_at(array, row, data_type)
    }

    /// An internal error for a value of the wrong type.
    #[must_use]
    pub fn mismatch(&self, wanted: &DataType) -> SparkError {
        SparkError::internal(format!("a {:?} was given where a {wanted:?} is stored", self.data_type()))
    }
}
