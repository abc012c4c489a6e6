//! Actions of RDDs.

use super::narrow::{function, pair};
use super::wide::{order, sort_by_keys};
use super::{Method, Rdd, to_frame};
use crate::common::{ErrorClass, SparkError};
use crate::logical::plan::{FileFormat, FileNames, SaveMode, WriteTarget};
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::api::create::wanted;
use crate::pyspark::api::support::{given, text_argument};
use crate::pyspark::api::udf;
use crate::pyspark::lang::{Args, Dict, Interpreter, PyResult, Value, value_error};
use std::sync::Arc;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("collect", |interp, _, rdd, _| Ok(Value::list(rdd.values(interp, "collect")?))),
    ("toLocalIterator", |interp, _, rdd, _| Ok(Value::iter_over(rdd.values(interp, "toLocalIterator")?))),
    ("count", |interp, _, rdd, _| count(interp, rdd)),
    ("countApprox", |interp, _, rdd, _| count(interp, rdd)),
    ("countApproxDistinct", |interp, this, _, _| {
        let unique = interp.call_method(this, "distinct", Args::none())?;
        interp.call_method(&unique, "count", Args::none())
    }),
    ("first", |interp, _, rdd, _| {
        let values = rdd.first_values(interp, 1, "runJob")?;
        values.into_iter().next().ok_or_else(|| value_error("RDD is empty"))
    }),
    ("take", |interp, _, rdd, args| {
        let [number] = args.bind("take", ["num"], 1)?;
        let number = number.and_then(|value| value.as_int()).unwrap_or(0);
        Ok(Value::list(rdd.first_values(interp, usize::try_from(number).unwrap_or(0), "runJob")?))
    }),
    ("isEmpty", |interp, _, rdd, _| Ok(Value::Bool(rdd.first_values(interp, 1, "isEmpty")?.is_empty()))),
    ("reduce", reduce),
    ("treeReduce", reduce),
    ("fold", |interp, _, rdd, args| {
        let [zero, f] = args.bind("fold", ["zeroValue", "op"], 2)?;
        aggregate(interp, rdd, zero, f.clone(), f)
    }),
    ("aggregate", |interp, _, rdd, args| {
        let [zero, merge, join, _depth] = args.bind("aggregate", ["zeroValue", "seqOp", "combOp", "depth"], 3)?;
        aggregate(interp, rdd, zero, merge, join)
    }),
    ("treeAggregate", |interp, _, rdd, args| {
        let [zero, merge, join, _depth] = args.bind("treeAggregate", ["zeroValue", "seqOp", "combOp", "depth"], 3)?;
        aggregate(interp, rdd, zero, merge, join)
    }),
    ("foreach", |interp, _, rdd, args| {
        let f = function(interp, "foreach", args)?;
        let run = rdd.whole("foreach", vec![f], |interp, f, _, items| {
            for item in items {
                interp.call(&f[0], Args::of(vec![item]))?;
            }
            Ok(Vec::new())
        });
        run.values(interp, "foreach")?;
        Ok(Value::None)
    }),
    ("foreachPartition", |interp, _, rdd, args| {
        let f = function(interp, "foreachPartition", args)?;
        let run = rdd.step(
            "foreachPartition",
            Arc::new(move |interp, _, iterator| {
                let f = f(interp)?;
                let result = interp.call(&f, Args::of(vec![iterator]))?;
                if matches!(result, Value::Generator(_) | Value::Iterator(_)) {
                    interp.items(&result)?;
                }
                Ok(Value::list(Vec::new()))
            }),
        );
        run.values(interp, "foreachPartition")?;
        Ok(Value::None)
    }),
    ("collectAsMap", |interp, _, rdd, _| {
        let mut dict = Dict::new();
        for item in rdd.values(interp, "collectAsMap")? {
            let (key, value) = pair(interp, &item)?;
            dict.set(interp, key, value)?;
        }
        Ok(Value::dict(dict))
    }),
    ("reduceByKeyLocally", |interp, _, rdd, args| {
        let f = args.only("reduceByKeyLocally", "func")?;
        let mut table = Dict::new();
        for item in rdd.values(interp, "reduceByKeyLocally")? {
            let (key, value) = pair(interp, &item)?;
            let merged = match table.get(interp, &key)? {
                Some(before) => interp.call(&f, Args::of(vec![before, value]))?,
                None => value,
            };
            table.set(interp, key, merged)?;
        }
        Ok(Value::dict(table))
    }),
    ("countByKey", |interp, _, rdd, _| {
        let values = rdd.values(interp, "countByKey")?;
        let keys = values.iter().map(|item| Ok(pair(interp, item)?.0)).collect::<PyResult<Vec<_>>>()?;
        counted(interp, keys)
    }),
    ("countByValue", |interp, _, rdd, _| {
        let values = rdd.values(interp, "countByValue")?;
        counted(interp, values)
    }),
    ("lookup", |interp, _, rdd, args| {
        let key = args.only("lookup", "key")?;
        let mut found = Vec::new();
        for item in rdd.values(interp, "lookup")? {
            let (own, value) = pair(interp, &item)?;
            if interp.equals(&own, &key)? {
                found.push(value);
            }
        }
        Ok(Value::list(found))
    }),
    ("top", |interp, _, rdd, args| {
        let [number, key] = args.bind("top", ["num", "key"], 1)?;
        extreme(interp, rdd, number, key, false)
    }),
    ("takeOrdered", |interp, _, rdd, args| {
        let [number, key] = args.bind("takeOrdered", ["num", "key"], 1)?;
        extreme(interp, rdd, number, key, true)
    }),
    ("max", |interp, _, rdd, args| {
        let [key] = args.bind("max", ["key"], 0)?;
        best(interp, rdd, key, true)
    }),
    ("min", |interp, _, rdd, args| {
        let [key] = args.bind("min", ["key"], 0)?;
        best(interp, rdd, key, false)
    }),
    ("getNumPartitions", |interp, _, rdd, _| Ok(Value::Int(rdd.partitions(interp)? as i64))),
    ("toDF", |interp, _, rdd, args| {
        let [schema, _ratio] = args.bind("toDF", ["schema", "sampleRatio"], 0)?;
        let wanted = wanted(interp, schema)?;
        to_frame(interp, rdd, wanted)
    }),
    ("saveAsTextFile", save_as_text_file),
    ("saveAsHadoopDataset", |_, _, _, _| Err(super::source::no_such_format("RDD", "saveAsHadoopDataset"))),
    ("saveAsHadoopFile", |_, _, _, _| Err(super::source::no_such_format("RDD", "saveAsHadoopFile"))),
    ("saveAsNewAPIHadoopDataset", |_, _, _, _| Err(super::source::no_such_format("RDD", "saveAsNewAPIHadoopDataset"))),
    ("saveAsNewAPIHadoopFile", |_, _, _, _| Err(super::source::no_such_format("RDD", "saveAsNewAPIHadoopFile"))),
    ("saveAsPickleFile", |_, _, _, _| Err(super::source::no_such_format("RDD", "saveAsPickleFile"))),
    ("saveAsSequenceFile", |_, _, _, _| Err(super::source::no_such_format("RDD", "saveAsSequenceFile"))),
    ("toDebugString", |interp, _, rdd, _| {
        let own = rdd.jvm(interp);
        let plan = rdd.plan(interp)?;
        let level = match interp.host()?.storage_level(&plan) {
            Some(level) => interp.str(&super::super::storage_level::value(&level))?,
            None => String::new(),
        };
        let first = format!("{} [{level}]", own.text(rdd.name.borrow().as_deref()));
        let tree = own.tree(interp, &first)?;
        Ok(Value::Bytes(std::rc::Rc::from(tree.as_bytes())))
    }),
];

