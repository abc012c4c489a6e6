//! Statistics: `describe`, `summary`, quantiles, correlations, frequencies.
//!
//! **Simplified:** quantiles and frequent items are exact here; Spark estimates them when asked to.

use super::{Method, collect_rows, frame, resolve, select};
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::{Attribute, CastMode, Expr, UnaryOp};
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::api::convert;
use crate::pyspark::api::row::Row;
use crate::pyspark::api::support::{
    analyze, given, illegal_argument, not_expected_type, raise, text_argument, value_not_allowed,
};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("describe", describe),
    ("summary", summary),
    ("approxQuantile", approx_quantile),
    ("corr", corr),
    ("cov", cov),
    ("crosstab", crosstab),
];

fn cast(child: Expr, to: DataType, mode: CastMode) -> Expr {
    Expr::Cast { child: Box::new(child), to, mode, implicit: false }
}

fn aggregate(input: &Plan, outputs: Vec<Expr>) -> LogicalPlan {
    LogicalPlan::Aggregate { grouping: Grouping::By(Vec::new()), outputs, input: input.clone() }
}

fn describable(data_type: &DataType) -> bool {
    data_type.is_numeric() || *data_type == DataType::String
}

fn describe(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let items = args.flattened(interp)?;
    let mut columns = Vec::new();
    for item in &items {
        let name = text_argument(interp, "cols", item)?;
        columns.push(resolve(interp, plan, &name)?);
    }
    if items.is_empty() {
        columns = super::attributes(plan);
    }
    columns.retain(|column| describable(&column.data_type()));
    let statistics = ["count", "mean", "stddev", "min", "max"].map(str::to_owned);
    table_of(interp, plan, &columns, &statistics)
}

fn summary(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let items = args.flattened(interp)?;
    let mut statistics: Vec<String> =
        items.iter().map(|item| text_argument(interp, "statistics", item)).collect::<PyResult<_>>()?;
    if statistics.is_empty() {
        statistics = ["count", "mean", "stddev", "min", "25%", "50%", "75%", "max"].map(str::to_owned).to_vec();
    }
    let mut columns = super::attributes(plan);
    columns.retain(|column| describable(&column.data_type()));
    table_of(interp, plan, &columns, &statistics)
}

fn statistic(column: &Expr, name: &str) -> PyResult<Expr> {
    let is_text = column.data_type() == DataType::String;
    let is_decimal = matches!(column.data_type(), DataType::Decimal(..));
    let number = || cast(column.clone(), DataType::Double, if is_text { CastMode::Try } else { CastMode::Ansi });
    let value = match name.to_lowercase().as_str() {
        "count" => Expr::call("count", vec![column.clone()]),
        "count_distinct" | "approx_count_distinct" => Expr::call("approx_count_distinct", vec![column.clone()]),
        "mean" if is_decimal => Expr::call("avg", vec![column.clone()]),
        "mean" => Expr::call("avg", vec![number()]),
        "stddev" => Expr::call("stddev_samp", vec![number()]),
        "min" | "max" => Expr::call(name.to_lowercase(), vec![column.clone()]),
        percent => {
            let share = percent.strip_suffix('%').and_then(|text| text.parse::<f64>().ok());
            let Some(share) = share else {
                return Err(SparkError::new(
                    ErrorClass::IllegalArgumentException,
                    format!("{name} is not a recognised statistic."),
                )
                .with_condition("UNRECOGNIZED_STATISTIC")
                .with_help(
                    "the statistics are count, mean, stddev, min, max, count_distinct and percentages such as 25%",
                )
                .into());
            };
            let column = if is_text || is_decimal { number() } else { column.clone() };
            let quantile = vec![column, Expr::literal(Scalar::Double(share / 100.0)), Expr::int(10_000)];
            Expr::call("percentile_approx", quantile)
        }
    };
    Ok(cast(value, DataType::String, CastMode::Ansi))
}

