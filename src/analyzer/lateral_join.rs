//! `JOIN LATERAL (…)`, `df.lateralJoin`: the right side is resolved with the columns of the left one around it, as a subquery is.

use super::exprs::Env;
use super::ids::refresh_shared;
use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::{JoinConstraint, JoinHints, JoinType, LogicalPlan};
use std::sync::Arc;

impl Analyzer<'_> {
    /// A lateral join; only the left side is analyzed.
    pub(super) fn lateral_join(
        &self,
        left: &Arc<LogicalPlan>,
        right: &Arc<LogicalPlan>,
        (join_type, on): (JoinType, Option<&Expr>),
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let around = Scope { ctes: scope.ctes.clone(), outer: left.output(), subquery: true };
        let right = if self.context.analyzed.knows(right) {
            refresh_shared(right, self.context.ids, left).0
        } else {
            self.plan(right, &around)?
        };
        if let Some(expr) = computes_with_both(&right) {
            return Err(SparkError::analysis(
                "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE",
                format!("\"{}\" aggregates, and reads a column of the row around it as well", expr.pretty_name()),
            )
            .with_help("aggregate inside, and compute with the other column in the select list around it"));
        }
        let condition = match on {
            None => None,
            Some(on) => {
                let mut input = left.output();
                input.extend(right.output());
                Some(self.join_condition(on, &Env::new(self, scope, input))?)
            }
        };
        Ok(Arc::new(LogicalPlan::Join {
            left: left.clone(),
            right,
            join_type,
            constraint: JoinConstraint::Lateral(condition),
            hint: JoinHints::default(),
        }))
    }
}

/// An output of an aggregation that reads the row around it.
fn computes_with_both(plan: &LogicalPlan) -> Option<Expr> {
    let mut found = None;
    plan.visit(&mut |node| {
        if let LogicalPlan::Aggregate { outputs, .. } = node {
            let mut mixed = outputs.iter().filter(|expr| expr.any(|part| matches!(part, Expr::OuterReference(_))));
            found = found.take().or_else(|| mixed.next().cloned());
        }
    });
    found
}
