//! A Python value as the interpreter holds it. Cheap to clone: everything larger than a word is shared.

use super::class::{Class, Instance, Module};
use super::dict::Dict;
use super::function::{Builtin, Function};
use super::iterator::{Generator, NativeIterator, PyIterator};
use super::object::Object;
use super::set::Set;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// A Python value.
#[derive(Clone)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// Only for numbers that do not fit in an `Int`.
    BigInt(Rc<BigInt>),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    ByteArray(Rc<RefCell<Vec<u8>>>),
    List(Rc<RefCell<Vec<Value>>>),
    Tuple(Rc<[Value]>),
    Dict(Rc<RefCell<Dict>>),
    Set(Rc<RefCell<Set>>),
    FrozenSet(Rc<Set>),
    Range(Rc<Range>),
    Slice(Rc<Slice>),
    Ellipsis,
    NotImplemented,
    Function(Rc<Function>),
    Builtin(Rc<Builtin>),
    BoundMethod(Rc<BoundMethod>),
    Class(Rc<Class>),
    Instance(Rc<Instance>),
    Module(Rc<Module>),
    Iterator(Rc<PyIterator>),
    Generator(Rc<Generator>),
    /// An object of a native module: PySpark's frames, dates, decimals.
    Object(Rc<dyn Object>),
}

/// `range(start, stop, step)`; the step is never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
}

/// `start:stop:step` as written; absent parts are `None`.
pub struct Slice {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

/// A method together with the value it was looked up on.
pub struct BoundMethod {
    pub receiver: Value,
    pub method: Method,
}

/// What a bound method calls.
pub enum Method {
    /// A method of a native value, found again by name.
    Native(Rc<str>),
    /// Any callable that receives the value first.
    Callable(Value),
}

impl Range {
    /// How many numbers the range has.
    pub fn len(&self) -> i64 {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let count = if step > 0 { (stop - start + step - 1) / step } else { (start - stop - step - 1) / -step };
        i64::try_from(count.max(0)).unwrap_or(i64::MAX)
    }

    /// Whether the range has no number.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a position, which must be inside.
    pub fn at(&self, index: i64) -> i64 {
        self.start + index * self.step
    }

    /// The position of a number, when it is inside.
    pub fn index_of(&self, number: i64) -> Option<i64> {
        let offset = number.checked_sub(self.start)?;
        let index = offset / self.step;
        (offset % self.step == 0 && index >= 0 && index < self.len()).then_some(index)
    }
}

impl Value {
    /// A string.
    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(Rc::from(text.as_ref()))
    }

