//! Choosing, adding, renaming and dropping columns; filters; aliases.

use super::{AllColumns, Method, attributes, frame, resolve};
use crate::common::ErrorClass;
use crate::logical::expr::{CastMode, Expr};
use crate::logical::plan::LogicalPlan;
use crate::pyspark::api::column::{Column, column_or_name, column_value};
use crate::pyspark::api::support::{given, names_argument, not_expected_type, raise, text_argument};
use crate::pyspark::api::types::schema_argument;
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("select", select),
    ("selectExpr", select_expr),
    ("filter", filter),
    ("where", filter),
    ("withColumn", with_column),
    ("withColumns", with_columns),
    ("withColumnRenamed", with_column_renamed),
    ("withColumnsRenamed", with_columns_renamed),
    ("withMetadata", with_metadata),
    ("scalar", |_, _, plan, _| Ok(column_value(Expr::ScalarSubquery(plan.clone())))),
    ("exists", |_, _, plan, _| Ok(column_value(Expr::Exists(plan.clone())))),
    ("drop", drop),
    ("alias", alias),
    ("toDF", to_df),
    ("to", to),
    ("transform", transform),
    ("hint", hint),
    ("colRegex", col_regex),
    ("unpivot", unpivot),
    ("melt", unpivot),
];

/// Columns from column objects and names.
pub(super) fn columns(interp: &mut Interpreter, items: &[Value]) -> PyResult<Vec<Expr>> {
    let mut exprs = Vec::with_capacity(items.len());
    for item in items {
        match item.downcast::<AllColumns>() {
            Some(all) => exprs.extend(all.0.iter().cloned()),
            None => exprs.push(column_or_name(interp, "cols", item)?),
        }
    }
    Ok(exprs)
}

fn select(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let items = args.flattened(interp)?;
    let exprs = columns(interp, &items)?;
    frame(interp, LogicalPlan::Project { exprs, input: plan.clone() })
}

fn select_expr(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let items = args.flattened(interp)?;
    let mut exprs = Vec::with_capacity(items.len());
    for item in &items {
        let text = text_argument(interp, "expr", item)?;
        exprs.push(interp.host()?.parse_expr(&text)?);
    }
    frame(interp, LogicalPlan::Project { exprs, input: plan.clone() })
}

fn filter(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [condition] = args.bind("filter", ["condition"], 1)?;
    let condition = condition.unwrap_or(Value::None);
    let condition = if let Some(column) = condition.downcast::<Column>() {
        column.expr.clone()
    } else if let Some(text) = condition.as_str() {
        interp.host()?.parse_expr(text)?
    } else {
        return Err(not_expected_type(interp, "condition", "Column or str", &condition));
    };
    frame(interp, LogicalPlan::Filter { condition, input: plan.clone() })
}

fn column_argument(interp: &Interpreter, argument: &str, value: &Value) -> PyResult<Expr> {
    match value.downcast::<Column>() {
        Some(column) => Ok(column.expr.clone()),
        None => Err(not_expected_type(interp, argument, "Column", value)),
    }
}

/// What to write where `withColumn` was given something that is no column.
fn instead_of_column(name: Option<&Value>, given: &Value) -> String {
    if name.is_some_and(|name| name.downcast::<Column>().is_some()) {
        return "the name comes first, then the column: withColumn(\"name\", column)".to_owned();
    }
    match given.as_str() {
        Some(text) => format!(
            "a text is no column: F.expr(\"{text}\") computes it, F.col(\"{text}\") is the column of that name, F.lit(\"{text}\") the same text in every row"
        ),
        None => "wrap a plain value with F.lit(…)".to_owned(),
    }
}

fn with_column(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [name, column] = args.bind("withColumn", ["colName", "col"], 2)?;
    let column = column.unwrap_or(Value::None);
    let column = column_argument(interp, "col", &column)
        .map_err(|error| error.with_help(instead_of_column(name.as_ref(), &column)))?;
    let name = text_argument(interp, "colName", &name.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::WithColumns { columns: vec![(name, column)], input: plan.clone() })
}

