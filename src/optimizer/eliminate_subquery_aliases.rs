//! Removes what only names needed: aliases of relations, `WITH` definitions, hints.
//!
//! Purpose: the later rules see fewer kinds of nodes.
//! Before/after: `SubqueryAlias t (Scan)` → `Scan`; `Join (Hint broadcast (a)) b` → `Join a b` with a broadcast hint for its left side.
//! Must not: change a hint's side, or let a hint reach a join above another join.
//! Hard case: a hint below projections and filters still belongs to the nearest join above.
//! Spark also warns about hints that no join could use.

use super::OptimizerContext;
use crate::logical::LogicalPlan;
use crate::logical::plan::{JoinHint, JoinHints};
use std::sync::Arc;

pub(super) const NAME: &str = "EliminateSubqueryAliases";
pub(super) const WHY: &str = "names of relations have done their work once every column has an id";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    let hinted = plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Join { left, right, join_type, constraint, hint } => {
            let found =
                JoinHints { left: hint.left.or_else(|| hint_of(left)), right: hint.right.or_else(|| hint_of(right)) };
            (found != *hint).then(|| LogicalPlan::Join {
                left: left.clone(),
                right: right.clone(),
                join_type: *join_type,
                constraint: constraint.clone(),
                hint: found,
            })
        }
        _ => None,
    });
    remove(&hinted)
}

fn remove(plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    let plan = plan.transform_up(&mut |node| match &**node {
        LogicalPlan::SubqueryAlias { input, .. }
        | LogicalPlan::With { input, .. }
        | LogicalPlan::Hint { input, .. } => Some((**input).clone()),
        _ => None,
    });
    plan.transform_up(&mut |node| {
        crate::logical::rewrite::map_node_expressions(node, &mut |expr| expr.map_subquery(remove))
    })
}

/// The hint nearest to the top of a join's side.
fn hint_of(side: &LogicalPlan) -> Option<JoinHint> {
    match side {
        LogicalPlan::Hint { name, input, .. } => join_hint(name).or_else(|| hint_of(input)),
        LogicalPlan::SubqueryAlias { input, .. }
        | LogicalPlan::Project { input, .. }
        | LogicalPlan::Filter { input, .. }
        | LogicalPlan::Window { input, .. }
        | LogicalPlan::Generate { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::Aggregate { input, .. }
        | LogicalPlan::Distinct { input }
        | LogicalPlan::Deduplicate { input, .. }
        | LogicalPlan::Limit { input, .. }
        | LogicalPlan::LocalLimit { input, .. }
        | LogicalPlan::Repartition { input, .. } => hint_of(input),
        _ => None,
    }
}

fn join_hint(name: &str) -> Option<JoinHint> {
    match name.to_ascii_lowercase().as_str() {
        "broadcast" | "broadcastjoin" | "mapjoin" => Some(JoinHint::Broadcast),
        "merge" | "mergejoin" | "shuffle_merge" => Some(JoinHint::Merge),
        "shuffle_hash" => Some(JoinHint::ShuffleHash),
        "shuffle_replicate_nl" => Some(JoinHint::ShuffleReplicateNl),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn an_alias_goes_and_a_hint_reaches_its_join() {
        let hinted =
            Arc::new(LogicalPlan::Hint { name: "broadcast".into(), parameters: vec![], input: table(1, "ab") });
        let joined = join(&hinted, &table(11, "xy"), "a = x");
        let after = check(apply, &joined);
        let LogicalPlan::Join { hint, .. } = &*after else { panic!("a join was expected") };
        assert_eq!(hint.left, Some(JoinHint::Broadcast));
        assert_eq!(hint.right, None);
    }

    #[test]
    fn a_plan_without_names_stays() {
        unchanged(apply, &filter(&table(1, "ab"), "a > 1"));
    }
}
