//! Runs a whole script, and says how it ended.

use super::Interpreter;
use super::frame::{Frame, Globals};
use super::parse::{SyntaxError, parse_unit};
use super::raised::{Cause, Raised};
use super::value::Value;
use crate::pyspark::{ScriptEnd, Uncaught};
use std::rc::Rc;

impl Interpreter {
    /// Runs a script from its text.
    pub fn run_script(&mut self, source: &str, file: &str) -> ScriptEnd {
        let unit = match parse_unit(source, file) {
            Ok(unit) => unit,
            Err(error) => return ScriptEnd::Raised(Box::new(syntax_end(source, &error))),
        };
        let globals = Rc::new(Globals::new(&unit));
        globals.set("__name__", Value::str("__main__"));
        globals.set("__file__", Value::str(file));
        globals.set("__builtins__", Value::None);
        self.set_main(&globals, file);
        let mut frame = Frame::new(&globals, unit.slots, unit.cells, &[]);
        match self.exec_block(&unit.body, &mut frame) {
            Ok(_) => ScriptEnd::Finished,
            Err(raised) => self.script_end(raised, source),
        }
    }

    fn set_main(&mut self, globals: &Rc<Globals>, file: &str) {
        let module = super::Module {
            name: Rc::from("__main__"),
            attrs: std::cell::RefCell::default(),
            globals: Some(Rc::clone(globals)),
        };
        self.modules.insert(Rc::from("__main__"), Rc::new(module));
        self.script_name = file.to_owned();
    }

    /// The script's own globals, by name (the checks read them).
    pub fn main_globals(&self) -> Option<Rc<super::Module>> {
        self.imported("__main__")
    }

    fn script_end(&mut self, mut raised: Raised, source: &str) -> ScriptEnd {
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
    let Some(frame) = frames.iter().find(|frame| &*frame.file == file).or(frames.first()) else { return };
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
    end.columns = Some((column(error.span.0), column(error.span.1).max(column(error.span.0) + 1)));
    end
}

/// A `SyntaxError` of an imported file.
pub fn syntax_error(error: &SyntaxError, file: &str) -> Raised {
    Raised::named("SyntaxError", format!("{} ({file}, line {})", error.message, error.line))
}
