//! `collections`: `namedtuple`, `defaultdict`, `Counter`, `OrderedDict`, `deque`; and `collections.abc`.

use super::super::args::Args;
use super::super::class::{Class, Instance, Module, Namespace};
use super::super::classes::method;
use super::super::descriptors::{ClassMethod, Property};
use super::super::object::{BinaryOp, CompareOp, Object};
use super::super::raised::{PyResult, index_error, type_error, value_error};
use super::super::{Dict, Interpreter, Value, methods};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let module = Module::new("collections").function("namedtuple", named_tuple);
    let dict = interp.class_named("dict");
    let object = interp.class_named("object");
    let defaultdict = Class::native("defaultdict", "collections", dict.as_ref()).with_construct(construct_defaultdict);
    defaultdict.set("__missing__", method("__missing__", missing_default));
    defaultdict.set(
        "__repr__",
        method("__repr__", |interp, args| {
            let this = args.one("__repr__")?;
            let factory = interp.get_attr(&this, "default_factory")?;
            let (factory, dict) = (interp.repr(&factory)?, interp.repr(&this.native().clone())?);
            Ok(Value::from(format!("defaultdict({factory}, {dict})")))
        }),
    );
    module.set("defaultdict", Value::Class(interp.register_class(defaultdict)));
    let ordered = Class::native("OrderedDict", "collections", dict.as_ref()).with_construct(construct_ordered);
    ordered.set("move_to_end", method("move_to_end", move_to_end));
    ordered.set("popitem", method("popitem", pop_ordered));
    ordered.set(
        "__repr__",
        method("__repr__", |interp, args| {
            let this = args.one("__repr__")?;
            let Some(dict) = this.native().as_dict() else { return Ok(Value::str("OrderedDict()")) };
            let pairs: Vec<Value> =
                dict.borrow().iter().map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()])).collect();
            let inner = if pairs.is_empty() { String::new() } else { interp.repr(&Value::list(pairs))? };
            Ok(Value::from(format!("OrderedDict({inner})")))
        }),
    );
    module.set("OrderedDict", Value::Class(interp.register_class(ordered)));
    let counter = counter_class(dict.as_ref());
    module.set("Counter", Value::Class(interp.register_class(counter)));
    let deque = Class::native("deque", "collections", object.as_ref()).with_construct(construct_deque);
    module.set("deque", Value::Class(interp.register_class(deque)));
    let chain = Class::native("ChainMap", "collections", dict.as_ref()).with_construct(|interp, class, args| {
        let merged = Rc::new(RefCell::new(Dict::new()));
        for mapping in args.positional.into_iter().rev() {
            methods::dict::update(interp, &merged, Args::of(vec![mapping]))?;
        }
        Ok(Value::Instance(Rc::new(Instance::with_native(class, Value::Dict(merged)))))
    });
    module.set("ChainMap", Value::Class(interp.register_class(chain)));
    module
}

/// The module `collections.abc`: names for `isinstance` and annotations.
pub fn abc(interp: &mut Interpreter) -> Module {
    let module = Module::new("collections.abc");
    let object = interp.class_named("object");
    for name in [
        "Iterable",
        "Iterator",
        "Generator",
        "Sequence",
        "MutableSequence",
        "Mapping",
        "MutableMapping",
        "Set",
        "MutableSet",
        "Callable",
        "Hashable",
        "Sized",
        "Container",
        "Collection",
    ] {
        module.set(name, Value::Class(Rc::new(Class::native(name, "collections.abc", object.as_ref()))));
    }
    module
}

fn dict_of(this: &Value) -> PyResult<Rc<RefCell<Dict>>> {
    this.as_dict().cloned().ok_or_else(|| type_error("a dict is required"))
}

fn dict_instance(class: &Rc<Class>, dict: Rc<RefCell<Dict>>) -> Instance {
    Instance::with_native(class, Value::Dict(dict))
}

