//! Hints: join hints stay as `Hint` nodes over the side they are about, partitioning hints become `Repartition`, unknown ones vanish.

use super::{Analyzer, Scope};
use crate::common::Result;
use crate::logical::expr::{Expr, SortOrder};
use crate::logical::plan::{LogicalPlan, Repartitioning};
use crate::logical::scalar::Scalar;
use std::sync::Arc;

const JOIN_HINTS: &[&str] = &[
    "broadcast",
    "broadcastjoin",
    "mapjoin",
    "merge",
    "mergejoin",
    "shuffle_merge",
    "shuffle_hash",
    "shuffle_replicate_nl",
];

impl Analyzer<'_> {
    pub(super) fn hint(
        &self,
        name: &str,
        parameters: &[Expr],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let lower = name.to_ascii_lowercase();
        if JOIN_HINTS.contains(&lower.as_str()) {
            if parameters.is_empty() {
                let input = self.plan(input, scope)?;
                return Ok(Arc::new(LogicalPlan::Hint { name: lower, parameters: Vec::new(), input }));
            }
            let marked = parameters.iter().fold(input.clone(), |plan, parameter| match parameter {
                Expr::UnresolvedAttribute(parts) => self.mark(&plan, parts, &lower),
                Expr::Literal(Scalar::String(alias), _) => self.mark(&plan, std::slice::from_ref(alias), &lower),
                _ => plan,
            });
            return self.plan(&marked, scope);
        }
        let Some(target) = repartitioning(&lower, parameters) else { return self.plan(input, scope) };
        let node = LogicalPlan::Repartition { target, input: input.clone() };
        self.plan(&Arc::new(node), scope)
    }

    /// Puts the hint over the relation of that name, wherever it stands in the query's joins.
    fn mark(&self, plan: &Arc<LogicalPlan>, wanted: &[String], hint: &str) -> Arc<LogicalPlan> {
        let last = wanted.last().cloned().unwrap_or_default();
        let here = match plan.as_ref() {
            LogicalPlan::SubqueryAlias { name, .. } => self.casing().same(name, &last),
            LogicalPlan::UnresolvedRelation { name } => name.last().is_some_and(|name| self.casing().same(name, &last)),
            _ => false,
        };
        if here {
            return Arc::new(LogicalPlan::Hint { name: hint.to_owned(), parameters: Vec::new(), input: plan.clone() });
        }
        if matches!(plan.as_ref(), LogicalPlan::SubqueryAlias { .. }) || self.context.analyzed.knows(plan) {
            return plan.clone();
        }
        let children = plan.children().into_iter().map(|child| self.mark(child, wanted, hint)).collect();
        Arc::new(plan.with_children(children))
    }
}

fn repartitioning(name: &str, parameters: &[Expr]) -> Option<Repartitioning> {
    let count = parameters.first().and_then(|parameter| match parameter {
        Expr::Literal(Scalar::Integer(count), _) => usize::try_from(*count).ok(),
        Expr::Literal(Scalar::Long(count), _) => usize::try_from(*count).ok(),
        _ => None,
    });
    let by: Vec<Expr> = parameters
        .iter()
        .skip(usize::from(count.is_some()))
        .map(|parameter| match parameter {
            Expr::Literal(Scalar::String(name), _) => Expr::column(name),
            other => other.clone(),
        })
        .collect();
    Some(match name {
        "coalesce" => Repartitioning::Coalesce { count: count? },
        "repartition" if by.is_empty() => Repartitioning::RoundRobin { count: count?, is_rdd: false },
        "repartition" => Repartitioning::Hash { by, count },
        "repartition_by_range" => {
            Repartitioning::Range { by: by.into_iter().map(|expr| SortOrder::new(expr, true)).collect(), count }
        }
        "rebalance" => Repartitioning::Rebalance { by },
        _ => return None,
    })
}
