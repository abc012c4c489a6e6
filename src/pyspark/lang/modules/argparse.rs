//! `argparse`: options and places of a script's arguments.
//!
//! **Simplified:** no sub-commands; `-h` and errors end the script as in Python, with a shorter text.

use super::super::args::Args;
use super::super::class::{Class, Instance, Module};
use super::super::classes::method;
use super::super::object::Object;
use super::super::raised::{Cause, PyResult, Raised};
use super::super::{Interpreter, Value};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// `argparse.ArgumentParser`, and its groups, which share its options.
#[derive(Default, Clone)]
struct Parser {
    options: Rc<RefCell<Vec<OptionSpec>>>,
    defaults: Rc<RefCell<Defaults>>,
}

/// What `set_defaults` gave.
type Defaults = Vec<(Rc<str>, Value)>;

/// One `add_argument`.
#[derive(Clone)]
struct OptionSpec {
    flags: Vec<String>,
    target: String,
    default: Value,
    kind: Value,
    action: String,
    constant: Value,
    choices: Value,
    required: bool,
    count: Count,
}

/// How many words an argument takes (`nargs`).
#[derive(Clone, Copy, PartialEq)]
enum Count {
    One,
    Perhaps,
    Any,
    Some,
    Exactly(usize),
}

impl OptionSpec {
    fn is_positional(&self) -> bool {
        !self.flags[0].starts_with('-')
    }

    fn takes_words(&self) -> bool {
        matches!(self.action.as_str(), "" | "store" | "append" | "extend")
    }

    fn shown(&self) -> String {
        self.flags.join("/")
    }
}

impl Object for Parser {
    fn type_name(&self) -> &'static str {
        "ArgumentParser"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "add_argument",
            "parse_args",
            "parse_known_args",
            "error",
            "print_help",
            "print_usage",
            "set_defaults",
            "add_argument_group",
            "add_mutually_exclusive_group",
            "add_subparsers",
        ]
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "add_argument" => self.add(interp, args),
            "parse_args" => self.parse(interp, &args).and_then(|(known, rest)| {
                if rest.is_empty() {
                    return Ok(known);
                }
                let words: Vec<&str> = rest.iter().filter_map(Value::as_str).collect();
                Err(usage(interp, &format!("unrecognized arguments: {}", words.join(" "))))
            }),
            "parse_known_args" => {
                self.parse(interp, &args).map(|(known, rest)| Value::tuple(vec![known, Value::list(rest)]))
            }
            "error" => Err(usage(interp, args.positional.first().and_then(Value::as_str).unwrap_or(""))),
            "print_help" | "print_usage" => self.help(interp),
            "set_defaults" => {
                self.defaults.borrow_mut().extend(args.keyword);
                Ok(Value::None)
            }
            "add_argument_group" | "add_mutually_exclusive_group" => Ok(Value::object(self.clone())),
            "add_subparsers" => {
                Err(Raised::unsupported("ArgumentParser.add_subparsers", "add_argument(\"command\", choices=[…])"))
            }
            _ => return None,
        })
    }
}

/// A wrong command line: Python prints it to standard error and ends with status 2.
fn usage(interp: &mut Interpreter, message: &str) -> Raised {
    let name = interp.script_name.clone();
    match interp.host() {
        Ok(host) => {
            host.print_error(&format!("usage: {name} [-h] …\n{name}: error: {message}\n"));
            Raised::new(Cause::Exit(Value::Int(2)))
        }
        Err(raised) => raised,
    }
}

impl Parser {
    fn add(&self, interp: &mut Interpreter, mut args: Args) -> PyResult {
        let flags: Vec<String> = args.positional.iter().filter_map(|flag| flag.as_str().map(str::to_owned)).collect();
        let Some(long) = flags.iter().find(|flag| flag.starts_with("--")).or(flags.first()).cloned() else {
            return Err(super::super::type_error("add_argument() needs a name or flags"));
        };
        let mut word = |name: &str| args.take_keyword(name);
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let action = text(word("action")).unwrap_or_default();
        let missing = match action.as_str() {
            "store_true" => Value::Bool(false),
            "store_false" => Value::Bool(true),
            _ => Value::None,
        };
        let count = match word("nargs") {
            Some(Value::Int(count)) => Count::Exactly(usize::try_from(count).unwrap_or(0)),
            Some(sign) if sign.as_str() == Some("?") => Count::Perhaps,
            Some(sign) if sign.as_str() == Some("*") => Count::Any,
            Some(sign) if sign.as_str() == Some("+") => Count::Some,
            Some(sign) if !sign.is_none() => {
                let sign = interp.repr(&sign)?;
                return Err(Raised::unsupported(format!("nargs={sign}"), "nargs=\"*\""));
            }
            _ => Count::One,
        };
        let spec = OptionSpec {
            target: text(word("dest")).unwrap_or_else(|| long.trim_start_matches('-').replace('-', "_")),
            default: word("default").unwrap_or(missing),
            kind: word("type").unwrap_or(Value::None),
            constant: word("const").unwrap_or(Value::None),
            choices: word("choices").unwrap_or(Value::None),
            required: word("required").and_then(|required| required.as_bool()).unwrap_or(false),
            flags,
            action,
            count,
        };
        self.options.borrow_mut().push(spec);
        Ok(Value::None)
    }

