//! `dataclasses` and `abc`. The generated methods read the fields from the class, so that frozen classes have them too.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::descriptors::Property;
use super::super::freeze::{Freezer, Thaw};
use super::super::object::{CompareOp, Object};
use super::super::raised::{PyResult, type_error};
use super::super::{Dict, Interpreter, Value};
use std::rc::Rc;
use std::sync::Arc;

/// `field(default=…, default_factory=…)`.
struct Field {
    default: Option<Value>,
    factory: Option<Value>,
    init: bool,
    repr: bool,
    compare: bool,
}

impl Object for Field {
    fn type_name(&self) -> &'static str {
        "Field"
    }

    fn freeze(&self, interp: &mut Interpreter, _this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let mut part = |value: &Option<Value>| value.as_ref().map(|value| freezer.freeze(interp, value)).transpose();
        let (default, factory) = (part(&self.default)?, part(&self.factory)?);
        let (init, repr, compare) = (self.init, self.repr, self.compare);
        Ok(Some(Arc::new(move |interp| {
            let default = default.as_ref().map(|thaw| thaw(interp)).transpose()?;
            let factory = factory.as_ref().map(|thaw| thaw(interp)).transpose()?;
            Ok(Value::object(Field { default, factory, init, repr, compare }))
        })))
    }
}

/// The module `dataclasses`.
pub fn module() -> Module {
    Module::new("dataclasses")
        .with("MISSING", Value::Ellipsis)
        .function("dataclass", |_, args| {
            let options = args.keyword.clone();
            match args.positional.into_iter().next() {
                Some(Value::Class(class)) => {
                    decorate(&class, &options);
                    Ok(Value::Class(class))
                }
                _ => Ok(Value::builtin("dataclass", move |_, args| {
                    let class = args.one("dataclass")?;
                    if let Value::Class(class) = &class {
                        decorate(class, &options);
                    }
                    Ok(class)
                })),
            }
        })
        .function("field", |interp, args| {
            let names =
                ["*default", "*default_factory", "*init", "*repr", "*compare", "*hash", "*metadata", "*kw_only"];
            let [default, factory, init, repr, compare, _, _, _] = args.bind("field", names, 0)?;
            let mut flag = |value: Option<Value>| value.map_or(Ok(true), |value| interp.truth(&value));
            let (init, repr, compare) = (flag(init)?, flag(repr)?, flag(compare)?);
            Ok(Value::object(Field { default, factory, init, repr, compare }))
        })
        .function("fields", |_, args| {
            let value = args.one("fields")?;
            let class = match &value {
                Value::Class(class) => Rc::clone(class),
                Value::Instance(instance) => instance.class(),
                _ => return Err(type_error("must be called with a dataclass type or instance")),
            };
            let fields = field_names(&class).into_iter().map(|name| {
                Value::Module(Rc::new(
                    Module { name: Rc::from("Field"), attrs: std::cell::RefCell::default(), globals: None }
                        .with("name", Value::from(name)),
                ))
            });
            Ok(Value::tuple(fields.collect()))
        })
        .function("asdict", |interp, args| {
            let value = args.positional.into_iter().next().unwrap_or(Value::None);
            deep(interp, &value, true)
        })
        .function("astuple", |interp, args| {
            let value = args.positional.into_iter().next().unwrap_or(Value::None);
            deep(interp, &value, false)
        })
        .function("replace", |interp, mut args| {
            if args.positional.is_empty() {
                return Err(type_error("replace() missing 1 required positional argument: 'obj'"));
            }
            let value = args.positional.remove(0);
            let class = interp.class_of(&value);
            let mut keyword = args.keyword;
            for name in field_names(&class) {
                if !keyword.iter().any(|(known, _)| **known == *name) {
                    keyword.push((Rc::from(name.as_str()), interp.get_attr(&value, &name)?));
                }
            }
            interp.call(&Value::Class(class), Args { positional: Vec::new(), keyword })
        })
        .function("is_dataclass", |_, args| {
            let class = match args.one("is_dataclass")? {
                Value::Class(class) => class,
                Value::Instance(instance) => instance.class(),
                _ => return Ok(Value::Bool(false)),
            };
            Ok(Value::Bool(class.lookup("__dataclass_fields__").is_some()))
        })
        .function("_init", init)
        .function("_repr", repr)
        .function("_eq", |interp, args| compare(interp, args, CompareOp::Eq))
        .function("_lt", |interp, args| compare(interp, args, CompareOp::Less))
        .function("_le", |interp, args| compare(interp, args, CompareOp::LessEq))
        .function("_gt", |interp, args| compare(interp, args, CompareOp::Greater))
        .function("_ge", |interp, args| compare(interp, args, CompareOp::GreaterEq))
        .function("_hash", |interp, args| {
            let this = args.one("__hash__")?;
            let values = values(interp, &this)?;
            Ok(Value::Int(super::super::hash::hash_of(interp, &Value::tuple(values))?))
        })
}

