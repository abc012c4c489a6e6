//! The interpreter: its state, and what native code may ask of it.

use super::args::Args;
use super::class::{Class, Module, Namespace};
use super::frame::Frame;
use super::function::Builtin;
use super::raised::{PyResult, Raised};
use super::value::Value;
use crate::common::{ErrorClass, SparkError};
use crate::pyspark::host::Host;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Gives the module of a dotted name, or `None` when it is not one of its own.
pub type ModuleLoader = fn(&mut Interpreter, &str) -> PyResult<Option<Rc<Module>>>;

/// Puts the arguments of a native class's method at the places of its parameters; a `TypeError` when they do not fit.
pub type Binder = fn(class: &str, method: &str, args: Args) -> PyResult<Args>;

type Table<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// How many steps a script may take unless somebody says otherwise.
pub const DEFAULT_STEPS: u64 = 100_000_000;

/// Runs Python.
pub struct Interpreter {
    host: Option<Box<dyn Host>>,
    extensions: Table<TypeId, Box<dyn Any>>,
    pub(super) classes: Table<Rc<str>, Rc<Class>>,
    loaders: Vec<ModuleLoader>,
    binder: Option<Binder>,
    pub(super) modules: Table<Rc<str>, Rc<Module>>,
    pub(super) builtins: Namespace,
    names: Table<Arc<str>, Rc<str>>,
    pub(super) steps: u64,
    step_limit: u64,
    pub(super) last_line: u32,
    /// The step at which the host is asked again whether to go on, on whatever line.
    pub(super) next_look: u64,
    pub(super) depth: usize,
    /// Exceptions that are being handled, innermost last.
    pub(super) handling: Vec<Raised>,
    /// Frozen dataclass instances whose `__init__` is running.
    pub(super) building: Vec<usize>,
    /// Containers whose `repr` is running, so that a list inside itself ends.
    pub(super) in_repr: Vec<usize>,
    pub(super) script_name: String,
    /// `sys.argv` without the script's own name.
    pub arguments: Vec<String>,
}

impl Default for Interpreter {
    fn default() -> Self {
        Interpreter::detached()
    }
}

impl Interpreter {
    /// An interpreter whose script sees the world through `host`.
    pub fn new(host: Box<dyn Host>) -> Interpreter {
        Interpreter::with(Some(host))
    }

    /// An interpreter without a world, for functions that run on rows.
    pub fn detached() -> Interpreter {
        Interpreter::with(None)
    }

    fn with(host: Option<Box<dyn Host>>) -> Interpreter {
        let mut interp = Interpreter {
            host,
            extensions: Table::default(),
            classes: Table::default(),
            loaders: Vec::new(),
            binder: None,
            modules: Table::default(),
            builtins: Namespace::default(),
            names: Table::default(),
            steps: 0,
            step_limit: DEFAULT_STEPS,
            last_line: 0,
            next_look: 0,
            depth: 0,
            handling: Vec::new(),
            building: Vec::new(),
            in_repr: Vec::new(),
            script_name: String::new(),
            arguments: Vec::new(),
        };
        super::classes::install(&mut interp);
        super::builtins::install(&mut interp);
        interp
    }

    /// Sets how many steps the script may take.
    pub fn set_step_limit(&mut self, steps: u64) {
        self.step_limit = steps;
    }

    /// Starts counting steps again.
    pub fn reset_steps(&mut self) {
        self.steps = 0;
        self.next_look = 0;
    }

    /// Counts a step.
    #[inline]
    pub(super) fn step(&mut self) -> PyResult<()> {
        self.steps += 1;
        if self.steps > self.step_limit { Err(self.out_of_steps()) } else { Ok(()) }
    }

    /// Counts the steps of a large new value.
    ///
    /// # Errors
    /// `MemoryError` for a value that is larger than any may be; what [`Interpreter::pay`] gives.
    pub(super) fn pay_for(&mut self, made: &Value) -> PyResult<()> {
        let bytes = super::ops::bytes_of(made);
        super::ops::check_length(bytes)?;
        self.pay(bytes)
    }

    /// Counts a step for every eight bytes of new memory, so that the budget of steps bounds memory too; little is free.
    ///
    /// # Errors
    /// What [`Interpreter::step`] gives.
    pub(super) fn pay(&mut self, bytes: usize) -> PyResult<()> {
        const FREE: usize = 512;
        if bytes <= FREE {
            return Ok(());
        }
        self.steps += bytes as u64 / 8;
        self.step()
    }

    #[cold]
    fn out_of_steps(&self) -> Raised {
        let limit = crate::common::text::count(self.step_limit);
        SparkError::new(ErrorClass::Stopped, format!("the script used up its budget of {limit} steps"))
            .with_help("does this loop ever end? Work on many rows belongs into Spark's own functions, not into a loop")
            .with_help("a script that needs more steps is given them with --steps N")
            .into()
    }

    /// Whether there is a world.
    pub fn has_host(&self) -> bool {
        self.host.is_some()
    }

    /// The world.
    ///
    /// # Errors
    /// Inside a function that runs on rows there is none: a `PicklingError`.
    pub fn host(&mut self) -> PyResult<&mut dyn Host> {
        match &mut self.host {
            Some(host) => Ok(host.as_mut()),
            None => Err(Raised::named(
                "PicklingError",
                "a function that runs on rows cannot reach the session, files or the screen",
            )),
        }
    }

