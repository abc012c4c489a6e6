//! `property`, `staticmethod`, `classmethod`, `super`.

use super::Interpreter;
use super::args::Args;
use super::call::bound;
use super::class::Class;
use super::object::Object;
use super::raised::{PyResult, attribute_error, type_error};
use super::value::Value;
use std::rc::Rc;

/// `staticmethod(function)`.
pub struct StaticMethod(pub Value);

impl Object for StaticMethod {
    fn type_name(&self) -> &'static str {
        "staticmethod"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, interp: &mut Interpreter, _this: &Value, args: Args) -> Option<PyResult> {
        Some(interp.call(&self.0, args))
    }
}

/// `classmethod(function)`.
pub struct ClassMethod(pub Value);

impl Object for ClassMethod {
    fn type_name(&self) -> &'static str {
        "classmethod"
    }
}

/// `property(getter, setter)`; `cached` keeps the value in the instance (`functools.cached_property`).
#[derive(Clone)]
pub struct Property {
    pub getter: Value,
    pub setter: Value,
    pub cached: Option<Rc<str>>,
}

impl Object for Property {
    fn type_name(&self) -> &'static str {
        "property"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["setter", "getter", "deleter"]
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let mut changed = self.clone();
        let function = match args.one(name) {
            Ok(function) => function,
            Err(raised) => return Some(Err(raised)),
        };
        match name {
            "setter" => changed.setter = function,
            "getter" => changed.getter = function,
            "deleter" => {}
            _ => return None,
        }
        Some(Ok(Value::object(changed)))
    }
}

/// `super()`: the attributes of the classes after `class` in the receiver's order.
pub struct Super {
    pub class: Rc<Class>,
    pub receiver: Value,
}

impl Super {
    fn find(&self, interp: &Interpreter, name: &str) -> Option<(Value, Rc<Class>)> {
        let start = match &self.receiver {
            Value::Class(class) => Rc::clone(class),
            other => interp.class_of(other),
        };
        let order = std::iter::once(&start).chain(&start.ancestors);
        order
            .skip_while(|class| !Rc::ptr_eq(class, &self.class))
            .skip(1)
            .find_map(|class| class.attrs.borrow().get(name).map(|value| (value.clone(), Rc::clone(class))))
    }
}

impl Object for Super {
    fn type_name(&self) -> &'static str {
        "super"
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        match self.find(interp, name) {
            Some((value @ Value::Builtin(_), _)) if name.starts_with("__") && name != "__new__" => {
                Ok(Some(bound(&self.receiver, &value)))
            }
            Some((value, class)) => match &self.receiver {
                Value::Class(_) => bind(interp, &value, None, &class).map(Some),
                receiver => interp.bind(&value, receiver, &class).map(Some),
            },
            None => Ok(None),
        }
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if self.find(interp, name).is_some() {
            return None;
        }
        Some(native_special(interp, &self.receiver, name, args))
    }
}

/// What `object`, `dict`, `list`, … do for a special method that a subclass overrides.
fn native_special(interp: &mut Interpreter, receiver: &Value, name: &str, args: Args) -> PyResult {
    match name {
        "__init__" => {
            match receiver.native() {
                Value::Dict(dict) => {
                    let dict = Rc::clone(dict);
                    super::methods::dict::update(interp, &dict, args)?;
                }
                Value::List(list) => {
                    if let Some(iterable) = args.positional.first() {
                        let items = interp.items(iterable)?;
                        *list.borrow_mut() = items;
                    }
                }
                Value::Set(set) => {
                    if let Some(iterable) = args.positional.first() {
                        for item in interp.items(iterable)? {
                            set.borrow_mut().insert(interp, item)?;
                        }
                    }
                }
                _ => {}
            }
            return Ok(Value::None);
        }
        "__init_subclass__" | "__post_init__" => return Ok(Value::None),
        "__setattr__" => {
            let (name, value) = args.two("__setattr__")?;
            if let (Value::Instance(instance), Some(name)) = (receiver, name.as_str()) {
                instance.set(name, value);
            }
            return Ok(Value::None);
        }
        "__getattribute__" | "__getattr__" => {
            let name = args.one(name)?;
            return interp.get_attr(receiver, name.as_str().unwrap_or(""));
        }
        "__new__" => {
            return match args.positional.first() {
                Some(Value::Class(class)) => match class.constructor() {
                    Some(construct) => {
                        let rest = args.positional[1..].to_vec();
                        construct(interp, class, Args { positional: rest, keyword: args.keyword.clone() })
                    }
                    None => Ok(Value::Instance(Rc::new(super::class::Instance::new(class)))),
                },
                _ => Err(type_error("object.__new__(): not enough arguments")),
            };
        }
        _ => {}
    }
    let native = receiver.native().clone();
    if !matches!(native, Value::Instance(_)) {
        return special_of_native(interp, &native, name, args);
    }
    match name {
        "__repr__" | "__str__" => Ok(Value::from(super::repr::default_repr(interp, receiver))),
        "__eq__" => Ok(match args.positional.first() {
            Some(other) if other.is(receiver) => Value::Bool(true),
            _ => Value::NotImplemented,
        }),
        "__hash__" => Ok(Value::Int((receiver.identity() >> 4) as i64)),
        _ => Err(attribute_error(format!("'super' object has no attribute '{name}'"))),
    }
}

