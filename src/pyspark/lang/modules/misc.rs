//! Small modules: `time`, `typing`, `string`, `textwrap`, `copy`, `warnings`, `logging`, `traceback`, `uuid`, `argparse`.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::object::Object;
use super::super::raised::{Cause, PyResult, Raised, type_error};
use super::super::{Dict, Interpreter, Value};
use super::strftime::{self, Fields};
use std::rc::Rc;

fn seconds(interp: &mut Interpreter) -> PyResult<f64> {
    Ok(interp.host()?.now_micros() as f64 / 1e6)
}

/// The module `time`: the script's virtual clock.
pub fn time() -> Module {
    let mut module = Module::new("time");
    for name in ["time", "perf_counter", "monotonic", "process_time"] {
        module = module.function(name, |interp, _| Ok(Value::Float(seconds(interp)?)));
    }
    for name in ["time_ns", "perf_counter_ns", "monotonic_ns"] {
        module = module.function(name, |interp, _| Ok(Value::Int(interp.host()?.now_micros() * 1000)));
    }
    module
        .function("sleep", |interp, args| {
            let seconds = args.one("sleep")?;
            let Some(seconds) = seconds.as_float() else { return Err(type_error("sleep() needs a number of seconds")) };
            if seconds < 0.0 {
                return Err(super::super::value_error("sleep length must be non-negative"));
            }
            interp.host()?.sleep(seconds);
            Ok(Value::None)
        })
        .function("strftime", |interp, args| {
            let micros = interp.host()?.now_micros();
            let format = args.positional.first().and_then(Value::as_str).unwrap_or("").to_owned();
            Ok(Value::from(strftime::format(&format, &Fields::new(micros, Some(0), "UTC"))))
        })
        .function("ctime", |interp, _| {
            let micros = interp.host()?.now_micros();
            Ok(Value::from(strftime::format("%c", &Fields::new(micros, None, ""))))
        })
        .function("localtime", |_, _| Ok(Value::None))
        .function("gmtime", |_, _| Ok(Value::None))
}

/// A name of `typing`: may be subscripted and called, means nothing.
struct Hint(&'static str);

impl Object for Hint {
    fn type_name(&self) -> &'static str {
        "_GenericAlias"
    }

    fn get_item(&self, _: &mut Interpreter, this: &Value, _: &Value) -> PyResult<Option<Value>> {
        Ok(Some(this.clone()))
    }

    fn binary(
        &self,
        _: &mut Interpreter,
        this: &Value,
        op: super::super::BinaryOp,
        _: &Value,
        _: bool,
    ) -> PyResult<Option<Value>> {
        Ok((op == super::super::BinaryOp::Or).then(|| this.clone()))
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(format!("typing.{}", self.0))
    }

    fn freeze(
        &self,
        _: &mut Interpreter,
        _: &Value,
        _: &mut super::super::freeze::Freezer,
    ) -> PyResult<Option<super::super::freeze::Thaw>> {
        let name = self.0;
        Ok(Some(std::sync::Arc::new(move |_| Ok(Value::object(Hint(name))))))
    }
}

/// The module `typing`.
pub fn typing(interp: &mut Interpreter) -> Module {
    let module = Module::new("typing").with("TYPE_CHECKING", Value::Bool(false));
    for name in [
        "Any",
        "Optional",
        "Union",
        "Callable",
        "Literal",
        "Final",
        "ClassVar",
        "Annotated",
        "TypeAlias",
        "NoReturn",
        "Never",
        "Self",
        "Iterable",
        "Iterator",
        "Generator",
        "Sequence",
        "Mapping",
        "MutableMapping",
        "Collection",
        "Hashable",
        "Sized",
        "Type",
        "AnyStr",
        "Concatenate",
        "Required",
        "NotRequired",
        "Text",
    ] {
        module.set(name, Value::object(Hint(name)));
    }
    for (name, class) in
        [("List", "list"), ("Dict", "dict"), ("Tuple", "tuple"), ("Set", "set"), ("FrozenSet", "frozenset")]
    {
        module.set(name, interp.class_named(class).map_or(Value::None, Value::Class));
    }
    for name in ["NamedTuple", "Generic", "Protocol", "TypedDict"] {
        let marker = if name == "TypedDict" {
            interp.class_named("dict").map_or(Value::None, Value::Class)
        } else {
            super::marker(interp, name, "typing")
        };
        module.set(name, marker);
    }
    module
        .function("cast", |_, args| Ok(args.two("cast")?.1))
        .function("TypeVar", |_, _| Ok(Value::object(Hint("TypeVar"))))
        .function("NewType", |_, _| Ok(Value::builtin("NewType", |_, args| args.one("NewType"))))
        .function("overload", |_, args| args.one("overload"))
        .function("final", |_, args| args.one("final"))
        .function("runtime_checkable", |_, args| args.one("runtime_checkable"))
        .function("get_type_hints", |_, _| Ok(Value::dict(Dict::new())))
}