fn with_columns(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let map = args.one("withColumns")?;
    let Some(dict) = map.as_dict() else { return Err(not_expected_type(interp, "colsMap", "dict", &map)) };
    let mut columns = Vec::new();
    for (name, column) in dict.borrow().iter() {
        columns.push((text_argument(interp, "colName", name)?, column_argument(interp, "col", column)?));
    }
    frame(interp, LogicalPlan::WithColumns { columns, input: plan.clone() })
}

fn with_column_renamed(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [existing, new] = args.bind("withColumnRenamed", ["existing", "new"], 2)?;
    let existing = text_argument(interp, "existing", &existing.unwrap_or(Value::None))?;
    let new = text_argument(interp, "new", &new.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::WithColumnsRenamed { names: vec![(existing, new)], input: plan.clone() })
}

fn with_columns_renamed(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let map = args.only("withColumnsRenamed", "colsMap")?;
    let Some(dict) = map.as_dict() else { return Err(not_expected_type(interp, "colsMap", "dict", &map)) };
    let mut names = Vec::new();
    for (existing, new) in dict.borrow().iter() {
        names.push((text_argument(interp, "existing", existing)?, text_argument(interp, "new", new)?));
    }
    frame(interp, LogicalPlan::WithColumnsRenamed { names, input: plan.clone() })
}

fn with_metadata(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [name, metadata] = args.bind("withMetadata", ["columnName", "metadata"], 2)?;
    let name = text_argument(interp, "columnName", &name.unwrap_or(Value::None))?;
    let metadata = crate::pyspark::api::json::to_text(interp, &metadata.unwrap_or(Value::None))?;
    let child = resolve(interp, plan, &name)?;
    let column = Expr::Alias {
        child: Box::new(child),
        name: name.clone(),
        id: crate::common::ids::ExprId::UNASSIGNED,
        metadata: Some(metadata),
    };
    frame(interp, LogicalPlan::WithColumns { columns: vec![(name, column)], input: plan.clone() })
}