/// Special methods of native values, called by name.
pub fn special_of_native(interp: &mut Interpreter, native: &Value, name: &str, args: Args) -> PyResult {
    use super::object::{BinaryOp, CompareOp};
    let first = args.positional.first().cloned().unwrap_or(Value::None);
    let second = args.positional.get(1).cloned().unwrap_or(Value::None);
    Ok(match name {
        "__getitem__" => interp.get_item(native, &first)?,
        "__setitem__" => {
            interp.set_item(native, &first, second)?;
            Value::None
        }
        "__delitem__" => {
            interp.del_item(native, &first)?;
            Value::None
        }
        "__contains__" => Value::Bool(interp.contains(native, &first)?),
        "__len__" => Value::Int(interp.len(native)? as i64),
        "__iter__" => interp.iter(native)?,
        "__next__" => match interp.next(native)? {
            Some(value) => value,
            None => return Err(super::generator::stop_iteration(Value::None)),
        },
        "__repr__" => Value::from(interp.repr(native)?),
        "__str__" => Value::from(interp.str(native)?),
        "__hash__" => Value::Int(super::hash::hash_of(interp, native)?),
        "__bool__" => Value::Bool(interp.truth(native)?),
        "__format__" => Value::from(interp.format(native, first.as_str().unwrap_or(""))?),
        "__eq__" => interp.compare(CompareOp::Eq, native, first.native())?,
        "__ne__" => interp.compare(CompareOp::NotEq, native, first.native())?,
        "__lt__" => interp.compare(CompareOp::Less, native, first.native())?,
        "__le__" => interp.compare(CompareOp::LessEq, native, first.native())?,
        "__gt__" => interp.compare(CompareOp::Greater, native, first.native())?,
        "__ge__" => interp.compare(CompareOp::GreaterEq, native, first.native())?,
        "__add__" => interp.binary(BinaryOp::Add, native, first.native())?,
        "__sub__" => interp.binary(BinaryOp::Sub, native, first.native())?,
        "__mul__" => interp.binary(BinaryOp::Mul, native, first.native())?,
        "__truediv__" => interp.binary(BinaryOp::Div, native, first.native())?,
        "__floordiv__" => interp.binary(BinaryOp::FloorDiv, native, first.native())?,
        "__mod__" => interp.binary(BinaryOp::Mod, native, first.native())?,
        "__and__" => interp.binary(BinaryOp::And, native, first.native())?,
        "__or__" => interp.binary(BinaryOp::Or, native, first.native())?,
        "__invert__" => interp.unary(super::object::UnaryOp::Invert, native)?,
        "__neg__" => interp.unary(super::object::UnaryOp::Minus, native)?,
        _ => match super::methods::call(interp, native, name, args) {
            Some(result) => return result,
            None => {
                let kind = interp.type_name(native);
                return Err(attribute_error(format!("'{kind}' object has no attribute '{name}'")));
            }
        },
    })
}

/// A class attribute as seen through an instance (`receiver`) or through the class itself.
pub fn bind(interp: &mut Interpreter, attribute: &Value, receiver: Option<&Value>, class: &Rc<Class>) -> PyResult {
    if let Some(method) = attribute.downcast::<StaticMethod>() {
        return Ok(method.0.clone());
    }
    if let Some(method) = attribute.downcast::<ClassMethod>() {
        let class = match receiver {
            Some(receiver) => interp.class_of(receiver),
            None => Rc::clone(class),
        };
        return Ok(bound(&Value::Class(class), &method.0));
    }
    let Some(receiver) = receiver else { return Ok(attribute.clone()) };
    if let Some(property) = attribute.downcast::<Property>() {
        let value = interp.call(&property.getter, Args::of(vec![receiver.clone()]))?;
        if let (Some(name), Value::Instance(instance)) = (&property.cached, receiver) {
            instance.set(name, value.clone());
        }
        return Ok(value);
    }
    if let Value::Object(object) = attribute
        && matches!(object.type_name(), "functools._lru_cache_wrapper" | "method_descriptor")
    {
        return Ok(bound(receiver, attribute));
    }
    Ok(attribute.clone())
}
