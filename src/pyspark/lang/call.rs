//! Calls: of functions of the script, classes, methods and native callables.

use super::Interpreter;
use super::args::{Args, missing_arguments};
use super::ast::{Body, FunctionCode};
use super::class::{Class, Instance};
use super::exec::Flow;
use super::frame::Frame;
use super::function::Function;
use super::generator::Generator;
use super::methods;
use super::raised::{PyResult, Raised, type_error};
use super::value::{BoundMethod, Method, Value};
use std::rc::Rc;
use std::sync::Arc;

/// How deep Python calls may nest, as in CPython.
pub const RECURSION_LIMIT: usize = 1000;

/// Values whose methods are found by name without an attribute lookup.
pub fn has_fast_methods(value: &Value) -> bool {
    matches!(
        value,
        Value::Str(_)
            | Value::List(_)
            | Value::Dict(_)
            | Value::Set(_)
            | Value::Tuple(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bytes(_)
    )
}

impl Interpreter {
    /// `callee(args)`.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call(&mut self, callee: &Value, args: Args) -> PyResult {
        match callee {
            Value::Function(function) => self.call_function(&Rc::clone(function), args),
            Value::Builtin(builtin) => {
                self.step()?;
                let builtin = Rc::clone(builtin);
                let made = (builtin.function)(self, args)?;
                self.pay_for(&made)?;
                Ok(made)
            }
            Value::BoundMethod(method) => match &method.method {
                Method::Native(name) if name.starts_with("__") && !matches!(method.receiver, Value::Object(_)) => {
                    super::descriptors::special_of_native(self, &method.receiver, name, args)
                }
                Method::Native(name) => self.call_method(&method.receiver, name, args),
                Method::Callable(function) => self.call(function, args.prepend(method.receiver.clone())),
            },
            Value::Class(class) => self.call_class(&Rc::clone(class), args),
            Value::Object(object) => {
                let object = Rc::clone(object);
                match object.call(self, callee, args) {
                    Some(result) => result,
                    None => Err(not_callable(self, callee)),
                }
            }
            Value::Instance(instance) => {
                let class = instance.class();
                match class.lookup("__call__") {
                    Some(method) => {
                        let bound = self.bind(&method, callee, &class)?;
                        self.call(&bound, args)
                    }
                    None => match &instance.native {
                        Some(native @ Value::Object(_)) => self.call(&native.clone(), args),
                        _ => Err(not_callable(self, callee)),
                    },
                }
            }
            _ => Err(not_callable(self, callee)),
        }
    }

    /// `receiver.name(args)`.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call_method(&mut self, receiver: &Value, name: &str, args: Args) -> PyResult {
        match receiver {
            Value::Instance(instance) => {
                let class = instance.class();
                let shadowed = instance.fields.borrow().contains_key(name);
                if !shadowed && let Some(Value::Function(function)) = class.lookup(name) {
                    return self.call_function(&function, args.prepend(receiver.clone()));
                }
                let callee = self.get_attr(receiver, name)?;
                self.call(&callee, args)
            }
            Value::Object(object) => {
                self.step()?;
                let object = Rc::clone(object);
                let args = self.bind_native(object.type_name(), name, args)?;
                // Arguments are cheap to clone; an object that does not know the method leaves them for its attribute.
                if let Some(result) = object.call_method(self, receiver, name, args.clone()) {
                    return result;
                }
                let callee = self.get_attr(receiver, name)?;
                self.call(&callee, args)
            }
            Value::Class(_) | Value::Module(_) | Value::Function(_) | Value::Builtin(_) | Value::BoundMethod(_) => {
                let callee = self.get_attr(receiver, name)?;
                self.call(&callee, args)
            }
            _ => {
                self.step()?;
                match methods::call(self, receiver, name, args) {
                    Some(result) => {
                        let made = result?;
                        self.pay_for(&made)?;
                        Ok(made)
                    }
                    None => {
                        // Gives the right AttributeError, or calls `__class__` and the like.
                        let callee = self.get_attr(receiver, name)?;
                        self.call(&callee, Args::none())
                    }
                }
            }
        }
    }

    /// Calls a function of the script.
    pub(super) fn call_function(&mut self, function: &Rc<Function>, args: Args) -> PyResult {
        self.step()?;
        let code = Arc::clone(&function.code);
        let mut frame = Frame::new(&function.globals, code.slots, code.cells, &function.closure);
        frame.owner.clone_from(&function.owner);
        bind(self, function, &code, args, &mut frame)?;
        for (slot, cell) in &code.cell_params {
            let value = frame.locals[*slot as usize].clone();
            *frame.cells[*cell as usize].borrow_mut() = value;
        }
        if code.generator {
            return Ok(Value::Generator(Rc::new(Generator::new(Rc::clone(function), frame))));
        }
        if self.depth >= RECURSION_LIMIT {
            return Err(Raised::named("RecursionError", "maximum recursion depth exceeded"));
        }
        self.depth += 1;
        let result = match &code.body {
            Body::Expr(expr) => self.eval(expr, &mut frame),
            Body::Block(block) => self.exec_block(block, &mut frame).map(|flow| match flow {
                Flow::Return(value) => value,
                Flow::Normal | Flow::Break | Flow::Continue => Value::None,
            }),
        };
        self.depth -= 1;
        result.map_err(|mut raised| {
            raised.leave_frame(&function.name.borrow());
            raised
        })
    }

    /// `class(args)`.
    fn call_class(&mut self, class: &Rc<Class>, args: Args) -> PyResult {
        self.step()?;
        if let Some(new) = class.lookup("__new__")
            && let Value::Function(_) | Value::Object(_) = new
        {
            let new = match new.downcast::<super::descriptors::StaticMethod>() {
                Some(inner) => inner.0.clone(),
                None => new,
            };
            let made = self.call(&new, args.clone().prepend(Value::Class(Rc::clone(class))))?;
            return self.initialize(class, made, args);
        }
        let Some(construct) = class.constructor() else {
            if class.lookup("__abstract__").is_some() {
                self.check_abstract(class)?;
            }
            return self.initialize(class, Value::Instance(Rc::new(Instance::new(class))), args);
        };
        if class.construct.is_some() {
            return construct(self, class, args);
        }
        self.check_abstract(class)?;
        let own_init = matches!(class.lookup("__init__"), Some(Value::Function(_)));
        let empty_first =
            own_init && (class.descends_from("dict") || class.descends_from("list") || class.descends_from("set"));
        let made = construct(self, class, if empty_first { Args::none() } else { args.clone() })?;
        if own_init { self.initialize(class, made, args) } else { Ok(made) }
    }

    fn initialize(&mut self, class: &Rc<Class>, made: Value, args: Args) -> PyResult {
        match class.lookup("__init__") {
            Some(init) if matches!(&made, Value::Instance(instance) if instance.class().is_subclass(class)) => {
                let bound = self.bind(&init, &made, class)?;
                let answer = self.call(&bound, args)?;
                if !answer.is_none() {
                    let kind = self.type_name(&answer);
                    return Err(type_error(format!("__init__() should return None, not '{kind}'")));
                }
            }
            Some(_) => {}
            None if !args.is_empty() && class.lookup("__new__").is_none() => {
                return Err(type_error(format!("{}() takes no arguments", class.name)));
            }
            None => {}
        }
        Ok(made)
    }

    fn check_abstract(&mut self, class: &Rc<Class>) -> PyResult<()> {
        let missing = self.abstract_methods(class);
        if missing.is_empty() {
            return Ok(());
        }
        let list = missing.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let plural = if missing.len() == 1 { "" } else { "s" };
        let name = &class.name;
        Err(type_error(format!(
            "Can't instantiate abstract class {name} without an implementation for abstract method{plural} {list}"
        )))
    }

    /// A class attribute as seen through an instance.
    pub(super) fn bind(&mut self, attribute: &Value, receiver: &Value, class: &Rc<Class>) -> PyResult {
        match attribute {
            Value::Function(_) => Ok(bound(receiver, attribute)),
            Value::Object(object) => {
                let _ = object;
                super::descriptors::bind(self, attribute, Some(receiver), class)
            }
            _ => Ok(attribute.clone()),
        }
    }
}

