//! Operations that keep partitions: `map` and its kin, samples, caches.

use super::lineage::{self, Making};
use super::{Method, Rdd};
use crate::common::{ErrorClass, SparkError};
use crate::logical::plan::{LogicalPlan, Repartitioning};
use crate::pyspark::api::support::{analyze, given, text_argument};
use crate::pyspark::api::{dataframe, storage_level, udf};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value};
use std::sync::Arc;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("map", |interp, _, rdd, args| {
        let f = function(interp, "map", args)?;
        Ok(Value::object(rdd.mapped("map", vec![f], |interp, f, value| interp.call(&f[0], Args::of(vec![value])))))
    }),
    ("filter", filter),
    ("flatMap", |interp, _, rdd, args| {
        let f = function(interp, "flatMap", args)?;
        Ok(Value::object(
            rdd.flat_mapped("flatMap", vec![f], |interp, f, value| interp.call(&f[0], Args::of(vec![value]))),
        ))
    }),
    ("mapPartitions", |interp, _, rdd, args| {
        let f = function(interp, "mapPartitions", args)?;
        Ok(Value::object(rdd.step(
            "mapPartitions",
            Arc::new(move |interp, _, iterator| {
                let f = f(interp)?;
                interp.call(&f, Args::of(vec![iterator]))
            }),
        )))
    }),
    ("mapPartitionsWithIndex", |interp, _, rdd, args| {
        let f = function(interp, "mapPartitionsWithIndex", args)?;
        Ok(Value::object(rdd.step(
            "mapPartitionsWithIndex",
            Arc::new(move |interp, partition, iterator| {
                let f = f(interp)?;
                interp.call(&f, Args::of(vec![Value::Int(partition as i64), iterator]))
            }),
        )))
    }),
    ("mapPartitionsWithSplit", |interp, this, _, args| interp.call_method(this, "mapPartitionsWithIndex", args)),
    ("mapValues", |interp, _, rdd, args| {
        let f = function(interp, "mapValues", args)?;
        Ok(Value::object(rdd.mapped("mapValues", vec![f], |interp, f, value| {
            let (key, value) = first_two(interp, &value)?;
            Ok(Value::tuple(vec![key, interp.call(&f[0], Args::of(vec![value]))?]))
        })))
    }),
    ("flatMapValues", |interp, _, rdd, args| {
        let f = function(interp, "flatMapValues", args)?;
        Ok(Value::object(rdd.flat_mapped("flatMapValues", vec![f], |interp, f, value| {
            let (key, value) = first_two(interp, &value)?;
            let several = interp.call(&f[0], Args::of(vec![value]))?;
            let items = interp.items(&several)?;
            Ok(Value::list(items.into_iter().map(|item| Value::tuple(vec![key.clone(), item])).collect()))
        })))
    }),
    ("keyBy", |interp, _, rdd, args| {
        let f = function(interp, "keyBy", args)?;
        Ok(Value::object(rdd.mapped("keyBy", vec![f], |interp, f, value| {
            let key = interp.call(&f[0], Args::of(vec![value.clone()]))?;
            Ok(Value::tuple(vec![key, value]))
        })))
    }),
    ("keys", |_, _, rdd, _| {
        Ok(Value::object(rdd.mapped("keys", Vec::new(), |interp, _, value| interp.get_item(&value, &Value::Int(0)))))
    }),
    ("values", |_, _, rdd, _| {
        Ok(Value::object(rdd.mapped("values", Vec::new(), |interp, _, value| interp.get_item(&value, &Value::Int(1)))))
    }),
    ("glom", |_, _, rdd, _| {
        Ok(Value::object(rdd.whole("glom", Vec::new(), |_, _, _, items| Ok(vec![Value::list(items)]))))
    }),
    ("zipWithIndex", zip_with_index),
    ("zipWithUniqueId", |interp, _, rdd, _| {
        let count = rdd.partitions(interp)? as i64;
        Ok(Value::object(rdd.whole("zipWithUniqueId", Vec::new(), move |_, _, partition, items| {
            let number = |i: usize| Value::Int(i as i64 * count + partition as i64);
            Ok(items.into_iter().enumerate().map(|(i, item)| Value::tuple(vec![item, number(i)])).collect())
        })))
    }),
    ("coalesce", |interp, _, rdd, args| {
        let [count, shuffle] = args.bind("coalesce", ["numPartitions", "shuffle"], 1)?;
        let count =
            count.and_then(|value| value.as_int()).and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1);
        let shuffle = shuffle.is_some_and(|flag| flag.as_bool() == Some(true));
        rearranged(
            interp,
            rdd,
            if shuffle {
                Repartitioning::RoundRobin { count, is_rdd: true }
            } else {
                Repartitioning::Coalesce { count }
            },
        )
    }),
    ("repartition", |interp, _, rdd, args| {
        let [count] = args.bind("repartition", ["numPartitions"], 1)?;
        let count =
            count.and_then(|value| value.as_int()).and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1);
        rearranged(interp, rdd, Repartitioning::RoundRobin { count, is_rdd: true })
    }),
    ("cache", |interp, this, rdd, _| {
        let plan = rdd.settle(interp)?;
        interp.host()?.cache(&plan, "MEMORY_ONLY")?;
        Ok(this.clone())
    }),
    ("persist", |interp, this, rdd, args| {
        let [level] = args.bind("persist", ["storageLevel"], 0)?;
        let level = match given(level) {
            None => "MEMORY_ONLY".to_owned(),
            some => dataframe::persist_level(interp, some.as_ref())?,
        };
        let plan = rdd.settle(interp)?;
        if interp.host()?.storage_level(&plan).is_some_and(|known| known != level) {
            let text = "Cannot change storage level of an RDD after it was already assigned a level";
            return Err(SparkError::new(ErrorClass::UnsupportedOperationException, text)
                .with_condition("_LEGACY_ERROR_TEMP_3012")
                .with_help("call unpersist() first")
                .into());
        }
        interp.host()?.cache(&plan, &level)?;
        Ok(this.clone())
    }),
    ("unpersist", |interp, this, rdd, _| {
        let plan = rdd.plan(interp)?;
        interp.host()?.uncache(&plan)?;
        Ok(this.clone())
    }),
    ("checkpoint", |interp, _, rdd, _| checkpoint(interp, rdd, true)),
    ("localCheckpoint", |interp, _, rdd, _| checkpoint(interp, rdd, false)),
    ("isCheckpointed", |_, _, rdd, _| {
        let checkpoint = rdd.checkpoint.borrow();
        Ok(Value::Bool(checkpoint.folder.is_some() && checkpoint.has_run))
    }),
    ("isLocallyCheckpointed", |_, _, rdd, _| Ok(Value::Bool(rdd.checkpoint.borrow().is_local))),
    ("getCheckpointFile", |_, _, rdd, _| {
        let checkpoint = rdd.checkpoint.borrow();
        Ok(checkpoint.folder.as_ref().filter(|_| checkpoint.has_run).map_or(Value::None, Value::str))
    }),
    ("getStorageLevel", |interp, _, rdd, _| {
        let plan = rdd.plan(interp)?;
        let level = interp.host()?.storage_level(&plan);
        Ok(storage_level::value(level.as_deref().unwrap_or("NONE")))
    }),
    ("setName", |interp, this, rdd, args| {
        let name = args.only("setName", "name")?;
        *rdd.name.borrow_mut() = Some(text_argument(interp, "name", &name)?);
        Ok(this.clone())
    }),
    ("name", |_, _, rdd, _| Ok(rdd.name.borrow().as_ref().map_or(Value::None, Value::str))),
    ("id", |interp, _, rdd, _| Ok(Value::Int(rdd.jvm(interp).id as i64))),
    ("pipe", |_, _, _, _| {
        let help = "on real Spark it hands the lines to a command of the shell; here write that as a Python function and use map";
        Err(Raised::unsupported("RDD.pipe", help))
    }),
];