/// The module `string`.
pub fn string() -> Module {
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let upper = lower.to_uppercase();
    let digits = "0123456789";
    let punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    let space = " \t\n\r\u{b}\u{c}";
    Module::new("string")
        .with("ascii_lowercase", Value::str(lower))
        .with("ascii_uppercase", Value::str(&upper))
        .with("ascii_letters", Value::from(format!("{lower}{upper}")))
        .with("digits", Value::str(digits))
        .with("hexdigits", Value::str("0123456789abcdefABCDEF"))
        .with("octdigits", Value::str("01234567"))
        .with("punctuation", Value::str(punctuation))
        .with("whitespace", Value::str(space))
        .with("printable", Value::from(format!("{digits}{lower}{upper}{punctuation}{space}")))
        .function("capwords", |_, args| {
            let text = args.one("capwords")?;
            let words = text.as_str().unwrap_or("").split_whitespace().map(|word| {
                let mut chars = word.chars();
                chars.next().map_or_else(String::new, |first| {
                    first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect::<String>()
                })
            });
            Ok(Value::from(words.collect::<Vec<_>>().join(" ")))
        })
}

fn dedent(text: &str) -> String {
    let margin = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| &line[..line.len() - line.trim_start().len()])
        .reduce(|a, b| {
            let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
            &a[..same]
        })
        .unwrap_or("");
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| if line.trim().is_empty() { "" } else { line.strip_prefix(margin).unwrap_or(line) })
        .collect();
    lines.join("\n")
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The module `textwrap`.
pub fn textwrap() -> Module {
    fn wrapped(args: Args) -> PyResult<Vec<String>> {
        let text = args.positional.first().and_then(Value::as_str).unwrap_or("").to_owned();
        let named = args.keyword.iter().find(|(name, _)| &**name == "width").and_then(|(_, width)| width.as_int());
        let width = args.positional.get(1).and_then(Value::as_int).or(named).unwrap_or(70).max(1);
        Ok(wrap(&text, width as usize))
    }
    Module::new("textwrap")
        .function("dedent", |_, args| Ok(Value::from(dedent(args.one("dedent")?.as_str().unwrap_or("")))))
        .function("wrap", |_, args| Ok(Value::strings(wrapped(args)?)))
        .function("fill", |_, args| Ok(Value::from(wrapped(args)?.join("\n"))))
        .function("indent", |_, args| {
            let (text, prefix) = args.two("indent")?;
            let prefix = prefix.as_str().unwrap_or("").to_owned();
            let lines = text
                .as_str()
                .unwrap_or("")
                .split_inclusive('\n')
                .map(|line| if line.trim().is_empty() { line.to_owned() } else { format!("{prefix}{line}") });
            Ok(Value::from(lines.collect::<String>()))
        })
        .function("shorten", |_, args| {
            let [text, width, placeholder] = args.bind("shorten", ["text", "width", "placeholder"], 2)?;
            let text =
                text.as_ref().and_then(Value::as_str).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
            let width = width.and_then(|width| width.as_int()).unwrap_or(70).max(0) as usize;
            let end = placeholder.as_ref().and_then(Value::as_str).unwrap_or(" [...]").to_owned();
            if text.chars().count() <= width {
                return Ok(Value::from(text));
            }
            let first = wrap(&text, width.saturating_sub(end.chars().count())).into_iter().next().unwrap_or_default();
            Ok(Value::from(format!("{first}{end}")))
        })
}