/// A method bound to its receiver.
pub fn bound(receiver: &Value, function: &Value) -> Value {
    Value::BoundMethod(Rc::new(BoundMethod { receiver: receiver.clone(), method: Method::Callable(function.clone()) }))
}

fn not_callable(interp: &Interpreter, callee: &Value) -> Raised {
    type_error(format!("'{}' object is not callable", interp.type_name(callee)))
}

/// Puts arguments into parameter slots.
fn bind(
    interp: &mut Interpreter,
    function: &Function,
    code: &FunctionCode,
    args: Args,
    frame: &mut Frame,
) -> PyResult<()> {
    let given = args.positional.len();
    if args.keyword.is_empty()
        && code.star.is_none()
        && code.double_star.is_none()
        && given == code.params.len()
        && given == code.positional
    {
        for (slot, value) in frame.locals.iter_mut().zip(args.positional) {
            *slot = Some(value);
        }
        return Ok(());
    }
    let mut positional = args.positional.into_iter();
    for (slot, value) in frame.locals.iter_mut().zip(positional.by_ref().take(code.positional)) {
        *slot = Some(value);
    }
    let extra: Vec<Value> = positional.collect();
    match code.star {
        Some(slot) => frame.locals[slot as usize] = Some(Value::tuple(extra)),
        None if !extra.is_empty() => return Err(too_many(function, code, given)),
        None => {}
    }
    let mut rest = super::Dict::new();
    for (name, value) in args.keyword {
        let place = code.params.iter().position(|known| **known == *name).filter(|at| *at >= code.positional_only);
        match place {
            Some(at) if frame.locals[at].is_some() => {
                return Err(type_error(format!("{}() got multiple values for argument '{name}'", code.qualname)));
            }
            Some(at) => frame.locals[at] = Some(value),
            None if code.double_star.is_some() => rest.set_str(&name, value),
            None => {
                return Err(type_error(format!("{}() got an unexpected keyword argument '{name}'", code.qualname)));
            }
        }
    }
    if let Some(slot) = code.double_star {
        frame.locals[slot as usize] = Some(Value::dict(rest));
    }
    fill_defaults(function, code, frame)?;
    let _ = interp;
    Ok(())
}

