//! Actions: everything that runs the plan.

use super::Method;
use super::order::row_count;
use crate::common::ids::ExprId;
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::scalar::Scalar;
use crate::pyspark::api::show::{Layout, table};
use crate::pyspark::api::support::{
    analyze, given, illegal_argument, not_expected_type, print, py4j_error, raise, text_argument,
};
use crate::pyspark::api::{convert, rdd, storage_level};
use crate::pyspark::host::{CatalogReply, CatalogRequest};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("collect", |interp, _, plan, _| Ok(Value::list(collect_rows(interp, plan, "collect")?))),
    ("toLocalIterator", |interp, _, plan, _| Ok(Value::iter_over(collect_rows(interp, plan, "toLocalIterator")?))),
    ("count", count),
    ("first", |interp, _, plan, _| Ok(take_rows(interp, plan, 1, "first")?.into_iter().next().unwrap_or(Value::None))),
    ("head", head),
    ("take", |interp, _, plan, args| {
        let [count] = args.bind("take", ["num"], 1)?;
        let count = row_count(interp, "limit", &count.unwrap_or(Value::None))?;
        Ok(Value::list(take_rows(interp, plan, count, "take")?))
    }),
    ("tail", |interp, _, plan, args| {
        let [count] = args.bind("tail", ["num"], 1)?;
        let count = count.unwrap_or(Value::None);
        // The tail of a negative length is empty, where a limit of one raises.
        let count = if count.as_int().is_some_and(|count| count < 0) { 0 } else { row_count(interp, "tail", &count)? };
        let plan = analyze(interp, LogicalPlan::Tail { count, input: plan.clone() })?;
        Ok(Value::list(collect_rows(interp, &plan, "tail")?))
    }),
    ("isEmpty", |interp, _, plan, _| {
        let plan = analyze(interp, LogicalPlan::Limit { count: 1, input: plan.clone() })?;
        let batches = interp.host()?.collect(&plan, "isEmpty")?;
        Ok(Value::Bool(batches.iter().all(|batch| batch.num_rows() == 0)))
    }),
    ("show", show),
    ("foreach", |interp, _, plan, args| {
        let rdd = rdd::of_frame(plan);
        interp.call_method(&rdd, "foreach", args)
    }),
    ("foreachPartition", |interp, _, plan, args| {
        let rdd = rdd::of_frame(plan);
        interp.call_method(&rdd, "foreachPartition", args)
    }),
    ("createOrReplaceTempView", |interp, _, plan, args| view(interp, plan, args, true, false)),
    ("registerTempTable", |interp, _, plan, args| view(interp, plan, args, true, false)),
    ("createTempView", |interp, _, plan, args| view(interp, plan, args, false, false)),
    ("createOrReplaceGlobalTempView", |interp, _, plan, args| view(interp, plan, args, true, true)),
    ("createGlobalTempView", |interp, _, plan, args| view(interp, plan, args, false, true)),
    ("toJSON", |interp, _, plan, _| {
        let all = Expr::call("struct", vec![Expr::Star(None)]);
        let plan = analyze(
            interp,
            LogicalPlan::Project { exprs: vec![Expr::call("to_json", vec![all]).alias("value")], input: plan.clone() },
        )?;
        Ok(rdd::of_text(&plan))
    }),
    ("inputFiles", |_, _, plan, _| {
        let mut files = Vec::new();
        plan.visit(&mut |node| {
            if let LogicalPlan::Scan(scan) = node {
                files.extend(scan.files.iter().map(|file| format!("file://{}", file.path.display())));
            }
        });
        Ok(Value::strings(files))
    }),
    ("isLocal", |_, _, plan, _| {
        Ok(Value::Bool(matches!(plan.as_ref(), LogicalPlan::LocalRelation { partitions: Some(_), .. })))
    }),
    ("sameSemantics", |interp, _, plan, args| {
        let other = args.only("sameSemantics", "other")?;
        let other = super::plan_of(interp, &other)?;
        Ok(Value::Bool(same_semantics(plan, &other)))
    }),
    ("semanticHash", |_, _, plan, _| {
        let text = plan.tree_string();
        let hash = text.chars().fold(0_i32, |hash, letter| hash.wrapping_mul(31).wrapping_add(letter as i32));
        Ok(Value::Int(i64::from(hash)))
    }),
    ("_ipython_key_completions_", |_, _, plan, _| Ok(Value::strings(plan.schema().names()))),
    ("toPandas", |_, _, _, _| Err(refused("DataFrame.toPandas", "use collect() and plain Python, or show()"))),
    ("toArrow", |_, _, _, _| Err(refused("DataFrame.toArrow", "use collect()"))),
    ("pandas_api", |_, _, _, _| Err(refused("DataFrame.pandas_api", "use the DataFrame's own methods"))),
    ("mapInPandas", |_, _, _, _| Err(refused("DataFrame.mapInPandas", "use df.rdd.mapPartitions(…).toDF(…)"))),
    ("mapInArrow", |_, _, _, _| Err(refused("DataFrame.mapInArrow", "use df.rdd.mapPartitions(…).toDF(…)"))),
    ("withWatermark", with_watermark),
    ("writeTo", |_, _, _, _| Err(refused("DataFrame.writeTo", "use df.write.saveAsTable(…)"))),
];

