//! Frozen functions: a Python function with all it captures, in a form that threads can share (S9).
//!
//! Code is shared as it is (`Arc`); values become recipes that make them again in another interpreter. Globals, cells, classes and
//! instances have numbers, so that what was shared or recursive is so again. A frozen function has no host.

use super::Interpreter;
use super::args::Args;
use super::ast::Unit;
use super::class::{Class, Instance, Namespace};
use super::descriptors::{ClassMethod, Property, StaticMethod};
use super::frame::{CellRef, Globals};
use super::function::Function;
use super::raised::{PyResult, Raised};
use super::value::{BoundMethod, Method, Range, Value};
use super::{Dict, Set};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes a value again in another interpreter.
pub type Thaw = Arc<dyn Fn(&mut Interpreter) -> PyResult + Send + Sync>;

/// Numbers of frozen things; they never show.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Frozen things that may refer to each other in circles: filled while freezing, read while thawing.
struct Shared<T> {
    number: u64,
    content: Mutex<T>,
}

impl<T> Shared<T> {
    fn new(content: T) -> Arc<Shared<T>> {
        Arc::new(Shared { number: number(), content: Mutex::new(content) })
    }

    fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        use_it(&mut self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct FrozenGlobals {
    unit: Arc<Unit>,
    slots: Vec<(usize, Thaw)>,
}

#[derive(Default)]
struct FrozenClass {
    name: String,
    bases: Vec<Thaw>,
    attrs: Vec<(String, Thaw)>,
}

#[derive(Default)]
struct FrozenInstance {
    class: Option<Thaw>,
    fields: Vec<(String, Thaw)>,
    native: Option<Thaw>,
}

/// What an interpreter has thawed already.
#[derive(Default)]
struct Thawed {
    globals: HashMap<u64, Rc<Globals>>,
    cells: HashMap<u64, CellRef>,
    classes: HashMap<u64, Rc<Class>>,
    instances: HashMap<u64, Value>,
}

/// Freezes values; remembers what it has seen, so that shared and recursive values stay so.
#[derive(Default)]
pub struct Freezer {
    globals: HashMap<usize, (Arc<Shared<FrozenGlobals>>, HashSet<usize>)>,
    cells: HashMap<usize, Arc<Shared<Option<Thaw>>>>,
    classes: HashMap<usize, Arc<Shared<FrozenClass>>>,
    instances: HashMap<usize, Arc<Shared<FrozenInstance>>>,
    depth: usize,
    /// Keeps alive what is known by its address.
    kept: Vec<Value>,
}

fn cannot(what: &str) -> Raised {
    Raised::named("PicklingError", format!("cannot pickle '{what}' object"))
        .with_help("a function that runs on rows may only capture plain values; compute what it needs before")
}

impl Freezer {
    /// A recipe for `value`.
    ///
    /// # Errors
    /// A `PicklingError` for a value that cannot travel (a `DataFrame`, the session, an open file).
    pub fn freeze(&mut self, interp: &mut Interpreter, value: &Value) -> PyResult<Thaw> {
        self.depth += 1;
        if self.depth > 400 {
            return Err(Raised::named("RecursionError", "maximum recursion depth exceeded while pickling an object"));
        }
        let thaw = self.recipe(interp, value);
        self.depth -= 1;
        thaw
    }

    fn recipe(&mut self, interp: &mut Interpreter, value: &Value) -> PyResult<Thaw> {
        Ok(match value {
            Value::None => Arc::new(|_| Ok(Value::None)),
            Value::Ellipsis => Arc::new(|_| Ok(Value::Ellipsis)),
            Value::NotImplemented => Arc::new(|_| Ok(Value::NotImplemented)),
            Value::Bool(truth) => {
                let truth = *truth;
                Arc::new(move |_| Ok(Value::Bool(truth)))
            }
            Value::Int(number) => {
                let number = *number;
                Arc::new(move |_| Ok(Value::Int(number)))
            }
            Value::BigInt(number) => {
                let number = number.as_ref().clone();
                Arc::new(move |_| Ok(Value::big(number.clone())))
            }
            Value::Float(number) => {
                let number = *number;
                Arc::new(move |_| Ok(Value::Float(number)))
            }
            Value::Str(text) => {
                let text = text.to_string();
                Arc::new(move |_| Ok(Value::str(&text)))
            }
            Value::Bytes(bytes) => {
                let bytes = bytes.to_vec();
                Arc::new(move |_| Ok(Value::Bytes(Rc::from(bytes.as_slice()))))
            }
            Value::ByteArray(bytes) => {
                let bytes = bytes.borrow().clone();
                Arc::new(move |_| Ok(Value::ByteArray(Rc::new(RefCell::new(bytes.clone())))))
            }
            Value::Range(range) => {
                let Range { start, stop, step } = **range;
                Arc::new(move |_| Ok(Value::Range(Rc::new(Range { start, stop, step }))))
            }
            Value::List(items) => {
                let items = self.all(interp, &items.borrow().clone())?;
                Arc::new(move |interp| Ok(Value::list(thaw_all(interp, &items)?)))
            }
            Value::Tuple(items) => {
                let items = self.all(interp, items)?;
                Arc::new(move |interp| Ok(Value::tuple(thaw_all(interp, &items)?)))
            }
            Value::Dict(dict) => {
                let (keys, values): (Vec<Value>, Vec<Value>) =
                    dict.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).unzip();
                let (keys, values) = (self.all(interp, &keys)?, self.all(interp, &values)?);
                Arc::new(move |interp| {
                    let mut dict = Dict::new();
                    for (key, value) in keys.iter().zip(&values) {
                        let (key, value) = (key(interp)?, value(interp)?);
                        dict.set(interp, key, value)?;
                    }
                    Ok(Value::dict(dict))
                })
            }
            Value::Set(set) => {
                let items = self.all(interp, &set.borrow().values())?;
                Arc::new(move |interp| {
                    let items = thaw_all(interp, &items)?;
                    Ok(Value::set(Set::from_values(interp, items)?))
                })
            }
            Value::FrozenSet(set) => {
                let items = self.all(interp, &set.values())?;
                Arc::new(move |interp| {
                    let items = thaw_all(interp, &items)?;
                    Ok(Value::FrozenSet(Rc::new(Set::from_values(interp, items)?)))
                })
            }
            Value::Module(module) => {
                let name = module.name.to_string();
                if let Some(globals) = &module.globals {
                    return self.script_module(interp, &name, &Rc::clone(globals));
                }
                Arc::new(move |interp| Ok(Value::Module(interp.import(&name)?)))
            }
            Value::Builtin(builtin) => {
                let name = builtin.name.to_string();
                match builtin.module.as_deref() {
                    Some(class) if class.starts_with("builtins:") => {
                        let class = class.trim_start_matches("builtins:").to_owned();
                        Arc::new(move |interp| match interp.class_named(&class) {
                            Some(class) => interp.get_attr(&Value::Class(class), &name),
                            None => Err(cannot("builtin_function_or_method")),
                        })
                    }
                    Some(module) => {
                        let module = module.to_owned();
                        Arc::new(move |interp| {
                            let module = interp.import(&module)?;
                            module.get(&name).ok_or_else(|| cannot("builtin_function_or_method"))
                        })
                    }
                    None => return Err(cannot("builtin_function_or_method")),
                }
            }
            Value::BoundMethod(method) => {
                let receiver = self.freeze(interp, &method.receiver)?;
                match &method.method {
                    Method::Native(name) => {
                        let name = name.to_string();
                        Arc::new(move |interp| Ok(super::attr::native_method(&receiver(interp)?, &name)))
                    }
                    Method::Callable(function) => {
                        let function = self.freeze(interp, function)?;
                        Arc::new(move |interp| {
                            let (receiver, function) = (receiver(interp)?, function(interp)?);
                            Ok(Value::BoundMethod(Rc::new(BoundMethod {
                                receiver,
                                method: Method::Callable(function),
                            })))
                        })
                    }
                }
            }
            Value::Function(function) => self.function(interp, &Rc::clone(function))?,
            Value::Class(class) => self.class(interp, &Rc::clone(class))?,
            Value::Instance(instance) => self.instance(interp, &Rc::clone(instance))?,
            Value::Object(object) => {
                let object = Rc::clone(object);
                if let Some(thaw) = object.freeze(interp, value, self)? {
                    return Ok(thaw);
                }
                return self.descriptor(interp, value);
            }
            Value::Slice(_) | Value::Iterator(_) | Value::Generator(_) => return Err(cannot(&interp.type_name(value))),
        })
    }

    fn all(&mut self, interp: &mut Interpreter, values: &[Value]) -> PyResult<Vec<Thaw>> {
        values.iter().map(|value| self.freeze(interp, value)).collect()
    }

    fn descriptor(&mut self, interp: &mut Interpreter, value: &Value) -> PyResult<Thaw> {
        if let Some(method) = value.downcast::<StaticMethod>() {
            let inner = self.freeze(interp, &method.0)?;
            return Ok(Arc::new(move |interp| Ok(Value::object(StaticMethod(inner(interp)?)))));
        }
        if let Some(method) = value.downcast::<ClassMethod>() {
            let inner = self.freeze(interp, &method.0)?;
            return Ok(Arc::new(move |interp| Ok(Value::object(ClassMethod(inner(interp)?)))));
        }
        if let Some(property) = value.downcast::<Property>() {
            let getter = self.freeze(interp, &property.getter)?;
            let setter = self.freeze(interp, &property.setter)?;
            let cached = property.cached.as_ref().map(ToString::to_string);
            return Ok(Arc::new(move |interp| {
                let (getter, setter) = (getter(interp)?, setter(interp)?);
                Ok(Value::object(Property { getter, setter, cached: cached.as_deref().map(Rc::from) }))
            }));
        }
        Err(cannot(&interp.type_name(value)))
    }

    /// The frozen globals that belong to `globals`, with every name in `slots`.
    fn globals(
        &mut self,
        interp: &mut Interpreter,
        globals: &Rc<Globals>,
        slots: &[u32],
    ) -> PyResult<Arc<Shared<FrozenGlobals>>> {
        let address = Rc::as_ptr(globals) as usize;
        let entry = self.globals.entry(address).or_insert_with(|| {
            let frozen = FrozenGlobals { unit: Arc::clone(&globals.unit), slots: Vec::new() };
            (Shared::new(frozen), HashSet::new())
        });
        let frozen = Arc::clone(&entry.0);
        for slot in slots {
            let slot = *slot as usize;
            let new = self.globals.get_mut(&address).is_some_and(|(_, seen)| seen.insert(slot));
            if !new {
                continue;
            }
            if let Some(value) = globals.slot(slot) {
                let name = globals.unit.globals.get(slot).map_or("", |name| name);
                let thaw = self.freeze(interp, &value).map_err(|raised| raised.with_subject(name))?;
                frozen.with(|frozen| frozen.slots.push((slot, thaw)));
            }
        }
        Ok(frozen)
    }

    fn script_module(&mut self, interp: &mut Interpreter, name: &str, globals: &Rc<Globals>) -> PyResult<Thaw> {
        let all: Vec<u32> = (0..globals.unit.globals.len() as u32).collect();
        let frozen = self.globals(interp, globals, &all)?;
        let name = name.to_owned();
        Ok(Arc::new(move |interp| {
            let globals = thaw_globals(interp, &frozen)?;
            Ok(Value::Module(Rc::new(super::Module {
                name: Rc::from(name.as_str()),
                attrs: RefCell::default(),
                globals: Some(globals),
            })))
        }))
    }

    fn cell(&mut self, interp: &mut Interpreter, cell: &CellRef) -> PyResult<Arc<Shared<Option<Thaw>>>> {
        let address = Rc::as_ptr(cell) as usize;
        if let Some(known) = self.cells.get(&address) {
            return Ok(Arc::clone(known));
        }
        let frozen = Shared::new(None);
        self.cells.insert(address, Arc::clone(&frozen));
        let value = cell.borrow().clone();
        if let Some(value) = value {
            let thaw = self.freeze(interp, &value)?;
            frozen.with(|content| *content = Some(thaw));
        }
        Ok(frozen)
    }

    fn function(&mut self, interp: &mut Interpreter, function: &Rc<Function>) -> PyResult<Thaw> {
        self.kept.push(Value::Function(Rc::clone(function)));
        let globals = self.globals(interp, &function.globals, &function.code.globals)?;
        let mut cells = Vec::new();
        for cell in &function.closure {
            cells.push(self.cell(interp, cell)?);
        }
        let owner = match &function.owner {
            Some(owner) if function.code.has_super => Some(self.cell(interp, owner)?),
            _ => None,
        };
        let defaults = self.all(interp, &function.defaults)?;
        let mut keyword_defaults = Vec::new();
        for default in &function.keyword_defaults {
            keyword_defaults.push(match default {
                Some(default) => Some(self.freeze(interp, default)?),
                None => None,
            });
        }
        let code = Arc::clone(&function.code);
        let name = function.name.borrow().to_string();
        Ok(Arc::new(move |interp| {
            let globals = thaw_globals(interp, &globals)?;
            let mut closure = Vec::with_capacity(cells.len());
            for cell in &cells {
                closure.push(thaw_cell(interp, cell)?);
            }
            let owner = match &owner {
                Some(owner) => Some(thaw_cell(interp, owner)?),
                None => None,
            };
            let defaults = thaw_all(interp, &defaults)?;
            let mut keywords = Vec::with_capacity(keyword_defaults.len());
            for default in &keyword_defaults {
                keywords.push(match default {
                    Some(default) => Some(default(interp)?),
                    None => None,
                });
            }
            Ok(Value::Function(Rc::new(Function {
                code: Arc::clone(&code),
                name: RefCell::new(Rc::from(name.as_str())),
                globals,
                closure,
                defaults,
                keyword_defaults: keywords,
                owner,
                attrs: RefCell::default(),
            })))
        }))
    }

    fn class(&mut self, interp: &mut Interpreter, class: &Rc<Class>) -> PyResult<Thaw> {
        let name = class.name.to_string();
        if interp.class_named(&name).is_some_and(|known| Rc::ptr_eq(&known, class)) {
            let module = class.module.split('.').next().unwrap_or("").to_owned();
            return Ok(Arc::new(move |interp| {
                if interp.class_named(&name).is_none() {
                    // The module that registers the class has not been imported on this side.
                    interp.import(&module)?;
                }
                interp.class_named(&name).map(Value::Class).ok_or_else(|| cannot("type"))
            }));
        }
        if let Some(fields) = class.lookup("_fields").filter(|_| class.construct.is_some()) {
            let fields: Vec<String> = fields
                .as_items()
                .unwrap_or_default()
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect();
            let defaults = class.lookup("_defaults").and_then(|defaults| defaults.as_items()).unwrap_or_default();
            let defaults = self.all(interp, &defaults)?;
            let number = number();
            return Ok(Arc::new(move |interp| {
                if let Some(known) = interp.extension::<Thawed>().classes.get(&number) {
                    return Ok(Value::Class(Rc::clone(known)));
                }
                let defaults = thaw_all(interp, &defaults)?;
                let class = super::modules::collections::tuple_class(
                    interp,
                    &name,
                    fields.clone(),
                    defaults,
                    Namespace::default(),
                )?;
                interp.extension::<Thawed>().classes.insert(number, Rc::clone(&class));
                Ok(Value::Class(class))
            }));
        }
        let address = Rc::as_ptr(class) as usize;
        let frozen = match self.classes.get(&address) {
            Some(known) => Arc::clone(known),
            None => {
                let frozen = Shared::new(FrozenClass { name, ..FrozenClass::default() });
                self.classes.insert(address, Arc::clone(&frozen));
                self.kept.push(Value::Class(Rc::clone(class)));
                let bases: Vec<Value> = class.bases.iter().map(|base| Value::Class(Rc::clone(base))).collect();
                let bases = self.all(interp, &bases)?;
                let attrs: Vec<(String, Value)> =
                    class.attrs.borrow().iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                let mut recipes = Vec::new();
                for (name, value) in attrs {
                    recipes.push((name, self.freeze(interp, &value)?));
                }
                frozen.with(|content| {
                    content.bases = bases;
                    content.attrs = recipes;
                });
                frozen
            }
        };
        Ok(Arc::new(move |interp| thaw_class(interp, &frozen).map(Value::Class)))
    }

    fn instance(&mut self, interp: &mut Interpreter, instance: &Rc<Instance>) -> PyResult<Thaw> {
        let address = Rc::as_ptr(instance) as usize;
        let frozen = match self.instances.get(&address) {
            Some(known) => Arc::clone(known),
            None => {
                let frozen = Shared::new(FrozenInstance::default());
                self.instances.insert(address, Arc::clone(&frozen));
                self.kept.push(Value::Instance(Rc::clone(instance)));
                let class = self.freeze(interp, &Value::Class(instance.class()))?;
                let native = match &instance.native {
                    Some(native) => Some(self.freeze(interp, native)?),
                    None => None,
                };
                let fields: Vec<(String, Value)> =
                    instance.fields.borrow().iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                let mut recipes = Vec::new();
                for (name, value) in fields {
                    recipes.push((name, self.freeze(interp, &value)?));
                }
                frozen.with(|content| *content = FrozenInstance { class: Some(class), fields: recipes, native });
                frozen
            }
        };
        Ok(Arc::new(move |interp| thaw_instance(interp, &frozen)))
    }
}

fn thaw_all(interp: &mut Interpreter, recipes: &[Thaw]) -> PyResult<Vec<Value>> {
    recipes.iter().map(|thaw| thaw(interp)).collect()
}

fn thaw_globals(interp: &mut Interpreter, frozen: &Shared<FrozenGlobals>) -> PyResult<Rc<Globals>> {
    if let Some(known) = interp.extension::<Thawed>().globals.get(&frozen.number) {
        return Ok(Rc::clone(known));
    }
    let (unit, slots) = frozen.with(|frozen| (Arc::clone(&frozen.unit), frozen.slots.clone()));
    let globals = Rc::new(Globals::new(&unit));
    globals.set("__name__", Value::str("__main__"));
    interp.extension::<Thawed>().globals.insert(frozen.number, Rc::clone(&globals));
    for (slot, thaw) in slots {
        let value = thaw(interp)?;
        globals.set_slot(slot, Some(value));
    }
    Ok(globals)
}

fn thaw_cell(interp: &mut Interpreter, frozen: &Shared<Option<Thaw>>) -> PyResult<CellRef> {
    if let Some(known) = interp.extension::<Thawed>().cells.get(&frozen.number) {
        return Ok(Rc::clone(known));
    }
    let cell = CellRef::default();
    interp.extension::<Thawed>().cells.insert(frozen.number, Rc::clone(&cell));
    let thaw = frozen.with(|content| content.clone());
    if let Some(thaw) = thaw {
        let value = thaw(interp)?;
        *cell.borrow_mut() = Some(value);
    }
    Ok(cell)
}

fn thaw_class(interp: &mut Interpreter, frozen: &Shared<FrozenClass>) -> PyResult<Rc<Class>> {
    if let Some(known) = interp.extension::<Thawed>().classes.get(&frozen.number) {
        return Ok(Rc::clone(known));
    }
    let (name, bases, attrs) = frozen.with(|frozen| (frozen.name.clone(), frozen.bases.clone(), frozen.attrs.clone()));
    let mut parents = Vec::new();
    for base in &bases {
        if let Value::Class(base) = base(interp)? {
            parents.push(base);
        }
    }
    let ancestors = super::classes::linearize(&parents)?;
    let class = Rc::new(Class {
        name: Rc::from(name.as_str()),
        module: Rc::from("__main__"),
        bases: parents,
        ancestors,
        attrs: RefCell::default(),
        construct: None,
        hooks: Cell::new(attrs.iter().any(|(name, _)| name == "__setattr__")),
        native_names: &[],
    });
    interp.extension::<Thawed>().classes.insert(frozen.number, Rc::clone(&class));
    for (name, thaw) in attrs {
        let value = thaw(interp)?;
        class.set(&name, value);
    }
    Ok(class)
}

fn thaw_instance(interp: &mut Interpreter, frozen: &Shared<FrozenInstance>) -> PyResult {
    if let Some(known) = interp.extension::<Thawed>().instances.get(&frozen.number) {
        return Ok(known.clone());
    }
    let (class, fields, native) =
        frozen.with(|frozen| (frozen.class.clone(), frozen.fields.clone(), frozen.native.clone()));
    let class = match class {
        Some(class) => class(interp)?,
        None => Value::None,
    };
    let Value::Class(class) = class else { return Err(cannot("instance")) };
    let native = match native {
        Some(native) => Some(native(interp)?),
        None => None,
    };
    let instance = Rc::new(Instance { class: RefCell::new(class), fields: RefCell::default(), native });
    let value = Value::Instance(Rc::clone(&instance));
    interp.extension::<Thawed>().instances.insert(frozen.number, value.clone());
    for (name, thaw) in fields {
        let content = thaw(interp)?;
        instance.set(&name, content);
    }
    Ok(value)
}

/// Calls a thawed function; the steps are counted for each call anew.
///
/// # Errors
/// What the function raises.
pub fn call_thawed(interp: &mut Interpreter, function: &Value, args: Vec<Value>) -> PyResult {
    interp.reset_steps();
    interp.call(function, Args::of(args))
}
