//! Grouping: `groupBy`, `rollup`, `cube`, `groupingSets`, and `GroupedData`.

use super::{Method, frame, key};
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::types::DataType;
use crate::pyspark::api::column::{Column, column_or_name, lit};
use crate::pyspark::api::java_order::ordered_texts;
use crate::pyspark::api::support::{given, raise, text_argument};
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("groupBy", group_by),
    ("groupby", group_by),
    ("rollup", |interp, _, plan, args| {
        let keys = keys(interp, plan, args)?;
        Ok(grouped(plan, Grouping::Rollup(keys)))
    }),
    ("cube", |interp, _, plan, args| {
        let keys = keys(interp, plan, args)?;
        Ok(grouped(plan, Grouping::Cube(keys)))
    }),
    ("groupingSets", grouping_sets),
    ("agg", |interp, _, plan, args| {
        let group = GroupedData { plan: plan.clone(), grouping: Grouping::By(Vec::new()), pivot: None };
        group.agg(interp, args)
    }),
];

/// What `groupBy` gives.
pub struct GroupedData {
    plan: Plan,
    grouping: Grouping,
    pivot: Option<(Expr, Option<Vec<Expr>>)>,
}

/// The methods of grouped data.
pub const GROUPED_METHODS: &[&str] =
    &["agg", "apply", "applyInPandas", "avg", "cogroup", "count", "max", "mean", "min", "pivot", "sum"];

fn grouped(plan: &Plan, grouping: Grouping) -> Value {
    Value::object(GroupedData { plan: plan.clone(), grouping, pivot: None })
}

fn keys(interp: &mut Interpreter, plan: &Plan, args: Args) -> PyResult<Vec<Expr>> {
    let items = args.flattened(interp)?;
    items.iter().map(|item| key(interp, plan, "cols", item)).collect()
}

fn group_by(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let keys = keys(interp, plan, args)?;
    Ok(grouped(plan, Grouping::By(keys)))
}

fn grouping_sets(interp: &mut Interpreter, _this: &Value, plan: &Plan, args: Args) -> PyResult {
    let mut items = args.positional.into_iter();
    let lists = items.next().unwrap_or(Value::None);
    let mut sets = Vec::new();
    for list in interp.items(&lists)? {
        let columns = list.as_items().unwrap_or_else(|| vec![list.clone()]);
        sets.push(
            columns.iter().map(|item| column_or_name(interp, "groupingSets", item)).collect::<PyResult<Vec<_>>>()?,
        );
    }
    let rest: Vec<Value> = items.collect();
    let by = rest.iter().map(|item| column_or_name(interp, "cols", item)).collect::<PyResult<Vec<_>>>()?;
    Ok(grouped(plan, Grouping::Sets { by, sets }))
}

impl GroupedData {
    fn keys(&self) -> Vec<Expr> {
        match &self.grouping {
            Grouping::By(keys) | Grouping::Rollup(keys) | Grouping::Cube(keys) => keys.clone(),
            Grouping::Sets { by, .. } => by.clone(),
        }
    }

    fn finish(&self, interp: &mut Interpreter, aggregates: Vec<Expr>) -> PyResult {
        let input = self.plan.clone();
        if let Some((column, values)) = &self.pivot {
            return frame(
                interp,
                LogicalPlan::Pivot {
                    grouping: self.keys(),
                    column: Box::new(column.clone()),
                    values: values.clone(),
                    aggregates,
                    input,
                },
            );
        }
        let mut outputs = self.keys();
        outputs.extend(aggregates);
        frame(interp, LogicalPlan::Aggregate { grouping: self.grouping.clone(), outputs, input })
    }

    fn agg(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let not_columns = || Raised::named("AssertionError", "all exprs should be Column");
        if args.positional.is_empty() {
            return Err(Raised::named("AssertionError", "exprs should not be empty"));
        }
        if let [only] = args.positional.as_slice()
            && let Some(dict) = only.as_dict()
        {
            let mut pairs = Vec::new();
            for (column, function) in dict.borrow().iter() {
                pairs.push((text_argument(interp, "exprs", column)?, text_argument(interp, "exprs", function)?));
            }
            let aggregates = ordered_texts(pairs)
                .into_iter()
                .map(|(column, function)| named(&column, &function))
                .collect::<PyResult<_>>()?;
            return self.finish(interp, aggregates);
        }
        let mut aggregates = Vec::new();
        for item in &args.positional {
            aggregates.push(item.downcast::<Column>().ok_or_else(not_columns)?.expr.clone());
        }
        self.finish(interp, aggregates)
    }

