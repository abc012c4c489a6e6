//! Methods of `str`.

use super::text_search as search;
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::raised::{PyResult, Raised, type_error, value_error};
use crate::pyspark::lang::value::Value;
use crate::pyspark::lang::{Dict, Interpreter};
use std::rc::Rc;

/// The names of all methods.
pub const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// Calls a method.
pub fn call(interp: &mut Interpreter, this: &Rc<str>, name: &str, args: Args) -> PyResult {
    Ok(match name {
        "join" => return join(interp, this, args),
        "format" => Value::from(search::format(interp, this, &args)?),
        "format_map" => {
            let mapping = args.one("format_map")?;
            let keyword = interp.mapping_items(&mapping)?;
            let keyword =
                keyword.into_iter().filter_map(|(key, value)| Some((Rc::from(key.as_str()?), value))).collect();
            Value::from(search::format(interp, this, &Args { positional: Vec::new(), keyword })?)
        }
        "split" => search::split(this, args, false)?,
        "rsplit" => search::split(this, args, true)?,
        "splitlines" => {
            let [keep] = args.bind("splitlines", ["keepends"], 0)?;
            search::splitlines(this, keep.is_some_and(|keep| keep.as_int() != Some(0)))
        }
        "strip" => Value::str(search::strip(this, args, true, true)?),
        "lstrip" => Value::str(search::strip(this, args, true, false)?),
        "rstrip" => Value::str(search::strip(this, args, false, true)?),
        "replace" => replace(this, args)?,
        "startswith" | "endswith" => return search::affix(interp, this, name, &args),
        "find" | "rfind" | "index" | "rindex" | "count" => return search::find(interp, this, name, &args),
        "partition" | "rpartition" => search::partition(this, name, args)?,
        "removeprefix" | "removesuffix" => {
            let part = args.one(name)?;
            let part = text(interp, &part)?;
            let cut = if name == "removeprefix" { this.strip_prefix(&*part) } else { this.strip_suffix(&*part) };
            Value::str(cut.unwrap_or(this))
        }
        "ljust" | "rjust" | "center" => justify(interp, this, name, args)?,
        "zfill" => zfill(interp, this, args)?,
        "encode" => {
            let [encoding, errors] = args.bind("encode", ["encoding", "errors"], 0)?;
            let name = encoding.as_ref().and_then(Value::as_str).unwrap_or("utf-8").to_lowercase();
            let errors = errors.as_ref().and_then(Value::as_str).unwrap_or("strict");
            match name.as_str() {
                "utf-8" | "utf8" => Value::Bytes(Rc::from(this.as_bytes())),
                "ascii" | "latin-1" | "latin1" | "iso-8859-1" => {
                    let codec = if name == "ascii" { "ascii" } else { "latin-1" };
                    Value::Bytes(Rc::from(encode_narrow(this, codec, errors)?))
                }
                _ => return Err(Raised::named("LookupError", format!("unknown encoding: {name}"))),
            }
        }
        "translate" => translate(interp, this, args)?,
        "maketrans" => make_translation(interp, args)?,
        "expandtabs" => {
            let [size] = args.bind("expandtabs", ["tabsize"], 0)?;
            expand_tabs(this, size.and_then(|size| size.as_int()).unwrap_or(8))
        }
        _ => {
            args.nothing(&format!("str.{name}"))?;
            plain(this, name)
        }
    })
}

/// Text as `ascii` or `latin-1`, one byte a character.
fn encode_narrow(text: &str, codec: &str, errors: &str) -> PyResult<Vec<u8>> {
    let limit = if codec == "ascii" { 128 } else { 256 };
    let mut bytes = Vec::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let code = c as u32;
        let escape = match code {
            0..0x100 => format!("\\x{code:02x}"),
            0x100..0x1_0000 => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        };
        match (u8::try_from(code), errors) {
            (Ok(byte), _) if code < limit => bytes.push(byte),
            (_, "ignore") => {}
            (_, "replace") => bytes.push(b'?'),
            (_, "xmlcharrefreplace") => bytes.extend(format!("&#{code};").bytes()),
            (_, "backslashreplace") => bytes.extend(escape.bytes()),
            (_, "strict") => {
                let text = format!(
                    "'{codec}' codec can't encode character '{escape}' in position {at}: ordinal not in range({limit})"
                );
                return Err(Raised::named("UnicodeEncodeError", text));
            }
            (_, other) => return Err(Raised::named("LookupError", format!("unknown error handler name '{other}'"))),
        }
    }
    Ok(bytes)
}

