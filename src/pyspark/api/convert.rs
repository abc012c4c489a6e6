//! Python values into Spark's values and back, by type.
//!
//! `collect` and functions on rows turn [`Scalar`]s into Python values; `createDataFrame` and functions' results turn Python values into
//! [`Scalar`]s. What a type accepts when a schema is given is checked by `verify` before.

use super::java_order;
use super::pytime;
use super::row::Row;
use super::variant::VariantVal;
use crate::common::ErrorClass;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructType};
use crate::pyspark::lang::{Args, Dict, Interpreter, PyResult, Raised, Value, type_error};
use arrow::record_batch::RecordBatch;
use num_bigint::BigInt;
use std::rc::Rc;
use std::sync::Arc;

/// A Python value from a Spark value.
///
/// # Errors
/// A date that Python cannot hold.
pub fn to_value(interp: &mut Interpreter, scalar: &Scalar, data_type: &DataType) -> PyResult {
    Ok(match scalar {
        Scalar::Null => Value::None,
        Scalar::Boolean(truth) => Value::Bool(*truth),
        Scalar::Byte(number) => Value::Int(i64::from(*number)),
        Scalar::Short(number) => Value::Int(i64::from(*number)),
        Scalar::Integer(number) => Value::Int(i64::from(*number)),
        Scalar::Long(number) => Value::Int(*number),
        Scalar::Float(number) => Value::Float(f64::from(*number)),
        Scalar::Double(number) => Value::Float(*number),
        Scalar::Decimal(unscaled, _, scale) => pytime::make_decimal(interp, *unscaled, *scale)?,
        Scalar::String(text) => Value::str(text),
        Scalar::Binary(bytes) => Value::Bytes(Rc::from(bytes.as_slice())),
        Scalar::Date(days) => pytime::make_date(interp, *days)?,
        Scalar::Timestamp(micros) | Scalar::TimestampNtz(micros) => pytime::make_datetime(interp, *micros)?,
        Scalar::DayTimeInterval(micros) => pytime::make_timedelta(interp, *micros)?,
        // As PySpark, which has no Python value for months.
        Scalar::YearMonthInterval(_) => {
            return Err(super::support::raise(
                ErrorClass::PySparkNotImplementedError,
                "NOT_IMPLEMENTED",
                "YearMonthIntervalType.fromInternal is not implemented.",
            ));
        }
        Scalar::CalendarInterval(..) => {
            return Err(Raised::unsupported("collecting an interval of mixed units", "cast it to string first"));
        }
        Scalar::Variant(bytes) => super::variant::of_row(bytes),
        Scalar::Spatial(kind, bytes) => super::spatial::of_row(*kind, bytes),
        Scalar::Time(micros) => pytime::make_time(interp, *micros)?,
        Scalar::Array(items) => {
            let element = match data_type {
                DataType::Array(element, _) => element.as_ref(),
                _ => &DataType::Null,
            };
            Value::list(items.iter().map(|item| to_value(interp, item, element)).collect::<PyResult<_>>()?)
        }
        Scalar::Map(entries) => {
            let (key_type, value_type) = match data_type {
                DataType::Map(key, value, _) => (key.as_ref(), value.as_ref()),
                _ => (&DataType::Null, &DataType::Null),
            };
            let mut pairs = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let (key, value) = (to_value(interp, key, key_type)?, to_value(interp, value, value_type)?);
                pairs.push((hashable(key), value));
            }
            let mut dict = Dict::new();
            for (key, value) in java_order::sent(pairs) {
                dict.set(interp, key, value)?;
            }
            Value::dict(dict)
        }
        Scalar::Struct(parts) => match data_type {
            DataType::Struct(fields) => row_of(interp, parts, fields, &names_of(fields))?,
            _ => return Err(type_error("a struct without fields")),
        },
    })
}

fn hashable(key: Value) -> Value {
    match key.as_items() {
        Some(items) => Value::tuple(items),
        None => key,
    }
}

/// The shared names of a schema's rows.
#[must_use]
pub fn names_of(fields: &StructType) -> Arc<[String]> {
    fields.names().map(str::to_owned).collect()
}

/// A `Row` from its parts.
///
/// # Errors
/// See [`to_value`].
pub fn row_of(interp: &mut Interpreter, parts: &[Scalar], fields: &StructType, names: &Arc<[String]>) -> PyResult {
    let values = parts
        .iter()
        .zip(&fields.fields)
        .map(|(part, field)| to_value(interp, part, &field.data_type))
        .collect::<PyResult<Vec<_>>>()?;
    Ok(Value::object(Row::named(names.clone(), values)))
}