    /// A list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(RefCell::new(items)))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Rc::from(items))
    }

    /// A dict.
    pub fn dict(dict: Dict) -> Value {
        Value::Dict(Rc::new(RefCell::new(dict)))
    }

    /// A set.
    pub fn set(set: Set) -> Value {
        Value::Set(Rc::new(RefCell::new(set)))
    }

    /// A list of strings.
    pub fn strings<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Value {
        Value::list(items.into_iter().map(Value::str).collect())
    }

    /// A native object.
    pub fn object(object: impl Object) -> Value {
        Value::Object(Rc::new(object))
    }

    /// A native function. The name shows in messages.
    pub fn builtin(
        name: &str,
        function: impl Fn(&mut super::Interpreter, super::Args) -> super::PyResult + 'static,
    ) -> Value {
        Value::Builtin(Rc::new(Builtin::new(name, function)))
    }

    /// An iterator written in Rust.
    pub fn iterator(kind: &'static str, iterator: impl NativeIterator + 'static) -> Value {
        Value::Iterator(Rc::new(PyIterator::new(kind, Box::new(iterator))))
    }

    /// An iterator over values that are there already.
    pub fn iter_over(items: Vec<Value>) -> Value {
        Value::iterator("iterator", super::iterator::Items(items.into_iter()))
    }

    /// A whole number in its smallest form.
    pub fn big(number: BigInt) -> Value {
        match number.to_i64() {
            Some(small) => Value::Int(small),
            None => Value::BigInt(Rc::new(number)),
        }
    }

    /// The class of a native value, `T`, when it is one.
    pub fn downcast<T: Object>(&self) -> Option<&T> {
        match self {
            Value::Object(object) => (object.as_ref() as &dyn Any).downcast_ref::<T>(),
            Value::Instance(instance) => instance.native.as_ref()?.downcast::<T>(),
            _ => None,
        }
    }

    /// A shared native object, when it is a `T`.
    pub fn downcast_rc<T: Object>(&self) -> Option<Rc<T>> {
        match self {
            Value::Object(object) => (Rc::clone(object) as Rc<dyn Any>).downcast::<T>().ok(),
            Value::Instance(instance) => instance.native.as_ref()?.downcast_rc::<T>(),
            _ => None,
        }
    }

    /// Whether this is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// The native value behind an instance of a subclass of `dict`, `list`, `str`, …; otherwise the value itself.
    pub fn native(&self) -> &Value {
        match self {
            Value::Instance(instance) => instance.native.as_ref().unwrap_or(self),
            _ => self,
        }
    }

    /// The text of a `str` (or of a subclass of `str`).
    pub fn as_str(&self) -> Option<&str> {
        match self.native() {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number that fits; `True` and `False` count as in Python.
    pub fn as_int(&self) -> Option<i64> {
        match self.native() {
            Value::Int(number) => Some(*number),
            Value::Bool(truth) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    /// A bool, and nothing else.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// A float or a whole number as a float.
    pub fn as_float(&self) -> Option<f64> {
        match self.native() {
            Value::Float(number) => Some(*number),
            Value::Int(number) => Some(*number as f64),
            Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Value::BigInt(number) => number.to_f64(),
            _ => None,
        }
    }

    /// The items of a list or tuple (subclasses too); nothing for other iterables.
    pub fn as_items(&self) -> Option<Vec<Value>> {
        match self.native() {
            Value::List(items) => Some(items.borrow().clone()),
            Value::Tuple(items) => Some(items.to_vec()),
            _ => None,
        }
    }

    /// The table of a dict (subclasses too).
    pub fn as_dict(&self) -> Option<&Rc<RefCell<Dict>>> {
        match self.native() {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// Python's `is`.
    pub fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::None, Value::None)
            | (Value::Ellipsis, Value::Ellipsis)
            | (Value::NotImplemented, Value::NotImplemented) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Str(a), Value::Str(b)) => Rc::ptr_eq(a, b) || a == b,
            _ => self.identity() == other.identity() && self.identity() != 0,
        }
    }

    /// The address of what is shared, or 0 for values that are not shared.
    pub fn identity(&self) -> usize {
        match self {
            Value::BigInt(rc) => Rc::as_ptr(rc) as usize,
            Value::Str(rc) => Rc::as_ptr(rc).cast::<u8>() as usize,
            Value::Bytes(rc) => Rc::as_ptr(rc).cast::<u8>() as usize,
            Value::ByteArray(rc) => Rc::as_ptr(rc) as usize,
            Value::List(rc) => Rc::as_ptr(rc) as usize,
            Value::Tuple(rc) => Rc::as_ptr(rc).cast::<u8>() as usize,
            Value::Dict(rc) => Rc::as_ptr(rc) as usize,
            Value::Set(rc) => Rc::as_ptr(rc) as usize,
            Value::FrozenSet(rc) => Rc::as_ptr(rc) as usize,
            Value::Range(rc) => Rc::as_ptr(rc) as usize,
            Value::Slice(rc) => Rc::as_ptr(rc) as usize,
            Value::Function(rc) => Rc::as_ptr(rc) as usize,
            Value::Builtin(rc) => Rc::as_ptr(rc) as usize,
            Value::BoundMethod(rc) => Rc::as_ptr(rc) as usize,
            Value::Class(rc) => Rc::as_ptr(rc) as usize,
            Value::Instance(rc) => Rc::as_ptr(rc) as usize,
            Value::Module(rc) => Rc::as_ptr(rc) as usize,
            Value::Iterator(rc) => Rc::as_ptr(rc) as usize,
            Value::Generator(rc) => Rc::as_ptr(rc) as usize,
            Value::Object(rc) => Rc::as_ptr(rc).cast::<u8>() as usize,
            Value::None
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Ellipsis
            | Value::NotImplemented => 0,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::str(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Str(Rc::from(value))
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::repr::plain(self))
    }
}
