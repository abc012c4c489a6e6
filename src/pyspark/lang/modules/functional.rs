//! `functools`, `itertools`, `operator`, `contextlib`.

use super::super::args::Args;
use super::super::class::Module;
use super::super::descriptors::Property;
use super::super::freeze::{Freezer, Thaw};
use super::super::iterator::FromFn;
use super::super::object::{BinaryOp, CompareOp, Object};
use super::super::raised::{PyResult, Raised, type_error};
use super::super::{Dict, Interpreter, Value};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

/// `functools.partial`.
struct Partial {
    function: Value,
    args: Args,
}

impl Object for Partial {
    fn type_name(&self) -> &'static str {
        "partial"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "func" => Some(self.function.clone()),
            "args" => Some(Value::tuple(self.args.positional.clone())),
            "keywords" => Some(Value::dict(self.args.keywords_to_dict())),
            _ => None,
        })
    }

    fn call(&self, interp: &mut Interpreter, _: &Value, args: Args) -> Option<PyResult> {
        let mut all = self.args.clone();
        all.positional.extend(args.positional);
        for (name, value) in args.keyword {
            all.keyword.retain(|(known, _)| *known != name);
            all.keyword.push((name, value));
        }
        Some(interp.call(&self.function, all))
    }

    fn freeze(&self, interp: &mut Interpreter, _: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let function = freezer.freeze(interp, &self.function)?;
        let args = freezer.freeze(interp, &Value::tuple(self.args.positional.clone()))?;
        let mut keyword = Vec::new();
        for (name, value) in &self.args.keyword {
            keyword.push((name.to_string(), freezer.freeze(interp, value)?));
        }
        Ok(Some(Arc::new(move |interp| {
            let mut all = Args::of(args(interp)?.as_items().unwrap_or_default());
            for (name, value) in &keyword {
                all.keyword.push((Rc::from(name.as_str()), value(interp)?));
            }
            Ok(Value::object(Partial { function: function(interp)?, args: all }))
        })))
    }
}

/// What `lru_cache` puts around a function.
struct Cached {
    function: Value,
    table: RefCell<Dict>,
    limit: Option<usize>,
    hits: Cell<i64>,
    misses: Cell<i64>,
}

impl Object for Cached {
    fn type_name(&self) -> &'static str {
        "functools._lru_cache_wrapper"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn methods(&self) -> &'static [&'static str] {
        &["cache_clear", "cache_info"]
    }

    fn get_attr(&self, interp: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        match name {
            "__wrapped__" => Ok(Some(self.function.clone())),
            "__name__" | "__doc__" | "__qualname__" => interp.find_attr(&self.function, name),
            _ => Ok(None),
        }
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, _: Args) -> Option<PyResult> {
        match name {
            "cache_clear" => {
                self.table.borrow_mut().clear();
                self.hits.set(0);
                self.misses.set(0);
                Some(Ok(Value::None))
            }
            "cache_info" => {
                let fields = ["hits", "misses", "maxsize", "currsize"].map(str::to_owned).to_vec();
                let limit = self.limit.map_or(Value::None, |limit| Value::Int(limit as i64));
                let size = self.table.borrow().len() as i64;
                let parts = vec![Value::Int(self.hits.get()), Value::Int(self.misses.get()), limit, Value::Int(size)];
                let empty = super::super::class::Namespace::default();
                Some(
                    super::collections::tuple_class(interp, "CacheInfo", fields, Vec::new(), empty)
                        .and_then(|class| interp.call(&Value::Class(class), Args::of(parts))),
                )
            }
            _ => None,
        }
    }

    fn call(&self, interp: &mut Interpreter, _: &Value, args: Args) -> Option<PyResult> {
        Some(self.cached(interp, args))
    }

    fn freeze(&self, interp: &mut Interpreter, _: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let (function, limit) = (freezer.freeze(interp, &self.function)?, self.limit);
        Ok(Some(Arc::new(move |interp| Ok(cached(function(interp)?, limit)))))
    }
}

