//! Runs a script, whole or piece by piece, and says how it ended.

use super::Interpreter;
use super::advice::{Failing, advice, home_of};
use super::frame::{Frame, Globals};
use super::parse::{Piece, SyntaxError, parse_piece, parse_unit};
use super::raised::{Cause, PyResult, Raised, TraceEntry};
use super::value::Value;
use crate::common::ErrorClass;
use crate::pyspark::{ScriptEnd, Uncaught};
use std::rc::Rc;
use std::sync::Arc;

/// What a script has told so far. A whole script is one piece; a shell adds a piece for each entry.
pub struct Script {
    file: String,
    /// Whether expressions show their values, as at a prompt.
    echoes: bool,
    /// Every piece that could be parsed, one after the other.
    text: String,
    globals: Option<Rc<Globals>>,
}

impl Script {
    /// A script of this name.
    pub fn new(file: &str) -> Script {
        Script { file: file.to_owned(), echoes: false, text: String::new(), globals: None }
    }

    /// A script that is typed at a prompt: expressions show their values.
    pub fn at_prompt(file: &str) -> Script {
        Script { echoes: true, ..Script::new(file) }
    }

    /// The pieces so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same with `piece` behind it, which begins on a line of its own.
    pub fn with(&self, piece: &str) -> String {
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        format!("{}{gap}{piece}", self.text)
    }

    /// Compiles the next piece and makes room for its names.
    fn add(&mut self, piece: &str) -> Result<(Rc<Globals>, u32), Box<Uncaught>> {
        let source = self.with(piece);
        let from = source.len() - piece.len();
        let known = self.globals.as_ref().map(|globals| globals.known()).unwrap_or_default();
        let parts = Piece { source: &source, from, file: &self.file, known: &known, echoes: self.echoes };
        let unit = parse_piece(&parts).map_err(|error| Box::new(syntax_end(&source, &error)))?;
        let globals = Rc::new(match &self.globals {
            Some(globals) => globals.continued(&unit),
            None => Globals::new(&unit),
        });
        self.globals = Some(Rc::clone(&globals));
        self.text = source;
        Ok((globals, unit.line(from as u32)))
    }
}

/// The file of the script.
#[derive(Default)]
struct MainFile(String);

impl Interpreter {
    /// Where the script is, as Python names it: `/home/me/script.py:12`.
    pub fn call_site(&mut self) -> String {
        let line = self.last_line;
        format!("{}:{line}", self.extension::<MainFile>().0)
    }

    /// Runs a script from its text.
    pub fn run_script(&mut self, source: &str, file: &str) -> ScriptEnd {
        self.run_piece(&mut Script::new(file), source)
    }

    /// Runs code that is not the script's own before its first piece: its names are there, its lines are not told.
    pub fn run_before(&mut self, script: &mut Script, source: &str) -> ScriptEnd {
        let unit = match parse_unit(source, "<startup>") {
            Ok(unit) => unit,
            Err(error) => return ScriptEnd::Raised(Box::new(syntax_end(source, &error))),
        };
        let globals = Rc::new(Globals::new(&unit));
        script.globals = Some(Rc::clone(&globals));
        self.set_main(&globals, &script.file);
        self.run_unit(&globals, source)
    }

    /// Runs the next piece of a script.
    pub fn run_piece(&mut self, script: &mut Script, piece: &str) -> ScriptEnd {
        let is_first = script.globals.is_none();
        let (globals, first_line) = match script.add(piece) {
            Ok(added) => added,
            Err(end) => return ScriptEnd::Raised(end),
        };
        if is_first {
            self.set_main(&globals, &script.file);
        }
        if let Ok(host) = self.host() {
            host.script_read(first_line, piece);
        }
        self.run_unit(&globals, &script.text)
    }

    fn run_unit(&mut self, globals: &Rc<Globals>, source: &str) -> ScriptEnd {
        let unit = Arc::clone(&globals.unit);
        let mut frame = Frame::new(globals, unit.slots, unit.cells, &[]);
        match self.exec_block(&unit.body, &mut frame) {
            Ok(_) => ScriptEnd::Finished,
            Err(raised) => self.script_end(raised, source),
        }
    }

    fn set_main(&mut self, globals: &Rc<Globals>, file: &str) {
        globals.set("__name__", Value::str("__main__"));
        let place = if self.has_host() { super::modules::absolute_path(self, file).ok() } else { None };
        let place = place.unwrap_or_else(|| file.to_owned());
        globals.set("__file__", Value::str(&place));
        self.extension::<MainFile>().0 = place;
        globals.set("__package__", Value::None);
        globals.set("__builtins__", Value::None);
        let module = super::Module {
            name: Rc::from("__main__"),
            attrs: std::cell::RefCell::default(),
            globals: Some(Rc::clone(globals)),
        };
        self.modules.insert(Rc::from("__main__"), Rc::new(module));
        self.script_name = file.to_owned();
    }

    /// Shows a value as Python's prompt does, and keeps it as `_`.
    pub(super) fn echo(&mut self, value: Value) -> PyResult<()> {
        if matches!(value, Value::None) {
            return Ok(());
        }
        let text = self.repr(&value)?;
        self.write_out(&format!("{text}\n"))?;
        self.builtins.insert(Rc::from("_"), value);
        Ok(())
    }

    /// The script's own globals, by name (the checks read them).
    pub fn main_globals(&self) -> Option<Rc<super::Module>> {
        self.imported("__main__")
    }

