//! Operations that move values between partitions, and those over two RDDs.

use super::hash::portable_hash;
use super::lineage::Making;
use super::narrow::{first_two, function, pair, starts};
use super::task::{Input, Place};
use super::{Method, Rdd, argument, iterable};
use crate::logical::plan::LogicalPlan;
use crate::pyspark::api::support::{analyze, given};
use crate::pyspark::api::udf;
use crate::pyspark::lang::freeze::Thaw;
use crate::pyspark::lang::{Args, CompareOp, Dict, Interpreter, PyResult, Value};
use std::cmp::Ordering;
use std::sync::Arc;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("union", |interp, _, rdd, args| {
        let other = args.only("union", "other")?;
        let other = argument(interp, &other)?;
        union(interp, rdd, &other).map(Value::object)
    }),
    ("distinct", |interp, _, rdd, args| {
        let [count] = args.bind("distinct", ["numPartitions"], 0)?;
        let count = target_count(interp, rdd, count)?;
        let unique = |interp: &mut Interpreter, _: &[Value], _: usize, items: Vec<Value>| {
            let mut seen = Dict::new();
            for item in items {
                seen.set(interp, item, Value::None)?;
            }
            Ok(seen.keys().cloned().collect())
        };
        let local = rdd.whole("distinct", Vec::new(), unique);
        let moved = local.shuffled(interp, count, by_hash(count, false, None))?;
        Ok(Value::object(moved.whole("distinct", Vec::new(), unique)))
    }),
    ("intersection", |interp, _, rdd, args| {
        let other = args.only("intersection", "other")?;
        both(interp, rdd, &other, |here, there| here && there)
    }),
    ("subtract", subtract),
    ("cartesian", |interp, _, rdd, args| {
        let other = args.only("cartesian", "other")?;
        let other = argument(interp, &other)?;
        let parts = other.whole("cartesian", Vec::new(), |_, _, _, items| Ok(vec![Value::list(items)]));
        let parts = parts.values(interp, "cartesian")?;
        let frozen = udf::freeze(interp, &Value::list(parts))?;
        // Partition by partition of the other side, as Spark's pairs of partitions lie. Simplified: they stay in one here.
        Ok(Value::object(rdd.whole("cartesian", vec![frozen], |interp, others, _, items| {
            let mut pairs = Vec::new();
            for part in interp.items(&others[0])? {
                let part = interp.items(&part)?;
                for item in &items {
                    pairs.extend(part.iter().map(|other| Value::tuple(vec![item.clone(), other.clone()])));
                }
            }
            Ok(pairs)
        })))
    }),
    ("zip", zip),
    ("groupBy", |interp, this, rdd, args| {
        let [f, count, _place] = args.bind("groupBy", ["f", "numPartitions", "partitionFunc"], 1)?;
        let keyed = rdd.mapped(
            "groupBy",
            vec![function(interp, "groupBy", Args::of(f.into_iter().collect()))?],
            |interp, f, value| {
                let key = interp.call(&f[0], Args::of(vec![value.clone()]))?;
                Ok(Value::tuple(vec![key, value]))
            },
        );
        let _ = this;
        grouped(interp, &keyed, count)
    }),
    ("sortBy", |interp, _, rdd, args| {
        let [key, ascending, count] = args.bind("sortBy", ["keyfunc", "ascending", "numPartitions"], 1)?;
        let key = udf::freeze(interp, &key.unwrap_or(Value::None))?;
        let ascending = ascending.is_none_or(|flag| flag.as_bool() != Some(false));
        sorted(interp, rdd, key_of_value(key), ascending, count)
    }),
    ("sortByKey", |interp, _, rdd, args| {
        let [ascending, count, key] = args.bind("sortByKey", ["ascending", "numPartitions", "keyfunc"], 0)?;
        let ascending = ascending.is_none_or(|flag| flag.as_bool() != Some(false));
        let key = given(key).map(|key| udf::freeze(interp, &key)).transpose()?;
        sorted(interp, rdd, key_of_pair(key), ascending, count)
    }),
    ("repartitionAndSortWithinPartitions", |interp, _, rdd, args| {
        let [count, place, ascending, key] = args.bind(
            "repartitionAndSortWithinPartitions",
            ["numPartitions", "partitionFunc", "ascending", "keyfunc"],
            0,
        )?;
        let count = target_count(interp, rdd, count)?;
        let place = given(place).map(|place| udf::freeze(interp, &place)).transpose()?;
        let ascending = ascending.is_none_or(|flag| flag.as_bool() != Some(false));
        let key = given(key).map(|key| udf::freeze(interp, &key)).transpose()?;
        let moved = rdd.shuffled(interp, count, by_hash(count, true, place))?;
        Ok(Value::object(sorted_inside(&moved, key_of_pair(key), ascending)))
    }),
    ("partitionBy", |interp, _, rdd, args| {
        let [count, place] = args.bind("partitionBy", ["numPartitions", "partitionFunc"], 1)?;
        let count = target_count(interp, rdd, count)?;
        let place = given(place).map(|place| udf::freeze(interp, &place)).transpose()?;
        let is_usual = place.is_none();
        let moved = rdd.shuffled(interp, count, by_hash(count, true, place))?;
        Ok(Value::object(if is_usual { moved.lying_by_key(count) } else { moved }))
    }),
];

