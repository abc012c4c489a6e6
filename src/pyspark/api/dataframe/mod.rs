//! `DataFrame`: an analyzed plan as a Python object.
//!
//! Every transformation makes a plan over the frame's own analyzed plan and asks the host to resolve it at once, so that errors come at the
//! line that made them. Actions ask the host to run it.

mod actions;
mod closest;
mod frequent;
mod group;
mod join;
mod nulls;
mod numbered;
pub mod observation;
mod order;
mod partition;
mod select;
mod sets;
mod stat;
mod text;
mod transpose;

pub use actions::{collect_rows, persist_level};
pub(super) use text::all_plans;

use super::column::{Column, column_value};
use super::support::{analyze, column_of_name, not_expected_type, raise};
use crate::common::ErrorClass;
use crate::logical::expr::{Attribute, Expr, TakenFrom};
use crate::logical::plan::{JoinConstraint, LogicalPlan};
use crate::pyspark::host::Host;
use crate::pyspark::lang::{
    Args, Interpreter, Object, PyResult, Raised, Value, attribute_error, index_error, type_error,
};
use std::cell::Cell;
use std::sync::Arc;

/// A frame.
pub struct DataFrame {
    pub plan: Arc<LogicalPlan>,
    /// The plan as the script wrote it: its last step is not analyzed.
    written: Arc<LogicalPlan>,
    /// Whether `cache` or `persist` was called on this very object.
    cached: Cell<bool>,
    /// The session that made it.
    session: u32,
}

/// `df.na`, `df.stat`.
pub struct Functions {
    name: &'static str,
    frame: Value,
}

type Method = fn(&mut Interpreter, &Value, &Arc<LogicalPlan>, Args) -> PyResult;

/// Every method, by the file that holds it.
const TABLES: &[&[(&str, Method)]] = &[
    select::METHODS,
    join::METHODS,
    closest::METHODS,
    sets::METHODS,
    order::METHODS,
    group::METHODS,
    partition::METHODS,
    nulls::METHODS,
    stat::METHODS,
    frequent::METHODS,
    transpose::METHODS,
    actions::METHODS,
    text::METHODS,
    numbered::METHODS,
    observation::METHODS,
];

/// The names of all methods, in alphabetical order.
pub const METHODS: &[&str] = &[
    "agg",
    "alias",
    "asTable",
    "approxQuantile",
    "cache",
    "checkpoint",
    "coalesce",
    "colRegex",
    "collect",
    "corr",
    "count",
    "cov",
    "createGlobalTempView",
    "createOrReplaceGlobalTempView",
    "createOrReplaceTempView",
    "createTempView",
    "crossJoin",
    "crosstab",
    "cube",
    "describe",
    "distinct",
    "drop",
    "dropDuplicates",
    "drop_duplicates",
    "dropna",
    "exceptAll",
    "exists",
    "explain",
    "fillna",
    "filter",
    "first",
    "foreach",
    "foreachPartition",
    "freqItems",
    "groupBy",
    "groupby",
    "groupingSets",
    "head",
    "hint",
    "inputFiles",
    "intersect",
    "intersectAll",
    "isEmpty",
    "isLocal",
    "join",
    "lateralJoin",
    "limit",
    "localCheckpoint",
    "mapInArrow",
    "mapInPandas",
    "melt",
    "nearestByJoin",
    "observe",
    "offset",
    "orderBy",
    "pandas_api",
    "persist",
    "printSchema",
    "randomSplit",
    "registerTempTable",
    "repartition",
    "repartitionById",
    "repartitionByRange",
    "replace",
    "rollup",
    "sameSemantics",
    "sample",
    "sampleBy",
    "scalar",
    "select",
    "selectExpr",
    "semanticHash",
    "show",
    "sort",
    "sortWithinPartitions",
    "subtract",
    "summary",
    "tail",
    "take",
    "to",
    "toArrow",
    "toDF",
    "toJSON",
    "toLocalIterator",
    "toPandas",
    "transform",
    "transpose",
    "union",
    "unionAll",
    "unionByName",
    "unpersist",
    "unpivot",
    "where",
    "withColumn",
    "withColumnRenamed",
    "withColumns",
    "withColumnsRenamed",
    "withMetadata",
    "withWatermark",
    "writeTo",
    "zip",
    "zipWithIndex",
];

/// Attributes that are no methods.
pub const ATTRIBUTES: &[&str] = &[
    "columns",
    "dtypes",
    "executionInfo",
    "isStreaming",
    "is_cached",
    "na",
    "rdd",
    "schema",
    "sparkSession",
    "sql_ctx",
    "stat",
    "storageLevel",
    "write",
    "writeStream",
];

