//! `print`, `len`, `sorted` and the other builtin functions.

use super::types::whole;
use super::{add, not_here};
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::generator::stop_iteration;
use crate::pyspark::lang::iterator::FromFn;
use crate::pyspark::lang::numbers;
use crate::pyspark::lang::object::{BinaryOp, CompareOp};
use crate::pyspark::lang::raised::{Cause, PyResult, Raised, type_error, value_error};
use crate::pyspark::lang::value::Value;
use crate::pyspark::lang::{Interpreter, methods};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::rc::Rc;

/// Makes the builtin functions known.
pub fn install(interp: &mut Interpreter) {
    add(interp, "print", print);
    add(interp, "len", |interp, args| Ok(Value::Int(interp.len(&args.one("len")?)? as i64)));
    add(interp, "repr", |interp, args| Ok(Value::from(interp.repr(&args.one("repr")?)?)));
    add(interp, "ascii", |interp, args| {
        let text = interp.repr(&args.one("ascii")?)?;
        Ok(Value::from(crate::pyspark::lang::repr::ascii(&text)))
    });
    add(interp, "sorted", sorted);
    add(interp, "sum", sum);
    add(interp, "min", |interp, args| extreme(interp, args, "min", CompareOp::Less));
    add(interp, "max", |interp, args| extreme(interp, args, "max", CompareOp::Greater));
    add(interp, "any", |interp, args| quantify(interp, args, "any", true));
    add(interp, "all", |interp, args| quantify(interp, args, "all", false));
    add(interp, "abs", abs);
    add(interp, "round", round);
    add(interp, "divmod", |interp, args| {
        let (a, b) = args.two("divmod")?;
        Ok(Value::tuple(vec![interp.binary(BinaryOp::FloorDiv, &a, &b)?, interp.binary(BinaryOp::Mod, &a, &b)?]))
    });
    add(interp, "pow", pow);
    add(interp, "isinstance", is_instance);
    add(interp, "issubclass", is_subclass);
    add(interp, "callable", |interp, args| Ok(Value::Bool(callable(interp, &args.one("callable")?)?)));
    add(interp, "getattr", get_attr);
    add(interp, "hasattr", |interp, args| {
        let (object, name) = args.two("hasattr")?;
        Ok(Value::Bool(interp.find_attr(&object, name.as_str().unwrap_or(""))?.is_some()))
    });
    add(interp, "setattr", |interp, args| match args.positional.as_slice() {
        [object, name, value] => {
            interp.set_attr(object, name.as_str().unwrap_or(""), value.clone())?;
            Ok(Value::None)
        }
        other => Err(type_error(format!("setattr expected 3 arguments, got {}", other.len()))),
    });
    add(interp, "delattr", |interp, args| {
        let (object, name) = args.two("delattr")?;
        interp.del_attr(&object, name.as_str().unwrap_or(""))?;
        Ok(Value::None)
    });
    add(interp, "iter", iter);
    add(interp, "next", next);
    add(interp, "hash", |interp, args| {
        Ok(Value::Int(crate::pyspark::lang::hash::hash_of(interp, &args.one("hash")?)?))
    });
    add(interp, "id", |_, args| {
        let value = args.one("id")?;
        Ok(Value::Int(match value.identity() {
            0 => value.as_int().unwrap_or(0),
            identity => identity as i64,
        }))
    });
    add(interp, "chr", |_, args| {
        let code = args.one("chr")?.as_int().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
        code.map(|c| Value::from(c.to_string())).ok_or_else(|| value_error("chr() arg not in range(0x110000)"))
    });
    add(interp, "ord", ord);
    add(interp, "hex", |interp, args| radix(interp, args, "#x"));
    add(interp, "oct", |interp, args| radix(interp, args, "#o"));
    add(interp, "bin", |interp, args| radix(interp, args, "#b"));
    add(interp, "format", |interp, args| {
        let [value, spec] = args.bind("format", ["value", "format_spec"], 1)?;
        let spec = spec.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
        Ok(Value::from(interp.format(&value.unwrap_or(Value::None), &spec)?))
    });
    add(interp, "open", open);
    add(interp, "input", |_, _| Err(not_here("input()", "write the value into the script, or pass it as an argument")));
    add(interp, "exit", exit);
    add(interp, "quit", exit);
    add(interp, "eval", |_, _| Err(not_here("eval()", "write the expression itself")));
    add(interp, "exec", |_, _| Err(not_here("exec()", "write the statements themselves")));
    add(interp, "compile", |_, _| Err(not_here("compile()", "write the code itself")));
    add(interp, "breakpoint", |_, _| Ok(Value::None));
    add(interp, "memoryview", |_, _| Err(not_here("memoryview()", "use bytes")));
    add(interp, "complex", |_, _| Err(not_here("complex numbers", "use two floats")));
    add(interp, "__import__", |interp, args| {
        let [name, _globals, _locals, parts, _level] =
            args.bind("__import__", ["name", "globals", "locals", "fromlist", "level"], 1)?;
        let name = name.unwrap_or(Value::None);
        let path = name.as_str().unwrap_or("");
        let module = interp.import(path)?;
        let wants_parts = parts.and_then(|parts| parts.as_items()).is_some_and(|parts| !parts.is_empty());
        match path.split_once('.') {
            Some((first, _)) if !wants_parts => Ok(Value::Module(interp.import(first)?)),
            _ => Ok(Value::Module(module)),
        }
    });
    for name in ["globals", "locals", "vars", "dir"] {
        let function = if name == "dir" { dir } else { attributes };
        let mut builtin = crate::pyspark::lang::function::Builtin::new(name, function).of_module("builtins");
        builtin.needs_frame = true;
        interp.builtins.insert(Rc::from(name), Value::Builtin(Rc::new(builtin)));
    }
}

