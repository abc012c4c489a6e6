//! `re`, in Python's spelling.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::freeze::{Freezer, Thaw};
use super::super::object::Object;
use super::super::raised::{PyResult, Raised, index_error, type_error};
use super::super::{Dict, Interpreter, Value};
use crate::common::pattern::{Groups, Pattern as Regular};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

/// A compiled pattern; its anchored forms are made when they are asked for.
struct Pattern {
    source: String,
    flags: i64,
    regex: Regular,
    at_start: OnceCell<Regular>,
    whole: OnceCell<Regular>,
}

/// A match: byte offsets of each group in the text.
struct Match {
    text: Rc<str>,
    groups: Vec<Option<(usize, usize)>>,
    names: Vec<Option<String>>,
}

const IGNORECASE: i64 = 2;
const MULTILINE: i64 = 8;
const DOTALL: i64 = 16;
const VERBOSE: i64 = 64;
const ASCII: i64 = 256;

/// Python's spelling in the crate's.
fn translate(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::new();
    let mut in_class = false;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        match (c, chars.get(at + 1)) {
            ('\\', Some('Z')) => out.push_str("\\z"),
            ('\\', Some(next)) => out.extend([c, *next]),
            ('[', _) if in_class => {
                out.push_str("\\[");
                at += 1;
                continue;
            }
            ('[', next) => {
                in_class = true;
                out.push('[');
                if next == Some(&'^') {
                    out.push('^');
                    at += 1;
                }
                if chars.get(at + 1) == Some(&']') {
                    out.push_str("\\]");
                    at += 1;
                }
                at += 1;
                continue;
            }
            (']', _) => {
                in_class = false;
                out.push(']');
                at += 1;
                continue;
            }
            ('&' | '~' | '-', Some(next)) if in_class && *next == c => {
                out.extend(['\\', c]);
                at += 1;
                continue;
            }
            _ => {
                out.push(c);
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    out
}

/// The flags as a pattern's `repr` shows them.
fn flag_names(flags: i64) -> String {
    const NAMES: [(i64, &str); 6] = [
        (2, "re.IGNORECASE"),
        (4, "re.LOCALE"),
        (8, "re.MULTILINE"),
        (16, "re.DOTALL"),
        (64, "re.VERBOSE"),
        (256, "re.ASCII"),
    ];
    let shown: Vec<_> = NAMES.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name).collect();
    if shown.is_empty() { String::new() } else { format!(", {}", shown.join("|")) }
}

/// The pattern between two more parts, under its flags.
fn regular(before: &str, source: &str, after: &str, flags: i64) -> PyResult<Regular> {
    let letters = [(IGNORECASE, 'i'), (MULTILINE, 'm'), (DOTALL, 's'), (VERBOSE, 'x')];
    let letters: String = letters.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, letter)| letter).collect();
    let head = if letters.is_empty() { letters } else { format!("(?{letters})") };
    Regular::new(&format!("{head}{before}{}{after}", translate(source))).map_err(|error| {
        let sentence = error.lines().last().unwrap_or("invalid pattern").trim_start_matches("error: ");
        Raised::named("PatternError", sentence)
    })
}

fn compile(source: &str, flags: i64) -> PyResult<Pattern> {
    let regex = regular("", source, "", flags)?;
    Ok(Pattern { source: source.to_owned(), flags, regex, at_start: OnceCell::new(), whole: OnceCell::new() })
}

/// The pattern of an argument: compiled already, or a text.
fn pattern_of(value: &Value, flags: i64) -> PyResult<Rc<Pattern>> {
    if let Some(pattern) = value.downcast_rc::<Pattern>() {
        return Ok(pattern);
    }
    match value.as_str() {
        Some(source) => compile(source, flags).map(Rc::new),
        None => Err(type_error("first argument must be string or compiled pattern")),
    }
}

fn text_of(interp: &Interpreter, value: Option<&Value>) -> PyResult<Rc<str>> {
    match value.map(Value::native) {
        Some(Value::Str(text)) => Ok(Rc::clone(text)),
        Some(other) => {
            Err(type_error(format!("expected string or bytes-like object, got '{}'", interp.type_name(other))))
        }
        None => Err(type_error("missing the text to search")),
    }
}