/// The schema, with the metadata that aliases gave to columns.
fn with_metadata(plan: &Arc<LogicalPlan>) -> crate::logical::types::StructType {
    let mut schema = plan.schema();
    let mut found = std::collections::BTreeMap::new();
    plan.visit(&mut |node| {
        for expr in node.expressions() {
            if let Expr::Alias { child, id, metadata, .. } = expr {
                let inherited = match child.as_ref() {
                    Expr::Attribute(column) if metadata.is_none() => Some(column.id),
                    _ => None,
                };
                found.entry(*id).or_insert((metadata.clone(), inherited));
            }
        }
    });
    for (field, column) in schema.fields.iter_mut().zip(plan.output()) {
        let mut next = Some(column.id);
        while let Some((metadata, inherited)) = next.and_then(|id| found.get(&id)) {
            if let Some(metadata) = metadata {
                field.metadata.clone_from(metadata);
            }
            next = *inherited;
        }
    }
    schema
}

/// Resolves a plan and gives it as a frame.
///
/// # Errors
/// Spark's analysis errors.
pub fn frame(interp: &mut Interpreter, plan: LogicalPlan) -> PyResult {
    let written = Arc::new(plan);
    if is_open(interp, &written) {
        interp.extension::<Open>().0.push(written.clone());
        return Ok(made(interp.host()?, written.clone(), written));
    }
    let host = interp.host()?;
    let plan = host.analyze(written.clone())?;
    host.frame_made(&written, &plan);
    Ok(made(host, written, plan))
}

/// A frame of the session that counts now.
fn made(host: &dyn Host, written: Arc<LogicalPlan>, plan: Arc<LogicalPlan>) -> Value {
    Value::object(DataFrame { plan, written, cached: Cell::new(false), session: host.session_number() })
}

/// Plans with columns of a query around them (`col.outer()`): they are resolved where they are used as a subquery.
#[derive(Default)]
struct Open(Vec<Arc<LogicalPlan>>);

fn is_open(interp: &mut Interpreter, plan: &LogicalPlan) -> bool {
    let is_name = |part: &Expr| matches!(part, Expr::UnresolvedAttribute(_));
    let refers = |expr: &&Expr| {
        expr.any(|part| matches!(part, Expr::Call(call) if call.name == "outer" && call.args.iter().any(|arg| arg.any(is_name))))
    };
    let open = &interp.extension::<Open>().0;
    let above = |child: &&Arc<LogicalPlan>| open.iter().any(|own| Arc::ptr_eq(own, child));
    let mut inputs = plan.children();
    if let LogicalPlan::Join { constraint: JoinConstraint::Lateral(_), .. } = plan {
        // Its right side is the subquery.
        inputs.truncate(1);
    }
    plan.expressions().iter().any(refers) || (!open.is_empty() && inputs.iter().any(above))
}

/// A resolved plan as a frame.
pub fn frame_of(host: &mut dyn Host, plan: Arc<LogicalPlan>) -> Value {
    frame_of_text(host, plan.clone(), plan)
}

/// A resolved plan as a frame, with the plan that its text stands for.
pub fn frame_of_text(host: &mut dyn Host, written: Arc<LogicalPlan>, plan: Arc<LogicalPlan>) -> Value {
    host.frame_made(&plan, &plan);
    made(host, written, plan)
}

/// The plan of an argument that must be a frame.
///
/// # Errors
/// `AttributeError`, as PySpark gives it.
pub fn plan_of(interp: &Interpreter, value: &Value) -> PyResult<Arc<LogicalPlan>> {
    match value.downcast::<DataFrame>() {
        Some(frame) => Ok(frame.plan.clone()),
        None => {
            let class = interp.type_name(value);
            Err(attribute_error(format!("'{class}' object has no attribute '_jdf'"))
                .with_help("this argument must be a DataFrame; read it or look it up first (spark.table, spark.read)"))
        }
    }
}

/// Notes whether `cache` was called on a frame.
fn note_cached(this: &Value, cached: bool) {
    if let Some(frame) = this.downcast::<DataFrame>() {
        frame.cached.set(cached);
    }
}

/// `frame.hint(name, …)`, also behind `F.broadcast`.
///
/// # Errors
/// `AttributeError` when it is no frame.
pub fn hint(interp: &mut Interpreter, value: &Value, name: &str, parameters: Vec<Expr>) -> PyResult {
    let input = plan_of(interp, value)?;
    frame(interp, LogicalPlan::Hint { name: name.to_owned(), parameters, input })
}

