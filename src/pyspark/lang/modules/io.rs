//! Text streams: `io.StringIO`, opened files, `sys.stdout` and `sys.stderr`; and the module `sys`.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::object::Object;
use super::super::raised::{Cause, PyResult, Raised, value_error};
use super::super::{Interpreter, Value};
use crate::common::ErrorClass;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// `sys.stdout` or `sys.stderr`.
pub struct Standard {
    error: bool,
}

impl Object for Standard {
    fn type_name(&self) -> &'static str {
        "TextIOWrapper"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["write", "flush", "isatty", "fileno", "writelines", "reconfigure"]
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "write" | "writelines" => self.write(interp, name, args),
            "flush" | "reconfigure" => Ok(Value::None),
            "isatty" => Ok(Value::Bool(false)),
            _ => return None,
        })
    }
}

impl Standard {
    fn write(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let given = args.one(name)?;
        let lines = if name == "write" { vec![given] } else { interp.items(&given)? };
        let mut count = 0;
        for line in lines {
            let text = interp.str(&line)?;
            count += text.chars().count() as i64;
            if self.error {
                interp.print_error(&text);
            } else if interp.has_host() {
                interp.host()?.print(&text);
            }
        }
        Ok(if name == "write" { Value::Int(count) } else { Value::None })
    }
}

/// `io.StringIO`, and a file opened for reading.
pub struct TextStream {
    name: Option<String>,
    text: RefCell<String>,
    /// Byte offset.
    position: Cell<usize>,
    closed: Cell<bool>,
    bytes: bool,
}

/// A file that was read.
pub fn reader(name: &str, text: String, bytes: bool) -> Value {
    Value::object(TextStream {
        name: Some(name.to_owned()),
        text: RefCell::new(text),
        position: Cell::new(0),
        closed: Cell::new(false),
        bytes,
    })
}

/// Reads a file through the host; a missing one is Python's `FileNotFoundError`.
///
/// # Errors
/// What the host says.
pub fn read_file(interp: &mut Interpreter, path: &str) -> PyResult<String> {
    use crate::pyspark::host::{PathReply, PathRequest};
    let exists = match interp.host()?.path(PathRequest::Exists(path.to_owned())) {
        Ok(PathReply::Yes(exists)) => exists,
        Ok(_) => true,
        Err(error) => return Err(error.into()),
    };
    if !exists {
        return Err(file_error("FileNotFoundError", 2, "No such file or directory", path));
    }
    match interp.host()?.read_text(path) {
        Ok(text) => Ok(text),
        Err(error) if error.class() == ErrorClass::Unsupported => Err(error.into()),
        Err(error) => Err(file_error("OSError", 5, error.message(), path)),
    }
}

/// `OSError(number, text, path)`.
pub fn file_error(class: &'static str, number: i64, text: &str, path: &str) -> Raised {
    Raised::new(Cause::Valued(class, Value::tuple(vec![Value::Int(number), Value::str(text), Value::str(path)])))
}

impl TextStream {
    fn take(&self, end: impl FnOnce(&str) -> usize) -> String {
        let text = self.text.borrow();
        let rest = text.get(self.position.get()..).unwrap_or("");
        let taken = rest[..end(rest)].to_owned();
        self.position.set(self.position.get() + taken.len());
        taken
    }

    fn line(&self) -> String {
        self.take(|rest| rest.find('\n').map_or(rest.len(), |at| at + 1))
    }

    fn give(&self, text: String) -> Value {
        if self.bytes { Value::Bytes(Rc::from(text.into_bytes())) } else { Value::from(text) }
    }

    fn write(&self, text: &str) {
        let mut content = self.text.borrow_mut();
        let at = self.position.get().min(content.len());
        if at == content.len() {
            content.push_str(text);
        } else {
            let end = (at + text.len()).min(content.len());
            content.replace_range(at..end, text);
        }
        self.position.set(at + text.len());
    }
}

