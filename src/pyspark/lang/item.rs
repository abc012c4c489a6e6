//! Items: `object[key]`, slices, lengths.

use super::Interpreter;
use super::raised::{PyResult, Raised, index_error, key_error, type_error, value_error};
use super::value::{Range, Slice, Value};
use std::rc::Rc;

/// The positions that a slice selects in a sequence of `len` items: start, step, count.
///
/// # Errors
/// `TypeError` for bounds that are not numbers, `ValueError` for a step of zero.
pub fn slice_bounds(interp: &mut Interpreter, slice: &Slice, len: usize) -> PyResult<(i64, i64, usize)> {
    let len = len as i64;
    let mut part = |value: &Value| -> PyResult<Option<i64>> {
        match value {
            Value::None => Ok(None),
            other => match other.as_int() {
                Some(number) => Ok(Some(number)),
                None => match interp.call_special(other, "__index__", Vec::new())? {
                    Some(number) => Ok(number.as_int()),
                    None => Err(type_error("slice indices must be integers or None or have an __index__ method")),
                },
            },
        }
    };
    let step = part(&slice.step)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let place = |number: i64| if number < 0 { (number + len).max(low) } else { number.min(high) };
    let start = part(&slice.start)?.map_or(if step > 0 { low } else { high }, place);
    let stop = part(&slice.stop)?.map_or(if step > 0 { high } else { low }, place);
    let count = Range { start, stop, step }.len();
    Ok((start, step, count as usize))
}

fn select<T: Clone>(items: &[T], (start, step, count): (i64, i64, usize)) -> Vec<T> {
    if step == 1 {
        return items[start as usize..start as usize + count].to_vec();
    }
    (0..count as i64).map(|at| items[(start + at * step) as usize].clone()).collect()
}

impl Interpreter {
    /// A position in a sequence of `len` items.
    pub(super) fn position(&mut self, kind: &str, key: &Value, len: usize) -> PyResult<usize> {
        let number = match key.as_int() {
            Some(number) => number,
            None => match self.call_special(key, "__index__", Vec::new())? {
                Some(number) => number.as_int().unwrap_or(0),
                None if matches!(key, Value::BigInt(_)) => {
                    return Err(index_error("cannot fit 'int' into an index-sized integer"));
                }
                None => {
                    let what = if kind == "string" { ", not" } else { " or slices, not" };
                    let name = self.type_name(key);
                    let quote = if kind == "string" { "'" } else { "" };
                    return Err(type_error(format!("{kind} indices must be integers{what} {quote}{name}{quote}")));
                }
            },
        };
        let at = if number < 0 { number + len as i64 } else { number };
        usize::try_from(at).ok().filter(|at| *at < len).ok_or_else(|| index_error(format!("{kind} index out of range")))
    }

    /// `object[key]`.
    ///
    /// # Errors
    /// `TypeError`, `KeyError`, `IndexError`.
    pub fn get_item(&mut self, object: &Value, key: &Value) -> PyResult {
        match (object, key) {
            (Value::List(items), Value::Int(number)) if *number >= 0 => {
                if let Some(item) = items.borrow().get(*number as usize) {
                    return Ok(item.clone());
                }
                Err(index_error("list index out of range"))
            }
            (Value::List(items), Value::Slice(slice)) => {
                let len = items.borrow().len();
                let bounds = slice_bounds(self, slice, len)?;
                Ok(Value::list(select(&items.borrow(), bounds)))
            }
            (Value::List(items), _) => {
                let len = items.borrow().len();
                let at = self.position("list", key, len)?;
                items.borrow().get(at).cloned().ok_or_else(|| index_error("list index out of range"))
            }
            (Value::Tuple(items), Value::Slice(slice)) => {
                let bounds = slice_bounds(self, slice, items.len())?;
                Ok(Value::tuple(select(items, bounds)))
            }
            (Value::Tuple(items), _) => {
                let at = self.position("tuple", key, items.len())?;
                Ok(items[at].clone())
            }
            (Value::Dict(dict), _) => {
                let found = dict.borrow().get(self, key)?;
                found.ok_or_else(|| missing_key(dict, key))
            }
            (Value::Str(text), _) => self.str_item(text, key),
            (Value::Bytes(bytes), Value::Slice(slice)) => {
                let bounds = slice_bounds(self, slice, bytes.len())?;
                Ok(Value::Bytes(Rc::from(select(bytes, bounds))))
            }
            (Value::Bytes(bytes), _) => {
                let at = self.position("index", key, bytes.len())?;
                Ok(Value::Int(i64::from(bytes[at])))
            }
            (Value::ByteArray(bytes), Value::Slice(slice)) => {
                let bytes = bytes.borrow().clone();
                let bounds = slice_bounds(self, slice, bytes.len())?;
                Ok(Value::ByteArray(Rc::new(std::cell::RefCell::new(select(&bytes, bounds)))))
            }
            (Value::ByteArray(bytes), _) => {
                let len = bytes.borrow().len();
                let at = self.position("bytearray", key, len)?;
                Ok(Value::Int(i64::from(bytes.borrow()[at])))
            }
            (Value::Range(range), Value::Slice(slice)) => {
                let (start, step, count) = slice_bounds(self, slice, range.len() as usize)?;
                let (first, step) = (range.at(start), range.step * step);
                Ok(Value::Range(Rc::new(Range { start: first, stop: first + count as i64 * step, step })))
            }
            (Value::Range(range), _) => {
                let at = self.position("range object", key, range.len() as usize)?;
                Ok(Value::Int(range.at(at as i64)))
            }
            (Value::Object(native), _) => {
                let native = Rc::clone(native);
                match native.get_item(self, object, key)? {
                    Some(item) => Ok(item),
                    None => Err(self.not_subscriptable(object)),
                }
            }
            (Value::Instance(instance), _) => {
                if let Some(answer) = self.call_special(object, "__getitem__", vec![key.clone()])? {
                    return Ok(answer);
                }
                if let Some(native) = &instance.native {
                    if let Value::Dict(dict) = native {
                        let found = dict.borrow().get(self, key)?;
                        if let Some(found) = found {
                            return Ok(found);
                        }
                        if let Some(made) = self.call_special(object, "__missing__", vec![key.clone()])? {
                            return Ok(made);
                        }
                    }
                    return self.get_item(&native.clone(), key);
                }
                Err(self.not_subscriptable(object))
            }
            (Value::Class(class), _) => {
                if let Some(members) = class.lookup("__members__") {
                    return self.get_item(&members, key);
                }
                // `list[int]` in an annotation.
                Ok(object.clone())
            }
            _ => Err(self.not_subscriptable(object)),
        }
    }

