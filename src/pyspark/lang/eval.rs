//! Expressions.

use super::Interpreter;
use super::args::Args;
use super::ast::{
    Call, Clause, Comparison, Comprehension, ComprehensionKind, Expr, ExprKind, FStringPart, FunctionExpr, Name, Place,
};
use super::exec::locate;
use super::frame::{CellRef, Frame};
use super::function::Function;
use super::object::UnaryOp;
use super::raised::{PyResult, Raised, type_error};
use super::value::{Slice, Value};
use super::{Dict, Set};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

impl Interpreter {
    /// The value of an expression; a failure learns its place.
    #[inline]
    pub(super) fn eval(&mut self, expr: &Expr, frame: &mut Frame) -> PyResult {
        match &expr.kind {
            ExprKind::Constant(index) => Ok(frame.globals.constants[*index as usize].clone()),
            ExprKind::Local(slot, name) => match &frame.locals[*slot as usize] {
                Some(value) => Ok(value.clone()),
                None => Err(locate(unbound(name), frame, expr.span)),
            },
            _ => match self.eval_kind(expr, frame) {
                Ok(value) => Ok(value),
                Err(raised) => Err(locate(raised, frame, expr.span)),
            },
        }
    }

    /// The truth of an expression.
    pub(super) fn test(&mut self, expr: &Expr, frame: &mut Frame) -> PyResult<bool> {
        let value = self.eval(expr, frame)?;
        match value {
            Value::Bool(truth) => Ok(truth),
            other => self.truth(&other).map_err(|raised| locate(raised, frame, expr.span)),
        }
    }

    fn eval_kind(&mut self, expr: &Expr, frame: &mut Frame) -> PyResult {
        match &expr.kind {
            ExprKind::Constant(index) => Ok(frame.globals.constants[*index as usize].clone()),
            ExprKind::Local(slot, name) => frame.locals[*slot as usize].clone().ok_or_else(|| unbound(name)),
            ExprKind::Cell(cell, name) => frame.cells[*cell as usize].borrow().clone().ok_or_else(|| unbound(name)),
            ExprKind::Global(slot, name) => match frame.globals.slot(*slot as usize) {
                Some(value) => Ok(value),
                None => self.builtin_named(name, frame),
            },
            ExprKind::ClassName(name, outer) => {
                if let Some(value) = frame.class.as_ref().and_then(|class| class.get(&**name)) {
                    return Ok(value.clone());
                }
                match outer {
                    Some(outer) => self.eval_kind(outer, frame),
                    None => self.builtin_named(name, frame),
                }
            }
            ExprKind::Attribute(object, name) => {
                let object = self.eval(object, frame)?;
                self.get_attr(&object, name)
            }
            ExprKind::Item(object, index) => {
                let object = self.eval(object, frame)?;
                let index = self.eval(index, frame)?;
                self.get_item(&object, &index)
            }
            ExprKind::Slice(start, stop, step) => {
                let mut part = |part: &Option<Box<Expr>>| match part {
                    Some(expr) => self.eval(expr, frame),
                    None => Ok(Value::None),
                };
                let (start, stop, step) = (part(start)?, part(stop)?, part(step)?);
                Ok(Value::Slice(Rc::new(Slice { start, stop, step })))
            }
            ExprKind::Call(call) => self.eval_call(call, frame),
            ExprKind::Super => self.eval_super(frame),
            ExprKind::Binary(op, left, right) => {
                let left = self.eval(left, frame)?;
                let right = self.eval(right, frame)?;
                self.binary(*op, &left, &right)
            }
            ExprKind::Unary(UnaryOp::Not, operand) => Ok(Value::Bool(!self.test(operand, frame)?)),
            ExprKind::Unary(op, operand) => {
                let operand = self.eval(operand, frame)?;
                self.unary(*op, &operand)
            }
            ExprKind::And(values) => self.eval_logic(values, false, frame),
            ExprKind::Or(values) => self.eval_logic(values, true, frame),
            ExprKind::Compare(left, rest) => self.eval_compare(left, rest, frame),
            ExprKind::IfElse(test, body, orelse) => {
                if self.test(test, frame)? {
                    self.eval(body, frame)
                } else {
                    self.eval(orelse, frame)
                }
            }
            ExprKind::List(items) => Ok(Value::list(self.eval_all(items, frame)?)),
            ExprKind::Tuple(items) => Ok(Value::tuple(self.eval_all(items, frame)?)),
            ExprKind::Set(items) => {
                let items = self.eval_all(items, frame)?;
                Ok(Value::set(Set::from_values(self, items)?))
            }
            ExprKind::Dict(entries) => self.eval_dict(entries, frame),
            ExprKind::Starred(_) => Err(type_error("can't use starred expression here")),
            ExprKind::FString(parts) => Ok(Value::from(self.eval_fstring(parts, frame)?)),
            ExprKind::Function(function) => self.make_function(function, frame),
            ExprKind::Comprehension(comprehension) => self.eval_comprehension(comprehension, frame),
            ExprKind::Generator(function, first) => {
                let iterable = self.eval(first, frame)?;
                let iterator = self.iter(&iterable).map_err(|raised| locate(raised, frame, first.span))?;
                let function = self.make_function(function, frame)?;
                self.call(&function, Args::of(vec![iterator]))
            }
            ExprKind::Walrus(target, value) => {
                let value = self.eval(value, frame)?;
                self.assign(target, value.clone(), frame)?;
                Ok(value)
            }
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => Err(Raised::unsupported(
                "a `yield` inside a larger expression",
                "give the `yield` a statement of its own: `value = yield item`",
            )),
        }
    }

