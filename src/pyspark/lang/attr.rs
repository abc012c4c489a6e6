//! Attributes: looking up, setting, deleting, listing; and what is said when there is none.

use super::Interpreter;
use super::args::Args;
use super::class::{Class, Instance};
use super::descriptors::{self, Property};
use super::methods;
use super::raised::{PyResult, Raised, attribute_error, type_error};
use super::value::{BoundMethod, Method, Value};
use crate::common::text::nearest;
use std::rc::Rc;

impl Interpreter {
    /// `object.name`.
    ///
    /// # Errors
    /// `AttributeError`.
    pub fn get_attr(&mut self, object: &Value, name: &str) -> PyResult {
        match self.lookup_attr(object, name)? {
            Some(value) => Ok(value),
            None => Err(self.missing_attr(object, name)),
        }
    }

    /// `getattr(object, name, None)`, with `None` for a missing attribute.
    ///
    /// # Errors
    /// What the lookup raises, except `AttributeError`.
    pub fn find_attr(&mut self, object: &Value, name: &str) -> PyResult<Option<Value>> {
        match self.lookup_attr(object, name) {
            Err(raised) if self.is_raised(&raised, "AttributeError") => Ok(None),
            other => other,
        }
    }

    fn lookup_attr(&mut self, object: &Value, name: &str) -> PyResult<Option<Value>> {
        match object {
            Value::Instance(instance) => self.instance_attr(object, &Rc::clone(instance), name),
            Value::Class(class) => self.class_attr(&Rc::clone(class), name),
            Value::Module(module) => {
                if let Some(value) = module.get(name) {
                    return Ok(Some(value));
                }
                // `import a.b` makes `b` an attribute of `a`.
                let full = format!("{}.{name}", module.name);
                Ok(self.imported(&full).map(Value::Module))
            }
            Value::Object(native) => {
                let native = Rc::clone(native);
                if let Some(value) = native.get_attr(self, object, name)? {
                    return Ok(Some(value));
                }
                if native.methods().contains(&name) {
                    return Ok(Some(native_method(object, name)));
                }
                let class = self.class_of(object);
                match class.lookup(name) {
                    Some(value) => descriptors::bind(self, &value, Some(object), &class).map(Some),
                    None => Ok(self.common_attr(object, name)),
                }
            }
            Value::Function(_) | Value::Builtin(_) | Value::BoundMethod(_) => self.callable_attr(object, name),
            Value::Range(range) => Ok(match name {
                "start" => Some(Value::Int(range.start)),
                "stop" => Some(Value::Int(range.stop)),
                "step" => Some(Value::Int(range.step)),
                _ => self.method_or_common(object, name),
            }),
            Value::Slice(slice) => Ok(match name {
                "start" => Some(slice.start.clone()),
                "stop" => Some(slice.stop.clone()),
                "step" => Some(slice.step.clone()),
                _ => self.method_or_common(object, name),
            }),
            Value::Int(_) | Value::Bool(_) | Value::BigInt(_) => Ok(match name {
                "real" | "numerator" => Some(object.clone()),
                "imag" => Some(Value::Int(0)),
                "denominator" => Some(Value::Int(1)),
                _ => self.method_or_common(object, name),
            }),
            Value::Float(_) => Ok(match name {
                "real" => Some(object.clone()),
                "imag" => Some(Value::Float(0.0)),
                _ => self.method_or_common(object, name),
            }),
            _ => Ok(self.method_or_common(object, name)),
        }
    }

    fn method_or_common(&self, object: &Value, name: &str) -> Option<Value> {
        if methods::names(object).contains(&name) {
            return Some(native_method(object, name));
        }
        self.common_attr(object, name)
    }

    fn common_attr(&self, object: &Value, name: &str) -> Option<Value> {
        match name {
            "__class__" => Some(Value::Class(self.class_of(object))),
            "__doc__" => Some(Value::None),
            "__len__" | "__iter__" | "__next__" | "__getitem__" | "__setitem__" | "__contains__" | "__hash__"
            | "__eq__" | "__repr__" | "__str__" | "__lt__" | "__add__" | "__call__"
                if self.has_special(object, name) =>
            {
                Some(native_method(object, name))
            }
            _ => None,
        }
    }

