//! What a native object answers: the protocol behind PySpark's frames and columns, dates, decimals and the like.

use super::Interpreter;
use super::args::Args;
use super::freeze::{Freezer, Thaw};
use super::raised::{PyResult, Raised};
use super::value::Value;
use std::any::Any;
use std::rc::Rc;

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    LeftShift,
    RightShift,
    And,
    Or,
    Xor,
}

/// A unary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Minus,
    Plus,
    Invert,
}

/// A comparison with an operator that a class can define.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    Eq,
    NotEq,
    Less,
    LessEq,
    Greater,
    GreaterEq,
}

impl BinaryOp {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::FloorDiv => "//",
            Self::Mod => "%",
            Self::Pow => "** or pow()",
            Self::MatMul => "@",
            Self::LeftShift => "<<",
            Self::RightShift => ">>",
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
        }
    }

    /// The stem of the special methods: `add` for `__add__`, `__radd__`, `__iadd__`.
    pub fn stem(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "truediv",
            Self::FloorDiv => "floordiv",
            Self::Mod => "mod",
            Self::Pow => "pow",
            Self::MatMul => "matmul",
            Self::LeftShift => "lshift",
            Self::RightShift => "rshift",
            Self::And => "and",
            Self::Or => "or",
            Self::Xor => "xor",
        }
    }
}

impl CompareOp {
    /// The answer of values that are equal or not, but have no order.
    pub fn of_equality(self, is_equal: bool) -> Option<Value> {
        match self {
            Self::Eq => Some(Value::Bool(is_equal)),
            Self::NotEq => Some(Value::Bool(!is_equal)),
            Self::Less | Self::LessEq | Self::Greater | Self::GreaterEq => None,
        }
    }

    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::NotEq => "!=",
            Self::Less => "<",
            Self::LessEq => "<=",
            Self::Greater => ">",
            Self::GreaterEq => ">=",
        }
    }

    /// The special method.
    pub fn method(self) -> &'static str {
        match self {
            Self::Eq => "__eq__",
            Self::NotEq => "__ne__",
            Self::Less => "__lt__",
            Self::LessEq => "__le__",
            Self::Greater => "__gt__",
            Self::GreaterEq => "__ge__",
        }
    }

    /// The operator that gives the same answer with the sides exchanged.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::NotEq => Self::NotEq,
            Self::Less => Self::Greater,
            Self::LessEq => Self::GreaterEq,
            Self::Greater => Self::Less,
            Self::GreaterEq => Self::LessEq,
        }
    }

    /// Whether an ordering satisfies the operator.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::NotEq => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessEq => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterEq => ordering.is_ge(),
        }
    }
}

/// A native object. `this` is always the value that holds `self`.
///
/// Every question has a default answer, which is what a plain Python object would say. `None` means "not mine": the interpreter goes on
/// as Python does (the other operand, a `TypeError`, an `AttributeError` with the nearest name).
pub trait Object: Any {
    /// The Python class's name, also the key under which [`Interpreter::register_class`] knows its class.
    fn type_name(&self) -> &str;