fn print(interp: &mut Interpreter, args: Args) -> PyResult {
    let (values, [sep, end, file, _]) = args.variadic("print", ["sep", "end", "file", "flush"])?;
    let text_or = |value: Option<Value>, missing: &str| match value {
        None | Some(Value::None) => missing.to_owned(),
        Some(value) => value.as_str().unwrap_or(missing).to_owned(),
    };
    let (sep, end) = (text_or(sep, " "), text_or(end, "\n"));
    let mut text = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push_str(&sep);
        }
        match value {
            Value::Str(part) => text.push_str(part),
            other => text.push_str(&interp.str(other)?),
        }
    }
    text.push_str(&end);
    match file {
        None | Some(Value::None) => interp.write_out(&text)?,
        Some(file) => {
            interp.call_method(&file, "write", Args::of(vec![Value::from(text)]))?;
        }
    }
    Ok(Value::None)
}

fn sorted(interp: &mut Interpreter, args: Args) -> PyResult {
    let [iterable, key, reverse] = args.bind("sorted", ["iterable", "*key", "*reverse"], 1)?;
    let items = interp.items(&iterable.unwrap_or(Value::None))?;
    Ok(Value::list(methods::list::sort(interp, items, key, reverse)?))
}

fn sum(interp: &mut Interpreter, args: Args) -> PyResult {
    let [iterable, start] = args.bind("sum", ["iterable", "start"], 1)?;
    let mut total = start.unwrap_or(Value::Int(0));
    if matches!(total, Value::Str(_)) {
        return Err(type_error("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    let mut walk = interp.iterate(&iterable.unwrap_or(Value::None))?;
    while let Some(item) = walk.next(interp)? {
        interp.step()?;
        total = interp.binary(BinaryOp::Add, &total, &item)?;
    }
    Ok(total)
}

fn extreme(interp: &mut Interpreter, args: Args, name: &'static str, op: CompareOp) -> PyResult {
    let (values, [key, default]) = args.variadic(name, ["key", "default"])?;
    let items = match values.as_slice() {
        [] => return Err(type_error(format!("{name} expected at least 1 argument, got 0"))),
        [iterable] => interp.items(iterable)?,
        _ => values,
    };
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        let by = match &key {
            Some(key) if !key.is_none() => interp.call(key, Args::of(vec![item.clone()]))?,
            _ => item.clone(),
        };
        let better = match &best {
            None => true,
            Some((best, _)) => {
                let answer = interp.compare(op, &by, best)?;
                interp.truth(&answer)?
            }
        };
        if better {
            best = Some((by, item));
        }
    }
    match (best, default) {
        (Some((_, item)), _) => Ok(item),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(value_error(format!("{name}() iterable argument is empty"))),
    }
}

fn quantify(interp: &mut Interpreter, args: Args, name: &str, stop_at: bool) -> PyResult {
    let mut walk = interp.iterate(&args.one(name)?)?;
    while let Some(item) = walk.next(interp)? {
        if interp.truth(&item)? == stop_at {
            return Ok(Value::Bool(stop_at));
        }
    }
    Ok(Value::Bool(!stop_at))
}

fn abs(interp: &mut Interpreter, args: Args) -> PyResult {
    let value = args.one("abs")?;
    match value.native() {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => {
            let magnitude = whole(&value).unwrap_or_default().magnitude().clone();
            Ok(Value::big(BigInt::from(magnitude)))
        }
        Value::Object(object) if object.methods().contains(&"__abs__") => {
            interp.call_method(value.native(), "__abs__", Args::none())
        }
        _ => match interp.call_special(&value, "__abs__", Vec::new())? {
            Some(answer) => Ok(answer),
            None => Err(type_error(format!("bad operand type for abs(): '{}'", interp.type_name(&value)))),
        },
    }
}

/// `round(number, ndigits)`.
pub fn round(interp: &mut Interpreter, args: Args) -> PyResult {
    let [number, digits] = args.bind("round", ["number", "ndigits"], 1)?;
    let number = number.unwrap_or(Value::None);
    let digits = digits.filter(|digits| !digits.is_none());
    let count = match &digits {
        Some(digits) => Some(digits.as_int().ok_or_else(|| {
            type_error(format!("'{}' object cannot be interpreted as an integer", interp.type_name(digits)))
        })?),
        None => None,
    };
    match (number.native(), count) {
        (Value::Float(float), Some(count)) => Ok(Value::Float(numbers::round_float(*float, count))),
        (Value::Float(float), None) if float.is_nan() => Err(value_error("cannot convert float NaN to integer")),
        (Value::Float(float), None) if float.is_infinite() => {
            Err(Raised::named("OverflowError", "cannot convert float infinity to integer"))
        }
        (Value::Float(float), None) => Ok(Value::big(numbers::big_from_float(float.round_ties_even()))),
        (Value::Int(_) | Value::Bool(_) | Value::BigInt(_), count) => {
            let whole = whole(&number).unwrap_or_default();
            match count {
                Some(count) if count < 0 => {
                    let scale = BigInt::from(10).pow(count.unsigned_abs().min(4096) as u32);
                    Ok(Value::big(numbers::round_big(&whole, &scale, false)))
                }
                _ => Ok(Value::big(whole)),
            }
        }
        (native, _) => {
            let args: Vec<Value> = digits.into_iter().collect();
            if let Value::Object(object) = native
                && object.methods().contains(&"__round__")
            {
                return interp.call_method(&native.clone(), "__round__", Args::of(args));
            }
            match interp.call_special(&number, "__round__", args)? {
                Some(answer) => Ok(answer),
                None => {
                    let kind = interp.type_name(&number);
                    Err(type_error(format!("type {kind} doesn't define __round__ method")))
                }
            }
        }
    }
}

fn pow(interp: &mut Interpreter, args: Args) -> PyResult {
    let [base, exponent, modulus] = args.bind("pow", ["base", "exp", "mod"], 2)?;
    let (base, exponent) = (base.unwrap_or(Value::None), exponent.unwrap_or(Value::None));
    match modulus {
        None | Some(Value::None) => interp.binary(BinaryOp::Pow, &base, &exponent),
        Some(modulus) => match (whole(&base), whole(&exponent), whole(&modulus)) {
            (Some(base), Some(exponent), Some(modulus)) => {
                if modulus.to_i64() == Some(0) {
                    return Err(value_error("pow() 3rd argument cannot be 0"));
                }
                if exponent.sign() == num_bigint::Sign::Minus {
                    return base
                        .modinv(&modulus)
                        .map(Value::big)
                        .ok_or_else(|| value_error("base is not invertible for the given modulus"));
                }
                Ok(Value::big(base.modpow(&exponent, &modulus)))
            }
            _ => Err(type_error("pow() 3rd argument not allowed unless all arguments are integers")),
        },
    }
}

fn classes_in(interp: &Interpreter, value: &Value, found: &mut Vec<Rc<Class>>, function: &str) -> PyResult<()> {
    match value {
        Value::Class(class) => found.push(Rc::clone(class)),
        Value::Tuple(classes) => {
            for class in classes.iter() {
                classes_in(interp, class, found, function)?;
            }
        }
        Value::None => found.extend(interp.class_named("NoneType")),
        Value::Object(object) if object.type_name() == "_GenericAlias" => {}
        _ => {
            return Err(type_error(format!("{function}() arg 2 must be a type, a tuple of types, or a union")));
        }
    }
    Ok(())
}

fn is_instance(interp: &mut Interpreter, args: Args) -> PyResult {
    let (value, class) = args.two("isinstance")?;
    let mut classes = Vec::new();
    classes_in(interp, &class, &mut classes, "isinstance")?;
    Ok(Value::Bool(classes.iter().any(|class| interp.is_instance(&value, class) || is_protocol(interp, &value, class))))
}

/// `collections.abc` classes ask for behaviour.
fn is_protocol(interp: &Interpreter, value: &Value, class: &Class) -> bool {
    if &*class.module != "collections.abc" {
        return false;
    }
    let native = value.native();
    match &*class.name {
        "Iterable" | "Collection" | "Container" | "Sized" => {
            matches!(
                native,
                Value::Str(_)
                    | Value::List(_)
                    | Value::Tuple(_)
                    | Value::Dict(_)
                    | Value::Set(_)
                    | Value::FrozenSet(_)
                    | Value::Range(_)
                    | Value::Bytes(_)
            ) || (&*class.name == "Iterable" && matches!(native, Value::Iterator(_) | Value::Generator(_)))
                || interp.class_of(value).lookup("__iter__").is_some()
        }
        "Iterator" => matches!(native, Value::Iterator(_) | Value::Generator(_)),
        "Generator" => matches!(native, Value::Generator(_)),
        "Sequence" => {
            matches!(native, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Range(_) | Value::Bytes(_))
        }
        "MutableSequence" => matches!(native, Value::List(_)),
        "Mapping" | "MutableMapping" => matches!(native, Value::Dict(_)),
        "Set" | "MutableSet" => matches!(native, Value::Set(_) | Value::FrozenSet(_)),
        "Callable" => {
            matches!(native, Value::Function(_) | Value::Builtin(_) | Value::BoundMethod(_) | Value::Class(_))
        }
        "Hashable" => !matches!(native, Value::List(_) | Value::Dict(_) | Value::Set(_)),
        "Number" | "Real" => matches!(native, Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::BigInt(_)),
        "Integral" => matches!(native, Value::Int(_) | Value::Bool(_) | Value::BigInt(_)),
        _ => false,
    }
}

fn is_subclass(interp: &mut Interpreter, args: Args) -> PyResult {
    let (value, class) = args.two("issubclass")?;
    let Value::Class(value) = value else { return Err(type_error("issubclass() arg 1 must be a class")) };
    let mut classes = Vec::new();
    classes_in(interp, &class, &mut classes, "issubclass")?;
    Ok(Value::Bool(classes.iter().any(|class| value.is_subclass(class) || &*class.name == "object")))
}

fn callable(interp: &mut Interpreter, value: &Value) -> PyResult<bool> {
    Ok(match value {
        Value::Function(_) | Value::Builtin(_) | Value::BoundMethod(_) | Value::Class(_) => true,
        Value::Object(object) => object.is_callable(),
        Value::Instance(_) => interp.class_of(value).lookup("__call__").is_some(),
        _ => false,
    })
}

fn get_attr(interp: &mut Interpreter, args: Args) -> PyResult {
    let [object, name, default] = args.bind("getattr", ["object", "name", "default"], 2)?;
    let object = object.unwrap_or(Value::None);
    let name = name.unwrap_or(Value::None);
    let Some(name) = name.as_str() else { return Err(type_error("attribute name must be string")) };
    match default {
        Some(default) => Ok(interp.find_attr(&object, name)?.unwrap_or(default)),
        None => interp.get_attr(&object, name),
    }
}

fn iter(interp: &mut Interpreter, args: Args) -> PyResult {
    match args.positional.as_slice() {
        [value] => interp.iter(value),
        [function, sentinel] => {
            let (function, sentinel) = (function.clone(), sentinel.clone());
            Ok(Value::iterator(
                "callable_iterator",
                FromFn(move |interp: &mut Interpreter| {
                    let value = interp.call(&function, Args::none())?;
                    Ok(if interp.equals(&value, &sentinel)? { None } else { Some(value) })
                }),
            ))
        }
        other => Err(type_error(format!("iter expected at least 1 argument, got {}", other.len()))),
    }
}

fn next(interp: &mut Interpreter, args: Args) -> PyResult {
    let [iterator, default] = args.bind("next", ["iterator", "default"], 1)?;
    let iterator = iterator.unwrap_or(Value::None);
    match (interp.next(&iterator)?, default) {
        (Some(value), _) | (None, Some(value)) => Ok(value),
        (None, None) => Err(stop_iteration(match &iterator {
            Value::Generator(generator) => generator.returned.borrow().clone(),
            _ => Value::None,
        })),
    }
}

fn ord(interp: &mut Interpreter, args: Args) -> PyResult {
    let value = args.one("ord")?;
    let text = match &value {
        Value::Bytes(bytes) if bytes.len() == 1 => return Ok(Value::Int(i64::from(bytes[0]))),
        other => match other.as_str() {
            Some(text) => text,
            None => {
                let kind = interp.type_name(other);
                return Err(type_error(format!("ord() expected string of length 1, but {kind} found")));
            }
        },
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Value::Int(i64::from(c as u32))),
        _ => {
            let len = text.chars().count();
            Err(type_error(format!("ord() expected a character, but string of length {len} found")))
        }
    }
}

fn radix(interp: &mut Interpreter, args: Args, spec: &str) -> PyResult {
    let value = args.one("hex")?;
    if whole(&value).is_none() {
        let kind = interp.type_name(&value);
        return Err(type_error(format!("'{kind}' object cannot be interpreted as an integer")));
    }
    Ok(Value::from(crate::pyspark::lang::format::number(value.native(), spec)?))
}

fn exit(_interp: &mut Interpreter, args: Args) -> PyResult {
    let status = args.positional.into_iter().next().unwrap_or(Value::None);
    Err(Raised::new(Cause::Exit(status)))
}

fn attributes(interp: &mut Interpreter, args: Args) -> PyResult {
    let value = args.one("vars")?;
    interp.get_attr(&value, "__dict__")
}

fn dir(interp: &mut Interpreter, args: Args) -> PyResult {
    let value = args.one("dir")?;
    let mut names = interp.attribute_names(&value);
    names.sort();
    names.dedup();
    Ok(Value::strings(names))
}

/// `open(path, mode)`, through the host.
pub fn open(interp: &mut Interpreter, args: Args) -> PyResult {
    let [path, mode, _, _, _, newline] =
        args.bind("open", ["file", "mode", "buffering", "encoding", "errors", "newline"], 1)?;
    let path = crate::pyspark::lang::modules::path_of(interp, &path.unwrap_or(Value::None))?;
    let mode = mode.as_ref().and_then(Value::as_str).unwrap_or("r").to_owned();
    if mode.contains('+') {
        return Err(not_here("a file that is read and written at once", "open it once to read and once to write"));
    }
    if mode.contains(['w', 'a', 'x']) {
        return crate::pyspark::lang::modules::written::open(interp, &path, &mode);
    }
    let mut text = crate::pyspark::lang::modules::io::read_file(interp, &path)?;
    if newline.is_none_or(|newline| newline.is_none()) && !mode.contains('b') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    let stream = crate::pyspark::lang::modules::io::reader(&path, text, mode.contains('b'));
    Ok(stream)
}
