//! Frozen functions: a Python function with all it captures, in a form that threads can share (S9).

use super::Interpreter;
use super::raised::PyResult;
use super::value::Value;
use std::sync::Arc;

/// Makes a value again in another interpreter.
pub type Thaw = Arc<dyn Fn(&mut Interpreter) -> PyResult + Send + Sync>;

/// Freezes values; remembers what it has seen, so that shared and recursive values stay so.
#[derive(Default)]
pub struct Freezer {}

impl Freezer {
    /// A recipe for `value`.
    ///
    /// # Errors
    /// A `PicklingError` for a value that cannot travel (a `DataFrame`, the session, an open file).
    pub fn freeze(&mut self, interp: &mut Interpreter, value: &Value) -> PyResult<Thaw> {
        let _ = (interp, value);
        Err(super::raised::Raised::unsupported("freezing this value", "nothing yet"))
    }
}