/// The column of a frame by name, resolved.
///
/// # Errors
/// `UNRESOLVED_COLUMN`, `AMBIGUOUS_REFERENCE`.
pub fn resolve(interp: &mut Interpreter, plan: &Arc<LogicalPlan>, name: &str) -> PyResult<Expr> {
    let expr = column_of_name(name)?;
    if matches!(expr, Expr::Star(_)) {
        return Ok(expr);
    }
    let mut matches = plan.output().into_iter().enumerate().filter(|(_, column)| column.name == name);
    if let (Some((position, column)), None) = (matches.next(), matches.next()) {
        return Ok(taken(plan, Some(position), column));
    }
    let resolved = analyze(interp, LogicalPlan::Project { exprs: vec![expr], input: plan.clone() })?;
    match resolved.as_ref() {
        LogicalPlan::Project { exprs, .. } => match exprs.first() {
            // A field of a struct is called as its last part was written.
            Some(Expr::Alias { child, name, .. }) => Ok(child.as_ref().clone().alias(name.clone())),
            Some(Expr::Attribute(column)) => Ok(taken_from(plan, column.clone())),
            Some(other) => Ok(other.clone()),
            None => Err(attribute_error(name)),
        },
        other => match other.output().into_iter().next() {
            Some(column) => Ok(taken_from(plan, column)),
            None => Err(attribute_error(name)),
        },
    }
}

/// A column that remembers the frame that it was taken from.
fn taken_from(plan: &Arc<LogicalPlan>, column: Attribute) -> Expr {
    taken(plan, plan.output().iter().position(|own| own.id == column.id), column)
}

fn taken(plan: &Arc<LogicalPlan>, position: Option<usize>, column: Attribute) -> Expr {
    let taken = position.map(|position| TakenFrom { plan: Arc::as_ptr(plan) as usize, position });
    Expr::Attribute(Attribute { taken, ..column })
}

/// `frame["*"]`: all columns of this frame, also where it is one side of a join.
pub(super) struct AllColumns(pub(super) Vec<Expr>);

impl Object for AllColumns {
    fn type_name(&self) -> &'static str {
        "Column"
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok("Column<'*'>".to_owned())
    }
}

/// The columns as expressions.
#[must_use]
pub fn attributes(plan: &LogicalPlan) -> Vec<Expr> {
    plan.output().into_iter().map(Expr::Attribute).collect()
}

/// The column that an output position has, 0-based; negative counts from the end.
pub(crate) fn at_position(plan: &LogicalPlan, index: i64) -> PyResult<Attribute> {
    let output = plan.output();
    let at = if index < 0 { index + output.len() as i64 } else { index };
    usize::try_from(at)
        .ok()
        .and_then(|at| output.into_iter().nth(at))
        .ok_or_else(|| index_error("list index out of range"))
}

/// A column, a name, or a 1-based position.
pub(crate) fn key(interp: &mut Interpreter, plan: &Arc<LogicalPlan>, argument: &str, value: &Value) -> PyResult<Expr> {
    if let (Value::Int(position), None) = (value, value.as_bool()) {
        if *position < 1 {
            return Err(raise(
                ErrorClass::PySparkIndexError,
                "INDEX_NOT_POSITIVE",
                format!("Index must be positive, got '{position}'."),
            ));
        }
        return Ok(taken_from(plan, at_position(plan, *position - 1)?));
    }
    super::column::column_or_name(interp, argument, value)
}

impl Object for DataFrame {
    fn type_name(&self) -> &'static str {
        "DataFrame"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn attribute_names(&self) -> Vec<String> {
        let columns = self.plan.output().into_iter().map(|column| column.name);
        columns.chain(ATTRIBUTES.iter().map(|name| (*name).to_owned())).collect()
    }

