//! JSON texts of plain Python values, for metadata and schemas.

use crate::pyspark::lang::{Dict, Interpreter, PyResult, Value, type_error};
use serde_json::Value as Json;

/// The JSON text of dicts, lists, texts, numbers, booleans and `None`.
///
/// # Errors
/// A value that JSON does not have.
pub fn to_text(interp: &mut Interpreter, value: &Value) -> PyResult<String> {
    Ok(to_json(interp, value)?.to_string())
}

fn to_json(interp: &mut Interpreter, value: &Value) -> PyResult<Json> {
    Ok(match value.native() {
        Value::None => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::Str(text) => Json::String(text.to_string()),
        Value::Dict(dict) => {
            let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let mut object = serde_json::Map::new();
            for (key, item) in pairs {
                object.insert(interp.str(&key)?, to_json(interp, &item)?);
            }
            Json::Object(object)
        }
        other => match other.as_items() {
            Some(items) => Json::Array(items.iter().map(|item| to_json(interp, item)).collect::<PyResult<_>>()?),
            None => {
                return Err(type_error(format!("Object of type {} is not JSON serializable", interp.type_name(value))));
            }
        },
    })
}

/// JSON text with keys in alphabetical order, as PySpark writes schemas.
#[must_use]
pub fn sorted_text(json: &Json) -> String {
    sorted(json).to_string()
}

fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(pairs) => {
            let mut pairs: Vec<(String, Json)> = pairs.iter().map(|(key, item)| (key.clone(), sorted(item))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(pairs.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Python values from JSON.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or(0.0)),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(items.iter().map(from_json).collect()),
        Json::Object(pairs) => {
            let mut dict = Dict::new();
            for (key, item) in pairs {
                let item = from_json(item);
                dict.set_str(key, item);
            }
            Value::dict(dict)
        }
    }
}
