//! `os`, `os.path`, `pathlib`, `shutil`, `glob`: questions to the host about files.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::freeze::{Freezer, Thaw};
use super::super::object::{BinaryOp, CompareOp, Object};
use super::super::raised::{PyResult, Raised, type_error};
use super::super::{Dict, Interpreter, Value};
use crate::pyspark::host::{PathReply, PathRequest};
use std::rc::Rc;
use std::sync::Arc;

/// A path argument.
pub(in crate::pyspark::lang) fn path_of(interp: &Interpreter, value: &Value) -> PyResult<String> {
    if let Some(path) = value.downcast::<Path>() {
        return Ok(path.0.clone());
    }
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(type_error(format!("expected str, bytes or os.PathLike object, not {}", interp.type_name(value)))),
    }
}

pub(super) fn ask(interp: &mut Interpreter, request: PathRequest) -> PyResult {
    let reply = interp.host()?.path(request).map_err(|error| match (error.condition(), error.subject()) {
        (Some("FILE_NOT_FOUND"), Some(path)) => {
            super::io::file_error("FileNotFoundError", 2, "No such file or directory", path)
        }
        _ => error.into(),
    })?;
    Ok(match reply {
        PathReply::Yes(yes) => Value::Bool(yes),
        PathReply::Names(names) => Value::strings(names),
        PathReply::Size(size) => Value::Int(size as i64),
        PathReply::Path(path) => Value::from(path),
        PathReply::Done => Value::None,
    })
}

fn asking(module: Module, name: &'static str, request: fn(String) -> PathRequest) -> Module {
    module.function(name, move |interp, args| {
        let value = args.positional.first().cloned().unwrap_or_else(|| Value::str("."));
        let path = path_of(interp, &value)?;
        ask(interp, request(path))
    })
}

fn join(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts {
        if part.starts_with('/') {
            out.clone_from(part);
        } else {
            if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(part);
        }
    }
    out
}

fn split(path: &str) -> (&str, &str) {
    match path.rfind('/') {
        None => ("", path),
        Some(0) => ("/", &path[1..]),
        Some(at) => (&path[..at], &path[at + 1..]),
    }
}

fn split_ext(path: &str) -> (&str, &str) {
    let (_, name) = split(path);
    match name.rfind('.') {
        Some(at) if at > 0 && !name[..at].chars().all(|c| c == '.') => path.split_at(path.len() - name.len() + at),
        _ => (path, ""),
    }
}

