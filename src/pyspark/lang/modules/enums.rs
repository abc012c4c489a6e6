//! `enum`.

use super::super::args::Args;
use super::super::class::{Class, Instance, Module};
use super::super::object::Object;
use super::super::raised::{PyResult, value_error};
use super::super::{Dict, Interpreter, Value};
use std::rc::Rc;

struct Auto;

impl Object for Auto {
    fn type_name(&self) -> &'static str {
        "auto"
    }
}

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let base = Class::native("Enum", "enum", object.as_ref()).with_construct(find);
    base.set(
        "__repr__",
        super::super::classes::method("__repr__", |interp, args| {
            let this = args.one("__repr__")?;
            let (class, name, value) = parts(interp, &this)?;
            Ok(Value::from(format!("<{class}.{name}: {}>", interp.repr(&value)?)))
        }),
    );
    base.set(
        "__str__",
        super::super::classes::method("__str__", |interp, args| {
            let this = args.one("__str__")?;
            let (class, name, value) = parts(interp, &this)?;
            let class_of = interp.class_of(&this);
            if class_of.descends_from("IntEnum") || class_of.descends_from("StrEnum") {
                return Ok(Value::from(interp.str(&value)?));
            }
            Ok(Value::from(format!("{class}.{name}")))
        }),
    );
    base.set(
        "__hash__",
        super::super::classes::method("__hash__", |interp, args| {
            let this = args.one("__hash__")?;
            let (_, name, _) = parts(interp, &this)?;
            Ok(Value::Int(super::super::hash::hash_str(&name)))
        }),
    );
    let base = interp.register_class(base);
    let module = Module::new("enum");
    module.set("Enum", Value::Class(Rc::clone(&base)));
    for (name, mixin) in [("IntEnum", "int"), ("StrEnum", "str"), ("Flag", "object"), ("IntFlag", "int")] {
        let mut class = Class::native(name, "enum", None);
        class.bases = interp.class_named(mixin).into_iter().chain([Rc::clone(&base)]).collect();
        class.ancestors = std::iter::once(Rc::clone(&base)).chain(interp.class_named(mixin)).collect();
        class.construct = Some(find);
        module.set(name, Value::Class(interp.register_class(class)));
    }
    module.set("auto", Value::builtin("auto", |_, _| Ok(Value::object(Auto))));
    module.set("unique", Value::builtin("unique", |_, args| args.one("unique")));
    module
}

fn parts(interp: &mut Interpreter, this: &Value) -> PyResult<(String, String, Value)> {
    let class = interp.class_of(this).name.to_string();
    let name = interp.get_attr(this, "name")?;
    let value = interp.get_attr(this, "value")?;
    Ok((class, name.as_str().unwrap_or("").to_owned(), value))
}

/// `Color(1)`: the member with this value.
fn find(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let wanted = args.positional.into_iter().next().unwrap_or(Value::None);
    if let Some(members) = class.lookup("__members__")
        && let Some(dict) = members.as_dict()
    {
        let all: Vec<Value> = dict.borrow().values().cloned().collect();
        for member in all {
            if member.is(&wanted) {
                return Ok(member);
            }
            let value = interp.get_attr(&member, "value")?;
            if interp.equals(&value, &wanted)? {
                return Ok(member);
            }
        }
    }
    let shown = interp.repr(&wanted)?;
    Err(value_error(format!("{shown} is not a valid {}", class.name)))
}

/// Turns the plain attributes of an enum's body into members.
pub fn make_members(interp: &mut Interpreter, class: &Rc<Class>) -> PyResult<()> {
    let attrs: Vec<(Rc<str>, Value)> =
        class.attrs.borrow().iter().map(|(name, value)| (Rc::clone(name), value.clone())).collect();
    let mut members = Dict::new();
    let mut last = 0;
    for (name, value) in attrs {
        let plain = !matches!(value, Value::Function(_) | Value::Builtin(_))
            && !name.starts_with('_')
            && (!matches!(&value, Value::Object(_)) || value.downcast::<Auto>().is_some());
        if !plain {
            continue;
        }
        let value = match value.downcast::<Auto>() {
            Some(_) if class.descends_from("StrEnum") => Value::from(name.to_lowercase()),
            Some(_) => Value::Int(last + 1),
            None => value,
        };
        last = value.as_int().unwrap_or(last);
        let mixed = class.descends_from("int") || class.descends_from("str") || class.descends_from("float");
        let member = if mixed { Instance::with_native(class, value.clone()) } else { Instance::new(class) };
        for (field, content) in
            [("_name_", Value::str(&name)), ("name", Value::str(&name)), ("_value_", value.clone()), ("value", value)]
        {
            member.set(field, content);
        }
        let member = Value::Instance(Rc::new(member));
        if let Some(init @ Value::Function(_)) = class.lookup("__init__") {
            let value = interp.get_attr(&member, "value")?;
            let mut args = vec![member.clone()];
            args.extend(value.as_items().unwrap_or_else(|| vec![value]));
            interp.call(&init, Args::of(args))?;
        }
        members.set_str(&name, member.clone());
        class.set(&name, member);
    }
    if !members.is_empty() {
        class.set("__members__", Value::dict(members));
    }
    Ok(())
}