fn decorate(class: &Rc<Class>, options: &[(Rc<str>, Value)]) {
    let option = |name: &str, missing: bool| {
        options.iter().find(|(known, _)| &**known == name).map_or(missing, |(_, value)| value.as_bool() == Some(true))
    };
    let mut fields = Dict::new();
    for base in class.ancestors.iter().rev().chain(std::iter::once(class)) {
        let own = base.attrs.borrow().get("__annotations__").cloned();
        if let Some(own) = own.as_ref().and_then(Value::as_dict)
            && (Rc::ptr_eq(base, class) || base.attrs.borrow().contains_key("__dataclass_fields__"))
        {
            for (name, annotation) in own.borrow().iter() {
                if !annotation.as_str().is_some_and(|text| text.starts_with("ClassVar")) {
                    let default = class.lookup(name.as_str().unwrap_or("")).unwrap_or(Value::Ellipsis);
                    fields.set_str(name.as_str().unwrap_or(""), default);
                }
            }
        }
    }
    let names: Vec<Value> = fields.keys().cloned().collect();
    class.set("__dataclass_fields__", Value::dict(fields));
    class.set("__match_args__", Value::tuple(names));
    let own = |name: &str| class.attrs.borrow().contains_key(name);
    let mut methods = Vec::new();
    if option("init", true) && !own("__init__") {
        methods.push(("__init__", "_init"));
    }
    if option("repr", true) && !own("__repr__") {
        methods.push(("__repr__", "_repr"));
    }
    if option("eq", true) && !own("__eq__") {
        methods.push(("__eq__", "_eq"));
    }
    if option("order", false) {
        methods.extend([("__lt__", "_lt"), ("__le__", "_le"), ("__gt__", "_gt"), ("__ge__", "_ge")]);
    }
    if (option("frozen", false) || option("unsafe_hash", false)) && !own("__hash__") {
        methods.push(("__hash__", "_hash"));
    } else if !own("__hash__") && option("eq", true) {
        class.set("__hash__", Value::None);
    }
    for (name, function) in methods {
        class.set(name, Value::object(Generated(function)));
    }
    if option("frozen", false) {
        class.set("__frozen__", Value::Bool(true));
    }
}

/// A generated method, found by name in the module.
struct Generated(&'static str);

impl Object for Generated {
    fn type_name(&self) -> &'static str {
        "method_descriptor"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, interp: &mut Interpreter, _: &Value, args: Args) -> Option<PyResult> {
        let function = interp.import("dataclasses").map(|module| module.get(self.0).unwrap_or(Value::None));
        Some(function.and_then(|function| interp.call(&function, args)))
    }

    fn freeze(
        &self,
        _: &mut Interpreter,
        _: &Value,
        _: &mut super::super::freeze::Freezer,
    ) -> PyResult<Option<super::super::freeze::Thaw>> {
        let name = self.0;
        Ok(Some(std::sync::Arc::new(move |_| Ok(Value::object(Generated(name))))))
    }
}

fn field_names(class: &Class) -> Vec<String> {
    let fields = class.lookup("__dataclass_fields__");
    let fields = fields.as_ref().and_then(Value::as_dict);
    fields.map_or_else(Vec::new, |fields| {
        fields.borrow().keys().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    })
}

fn fields_of(interp: &Interpreter, this: &Value) -> Vec<(String, Value)> {
    let fields = interp.class_of(this).lookup("__dataclass_fields__");
    let fields = fields.as_ref().and_then(Value::as_dict);
    fields.map_or_else(Vec::new, |fields| {
        fields.borrow().iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.clone()))).collect()
    })
}