impl Cached {
    fn cached(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let mut key = args.positional.clone();
        for (name, value) in &args.keyword {
            key.extend([Value::Str(Rc::clone(name)), value.clone()]);
        }
        let key = Value::tuple(key);
        let found = self.table.borrow().get(interp, &key)?;
        if let Some(found) = found {
            self.hits.set(self.hits.get() + 1);
            if self.limit.is_some() {
                let _ = self.table.borrow_mut().remove(interp, &key)?;
                self.table.borrow_mut().set(interp, key, found.clone())?;
            }
            return Ok(found);
        }
        self.misses.set(self.misses.get() + 1);
        let value = interp.call(&self.function, args)?;
        self.table.borrow_mut().set(interp, key, value.clone())?;
        if self.limit.is_some_and(|limit| self.table.borrow().len() > limit) {
            self.table.borrow_mut().pop_first();
        }
        Ok(value)
    }
}

fn cached(function: Value, limit: Option<usize>) -> Value {
    Value::object(Cached { function, table: RefCell::default(), limit, hits: Cell::new(0), misses: Cell::new(0) })
}

/// Copies name and documentation, as `functools.wraps` does.
fn copy_names(interp: &mut Interpreter, wrapper: &Value, wrapped: &Value) -> PyResult<()> {
    if let Value::Function(_) = wrapper {
        for name in ["__name__", "__doc__", "__qualname__"] {
            if let Some(value) = interp.find_attr(wrapped, name)? {
                interp.set_attr(wrapper, name, value)?;
            }
        }
        interp.set_attr(wrapper, "__wrapped__", wrapped.clone())?;
    }
    Ok(())
}

/// The module `functools`.
pub fn functools() -> Module {
    Module::new("functools")
        .function("reduce", |interp, args| {
            let [function, iterable, start] = args.bind("reduce", ["function", "iterable", "initial"], 2)?;
            let function = function.unwrap_or(Value::None);
            let mut items = interp.items(&iterable.unwrap_or(Value::None))?.into_iter();
            let Some(mut total) = start.or_else(|| items.next()) else {
                return Err(type_error("reduce() of empty iterable with no initial value"));
            };
            for item in items {
                total = interp.call(&function, Args::of(vec![total, item]))?;
            }
            Ok(total)
        })
        .function("partial", |_, mut args| {
            if args.positional.is_empty() {
                return Err(type_error("type 'partial' takes at least one argument"));
            }
            let function = args.positional.remove(0);
            Ok(Value::object(Partial { function, args }))
        })
        .function("wraps", |_, args| {
            let wrapped = args.positional.into_iter().next().unwrap_or(Value::None);
            Ok(Value::builtin("wraps", move |interp, args| {
                let wrapper = args.one("wraps")?;
                copy_names(interp, &wrapper, &wrapped)?;
                Ok(wrapper)
            }))
        })
        .function("update_wrapper", |interp, args| {
            let (wrapper, wrapped) = args.two("update_wrapper")?;
            copy_names(interp, &wrapper, &wrapped)?;
            Ok(wrapper)
        })
        .function("cache", |_, args| Ok(cached(args.one("cache")?, None)))
        .function("lru_cache", |_, args| {
            let [limit, _] = args.bind("lru_cache", ["maxsize", "typed"], 0)?;
            match limit {
                Some(function @ (Value::Function(_) | Value::Builtin(_) | Value::BoundMethod(_))) => {
                    Ok(cached(function, Some(128)))
                }
                limit => {
                    let limit = match limit {
                        None => Some(128),
                        Some(limit) => limit.as_int().map(|limit| limit.max(0) as usize),
                    };
                    Ok(Value::builtin("lru_cache", move |_, args| Ok(cached(args.one("lru_cache")?, limit))))
                }
            }
        })
        .function("cached_property", |interp, args| {
            let getter = args.one("cached_property")?;
            let name = interp.get_attr(&getter, "__name__")?;
            let cached = name.as_str().map(Rc::from);
            Ok(Value::object(Property { getter, setter: Value::None, cached }))
        })
        .function("cmp_to_key", |_, args| {
            let compare = args.one("cmp_to_key")?;
            Ok(Value::builtin("cmp_to_key", move |_, args| {
                Ok(Value::object(ComparedKey { value: args.one("key")?, compare: compare.clone() }))
            }))
        })
        .function("total_ordering", |_, args| {
            let class = args.one("total_ordering")?;
            if let Value::Class(class) = &class {
                complete_ordering(class);
            }
            Ok(class)
        })
        .function("singledispatch", |_, _| {
            Err(Raised::unsupported("functools.singledispatch", "ask with isinstance() inside the function"))
        })
}

