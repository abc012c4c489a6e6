//! Options of readers and writers: Python values as Spark's texts.

use crate::common::conf::Options;
use crate::pyspark::lang::{Interpreter, PyResult, Value};

/// The text of an option's value: `True` becomes `true`.
///
/// # Errors
/// What the value's `str` raises.
pub fn option_text(interp: &mut Interpreter, value: &Value) -> PyResult<String> {
    match value {
        Value::Bool(truth) => Ok(truth.to_string()),
        other => interp.str(other),
    }
}

/// Sets one option; `None` is left out.
///
/// # Errors
/// See [`option_text`].
pub fn set(interp: &mut Interpreter, options: &mut Options, name: &str, value: &Value) -> PyResult<()> {
    if value.is_none() {
        return Ok(());
    }
    let text = option_text(interp, value)?;
    let name = if name.eq_ignore_ascii_case("delimiter") { "sep" } else { name };
    options.set(name, text);
    Ok(())
}