fn construct_defaultdict(interp: &mut Interpreter, class: &Rc<Class>, mut args: Args) -> PyResult {
    let factory = if args.positional.is_empty() { Value::None } else { args.positional.remove(0) };
    let dict = Rc::new(RefCell::new(Dict::new()));
    methods::dict::update(interp, &dict, args)?;
    let instance = dict_instance(class, dict);
    instance.set("default_factory", factory);
    Ok(Value::Instance(Rc::new(instance)))
}

fn missing_default(interp: &mut Interpreter, args: Args) -> PyResult {
    let (this, key) = args.two("__missing__")?;
    let factory = interp.get_attr(&this, "default_factory")?;
    if factory.is_none() {
        return Err(super::super::key_error(&key));
    }
    let value = interp.call(&factory, Args::none())?;
    dict_of(&this)?.borrow_mut().set(interp, key, value.clone())?;
    Ok(value)
}

fn construct_ordered(interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let dict = Rc::new(RefCell::new(Dict::new()));
    methods::dict::update(interp, &dict, args)?;
    Ok(Value::Instance(Rc::new(dict_instance(class, dict))))
}

fn move_to_end(interp: &mut Interpreter, args: Args) -> PyResult {
    let [this, key, last] = args.bind("move_to_end", ["self", "key", "last"], 2)?;
    let dict = dict_of(&this.unwrap_or(Value::None))?;
    let key = key.unwrap_or(Value::None);
    let value = dict.borrow_mut().remove(interp, &key)?.ok_or_else(|| super::super::key_error(&key))?;
    if last.is_none_or(|last| last.as_int() != Some(0)) {
        dict.borrow_mut().set(interp, key, value)?;
        return Ok(Value::None);
    }
    let old = std::mem::take(&mut *dict.borrow_mut());
    dict.borrow_mut().set(interp, key, value)?;
    for (key, value) in old.iter() {
        dict.borrow_mut().set(interp, key.clone(), value.clone())?;
    }
    Ok(Value::None)
}

fn pop_ordered(_interp: &mut Interpreter, args: Args) -> PyResult {
    let [this, last] = args.bind("popitem", ["self", "last"], 1)?;
    let dict = dict_of(&this.unwrap_or(Value::None))?;
    let from_end = last.is_none_or(|last| last.as_int() != Some(0));
    let popped = if from_end { dict.borrow_mut().pop_last() } else { dict.borrow_mut().pop_first() };
    popped
        .map(|(key, value)| Value::tuple(vec![key, value]))
        .ok_or_else(|| super::super::key_error(&Value::str("dictionary is empty")))
}

fn counter_class(dict: Option<&Rc<Class>>) -> Class {
    let class = Class::native("Counter", "collections", dict).with_construct(|interp, class, args| {
        let dict = Rc::new(RefCell::new(Dict::new()));
        count_into(interp, &dict, args, 1)?;
        Ok(Value::Instance(Rc::new(dict_instance(class, dict))))
    });
    class.set(
        "__missing__",
        Value::object(super::super::builtins::NativeMethod {
            name: Rc::from("__missing__"),
            function: Value::builtin("__missing__", |_, _| Ok(Value::Int(0))),
        }),
    );
    class.set("most_common", method("most_common", most_common));
    class.set(
        "elements",
        method("elements", |_, args| {
            let mut items = Vec::new();
            for (key, count) in dict_of(&args.one("elements")?)?.borrow().iter() {
                items.extend(std::iter::repeat_n(key.clone(), count.as_int().unwrap_or(0).clamp(0, 1 << 24) as usize));
            }
            Ok(Value::iter_over(items))
        }),
    );
    class.set(
        "total",
        method("total", |interp, args| {
            let mut total = Value::Int(0);
            let counts: Vec<Value> = dict_of(&args.one("total")?)?.borrow().values().cloned().collect();
            for count in counts {
                total = interp.binary(BinaryOp::Add, &total, &count)?;
            }
            Ok(total)
        }),
    );
    class.set(
        "update",
        method("update", |interp, mut args| {
            let dict = dict_of(&args.positional.remove(0))?;
            count_into(interp, &dict, args, 1)?;
            Ok(Value::None)
        }),
    );
    class.set(
        "subtract",
        method("subtract", |interp, mut args| {
            let dict = dict_of(&args.positional.remove(0))?;
            count_into(interp, &dict, args, -1)?;
            Ok(Value::None)
        }),
    );
    class.set(
        "__repr__",
        method("__repr__", |interp, args| {
            let this = args.one("__repr__")?;
            let pairs = ordered_counts(interp, &this)?;
            if pairs.is_empty() {
                return Ok(Value::str("Counter()"));
            }
            Ok(Value::from(format!("Counter({})", interp.repr_entries(&pairs)?)))
        }),
    );
    for (name, op) in
        [("__add__", BinaryOp::Add), ("__sub__", BinaryOp::Sub), ("__and__", BinaryOp::And), ("__or__", BinaryOp::Or)]
    {
        class.set(name, method(name, move |interp, args| combine_counters(interp, op, args)));
    }
    class
}