fn fill_defaults(function: &Function, code: &FunctionCode, frame: &mut Frame) -> PyResult<()> {
    let first_default = code.positional.saturating_sub(function.defaults.len());
    let mut missing = Vec::new();
    for at in 0..code.positional {
        if frame.locals[at].is_none() {
            match at.checked_sub(first_default).and_then(|at| function.defaults.get(at)) {
                Some(default) => frame.locals[at] = Some(default.clone()),
                None => missing.push(&*code.params[at]),
            }
        }
    }
    if !missing.is_empty() {
        return Err(missing_arguments(&code.qualname, "positional", &missing));
    }
    for at in code.positional..code.params.len() {
        if frame.locals[at].is_none() {
            match function.keyword_defaults.get(at - code.positional) {
                Some(Some(default)) => frame.locals[at] = Some(default.clone()),
                _ => missing.push(&*code.params[at]),
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing_arguments(&code.qualname, "keyword-only", &missing)) }
}

fn too_many(function: &Function, code: &FunctionCode, given: usize) -> Raised {
    let required = code.positional - function.defaults.len().min(code.positional);
    let takes = if function.defaults.is_empty() {
        code.positional.to_string()
    } else {
        format!("from {required} to {}", code.positional)
    };
    let plural = if code.positional == 1 && function.defaults.is_empty() { "" } else { "s" };
    let were = if given == 1 { "was" } else { "were" };
    type_error(format!("{}() takes {takes} positional argument{plural} but {given} {were} given", code.qualname))
}
