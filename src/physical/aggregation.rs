//! Lays out aggregations in phases.
//!
//! ```text
//!   without DISTINCT                with one group of DISTINCT arguments
//!     Final    by k                   Final         by k
//!       Partial by k                    Partial(Merge) by k      distinct ones updated, others merged
//!                                         PartialMerge by k, d   duplicates gone
//!                                           Partial    by k, d
//! ```
//!
//! Several groups of distinct arguments are rewritten by the optimizer before (`RewriteDistinctAggregates`). The exchanges between the
//! phases are added by [`super::requirements`].

use super::plan::{AggregateExpr, AggregateMode, AggregateStyle, PhysicalPlan};
use super::planner::PlannerContext;
use crate::common::Result;
use crate::logical::expr::AggregateCall;
use crate::logical::functions::buffer_types;
use crate::logical::rewrite::{canonical, contains, same};
use crate::logical::{Attribute, DataType, Expr};
use std::sync::Arc;

/// Plans `SELECT outputs FROM input GROUP BY by`.
pub(super) fn plan_aggregate(
    by: &[Expr],
    outputs: &[Expr],
    input: Arc<PhysicalPlan>,
    context: &PlannerContext<'_>,
) -> Result<Arc<PhysicalPlan>> {
    let grouping = named(by, context);
    let mut aggregates: Vec<AggregateExpr> = Vec::new();
    let outputs =
        outputs.iter().map(|output| resolve_output(output, by, &grouping, &mut aggregates, context)).collect();
    let (distinct, plain): (Vec<_>, Vec<_>) = aggregates.into_iter().partition(|aggregate| aggregate.call.distinct);
    let parts = Parts { grouping, outputs, plain, distinct };
    Ok(if parts.distinct.is_empty() { parts.two_phases(input) } else { parts.with_distinct(input, context) })
}

struct Parts {
    grouping: Vec<Expr>,
    outputs: Vec<Expr>,
    plain: Vec<AggregateExpr>,
    distinct: Vec<AggregateExpr>,
}

impl Parts {
    fn keys(&self) -> Vec<Expr> {
        attributes(&self.grouping)
    }

    fn two_phases(self, input: Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
        let style = style_of(&self.plain);
        let partial =
            aggregate(AggregateMode::Partial, style, self.grouping.clone(), self.plain.clone(), vec![], input);
        aggregate(AggregateMode::Final, style, self.keys(), self.plain, self.outputs, partial)
    }

    fn with_distinct(self, input: Arc<PhysicalPlan>, context: &PlannerContext<'_>) -> Arc<PhysicalPlan> {
        let mut arguments: Vec<Expr> = Vec::new();
        for arg in self.distinct.iter().flat_map(|aggregate| &aggregate.call.args) {
            let is_group_key = self.grouping.iter().any(|key| same(key, arg));
            if !is_group_key && !contains(&arguments, arg) && !matches!(arg, Expr::Literal(..)) {
                arguments.push(arg.clone());
            }
        }
        let named_arguments = named(&arguments, context);
        let updates = self.distinct_updates(&arguments, &named_arguments);
        let plain_style = style_of(&self.plain);
        let mut wide = self.grouping.clone();
        wide.extend(named_arguments);
        let wide_keys = attributes(&wide);
        let keys = self.keys();
        let first = aggregate(AggregateMode::Partial, plain_style, wide, self.plain.clone(), vec![], input);
        let second = aggregate(AggregateMode::PartialMerge, plain_style, wide_keys, self.plain.clone(), vec![], first);
        let third_mode = if self.plain.is_empty() { AggregateMode::Partial } else { AggregateMode::PartialMerge };
        let mut all = self.plain;
        all.extend(updates);
        let style = style_of(&all);
        let third = aggregate(third_mode, style, keys.clone(), all.clone(), vec![], second);
        aggregate(AggregateMode::Final, style, keys, all, self.outputs, third)
    }

