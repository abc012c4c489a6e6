//! `int`, `str`, `list` and the other builtin classes: how they make their values.

use super::{add_class, not_here};
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::class::{Class, Instance};
use crate::pyspark::lang::descriptors::{ClassMethod, Property, StaticMethod, Super};
use crate::pyspark::lang::iterator::FromFn;
use crate::pyspark::lang::numbers::{big_from_float, to_big, to_float};
use crate::pyspark::lang::raised::{PyResult, Raised, type_error, value_error};
use crate::pyspark::lang::value::{Range, Slice, Value};
use crate::pyspark::lang::{Dict, Interpreter, Set, methods};
use num_bigint::BigInt;
use std::cell::RefCell;
use std::rc::Rc;

/// Makes the builtin classes known.
pub fn install(interp: &mut Interpreter) {
    let object = interp.class_named("object");
    let object = object.as_ref();
    let simple = |name: &str, construct| Class::native(name, "builtins", object).with_construct(construct);
    add_class(interp, simple("int", construct_int));
    let int = interp.class_named("int");
    add_class(interp, Class::native("bool", "builtins", int.as_ref()).with_construct(construct_bool));
    add_class(interp, simple("float", construct_float));
    add_class(interp, simple("str", construct_str).with("maketrans", static_of("str", "maketrans")));
    add_class(interp, simple("bytes", construct_bytes).with("fromhex", static_of("bytes", "fromhex")));
    add_class(interp, simple("bytearray", construct_bytearray));
    add_class(interp, simple("list", construct_list));
    add_class(interp, simple("tuple", construct_tuple));
    add_class(
        interp,
        simple("dict", construct_dict).with("fromkeys", Value::builtin("fromkeys", methods::dict::from_keys)),
    );
    add_class(interp, simple("set", construct_set));
    add_class(interp, simple("frozenset", construct_frozenset));
    add_class(interp, simple("range", construct_range));
    add_class(interp, simple("slice", construct_slice));
    add_class(interp, simple("type", construct_type));
    add_class(interp, simple("property", construct_property));
    add_class(interp, simple("staticmethod", |_, _, args| Ok(Value::object(StaticMethod(args.one("staticmethod")?)))));
    add_class(interp, simple("classmethod", |_, _, args| Ok(Value::object(ClassMethod(args.one("classmethod")?)))));
    add_class(interp, simple("super", construct_super));
    add_class(interp, simple("enumerate", construct_enumerate));
    add_class(interp, simple("zip", construct_zip));
    add_class(interp, simple("map", construct_map));
    add_class(interp, simple("filter", construct_filter));
    add_class(interp, simple("reversed", construct_reversed));
    if let Some(object) = interp.class_named("object") {
        interp.builtins.insert(Rc::from("object"), Value::Class(object));
    }
    let enum_type = Class::native("EnumType", "enum", interp.class_named("type").as_ref());
    interp.register_class(enum_type);
}

fn static_of(class: &'static str, name: &'static str) -> Value {
    Value::builtin(name, move |interp, args| {
        let empty = if class == "str" { Value::str("") } else { Value::Bytes(Rc::from([])) };
        interp.call_method(&empty, name, args)
    })
}

/// An instance of a subclass around the native value, or the value itself.
fn finish(class: &Rc<Class>, name: &str, value: Value) -> Value {
    if &*class.name == name && &*class.module == "builtins" {
        value
    } else {
        Value::Instance(Rc::new(Instance::with_native(class, value)))
    }
}

/// `int(value)`.
pub fn to_int_value(interp: &mut Interpreter, value: &Value) -> PyResult {
    match value {
        Value::Int(_) | Value::BigInt(_) => Ok(value.clone()),
        Value::Bool(truth) => Ok(Value::Int(i64::from(*truth))),
        Value::Float(number) if number.is_nan() => Err(value_error("cannot convert float NaN to integer")),
        Value::Float(number) if number.is_infinite() => {
            Err(Raised::named("OverflowError", "cannot convert float infinity to integer"))
        }
        Value::Float(number) => Ok(Value::big(big_from_float(number.trunc()))),
        Value::Str(text) => parse_int(text, 10),
        Value::Bytes(bytes) => parse_int(&String::from_utf8_lossy(bytes), 10),
        _ => {
            for name in ["__int__", "__index__", "__trunc__"] {
                if let Some(answer) = interp.call_special(value, name, Vec::new())? {
                    return Ok(answer);
                }
                if let Value::Object(object) = value
                    && object.methods().contains(&name)
                {
                    return interp.call_method(value, name, Args::none());
                }
            }
            match value {
                Value::Instance(instance) if instance.native.is_some() => to_int_value(interp, &value.native().clone()),
                _ => Err(type_error(format!(
                    "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                    interp.type_name(value)
                ))),
            }
        }
    }
}

