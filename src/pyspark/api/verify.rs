//! Checking Python values against a given schema, as `createDataFrame(verifySchema=True)` does.

use super::support::raise;
use crate::common::{ErrorClass, SparkError};
use crate::logical::types::{DataType, SpatialKind, StructType};
use crate::pyspark::lang::{Interpreter, PyResult, Raised, Value};

/// Checks one value; `name` is the field it is for, if it is for one.
///
/// # Errors
/// `FIELD_DATA_TYPE_UNACCEPTABLE`, `FIELD_NOT_NULLABLE`, `FIELD_STRUCT_LENGTH_MISMATCH`, `VALUE_OUT_OF_BOUNDS`.
pub fn verify(
    interp: &mut Interpreter,
    value: &Value,
    data_type: &DataType,
    nullable: bool,
    name: Option<&str>,
) -> PyResult<()> {
    if value.is_none() {
        return if nullable { Ok(()) } else { Err(not_nullable(name)) };
    }
    match data_type {
        DataType::String | DataType::Null => Ok(()),
        DataType::Struct(fields) => verify_struct(interp, value, data_type, fields, name),
        DataType::Array(element, nullable) => {
            let Some(items) = value.as_items() else { return Err(unacceptable(interp, value, data_type, name)) };
            let inner = format!("element in array {}", name.unwrap_or("None"));
            items.iter().try_for_each(|item| verify(interp, item, element, *nullable, Some(&inner)))
        }
        DataType::Map(key, item, nullable) => {
            let Some(dict) = value.as_dict() else { return Err(unacceptable(interp, value, data_type, name)) };
            let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let of = name.unwrap_or("None");
            let (in_key, in_value) = (format!("key of map {of}"), format!("value of map {of}"));
            for (k, v) in pairs {
                verify(interp, &k, key, false, Some(&in_key))?;
                verify(interp, &v, item, *nullable, Some(&in_value))?;
            }
            Ok(())
        }
        _ => verify_simple(interp, value, data_type, name),
    }
}

fn verify_simple(interp: &mut Interpreter, value: &Value, data_type: &DataType, name: Option<&str>) -> PyResult<()> {
    let accepted: &[&str] = match data_type {
        DataType::Boolean => &["bool"],
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => &["int"],
        DataType::Float | DataType::Double => &["float"],
        DataType::Decimal(..) => &["Decimal"],
        DataType::Binary => &["bytes", "bytearray"],
        DataType::Date => &["date", "datetime"],
        DataType::Timestamp | DataType::TimestampNtz => &["datetime"],
        DataType::DayTimeInterval(..) => &["timedelta"],
        DataType::Variant => &["VariantVal"],
        DataType::Spatial(SpatialKind::Geography, _) => &["Geography"],
        DataType::Spatial(SpatialKind::Geometry, _) => &["Geometry"],
        DataType::Time => &["time"],
        _ => &["int"],
    };
    if !super::convert::is_exactly(interp, value, accepted) {
        return Err(unacceptable(interp, value, data_type, name));
    }
    let (low, high) = match data_type {
        DataType::Byte => (i64::from(i8::MIN), i64::from(i8::MAX)),
        DataType::Short => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Integer => (i64::from(i32::MIN), i64::from(i32::MAX)),
        DataType::Long => (i64::MIN, i64::MAX),
        _ => return Ok(()),
    };
    match value.as_int() {
        Some(number) if (low..=high).contains(&number) => Ok(()),
        _ => {
            let shown = interp.repr(value)?;
            Err(raise(
                ErrorClass::PySparkValueError,
                "VALUE_OUT_OF_BOUNDS",
                format!("Value for `{}` must be between {low} and {high}, got {shown}.", name.unwrap_or("obj")),
            ))
        }
    }
}

fn verify_struct(
    interp: &mut Interpreter,
    value: &Value,
    data_type: &DataType,
    fields: &StructType,
    name: Option<&str>,
) -> PyResult<()> {
    let inner = |field: &str| name.map_or_else(|| field.to_owned(), |name| format!("{name}.{field}"));
    if let Some(dict) = value.as_dict() {
        for field in &fields.fields {
            let item = dict.borrow().get_str(&field.name).cloned().unwrap_or(Value::None);
            verify(interp, &item, &field.data_type, field.nullable, Some(&inner(&field.name)))?;
        }
        return Ok(());
    }
    if let Some(items) = super::convert::sequence(interp, value) {
        if items.len() != fields.fields.len() {
            let condition =
                if name.is_some() { "FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME" } else { "FIELD_STRUCT_LENGTH_MISMATCH" };
            return Err(raise(
                ErrorClass::PySparkValueError,
                condition,
                format!(
                    "{}Length of object ({}) does not match with length of fields ({}).",
                    name.map_or(String::new(), |name| format!("field {name}: ")),
                    items.len(),
                    fields.fields.len()
                ),
            ));
        }
        for (item, field) in items.iter().zip(&fields.fields) {
            verify(interp, item, &field.data_type, field.nullable, Some(&inner(&field.name)))?;
        }
        return Ok(());
    }
    if let Value::Instance(_) = value {
        for field in &fields.fields {
            let item = interp.find_attr(value, &field.name)?.unwrap_or(Value::None);
            verify(interp, &item, &field.data_type, field.nullable, Some(&inner(&field.name)))?;
        }
        return Ok(());
    }
    Err(unacceptable(interp, value, data_type, name))
}

fn unacceptable(interp: &mut Interpreter, value: &Value, data_type: &DataType, name: Option<&str>) -> Raised {
    let shown = interp.repr(value).unwrap_or_default();
    let class = Value::Class(interp.class_of(value));
    let class = interp.str(&class).unwrap_or_default();
    let wanted = super::schema_text::repr(data_type);
    let text = format!("{wanted} can not accept object {shown} in type {class}.");
    match name {
        Some(name) => SparkError::new(ErrorClass::PySparkTypeError, format!("field {name}: {text}"))
            .with_condition("FIELD_DATA_TYPE_UNACCEPTABLE_WITH_NAME")
            .with_parameters([("field_name", format!("field {name}"))]),
        None => SparkError::new(ErrorClass::PySparkTypeError, text).with_condition("FIELD_DATA_TYPE_UNACCEPTABLE"),
    }
    .with_parameters([("data_type", wanted), ("obj", shown), ("obj_type", class)])
    .into()
}

fn not_nullable(name: Option<&str>) -> Raised {
    match name {
        Some(name) => SparkError::new(
            ErrorClass::PySparkValueError,
            format!("field {name}: This field is not nullable, but got None."),
        )
        .with_condition("FIELD_NOT_NULLABLE_WITH_NAME")
        .with_parameters([("field_name", format!("field {name}"))])
        .into(),
        None => raise(ErrorClass::PySparkValueError, "FIELD_NOT_NULLABLE", "Field is not nullable, but got None."),
    }
}
