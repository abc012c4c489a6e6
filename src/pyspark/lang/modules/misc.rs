//! Small modules: `time`, `typing`, `string`, `textwrap`, `copy`, `warnings`, `traceback`, `uuid`.

use super::super::args::Args;
use super::super::class::Module;
use super::super::object::Object;
use super::super::raised::{PyResult, type_error};
use super::super::{Dict, Interpreter, Value};
use super::strftime::{self, Fields};
use std::rc::Rc;

fn seconds(interp: &mut Interpreter) -> PyResult<f64> {
    Ok(interp.now_micros()? as f64 / 1e6)
}

/// The module `time`: the script's virtual clock.
pub fn time() -> Module {
    let mut module = Module::new("time");
    for name in ["time", "perf_counter", "monotonic", "process_time"] {
        module = module.function(name, |interp, _| Ok(Value::Float(seconds(interp)?)));
    }
    for name in ["time_ns", "perf_counter_ns", "monotonic_ns"] {
        module = module.function(name, |interp, _| Ok(Value::Int(interp.now_micros()? * 1000)));
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
            if args.positional.len() > 1 {
                return of_parts(interp, "strftime", args);
            }
            let micros = interp.now_micros()?;
            let format = args.positional.first().and_then(Value::as_str).unwrap_or("").to_owned();
            Ok(Value::from(strftime::format(&format, &Fields::new(micros, Some(0), "UTC"))))
        })
        .function("ctime", |interp, _| {
            let micros = interp.now_micros()?;
            Ok(Value::from(strftime::format("%c", &Fields::new(micros, None, ""))))
        })
        .function("localtime", |interp, args| of_parts(interp, "localtime", args))
        .function("gmtime", |interp, args| of_parts(interp, "gmtime", args))
        .function("strptime", |interp, args| of_parts(interp, "strptime", args))
        .function("mktime", |interp, args| of_parts(interp, "mktime", args))
        .function("asctime", |interp, args| of_parts(interp, "asctime", args))
}

/// A function over `time.struct_time`; these are written in Python.
fn of_parts(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let module = Value::Module(interp.import("_time_parts")?);
    interp.call_method(&module, name, args)
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
        interp.print_error(&text);
        Ok(Value::None)
    })
}

/// The exception that is being handled, as Python prints it.
pub(super) fn current_trace(interp: &mut Interpreter) -> PyResult<String> {
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

/// The module `traceback`.
pub fn traceback() -> Module {
    Module::new("traceback").function("format_exc", |interp, _| Ok(Value::from(current_trace(interp)?))).function(
        "print_exc",
        |interp, _| {
            let text = current_trace(interp)?;
            interp.print_error(&text);
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

/// The module `importlib`. A module is not read again: scripts reload those that they have just imported.
pub fn importlib() -> Module {
    Module::new("importlib")
        .function("import_module", |interp, args| {
            let [name] = args.bind("import_module", ["name"], 1)?;
            match name.as_ref().and_then(Value::as_str) {
                Some(name) => interp.import(name).map(Value::Module),
                None => Err(type_error("the name 'name' of a module must be text")),
            }
        })
        .function("reload", |_, args| {
            let [module] = args.bind("reload", ["module"], 1)?;
            Ok(module.unwrap_or(Value::None))
        })
        .function("invalidate_caches", |_, _| Ok(Value::None))
        // What `importlib.util` stands on.
        .function("_origin", |interp, args| {
            let name = args.one("find_spec")?;
            Ok(interp.module_origin(name.as_str().unwrap_or(""))?.map_or(Value::None, Value::from))
        })
        .function("_prepared", |interp, args| {
            let (name, path) = args.two("module_from_spec")?;
            let path = super::path_of(interp, &path)?;
            interp.module_at(name.as_str().unwrap_or(""), &path).map(Value::Module)
        })
        .function("_run", |interp, args| match args.one("exec_module")? {
            Value::Module(module) => interp.run_module(&module).map(|()| Value::None),
            _ => Err(type_error("exec_module() needs a module")),
        })
}

/// The module `getpass`: the user of this cluster, and no terminal to ask for a password.
pub fn getpass() -> Module {
    Module::new("getpass").function("getuser", |_, _| Ok(Value::str("spark"))).function("getpass", |_, _| {
        Err(super::super::Raised::unsupported(
            "getpass.getpass",
            "put the value into the script, or into a file beside it",
        ))
    })
}