fn complete_ordering(class: &super::super::Class) {
    let has = |name: &str| class.lookup(name).is_some();
    let (base, negated) = if has("__lt__") {
        ("__lt__", false)
    } else if has("__le__") {
        ("__le__", false)
    } else if has("__gt__") {
        ("__gt__", true)
    } else {
        ("__ge__", true)
    };
    for (name, op) in [
        ("__lt__", CompareOp::Less),
        ("__le__", CompareOp::LessEq),
        ("__gt__", CompareOp::Greater),
        ("__ge__", CompareOp::GreaterEq),
    ] {
        if has(name) {
            continue;
        }
        class.set(
            name,
            super::super::classes::method(name, move |interp, args| {
                let (this, other) = args.two("comparison")?;
                let equal = interp.equals(&this, &other)?;
                let answer = interp.call_method(&this, base, Args::of(vec![other]))?;
                let first = interp.truth(&answer)?;
                let strict = first && !(equal && matches!(base, "__le__" | "__ge__"));
                let less = if negated { !strict && !equal } else { strict };
                Ok(Value::Bool(match op {
                    CompareOp::Less => less,
                    CompareOp::LessEq => less || equal,
                    CompareOp::Greater => !less && !equal,
                    _ => !less || equal,
                }))
            }),
        );
    }
}

struct ComparedKey {
    value: Value,
    compare: Value,
}

impl Object for ComparedKey {
    fn type_name(&self) -> &'static str {
        "functools.KeyWrapper"
    }

    fn compare(&self, interp: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        let Some(other) = other.downcast::<ComparedKey>() else { return Ok(None) };
        let answer = interp.call(&self.compare, Args::of(vec![self.value.clone(), other.value.clone()]))?;
        Ok(Some(Value::Bool(op.holds(answer.as_float().unwrap_or(0.0).total_cmp(&0.0)))))
    }
}

fn lazily(kind: &'static str, next: impl FnMut(&mut Interpreter) -> PyResult<Option<Value>> + 'static) -> Value {
    Value::iterator(kind, FromFn(next))
}

fn iterators(interp: &mut Interpreter, values: &[Value]) -> PyResult<Vec<Value>> {
    values.iter().map(|value| interp.iter(value)).collect()
}