    fn has_special(&self, object: &Value, name: &str) -> bool {
        match name {
            "__eq__" | "__repr__" | "__str__" => true,
            "__hash__" => !matches!(object, Value::List(_) | Value::Dict(_) | Value::Set(_)),
            "__len__" | "__contains__" => matches!(
                object,
                Value::Str(_)
                    | Value::List(_)
                    | Value::Tuple(_)
                    | Value::Dict(_)
                    | Value::Set(_)
                    | Value::FrozenSet(_)
                    | Value::Range(_)
                    | Value::Bytes(_)
            ),
            "__getitem__" => matches!(
                object,
                Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Range(_) | Value::Bytes(_)
            ),
            "__setitem__" => matches!(object, Value::List(_) | Value::Dict(_)),
            "__iter__" => matches!(
                object,
                Value::Str(_)
                    | Value::List(_)
                    | Value::Tuple(_)
                    | Value::Dict(_)
                    | Value::Set(_)
                    | Value::FrozenSet(_)
                    | Value::Range(_)
                    | Value::Bytes(_)
                    | Value::Iterator(_)
                    | Value::Generator(_)
            ),
            "__next__" => matches!(object, Value::Iterator(_) | Value::Generator(_)),
            "__lt__" | "__add__" => {
                matches!(object, Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::List(_) | Value::Tuple(_))
            }
            _ => false,
        }
    }

    fn instance_attr(&mut self, object: &Value, instance: &Rc<Instance>, name: &str) -> PyResult<Option<Value>> {
        let class = instance.class();
        let attribute = class.lookup(name);
        if let Some(attribute @ Value::Object(_)) = &attribute
            && let Some(property) = attribute.downcast::<Property>()
            && property.cached.is_none()
        {
            return descriptors::bind(self, attribute, Some(object), &class).map(Some);
        }
        if let Some(value) = instance.fields.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(attribute) = attribute {
            return self.bind(&attribute, object, &class).map(Some);
        }
        match name {
            "__class__" => return Ok(Some(Value::Class(class))),
            "__dict__" => {
                let mut dict = super::Dict::new();
                for (key, value) in instance.fields.borrow().iter() {
                    dict.set_str(key, value.clone());
                }
                return Ok(Some(Value::dict(dict)));
            }
            _ => {}
        }
        if let Some(native) = &instance.native
            && let Some(value) = self.lookup_attr(&native.clone(), name)?
        {
            return Ok(Some(value));
        }
        if let Some(hook) = class.lookup("__getattr__") {
            let bound = self.bind(&hook, object, &class)?;
            return self.call(&bound, Args::of(vec![Value::str(name)])).map(Some);
        }
        Ok(self.exception_attr(object, &class, name))
    }

    /// Methods that every exception has.
    fn exception_attr(&mut self, object: &Value, class: &Rc<Class>, name: &str) -> Option<Value> {
        if !class.descends_from("BaseException") {
            return None;
        }
        match name {
            "args" => Some(Value::tuple(Vec::new())),
            "__cause__" | "__context__" | "__traceback__" => Some(Value::None),
            "with_traceback" => {
                let this = object.clone();
                Some(Value::builtin(name, move |_, _| Ok(this.clone())))
            }
            "add_note" => {
                let this = object.clone();
                Some(Value::builtin(name, move |interp, args| {
                    let note = args.one("add_note")?;
                    let notes = match interp.find_attr(&this, "__notes__")? {
                        Some(Value::List(notes)) => notes,
                        _ => Rc::default(),
                    };
                    notes.borrow_mut().push(note);
                    interp.set_attr(&this, "__notes__", Value::List(notes))?;
                    Ok(Value::None)
                }))
            }
            _ => None,
        }
    }