fn copied(interp: &mut Interpreter, value: &Value, deep: bool) -> PyResult {
    let again =
        |interp: &mut Interpreter, item: &Value| if deep { copied(interp, item, true) } else { Ok(item.clone()) };
    interp.step()?;
    Ok(match value {
        Value::List(items) => {
            let items = items.borrow().clone();
            Value::list(items.iter().map(|item| again(interp, item)).collect::<PyResult<_>>()?)
        }
        Value::Tuple(items) if deep => {
            Value::tuple(items.iter().map(|item| again(interp, item)).collect::<PyResult<_>>()?)
        }
        Value::Dict(dict) => {
            let dict = dict.borrow().clone();
            let mut copy = Dict::new();
            for (key, value) in dict.iter() {
                let value = again(interp, value)?;
                copy.set(interp, key.clone(), value)?;
            }
            Value::dict(copy)
        }
        Value::Set(set) => Value::set(set.borrow().clone()),
        Value::ByteArray(bytes) => Value::ByteArray(Rc::new(std::cell::RefCell::new(bytes.borrow().clone()))),
        Value::Instance(instance) => {
            let native = match &instance.native {
                Some(native) => Some(copied(interp, native, deep)?),
                None => None,
            };
            let mut copy = super::super::Instance::new(&instance.class());
            copy.native = native;
            let fields = instance.fields.borrow().clone();
            for (name, field) in fields {
                copy.set(&name, again(interp, &field)?);
            }
            Value::Instance(Rc::new(copy))
        }
        Value::Object(object) if object.methods().contains(&"copy") => {
            interp.call_method(value, "copy", Args::none())?
        }
        other => other.clone(),
    })
}

/// The module `copy`.
pub fn copy() -> Module {
    Module::new("copy").function("copy", |interp, args| copied(interp, &args.one("copy")?, false)).function(
        "deepcopy",
        |interp, args| {
            let value = args.positional.into_iter().next().unwrap_or(Value::None);
            copied(interp, &value, true)
        },
    )
}

/// The module `warnings`.
pub fn warnings() -> Module {
    let mut module = Module::new("warnings");
    for name in ["filterwarnings", "simplefilter", "resetwarnings"] {
        module = module.function(name, |_, _| Ok(Value::None));
    }
    module.function("warn", |interp, args| {
        let message = args.positional.first().cloned().unwrap_or(Value::None);
        let class = match args.positional.get(1) {
            Some(Value::Class(class)) => class.name.to_string(),
            _ => "UserWarning".to_owned(),
        };
        let message = interp.str(&message)?;
        let text = format!("{}:{}: {class}: {message}\n", interp.script_name, interp.last_line);
        interp.host()?.print_error(&text);
        Ok(Value::None)
    })
}

/// `logging.Logger`; the level is kept for all loggers together.
struct Logger(String);

/// The lowest level that is written, and whether `basicConfig` chose the format.
struct LogState {
    level: i64,
    format: String,
}

impl Default for LogState {
    fn default() -> Self {
        LogState { level: 30, format: "%(levelname)s:%(name)s:%(message)s".to_owned() }
    }
}

const LEVELS: [(&str, i64); 5] = [("debug", 10), ("info", 20), ("warning", 30), ("error", 40), ("critical", 50)];

fn log(interp: &mut Interpreter, logger: &str, name: &str, args: Args) -> PyResult {
    let level = match name {
        "warn" => 30,
        "exception" => 40,
        _ => LEVELS.iter().find(|(known, _)| *known == name).map_or(20, |(_, level)| *level),
    };
    let state = interp.extension::<LogState>();
    if level < state.level {
        return Ok(Value::None);
    }
    let format = state.format.clone();
    let mut values = args.positional.into_iter();
    let template = values.next().unwrap_or(Value::None);
    let rest: Vec<Value> = values.collect();
    let mut message = interp.str(&template)?;
    if !rest.is_empty() {
        message = super::super::percent::format(interp, &message, &Value::tuple(rest))?;
    }
    let shown =
        LEVELS.iter().find(|(_, known)| *known == level).map_or("INFO".to_owned(), |(name, _)| name.to_uppercase());
    let micros = interp.host()?.now_micros();
    let time = strftime::format("%Y-%m-%d %H:%M:%S", &Fields::new(micros, None, ""));
    let mut parts = Dict::new();
    parts.set_str("levelname", Value::from(shown));
    parts.set_str("name", Value::str(logger));
    parts.set_str("message", Value::from(message));
    parts.set_str("asctime", Value::from(format!("{time},{:03}", micros / 1000 % 1000)));
    parts.set_str("lineno", Value::Int(i64::from(interp.last_line)));
    parts.set_str("filename", Value::str(&interp.script_name));
    parts.set_str("module", Value::str(interp.script_name.trim_end_matches(".py")));
    parts.set_str("funcName", Value::str("<module>"));
    parts.set_str("levelno", Value::Int(level));
    let line = super::super::percent::format(interp, &format, &Value::dict(parts))?;
    interp.host()?.print_error(&format!("{line}\n"));
    Ok(Value::None)
}

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
            "exception",
            "setLevel",
            "addHandler",
            "isEnabledFor",
        ]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.0)),
            "handlers" => Some(Value::list(Vec::new())),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        match name {
            "setLevel" => {
                if let Some(level) = args.positional.first().and_then(level_of) {
                    interp.extension::<LogState>().level = level;
                }
                Some(Ok(Value::None))
            }
            "addHandler" => Some(Ok(Value::None)),
            "isEnabledFor" => {
                let level = args.positional.first().and_then(level_of).unwrap_or(0);
                Some(Ok(Value::Bool(level >= interp.extension::<LogState>().level)))
            }
            name if self.methods().contains(&name) => Some(log(interp, &self.0, name, args)),
            _ => None,
        }
    }
}