fn count(interp: &mut Interpreter, rdd: &Rdd) -> PyResult {
    let counts = rdd.step(
        "count",
        Arc::new(|interp, _, iterator| {
            let mut number = 0;
            while interp.next(&iterator)?.is_some() {
                number += 1;
            }
            Ok(Value::list(vec![Value::Int(number)]))
        }),
    );
    let counts = counts.values(interp, "count")?;
    Ok(Value::Int(counts.iter().filter_map(Value::as_int).sum()))
}

fn reduce(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [f, _depth] = args.bind("reduce", ["f", "depth"], 1)?;
    let f = f.unwrap_or(Value::None);
    let frozen = udf::freeze(interp, &f)?;
    let local = rdd
        .whole("reduce", vec![frozen], |interp, f, _, items| Ok(folded(interp, &f[0], items)?.into_iter().collect()));
    let parts = local.values(interp, "reduce")?;
    folded(interp, &f, parts)?.ok_or_else(|| value_error("Can not reduce() empty RDD"))
}

fn folded(interp: &mut Interpreter, f: &Value, items: Vec<Value>) -> PyResult<Option<Value>> {
    let mut result: Option<Value> = None;
    for item in items {
        result = Some(match result {
            None => item,
            Some(before) => interp.call(f, Args::of(vec![before, item]))?,
        });
    }
    Ok(result)
}

