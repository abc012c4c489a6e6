//! Generators: a function's body with its own resumable state.
//!
//! The interpreter walks the tree on Rust's stack, which cannot be left and entered again. So a generator keeps a stack of *places* of its
//! own: which statement of which block is next, which loop's iterator is open, which `try` is around. Statements without a `yield` run as
//! everywhere else; those with one are taken apart here.
//!
//! **Simplified:** a `yield` must be a whole statement, or the whole right side of an assignment or `return`.

use super::Interpreter;
use super::ast::{Body, Expr, ExprKind, FunctionCode, Stmt, StmtKind, Target};
use super::exec::Flow;
use super::frame::Frame;
use super::function::Function;
use super::iterate::Iter;
use super::raised::{Cause, PyResult, Raised};
use super::value::Value;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What a suspended generator is woken with.
pub enum Resume {
    Value(Value),
    Raise(Raised),
}

/// A generator of the script.
pub struct Generator {
    pub function: Rc<Function>,
    state: RefCell<State>,
    /// What `return` gave.
    pub returned: RefCell<Value>,
}

enum State {
    Suspended(Box<Suspended>),
    Running,
    Finished,
}

struct Suspended {
    frame: Frame,
    places: Vec<Position>,
    started: bool,
}

/// One entry of the generator's own stack. Statements and blocks are named by their path in the function's code.
enum Position {
    Block {
        block: BlockRef,
        next: usize,
    },
    For {
        stmt: StmtRef,
        items: Iter,
    },
    While {
        stmt: StmtRef,
    },
    Try {
        stmt: StmtRef,
        stage: Stage,
        pending: Option<PyResult<Flow>>,
    },
    With {
        manager: Value,
    },
    YieldFrom {
        stmt: StmtRef,
        iterator: Value,
    },
    /// Waits for the value of a `yield` that belongs to this statement.
    Awaiting {
        stmt: StmtRef,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Body,
    Handler(usize),
    Else,
    Finally,
}

/// A statement inside a function's code, as the path of block choices and indexes that leads to it.
#[derive(Clone)]
struct StmtRef(Rc<Vec<u32>>);

/// A block: a statement and which of its blocks, or the body itself.
#[derive(Clone)]
struct BlockRef(Rc<Vec<u32>>);

impl StmtRef {
    fn block(&self, choice: u32) -> BlockRef {
        let mut path = self.0.as_ref().clone();
        path.push(choice);
        BlockRef(Rc::new(path))
    }
}

impl BlockRef {
    fn stmt(&self, index: usize) -> StmtRef {
        let mut path = self.0.as_ref().clone();
        path.push(index as u32);
        StmtRef(Rc::new(path))
    }
}

const HANDLERS: u32 = 16;

fn find_block<'c>(code: &'c FunctionCode, path: &[u32]) -> &'c [Stmt] {
    let Body::Block(body) = &code.body else { return &[] };
    let mut block: &[Stmt] = body;
    for step in path.chunks_exact(2) {
        let Some(stmt) = block.get(step[0] as usize) else { return &[] };
        block = child(stmt, step[1]);
    }
    block
}

fn child(stmt: &Stmt, choice: u32) -> &[Stmt] {
    match (&stmt.kind, choice) {
        (StmtKind::If { body, .. } | StmtKind::While { body, .. } | StmtKind::For { body, .. }, 0) => body,
        (StmtKind::If { orelse, .. } | StmtKind::While { orelse, .. } | StmtKind::For { orelse, .. }, 1) => orelse,
        (StmtKind::With { body, .. }, 0) => body,
        (StmtKind::Try(node), 0) => &node.body,
        (StmtKind::Try(node), 1) => &node.orelse,
        (StmtKind::Try(node), 2) => &node.finally,
        (StmtKind::Try(node), handler) if handler >= HANDLERS => {
            node.handlers.get((handler - HANDLERS) as usize).map_or(&[], |handler| &handler.body)
        }
        (StmtKind::Match { cases, .. }, case) if case >= HANDLERS => {
            cases.get((case - HANDLERS) as usize).map_or(&[], |case| &case.body)
        }
        _ => &[],
    }
}

