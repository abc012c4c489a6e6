//! The type that describes a variant: `OBJECT<a: BIGINT, b: ARRAY<STRING>>`.

use super::{Variant, without_zeros};
use crate::logical::functions::common_type;
use crate::logical::types::{DataType, StructField, StructType};

/// The most special type of a value. Objects are structs; a value of no common type is `variant`.
#[must_use]
pub fn schema_of(value: &Variant) -> DataType {
    match value {
        Variant::Null => DataType::Null,
        Variant::Boolean(_) => DataType::Boolean,
        Variant::Whole(_) => DataType::Long,
        Variant::Float(_) => DataType::Float,
        Variant::Double(_) => DataType::Double,
        Variant::Decimal(unscaled, scale) => {
            let (unscaled, scale) = without_zeros(*unscaled, *scale);
            let digits = unscaled.unsigned_abs().checked_ilog10().map_or(1, |log| log as u8 + 1);
            DataType::Decimal(digits.max(scale), scale as i8)
        }
        Variant::Text(_) => DataType::String,
        Variant::Binary(_) => DataType::Binary,
        Variant::Date(_) => DataType::Date,
        Variant::Timestamp(_) => DataType::Timestamp,
        Variant::TimestampNtz(_) => DataType::TimestampNtz,
        Variant::Array(items) => {
            let element = items.iter().map(schema_of).reduce(|a, b| merge(&a, &b));
            DataType::array(element.unwrap_or(DataType::Null))
        }
        Variant::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(name, value)| StructField::new(name, schema_of(value), true)).collect();
            fields.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            DataType::Struct(StructType::new(fields))
        }
    }
}

/// The most special type of two values that have these types.
#[must_use]
pub fn merge(left: &DataType, right: &DataType) -> DataType {
    match (left, right) {
        (DataType::Null, other) | (other, DataType::Null) => other.clone(),
        (DataType::Struct(left), DataType::Struct(right)) => {
            let mut fields = left.fields.clone();
            for field in &right.fields {
                match fields.iter_mut().find(|known| known.name == field.name) {
                    Some(known) => known.data_type = merge(&known.data_type, &field.data_type),
                    None => fields.push(field.clone()),
                }
            }
            fields.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            DataType::Struct(StructType::new(fields))
        }
        (DataType::Array(left, _), DataType::Array(right, _)) => DataType::array(merge(left, right)),
        (left, right) if left == right => left.clone(),
        (left, right) if left.is_numeric() && right.is_numeric() => {
            common_type(left, right, true).unwrap_or(DataType::Variant)
        }
        _ => DataType::Variant,
    }
}

/// The type as `schema_of_variant` writes it.
#[must_use]
pub fn schema_text(data_type: &DataType) -> String {
    match data_type {
        DataType::Struct(fields) => {
            let inner: Vec<_> = fields
                .fields
                .iter()
                .map(|field| format!("{}: {}", quoted(&field.name), schema_text(&field.data_type)))
                .collect();
            format!("OBJECT<{}>", inner.join(", "))
        }
        DataType::Array(element, _) => format!("ARRAY<{}>", schema_text(element)),
        other => other.simple_string().to_uppercase(),
    }
}

fn quoted(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

#[cfg(test)]
mod tests {
    use super::super::parse_json;
    use super::*;

    #[test]
    fn parts_share_a_type_or_are_variants() {
        let check = |json: &str, expected: &str| {
            assert_eq!(schema_text(&schema_of(&parse_json(json).expect("JSON"))), expected, "{json}");
        };
        check("[]", "ARRAY<VOID>");
        check("[1, null]", "ARRAY<BIGINT>");
        check("[1, 2.5]", "ARRAY<DECIMAL(21,1)>");
        check(r#"[1, "a"]"#, "ARRAY<VARIANT>");
        check(r#"[{"a":1},{"b":0.10}]"#, "ARRAY<OBJECT<a: BIGINT, b: DECIMAL(1,1)>>");
    }
}
