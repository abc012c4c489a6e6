//! `logging`: loggers with levels, handlers and formatters.
//!
//! ```text
//!   logger a.b ──level?──▶ its handlers ──▶ those of a ──▶ those of root ──formatter──▶ stream or file
//! ```
//!
//! A script may derive its own handlers and formatters. **Simplified:** no filters; loggers compare by name; the name of
//! the function is not known.

use super::super::args::Args;
use super::super::class::{Class, Instance, Module};
use super::super::classes::method;
use super::super::freeze::{Freezer, Thaw};
use super::super::object::{CompareOp, Object};
use super::super::raised::{PyResult, Raised};
use super::super::{Dict, Interpreter, Value};
use super::strftime::{self, Fields};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

const LEVELS: [(&str, i64); 5] = [("debug", 10), ("info", 20), ("warning", 30), ("error", 40), ("critical", 50)];
const WARNING: i64 = 30;
const PLAIN_FORMAT: &str = "%(message)s";
const BASIC_FORMAT: &str = "%(levelname)s:%(name)s:%(message)s";

/// What is known of all loggers, by name; the root's name is empty.
#[derive(Default)]
struct Loggers(BTreeMap<String, State>);

#[derive(Default, Clone)]
struct State {
    level: i64,
    handlers: Vec<Value>,
    stays_here: bool,
    disabled: bool,
}

fn state<'a>(interp: &'a mut Interpreter, name: &str) -> &'a mut State {
    let level = if name.is_empty() { WARNING } else { 0 };
    let loggers = &mut interp.extension::<Loggers>().0;
    loggers.entry(name.to_owned()).or_insert_with(|| State { level, ..State::default() })
}

/// The names of a logger and of those above it, the root last.
fn chain(name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        names.push(rest.to_owned());
        rest = rest.rfind('.').map_or("", |at| &rest[..at]);
    }
    names.push(String::new());
    names
}

fn effective_level(interp: &mut Interpreter, name: &str) -> i64 {
    chain(name).iter().map(|name| state(interp, name).level).find(|level| *level != 0).unwrap_or(0)
}

/// `logging.getLogger(name)`.
struct Logger(String);

impl Object for Logger {
    fn type_name(&self) -> &'static str {
        "Logger"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "debug",
            "info",
            "warning",
            "warn",
            "error",
            "critical",
            "fatal",
            "exception",
            "log",
            "setLevel",
            "getEffectiveLevel",
            "isEnabledFor",
            "addHandler",
            "removeHandler",
            "hasHandlers",
            "addFilter",
            "getChild",
        ]
    }

    fn get_attr(&self, interp: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(if self.0.is_empty() { "root" } else { &self.0 })),
            "level" => Some(Value::Int(state(interp, &self.0).level)),
            "handlers" => Some(Value::list(state(interp, &self.0).handlers.clone())),
            "propagate" => Some(Value::Bool(!state(interp, &self.0).stays_here)),
            "disabled" => Some(Value::Bool(state(interp, &self.0).disabled)),
            _ => None,
        })
    }

    fn set_attr(&self, interp: &mut Interpreter, _: &Value, name: &str, value: Value) -> PyResult<bool> {
        let truth = interp.truth(&value)?;
        match name {
            "propagate" => state(interp, &self.0).stays_here = !truth,
            "disabled" => state(interp, &self.0).disabled = truth,
            "handlers" => {
                let handlers = interp.items(&value)?;
                state(interp, &self.0).handlers = handlers;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<Logger>().map(|other| Value::Bool(op.holds(self.0.cmp(&other.0)))))
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        let name = self.0.clone();
        Ok(Some(Arc::new(move |_| Ok(Value::object(Logger(name.clone()))))))
    }

    fn repr(&self, interp: &mut Interpreter, _: &Value) -> PyResult<String> {
        let level = effective_level(interp, &self.0);
        let name = if self.0.is_empty() { "root" } else { &self.0 };
        let class = if self.0.is_empty() { "RootLogger" } else { "Logger" };
        Ok(format!("<{class} {name} ({})>", level_name(level)))
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        let first = args.positional.first().cloned().unwrap_or(Value::None);
        Some(match name {
            "setLevel" => level_of(&first).map(|level| {
                state(interp, &self.0).level = level;
                Value::None
            }),
            "getEffectiveLevel" => Ok(Value::Int(effective_level(interp, &self.0))),
            "isEnabledFor" => level_of(&first).map(|level| Value::Bool(level >= effective_level(interp, &self.0))),
            "addHandler" => {
                let handlers = &mut state(interp, &self.0).handlers;
                if !handlers.iter().any(|known| known.is(&first)) {
                    handlers.push(first);
                }
                Ok(Value::None)
            }
            "removeHandler" => {
                state(interp, &self.0).handlers.retain(|known| !known.is(&first));
                Ok(Value::None)
            }
            "hasHandlers" => {
                Ok(Value::Bool(chain(&self.0).iter().any(|name| !state(interp, name).handlers.is_empty())))
            }
            "addFilter" => Err(Raised::unsupported("Logger.addFilter", "setLevel, or an if around the call")),
            "getChild" => {
                let child = first.as_str().unwrap_or("");
                let dot = if self.0.is_empty() { "" } else { "." };
                Ok(Value::object(Logger(format!("{}{dot}{child}", self.0))))
            }
            name if self.methods().contains(&name) => log(interp, &self.0, name, args),
            _ => return None,
        })
    }
}