fn aggregate(
    interp: &mut Interpreter,
    rdd: &Rdd,
    zero: Option<Value>,
    merge: Option<Value>,
    join: Option<Value>,
) -> PyResult {
    let (zero, merge, join) = (zero.unwrap_or(Value::None), merge.unwrap_or(Value::None), join.unwrap_or(Value::None));
    let frozen = vec![udf::freeze(interp, &merge)?, udf::freeze(interp, &zero)?];
    let local = rdd.whole("aggregate", frozen, |interp, parts, _, items| {
        let mut result = parts[1].clone();
        for item in items {
            result = interp.call(&parts[0], Args::of(vec![result, item]))?;
        }
        Ok(vec![result])
    });
    let mut result = zero;
    for part in local.values(interp, "aggregate")? {
        result = interp.call(&join, Args::of(vec![result, part]))?;
    }
    Ok(result)
}

fn counted(interp: &mut Interpreter, items: Vec<Value>) -> PyResult {
    let module = interp.import("collections")?;
    let result = match module.get("defaultdict") {
        Some(class) => {
            let int = interp.import("builtins")?.get("int").unwrap_or(Value::None);
            interp.call(&class, Args::of(vec![int]))?
        }
        None => Value::dict(Dict::new()),
    };
    let mut counts = Dict::new();
    for item in items {
        let number = counts.get(interp, &item)?.and_then(|value| value.as_int()).unwrap_or(0);
        counts.set(interp, item, Value::Int(number + 1))?;
    }
    interp.call_method(&result, "update", Args::of(vec![Value::dict(counts)]))?;
    Ok(result)
}

fn keyed(interp: &mut Interpreter, items: Vec<Value>, key: Option<&Value>) -> PyResult<Vec<(Value, Value)>> {
    items
        .into_iter()
        .map(|item| {
            let key = match key {
                Some(key) => interp.call(key, Args::of(vec![item.clone()]))?,
                None => item.clone(),
            };
            Ok((key, item))
        })
        .collect()
}

fn extreme(
    interp: &mut Interpreter,
    rdd: &Rdd,
    number: Option<Value>,
    key: Option<Value>,
    ascending: bool,
) -> PyResult {
    let number = usize::try_from(number.and_then(|value| value.as_int()).unwrap_or(0)).unwrap_or(0);
    let values = rdd.values(interp, if ascending { "takeOrdered" } else { "top" })?;
    let pairs = keyed(interp, values, given(key).as_ref())?;
    let sorted = sort_by_keys(interp, pairs, ascending)?;
    Ok(Value::list(sorted.into_iter().take(number).map(|(_, item)| item).collect()))
}

fn best(interp: &mut Interpreter, rdd: &Rdd, key: Option<Value>, largest: bool) -> PyResult {
    let values = rdd.values(interp, if largest { "max" } else { "min" })?;
    let pairs = keyed(interp, values, given(key).as_ref())?;
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in pairs {
        best = match best {
            None => Some((key, item)),
            Some((known, kept)) => {
                let ordering = order(interp, &known, &key)?;
                let better = if largest { ordering.is_lt() } else { ordering.is_gt() };
                Some(if better { (key, item) } else { (known, kept) })
            }
        };
    }
    best.map(|(_, item)| item).ok_or_else(|| value_error("Can not reduce() empty RDD"))
}

fn save_as_text_file(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [path, codec] = args.bind("saveAsTextFile", ["path", "compressionCodecClass"], 1)?;
    let path = text_argument(interp, "path", &path.unwrap_or(Value::None))?;
    let texts = rdd.mapped("saveAsTextFile", Vec::new(), |interp, _, value| {
        let text = interp.str(&value)?;
        Ok(Value::str(text))
    });
    let schema = StructType::new(vec![StructField::new("value", DataType::String, true)]);
    let frame = to_frame(interp, &texts, crate::pyspark::api::create::Wanted::Schema(schema, true))?;
    let plan = crate::pyspark::api::dataframe::plan_of(interp, &frame)?;
    let mut options = crate::common::conf::Options::default();
    if given(codec).is_some() {
        options.set("compression", "gzip");
    }
    let target = WriteTarget {
        replaced: None,
        format: FileFormat::Text,
        path,
        mode: SaveMode::ErrorIfExists,
        partition_by: Vec::new(),
        options,
        names: FileNames::Hadoop,
    };
    let path = target.path.clone();
    interp.host()?.write(&plan, target).map_err(|error| {
        if error.condition() != Some("PATH_ALREADY_EXISTS") {
            return error;
        }
        let text =
            format!("org.apache.hadoop.mapred.FileAlreadyExistsException: Output directory {path} already exists");
        SparkError::new(ErrorClass::Py4JJavaError, text)
            .with_subject(path)
            .with_help("RDDs cannot overwrite: take another folder, or remove this one first")
    })?;
    super::shared::merge(interp)?;
    Ok(Value::None)
}
