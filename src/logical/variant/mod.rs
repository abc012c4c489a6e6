//! Values whose type travels with them: Spark's `variant`.
//!
//! In memory and in files a variant is two runs of bytes: *metadata* (a dictionary of the field names) and *value*. Here they lie in one
//! run, metadata first, because its head says how long it is. Functions work on a [`Variant`], a tree that [`Variant::read`] takes from
//! the bytes and [`Variant::write`] gives back; both follow the Parquet format for variants, as Spark does.
//!
//! ```text
//!   metadata  version and width │ number of names │ offsets … │ names …
//!   value     kind and width    │ number of fields │ name ids (by name) … │ offsets … │ values …
//! ```
//!
//! **Simplified:** whole values are taken apart, where Spark reads only what a path asks for; no shredding.

mod bytes;
mod edit;
mod json;
mod path;
mod schema;

use super::scalar::Scalar;
use super::types::DataType;
use crate::common::SparkError;

pub use edit::{Edit, EditError, edit, without_nulls};
pub use json::{JsonError, Zoned, parse_json};
pub use path::{Step, parse_path, steps_into};
pub use schema::{merge as merge_schemas, schema_of, schema_text};

/// Values nested deeper than this are no variants.
const DEEPEST: usize = 500;

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Variant {
    /// JSON's `null`, which is a value; not SQL's.
    Null,
    Boolean(bool),
    /// Whole numbers of all widths.
    Whole(i64),
    Float(f32),
    Double(f64),
    /// Unscaled value and scale.
    Decimal(i128, u8),
    Text(String),
    Binary(Vec<u8>),
    /// Days since the epoch.
    Date(i32),
    /// Microseconds since the epoch, UTC.
    Timestamp(i64),
    /// Microseconds since the epoch on the wall clock.
    TimestampNtz(i64),
    Array(Vec<Variant>),
    /// In the order in which the fields were written; no name twice.
    Object(Vec<(String, Variant)>),
}

/// The error for bytes that are no variant.
fn malformed() -> SparkError {
    SparkError::new(crate::common::ErrorClass::SparkRuntimeException, "the bytes are not a variant")
        .with_condition("MALFORMED_VARIANT")
}

/// A decimal number without the zeros at the end of its fraction.
fn without_zeros(mut unscaled: i128, mut scale: u8) -> (i128, u8) {
    while scale > 0 && unscaled % 10 == 0 {
        (unscaled, scale) = (unscaled / 10, scale - 1);
    }
    (unscaled, scale)
}

impl Variant {
    /// The value found by following a path; nothing where it leads nowhere.
    #[must_use]
    pub fn at(&self, path: &[Step]) -> Option<&Variant> {
        path.iter().try_fold(self, |value, step| match (value, step) {
            (Variant::Object(fields), Step::Key(key)) => {
                fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            (Variant::Array(items), Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    /// A value of a Spark type as a variant; structs and maps become objects. SQL's null becomes JSON's.
    #[must_use]
    pub fn of(value: &Scalar, data_type: &DataType) -> Option<Variant> {
        Some(match (value, data_type) {
            (Scalar::Null, _) => Variant::Null,
            (Scalar::Boolean(value), _) => Variant::Boolean(*value),
            (Scalar::Byte(value), _) => Variant::Whole(i64::from(*value)),
            (Scalar::Short(value), _) => Variant::Whole(i64::from(*value)),
            (Scalar::Integer(value), _) => Variant::Whole(i64::from(*value)),
            (Scalar::Long(value), _) => Variant::Whole(*value),
            (Scalar::Float(value), _) => Variant::Float(*value),
            (Scalar::Double(value), _) => Variant::Double(*value),
            (Scalar::Decimal(value, _, scale), _) => Variant::Decimal(*value, u8::try_from(*scale).ok()?),
            (Scalar::String(value), _) => Variant::Text(value.clone()),
            (Scalar::Binary(value), _) => Variant::Binary(value.clone()),
            (Scalar::Variant(bytes), _) => Variant::read(bytes).ok()?,
            (Scalar::Date(value), _) => Variant::Date(*value),
            (Scalar::Timestamp(value), _) => Variant::Timestamp(*value),
            (Scalar::TimestampNtz(value), _) => Variant::TimestampNtz(*value),
            (Scalar::Array(items), DataType::Array(element, _)) => {
                Variant::Array(items.iter().map(|item| Variant::of(item, element)).collect::<Option<_>>()?)
            }
            (Scalar::Map(entries), DataType::Map(_, inner, _)) => Variant::Object(
                entries
                    .iter()
                    .map(|(key, value)| match key {
                        Scalar::String(key) => Some((key.clone(), Variant::of(value, inner)?)),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            ),
            (Scalar::Struct(values), DataType::Struct(fields)) => Variant::Object(
                fields
                    .fields
                    .iter()
                    .zip(values)
                    .map(|(field, value)| Some((field.name.clone(), Variant::of(value, &field.data_type)?)))
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }

    /// Whether values of a type can be variants.
    #[must_use]
    pub fn can_hold(data_type: &DataType) -> bool {
        match data_type {
            DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..) | DataType::CalendarInterval => false,
            DataType::Array(element, _) => Variant::can_hold(element),
            DataType::Map(key, value, _) => **key == DataType::String && Variant::can_hold(value),
            DataType::Struct(fields) => fields.fields.iter().all(|field| Variant::can_hold(&field.data_type)),
            DataType::Null
            | DataType::Boolean
            | DataType::Byte
            | DataType::Short
            | DataType::Integer
            | DataType::Long
            | DataType::Float
            | DataType::Double
            | DataType::Decimal(..)
            | DataType::String
            | DataType::Binary
            | DataType::Date
            | DataType::Timestamp
            | DataType::TimestampNtz
            | DataType::Variant => true,
            DataType::Spatial(..) | DataType::Time => false,
        }
    }
}