fn level_of(value: &Value) -> PyResult<i64> {
    let known = |name: &str| LEVELS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level);
    let level = match value.as_str() {
        Some("WARN") => Some(WARNING),
        Some("NOTSET") => Some(0),
        Some("FATAL") => Some(50),
        Some(name) => known(name),
        None => value.as_int(),
    };
    level.ok_or_else(|| super::super::value_error(format!("Unknown level: '{}'", value.as_str().unwrap_or(""))))
}

fn level_name(level: i64) -> String {
    match LEVELS.iter().find(|(_, known)| *known == level) {
        Some((name, _)) => name.to_uppercase(),
        None if level == 0 => "NOTSET".to_owned(),
        None => format!("Level {level}"),
    }
}

/// `logger.info(template, …)`.
fn log(interp: &mut Interpreter, logger: &str, name: &str, mut args: Args) -> PyResult {
    let level = match name {
        "warn" => WARNING,
        "exception" => 40,
        "fatal" => 50,
        "log" if !args.positional.is_empty() => level_of(&args.positional.remove(0))?,
        _ => LEVELS.iter().find(|(known, _)| *known == name).map_or(20, |(_, level)| *level),
    };
    if state(interp, logger).disabled || level < effective_level(interp, logger) {
        return Ok(Value::None);
    }
    let with_trace = match args.take_keyword("exc_info") {
        Some(flag) => interp.truth(&flag)?,
        None => name == "exception",
    };
    let mut values = args.positional.into_iter();
    let template = values.next().unwrap_or(Value::None);
    let rest: Vec<Value> = values.collect();
    let mut message = interp.str(&template)?;
    if !rest.is_empty() {
        let values = match rest.as_slice() {
            [only @ Value::Dict(_)] => only.clone(),
            _ => Value::tuple(rest),
        };
        message = super::super::percent::format(interp, &message, &values)?;
    }
    let record = record(interp, logger, level, &message, with_trace)?;
    deliver(interp, logger, level, &record)
}

/// `logging.LogRecord`.
fn record(
    interp: &mut Interpreter,
    logger: &str,
    level: i64,
    message: &str,
    with_trace: bool,
) -> PyResult<Rc<Instance>> {
    let class = interp.class_named("LogRecord").unwrap_or_else(|| {
        let object = interp.class_named("object");
        let class = Class::native("LogRecord", "logging", object.as_ref());
        class.set(
            "getMessage",
            method("getMessage", |interp, args| interp.get_attr(&args.one("getMessage")?, "message")),
        );
        interp.register_class(class)
    });
    let micros = interp.now_micros()?;
    let script = interp.script_name.clone();
    let file = script.rsplit('/').next().unwrap_or(&script).to_owned();
    let trace = if with_trace { super::misc::current_trace(interp)? } else { String::new() };
    let record = Instance::new(&class);
    let texts = [
        ("name", if logger.is_empty() { "root" } else { logger }),
        ("levelname", &level_name(level)),
        ("message", message),
        ("msg", message),
        ("filename", &file),
        ("pathname", &script),
        ("module", file.trim_end_matches(".py")),
        ("funcName", "<module>"),
        ("threadName", "MainThread"),
        ("processName", "MainProcess"),
        ("exc_text", trace.trim_end()),
    ];
    for (name, text) in texts {
        record.set(name, Value::str(text));
    }
    record.set("levelno", Value::Int(level));
    record.set("lineno", Value::Int(i64::from(interp.last_line)));
    record.set("created", Value::Float(micros as f64 / 1e6));
    record.set("msecs", Value::Float((micros / 1000 % 1000) as f64));
    record.set("process", Value::Int(1));
    record.set("exc_info", Value::None);
    Ok(Rc::new(record))
}

