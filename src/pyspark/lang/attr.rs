//! Attributes and special methods.

use super::Interpreter;
use super::raised::PyResult;
use super::value::Value;

/// `hash(instance)`.
///
/// # Errors
/// What `__hash__` raises.
pub fn hash_instance(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    let _ = interp;
    Ok((value.identity() >> 4) as i64)
}