    fn class_attr(&mut self, class: &Rc<Class>, name: &str) -> PyResult<Option<Value>> {
        if let Some(attribute) = class.lookup(name) {
            return descriptors::bind(self, &attribute, None, class).map(Some);
        }
        Ok(Some(match name {
            "__name__" => Value::Str(Rc::clone(&class.name)),
            "__qualname__" => match class.attrs.borrow().get("__qualname__") {
                Some(name) => name.clone(),
                None => Value::Str(Rc::clone(&class.name)),
            },
            "__module__" => Value::Str(Rc::clone(&class.module)),
            "__doc__" => Value::None,
            "__class__" => Value::Class(self.class_of(&Value::Class(Rc::clone(class)))),
            "__bases__" => {
                let bases: Vec<Value> = class.bases.iter().map(|base| Value::Class(Rc::clone(base))).collect();
                Value::tuple(if bases.is_empty() { vec![Value::Class(self.object_class())] } else { bases })
            }
            "__mro__" | "mro" => {
                let mut order = vec![Value::Class(Rc::clone(class))];
                order.extend(class.ancestors.iter().map(|base| Value::Class(Rc::clone(base))));
                if !class.ancestors.iter().any(|base| &*base.name == "object") {
                    order.push(Value::Class(self.object_class()));
                }
                if name == "mro" {
                    return Ok(Some(Value::builtin("mro", move |_, _| Ok(Value::list(order.clone())))));
                }
                Value::tuple(order)
            }
            "__dict__" => {
                let mut dict = super::Dict::new();
                for (key, value) in class.attrs.borrow().iter() {
                    dict.set_str(key, value.clone());
                }
                Value::dict(dict)
            }
            "__subclasses__" => return Ok(None),
            _ => return Ok(self.unbound_method(class, name)),
        }))
    }

    /// `str.upper`, `dict.get`, `object.__init__`: a function of the receiver.
    fn unbound_method(&self, class: &Rc<Class>, name: &str) -> Option<Value> {
        let native = std::iter::once(class)
            .chain(&class.ancestors)
            .find(|class| methods::names_of_class(&class.name).contains(&name) || class.native_names.contains(&name));
        if native.is_none() && !name.starts_with("__") {
            return None;
        }
        if native.is_none()
            && !matches!(
                name,
                "__init__"
                    | "__repr__"
                    | "__str__"
                    | "__eq__"
                    | "__hash__"
                    | "__setattr__"
                    | "__new__"
                    | "__len__"
                    | "__getitem__"
                    | "__contains__"
                    | "__lt__"
                    | "__gt__"
                    | "__add__"
                    | "__sub__"
                    | "__mul__"
                    | "__and__"
                    | "__or__"
                    | "__iter__"
            )
        {
            return None;
        }
        let (method, class) = (Rc::<str>::from(name), Rc::clone(class));
        let module = Rc::clone(&class.name);
        let mut builtin = super::function::Builtin::new(name, move |interp, mut args| {
            if args.positional.is_empty() {
                return Err(type_error(format!("unbound method {}.{method}() needs an argument", class.name)));
            }
            let receiver = args.positional.remove(0);
            if method.starts_with("__") {
                let parent = descriptors::Super { class: interp.class_of(&receiver), receiver: receiver.clone() };
                let parent = Value::object(parent);
                return match receiver {
                    Value::Instance(_) | Value::Class(_) => interp.call_method(&parent, &method, args),
                    other => descriptors::special_of_native(interp, &other, &method, args),
                };
            }
            let receiver = receiver.native().clone();
            interp.call_method(&receiver, &method, args)
        });
        builtin.module = Some(Rc::from(format!("builtins:{module}")));
        Some(Value::Builtin(Rc::new(builtin)))
    }

