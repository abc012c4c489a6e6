//! `tempfile`: folders below the workshop's `tmp/`, named in order instead of by chance.

use super::super::args::Args;
use super::super::class::Module;
use super::super::object::Object;
use super::super::raised::{PyResult, Raised};
use super::super::{Interpreter, Value};
use crate::pyspark::host::PathRequest;

/// How many folders there were.
#[derive(Default)]
struct Made(u32);

/// `tempfile.TemporaryDirectory`, which removes its folder when the `with` block ends.
struct TemporaryDirectory(String);

/// The module `tempfile`.
pub fn module() -> Module {
    Module::new("tempfile")
        .function("TemporaryDirectory", |interp, args| Ok(Value::object(TemporaryDirectory(folder(interp, args)?))))
        .function("mkdtemp", |interp, args| Ok(Value::from(folder(interp, args)?)))
        .function("gettempdir", |_, _| Ok(Value::str("tmp")))
        .function("NamedTemporaryFile", |_, _| {
            Err(Raised::unsupported(
                "tempfile.NamedTemporaryFile",
                "use tempfile.TemporaryDirectory, or write below out/",
            ))
        })
}

fn folder(interp: &mut Interpreter, args: Args) -> PyResult<String> {
    let [suffix, prefix, below, _] = args.bind("TemporaryDirectory", ["suffix", "prefix", "dir", "*delete"], 0)?;
    let text = |value: Option<Value>, otherwise: &str| {
        value.as_ref().and_then(Value::as_str).map_or_else(|| otherwise.to_owned(), str::to_owned)
    };
    let made = interp.extension::<Made>();
    made.0 += 1;
    let path = format!("{}/{}{:04}{}", text(below, "tmp"), text(prefix, "tmp"), made.0, text(suffix, ""));
    // What an earlier run left behind when it was stopped.
    interp.host()?.path(PathRequest::MakeDirs(path.clone()))?;
    interp.host()?.path(PathRequest::RemoveTree(path.clone()))?;
    interp.host()?.path(PathRequest::MakeDirs(path.clone()))?;
    Ok(path)
}

impl Object for TemporaryDirectory {
    fn type_name(&self) -> &'static str {
        "TemporaryDirectory"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["__enter__", "__exit__", "cleanup"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "name").then(|| Value::str(&self.0)))
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, _: Args) -> Option<PyResult> {
        let removed = |interp: &mut Interpreter, answer: Value| -> PyResult {
            interp.host()?.path(PathRequest::RemoveTree(self.0.clone()))?;
            Ok(answer)
        };
        match name {
            "__enter__" => Some(Ok(Value::str(&self.0))),
            "__exit__" => Some(removed(interp, Value::Bool(false))),
            "cleanup" => Some(removed(interp, Value::None)),
            _ => None,
        }
    }
}
