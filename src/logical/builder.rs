//! Small helpers that build plan nodes over a shared input.

use super::expr::Expr;
use super::plan::LogicalPlan;
use std::sync::Arc;

/// `SELECT exprs FROM input`.
#[must_use]
pub fn project(input: &Arc<LogicalPlan>, exprs: Vec<Expr>) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Project { exprs, input: input.clone() })
}

/// `input WHERE condition`.
#[must_use]
pub fn filter(input: &Arc<LogicalPlan>, condition: Expr) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Filter { condition, input: input.clone() })
}

/// The first `count` rows.
#[must_use]
pub fn limit(input: &Arc<LogicalPlan>, count: usize) -> Arc<LogicalPlan> {
    Arc::new(LogicalPlan::Limit { count, input: input.clone() })
}