/// Methods without arguments.
fn plain(this: &str, name: &str) -> Value {
    let every = |test: fn(char) -> bool| Value::Bool(!this.is_empty() && this.chars().all(test));
    match name {
        "upper" => Value::from(this.to_uppercase()),
        "lower" | "casefold" => {
            Value::from(if name == "casefold" { this.to_lowercase().replace('ß', "ss") } else { this.to_lowercase() })
        }
        "capitalize" => {
            let mut chars = this.chars();
            Value::from(chars.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect()
            }))
        }
        "title" => Value::from(title(this)),
        "swapcase" => Value::from(
            this.chars()
                .flat_map(|c| {
                    if c.is_uppercase() { c.to_lowercase().collect::<Vec<_>>() } else { c.to_uppercase().collect() }
                })
                .collect::<String>(),
        ),
        "isdigit" | "isdecimal" | "isnumeric" => every(char::is_numeric),
        "isalpha" => every(char::is_alphabetic),
        "isalnum" => every(char::is_alphanumeric),
        "isspace" => every(char::is_whitespace),
        "isascii" => Value::Bool(this.is_ascii()),
        "isprintable" => Value::Bool(!this.chars().any(char::is_control)),
        "isupper" => Value::Bool(this.chars().any(char::is_uppercase) && !this.chars().any(char::is_lowercase)),
        "islower" => Value::Bool(this.chars().any(char::is_lowercase) && !this.chars().any(char::is_uppercase)),
        "istitle" => Value::Bool(this.chars().any(char::is_alphabetic) && title(this) == this),
        "isidentifier" => {
            let mut chars = this.chars();
            let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
            Value::Bool(first && chars.all(|c| c.is_alphanumeric() || c == '_'))
        }
        _ => Value::None,
    }
}

fn title(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

/// A text argument.
pub fn text(interp: &Interpreter, value: &Value) -> PyResult<Rc<str>> {
    match value.native() {
        Value::Str(text) => Ok(Rc::clone(text)),
        other => Err(type_error(format!("must be str, not {}", interp.type_name(other)))),
    }
}

fn join(interp: &mut Interpreter, this: &str, args: Args) -> PyResult {
    let iterable = args.one("str.join")?;
    let items = match interp.items(&iterable) {
        Err(raised) if interp.is_raised(&raised, "TypeError") => return Err(type_error("can only join an iterable")),
        items => items?,
    };
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(this);
        }
        match item.as_str() {
            Some(text) => out.push_str(text),
            None => {
                let kind = interp.type_name(item);
                return Err(type_error(format!("sequence item {at}: expected str instance, {kind} found")));
            }
        }
        crate::pyspark::lang::ops::check_length(out.len())?;
    }
    Ok(Value::from(out))
}

fn replace(this: &str, args: Args) -> PyResult {
    let [old, new, count] = args.bind("replace", ["old", "new", "count"], 2)?;
    let (Some(old), Some(new)) = (old.as_ref().and_then(Value::as_str), new.as_ref().and_then(Value::as_str)) else {
        return Err(type_error("replace() argument must be str"));
    };
    let count = count.and_then(|count| count.as_int()).unwrap_or(-1);
    Ok(Value::from(match usize::try_from(count) {
        Ok(count) => this.replacen(old, new, count),
        Err(_) => this.replace(old, new),
    }))
}