/// Gives a record to the handlers of its logger and of those above.
fn deliver(interp: &mut Interpreter, logger: &str, level: i64, record: &Rc<Instance>) -> PyResult {
    let mut found = false;
    for name in chain(logger) {
        let State { handlers, stays_here, .. } = state(interp, &name).clone();
        for handler in handlers {
            found = true;
            let least = handler.native().downcast::<Handler>().map_or(0, |handler| handler.level.get());
            if level >= least {
                interp.call_method(&handler, "emit", Args::of(vec![Value::Instance(Rc::clone(record))]))?;
            }
        }
        if stays_here {
            break;
        }
    }
    if !found && level >= WARNING {
        let text = format_record(interp, None, record)?;
        interp.print_error(&format!("{text}\n"));
    }
    Ok(Value::None)
}

/// A handler: a stream (standard error when none is given), a file, or nothing.
struct Handler {
    kind: &'static str,
    stream: RefCell<Value>,
    level: Cell<i64>,
    formatter: RefCell<Value>,
}

impl Object for Handler {
    fn type_name(&self) -> &'static str {
        self.kind
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "emit",
            "handle",
            "setLevel",
            "setFormatter",
            "format",
            "flush",
            "close",
            "setStream",
            "addFilter",
            "__init__",
        ]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "level" => Some(Value::Int(self.level.get())),
            "formatter" => Some(self.formatter.borrow().clone()),
            "stream" => Some(self.stream.borrow().clone()),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let first = args.positional.first().cloned().unwrap_or(Value::None);
        Some(match name {
            "setLevel" => level_of(&first).map(|level| {
                self.level.set(level);
                Value::None
            }),
            "setFormatter" => {
                *self.formatter.borrow_mut() = first;
                Ok(Value::None)
            }
            "setStream" => Ok(self.stream.replace(first)),
            "format" => self.format(interp, &first),
            "emit" if self.kind == "NullHandler" => Ok(Value::None),
            "emit" => self.emit(interp, &first),
            "handle" => interp.call_method(this, "emit", args),
            "addFilter" => Err(Raised::unsupported("Handler.addFilter", "setLevel, or an if around the call")),
            "flush" | "close" | "__init__" => Ok(Value::None),
            _ => return None,
        })
    }
}

impl Handler {
    fn format(&self, interp: &mut Interpreter, record: &Value) -> PyResult {
        let formatter = self.formatter.borrow().clone();
        if formatter.is_none() {
            let Value::Instance(record) = record else { return Ok(Value::str("")) };
            return Ok(Value::from(format_record(interp, None, record)?));
        }
        interp.call_method(&formatter, "format", Args::of(vec![record.clone()]))
    }

    fn emit(&self, interp: &mut Interpreter, record: &Value) -> PyResult {
        let text = self.format(interp, record)?;
        let line = format!("{}\n", interp.str(&text)?);
        let stream = self.stream.borrow().clone();
        if stream.is_none() {
            interp.print_error(&line);
            return Ok(Value::None);
        }
        interp.call_method(&stream, "write", Args::of(vec![Value::from(line)]))
    }
}

/// `logging.Formatter(fmt, datefmt, style)`.
struct Formatter {
    format: String,
    date: Option<String>,
    braces: bool,
}

impl Object for Formatter {
    fn type_name(&self) -> &'static str {
        "Formatter"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["format", "formatTime", "formatException", "__init__"]
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        match (name, args.positional.first()) {
            ("format", Some(Value::Instance(record))) => {
                Some(format_record(interp, Some(self), record).map(Value::from))
            }
            ("formatTime", Some(Value::Instance(record))) => {
                let date = args.positional.get(1).and_then(Value::as_str).map(str::to_owned);
                Some(Ok(Value::from(time_of(record, date.as_deref().or(self.date.as_deref())))))
            }
            ("formatException", _) => Some(super::misc::current_trace(interp).map(Value::from)),
            ("__init__", _) => Some(Ok(Value::None)),
            _ => None,
        }
    }
}