    /// The distinct aggregates over the columns that the first phases keep.
    fn distinct_updates(&self, arguments: &[Expr], named_arguments: &[Expr]) -> Vec<AggregateExpr> {
        let replace = |arg: &Expr| -> Expr {
            if let Some(at) = arguments.iter().position(|candidate| same(candidate, arg)) {
                return as_attribute(&named_arguments[at]);
            }
            self.grouping.iter().find(|key| same(key, arg)).map_or_else(|| arg.clone(), as_attribute)
        };
        self.distinct
            .iter()
            .map(|aggregate| AggregateExpr {
                call: AggregateCall {
                    args: aggregate.call.args.iter().map(replace).collect(),
                    ..aggregate.call.clone()
                },
                ..aggregate.clone()
            })
            .collect()
    }
}

fn aggregate(
    mode: AggregateMode,
    style: AggregateStyle,
    grouping: Vec<Expr>,
    aggregates: Vec<AggregateExpr>,
    outputs: Vec<Expr>,
    input: Arc<PhysicalPlan>,
) -> Arc<PhysicalPlan> {
    Arc::new(PhysicalPlan::Aggregate { mode, style, grouping, aggregates, outputs, input })
}

/// Each expression with a name: columns stay, others get an alias.
fn named(exprs: &[Expr], context: &PlannerContext<'_>) -> Vec<Expr> {
    exprs
        .iter()
        .map(|expr| match expr {
            Expr::Attribute(_) | Expr::Alias { .. } => expr.clone(),
            other => Expr::Alias {
                child: Box::new(other.clone()),
                name: super::expression_name(other),
                id: context.ids.fresh(),
                metadata: None,
            },
        })
        .collect()
}

fn as_attribute(named: &Expr) -> Expr {
    named.to_attribute().map_or_else(|| named.clone(), Expr::Attribute)
}

fn attributes(named: &[Expr]) -> Vec<Expr> {
    named.iter().map(as_attribute).collect()
}

/// An output over the columns of the final phase: grouping expressions and aggregates become columns. Works from the root down, so that
/// the largest grouping expression wins.
fn resolve_output(
    expr: &Expr,
    by: &[Expr],
    grouping: &[Expr],
    aggregates: &mut Vec<AggregateExpr>,
    context: &PlannerContext<'_>,
) -> Expr {
    if let Some(at) = by.iter().position(|key| !matches!(expr, Expr::Alias { .. }) && same(key, expr)) {
        let mut attribute = as_attribute(&grouping[at]);
        if let (Expr::Attribute(attribute), Expr::Attribute(written)) = (&mut attribute, expr) {
            attribute.name.clone_from(&written.name);
        }
        return attribute;
    }
    if let Expr::Aggregate(call) = expr {
        return Expr::Attribute(result_of(call, aggregates, context));
    }
    let mapped = expr.clone().try_map_children(&mut |child| {
        Ok::<_, std::convert::Infallible>(resolve_output(&child, by, grouping, aggregates, context))
    });
    match mapped {
        Ok(expr) => expr,
        Err(never) => match never {},
    }
}

fn result_of(call: &AggregateCall, aggregates: &mut Vec<AggregateExpr>, context: &PlannerContext<'_>) -> Attribute {
    let wanted = canonical(&Expr::Aggregate(call.clone()));
    if let Some(found) = aggregates.iter().find(|one| canonical(&Expr::Aggregate(one.call.clone())) == wanted) {
        return found.result.clone();
    }
    let name = result_name(call);
    let result = Attribute::new(name, context.ids.fresh(), call.data_type.clone(), call.nullable);
    let buffers = buffer_types(call)
        .into_iter()
        .enumerate()
        .map(|(i, data_type)| Attribute::new(buffer_name(call, i), context.ids.fresh(), data_type, true))
        .collect();
    aggregates.push(AggregateExpr { call: call.clone(), result: result.clone(), buffers });
    result
}