    /// A name's value where the name is assigned to in place.
    pub(super) fn load(&mut self, place: &Place, name: &Name, frame: &mut Frame) -> PyResult {
        match place {
            Place::Local(slot) => frame.locals[*slot as usize].take().ok_or_else(|| unbound(name)),
            Place::Cell(cell) => frame.cells[*cell as usize].borrow().clone().ok_or_else(|| unbound(name)),
            Place::Global(slot) => match frame.globals.slot(*slot as usize) {
                Some(value) => Ok(value),
                None => self.builtin_named(name, frame),
            },
            Place::Class(name, outer) => {
                if let Some(value) = frame.class.as_ref().and_then(|class| class.get(&**name)) {
                    return Ok(value.clone());
                }
                match outer {
                    Some(outer) => self.load(outer, name, frame),
                    None => self.builtin_named(name, frame),
                }
            }
        }
    }

    fn eval_logic(&mut self, values: &[Expr], stop_at: bool, frame: &mut Frame) -> PyResult {
        let mut last = Value::None;
        for (place, expr) in values.iter().enumerate() {
            last = self.eval(expr, frame)?;
            if place + 1 < values.len()
                && self.truth(&last).map_err(|raised| locate(raised, frame, expr.span))? == stop_at
            {
                return Ok(last);
            }
        }
        Ok(last)
    }

    fn eval_compare(&mut self, left: &Expr, rest: &[(Comparison, Expr)], frame: &mut Frame) -> PyResult {
        let mut left = self.eval(left, frame)?;
        let mut answer = Value::Bool(true);
        for (place, (op, right)) in rest.iter().enumerate() {
            let right = self.eval(right, frame)?;
            answer = match op {
                Comparison::Op(op) => self.compare(*op, &left, &right)?,
                Comparison::Is => Value::Bool(left.is(&right)),
                Comparison::IsNot => Value::Bool(!left.is(&right)),
                Comparison::In => Value::Bool(self.contains(&right, &left)?),
                Comparison::NotIn => Value::Bool(!self.contains(&right, &left)?),
            };
            if place + 1 < rest.len() && !self.truth(&answer)? {
                return Ok(answer);
            }
            left = right;
        }
        Ok(answer)
    }

