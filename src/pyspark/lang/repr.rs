//! `repr` and `str`.

use super::value::Value;

/// A value for messages of our own, without asking the interpreter.
pub fn plain(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Str(text) => format!("{text:?}"),
        Value::Int(number) => number.to_string(),
        _ => "…".to_owned(),
    }
}