/// The one function that an operation takes, frozen.
pub(super) fn function(
    interp: &mut Interpreter,
    name: &str,
    args: Args,
) -> PyResult<crate::pyspark::lang::freeze::Thaw> {
    let [f, _preserves] = args.bind(name, ["f", "preservesPartitioning"], 1)?;
    let f = f.unwrap_or(Value::None);
    udf::freeze(interp, &f)
}

/// The first two items of a value that may have more, for the operations that only look at these.
pub(super) fn first_two(interp: &mut Interpreter, value: &Value) -> PyResult<(Value, Value)> {
    Ok((interp.get_item(value, &Value::Int(0))?, interp.get_item(value, &Value::Int(1))?))
}

/// Key and value of a pair.
pub(super) fn pair(interp: &mut Interpreter, value: &Value) -> PyResult<(Value, Value)> {
    let items = match value.as_items() {
        Some(items) => items,
        None => interp.items(value)?,
    };
    let count = items.len();
    let mut items = items.into_iter();
    match (items.next(), items.next(), items.next()) {
        (Some(key), Some(value), None) => Ok((key, value)),
        _ if count > 2 => Err(crate::pyspark::lang::value_error("too many values to unpack (expected 2)")),
        _ => Err(crate::pyspark::lang::value_error(format!("not enough values to unpack (expected 2, got {count})"))),
    }
}