/// The rows of batches as `Row`s.
///
/// # Errors
/// See [`to_value`].
pub fn rows_of(interp: &mut Interpreter, batches: &[RecordBatch], schema: &StructType) -> PyResult<Vec<Value>> {
    let names = names_of(schema);
    let mut rows = Vec::new();
    for batch in batches {
        for at in 0..batch.num_rows() {
            let parts = scalars_at(batch, at, schema)?;
            rows.push(row_of(interp, &parts, schema, &names)?);
        }
    }
    Ok(rows)
}

/// The values of one row of a batch.
///
/// # Errors
/// A batch that is not of `schema` is a bug.
pub fn scalars_at(batch: &RecordBatch, at: usize, schema: &StructType) -> PyResult<Vec<Scalar>> {
    schema
        .fields
        .iter()
        .enumerate()
        .map(|(i, field)| Ok(Scalar::from_array(batch.column(i), at, &field.data_type)?))
        .collect()
}

/// Rows as one Arrow batch.
///
/// # Errors
/// A value that is not of its column's type is a bug.
pub fn batch_of(rows: &[Vec<Scalar>], schema: &StructType) -> PyResult<RecordBatch> {
    let columns = schema
        .fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let values: Vec<Scalar> = rows.iter().map(|row| row.get(i).cloned().unwrap_or(Scalar::Null)).collect();
            Ok(Scalar::to_array(&values, &field.data_type)?)
        })
        .collect::<PyResult<Vec<_>>>()?;
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let fields: Vec<_> = schema
        .fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| arrow::datatypes::Field::new(&field.name, column.data_type().clone(), field.nullable))
        .collect();
    let arrow_schema = Arc::new(arrow::datatypes::Schema::new(fields));
    RecordBatch::try_new_with_options(arrow_schema, columns, &options)
        .map_err(|error| crate::common::SparkError::from(error).into())
}

/// The literal that a Python value stands for (`F.lit`, `col == value`).
///
/// # Errors
/// A value that no Spark type holds.
pub fn literal(interp: &mut Interpreter, value: &Value) -> PyResult<(Scalar, DataType)> {
    let scalar = match value.native() {
        Value::None => Scalar::Null,
        Value::Bool(truth) => Scalar::Boolean(*truth),
        Value::Int(number) => i32::try_from(*number).map_or(Scalar::Long(*number), Scalar::Integer),
        Value::BigInt(number) => big_literal(number)?,
        Value::Float(number) => Scalar::Double(*number),
        Value::Str(text) => Scalar::String(text.to_string()),
        Value::Bytes(bytes) => Scalar::Binary(bytes.to_vec()),
        Value::ByteArray(bytes) => Scalar::Binary(bytes.borrow().clone()),
        Value::Object(object) => match object.type_name() {
            "date" => Scalar::Date(pytime::date_days(interp, value)?),
            "datetime" => Scalar::Timestamp(pytime::datetime_micros(interp, value)?),
            "time" => Scalar::Time(pytime::time_micros(interp, value)?),
            "timedelta" => Scalar::DayTimeInterval(pytime::timedelta_micros(interp, value)?),
            "Decimal" => match pytime::decimal_parts(interp, value)? {
                Some((unscaled, precision, scale)) => Scalar::Decimal(unscaled, precision, scale),
                None => return Err(not_a_literal(interp, value)),
            },
            _ => return Err(not_a_literal(interp, value)),
        },
        _ => return Err(not_a_literal(interp, value)),
    };
    let data_type = scalar.data_type();
    Ok((scalar, data_type))
}

fn big_literal(number: &BigInt) -> PyResult<Scalar> {
    let too_long =
        || super::support::illegal_argument("a whole number of more than 38 digits does not fit in any Spark type");
    let value = i128::try_from(number).map_err(|_| too_long())?;
    let precision = value.unsigned_abs().to_string().len();
    if precision > 38 {
        return Err(too_long());
    }
    Ok(Scalar::Decimal(value, precision as u8, 0))
}

fn not_a_literal(interp: &Interpreter, value: &Value) -> Raised {
    let class = interp.type_name(value);
    crate::common::SparkError::new(
        ErrorClass::SparkRuntimeException,
        format!("A literal of a Python {class} cannot be made: Spark has no type for it."),
    )
    .with_condition("UNSUPPORTED_FEATURE.LITERAL_TYPE")
    .into()
}