fn find_stmt<'c>(code: &'c FunctionCode, path: &StmtRef) -> Option<&'c Stmt> {
    let (last, block) = path.0.split_last()?;
    find_block(code, block).get(*last as usize)
}

/// What the innermost place does next.
enum Signal {
    /// Goes on with the place on top.
    Go,
    /// The innermost place ended this way.
    Done(PyResult<Flow>),
    /// The generator stops here and gives this.
    Yield(Value),
}

impl Generator {
    /// A generator that has not run yet.
    pub fn new(function: Rc<Function>, frame: Frame) -> Generator {
        let root = Position::Block { block: BlockRef(Rc::new(Vec::new())), next: 0 };
        let state = State::Suspended(Box::new(Suspended { frame, places: vec![root], started: false }));
        Generator { function, state: RefCell::new(state), returned: RefCell::new(Value::None) }
    }

    /// Runs to the next `yield`; `None` at the end.
    ///
    /// # Errors
    /// What the body raises.
    pub fn resume(&self, interp: &mut Interpreter, resume: Resume) -> PyResult<Option<Value>> {
        let mut suspended = match std::mem::replace(&mut *self.state.borrow_mut(), State::Running) {
            State::Suspended(suspended) => suspended,
            State::Running => return Err(super::value_error("generator already executing")),
            State::Finished => {
                *self.state.borrow_mut() = State::Finished;
                return match resume {
                    Resume::Value(_) => Ok(None),
                    Resume::Raise(raised) => Err(raised),
                };
            }
        };
        if interp.depth >= super::call::RECURSION_LIMIT {
            *self.state.borrow_mut() = State::Finished;
            return Err(Raised::named("RecursionError", "maximum recursion depth exceeded"));
        }
        interp.depth += 1;
        let handling = interp.handling.len();
        let code = Arc::clone(&self.function.code);
        let result = run(interp, &code, &mut suspended, resume);
        interp.handling.truncate(handling);
        interp.depth -= 1;
        match result {
            Ok(Ok(value)) => {
                *self.state.borrow_mut() = State::Suspended(suspended);
                Ok(Some(value))
            }
            Ok(Err(returned)) => {
                *self.returned.borrow_mut() = returned;
                *self.state.borrow_mut() = State::Finished;
                Ok(None)
            }
            Err(mut raised) => {
                *self.state.borrow_mut() = State::Finished;
                raised.leave_frame(&self.function.name.borrow());
                if interp.is_raised(&raised, "StopIteration") {
                    return Err(Raised::named("RuntimeError", "generator raised StopIteration"));
                }
                Err(raised)
            }
        }
    }

    /// `close()`: raises `GeneratorExit` at the `yield`, so that `finally` blocks run.
    ///
    /// # Errors
    /// What the body raises in return.
    pub fn close(&self, interp: &mut Interpreter) -> PyResult<()> {
        let started = match &*self.state.borrow() {
            State::Suspended(suspended) => suspended.started,
            State::Running | State::Finished => false,
        };
        if !started {
            *self.state.borrow_mut() = State::Finished;
            return Ok(());
        }
        match self.resume(interp, Resume::Raise(Raised::named("GeneratorExit", ""))) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(Raised::named("RuntimeError", "generator ignored GeneratorExit")),
            Err(raised) if interp.is_raised(&raised, "GeneratorExit") => Ok(()),
            Err(raised) => Err(raised),
        }
    }
}

/// Runs places until a `yield` (`Ok(Ok)`) or the end (`Ok(Err(returned))`).
fn run(
    interp: &mut Interpreter,
    code: &FunctionCode,
    state: &mut Suspended,
    resume: Resume,
) -> PyResult<Result<Value, Value>> {
    let mut signal = match resume {
        Resume::Value(value) if state.started => wake(interp, code, state, value),
        Resume::Value(_) => Signal::Go,
        Resume::Raise(raised) => {
            if let Some(Position::Awaiting { .. } | Position::YieldFrom { .. }) = state.places.last() {
                state.places.pop();
            }
            Signal::Done(Err(raised))
        }
    };
    state.started = true;
    loop {
        signal = match signal {
            Signal::Go => advance(interp, code, state),
            Signal::Yield(value) => return Ok(Ok(value)),
            Signal::Done(result) => match state.places.pop() {
                Some(place) => settle(interp, code, state, place, result),
                None => {
                    return match result? {
                        Flow::Return(value) => Ok(Err(value)),
                        Flow::Normal | Flow::Break | Flow::Continue => Ok(Err(Value::None)),
                    };
                }
            },
        };
    }
}

