//! Joins neighbouring projections into one.
//!
//! Purpose: a chain of `withColumn` is one pass over the rows.
//! Before/after: `Project b * 2 AS c (Project a + 1 AS b (t))` → `Project (a + 1) * 2 AS c (t)`; also into an aggregation's outputs.
//! Must not: compute something costly twice because it is used twice, nor repeat chance or a Python function.
//! Hard case: a column used once, or one that is only a name or a literal, may always move.
//! Spark does the same (`CollapseProject`).

use super::OptimizerContext;
use crate::common::ids::ExprId;
use crate::logical::plan::Grouping;
use crate::logical::rewrite::{definitions, is_deterministic, substitute};
use crate::logical::{Expr, LogicalPlan};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const NAME: &str = "CollapseProject";
pub(super) const WHY: &str = "two projections in a row are one";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Project { exprs: upper, input } = &**node else { return None };
        match &**input {
            LogicalPlan::Project { exprs: lower, input } => {
                Some(LogicalPlan::Project { exprs: collapsed(upper, lower)?, input: input.clone() })
            }
            LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs: lower, input } => {
                let outputs = collapsed(upper, lower)?;
                Some(LogicalPlan::Aggregate { grouping: Grouping::By(by.clone()), outputs, input: input.clone() })
            }
            _ => None,
        }
    })
}

/// `upper` over the input of `lower`, if that costs nothing.
fn collapsed(upper: &[Expr], lower: &[Expr]) -> Option<Vec<Expr>> {
    let mut uses: BTreeMap<ExprId, usize> = BTreeMap::new();
    for expr in upper {
        expr.visit(&mut |part| {
            if let Expr::Attribute(column) = part {
                *uses.entry(column.id).or_default() += 1;
            }
        });
    }
    let known = definitions(lower);
    for (id, definition) in &known {
        let used = uses.get(id).copied().unwrap_or(0);
        let is_free = is_cheap(definition);
        if used > 1 && !is_free || used > 0 && !is_deterministic(definition) || used > 0 && has_barrier(definition) {
            return None;
        }
    }
    if upper.iter().any(|expr| !is_deterministic(expr) && known.values().any(|below| !is_cheap(below))) {
        return None;
    }
    Some(upper.iter().map(|expr| renamed(expr, &known)).collect())
}

/// The named expression over the columns below, under its old name and id.
fn renamed(expr: &Expr, known: &BTreeMap<ExprId, Expr>) -> Expr {
    match expr {
        Expr::Attribute(column) => match known.get(&column.id) {
            Some(Expr::Attribute(below)) if below.id == column.id => Expr::Attribute(below.clone()),
            Some(below) => {
                Expr::Alias { child: Box::new(below.clone()), name: column.name.clone(), id: column.id, metadata: None }
            }
            None => expr.clone(),
        },
        other => substitute(other.clone(), known),
    }
}

fn is_cheap(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(_) | Expr::Literal(..) => true,
        Expr::Alias { child, .. } => is_cheap(child),
        Expr::Function { function, args, .. } => function.name == "get_struct_field" && args.iter().all(is_cheap),
        _ => false,
    }
}

/// Python functions and window functions stay where they are.
fn has_barrier(expr: &Expr) -> bool {
    expr.any(|part| matches!(part, Expr::Udf { .. } | Expr::Window { .. } | Expr::Generator { .. }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_chain_of_columns_is_one_projection() {
        let chain = project(&project(&table(1, "ab"), "a + 1 AS c, b"), "c + b AS d");
        assert_eq!(text(&check(apply, &chain)), "Project([a + 1 + b AS d], table(a b))");
    }

    #[test]
    fn a_sum_used_twice_is_computed_once() {
        unchanged(apply, &project(&project(&table(1, "ab"), "a + 1 AS c"), "c + c AS d"));
    }
}