/// A Spark value of `data_type` from a Python value, as functions' results are converted: numbers are cast, text is made of anything.
///
/// # Errors
/// A value that cannot become one.
pub fn from_value(interp: &mut Interpreter, value: &Value, data_type: &DataType) -> PyResult<Scalar> {
    let native = value.native();
    if native.is_none() {
        return Ok(Scalar::Null);
    }
    Ok(match data_type {
        DataType::Null => Scalar::Null,
        DataType::Boolean => match native {
            Value::Bool(truth) => Scalar::Boolean(*truth),
            Value::Int(number) => Scalar::Boolean(*number != 0),
            _ => return Err(wrong(interp, value, data_type)),
        },
        DataType::Byte => Scalar::Byte(whole(interp, value, data_type)?),
        DataType::Short => Scalar::Short(whole(interp, value, data_type)?),
        DataType::Integer => Scalar::Integer(whole(interp, value, data_type)?),
        DataType::Long => Scalar::Long(whole(interp, value, data_type)?),
        DataType::Float => Scalar::Float(real(interp, value, data_type)? as f32),
        DataType::Double => Scalar::Double(real(interp, value, data_type)?),
        DataType::Decimal(precision, scale) => decimal(interp, value, *precision, *scale)?,
        DataType::String => Scalar::String(text(interp, value)?),
        DataType::Binary => match native {
            Value::Bytes(bytes) => Scalar::Binary(bytes.to_vec()),
            Value::ByteArray(bytes) => Scalar::Binary(bytes.borrow().clone()),
            Value::Str(text) => Scalar::Binary(text.as_bytes().to_vec()),
            _ => return Err(wrong(interp, value, data_type)),
        },
        DataType::Date => Scalar::Date(pytime::date_days(interp, value).map_err(|_| wrong(interp, value, data_type))?),
        DataType::Timestamp => Scalar::Timestamp(micros(interp, value, data_type)?),
        DataType::TimestampNtz => Scalar::TimestampNtz(micros(interp, value, data_type)?),
        DataType::DayTimeInterval(..) => Scalar::DayTimeInterval(
            pytime::timedelta_micros(interp, value).map_err(|_| wrong(interp, value, data_type))?,
        ),
        DataType::YearMonthInterval(..) => Scalar::YearMonthInterval(whole(interp, value, data_type)?),
        DataType::CalendarInterval => return Err(wrong(interp, value, data_type)),
        DataType::Variant => match value.downcast::<VariantVal>() {
            Some(variant) => Scalar::Variant(variant.bytes.clone()),
            None => return Err(wrong(interp, value, data_type)),
        },
        DataType::Spatial(kind, _) => match super::spatial::packed(value, *kind) {
            Some(bytes) => Scalar::Spatial(*kind, bytes),
            None => return Err(wrong(interp, value, data_type)),
        },
        DataType::Time => {
            Scalar::Time(pytime::time_micros(interp, value).map_err(|_| wrong(interp, value, data_type))?)
        }
        DataType::Array(element, _) => {
            let items = sequence(interp, value).ok_or_else(|| wrong(interp, value, data_type))?;
            Scalar::Array(items.iter().map(|item| from_value(interp, item, element)).collect::<PyResult<_>>()?)
        }
        DataType::Map(key, item, _) => {
            let dict = value.as_dict().ok_or_else(|| wrong(interp, value, data_type))?;
            let pairs: Vec<(Value, Value)> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            Scalar::Map(
                java_order::received(pairs)
                    .iter()
                    .map(|(k, v)| Ok((from_value(interp, k, key)?, from_value(interp, v, item)?)))
                    .collect::<PyResult<_>>()?,
            )
        }
        DataType::Struct(fields) => structure(interp, value, fields)?,
    })
}

/// As [`from_value`], for a value that Spark takes over pickled: what is not of the type is NULL, and everything has a text.
///
/// # Errors
/// For moments and structs of another kind.
pub fn from_pickled(interp: &mut Interpreter, value: &Value, data_type: &DataType) -> PyResult<Scalar> {
    let native = value.native();
    let fits = match data_type {
        DataType::Boolean => matches!(native, Value::Bool(_)),
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => matches!(native, Value::Int(_)),
        DataType::Float | DataType::Double => matches!(native, Value::Float(_)),
        DataType::Array(element, _) => {
            let Some(items) = sequence(interp, value) else { return Ok(Scalar::Null) };
            let items = items.iter().map(|item| from_pickled(interp, item, element)).collect::<PyResult<_>>()?;
            return Ok(Scalar::Array(items));
        }
        DataType::Map(..) => value.as_dict().is_some(),
        _ => true,
    };
    if fits { from_value(interp, value, data_type) } else { Ok(Scalar::Null) }
}

fn structure(interp: &mut Interpreter, value: &Value, fields: &StructType) -> PyResult<Scalar> {
    let mut parts = Vec::with_capacity(fields.fields.len());
    if let Some(dict) = value.as_dict() {
        for field in &fields.fields {
            let item = dict.borrow().get_str(&field.name).cloned().unwrap_or(Value::None);
            parts.push(from_value(interp, &item, &field.data_type)?);
        }
        return Ok(Scalar::Struct(parts));
    }
    let items = match sequence(interp, value) {
        Some(items) => items,
        None => {
            let mut items = Vec::new();
            for field in &fields.fields {
                match interp.find_attr(value, &field.name)? {
                    Some(item) => items.push(item),
                    None => return Err(wrong(interp, value, &DataType::Struct(fields.clone()))),
                }
            }
            items
        }
    };
    for (i, field) in fields.fields.iter().enumerate() {
        let item = items.get(i).cloned().unwrap_or(Value::None);
        parts.push(from_value(interp, &item, &field.data_type)?);
    }
    Ok(Scalar::Struct(parts))
}