fn count_into(interp: &mut Interpreter, dict: &Rc<RefCell<Dict>>, args: Args, sign: i64) -> PyResult<()> {
    let mut pairs = Vec::new();
    if let Some(source) = args.positional.first().filter(|source| !source.is_none()) {
        if source.as_dict().is_some() {
            pairs = interp.mapping_items(source)?;
        } else {
            pairs.extend(interp.items(source)?.into_iter().map(|item| (item, Value::Int(1))));
        }
    }
    pairs.extend(args.keyword.into_iter().map(|(name, value)| (Value::Str(name), value)));
    for (key, count) in pairs {
        let old = dict.borrow().get(interp, &key)?.unwrap_or(Value::Int(0));
        let op = if sign > 0 { BinaryOp::Add } else { BinaryOp::Sub };
        let new = interp.binary(op, &old, &count)?;
        dict.borrow_mut().set(interp, key, new)?;
    }
    Ok(())
}

/// Keys and counts, the largest first; equal ones in order of insertion.
fn ordered_counts(interp: &mut Interpreter, this: &Value) -> PyResult<Vec<(Value, Value)>> {
    let mut pairs: Vec<(Value, Value)> =
        interp.mapping_items(this)?.into_iter().map(|(key, count)| (count, key)).collect();
    interp.sort_values(&mut pairs, true)?;
    Ok(pairs.into_iter().map(|(count, key)| (key, count)).collect())
}

fn most_common(interp: &mut Interpreter, args: Args) -> PyResult {
    let [this, count] = args.bind("most_common", ["self", "n"], 1)?;
    let pairs = ordered_counts(interp, &this.unwrap_or(Value::None))?;
    let count = count.and_then(|count| count.as_int()).map_or(pairs.len(), |count| count.max(0) as usize);
    Ok(Value::list(pairs.into_iter().take(count).map(|(key, count)| Value::tuple(vec![key, count])).collect()))
}

fn combine_counters(interp: &mut Interpreter, op: BinaryOp, args: Args) -> PyResult {
    let (left, right) = args.two("Counter")?;
    let (a, b) = (dict_of(&left)?, dict_of(&right)?);
    let mut keys: Vec<Value> = a.borrow().keys().cloned().collect();
    for key in b.borrow().keys() {
        if !a.borrow().contains(interp, key)? {
            keys.push(key.clone());
        }
    }
    let result = Rc::new(RefCell::new(Dict::new()));
    for key in keys {
        let x = a.borrow().get(interp, &key)?.unwrap_or(Value::Int(0));
        let y = b.borrow().get(interp, &key)?.unwrap_or(Value::Int(0));
        let count = match op {
            BinaryOp::And | BinaryOp::Or => {
                let less = interp.less(&x, &y)?;
                if less == (op == BinaryOp::And) { x } else { y }
            }
            op => interp.binary(op, &x, &y)?,
        };
        if interp.less(&Value::Int(0), &count)? {
            result.borrow_mut().set(interp, key, count)?;
        }
    }
    let class = interp.class_of(&left);
    Ok(Value::Instance(Rc::new(dict_instance(&class, result))))
}

