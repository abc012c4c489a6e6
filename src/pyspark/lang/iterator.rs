//! Iterators: native ones, and generators of the script.

use super::Interpreter;
use super::raised::PyResult;
use super::value::Value;
use std::cell::RefCell;

pub use super::generator::Generator;

/// The next value of an iterator written in Rust.
pub trait NativeIterator {
    /// The next value, or `None` at the end.
    ///
    /// # Errors
    /// What the computation raises.
    fn next(&mut self, interp: &mut Interpreter) -> PyResult<Option<Value>>;
}

/// A native iterator as a value.
pub struct PyIterator {
    /// The class's name as Python prints it: `list_iterator`, `map`, `zip`.
    pub kind: &'static str,
    state: RefCell<Option<Box<dyn NativeIterator>>>,
}

impl PyIterator {
    /// Wraps an iterator.
    pub fn new(kind: &'static str, iterator: Box<dyn NativeIterator>) -> PyIterator {
        PyIterator { kind, state: RefCell::new(Some(iterator)) }
    }

    /// The next value. An iterator that asks itself while it computes is at its end.
    ///
    /// # Errors
    /// What the computation raises.
    pub fn next(&self, interp: &mut Interpreter) -> PyResult<Option<Value>> {
        let Some(mut iterator) = self.state.borrow_mut().take() else { return Ok(None) };
        let result = iterator.next(interp);
        if !matches!(result, Ok(None)) {
            *self.state.borrow_mut() = Some(iterator);
        }
        result
    }
}

/// Values that are there already.
pub struct Items(pub std::vec::IntoIter<Value>);

impl NativeIterator for Items {
    fn next(&mut self, _interp: &mut Interpreter) -> PyResult<Option<Value>> {
        Ok(self.0.next())
    }
}

/// A closure as an iterator.
pub struct FromFn<F>(pub F);

impl<F: FnMut(&mut Interpreter) -> PyResult<Option<Value>>> NativeIterator for FromFn<F> {
    fn next(&mut self, interp: &mut Interpreter) -> PyResult<Option<Value>> {
        (self.0)(interp)
    }
}