/// The items of a list, tuple, `Row` or named tuple.
pub fn sequence(interp: &mut Interpreter, value: &Value) -> Option<Vec<Value>> {
    if let Some(items) = value.as_items() {
        return Some(items);
    }
    if let Some(row) = value.downcast::<Row>() {
        return Some(row.values.to_vec());
    }
    match value {
        Value::Object(object) if matches!(object.type_name(), "deque" | "array") => interp.items(value).ok(),
        Value::Instance(_) if interp.class_of(value).descends_from("tuple") => interp.items(value).ok(),
        Value::Range(_) => interp.items(value).ok(),
        _ => None,
    }
}

fn wrong(interp: &Interpreter, value: &Value, data_type: &DataType) -> Raised {
    type_error(format!("a value of type {} cannot become {}", interp.type_name(value), data_type.catalog_string()))
}

fn whole<T: TryFrom<i64>>(interp: &mut Interpreter, value: &Value, data_type: &DataType) -> PyResult<T> {
    let number = match value.native() {
        Value::Int(number) => Some(*number),
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Float(number) if number.is_finite() && number.abs() < 9.3e18 => Some(number.trunc() as i64),
        Value::Str(text) => text.trim().parse().ok(),
        Value::Object(object) if object.type_name() == "Decimal" => pytime::decimal_parts(interp, value)?
            .and_then(|(unscaled, _, scale)| pytime::rescale(unscaled, scale, 38, 0))
            .and_then(|number| i64::try_from(number).ok()),
        _ => None,
    };
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| wrong(interp, value, data_type))
}

fn real(interp: &mut Interpreter, value: &Value, data_type: &DataType) -> PyResult<f64> {
    if let Some(number) = value.as_float() {
        return Ok(number);
    }
    match value.native() {
        Value::Str(text) => text.trim().parse().map_err(|_| wrong(interp, value, data_type)),
        Value::Object(object) if object.type_name() == "Decimal" => {
            interp.str(value)?.parse().map_err(|_| wrong(interp, value, data_type))
        }
        _ => Err(wrong(interp, value, data_type)),
    }
}

fn decimal(interp: &mut Interpreter, value: &Value, precision: u8, scale: i8) -> PyResult<Scalar> {
    let parts = match value.native() {
        Value::Int(number) => Some((i128::from(*number), 0)),
        Value::BigInt(number) => i128::try_from(number.as_ref()).ok().map(|number| (number, 0)),
        Value::Float(_) | Value::Str(_) => {
            let text = interp.str(value)?;
            pytime::parse_decimal(&text).map(|(unscaled, _, scale)| (unscaled, scale))
        }
        Value::Object(object) if object.type_name() == "Decimal" => {
            pytime::decimal_parts(interp, value)?.map(|(unscaled, _, scale)| (unscaled, scale))
        }
        _ => return Err(wrong(interp, value, &DataType::Decimal(precision, scale))),
    };
    Ok(parts
        .and_then(|(unscaled, own)| pytime::rescale(unscaled, own, precision, scale))
        .map_or(Scalar::Null, |unscaled| Scalar::Decimal(unscaled, precision, scale)))
}

fn micros(interp: &mut Interpreter, value: &Value, data_type: &DataType) -> PyResult<i64> {
    match value {
        Value::Object(object) if object.type_name() == "date" => {
            Ok(i64::from(pytime::date_days(interp, value)?) * 86_400_000_000)
        }
        _ => pytime::datetime_micros(interp, value).map_err(|_| wrong(interp, value, data_type)),
    }
}

fn text(interp: &mut Interpreter, value: &Value) -> PyResult<String> {
    match value {
        Value::Str(text) => Ok(text.to_string()),
        _ => interp.str(value),
    }
}

/// `type(value)(…)` for tests of exact types: a plain `bool` is not an `int` here.
#[must_use]
pub fn is_exactly(interp: &Interpreter, value: &Value, names: &[&str]) -> bool {
    let class = interp.type_name(value);
    names.contains(&class.as_str())
}

/// Calls a Python function with values.
///
/// # Errors
/// What it raises.
pub fn call(interp: &mut Interpreter, function: &Value, args: Vec<Value>) -> PyResult {
    interp.call(function, Args::of(args))
}