    /// The script's clock, microseconds since the epoch. A function that runs on rows sees the moment at which it was sent.
    ///
    /// # Errors
    /// Never so far.
    pub fn now_micros(&mut self) -> PyResult<i64> {
        match &mut self.host {
            Some(host) => Ok(host.now_micros()),
            None => Ok(self.extension::<SentAt>().0),
        }
    }

    /// Sets the moment that a function on rows sees.
    pub fn set_sent_at(&mut self, micros: i64) {
        self.extension::<SentAt>().0 = micros;
    }

    /// Writes to standard error. What a function writes while it runs on rows goes to its executor's log.
    pub fn print_error(&mut self, text: &str) {
        if let Some(host) = &mut self.host {
            host.print_error(text);
        }
    }

    /// Takes the world back, when the script has ended.
    pub fn take_host(&mut self) -> Option<Box<dyn Host>> {
        self.host.take()
    }

    /// State of a native module that lives as long as the interpreter (the active session, …).
    pub fn extension<T: Default + 'static>(&mut self) -> &mut T {
        let entry = self.extensions.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        // The entry under `TypeId::of::<T>()` always holds a `T`.
        entry.downcast_mut::<T>().unwrap_or_else(|| unreachable!("an extension is stored under its own type"))
    }

    /// Adds native modules. Loaders are plain functions, so that interpreters for rows on other threads can use them too.
    pub fn add_loader(&mut self, loader: ModuleLoader) {
        self.loaders.push(loader);
    }

    /// The loaders that were added.
    pub fn loaders(&self) -> &[ModuleLoader] {
        &self.loaders
    }

    /// Has the arguments of native methods bound before the methods see them.
    pub fn bind_with(&mut self, binder: Binder) {
        self.binder = Some(binder);
    }

    /// The arguments of a native method, bound as far as somebody knows its parameters.
    pub(super) fn bind_native(&self, class: &str, method: &str, args: Args) -> PyResult<Args> {
        match self.binder {
            Some(binder) => binder(class, method, args),
            None => Ok(args),
        }
    }

    /// Makes a native class known: `isinstance` finds it for objects whose `type_name` is its name. Gives it back shared.
    pub fn register_class(&mut self, class: Class) -> Rc<Class> {
        let class = Rc::new(class);
        self.classes.insert(Rc::clone(&class.name), Rc::clone(&class));
        class
    }

    /// A native class by name: builtin classes, exceptions, and registered ones.
    pub fn class_named(&self, name: &str) -> Option<Rc<Class>> {
        self.classes.get(name).cloned()
    }

    /// `object`.
    pub(super) fn object_class(&self) -> Rc<Class> {
        self.class_named("object").unwrap_or_else(|| Rc::new(Class::native("object", "builtins", None)))
    }

    /// A builtin by name.
    pub(super) fn builtin(&self, name: &str) -> Option<Value> {
        self.builtins.get(name).cloned()
    }

    pub(super) fn builtin_names(&self) -> Vec<Rc<str>> {
        self.builtins.keys().map(Rc::clone).collect()
    }

    pub(super) fn shared_name(&mut self, name: &Arc<str>) -> Rc<str> {
        if let Some(shared) = self.names.get(name) {
            return Rc::clone(shared);
        }
        let shared: Rc<str> = Rc::from(&**name);
        self.names.insert(Arc::clone(name), Rc::clone(&shared));
        shared
    }

    /// `globals()`, `locals()`, `vars()`, `dir()` without arguments.
    pub(super) fn frame_builtin(&mut self, builtin: &Rc<Builtin>, args: &Args, frame: &mut Frame) -> PyResult {
        if !args.is_empty() {
            return (builtin.function)(self, args.clone());
        }
        let mut dict = super::Dict::new();
        match (&*builtin.name, &frame.class) {
            ("locals" | "vars" | "dir", Some(class)) => {
                for (name, value) in class {
                    dict.set_str(name, value.clone());
                }
            }
            _ => {
                for name in frame.globals.names() {
                    if let Some(value) = frame.globals.get(&name) {
                        dict.set_str(&name, value);
                    }
                }
            }
        }
        if &*builtin.name == "dir" {
            let mut names: Vec<String> = dict.keys().filter_map(|name| name.as_str().map(str::to_owned)).collect();
            names.sort();
            return Ok(Value::strings(names));
        }
        Ok(Value::dict(dict))
    }

    /// Prints, as `print` does to `sys.stdout`.
    ///
    /// # Errors
    /// What a replaced `sys.stdout` raises.
    pub fn write_out(&mut self, text: &str) -> PyResult<()> {
        let replaced = self.imported("sys").and_then(|sys| sys.get("stdout"));
        match replaced {
            Some(stream) if stream.downcast::<super::modules::io::Standard>().is_none() => {
                self.call_method(&stream, "write", Args::of(vec![Value::str(text)]))?;
            }
            // What a function prints while it runs on rows goes to its executor's log, not to the script's output.
            _ if self.has_host() => self.host()?.print(text),
            _ => {}
        }
        Ok(())
    }
}

/// When a function that runs on rows was sent to them, microseconds since the epoch.
#[derive(Default)]
struct SentAt(i64);