/// How many partitions a shuffle makes: as asked, or as many as there are.
pub(super) fn target_count(interp: &mut Interpreter, rdd: &Rdd, count: Option<Value>) -> PyResult<usize> {
    if let Some(count) = given(count).and_then(|value| value.as_int()) {
        return Ok(usize::try_from(count).unwrap_or(1).max(1));
    }
    let set = interp.host()?.conf().get("spark.default.parallelism").and_then(|text| text.parse().ok());
    match set {
        Some(count) => Ok(count),
        None => Ok(rdd.partitions(interp)?.max(1)),
    }
}

/// Values go where their hash (or their key's) says, or a function of the script.
pub(super) fn by_hash(count: usize, keyed: bool, place: Option<Thaw>) -> Arc<Place> {
    Arc::new(move |interp| {
        let custom = place.as_ref().map(|place| place(interp)).transpose()?;
        Ok(Box::new(move |interp: &mut Interpreter, value: &Value| {
            let key = if keyed { pair(interp, value)?.0 } else { value.clone() };
            let number = match &custom {
                Some(function) => interp
                    .call(function, Args::of(vec![key]))?
                    .as_int()
                    .ok_or_else(|| crate::pyspark::lang::type_error("a partition function must give a whole number"))?,
                None => portable_hash(interp, &key)?,
            };
            Ok(number.rem_euclid(count as i64) as i32)
        }))
    })
}

pub(super) fn union(interp: &mut Interpreter, left: &Rdd, right: &Rdd) -> PyResult<Rdd> {
    let inputs = vec![left.plan(interp)?, right.plan(interp)?];
    // Renaming keeps both sides' values of one shape, whatever node they come from.
    let inputs = inputs
        .into_iter()
        .map(|input| {
            let exprs = input
                .output()
                .into_iter()
                .rev()
                .take(1)
                .map(|c| crate::logical::Expr::Attribute(c).alias("value"))
                .collect();
            crate::logical::builder::project(&input, exprs)
        })
        .collect();
    let plan = analyze(interp, LogicalPlan::Union { inputs, by_name: false, allow_missing: false })?;
    let sides = vec![left.jvm(interp), right.jvm(interp)];
    let source = Making::called("UnionRDD", "union", sides).over(&plan).made(interp);
    Ok(Rdd::over(plan, Input::Encoded(0)).standing_for(source))
}