impl Pattern {
    fn matched(&self, text: &Rc<str>, groups: &Groups<'_>) -> Match {
        Match {
            text: Rc::clone(text),
            groups: (0..groups.len()).map(|at| groups.range(at).map(|range| (range.start, range.end))).collect(),
            names: self.regex.group_names(),
        }
    }

    /// The pattern of `match` (`after` is empty) or `fullmatch`: the leftmost match must be the one that begins (and ends) there.
    fn anchored<'a>(&self, kept: &'a OnceCell<Regular>, after: &str) -> PyResult<&'a Regular> {
        if let Some(regex) = kept.get() {
            return Ok(regex);
        }
        // A pattern written in lines may end with a comment.
        let line = if self.flags & VERBOSE != 0 { "\n" } else { "" };
        let made = regular("\\A(?:", &self.source, &format!("{line}){after}"), self.flags)?;
        Ok(kept.get_or_init(|| made))
    }

    /// `search`, `match`, `fullmatch`.
    fn find(&self, kind: &str, text: &Rc<str>) -> PyResult {
        let regex = match kind {
            "match" => self.anchored(&self.at_start, "")?,
            "fullmatch" => self.anchored(&self.whole, "\\z")?,
            _ => &self.regex,
        };
        Ok(regex.groups(text)?.map_or(Value::None, |groups| Value::object(self.matched(text, &groups))))
    }

    fn all(&self, text: &Rc<str>) -> PyResult<Vec<Match>> {
        let found = self.regex.groups_iter(text);
        found.map(|groups| Ok(self.matched(text, &groups?))).collect()
    }

    fn find_all(&self, text: &Rc<str>) -> PyResult {
        let found = self.all(text)?.into_iter().map(|found| {
            let group =
                |at: usize| found.groups[at].map_or(Value::str(""), |(start, end)| Value::str(&found.text[start..end]));
            match found.groups.len() {
                1 => group(0),
                2 => group(1),
                count => Value::tuple((1..count).map(group).collect()),
            }
        });
        Ok(Value::list(found.collect()))
    }

    fn substitute(
        &self,
        interp: &mut Interpreter,
        replacement: &Value,
        text: &Rc<str>,
        limit: usize,
    ) -> PyResult<(String, i64)> {
        let mut out = String::new();
        let (mut last, mut count) = (0, 0);
        for found in self.all(text)? {
            if limit > 0 && count as usize >= limit {
                break;
            }
            let (start, end) = found.groups[0].unwrap_or((0, 0));
            out.push_str(&text[last..start]);
            match replacement.as_str() {
                Some(template) => out.push_str(&found.expand(template)?),
                None => {
                    let new = interp.call(replacement, Args::of(vec![Value::object(found)]))?;
                    out.push_str(new.as_str().unwrap_or(""));
                }
            }
            last = end;
            count += 1;
        }
        out.push_str(&text[last..]);
        Ok((out, count))
    }

    fn split(&self, text: &Rc<str>, limit: usize) -> PyResult {
        let mut parts = Vec::new();
        let mut last = 0;
        for (at, found) in self.all(text)?.into_iter().enumerate() {
            if limit > 0 && at >= limit {
                break;
            }
            let (start, end) = found.groups[0].unwrap_or((0, 0));
            parts.push(Value::str(&text[last..start]));
            for group in &found.groups[1..] {
                parts.push(group.map_or(Value::None, |(start, end)| Value::str(&text[start..end])));
            }
            last = end;
        }
        parts.push(Value::str(&text[last..]));
        Ok(Value::list(parts))
    }
}

const METHODS: &[&str] = &["search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"];