/// `namedtuple(name, fields)`.
fn named_tuple(interp: &mut Interpreter, args: Args) -> PyResult {
    let [name, fields, defaults, _, _] =
        args.bind("namedtuple", ["typename", "field_names", "*defaults", "*rename", "*module"], 2)?;
    let name = name.unwrap_or(Value::None);
    let fields = match fields {
        Some(Value::Str(text)) => text.replace(',', " ").split_whitespace().map(str::to_owned).collect(),
        Some(other) => {
            let mut names = Vec::new();
            for field in interp.items(&other)? {
                names.push(interp.str(&field)?);
            }
            names
        }
        None => Vec::new(),
    };
    let defaults = match defaults {
        Some(defaults) if !defaults.is_none() => interp.items(&defaults)?,
        _ => Vec::new(),
    };
    Ok(Value::Class(tuple_class(interp, name.as_str().unwrap_or("?"), fields, defaults, Namespace::default())?))
}

/// `class Name(NamedTuple):` with its annotations.
pub fn named_tuple_class(interp: &mut Interpreter, name: &str, namespace: Namespace) -> PyResult<Rc<Class>> {
    let mut fields = Vec::new();
    let mut defaults = Vec::new();
    if let Some(annotations) = namespace.get("__annotations__").and_then(Value::as_dict) {
        for field in annotations.borrow().keys() {
            let field = field.as_str().unwrap_or("").to_owned();
            defaults.extend(namespace.get(&*field).cloned());
            fields.push(field);
        }
    }
    let mut rest = namespace;
    for field in &fields {
        rest.shift_remove(&**field);
    }
    tuple_class(interp, name, fields, defaults, rest)
}

/// A class as `namedtuple` makes it.
pub fn tuple_class(
    interp: &mut Interpreter,
    name: &str,
    fields: Vec<String>,
    defaults: Vec<Value>,
    namespace: Namespace,
) -> PyResult<Rc<Class>> {
    let tuple = interp.class_named("tuple");
    let mut class = Class::native(name, "__main__", tuple.as_ref());
    class.construct = Some(construct_named);
    class.set("_fields", Value::tuple(fields.iter().map(Value::str).collect()));
    class.set("__match_args__", Value::tuple(fields.iter().map(Value::str).collect()));
    class.set("_defaults", Value::list(defaults));
    for (at, field) in fields.iter().enumerate() {
        let getter = Value::builtin(field, move |interp, args| {
            let this = args.one("field")?;
            interp.get_item(&this.native().clone(), &Value::Int(at as i64))
        });
        class.set(field, Value::object(Property { getter, setter: Value::None, cached: None }));
    }
    class.set(
        "_asdict",
        method("_asdict", |interp, args| {
            let this = args.one("_asdict")?;
            let mut dict = Dict::new();
            for (name, value) in named_items(interp, &this)? {
                dict.set_str(&name, value);
            }
            Ok(Value::dict(dict))
        }),
    );
    class.set(
        "_replace",
        method("_replace", |interp, mut args| {
            let this = args.positional.remove(0);
            let mut keyword: Vec<(Rc<str>, Value)> = Vec::new();
            for (name, value) in named_items(interp, &this)? {
                let changed = args.take_keyword(&name);
                keyword.push((name, changed.unwrap_or(value)));
            }
            if let Some((name, _)) = args.keyword.first() {
                return Err(value_error(format!("Got unexpected field names: ['{name}']")));
            }
            let class = Value::Class(interp.class_of(&this));
            interp.call(&class, Args { positional: Vec::new(), keyword })
        }),
    );
    class.set(
        "_make",
        Value::object(ClassMethod(Value::builtin("_make", |interp, args| {
            let (class, iterable) = args.two("_make")?;
            let items = interp.items(&iterable)?;
            interp.call(&class, Args::of(items))
        }))),
    );
    class.set(
        "__repr__",
        method("__repr__", |interp, args| {
            let this = args.one("__repr__")?;
            let mut parts = Vec::new();
            for (name, value) in named_items(interp, &this)? {
                parts.push(format!("{name}={}", interp.repr(&value)?));
            }
            Ok(Value::from(format!("{}({})", interp.type_name(&this), parts.join(", "))))
        }),
    );
    for (name, value) in namespace {
        class.set(&name, value);
    }
    let class = Rc::new(class);
    interp.extension::<NamedClasses>().0.push((name.to_owned(), fields, Rc::clone(&class)));
    Ok(class)
}