/// The module `itertools`.
pub fn itertools(interp: &mut Interpreter) -> Module {
    let module = Module::new("itertools")
        .function("count", |_, args| {
            let [start, step] = args.bind("count", ["start", "step"], 0)?;
            let (mut next, step) = (start.unwrap_or(Value::Int(0)), step.unwrap_or(Value::Int(1)));
            Ok(lazily("count", move |interp| {
                let after = interp.binary(BinaryOp::Add, &next, &step)?;
                Ok(Some(std::mem::replace(&mut next, after)))
            }))
        })
        .function("cycle", |interp, args| {
            let items = interp.items(&args.one("cycle")?)?;
            let mut at = 0;
            Ok(lazily("cycle", move |_| {
                at += 1;
                Ok(if items.is_empty() { None } else { Some(items[(at - 1) % items.len()].clone()) })
            }))
        })
        .function("repeat", |_, args| {
            let [value, times] = args.bind("repeat", ["object", "times"], 1)?;
            let (value, mut left) = (value.unwrap_or(Value::None), times.and_then(|times| times.as_int()));
            Ok(lazily("repeat", move |_| {
                if let Some(left) = &mut left {
                    if *left <= 0 {
                        return Ok(None);
                    }
                    *left -= 1;
                }
                Ok(Some(value.clone()))
            }))
        })
        .function("islice", islice)
        .function("accumulate", |interp, args| {
            let [iterable, function, start] = args.bind("accumulate", ["iterable", "func", "*initial"], 1)?;
            let iterator = interp.iter(&iterable.unwrap_or(Value::None))?;
            let function = function.filter(|function| !function.is_none());
            let mut pending = start.filter(|start| !start.is_none());
            let mut total: Option<Value> = None;
            Ok(lazily("accumulate", move |interp| {
                if let Some(start) = pending.take() {
                    total = Some(start.clone());
                    return Ok(Some(start));
                }
                let Some(item) = interp.next(&iterator)? else { return Ok(None) };
                let next = match (&total, &function) {
                    (None, _) => item,
                    (Some(total), None) => interp.binary(BinaryOp::Add, total, &item)?,
                    (Some(total), Some(function)) => interp.call(function, Args::of(vec![total.clone(), item]))?,
                };
                total = Some(next.clone());
                Ok(Some(next))
            }))
        })
        .function("takewhile", |interp, args| while_true(interp, args, true))
        .function("dropwhile", |interp, args| while_true(interp, args, false))
        .function("filterfalse", |interp, args| {
            let (function, iterable) = args.two("filterfalse")?;
            let iterator = interp.iter(&iterable)?;
            Ok(lazily("filterfalse", move |interp| {
                while let Some(item) = interp.next(&iterator)? {
                    let keep = if function.is_none() {
                        item.clone()
                    } else {
                        interp.call(&function, Args::of(vec![item.clone()]))?
                    };
                    if !interp.truth(&keep)? {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            }))
        })
        .function("starmap", |interp, args| {
            let (function, iterable) = args.two("starmap")?;
            let iterator = interp.iter(&iterable)?;
            Ok(lazily("starmap", move |interp| match interp.next(&iterator)? {
                Some(item) => {
                    let args = interp.items(&item)?;
                    interp.call(&function, Args::of(args)).map(Some)
                }
                None => Ok(None),
            }))
        })
        .function("compress", |interp, args| {
            let (data, selectors) = args.two("compress")?;
            let mut kept = Vec::new();
            for (item, keep) in interp.items(&data)?.into_iter().zip(interp.items(&selectors)?) {
                if interp.truth(&keep)? {
                    kept.push(item);
                }
            }
            Ok(Value::iter_over(kept))
        })
        .function("zip_longest", |interp, mut args| {
            let fill = args.take_keyword("fillvalue").unwrap_or(Value::None);
            let iterators = iterators(interp, &args.positional)?;
            Ok(lazily("zip_longest", move |interp| {
                let mut row = Vec::new();
                let mut any = false;
                for iterator in &iterators {
                    let item = interp.next(iterator)?;
                    any |= item.is_some();
                    row.push(item.unwrap_or_else(|| fill.clone()));
                }
                Ok(any.then(|| Value::tuple(row)))
            }))
        })
        .function("pairwise", |interp, args| {
            let items = interp.items(&args.one("pairwise")?)?;
            Ok(Value::iter_over(items.windows(2).map(|pair| Value::tuple(pair.to_vec())).collect()))
        })
        .function("batched", |interp, args| {
            let (iterable, size) = args.two("batched")?;
            let items = interp.items(&iterable)?;
            let size = size.as_int().unwrap_or(1).max(1) as usize;
            Ok(Value::iter_over(items.chunks(size).map(|chunk| Value::tuple(chunk.to_vec())).collect()))
        })
        .function("tee", |interp, args| {
            let [iterable, count] = args.bind("tee", ["iterable", "n"], 1)?;
            let items = interp.items(&iterable.unwrap_or(Value::None))?;
            let count = count.and_then(|count| count.as_int()).unwrap_or(2).max(0) as usize;
            Ok(Value::tuple((0..count).map(|_| Value::iter_over(items.clone())).collect()))
        })
        .function("groupby", group_by)
        .function("product", product)
        .function("permutations", |interp, args| choose(interp, args, "permutations"))
        .function("combinations", |interp, args| choose(interp, args, "combinations"))
        .function("combinations_with_replacement", |interp, args| {
            choose(interp, args, "combinations_with_replacement")
        });
    let object = interp.class_named("object");
    let chain = super::super::Class::native("chain", "itertools", object.as_ref())
        .with_construct(|interp, _, args| {
            let pending: VecDeque<Value> = args.positional.into();
            let _ = interp;
            Ok(chain_of(Value::iter_over(pending.into())))
        })
        .with(
            "from_iterable",
            Value::builtin("from_iterable", |interp, args| {
                let outer = interp.iter(&args.one("from_iterable")?)?;
                Ok(chain_of(outer))
            }),
        );
    module.set("chain", Value::Class(interp.register_class(chain)));
    module
}

fn chain_of(outer: Value) -> Value {
    let mut current: Option<Value> = None;
    lazily("chain", move |interp| {
        loop {
            if let Some(iterator) = &current
                && let Some(item) = interp.next(iterator)?
            {
                return Ok(Some(item));
            }
            match interp.next(&outer)? {
                Some(iterable) => current = Some(interp.iter(&iterable)?),
                None => return Ok(None),
            }
        }
    })
}

fn islice(interp: &mut Interpreter, args: Args) -> PyResult {
    let number = |at: usize| args.positional.get(at).and_then(Value::as_int);
    let (start, stop, step) = if args.positional.len() <= 2 {
        (0, number(1), 1)
    } else {
        (number(1).unwrap_or(0), number(2), number(3).unwrap_or(1).max(1))
    };
    let iterator = interp.iter(args.positional.first().unwrap_or(&Value::None))?;
    let (mut at, mut wanted) = (0, start);
    Ok(lazily("islice", move |interp| {
        loop {
            if stop.is_some_and(|stop| wanted >= stop) {
                return Ok(None);
            }
            let Some(item) = interp.next(&iterator)? else { return Ok(None) };
            at += 1;
            if at - 1 == wanted {
                wanted += step;
                return Ok(Some(item));
            }
        }
    }))
}

fn while_true(interp: &mut Interpreter, args: Args, take: bool) -> PyResult {
    let (function, iterable) = args.two("takewhile")?;
    let iterator = interp.iter(&iterable)?;
    let mut done = false;
    Ok(lazily(if take { "takewhile" } else { "dropwhile" }, move |interp| {
        loop {
            if take && done {
                return Ok(None);
            }
            let Some(item) = interp.next(&iterator)? else { return Ok(None) };
            if done {
                return Ok(Some(item));
            }
            let answer = interp.call(&function, Args::of(vec![item.clone()]))?;
            let holds = interp.truth(&answer)?;
            done = !holds;
            if holds == take {
                return Ok(Some(item));
            }
        }
    }))
}

fn group_by(interp: &mut Interpreter, args: Args) -> PyResult {
    let [iterable, key] = args.bind("groupby", ["iterable", "key"], 1)?;
    let key = key.filter(|key| !key.is_none());
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in interp.items(&iterable.unwrap_or(Value::None))? {
        let by = match &key {
            Some(key) => interp.call(key, Args::of(vec![item.clone()]))?,
            None => item.clone(),
        };
        let same = match groups.last() {
            Some((last, _)) => interp.equals(last, &by)?,
            None => false,
        };
        match groups.last_mut() {
            Some((_, members)) if same => members.push(item),
            _ => groups.push((by, vec![item])),
        }
    }
    let pairs = groups.into_iter().map(|(by, members)| Value::tuple(vec![by, Value::iter_over(members)])).collect();
    Ok(Value::iter_over(pairs))
}

fn product(interp: &mut Interpreter, mut args: Args) -> PyResult {
    let repeat = args.take_keyword("repeat").and_then(|repeat| repeat.as_int()).unwrap_or(1).max(0) as usize;
    let mut pools = Vec::new();
    for iterable in &args.positional {
        pools.push(interp.items(iterable)?);
    }
    let pools: Vec<Vec<Value>> = std::iter::repeat_n(pools, repeat).flatten().collect();
    let mut places = vec![0_usize; pools.len()];
    let mut done = pools.iter().any(Vec::is_empty);
    Ok(lazily("product", move |_| {
        if done {
            return Ok(None);
        }
        let row = Value::tuple(pools.iter().zip(&places).map(|(pool, at)| pool[*at].clone()).collect());
        done = true;
        for (pool, at) in pools.iter().zip(places.iter_mut()).rev() {
            *at += 1;
            if *at < pool.len() {
                done = false;
                break;
            }
            *at = 0;
        }
        Ok(Some(row))
    }))
}

fn choose(interp: &mut Interpreter, args: Args, kind: &'static str) -> PyResult {
    let [iterable, count] = args.bind(kind, ["iterable", "r"], 1)?;
    let items = interp.items(&iterable.unwrap_or(Value::None))?;
    let size = count.and_then(|count| count.as_int()).map_or(items.len(), |count| count.max(0) as usize);
    let mut stack: Vec<Vec<usize>> = vec![Vec::new()];
    Ok(lazily(kind, move |interp| {
        // Depth first in index order; the stack holds what is still to be extended.
        while let Some(chosen) = stack.pop() {
            interp.step()?;
            if chosen.len() == size {
                return Ok(Some(Value::tuple(chosen.iter().map(|at| items[*at].clone()).collect())));
            }
            let start = match (kind, chosen.last()) {
                ("combinations", Some(last)) => last + 1,
                ("combinations_with_replacement", Some(last)) => *last,
                _ => 0,
            };
            for at in (start..items.len()).rev() {
                if kind != "permutations" || !chosen.contains(&at) {
                    let mut longer = chosen.clone();
                    longer.push(at);
                    stack.push(longer);
                }
            }
        }
        Ok(None)
    }))
}

/// The module `operator`.
pub fn operator() -> Module {
    let mut module = Module::new("operator");
    let binary = [
        ("add", BinaryOp::Add),
        ("sub", BinaryOp::Sub),
        ("mul", BinaryOp::Mul),
        ("truediv", BinaryOp::Div),
        ("floordiv", BinaryOp::FloorDiv),
        ("mod", BinaryOp::Mod),
        ("pow", BinaryOp::Pow),
        ("and_", BinaryOp::And),
        ("or_", BinaryOp::Or),
        ("xor", BinaryOp::Xor),
        ("concat", BinaryOp::Add),
        ("iadd", BinaryOp::Add),
    ];
    for (name, op) in binary {
        module = module.function(name, move |interp, args| {
            let (a, b) = args.two(name)?;
            interp.binary(op, &a, &b)
        });
    }
    let compare = [
        ("eq", CompareOp::Eq),
        ("ne", CompareOp::NotEq),
        ("lt", CompareOp::Less),
        ("le", CompareOp::LessEq),
        ("gt", CompareOp::Greater),
        ("ge", CompareOp::GreaterEq),
    ];
    for (name, op) in compare {
        module = module.function(name, move |interp, args| {
            let (a, b) = args.two(name)?;
            interp.compare(op, &a, &b)
        });
    }
    module
        .function("neg", |interp, args| interp.unary(super::super::UnaryOp::Minus, &args.one("neg")?))
        .function("not_", |interp, args| Ok(Value::Bool(!interp.truth(&args.one("not_")?)?)))
        .function("truth", |interp, args| Ok(Value::Bool(interp.truth(&args.one("truth")?)?)))
        .function("getitem", |interp, args| {
            let (a, b) = args.two("getitem")?;
            interp.get_item(&a, &b)
        })
        .function("contains", |interp, args| {
            let (a, b) = args.two("contains")?;
            Ok(Value::Bool(interp.contains(&a, &b)?))
        })
        .function("itemgetter", |_, args| Ok(Value::object(Getter { keys: args.positional, items: true })))
        .function("attrgetter", |_, args| Ok(Value::object(Getter { keys: args.positional, items: false })))
        .function("methodcaller", |_, mut args| {
            let name = if args.positional.is_empty() { Value::None } else { args.positional.remove(0) };
            Ok(Value::builtin("methodcaller", move |interp, given| {
                let target = given.one("methodcaller")?;
                interp.call_method(&target, name.as_str().unwrap_or(""), args.clone())
            }))
        })
}

/// `operator.itemgetter`, `operator.attrgetter`.
struct Getter {
    keys: Vec<Value>,
    items: bool,
}

impl Object for Getter {
    fn type_name(&self) -> &'static str {
        if self.items { "itemgetter" } else { "attrgetter" }
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, interp: &mut Interpreter, _: &Value, args: Args) -> Option<PyResult> {
        let target = match args.one(self.type_name()) {
            Ok(target) => target,
            Err(raised) => return Some(Err(raised)),
        };
        let mut found = Vec::new();
        for key in &self.keys {
            let value = if self.items {
                interp.get_item(&target, key)
            } else {
                key.as_str().unwrap_or("").split('.').try_fold(target.clone(), |at, name| interp.get_attr(&at, name))
            };
            match value {
                Ok(value) => found.push(value),
                Err(raised) => return Some(Err(raised)),
            }
        }
        Some(Ok(match found.len() {
            1 => found.remove(0),
            _ => Value::tuple(found),
        }))
    }

    fn freeze(&self, interp: &mut Interpreter, _: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let (keys, items) = (freezer.freeze(interp, &Value::tuple(self.keys.clone()))?, self.items);
        Ok(Some(Arc::new(move |interp| {
            Ok(Value::object(Getter { keys: keys(interp)?.as_items().unwrap_or_default(), items }))
        })))
    }
}

/// A context manager of `contextlib`.
enum Manager {
    /// `contextmanager`: a generator with one `yield`.
    Generator(Value),
    Suppress(Value),
    Redirect {
        target: Value,
        saved: RefCell<Vec<Value>>,
        stream: &'static str,
    },
    Null(Value),
    Closing(Value),
}

impl Object for Manager {
    fn type_name(&self) -> &'static str {
        "_GeneratorContextManager"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["__enter__", "__exit__"]
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        match name {
            "__enter__" => Some(self.enter(interp)),
            "__exit__" => Some(self.exit(interp, &args)),
            _ => None,
        }
    }
}

