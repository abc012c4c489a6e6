//! `match`: which case fits.

use super::Interpreter;
use super::ast::{Case, Pattern, Stmt, Target};
use super::frame::Frame;
use super::raised::{PyResult, type_error};
use super::value::Value;

impl Interpreter {
    /// The body of the first case that fits.
    pub(super) fn select_case<'c>(
        &mut self,
        subject: &Value,
        cases: &'c [Case],
        frame: &mut Frame,
    ) -> PyResult<Option<&'c [Stmt]>> {
        Ok(self.select_case_index(subject, cases, frame)?.map(|index| cases[index].body.as_slice()))
    }

    /// The first case that fits.
    pub(super) fn select_case_index(
        &mut self,
        subject: &Value,
        cases: &[Case],
        frame: &mut Frame,
    ) -> PyResult<Option<usize>> {
        for (index, case) in cases.iter().enumerate() {
            if self.fits(&case.pattern, subject, frame)? {
                let guarded = match &case.guard {
                    Some(guard) => self.test(guard, frame)?,
                    None => true,
                };
                if guarded {
                    return Ok(Some(index));
                }
            }
        }
        Ok(None)
    }

    fn fits(&mut self, pattern: &Pattern, subject: &Value, frame: &mut Frame) -> PyResult<bool> {
        match pattern {
            Pattern::Value(expr) => {
                let value = self.eval(expr, frame)?;
                self.equals(subject, &value)
            }
            Pattern::Singleton(constant) => Ok(constant.to_value().is(subject)),
            Pattern::Sequence(patterns) => self.fits_sequence(patterns, subject, frame),
            Pattern::Star(_) => Ok(false),
            Pattern::Mapping { keys, patterns, rest } => {
                let Some(dict) = subject.as_dict() else { return Ok(false) };
                let mut left = dict.borrow().clone();
                for (key, pattern) in keys.iter().zip(patterns) {
                    let key = self.eval(key, frame)?;
                    let Some(value) = left.remove(self, &key)? else { return Ok(false) };
                    if !self.fits(pattern, &value, frame)? {
                        return Ok(false);
                    }
                }
                self.capture(rest.as_ref(), Value::dict(left), frame)?;
                Ok(true)
            }
            Pattern::Class { class, positional, keyword } => {
                let class = self.eval(class, frame)?;
                let Value::Class(class) = class else { return Err(type_error("called match pattern must be a class")) };
                if !self.is_instance(subject, &class) {
                    return Ok(false);
                }
                self.fits_class(&class, positional, subject, frame)
                    .and_then(|fits| if fits { self.fits_keywords(keyword, subject, frame) } else { Ok(false) })
            }
            Pattern::As { pattern, name } => {
                if let Some(pattern) = pattern
                    && !self.fits(pattern, subject, frame)?
                {
                    return Ok(false);
                }
                self.capture(name.as_ref(), subject.clone(), frame)?;
                Ok(true)
            }
            Pattern::Or(patterns) => {
                for pattern in patterns {
                    if self.fits(pattern, subject, frame)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    fn capture(&mut self, target: Option<&Target>, value: Value, frame: &mut Frame) -> PyResult<()> {
        match target {
            Some(target) => self.assign(target, value, frame),
            None => Ok(()),
        }
    }

    fn fits_sequence(&mut self, patterns: &[Pattern], subject: &Value, frame: &mut Frame) -> PyResult<bool> {
        let items = match subject.native() {
            Value::List(_) | Value::Tuple(_) | Value::Range(_) => self.items(subject.native())?,
            Value::Object(_) if self.class_of(subject).descends_from("tuple") => self.items(subject)?,
            _ => return Ok(false),
        };
        let star = patterns.iter().position(|pattern| matches!(pattern, Pattern::Star(_)));
        let fixed = patterns.len() - usize::from(star.is_some());
        if items.len() < fixed || (star.is_none() && items.len() != fixed) {
            return Ok(false);
        }
        let after = star.map_or(0, |star| patterns.len() - star - 1);
        let middle = items.len() - after;
        for (at, pattern) in patterns.iter().enumerate() {
            match (star, pattern) {
                (Some(star), Pattern::Star(target)) => {
                    self.capture(target.as_ref(), Value::list(items[star..middle].to_vec()), frame)?;
                }
                (Some(star), pattern) if at > star => {
                    if !self.fits(pattern, &items[middle + at - star - 1], frame)? {
                        return Ok(false);
                    }
                }
                (_, pattern) => {
                    if !self.fits(pattern, &items[at], frame)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn fits_class(
        &mut self,
        class: &super::Class,
        positional: &[Pattern],
        subject: &Value,
        frame: &mut Frame,
    ) -> PyResult<bool> {
        if positional.is_empty() {
            return Ok(true);
        }
        let own = ["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];
        if let ([only], true) = (positional, own.contains(&&*class.name)) {
            return self.fits(only, subject, frame);
        }
        let names = class.lookup("__match_args__").and_then(|names| names.as_items()).unwrap_or_default();
        if positional.len() > names.len() {
            let (name, accepted, given) = (&class.name, names.len(), positional.len());
            let plural = if accepted == 1 { "" } else { "s" };
            return Err(type_error(format!(
                "{name}() accepts {accepted} positional sub-pattern{plural} ({given} given)"
            )));
        }
        for (pattern, name) in positional.iter().zip(&names) {
            match self.find_attr(subject, name.as_str().unwrap_or(""))? {
                Some(value) if self.fits(pattern, &value, frame)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn fits_keywords(
        &mut self,
        keyword: &[(super::ast::Name, Pattern)],
        subject: &Value,
        frame: &mut Frame,
    ) -> PyResult<bool> {
        for (name, pattern) in keyword {
            match self.find_attr(subject, name)? {
                Some(value) if self.fits(pattern, &value, frame)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}
