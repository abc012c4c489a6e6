//! Methods of the builtin types, found by name.

pub mod bytes;
pub mod dict;
pub mod list;
pub mod numeric;
pub mod set;
pub mod text;
mod text_search;

use super::Interpreter;
use super::args::Args;
use super::raised::PyResult;
use super::value::Value;

/// Calls a method of a native value; `None` when there is no such method.
pub fn call(interp: &mut Interpreter, receiver: &Value, name: &str, args: Args) -> Option<PyResult> {
    if !names(receiver).contains(&name) {
        return None;
    }
    Some(match receiver {
        Value::Str(this) => text::call(interp, this, name, args),
        Value::List(this) => list::call(interp, this, name, args),
        Value::Tuple(this) => list::call_tuple(interp, this, name, args),
        Value::Dict(this) => dict::call(interp, this, name, args),
        Value::Set(this) => set::call(interp, this, name, args),
        Value::FrozenSet(this) => set::call_frozen(interp, this, name, args),
        Value::Bytes(this) => bytes::call(interp, this, name, args),
        Value::ByteArray(this) => bytes::call_array(interp, this, name, args),
        Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => numeric::call_int(interp, receiver, name, args),
        Value::Float(this) => numeric::call_float(*this, name, args),
        Value::Range(_) => list::call_range(interp, receiver, name, args),
        Value::Generator(this) => list::call_generator(interp, this, name, args),
        Value::Iterator(_) => list::call_iterator(interp, receiver, name, args),
        _ => return None,
    })
}

/// The names of a native value's methods.
pub fn names(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Str(_) => text::NAMES,
        Value::List(_) => list::NAMES,
        Value::Tuple(_) | Value::Range(_) => list::TUPLE_NAMES,
        Value::Dict(_) => dict::NAMES,
        Value::Set(_) => set::NAMES,
        Value::FrozenSet(_) => set::FROZEN_NAMES,
        Value::Bytes(_) => bytes::NAMES,
        Value::ByteArray(_) => bytes::ARRAY_NAMES,
        Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => numeric::INT_NAMES,
        Value::Float(_) => numeric::FLOAT_NAMES,
        Value::Generator(_) => list::GENERATOR_NAMES,
        Value::Iterator(_) => list::ITERATOR_NAMES,
        _ => &[],
    }
}

/// The names of a builtin class's methods.
pub fn names_of_class(class: &str) -> &'static [&'static str] {
    match class {
        "str" => text::NAMES,
        "list" => list::NAMES,
        "tuple" | "range" => list::TUPLE_NAMES,
        "dict" => dict::NAMES,
        "set" => set::NAMES,
        "frozenset" => set::FROZEN_NAMES,
        "bytes" => bytes::NAMES,
        "bytearray" => bytes::ARRAY_NAMES,
        "int" | "bool" => numeric::INT_NAMES,
        "float" => numeric::FLOAT_NAMES,
        _ => &[],
    }
}
