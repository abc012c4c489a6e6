//! Drops columns as soon as nobody above needs them.
//!
//! Purpose: scans read, shuffles carry and joins keep only what is used.
//! Before/after: `Aggregate a (t(a, b, c))` → `Aggregate a (Project a (t))`; unused outputs of projections, aggregations and window
//! functions go.
//! Must not: change the columns of the whole query, or drop the columns of a step that looks at whole rows (`DISTINCT`, Python steps).
//! Hard case: a union's inputs are matched by position, so all lose the same positions.
//! Spark also prunes fields inside structs.

use super::OptimizerContext;
use crate::common::ids::ExprId;
use crate::logical::plan::JoinType;
use crate::logical::rewrite::{expressions, output_ids, reads};
use crate::logical::{Attribute, Expr, LogicalPlan};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) const NAME: &str = "ColumnPruning";
pub(super) const WHY: &str = "a column that nobody uses later need not be read, carried or computed";

type Ids = BTreeSet<ExprId>;

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    prune(plan, &output_ids(plan))
}

/// The plan with (at least) the columns `required`.
fn prune(plan: &Arc<LogicalPlan>, required: &Ids) -> Arc<LogicalPlan> {
    let own: Ids = expressions(plan).into_iter().flat_map(reads).collect();
    let both = |columns: &Ids| -> Ids { columns.union(&own).copied().collect() };
    match &**plan {
        LogicalPlan::Project { exprs, input } => {
            let kept = kept(exprs, required);
            let needs: Ids = kept.iter().flat_map(reads).collect();
            let below = prune(input, &needs);
            if kept.len() == exprs.len() && Arc::ptr_eq(&below, input) {
                return plan.clone();
            }
            Arc::new(LogicalPlan::Project { exprs: kept, input: below })
        }
        LogicalPlan::Aggregate { grouping, outputs, input } => {
            let kept = kept(outputs, required);
            let slim =
                LogicalPlan::Aggregate { grouping: grouping.clone(), outputs: kept.clone(), input: input.clone() };
            let needs: Ids = expressions(&slim).into_iter().flat_map(reads).collect();
            let below = narrow(&prune(input, &needs), &needs);
            if kept.len() == outputs.len() && Arc::ptr_eq(&below, input) {
                return plan.clone();
            }
            Arc::new(slim.with_children(vec![below]))
        }
        LogicalPlan::Window { functions, partition_by, order_by, input } => {
            let kept = kept(functions, required);
            if kept.is_empty() {
                return prune(input, required);
            }
            let slim = LogicalPlan::Window {
                functions: kept.clone(),
                partition_by: partition_by.clone(),
                order_by: order_by.clone(),
                input: input.clone(),
            };
            let mut needs: Ids = expressions(&slim).into_iter().flat_map(reads).collect();
            needs.extend(required.intersection(&output_ids(input)));
            let below = narrow(&prune(input, &needs), &needs);
            if kept.len() == functions.len() && Arc::ptr_eq(&below, input) {
                return plan.clone();
            }
            Arc::new(slim.with_children(vec![below]))
        }
        LogicalPlan::Filter { input, .. } | LogicalPlan::WindowGroupLimit { input, .. } => {
            with_input(plan, input, prune(input, &both(required)))
        }
        LogicalPlan::Join { left, right, join_type, .. } => {
            let needs = both(required);
            let new_left = narrow(&prune(left, &within(&needs, left)), &needs);
            let right_needs = match join_type {
                JoinType::LeftSemi | JoinType::LeftAnti => within(&own, right),
                _ => within(&needs, right),
            };
            let new_right = narrow(&prune(right, &right_needs), &right_needs);
            if Arc::ptr_eq(&new_left, left) && Arc::ptr_eq(&new_right, right) {
                return plan.clone();
            }
            Arc::new(plan.with_children(vec![new_left, new_right]))
        }
        LogicalPlan::Union { inputs, by_name, allow_missing } => {
            union(plan, inputs, *by_name, *allow_missing, required)
        }
        LogicalPlan::Expand { projections, output, input } => {
            let kept: Vec<usize> = (0..output.len()).filter(|at| required.contains(&output[*at].id)).collect();
            let slim: Vec<Vec<Expr>> =
                projections.iter().map(|exprs| kept.iter().map(|at| exprs[*at].clone()).collect()).collect();
            let needs: Ids = slim.iter().flatten().flat_map(reads).collect();
            let below = narrow(&prune(input, &needs), &needs);
            if kept.len() == output.len() && Arc::ptr_eq(&below, input) {
                return plan.clone();
            }
            let output = kept.iter().map(|at| output[*at].clone()).collect();
            Arc::new(LogicalPlan::Expand { projections: slim, output, input: below })
        }
        LogicalPlan::Generate { generator, outer, output, unneeded, input } => {
            let needs = within(&both(required), input);
            let below = narrow(&prune(input, &needs), &needs);
            let now: Vec<ExprId> =
                below.output().into_iter().map(|column| column.id).filter(|id| !required.contains(id)).collect();
            if Arc::ptr_eq(&below, input) && now == *unneeded {
                return plan.clone();
            }
            Arc::new(LogicalPlan::Generate {
                generator: generator.clone(),
                outer: *outer,
                output: output.clone(),
                unneeded: now,
                input: below,
            })
        }
        LogicalPlan::Sort { input, .. }
        | LogicalPlan::Limit { input, .. }
        | LogicalPlan::LocalLimit { input, .. }
        | LogicalPlan::Offset { input, .. }
        | LogicalPlan::Tail { input, .. }
        | LogicalPlan::Sample { input, .. }
        | LogicalPlan::Repartition { input, .. } => {
            let needs = within(&both(required), input);
            with_input(plan, input, narrow(&prune(input, &needs), &needs))
        }
        _ => {
            let before = plan.children();
            let after: Vec<_> = before.iter().map(|child| prune(child, &output_ids(child))).collect();
            if before.iter().zip(&after).all(|(old, new)| Arc::ptr_eq(old, new)) {
                return plan.clone();
            }
            Arc::new(plan.with_children(after))
        }
    }
}