/// The summary: one row per statistic, all as text.
fn table_of(interp: &mut Interpreter, plan: &Plan, columns: &[Expr], statistics: &[String]) -> PyResult {
    let mut outputs = Vec::new();
    for (i, name) in statistics.iter().enumerate() {
        for (j, column) in columns.iter().enumerate() {
            outputs.push(statistic(column, name)?.alias(format!("s{i}_{j}")));
        }
    }
    let mut rows: Vec<Vec<Scalar>> = statistics.iter().map(|name| vec![Scalar::String(name.clone())]).collect();
    if !columns.is_empty() {
        let analyzed = analyze(interp, aggregate(plan, outputs))?;
        let batches = interp.host()?.collect(&analyzed, "describe")?;
        let values = batches.iter().find(|batch| batch.num_rows() > 0);
        let values = match values {
            Some(batch) => convert::scalars_at(batch, 0, &analyzed.schema())?,
            None => Vec::new(),
        };
        for (row, chunk) in rows.iter_mut().zip(values.chunks(columns.len())) {
            row.extend(chunk.iter().cloned());
        }
    }
    let mut fields = vec![StructField::new("summary", DataType::String, true)];
    fields.extend(columns.iter().map(|column| StructField::new(column.pretty_name(), DataType::String, true)));
    local(interp, &rows, &StructType::new(fields))
}

pub(super) fn local(interp: &mut Interpreter, rows: &[Vec<Scalar>], schema: &StructType) -> PyResult {
    let batch = convert::batch_of(rows, schema)?;
    frame(interp, LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(schema), batch, partitions: None })
}

fn first_row(interp: &mut Interpreter, plan: LogicalPlan, action: &str) -> PyResult<Vec<Value>> {
    let analyzed = analyze(interp, plan)?;
    let rows = collect_rows(interp, &analyzed, action)?;
    Ok(rows.first().and_then(|row| row.downcast::<Row>().map(|row| row.values.to_vec())).unwrap_or_default())
}

fn approx_quantile(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [columns, probabilities, error] = args.bind("approxQuantile", ["col", "probabilities", "relativeError"], 3)?;
    let columns = columns.unwrap_or(Value::None);
    let single = columns.as_str().is_some();
    let exprs = select::existing(interp, plan, "col", &columns)?;
    let probabilities = probabilities.unwrap_or(Value::None);
    let wrong = || not_expected_type(interp, "probabilities", "list of floats between 0 and 1", &probabilities);
    let items = probabilities.as_items().ok_or_else(wrong)?;
    let mut shares = Vec::new();
    for item in &items {
        match item.as_float() {
            Some(share) if (0.0..=1.0).contains(&share) => shares.push(Expr::literal(Scalar::Double(share))),
            _ => return Err(wrong()),
        }
    }
    let error = error.unwrap_or(Value::None);
    let Some(error) = error.as_float().filter(|error| *error >= 0.0) else {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "NEGATIVE_VALUE",
            "Value for `relativeError` must be greater than or equal to 0.",
        ));
    };
    if let Some(text) = exprs.iter().find(|column| !column.data_type().is_numeric()) {
        return Err(illegal_argument(format!(
            "requirement failed: Quantile calculation for column {} with data type {} is not supported.",
            text.pretty_name(),
            text.data_type().catalog_string()
        )));
    }
    let accuracy = if error <= 0.0 { i32::MAX } else { (1.0 / error).ceil().clamp(1.0, f64::from(i32::MAX)) as i32 };
    let outputs = exprs
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let number = cast(column.clone(), DataType::Double, CastMode::Ansi);
            let shares = Expr::call("array", shares.clone());
            Expr::call("percentile_approx", vec![number, shares, Expr::int(accuracy)]).alias(format!("q{i}"))
        })
        .collect();
    let values = first_row(interp, aggregate(plan, outputs), "approxQuantile")?;
    let lists: Vec<Value> =
        values.into_iter().map(|value| if value.is_none() { Value::list(Vec::new()) } else { value }).collect();
    Ok(match (single, lists.into_iter()) {
        (true, mut lists) => lists.next().unwrap_or_else(|| Value::list(Vec::new())),
        (false, lists) => Value::list(lists.collect()),
    })
}