fn level_of(value: &Value) -> Option<i64> {
    match value.as_str() {
        Some(name) => LEVELS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level),
        None => value.as_int(),
    }
}

/// The module `logging`.
pub fn logging() -> Module {
    let mut module = Module::new("logging");
    for (name, level) in LEVELS {
        module.set(&name.to_uppercase(), Value::Int(level));
        module = module.function(name, move |interp, args| log(interp, "root", name, args));
    }
    module.set("WARN", Value::Int(30));
    module.set("NOTSET", Value::Int(0));
    for name in ["StreamHandler", "NullHandler", "Formatter"] {
        module.set(name, Value::builtin(name, |_, _| Ok(Value::object(Logger("handler".to_owned())))));
    }
    module
        .function("getLogger", |_, args| {
            let name = args.positional.first().and_then(Value::as_str).unwrap_or("root").to_owned();
            Ok(Value::object(Logger(name)))
        })
        .function("basicConfig", |interp, args| {
            for (name, value) in &args.keyword {
                match (&**name, level_of(value), value.as_str()) {
                    ("level", Some(level), _) => interp.extension::<LogState>().level = level,
                    ("format", _, Some(format)) => interp.extension::<LogState>().format = format.to_owned(),
                    _ => {}
                }
            }
            Ok(Value::None)
        })
        .function("disable", |_, _| Ok(Value::None))
        .function("exception", |interp, args| log(interp, "root", "exception", args))
}

/// The module `traceback`.
pub fn traceback() -> Module {
    fn current(interp: &mut Interpreter) -> PyResult<String> {
        let Some(raised) = interp.handling.last().cloned() else { return Ok("NoneType: None\n".to_owned()) };
        let mut text = String::from("Traceback (most recent call last):\n");
        for frame in raised.trace().iter().rev() {
            text.push_str(&format!("  File \"{}\", line {}, in {}\n", frame.file, frame.line, frame.function));
        }
        let class = interp.exception_class(&raised);
        let module = if &*class.module == "builtins" { String::new() } else { format!("{}.", class.module) };
        let message = interp.message_of(&raised);
        let colon = if message.is_empty() { "" } else { ": " };
        Ok(format!("{text}{module}{}{colon}{message}\n", class.name))
    }
    Module::new("traceback").function("format_exc", |interp, _| Ok(Value::from(current(interp)?))).function(
        "print_exc",
        |interp, _| {
            let text = current(interp)?;
            interp.host()?.print_error(&text);
            Ok(Value::None)
        },
    )
}

/// The module `uuid`: chance from the run's seed.
pub fn uuid() -> Module {
    let make = |interp: &mut Interpreter, _: Args| {
        let bits = super::random::draw(interp)?;
        let bits = (bits & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        let text = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        Ok(Value::object(Uuid { text, hex }))
    };
    Module::new("uuid").function("uuid4", make).function("uuid1", make)
}

struct Uuid {
    text: String,
    hex: String,
}

impl Object for Uuid {
    fn type_name(&self) -> &'static str {
        "UUID"
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "hex").then(|| Value::str(&self.hex)))
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(format!("UUID('{}')", self.text))
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(self.text.clone())
    }
}

/// `argparse.ArgumentParser`.
#[derive(Default)]
struct Parser {
    options: std::cell::RefCell<Vec<OptionSpec>>,
}

#[derive(Clone)]
struct OptionSpec {
    flags: Vec<String>,
    target: String,
    default: Value,
    kind: Value,
    action: String,
    required: bool,
    many: bool,
}

