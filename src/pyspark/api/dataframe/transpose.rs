//! `transpose`: rows become columns. The frame is run at the call, because its values name the new columns.

use super::{Method, attributes, frame, resolve};
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::{CastMode, Expr, SortOrder, UnaryOp};
use crate::logical::functions::types::common_type;
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::api::convert;
use crate::pyspark::api::support::{analyze, given, raise};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

/// The most rows that may become columns (`spark.sql.transposeMaxValues`).
const MAX_ROWS: i64 = 500;

pub(super) const METHODS: &[(&str, Method)] = &[("transpose", transpose)];

fn transpose(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [index] = args.bind("transpose", ["indexColumn"], 0)?;
    let columns = attributes(plan);
    let index = match given(index) {
        None => columns.first().cloned(),
        Some(value) => Some(index_column(interp, plan, &value)?),
    };
    let Some(index) = index else { return frame(interp, plan.as_ref().clone()) };
    if !is_plain(&index) {
        return Err(raise(
            ErrorClass::AnalysisException,
            "TRANSPOSE_INVALID_INDEX_COLUMN",
            "Invalid index column for TRANSPOSE because: Index column must be an atomic attribute",
        )
        .with_help("make the column with withColumn first, as a number, a text or a date"));
    }
    let others: Vec<Expr> = columns.into_iter().filter(|column| *column != index).collect();
    let value_type = shared_type(&others)?;
    let rows = rows(interp, plan, &index, &others, &value_type)?;
    let mut fields = vec![StructField::new("key", DataType::String, false)];
    let names = rows.iter().map(|row| match row.first() {
        Some(Scalar::String(name)) => name.clone(),
        _ => String::new(),
    });
    fields.extend(names.map(|name| StructField::new(name, value_type.clone(), true)));
    let turned: Vec<Vec<Scalar>> = others
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let values = rows.iter().map(|row| row.get(i + 1).cloned().unwrap_or(Scalar::Null));
            std::iter::once(Scalar::String(column.pretty_name())).chain(values).collect()
        })
        .collect();
    let schema = StructType::new(fields);
    let batch = convert::batch_of(&turned, &schema)?;
    frame(interp, LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(&schema), batch, partitions: None })
}

fn index_column(interp: &mut Interpreter, plan: &Plan, value: &Value) -> PyResult<Expr> {
    if let Value::Str(name) = value.native() {
        return resolve(interp, plan, name);
    }
    let expr = crate::pyspark::api::column::column_or_name(interp, "indexColumn", value)?;
    let project = analyze(interp, LogicalPlan::Project { exprs: vec![expr], input: plan.clone() })?;
    match project.as_ref() {
        LogicalPlan::Project { exprs, .. } => Ok(exprs.first().cloned().unwrap_or(Expr::int(0))),
        _ => Err(SparkError::internal("a projection became something else").into()),
    }
}

fn is_plain(index: &Expr) -> bool {
    let nested = matches!(index.data_type(), DataType::Array(..) | DataType::Map(..) | DataType::Struct(_));
    matches!(index, Expr::Attribute(_)) && !nested
}

fn shared_type(columns: &[Expr]) -> PyResult<DataType> {
    let Some(first) = columns.first() else { return Ok(DataType::String) };
    let mut shared = first.data_type();
    for column in &columns[1..] {
        let own = column.data_type();
        // Texts and other types have nothing in common here.
        let text = |data_type: &DataType| *data_type == DataType::String;
        let common = if text(&shared) == text(&own) { common_type(&shared, &own, true) } else { None };
        shared = common.ok_or_else(|| {
            raise(
                ErrorClass::AnalysisException,
                "TRANSPOSE_NO_LEAST_COMMON_TYPE",
                format!(
                    "Transpose requires non-index columns to share a least common type, but \"{}\" and \"{}\" do not.",
                    shared.sql(),
                    own.sql()
                ),
            )
            .with_help("select columns of one kind, or cast them to string first")
        })?;
    }
    Ok(shared)
}

/// The rows in the order of the index: its text, then the other columns in their shared type.
fn rows(
    interp: &mut Interpreter,
    plan: &Plan,
    index: &Expr,
    others: &[Expr],
    value_type: &DataType,
) -> PyResult<Vec<Vec<Scalar>>> {
    let cast = |expr: &Expr, to: &DataType| Expr::Cast {
        child: Box::new(expr.clone()),
        to: to.clone(),
        mode: CastMode::Ansi,
        implicit: true,
    };
    let condition = Expr::unary(UnaryOp::IsNotNull, index.clone());
    let known = Arc::new(LogicalPlan::Filter { condition, input: plan.clone() });
    let order = vec![SortOrder::new(index.clone(), true)];
    let sorted = Arc::new(LogicalPlan::Sort { order, global: true, input: known });
    let mut exprs = vec![cast(index, &DataType::String).alias("key")];
    exprs.extend(others.iter().enumerate().map(|(i, column)| cast(column, value_type).alias(format!("v{i}"))));
    let analyzed = analyze(interp, LogicalPlan::Project { exprs, input: sorted })?;
    let schema = analyzed.schema();
    let batches = interp.host()?.collect(&analyzed, "transpose")?;
    let most = interp.host()?.conf().number("spark.sql.transposeMaxValues", MAX_ROWS);
    let mut rows = Vec::new();
    for batch in &batches {
        for at in 0..batch.num_rows() {
            rows.push(convert::scalars_at(batch, at, &schema)?);
        }
    }
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) > most {
        return Err(raise(
            ErrorClass::AnalysisException,
            "TRANSPOSE_EXCEED_ROW_LIMIT",
            format!("Number of rows exceeds the allowed limit of {most} for TRANSPOSE."),
        )
        .with_help("filter the frame first, or raise spark.sql.transposeMaxValues"));
    }
    Ok(rows)
}
