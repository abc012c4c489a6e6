//! Operations of pair RDDs: aggregation by key and joins.

use super::narrow::{function, pair};
use super::wide::{by_hash, grouped, meeting, sides, target_count};
use super::{Method, Rdd, argument, iterable};
use crate::pyspark::api::udf;
use crate::pyspark::lang::freeze::Thaw;
use crate::pyspark::lang::{Args, Dict, Interpreter, PyResult, Value};

pub(super) const METHODS: &[(&str, Method)] = &[
    ("reduceByKey", |interp, _, rdd, args| {
        let [f, count, _place] = args.bind("reduceByKey", ["func", "numPartitions", "partitionFunc"], 1)?;
        let f = function(interp, "reduceByKey", Args::of(f.into_iter().collect()))?;
        combined(interp, rdd, "reduceByKey", Combine { first: First::Value, merge: f.clone(), join: f }, count)
    }),
    ("foldByKey", |interp, _, rdd, args| {
        let [zero, f, count, _place] =
            args.bind("foldByKey", ["zeroValue", "func", "numPartitions", "partitionFunc"], 2)?;
        let zero = udf::freeze(interp, &zero.unwrap_or(Value::None))?;
        let f = function(interp, "foldByKey", Args::of(f.into_iter().collect()))?;
        combined(interp, rdd, "foldByKey", Combine { first: First::Zero(zero), merge: f.clone(), join: f }, count)
    }),
    ("aggregateByKey", |interp, _, rdd, args| {
        let [zero, merge, join, count, _place] =
            args.bind("aggregateByKey", ["zeroValue", "seqFunc", "combFunc", "numPartitions", "partitionFunc"], 3)?;
        let zero = udf::freeze(interp, &zero.unwrap_or(Value::None))?;
        let merge = udf::freeze(interp, &merge.unwrap_or(Value::None))?;
        let join = udf::freeze(interp, &join.unwrap_or(Value::None))?;
        combined(interp, rdd, "aggregateByKey", Combine { first: First::Zero(zero), merge, join }, count)
    }),
    ("combineByKey", |interp, _, rdd, args| {
        let [create, merge, join, count, _place] = args.bind(
            "combineByKey",
            ["createCombiner", "mergeValue", "mergeCombiners", "numPartitions", "partitionFunc"],
            3,
        )?;
        let create = udf::freeze(interp, &create.unwrap_or(Value::None))?;
        let merge = udf::freeze(interp, &merge.unwrap_or(Value::None))?;
        let join = udf::freeze(interp, &join.unwrap_or(Value::None))?;
        combined(interp, rdd, "combineByKey", Combine { first: First::Created(create), merge, join }, count)
    }),
    ("groupByKey", |interp, _, rdd, args| {
        let [count, _place] = args.bind("groupByKey", ["numPartitions", "partitionFunc"], 0)?;
        grouped(interp, rdd, count)
    }),
    ("join", |interp, _, rdd, args| joined(interp, rdd, args, false, false)),
    ("leftOuterJoin", |interp, _, rdd, args| joined(interp, rdd, args, true, false)),
    ("rightOuterJoin", |interp, _, rdd, args| joined(interp, rdd, args, false, true)),
    ("fullOuterJoin", |interp, _, rdd, args| joined(interp, rdd, args, true, true)),
    ("cogroup", cogroup),
    ("groupWith", cogroup),
    ("subtractByKey", |interp, _, rdd, args| {
        let [other, count] = args.bind("subtractByKey", ["other", "numPartitions"], 1)?;
        let other = argument(interp, &other.unwrap_or(Value::None))?;
        let met = meeting(interp, rdd, &other, count, true)?;
        Ok(Value::object(met.whole("subtractByKey", Vec::new(), |interp, _, _, items| {
            let groups = sides(interp, items)?;
            Ok(groups
                .into_iter()
                .filter(|(_, _, there)| there.is_empty())
                .flat_map(|(key, here, _)| here.into_iter().map(move |value| Value::tuple(vec![key.clone(), value])))
                .collect())
        })))
    }),
];

/// How values of one key become one.
struct Combine {
    first: First,
    merge: Thaw,
    join: Thaw,
}

/// The start of a key's combination.
#[derive(Clone)]
enum First {
    /// The first value itself.
    Value,
    /// A zero, merged with the first value.
    Zero(Thaw),
    /// A function of the first value.
    Created(Thaw),
}

