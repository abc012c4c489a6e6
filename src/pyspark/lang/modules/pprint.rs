//! `pprint`: values over several lines when one is too short.
//!
//! **Simplified:** `compact`, `depth` and `underscore_numbers` are refused; subclasses are written as their `repr`.

use super::super::args::Args;
use super::super::class::Module;
use super::super::raised::{PyResult, Raised};
use super::super::{Interpreter, Value, methods};

struct Printer {
    width: i64,
    indent: i64,
    sort: bool,
    out: String,
}

const PARAMETERS: [&str; 8] =
    ["object", "stream", "indent", "width", "depth", "*compact", "*sort_dicts", "*underscore_numbers"];

/// The module `pprint`.
pub fn module() -> Module {
    Module::new("pprint")
        .function("pprint", |interp, args| print(interp, "pprint", args, true))
        .function("pp", |interp, args| print(interp, "pp", args, false))
        .function("pformat", |interp, args| {
            let [object, indent, width, depth, compact, sort, underscore] = args.bind(
                "pformat",
                ["object", "indent", "width", "depth", "*compact", "*sort_dicts", "*underscore_numbers"],
                1,
            )?;
            let sort = sort.is_none_or(|sort| sort.as_bool() != Some(false));
            let text = formatted(interp, object, [indent, width, depth, compact, underscore], sort)?;
            Ok(Value::from(text))
        })
}

fn print(interp: &mut Interpreter, name: &str, args: Args, sorts: bool) -> PyResult {
    let [object, stream, indent, width, depth, compact, sort, underscore] = args.bind(name, PARAMETERS, 1)?;
    let sort = sort.map_or(sorts, |sort| sort.as_bool() == Some(true));
    let text = formatted(interp, object, [indent, width, depth, compact, underscore], sort)? + "\n";
    match stream.filter(|stream| !stream.is_none()) {
        Some(stream) => {
            interp.call_method(&stream, "write", Args::of(vec![Value::from(text)]))?;
        }
        None => interp.write_out(&text)?,
    }
    Ok(Value::None)
}

fn formatted(
    interp: &mut Interpreter,
    object: Option<Value>,
    [indent, width, depth, compact, underscore]: [Option<Value>; 5],
    sort: bool,
) -> PyResult<String> {
    let is_set = |value: Option<Value>| value.is_some_and(|value| !value.is_none() && value.as_bool() != Some(false));
    if is_set(depth) || is_set(compact) || is_set(underscore) {
        return Err(Raised::unsupported("an option of pprint beyond indent, width and sort_dicts", "leave it out"));
    }
    let number = |value: Option<Value>, missing| value.and_then(|value| value.as_int()).unwrap_or(missing);
    let mut printer = Printer { width: number(width, 80), indent: number(indent, 1), sort, out: String::new() };
    printer.write(interp, &object.unwrap_or(Value::None), (0, 0), 0)?;
    Ok(printer.out)
}

fn length(text: &str) -> i64 {
    text.chars().count() as i64
}