fn filter(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let f = function(interp, "filter", args)?;
    Ok(Value::object(rdd.flat_mapped("filter", vec![f], |interp, f, value| {
        let kept = interp.call(&f[0], Args::of(vec![value.clone()]))?;
        Ok(Value::tuple(if interp.truth(&kept)? { vec![value] } else { Vec::new() }))
    })))
}

fn rearranged(interp: &mut Interpreter, rdd: &Rdd, target: Repartitioning) -> PyResult {
    let input = rdd.plan(interp)?;
    let narrow = matches!(target, Repartitioning::Coalesce { .. });
    let plan = analyze(interp, LogicalPlan::Repartition { target, input })?;
    let source = if narrow {
        let from = rdd.jvm(interp);
        Making::called("CoalescedRDD", "coalesce", vec![from]).over(&plan).made(interp)
    } else {
        let from = rdd.source(interp);
        lineage::rearranged(interp, from, &plan)
    };
    Ok(Value::object(Rdd::over(plan, super::task::Input::Encoded(0)).standing_for(source)))
}

fn checkpoint(interp: &mut Interpreter, rdd: &Rdd, reliable: bool) -> PyResult {
    rdd.checkpoint.borrow_mut().is_called |= reliable;
    let plan = rdd.plan(interp)?;
    let plan = interp.host()?.checkpoint(&plan, reliable, false).map_err(|error| match error.class() {
        // What Java says here reaches the script as it is.
        ErrorClass::SparkException => {
            SparkError::new(ErrorClass::Py4JJavaError, format!("org.apache.spark.SparkException: {}", error.message()))
                .with_help(error.help().join("; "))
        }
        _ => error,
    })?;
    let mut checkpoint = rdd.checkpoint.borrow_mut();
    checkpoint.has_run = false;
    if reliable {
        checkpoint.folder = folder_of(&plan);
    } else {
        checkpoint.is_local = true;
    }
    drop(checkpoint);
    rdd.restart(plan);
    Ok(Value::None)
}

/// The folder that a plan's rows are read from.
fn folder_of(plan: &LogicalPlan) -> Option<String> {
    let mut found = None;
    plan.visit(&mut |node| {
        if let LogicalPlan::Scan(scan) = node {
            found = scan.paths.first().cloned();
        }
    });
    found
}

fn zip_with_index(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, _args: Args) -> PyResult {
    let starts = starts(interp, rdd)?;
    Ok(Value::object(rdd.whole("zipWithIndex", Vec::new(), move |_, _, partition, items| {
        let start = starts.get(partition).copied().unwrap_or(0);
        Ok(items
            .into_iter()
            .enumerate()
            .map(|(i, item)| Value::tuple(vec![item, Value::Int(start + i as i64)]))
            .collect())
    })))
}

/// The number of the first value of each partition.
pub(super) fn starts(interp: &mut Interpreter, rdd: &Rdd) -> PyResult<Vec<i64>> {
    let counted = rdd.whole("count", Vec::new(), |_, _, partition, items| {
        Ok(vec![Value::tuple(vec![Value::Int(partition as i64), Value::Int(items.len() as i64)])])
    });
    let mut sizes: Vec<(i64, i64)> = Vec::new();
    for value in counted.values(interp, "zipWithIndex")? {
        let (partition, size) = pair(interp, &value)?;
        sizes.push((partition.as_int().unwrap_or(0), size.as_int().unwrap_or(0)));
    }
    sizes.sort_unstable();
    let mut starts = Vec::new();
    let mut next = 0;
    for (partition, size) in sizes {
        while (starts.len() as i64) < partition {
            starts.push(next);
        }
        starts.push(next);
        next += size;
    }
    Ok(starts)
}