    fn eval_all(&mut self, items: &[Expr], frame: &mut Frame) -> PyResult<Vec<Value>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            if let ExprKind::Starred(inner) = &item.kind {
                let iterable = self.eval(inner, frame)?;
                let more = self.items(&iterable).map_err(|raised| locate(raised, frame, inner.span))?;
                values.extend(more);
            } else {
                values.push(self.eval(item, frame)?);
            }
        }
        Ok(values)
    }

    fn eval_dict(&mut self, entries: &[(Option<Expr>, Expr)], frame: &mut Frame) -> PyResult {
        let mut dict = Dict::new();
        for (key, value) in entries {
            if let Some(key) = key {
                let key = self.eval(key, frame)?;
                let value = self.eval(value, frame)?;
                dict.set(self, key, value)?;
            } else {
                let mapping = self.eval(value, frame)?;
                for (key, value) in self.mapping_items(&mapping)? {
                    dict.set(self, key, value)?;
                }
            }
        }
        Ok(Value::dict(dict))
    }

    /// Keys and values of a dict, or of anything with `keys` and `[]`.
    pub(super) fn mapping_items(&mut self, mapping: &Value) -> PyResult<Vec<(Value, Value)>> {
        if let Some(dict) = mapping.as_dict() {
            return Ok(dict.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        }
        if self.find_attr(mapping, "keys")?.is_none() {
            return Err(type_error(format!("'{}' object is not a mapping", self.type_name(mapping))));
        }
        let keys = self.call_method(mapping, "keys", Args::none())?;
        let mut items = Vec::new();
        for key in self.items(&keys)? {
            let value = self.get_item(mapping, &key)?;
            items.push((key, value));
        }
        Ok(items)
    }

    fn eval_fstring(&mut self, parts: &[FStringPart], frame: &mut Frame) -> PyResult<String> {
        let mut text = String::new();
        for part in parts {
            match part {
                FStringPart::Text(literal) => text.push_str(literal),
                FStringPart::Value { expr, conversion, spec } => {
                    let mut value = self.eval(expr, frame)?;
                    value = match conversion {
                        Some('r') => Value::from(self.repr(&value)?),
                        Some('s') => Value::from(self.str(&value)?),
                        Some(_) => Value::from(super::repr::ascii(&self.repr(&value)?)),
                        None => value,
                    };
                    let spec = match spec {
                        Some(spec) => self.eval_fstring(spec, frame)?,
                        None => String::new(),
                    };
                    let piece = self.format(&value, &spec).map_err(|raised| locate(raised, frame, expr.span))?;
                    text.push_str(&piece);
                }
            }
        }
        Ok(text)
    }

    fn eval_comprehension(&mut self, node: &Comprehension, frame: &mut Frame) -> PyResult {
        for cell in &node.fresh_cells {
            frame.cells[*cell as usize] = CellRef::default();
        }
        let mut result = match &node.kind {
            ComprehensionKind::List(_) => Collected::List(Vec::new()),
            ComprehensionKind::Set(_) => Collected::Set(Set::new()),
            ComprehensionKind::Dict(..) => Collected::Dict(Dict::new()),
        };
        self.comprehend(node, &node.clauses, &mut result, frame)?;
        Ok(match result {
            Collected::List(items) => Value::list(items),
            Collected::Set(set) => Value::set(set),
            Collected::Dict(dict) => Value::dict(dict),
        })
    }

    fn comprehend(
        &mut self,
        node: &Comprehension,
        clauses: &[Clause],
        result: &mut Collected,
        frame: &mut Frame,
    ) -> PyResult<()> {
        let Some((clause, rest)) = clauses.split_first() else { return self.collect_element(node, result, frame) };
        let iterable = self.eval(&clause.iter, frame)?;
        let span = clause.iter.span;
        let mut items = self.iterate(&iterable).map_err(|raised| locate(raised, frame, span))?;
        'items: while let Some(item) = items.next(self).map_err(|raised| locate(raised, frame, span))? {
            self.step()?;
            self.assign(&clause.target, item, frame)?;
            for condition in &clause.conditions {
                if !self.test(condition, frame)? {
                    continue 'items;
                }
            }
            self.comprehend(node, rest, result, frame)?;
        }
        Ok(())
    }

    fn collect_element(&mut self, node: &Comprehension, result: &mut Collected, frame: &mut Frame) -> PyResult<()> {
        match (&node.kind, result) {
            (ComprehensionKind::List(element), Collected::List(items)) => items.push(self.eval(element, frame)?),
            (ComprehensionKind::Set(element), Collected::Set(set)) => {
                let value = self.eval(element, frame)?;
                set.insert(self, value)?;
            }
            (ComprehensionKind::Dict(key, value), Collected::Dict(dict)) => {
                let key = self.eval(key, frame)?;
                let value = self.eval(value, frame)?;
                dict.set(self, key, value)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The cell behind a captured name.
    pub(super) fn captured(&mut self, place: &Place, frame: &Frame) -> CellRef {
        match place {
            Place::Cell(cell) => Rc::clone(&frame.cells[*cell as usize]),
            Place::Local(_) | Place::Global(_) | Place::Class(..) => CellRef::default(),
        }
    }

    /// The function value of a definition.
    pub(super) fn make_function(&mut self, expr: &FunctionExpr, frame: &mut Frame) -> PyResult {
        let mut defaults = Vec::with_capacity(expr.defaults.len());
        for default in &expr.defaults {
            defaults.push(self.eval(default, frame)?);
        }
        let mut keyword_defaults = Vec::with_capacity(expr.keyword_defaults.len());
        for default in &expr.keyword_defaults {
            keyword_defaults.push(match default {
                Some(default) => Some(self.eval(default, frame)?),
                None => None,
            });
        }
        let closure = expr.captures.iter().map(|place| self.captured(place, frame)).collect();
        Ok(Value::Function(Rc::new(Function {
            code: Arc::clone(&expr.code),
            name: RefCell::new(Rc::from(&*expr.code.name)),
            globals: Rc::clone(&frame.globals),
            closure,
            defaults,
            keyword_defaults,
            owner: frame.owner.clone(),
            attrs: RefCell::default(),
        })))
    }

    fn eval_call(&mut self, call: &Call, frame: &mut Frame) -> PyResult {
        if let ExprKind::Attribute(object, name) = &call.callee.kind {
            let receiver = self.eval(object, frame)?;
            if super::call::has_fast_methods(&receiver) {
                let args = self.eval_args(call, frame)?;
                return self.call_method(&receiver, name, args);
            }
            if let Value::Instance(_) | Value::Object(_) = receiver {
                // The method is looked up after the arguments; only a failing lookup could tell.
                let args = self.eval_args(call, frame)?;
                return self.call_method(&receiver, name, args);
            }
            let callee = self.get_attr(&receiver, name).map_err(|raised| locate(raised, frame, call.callee.span))?;
            let args = self.eval_args(call, frame)?;
            return self.call(&callee, args);
        }
        let callee = self.eval(&call.callee, frame)?;
        let args = self.eval_args(call, frame)?;
        if let Value::Builtin(builtin) = &callee
            && builtin.needs_frame
        {
            return self.frame_builtin(&Rc::clone(builtin), &args, frame);
        }
        self.call(&callee, args)
    }

    fn eval_args(&mut self, call: &Call, frame: &mut Frame) -> PyResult<Args> {
        if call.plain {
            let mut positional = Vec::with_capacity(call.positional.len() + 1);
            for argument in &call.positional {
                positional.push(self.eval(argument, frame)?);
            }
            let mut keyword = Vec::with_capacity(call.keyword.len());
            for (name, value) in &call.keyword {
                let name = name.as_ref().map_or_else(|| Rc::from(""), |name| self.shared_name(name));
                keyword.push((name, self.eval(value, frame)?));
            }
            return Ok(Args { positional, keyword });
        }
        let positional = self.eval_all(&call.positional, frame)?;
        let mut keyword: Vec<(Rc<str>, Value)> = Vec::new();
        for (name, value) in &call.keyword {
            let value = self.eval(value, frame)?;
            let more = match name {
                Some(name) => vec![(Value::str(name), value)],
                None => self.mapping_items(&value)?,
            };
            for (name, value) in more {
                let Value::Str(name) = name else { return Err(type_error("keywords must be strings")) };
                if keyword.iter().any(|(known, _)| *known == name) {
                    return Err(type_error(format!("got multiple values for keyword argument '{name}'")));
                }
                keyword.push((name, value));
            }
        }
        Ok(Args { positional, keyword })
    }

    fn eval_super(&mut self, frame: &mut Frame) -> PyResult {
        let class = frame.owner.as_ref().and_then(|owner| owner.borrow().clone());
        let Some(Value::Class(class)) = class else {
            return Err(Raised::named("RuntimeError", "super(): no arguments"));
        };
        let receiver = frame.locals.first().cloned().flatten().or_else(|| {
            // The first parameter may be captured by an inner function.
            frame.cells.first().and_then(|cell| cell.borrow().clone())
        });
        let Some(receiver) = receiver else { return Err(Raised::named("RuntimeError", "super(): no arguments")) };
        Ok(Value::object(super::descriptors::Super { class, receiver }))
    }

    /// A builtin by name; a name that is not known anywhere gets its nearest neighbours.
    fn builtin_named(&mut self, name: &str, frame: &Frame) -> PyResult {
        if let Some(value) = self.builtin(name) {
            return Ok(value);
        }
        let globals = frame.globals.names();
        let builtins = self.builtin_names();
        let known = globals.iter().map(|name| &**name).chain(builtins.iter().map(|name| &**name));
        let near = crate::common::text::nearest(name, known, 1);
        let mut raised = Raised::named("NameError", format!("name '{name}' is not defined")).with_subject(name);
        if let Some(near) = near.first() {
            raised = raised.with_help(format!("did you mean `{near}`?"));
        }
        Err(raised)
    }
}

enum Collected {
    List(Vec<Value>),
    Set(Set),
    Dict(Dict),
}

fn unbound(name: &str) -> Raised {
    Raised::named(
        "UnboundLocalError",
        format!("cannot access local variable '{name}' where it is not associated with a value"),
    )
    .with_subject(name)
}