fn init(interp: &mut Interpreter, mut args: Args) -> PyResult {
    let this = args.positional.remove(0);
    let fields = fields_of(interp, &this);
    let taken: Vec<&(String, Value)> =
        fields.iter().filter(|(_, default)| default.downcast::<Field>().is_none_or(|field| field.init)).collect();
    let name = format!("{}.__init__", interp.type_name(&this));
    if args.positional.len() > taken.len() {
        let (takes, given) = (taken.len() + 1, args.positional.len() + 1);
        return Err(crate::pyspark::lang::args::too_many(&name, takes, takes, given));
    }
    let mut given: Vec<(String, Value)> = taken.iter().map(|(name, _)| name.clone()).zip(args.positional).collect();
    for (field, value) in args.keyword {
        if !taken.iter().any(|(known, _)| **known == *field) {
            return Err(type_error(format!("{name}() got an unexpected keyword argument '{field}'")));
        }
        if given.iter().any(|(known, _)| **known == *field) {
            return Err(type_error(format!("{name}() got multiple values for argument '{field}'")));
        }
        given.push((field.to_string(), value));
    }
    let mut missing = Vec::new();
    interp.building.push(this.identity());
    for (field, default) in &fields {
        let found = given.iter().find(|(known, _)| known == field).map(|(_, value)| value.clone());
        let value = match (found, default.downcast::<Field>()) {
            (Some(value), _) => Some(value),
            (None, Some(Field { factory: Some(factory), .. })) => Some(interp.call(factory, Args::none())?),
            (None, Some(field)) => field.default.clone(),
            (None, None) if matches!(default, Value::Ellipsis) => None,
            (None, None) => Some(default.clone()),
        };
        match value {
            Some(value) => interp.set_attr(&this, field, value)?,
            None => missing.push(field.as_str()),
        }
    }
    if !missing.is_empty() {
        interp.building.pop();
        return Err(super::super::args::missing_arguments(&name, "positional", &missing));
    }
    let after = match interp.class_of(&this).lookup("__post_init__") {
        Some(_) => interp.call_method(&this, "__post_init__", Args::none()),
        None => Ok(Value::None),
    };
    interp.building.pop();
    after.map(|_| Value::None)
}

fn repr(interp: &mut Interpreter, args: Args) -> PyResult {
    let this = args.one("__repr__")?;
    let mut parts = Vec::new();
    for (name, default) in fields_of(interp, &this) {
        if default.downcast::<Field>().is_none_or(|field| field.repr) {
            let value = interp.get_attr(&this, &name)?;
            parts.push(format!("{name}={}", interp.repr(&value)?));
        }
    }
    Ok(Value::from(format!("{}({})", interp.type_name(&this), parts.join(", "))))
}

fn values(interp: &mut Interpreter, this: &Value) -> PyResult<Vec<Value>> {
    let mut values = Vec::new();
    for (name, default) in fields_of(interp, this) {
        if default.downcast::<Field>().is_none_or(|field| field.compare) {
            values.push(interp.get_attr(this, &name)?);
        }
    }
    Ok(values)
}

fn compare(interp: &mut Interpreter, args: Args, op: CompareOp) -> PyResult {
    let (this, other) = args.two("comparison")?;
    if !Rc::ptr_eq(&interp.class_of(&this), &interp.class_of(&other)) {
        return Ok(Value::NotImplemented);
    }
    let (a, b) = (values(interp, &this)?, values(interp, &other)?);
    interp.compare(op, &Value::tuple(a), &Value::tuple(b))
}

/// `asdict`, `astuple`: into nested dataclasses, lists and dicts.
fn deep(interp: &mut Interpreter, value: &Value, as_dict: bool) -> PyResult {
    if let Value::Instance(instance) = value
        && instance.class().lookup("__dataclass_fields__").is_some()
    {
        let mut dict = Dict::new();
        for name in field_names(&instance.class()) {
            let inner = interp.get_attr(value, &name)?;
            let inner = deep(interp, &inner, as_dict)?;
            dict.set_str(&name, inner);
        }
        return Ok(if as_dict { Value::dict(dict) } else { Value::tuple(dict.values().cloned().collect()) });
    }
    match value {
        Value::List(items) => {
            let items = items.borrow().clone();
            Ok(Value::list(items.iter().map(|item| deep(interp, item, as_dict)).collect::<PyResult<_>>()?))
        }
        Value::Tuple(items) => {
            Ok(Value::tuple(items.iter().map(|item| deep(interp, item, as_dict)).collect::<PyResult<_>>()?))
        }
        Value::Dict(entries) => {
            let mut dict = Dict::new();
            let entries = entries.borrow().clone();
            for (key, value) in entries.iter() {
                let value = deep(interp, value, as_dict)?;
                dict.set(interp, key.clone(), value)?;
            }
            Ok(Value::dict(dict))
        }
        other => Ok(other.clone()),
    }
}

/// The module `abc`.
pub fn abc(interp: &mut Interpreter) -> Module {
    let abstract_method = |interp: &mut Interpreter, args: Args| {
        let function = args.one("abstractmethod")?;
        if let Value::Function(_) = &function {
            interp.set_attr(&function, "__isabstractmethod__", Value::Bool(true))?;
        }
        Ok(function)
    };
    let object = interp.class_named("object");
    // Its constructor exists so that abstract methods are looked for.
    let base = Class::native("ABC", "abc", object.as_ref()).with("__abstract__", Value::Bool(true));
    let base = Value::Class(interp.register_class(base));
    let meta = super::marker(interp, "ABCMeta", "abc");
    Module::new("abc").with("ABC", base).with("ABCMeta", meta).function("abstractmethod", abstract_method).function(
        "abstractproperty",
        |_, args| {
            let getter = args.one("abstractproperty")?;
            Ok(Value::object(Property { getter, setter: Value::None, cached: None }))
        },
    )
}
