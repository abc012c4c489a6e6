//! Operators: arithmetic, comparison, truth, membership.

use super::Interpreter;
use super::args::Args;
use super::object::{BinaryOp, CompareOp, UnaryOp};
use super::raised::{PyResult, Raised, type_error};
use super::value::Value;
use super::{Set, numbers};
use std::cmp::Ordering;
use std::rc::Rc;

/// The longest text or list that an operator may make.
pub const LENGTH_LIMIT: usize = 1 << 28;

impl Interpreter {
    /// `left op right`.
    ///
    /// # Errors
    /// `TypeError` for values that do not fit.
    #[inline]
    pub fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value) -> PyResult {
        if let (Value::Int(a), Value::Int(b)) = (left, right) {
            let quick = match op {
                BinaryOp::Add => a.checked_add(*b),
                BinaryOp::Sub => a.checked_sub(*b),
                BinaryOp::Mul => a.checked_mul(*b),
                _ => None,
            };
            if let Some(number) = quick {
                return Ok(Value::Int(number));
            }
        }
        self.binary_slow(op, left, right)
    }

    fn binary_slow(&mut self, op: BinaryOp, left: &Value, right: &Value) -> PyResult {
        if let Some(answer) = numbers::binary(op, left, right)? {
            return Ok(answer);
        }
        if let Some(answer) = self.binary_containers(op, left, right)? {
            // A sum lets go of its left side, as a rule: what it adds is paid.
            self.pay_for(if op == BinaryOp::Add { right } else { &answer })?;
            check_length(bytes_of(&answer))?;
            return Ok(answer);
        }
        if let Some(answer) = self.binary_special(op, left, right, op.stem())? {
            return Ok(answer);
        }
        // Instances of subclasses of native types act as what they hold.
        if !std::ptr::eq(left.native(), left) || !std::ptr::eq(right.native(), right) {
            let (left, right) = (left.native().clone(), right.native().clone());
            return self.binary_slow(op, &left, &right);
        }
        Err(self.unsupported_operands(op.symbol(), left, right))
    }

    fn unsupported_operands(&self, symbol: &str, left: &Value, right: &Value) -> Raised {
        if symbol == "+" && matches!(left, Value::Str(_)) {
            let kind = self.type_name(right);
            return type_error(format!("can only concatenate str (not \"{kind}\") to str"));
        }
        if symbol == "+" && matches!(left, Value::List(_)) {
            let kind = self.type_name(right);
            return type_error(format!("can only concatenate list (not \"{kind}\") to list"));
        }
        if symbol == "+" && matches!(left, Value::Tuple(_)) {
            let kind = self.type_name(right);
            return type_error(format!("can only concatenate tuple (not \"{kind}\") to tuple"));
        }
        if symbol == "*" && matches!(left, Value::Str(_) | Value::List(_) | Value::Tuple(_)) {
            let kind = self.type_name(right);
            return type_error(format!("can't multiply sequence by non-int of type '{kind}'"));
        }
        let (left, right) = (self.type_name(left), self.type_name(right));
        type_error(format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'"))
    }

    /// Objects and `__add__`, `__radd__` of classes.
    fn binary_special(&mut self, op: BinaryOp, left: &Value, right: &Value, stem: &str) -> PyResult<Option<Value>> {
        let right_first = match (left, right) {
            (Value::Instance(a), Value::Instance(b)) => {
                let (a, b) = (a.class(), b.class());
                !Rc::ptr_eq(&a, &b) && b.is_subclass(&a) && b.attrs.borrow().contains_key(&*format!("__r{stem}__"))
            }
            _ => false,
        };
        if right_first && let Some(answer) = self.ask_operand(right, op, left, true, stem)? {
            return Ok(Some(answer));
        }
        if let Some(answer) = self.ask_operand(left, op, right, false, stem)? {
            return Ok(Some(answer));
        }
        self.ask_operand(right, op, left, true, stem)
    }

    fn ask_operand(
        &mut self,
        operand: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
        stem: &str,
    ) -> PyResult<Option<Value>> {
        match operand {
            Value::Object(object) => {
                let object = Rc::clone(object);
                object.binary(self, operand, op, other, reflected)
            }
            Value::Instance(_) => {
                let method = if reflected { format!("__r{stem}__") } else { format!("__{stem}__") };
                self.call_special(operand, &method, vec![other.clone()])
            }
            _ => Ok(None),
        }
    }

    /// Calls a special method of an instance's class; `None` when there is none or it is `NotImplemented`.
    pub(super) fn call_special(&mut self, receiver: &Value, name: &str, args: Vec<Value>) -> PyResult<Option<Value>> {
        let Value::Instance(instance) = receiver else { return Ok(None) };
        let class = instance.class();
        let Some(method) = class.lookup(name) else { return Ok(None) };
        if method.is_none() {
            return Ok(None);
        }
        let bound = match &method {
            Value::Builtin(_) => super::call::bound(receiver, &method),
            _ => self.bind(&method, receiver, &class)?,
        };
        let answer = self.call(&bound, Args::of(args))?;
        Ok(if matches!(answer, Value::NotImplemented) { None } else { Some(answer) })
    }

    fn binary_containers(&mut self, op: BinaryOp, left: &Value, right: &Value) -> PyResult<Option<Value>> {
        Ok(Some(match (op, left, right) {
            (BinaryOp::Add, Value::Str(a), Value::Str(b)) => {
                check_length(a.len() + b.len())?;
                let mut text = String::with_capacity(a.len() + b.len());
                text.push_str(a);
                text.push_str(b);
                Value::from(text)
            }
            (BinaryOp::Add, Value::List(a), Value::List(b)) => {
                let mut items = a.borrow().clone();
                items.extend(b.borrow().iter().cloned());
                Value::list(items)
            }
            (BinaryOp::Add, Value::Tuple(a), Value::Tuple(b)) => {
                Value::tuple(a.iter().chain(b.iter()).cloned().collect())
            }
            (BinaryOp::Add, Value::Bytes(a), Value::Bytes(b)) => Value::Bytes(Rc::from([&**a, &**b].concat())),
            (BinaryOp::Mul, sequence, count) | (BinaryOp::Mul, count, sequence)
                if matches!(sequence, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_))
                    && count.as_int().is_some() =>
            {
                repeat(sequence, count.as_int().unwrap_or(0))?
            }
            (BinaryOp::Mod, Value::Str(format), _) => {
                let format = Rc::clone(format);
                return Ok(Some(Value::from(super::percent::format(self, &format, right)?)));
            }
            (BinaryOp::Or, Value::Dict(a), Value::Dict(b)) => {
                let mut merged = a.borrow().clone();
                let more = b.borrow().clone();
                for (key, value) in more.iter() {
                    merged.set(self, key.clone(), value.clone())?;
                }
                Value::dict(merged)
            }
            (
                BinaryOp::Or | BinaryOp::And | BinaryOp::Sub | BinaryOp::Xor,
                Value::Set(_) | Value::FrozenSet(_),
                Value::Set(_) | Value::FrozenSet(_),
            ) => {
                let (a, b) = (as_set(left), as_set(right));
                let set = super::methods::set::combine(self, op, &a, &b)?;
                if matches!(left, Value::FrozenSet(_)) { Value::FrozenSet(Rc::new(set)) } else { Value::set(set) }
            }
            (BinaryOp::Or, Value::Class(_) | Value::None, Value::Class(_) | Value::None) => {
                // `int | None` in an annotation or isinstance.
                Value::tuple(vec![left.clone(), right.clone()])
            }
            _ => return Ok(None),
        }))
    }

    /// `left op= right`.
    pub(super) fn in_place(&mut self, op: BinaryOp, left: Value, right: &Value) -> PyResult {
        match (&left, op) {
            (Value::List(items), BinaryOp::Add) => {
                let more = self.items(right)?;
                self.pay(more.len() * size_of::<Value>())?;
                items.borrow_mut().extend(more);
                check_length(bytes_of(&left))?;
                return Ok(left);
            }
            (Value::Set(set), BinaryOp::Or | BinaryOp::And | BinaryOp::Sub | BinaryOp::Xor)
                if matches!(right, Value::Set(_) | Value::FrozenSet(_)) =>
            {
                let combined = super::methods::set::combine(self, op, &set.borrow().clone(), &as_set(right))?;
                *set.borrow_mut() = combined;
                return Ok(left);
            }
            (Value::Dict(dict), BinaryOp::Or) => {
                for (key, value) in self.mapping_items(right)? {
                    dict.borrow_mut().set(self, key, value)?;
                }
                return Ok(left);
            }
            (Value::Instance(_), _) => {
                let name = format!("__i{}__", op.stem());
                if let Some(answer) = self.call_special(&left, &name, vec![right.clone()])? {
                    return Ok(answer);
                }
            }
            _ => {}
        }
        match self.binary(op, &left, right) {
            Err(raised) if self.is_raised(&raised, "TypeError") && !matches!(left, Value::Str(_) | Value::Tuple(_)) => {
                let text = self.message_of(&raised);
                let symbol = if op == BinaryOp::Pow { "**" } else { op.symbol() };
                if text.starts_with("unsupported operand") {
                    return Err(self.unsupported_operands(&format!("{symbol}="), &left, right));
                }
                Err(raised)
            }
            other => other,
        }
    }

    /// `-value`, `+value`, `~value`.
    pub(super) fn unary(&mut self, op: UnaryOp, value: &Value) -> PyResult {
        if let Some(answer) = numbers::unary(op, value) {
            return Ok(answer);
        }
        let (method, symbol) = match op {
            UnaryOp::Minus => ("__neg__", "-"),
            UnaryOp::Plus => ("__pos__", "+"),
            UnaryOp::Invert => ("__invert__", "~"),
            UnaryOp::Not => return Ok(Value::Bool(!self.truth(value)?)),
        };
        let answer = match value {
            Value::Object(object) => {
                let object = Rc::clone(object);
                object.unary(self, value, op)?
            }
            Value::Instance(_) => self.call_special(value, method, Vec::new())?,
            _ => None,
        };
        answer.ok_or_else(|| type_error(format!("bad operand type for unary {symbol}: '{}'", self.type_name(value))))
    }

    /// `bool(value)`.
    ///
    /// # Errors
    /// What `__bool__` raises.
    pub fn truth(&mut self, value: &Value) -> PyResult<bool> {
        Ok(match value {
            Value::None => false,
            Value::Bool(truth) => *truth,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::ByteArray(bytes) => !bytes.borrow().is_empty(),
            Value::List(items) => !items.borrow().is_empty(),
            Value::Tuple(items) => !items.is_empty(),
            Value::Dict(dict) => !dict.borrow().is_empty(),
            Value::Set(set) => !set.borrow().is_empty(),
            Value::FrozenSet(set) => !set.is_empty(),
            Value::Range(range) => !range.is_empty(),
            Value::Object(object) => {
                let object = Rc::clone(object);
                match object.truth(self, value)? {
                    Some(truth) => truth,
                    None => object.len(self, value)?.is_none_or(|len| len > 0),
                }
            }
            Value::Instance(instance) => {
                if let Some(answer) = self.call_special(value, "__bool__", Vec::new())? {
                    return match answer {
                        Value::Bool(truth) => Ok(truth),
                        other => {
                            Err(type_error(format!("__bool__ should return bool, returned {}", self.type_name(&other))))
                        }
                    };
                }
                if let Some(answer) = self.call_special(value, "__len__", Vec::new())? {
                    return Ok(answer.as_int() != Some(0));
                }
                match &instance.native {
                    Some(native) => return self.truth(&native.clone()),
                    None => true,
                }
            }
            Value::BigInt(_)
            | Value::Slice(_)
            | Value::Ellipsis
            | Value::NotImplemented
            | Value::Function(_)
            | Value::Builtin(_)
            | Value::BoundMethod(_)
            | Value::Class(_)
            | Value::Module(_)
            | Value::Iterator(_)
            | Value::Generator(_) => true,
        })
    }

    /// `left == right`, as containers ask it: identical values are equal.
    ///
    /// # Errors
    /// What `__eq__` raises.
    pub fn equals(&mut self, left: &Value, right: &Value) -> PyResult<bool> {
        if left.identity() != 0 && left.is(right) {
            return Ok(true);
        }
        let answer = self.compare(CompareOp::Eq, left, right)?;
        self.truth(&answer)
    }

    /// `left op right` for a comparison.
    ///
    /// # Errors
    /// `TypeError` for values that cannot be ordered.
    #[inline]
    pub fn compare(&mut self, op: CompareOp, left: &Value, right: &Value) -> PyResult {
        if let (Value::Int(a), Value::Int(b)) = (left, right) {
            return Ok(Value::Bool(op.holds(a.cmp(b))));
        }
        self.compare_slow(op, left, right)
    }

    fn compare_slow(&mut self, op: CompareOp, left: &Value, right: &Value) -> PyResult {
        if let Some(answer) = self.compare_special(op, left, right)? {
            return Ok(answer);
        }
        let equality = matches!(op, CompareOp::Eq | CompareOp::NotEq);
        let (a, b) = (left.native(), right.native());
        if let Some(ordering) = numbers::compare(a, b) {
            // NaN is not equal to anything and not ordered.
            return Ok(Value::Bool(ordering.map_or(op == CompareOp::NotEq, |ordering| op.holds(ordering))));
        }
        match (a, b) {
            (Value::Str(a), Value::Str(b)) => Ok(Value::Bool(op.holds(a.cmp(b)))),
            (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bool(op.holds(a.cmp(b)))),
            (Value::List(a), Value::List(b)) => {
                let (a, b) = (a.borrow().clone(), b.borrow().clone());
                self.compare_sequences(op, &a, &b)
            }
            (Value::Tuple(a), Value::Tuple(b)) => {
                let (a, b) = (Rc::clone(a), Rc::clone(b));
                self.compare_sequences(op, &a, &b)
            }
            (Value::Set(_) | Value::FrozenSet(_), Value::Set(_) | Value::FrozenSet(_)) => {
                let (a, b) = (as_set(a), as_set(b));
                super::methods::set::compare(self, op, &a, &b)
            }
            _ if equality => {
                let same = self.equal_contents(a, b)?.unwrap_or_else(|| same_value(a, b));
                Ok(Value::Bool(same == (op == CompareOp::Eq)))
            }
            _ => Err(type_error(format!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                self.type_name(left),
                self.type_name(right)
            ))),
        }
    }

    fn compare_special(&mut self, op: CompareOp, left: &Value, right: &Value) -> PyResult<Option<Value>> {
        if let Some(answer) = self.ask_comparison(op, left, right)? {
            return Ok(Some(answer));
        }
        self.ask_comparison(op.swapped(), right, left)
    }

    fn ask_comparison(&mut self, op: CompareOp, operand: &Value, other: &Value) -> PyResult<Option<Value>> {
        match operand {
            Value::Object(object) => {
                let object = Rc::clone(object);
                object.compare(self, operand, op, other)
            }
            Value::Instance(instance) => {
                if let Some(answer) = self.call_special(operand, op.method(), vec![other.clone()])? {
                    return Ok(Some(answer));
                }
                if op == CompareOp::NotEq
                    && let Some(answer) = self.call_special(operand, "__eq__", vec![other.clone()])?
                {
                    return Ok(Some(Value::Bool(!self.truth(&answer)?)));
                }
                match &instance.native {
                    Some(native @ Value::Object(_)) => self.ask_comparison(op, &native.clone(), other.native()),
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// Equality of dicts and ranges; `None` for other values.
    fn equal_contents(&mut self, left: &Value, right: &Value) -> PyResult<Option<bool>> {
        match (left, right) {
            (Value::Dict(a), Value::Dict(b)) => {
                if Rc::ptr_eq(a, b) {
                    return Ok(Some(true));
                }
                let (a, b) = (a.borrow(), b.borrow());
                if a.len() != b.len() {
                    return Ok(Some(false));
                }
                for (key, value) in a.iter() {
                    match b.get(self, key)? {
                        Some(other) if self.equals(value, &other)? => {}
                        _ => return Ok(Some(false)),
                    }
                }
                Ok(Some(true))
            }
            (Value::Range(a), Value::Range(b)) => Ok(Some(
                a.len() == b.len() && (a.is_empty() || (a.start == b.start && (a.len() == 1 || a.step == b.step))),
            )),
            _ => Ok(None),
        }
    }

    fn compare_sequences(&mut self, op: CompareOp, left: &[Value], right: &[Value]) -> PyResult {
        if matches!(op, CompareOp::Eq | CompareOp::NotEq) && left.len() != right.len() {
            return Ok(Value::Bool(op == CompareOp::NotEq));
        }
        for (a, b) in left.iter().zip(right) {
            if !self.equals(a, b)? {
                return match op {
                    CompareOp::Eq => Ok(Value::Bool(false)),
                    CompareOp::NotEq => Ok(Value::Bool(true)),
                    _ => self.compare(op, a, b),
                };
            }
        }
        Ok(Value::Bool(op.holds(left.len().cmp(&right.len()))))
    }

    /// The order of two values, for sorting.
    pub(super) fn less(&mut self, left: &Value, right: &Value) -> PyResult<bool> {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => Ok(a < b),
            (Value::Str(a), Value::Str(b)) => Ok(a < b),
            _ => {
                let answer = self.compare(CompareOp::Less, left, right)?;
                self.truth(&answer)
            }
        }
    }

    /// A stable sort by the values' own order. A failing comparison ends it.
    pub fn sort_values(&mut self, items: &mut [(Value, Value)], reverse: bool) -> PyResult<()> {
        let mut failure = None;
        items.sort_by(|(a, _), (b, _)| {
            if failure.is_some() {
                return Ordering::Equal;
            }
            let (first, second) = if reverse { (b, a) } else { (a, b) };
            match self.less(first, second) {
                Ok(true) => return Ordering::Less,
                Ok(false) => {}
                Err(raised) => {
                    failure = Some(raised);
                    return Ordering::Equal;
                }
            }
            match self.less(second, first) {
                Ok(true) => Ordering::Greater,
                Ok(false) => Ordering::Equal,
                Err(raised) => {
                    failure = Some(raised);
                    Ordering::Equal
                }
            }
        });
        match failure {
            Some(raised) => Err(raised),
            None => Ok(()),
        }
    }

    /// `item in container`.
    pub(super) fn contains(&mut self, container: &Value, item: &Value) -> PyResult<bool> {
        match container {
            Value::Dict(dict) => return Rc::clone(dict).borrow().contains(self, item),
            Value::Set(set) => {
                let set = Rc::clone(set);
                return match item {
                    Value::Set(inner) => {
                        let frozen = Value::FrozenSet(Rc::new(inner.borrow().clone()));
                        set.borrow().contains(self, &frozen)
                    }
                    _ => set.borrow().contains(self, item),
                };
            }
            Value::FrozenSet(set) => return Rc::clone(set).contains(self, item),
            Value::Str(text) => {
                return match item.as_str() {
                    Some(part) => Ok(text.contains(part)),
                    None => Err(type_error(format!(
                        "'in <string>' requires string as left operand, not {}",
                        self.type_name(item)
                    ))),
                };
            }
            Value::Range(range) => {
                if let Some(number) = item.as_int() {
                    return Ok(range.index_of(number).is_some());
                }
            }
            Value::Bytes(bytes) => {
                return Ok(match item {
                    Value::Bytes(part) => part.is_empty() || bytes.windows(part.len()).any(|window| window == &**part),
                    other => other.as_int().is_some_and(|byte| bytes.iter().any(|b| i64::from(*b) == byte)),
                });
            }
            Value::Object(object) => {
                let object = Rc::clone(object);
                if let Some(answer) = object.contains(self, container, item)? {
                    return Ok(answer);
                }
            }
            Value::Instance(instance) => {
                if let Some(answer) = self.call_special(container, "__contains__", vec![item.clone()])? {
                    return self.truth(&answer);
                }
                if let Some(native) = &instance.native
                    && instance.class().lookup("__iter__").is_none()
                {
                    return self.contains(&native.clone(), item);
                }
            }
            _ => {}
        }
        let mut walk = match self.iterate(container) {
            Ok(walk) => walk,
            Err(raised) if self.is_raised(&raised, "TypeError") => {
                let kind = self.type_name(container);
                return Err(type_error(format!("argument of type '{kind}' is not iterable")));
            }
            Err(raised) => return Err(raised),
        };
        while let Some(candidate) = walk.next(self)? {
            if self.equals(&candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Identity for values without an equality of their own.
fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::BoundMethod(a), Value::BoundMethod(b)) => {
            use super::value::Method;
            a.receiver.is(&b.receiver)
                && match (&a.method, &b.method) {
                    (Method::Native(a), Method::Native(b)) => a == b,
                    (Method::Callable(a), Method::Callable(b)) => a.is(b),
                    _ => false,
                }
        }
        _ => left.is(right),
    }
}

fn as_set(value: &Value) -> Set {
    match value {
        Value::Set(set) => set.borrow().clone(),
        Value::FrozenSet(set) => set.as_ref().clone(),
        _ => Set::new(),
    }
}

/// The memory of a value's own items or characters.
pub(super) fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.borrow().len() * size_of::<Value>(),
        Value::Tuple(items) => items.len() * size_of::<Value>(),
        _ => 0,
    }
}

/// Refuses values that would fill the memory.
pub fn check_length(length: usize) -> PyResult<()> {
    if length > LENGTH_LIMIT { Err(Raised::named("MemoryError", "")) } else { Ok(()) }
}

fn repeat(sequence: &Value, count: i64) -> PyResult {
    let count = usize::try_from(count).unwrap_or(0);
    let total = |len: usize| check_length(len.saturating_mul(count));
    Ok(match sequence {
        Value::Str(text) => {
            total(text.len())?;
            Value::from(text.repeat(count))
        }
        Value::Bytes(bytes) => {
            total(bytes.len())?;
            Value::Bytes(Rc::from(bytes.repeat(count)))
        }
        Value::List(items) => {
            let items = items.borrow();
            total(items.len().saturating_mul(16))?;
            Value::list(std::iter::repeat_n(items.iter(), count).flatten().cloned().collect())
        }
        Value::Tuple(items) => {
            total(items.len().saturating_mul(16))?;
            Value::tuple(std::iter::repeat_n(items.iter(), count).flatten().cloned().collect())
        }
        other => other.clone(),
    })
}
