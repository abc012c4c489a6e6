//! `csv`: `reader`, `writer`, `DictReader`, `DictWriter`.
//!
//! **Simplified:** rows are read by the rules of the dialect `excel`, with another delimiter and quote character when asked; no sniffing.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::iterate::Iter;
use super::super::iterator::FromFn;
use super::super::object::Object;
use super::super::raised::{PyResult, value_error};
use super::super::{Dict, Interpreter, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The characters and habits of a file.
#[derive(Clone)]
struct Dialect {
    delimiter: char,
    quote: char,
    end: String,
    quoting: i64,
    skip_blanks: bool,
}

const QUOTE_MINIMAL: i64 = 0;
const QUOTE_ALL: i64 = 1;
const QUOTE_NONNUMERIC: i64 = 2;
const QUOTE_NONE: i64 = 3;

impl Dialect {
    fn take(args: &mut Args) -> Dialect {
        let mut word = |name: &str| args.take_keyword(name);
        let one = |value: Option<Value>, otherwise: char| {
            value.as_ref().and_then(Value::as_str).and_then(|text| text.chars().next()).unwrap_or(otherwise)
        };
        let dialect = word("dialect");
        let tab = dialect.as_ref().and_then(Value::as_str) == Some("excel-tab");
        Dialect {
            delimiter: one(word("delimiter"), if tab { '\t' } else { ',' }),
            quote: one(word("quotechar"), '"'),
            end: word("lineterminator").as_ref().and_then(Value::as_str).unwrap_or("\r\n").to_owned(),
            quoting: word("quoting").as_ref().and_then(Value::as_int).unwrap_or(QUOTE_MINIMAL),
            skip_blanks: word("skipinitialspace").as_ref().and_then(Value::as_bool).unwrap_or(false),
        }
    }

    /// One row as text.
    fn line(&self, interp: &mut Interpreter, row: &[Value]) -> PyResult<String> {
        let mut line = String::new();
        for (at, value) in row.iter().enumerate() {
            if at > 0 {
                line.push(self.delimiter);
            }
            let text = match value {
                Value::None => String::new(),
                Value::Float(_) => interp.repr(value)?,
                _ => interp.str(value)?,
            };
            let needs = text.contains([self.delimiter, self.quote, '\n', '\r']) || (row.len() == 1 && text.is_empty());
            let is_number = matches!(value, Value::Int(_) | Value::Float(_));
            let quoted = match self.quoting {
                QUOTE_ALL => true,
                QUOTE_NONNUMERIC => !is_number,
                QUOTE_NONE => false,
                _ => needs,
            };
            if quoted {
                let doubled = text.replace(self.quote, &format!("{0}{0}", self.quote));
                line.push(self.quote);
                line.push_str(&doubled);
                line.push(self.quote);
            } else {
                line.push_str(&text);
            }
        }
        line.push_str(&self.end);
        Ok(line)
    }

    /// The fields of the next row; a quoted field may go on in the next line. Nothing at the end.
    fn row(&self, interp: &mut Interpreter, lines: &mut Iter) -> PyResult<Option<Vec<String>>> {
        let (mut fields, mut field, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
        while let Some(line) = lines.next(interp)? {
            begun = true;
            let text = line.as_str().unwrap_or("").to_owned();
            if !quoted && text.trim_end_matches(['\r', '\n']).is_empty() {
                return Ok(Some(fields));
            }
            let mut rest = text.chars().peekable();
            let mut at_start = !quoted;
            while let Some(c) = rest.next() {
                if quoted {
                    if c != self.quote {
                        field.push(c);
                    } else if rest.next_if_eq(&self.quote).is_some() {
                        field.push(self.quote);
                    } else {
                        quoted = false;
                    }
                } else if c == self.quote && at_start && self.quoting != QUOTE_NONE {
                    quoted = true;
                    at_start = false;
                } else if c == self.delimiter {
                    fields.push(std::mem::take(&mut field));
                    at_start = true;
                } else if !(matches!(c, '\r' | '\n') || (c == ' ' && at_start && self.skip_blanks)) {
                    field.push(c);
                    at_start = false;
                }
            }
            if !quoted {
                break;
            }
        }
        if begun {
            fields.push(field);
        }
        Ok(begun.then_some(fields))
    }
}

/// `csv.writer(file)`, and with names `csv.DictWriter(file, names)`.
struct Writer {
    file: Value,
    dialect: Dialect,
    names: Option<Vec<Value>>,
    missing: Value,
    ignores_extra: bool,
}

impl Writer {
    fn put(&self, interp: &mut Interpreter, row: &[Value]) -> PyResult {
        let line = self.dialect.line(interp, row)?;
        let write = interp.get_attr(&self.file, "write")?;
        interp.call(&write, Args::of(vec![Value::from(line)]))
    }

    fn row(&self, interp: &mut Interpreter, row: &Value) -> PyResult {
        let Some(names) = &self.names else {
            let items = interp.items(row)?;
            return self.put(interp, &items);
        };
        let given = interp.items(row)?;
        if !self.ignores_extra {
            for key in given {
                let mut is_known = false;
                for name in names {
                    is_known |= interp.equals(name, &key)?;
                }
                if !is_known {
                    let key = interp.repr(&key)?;
                    return Err(value_error(format!("dict contains fields not in fieldnames: {key}")));
                }
            }
        }
        let mut items = Vec::new();
        for name in names {
            let value = match row.native().as_dict() {
                Some(dict) => dict.borrow().get(interp, name)?,
                None => None,
            };
            items.push(value.unwrap_or_else(|| self.missing.clone()));
        }
        self.put(interp, &items)
    }
}

impl Object for Writer {
    fn type_name(&self) -> &'static str {
        if self.names.is_some() { "DictWriter" } else { "writer" }
    }

    fn methods(&self) -> &'static [&'static str] {
        &["writerow", "writerows", "writeheader"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match (name, &self.names) {
            ("fieldnames", Some(names)) => Some(Value::list(names.clone())),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "writerow" => args.one(name).and_then(|row| self.row(interp, &row)),
            "writerows" => args.one(name).and_then(|rows| interp.items(&rows)).and_then(|rows| {
                rows.iter().try_for_each(|row| self.row(interp, row).map(|_| ()))?;
                Ok(Value::None)
            }),
            "writeheader" => match &self.names {
                Some(names) => self.put(interp, names),
                None => return None,
            },
            _ => return None,
        })
    }
}

