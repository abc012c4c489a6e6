//! Schemas of files whose script gives none. The session runs these as tasks.
//!
//! ```text
//!   first line ──▶ names ─┐
//!   split 1 ──▶ types ────┼──▶ merged ──▶ schema
//!   split 2 ──▶ types ────┘
//! ```

pub mod csv;
pub mod json;

pub use super::scan::parquet_schema;

use crate::logical::types::DataType;

/// The decimal that holds both.
fn wider_decimal((p1, s1): (u8, i8), (p2, s2): (u8, i8)) -> DataType {
    let scale = s1.max(s2);
    let whole = (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2));
    match u8::try_from(whole + i16::from(scale)) {
        Ok(precision) if precision <= 38 => DataType::Decimal(precision, scale),
        _ => DataType::Double,
    }
}

/// The digits that a whole number type needs.
fn digits(data_type: &DataType) -> u8 {
    if *data_type == DataType::Integer { 10 } else { 20 }
}

/// The type that holds both, as Spark's readers merge them; nothing when only text does.
fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType as T;
    Some(match (left, right) {
        (a, b) if a == b => a.clone(),
        (T::Null, other) | (other, T::Null) => other.clone(),
        (T::Integer, T::Long) | (T::Long, T::Integer) => T::Long,
        (T::Integer | T::Long | T::Decimal(..), T::Double) | (T::Double, T::Integer | T::Long | T::Decimal(..)) => {
            T::Double
        }
        (whole @ (T::Integer | T::Long), T::Decimal(p, s)) | (T::Decimal(p, s), whole @ (T::Integer | T::Long)) => {
            wider_decimal((digits(whole), 0), (*p, *s))
        }
        (T::Decimal(p1, s1), T::Decimal(p2, s2)) => wider_decimal((*p1, *s1), (*p2, *s2)),
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => T::Timestamp,
        _ => return None,
    })
}
