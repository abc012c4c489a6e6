//! The builtin functions and classes.

mod functions;
mod types;

use super::args::Args;
use super::function::Builtin;
use super::object::Object;
use super::raised::{PyResult, Raised};
use super::value::Value;
use super::{Class, Interpreter};
use std::rc::Rc;

pub use functions::{open, round};
pub use types::{parse_float, to_float_value, to_int_value};

/// A native function in a native class: bound to its receiver like a function of the script.
pub struct NativeMethod {
    pub name: Rc<str>,
    pub function: Value,
}

impl Object for NativeMethod {
    fn type_name(&self) -> &'static str {
        "method_descriptor"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, interp: &mut Interpreter, _this: &Value, args: Args) -> Option<PyResult> {
        Some(interp.call(&self.function, args))
    }
}

/// Makes the builtins known.
pub fn install(interp: &mut Interpreter) {
    types::install(interp);
    functions::install(interp);
    for name in ["Ellipsis", "NotImplemented"] {
        let value = if name == "Ellipsis" { Value::Ellipsis } else { Value::NotImplemented };
        interp.builtins.insert(Rc::from(name), value);
    }
    interp.builtins.insert(Rc::from("__debug__"), Value::Bool(true));
}

fn add(interp: &mut Interpreter, name: &str, function: fn(&mut Interpreter, Args) -> PyResult) {
    let builtin = Builtin::new(name, function).of_module("builtins");
    interp.builtins.insert(Rc::from(name), Value::Builtin(Rc::new(builtin)));
}

fn add_class(interp: &mut Interpreter, class: Class) {
    let class = interp.register_class(class);
    interp.builtins.insert(Rc::clone(&class.name), Value::Class(class));
}

fn not_here(what: &str, instead: &str) -> Raised {
    Raised::unsupported(what, instead)
}