impl Printer {
    /// `at` is where the value starts, and how much must stay free behind it.
    fn write(&mut self, interp: &mut Interpreter, value: &Value, at: (i64, i64), level: usize) -> PyResult<()> {
        let flat = self.flat(interp, value)?;
        if length(&flat) <= self.width - at.0 - at.1 {
            self.out.push_str(&flat);
            return Ok(());
        }
        match value {
            Value::Dict(_) => self.dict(interp, value, at, level),
            Value::List(_) => self.items(interp, value, ("[", "]"), at, level),
            Value::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.items(interp, value, ("(", end), at, level)
            }
            Value::Set(_) => self.items(interp, value, ("{", "}"), at, level),
            Value::Str(text) => self.text(text, at, level + 1),
            _ => {
                self.out.push_str(&flat);
                Ok(())
            }
        }
    }

    fn new_line(&mut self, indent: i64) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent.max(0) as usize));
    }

    fn pad(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', (self.indent - 1).max(0) as usize));
    }

    fn items(
        &mut self,
        interp: &mut Interpreter,
        value: &Value,
        (open, close): (&str, &str),
        (indent, allowance): (i64, i64),
        level: usize,
    ) -> PyResult<()> {
        let mut items = interp.items(value)?;
        if matches!(value, Value::Set(_)) {
            items = methods::list::sort(interp, items, None, None)?;
        }
        self.out.push_str(open);
        self.pad();
        let (indent, allowance) = (indent + self.indent, allowance + length(close));
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
                self.new_line(indent);
            }
            let free = if i + 1 == items.len() { allowance } else { 1 };
            self.write(interp, item, (indent, free), level + 1)?;
        }
        self.out.push_str(close);
        Ok(())
    }

    fn entries(&self, interp: &mut Interpreter, value: &Value) -> PyResult<Vec<(Value, Value)>> {
        let Some(dict) = value.as_dict() else { return Ok(Vec::new()) };
        let entries: Vec<_> = dict.borrow().iter().map(|(key, item)| (key.clone(), item.clone())).collect();
        if !self.sort {
            return Ok(entries);
        }
        let mut sorted = entries.clone();
        // Keys that cannot be compared keep their order.
        Ok(if interp.sort_values(&mut sorted, false).is_ok() { sorted } else { entries })
    }

    fn dict(
        &mut self,
        interp: &mut Interpreter,
        value: &Value,
        (indent, allowance): (i64, i64),
        level: usize,
    ) -> PyResult<()> {
        let entries = self.entries(interp, value)?;
        self.out.push('{');
        self.pad();
        let (indent, allowance) = (indent + self.indent, allowance + 1);
        for (i, (key, item)) in entries.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
                self.new_line(indent);
            }
            let key = self.flat(interp, key)? + ": ";
            self.out.push_str(&key);
            let free = if i + 1 == entries.len() { allowance } else { 1 };
            self.write(interp, item, (indent + length(&key), free), level + 1)?;
        }
        self.out.push('}');
        Ok(())
    }

    /// A long text as several, cut behind blanks.
    fn text(&mut self, text: &str, (mut indent, mut allowance): (i64, i64), level: usize) -> PyResult<()> {
        if level == 1 {
            (indent, allowance) = (indent + 1, allowance + 1);
        }
        let quoted = |part: &str| super::super::repr::quoted(part);
        let widest = self.width - indent;
        let mut chunks = Vec::new();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (i, line) in lines.iter().enumerate() {
            let is_last_line = i + 1 == lines.len();
            let fits = if is_last_line { widest - allowance } else { widest };
            if length(&quoted(line)) <= fits {
                chunks.push(quoted(line));
                continue;
            }
            let words = words(line);
            let mut current = String::new();
            for (j, word) in words.iter().enumerate() {
                let free = if is_last_line && j + 1 == words.len() { allowance } else { 0 };
                let candidate = format!("{current}{word}");
                if length(&quoted(&candidate)) > widest - free {
                    if !current.is_empty() {
                        chunks.push(quoted(&current));
                    }
                    current = (*word).to_owned();
                } else {
                    current = candidate;
                }
            }
            if !current.is_empty() {
                chunks.push(quoted(&current));
            }
        }
        if let [only] = chunks.as_slice() {
            self.out.push_str(only);
            return Ok(());
        }
        self.out.push_str(if level == 1 { "(" } else { "" });
        for (i, chunk) in chunks.iter().enumerate() {
            if i > 0 {
                self.new_line(indent);
            }
            self.out.push_str(chunk);
        }
        self.out.push_str(if level == 1 { ")" } else { "" });
        Ok(())
    }

    /// The value on one line, dictionaries in order.
    fn flat(&self, interp: &mut Interpreter, value: &Value) -> PyResult<String> {
        let join = |interp: &mut Interpreter, items: &[Value]| -> PyResult<String> {
            let parts = items.iter().map(|item| self.flat(interp, item)).collect::<PyResult<Vec<_>>>()?;
            Ok(parts.join(", "))
        };
        match value {
            Value::Dict(_) => {
                let mut parts = Vec::new();
                for (key, item) in self.entries(interp, value)? {
                    parts.push(format!("{}: {}", self.flat(interp, &key)?, self.flat(interp, &item)?));
                }
                Ok(format!("{{{}}}", parts.join(", ")))
            }
            Value::List(items) => {
                let items = items.borrow().clone();
                Ok(format!("[{}]", join(interp, &items)?))
            }
            Value::Tuple(items) if items.len() != 1 => Ok(format!("({})", join(interp, items)?)),
            other => interp.repr(other),
        }
    }
}

/// Words with the blanks behind them.
fn words(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut in_blank = false;
    for (at, c) in line.char_indices() {
        if in_blank && !c.is_whitespace() {
            found.push(&line[start..at]);
            start = at;
        }
        in_blank = c.is_whitespace();
    }
    found.push(&line[start..]);
    found
}