fn normal(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn textual(module: Module, name: &'static str, function: fn(&str) -> Value) -> Module {
    module.function(name, move |interp, args| {
        let path = path_of(interp, &args.one(name)?)?;
        Ok(function(&path))
    })
}

/// A path from the root on.
pub(in crate::pyspark::lang) fn absolute(interp: &mut Interpreter, path: &str) -> PyResult<String> {
    let here = ask(interp, PathRequest::CurrentDir)?;
    Ok(normal(&join(&[here.as_str().unwrap_or("/").to_owned(), path.to_owned()])))
}

/// The module `os.path`.
pub fn path_module() -> Module {
    let mut module = Module::new("os.path").with("sep", Value::str("/"));
    module = asking(module, "exists", PathRequest::Exists);
    module = asking(module, "isfile", PathRequest::IsFile);
    module = asking(module, "isdir", PathRequest::IsDir);
    module = asking(module, "getsize", PathRequest::Size);
    module = textual(module, "basename", |path| Value::str(split(path).1));
    module = textual(module, "dirname", |path| Value::str(split(path).0));
    module = textual(module, "split", |path| Value::tuple(vec![Value::str(split(path).0), Value::str(split(path).1)]));
    module = textual(module, "splitext", |path| {
        Value::tuple(vec![Value::str(split_ext(path).0), Value::str(split_ext(path).1)])
    });
    module = textual(module, "normpath", |path| Value::from(normal(path)));
    module = textual(module, "isabs", |path| Value::Bool(path.starts_with('/')));
    module = textual(module, "expanduser", |path| Value::str(path));
    for name in ["abspath", "realpath"] {
        module = module.function(name, move |interp, args| {
            let path = path_of(interp, &args.one(name)?)?;
            Ok(Value::from(absolute(interp, &path)?))
        });
    }
    module.function("join", |interp, args| {
        let mut parts = Vec::new();
        for part in &args.positional {
            parts.push(path_of(interp, part)?);
        }
        Ok(Value::from(join(&parts)))
    })
}

/// The module `os`.
///
/// # Errors
/// Never so far.
pub fn module(interp: &mut Interpreter) -> PyResult<Module> {
    let path = interp.import("os.path")?;
    let mut module = Module::new("os")
        .with("path", Value::Module(path))
        .with("environ", Value::dict(Dict::new()))
        .with("sep", Value::str("/"))
        .with("linesep", Value::str("\n"))
        .with("name", Value::str("posix"))
        .with("devnull", Value::str("/dev/null"))
        .with("curdir", Value::str("."));
    module = asking(module, "listdir", PathRequest::List);
    for name in ["makedirs", "mkdir"] {
        module = module.function(name, move |interp, args| {
            let [path, _, exist_ok] = args.bind(name, ["name", "mode", "exist_ok"], 1)?;
            let path = path_of(interp, &path.unwrap_or(Value::None))?;
            make_folders(interp, path, exist_ok.as_ref())
        });
    }
    for name in ["remove", "unlink"] {
        module = asking(module, name, PathRequest::RemoveFile);
    }
    for name in ["rename", "rmdir", "system", "popen", "chdir", "kill", "fork"] {
        module = module.function(name, move |_, _| {
            Err(Raised::unsupported(
                format!("os.{name}()"),
                "a script here reads files and writes with frames below out/",
            ))
        });
    }
    Ok(module
        .function("getcwd", |interp, _| ask(interp, PathRequest::CurrentDir))
        .function("getenv", |_, args| Ok(args.positional.get(1).cloned().unwrap_or(Value::None)))
        .function("cpu_count", |_, _| Ok(Value::Int(4)))
        .function("getpid", |_, _| Ok(Value::Int(1)))
        .function("fspath", |interp, args| Ok(Value::from(path_of(interp, &args.one("fspath")?)?)))
        .function("walk", |interp, args| {
            let top = path_of(interp, &args.positional.first().cloned().unwrap_or(Value::None))?;
            let mut rows = Vec::new();
            walk(interp, &top, &mut rows)?;
            Ok(Value::iter_over(rows))
        }))
}

/// A folder and those above it; one that exists is an error unless `exist_ok`.
fn make_folders(interp: &mut Interpreter, path: String, exist_ok: Option<&Value>) -> PyResult {
    let exists = ask(interp, PathRequest::Exists(path.clone()))?.as_bool() == Some(true);
    if exists && exist_ok.and_then(Value::as_bool) != Some(true) {
        return Err(super::io::file_error("FileExistsError", 17, "File exists", &path));
    }
    ask(interp, PathRequest::MakeDirs(path))
}

fn walk(interp: &mut Interpreter, folder: &str, rows: &mut Vec<Value>) -> PyResult<()> {
    let PathReply::Names(names) = interp.host()?.path(PathRequest::List(folder.to_owned()))? else { return Ok(()) };
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for name in names {
        interp.step()?;
        let inner = join(&[folder.to_owned(), name.clone()]);
        match interp.host()?.path(PathRequest::IsDir(inner))? {
            PathReply::Yes(true) => folders.push(name),
            _ => files.push(name),
        }
    }
    rows.push(Value::tuple(vec![Value::str(folder), Value::strings(&folders), Value::strings(&files)]));
    for name in folders {
        walk(interp, &join(&[folder.to_owned(), name]), rows)?;
    }
    Ok(())
}

/// The module `shutil`.
pub fn shutil() -> Module {
    let mut module = Module::new("shutil").function("rmtree", |interp, args| {
        let [path, ignore_errors, _] = args.bind("rmtree", ["path", "ignore_errors", "onerror"], 1)?;
        let path = path_of(interp, &path.unwrap_or(Value::None))?;
        let ignores = ignore_errors.as_ref().and_then(Value::as_bool) == Some(true);
        if ignores && ask(interp, PathRequest::Exists(path.clone()))?.as_bool() == Some(false) {
            return Ok(Value::None);
        }
        ask(interp, PathRequest::RemoveTree(path))
    });
    for name in ["copy", "copyfile", "copy2"] {
        module = module.function(name, move |interp, args| {
            let (from, to) = args.two(name)?;
            let (from, to) = (path_of(interp, &from)?, path_of(interp, &to)?);
            ask(interp, PathRequest::Copy { from, to: to.clone() })?;
            Ok(Value::from(to))
        });
    }
    for name in ["copytree", "move"] {
        module = module.function(name, move |_, _| {
            Err(Raised::unsupported(format!("shutil.{name}()"), "read with spark.read and write with df.write"))
        });
    }
    module
}

/// The module `glob`.
pub fn glob() -> Module {
    asking(asking(Module::new("glob"), "glob", PathRequest::Glob), "iglob", PathRequest::Glob)
}

/// `pathlib.Path`.
#[derive(Clone)]
struct Path(String);

impl Object for Path {
    fn type_name(&self) -> &'static str {
        "PosixPath"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "exists",
            "is_file",
            "is_dir",
            "iterdir",
            "glob",
            "mkdir",
            "read_text",
            "joinpath",
            "with_suffix",
            "with_name",
            "open",
            "resolve",
            "absolute",
            "as_posix",
            "is_absolute",
            "stat",
            "relative_to",
            "rglob",
            "unlink",
            "write_text",
            "__fspath__",
        ]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        let (folder, file) = split(&self.0);
        let (stem, suffix) = split_ext(file);
        Ok(match name {
            "name" => Some(Value::str(file)),
            "stem" => Some(Value::str(stem)),
            "suffix" => Some(Value::str(suffix)),
            "parent" => Some(Value::object(Path(if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }))),
            "parts" => Some(Value::tuple(self.0.split('/').filter(|part| !part.is_empty()).map(Value::str).collect())),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if !self.methods().contains(&name) {
            return None;
        }
        Some(self.method(interp, this, name, args))
    }

    fn binary(
        &self,
        interp: &mut Interpreter,
        _: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        if op != BinaryOp::Div {
            return Ok(None);
        }
        let other = path_of(interp, other)?;
        let parts = if reflected { [other, self.0.clone()] } else { [self.0.clone(), other] };
        Ok(Some(Value::object(Path(normal(&join(&parts))))))
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<Path>().map(|other| Value::Bool(op.holds(self.0.cmp(&other.0)))))
    }

    fn hash(&self, _: &mut Interpreter, _: &Value) -> PyResult<i64> {
        Ok(super::super::hash::hash_str(&self.0))
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(format!("PosixPath('{}')", self.0))
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(self.0.clone())
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        let path = self.clone();
        Ok(Some(Arc::new(move |_| Ok(Value::object(path.clone())))))
    }
}

