//! Partitions, samples, caches and checkpoints.

use super::{Method, frame, frame_of, note_cached};
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::{BinaryOp, Expr, SortOrder};
use crate::logical::plan::{LogicalPlan, Repartitioning};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::pyspark::api::column::{Column, column_or_name, lit, sort_order};
use crate::pyspark::api::support::{given, illegal_argument, not_expected_type, py4j_error, raise};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("repartition", repartition),
    ("repartitionByRange", repartition_by_range),
    ("coalesce", coalesce),
    ("sample", sample),
    ("sampleBy", sample_by),
    ("randomSplit", random_split),
    ("cache", |interp, this, plan, _| {
        interp.host()?.cache(plan, "MEMORY_AND_DISK_DESER")?;
        note_cached(this, true);
        Ok(this.clone())
    }),
    ("persist", |interp, this, plan, args| {
        let [level] = args.bind("persist", ["storageLevel"], 0)?;
        let name = super::persist_level(interp, given(level).as_ref())?;
        interp.host()?.cache(plan, &name)?;
        note_cached(this, true);
        Ok(this.clone())
    }),
    ("unpersist", |interp, this, plan, _| {
        interp.host()?.uncache(plan)?;
        note_cached(this, false);
        Ok(this.clone())
    }),
    ("checkpoint", |interp, _, plan, args| checkpoint(interp, plan, args, true)),
    ("localCheckpoint", |interp, _, plan, args| checkpoint(interp, plan, args, false)),
];

fn positive(interp: &Interpreter, value: &Value) -> PyResult<Option<usize>> {
    let Value::Int(number) = value else { return Ok(None) };
    let _ = interp;
    match usize::try_from(*number) {
        Ok(count) if count > 0 => Ok(Some(count)),
        _ => Err(illegal_argument(format!("requirement failed: Number of partitions ({number}) must be positive."))),
    }
}

fn is_column(value: &Value) -> bool {
    value.as_str().is_some() || value.downcast::<Column>().is_some()
}

/// The columns of a repartition: names and columns, no numbers (those come first, or nowhere).
fn only_columns(interp: &mut Interpreter, items: Vec<Value>) -> PyResult<Vec<Expr>> {
    let items = Args::of(items).flattened(interp)?;
    if let Some(other) = items.iter().find(|item| !is_column(item)) {
        return Err(raise(
            ErrorClass::PySparkTypeError,
            "NOT_EXPECTED_TYPE",
            format!("Argument `col` should be Column or str, got {}.", interp.type_name(other)),
        )
        .with_help("the number of partitions comes first: repartition(8, \"name\")"));
    }
    items.iter().map(|item| column_or_name(interp, "cols", item)).collect()
}

fn repartition(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let (mut items, [number, columns]) = args.variadic("repartition", ["numPartitions", "cols"])?;
    if let Some(number) = number {
        items.insert(0, number);
    }
    items.extend(columns);
    let Some(first) = items.first().cloned() else {
        return Err(crate::pyspark::lang::type_error(
            "repartition() missing 1 required positional argument: 'numPartitions'",
        ));
    };
    let count = positive(interp, &first)?;
    if count.is_none() && !is_column(&first) {
        return Err(not_expected_type(interp, "numPartitions", "Column, int or str", &first));
    }
    let columns = if count.is_some() { items.split_off(1) } else { items };
    let by = only_columns(interp, columns)?;
    let target = match (count, by.is_empty()) {
        (Some(count), true) => Repartitioning::RoundRobin { count, is_rdd: false },
        (count, _) => Repartitioning::Hash { by, count },
    };
    frame(interp, LogicalPlan::Repartition { target, input: plan.clone() })
}

fn repartition_by_range(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let mut items = args.positional;
    let Some(first) = items.first().cloned() else {
        return Err(crate::pyspark::lang::type_error(
            "repartitionByRange() missing 1 required positional argument: 'numPartitions'",
        ));
    };
    let count = positive(interp, &first)?;
    let columns = if count.is_some() { items.split_off(1) } else { items };
    if columns.is_empty() {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_BE_EMPTY",
            "At least one partition-by expression must be specified.",
        ));
    }
    let by: Vec<SortOrder> = only_columns(interp, columns)?.into_iter().map(sort_order).collect();
    frame(interp, LogicalPlan::Repartition { target: Repartitioning::Range { by, count }, input: plan.clone() })
}

fn coalesce(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [count] = args.bind("coalesce", ["numPartitions"], 1)?;
    let count = count.unwrap_or(Value::None);
    let Some(count) = positive(interp, &count)? else { return Err(py4j_error("coalesce", interp, &count)) };
    frame(interp, LogicalPlan::Repartition { target: Repartitioning::Coalesce { count }, input: plan.clone() })
}

fn checkpoint(interp: &mut Interpreter, plan: &Plan, args: Args, reliable: bool) -> PyResult {
    let [eager, _level] = args.bind("checkpoint", ["eager", "storageLevel"], 0)?;
    let eager = eager.is_none_or(|flag| flag.as_bool() != Some(false));
    let plan = interp.host()?.checkpoint(plan, reliable, eager).map_err(untranslated)?;
    Ok(frame_of(interp.host()?, plan))
}

