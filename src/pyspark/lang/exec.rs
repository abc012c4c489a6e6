//! Statements.

use super::Interpreter;
use super::args::Args;
use super::ast::{ClassBody, ClassDef, Expr, Handler, ImportAs, Name, Place, Stmt, StmtKind, Target, Try};
use super::frame::Frame;
use super::iterate::Iter;
use super::object::BinaryOp;
use super::raised::{Cause, PyResult, Raised, type_error};
use super::value::Value;
use std::rc::Rc;
use std::sync::Arc;

/// Steps on one line after which the host is asked whether to go on.
const STEPS_BETWEEN_LOOKS: u64 = 1024;

/// How a block ended.
pub enum Flow {
    Normal,
    Break,
    Continue,
    Return(Value),
}

impl Interpreter {
    /// Runs statements until one of them leaves the block.
    pub(super) fn exec_block(&mut self, body: &[Stmt], frame: &mut Frame) -> PyResult<Flow> {
        for stmt in body {
            match self.exec(stmt, frame)? {
                Flow::Normal => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Normal)
    }

    /// Runs one statement; a failure learns its place.
    pub(super) fn exec(&mut self, stmt: &Stmt, frame: &mut Frame) -> PyResult<Flow> {
        let result = match self.reach(stmt, frame) {
            Ok(()) => self.exec_kind(&stmt.kind, frame),
            Err(raised) => Err(raised),
        };
        match result {
            Ok(flow) => Ok(flow),
            Err(mut raised) => {
                raised.locate(|| frame.entry(stmt.span));
                raised.set_statement(stmt.span);
                Err(raised)
            }
        }
    }

    /// Counts a step and tells the host where the script is.
    pub(super) fn reach(&mut self, stmt: &Stmt, frame: &Frame) -> PyResult<()> {
        self.step()?;
        if (stmt.line != self.last_line || self.steps >= self.next_look) && self.has_host() {
            self.last_line = stmt.line;
            self.next_look = self.steps + STEPS_BETWEEN_LOOKS;
            let unit = &frame.globals.unit;
            if *unit.file == *self.script_name {
                self.host()?.statement(stmt.line, unit.head(stmt.span))?;
            } else {
                // Lines of a module are not lines of the script.
                self.host()?.go_on()?;
            }
        }
        Ok(())
    }

    fn exec_kind(&mut self, kind: &StmtKind, frame: &mut Frame) -> PyResult<Flow> {
        match kind {
            StmtKind::Expr(expr) => {
                self.eval(expr, frame)?;
            }
            StmtKind::Echo(expr) => {
                let value = self.eval(expr, frame)?;
                self.echo(value)?;
            }
            StmtKind::Assign { targets, value } => {
                let value = self.eval(value, frame)?;
                if let [target] = targets.as_slice() {
                    self.assign(target, value, frame)?;
                } else {
                    for target in targets {
                        self.assign(target, value.clone(), frame)?;
                    }
                }
            }
            StmtKind::AugAssign { target, op, value } => self.aug_assign(target, *op, value, frame)?,
            StmtKind::Annotated { name, annotation, target, value } => {
                self.annotated(name.as_ref(), annotation, target, value.as_ref(), frame)?;
            }
            StmtKind::Return(value) => {
                return Ok(Flow::Return(match value {
                    Some(value) => self.eval(value, frame)?,
                    None => Value::None,
                }));
            }
            StmtKind::If { test, body, orelse } => {
                let branch = if self.test(test, frame)? { body } else { orelse };
                return self.exec_block(branch, frame);
            }
            StmtKind::While { test, body, orelse } => return self.while_loop(test, body, orelse, frame),
            StmtKind::For { target, iter, body, orelse } => return self.for_loop(target, iter, body, orelse, frame),
            StmtKind::Try(node) => return self.try_stmt(node, frame),
            StmtKind::With { items, body } => return self.with_stmt(items, body, frame),
            StmtKind::Raise { exception, cause } => {
                return Err(self.raise(exception.as_ref(), cause.as_ref(), frame)?);
            }
            StmtKind::Assert { test, message } => {
                if !self.test(test, frame)? {
                    return Err(match message {
                        Some(message) => {
                            let message = self.eval(message, frame)?;
                            Raised::new(Cause::Valued("AssertionError", message))
                        }
                        None => Raised::named("AssertionError", ""),
                    });
                }
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(target, frame)?;
                }
            }
            StmtKind::Pass => {}
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Import(imports) => self.import_stmt(imports, frame)?,
            StmtKind::ImportFrom { module, names, star } => self.import_from(module, names, *star, frame)?,
            StmtKind::Function { function, decorators, target } => {
                let mut callables = Vec::with_capacity(decorators.len());
                for decorator in decorators {
                    callables.push(self.eval(decorator, frame)?);
                }
                let mut value = self.make_function(function, frame)?;
                for decorator in callables.iter().rev() {
                    value = self.call(decorator, Args::of(vec![value]))?;
                }
                self.assign(target, value, frame)?;
            }
            StmtKind::Class(def) => self.class_stmt(def, frame)?,
            StmtKind::Match { subject, cases } => {
                let subject = self.eval(subject, frame)?;
                if let Some(body) = self.select_case(&subject, cases, frame)? {
                    return self.exec_block(body, frame);
                }
            }
        }
        Ok(Flow::Normal)
    }