fn justify(interp: &Interpreter, this: &str, name: &str, args: Args) -> PyResult {
    let [width, fill] = args.bind(name, ["width", "fillchar"], 1)?;
    let width = match width {
        Some(width) => width.as_int().ok_or_else(|| {
            type_error(format!("'{}' object cannot be interpreted as an integer", interp.type_name(&width)))
        })?,
        None => 0,
    };
    let fill = match fill.as_ref().map(Value::as_str) {
        None => " ",
        Some(Some(fill)) if fill.chars().count() == 1 => fill,
        Some(_) => return Err(type_error("The fill character must be exactly one character long")),
    };
    let missing = (width - this.chars().count() as i64).max(0) as usize;
    crate::pyspark::lang::ops::check_length(missing)?;
    Ok(Value::from(match name {
        "ljust" => format!("{this}{}", fill.repeat(missing)),
        "rjust" => format!("{}{this}", fill.repeat(missing)),
        _ => {
            // CPython puts the odd one on the left only when the width is odd too.
            let left = missing / 2 + (missing & width.max(0) as usize & 1);
            format!("{}{this}{}", fill.repeat(left), fill.repeat(missing - left))
        }
    }))
}

fn zfill(interp: &Interpreter, this: &str, args: Args) -> PyResult {
    let width = args.one("str.zfill")?;
    let width = width.as_int().ok_or_else(|| {
        type_error(format!("'{}' object cannot be interpreted as an integer", interp.type_name(&width)))
    })?;
    let missing = usize::try_from(width - this.chars().count() as i64).unwrap_or(0);
    crate::pyspark::lang::ops::check_length(missing)?;
    let sign = usize::from(this.starts_with(['+', '-']));
    Ok(Value::from(format!("{}{}{}", &this[..sign], "0".repeat(missing), &this[sign..])))
}

fn translate(interp: &mut Interpreter, this: &str, args: Args) -> PyResult {
    let table = args.one("str.translate")?;
    let mut out = String::new();
    for c in this.chars() {
        let key = Value::Int(i64::from(c as u32));
        let mapped = match table.as_dict() {
            Some(dict) => Rc::clone(dict).borrow().get(interp, &key)?,
            None => return Err(type_error("translate() needs a dict, as str.maketrans makes it")),
        };
        match mapped {
            None => out.push(c),
            Some(Value::None) => {}
            Some(Value::Int(code)) => out.extend(u32::try_from(code).ok().and_then(char::from_u32)),
            Some(other) => out.push_str(other.as_str().unwrap_or("")),
        }
    }
    Ok(Value::from(out))
}

fn make_translation(interp: &mut Interpreter, args: Args) -> PyResult {
    let mut dict = Dict::new();
    let code = |c: char| Value::Int(i64::from(c as u32));
    match args.positional.as_slice() {
        [mapping] => {
            for (key, value) in interp.mapping_items(mapping)? {
                let key = match key.as_str().and_then(|text| text.chars().next()) {
                    Some(c) => code(c),
                    None => key,
                };
                dict.set(interp, key, value)?;
            }
        }
        [from, to, rest @ ..] => {
            let (from, to) = (text(interp, from)?, text(interp, to)?);
            if from.chars().count() != to.chars().count() {
                return Err(value_error("the first two maketrans arguments must have equal length"));
            }
            for (a, b) in from.chars().zip(to.chars()) {
                dict.set(interp, code(a), code(b))?;
            }
            for removed in rest {
                for c in text(interp, removed)?.chars() {
                    dict.set(interp, code(c), Value::None)?;
                }
            }
        }
        [] => return Err(type_error("maketrans expected at least 1 argument, got 0")),
    }
    Ok(Value::dict(dict))
}

fn expand_tabs(this: &str, size: i64) -> Value {
    let size = size.clamp(0, 1 << 10) as usize;
    let mut out = String::new();
    let mut column = 0;
    for c in this.chars() {
        match c {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                out.push_str(&" ".repeat(spaces));
                column += spaces;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    Value::from(out)
}