/// PySpark does not translate the error of a missing checkpoint folder.
fn untranslated(error: SparkError) -> SparkError {
    if error.class() != ErrorClass::SparkException || error.condition().is_some() {
        return error;
    }
    let plain = SparkError::new(ErrorClass::Py4JJavaError, error.message());
    error.help().iter().fold(plain, |plain, help| plain.with_help(help.clone()))
}

fn sample(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    // `sample(fraction, seed)` and `sample(withReplacement, fraction, seed)` share their places.
    let [first, second, third] = args.bind("sample", ["withReplacement", "fraction", "seed"], 0)?;
    let (replacement, fraction, seed) = match &first {
        Some(value) if value.as_bool().is_none() && !value.is_none() => (None, first, second),
        _ => (first, second, third),
    };
    let with_replacement = replacement.is_some_and(|flag| flag.as_bool() == Some(true));
    let fraction_value = fraction.unwrap_or(Value::None);
    let fraction = match fraction_value.as_float() {
        Some(fraction) if fraction_value.as_bool().is_none() => fraction,
        _ => return Err(not_expected_type(interp, "fraction", "float", &fraction_value)),
    };
    if fraction < 0.0 || (!with_replacement && fraction > 1.0) {
        let must =
            if with_replacement { "nonnegative with replacement" } else { "on interval [0, 1] without replacement" };
        return Err(illegal_argument(format!("requirement failed: Sampling fraction ({fraction}) must be {must}")));
    }
    let seed = seed_of(interp, seed)?;
    frame(interp, LogicalPlan::Sample { fraction, with_replacement, seed, lower: 0.0, input: plan.clone() })
}

fn seed_of(interp: &mut Interpreter, seed: Option<Value>) -> PyResult<i64> {
    match given(seed).and_then(|seed| seed.as_int()) {
        Some(seed) => Ok(seed),
        None => Ok(interp.host()?.fresh_seed()),
    }
}

fn sample_by(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [column, fractions, seed] = args.bind("sampleBy", ["col", "fractions", "seed"], 2)?;
    let column = column_or_name(interp, "col", &column.unwrap_or(Value::None))?;
    let fractions = fractions.unwrap_or(Value::None);
    let Some(dict) = fractions.as_dict() else {
        return Err(not_expected_type(interp, "fractions", "dict", &fractions));
    };
    let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut branches = Vec::new();
    if pairs.iter().any(|(_, fraction)| fraction.as_float().is_some_and(|fraction| !(0.0..=1.0).contains(&fraction))) {
        let given = interp.repr(&fractions)?;
        return Err(illegal_argument(format!("requirement failed: Fractions must be in [0, 1], but got {given}.")));
    }
    for (stratum, fraction) in pairs {
        let Some(number) = fraction.as_float() else {
            return Err(not_expected_type(interp, "fraction", "float", &fraction));
        };
        let stratum = lit(interp, &stratum)?;
        let condition = Expr::binary(BinaryOp::NullSafeEq, column.clone(), stratum);
        branches.push((condition, Expr::literal(Scalar::Double(number))));
    }
    let seed = seed_of(interp, seed)?;
    let none = Expr::literal(Scalar::Double(0.0));
    let limit = if branches.is_empty() { none } else { Expr::Case { branches, otherwise: Some(Box::new(none)) } };
    let random = Expr::call("rand", vec![Expr::literal(Scalar::Long(seed))]);
    frame(interp, LogicalPlan::Filter { condition: Expr::binary(BinaryOp::Lt, random, limit), input: plan.clone() })
}

fn random_split(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [weights, seed] = args.bind("randomSplit", ["weights", "seed"], 1)?;
    let weights = weights.unwrap_or(Value::None);
    let items = interp.items(&weights)?;
    let numbers: Vec<f64> = items.iter().filter_map(Value::as_float).collect();
    if numbers.len() != items.len() || numbers.iter().any(|weight| *weight < 0.0) {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "VALUE_NOT_POSITIVE",
            "Value for `weights` must be positive.",
        ));
    }
    let seed = seed_of(interp, seed)?;
    let total: f64 = numbers.iter().sum();
    // The rows are sorted inside their partitions first, so that both halves see them in one order.
    let order: Vec<SortOrder> = plan
        .output()
        .into_iter()
        .filter(|column| !holds_map(&column.data_type))
        .map(|column| SortOrder::new(Expr::Attribute(column), true))
        .collect();
    let sorted = if order.is_empty() {
        plan.clone()
    } else {
        Arc::new(LogicalPlan::Sort { order, global: false, input: plan.clone() })
    };
    let mut lower = 0.0;
    let mut frames = Vec::new();
    for weight in numbers {
        let fraction = weight / total;
        frames.push(frame(
            interp,
            LogicalPlan::Sample { fraction, with_replacement: false, seed, lower, input: sorted.clone() },
        )?);
        lower += fraction;
    }
    Ok(Value::list(frames))
}

fn holds_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map(..) => true,
        DataType::Array(element, _) => holds_map(element),
        DataType::Struct(fields) => fields.fields.iter().any(|field| holds_map(&field.data_type)),
        _ => false,
    }
}
