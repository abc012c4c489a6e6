//! The interpreter: what native code may ask of it.

use super::args::Args;
use super::class::{Class, Module};
use super::object::{BinaryOp, CompareOp};
use super::raised::{PyResult, Raised};
use super::value::Value;
use crate::pyspark::host::Host;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::rc::Rc;

/// Gives the module of a dotted name, or `None` when it is not one of its own.
pub type ModuleLoader = fn(&mut Interpreter, &str) -> PyResult<Option<Rc<Module>>>;

/// Runs Python.
#[derive(Default)]
pub struct Interpreter {
    host: Option<Box<dyn Host>>,
    extensions: HashMap<TypeId, Box<dyn Any>, foldhash::fast::FixedState>,
    classes: HashMap<Rc<str>, Rc<Class>, foldhash::fast::FixedState>,
    loaders: Vec<ModuleLoader>,
}

impl Interpreter {
    /// An interpreter whose script sees the world through `host`.
    pub fn new(host: Box<dyn Host>) -> Interpreter {
        Interpreter { host: Some(host), ..Interpreter::default() }
    }

    /// The world.
    ///
    /// # Errors
    /// Inside a function that runs on rows there is none: a `PicklingError`.
    pub fn host(&mut self) -> PyResult<&mut dyn Host> {
        match &mut self.host {
            Some(host) => Ok(host.as_mut()),
            None => Err(Raised::named("PicklingError", "a function that runs on rows cannot use the session")),
        }
    }

    /// State of a native module that lives as long as the interpreter (the active session, …).
    pub fn extension<T: Default + 'static>(&mut self) -> &mut T {
        let entry = self.extensions.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        // The entry under `TypeId::of::<T>()` always holds a `T`.
        entry.downcast_mut::<T>().unwrap_or_else(|| unreachable!("an extension is stored under its own type"))
    }

    /// Adds native modules. Loaders are plain functions, so that interpreters for rows on other threads can use them too.
    pub fn add_loader(&mut self, loader: ModuleLoader) {
        self.loaders.push(loader);
    }

    /// Makes a native class known: `isinstance` finds it for objects whose `type_name` is its name. Gives it back shared.
    pub fn register_class(&mut self, class: Class) -> Rc<Class> {
        let class = Rc::new(class);
        self.classes.insert(Rc::clone(&class.name), Rc::clone(&class));
        class
    }

    /// A native class by name: builtin classes, exceptions, and registered ones.
    pub fn class_named(&self, name: &str) -> Option<Rc<Class>> {
        self.classes.get(name).cloned()
    }

    /// Imports a module, as `import name` does.
    ///
    /// # Errors
    /// `ModuleNotFoundError`.
    pub fn import(&mut self, name: &str) -> PyResult<Rc<Module>> {
        todo_call(name)
    }

    /// `callee(args)`.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call(&mut self, callee: &Value, args: Args) -> PyResult {
        let _ = args;
        todo_call(callee)
    }

    /// `receiver.name(args)`.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call_method(&mut self, receiver: &Value, name: &str, args: Args) -> PyResult {
        let _ = args;
        todo_call((receiver, name))
    }

    /// `object.name`.
    ///
    /// # Errors
    /// `AttributeError`.
    pub fn get_attr(&mut self, object: &Value, name: &str) -> PyResult {
        todo_call((object, name))
    }

    /// `getattr(object, name, None)`, with `None` for a missing attribute.
    ///
    /// # Errors
    /// What the lookup raises, except `AttributeError`.
    pub fn find_attr(&mut self, object: &Value, name: &str) -> PyResult<Option<Value>> {
        todo_call((object, name))
    }

    /// `object.name = value`.
    ///
    /// # Errors
    /// `AttributeError`.
    pub fn set_attr(&mut self, object: &Value, name: &str, value: Value) -> PyResult<()> {
        todo_call((object, name, value))
    }

    /// `iter(value)`.
    ///
    /// # Errors
    /// `TypeError` when it cannot be iterated.
    pub fn iter(&mut self, value: &Value) -> PyResult {
        todo_call(value)
    }

    /// The next value of an iterator, or `None` at its end.
    ///
    /// # Errors
    /// What the iterator raises.
    pub fn next(&mut self, iterator: &Value) -> PyResult<Option<Value>> {
        todo_call(iterator)
    }

    /// All items of an iterable.
    ///
    /// # Errors
    /// `TypeError` when it cannot be iterated; what iterating raises.
    pub fn items(&mut self, iterable: &Value) -> PyResult<Vec<Value>> {
        todo_call(iterable)
    }

    /// `bool(value)`.
    ///
    /// # Errors
    /// What `__bool__` raises.
    pub fn truth(&mut self, value: &Value) -> PyResult<bool> {
        todo_call(value)
    }

    /// `left == right`, as containers ask it: identical values are equal.
    ///
    /// # Errors
    /// What `__eq__` raises.
    pub fn equals(&mut self, left: &Value, right: &Value) -> PyResult<bool> {
        todo_call((left, right))
    }

    /// `left op right` for a comparison.
    ///
    /// # Errors
    /// `TypeError` for values that cannot be ordered.
    pub fn compare(&mut self, op: CompareOp, left: &Value, right: &Value) -> PyResult {
        todo_call((op, left, right))
    }

    /// `left op right`.
    ///
    /// # Errors
    /// `TypeError` for values that do not fit.
    pub fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value) -> PyResult {
        todo_call((op, left, right))
    }

    /// `object[key]`.
    ///
    /// # Errors
    /// `TypeError`, `KeyError`, `IndexError`.
    pub fn get_item(&mut self, object: &Value, key: &Value) -> PyResult {
        todo_call((object, key))
    }

    /// `repr(value)`.
    ///
    /// # Errors
    /// What `__repr__` raises.
    pub fn repr(&mut self, value: &Value) -> PyResult<String> {
        todo_call(value)
    }

    /// `str(value)`.
    ///
    /// # Errors
    /// What `__str__` raises.
    pub fn str(&mut self, value: &Value) -> PyResult<String> {
        todo_call(value)
    }

    /// `format(value, spec)`.
    ///
    /// # Errors
    /// `ValueError` for a wrong spec.
    pub fn format(&mut self, value: &Value, spec: &str) -> PyResult<String> {
        todo_call((value, spec))
    }

    /// The class of a value.
    pub fn class_of(&self, value: &Value) -> Rc<Class> {
        let _ = value;
        Rc::new(Class::native("object", "builtins", None))
    }

    /// The name of a value's class, for messages.
    pub fn type_name(&self, value: &Value) -> String {
        self.class_of(value).name.to_string()
    }

    /// `isinstance(value, class)`.
    pub fn is_instance(&self, value: &Value, class: &Class) -> bool {
        self.class_of(value).is_subclass(class)
    }
}

fn todo_call<T>(_subject: impl Sized) -> PyResult<T> {
    Err(Raised::unsupported("this operation", "wait for the interpreter"))
}