impl Manager {
    fn enter(&self, interp: &mut Interpreter) -> PyResult {
        match self {
            Manager::Generator(generator) => {
                interp.next(generator)?.ok_or_else(|| Raised::named("RuntimeError", "generator didn't yield"))
            }
            Manager::Suppress(_) => Ok(Value::None),
            Manager::Redirect { target, saved, stream } => {
                let sys = interp.import("sys")?;
                saved.borrow_mut().extend(sys.get(stream));
                sys.set(stream, target.clone());
                Ok(target.clone())
            }
            Manager::Null(value) | Manager::Closing(value) => Ok(value.clone()),
        }
    }

    fn exit(&self, interp: &mut Interpreter, args: &Args) -> PyResult {
        let raised = args.positional.get(1).filter(|value| !value.is_none()).cloned();
        match self {
            Manager::Generator(generator) => match raised {
                None => match interp.next(generator)? {
                    None => Ok(Value::Bool(false)),
                    Some(_) => Err(Raised::named("RuntimeError", "generator didn't stop")),
                },
                Some(exception) => {
                    match interp.call_method(generator, "throw", Args::of(vec![exception.clone()])) {
                        Ok(_) => Err(Raised::named("RuntimeError", "generator didn't stop after throw()")),
                        Err(raised) if interp.is_raised(&raised, "StopIteration") => Ok(Value::Bool(true)),
                        Err(mut raised) => {
                            let again = interp.exception_value(&mut raised)?;
                            // The same exception went through: the `with` statement raises it on.
                            if again.is(&exception) { Ok(Value::Bool(false)) } else { Err(raised) }
                        }
                    }
                }
            },
            Manager::Suppress(classes) => match raised {
                None => Ok(Value::Bool(false)),
                Some(exception) => {
                    let raised = interp.raised_from(&exception)?;
                    Ok(Value::Bool(interp.matches_exception(&raised, classes)?))
                }
            },
            Manager::Redirect { saved, stream, .. } => {
                let old = saved.borrow_mut().pop();
                let sys = interp.import("sys")?;
                if let Some(old) = old {
                    sys.set(stream, old);
                }
                Ok(Value::Bool(false))
            }
            Manager::Null(_) => Ok(Value::Bool(false)),
            Manager::Closing(value) => {
                interp.call_method(value, "close", Args::none())?;
                Ok(Value::Bool(false))
            }
        }
    }
}