fn kept(named: &[Expr], required: &Ids) -> Vec<Expr> {
    named
        .iter()
        .filter(|expr| expr.to_attribute().is_none_or(|column| required.contains(&column.id)))
        .cloned()
        .collect()
}

fn within(needs: &Ids, input: &LogicalPlan) -> Ids {
    needs.intersection(&output_ids(input)).copied().collect()
}

fn with_input(plan: &Arc<LogicalPlan>, old: &Arc<LogicalPlan>, new: Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    if Arc::ptr_eq(old, &new) { plan.clone() } else { Arc::new(plan.with_children(vec![new])) }
}

/// Puts a projection on top when there are columns that nobody needs.
fn narrow(plan: &Arc<LogicalPlan>, required: &Ids) -> Arc<LogicalPlan> {
    let output = plan.output();
    if output.iter().all(|column| required.contains(&column.id)) {
        return plan.clone();
    }
    let kept: Vec<Attribute> = output.into_iter().filter(|column| required.contains(&column.id)).collect();
    Arc::new(LogicalPlan::Project { exprs: kept.into_iter().map(Expr::Attribute).collect(), input: plan.clone() })
}

fn union(
    plan: &Arc<LogicalPlan>,
    inputs: &[Arc<LogicalPlan>],
    by_name: bool,
    allow_missing: bool,
    required: &Ids,
) -> Arc<LogicalPlan> {
    let output = plan.output();
    let kept: Vec<usize> = (0..output.len()).filter(|at| required.contains(&output[*at].id)).collect();
    let new: Vec<_> = inputs
        .iter()
        .map(|input| {
            let columns = input.output();
            let needs: Ids = kept.iter().map(|at| columns[*at].id).collect();
            let pruned = prune(input, &needs);
            let now = pruned.output();
            let wanted: Vec<&Attribute> = kept.iter().map(|at| &columns[*at]).collect();
            let is_same = now.len() == wanted.len() && now.iter().zip(&wanted).all(|(a, b)| a.id == b.id);
            if is_same {
                return pruned;
            }
            let exprs = wanted.into_iter().cloned().map(Expr::Attribute).collect();
            Arc::new(LogicalPlan::Project { exprs, input: pruned })
        })
        .collect();
    if inputs.iter().zip(&new).all(|(old, new)| Arc::ptr_eq(old, new)) {
        return plan.clone();
    }
    Arc::new(LogicalPlan::Union { inputs: new, by_name, allow_missing })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_group_by_reads_its_keys_only() {
        assert_eq!(text(&check(apply, &group(&table(1, "abc"), "a"))), "Aggregate([a], Project([a], table(a b c)))");
    }

    #[test]
    fn both_sides_of_a_join_lose_what_is_not_selected() {
        let joined = join(&table(1, "ab"), &table(11, "xy"), "a = x");
        assert_eq!(
            text(&check(apply, &project(&joined, "b"))),
            "Project([b], InnerJoin(a = x, table(a b), Project([x], table(x y))))"
        );
    }

    #[test]
    fn what_is_spread_evenly_carries_only_what_is_selected() {
        let spread = Arc::new(LogicalPlan::Repartition {
            target: crate::logical::plan::Repartitioning::RoundRobin { count: 4, is_rdd: false },
            input: table(1, "abc"),
        });
        let pruned = check(apply, &project(&spread, "b"));
        assert!(text(&pruned).ends_with("Project([b], table(a b c))))"), "{}", text(&pruned));
    }

    #[test]
    fn a_query_that_wants_everything_stays() {
        unchanged(apply, &filter(&table(1, "ab"), "a > 1"));
        unchanged(apply, &Arc::new(LogicalPlan::Distinct { input: table(1, "ab") }));
    }
}
