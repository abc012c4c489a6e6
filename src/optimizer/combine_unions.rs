//! Flattens unions of unions.
//!
//! Purpose: `a.union(b).union(c)` is one operator with three inputs.
//! Before/after: `Union (Union a b) c` → `Union a b c`.
//! Must not: flatten through a projection that computes something.
//! Hard case: only the first branch gives the column ids, so an inner union may only be flattened in place, never reordered.
//! Spark also flattens through plain projections and distinct.

use super::OptimizerContext;
use crate::logical::LogicalPlan;
use std::sync::Arc;

pub(super) const NAME: &str = "CombineUnions";
pub(super) const WHY: &str = "a union of a union is one union";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Union { inputs, by_name, allow_missing } = &**node else { return None };
        if !inputs.iter().any(|input| matches!(&**input, LogicalPlan::Union { .. })) {
            return None;
        }
        let flat = inputs
            .iter()
            .flat_map(|input| match &**input {
                LogicalPlan::Union { inputs, .. } => inputs.clone(),
                _ => vec![input.clone()],
            })
            .collect();
        Some(LogicalPlan::Union { inputs: flat, by_name: *by_name, allow_missing: *allow_missing })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn union(inputs: Vec<Arc<LogicalPlan>>) -> Arc<LogicalPlan> {
        Arc::new(LogicalPlan::Union { inputs, by_name: false, allow_missing: false })
    }

    #[test]
    fn a_union_of_a_union_is_flat() {
        let nested = union(vec![union(vec![table(1, "a"), table(2, "b")]), table(3, "c")]);
        assert_eq!(text(&check(apply, &nested)), "Union(table(a), table(b), table(c))");
    }

    #[test]
    fn a_filter_between_keeps_them_apart() {
        unchanged(apply, &union(vec![filter(&union(vec![table(1, "a"), table(2, "b")]), "a > 1"), table(3, "c")]));
    }
}
