//! Classes, instances and modules.

use super::Interpreter;
use super::args::Args;
use super::raised::PyResult;
use super::value::Value;
use indexmap::IndexMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Names and values in the order they were first set.
pub type Namespace = IndexMap<Rc<str>, Value, foldhash::fast::FixedState>;

/// Makes a value of a native class: `construct(interp, class, args)`. `class` may be a subclass written in Python.
pub type Construct = fn(&mut Interpreter, &Rc<Class>, Args) -> PyResult;

/// A class, native or written in Python.
pub struct Class {
    pub name: Rc<str>,
    pub module: Rc<str>,
    pub bases: Vec<Rc<Class>>,
    /// Every base in Python's method resolution order, without the class itself.
    pub ancestors: Vec<Rc<Class>>,
    /// Attributes and methods.
    pub attrs: RefCell<Namespace>,
    /// How a native class makes its values; inherited.
    pub construct: Option<Construct>,
    /// Whether a `__getattr__`, `__setattr__` or `__getattribute__` may be in the way of plain fields.
    pub hooks: Cell<bool>,
    /// Names of methods and attributes of native values of this class, for `dir` and suggestions.
    pub native_names: &'static [&'static str],
}

impl Class {
    /// A native class with one base (or `object` when there is none) and no constructor.
    pub fn native(name: &str, module: &str, base: Option<&Rc<Class>>) -> Class {
        let bases: Vec<Rc<Class>> = base.map(Rc::clone).into_iter().collect();
        let ancestors = base.map_or_else(Vec::new, |base| {
            std::iter::once(Rc::clone(base)).chain(base.ancestors.iter().map(Rc::clone)).collect()
        });
        Class {
            name: Rc::from(name),
            module: Rc::from(module),
            bases,
            ancestors,
            attrs: RefCell::default(),
            construct: None,
            hooks: Cell::new(false),
            native_names: &[],
        }
    }

    /// Says how the class makes its values.
    #[must_use]
    pub fn with_construct(mut self, construct: Construct) -> Class {
        self.construct = Some(construct);
        self
    }

    /// Says which methods the native values of the class have.
    #[must_use]
    pub fn with_native_names(mut self, names: &'static [&'static str]) -> Class {
        self.native_names = names;
        self
    }

    /// Adds an attribute: a constant, a static method (a builtin is never bound), a property.
    #[must_use]
    pub fn with(self, name: &str, value: Value) -> Class {
        self.set(name, value);
        self
    }

    /// Sets an attribute.
    pub fn set(&self, name: &str, value: Value) {
        self.attrs.borrow_mut().insert(Rc::from(name), value);
    }

    /// Finds an attribute here or in an ancestor.
    pub fn lookup(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.attrs.borrow().get(name) {
            return Some(value.clone());
        }
        self.ancestors.iter().find_map(|base| base.attrs.borrow().get(name).cloned())
    }

    /// Whether this is `other` or derived from it.
    pub fn is_subclass(&self, other: &Class) -> bool {
        std::ptr::eq(self, other) || self.ancestors.iter().any(|base| std::ptr::eq(base.as_ref(), other))
    }

    /// Whether this class or an ancestor has this name.
    pub fn descends_from(&self, name: &str) -> bool {
        &*self.name == name || self.ancestors.iter().any(|base| &*base.name == name)
    }

    /// The constructor of this class or of its nearest native ancestor.
    pub fn constructor(&self) -> Option<Construct> {
        self.construct.or_else(|| self.ancestors.iter().find_map(|base| base.construct))
    }
}

/// An instance of a class written in Python, or of a native class without a representation of its own (exceptions).
pub struct Instance {
    pub class: RefCell<Rc<Class>>,
    pub fields: RefCell<Namespace>,
    /// What an instance of a subclass of `dict`, `list`, `str`, … holds.
    pub native: Option<Value>,
}

impl Instance {
    /// An instance without fields.
    pub fn new(class: &Rc<Class>) -> Instance {
        Instance { class: RefCell::new(Rc::clone(class)), fields: RefCell::default(), native: None }
    }

    /// An instance that holds a native value.
    pub fn with_native(class: &Rc<Class>, native: Value) -> Instance {
        Instance { class: RefCell::new(Rc::clone(class)), fields: RefCell::default(), native: Some(native) }
    }

    /// The class.
    pub fn class(&self) -> Rc<Class> {
        Rc::clone(&self.class.borrow())
    }

    /// A field, not looking at the class.
    pub fn field(&self, name: &str) -> Option<Value> {
        self.fields.borrow().get(name).cloned()
    }

    /// Sets a field.
    pub fn set(&self, name: &str, value: Value) {
        let mut fields = self.fields.borrow_mut();
        if let Some(slot) = fields.get_mut(name) {
            *slot = value;
        } else {
            fields.insert(Rc::from(name), value);
        }
    }
}

/// An imported module, or a package.
pub struct Module {
    pub name: Rc<str>,
    pub attrs: RefCell<Namespace>,
    /// The globals of a module written in Python (then `attrs` is not used).
    pub globals: Option<Rc<super::frame::Globals>>,
}

impl Module {
    /// An empty native module.
    pub fn new(name: &str) -> Module {
        let module = Module { name: Rc::from(name), attrs: RefCell::default(), globals: None };
        module.set("__name__", Value::str(name));
        module
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(self, name: &str, value: Value) -> Module {
        self.set(name, value);
        self
    }

    /// Adds a native function; it is known as `module.name` when functions are frozen.
    #[must_use]
    pub fn function(self, name: &str, function: impl Fn(&mut Interpreter, Args) -> PyResult + 'static) -> Module {
        let builtin = super::function::Builtin::new(name, function).of_module(&self.name);
        self.set(name, Value::Builtin(Rc::new(builtin)));
        self
    }

    /// Sets an attribute.
    pub fn set(&self, name: &str, value: Value) {
        match &self.globals {
            Some(globals) => globals.set(name, value),
            None => {
                self.attrs.borrow_mut().insert(Rc::from(name), value);
            }
        }
    }

    /// An attribute.
    pub fn get(&self, name: &str) -> Option<Value> {
        match &self.globals {
            Some(globals) => globals.get(name),
            None => self.attrs.borrow().get(name).cloned(),
        }
    }

    /// The names of all attributes, in order.
    pub fn names(&self) -> Vec<Rc<str>> {
        match &self.globals {
            Some(globals) => globals.names(),
            None => self.attrs.borrow().keys().map(Rc::clone).collect(),
        }
    }
}