/// The values of both RDDs marked with their side, shuffled so that equal keys meet.
pub(super) fn meeting(
    interp: &mut Interpreter,
    left: &Rdd,
    right: &Rdd,
    count: Option<Value>,
    keyed: bool,
) -> PyResult<Rdd> {
    let count = match given(count).and_then(|value| value.as_int()) {
        Some(count) => usize::try_from(count).unwrap_or(1).max(1),
        None if left.by_key().is_some() && left.by_key() == right.by_key() => left.partitions(interp)?,
        None => match interp.host()?.conf().get("spark.default.parallelism").and_then(|text| text.parse().ok()) {
            Some(count) => count,
            None => (left.partitions(interp)? + right.partitions(interp)?).max(1),
        },
    };
    let mark = if keyed {
        |interp: &mut Interpreter, value: &Value, side: i64| {
            let (key, value) = first_two(interp, value)?;
            Ok::<Value, crate::pyspark::lang::Raised>(Value::tuple(vec![
                key,
                Value::tuple(vec![Value::Int(side), value]),
            ]))
        }
    } else {
        |_: &mut Interpreter, value: &Value, side: i64| {
            Ok(Value::tuple(vec![value.clone(), Value::tuple(vec![Value::Int(side), Value::None])]))
        }
    };
    let mark: fn(&mut Interpreter, &Value, i64) -> PyResult = mark;
    let left = left
        .whole("tag", Vec::new(), move |interp, _, _, items| items.iter().map(|item| mark(interp, item, 1)).collect());
    let right = right
        .whole("tag", Vec::new(), move |interp, _, _, items| items.iter().map(|item| mark(interp, item, 2)).collect());
    let all = union(interp, &left, &right)?;
    Ok(all.shuffled(interp, count, by_hash(count, true, None))?.lying_by_key(count))
}

/// A key with the values of either side.
type Sides = (Value, Vec<Value>, Vec<Value>);

/// Groups marked values: each key with the values of either side, in order of arrival.
pub(super) fn sides(interp: &mut Interpreter, items: Vec<Value>) -> PyResult<Vec<Sides>> {
    let mut places = Dict::new();
    let mut groups: Vec<Sides> = Vec::new();
    for item in items {
        let (key, marked) = pair(interp, &item)?;
        let (side, value) = pair(interp, &marked)?;
        let at = match places.get(interp, &key)?.and_then(|at| at.as_int()) {
            Some(at) => at as usize,
            None => {
                places.set(interp, key.clone(), Value::Int(groups.len() as i64))?;
                groups.push((key, Vec::new(), Vec::new()));
                groups.len() - 1
            }
        };
        if side.as_int() == Some(1) { groups[at].1.push(value) } else { groups[at].2.push(value) }
    }
    Ok(groups)
}

fn both(interp: &mut Interpreter, rdd: &Rdd, other: &Value, keep: fn(bool, bool) -> bool) -> PyResult {
    let other = argument(interp, other)?;
    let met = meeting(interp, rdd, &other, None, false)?;
    Ok(Value::object(met.whole("intersection", Vec::new(), move |interp, _, _, items| {
        let groups = sides(interp, items)?;
        Ok(groups.into_iter().filter(|(_, a, b)| keep(!a.is_empty(), !b.is_empty())).map(|(key, _, _)| key).collect())
    })))
}

fn subtract(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [other, count] = args.bind("subtract", ["other", "numPartitions"], 1)?;
    let other = argument(interp, &other.unwrap_or(Value::None))?;
    let met = meeting(interp, rdd, &other, count, false)?;
    Ok(Value::object(met.whole("subtract", Vec::new(), |interp, _, _, items| {
        let groups = sides(interp, items)?;
        Ok(groups
            .into_iter()
            .filter(|(_, _, there)| there.is_empty())
            .flat_map(|(key, here, _)| std::iter::repeat_n(key, here.len()))
            .collect())
    })))
}