/// The classes that `namedtuple` made, so that values which travelled between partitions are of their class again.
#[derive(Default)]
struct NamedClasses(Vec<(String, Vec<String>, Rc<Class>)>);

/// A named tuple that travelled: of the class with this name and these fields, which is made when this interpreter has none.
///
/// # Errors
/// Never so far.
pub fn named_value(interp: &mut Interpreter, name: &str, fields: &Value, values: Value) -> PyResult {
    let fields: Vec<String> =
        fields.as_items().unwrap_or_default().iter().filter_map(|field| field.as_str().map(str::to_owned)).collect();
    let known = &interp.extension::<NamedClasses>().0;
    let found = known.iter().rev().find(|(known, names, _)| known == name && *names == fields);
    let class = match found {
        Some((_, _, class)) => Rc::clone(class),
        None => tuple_class(interp, name, fields, Vec::new(), Namespace::default())?,
    };
    Ok(Value::Instance(Rc::new(Instance::with_native(&class, values))))
}

fn named_items(interp: &mut Interpreter, this: &Value) -> PyResult<Vec<(Rc<str>, Value)>> {
    let fields = interp.class_of(this).lookup("_fields").and_then(|fields| fields.as_items()).unwrap_or_default();
    let values = this.as_items().unwrap_or_default();
    Ok(fields.iter().zip(values).map(|(name, value)| (Rc::from(name.as_str().unwrap_or("")), value)).collect())
}

fn construct_named(_interp: &mut Interpreter, class: &Rc<Class>, args: Args) -> PyResult {
    let fields = class.lookup("_fields").and_then(|fields| fields.as_items()).unwrap_or_default();
    let defaults = class.lookup("_defaults").and_then(|defaults| defaults.as_items()).unwrap_or_default();
    let name = format!("{}.__new__", class.name);
    if args.positional.len() > fields.len() {
        let (takes, given) = (fields.len() + 1, args.positional.len() + 1);
        return Err(crate::pyspark::lang::args::too_many(&name, takes, takes, given));
    }
    let mut values: Vec<Option<Value>> = args.positional.into_iter().map(Some).collect();
    values.resize(fields.len(), None);
    for (field, value) in args.keyword {
        let Some(at) = fields.iter().position(|known| known.as_str() == Some(&*field)) else {
            return Err(type_error(format!("{name}() got an unexpected keyword argument '{field}'")));
        };
        if values[at].is_some() {
            return Err(type_error(format!("{name}() got multiple values for argument '{field}'")));
        }
        values[at] = Some(value);
    }
    let first_default = fields.len() - defaults.len().min(fields.len());
    for (at, value) in values.iter_mut().enumerate() {
        if value.is_none() && at >= first_default {
            *value = defaults.get(at - first_default).cloned();
        }
    }
    let missing: Vec<&str> =
        values.iter().zip(&fields).filter(|(value, _)| value.is_none()).filter_map(|(_, name)| name.as_str()).collect();
    if !missing.is_empty() {
        return Err(super::super::args::missing_arguments(&name, "positional", &missing));
    }
    let tuple = Value::tuple(values.into_iter().flatten().collect());
    Ok(Value::Instance(Rc::new(Instance::with_native(class, tuple))))
}