    fn not_subscriptable(&self, object: &Value) -> Raised {
        type_error(format!("'{}' object is not subscriptable", self.type_name(object)))
    }

    fn str_item(&mut self, text: &str, key: &Value) -> PyResult {
        if text.is_ascii() {
            return match key {
                Value::Slice(slice) => {
                    let (start, step, count) = slice_bounds(self, slice, text.len())?;
                    if step == 1 {
                        return Ok(Value::str(&text[start as usize..start as usize + count]));
                    }
                    let bytes = select(text.as_bytes(), (start, step, count));
                    Ok(Value::from(bytes.into_iter().map(char::from).collect::<String>()))
                }
                _ => {
                    let at = self.position("string", key, text.len())?;
                    Ok(Value::str(&text[at..=at]))
                }
            };
        }
        let chars: Vec<char> = text.chars().collect();
        match key {
            Value::Slice(slice) => {
                let bounds = slice_bounds(self, slice, chars.len())?;
                Ok(Value::from(select(&chars, bounds).into_iter().collect::<String>()))
            }
            _ => {
                let at = self.position("string", key, chars.len())?;
                Ok(Value::from(chars[at].to_string()))
            }
        }
    }

    /// `object[key] = value`.
    ///
    /// # Errors
    /// `TypeError`, `IndexError`.
    pub fn set_item(&mut self, object: &Value, key: &Value, value: Value) -> PyResult<()> {
        match object {
            Value::Dict(dict) => dict.borrow_mut().set(self, key.clone(), value),
            Value::List(items) => {
                if let Value::Slice(slice) = key {
                    return self.set_slice(items, slice, &value);
                }
                let len = items.borrow().len();
                let at = match self.position("list", key, len) {
                    Err(raised) if self.is_raised(&raised, "IndexError") => {
                        return Err(index_error("list assignment index out of range"));
                    }
                    other => other?,
                };
                items.borrow_mut()[at] = value;
                Ok(())
            }
            Value::ByteArray(bytes) => {
                let len = bytes.borrow().len();
                let at = self.position("bytearray", key, len)?;
                let byte = value.as_int().and_then(|byte| u8::try_from(byte).ok());
                bytes.borrow_mut()[at] = byte.ok_or_else(|| value_error("byte must be in range(0, 256)"))?;
                Ok(())
            }
            Value::Object(native) => {
                let native = Rc::clone(native);
                if native.set_item(self, object, key, value)? {
                    return Ok(());
                }
                Err(self.no_assignment(object, "assignment"))
            }
            Value::Instance(instance) => {
                if instance.class().lookup("__setitem__").is_some() {
                    self.call_method(object, "__setitem__", super::Args::of(vec![key.clone(), value]))?;
                    return Ok(());
                }
                match &instance.native {
                    Some(native) => self.set_item(&native.clone(), key, value),
                    None => Err(self.no_assignment(object, "assignment")),
                }
            }
            _ => Err(self.no_assignment(object, "assignment")),
        }
    }

