//! Methods of `dict`, and its views.

use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::iterate::Iter;
use crate::pyspark::lang::object::{BinaryOp, CompareOp, Object};
use crate::pyspark::lang::raised::{PyResult, key_error, type_error, value_error};
use crate::pyspark::lang::value::Value;
use crate::pyspark::lang::{Dict, Interpreter, Raised, Set};
use std::cell::RefCell;
use std::rc::Rc;

/// The names of all methods.
pub const NAMES: &[&str] =
    &["clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"];

/// Calls a method.
pub fn call(interp: &mut Interpreter, this: &Rc<RefCell<Dict>>, name: &str, args: Args) -> PyResult {
    Ok(match name {
        "get" => {
            let [key, default] = args.bind("get", ["key", "default"], 1)?;
            let key = key.unwrap_or(Value::None);
            let found = this.borrow().get(interp, &key)?;
            found.unwrap_or_else(|| default.unwrap_or(Value::None))
        }
        "keys" => Value::object(View { dict: Rc::clone(this), kind: Kind::Keys }),
        "values" => Value::object(View { dict: Rc::clone(this), kind: Kind::Values }),
        "items" => Value::object(View { dict: Rc::clone(this), kind: Kind::Items }),
        "pop" => {
            let [key, default] = args.bind("pop", ["key", "default"], 1)?;
            let key = key.unwrap_or(Value::None);
            let removed = this.borrow_mut().remove(interp, &key)?;
            removed.or(default).ok_or_else(|| key_error(&key))?
        }
        "popitem" => match this.borrow_mut().pop_last() {
            Some((key, value)) => Value::tuple(vec![key, value]),
            None => {
                return Err(Raised::new(super::super::raised::Cause::Valued(
                    "KeyError",
                    Value::str("popitem(): dictionary is empty"),
                )));
            }
        },
        "setdefault" => {
            let [key, default] = args.bind("setdefault", ["key", "default"], 1)?;
            let key = key.unwrap_or(Value::None);
            let found = this.borrow().get(interp, &key)?;
            match found {
                Some(value) => value,
                None => {
                    let value = default.unwrap_or(Value::None);
                    this.borrow_mut().set(interp, key, value.clone())?;
                    value
                }
            }
        }
        "update" => {
            update(interp, this, args)?;
            Value::None
        }
        "clear" => {
            this.borrow_mut().clear();
            Value::None
        }
        "fromkeys" => from_keys(interp, args)?,
        _ => Value::dict(this.borrow().clone()),
    })
}

/// `dict.fromkeys`.
pub fn from_keys(interp: &mut Interpreter, args: Args) -> PyResult {
    let [keys, value] = args.bind("fromkeys", ["iterable", "value"], 1)?;
    let value = value.unwrap_or(Value::None);
    let mut dict = Dict::new();
    for key in interp.items(&keys.unwrap_or(Value::None))? {
        dict.set(interp, key, value.clone())?;
    }
    Ok(Value::dict(dict))
}

/// `dict.update`, and what `dict(…)` does with its arguments.
pub fn update(interp: &mut Interpreter, this: &Rc<RefCell<Dict>>, args: Args) -> PyResult<()> {
    if args.positional.len() > 1 {
        return Err(type_error(format!("update expected at most 1 argument, got {}", args.positional.len())));
    }
    if let Some(source) = args.positional.first() {
        let is_mapping = source.as_dict().is_some() || interp.find_attr(source, "keys")?.is_some();
        if is_mapping {
            for (key, value) in interp.mapping_items(source)? {
                this.borrow_mut().set(interp, key, value)?;
            }
        } else {
            for (at, pair) in interp.items(source)?.into_iter().enumerate() {
                let parts = interp.items(&pair).map_err(|_| {
                    type_error(format!("cannot convert dictionary update sequence element #{at} to a sequence"))
                })?;
                let [key, value] = parts.as_slice() else {
                    let len = parts.len();
                    return Err(value_error(format!(
                        "dictionary update sequence element #{at} has length {len}; 2 is required"
                    )));
                };
                this.borrow_mut().set(interp, key.clone(), value.clone())?;
            }
        }
    }
    for (name, value) in args.keyword {
        this.borrow_mut().set_str(&name, value);
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Keys,
    Values,
    Items,
}

/// `dict.keys()`, `dict.values()`, `dict.items()`.
struct View {
    dict: Rc<RefCell<Dict>>,
    kind: Kind,
}

impl View {
    fn all(&self) -> Vec<Value> {
        let dict = self.dict.borrow();
        match self.kind {
            Kind::Keys => dict.keys().cloned().collect(),
            Kind::Values => dict.values().cloned().collect(),
            Kind::Items => dict.iter().map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()])).collect(),
        }
    }
}

impl Object for View {
    fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Keys => "dict_keys",
            Kind::Values => "dict_values",
            Kind::Items => "dict_items",
        }
    }

    fn methods(&self) -> &'static [&'static str] {
        &["isdisjoint"]
    }

    fn len(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<usize>> {
        Ok(Some(self.dict.borrow().len()))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        if self.kind == Kind::Keys {
            let len = self.dict.borrow().len();
            return Ok(Some(Iter::Dict(Rc::clone(&self.dict), 0, len).into_value("dict_keyiterator")));
        }
        let (dict, items, len) = (Rc::clone(&self.dict), self.kind == Kind::Items, self.dict.borrow().len());
        let mut place = 0;
        let kind = if items { "dict_itemiterator" } else { "dict_valueiterator" };
        Ok(Some(Value::iterator(
            kind,
            crate::pyspark::lang::iterator::FromFn(move |_: &mut Interpreter| {
                let dict = dict.borrow();
                if dict.len() != len {
                    return Err(Raised::named("RuntimeError", "dictionary changed size during iteration"));
                }
                Ok(dict.next_from(place).map(|(next, key, value)| {
                    place = next;
                    if items { Value::tuple(vec![key, value]) } else { value }
                }))
            }),
        )))
    }

    fn contains(&self, interp: &mut Interpreter, _this: &Value, item: &Value) -> PyResult<Option<bool>> {
        match self.kind {
            Kind::Keys => self.dict.borrow().contains(interp, item).map(Some),
            Kind::Values => Ok(None),
            Kind::Items => {
                let Value::Tuple(pair) = item else { return Ok(Some(false)) };
                let [key, value] = pair.as_ref() else { return Ok(Some(false)) };
                let found = self.dict.borrow().get(interp, key)?;
                Ok(Some(match found {
                    Some(found) => interp.equals(&found, value)?,
                    None => false,
                }))
            }
        }
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        Ok(format!("{}([{}])", self.type_name(), interp.reprs(&self.all())?))
    }

    fn binary(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        if self.kind == Kind::Values || !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Sub | BinaryOp::Xor) {
            return Ok(None);
        }
        let mine = Set::from_values(interp, self.all())?;
        let items = interp.items(other)?;
        let theirs = Set::from_values(interp, items)?;
        let (a, b) = if reflected { (theirs, mine) } else { (mine, theirs) };
        super::set::combine(interp, op, &a, &b).map(|set| Some(Value::set(set)))
    }

    fn compare(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let is_view = other.downcast::<View>().is_some_and(|view| view.kind != Kind::Values);
        if self.kind == Kind::Values || !(is_view || matches!(other, Value::Set(_) | Value::FrozenSet(_))) {
            return Ok(None);
        }
        let mine = Set::from_values(interp, self.all())?;
        let items = interp.items(other)?;
        let theirs = Set::from_values(interp, items)?;
        super::set::compare(interp, op, &mine, &theirs).map(Some)
    }
}
