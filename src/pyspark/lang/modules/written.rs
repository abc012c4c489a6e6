//! A file opened for writing. Every `write` reaches the file at once, so that a file nobody closed is whole as well.

use super::super::args::Args;
use super::super::object::Object;
use super::super::raised::{PyResult, type_error, value_error};
use super::super::{Interpreter, Value};
use super::io::file_error;
use super::os::ask;
use crate::pyspark::host::PathRequest;
use std::cell::Cell;

/// `open(path, "w")`, with `a` and `x`, text or bytes.
pub struct WrittenFile {
    path: String,
    bytes: bool,
    /// Bytes.
    written: Cell<usize>,
    closed: Cell<bool>,
}

/// Opens a file for writing: it exists from now on, and is empty unless the mode is `a`.
///
/// # Errors
/// `FileExistsError` for mode `x`; a missing folder; a path outside of the working folder.
pub fn open(interp: &mut Interpreter, path: &str, mode: &str) -> PyResult {
    let exists = ask(interp, PathRequest::Exists(path.to_owned()))?.as_bool() == Some(true);
    if mode.contains('x') && exists {
        return Err(file_error("FileExistsError", 17, "File exists", path));
    }
    if ask(interp, PathRequest::IsDir(path.to_owned()))?.as_bool() == Some(true) {
        return Err(file_error("IsADirectoryError", 21, "Is a directory", path));
    }
    ask(interp, PathRequest::Write { path: path.to_owned(), bytes: Vec::new(), append: mode.contains('a') })?;
    Ok(Value::object(WrittenFile {
        path: path.to_owned(),
        bytes: mode.contains('b'),
        written: Cell::new(0),
        closed: Cell::new(false),
    }))
}

impl WrittenFile {
    fn write(&self, interp: &mut Interpreter, given: &Value) -> PyResult {
        let (bytes, count) = match (given, given.as_str()) {
            (Value::Bytes(bytes), _) if self.bytes => (bytes.to_vec(), bytes.len()),
            (_, Some(text)) if !self.bytes => (text.as_bytes().to_vec(), text.chars().count()),
            _ => {
                let kind = interp.type_name(given);
                return Err(type_error(if self.bytes {
                    format!("a bytes-like object is required, not '{kind}'")
                } else {
                    format!("write() argument must be str, not {kind}")
                }));
            }
        };
        self.written.set(self.written.get() + bytes.len());
        ask(interp, PathRequest::Write { path: self.path.clone(), bytes, append: true })?;
        Ok(Value::Int(count as i64))
    }
}

impl Object for WrittenFile {
    fn type_name(&self) -> &'static str {
        "TextIOWrapper"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["write", "writelines", "close", "flush", "tell", "__enter__", "__exit__", "readable", "writable", "isatty"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.path)),
            "closed" => Some(Value::Bool(self.closed.get())),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if self.closed.get() && !matches!(name, "close" | "__exit__") {
            return Some(Err(value_error("I/O operation on closed file.")));
        }
        Some(match name {
            "write" => args.one(name).and_then(|given| self.write(interp, &given)),
            "writelines" => args.one(name).and_then(|lines| interp.items(&lines)).and_then(|lines| {
                lines.iter().try_for_each(|line| self.write(interp, line).map(|_| ()))?;
                Ok(Value::None)
            }),
            "close" | "__exit__" => {
                self.closed.set(true);
                Ok(Value::None)
            }
            "__enter__" => Ok(this.clone()),
            "flush" => Ok(Value::None),
            "tell" => Ok(Value::Int(self.written.get() as i64)),
            "readable" | "isatty" => Ok(Value::Bool(false)),
            "writable" => Ok(Value::Bool(true)),
            _ => return None,
        })
    }
}
