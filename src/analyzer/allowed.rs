//! What may stand where: checks that want a whole resolved node.
//!
//! Names and types alone do not tell that a sort cannot make rows of a list, or that a join cannot toss a coin. Each node of a resolved plan is
//! looked at once, from the leaves up; what was analyzed before has passed already.

use super::Analyzer;
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::LogicalPlan;
use crate::logical::rewrite::is_deterministic;
use std::sync::Arc;

impl Analyzer<'_> {
    /// Refuses expressions that their node cannot compute.
    pub(super) fn allow(&self, plan: &Arc<LogicalPlan>) -> Result<()> {
        if self.context.analyzed.knows(plan) {
            return Ok(());
        }
        plan.children().into_iter().try_for_each(|child| self.allow(child))?;
        for expr in plan.expressions() {
            let mut below = Vec::new();
            expr.visit(&mut |part| below.extend(part.subquery()));
            below.into_iter().try_for_each(|plan| self.allow(plan))?;
            in_node(plan, expr)?;
        }
        Ok(())
    }
}

/// One expression of a node.
fn in_node(plan: &LogicalPlan, expr: &Expr) -> Result<()> {
    python_in_lambda(expr)?;
    match plan {
        LogicalPlan::Generate { generator, .. } => generator.children().into_iter().try_for_each(unnested),
        LogicalPlan::Project { .. } | LogicalPlan::Window { .. } => unnested(expr),
        LogicalPlan::Aggregate { .. } => {
            unnested(expr)?;
            aggregated(expr)
        }
        LogicalPlan::Join { .. } => {
            computed_row_by_row(plan, expr)?;
            if is_deterministic(expr) {
                return Ok(());
            }
            Err(SparkError::analysis(
                "INVALID_NON_DETERMINISTIC_EXPRESSIONS",
                format!("\"{}\" gives another value each time, so rows cannot be joined by it", expr.pretty_name()),
            )
            .with_help("make it a column of one side first, with withColumn"))
        }
        LogicalPlan::Filter { .. }
        | LogicalPlan::Sort { .. }
        | LogicalPlan::Repartition { .. }
        | LogicalPlan::Expand { .. } => computed_row_by_row(plan, expr),
        _ => Ok(()),
    }
}

/// What a select list computes in a node of its own, and no other node does.
fn computed_row_by_row(plan: &LogicalPlan, expr: &Expr) -> Result<()> {
    if expr.any(|part| matches!(part, Expr::Generator { .. })) {
        return Err(outside_select(expr));
    }
    let alone = |part: &Expr| matches!(part, Expr::Aggregate(_) | Expr::Window { .. } | Expr::WindowFunction { .. });
    if !expr.any(alone) {
        return Ok(());
    }
    Err(SparkError::analysis(
        "UNSUPPORTED_EXPR_FOR_OPERATOR",
        format!("{} cannot compute \"{}\": it looks at one row at a time", operator(plan), expr.pretty_name()),
    )
    .with_help("make it a column first, with select or agg, and use that column here"))
}

fn operator(plan: &LogicalPlan) -> &'static str {
    match plan {
        LogicalPlan::Sort { .. } => "a sort",
        LogicalPlan::Join { .. } => "a join",
        LogicalPlan::Repartition { .. } => "a repartitioning",
        LogicalPlan::Filter { .. } => "a filter",
        _ => "this step",
    }
}

/// `UNSUPPORTED_GENERATOR.OUTSIDE_SELECT`.
pub(super) fn outside_select(expr: &Expr) -> SparkError {
    SparkError::analysis(
        "UNSUPPORTED_GENERATOR.OUTSIDE_SELECT",
        format!("\"{}\": only a select list can make rows of a list", expr.pretty_name()),
    )
    .with_help(EXPLODE_FIRST)
}

/// The next step where rows are made in the wrong place.
pub(super) const EXPLODE_FIRST: &str =
    "make the rows first, and use their column in the next step: df.withColumn(\"item\", F.explode(\"list\"))";

/// Functions that make rows stand alone in a select list, which has taken those out by now.
pub(super) fn unnested(expr: &Expr) -> Result<()> {
    if !expr.any(|part| matches!(part, Expr::Generator { .. })) {
        return Ok(());
    }
    Err(SparkError::analysis(
        "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
        format!("\"{}\": a function that makes rows must stand alone in the select list", expr.pretty_name()),
    )
    .with_help("explode first, then compute with the new column"))
}

/// The arguments of aggregates.
fn aggregated(expr: &Expr) -> Result<()> {
    let mut found = Ok(());
    expr.visit(&mut |part| {
        let Expr::Aggregate(call) = part else { return };
        if found.is_err() {
            return;
        }
        if call.args.iter().any(|arg| arg.any(|part| matches!(part, Expr::Window { .. }))) {
            found = Err(SparkError::analysis(
                "_LEGACY_ERROR_TEMP_1031",
                format!("\"{}\": an aggregate cannot take a window function", part.pretty_name()),
            )
            .with_help("make the window function a column first, with withColumn, and aggregate that"));
        } else if !call.args.iter().all(is_deterministic) {
            found = Err(SparkError::analysis(
                "AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION",
                format!("\"{}\" aggregates what is another value each time", part.pretty_name()),
            )
            .with_help("make it a column first, with withColumn, and aggregate that"));
        }
    });
    found
}

/// Python runs between operators, not inside a function of Spark.
fn python_in_lambda(expr: &Expr) -> Result<()> {
    let is_python = |part: &Expr| matches!(part, Expr::Udf { .. });
    if !expr.any(|part| matches!(part, Expr::Lambda { body, .. } if body.any(is_python))) {
        return Ok(());
    }
    Err(SparkError::analysis(
        "UNSUPPORTED_FEATURE.LAMBDA_FUNCTION_WITH_PYTHON_UDF",
        format!("\"{}\" calls a Python function for each item of a list", expr.pretty_name()),
    )
    .with_help("let the Python function take the whole list, or use functions of pyspark.sql.functions for the items"))
}