fn zip(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let other = args.only("zip", "other")?;
    let other = argument(interp, &other)?;
    let (left, right) = (rdd.partitions(interp)?, other.partitions(interp)?);
    if left != right {
        return Err(crate::pyspark::lang::value_error(format!(
            "Can only zip with RDD which has the same number of partitions: {left} and {right}"
        )));
    }
    let begin = starts(interp, rdd)?;
    let theirs = starts(interp, &other)?;
    let numbered = |rdd: &Rdd, begin: Vec<i64>| {
        rdd.whole("zip", Vec::new(), move |_, _, partition, items| {
            let start = begin.get(partition).copied().unwrap_or(0);
            Ok(items
                .into_iter()
                .enumerate()
                .map(|(i, item)| Value::tuple(vec![Value::Int(start + i as i64), item]))
                .collect())
        })
    };
    let (a, b) = (numbered(rdd, begin.clone()), numbered(&other, theirs));
    let tag = |rdd: &Rdd, side: i64| {
        rdd.whole("tag", Vec::new(), move |interp, _, _, items| {
            items
                .iter()
                .map(|item| {
                    let (key, value) = pair(interp, item)?;
                    Ok(Value::tuple(vec![key, Value::tuple(vec![Value::Int(side), value])]))
                })
                .collect()
        })
    };
    let all = union(interp, &tag(&a, 1), &tag(&b, 2))?;
    let place: Arc<Place> = Arc::new(move |_| {
        let begin = begin.clone();
        Ok(Box::new(move |interp: &mut Interpreter, value: &Value| {
            let number = pair(interp, value)?.0.as_int().unwrap_or(0);
            Ok(begin.partition_point(|start| *start <= number).saturating_sub(1) as i32)
        }))
    });
    let met = all.shuffled(interp, left.max(1), place)?;
    Ok(Value::object(met.whole("zip", Vec::new(), |interp, _, _, items| {
        let mut groups = sides(interp, items)?;
        groups.sort_by_key(|(key, _, _)| key.as_int());
        groups
            .into_iter()
            .map(|(_, mut a, mut b)| match (a.pop(), b.pop()) {
                (Some(a), Some(b)) => Ok(Value::tuple(vec![a, b])),
                _ => Err(crate::pyspark::lang::value_error(
                    "Can only zip with RDD which has the same number of elements in each partition",
                )),
            })
            .collect()
    })))
}

/// `groupByKey`.
pub(super) fn grouped(interp: &mut Interpreter, rdd: &Rdd, count: Option<Value>) -> PyResult {
    let count = target_count(interp, rdd, count)?;
    let moved = rdd.shuffled(interp, count, by_hash(count, true, None))?.lying_by_key(count);
    Ok(Value::object(moved.whole("groupByKey", Vec::new(), |interp, _, _, items| {
        let mut groups = Dict::new();
        for item in items {
            let (key, value) = pair(interp, &item)?;
            match groups.get(interp, &key)? {
                Some(Value::List(list)) => list.borrow_mut().push(value),
                _ => groups.set(interp, key, Value::list(vec![value]))?,
            }
        }
        Ok(groups
            .iter()
            .map(|(key, values)| Value::tuple(vec![key.clone(), iterable(values.as_items().unwrap_or_default())]))
            .collect())
    })))
}

/// What values are sorted by.
type Key = Arc<dyn Fn(&mut Interpreter) -> PyResult<KeyOf> + Send + Sync>;
type KeyOf = Box<dyn Fn(&mut Interpreter, &Value) -> PyResult>;

fn key_of_value(function: Thaw) -> Key {
    Arc::new(move |interp| {
        let function = function(interp)?;
        Ok(Box::new(move |interp: &mut Interpreter, value: &Value| {
            interp.call(&function, Args::of(vec![value.clone()]))
        }))
    })
}

fn key_of_pair(function: Option<Thaw>) -> Key {
    Arc::new(move |interp| {
        let function = function.as_ref().map(|function| function(interp)).transpose()?;
        Ok(Box::new(move |interp: &mut Interpreter, value: &Value| {
            let key = interp.get_item(value, &Value::Int(0))?;
            match &function {
                Some(function) => interp.call(function, Args::of(vec![key])),
                None => Ok(key),
            }
        }))
    })
}