    /// Names of methods that [`Object::call_method`] answers: makes `hasattr`, `obj.method` without a call, `dir` and suggestions work.
    fn methods(&self) -> &'static [&'static str] {
        &[]
    }

    /// Names of further attributes, for suggestions (the columns of a frame).
    fn attribute_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// An attribute that is not a method.
    fn get_attr(&self, interp: &mut Interpreter, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let _ = (interp, this, name);
        Ok(None)
    }

    /// `obj.name(args)`; `None` when there is no such method (then the attribute is fetched and called).
    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let _ = (interp, this, name, args);
        None
    }

    /// The error for an unknown attribute, when it should say more than Python does.
    fn missing_attr(&self, interp: &mut Interpreter, this: &Value, name: &str) -> Option<Raised> {
        let _ = (interp, this, name);
        None
    }

    /// `obj.name = value`; false when it cannot be set.
    fn set_attr(&self, interp: &mut Interpreter, this: &Value, name: &str, value: Value) -> PyResult<bool> {
        let _ = (interp, this, name, value);
        Ok(false)
    }

    /// `obj(args)`; `None` when it cannot be called.
    fn call(&self, interp: &mut Interpreter, this: &Value, args: Args) -> Option<PyResult> {
        let _ = (interp, this, args);
        None
    }

    /// Whether [`Object::call`] answers.
    fn is_callable(&self) -> bool {
        false
    }

    /// `obj op other`, or `other op obj` when `reflected`.
    fn binary(
        &self,
        interp: &mut Interpreter,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        let _ = (interp, this, op, other, reflected);
        Ok(None)
    }

    /// `obj op other`; the interpreter exchanges the sides itself. `==` without an answer is identity.
    fn compare(&self, interp: &mut Interpreter, this: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        let _ = (interp, this, op, other);
        Ok(None)
    }

    /// `-obj`, `+obj`, `~obj` (never `not`, which asks for the truth).
    fn unary(&self, interp: &mut Interpreter, this: &Value, op: UnaryOp) -> PyResult<Option<Value>> {
        let _ = (interp, this, op);
        Ok(None)
    }

    /// `obj[key]`.
    fn get_item(&self, interp: &mut Interpreter, this: &Value, key: &Value) -> PyResult<Option<Value>> {
        let _ = (interp, this, key);
        Ok(None)
    }

    /// `obj[key] = value`; false when it cannot be set.
    fn set_item(&self, interp: &mut Interpreter, this: &Value, key: &Value, value: Value) -> PyResult<bool> {
        let _ = (interp, this, key, value);
        Ok(false)
    }

    /// `del obj[key]`; false when it cannot be deleted.
    fn del_item(&self, interp: &mut Interpreter, this: &Value, key: &Value) -> PyResult<bool> {
        let _ = (interp, this, key);
        Ok(false)
    }

    /// `len(obj)`.
    fn len(&self, interp: &mut Interpreter, this: &Value) -> PyResult<Option<usize>> {
        let _ = (interp, this);
        Ok(None)
    }

    /// `iter(obj)`: an iterator ([`Value::iter_over`], [`Value::iterator`]).
    #[expect(clippy::iter_not_returning_iterator, reason = "Python's iter(), which gives a Python iterator")]
    fn iter(&self, interp: &mut Interpreter, this: &Value) -> PyResult<Option<Value>> {
        let _ = (interp, this);
        Ok(None)
    }

    /// `item in obj`; without an answer the interpreter goes through the items.
    fn contains(&self, interp: &mut Interpreter, this: &Value, item: &Value) -> PyResult<Option<bool>> {
        let _ = (interp, this, item);
        Ok(None)
    }

    /// `bool(obj)`; without an answer: the length is not zero, or true.
    fn truth(&self, interp: &mut Interpreter, this: &Value) -> PyResult<Option<bool>> {
        let _ = (interp, this);
        Ok(None)
    }

    /// `repr(obj)`.
    fn repr(&self, interp: &mut Interpreter, this: &Value) -> PyResult<String> {
        Ok(super::repr::default_repr(interp, this))
    }

    /// `str(obj)`.
    fn str(&self, interp: &mut Interpreter, this: &Value) -> PyResult<String> {
        self.repr(interp, this)
    }

    /// `hash(obj)`.
    fn hash(&self, interp: &mut Interpreter, this: &Value) -> PyResult<i64> {
        let _ = interp;
        Ok((this.identity() >> 4) as i64)
    }

    /// `format(obj, spec)` with a spec that is not empty.
    fn format(&self, interp: &mut Interpreter, this: &Value, spec: &str) -> PyResult<Option<String>> {
        let _ = (interp, this, spec);
        Ok(None)
    }

    /// A shareable recipe for this object, when functions that capture it may run on rows.
    fn freeze(&self, interp: &mut Interpreter, this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let _ = (interp, this, freezer);
        Ok(None)
    }
}

/// A shared native object.
pub type SharedObject = Rc<dyn Object>;
