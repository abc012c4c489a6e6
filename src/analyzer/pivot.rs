//! `pivot`: each value of a column becomes a column.
//!
//! ```text
//!   Pivot k, p IN (x, y), sum(n)      Project k, l[0] AS x, l[1] AS y
//!                                 →     Aggregate k: pivotfirst(p, s, x, y) AS l
//!                                         Aggregate k, p: sum(n) AS s
//! ```
//!
//! Aggregates whose results are no numbers are computed in one phase: `max(if (p <=> x) d else null) AS x`. Both ways are Spark's, and
//! differ in cells without rows: NULL in the first, even for counts; in the second what the aggregate gives for no rows.

use super::aggregate::without_alias;
use super::coercion::cast;
use super::errors::mismatch;
use super::exprs::Env;
use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::display::quote_if_needed;
use crate::logical::expr::{AggregateCall, Attribute, BinaryOp, Expr};
use crate::logical::functions::ScalarFunction;
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::rewrite::reads;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::sync::Arc;

/// A pivot's value as a column name.
fn pivot_text(value: &Scalar) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        other => Expr::literal(other.clone()).pretty_name(),
    }
}

impl Analyzer<'_> {
    /// Resolves a pivot.
    pub(super) fn pivot(
        &self,
        (grouping, column): (&[Expr], &Expr),
        values: Option<&[Expr]>,
        aggregates: &[Expr],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        if aggregates.iter().any(|expr| expr.any(|part| matches!(part, Expr::Star(_)))) {
            return Err(SparkError::analysis(
                "INVALID_USAGE_OF_STAR_OR_REGEX",
                "`*` cannot be used in the aggregates of a pivot",
            )
            .with_subject("*")
            .with_help("count rows with count(lit(1))"));
        }
        let mut env = Env::new(self, scope, input.output());
        let column = env.resolve(column)?;
        let values = match values {
            Some(values) => self.pivot_values(values, &column, &env)?,
            None => self.distinct_pivot_values(&column, input)?,
        };
        let resolved: Vec<Expr> =
            aggregates.iter().map(|expr| self.named(expr.clone(), &env)).collect::<Result<_>>()?;
        let written: Vec<String> =
            aggregates.iter().zip(&resolved).map(|(written, resolved)| self::written(written, resolved)).collect();
        let aggregates = resolved;
        for aggregate in &aggregates {
            if !aggregate.any(|part| matches!(part, Expr::Aggregate(_))) {
                return Err(SparkError::analysis(
                    "_LEGACY_ERROR_TEMP_1006",
                    format!("a pivot needs aggregates, and \"{}\" is none", aggregate.pretty_name()),
                ));
            }
        }
        if let Some(key) = grouping.iter().find(|key| matches!(env.resolve(key), Ok(Expr::Generator { .. }))) {
            return Err(super::allowed::outside_select(key));
        }
        let keys = if is_sql_pivot(grouping) {
            implicit_keys(&env.input, &column, &aggregates)
        } else {
            self.named_items(grouping.to_vec(), &mut env)?
        };
        let spreading = Spreading { keys, column, values, aggregates, input: input.clone() };
        if spreading.aggregates.iter().all(|aggregate| is_kept_in_place(&aggregate.data_type())) {
            self.in_two_phases(spreading, &written)
        } else {
            self.in_one_phase(spreading)
        }
    }

    /// One row for each key and value first, then those rows' values side by side.
    fn in_two_phases(&self, spreading: Spreading, written: &[String]) -> Result<Arc<LogicalPlan>> {
        let Spreading { keys, column, values, aggregates, input } = spreading;
        let column = match column {
            Expr::Attribute(_) => column,
            other => self.alias(other, "__pivot_col"),
        };
        let firsts: Vec<Expr> = aggregates
            .iter()
            .zip(written)
            .map(|(aggregate, text)| self.alias(without_alias(aggregate), text.clone()))
            .collect();
        let by = keys.iter().chain([&column]).map(without_alias).collect();
        let outputs = keys.iter().chain([&column]).chain(&firsts).cloned().collect();
        let rows = Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input });
        let keys = attributes(&keys);
        let mut lists = Vec::new();
        for (first, text) in firsts.iter().zip(written) {
            let [column, value] = [&column, first].map(|named| named.to_attribute().map(Expr::Attribute));
            let (Some(column), Some(value)) = (column, value) else {
                return Err(SparkError::internal("a pivot over a column without a name"));
            };
            let mut args = vec![column, value];
            args.extend(values.iter().map(|(value, _)| value.clone()));
            // Where Spark's function keeps its values.
            args.extend([Expr::int(0), Expr::int(0)]);
            let env = Env::new(self, Scope::EMPTY, rows.output());
            let list = env.types(Expr::call("pivotfirst", args))?;
            lists.push(self.alias(list, format!("__pivot_{text} AS {}", quote_if_needed(text))));
        }
        let outputs = keys.iter().chain(&lists).cloned().collect();
        let spread = Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(keys.clone()), outputs, input: rows });
        let env = Env::new(self, Scope::EMPTY, spread.output());
        let mut exprs = keys;
        for (place, (_, name)) in values.iter().enumerate() {
            for (aggregate, list) in aggregates.iter().zip(&lists) {
                let list = list.to_attribute().map(Expr::Attribute);
                let list = list.ok_or_else(|| SparkError::internal("a list of pivoted values without a name"))?;
                let at = Expr::int(i32::try_from(place).unwrap_or(i32::MAX));
                let cell = env.types(Expr::call("get_array_item", vec![list, at]))?;
                exprs.push(self.alias(cell, cell_name(name, aggregate, &aggregates)?));
            }
        }
        Ok(Arc::new(LogicalPlan::Project { exprs, input: spread }))
    }

    /// Each aggregate for each value, over the rows that have it.
    fn in_one_phase(&self, spreading: Spreading) -> Result<Arc<LogicalPlan>> {
        let Spreading { keys, column, values, aggregates, input } = spreading;
        let only = crate::logical::functions::scalar("if")?;
        let mut outputs = keys.clone();
        for (value, name) in &values {
            let here = Expr::binary(BinaryOp::NullSafeEq, column.clone(), value.clone());
            for aggregate in &aggregates {
                let cell = without_alias(aggregate).transform_up(&mut |part| match part {
                    Expr::Aggregate(call) => Expr::Aggregate(of_rows(call, &here, only)),
                    other => other,
                });
                outputs.push(self.alias(cell, cell_name(name, aggregate, &aggregates)?));
            }
        }
        let by = keys.iter().map(without_alias).collect();
        Ok(Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input }))
    }

    fn pivot_values(&self, values: &[Expr], column: &Expr, env: &Env<'_>) -> Result<Vec<(Expr, String)>> {
        values
            .iter()
            .map(|value| {
                let (name, value) = match value {
                    Expr::Alias { child, name, .. } => (Some(name.clone()), child.as_ref()),
                    other => (None, other),
                };
                let resolved = env.resolve(value)?;
                let name = name.unwrap_or_else(|| match &resolved {
                    Expr::Literal(value, _) => pivot_text(value),
                    other => other.pretty_name(),
                });
                let ansi = self.context.conf.ansi();
                if !crate::logical::functions::can_cast(&resolved.data_type(), &column.data_type(), ansi) {
                    return Err(mismatch(
                        "UNEXPECTED_INPUT_TYPE",
                        &resolved.pretty_name(),
                        format!("the pivot column is {}", column.data_type().sql()),
                    ));
                }
                Ok((cast(resolved, &column.data_type(), ansi), name))
            })
            .collect()
    }

    fn distinct_pivot_values(&self, column: &Expr, input: &Arc<LogicalPlan>) -> Result<Vec<(Expr, String)>> {
        let limit = usize::try_from(self.context.conf.number("spark.sql.pivotMaxValues", 10_000)).unwrap_or(10_000);
        let found = self.context.catalog.distinct_values(input, column, limit)?;
        if found.len() > limit {
            return Err(SparkError::analysis(
                "_LEGACY_ERROR_TEMP_1324",
                format!("the pivot column has more than {limit} distinct values"),
            )
            .with_help("give the values you want: pivot(\"column\", [\"a\", \"b\"])"));
        }
        Ok(found
            .into_iter()
            .map(|value| {
                let name = pivot_text(&value);
                (Expr::Literal(value, column.data_type()), name)
            })
            .collect())
    }
}

