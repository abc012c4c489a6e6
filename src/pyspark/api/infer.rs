//! Guessing a schema from Python rows, as `createDataFrame` does without one.
//!
//! **Simplified:** objects of Python classes (other than rows, tuples and dicts) are read by their fields.

use super::row::Row;
use super::support::raise;
use crate::common::ErrorClass;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::lang::{Interpreter, PyResult, Raised, Value, index_error};

/// The schema of all rows together; `names` are the columns' names as given.
///
/// # Errors
/// `CANNOT_INFER_EMPTY_SCHEMA`, `CANNOT_INFER_SCHEMA_FOR_TYPE`, `CANNOT_MERGE_TYPE`, `CANNOT_DETERMINE_TYPE`.
pub fn schema(interp: &mut Interpreter, rows: &[Value], names: Option<&[String]>) -> PyResult<StructType> {
    let mut merged: Option<DataType> = None;
    for row in rows {
        let one = DataType::Struct(row_schema(interp, row, names)?);
        merged = Some(match merged {
            None => one,
            Some(known) => merge(known, one, None)?,
        });
    }
    let Some(DataType::Struct(mut fields)) = merged else {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_INFER_EMPTY_SCHEMA",
            "Can not infer schema from an empty dataset.",
        ));
    };
    if fields.fields.iter().any(|field| has_null(&field.data_type)) {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_DETERMINE_TYPE",
            "Some of types cannot be determined after inferring.",
        ));
    }
    if let Some(names) = names {
        if names.len() > fields.fields.len() {
            return Err(index_error("list index out of range").with_help(format!(
                "{} names were given for rows of {} values",
                names.len(),
                fields.fields.len()
            )));
        }
        for (field, name) in fields.fields.iter_mut().zip(names) {
            field.name.clone_from(name);
        }
    }
    Ok(fields)
}

fn has_null(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null => true,
        DataType::Array(element, _) => has_null(element),
        DataType::Map(key, value, _) => has_null(key) || has_null(value),
        DataType::Struct(fields) => fields.fields.iter().any(|field| has_null(&field.data_type)),
        _ => false,
    }
}

/// The schema of one row.
///
/// # Errors
/// `CANNOT_INFER_SCHEMA_FOR_TYPE`.
pub fn row_schema(interp: &mut Interpreter, row: &Value, names: Option<&[String]>) -> PyResult<StructType> {
    let pairs = row_items(interp, row, names)?;
    let mut fields = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let data_type = infer(interp, &value).map_err(|error| match error {
            Unknown::Raised(raised) => raised,
            Unknown::Type => raise(
                ErrorClass::PySparkTypeError,
                "CANNOT_INFER_TYPE_FOR_FIELD",
                format!("Unable to infer the type of the field `{name}`."),
            ),
        })?;
        fields.push(StructField::new(name, data_type, true));
    }
    Ok(StructType::new(fields))
}

fn row_items(interp: &mut Interpreter, row: &Value, names: Option<&[String]>) -> PyResult<Vec<(String, Value)>> {
    if let Some(dict) = row.as_dict() {
        let mut pairs = Vec::new();
        let entries: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        for (key, value) in entries {
            pairs.push((interp.str(&key)?, value));
        }
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        return Ok(pairs);
    }
    if let Some(Row { names: Some(own), values }) = row.downcast::<Row>() {
        return Ok(own.iter().cloned().zip(values.iter().cloned()).collect());
    }
    if let Some(items) = super::convert::sequence(interp, row) {
        let fields = match interp.find_attr(row, "_fields") {
            Ok(Some(fields)) => fields
                .as_items()
                .map(|names| names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect::<Vec<_>>()),
            _ => None,
        };
        let own = fields.as_deref().or(names).unwrap_or(&[]);
        return Ok(items
            .into_iter()
            .enumerate()
            .map(|(i, item)| (own.get(i).cloned().unwrap_or_else(|| format!("_{}", i + 1)), item))
            .collect());
    }
    if let Value::Instance(instance) = row {
        let mut pairs: Vec<(String, Value)> =
            instance.fields.borrow().iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        if !pairs.is_empty() {
            return Ok(pairs);
        }
    }
    Err(cannot_infer(interp, row))
}

