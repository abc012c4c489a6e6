//! The builtin classes and exceptions, classes of the script, and exceptions as values.

use super::Interpreter;
use super::args::Args;
use super::class::{Class, Instance, Namespace};
use super::raised::{Cause, PyResult, Raised, type_error};
use super::value::Value;
use crate::common::SparkError;
use indexmap::IndexMap;
use std::cell::Cell;
use std::rc::Rc;

/// Builtin exceptions: name and base.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("BaseException", "object"),
    ("SystemExit", "BaseException"),
    ("KeyboardInterrupt", "BaseException"),
    ("GeneratorExit", "BaseException"),
    ("Exception", "BaseException"),
    ("StopIteration", "Exception"),
    ("StopAsyncIteration", "Exception"),
    ("ArithmeticError", "Exception"),
    ("FloatingPointError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("BufferError", "Exception"),
    ("EOFError", "Exception"),
    ("ImportError", "Exception"),
    ("ModuleNotFoundError", "ImportError"),
    ("LookupError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("MemoryError", "Exception"),
    ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("OSError", "Exception"),
    ("FileNotFoundError", "OSError"),
    ("FileExistsError", "OSError"),
    ("IsADirectoryError", "OSError"),
    ("NotADirectoryError", "OSError"),
    ("PermissionError", "OSError"),
    ("ConnectionError", "OSError"),
    ("TimeoutError", "OSError"),
    ("ReferenceError", "Exception"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("SyntaxError", "Exception"),
    ("IndentationError", "SyntaxError"),
    ("SystemError", "Exception"),
    ("TypeError", "Exception"),
    ("ValueError", "Exception"),
    ("UnicodeError", "ValueError"),
    ("UnicodeDecodeError", "UnicodeError"),
    ("UnicodeEncodeError", "UnicodeError"),
    ("Warning", "Exception"),
    ("DeprecationWarning", "Warning"),
    ("FutureWarning", "Warning"),
    ("PendingDeprecationWarning", "Warning"),
    ("ResourceWarning", "Warning"),
    ("RuntimeWarning", "Warning"),
    ("SyntaxWarning", "Warning"),
    ("UserWarning", "Warning"),
];

/// Exceptions of modules: name, base, module.
const MODULE_EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("PySparkException", "Exception", "pyspark.errors.exceptions.base"),
    ("PySparkValueError", "PySparkException,ValueError", "pyspark.errors.exceptions.base"),
    ("PySparkTypeError", "PySparkException,TypeError", "pyspark.errors.exceptions.base"),
    ("PySparkIndexError", "PySparkException,IndexError", "pyspark.errors.exceptions.base"),
    ("PySparkAttributeError", "PySparkException,AttributeError", "pyspark.errors.exceptions.base"),
    ("PySparkRuntimeError", "PySparkException,RuntimeError", "pyspark.errors.exceptions.base"),
    ("PySparkAssertionError", "PySparkException,AssertionError", "pyspark.errors.exceptions.base"),
    ("PySparkNotImplementedError", "PySparkException,NotImplementedError", "pyspark.errors.exceptions.base"),
    ("PySparkKeyError", "PySparkException,KeyError", "pyspark.errors.exceptions.base"),
    ("PySparkImportError", "PySparkException,ImportError", "pyspark.errors.exceptions.base"),
    ("PySparkPicklingError", "PySparkException", "pyspark.errors.exceptions.base"),
    ("AnalysisException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("SessionNotSameException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("TempTableAlreadyExistsException", "AnalysisException", "pyspark.errors.exceptions.captured"),
    ("ParseException", "AnalysisException", "pyspark.errors.exceptions.captured"),
    ("IllegalArgumentException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("ArithmeticException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("NumberFormatException", "IllegalArgumentException", "pyspark.errors.exceptions.captured"),
    ("DateTimeException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("ArrayIndexOutOfBoundsException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("SparkRuntimeException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("SparkUpgradeException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("SparkNoSuchElementException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("UnsupportedOperationException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("SparkException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("QueryExecutionException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("StreamingQueryException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("UnknownException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("PythonException", "PySparkException", "pyspark.errors.exceptions.captured"),
    ("Py4JError", "Exception", "py4j.protocol"),
    ("Py4JJavaError", "Py4JError", "py4j.protocol"),
    ("PicklingError", "Exception", "_pickle"),
    ("InvalidOperation", "ArithmeticError", "decimal"),
    ("DivisionByZero", "ZeroDivisionError", "decimal"),
    ("JSONDecodeError", "ValueError", "json.decoder"),
    ("FrozenInstanceError", "AttributeError", "dataclasses"),
    ("NotSupportedHere", "BaseException", "batchlab"),
    ("ScriptStopped", "BaseException", "batchlab"),
    ("BatchlabBug", "BaseException", "batchlab"),
    ("CalledProcessError", "Exception", "subprocess"),
    ("PatternError", "Exception", "re"),
    ("StatisticsError", "ValueError", "statistics"),
];

/// Classes without a constructor of their own here: name and base.
const PLAIN: &[(&str, &str)] = &[
    ("object", ""),
    ("NoneType", "object"),
    ("ellipsis", "object"),
    ("NotImplementedType", "object"),
    ("function", "object"),
    ("builtin_function_or_method", "object"),
    ("method", "object"),
    ("module", "object"),
    ("generator", "object"),
    ("iterator", "object"),
    ("dict_keys", "object"),
    ("dict_values", "object"),
    ("dict_items", "object"),
    ("super", "object"),
];

/// Makes the builtin classes known.
pub fn install(interp: &mut Interpreter) {
    for (name, base) in PLAIN {
        let base = interp.class_named(base);
        interp.register_class(Class::native(name, "builtins", base.as_ref()));
    }
    for (name, base) in EXCEPTIONS {
        let base = interp.class_named(base);
        let mut class = Class::native(name, "builtins", base.as_ref());
        if *name == "BaseException" {
            class =
                class.with_construct(construct_exception).with("__init__", Value::builtin("__init__", init_exception));
        }
        let class = interp.register_class(class);
        interp.builtins.insert(Rc::from(*name), Value::Class(class));
    }
    for name in ["IOError", "EnvironmentError"] {
        if let Some(class) = interp.class_named("OSError") {
            interp.builtins.insert(Rc::from(name), Value::Class(class));
        }
    }
    for (name, bases, module) in MODULE_EXCEPTIONS {
        let bases: Vec<Rc<Class>> = bases.split(',').filter_map(|base| interp.class_named(base)).collect();
        let ancestors = linearize(&bases).unwrap_or_default();
        let mut class = Class::native(name, module, None);
        class.bases = bases;
        class.ancestors = ancestors;
        if *name == "PySparkException" {
            add_pyspark_methods(&class);
        }
        interp.register_class(class);
    }
}

fn construct_exception(_interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let instance = Instance::new(class);
    set_args(&instance, class, args.positional);
    for (name, value) in args.keyword {
        match &*name {
            // PySpark's own exceptions are made with these.
            "message" => {
                instance.set("args", Value::tuple(vec![value.clone()]));
                instance.set("_message", value);
            }
            "errorClass" => instance.set("_condition", value),
            _ => instance.set(&name, value),
        }
    }
    Ok(Value::Instance(Rc::new(instance)))
}

fn set_args(instance: &Instance, class: &Class, mut args: Vec<Value>) {
    if class.descends_from("StopIteration") {
        instance.set("value", args.first().cloned().unwrap_or(Value::None));
    }
    if class.descends_from("SystemExit") {
        instance.set("code", args.first().cloned().unwrap_or(Value::None));
    }
    if class.descends_from("OSError") && args.len() >= 2 {
        instance.set("errno", args[0].clone());
        instance.set("strerror", args[1].clone());
        instance.set("filename", args.get(2).cloned().unwrap_or(Value::None));
        args.truncate(2);
    }
    instance.set("args", Value::tuple(args));
}

fn init_exception(_interp: &mut Interpreter, mut args: Args) -> PyResult {
    if args.positional.is_empty() {
        return Err(type_error("descriptor '__init__' of 'BaseException' object needs an argument"));
    }
    if let Value::Instance(instance) = args.positional.remove(0) {
        let class = instance.class();
        set_args(&instance, &class, args.positional);
    }
    Ok(Value::None)
}

fn add_pyspark_methods(class: &Class) {
    let field = |name: &'static str, missing: fn() -> Value| {
        move |_: &mut Interpreter, args: Args| {
            Ok(match args.positional.first() {
                Some(Value::Instance(instance)) => instance.field(name).unwrap_or_else(missing),
                _ => missing(),
            })
        }
    };
    let none = || Value::None;
    for name in ["getCondition", "getErrorClass"] {
        class.set(name, method(name, field("_condition", none)));
    }
    class.set(
        "getMessageParameters",
        method("getMessageParameters", field("_parameters", || Value::dict(super::Dict::new()))),
    );
    class.set("getSqlState", method("getSqlState", field("_sql_state", none)));
    class.set(
        "getMessage",
        method("getMessage", |interp, args| match args.positional.first() {
            Some(this) => Ok(Value::from(interp.str(this)?)),
            None => Ok(Value::None),
        }),
    );
    class.set("getQueryContext", method("getQueryContext", |_, _| Ok(Value::list(Vec::new()))));
    class.set(
        "desc",
        super::value::Value::object(super::descriptors::Property {
            getter: Value::builtin("desc", |interp, args| {
                let this = args.one("desc")?;
                Ok(Value::from(interp.str(&this)?))
            }),
            setter: Value::None,
            cached: None,
        }),
    );
}

/// A native method of a native class: bound to its receiver like a function of the script.
pub fn method(name: &str, function: impl Fn(&mut Interpreter, Args) -> PyResult + 'static) -> Value {
    Value::object(super::builtins::NativeMethod { name: Rc::from(name), function: Value::builtin(name, function) })
}

/// The bases' order after Python's C3 rule, without the class itself.
pub fn linearize(bases: &[Rc<Class>]) -> PyResult<Vec<Rc<Class>>> {
    let mut lists: Vec<Vec<Rc<Class>>> =
        bases.iter().map(|base| std::iter::once(base).chain(&base.ancestors).map(Rc::clone).collect()).collect();
    lists.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let next = lists
            .iter()
            .map(|list| Rc::clone(&list[0]))
            .find(|candidate| !lists.iter().any(|list| list[1..].iter().any(|class| Rc::ptr_eq(class, candidate))));
        let Some(next) = next else {
            return Err(type_error("Cannot create a consistent method resolution order (MRO) for bases"));
        };
        for list in &mut lists {
            if Rc::ptr_eq(&list[0], &next) {
                list.remove(0);
            }
        }
        order.push(next);
    }
}

impl Interpreter {
    /// The class of a value.
    pub fn class_of(&self, value: &Value) -> Rc<Class> {
        let name = match value {
            Value::Instance(instance) => return instance.class(),
            Value::Object(object) => {
                let name = object.type_name();
                return self
                    .class_named(name)
                    .unwrap_or_else(|| Rc::new(Class::native(name, "builtins", self.class_named("object").as_ref())));
            }
            Value::Iterator(iterator) => {
                return self.class_named(iterator.kind).unwrap_or_else(|| {
                    Rc::new(Class::native(iterator.kind, "builtins", self.class_named("iterator").as_ref()))
                });
            }
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::ByteArray(_) => "bytearray",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::FrozenSet(_) => "frozenset",
            Value::Range(_) => "range",
            Value::Slice(_) => "slice",
            Value::Ellipsis => "ellipsis",
            Value::NotImplemented => "NotImplementedType",
            Value::Function(_) => "function",
            Value::Builtin(_) => "builtin_function_or_method",
            Value::BoundMethod(method) => match method.method {
                super::value::Method::Native(_) => "builtin_function_or_method",
                super::value::Method::Callable(_) => "method",
            },
            Value::Class(class) if class.lookup("__members__").is_some() => "EnumType",
            Value::Class(_) => "type",
            Value::Module(_) => "module",
            Value::Generator(_) => "generator",
        };
        self.class_named(name).unwrap_or_else(|| self.object_class())
    }

    /// The name of a value's class, for messages.
    pub fn type_name(&self, value: &Value) -> String {
        self.class_of(value).name.to_string()
    }

    /// `isinstance(value, class)`.
    pub fn is_instance(&self, value: &Value, class: &Class) -> bool {
        &*class.name == "object" || self.class_of(value).is_subclass(class)
    }

    /// Whether an exception in flight is of the class with this name.
    pub fn is_raised(&self, raised: &Raised, name: &str) -> bool {
        !raised.is_fatal() && self.exception_class(raised).descends_from(name)
    }

    /// The class of an exception in flight.
    pub fn exception_class(&self, raised: &Raised) -> Rc<Class> {
        let name = match raised.cause() {
            Cause::Instance(instance) => return instance.class(),
            Cause::Named(name, _) | Cause::Valued(name, _) => name,
            Cause::Spark(error) => error.class().name(),
            Cause::Exit(_) => "SystemExit",
        };
        self.class_named(name).or_else(|| self.class_named("Exception")).unwrap_or_else(|| self.object_class())
    }

    /// Whether `except class` takes the exception.
    pub(super) fn matches_exception(&mut self, raised: &Raised, class: &Value) -> PyResult<bool> {
        match class {
            Value::Class(class) => Ok(self.exception_class(raised).is_subclass(class)),
            Value::Tuple(classes) => {
                for class in classes.iter() {
                    if self.matches_exception(raised, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(type_error("catching classes that do not inherit from BaseException is not allowed")),
        }
    }

    /// The exception in flight as an instance; the same one each time.
    pub fn exception_value(&mut self, raised: &mut Raised) -> PyResult {
        let class = self.exception_class(raised);
        let instance = match raised.cause() {
            Cause::Instance(instance) => return Ok(Value::Instance(Rc::clone(instance))),
            Cause::Named(_, message) => {
                let instance = Instance::new(&class);
                let args = if message.is_empty() { Vec::new() } else { vec![Value::str(message)] };
                set_args(&instance, &class, args);
                instance
            }
            Cause::Valued(_, value) | Cause::Exit(value) => {
                let instance = Instance::new(&class);
                let args = match value {
                    Value::Tuple(parts) if class.descends_from("OSError") => parts.to_vec(),
                    value => vec![value.clone()],
                };
                set_args(&instance, &class, args);
                instance
            }
            Cause::Spark(error) => spark_instance(&class, error),
        };
        let instance = Rc::new(instance);
        raised.remember_help();
        raised.set_cause(Cause::Instance(Rc::clone(&instance)));
        Ok(Value::Instance(instance))
    }

    /// The message of an exception in flight: `str(e)`.
    pub fn message_of(&mut self, raised: &Raised) -> String {
        let mut copy = raised.clone();
        match self.exception_value(&mut copy) {
            Ok(value) => self.str(&value).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// `class name(bases): …` when its body has run.
    pub(super) fn make_class(
        &mut self,
        name: &str,
        bases: &[Value],
        mut namespace: Namespace,
        keywords: &[(Rc<str>, Value)],
    ) -> PyResult<Rc<Class>> {
        let mut parents = Vec::new();
        for base in bases {
            match base {
                Value::Class(class) => parents.push(Rc::clone(class)),
                // `typing` names that only matter to type checkers.
                Value::Object(_) | Value::Tuple(_) => {}
                other => {
                    let kind = self.type_name(other);
                    return Err(type_error(format!("bases must be types, not {kind}")));
                }
            }
        }
        if parents.iter().any(|parent| &*parent.name == "NamedTuple") {
            return super::modules::collections::named_tuple_class(self, name, namespace);
        }
        parents.retain(|parent| !matches!(&*parent.name, "Generic" | "Protocol"));
        let ancestors = linearize(&parents)?;
        namespace.entry(Rc::from("__module__")).or_insert_with(|| Value::str("__main__"));
        let hooks = namespace.contains_key("__setattr__")
            || namespace.contains_key("__getattribute__")
            || ancestors.iter().any(|base| base.hooks.get());
        let class = Rc::new(Class {
            name: Rc::from(name),
            module: Rc::from("__main__"),
            bases: parents,
            ancestors,
            attrs: std::cell::RefCell::new(namespace),
            construct: None,
            hooks: Cell::new(hooks),
            native_names: &[],
        });
        if class.descends_from("Enum") {
            super::modules::enums::make_members(self, &class)?;
        }
        self.after_class(&class, keywords)?;
        Ok(class)
    }

    fn after_class(&mut self, class: &Rc<Class>, keywords: &[(Rc<str>, Value)]) -> PyResult<()> {
        let attrs: Vec<(Rc<str>, Value)> =
            class.attrs.borrow().iter().map(|(name, value)| (Rc::clone(name), value.clone())).collect();
        for (name, value) in attrs {
            if let Value::Instance(instance) = &value
                && instance.class().lookup("__set_name__").is_some()
            {
                let args = vec![Value::Class(Rc::clone(class)), Value::str(&name)];
                self.call_method(&value, "__set_name__", Args::of(args))?;
            }
        }
        let inherited = class.ancestors.iter().find_map(|base| base.attrs.borrow().get("__init_subclass__").cloned());
        if let Some(hook) = inherited {
            let hook = match hook.downcast::<super::descriptors::ClassMethod>() {
                Some(method) => method.0.clone(),
                None => hook,
            };
            let keyword = keywords.iter().filter(|(name, _)| &**name != "metaclass").cloned().collect();
            self.call(&hook, Args { positional: vec![Value::Class(Rc::clone(class))], keyword })?;
        }
        Ok(())
    }
}

fn spark_instance(class: &Rc<Class>, error: &SparkError) -> Instance {
    let instance = Instance::new(class);
    let text = error.to_string();
    if let Some(state) = error.condition().and_then(crate::common::sql_state::sql_state) {
        instance.set("_sql_state", Value::str(state));
    }
    instance.set("_condition", error.condition().map_or(Value::None, Value::str));
    let parameters = error.parameters().iter().map(|(name, value)| (*name, Value::str(value)));
    instance.set("_parameters", Value::dict(super::Dict::from_pairs(parameters)));
    instance.set("_message", Value::str(error.message()));
    instance.set("args", Value::tuple(vec![Value::from(text)]));
    instance
}

/// Names and values in order, from pairs.
pub fn namespace(pairs: Vec<(&str, Value)>) -> Namespace {
    let mut namespace: Namespace = IndexMap::default();
    for (name, value) in pairs {
        namespace.insert(Rc::from(name), value);
    }
    namespace
}