/// SQL's `PIVOT` groups by every column that it does not mention; the parser says so with a lone star.
fn is_sql_pivot(grouping: &[Expr]) -> bool {
    matches!(grouping, [Expr::Star(None)])
}

fn implicit_keys(input: &[Attribute], column: &Expr, aggregates: &[Expr]) -> Vec<Expr> {
    let used: Vec<_> =
        std::iter::once(column).chain(aggregates).flat_map(Expr::references).map(|attribute| attribute.id).collect();
    input.iter().filter(|column| !used.contains(&column.id)).cloned().map(Expr::Attribute).collect()
}

/// A pivot, resolved.
struct Spreading {
    keys: Vec<Expr>,
    column: Expr,
    /// With their names.
    values: Vec<(Expr, String)>,
    aggregates: Vec<Expr>,
    input: Arc<LogicalPlan>,
}

/// Types whose values Spark writes over each other in a row.
fn is_kept_in_place(data_type: &DataType) -> bool {
    data_type.is_numeric() || *data_type == DataType::Boolean
}

/// Named expressions as columns of what computes them.
fn attributes(named: &[Expr]) -> Vec<Expr> {
    named.iter().filter_map(Expr::to_attribute).map(Expr::Attribute).collect()
}

/// A value's name, and the aggregate's where there are several.
fn cell_name(value: &str, aggregate: &Expr, aggregates: &[Expr]) -> Result<String> {
    if aggregates.len() == 1 {
        return Ok(value.to_owned());
    }
    let cell = aggregate.to_attribute().ok_or_else(|| SparkError::internal("an aggregate without a name"))?;
    Ok(format!("{value}_{}", cell.name))
}

/// The call over the rows of one pivot value: others give it nulls, which it leaves out.
fn of_rows(mut call: AggregateCall, here: &Expr, function: &'static ScalarFunction) -> AggregateCall {
    let only = |arg: Expr| {
        let data_type = arg.data_type();
        let args = vec![here.clone(), arg, Expr::Literal(Scalar::Null, data_type.clone())];
        Expr::Function { function, args, data_type, nullable: true }
    };
    let is_positional = matches!(call.function.name, "first" | "last" | "any_value");
    for (at, arg) in call.args.iter_mut().enumerate() {
        // What follows the first argument and reads no column are settings.
        if at == 0 || !reads(arg).is_empty() {
            *arg = only(arg.clone());
        }
    }
    if is_positional {
        call.args.truncate(1);
        call.args.push(Expr::Literal(Scalar::Boolean(true), DataType::Boolean));
    }
    call
}

/// An aggregate as written, in SQL.
fn written(aggregate: &Expr, resolved: &Expr) -> String {
    let text = without_alias(resolved).pretty_name();
    match aggregate {
        Expr::Alias { name, .. } => format!("{text} AS {}", quote_if_needed(name)),
        _ => text,
    }
}