fn cannot_infer(interp: &Interpreter, value: &Value) -> Raised {
    raise(
        ErrorClass::PySparkTypeError,
        "CANNOT_INFER_SCHEMA_FOR_TYPE",
        format!("Can not infer schema for type: `{}`.", interp.type_name(value)),
    )
    .with_help("each row must be a tuple, a list, a dict or a Row; for single values give a type, such as \"int\"")
}

enum Unknown {
    Type,
    Raised(Raised),
}

impl From<Raised> for Unknown {
    fn from(raised: Raised) -> Self {
        Unknown::Raised(raised)
    }
}

fn infer(interp: &mut Interpreter, value: &Value) -> Result<DataType, Unknown> {
    Ok(match value.native() {
        Value::None => DataType::Null,
        Value::Bool(_) => DataType::Boolean,
        Value::Int(_) | Value::BigInt(_) => DataType::Long,
        Value::Float(_) => DataType::Double,
        Value::Str(_) => DataType::String,
        Value::Bytes(_) | Value::ByteArray(_) => DataType::Binary,
        Value::Dict(dict) => {
            let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let (mut key_type, mut value_type) = (DataType::Null, DataType::Null);
            for (key, item) in pairs {
                if !key.is_none() && !item.is_none() {
                    key_type = merge(key_type, infer(interp, &key)?, None)?;
                    value_type = merge(value_type, infer(interp, &item)?, None)?;
                }
            }
            DataType::map(key_type, value_type)
        }
        Value::List(items) => {
            let items = items.borrow().clone();
            let mut element = DataType::Null;
            for item in items {
                element = merge(element, infer(interp, &item)?, None)?;
            }
            DataType::array(element)
        }
        Value::Object(object) => match object.type_name() {
            "date" => DataType::Date,
            "datetime" => DataType::Timestamp,
            "timedelta" => DataType::DAY_TIME,
            "time" => DataType::Time,
            "Geography" | "Geometry" => super::spatial::type_of(value).ok_or(Unknown::Type)?,
            "Decimal" => DataType::Decimal(38, 18),
            "Row" => DataType::Struct(row_schema(interp, value, None)?),
            _ => return Err(Unknown::Type),
        },
        Value::Tuple(_) => DataType::Struct(row_schema(interp, value, None)?),
        Value::Instance(_) => match row_schema(interp, value, None) {
            Ok(fields) => DataType::Struct(fields),
            Err(_) => return Err(Unknown::Type),
        },
        _ => return Err(Unknown::Type),
    })
}

/// The type that holds the values of both.
fn merge(left: DataType, right: DataType, field: Option<&str>) -> PyResult<DataType> {
    Ok(match (left, right) {
        (DataType::Null, other) | (other, DataType::Null) => other,
        (DataType::Struct(left), DataType::Struct(right)) => {
            let mut fields = left.fields;
            for own in &mut fields {
                if let Some(twin) = right.fields.iter().find(|twin| twin.name == own.name) {
                    let known = std::mem::replace(&mut own.data_type, DataType::Null);
                    own.data_type = merge(known, twin.data_type.clone(), Some(&own.name))?;
                }
            }
            for twin in right.fields {
                if !fields.iter().any(|own| own.name == twin.name) {
                    fields.push(twin);
                }
            }
            DataType::Struct(StructType::new(fields))
        }
        (DataType::Array(left, _), DataType::Array(right, _)) => DataType::array(merge(*left, *right, field)?),
        (DataType::Map(key, value, _), DataType::Map(other_key, other_value, _)) => {
            DataType::map(merge(*key, *other_key, field)?, merge(*value, *other_value, field)?)
        }
        (left, right) if left == right => left,
        (DataType::String, other) | (other, DataType::String) if !other.is_nested() => DataType::String,
        (left, right) => {
            let (left, right) = (super::schema_text::repr(&left), super::schema_text::repr(&right));
            let place = field.map_or(String::new(), |name| format!("field {name}: "));
            return Err(raise(
                ErrorClass::PySparkTypeError,
                "CANNOT_MERGE_TYPE",
                format!("{place}Can not merge type `{left}` and `{right}`."),
            ));
        }
    })
}