    fn simple(&self, interp: &mut Interpreter, function: &str, args: Args) -> PyResult {
        let items = args.flattened(interp)?;
        let names: Vec<String> =
            items.iter().map(|item| text_argument(interp, "cols", item)).collect::<PyResult<_>>()?;
        let mut columns = Vec::new();
        if names.is_empty() {
            let numeric = self.plan.output().into_iter().filter(|column| column.data_type.is_numeric());
            columns.extend(numeric.map(Expr::Attribute));
        }
        for name in &names {
            let column = super::resolve(interp, &self.plan, name)?;
            let data_type = column.data_type();
            if data_type != DataType::Null && !data_type.is_numeric() {
                return Err(raise(
                    ErrorClass::AnalysisException,
                    "_LEGACY_ERROR_TEMP_1323",
                    format!("\"{name}\" is not a numeric column. Aggregation function can only be applied on a numeric column."),
                )
                .with_help(format!("use agg(F.{function}(\"{name}\")) for columns that are not numbers")));
            }
            columns.push(column);
        }
        let function = if function == "mean" { "avg" } else { function };
        let aggregates = columns.into_iter().map(|column| Expr::call(function, vec![column])).collect();
        self.finish(interp, aggregates)
    }

    fn pivoted(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let [column, values] = args.bind("pivot", ["pivot_col", "values"], 1)?;
        if self.pivot.is_some() {
            return Err(SparkError::new(
                ErrorClass::UnsupportedOperationException,
                "The PIVOT clause may be used at most once per query.",
            )
            .with_condition("REPEATED_CLAUSE")
            .into());
        }
        if !matches!(self.grouping, Grouping::By(_)) {
            return Err(SparkError::new(
                ErrorClass::UnsupportedOperationException,
                "The pivot operation is only supported after groupBy.",
            )
            .with_condition("UNSUPPORTED_FEATURE.PIVOT_AFTER_GROUP_BY")
            .into());
        }
        let name = text_argument(interp, "pivot_col", &column.unwrap_or(Value::None))?;
        let column = super::resolve(interp, &self.plan, &name)?;
        let values = match given(values) {
            None => None,
            Some(values) => {
                let items = interp.items(&values)?;
                Some(items.iter().map(|item| lit(interp, item)).collect::<PyResult<Vec<_>>>()?)
            }
        };
        Ok(Value::object(GroupedData {
            plan: self.plan.clone(),
            grouping: self.grouping.clone(),
            pivot: Some((column, values)),
        }))
    }
}

/// `{column: function}` as an aggregate.
fn named(column: &str, function: &str) -> PyResult<Expr> {
    let folded = function.to_lowercase();
    let argument = if column == "*" { Expr::int(1) } else { crate::pyspark::api::support::column_of_name(column)? };
    Ok(match folded.as_str() {
        "average" | "mean" => Expr::call("avg", vec![argument]),
        "size" => Expr::call("count", vec![argument]),
        _ => Expr::call(folded, vec![argument]),
    })
}

impl Object for GroupedData {
    fn type_name(&self) -> &'static str {
        "GroupedData"
    }

    fn methods(&self) -> &'static [&'static str] {
        GROUPED_METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "agg" => self.agg(interp, args),
            "count" => self.finish(interp, vec![Expr::call("count", vec![Expr::int(1)]).alias("count")]),
            "avg" | "mean" | "max" | "min" | "sum" => self.simple(interp, name, args),
            "pivot" => self.pivoted(interp, args),
            "apply" | "applyInPandas" | "cogroup" => Err(Raised::unsupported(
                format!("GroupedData.{name}"),
                "use agg() with functions of pyspark.sql.functions",
            )),
            _ => return None,
        })
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let typed = |name: &str, data_type: &DataType| format!("{name}: {}", data_type.catalog_string());
        let keys: Vec<String> = self
            .keys()
            .iter()
            .map(|key| match key {
                Expr::Attribute(column) => typed(&column.name, &column.data_type),
                other => other.pretty_name(),
            })
            .collect();
        let output = self.plan.output();
        let mut values: Vec<String> =
            output.iter().take(2).map(|column| typed(&column.name, &column.data_type)).collect();
        if output.len() > 2 {
            let more = output.len() - 2;
            let last = values.pop().unwrap_or_default();
            values.push(format!("{last} ... {more} more field{}", if more == 1 { "" } else { "s" }));
        }
        let kind = match (&self.pivot, &self.grouping) {
            (Some(_), _) => "Pivot",
            (None, Grouping::By(_)) => "GroupBy",
            (None, Grouping::Rollup(_)) => "Rollup",
            (None, Grouping::Cube(_)) => "Cube",
            (None, Grouping::Sets { .. }) => "GroupingSets",
        };
        let (keys, values) = (keys.join(", "), values.join(", "));
        Ok(format!("GroupedData[grouping expressions: [{keys}], value: [{values}], type: {kind}]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dict_of_aggregates_comes_in_java_order() {
        let pairs = [("salary", "max"), ("age", "avg")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let names: Vec<String> = ordered_texts(pairs.to_vec()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 2);
    }
}