/// A method of a pattern; the module's functions come here too.
fn apply(interp: &mut Interpreter, pattern: &Rc<Pattern>, name: &str, args: Args) -> PyResult {
    match name {
        "sub" | "subn" => {
            let [replacement, text, count, _] = args.bind(name, ["repl", "string", "count", "flags"], 2)?;
            let text = text_of(interp, text.as_ref())?;
            let limit = count.and_then(|count| count.as_int()).unwrap_or(0).max(0) as usize;
            let (new, count) = pattern.substitute(interp, &replacement.unwrap_or(Value::None), &text, limit)?;
            Ok(if name == "sub" { Value::from(new) } else { Value::tuple(vec![Value::from(new), Value::Int(count)]) })
        }
        "split" => {
            let [text, limit, _] = args.bind(name, ["string", "maxsplit", "flags"], 1)?;
            let text = text_of(interp, text.as_ref())?;
            pattern.split(&text, limit.and_then(|limit| limit.as_int()).unwrap_or(0).max(0) as usize)
        }
        _ => {
            let text = text_of(interp, args.positional.first())?;
            match name {
                "findall" => pattern.find_all(&text),
                "finditer" => Ok(Value::iter_over(pattern.all(&text)?.into_iter().map(Value::object).collect())),
                kind => pattern.find(kind, &text),
            }
        }
    }
}

impl Object for Pattern {
    fn type_name(&self) -> &'static str {
        "Pattern"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "pattern" => Some(Value::str(&self.source)),
            "flags" => Some(Value::Int(self.flags | 32)),
            "groups" => Some(Value::Int(self.regex.groups_len() as i64 - 1)),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if !METHODS.contains(&name) {
            return None;
        }
        this.downcast_rc::<Pattern>().map(|pattern| apply(interp, &pattern, name, args))
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(format!("re.compile({}{})", super::super::repr::quoted(&self.source), flag_names(self.flags)))
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        let (source, flags, regex) = (self.source.clone(), self.flags, self.regex.clone());
        Ok(Some(Arc::new(move |_| {
            let (source, regex) = (source.clone(), regex.clone());
            Ok(Value::object(Pattern { source, flags, regex, at_start: OnceCell::new(), whole: OnceCell::new() }))
        })))
    }
}

impl Match {
    fn place(&self, key: Option<&Value>) -> PyResult<usize> {
        let at = match key {
            None => Some(0),
            Some(key) => match (key.as_int(), key.as_str()) {
                (Some(at), _) => usize::try_from(at).ok().filter(|at| *at < self.groups.len()),
                (None, Some(name)) => self.names.iter().position(|known| known.as_deref() == Some(name)),
                _ => None,
            },
        };
        at.ok_or_else(|| index_error("no such group"))
    }

    fn group(&self, at: usize, missing: &Value) -> Value {
        self.groups[at].map_or_else(|| missing.clone(), |(start, end)| Value::str(&self.text[start..end]))
    }

    /// `\1`, `\g<name>` in a replacement.
    fn expand(&self, template: &str) -> PyResult<String> {
        let mut out = String::new();
        let mut chars = template.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some(digit @ '0'..='9') => {
                    let mut number = digit.to_string();
                    number.extend(chars.next_if(char::is_ascii_digit));
                    let at = self.place(Some(&Value::Int(number.parse().unwrap_or(0))))?;
                    out.push_str(self.group(at, &Value::str("")).as_str().unwrap_or(""));
                }
                Some('g') => {
                    chars.next_if_eq(&'<');
                    let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                    let key = name.parse::<i64>().map_or_else(|_| Value::str(&name), Value::Int);
                    let at = self.place(Some(&key))?;
                    out.push_str(self.group(at, &Value::str("")).as_str().unwrap_or(""));
                }
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('\\') => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            }
        }
        Ok(out)
    }

    fn offset(&self, bytes: usize) -> Value {
        Value::Int(self.text[..bytes].chars().count() as i64)
    }
}

impl Object for Match {
    fn type_name(&self) -> &'static str {
        "Match"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["group", "groups", "groupdict", "start", "end", "span", "expand"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "string" => Some(Value::Str(Rc::clone(&self.text))),
            "lastindex" => Some(
                (1..self.groups.len())
                    .rev()
                    .find(|at| self.groups[*at].is_some())
                    .map_or(Value::None, |at| Value::Int(at as i64)),
            ),
            _ => None,
        })
    }

    fn call_method(&self, _: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        if !self.methods().contains(&name) {
            return None;
        }
        Some(self.method(name, &args))
    }

    fn get_item(&self, _: &mut Interpreter, _: &Value, key: &Value) -> PyResult<Option<Value>> {
        Ok(Some(self.group(self.place(Some(key))?, &Value::None)))
    }

    fn truth(&self, _: &mut Interpreter, _: &Value) -> PyResult<Option<bool>> {
        Ok(Some(true))
    }

    fn repr(&self, interp: &mut Interpreter, _: &Value) -> PyResult<String> {
        let (start, end) = self.groups[0].unwrap_or((0, 0));
        let shown = interp.repr(&self.group(0, &Value::None))?;
        let (start, end) = (self.text[..start].chars().count(), self.text[..end].chars().count());
        Ok(format!("<re.Match object; span=({start}, {end}), match={shown}>"))
    }
}

