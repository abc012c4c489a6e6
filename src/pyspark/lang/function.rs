//! Functions: of the script, and native ones.

use super::Interpreter;
use super::args::Args;
use super::ast::FunctionCode;
use super::class::Namespace;
use super::frame::{CellRef, Globals};
use super::raised::PyResult;
use super::value::Value;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A function written in Python.
pub struct Function {
    pub code: Arc<FunctionCode>,
    pub name: RefCell<Rc<str>>,
    pub globals: Rc<Globals>,
    /// Captured variables, in the order of `code.free`.
    pub closure: Vec<CellRef>,
    /// Defaults of the last positional parameters.
    pub defaults: Vec<Value>,
    /// Defaults of keyword-only parameters, aligned with them.
    pub keyword_defaults: Vec<Option<Value>>,
    /// The class in whose body the function was written, for `super()`.
    pub owner: Option<CellRef>,
    /// `function.attribute = …`, `__wrapped__`, `__doc__`.
    pub attrs: RefCell<Namespace>,
}

/// What a native function does.
pub type NativeFn = dyn Fn(&mut Interpreter, Args) -> PyResult;

/// A native function.
pub struct Builtin {
    pub name: Rc<str>,
    /// The module it is found in again when a function that uses it is frozen.
    pub module: Option<Rc<str>>,
    pub function: Box<NativeFn>,
    /// `globals()`, `locals()`, `vars()`: answered by the running frame.
    pub needs_frame: bool,
}

impl Builtin {
    /// A native function with a name for messages.
    pub fn new(name: &str, function: impl Fn(&mut Interpreter, Args) -> PyResult + 'static) -> Builtin {
        Builtin { name: Rc::from(name), module: None, function: Box::new(function), needs_frame: false }
    }

    /// Says where the function lives.
    #[must_use]
    pub fn of_module(mut self, module: &str) -> Builtin {
        self.module = Some(Rc::from(module));
        self
    }
}