fn combined(interp: &mut Interpreter, rdd: &Rdd, name: &'static str, how: Combine, count: Option<Value>) -> PyResult {
    let count = target_count(interp, rdd, count)?;
    let Combine { first, merge, join } = how;
    let local = rdd.whole(name, vec![merge], move |interp, merge, _, items| {
        let create = match &first {
            First::Created(create) => Some(create(interp)?),
            First::Value | First::Zero(_) => None,
        };
        let mut table = Dict::new();
        for item in items {
            let (key, value) = pair(interp, &item)?;
            let next = match table.get(interp, &key)? {
                Some(before) => interp.call(&merge[0], Args::of(vec![before, value]))?,
                None => match &first {
                    First::Value => value,
                    First::Zero(zero) => {
                        let zero = zero(interp)?;
                        interp.call(&merge[0], Args::of(vec![zero, value]))?
                    }
                    First::Created(_) => match &create {
                        Some(create) => interp.call(create, Args::of(vec![value]))?,
                        None => value,
                    },
                },
            };
            table.set(interp, key, next)?;
        }
        Ok(pairs_of(&table))
    });
    let moved = local.shuffled(interp, count, by_hash(count, true, None))?.lying_by_key(count);
    Ok(Value::object(moved.whole(name, vec![join], |interp, join, _, items| {
        let mut table = Dict::new();
        for item in items {
            let (key, value) = pair(interp, &item)?;
            let next = match table.get(interp, &key)? {
                Some(before) => interp.call(&join[0], Args::of(vec![before, value]))?,
                None => value,
            };
            table.set(interp, key, next)?;
        }
        Ok(pairs_of(&table))
    })))
}

fn pairs_of(table: &Dict) -> Vec<Value> {
    table.iter().map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()])).collect()
}

fn joined(interp: &mut Interpreter, rdd: &Rdd, args: Args, keep_left: bool, keep_right: bool) -> PyResult {
    let [other, count] = args.bind("join", ["other", "numPartitions"], 1)?;
    let other = argument(interp, &other.unwrap_or(Value::None))?;
    let met = meeting(interp, rdd, &other, count, true)?;
    Ok(Value::object(met.whole("join", Vec::new(), move |interp, _, _, items| {
        let mut out = Vec::new();
        for (key, mut left, mut right) in sides(interp, items)? {
            if left.is_empty() && keep_right {
                left.push(Value::None);
            }
            if right.is_empty() && keep_left {
                right.push(Value::None);
            }
            for a in &left {
                for b in &right {
                    out.push(Value::tuple(vec![key.clone(), Value::tuple(vec![a.clone(), b.clone()])]));
                }
            }
        }
        Ok(out)
    })))
}

fn cogroup(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let mut positional = args.positional;
    if positional.len() > 1 && positional[1].downcast::<Rdd>().is_some() {
        return group_many(interp, rdd, &positional);
    }
    let count = (positional.len() > 1).then(|| positional.remove(1));
    let Some(other) = positional.into_iter().next() else {
        return Err(crate::pyspark::lang::type_error("cogroup() missing 1 required positional argument: 'other'"));
    };
    let other = argument(interp, &other)?;
    let met = meeting(interp, rdd, &other, count, true)?;
    Ok(Value::object(met.whole("cogroup", Vec::new(), |interp, _, _, items| {
        let groups = sides(interp, items)?;
        Ok(groups
            .into_iter()
            .map(|(key, a, b)| Value::tuple(vec![key, Value::tuple(vec![iterable(a), iterable(b)])]))
            .collect())
    })))
}

/// `a.groupWith(b, c, …)`: for each key the values of every RDD.
fn group_many(interp: &mut Interpreter, rdd: &Rdd, others: &[Value]) -> PyResult {
    let tagged = |rdd: &Rdd, number: usize| {
        Value::object(rdd.whole("groupWith", Vec::new(), move |interp, _, _, items| {
            items
                .iter()
                .map(|item| {
                    let (key, value) = pair(interp, item)?;
                    Ok(Value::tuple(vec![key, Value::tuple(vec![Value::Int(number as i64), value])]))
                })
                .collect()
        }))
    };
    let mut all = tagged(rdd, 0);
    for (i, other) in others.iter().enumerate() {
        let other = argument(interp, other)?;
        all = interp.call_method(&all, "union", Args::of(vec![tagged(&other, i + 1)]))?;
    }
    let grouped = interp.call_method(&all, "groupByKey", Args::none())?;
    let grouped = argument(interp, &grouped)?;
    let count = others.len() + 1;
    Ok(Value::object(grouped.whole("groupWith", Vec::new(), move |interp, _, _, items| {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let (key, values) = pair(interp, &item)?;
            let mut sides = vec![Vec::new(); count];
            for value in interp.items(&values)? {
                let (number, value) = pair(interp, &value)?;
                if let Some(side) = number.as_int().and_then(|at| sides.get_mut(usize::try_from(at).unwrap_or(0))) {
                    side.push(value);
                }
            }
            out.push(Value::tuple(vec![key, Value::tuple(sides.into_iter().map(iterable).collect())]));
        }
        Ok(out)
    })))
}