/// Whether two plans compute the same: the names that they give their columns and the columns' ids do not matter.
fn same_semantics(left: &Plan, right: &Plan) -> bool {
    nameless(left) == nameless(right)
}

/// The plan with its columns numbered as they appear and without the names of what it computes.
fn nameless(plan: &Plan) -> Plan {
    let mut numbers: std::collections::BTreeMap<ExprId, u64> = std::collections::BTreeMap::new();
    let mut number = move |id: ExprId| {
        let next = numbers.len() as u64;
        ExprId(*numbers.entry(id).or_insert(next))
    };
    plan.transform_up(&mut |node| {
        if let LogicalPlan::SubqueryAlias { input, .. } = node.as_ref() {
            return Some(input.as_ref().clone());
        }
        let mut node = node.as_ref().clone();
        for column in node.own_columns_mut() {
            column.id = number(column.id);
            column.qualifier.clear();
        }
        node.map_expressions(&mut |expr| {
            expr.transform_up(&mut |part| match part {
                Expr::Alias { child, id, .. } => {
                    Expr::Alias { child, name: String::new(), id: number(id), metadata: None }
                }
                Expr::Attribute(column) => Expr::Attribute(Attribute {
                    id: number(column.id),
                    name: String::new(),
                    qualifier: Vec::new(),
                    taken: None,
                    ..column
                }),
                other => other,
            })
        });
        Some(node)
    })
}

/// A batch has all its rows and waits for none: Spark takes a watermark out of its plan, and so nothing is changed here.
fn with_watermark(interp: &mut Interpreter, this: &Value, _plan: &Plan, args: Args) -> PyResult {
    let [time, delay] = args.bind("withWatermark", ["eventTime", "delayThreshold"], 2)?;
    text_argument(interp, "eventTime", &time.unwrap_or(Value::None))?;
    let delay = text_argument(interp, "delayThreshold", &delay.unwrap_or(Value::None))?;
    let quoted = delay.replace('\'', "");
    if interp.host()?.parse_expr(&format!("INTERVAL '{quoted}'")).is_err() {
        let text = format!("Unable to parse '{delay}'.");
        return Err(raise(ErrorClass::AnalysisException, "CANNOT_PARSE_INTERVAL", text)
            .with_help("a length of time is a number and its unit, \"2 minutes\""));
    }
    if quoted.trim_start().starts_with('-') {
        let text = format!("requirement failed: delay threshold ({delay}) should not be negative.");
        return Err(illegal_argument(text));
    }
    Ok(this.clone())
}

fn refused(what: &str, instead: &str) -> Raised {
    Raised::unsupported(what, instead)
}

/// Runs a plan and gives its rows.
///
/// # Errors
/// What the run raised.
pub fn collect_rows(interp: &mut Interpreter, plan: &Plan, action: &str) -> PyResult<Vec<Value>> {
    let batches = interp.host()?.collect(plan, action)?;
    rdd::merge_accumulators(interp)?;
    convert::rows_of(interp, &batches, &plan.schema())
}

fn take_rows(interp: &mut Interpreter, plan: &Plan, count: usize, action: &str) -> PyResult<Vec<Value>> {
    let plan = analyze(interp, LogicalPlan::Limit { count, input: plan.clone() })?;
    collect_rows(interp, &plan, action)
}

fn count(interp: &mut Interpreter, _this: &Value, plan: &Plan, _args: Args) -> PyResult {
    let outputs = vec![Expr::call("count", vec![Expr::int(1)]).alias("count")];
    let counting = LogicalPlan::Aggregate { grouping: Grouping::By(Vec::new()), outputs, input: plan.clone() };
    let plan = analyze(interp, counting)?;
    let batches = interp.host()?.collect(&plan, "count")?;
    rdd::merge_accumulators(interp)?;
    for batch in &batches {
        if batch.num_rows() > 0
            && let Some(Scalar::Long(number)) = convert::scalars_at(batch, 0, &plan.schema())?.first()
        {
            return Ok(Value::Int(*number));
        }
    }
    Ok(Value::Int(0))
}

