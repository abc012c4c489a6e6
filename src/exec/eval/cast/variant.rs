//! Casts from and to variants.

use super::{Rules, cast_with};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::CastMode;
use crate::logical::functions::calendar::Zone;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::variant::{Variant, Zoned};
use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder};
use std::sync::Arc;

/// A column of variants as another type.
pub(super) fn from_variant(array: &ArrayRef, to: &DataType, rules: Rules) -> Result<ArrayRef> {
    let bytes = array.as_binary_view();
    let values = (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                return Ok(Scalar::Null);
            }
            value_of(&Variant::read(bytes.value(row))?, to, rules.zone, rules.mode == CastMode::Ansi)
        })
        .collect::<Result<Vec<_>>>()?;
    Scalar::to_array(&values, to)
}

/// A column as variants; a null stays null.
pub(super) fn to_variant(array: &ArrayRef, from: &DataType) -> Result<ArrayRef> {
    let mut builder = BinaryViewBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        match Scalar::from_array(array, row, from)? {
            Scalar::Null => builder.append_null(),
            value => match Variant::of(&value, from) {
                Some(value) => builder.append_value(value.write()),
                None => return Err(SparkError::internal(format!("a {from:?} as a variant"))),
            },
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// A variant as a value of a type.
///
/// # Errors
/// `INVALID_VARIANT_CAST` for a value that cannot be one, if errors are wanted; else that is null.
pub fn value_of(value: &Variant, to: &DataType, zone: Zone, raise: bool) -> Result<Scalar> {
    match cast_value(value, to, zone)? {
        Some(found) => Ok(found),
        None if raise => {
            let shown = Zoned { zone }.json(value);
            Err(SparkError::new(
                ErrorClass::SparkRuntimeException,
                format!("the variant value `{shown}` cannot be cast into \"{}\"", to.sql()),
            )
            .with_condition("INVALID_VARIANT_CAST")
            .with_help("try_variant_get gives NULL instead"))
        }
        None => Ok(Scalar::Null),
    }
}

/// Nothing when the value cannot be one; an error only for our own mistakes.
fn cast_value(value: &Variant, to: &DataType, zone: Zone) -> Result<Option<Scalar>> {
    Ok(match (value, to) {
        (value, DataType::Variant) => Some(Scalar::Variant(value.write())),
        (Variant::Null, _) => Some(Scalar::Null),
        (value, DataType::String) => Some(Scalar::String(Zoned { zone }.text(value))),
        (Variant::Array(items), DataType::Array(element, _)) => {
            let items = items.iter().map(|item| cast_value(item, element, zone)).collect::<Result<Option<_>>>()?;
            items.map(Scalar::Array)
        }
        (Variant::Object(fields), DataType::Map(key, inner, _)) if **key == DataType::String => {
            let entries = fields
                .iter()
                .map(|(name, item)| Ok(cast_value(item, inner, zone)?.map(|item| (Scalar::String(name.clone()), item))))
                .collect::<Result<Option<_>>>()?;
            entries.map(Scalar::Map)
        }
        (Variant::Object(fields), DataType::Struct(wanted)) => {
            let parts = wanted
                .fields
                .iter()
                .map(|field| match fields.iter().find(|(name, _)| *name == field.name) {
                    Some((_, item)) => cast_value(item, &field.data_type, zone),
                    None => Ok(Some(Scalar::Null)),
                })
                .collect::<Result<Option<_>>>()?;
            parts.map(Scalar::Struct)
        }
        (Variant::Array(_) | Variant::Object(_), _) => None,
        (value, to) => plain(value, to, zone),
    })
}

/// A value that is not nested, by the rules of an ANSI cast.
fn plain(value: &Variant, to: &DataType, zone: Zone) -> Option<Scalar> {
    let scalar = match value {
        Variant::Null | Variant::Array(_) | Variant::Object(_) => return None,
        Variant::Boolean(value) => Scalar::Boolean(*value),
        Variant::Whole(value) => Scalar::Long(*value),
        Variant::Float(value) => Scalar::Float(*value),
        Variant::Double(value) => Scalar::Double(*value),
        Variant::Decimal(value, scale) => Scalar::Decimal(*value, 38, *scale as i8),
        Variant::Text(value) => Scalar::String(value.clone()),
        Variant::Binary(value) => Scalar::Binary(value.clone()),
        Variant::Date(value) => Scalar::Date(*value),
        Variant::Timestamp(value) => Scalar::Timestamp(*value),
        Variant::TimestampNtz(value) => Scalar::TimestampNtz(*value),
    };
    let from = scalar.data_type();
    if !crate::logical::functions::can_cast(&from, to, true)
        || (from == DataType::String) != (*to == DataType::Binary) && *to == DataType::Binary
    {
        return None;
    }
    let rules = Rules { mode: CastMode::Ansi, zone, now_micros: 0 };
    let array = Scalar::to_array(&[scalar], &from).ok()?;
    let casted = cast_with(&array, &from, to, rules).ok()?;
    Scalar::from_array(&casted, 0, to).ok()
}