    fn get_attr(&self, interp: &mut Interpreter, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let schema = || with_metadata(&self.plan);
        Ok(Some(match name {
            "columns" => Value::strings(schema().names()),
            "dtypes" => Value::list(
                schema()
                    .fields
                    .iter()
                    .map(|f| Value::tuple(vec![Value::str(&f.name), Value::str(f.data_type.catalog_string())]))
                    .collect(),
            ),
            "schema" => super::types::type_value(crate::logical::types::DataType::Struct(schema())),
            "write" => super::writer::writer(&self.plan),
            "na" | "stat" => {
                let name = if name == "na" { "DataFrameNaFunctions" } else { "DataFrameStatFunctions" };
                Value::object(Functions { name, frame: this.clone() })
            }
            "rdd" => super::rdd::of_frame(&self.plan),
            "is_cached" => Value::Bool(self.cached.get()),
            "storageLevel" => {
                let level = interp.host()?.storage_level(&self.plan);
                super::storage_level::value(level.as_deref().unwrap_or("NONE"))
            }
            "isStreaming" => Value::Bool(false),
            "sparkSession" => super::session::of_number(interp, self.session)?,
            "sql_ctx" => super::session::of_number(interp, self.session)?,
            "writeStream" => {
                return Err(Raised::unsupported("Structured Streaming (`writeStream`)", "write a batch with df.write"));
            }
            "_jdf" => super::java::frame(this),
            "plot" => {
                return Err(Raised::unsupported(
                    "DataFrame.plot",
                    "on real Spark it draws with plotly; here collect the rows, and print or write them",
                ));
            }
            "executionInfo" => return Err(Raised::unsupported("`executionInfo`", "use df.explain()")),
            _ if METHODS.contains(&name) || name.starts_with("__") => return Ok(None),
            // An attribute is a column only in its very spelling, unlike names elsewhere.
            _ if self.plan.output().iter().any(|column| column.name == name) => {
                column_value(resolve(interp, &self.plan, name)?)
            }
            _ => return Ok(None),
        }))
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let method = TABLES.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == name)?.1;
        super::session::enter(interp, self.session);
        Some(method(interp, this, &self.plan, args))
    }

    fn missing_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> Option<Raised> {
        let candidates = self.attribute_names();
        let near =
            crate::common::text::nearest(name, candidates.iter().map(String::as_str).chain(METHODS.iter().copied()), 2);
        let error = raise(
            ErrorClass::PySparkAttributeError,
            "ATTRIBUTE_NOT_SUPPORTED",
            format!("Attribute `{name}` is not supported."),
        )
        .with_subject(name);
        Some(if near.is_empty() { error } else { error.with_help(format!("did you mean `{}`?", near.join("` or `"))) })
    }

    fn get_item(&self, interp: &mut Interpreter, _this: &Value, key: &Value) -> PyResult<Option<Value>> {
        if key.as_str() == Some("*") {
            return Ok(Some(Value::object(AllColumns(attributes(&self.plan)))));
        }
        if let Some(name) = key.as_str() {
            return Ok(Some(column_value(resolve(interp, &self.plan, name)?)));
        }
        if let Some(column) = key.downcast::<Column>() {
            let condition = column.expr.clone();
            return frame(interp, LogicalPlan::Filter { condition, input: self.plan.clone() }).map(Some);
        }
        if let Some(items) = key.as_items() {
            let exprs = select::columns(interp, &items)?;
            return frame(interp, LogicalPlan::Project { exprs, input: self.plan.clone() }).map(Some);
        }
        match key.as_int() {
            Some(index) => Ok(Some(column_value(taken_from(&self.plan, at_position(&self.plan, index)?)))),
            None => Err(not_expected_type(interp, "item", "Column, float, integer, list, string or tuple", key)),
        }
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Ok(Some(Value::iter_over(attributes(&self.plan).into_iter().map(column_value).collect())))
    }

    fn call(&self, _interp: &mut Interpreter, _this: &Value, _args: Args) -> Option<PyResult> {
        Some(Err(type_error("'DataFrame' object is not callable")))
    }

    fn truth(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<bool>> {
        Ok(Some(true))
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let parts: Vec<String> = self
            .plan
            .schema()
            .fields
            .iter()
            .map(|field| format!("{}: {}", field.name, field.data_type.catalog_string()))
            .collect();
        Ok(format!("DataFrame[{}]", parts.join(", ")))
    }
}

impl Object for Functions {
    fn type_name(&self) -> &str {
        self.name
    }

    fn methods(&self) -> &'static [&'static str] {
        if self.name == "DataFrameNaFunctions" {
            &["drop", "fill", "replace"]
        } else {
            &["approxQuantile", "corr", "cov", "crosstab", "freqItems", "sampleBy"]
        }
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        if !self.methods().contains(&name) {
            return None;
        }
        let name = match (self.name, name) {
            ("DataFrameNaFunctions", "drop") => "dropna",
            ("DataFrameNaFunctions", "fill") => "fillna",
            (_, same) => same,
        };
        Some(interp.call_method(&self.frame, name, args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_method_is_in_a_table() {
        let mut found: Vec<&str> = TABLES.iter().flat_map(|table| table.iter()).map(|(name, _)| *name).collect();
        // Private methods work where they are called; no list shows them.
        found.retain(|name| !name.starts_with('_'));
        found.sort_unstable();
        let mut listed = METHODS.to_vec();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}
