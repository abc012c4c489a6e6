//! Methods of `list`, `tuple`, `range`, iterators and generators.

use crate::pyspark::lang::Interpreter;
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::generator::{Generator, Resume, stop_iteration};
use crate::pyspark::lang::raised::{PyResult, Raised, index_error, type_error, value_error};
use crate::pyspark::lang::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// The methods of `list`.
pub const NAMES: &[&str] =
    &["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];
/// The methods of `tuple` and `range`.
pub const TUPLE_NAMES: &[&str] = &["count", "index"];
/// The methods of generators.
pub const GENERATOR_NAMES: &[&str] = &["send", "throw", "close", "__next__"];
/// The methods of native iterators.
pub const ITERATOR_NAMES: &[&str] = &["__next__"];

/// Calls a method of a list.
pub fn call(interp: &mut Interpreter, this: &Rc<RefCell<Vec<Value>>>, name: &str, args: Args) -> PyResult {
    Ok(match name {
        "append" => {
            let item = args.one("list.append")?;
            this.borrow_mut().push(item);
            crate::pyspark::lang::ops::check_length(this.borrow().len() * size_of::<Value>())?;
            Value::None
        }
        "extend" => {
            let items = interp.items(&args.one("list.extend")?)?;
            interp.pay(items.len() * size_of::<Value>())?;
            this.borrow_mut().extend(items);
            crate::pyspark::lang::ops::check_length(this.borrow().len() * size_of::<Value>())?;
            Value::None
        }
        "insert" => {
            let (at, item) = args.two("insert")?;
            let len = this.borrow().len() as i64;
            let Some(at) = at.as_int() else {
                let kind = interp.type_name(&at);
                return Err(type_error(format!("'{kind}' object cannot be interpreted as an integer")));
            };
            let at = if at < 0 { (at + len).max(0) } else { at.min(len) };
            this.borrow_mut().insert(at as usize, item);
            Value::None
        }
        "pop" => {
            let [at] = args.bind("pop", ["index"], 0)?;
            let len = this.borrow().len();
            if len == 0 {
                return Err(index_error("pop from empty list"));
            }
            let at = match at {
                None => len - 1,
                Some(at) => interp.position("pop", &at, len).map_err(|_| index_error("pop index out of range"))?,
            };
            this.borrow_mut().remove(at)
        }
        "remove" => {
            let item = args.one("list.remove")?;
            let items = this.borrow().clone();
            for (at, candidate) in items.iter().enumerate() {
                if interp.equals(candidate, &item)? {
                    this.borrow_mut().remove(at);
                    return Ok(Value::None);
                }
            }
            return Err(value_error("list.remove(x): x not in list"));
        }
        "clear" => {
            args.nothing("list.clear")?;
            this.borrow_mut().clear();
            Value::None
        }
        "copy" => Value::list(this.borrow().clone()),
        "reverse" => {
            this.borrow_mut().reverse();
            Value::None
        }
        "sort" => {
            let (_, [key, reverse]) = args.variadic("sort", ["key", "reverse"])?;
            let items = this.borrow().clone();
            let sorted = sort(interp, items, key, reverse)?;
            *this.borrow_mut() = sorted;
            Value::None
        }
        _ => {
            let items = this.borrow().clone();
            return search(interp, &items, name, &args, "list");
        }
    })
}

/// `sorted`: stable, with `key` and `reverse`.
pub fn sort(
    interp: &mut Interpreter,
    items: Vec<Value>,
    key: Option<Value>,
    reverse: Option<Value>,
) -> PyResult<Vec<Value>> {
    let reverse = match reverse {
        Some(reverse) => interp.truth(&reverse)?,
        None => false,
    };
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let by = match &key {
            Some(key) if !key.is_none() => interp.call(key, Args::of(vec![item.clone()]))?,
            _ => item.clone(),
        };
        pairs.push((by, item));
    }
    interp.sort_values(&mut pairs, reverse)?;
    Ok(pairs.into_iter().map(|(_, item)| item).collect())
}

/// `count` and `index`.
fn search(interp: &mut Interpreter, items: &[Value], name: &str, args: &Args, kind: &str) -> PyResult {
    let Some(item) = args.positional.first() else {
        return Err(type_error(format!("{name}() takes exactly one argument (0 given)")));
    };
    if name == "count" {
        let mut count = 0;
        for candidate in items {
            count += i64::from(interp.equals(candidate, item)?);
        }
        return Ok(Value::Int(count));
    }
    let len = items.len() as i64;
    let bound = |at: usize, missing: i64| {
        let number = args.positional.get(at).and_then(Value::as_int).unwrap_or(missing);
        (if number < 0 { number + len } else { number }).clamp(0, len) as usize
    };
    let (start, stop) = (bound(1, 0), bound(2, len));
    for (at, candidate) in items.iter().enumerate().take(stop).skip(start) {
        if interp.equals(candidate, item)? {
            return Ok(Value::Int(at as i64));
        }
    }
    let shown = interp.repr(item)?;
    Err(value_error(if kind == "tuple" {
        "tuple.index(x): x not in tuple".to_owned()
    } else {
        format!("{shown} is not in {kind}")
    }))
}

/// Calls a method of a tuple.
pub fn call_tuple(interp: &mut Interpreter, this: &Rc<[Value]>, name: &str, args: Args) -> PyResult {
    search(interp, this, name, &args, "tuple")
}

/// Calls a method of a range.
pub fn call_range(interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> PyResult {
    let items = interp.items(this)?;
    search(interp, &items, name, &args, "range")
}

/// Calls a method of an iterator.
pub fn call_iterator(interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> PyResult {
    args.nothing(name)?;
    interp.next(this)?.ok_or_else(|| stop_iteration(Value::None))
}

/// Calls a method of a generator.
pub fn call_generator(interp: &mut Interpreter, this: &Rc<Generator>, name: &str, args: Args) -> PyResult {
    let next = match name {
        "__next__" => this.resume(interp, Resume::Value(Value::None))?,
        "send" => this.resume(interp, Resume::Value(args.one("send")?))?,
        "throw" => {
            let first = args.positional.first().cloned().unwrap_or(Value::None);
            let value = match args.positional.get(1) {
                Some(value) if !value.is_none() => value.clone(),
                _ => first,
            };
            let value = if matches!(value, Value::Class(_)) { interp.call(&value, Args::none())? } else { value };
            let raised: Raised = interp.raised_from(&value)?;
            this.resume(interp, Resume::Raise(raised))?
        }
        _ => {
            this.close(interp)?;
            return Ok(Value::None);
        }
    };
    match next {
        Some(value) => Ok(value),
        None => Err(stop_iteration(this.returned.borrow().clone())),
    }
}
