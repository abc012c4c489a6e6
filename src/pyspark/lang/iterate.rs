//! Walking over iterables: the common ones without an iterator object.

use super::Interpreter;
use super::dict::Dict;
use super::iterator::FromFn;
use super::raised::{PyResult, Raised, type_error};
use super::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// A walk over an iterable.
pub enum Iter {
    Range { next: i64, step: i64, left: i64 },
    List(Rc<RefCell<Vec<Value>>>, usize),
    Tuple(Rc<[Value]>, usize),
    Dict(Rc<RefCell<Dict>>, usize, usize),
    Items(std::vec::IntoIter<Value>),
    Value(Value),
}

impl Iter {
    /// Starts the walk.
    pub fn new(interp: &mut Interpreter, iterable: &Value) -> PyResult<Iter> {
        Ok(match iterable {
            Value::Range(range) => Iter::Range { next: range.start, step: range.step, left: range.len() },
            Value::List(items) => Iter::List(Rc::clone(items), 0),
            Value::Tuple(items) => Iter::Tuple(Rc::clone(items), 0),
            Value::Dict(dict) => Iter::Dict(Rc::clone(dict), 0, dict.borrow().len()),
            Value::Str(text) => {
                let mut buffer = [0; 4];
                let chars: Vec<Value> = text.chars().map(|c| Value::str(c.encode_utf8(&mut buffer))).collect();
                Iter::Items(chars.into_iter())
            }
            Value::Set(set) => Iter::Items(set.borrow().values().into_iter()),
            Value::FrozenSet(set) => Iter::Items(set.values().into_iter()),
            Value::Bytes(bytes) => {
                Iter::Items(bytes.iter().map(|byte| Value::Int(i64::from(*byte))).collect::<Vec<_>>().into_iter())
            }
            Value::ByteArray(bytes) => Iter::Items(
                bytes.borrow().iter().map(|byte| Value::Int(i64::from(*byte))).collect::<Vec<_>>().into_iter(),
            ),
            Value::Iterator(_) | Value::Generator(_) => Iter::Value(iterable.clone()),
            Value::Object(object) => {
                let object = Rc::clone(object);
                match object.iter(interp, iterable)? {
                    Some(iterator) => Iter::Value(iterator),
                    None => return Err(not_iterable(interp, iterable)),
                }
            }
            Value::Instance(instance) => {
                let class = instance.class();
                if class.lookup("__iter__").is_some() {
                    let iterator = interp.call_method(iterable, "__iter__", super::Args::none())?;
                    if iterator.is(iterable) || matches!(iterator, Value::Instance(_)) {
                        return Ok(Iter::Value(iterator));
                    }
                    return Iter::new(interp, &iterator);
                }
                if let Some(native) = &instance.native {
                    return Iter::new(interp, native);
                }
                if class.lookup("__getitem__").is_some() {
                    return Ok(Iter::Value(by_index(iterable.clone())));
                }
                return Err(not_iterable(interp, iterable));
            }
            Value::Class(class) => match class.lookup("__members__") {
                Some(members) => {
                    let table = members.as_dict().map(|dict| dict.borrow().values().cloned().collect::<Vec<_>>());
                    Iter::Items(table.unwrap_or_default().into_iter())
                }
                None => return Err(type_error(format!("'type' object is not iterable: {}", class.name))),
            },
            _ => return Err(not_iterable(interp, iterable)),
        })
    }

    /// The next item.
    #[inline]
    pub fn next(&mut self, interp: &mut Interpreter) -> PyResult<Option<Value>> {
        match self {
            Iter::Range { next, step, left } => {
                if *left <= 0 {
                    return Ok(None);
                }
                let value = *next;
                *left -= 1;
                *next = value.wrapping_add(*step);
                Ok(Some(Value::Int(value)))
            }
            Iter::List(items, at) => {
                let item = items.borrow().get(*at).cloned();
                *at += 1;
                Ok(item)
            }
            Iter::Tuple(items, at) => {
                let item = items.get(*at).cloned();
                *at += 1;
                Ok(item)
            }
            Iter::Dict(dict, place, len) => {
                let dict = dict.borrow();
                if dict.len() != *len {
                    return Err(Raised::named("RuntimeError", "dictionary changed size during iteration"));
                }
                Ok(dict.next_from(*place).map(|(next, key, _)| {
                    *place = next;
                    key
                }))
            }
            Iter::Items(items) => Ok(items.next()),
            Iter::Value(iterator) => interp.next(iterator),
        }
    }