fn time_of(record: &Instance, date: Option<&str>) -> String {
    let created = record.field("created").and_then(|created| created.as_float()).unwrap_or(0.0);
    let micros = (created * 1e6).round() as i64;
    match date {
        Some(date) => strftime::format(date, &Fields::new(micros, None, "")),
        None => {
            let time = strftime::format("%Y-%m-%d %H:%M:%S", &Fields::new(micros, None, ""));
            format!("{time},{:03}", micros / 1000 % 1000)
        }
    }
}

fn format_record(interp: &mut Interpreter, formatter: Option<&Formatter>, record: &Instance) -> PyResult<String> {
    let mut parts = Dict::new();
    for (name, value) in record.fields.borrow().iter() {
        parts.set_str(name, value.clone());
    }
    let date = formatter.and_then(|formatter| formatter.date.as_deref());
    parts.set_str("asctime", Value::from(time_of(record, date)));
    let trace = parts.get_str("exc_text").and_then(Value::as_str).unwrap_or("").to_owned();
    let format = formatter.map_or(PLAIN_FORMAT, |formatter| formatter.format.as_str());
    let mut text = if formatter.is_some_and(|formatter| formatter.braces) {
        let keyword = parts.iter().filter_map(|(key, value)| Some((Rc::from(key.as_str()?), value.clone()))).collect();
        let shown = interp.call_method(&Value::str(format), "format", Args { positional: Vec::new(), keyword })?;
        interp.str(&shown)?
    } else {
        super::super::percent::format(interp, format, &Value::dict(parts))?
    };
    if !trace.is_empty() {
        text.push('\n');
        text.push_str(&trace);
    }
    Ok(text)
}

/// A native object, or the part of an instance of a class that the script derived from it.
fn made(class: &Rc<Class>, own: &str, object: impl Object) -> Value {
    let native = Value::object(object);
    if &*class.name == own { native } else { Value::Instance(Rc::new(Instance::with_native(class, native))) }
}

fn handler(interp: &mut Interpreter, class: &Rc<Class>, kind: &'static str, mut args: Args) -> PyResult {
    let stream = match kind {
        "FileHandler" => {
            let mode = args.take_keyword("mode").or(args.positional.get(1).cloned());
            let path = args.take_keyword("filename").or(args.positional.first().cloned()).unwrap_or(Value::None);
            let path = super::path_of(interp, &path)?;
            super::written::open(interp, &path, mode.as_ref().and_then(Value::as_str).unwrap_or("a"))?
        }
        "StreamHandler" => args.take_keyword("stream").or(args.positional.first().cloned()).unwrap_or(Value::None),
        _ => Value::None,
    };
    Ok(made(
        class,
        kind,
        Handler { kind, stream: RefCell::new(stream), level: Cell::new(0), formatter: RefCell::new(Value::None) },
    ))
}

fn formatter(class: &Rc<Class>, mut args: Args) -> Formatter {
    let mut word = |name: &str, place: usize| {
        let value = args.take_keyword(name).or(args.positional.get(place).cloned());
        value.as_ref().and_then(Value::as_str).map(str::to_owned)
    };
    let _ = class;
    Formatter {
        format: word("fmt", 0).unwrap_or_else(|| PLAIN_FORMAT.to_owned()),
        date: word("datefmt", 1),
        braces: word("style", 2).as_deref() == Some("{"),
    }
}

fn basic_config(interp: &mut Interpreter, mut args: Args) -> PyResult {
    let force = args.take_keyword("force").and_then(|force| force.as_bool()) == Some(true);
    if force {
        state(interp, "").handlers.clear();
    }
    if !state(interp, "").handlers.is_empty() {
        return Ok(Value::None);
    }
    let mut word = |name: &str| args.take_keyword(name).filter(|value| !value.is_none());
    let (level, stream, file, mode) = (word("level"), word("stream"), word("filename"), word("filemode"));
    let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let formatter = Formatter {
        format: text(word("format")).unwrap_or_else(|| BASIC_FORMAT.to_owned()),
        date: text(word("datefmt")),
        braces: text(word("style")).as_deref() == Some("{"),
    };
    let handlers = match (word("handlers"), file) {
        (Some(handlers), _) => interp.items(&handlers)?,
        (None, Some(file)) => {
            let path = super::path_of(interp, &file)?;
            let stream = super::written::open(interp, &path, text(mode).as_deref().unwrap_or("a"))?;
            vec![plain_handler(stream)]
        }
        (None, None) => vec![plain_handler(stream.unwrap_or(Value::None))],
    };
    let formatter = Value::object(formatter);
    for handler in &handlers {
        if let Some(native) = handler.native().downcast::<Handler>()
            && native.formatter.borrow().is_none()
        {
            *native.formatter.borrow_mut() = formatter.clone();
        }
    }
    let level = level.as_ref().map(level_of).transpose()?;
    let root = state(interp, "");
    root.handlers = handlers;
    root.level = level.unwrap_or(root.level);
    Ok(Value::None)
}