    fn help(&self, interp: &mut Interpreter) -> PyResult {
        let flags: Vec<String> = self.options.borrow().iter().map(|option| format!("[{}]", option.shown())).collect();
        let text = format!("usage: {} [-h] {}\n", interp.script_name, flags.join(" "));
        interp.host()?.print(&text);
        Ok(Value::None)
    }

    /// The namespace, and the words that nothing took.
    fn parse(&self, interp: &mut Interpreter, args: &Args) -> PyResult<(Value, Vec<Value>)> {
        let words = match args.positional.first() {
            Some(list) if !list.is_none() => interp.items(list)?,
            _ => interp.arguments.iter().map(Value::str).collect(),
        };
        let options = self.options.borrow().clone();
        let space = namespace(interp);
        for option in options.iter().filter(|option| option.action != "help") {
            let default = match option.default.as_str() {
                Some(_) if !option.kind.is_none() => {
                    interp.call(&option.kind, Args::of(vec![option.default.clone()]))?
                }
                _ => option.default.clone(),
            };
            space.set(&option.target, default);
        }
        for (name, value) in self.defaults.borrow().iter() {
            space.set(name, value.clone());
        }
        let mut taker = Taker { space: &space, words: words.into(), seen: Vec::new(), rest: Vec::new() };
        let mut places = options.iter().filter(|option| option.is_positional());
        while let Some(word) = taker.words.pop_front() {
            let text = word.as_str().unwrap_or("").to_owned();
            if matches!(text.as_str(), "-h" | "--help") {
                self.help(interp)?;
                return Err(Raised::new(Cause::Exit(Value::Int(0))));
            }
            let (flag, inline) = match text.split_once('=') {
                Some((flag, value)) if text.starts_with("--") => (flag.to_owned(), Some(Value::str(value))),
                _ => (text, None),
            };
            let short = flag.char_indices().nth(2).map(|(at, _)| flag.split_at(at)).filter(|_| !flag.starts_with("--"));
            let known = |flag: &str| options.iter().find(|option| option.flags.iter().any(|known| known == flag));
            if let Some(option) = known(&flag) {
                taker.option(interp, option, inline)?;
            } else if let Some((option, rest)) = short.and_then(|(head, rest)| Some((known(head)?, rest))) {
                // `-n3` is `-n 3`, and `-vx` is `-v -x`.
                let value = option.takes_words().then(|| Value::str(rest));
                if value.is_none() {
                    taker.words.push_front(Value::from(format!("-{rest}")));
                }
                taker.option(interp, option, value)?;
            } else if is_flag(&flag) {
                taker.rest.push(word);
            } else if let Some(place) = places.next() {
                taker.words.push_front(word);
                taker.option(interp, place, None)?;
            } else {
                taker.rest.push(word);
            }
        }
        let missing: Vec<String> = options
            .iter()
            .filter(|option| !taker.seen.contains(&option.target))
            .filter(|option| {
                let place = option.is_positional() && !matches!(option.count, Count::Any | Count::Perhaps);
                option.required || place
            })
            .map(OptionSpec::shown)
            .collect();
        let rest = taker.rest;
        if !missing.is_empty() {
            return Err(usage(interp, &format!("the following arguments are required: {}", missing.join(", "))));
        }
        Ok((Value::Instance(space), rest))
    }
}

fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-') && word.parse::<f64>().is_err()
}

/// Gives the words of the command line to the options.
struct Taker<'a> {
    space: &'a Instance,
    words: VecDeque<Value>,
    seen: Vec<String>,
    rest: Vec<Value>,
}

