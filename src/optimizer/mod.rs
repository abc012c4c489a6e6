//! Floor 2: from an analyzed plan to a cheaper plan with the same rows.
//!
//! A list of small rules, run in batches as in Spark, each batch until nothing changes. Every firing is kept, with the plan before, the
//! plan after and the reason, so that a screen can replay what the optimizer did.
//!
//! ```text
//!   finish analysis ─▶ replace operators ─▶ subqueries to joins ─▶ operators (fixed point) ─▶ infer filters ─▶ operators ─▶ last
//! ```
//!
//! **Invariants.** A rule keeps the ids, order and types of the root's columns. No rule looks at data, except at rows that the plan itself
//! holds.

mod boolean_simplification;
mod collapse_project;
mod collapse_repartition;
mod collapse_window;
mod column_pruning;
mod combine_filters;
mod combine_limits;
mod combine_unions;
mod constant_folding;
mod decimal_aggregates;
mod decorrelate;
mod eliminate_outer_join;
mod eliminate_sorts;
mod eliminate_subquery_aliases;
mod functions;
mod infer_filters;
mod infer_filters_from_generate;
mod infer_window_group_limit;
mod like_simplification;
mod limit_push_down;
mod null_propagation;
mod propagate_empty_relation;
mod prune_filters;
mod push_down_filter;
mod push_projection_through_limit;
mod remove_noop_operators;
mod replace_distinct;
mod replace_expressions;
mod replace_set_operations;
mod rewrite_distinct_aggregates;
mod rewrite_lateral_joins;
mod rewrite_subqueries;
mod row_bounds;
mod simplify_casts;
mod simplify_comparisons;
mod simplify_conditionals;
mod sum_counts;
#[cfg(test)]
mod testing;

use crate::common::ids::ExprIds;
use crate::common::{Conf, Result, SparkError};
use crate::logical::LogicalPlan;
pub use crate::logical::fold::{ConstantFolder, NoFolding};
use crate::logical::{Expr, rewrite};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What rules may ask.
pub struct OptimizerContext<'a> {
    pub conf: &'a Conf,
    /// For new columns.
    pub ids: &'a ExprIds,
    /// Computes constant expressions.
    pub folder: &'a dyn ConstantFolder,
}

/// A rule that changed the plan.
#[derive(Debug, Clone)]
pub struct RuleFiring {
    /// Spark's name of the rule.
    pub rule: &'static str,
    pub before: Arc<LogicalPlan>,
    pub after: Arc<LogicalPlan>,
    /// One sentence for a learner.
    pub why: &'static str,
}

/// The result of [`optimize`].
#[derive(Debug, Clone)]
pub struct Optimized {
    pub plan: Arc<LogicalPlan>,
    pub trace: Vec<RuleFiring>,
}

/// One rule: gives the same `Arc` back when it has nothing to do.
struct Rule {
    name: &'static str,
    why: &'static str,
    apply: fn(&Arc<LogicalPlan>, &OptimizerContext<'_>) -> Arc<LogicalPlan>,
}

macro_rules! rules {
    ($($module:ident),* $(,)?) => { &[$(Rule { name: $module::NAME, why: $module::WHY, apply: $module::apply }),*] };
}

/// Rules that run together.
struct Batch {
    /// How often at most.
    most: usize,
    /// Whether plans run without these rules: then `spark.sql.optimizer.excludedRules` may leave them out.
    is_optional: bool,
    rules: &'static [Rule],
}

const fn needed(rules: &'static [Rule]) -> Batch {
    Batch { most: 1, is_optional: false, rules }
}

const fn optional(most: usize, rules: &'static [Rule]) -> Batch {
    Batch { most, is_optional: true, rules }
}

/// The batches in order.
static BATCHES: &[Batch] = &[
    needed(rules![eliminate_subquery_aliases, replace_expressions]),
    needed(rules![replace_set_operations, replace_distinct]),
    needed(rules![rewrite_lateral_joins, rewrite_subqueries]),
    optional(50, OPERATORS),
    optional(1, rules![infer_filters_from_generate, infer_filters]),
    optional(50, OPERATORS),
    optional(1, rules![sum_counts]),
    optional(1, rules![decimal_aggregates]),
    needed(rules![rewrite_distinct_aggregates]),
    optional(1, rules![infer_window_group_limit]),
    optional(5, rules![propagate_empty_relation, column_pruning, collapse_project, remove_noop_operators]),
];

static OPERATORS: &[Rule] = rules![
    eliminate_outer_join,
    push_projection_through_limit,
    push_down_filter,
    limit_push_down,
    combine_filters,
    combine_unions,
    combine_limits,
    collapse_repartition,
    constant_folding,
    null_propagation,
    like_simplification,
    boolean_simplification,
    simplify_conditionals,
    simplify_casts,
    simplify_comparisons,
    prune_filters,
    eliminate_sorts,
    column_pruning,
    collapse_project,
    collapse_window,
    remove_noop_operators,
];

/// Improves an analyzed plan.
///
/// # Errors
/// A correlated subquery of a shape that cannot be turned into a join.
pub fn optimize(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Result<Optimized> {
    let mut trace = Vec::new();
    let plan = inside(plan, context, &mut trace)?;
    let excluded = excluded_rules(context.conf);
    let mut optimizing = Optimizing { plan, trace, excluded, context, settled: BTreeMap::new() };
    for batch in BATCHES {
        optimizing.run_batch(batch);
    }
    let Optimizing { plan, trace, .. } = optimizing;
    refuse_leftovers(&plan)?;
    Ok(Optimized { plan, trace })
}

/// The last parts of the class names in `spark.sql.optimizer.excludedRules`.
fn excluded_rules(conf: &Conf) -> Vec<String> {
    let names = conf.get("spark.sql.optimizer.excludedRules").unwrap_or_default();
    names.split(',').filter_map(|name| name.trim().rsplit('.').next()).map(str::to_owned).collect()
}

/// Spark's names of the rules that `spark.sql.optimizer.excludedRules` may leave out.
#[must_use]
pub fn optional_rules() -> Vec<&'static str> {
    let mut names: Vec<&str> =
        BATCHES.iter().filter(|batch| batch.is_optional).flat_map(|batch| batch.rules).map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What a rule is good for, in one sentence for a learner.
#[must_use]
pub fn reason_of(rule: &str) -> Option<&'static str> {
    BATCHES.iter().flat_map(|batch| batch.rules).find(|known| known.name == rule).map(|known| known.why)
}

/// A plan on its way through the batches.
struct Optimizing<'a> {
    plan: Arc<LogicalPlan>,
    trace: Vec<RuleFiring>,
    excluded: Vec<String>,
    context: &'a OptimizerContext<'a>,
    /// The last plan that each rule left as it was: there it has nothing to do.
    settled: BTreeMap<&'static str, Arc<LogicalPlan>>,
}