    fn callable_attr(&mut self, object: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match object {
            Value::Function(function) => {
                if let Some(value) = function.attrs.borrow().get(name) {
                    return Ok(Some(value.clone()));
                }
                match name {
                    "__name__" => Some(Value::Str(Rc::clone(&function.name.borrow()))),
                    "__qualname__" => Some(Value::str(&function.code.qualname)),
                    "__doc__" => Some(function.code.doc.as_ref().map_or(Value::None, Value::str)),
                    "__module__" => Some(Value::str("__main__")),
                    "__defaults__" => {
                        let defaults = &function.defaults;
                        Some(if defaults.is_empty() { Value::None } else { Value::tuple(defaults.clone()) })
                    }
                    "__annotations__" => {
                        let annotations = &function.code.annotations;
                        let pairs = annotations.iter().map(|(name, text)| (&**name, Value::str(text)));
                        Some(Value::dict(super::Dict::from_pairs(pairs)))
                    }
                    "__dict__" => {
                        let attrs = function.attrs.borrow();
                        Some(Value::dict(super::Dict::from_pairs(
                            attrs.iter().map(|(name, value)| (&**name, value.clone())),
                        )))
                    }
                    "__code__" => Some(Value::Ellipsis),
                    _ => self.common_attr(object, name),
                }
            }
            Value::Builtin(builtin) => match name {
                "__name__" | "__qualname__" => Some(Value::Str(Rc::clone(&builtin.name))),
                "__module__" => Some(builtin.module.as_ref().map_or(Value::None, |name| Value::Str(Rc::clone(name)))),
                _ => self.common_attr(object, name),
            },
            Value::BoundMethod(method) => match (&method.method, name) {
                (_, "__self__") => Some(method.receiver.clone()),
                (Method::Native(method), "__name__") => Some(Value::Str(Rc::clone(method))),
                (Method::Callable(function), "__func__") => Some(function.clone()),
                (Method::Callable(function), _) => {
                    let function = function.clone();
                    self.lookup_attr(&function, name)?
                }
                _ => self.common_attr(object, name),
            },
            _ => None,
        })
    }

    fn missing_attr(&mut self, object: &Value, name: &str) -> Raised {
        if let Value::Object(native) = object {
            let native = Rc::clone(native);
            if let Some(raised) = native.missing_attr(self, object, name) {
                return raised;
            }
        }
        let message = match object {
            Value::Module(module) => format!("module '{}' has no attribute '{name}'", module.name),
            Value::Class(class) => format!("type object '{}' has no attribute '{name}'", class.name),
            other => format!("'{}' object has no attribute '{name}'", self.type_name(other)),
        };
        let mut raised = attribute_error(message).with_subject(name);
        let known = self.attribute_names(object);
        if let Some(near) = nearest(name, known.iter().map(String::as_str), 1).first() {
            raised = raised.with_help(format!("did you mean `{near}`?"));
        }
        raised
    }

    /// `dir(object)`, unsorted.
    pub(super) fn attribute_names(&mut self, object: &Value) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let class = match object {
            Value::Class(class) => Rc::clone(class),
            other => self.class_of(other),
        };
        match object {
            Value::Module(module) => return module.names().iter().map(std::string::ToString::to_string).collect(),
            Value::Instance(instance) => {
                names.extend(instance.fields.borrow().keys().map(std::string::ToString::to_string));
                if let Some(native) = &instance.native {
                    names.extend(methods::names(native).iter().map(|name| (*name).to_owned()));
                }
            }
            Value::Object(native) => {
                names.extend(native.methods().iter().map(|name| (*name).to_owned()));
                names.extend(native.attribute_names());
            }
            other => names.extend(methods::names(other).iter().map(|name| (*name).to_owned())),
        }
        for class in std::iter::once(&class).chain(&class.ancestors) {
            names.extend(class.attrs.borrow().keys().map(std::string::ToString::to_string));
            names.extend(methods::names_of_class(&class.name).iter().map(|name| (*name).to_owned()));
            names.extend(class.native_names.iter().map(|name| (*name).to_owned()));
        }
        names
    }

    /// `object.name = value`.
    ///
    /// # Errors
    /// `AttributeError`.
    pub fn set_attr(&mut self, object: &Value, name: &str, value: Value) -> PyResult<()> {
        match object {
            Value::Instance(instance) => {
                let class = instance.class();
                if class.hooks.get()
                    && let Some(hook @ Value::Function(_)) = class.lookup("__setattr__")
                {
                    let bound = self.bind(&hook, object, &class)?;
                    self.call(&bound, Args::of(vec![Value::str(name), value]))?;
                    return Ok(());
                }
                if let Some(attribute @ Value::Object(_)) = class.lookup(name)
                    && let Some(property) = attribute.downcast::<Property>()
                    && property.cached.is_none()
                {
                    if property.setter.is_none() {
                        return Err(attribute_error(format!(
                            "property '{name}' of '{}' object has no setter",
                            class.name
                        )));
                    }
                    self.call(&property.setter, Args::of(vec![object.clone(), value]))?;
                    return Ok(());
                }
                if let Some(frozen) = class.lookup("__frozen__")
                    && frozen.as_bool() == Some(true)
                    && !self.building.iter().any(|building| *building == object.identity())
                {
                    return Err(Raised::named("FrozenInstanceError", format!("cannot assign to field '{name}'")));
                }
                if name == "__class__"
                    && let Value::Class(class) = value
                {
                    *instance.class.borrow_mut() = class;
                    return Ok(());
                }
                instance.set(name, value);
                Ok(())
            }
            Value::Class(class) => {
                if name.starts_with("__setattr__") || name == "__getattribute__" {
                    class.hooks.set(true);
                }
                class.set(name, value);
                Ok(())
            }
            Value::Module(module) => {
                module.set(name, value);
                Ok(())
            }
            Value::Function(function) => {
                if let ("__name__", Some(text)) = (name, value.as_str()) {
                    *function.name.borrow_mut() = Rc::from(text);
                } else {
                    function.attrs.borrow_mut().insert(Rc::from(name), value);
                }
                Ok(())
            }
            Value::Object(native) => {
                let native = Rc::clone(native);
                if native.set_attr(self, object, name, value)? {
                    return Ok(());
                }
                Err(self.cannot_set(object, name))
            }
            _ => Err(self.cannot_set(object, name)),
        }
    }

    fn cannot_set(&self, object: &Value, name: &str) -> Raised {
        attribute_error(format!("'{}' object has no attribute '{name}'", self.type_name(object)))
    }

    pub(super) fn del_attr(&mut self, object: &Value, name: &str) -> PyResult<()> {
        let removed = match object {
            Value::Instance(instance) => instance.fields.borrow_mut().shift_remove(name).is_some(),
            Value::Class(class) => class.attrs.borrow_mut().shift_remove(name).is_some(),
            Value::Module(module) => module.attrs.borrow_mut().shift_remove(name).is_some(),
            _ => false,
        };
        if removed { Ok(()) } else { Err(self.missing_attr(object, name)) }
    }

    /// The abstract methods that a class has not defined.
    pub(super) fn abstract_methods(&self, class: &Rc<Class>) -> Vec<String> {
        let mut missing = Vec::new();
        for base in std::iter::once(class).chain(&class.ancestors) {
            for (name, value) in base.attrs.borrow().iter() {
                if is_abstract(value) && class.lookup(name).is_some_and(|found| is_abstract(&found)) {
                    let name = name.to_string();
                    if !missing.contains(&name) {
                        missing.push(name);
                    }
                }
            }
        }
        missing.sort();
        missing
    }
}