impl Object for TextStream {
    fn type_name(&self) -> &'static str {
        if self.name.is_some() { "TextIOWrapper" } else { "StringIO" }
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "read",
            "readline",
            "readlines",
            "write",
            "writelines",
            "getvalue",
            "seek",
            "tell",
            "close",
            "flush",
            "truncate",
            "__enter__",
            "__exit__",
            "readable",
            "writable",
            "isatty",
        ]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => self.name.as_ref().map(Value::str),
            "closed" => Some(Value::Bool(self.closed.get())),
            _ => None,
        })
    }

    fn iter(&self, _interp: &mut Interpreter, this: &Value) -> PyResult<Option<Value>> {
        let this = this.clone();
        Ok(Some(Value::iterator(
            "iterator",
            super::super::iterator::FromFn(move |_: &mut Interpreter| {
                let Some(stream) = this.downcast::<TextStream>() else { return Ok(None) };
                let line = stream.line();
                Ok((!line.is_empty()).then(|| stream.give(line)))
            }),
        )))
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if self.closed.get() && !matches!(name, "close" | "__exit__") {
            return Some(Err(value_error("I/O operation on closed file")));
        }
        Some(match name {
            "read" => {
                let count =
                    args.positional.first().and_then(Value::as_int).and_then(|count| usize::try_from(count).ok());
                let text = self.take(|rest| match count {
                    Some(count) => rest.char_indices().nth(count).map_or(rest.len(), |(at, _)| at),
                    None => rest.len(),
                });
                Ok(self.give(text))
            }
            "readline" => Ok(self.give(self.line())),
            "readlines" => {
                let mut lines = Vec::new();
                loop {
                    let line = self.line();
                    if line.is_empty() {
                        break;
                    }
                    lines.push(self.give(line));
                }
                Ok(Value::list(lines))
            }
            "write" => args.one("write").and_then(|text| match text.as_str() {
                Some(content) => {
                    self.write(content);
                    Ok(Value::Int(content.chars().count() as i64))
                }
                None => {
                    let kind = interp.type_name(&text);
                    Err(super::super::type_error(format!("string argument expected, got '{kind}'")))
                }
            }),
            "writelines" => args.one(name).and_then(|lines| interp.items(&lines)).map(|lines| {
                for line in lines {
                    self.write(line.as_str().unwrap_or(""));
                }
                Value::None
            }),
            "getvalue" => Ok(Value::from(self.text.borrow().clone())),
            "seek" => {
                self.position.set(args.positional.first().and_then(Value::as_int).unwrap_or(0).max(0) as usize);
                Ok(Value::Int(self.position.get() as i64))
            }
            "tell" => Ok(Value::Int(self.position.get() as i64)),
            "truncate" => {
                let at = args
                    .positional
                    .first()
                    .and_then(Value::as_int)
                    .map_or(self.position.get(), |at| at.max(0) as usize);
                let len = self.text.borrow().len();
                self.text.borrow_mut().truncate(at.min(len));
                Ok(Value::Int(at as i64))
            }
            "close" | "__exit__" => {
                self.closed.set(true);
                Ok(Value::None)
            }
            "__enter__" => Ok(this.clone()),
            "flush" => Ok(Value::None),
            "readable" => Ok(Value::Bool(true)),
            "writable" => Ok(Value::Bool(self.name.is_none())),
            "isatty" => Ok(Value::Bool(false)),
            _ => return None,
        })
    }
}

fn construct_string_io(_interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let text = args.positional.first().and_then(Value::as_str).unwrap_or("").to_owned();
    Ok(Value::object(TextStream {
        name: None,
        text: RefCell::new(text),
        position: Cell::new(0),
        closed: Cell::new(false),
        bytes: false,
    }))
}

/// The module `io`.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let class = Class::native("StringIO", "_io", object.as_ref()).with_construct(construct_string_io);
    let class = interp.register_class(class);
    Module::new("io").with("StringIO", Value::Class(class)).function("open", super::super::builtins::open)
}

/// The module `sys`.
pub fn sys(interp: &mut Interpreter) -> Module {
    let mut arguments = vec![interp.script_name.clone()];
    arguments.extend(interp.arguments.iter().cloned());
    let object = interp.class_named("object");
    interp.register_class(Class::native("TextIOWrapper", "_io", object.as_ref()));
    let version = [3, 11, 7].map(Value::Int).to_vec();
    Module::new("sys")
        .with("argv", Value::strings(arguments))
        .with("stdout", Value::object(Standard { error: false }))
        .with("stderr", Value::object(Standard { error: true }))
        .with("__stdout__", Value::object(Standard { error: false }))
        .with("version", Value::str("3.11.7 (batchlab)"))
        .with("version_info", Value::tuple(version))
        .with("platform", Value::str("linux"))
        .with("maxsize", Value::Int(i64::MAX))
        .with("byteorder", Value::str("little"))
        .with("executable", Value::str("python3"))
        .with("path", Value::strings([interp.script_folder()]))
        .with("modules", Value::dict(super::super::Dict::new()))
        .function("exit", |_, args| {
            Err(Raised::new(Cause::Exit(args.positional.into_iter().next().unwrap_or(Value::None))))
        })
        .function("getrecursionlimit", |_, _| Ok(Value::Int(super::super::call::RECURSION_LIMIT as i64)))
        .function("setrecursionlimit", |_, _| Ok(Value::None))
        .function("getsizeof", |_, _| Ok(Value::Int(64)))
        .function("exc_info", |interp, _| {
            let current = interp.handling.last().cloned();
            Ok(Value::tuple(match current {
                Some(mut raised) => {
                    let value = interp.exception_value(&mut raised)?;
                    vec![Value::Class(interp.class_of(&value)), value, Value::None]
                }
                None => vec![Value::None, Value::None, Value::None],
            }))
        })
}