impl Optimizing<'_> {
    fn run_batch(&mut self, batch: &Batch) {
        for _ in 0..batch.most {
            let start = self.plan.clone();
            for rule in batch.rules {
                if !(batch.is_optional && self.excluded.iter().any(|name| name == rule.name)) {
                    self.apply(rule);
                }
            }
            if Arc::ptr_eq(&start, &self.plan) {
                break;
            }
        }
    }

    fn apply(&mut self, rule: &Rule) {
        if self.settled.get(rule.name).is_some_and(|plan| Arc::ptr_eq(plan, &self.plan)) {
            return;
        }
        let after = (rule.apply)(&self.plan, self.context);
        if Arc::ptr_eq(&after, &self.plan) {
            self.settled.insert(rule.name, after);
        } else {
            let before = std::mem::replace(&mut self.plan, after.clone());
            self.trace.push(RuleFiring { rule: rule.name, before, after, why: rule.why });
        }
    }
}

/// The lineages of caches and the plans of subqueries are queries of their own.
fn inside(
    plan: &Arc<LogicalPlan>,
    context: &OptimizerContext<'_>,
    trace: &mut Vec<RuleFiring>,
) -> Result<Arc<LogicalPlan>> {
    let mut failed = None;
    let mut optimized = |inner: &Arc<LogicalPlan>| match optimize(inner, context) {
        Ok(done) => {
            trace.extend(done.trace);
            done.plan
        }
        Err(error) => {
            failed.get_or_insert(error);
            inner.clone()
        }
    };
    let after = plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Cached { id, level, plan, output } => {
            let (level, output) = (level.clone(), output.clone());
            Some(LogicalPlan::Cached { id: *id, level, plan: optimized(plan), output })
        }
        _ => rewrite::map_node_expressions(node, &mut |expr| match expr {
            Expr::ScalarSubquery(inner) if rewrite::outer_references(&inner).is_empty() => {
                Expr::ScalarSubquery(optimized(&inner))
            }
            other => other,
        }),
    });
    failed.map_or(Ok(after), Err)
}

/// What no rule could turn into something that runs.
fn refuse_leftovers(plan: &Arc<LogicalPlan>) -> Result<()> {
    let mut left = false;
    plan.visit(&mut |node| {
        for expr in rewrite::expressions(node) {
            left |= expr.any(|expr| match expr {
                Expr::Exists(_) | Expr::InSubquery { .. } => true,
                Expr::ScalarSubquery(inner) => !rewrite::outer_references(inner).is_empty(),
                _ => false,
            });
        }
    });
    if left {
        return Err(SparkError::unsupported(
            "a subquery in this place, or correlated in this way,",
            "write it as a join: the subquery becomes a frame of its own, joined on the columns it shares",
        ));
    }
    Ok(())
}