/// `csv.reader(lines)`, and with names `csv.DictReader(lines)`.
struct Reader {
    lines: RefCell<Iter>,
    dialect: Dialect,
    is_dict: bool,
    names: RefCell<Option<Vec<String>>>,
    line: Cell<i64>,
}

impl Reader {
    fn fields(&self, interp: &mut Interpreter) -> PyResult<Option<Vec<String>>> {
        self.line.set(self.line.get() + 1);
        self.dialect.row(interp, &mut self.lines.borrow_mut())
    }

    fn names(&self, interp: &mut Interpreter) -> PyResult<Vec<String>> {
        let known = self.names.borrow().clone();
        match known {
            Some(names) => Ok(names),
            None => {
                let names = self.fields(interp)?.unwrap_or_default();
                *self.names.borrow_mut() = Some(names.clone());
                Ok(names)
            }
        }
    }

    fn next(&self, interp: &mut Interpreter) -> PyResult<Option<Value>> {
        if !self.is_dict {
            return Ok(self.fields(interp)?.map(Value::strings));
        }
        let names = self.names(interp)?;
        let Some(mut fields) = self.fields(interp)? else { return Ok(None) };
        while fields.is_empty() {
            match self.fields(interp)? {
                Some(more) => fields = more,
                None => return Ok(None),
            }
        }
        let mut dict = Dict::new();
        for (at, name) in names.iter().enumerate() {
            dict.set_str(name, fields.get(at).map_or(Value::None, Value::str));
        }
        if let Some(rest) = fields.get(names.len()..).filter(|rest| !rest.is_empty()) {
            dict.set(interp, Value::None, Value::strings(rest))?;
        }
        Ok(Some(Value::dict(dict)))
    }
}