impl Path {
    fn paths(names: Value) -> Value {
        let names = names.as_items().unwrap_or_default();
        Value::iter_over(names.iter().filter_map(|name| Some(Value::object(Path(name.as_str()?.to_owned())))).collect())
    }

    fn method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> PyResult {
        let path = self.0.clone();
        let first = args.positional.first().cloned().unwrap_or(Value::None);
        Ok(match name {
            "exists" => ask(interp, PathRequest::Exists(path))?,
            "is_file" => ask(interp, PathRequest::IsFile(path))?,
            "is_dir" => ask(interp, PathRequest::IsDir(path))?,
            "mkdir" => {
                let [_, _, exist_ok] = args.bind("mkdir", ["mode", "parents", "exist_ok"], 0)?;
                make_folders(interp, path, exist_ok.as_ref())?
            }
            "unlink" => {
                let exists = ask(interp, PathRequest::Exists(path.clone()))?.as_bool() == Some(true);
                let [missing_ok] = args.bind("unlink", ["missing_ok"], 0)?;
                if !exists && missing_ok.as_ref().and_then(Value::as_bool) == Some(true) {
                    return Ok(Value::None);
                }
                ask(interp, PathRequest::RemoveFile(path))?
            }
            "write_text" => {
                let [text, _, _, _] = args.bind("write_text", ["data", "encoding", "errors", "newline"], 1)?;
                let text = text.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
                let count = text.chars().count();
                ask(interp, PathRequest::Write { path, bytes: text.into_bytes(), append: false })?;
                Value::Int(count as i64)
            }
            "iterdir" => {
                let names = ask(interp, PathRequest::List(path.clone()))?.as_items().unwrap_or_default();
                let inner = names.iter().filter_map(|name| Some(join(&[path.clone(), name.as_str()?.to_owned()])));
                Self::paths(Value::strings(inner.collect::<Vec<_>>()))
            }
            "glob" => {
                Self::paths(ask(interp, PathRequest::Glob(join(&[path, first.as_str().unwrap_or("*").to_owned()])))?)
            }
            "read_text" => {
                let text = super::io::read_file(interp, &path)?;
                Value::from(text.replace("\r\n", "\n").replace('\r', "\n"))
            }
            "open" => {
                let mut all = args;
                all.positional.insert(0, Value::from(path));
                super::super::builtins::open(interp, all)?
            }
            "joinpath" => {
                let mut parts = vec![path];
                for part in &args.positional {
                    parts.push(path_of(interp, part)?);
                }
                Value::object(Path(normal(&join(&parts))))
            }
            "with_suffix" => Value::object(Path(format!("{}{}", split_ext(&path).0, first.as_str().unwrap_or("")))),
            "with_name" => {
                Value::object(Path(join(&[split(&path).0.to_owned(), first.as_str().unwrap_or("").to_owned()])))
            }
            "resolve" | "absolute" => Value::object(Path(absolute(interp, &path)?)),
            "as_posix" | "__fspath__" => Value::from(path),
            "is_absolute" => Value::Bool(path.starts_with('/')),
            _ => {
                return Err(Raised::unsupported(
                    format!("Path.{name}()"),
                    "a script here reads files and writes with frames below out/",
                ));
            }
        })
    }
}

/// The module `pathlib`.
pub fn pathlib(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let construct = |interp: &mut Interpreter, _: &Rc<Class>, args: Args| {
        let mut parts = Vec::new();
        for part in &args.positional {
            parts.push(path_of(interp, part)?);
        }
        Ok(Value::object(Path(normal(&join(&parts)))))
    };
    let class = Class::native("PosixPath", "pathlib", object.as_ref()).with_construct(construct).with(
        "cwd",
        Value::builtin("cwd", |interp, _| {
            let here = ask(interp, PathRequest::CurrentDir)?;
            Ok(Value::object(Path(here.as_str().unwrap_or("/").to_owned())))
        }),
    );
    let class = Value::Class(interp.register_class(class));
    Module::new("pathlib").with("Path", class.clone()).with("PurePath", class.clone()).with("PosixPath", class)
}