fn parse_int(text: &str, radix: u32) -> PyResult {
    let fail = || {
        let shown = crate::pyspark::lang::repr::quoted(text);
        value_error(format!("invalid literal for int() with base {radix}: {shown}"))
    };
    let trimmed = text.trim();
    let (sign, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let lower = digits.to_lowercase();
    let (digits, used) = match (lower.get(..2), radix) {
        (Some("0x"), 16 | 0) => (&lower[2..], 16),
        (Some("0o"), 8 | 0) => (&lower[2..], 8),
        (Some("0b"), 2 | 0) => (&lower[2..], 2),
        (_, 0) => (lower.as_str(), 10),
        _ => (lower.as_str(), radix),
    };
    let broken = digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    if broken || digits.starts_with(['+', '-']) {
        return Err(fail());
    }
    let number = BigInt::parse_bytes(digits.replace('_', "").as_bytes(), used).ok_or_else(fail)?;
    Ok(Value::big(number * sign))
}

fn construct_int(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let [value, base] = args.bind("int", ["x", "base"], 0)?;
    let number = match (value, base) {
        (None, _) => Value::Int(0),
        (Some(value), None) => to_int_value(interp, &value)?,
        (Some(value), Some(base)) => match value.as_str() {
            Some(text) => {
                let radix =
                    base.as_int().and_then(|base| u32::try_from(base).ok()).filter(|base| *base <= 36 && *base != 1);
                parse_int(text, radix.ok_or_else(|| value_error("int() base must be >= 2 and <= 36, or 0"))?)?
            }
            None => return Err(type_error("int() can't convert non-string with explicit base")),
        },
    };
    Ok(finish(class, "int", number))
}

fn construct_bool(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    match args.positional.first() {
        Some(value) => Ok(Value::Bool(interp.truth(value)?)),
        None => Ok(Value::Bool(false)),
    }
}

/// A float from text, as Python reads it.
pub fn parse_float(text: &str) -> Option<f64> {
    let trimmed = text.trim().to_lowercase();
    let body = trimmed.strip_prefix(['+', '-']).unwrap_or(&trimmed);
    let sign = if trimmed.starts_with('-') { -1.0 } else { 1.0 };
    match body {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || body.contains("__") || body.ends_with('_') {
        return None;
    }
    body.replace('_', "").parse::<f64>().ok().map(|number| sign * number)
}

/// `float(value)`.
pub fn to_float_value(interp: &mut Interpreter, value: &Value) -> PyResult {
    if let Some(number) = to_float(value)? {
        return Ok(Value::Float(number));
    }
    match value {
        Value::Str(text) => match parse_float(text) {
            Some(number) => Ok(Value::Float(number)),
            None => {
                let shown = crate::pyspark::lang::repr::quoted(text);
                Err(value_error(format!("could not convert string to float: {shown}")))
            }
        },
        _ => {
            if let Some(answer) = interp.call_special(value, "__float__", Vec::new())? {
                return Ok(answer);
            }
            match value {
                Value::Object(object) if object.methods().contains(&"__float__") => {
                    interp.call_method(value, "__float__", Args::none())
                }
                Value::Instance(instance) if instance.native.is_some() => {
                    to_float_value(interp, &value.native().clone())
                }
                _ => Err(type_error(format!(
                    "float() argument must be a string or a real number, not '{}'",
                    interp.type_name(value)
                ))),
            }
        }
    }
}

fn construct_float(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let number = match args.positional.first() {
        Some(value) => to_float_value(interp, value)?,
        None => Value::Float(0.0),
    };
    Ok(finish(class, "float", number))
}

fn construct_str(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let [object, encoding, errors] = args.bind("str", ["object", "encoding", "errors"], 0)?;
    let text = match (object, encoding) {
        (None, _) => String::new(),
        (Some(Value::Bytes(bytes)), Some(encoding)) => {
            let errors = errors.as_ref().and_then(Value::as_str).unwrap_or("strict").to_owned();
            methods::bytes::decode(&bytes, encoding.as_str().unwrap_or("utf-8"), &errors)?
        }
        (Some(object), _) => interp.str(&object)?,
    };
    Ok(finish(class, "str", Value::from(text)))
}

fn bytes_of(interp: &mut Interpreter, args: Args) -> PyResult<Vec<u8>> {
    Ok(match args.positional.first() {
        None => Vec::new(),
        Some(Value::Str(text)) if args.positional.len() > 1 || !args.keyword.is_empty() => text.as_bytes().to_vec(),
        Some(Value::Str(_)) => return Err(type_error("string argument without an encoding")),
        Some(Value::Int(count)) => {
            let count = usize::try_from(*count).map_err(|_| value_error("negative count"))?;
            crate::pyspark::lang::ops::check_length(count)?;
            vec![0; count]
        }
        Some(Value::Bytes(bytes)) => bytes.to_vec(),
        Some(iterable) => {
            let mut bytes = Vec::new();
            for item in interp.items(iterable)? {
                let byte = item.as_int().and_then(|byte| u8::try_from(byte).ok());
                bytes.push(byte.ok_or_else(|| value_error("bytes must be in range(0, 256)"))?);
            }
            bytes
        }
    })
}

fn construct_bytes(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let bytes = bytes_of(interp, args)?;
    Ok(finish(class, "bytes", Value::Bytes(Rc::from(bytes))))
}

fn construct_bytearray(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let bytes = bytes_of(interp, args)?;
    Ok(finish(class, "bytearray", Value::ByteArray(Rc::new(RefCell::new(bytes)))))
}

fn optional_items(interp: &mut Interpreter, args: &Args) -> PyResult<Vec<Value>> {
    match args.positional.first() {
        Some(iterable) => interp.items(iterable),
        None => Ok(Vec::new()),
    }
}

fn construct_list(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let items = optional_items(interp, &args)?;
    Ok(finish(class, "list", Value::list(items)))
}

fn construct_tuple(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    if let ("tuple", Some(tuple @ Value::Tuple(_))) = (&*class.name, args.positional.first()) {
        return Ok(tuple.clone());
    }
    let items = optional_items(interp, &args)?;
    Ok(finish(class, "tuple", Value::tuple(items)))
}

fn construct_dict(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let dict = Rc::new(RefCell::new(Dict::new()));
    methods::dict::update(interp, &dict, args)?;
    Ok(finish(class, "dict", Value::Dict(dict)))
}

fn construct_set(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let set = match args.positional.first() {
        Some(Value::Set(set)) => set.borrow().clone(),
        _ => {
            let items = optional_items(interp, &args)?;
            Set::from_values(interp, items)?
        }
    };
    Ok(finish(class, "set", Value::set(set)))
}

fn construct_frozenset(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let items = optional_items(interp, &args)?;
    let set = Set::from_values(interp, items)?;
    Ok(finish(class, "frozenset", Value::FrozenSet(Rc::new(set))))
}

fn construct_range(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let mut numbers = Vec::new();
    for value in &args.positional {
        let Some(number) = value.as_int() else {
            let kind = interp.type_name(value);
            return Err(type_error(format!("'{kind}' object cannot be interpreted as an integer")));
        };
        numbers.push(number);
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] => (*start, *stop, *step),
        [] => return Err(type_error("range expected at least 1 argument, got 0")),
        more => return Err(type_error(format!("range expected at most 3 arguments, got {}", more.len()))),
    };
    if step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Rc::new(Range { start, stop, step })))
}