/// `collections.deque`.
pub struct Deque {
    items: RefCell<VecDeque<Value>>,
    limit: Option<usize>,
}

fn construct_deque(interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let [iterable, limit] = args.bind("deque", ["iterable", "maxlen"], 0)?;
    let limit = limit.and_then(|limit| limit.as_int()).map(|limit| limit.max(0) as usize);
    let deque = Deque { items: RefCell::default(), limit };
    if let Some(iterable) = iterable {
        for item in interp.items(&iterable)? {
            deque.push(item, false);
        }
    }
    Ok(Value::object(deque))
}

impl Deque {
    fn push(&self, item: Value, left: bool) {
        let mut items = self.items.borrow_mut();
        if left {
            items.push_front(item);
        } else {
            items.push_back(item);
        }
        if self.limit.is_some_and(|limit| items.len() > limit) {
            if left {
                items.pop_back();
            } else {
                items.pop_front();
            }
        }
    }

    fn all(&self) -> Vec<Value> {
        self.items.borrow().iter().cloned().collect()
    }
}

impl Object for Deque {
    fn type_name(&self) -> &'static str {
        "deque"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "append",
            "appendleft",
            "pop",
            "popleft",
            "extend",
            "extendleft",
            "clear",
            "rotate",
            "copy",
            "count",
            "index",
            "remove",
            "reverse",
            "insert",
        ]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "maxlen").then(|| self.limit.map_or(Value::None, |limit| Value::Int(limit as i64))))
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if !self.methods().contains(&name) {
            return None;
        }
        Some(self.method(interp, name, args))
    }

    fn len(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<usize>> {
        Ok(Some(self.items.borrow().len()))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Ok(Some(Value::iter_over(self.all())))
    }

    fn get_item(&self, interp: &mut Interpreter, _this: &Value, key: &Value) -> PyResult<Option<Value>> {
        let len = self.items.borrow().len();
        let at = interp.position("deque", key, len)?;
        Ok(self.items.borrow().get(at).cloned())
    }

    fn set_item(&self, interp: &mut Interpreter, _this: &Value, key: &Value, value: Value) -> PyResult<bool> {
        let len = self.items.borrow().len();
        let at = interp.position("deque", key, len)?;
        self.items.borrow_mut()[at] = value;
        Ok(true)
    }

    fn compare(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        match other.downcast::<Deque>() {
            Some(other) => interp.compare(op, &Value::list(self.all()), &Value::list(other.all())).map(Some),
            None => Ok(None),
        }
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let items = interp.reprs(&self.all())?;
        Ok(match self.limit {
            Some(limit) => format!("deque([{items}], maxlen={limit})"),
            None => format!("deque([{items}])"),
        })
    }
}

impl Deque {
    fn method(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let empty = || index_error("pop from an empty deque");
        Ok(match name {
            "append" | "appendleft" => {
                self.push(args.one(name)?, name == "appendleft");
                Value::None
            }
            "extend" | "extendleft" => {
                for item in interp.items(&args.one(name)?)? {
                    self.push(item, name == "extendleft");
                }
                Value::None
            }
            "pop" => self.items.borrow_mut().pop_back().ok_or_else(empty)?,
            "popleft" => self.items.borrow_mut().pop_front().ok_or_else(empty)?,
            "clear" => {
                self.items.borrow_mut().clear();
                Value::None
            }
            "rotate" => {
                let count = args.positional.first().and_then(Value::as_int).unwrap_or(1);
                let mut items = self.items.borrow_mut();
                if !items.is_empty() {
                    let steps = count.rem_euclid(items.len() as i64) as usize;
                    items.rotate_right(steps);
                }
                Value::None
            }
            "copy" => Value::object(Deque { items: RefCell::new(self.items.borrow().clone()), limit: self.limit }),
            _ => {
                let list = Value::list(self.all());
                let result = interp.call_method(&list, name, args)?;
                *self.items.borrow_mut() = list.as_items().unwrap_or_default().into();
                result
            }
        })
    }
}