    /// The walk as an iterator object.
    pub fn into_value(mut self, kind: &'static str) -> Value {
        match self {
            Iter::Value(value) => value,
            _ => Value::iterator(kind, FromFn(move |interp: &mut Interpreter| self.next(interp))),
        }
    }
}

/// The old protocol: `__getitem__` with 0, 1, 2, … until `IndexError`.
fn by_index(object: Value) -> Value {
    let mut index = 0;
    Value::iterator(
        "iterator",
        FromFn(move |interp: &mut Interpreter| {
            let item = interp.call_method(&object, "__getitem__", super::Args::of(vec![Value::Int(index)]));
            index += 1;
            match item {
                Ok(item) => Ok(Some(item)),
                Err(raised) if interp.is_raised(&raised, "IndexError") => Ok(None),
                Err(raised) => Err(raised),
            }
        }),
    )
}

fn not_iterable(interp: &Interpreter, value: &Value) -> Raised {
    type_error(format!("'{}' object is not iterable", interp.type_name(value)))
}

impl Interpreter {
    /// `iter(value)`.
    ///
    /// # Errors
    /// `TypeError` when it cannot be iterated.
    #[expect(clippy::iter_not_returning_iterator, reason = "Python's iter(), which gives a Python iterator")]
    pub fn iter(&mut self, value: &Value) -> PyResult {
        let kind = match value {
            Value::Range(_) => "range_iterator",
            Value::List(_) => "list_iterator",
            Value::Tuple(_) => "tuple_iterator",
            Value::Dict(_) => "dict_keyiterator",
            Value::Str(_) => "str_ascii_iterator",
            Value::Set(_) | Value::FrozenSet(_) => "set_iterator",
            _ => "iterator",
        };
        Ok(Iter::new(self, value)?.into_value(kind))
    }

    /// The next value of an iterator, or `None` at its end.
    ///
    /// # Errors
    /// What the iterator raises.
    pub fn next(&mut self, iterator: &Value) -> PyResult<Option<Value>> {
        match iterator {
            Value::Iterator(state) => {
                let state = Rc::clone(state);
                state.next(self)
            }
            Value::Generator(generator) => {
                let generator = Rc::clone(generator);
                generator.resume(self, super::generator::Resume::Value(Value::None))
            }
            Value::Instance(instance) if instance.class().lookup("__next__").is_some() => {
                match self.call_method(iterator, "__next__", super::Args::none()) {
                    Ok(value) => Ok(Some(value)),
                    Err(raised) if self.is_raised(&raised, "StopIteration") => Ok(None),
                    Err(raised) => Err(raised),
                }
            }
            Value::Object(object) => {
                let object = Rc::clone(object);
                match object.call_method(self, iterator, "__next__", super::Args::none()) {
                    Some(Ok(value)) => Ok(Some(value)),
                    Some(Err(raised)) if self.is_raised(&raised, "StopIteration") => Ok(None),
                    Some(Err(raised)) => Err(raised),
                    None => Err(type_error(format!("'{}' object is not an iterator", self.type_name(iterator)))),
                }
            }
            _ => Err(type_error(format!("'{}' object is not an iterator", self.type_name(iterator)))),
        }
    }

    /// All items of an iterable.
    ///
    /// # Errors
    /// `TypeError` when it cannot be iterated; what iterating raises.
    pub fn items(&mut self, iterable: &Value) -> PyResult<Vec<Value>> {
        match iterable {
            Value::List(items) => return Ok(items.borrow().clone()),
            Value::Tuple(items) => return Ok(items.to_vec()),
            _ => {}
        }
        let mut walk = Iter::new(self, iterable)?;
        let mut items = Vec::new();
        while let Some(item) = walk.next(self)? {
            self.step()?;
            items.push(item);
        }
        Ok(items)
    }
}