fn construct_slice(_interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let mut parts = args.positional;
    if parts.len() == 1 {
        parts.insert(0, Value::None);
    }
    let mut parts = parts.into_iter();
    let mut next = || parts.next().unwrap_or(Value::None);
    Ok(Value::Slice(Rc::new(Slice { start: next(), stop: next(), step: next() })))
}

fn construct_type(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    match args.positional.as_slice() {
        [value] => Ok(Value::Class(interp.class_of(value))),
        [name, bases, dict] => {
            let bases = interp.items(bases)?;
            let mut namespace = crate::pyspark::lang::class::Namespace::default();
            for (key, value) in interp.mapping_items(dict)? {
                namespace.insert(Rc::from(key.as_str().unwrap_or("")), value);
            }
            let class = interp.make_class(name.as_str().unwrap_or("?"), &bases, namespace, &[])?;
            Ok(Value::Class(class))
        }
        _ => Err(type_error("type() takes 1 or 3 arguments")),
    }
}

fn construct_property(_interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let [getter, setter, _, _] = args.bind("property", ["fget", "fset", "fdel", "doc"], 0)?;
    let property =
        Property { getter: getter.unwrap_or(Value::None), setter: setter.unwrap_or(Value::None), cached: None };
    Ok(Value::object(property))
}

