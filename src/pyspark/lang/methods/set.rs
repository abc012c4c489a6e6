//! Methods of `set` and `frozenset`.

use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::object::{BinaryOp, CompareOp};
use crate::pyspark::lang::raised::{PyResult, Raised, key_error};
use crate::pyspark::lang::value::Value;
use crate::pyspark::lang::{Interpreter, Set};
use std::cell::RefCell;
use std::rc::Rc;

/// The methods of `set`.
pub const NAMES: &[&str] = &[
    "add",
    "clear",
    "copy",
    "difference",
    "difference_update",
    "discard",
    "intersection",
    "intersection_update",
    "isdisjoint",
    "issubset",
    "issuperset",
    "pop",
    "remove",
    "symmetric_difference",
    "symmetric_difference_update",
    "union",
    "update",
];
/// The methods of `frozenset`.
pub const FROZEN_NAMES: &[&str] =
    &["copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset", "symmetric_difference", "union"];

/// `a | b`, `a & b`, `a - b`, `a ^ b`.
pub fn combine(interp: &mut Interpreter, op: BinaryOp, a: &Set, b: &Set) -> PyResult<Set> {
    let mut result = Set::new();
    match op {
        BinaryOp::Or => {
            result = a.clone();
            for value in b.iter() {
                result.insert(interp, value.clone())?;
            }
        }
        BinaryOp::And => {
            // CPython walks over the smaller one.
            let (walk, probe) = if b.len() > a.len() { (a, b) } else { (b, a) };
            for value in walk.iter() {
                if probe.contains(interp, value)? {
                    result.insert(interp, value.clone())?;
                }
            }
        }
        BinaryOp::Xor => {
            for (from, other) in [(b, a), (a, b)] {
                for value in from.iter() {
                    if !other.contains(interp, value)? {
                        result.insert(interp, value.clone())?;
                    }
                }
            }
        }
        _ => {
            for value in a.iter() {
                if !b.contains(interp, value)? {
                    result.insert(interp, value.clone())?;
                }
            }
        }
    }
    Ok(result)
}

fn subset(interp: &mut Interpreter, a: &Set, b: &Set) -> PyResult<bool> {
    if a.len() > b.len() {
        return Ok(false);
    }
    for value in a.iter() {
        if !b.contains(interp, value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Comparison of sets: subsets and supersets.
pub fn compare(interp: &mut Interpreter, op: CompareOp, a: &Set, b: &Set) -> PyResult {
    Ok(Value::Bool(match op {
        CompareOp::Eq => a.len() == b.len() && subset(interp, a, b)?,
        CompareOp::NotEq => !(a.len() == b.len() && subset(interp, a, b)?),
        CompareOp::LessEq => subset(interp, a, b)?,
        CompareOp::Less => a.len() < b.len() && subset(interp, a, b)?,
        CompareOp::GreaterEq => subset(interp, b, a)?,
        CompareOp::Greater => b.len() < a.len() && subset(interp, b, a)?,
    }))
}

/// Calls a method of a set.
pub fn call(interp: &mut Interpreter, this: &Rc<RefCell<Set>>, name: &str, args: Args) -> PyResult {
    Ok(match name {
        "add" => {
            let value = args.one("set.add")?;
            this.borrow_mut().insert(interp, value)?;
            Value::None
        }
        "discard" => {
            let value = args.one("set.discard")?;
            this.borrow_mut().remove(interp, &value)?;
            Value::None
        }
        "remove" => {
            let value = args.one("set.remove")?;
            if !this.borrow_mut().remove(interp, &value)? {
                return Err(key_error(&value));
            }
            Value::None
        }
        "pop" => match this.borrow_mut().pop() {
            Some(value) => value,
            None => {
                let text = Value::str("pop from an empty set");
                return Err(Raised::new(crate::pyspark::lang::raised::Cause::Valued("KeyError", text)));
            }
        },
        "clear" => {
            *this.borrow_mut() = Set::new();
            Value::None
        }
        "update" => {
            for iterable in args.positional {
                for value in interp.items(&iterable)? {
                    this.borrow_mut().insert(interp, value)?;
                }
            }
            Value::None
        }
        "difference_update" | "intersection_update" | "symmetric_difference_update" => {
            let start = this.borrow().clone();
            let plain = name.trim_end_matches("_update");
            let result = question(interp, &start, plain, args)?;
            if let Value::Set(result) = result {
                *this.borrow_mut() = result.borrow().clone();
            }
            Value::None
        }
        _ => {
            let start = this.borrow().clone();
            return question(interp, &start, name, args);
        }
    })
}

/// Methods that do not change the set.
fn question(interp: &mut Interpreter, this: &Set, name: &str, args: Args) -> PyResult {
    let op = match name {
        "union" => BinaryOp::Or,
        "intersection" => BinaryOp::And,
        "difference" => BinaryOp::Sub,
        "symmetric_difference" => BinaryOp::Xor,
        "copy" => return Ok(Value::set(this.clone())),
        _ => {
            let items = interp.items(&args.one(name)?)?;
            let other = Set::from_values(interp, items)?;
            return Ok(Value::Bool(match name {
                "issubset" => subset(interp, this, &other)?,
                "issuperset" => subset(interp, &other, this)?,
                _ => combine(interp, BinaryOp::And, this, &other)?.is_empty(),
            }));
        }
    };
    let mut result = this.clone();
    for iterable in args.positional {
        let items = interp.items(&iterable)?;
        let other = Set::from_values(interp, items)?;
        result = combine(interp, op, &result, &other)?;
    }
    Ok(Value::set(result))
}

/// Calls a method of a frozenset.
pub fn call_frozen(interp: &mut Interpreter, this: &Rc<Set>, name: &str, args: Args) -> PyResult {
    Ok(match question(interp, this, name, args)? {
        Value::Set(set) => Value::FrozenSet(Rc::new(set.borrow().clone())),
        other => other,
    })
}