fn two_columns(
    interp: &mut Interpreter,
    plan: &Plan,
    first: Option<Value>,
    second: Option<Value>,
) -> PyResult<[Expr; 2]> {
    let mut found = Vec::new();
    for (argument, value) in [("col1", first), ("col2", second)] {
        let name = text_argument(interp, argument, &value.unwrap_or(Value::None))?;
        found.push((resolve(interp, plan, &name)?, name));
    }
    for (column, name) in &found {
        if !column.data_type().is_numeric() {
            return Err(illegal_argument(format!(
                "requirement failed: Currently correlation calculation for columns with dataType {} not supported (column {name}).",
                column.data_type().catalog_string()
            )));
        }
    }
    let mut exprs = found.into_iter().map(|(column, _)| cast(column, DataType::Double, CastMode::Ansi));
    match (exprs.next(), exprs.next()) {
        (Some(first), Some(second)) => Ok([first, second]),
        _ => Err(illegal_argument("two columns are needed")),
    }
}

/// The statistics of frames, unlike the functions, take a missing value for 0.
fn or_zero(column: Expr) -> Expr {
    let number = cast(column, DataType::Double, CastMode::Ansi);
    Expr::call("coalesce", vec![number, Expr::literal(Scalar::Double(0.0))])
}

fn corr(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [first, second, method] = args.bind("corr", ["col1", "col2", "method"], 2)?;
    if let Some(method) = given(method)
        && method.as_str() != Some("pearson")
    {
        return Err(value_not_allowed("method", "'pearson'"));
    }
    let pair = two_columns(interp, plan, first, second)?.map(or_zero);
    let values = first_row(interp, aggregate(plan, vec![Expr::call("corr", pair.to_vec()).alias("corr")]), "corr")?;
    Ok(values.into_iter().next().filter(|value| !value.is_none()).unwrap_or(Value::Float(f64::NAN)))
}

fn cov(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [first, second] = args.bind("cov", ["col1", "col2"], 2)?;
    let pair = two_columns(interp, plan, first, second)?.map(or_zero);
    let values = first_row(interp, aggregate(plan, vec![Expr::call("covar_samp", pair.to_vec()).alias("cov")]), "cov")?;
    Ok(values.into_iter().next().filter(|value| !value.is_none()).unwrap_or(Value::Float(f64::NAN)))
}

fn crosstab(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [first, second] = args.bind("crosstab", ["col1", "col2"], 2)?;
    let first = text_argument(interp, "col1", &first.unwrap_or(Value::None))?;
    let second = text_argument(interp, "col2", &second.unwrap_or(Value::None))?;
    // As Spark: a pivot over texts, in which null is a word.
    let text = |interp: &mut Interpreter, name: &str| -> PyResult<Expr> {
        let column = resolve(interp, plan, name)?;
        Ok(Expr::Case {
            branches: vec![(
                Expr::unary(UnaryOp::IsNull, column.clone()),
                Expr::literal(Scalar::String("null".to_owned())),
            )],
            otherwise: Some(Box::new(cast(column, DataType::String, CastMode::Ansi))),
        })
    };
    let row = text(interp, &first)?.alias(format!("{first}_{second}"));
    let column = Box::new(text(interp, &second)?);
    let aggregates = vec![Expr::call("count", vec![Expr::int(1)])];
    let pivot = LogicalPlan::Pivot { grouping: vec![row], column, values: None, aggregates, input: plan.clone() };
    let counted = analyze(interp, pivot)?;
    let filled = |(at, column): (usize, Attribute)| match at {
        0 => Expr::Attribute(column),
        _ => {
            let name = column.name.clone();
            Expr::call("coalesce", vec![Expr::Attribute(column), Expr::literal(Scalar::Long(0))]).alias(name)
        }
    };
    let exprs = counted.output().into_iter().enumerate().map(filled).collect();
    frame(interp, LogicalPlan::Project { exprs, input: counted })
}