fn construct_super(_interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    match args.positional.as_slice() {
        [Value::Class(class), receiver] => {
            Ok(Value::object(Super { class: Rc::clone(class), receiver: receiver.clone() }))
        }
        _ => Err(not_here("this form of super()", "write super() without arguments inside a method")),
    }
}

fn construct_enumerate(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let [iterable, start] = args.bind("enumerate", ["iterable", "start"], 1)?;
    let iterator = interp.iter(&iterable.unwrap_or(Value::None))?;
    let mut at = start.and_then(|start| start.as_int()).unwrap_or(0);
    Ok(Value::iterator(
        "enumerate",
        FromFn(move |interp: &mut Interpreter| {
            Ok(interp.next(&iterator)?.map(|item| {
                at += 1;
                Value::tuple(vec![Value::Int(at - 1), item])
            }))
        }),
    ))
}

fn construct_zip(interp: &mut Interpreter, _class: &Rc<Class>, mut args: Args) -> PyResult {
    let strict = match args.take_keyword("strict") {
        Some(strict) => interp.truth(&strict)?,
        None => false,
    };
    let mut iterators = Vec::new();
    for iterable in &args.positional {
        iterators.push(interp.iter(iterable)?);
    }
    Ok(Value::iterator(
        "zip",
        FromFn(move |interp: &mut Interpreter| {
            if iterators.is_empty() {
                return Ok(None);
            }
            let mut row = Vec::with_capacity(iterators.len());
            for (at, iterator) in iterators.iter().enumerate() {
                match interp.next(iterator)? {
                    Some(item) => row.push(item),
                    None if strict && at > 0 => {
                        let before = if at == 1 { "argument 1".to_owned() } else { format!("arguments 1-{at}") };
                        return Err(value_error(format!("zip() argument {} is shorter than {before}", at + 1)));
                    }
                    None if strict => {
                        for (at, other) in iterators.iter().enumerate().skip(1) {
                            if interp.next(other)?.is_some() {
                                let before =
                                    if at == 1 { "argument 1".to_owned() } else { format!("arguments 1-{at}") };
                                return Err(value_error(format!("zip() argument {} is longer than {before}", at + 1)));
                            }
                        }
                        return Ok(None);
                    }
                    None => return Ok(None),
                }
            }
            Ok(Some(Value::tuple(row)))
        }),
    ))
}

fn construct_map(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let Some((function, iterables)) = args.positional.split_first() else {
        return Err(type_error("map() must have at least two arguments."));
    };
    let function = function.clone();
    let mut iterators = Vec::new();
    for iterable in iterables {
        iterators.push(interp.iter(iterable)?);
    }
    if iterators.is_empty() {
        return Err(type_error("map() must have at least two arguments."));
    }
    Ok(Value::iterator(
        "map",
        FromFn(move |interp: &mut Interpreter| {
            let mut row = Vec::with_capacity(iterators.len());
            for iterator in &iterators {
                match interp.next(iterator)? {
                    Some(item) => row.push(item),
                    None => return Ok(None),
                }
            }
            interp.call(&function, Args::of(row)).map(Some)
        }),
    ))
}

fn construct_filter(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let (function, iterable) = args.two("filter")?;
    let iterator = interp.iter(&iterable)?;
    Ok(Value::iterator(
        "filter",
        FromFn(move |interp: &mut Interpreter| {
            while let Some(item) = interp.next(&iterator)? {
                let keep = if function.is_none() {
                    item.clone()
                } else {
                    interp.call(&function, Args::of(vec![item.clone()]))?
                };
                if interp.truth(&keep)? {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        }),
    ))
}

fn construct_reversed(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let value = args.one("reversed")?;
    if let Some(answer) = interp.call_special(&value, "__reversed__", Vec::new())? {
        return Ok(answer);
    }
    if matches!(value.native(), Value::Set(_) | Value::FrozenSet(_) | Value::Generator(_) | Value::Iterator(_)) {
        return Err(type_error(format!("'{}' object is not reversible", interp.type_name(&value))));
    }
    let mut items = interp.items(&value)?;
    items.reverse();
    Ok(Value::iterator("reversed", crate::pyspark::lang::iterator::Items(items.into_iter())))
}

/// A whole number argument.
pub fn whole(value: &Value) -> Option<BigInt> {
    to_big(value.native())
}