/// Delivers the sent value to the statement that yielded.
fn wake(interp: &mut Interpreter, code: &FunctionCode, state: &mut Suspended, value: Value) -> Signal {
    match state.places.last() {
        Some(Position::Awaiting { stmt }) => {
            let stmt = stmt.clone();
            state.places.pop();
            finish_yield(interp, code, state, &stmt, value)
        }
        _ => Signal::Go,
    }
}

fn finish_yield(
    interp: &mut Interpreter,
    code: &FunctionCode,
    state: &mut Suspended,
    stmt: &StmtRef,
    value: Value,
) -> Signal {
    let Some(stmt) = find_stmt(code, stmt) else { return Signal::Go };
    match &stmt.kind {
        StmtKind::Assign { targets, .. } => {
            for target in targets {
                if let Err(raised) = interp.assign(target, value.clone(), &mut state.frame) {
                    return Signal::Done(Err(raised));
                }
            }
            Signal::Go
        }
        StmtKind::Annotated { target, .. } => match interp.assign(target, value, &mut state.frame) {
            Ok(()) => Signal::Go,
            Err(raised) => Signal::Done(Err(raised)),
        },
        StmtKind::Return(_) => Signal::Done(Ok(Flow::Return(value))),
        _ => Signal::Go,
    }
}

/// One step of the place on top.
fn advance(interp: &mut Interpreter, code: &FunctionCode, state: &mut Suspended) -> Signal {
    match step(interp, code, state) {
        Ok(signal) => signal,
        Err(raised) => Signal::Done(Err(raised)),
    }
}

fn step(interp: &mut Interpreter, code: &FunctionCode, state: &mut Suspended) -> PyResult<Signal> {
    let Suspended { frame, places, .. } = state;
    match places.last_mut() {
        None => Ok(Signal::Done(Ok(Flow::Normal))),
        Some(Position::Block { block, next }) => {
            let at = *next;
            let Some(stmt) = find_block(code, &block.0).get(at) else { return Ok(Signal::Done(Ok(Flow::Normal))) };
            *next += 1;
            if stmt.yields {
                let stmt_ref = block.stmt(at);
                interp.reach(stmt, frame)?;
                return open(interp, stmt, stmt_ref, frame, places).map_err(|mut raised| {
                    raised.locate(|| frame.entry(stmt.span));
                    raised.set_statement(stmt.span);
                    raised
                });
            }
            Ok(match interp.exec(stmt, frame)? {
                Flow::Normal => Signal::Go,
                other => Signal::Done(Ok(other)),
            })
        }
        Some(Position::For { stmt, items }) => {
            interp.step()?;
            let path = stmt.clone();
            let Some(Stmt { kind: StmtKind::For { target, .. }, .. }) = find_stmt(code, &path) else {
                return Ok(Signal::Done(Ok(Flow::Normal)));
            };
            match items.next(interp)? {
                Some(item) => {
                    interp.assign(target, item, frame)?;
                    places.push(Position::Block { block: path.block(0), next: 0 });
                }
                None => {
                    places.pop();
                    places.push(Position::Block { block: path.block(1), next: 0 });
                }
            }
            Ok(Signal::Go)
        }
        Some(Position::While { stmt }) => {
            interp.step()?;
            let path = stmt.clone();
            let Some(Stmt { kind: StmtKind::While { test, .. }, .. }) = find_stmt(code, &path) else {
                return Ok(Signal::Done(Ok(Flow::Normal)));
            };
            if interp.test(test, frame)? {
                places.push(Position::Block { block: path.block(0), next: 0 });
            } else {
                places.pop();
                places.push(Position::Block { block: path.block(1), next: 0 });
            }
            Ok(Signal::Go)
        }
        Some(Position::YieldFrom { stmt, iterator }) => {
            let (path, iterator) = (stmt.clone(), iterator.clone());
            match interp.next(&iterator)? {
                Some(value) => Ok(Signal::Yield(value)),
                None => {
                    places.pop();
                    let returned = match &iterator {
                        Value::Generator(inner) => inner.returned.borrow().clone(),
                        _ => Value::None,
                    };
                    Ok(finish_yield(interp, code, state, &path, returned))
                }
            }
        }
        // A try, a with: their block is above them; when it is gone, they are settled.
        Some(Position::Try { .. } | Position::With { .. } | Position::Awaiting { .. }) => {
            Ok(Signal::Done(Ok(Flow::Normal)))
        }
    }
}