fn plain_handler(stream: Value) -> Value {
    Value::object(Handler {
        kind: "StreamHandler",
        stream: RefCell::new(stream),
        level: Cell::new(0),
        formatter: RefCell::new(Value::None),
    })
}

fn handler_class(interp: &mut Interpreter, name: &'static str, base: Option<&Rc<Class>>) -> Rc<Class> {
    if let Some(class) = interp.class_named(name) {
        return class;
    }
    let construct: super::super::class::Construct = match name {
        "FileHandler" | "RotatingFileHandler" | "TimedRotatingFileHandler" => {
            |interp, class, args| handler(interp, class, "FileHandler", args)
        }
        "NullHandler" => |interp, class, args| handler(interp, class, "NullHandler", args),
        "StreamHandler" => |interp, class, args| handler(interp, class, "StreamHandler", args),
        _ => |interp, class, args| handler(interp, class, "Handler", args),
    };
    interp.register_class(Class::native(name, "logging", base).with_construct(construct))
}

/// The module `logging.handlers`; files do not rotate here.
pub fn handlers(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let mut module = Module::new("logging.handlers");
    for name in ["RotatingFileHandler", "TimedRotatingFileHandler"] {
        module = module.with(name, Value::Class(handler_class(interp, name, object.as_ref())));
    }
    module
}

/// The module `logging`.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let mut module = Module::new("logging");
    for (name, level) in LEVELS {
        module.set(&name.to_uppercase(), Value::Int(level));
    }
    for (name, level) in [("WARN", WARNING), ("FATAL", 50), ("NOTSET", 0)] {
        module.set(name, Value::Int(level));
    }
    for name in ["debug", "info", "warning", "warn", "error", "critical", "exception", "log"] {
        module = module.function(name, move |interp, args| {
            if state(interp, "").handlers.is_empty() {
                basic_config(interp, Args::none())?;
            }
            log(interp, "", name, args)
        });
    }
    let base = handler_class(interp, "Handler", object.as_ref());
    for name in ["StreamHandler", "FileHandler", "NullHandler"] {
        module = module.with(name, Value::Class(handler_class(interp, name, Some(&base))));
    }
    let formats = Class::native("Formatter", "logging", object.as_ref())
        .with_construct(|_, class, args| Ok(made(class, "Formatter", formatter(class, args))));
    let logger = Class::native("Logger", "logging", object.as_ref());
    module
        .with("Handler", Value::Class(base))
        .with("Formatter", Value::Class(interp.register_class(formats)))
        .with("Logger", Value::Class(interp.register_class(logger)))
        .function("getLogger", |_, args| {
            let name = args.positional.first().and_then(Value::as_str).filter(|name| *name != "root").unwrap_or("");
            Ok(Value::object(Logger(name.to_owned())))
        })
        .function("basicConfig", basic_config)
        .function("getLevelName", |_, args| {
            let level = args.one("getLevelName")?;
            Ok(match level.as_int() {
                Some(level) => Value::from(level_name(level)),
                None => Value::Int(level_of(&level)?),
            })
        })
        .function("disable", |interp, args| {
            let level = args.positional.first().map_or(Ok(50), level_of)?;
            let root = state(interp, "");
            root.level = root.level.max(level + 1);
            Ok(Value::None)
        })
        .function("shutdown", |_, _| Ok(Value::None))
        // What `logging.config` asks before it disables loggers.
        .function("_known", |interp, _| {
            let names = interp.extension::<Loggers>().0.keys().filter(|name| !name.is_empty());
            Ok(Value::strings(names.cloned().collect::<Vec<_>>()))
        })
        .function("captureWarnings", |_, _| Ok(Value::None))
}