/// `contextlib.contextmanager(function)`: as callable that can be bound to an instance.
struct ManagerMaker(Value);

impl Object for ManagerMaker {
    fn type_name(&self) -> &'static str {
        "method_descriptor"
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, interp: &mut Interpreter, _: &Value, args: Args) -> Option<PyResult> {
        Some(interp.call(&self.0, args).map(|generator| Value::object(Manager::Generator(generator))))
    }
}

/// The module `contextlib`.
pub fn contextlib() -> Module {
    let redirect = |stream: &'static str| {
        move |_: &mut Interpreter, args: Args| {
            let target = args.one("redirect_stdout")?;
            Ok(Value::object(Manager::Redirect { target, saved: RefCell::default(), stream }))
        }
    };
    Module::new("contextlib")
        .function("contextmanager", |_, args| Ok(Value::object(ManagerMaker(args.one("contextmanager")?))))
        .function("suppress", |_, args| Ok(Value::object(Manager::Suppress(Value::tuple(args.positional)))))
        .function("redirect_stdout", redirect("stdout"))
        .function("redirect_stderr", redirect("stderr"))
        .function("nullcontext", |_, args| {
            Ok(Value::object(Manager::Null(args.positional.into_iter().next().unwrap_or(Value::None))))
        })
        .function("closing", |_, args| Ok(Value::object(Manager::Closing(args.one("closing")?))))
        .function("ExitStack", |_, _| Err(Raised::unsupported("contextlib.ExitStack", "nest `with` statements")))
}