/// Begins a statement that has a `yield` inside.
fn open(
    interp: &mut Interpreter,
    stmt: &Stmt,
    path: StmtRef,
    frame: &mut Frame,
    places: &mut Vec<Position>,
) -> PyResult<Signal> {
    let yielding = match &stmt.kind {
        StmtKind::Expr(expr) | StmtKind::Assign { value: expr, .. } | StmtKind::Return(Some(expr)) => Some(expr),
        StmtKind::Annotated { value: Some(expr), .. } => Some(expr),
        _ => None,
    };
    if let Some(expr) = yielding {
        return match &expr.kind {
            ExprKind::Yield(value) => {
                let value = match value {
                    Some(value) => interp.eval(value, frame)?,
                    None => Value::None,
                };
                places.push(Position::Awaiting { stmt: path });
                Ok(Signal::Yield(value))
            }
            ExprKind::YieldFrom(iterable) => {
                let iterable = interp.eval(iterable, frame)?;
                let iterator = interp.iter(&iterable)?;
                places.push(Position::YieldFrom { stmt: path, iterator });
                Ok(Signal::Go)
            }
            _ => {
                interp.eval(expr, frame)?;
                Ok(Signal::Go)
            }
        };
    }
    match &stmt.kind {
        StmtKind::If { test, .. } => {
            let choice = u32::from(!interp.test(test, frame)?);
            places.push(Position::Block { block: path.block(choice), next: 0 });
        }
        StmtKind::For { iter, .. } => {
            let iterable = interp.eval(iter, frame)?;
            let items = interp.iterate(&iterable)?;
            places.push(Position::For { stmt: path, items });
        }
        StmtKind::While { .. } => places.push(Position::While { stmt: path }),
        StmtKind::Try(_) => {
            let block = path.block(0);
            places.push(Position::Try { stmt: path, stage: Stage::Body, pending: None });
            places.push(Position::Block { block, next: 0 });
        }
        StmtKind::With { items, .. } => enter_with(interp, items, 0, path, frame, places)?,
        StmtKind::Match { subject, cases } => {
            let subject = interp.eval(subject, frame)?;
            if let Some(case) = interp.select_case_index(&subject, cases, frame)? {
                places.push(Position::Block { block: path.block(HANDLERS + case as u32), next: 0 });
            }
        }
        _ => {
            return Err(Raised::unsupported(
                "a `yield` in this place",
                "give the `yield` a statement of its own: `value = yield item`",
            ));
        }
    }
    Ok(Signal::Go)
}

fn enter_with(
    interp: &mut Interpreter,
    items: &[(Expr, Option<Target>)],
    from: usize,
    path: StmtRef,
    frame: &mut Frame,
    places: &mut Vec<Position>,
) -> PyResult<()> {
    match items.get(from) {
        Some((context, target)) => {
            let manager = interp.enter_with(context, target.as_ref(), frame)?;
            places.push(Position::With { manager });
            enter_with(interp, items, from + 1, path, frame, places)
        }
        None => {
            places.push(Position::Block { block: path.block(0), next: 0 });
            Ok(())
        }
    }
}