impl Object for Reader {
    fn type_name(&self) -> &'static str {
        if self.is_dict { "DictReader" } else { "_csv.reader" }
    }

    fn methods(&self) -> &'static [&'static str] {
        &["__next__"]
    }

    fn get_attr(&self, interp: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "fieldnames" if self.is_dict => Some(Value::strings(self.names(interp)?)),
            "line_num" => Some(Value::Int(self.line.get())),
            _ => None,
        })
    }

    fn iter(&self, _: &mut Interpreter, this: &Value) -> PyResult<Option<Value>> {
        let this = this.clone();
        let rows = FromFn(move |interp: &mut Interpreter| match this.downcast::<Reader>() {
            Some(reader) => reader.next(interp),
            None => Ok(None),
        });
        Ok(Some(Value::iterator("iterator", rows)))
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, _: Args) -> Option<PyResult> {
        (name == "__next__").then(|| {
            let rows = self.iter(interp, this)?.unwrap_or(Value::None);
            match interp.next(&rows)? {
                Some(row) => Ok(row),
                None => Err(super::super::raised::Raised::named("StopIteration", "")),
            }
        })
    }
}

fn reader(interp: &mut Interpreter, mut args: Args, is_dict: bool) -> PyResult {
    let dialect = Dialect::take(&mut args);
    let [lines, names, _] = args.bind("reader", ["csvfile", "fieldnames", "restkey"], 1)?;
    let names = match names {
        Some(names) if is_dict && !names.is_none() => {
            Some(interp.items(&names)?.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
        }
        _ => None,
    };
    let lines = RefCell::new(Iter::new(interp, &lines.unwrap_or(Value::None))?);
    Ok(Value::object(Reader { lines, dialect, is_dict, names: RefCell::new(names), line: Cell::new(0) }))
}

fn writer(interp: &mut Interpreter, mut args: Args, is_dict: bool) -> PyResult {
    let dialect = Dialect::take(&mut args);
    let [file, names, missing, extra] =
        args.bind("writer", ["csvfile", "fieldnames", "restval", "extrasaction"], 1 + usize::from(is_dict))?;
    let names = match names {
        Some(names) if is_dict => Some(interp.items(&names)?),
        _ => None,
    };
    Ok(Value::object(Writer {
        file: file.unwrap_or(Value::None),
        dialect,
        names,
        missing: missing.unwrap_or_else(|| Value::str("")),
        ignores_extra: extra.as_ref().and_then(Value::as_str) == Some("ignore"),
    }))
}

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let mut class = |name: &str, construct: fn(&mut Interpreter, &Rc<Class>, Args) -> PyResult| {
        let class = Class::native(name, "csv", object.as_ref()).with_construct(construct);
        Value::Class(interp.register_class(class))
    };
    let dict_reader = class("DictReader", |interp, _, args| reader(interp, args, true));
    let dict_writer = class("DictWriter", |interp, _, args| writer(interp, args, true));
    Module::new("csv")
        .with("QUOTE_MINIMAL", Value::Int(QUOTE_MINIMAL))
        .with("QUOTE_ALL", Value::Int(QUOTE_ALL))
        .with("QUOTE_NONNUMERIC", Value::Int(QUOTE_NONNUMERIC))
        .with("QUOTE_NONE", Value::Int(QUOTE_NONE))
        .with("DictReader", dict_reader)
        .with("DictWriter", dict_writer)
        .function("reader", |interp, args| reader(interp, args, false))
        .function("writer", |interp, args| writer(interp, args, false))
}