    fn annotated(
        &mut self,
        name: Option<&Name>,
        annotation: &Name,
        target: &Target,
        value: Option<&Expr>,
        frame: &mut Frame,
    ) -> PyResult<()> {
        if let (Some(name), Some(class)) = (name, &mut frame.class) {
            let table = class.entry(Rc::from("__annotations__")).or_insert_with(|| Value::dict(super::Dict::new()));
            if let Value::Dict(table) = table {
                table.borrow_mut().set_str(name, Value::str(annotation));
            }
        }
        if let Some(value) = value {
            let value = self.eval(value, frame)?;
            self.assign(target, value, frame)?;
        }
        Ok(())
    }

    fn while_loop(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt], frame: &mut Frame) -> PyResult<Flow> {
        while self.test(test, frame)? {
            self.step()?;
            match self.exec_block(body, frame)? {
                Flow::Normal | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Normal),
                returned @ Flow::Return(_) => return Ok(returned),
            }
        }
        self.exec_block(orelse, frame)
    }

    fn for_loop(
        &mut self,
        target: &Target,
        iter: &Expr,
        body: &[Stmt],
        orelse: &[Stmt],
        frame: &mut Frame,
    ) -> PyResult<Flow> {
        let iterable = self.eval(iter, frame)?;
        let mut items = self.iterate(&iterable).map_err(|raised| locate(raised, frame, iter.span))?;
        loop {
            self.step()?;
            let Some(item) = items.next(self).map_err(|raised| locate(raised, frame, iter.span))? else { break };
            self.assign(target, item, frame)?;
            match self.exec_block(body, frame)? {
                Flow::Normal | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Normal),
                returned @ Flow::Return(_) => return Ok(returned),
            }
        }
        self.exec_block(orelse, frame)
    }

    fn try_stmt(&mut self, node: &Try, frame: &mut Frame) -> PyResult<Flow> {
        let mut result = self.exec_block(&node.body, frame);
        match result {
            Err(raised) => result = self.handle(raised, &node.handlers, frame),
            Ok(Flow::Normal) if !node.orelse.is_empty() => result = self.exec_block(&node.orelse, frame),
            Ok(_) => {}
        }
        if node.finally.is_empty() || matches!(&result, Err(raised) if raised.is_fatal()) {
            return result;
        }
        match self.exec_block(&node.finally, frame)? {
            Flow::Normal => result,
            other => Ok(other),
        }
    }

    fn handle(&mut self, mut raised: Raised, handlers: &[Handler], frame: &mut Frame) -> PyResult<Flow> {
        let Some(handler) = self.find_handler(&mut raised, handlers, frame)? else { return Err(raised) };
        self.enter_handler(handler, &mut raised, frame)?;
        let result = self.exec_block(&handler.body, frame);
        self.leave_handler(handler, frame);
        result
    }

    /// The first handler that takes the exception.
    pub(super) fn find_handler<'h>(
        &mut self,
        raised: &mut Raised,
        handlers: &'h [Handler],
        frame: &mut Frame,
    ) -> PyResult<Option<&'h Handler>> {
        if raised.is_fatal() {
            return Ok(None);
        }
        for handler in handlers {
            let takes = match &handler.class {
                None => true,
                Some(class) => {
                    let class = self.eval(class, frame)?;
                    self.matches_exception(raised, &class)?
                }
            };
            if takes {
                return Ok(Some(handler));
            }
        }
        Ok(None)
    }

    /// Binds the exception's name and remembers it for a bare `raise`.
    pub(super) fn enter_handler(&mut self, handler: &Handler, raised: &mut Raised, frame: &mut Frame) -> PyResult<()> {
        let value = self.exception_value(raised)?;
        if let Some(name) = &handler.name {
            self.assign(name, value, frame)?;
        }
        raised.reset_location();
        self.handling.push(raised.clone());
        Ok(())
    }

    /// Forgets the exception that was handled.
    pub(super) fn leave_handler(&mut self, handler: &Handler, frame: &mut Frame) {
        self.handling.pop();
        if let Some(name) = &handler.name {
            // The name may already be gone; that is fine.
            let _ = self.delete(name, frame);
        }
    }

    fn with_stmt(&mut self, items: &[(Expr, Option<Target>)], body: &[Stmt], frame: &mut Frame) -> PyResult<Flow> {
        let Some(((context, target), rest)) = items.split_first() else { return self.exec_block(body, frame) };
        let manager = self.enter_with(context, target.as_ref(), frame)?;
        let result = self.with_stmt(rest, body, frame);
        match result {
            Ok(flow) => {
                self.exit_with(&manager, None)?;
                Ok(flow)
            }
            Err(mut raised) => {
                if self.exit_with(&manager, Some(&mut raised))? {
                    Ok(Flow::Normal)
                } else {
                    Err(raised)
                }
            }
        }
    }

    /// `__enter__`, and the assignment of what it gives.
    pub(super) fn enter_with(&mut self, context: &Expr, target: Option<&Target>, frame: &mut Frame) -> PyResult {
        let manager = self.eval(context, frame)?;
        if self.find_attr(&manager, "__enter__")?.is_none() {
            let name = self.type_name(&manager);
            let raised = type_error(format!("'{name}' object does not support the context manager protocol"));
            return Err(locate(raised, frame, context.span));
        }
        let entered = self
            .call_method(&manager, "__enter__", Args::none())
            .map_err(|raised| locate(raised, frame, context.span))?;
        if let Some(target) = target {
            self.assign(target, entered, frame)?;
        }
        Ok(manager)
    }

    /// `__exit__`; true when it swallowed the exception.
    pub(super) fn exit_with(&mut self, manager: &Value, raised: Option<&mut Raised>) -> PyResult<bool> {
        let args = match raised {
            None => vec![Value::None, Value::None, Value::None],
            Some(raised) if raised.is_fatal() => return Ok(false),
            Some(raised) => {
                let value = self.exception_value(raised)?;
                vec![Value::Class(self.class_of(&value)), value, Value::None]
            }
        };
        let failed = !args[0].is_none();
        let answer = self.call_method(manager, "__exit__", Args::of(args))?;
        Ok(failed && self.truth(&answer)?)
    }

    fn raise(&mut self, exception: Option<&Expr>, cause: Option<&Expr>, frame: &mut Frame) -> PyResult<Raised> {
        let Some(exception) = exception else {
            return match self.handling.last() {
                Some(raised) => Ok(raised.clone()),
                None => Ok(Raised::named("RuntimeError", "No active exception to reraise")),
            };
        };
        let mut value = self.eval(exception, frame)?;
        if matches!(&value, Value::Class(_)) {
            value = self.call(&value, Args::none())?;
        }
        let mut raised = self.raised_from(&value)?;
        if let Some(cause) = cause {
            let cause = self.eval(cause, frame)?;
            if let Value::Instance(instance) = &value {
                instance.set("__cause__", cause.clone());
            }
            raised.set_context(cause, true);
        } else if let Some(mut current) = self.handling.pop() {
            let context = self.exception_value(&mut current)?;
            self.handling.push(current);
            if let Value::Instance(instance) = &value
                && !context.is(&value)
            {
                instance.set("__context__", context.clone());
                raised.set_context(context, false);
            }
        }
        Ok(raised)
    }

    /// The exception in flight for an instance: with its old trace when it is being handled.
    pub(super) fn raised_from(&mut self, value: &Value) -> PyResult<Raised> {
        let Value::Instance(instance) = value else {
            return Ok(type_error("exceptions must derive from BaseException"));
        };
        if !instance.class.borrow().descends_from("BaseException") {
            return Ok(type_error("exceptions must derive from BaseException"));
        }
        let known = self.handling.iter().rev().find(|raised| match raised.cause() {
            Cause::Instance(known) => Rc::ptr_eq(known, instance),
            _ => false,
        });
        Ok(match known {
            Some(raised) => raised.clone(),
            None => Raised::instance(Rc::clone(instance)),
        })
    }

    fn import_stmt(&mut self, imports: &[ImportAs], frame: &mut Frame) -> PyResult<()> {
        for import in imports {
            let module = self.import(&import.module)?;
            let bound = match (import.whole, import.module.split_once('.')) {
                (false, Some((first, _))) => self.import(first)?,
                _ => module,
            };
            self.assign(&import.target, Value::Module(bound), frame)?;
        }
        Ok(())
    }

    fn import_from(&mut self, module: &str, names: &[(Name, Target)], star: bool, frame: &mut Frame) -> PyResult<()> {
        let name = self.absolute_name(module, &frame.globals)?;
        let loaded = self.import(&name)?;
        if star {
            let exported = match loaded.get("__all__") {
                Some(all) => {
                    let mut names = Vec::new();
                    for name in self.items(&all)? {
                        names.extend(name.as_str().map(Rc::<str>::from));
                    }
                    names
                }
                None => loaded.names().into_iter().filter(|name| !name.starts_with('_')).collect(),
            };
            for name in exported {
                if let Some(value) = loaded.get(&name) {
                    frame.globals.set(&name, value);
                }
            }
        }
        for (name, target) in names {
            let value = self.import_name(&loaded, name)?;
            self.assign(target, value, frame)?;
        }
        Ok(())
    }

    /// Assigns to a name, attribute, item or tuple of them.
    pub(super) fn assign(&mut self, target: &Target, value: Value, frame: &mut Frame) -> PyResult<()> {
        match target {
            Target::Name(place, _) => {
                self.store(place, value, frame);
                Ok(())
            }
            Target::Attribute { object, name, span } => {
                let object = self.eval(object, frame)?;
                self.set_attr(&object, name, value).map_err(|raised| locate(raised, frame, *span))
            }
            Target::Item { object, index, span } => {
                let object = self.eval(object, frame)?;
                let index = self.eval(index, frame)?;
                self.set_item(&object, &index, value).map_err(|raised| locate(raised, frame, *span))
            }
            Target::Tuple(targets) => self.unpack(targets, &value, frame),
            Target::Starred(inner) => self.assign(inner, value, frame),
        }
    }

    /// Puts a value where a name lives.
    pub(super) fn store(&mut self, place: &Place, value: Value, frame: &mut Frame) {
        match place {
            Place::Local(slot) => frame.locals[*slot as usize] = Some(value),
            Place::Cell(cell) => *frame.cells[*cell as usize].borrow_mut() = Some(value),
            Place::Global(slot) => {
                frame.globals.set_slot(*slot as usize, Some(value));
            }
            Place::Class(name, _) => {
                if let Some(class) = &mut frame.class {
                    class.insert(Rc::from(&**name), value);
                }
            }
        }
    }

    fn unpack(&mut self, targets: &[Target], value: &Value, frame: &mut Frame) -> PyResult<()> {
        let items: Vec<Value> = match value {
            Value::Tuple(items) => items.to_vec(),
            Value::List(items) => items.borrow().clone(),
            other => {
                let limit = if targets.iter().any(|target| matches!(target, Target::Starred(_))) {
                    usize::MAX
                } else {
                    targets.len() + 1
                };
                self.take_items(other, limit)?
            }
        };
        let star = targets.iter().position(|target| matches!(target, Target::Starred(_)));
        let Some(star) = star else {
            if items.len() != targets.len() {
                return Err(unpack_error(items.len(), targets.len()));
            }
            for (target, item) in targets.iter().zip(items) {
                self.assign(target, item, frame)?;
            }
            return Ok(());
        };
        let after = targets.len() - star - 1;
        if items.len() < star + after {
            let (wanted, got) = (star + after, items.len());
            return Err(super::value_error(format!(
                "not enough values to unpack (expected at least {wanted}, got {got})"
            )));
        }
        let middle = items.len() - after;
        for (target, item) in targets[..star].iter().zip(&items[..star]) {
            self.assign(target, item.clone(), frame)?;
        }
        self.assign(&targets[star], Value::list(items[star..middle].to_vec()), frame)?;
        for (target, item) in targets[star + 1..].iter().zip(&items[middle..]) {
            self.assign(target, item.clone(), frame)?;
        }
        Ok(())
    }

    fn take_items(&mut self, value: &Value, limit: usize) -> PyResult<Vec<Value>> {
        let Ok(mut items) = self.iterate(value) else {
            return Err(type_error(format!("cannot unpack non-iterable {} object", self.type_name(value))));
        };
        let mut taken = Vec::new();
        while taken.len() < limit {
            match items.next(self)? {
                Some(item) => taken.push(item),
                None => break,
            }
        }
        Ok(taken)
    }

    fn aug_assign(&mut self, target: &Target, op: BinaryOp, value: &Expr, frame: &mut Frame) -> PyResult<()> {
        match target {
            Target::Name(place, name) => {
                let old = self.load(place, name, frame)?;
                let value = self.eval(value, frame)?;
                // The slot lets go of the old value, so that text can grow in place.
                let new = self.in_place(op, old, &value)?;
                self.store(place, new, frame);
            }
            Target::Attribute { object, name, .. } => {
                let object = self.eval(object, frame)?;
                let old = self.get_attr(&object, name)?;
                let value = self.eval(value, frame)?;
                let new = self.in_place(op, old, &value)?;
                self.set_attr(&object, name, new)?;
            }
            Target::Item { object, index, .. } => {
                let object = self.eval(object, frame)?;
                let index = self.eval(index, frame)?;
                let old = self.get_item(&object, &index)?;
                let value = self.eval(value, frame)?;
                let new = self.in_place(op, old, &value)?;
                self.set_item(&object, &index, new)?;
            }
            Target::Tuple(_) | Target::Starred(_) => return Err(type_error("illegal target for augmented assignment")),
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &Target, frame: &mut Frame) -> PyResult<()> {
        match target {
            Target::Name(place, name) => {
                let old = match place {
                    Place::Local(slot) => frame.locals[*slot as usize].take(),
                    Place::Cell(cell) => frame.cells[*cell as usize].borrow_mut().take(),
                    Place::Global(slot) => frame.globals.set_slot(*slot as usize, None),
                    Place::Class(name, _) => frame.class.as_mut().and_then(|class| class.shift_remove(&**name)),
                };
                match old {
                    Some(_) => Ok(()),
                    None => Err(Raised::named("NameError", format!("name '{name}' is not defined"))),
                }
            }
            Target::Attribute { object, name, .. } => {
                let object = self.eval(object, frame)?;
                self.del_attr(&object, name)
            }
            Target::Item { object, index, .. } => {
                let object = self.eval(object, frame)?;
                let index = self.eval(index, frame)?;
                self.del_item(&object, &index)
            }
            Target::Tuple(targets) => {
                for target in targets {
                    self.delete(target, frame)?;
                }
                Ok(())
            }
            Target::Starred(inner) => self.delete(inner, frame),
        }
    }

    fn class_stmt(&mut self, def: &ClassDef, frame: &mut Frame) -> PyResult<()> {
        let mut decorators = Vec::with_capacity(def.decorators.len());
        for decorator in &def.decorators {
            decorators.push(self.eval(decorator, frame)?);
        }
        let mut bases = Vec::new();
        for base in &def.bases {
            bases.push(self.eval(base, frame)?);
        }
        let mut keywords = Vec::new();
        for (name, value) in &def.keywords {
            keywords.push((Rc::<str>::from(&**name), self.eval(value, frame)?));
        }
        let captured: Vec<_> = def.captures.iter().map(|place| self.captured(place, frame)).collect();
        let body: Arc<ClassBody> = Arc::clone(&def.body);
        let mut inner = Frame::new(&frame.globals, body.slots, body.cells, &captured);
        let mut namespace = super::class::Namespace::default();
        if let Some(doc) = &body.doc {
            namespace.insert(Rc::from("__doc__"), Value::str(doc));
        }
        inner.class = Some(namespace);
        let owner = super::frame::CellRef::default();
        inner.owner = Some(Rc::clone(&owner));
        let result = self.exec_block(&body.body, &mut inner);
        if let Err(mut raised) = result {
            raised.leave_frame(&Rc::from(&*def.name));
            return Err(raised);
        }
        let namespace = inner.class.take().unwrap_or_default();
        let class = self.make_class(&def.name, &bases, namespace, &keywords)?;
        let mut value = Value::Class(class);
        *owner.borrow_mut() = Some(value.clone());
        for decorator in decorators.iter().rev() {
            value = self.call(decorator, Args::of(vec![value]))?;
        }
        self.assign(&def.target, value, frame)
    }

    /// The items of an iterable as a loop walks over them.
    pub(super) fn iterate(&mut self, iterable: &Value) -> PyResult<Iter> {
        Iter::new(self, iterable)
    }
}

/// Gives a failure its place, unless it has one.
pub(super) fn locate(mut raised: Raised, frame: &Frame, span: (u32, u32)) -> Raised {
    raised.locate(|| frame.entry(span));
    raised
}

fn unpack_error(got: usize, wanted: usize) -> Raised {
    super::value_error(if got > wanted {
        format!("too many values to unpack (expected {wanted})")
    } else {
        format!("not enough values to unpack (expected {wanted}, got {got})")
    })
}