/// Sorts by comparing with `<`, as Python does; the order of equal values stays.
pub(super) fn sort_by_keys(
    interp: &mut Interpreter,
    mut items: Vec<(Value, Value)>,
    ascending: bool,
) -> PyResult<Vec<(Value, Value)>> {
    let mut failure = None;
    items.sort_by(|(a, _), (b, _)| {
        if failure.is_some() {
            return Ordering::Equal;
        }
        match order(interp, a, b) {
            Ok(ordering) if ascending => ordering,
            Ok(ordering) => ordering.reverse(),
            Err(raised) => {
                failure = Some(raised);
                Ordering::Equal
            }
        }
    });
    match failure {
        Some(raised) => Err(raised),
        None => Ok(items),
    }
}

fn less(interp: &mut Interpreter, a: &Value, b: &Value) -> PyResult<bool> {
    let answer = interp.compare(CompareOp::Less, a, b)?;
    interp.truth(&answer)
}

pub(super) fn order(interp: &mut Interpreter, a: &Value, b: &Value) -> PyResult<Ordering> {
    if less(interp, a, b)? {
        return Ok(Ordering::Less);
    }
    Ok(if less(interp, b, a)? { Ordering::Greater } else { Ordering::Equal })
}

fn sorted_inside(rdd: &Rdd, key: Key, ascending: bool) -> Rdd {
    rdd.whole("sort", Vec::new(), move |interp, _, _, items| {
        let key = key(interp)?;
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            keyed.push((key(interp, &item)?, item));
        }
        Ok(sort_by_keys(interp, keyed, ascending)?.into_iter().map(|(_, item)| item).collect())
    })
}

/// Range partitions by sampled keys, then sorts each.
///
/// **Simplified:** Spark samples the keys of large RDDs; here all are looked at.
fn sorted(interp: &mut Interpreter, rdd: &Rdd, key: Key, ascending: bool, count: Option<Value>) -> PyResult {
    let count = target_count(interp, rdd, count)?;
    if count == 1 {
        let single =
            if rdd.partitions(interp)? > 1 { rdd.shuffled(interp, 1, first_partition())? } else { clone_of(rdd) };
        return Ok(Value::object(sorted_inside(&single, key, ascending)));
    }
    let keys_only = key.clone();
    let keys = rdd.whole("sortKeys", Vec::new(), move |interp, _, _, items| {
        let key = keys_only(interp)?;
        items.iter().map(|item| key(interp, item)).collect()
    });
    let keys = keys.values(interp, "sortBy")?;
    let keys = sort_by_keys(interp, keys.into_iter().map(|key| (key, Value::None)).collect(), true)?;
    let bounds: Vec<Value> =
        (1..count).filter_map(|i| keys.get(keys.len() * i / count).map(|(key, _)| key.clone())).collect();
    let bounds = udf::freeze(interp, &Value::list(bounds))?;
    let keys_again = key.clone();
    let place: Arc<Place> = Arc::new(move |interp| {
        let key = keys_again(interp)?;
        let bounds = bounds(interp)?.as_items().unwrap_or_default();
        Ok(Box::new(move |interp: &mut Interpreter, value: &Value| {
            let own = key(interp, value)?;
            let mut at = 0;
            while at < bounds.len() && less(interp, &bounds[at], &own)? {
                at += 1;
            }
            Ok(if ascending { at as i32 } else { (count - 1 - at) as i32 })
        }))
    });
    let moved = rdd.shuffled(interp, count, place)?;
    Ok(Value::object(sorted_inside(&moved, key, ascending)))
}

fn first_partition() -> Arc<Place> {
    Arc::new(|_| Ok(Box::new(|_: &mut Interpreter, _: &Value| Ok(0))))
}

fn clone_of(rdd: &Rdd) -> Rdd {
    Rdd::of(rdd.state.borrow().clone())
}