fn head(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [count] = args.bind("head", ["n"], 0)?;
    match given(count) {
        None => Ok(take_rows(interp, plan, 1, "head")?.into_iter().next().unwrap_or(Value::None)),
        Some(count) => {
            let count = row_count(interp, "limit", &count)?;
            Ok(Value::list(take_rows(interp, plan, count, "head")?))
        }
    }
}

fn show(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [rows, truncate, vertical] = args.bind("show", ["n", "truncate", "vertical"], 0)?;
    let rows = match given(rows) {
        None => 20,
        Some(value) if value.as_bool().is_some() || value.as_int().is_none() => {
            return Err(not_expected_type(interp, "n", "int", &value));
        }
        Some(value) => value.as_int().unwrap_or(20),
    };
    let vertical = match given(vertical) {
        None => false,
        Some(value) => value.as_bool().ok_or_else(|| not_expected_type(interp, "vertical", "bool", &value))?,
    };
    let truncate = match given(truncate) {
        None => 20,
        Some(Value::Bool(true)) => 20,
        Some(Value::Bool(false)) => 0,
        Some(value) => match value.as_int() {
            Some(width) => usize::try_from(width).unwrap_or(0),
            None => match value.as_str().and_then(|text| text.parse().ok()) {
                Some(width) => width,
                None => {
                    return Err(raise(
                        ErrorClass::PySparkTypeError,
                        "NOT_EXPECTED_TYPE",
                        format!("Argument `truncate` should be a bool or int, got {}.", interp.type_name(&value)),
                    ));
                }
            },
        },
    };
    let rows = usize::try_from(rows).unwrap_or(0);
    let text = show_text(interp, plan, Layout { truncate, vertical, rows })?;
    print(interp, &text)?;
    Ok(Value::None)
}

fn show_text(interp: &mut Interpreter, plan: &Plan, layout: Layout) -> PyResult<String> {
    let names: Vec<String> = plan.output().into_iter().map(|column| column.name).collect();
    let exprs = plan
        .output()
        .into_iter()
        .map(|column| {
            let name = column.name.clone();
            Expr::call("to_pretty_string", vec![Expr::Attribute(column)]).alias(name)
        })
        .collect();
    let texts = LogicalPlan::Project { exprs, input: plan.clone() };
    let limited = analyze(interp, LogicalPlan::Limit { count: layout.rows + 1, input: Arc::new(texts) })?;
    let batches = interp.host()?.collect(&limited, "showString")?;
    rdd::merge_accumulators(interp)?;
    let schema = limited.schema();
    let mut cells = Vec::new();
    for batch in &batches {
        for at in 0..batch.num_rows() {
            let row = convert::scalars_at(batch, at, &schema)?;
            cells.push(
                row.into_iter()
                    .map(|cell| match cell {
                        Scalar::String(text) => text,
                        _ => "NULL".to_owned(),
                    })
                    .collect(),
            );
        }
    }
    Ok(table(&names, cells, layout))
}

fn view(interp: &mut Interpreter, plan: &Plan, args: Args, replace: bool, global: bool) -> PyResult {
    let [name] = args.bind("createTempView", ["name"], 1)?;
    let name = text_argument(interp, "name", &name.unwrap_or(Value::None))?;
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    if !name.starts_with('`') && !name.chars().all(plain) {
        return Err(SparkError::new(ErrorClass::AnalysisException, format!("Invalid view name: {name}."))
            .with_condition("_LEGACY_ERROR_TEMP_1321")
            .with_help("a name is made of letters, digits and _")
            .into());
    }
    match interp.host()?.catalog(CatalogRequest::CreateView { name, plan: plan.clone(), replace, global })? {
        CatalogReply::Done | CatalogReply::Yes(_) | CatalogReply::Plan(_) => Ok(Value::None),
        CatalogReply::Tables(_)
        | CatalogReply::Names(_)
        | CatalogReply::Functions(_)
        | CatalogReply::Columns { .. } => Ok(Value::None),
    }
}

/// The name of the storage level that `persist` was given.
///
/// # Errors
/// `Py4JError` when it is none.
pub fn persist_level(interp: &Interpreter, level: Option<&Value>) -> PyResult<String> {
    match level {
        None => Ok("MEMORY_AND_DISK_DESER".to_owned()),
        Some(value) => storage_level::name_of(value).ok_or_else(|| py4j_error("persist", interp, value)),
    }
}