    fn no_assignment(&self, object: &Value, what: &str) -> Raised {
        let plural = if what == "deletion" { "doesn't" } else { "does not" };
        type_error(format!("'{}' object {plural} support item {what}", self.type_name(object)))
    }

    fn set_slice(&mut self, items: &Rc<std::cell::RefCell<Vec<Value>>>, slice: &Slice, value: &Value) -> PyResult<()> {
        let new = self.items(value).map_err(|_| type_error("can only assign an iterable"))?;
        let len = items.borrow().len();
        let (start, step, count) = slice_bounds(self, slice, len)?;
        if step == 1 {
            let start = start as usize;
            items.borrow_mut().splice(start..start + count, new);
            return Ok(());
        }
        if new.len() != count {
            let given = new.len();
            return Err(value_error(format!(
                "attempt to assign sequence of size {given} to extended slice of size {count}"
            )));
        }
        let mut items = items.borrow_mut();
        for (at, value) in (0..).zip(new) {
            items[(start + at * step) as usize] = value;
        }
        Ok(())
    }

    /// `del object[key]`.
    pub(super) fn del_item(&mut self, object: &Value, key: &Value) -> PyResult<()> {
        match object {
            Value::Dict(dict) => {
                let removed = dict.borrow_mut().remove(self, key)?;
                removed.map(|_| ()).ok_or_else(|| missing_key(dict, key))
            }
            Value::List(items) => {
                let len = items.borrow().len();
                if let Value::Slice(slice) = key {
                    let (start, step, count) = slice_bounds(self, slice, len)?;
                    let mut places: Vec<usize> = (0..count as i64).map(|at| (start + at * step) as usize).collect();
                    places.sort_unstable();
                    for place in places.into_iter().rev() {
                        items.borrow_mut().remove(place);
                    }
                    return Ok(());
                }
                let at = self.position("list", key, len)?;
                items.borrow_mut().remove(at);
                Ok(())
            }
            Value::Object(native) => {
                let native = Rc::clone(native);
                if native.del_item(self, object, key)? {
                    return Ok(());
                }
                Err(self.no_assignment(object, "deletion"))
            }
            Value::Instance(instance) => {
                if instance.class().lookup("__delitem__").is_some() {
                    self.call_method(object, "__delitem__", super::Args::of(vec![key.clone()]))?;
                    return Ok(());
                }
                match &instance.native {
                    Some(native) => self.del_item(&native.clone(), key),
                    None => Err(self.no_assignment(object, "deletion")),
                }
            }
            _ => Err(self.no_assignment(object, "deletion")),
        }
    }

    /// `len(value)`.
    ///
    /// # Errors
    /// `TypeError` for values without a length.
    pub fn len(&mut self, value: &Value) -> PyResult<usize> {
        let len = match value {
            Value::Str(text) => Some(if text.is_ascii() { text.len() } else { text.chars().count() }),
            Value::Bytes(bytes) => Some(bytes.len()),
            Value::ByteArray(bytes) => Some(bytes.borrow().len()),
            Value::List(items) => Some(items.borrow().len()),
            Value::Tuple(items) => Some(items.len()),
            Value::Dict(dict) => Some(dict.borrow().len()),
            Value::Set(set) => Some(set.borrow().len()),
            Value::FrozenSet(set) => Some(set.len()),
            Value::Range(range) => Some(range.len() as usize),
            Value::Object(native) => {
                let native = Rc::clone(native);
                native.len(self, value)?
            }
            Value::Instance(instance) => {
                if let Some(answer) = self.call_special(value, "__len__", Vec::new())? {
                    return match answer.as_int() {
                        Some(len) => usize::try_from(len).map_err(|_| value_error("__len__() should return >= 0")),
                        None => Err(type_error("'float' object cannot be interpreted as an integer")),
                    };
                }
                match &instance.native {
                    Some(native) => return self.len(&native.clone()),
                    None => None,
                }
            }
            Value::Class(class) => {
                class.lookup("__members__").and_then(|members| Some(members.as_dict()?.borrow().len()))
            }
            _ => None,
        };
        len.ok_or_else(|| type_error(format!("object of type '{}' has no len()", self.type_name(value))))
    }
}

/// A `KeyError`, with the nearest key as help.
fn missing_key(dict: &Rc<std::cell::RefCell<super::Dict>>, key: &Value) -> Raised {
    let raised = key_error(key);
    let Some(name) = key.as_str() else { return raised };
    let dict = dict.borrow();
    let keys: Vec<&str> = dict.keys().filter_map(Value::as_str).collect();
    match crate::common::text::nearest(name, keys, 1).first() {
        Some(near) => raised.with_subject(name).with_help(format!("did you mean `{near}`?")),
        None => raised.with_subject(name),
    }
}