/// Spark's name of an aggregate's result: its text in plans, without `distinct` and settings.
fn result_name(call: &AggregateCall) -> String {
    let plain = AggregateCall { distinct: false, filter: None, ..call.clone() };
    let arguments: Vec<String> = plain.args.iter().map(Expr::plan_text).collect();
    let end = if matches!(call.function.name, "first" | "last") { "()" } else { "" };
    format!("{}({}){end}", call.function.name, arguments.join(", "))
}

/// Spark's names of the buffer columns.
fn buffer_name(call: &AggregateCall, i: usize) -> String {
    if call.function.name == "pivotfirst" {
        return call.args.get(2 + i).map_or_else(String::new, Expr::pretty_name);
    }
    let name = match (call.function.name, i) {
        ("count" | "count_if", _) => "count",
        ("sum" | "try_sum" | "avg" | "try_avg" | "mean", 0) => "sum",
        ("avg" | "try_avg" | "mean", _) => "count",
        ("sum" | "try_sum", _) => "isEmpty",
        ("min", _) => "min",
        ("max", _) => "max",
        ("first" | "first_value" | "any_value", 0) => "first",
        ("last" | "last_value", 0) => "last",
        ("first" | "first_value" | "any_value" | "last" | "last_value", _) => "valueSet",
        ("min_by" | "max_by", 0) => "valueWithExtremumOrdering",
        ("min_by" | "max_by", _) => "extremumOrdering",
        (name, i) if is_moment(name) => ["n", "avg", "m2", "m3", "m4"].get(i).copied().unwrap_or("buf"),
        _ => "buf",
    };
    name.to_owned()
}

/// Functions of central moments.
fn is_moment(function: &str) -> bool {
    matches!(
        function,
        "stddev" | "stddev_samp" | "stddev_pop" | "std" | "variance" | "var_samp" | "var_pop" | "skewness" | "kurtosis"
    )
}

/// Which of Spark's three operators would do it: hash tables need buffers of fixed width.
pub(super) fn style_of(aggregates: &[AggregateExpr]) -> AggregateStyle {
    let fits_row = |one: &AggregateExpr| {
        one.call.function.name == "approx_count_distinct"
            || one.buffers.iter().all(|buffer| is_mutable(&buffer.data_type))
    };
    if aggregates.iter().any(|one| keeps_objects(one.call.function.name)) {
        AggregateStyle::ObjectHash
    } else if aggregates.iter().all(fits_row) {
        AggregateStyle::Hash
    } else {
        AggregateStyle::Sort
    }
}

fn is_mutable(data_type: &DataType) -> bool {
    match data_type {
        DataType::String
        | DataType::Binary
        | DataType::Variant
        | DataType::Spatial(..)
        | DataType::Array(..)
        | DataType::Map(..)
        | DataType::Struct(_) => false,
        DataType::Null
        | DataType::Boolean
        | DataType::Byte
        | DataType::Short
        | DataType::Integer
        | DataType::Long
        | DataType::Float
        | DataType::Double
        | DataType::Decimal(..)
        | DataType::Date
        | DataType::Timestamp
        | DataType::TimestampNtz
        | DataType::Time
        | DataType::YearMonthInterval(..)
        | DataType::DayTimeInterval(..)
        | DataType::CalendarInterval => true,
    }
}

/// Spark's `ImperativeAggregate`s: no code is generated for them, each row is handed to a method.
pub fn is_imperative(aggregate: &AggregateExpr) -> bool {
    let function = aggregate.call.function.name;
    keeps_objects(function)
        || matches!(function, "approx_count_distinct" | "bitmap_construct_agg" | "bitmap_or_agg" | "pivotfirst")
}

/// Spark's `TypedImperativeAggregate`s, whose buffers are objects of the virtual machine.
fn keeps_objects(function: &str) -> bool {
    matches!(
        function,
        "collect_list"
            | "array_agg"
            | "collect_set"
            | "percentile"
            | "percentile_cont"
            | "percentile_disc"
            | "median"
            | "percentile_approx"
            | "approx_percentile"
            | "mode"
            | "listagg"
            | "string_agg"
            | "histogram_numeric"
            | "count_min_sketch"
    )
}
