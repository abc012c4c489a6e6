//! `repr` and `str`, as CPython prints them.

use super::Interpreter;
use super::raised::{PyResult, type_error};
use super::value::{Method, Value};
use std::fmt::Write as _;
use std::rc::Rc;

/// A value for messages of our own, without asking the interpreter.
pub fn plain(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
        Value::Str(text) => quoted(text),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Float(number) => float(*number),
        _ => "…".to_owned(),
    }
}

/// `repr(float)`: the shortest text that reads back as the same number.
pub fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let text = format!("{number}");
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `repr(str)`.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7F => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if !printable(c) => {
                let code = c as u32;
                let _ = match code {
                    0..=0xFF => write!(out, "\\x{code:02x}"),
                    0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Whether `repr` shows a character as it is. Near enough for text that people write.
fn printable(c: char) -> bool {
    let hidden = matches!(c as u32, 0x80..=0xA0 | 0xAD | 0x200B..=0x200F | 0x2028..=0x202F | 0x2060..=0x206F | 0x3000 | 0xFEFF | 0xE000..=0xF8FF);
    let blank = c.is_whitespace() && c != ' ';
    !hidden && !blank
}

/// `ascii(…)` of a text that is a `repr` already.
pub fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let code = c as u32;
        let _ = match code {
            0..=0x7F => write!(out, "{c}"),
            0x80..=0xFF => write!(out, "\\x{code:02x}"),
            0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out
}

/// `repr(bytes)`.
pub fn bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(*byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..=0x7E => out.push(char::from(*byte)),
            byte => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(quote);
    out
}

/// `<module.Class object at 0x…>`.
pub fn default_repr(interp: &Interpreter, value: &Value) -> String {
    let class = interp.class_of(value);
    let module = if &*class.module == "builtins" { String::new() } else { format!("{}.", class.module) };
    format!("<{module}{} object at 0x{:012x}>", class.name, value.identity())
}

impl Interpreter {
    /// `repr(value)`.
    ///
    /// # Errors
    /// What `__repr__` raises.
    pub fn repr(&mut self, value: &Value) -> PyResult<String> {
        Ok(match value {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::BigInt(number) => number.to_string(),
            Value::Float(number) => float(*number),
            Value::Str(text) => quoted(text),
            Value::Bytes(content) => bytes(content),
            Value::ByteArray(content) => format!("bytearray({})", bytes(&content.borrow())),
            Value::List(items) => {
                let items = items.borrow().clone();
                self.nested(value, "[...]", |interp| Ok(format!("[{}]", interp.reprs(&items)?)))?
            }
            Value::Tuple(items) => match items.as_ref() {
                [only] => format!("({},)", self.repr(only)?),
                items => format!("({})", self.reprs(items)?),
            },
            Value::Dict(dict) => {
                let entries: Vec<(Value, Value)> =
                    dict.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                self.nested(value, "{...}", |interp| interp.repr_entries(&entries))?
            }
            Value::Set(set) => {
                let items = set.borrow().values();
                if items.is_empty() { "set()".to_owned() } else { format!("{{{}}}", self.reprs(&items)?) }
            }
            Value::FrozenSet(set) => {
                let items = set.values();
                if items.is_empty() {
                    "frozenset()".to_owned()
                } else {
                    format!("frozenset({{{}}})", self.reprs(&items)?)
                }
            }
            Value::Range(range) if range.step == 1 => format!("range({}, {})", range.start, range.stop),
            Value::Range(range) => format!("range({}, {}, {})", range.start, range.stop, range.step),
            Value::Slice(slice) => {
                let parts = [slice.start.clone(), slice.stop.clone(), slice.step.clone()];
                format!("slice({})", self.reprs(&parts)?)
            }
            Value::Ellipsis => "Ellipsis".to_owned(),
            Value::NotImplemented => "NotImplemented".to_owned(),
            Value::Function(function) => {
                format!("<function {} at 0x{:012x}>", function.code.qualname, value.identity())
            }
            Value::Builtin(builtin) => format!("<built-in function {}>", builtin.name),
            Value::BoundMethod(method) => match &method.method {
                Method::Native(name) => {
                    let kind = self.type_name(&method.receiver);
                    format!("<built-in method {name} of {kind} object at 0x{:012x}>", method.receiver.identity())
                }
                Method::Callable(Value::Function(function)) => {
                    let receiver = self.repr(&method.receiver)?;
                    format!("<bound method {} of {receiver}>", function.code.qualname)
                }
                Method::Callable(callable) => self.repr(&callable.clone())?,
            },
            Value::Class(class) => match class.lookup("__members__") {
                Some(_) => format!("<enum '{}'>", class.name),
                None if &*class.module == "builtins" => format!("<class '{}'>", class.name),
                None => format!("<class '{}.{}'>", class.module, class.name),
            },
            Value::Instance(_) => self.repr_instance(value)?,
            Value::Module(module) => format!("<module '{}'>", module.name),
            Value::Iterator(iterator) => format!("<{} object at 0x{:012x}>", iterator.kind, value.identity()),
            Value::Generator(generator) => {
                format!("<generator object {} at 0x{:012x}>", generator.function.code.qualname, value.identity())
            }
            Value::Object(object) => {
                let object = Rc::clone(object);
                self.nested(value, "...", |interp| object.repr(interp, value))?
            }
        })
    }

    fn nested(
        &mut self,
        value: &Value,
        again: &str,
        inner: impl FnOnce(&mut Interpreter) -> PyResult<String>,
    ) -> PyResult<String> {
        let identity = value.identity();
        if self.in_repr.contains(&identity) {
            return Ok(again.to_owned());
        }
        self.in_repr.push(identity);
        let text = inner(self);
        self.in_repr.pop();
        text
    }

    /// The `repr` of each value, with commas between.
    pub(super) fn reprs(&mut self, items: &[Value]) -> PyResult<String> {
        let mut text = String::new();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            text.push_str(&self.repr(item)?);
        }
        Ok(text)
    }

    /// `{key: value, …}`.
    pub(super) fn repr_entries(&mut self, entries: &[(Value, Value)]) -> PyResult<String> {
        let mut text = String::from("{");
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            text.push_str(&self.repr(key)?);
            text.push_str(": ");
            text.push_str(&self.repr(value)?);
        }
        text.push('}');
        Ok(text)
    }

    fn repr_instance(&mut self, value: &Value) -> PyResult<String> {
        let Value::Instance(instance) = value else { return Ok(String::new()) };
        let class = instance.class();
        if class.lookup("__repr__").is_some()
            && let Some(text) = self.call_special(value, "__repr__", Vec::new())?
        {
            return match text {
                Value::Str(text) => Ok(text.to_string()),
                other => match other.as_str() {
                    Some(text) => Ok(text.to_owned()),
                    None => Err(type_error(format!("__repr__ returned non-string (type {})", self.type_name(&other)))),
                },
            };
        }
        if class.descends_from("BaseException") {
            let args = self.exception_args(value);
            return Ok(match args.as_slice() {
                [only] => format!("{}({})", class.name, self.repr(only)?),
                args => format!("{}({})", class.name, self.reprs(args)?),
            });
        }
        if let Some(native) = &instance.native {
            return self.repr(&native.clone());
        }
        Ok(default_repr(self, value))
    }

    /// `exception.args`.
    pub(super) fn exception_args(&mut self, value: &Value) -> Vec<Value> {
        match value {
            Value::Instance(instance) => instance.field("args").and_then(|args| args.as_items()).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// `str(value)`.
    ///
    /// # Errors
    /// What `__str__` raises.
    pub fn str(&mut self, value: &Value) -> PyResult<String> {
        match value {
            Value::Str(text) => Ok(text.to_string()),
            Value::Object(object) => {
                let object = Rc::clone(object);
                object.str(self, value)
            }
            Value::Instance(instance) => {
                let class = instance.class();
                if class.lookup("__str__").is_some()
                    && let Some(text) = self.call_special(value, "__str__", Vec::new())?
                {
                    return match text.as_str() {
                        Some(text) => Ok(text.to_owned()),
                        None => {
                            Err(type_error(format!("__str__ returned non-string (type {})", self.type_name(&text))))
                        }
                    };
                }
                if class.descends_from("BaseException") {
                    return self.exception_text(value);
                }
                match &instance.native {
                    Some(native) if class.lookup("__repr__").is_none() => self.str(&native.clone()),
                    _ => self.repr(value),
                }
            }
            _ => self.repr(value),
        }
    }

    fn exception_text(&mut self, value: &Value) -> PyResult<String> {
        let class = self.class_of(value);
        let args = self.exception_args(value);
        if class.descends_from("OSError")
            && let Value::Instance(instance) = value
            && let (Some(number), Some(text)) = (instance.field("errno"), instance.field("strerror"))
        {
            let head = format!("[Errno {}] {}", self.str(&number)?, self.str(&text)?);
            return match instance.field("filename") {
                Some(Value::None) | None => Ok(head),
                Some(name) => Ok(format!("{head}: {}", self.repr(&name)?)),
            };
        }
        match args.as_slice() {
            [] => Ok(String::new()),
            [only] if &*class.name == "KeyError" => self.repr(only),
            [only] => self.str(only),
            args => self.repr(&Value::tuple(args.to_vec())),
        }
    }

    /// `format(value, spec)`.
    ///
    /// # Errors
    /// `ValueError` for a wrong spec.
    pub fn format(&mut self, value: &Value, spec: &str) -> PyResult<String> {
        match value {
            Value::Instance(instance) => {
                if instance.class().lookup("__format__").is_some()
                    && let Some(text) = self.call_special(value, "__format__", vec![Value::str(spec)])?
                {
                    return self.str(&text);
                }
                if spec.is_empty() {
                    return self.str(value);
                }
                match &instance.native {
                    Some(native) => self.format(&native.clone(), spec),
                    None => Err(self.unsupported_spec(value)),
                }
            }
            _ if spec.is_empty() => self.str(value),
            Value::Str(text) => super::format::text(text, spec),
            Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => super::format::number(value, spec),
            Value::Object(object) => {
                let object = Rc::clone(object);
                match object.format(self, value, spec)? {
                    Some(text) => Ok(text),
                    None => Err(self.unsupported_spec(value)),
                }
            }
            _ => Err(self.unsupported_spec(value)),
        }
    }

    fn unsupported_spec(&self, value: &Value) -> super::Raised {
        type_error(format!("unsupported format string passed to {}.__format__", self.type_name(value)))
    }
}
