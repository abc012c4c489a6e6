//! `heapq` and `bisect`: lists kept in order.

use super::super::args::Args;
use super::super::class::Module;
use super::super::iterator::FromFn;
use super::super::raised::{PyResult, Raised, type_error};
use super::super::{Interpreter, Value, methods};
use std::cell::RefCell;
use std::rc::Rc;

type List = Rc<RefCell<Vec<Value>>>;

fn list(interp: &Interpreter, value: &Value, what: &str) -> PyResult<List> {
    match value.native() {
        Value::List(items) => Ok(items.clone()),
        other => Err(type_error(format!("{what} argument must be list, not {}", interp.type_name(other)))),
    }
}

/// Moves the item at `at` up until its parent is not greater.
fn sift_down(interp: &mut Interpreter, heap: &mut [Value], start: usize, mut at: usize) -> PyResult<()> {
    while at > start {
        let parent = (at - 1) / 2;
        if !interp.less(&heap[at].clone(), &heap[parent].clone())? {
            break;
        }
        heap.swap(at, parent);
        at = parent;
    }
    Ok(())
}

/// Moves the item at `at` down to a leaf, then up to where it belongs, as Python does.
fn sift_up(interp: &mut Interpreter, heap: &mut [Value], mut at: usize) -> PyResult<()> {
    let (start, end) = (at, heap.len());
    let mut child = 2 * at + 1;
    while child < end {
        let right = child + 1;
        if right < end && !interp.less(&heap[child].clone(), &heap[right].clone())? {
            child = right;
        }
        heap.swap(at, child);
        at = child;
        child = 2 * at + 1;
    }
    sift_down(interp, heap, start, at)
}

/// Takes the items out, changes them, and puts them back whatever happens.
fn changed<T>(
    interp: &mut Interpreter,
    heap: &List,
    change: impl FnOnce(&mut Interpreter, &mut Vec<Value>) -> PyResult<T>,
) -> PyResult<T> {
    let mut items = std::mem::take(&mut *heap.borrow_mut());
    let done = change(interp, &mut items);
    *heap.borrow_mut() = items;
    done
}

fn pop(interp: &mut Interpreter, items: &mut Vec<Value>) -> PyResult {
    let Some(last) = items.pop() else { return Err(Raised::named("IndexError", "index out of range")) };
    if items.is_empty() {
        return Ok(last);
    }
    let least = std::mem::replace(&mut items[0], last);
    sift_up(interp, items, 0)?;
    Ok(least)
}

fn replace(interp: &mut Interpreter, items: &mut [Value], item: Value) -> PyResult {
    if items.is_empty() {
        return Err(Raised::named("IndexError", "index out of range"));
    }
    let least = std::mem::replace(&mut items[0], item);
    sift_up(interp, items, 0)?;
    Ok(least)
}

fn first_of(interp: &mut Interpreter, name: &str, args: Args, reverse: bool) -> PyResult {
    let [count, iterable, key] = args.bind(name, ["n", "iterable", "key"], 2)?;
    let count = count.and_then(|count| count.as_int()).unwrap_or(0).max(0) as usize;
    let items = interp.items(&iterable.unwrap_or(Value::None))?;
    let mut sorted = methods::list::sort(interp, items, key, Some(Value::Bool(reverse)))?;
    sorted.truncate(count);
    Ok(Value::list(sorted))
}

/// The module `heapq`.
pub fn heapq() -> Module {
    Module::new("heapq")
        .function("heappush", |interp, args| {
            let (heap, item) = args.two("heappush")?;
            let heap = list(interp, &heap, "heap")?;
            changed(interp, &heap, |interp, items| {
                items.push(item);
                let last = items.len() - 1;
                sift_down(interp, items, 0, last)
            })?;
            Ok(Value::None)
        })
        .function("heappop", |interp, args| {
            let heap = list(interp, &args.one("heappop")?, "heap")?;
            changed(interp, &heap, pop)
        })
        .function("heapify", |interp, args| {
            let heap = list(interp, &args.one("heapify")?, "heap")?;
            changed(interp, &heap, |interp, items| {
                (0..items.len() / 2).rev().try_for_each(|at| sift_up(interp, items, at))
            })?;
            Ok(Value::None)
        })
        .function("heappushpop", |interp, args| {
            let (heap, item) = args.two("heappushpop")?;
            let heap = list(interp, &heap, "heap")?;
            changed(interp, &heap, |interp, items| match items.first().cloned() {
                Some(least) if interp.less(&least, &item)? => replace(interp, items, item),
                _ => Ok(item),
            })
        })
        .function("heapreplace", |interp, args| {
            let (heap, item) = args.two("heapreplace")?;
            let heap = list(interp, &heap, "heap")?;
            changed(interp, &heap, |interp, items| replace(interp, items, item))
        })
        .function("nlargest", |interp, args| first_of(interp, "nlargest", args, true))
        .function("nsmallest", |interp, args| first_of(interp, "nsmallest", args, false))
        .function("merge", |interp, args| {
            let (iterables, [key, reverse]) = args.variadic("merge", ["key", "reverse"])?;
            let mut all = Vec::new();
            for iterable in &iterables {
                all.append(&mut interp.items(iterable)?);
            }
            let mut sorted = methods::list::sort(interp, all, key, reverse)?.into_iter();
            Ok(Value::iterator("generator", FromFn(move |_: &mut Interpreter| Ok(sorted.next()))))
        })
}

/// Where an item belongs in a sorted list: before or after its equals.
fn place(interp: &mut Interpreter, name: &str, args: Args, after: bool) -> PyResult<(Value, Value, usize)> {
    let [items, item, low, high, key] = args.bind(name, ["a", "x", "lo", "hi", "*key"], 2)?;
    let (items, item) = (items.unwrap_or(Value::None), item.unwrap_or(Value::None));
    let sorted = interp.items(&items)?;
    let key = key.filter(|key| !key.is_none());
    // `insort` compares the key of what it inserts, `bisect` is given a key.
    let wanted = match (&key, name.starts_with("insort")) {
        (Some(key), true) => interp.call(key, Args::of(vec![item.clone()]))?,
        _ => item.clone(),
    };
    let low = low.and_then(|low| low.as_int()).unwrap_or(0);
    if low < 0 {
        return Err(super::super::value_error("lo must be non-negative"));
    }
    let mut low = low as usize;
    let mut high = high.and_then(|high| high.as_int()).map_or(sorted.len(), |high| high.max(0) as usize);
    while low < high {
        let middle = usize::midpoint(low, high);
        let Some(other) = sorted.get(middle) else {
            return Err(Raised::named("IndexError", "list index out of range"));
        };
        let other = match &key {
            Some(key) => interp.call(key, Args::of(vec![other.clone()]))?,
            None => other.clone(),
        };
        let goes_right = if after { !interp.less(&wanted, &other)? } else { interp.less(&other, &wanted)? };
        if goes_right { low = middle + 1 } else { high = middle }
    }
    Ok((items, item, low))
}

/// The module `bisect`.
pub fn bisect() -> Module {
    let mut module = Module::new("bisect");
    for (name, after) in [("bisect", true), ("bisect_right", true), ("bisect_left", false)] {
        module = module.function(name, move |interp, args| {
            place(interp, name, args, after).map(|(_, _, at)| Value::Int(at as i64))
        });
    }
    for (name, after) in [("insort", true), ("insort_right", true), ("insort_left", false)] {
        module = module.function(name, move |interp, args| {
            let (items, item, at) = place(interp, name, args, after)?;
            list(interp, &items, "a")?.borrow_mut().insert(at, item);
            Ok(Value::None)
        });
    }
    module
}
