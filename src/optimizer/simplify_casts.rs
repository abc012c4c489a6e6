//! Removes casts that change nothing.
//!
//! Purpose: no copy of a column for the sake of a type it has already.
//! Before/after: `CAST(a AS INT)` → `a` for an int; `CAST(CAST(a AS BIGINT) AS DOUBLE)` stays, `CAST(CAST(a AS INT) AS BIGINT)` of a
//! smallint → `CAST(a AS BIGINT)`.
//! Must not: remove a narrowing step, which checks or loses values.
//! Hard case: nested types differ only in whether parts may be null: such a cast goes too.
//! Spark does the same.

use super::OptimizerContext;
use crate::logical::rewrite::map_node_expressions;
use crate::logical::{DataType, Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "SimplifyCasts";
pub(super) const WHY: &str = "the value has this type already";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| map_node_expressions(node, &mut simplify))
}

fn simplify(expr: Expr) -> Expr {
    match expr {
        Expr::Cast { child, to, .. } if child.data_type() == to => *child,
        Expr::Cast { child, to, mode, implicit } => match *child {
            Expr::Cast { child: inner, to: between, mode: inner_mode, .. }
                if mode == inner_mode && is_wider(&between, &inner.data_type()) && is_wider(&to, &between) =>
            {
                Expr::Cast { child: inner, to, mode, implicit }
            }
            other => Expr::Cast { child: Box::new(other), to, mode, implicit },
        },
        other => other,
    }
}

/// Whether every whole number of `narrow` is one of `wide`.
fn is_wider(wide: &DataType, narrow: &DataType) -> bool {
    let rank = |data_type: &DataType| match data_type {
        DataType::Byte => Some(1),
        DataType::Short => Some(2),
        DataType::Integer => Some(3),
        DataType::Long => Some(4),
        _ => None,
    };
    match (rank(wide), rank(narrow)) {
        (Some(wide), Some(narrow)) => wide > narrow,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::logical::expr::CastMode;

    fn cast(to: DataType) -> Arc<LogicalPlan> {
        let t = table(1, "a");
        let value = Expr::Cast { child: Box::new(expr("a", &[&t])), to, mode: CastMode::Ansi, implicit: false };
        Arc::new(LogicalPlan::Project { exprs: vec![value.alias("v")], input: t })
    }

    #[test]
    fn a_cast_to_its_own_type_goes() {
        assert_eq!(text(&check(apply, &cast(DataType::Integer))), "Project([a AS v], table(a))");
    }

    #[test]
    fn a_cast_to_text_stays() {
        unchanged(apply, &cast(DataType::String));
    }
}