impl Object for Parser {
    fn type_name(&self) -> &'static str {
        "ArgumentParser"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["add_argument", "parse_args", "parse_known_args", "error", "print_help"]
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        match name {
            "add_argument" => Some(self.add(args)),
            "parse_args" => Some(self.parse(interp, &args)),
            "parse_known_args" => {
                Some(self.parse(interp, &args).map(|known| Value::tuple(vec![known, Value::list(Vec::new())])))
            }
            "error" => Some(Err(usage(args.positional.first().and_then(Value::as_str).unwrap_or("")))),
            "print_help" => Some(Ok(Value::None)),
            _ => None,
        }
    }
}

fn usage(message: &str) -> Raised {
    Raised::new(Cause::Exit(Value::from(format!("error: {message}"))))
}

impl Parser {
    fn add(&self, mut args: Args) -> PyResult {
        let flags: Vec<String> = args.positional.iter().filter_map(|flag| flag.as_str().map(str::to_owned)).collect();
        let long = flags.iter().find(|flag| flag.starts_with("--")).or(flags.first()).cloned().unwrap_or_default();
        let target = args.take_keyword("dest").and_then(|name| name.as_str().map(str::to_owned));
        let action =
            args.take_keyword("action").and_then(|action| action.as_str().map(str::to_owned)).unwrap_or_default();
        let missing = match action.as_str() {
            "store_true" => Value::Bool(false),
            "store_false" => Value::Bool(true),
            _ => Value::None,
        };
        let many = args.take_keyword("nargs").is_some_and(|nargs| matches!(nargs.as_str(), Some("*" | "+")));
        let spec = OptionSpec {
            target: target.unwrap_or_else(|| long.trim_start_matches('-').replace('-', "_")),
            default: args.take_keyword("default").unwrap_or(missing),
            kind: args.take_keyword("type").unwrap_or(Value::None),
            required: args.take_keyword("required").and_then(|required| required.as_bool()).unwrap_or(false),
            flags,
            action,
            many,
        };
        self.options.borrow_mut().push(spec);
        Ok(Value::None)
    }

    fn parse(&self, interp: &mut Interpreter, args: &Args) -> PyResult {
        let words = match args.positional.first() {
            Some(list) if !list.is_none() => interp.items(list)?,
            _ => interp.arguments.iter().map(Value::str).collect(),
        };
        let options = self.options.borrow().clone();
        let module = Module::new("Namespace");
        module.attrs.borrow_mut().clear();
        let mut seen = Vec::new();
        let mut positional = options.iter().filter(|option| !option.flags[0].starts_with('-'));
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let text = word.as_str().unwrap_or("").to_owned();
            let (flag, inline) = match text.split_once('=') {
                Some((flag, value)) if text.starts_with("--") => (flag.to_owned(), Some(Value::str(value))),
                _ => (text.clone(), None),
            };
            let named = options.iter().find(|option| option.flags.contains(&flag));
            let option = match named {
                Some(option) => option,
                None if text.starts_with("--") => return Err(usage(&format!("unrecognized arguments: {text}"))),
                None => positional.next().ok_or_else(|| usage(&format!("unrecognized arguments: {text}")))?,
            };
            seen.push(option.target.clone());
            let raw = match (option.action.as_str(), named, inline) {
                ("store_true", ..) => {
                    module.set(&option.target, Value::Bool(true));
                    continue;
                }
                ("store_false", ..) => {
                    module.set(&option.target, Value::Bool(false));
                    continue;
                }
                (_, None, _) => word,
                (_, _, Some(value)) => value,
                _ => words.next().ok_or_else(|| usage(&format!("argument {flag}: expected one argument")))?,
            };
            let mut convert = |raw: Value| {
                if option.kind.is_none() { Ok(raw) } else { interp.call(&option.kind, Args::of(vec![raw])) }
            };
            let mut value = convert(raw)?;
            if option.many {
                let mut all = vec![value];
                while let Some(more) = words.next_if(|word| !word.as_str().unwrap_or("").starts_with("--")) {
                    all.push(convert(more)?);
                }
                value = Value::list(all);
            }
            module.set(&option.target, value);
        }
        for option in &options {
            let positional = !option.flags[0].starts_with('-');
            if !seen.contains(&option.target) {
                if option.required || (positional && option.default.is_none() && !option.many) {
                    return Err(usage(&format!("the following arguments are required: {}", option.flags.join("/"))));
                }
                module.set(&option.target, option.default.clone());
            }
        }
        Ok(Value::Module(Rc::new(module)))
    }
}

/// The module `argparse`.
pub fn argparse(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let class = Class::native("ArgumentParser", "argparse", object.as_ref())
        .with_construct(|_, _, _| Ok(Value::object(Parser::default())));
    Module::new("argparse").with("ArgumentParser", Value::Class(interp.register_class(class)))
}