fn is_abstract(value: &Value) -> bool {
    match value {
        Value::Function(function) => function.attrs.borrow().contains_key("__isabstractmethod__"),
        Value::Object(_) => match (value.downcast::<Property>(), value.downcast::<descriptors::StaticMethod>()) {
            (Some(property), _) => is_abstract(&property.getter),
            (_, Some(method)) => is_abstract(&method.0),
            _ => value.downcast::<descriptors::ClassMethod>().is_some_and(|method| is_abstract(&method.0)),
        },
        _ => false,
    }
}

/// A method of a native value, to be called later.
pub fn native_method(receiver: &Value, name: &str) -> Value {
    Value::BoundMethod(Rc::new(BoundMethod { receiver: receiver.clone(), method: Method::Native(Rc::from(name)) }))
}

/// `hash(instance)`.
///
/// # Errors
/// What `__hash__` raises.
pub fn hash_instance(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    let Value::Instance(instance) = value else { return Ok(0) };
    let class = instance.class();
    if let Some(answer) = interp.call_special(value, "__hash__", Vec::new())? {
        return answer.as_int().ok_or_else(|| type_error("__hash__ method should return an integer"));
    }
    let defines_eq = class.lookup("__eq__").is_some();
    let unhashable = matches!(class.lookup("__hash__"), Some(Value::None));
    if unhashable || (defines_eq && class.lookup("__hash__").is_none()) {
        return Err(type_error(format!("unhashable type: '{}'", class.name)));
    }
    match &instance.native {
        Some(native) => super::hash::hash_of(interp, &native.clone()),
        None => Ok((value.identity() >> 4) as i64),
    }
}