impl Taker<'_> {
    fn option(&mut self, interp: &mut Interpreter, option: &OptionSpec, inline: Option<Value>) -> PyResult<()> {
        self.seen.push(option.target.clone());
        if !option.takes_words() {
            let before = self.space.field(&option.target).unwrap_or(Value::None);
            let value = match option.action.as_str() {
                "store_true" => Value::Bool(true),
                "store_false" => Value::Bool(false),
                "count" => Value::Int(before.as_int().unwrap_or(0) + 1),
                "store_const" => option.constant.clone(),
                action => return Err(Raised::unsupported(format!("action=\"{action}\""), "action=\"store\"")),
            };
            self.space.set(&option.target, value);
            return Ok(());
        }
        let value = self.value(interp, option, inline)?;
        let value = match option.action.as_str() {
            "append" | "extend" => {
                let before = self.space.field(&option.target).unwrap_or(Value::None);
                let mut all = if before.is_none() { Vec::new() } else { interp.items(&before)? };
                if option.action == "extend" {
                    all.extend(interp.items(&value)?);
                } else {
                    all.push(value);
                }
                Value::list(all)
            }
            _ => value,
        };
        self.space.set(&option.target, value);
        Ok(())
    }

    fn value(&mut self, interp: &mut Interpreter, option: &OptionSpec, inline: Option<Value>) -> PyResult {
        let most = match option.count {
            Count::One | Count::Perhaps => 1,
            Count::Any | Count::Some => usize::MAX,
            Count::Exactly(count) => count,
        };
        let mut raw: Vec<Value> = inline.into_iter().collect();
        while raw.len() < most && self.words.front().is_some_and(|word| !is_flag(word.as_str().unwrap_or(""))) {
            raw.extend(self.words.pop_front());
        }
        let least = match option.count {
            Count::One | Count::Some => 1,
            Count::Exactly(count) => count,
            Count::Any | Count::Perhaps => 0,
        };
        if raw.len() < least {
            let wanted = match option.count {
                Count::One => "expected one argument".to_owned(),
                Count::Exactly(count) => format!("expected {count} arguments"),
                _ => "expected at least one argument".to_owned(),
            };
            return Err(usage(interp, &format!("argument {}: {wanted}", option.shown())));
        }
        let mut values = Vec::new();
        for word in raw {
            values.push(convert(interp, option, word)?);
        }
        Ok(match option.count {
            Count::One => values.remove(0),
            Count::Perhaps => values.pop().unwrap_or_else(|| option.constant.clone()),
            _ => Value::list(values),
        })
    }
}

fn convert(interp: &mut Interpreter, option: &OptionSpec, word: Value) -> PyResult {
    let text = word.as_str().unwrap_or("").to_owned();
    let value = if option.kind.is_none() {
        word
    } else {
        match interp.call(&option.kind, Args::of(vec![word])) {
            Ok(value) => value,
            Err(raised) if raised.is_fatal() => return Err(raised),
            Err(_) => {
                let name = interp.get_attr(&option.kind, "__name__")?;
                let name = interp.str(&name)?;
                return Err(usage(interp, &format!("argument {}: invalid {name} value: '{text}'", option.shown())));
            }
        }
    };
    if option.choices.is_none() {
        return Ok(value);
    }
    let mut names = Vec::new();
    for choice in interp.items(&option.choices)? {
        if interp.equals(&choice, &value)? {
            return Ok(value);
        }
        names.push(interp.repr(&choice)?);
    }
    let names = names.join(", ");
    Err(usage(interp, &format!("argument {}: invalid choice: '{text}' (choose from {names})", option.shown())))
}

/// An empty `argparse.Namespace`.
fn namespace(interp: &mut Interpreter) -> Rc<Instance> {
    let class = interp.class_named("Namespace").unwrap_or_else(|| {
        let object = interp.class_named("object");
        let class = Class::native("Namespace", "argparse", object.as_ref()).with_construct(|interp, _, args| {
            let space = namespace(interp);
            args.keyword.into_iter().for_each(|(name, value)| space.set(&name, value));
            Ok(Value::Instance(space))
        });
        class.set(
            "__repr__",
            method("__repr__", |interp, args| {
                let fields = match args.one("__repr__")? {
                    Value::Instance(space) => space.fields.borrow().clone(),
                    _ => return Ok(Value::str("Namespace()")),
                };
                let mut shown = Vec::new();
                for (name, value) in &fields {
                    shown.push(format!("{name}={}", interp.repr(value)?));
                }
                Ok(Value::from(format!("Namespace({})", shown.join(", "))))
            }),
        );
        interp.register_class(class)
    });
    Rc::new(Instance::new(&class))
}

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let class = Class::native("ArgumentParser", "argparse", object.as_ref())
        .with_construct(|_, _, _| Ok(Value::object(Parser::default())));
    let parser = Value::Class(interp.register_class(class));
    let space = Value::Class(namespace(interp).class());
    let mut module = Module::new("argparse").with("ArgumentParser", parser).with("Namespace", space);
    for name in ["ArgumentDefaultsHelpFormatter", "RawDescriptionHelpFormatter", "RawTextHelpFormatter"] {
        module = module.with(name, super::marker(interp, name, "argparse"));
    }
    module
}