impl Match {
    fn method(&self, name: &str, args: &Args) -> PyResult {
        let missing = args.positional.first().cloned().unwrap_or(Value::None);
        Ok(match name {
            "group" if args.positional.len() > 1 => {
                let mut groups = Vec::new();
                for key in &args.positional {
                    groups.push(self.group(self.place(Some(key))?, &Value::None));
                }
                Value::tuple(groups)
            }
            "group" => self.group(self.place(args.positional.first())?, &Value::None),
            "groups" => Value::tuple((1..self.groups.len()).map(|at| self.group(at, &missing)).collect()),
            "groupdict" => {
                let mut dict = Dict::new();
                for (at, name) in self.names.iter().enumerate() {
                    if let Some(name) = name {
                        dict.set_str(name, self.group(at, &missing));
                    }
                }
                Value::dict(dict)
            }
            "expand" => Value::from(self.expand(missing.as_str().unwrap_or(""))?),
            _ => match (self.groups[self.place(args.positional.first())?], name) {
                (None, "span") => Value::tuple(vec![Value::Int(-1), Value::Int(-1)]),
                (None, _) => Value::Int(-1),
                (Some((start, _)), "start") => self.offset(start),
                (Some((_, end)), "end") => self.offset(end),
                (Some((start, end)), _) => Value::tuple(vec![self.offset(start), self.offset(end)]),
            },
        })
    }
}

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let mut module = Module::new("re");
    for (name, flag) in [
        ("IGNORECASE", IGNORECASE),
        ("I", IGNORECASE),
        ("MULTILINE", MULTILINE),
        ("M", MULTILINE),
        ("DOTALL", DOTALL),
        ("S", DOTALL),
        ("VERBOSE", VERBOSE),
        ("X", VERBOSE),
        ("ASCII", ASCII),
        ("A", ASCII),
        ("UNICODE", 32),
        ("U", 32),
    ] {
        module.set(name, Value::Int(flag));
    }
    for name in METHODS {
        module = module.function(name, move |interp, mut args| {
            if args.positional.is_empty() {
                return Err(type_error(format!("{name}() missing 1 required positional argument: 'pattern'")));
            }
            let pattern = args.positional.remove(0);
            let places = match *name {
                "sub" | "subn" => 3,
                "split" => 2,
                _ => 1,
            };
            let mut flags = args.take_keyword("flags").and_then(|flags| flags.as_int()).unwrap_or(0);
            if args.positional.len() > places {
                flags |= args.positional.pop().and_then(|flags| flags.as_int()).unwrap_or(0);
            }
            let pattern = pattern_of(&pattern, flags)?;
            apply(interp, &pattern, name, args)
        });
    }
    let object = interp.class_named("object");
    for name in ["Pattern", "Match"] {
        module.set(name, Value::Class(interp.register_class(Class::native(name, "re", object.as_ref()))));
    }
    module.set("error", interp.class_named("PatternError").map_or(Value::None, Value::Class));
    module
        .function("compile", |_, args| {
            let [pattern, flags] = args.bind("compile", ["pattern", "flags"], 1)?;
            let flags = flags.and_then(|flags| flags.as_int()).unwrap_or(0);
            let pattern = pattern.unwrap_or(Value::None);
            if pattern.downcast::<Pattern>().is_some() {
                return Ok(pattern);
            }
            match pattern.as_str() {
                Some(source) => Ok(Value::object(compile(source, flags)?)),
                None => Err(type_error("first argument must be string or compiled pattern")),
            }
        })
        .function("escape", |_, args| {
            let text = args.one("escape")?;
            let mut out = String::new();
            for c in text.as_str().unwrap_or("").chars() {
                if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
            Ok(Value::from(out))
        })
        .function("purge", |_, _| Ok(Value::None))
}