    fn script_end(&mut self, mut raised: Raised, source: &str) -> ScriptEnd {
        if matches!(raised.cause(), Cause::Spark(error) if error.class() == ErrorClass::LineReached) {
            return ScriptEnd::AtLine;
        }
        if self.exception_class(&raised).descends_from("SystemExit") && !raised.is_fatal() {
            return self.exit_end(&mut raised);
        }
        let class = if raised.is_unsupported() {
            "NotSupportedHere".to_owned()
        } else {
            self.exception_class(&raised).name.to_string()
        };
        let message = match raised.cause() {
            Cause::Spark(error) => error.message().to_owned(),
            _ => {
                let text = self.message_of(&raised);
                // The condition is shown apart.
                match raised.condition() {
                    Some(condition) => match text.strip_prefix(&format!("[{condition}] ")) {
                        Some(rest) => rest.to_owned(),
                        None => text,
                    },
                    None => text,
                }
            }
        };
        let mut end = Uncaught {
            class,
            condition: raised.condition(),
            message,
            subject: raised.subject(),
            help: raised.help(),
            ..Uncaught::default()
        };
        place(&mut end, &raised, source, &self.script_name);
        if let Some(frame) = frame_in(&raised, &self.script_name) {
            let text = |(from, to): (u32, u32)| source.get(from as usize..to as usize).unwrap_or("");
            let unknown = end.subject.as_deref().filter(|_| end.class == "NameError");
            let home = unknown.and_then(|name| home_of(self, name));
            let failing = Failing { expression: text(frame.span), statement: text(frame.statement), home };
            if let Some(advice) = advice(&end, &failing) {
                end.help.insert(0, advice);
            }
        }
        ScriptEnd::Raised(Box::new(end))
    }

    fn exit_end(&mut self, raised: &mut Raised) -> ScriptEnd {
        let status = match self.exception_value(raised) {
            Ok(Value::Instance(instance)) => instance.field("code").unwrap_or(Value::None),
            _ => Value::None,
        };
        match status {
            Value::None => ScriptEnd::Exit(0),
            other => match other.as_int() {
                Some(code) => ScriptEnd::Exit((code & 0xFF) as i32),
                None => {
                    let text = self.str(&other).unwrap_or_default();
                    if let Ok(host) = self.host() {
                        host.print_error(&format!("{text}\n"));
                    }
                    ScriptEnd::Exit(1)
                }
            },
        }
    }
}

/// The innermost frame that lies in the script itself.
fn frame_in<'a>(raised: &'a Raised, file: &str) -> Option<&'a TraceEntry> {
    raised.trace().iter().find(|frame| &*frame.file == file)
}

/// Line, columns and traceback of the innermost frame that lies in the script itself.
fn place(end: &mut Uncaught, raised: &Raised, source: &str, file: &str) {
    let frames = raised.trace();
    end.traceback = frames
        .iter()
        .rev()
        .map(|frame| {
            let other = if &*frame.file == file { String::new() } else { format!("{}, ", frame.file) };
            format!("{other}line {}, in {}", frame.line, frame.function)
        })
        .collect();
    let Some(frame) = frame_in(raised, file).or(frames.first()) else { return };
    let (start, stop) = guilty(source, frame.statement, frame.span, end.subject.as_deref());
    let line_start = source.get(..start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line_end =
        source.get(start as usize..).and_then(|rest| rest.find('\n')).map_or(source.len(), |at| start as usize + at);
    end.line = Some(source.as_bytes().iter().take(start as usize).filter(|byte| **byte == b'\n').count() as u32 + 1);
    let column = |offset: usize| source.get(line_start..offset).map_or(0, |text| text.chars().count()) as u32;
    end.columns = Some((column(start as usize), column((stop as usize).min(line_end))));
}

/// The part to underline: the subject inside the failing expression or its statement, or the expression itself.
fn guilty(source: &str, statement: (u32, u32), span: (u32, u32), subject: Option<&str>) -> (u32, u32) {
    let Some(subject) = subject.filter(|subject| !subject.is_empty()) else { return span };
    for area in [span, statement] {
        let Some(text) = source.get(area.0 as usize..area.1 as usize) else { continue };
        for quote in ['"', '\''] {
            let literal = format!("{quote}{subject}{quote}");
            if let Some(at) = text.find(&literal) {
                let start = area.0 + at as u32 + 1;
                return (start, start + subject.len() as u32);
            }
        }
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        for (at, _) in text.match_indices(subject) {
            let (before, after) = (text[..at].chars().next_back(), text[at + subject.len()..].chars().next());
            if !word(before) && !word(after) {
                let start = area.0 + at as u32;
                return (start, start + subject.len() as u32);
            }
        }
    }
    span
}

fn syntax_end(source: &str, error: &SyntaxError) -> Uncaught {
    let mut end = Uncaught { class: "SyntaxError".to_owned(), message: error.message.clone(), ..Uncaught::default() };
    let line_start = source.get(..error.span.0 as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let column = |offset: u32| source.get(line_start..offset as usize).map_or(0, |text| text.chars().count()) as u32;
    end.line = Some(error.line);
    end.help.extend(error.help.clone());
    end.columns = Some((column(error.span.0), column(error.span.1).max(column(error.span.0) + 1)));
    end
}

/// A `SyntaxError` of an imported file.
pub fn syntax_error(error: &SyntaxError, file: &str) -> Raised {
    Raised::named("SyntaxError", format!("{} ({file}, line {})", error.message, error.line))
}