/// The block above `place` ended: what now?
fn settle(
    interp: &mut Interpreter,
    code: &FunctionCode,
    state: &mut Suspended,
    place: Position,
    result: PyResult<Flow>,
) -> Signal {
    match place {
        Position::Block { .. } => match (result, state.places.last()) {
            (Ok(Flow::Normal), None) => Signal::Done(Ok(Flow::Normal)),
            (Ok(Flow::Normal), Some(Position::Try { .. } | Position::With { .. })) => {
                let Some(owner) = state.places.pop() else { return Signal::Go };
                settle(interp, code, state, owner, Ok(Flow::Normal))
            }
            (Ok(Flow::Normal), Some(_)) => Signal::Go,
            (Ok(Flow::Break), Some(Position::For { .. } | Position::While { .. })) => {
                state.places.pop();
                Signal::Go
            }
            (Ok(Flow::Continue), Some(Position::For { .. } | Position::While { .. })) => Signal::Go,
            (result, _) => Signal::Done(result),
        },
        Position::For { .. } | Position::While { .. } | Position::YieldFrom { .. } | Position::Awaiting { .. } => {
            Signal::Done(result)
        }
        Position::With { manager } => match result {
            Ok(flow) => match interp.exit_with(&manager, None) {
                Ok(_) => pass_on(flow),
                Err(raised) => Signal::Done(Err(raised)),
            },
            Err(mut raised) => match interp.exit_with(&manager, Some(&mut raised)) {
                Ok(true) => Signal::Go,
                Ok(false) => Signal::Done(Err(raised)),
                Err(other) => Signal::Done(Err(other)),
            },
        },
        Position::Try { stmt, stage, pending } => settle_try(interp, code, state, &stmt, stage, pending, result),
    }
}

/// A statement ended inside a block: a normal end goes on, anything else leaves the block.
fn pass_on(flow: Flow) -> Signal {
    match flow {
        Flow::Normal => Signal::Go,
        other => Signal::Done(Ok(other)),
    }
}

fn settle_try(
    interp: &mut Interpreter,
    code: &FunctionCode,
    state: &mut Suspended,
    path: &StmtRef,
    stage: Stage,
    pending: Option<PyResult<Flow>>,
    result: PyResult<Flow>,
) -> Signal {
    let Some(Stmt { kind: StmtKind::Try(node), .. }) = find_stmt(code, path) else { return Signal::Done(result) };
    let mut result = result;
    if let Stage::Handler(index) = stage
        && let Some(handler) = node.handlers.get(index)
    {
        interp.leave_handler(handler, &mut state.frame);
    }
    if stage == Stage::Body {
        match result {
            Ok(Flow::Normal) if !node.orelse.is_empty() => {
                push_try(state, path, Stage::Else, None, 1);
                return Signal::Go;
            }
            Err(mut raised) => match interp.find_handler(&mut raised, &node.handlers, &mut state.frame) {
                Ok(Some(handler)) => {
                    let index = node.handlers.iter().position(|known| std::ptr::eq(known, handler)).unwrap_or(0);
                    match interp.enter_handler(handler, &mut raised, &mut state.frame) {
                        Ok(()) => {
                            push_try(state, path, Stage::Handler(index), None, HANDLERS + index as u32);
                            return Signal::Go;
                        }
                        Err(other) => result = Err(other),
                    }
                }
                Ok(None) => result = Err(raised),
                Err(other) => result = Err(other),
            },
            Ok(_) => {}
        }
    }
    if stage == Stage::Finally {
        return match result {
            Ok(Flow::Normal) => match pending {
                Some(Ok(flow)) => pass_on(flow),
                Some(Err(raised)) => Signal::Done(Err(raised)),
                None => Signal::Go,
            },
            other => Signal::Done(other),
        };
    }
    if !node.finally.is_empty() {
        push_try(state, path, Stage::Finally, Some(result), 2);
        return Signal::Go;
    }
    match result {
        Ok(flow) => pass_on(flow),
        Err(raised) => Signal::Done(Err(raised)),
    }
}

fn push_try(state: &mut Suspended, path: &StmtRef, stage: Stage, pending: Option<PyResult<Flow>>, block: u32) {
    state.places.push(Position::Try { stmt: path.clone(), stage, pending });
    state.places.push(Position::Block { block: path.block(block), next: 0 });
}

/// `StopIteration(value)`.
pub fn stop_iteration(value: Value) -> Raised {
    Raised::new(Cause::Valued("StopIteration", value))
}