/// A column by its name, which must not be ambiguous; nothing when there is none.
fn named_once(interp: &mut Interpreter, plan: &Plan, column: &Expr) -> PyResult<Option<Expr>> {
    if !matches!(column, Expr::UnresolvedAttribute(_)) {
        return Ok(Some(column.clone()));
    }
    let chosen = LogicalPlan::Project { exprs: vec![column.clone()], input: plan.clone() };
    match interp.host()?.analyze(Arc::new(chosen)) {
        Ok(chosen) => Ok(chosen.output().into_iter().next().map(Expr::Attribute)),
        Err(error) if error.condition().is_some_and(|condition| condition.starts_with("UNRESOLVED_COLUMN")) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn drop(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let mut columns = Vec::new();
    for item in &args.positional {
        columns.push(if let Some(column) = item.downcast::<Column>() {
            match named_once(interp, plan, &column.expr)? {
                Some(column) => column,
                None => continue,
            }
        } else if let Some(name) = item.as_str() {
            Expr::UnresolvedAttribute(vec![name.to_owned()])
        } else {
            return Err(not_expected_type(interp, "col", "Column or str", item)
                .with_help("give the names one by one, or unpack a list: df.drop(*names)"));
        });
    }
    frame(interp, LogicalPlan::DropColumns { columns, input: plan.clone() })
}

fn alias(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [name] = args.bind("alias", ["alias"], 1)?;
    let name = text_argument(interp, "alias", &name.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::SubqueryAlias { name, input: plan.clone() })
}

fn to_df(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let items = args.flattened(interp)?;
    let names: Vec<String> = items.iter().map(|item| text_argument(interp, "cols", item)).collect::<PyResult<_>>()?;
    let output = plan.output();
    if names.len() != output.len() {
        return Err(raise(
            ErrorClass::AnalysisException,
            "ASSIGNMENT_ARITY_MISMATCH",
            format!(
                "The number of columns or variables assigned or aliased: {} does not match the number of source expressions: {}.",
                names.len(),
                output.len()
            ),
        ));
    }
    let exprs = output.into_iter().zip(names).map(|(column, name)| Expr::Attribute(column).alias(name)).collect();
    frame(interp, LogicalPlan::Project { exprs, input: plan.clone() })
}

fn to(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let schema = args.only("to", "schema")?;
    let (schema, _) = schema_argument(interp, "schema", &schema)?;
    let mut exprs = Vec::new();
    for field in &schema.fields {
        let child = resolve(interp, plan, &format!("`{}`", field.name))?;
        let cast =
            Expr::Cast { child: Box::new(child), to: field.data_type.clone(), mode: CastMode::Ansi, implicit: false };
        exprs.push(cast.alias(&field.name));
    }
    frame(interp, LogicalPlan::Project { exprs, input: plan.clone() })
}

fn transform(interp: &mut Interpreter, this: &Value, _plan: &Plan, mut args: Args) -> PyResult {
    if args.positional.is_empty() {
        return Err(crate::pyspark::lang::type_error("transform() missing 1 required positional argument: 'func'"));
    }
    let function = args.positional.remove(0);
    let result = interp.call(&function, args.prepend(this.clone()))?;
    if result.downcast::<super::DataFrame>().is_none() {
        let class = interp.type_name(&result);
        return Err(crate::pyspark::lang::Raised::named(
            "AssertionError",
            format!("Func returned an instance of type [{class}], should have been DataFrame."),
        ));
    }
    Ok(result)
}

fn hint(interp: &mut Interpreter, this: &Value, _plan: &Plan, args: Args) -> PyResult {
    let mut items = args.positional.into_iter();
    let name = text_argument(interp, "name", &items.next().unwrap_or(Value::None))?;
    let rest = Args::of(items.collect()).flattened(interp)?;
    let mut parameters = Vec::new();
    for item in &rest {
        parameters.push(match item.as_str() {
            Some(text) => Expr::column(text),
            None => crate::pyspark::api::column::lit(interp, item)?,
        });
    }
    super::hint(interp, this, &name, parameters)
}

fn col_regex(interp: &mut Interpreter, _this: &Value, _plan: &Plan, args: Args) -> PyResult {
    let pattern = args.only("colRegex", "colName")?;
    let pattern = text_argument(interp, "colName", &pattern)?;
    Ok(column_value(match pattern.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) => Expr::ColumnRegex(inner.to_owned()),
        None => crate::pyspark::api::support::column_of_name(&pattern)?,
    }))
}

fn unpivot(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let [ids, values, variable, value] =
        args.bind("unpivot", ["ids", "values", "variableColumnName", "valueColumnName"], 4)?;
    let list = |interp: &mut Interpreter, value: Option<Value>| -> PyResult<Option<Vec<Expr>>> {
        let Some(value) = given(value) else { return Ok(None) };
        let items = value.as_items().unwrap_or_else(|| vec![value.clone()]);
        Ok(Some(columns(interp, &items)?))
    };
    let ids = list(interp, ids)?.unwrap_or_default();
    let values = match list(interp, values)? {
        Some(values) => values,
        None => {
            let kept: Vec<String> = ids.iter().map(Expr::pretty_name).collect();
            attributes(plan).into_iter().filter(|column| !kept.contains(&column.pretty_name())).collect()
        }
    };
    if values.is_empty() {
        return Err(raise(
            ErrorClass::AnalysisException,
            "UNPIVOT_REQUIRES_VALUE_COLUMNS",
            "At least one value column needs to be specified for UNPIVOT, all columns specified as ids.",
        ));
    }
    let variable = text_argument(interp, "variableColumnName", &variable.unwrap_or(Value::None))?;
    let value = text_argument(interp, "valueColumnName", &value.unwrap_or(Value::None))?;
    frame(interp, LogicalPlan::Unpivot { ids, values, variable, value, input: plan.clone() })
}

/// Names that must exist, as resolved columns.
pub(super) fn existing(interp: &mut Interpreter, plan: &Plan, argument: &str, value: &Value) -> PyResult<Vec<Expr>> {
    let names = names_argument(interp, argument, value)?;
    names.iter().map(|name| resolve(interp, plan, name)).collect()
}
