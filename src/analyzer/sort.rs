//! `ORDER BY` and `WHERE`/`HAVING` over what is not in the select list.
//!
//! ```text
//!   Sort b                      Project [a]
//!     Project [a]        →        Sort b
//!                                   Project [a, b]
//! ```
//!
//! Over an aggregate, aggregates and grouping expressions that the outputs lack are added to it and dropped again above.

use super::errors::unresolved_column;
use super::exprs::{Env, first_resolved, not_boolean};
use super::select::is_aggregate;
use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr, SortOrder};
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::sync::Arc;

impl Analyzer<'_> {
    /// `Sort` over an analyzed input.
    pub(super) fn sort(
        &self,
        order: &[SortOrder],
        global: bool,
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let order = self.ordinals(order, input)?;
        let bare = |expr: &Expr| match expr {
            Expr::Alias { child, .. } => (**child).clone(),
            other => other.clone(),
        };
        let exprs: Vec<Expr> = order.iter().map(|order| bare(&order.child)).collect();
        let (resolved, below) = self.reach(exprs, input, scope).map_err(|error| match error.condition() {
            Some("AMBIGUOUS_REFERENCE") => {
                unresolved_column(&[error.subject().unwrap_or_default().to_owned()], &input.output())
            }
            _ => error,
        })?;
        for expr in &resolved {
            if expr.data_type().has_no_order() {
                return Err(super::errors::mismatch(
                    "INVALID_ORDERING_TYPE",
                    &expr.pretty_name(),
                    "maps have no order",
                ));
            }
        }
        let order: Vec<SortOrder> =
            order.into_iter().zip(resolved).map(|(order, child)| SortOrder { child, ..order }).collect();
        Ok(restore(LogicalPlan::Sort { order, global, input: below }, input))
    }

    /// `ORDER BY 2`, `ORDER BY ALL`.
    fn ordinals(&self, order: &[SortOrder], input: &Arc<LogicalPlan>) -> Result<Vec<SortOrder>> {
        let output = input.output();
        if let [SortOrder { child: Expr::UnresolvedAttribute(parts), ascending, nulls_first }] = order
            && parts.len() == 1
            && parts[0].eq_ignore_ascii_case("all")
            && !output.iter().any(|column| self.casing().same(&column.name, &parts[0]))
        {
            let (ascending, nulls_first) = (*ascending, *nulls_first);
            return Ok(output
                .into_iter()
                .map(|column| SortOrder { child: Expr::Attribute(column), ascending, nulls_first })
                .collect());
        }
        order
            .iter()
            .map(|item| match &item.child {
                Expr::Literal(Scalar::Integer(position), _) => {
                    let found =
                        usize::try_from(*position).ok().and_then(|i| i.checked_sub(1)).and_then(|i| output.get(i));
                    let column = found.ok_or_else(|| {
                        SparkError::analysis(
                            "ORDER_BY_POS_OUT_OF_RANGE",
                            format!("ORDER BY {position}: the select list has {} columns", output.len()),
                        )
                        .with_parameters([("index", position.to_string()), ("size", output.len().to_string())])
                        .with_subject(position.to_string())
                    })?;
                    Ok(SortOrder { child: Expr::Attribute(column.clone()), ..item.clone() })
                }
                _ => Ok(item.clone()),
            })
            .collect()
    }

    /// `Filter` over an analyzed input.
    pub(super) fn filter(&self, condition: &Expr, input: &Arc<LogicalPlan>, scope: &Scope) -> Result<Arc<LogicalPlan>> {
        if is_aggregate(condition) && aggregate_below(input).is_none() {
            return Err(SparkError::analysis(
                "INVALID_WHERE_CONDITION",
                format!("\"{}\": a WHERE condition is about single rows and cannot aggregate", condition.pretty_name()),
            )
            .with_help("group and aggregate first, then filter the result (HAVING in SQL)"));
        }
        if condition.any(|part| matches!(part, Expr::Window { .. })) {
            return Err(SparkError::analysis(
                "WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE",
                format!("\"{}\": a WHERE condition cannot hold window functions", condition.pretty_name()),
            )
            .with_help("add the window function with withColumn first, then filter on that column"));
        }
        let (mut resolved, below) = self.reach(vec![condition.clone()], input, scope)?;
        let condition = resolved.pop().ok_or_else(|| SparkError::internal("a filter lost its condition"))?;
        let condition = match condition.data_type() {
            DataType::Boolean => condition,
            DataType::Null => super::coercion::cast(condition, &DataType::Boolean, self.context.conf.ansi()),
            other => return Err(not_boolean("DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", &condition, &other)),
        };
        Ok(restore(LogicalPlan::Filter { condition, input: below }, input))
    }

    /// Resolves expressions against `input`; what it lacks is looked for below it and passed up.
    fn reach(
        &self,
        exprs: Vec<Expr>,
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<(Vec<Expr>, Arc<LogicalPlan>)> {
        if exprs.iter().any(is_aggregate) && aggregate_below(input).is_some() {
            return self.reach_aggregate(exprs, input, scope);
        }
        let mut plan = input.clone();
        let mut resolved = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let env = Env::new(self, scope, plan.output());
            match env.resolve(&expr) {
                Err(error) if super::errors::is_unresolved(&error) => {
                    let (found, deeper) = self.reach_below(&expr, &plan, scope).map_err(|_| error)?;
                    resolved.push(found);
                    plan = deeper;
                }
                other => resolved.push(other?),
            }
        }
        Ok((resolved, plan))
    }

    fn reach_below(&self, expr: &Expr, plan: &Arc<LogicalPlan>, scope: &Scope) -> Result<(Expr, Arc<LogicalPlan>)> {
        let hidden = super::join::hidden_columns(plan, self.casing());
        if !hidden.is_empty() {
            let mut env = Env::new(self, scope, plan.output());
            env.hidden.clone_from(&hidden);
            if let Ok(found) = env.resolve(expr) {
                let used: Vec<Attribute> = hidden
                    .into_iter()
                    .filter(|column| found.references().iter().any(|reference| reference.id == column.id))
                    .collect();
                if let Some(exposed) = expose(plan, &used) {
                    return Ok((found, exposed));
                }
            }
        }
        if aggregate_below(plan).is_some() {
            let (mut found, plan) = self.reach_aggregate(vec![expr.clone()], plan, scope)?;
            let found = found.pop().ok_or_else(|| SparkError::internal("a lost expression"))?;
            return Ok((found, plan));
        }
        let mut input = plan.clone();
        loop {
            let below = match input.as_ref() {
                LogicalPlan::Project { input, .. }
                | LogicalPlan::Filter { input, .. }
                | LogicalPlan::Sort { input, .. }
                | LogicalPlan::Window { input, .. }
                | LogicalPlan::Sample { input, .. }
                | LogicalPlan::Repartition { input, .. }
                | LogicalPlan::Hint { input, .. }
                | LogicalPlan::Distinct { input }
                | LogicalPlan::Deduplicate { input, .. }
                | LogicalPlan::Limit { input, .. } => input.clone(),
                _ => return Err(SparkError::internal("nothing more to reach")),
            };
            // Names of the node itself win over those below it.
            let mut columns = plan.output();
            let own: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
            columns.extend(below.output().into_iter().filter(|column| {
                !plan.output().iter().any(|other| other.id == column.id)
                    && !own.iter().any(|name| self.casing().same(name, &column.name) && column.qualifier.is_empty())
            }));
            let env = Env::new(self, scope, columns);
            let found = first_resolved(env.resolve(expr), || Env::new(self, scope, below.output()).resolve(expr));
            if let Ok(found) = found {
                let own = plan.output();
                let missing: Vec<Attribute> = found
                    .references()
                    .into_iter()
                    .filter(|column| !own.iter().any(|other| other.id == column.id))
                    .cloned()
                    .collect();
                let exposed =
                    expose(plan, &missing).ok_or_else(|| SparkError::internal("a column cannot be passed up"))?;
                return Ok((found, exposed));
            }
            input = below;
        }
    }

    /// Resolves expressions over an aggregate: outputs, grouping expressions and further aggregates.
    fn reach_aggregate(
        &self,
        exprs: Vec<Expr>,
        plan: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<(Vec<Expr>, Arc<LogicalPlan>)> {
        let Some(LogicalPlan::Aggregate { grouping: Grouping::By(grouping), outputs, input }) = aggregate_below(plan)
        else {
            return Err(SparkError::internal("an aggregate was expected"));
        };
        let mut over = OverAggregate {
            analyzer: self,
            base: Env::new(self, scope, input.output()),
            output: Env::new(self, scope, plan.output()),
            grouping,
            outputs,
            extra: Vec::new(),
        };
        let resolved: Vec<Expr> = exprs.into_iter().map(|expr| over.resolve(expr)).collect::<Result<_>>()?;
        let extra = over.extra;
        let below = if extra.is_empty() { plan.clone() } else { add_outputs(plan, &extra) };
        let env = Env::new(self, scope, below.output());
        let typed = resolved.into_iter().map(|expr| env.types(expr)).collect::<Result<_>>()?;
        Ok((typed, below))
    }
}

struct OverAggregate<'e> {
    analyzer: &'e Analyzer<'e>,
    base: Env<'e>,
    output: Env<'e>,
    grouping: &'e [Expr],
    outputs: &'e [Expr],
    extra: Vec<Expr>,
}

impl OverAggregate<'_> {
    fn resolve(&mut self, expr: Expr) -> Result<Expr> {
        match &expr {
            Expr::Literal(..) => return Ok(expr),
            Expr::UnresolvedAttribute(_) | Expr::Attribute(_) => {
                let own = self.output.names(expr.clone());
                return first_resolved(own, || {
                    let found = self.base.resolve(&expr)?;
                    if self.grouping.contains(&found) {
                        return Ok(self.output_for(found));
                    }
                    let written = [found.pretty_name()];
                    Err(unresolved_column(&written, &self.output.input))
                });
            }
            Expr::ScalarSubquery(_) | Expr::Exists(_) => return self.output.names(expr),
            _ => {}
        }
        let whole = matches!(&expr, Expr::Call(_) | Expr::Aggregate(_)) && is_aggregate(&expr) && !nested_only(&expr);
        if whole {
            // Inside an aggregate, names are those below it; an output's alias is the second choice.
            let found = first_resolved(self.base.resolve(&expr), || self.output.resolve(&expr))?;
            return Ok(self.output_for(found));
        }
        if !is_aggregate(&expr)
            && let Ok(found) = self.base.resolve(&expr)
            && self.grouping.contains(&found)
        {
            return Ok(self.output_for(found));
        }
        expr.try_map_children(&mut |child| self.resolve(child))
    }

    /// The output column that is `found`, added when there is none.
    fn output_for(&mut self, found: Expr) -> Expr {
        let same = self.outputs.iter().chain(&self.extra).find(|output| match output {
            Expr::Alias { child, .. } => **child == found,
            other => **other == found,
        });
        if let Some(attribute) = same.and_then(Expr::to_attribute) {
            return Expr::Attribute(attribute);
        }
        let named = match found {
            attribute @ Expr::Attribute(_) => attribute,
            other => {
                let name = other.pretty_name();
                self.analyzer.alias(other, name)
            }
        };
        self.extra.push(named.clone());
        named.to_attribute().map_or(named, Expr::Attribute)
    }
}

/// Whether the aggregates of a call are only inside its arguments.
fn nested_only(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => !is_aggregate(&Expr::Call(crate::logical::expr::Call { args: Vec::new(), ..call.clone() })),
        _ => false,
    }
}

/// The aggregate that a node shows, through filters and plain column lists.
fn aggregate_below(plan: &Arc<LogicalPlan>) -> Option<&LogicalPlan> {
    match plan.as_ref() {
        aggregate @ LogicalPlan::Aggregate { grouping: Grouping::By(_), .. } => Some(aggregate),
        LogicalPlan::Filter { input, .. } => aggregate_below(input),
        LogicalPlan::Project { exprs, input } if exprs.iter().all(|expr| matches!(expr, Expr::Attribute(_))) => {
            aggregate_below(input)
        }
        _ => None,
    }
}

fn add_outputs(plan: &Arc<LogicalPlan>, extra: &[Expr]) -> Arc<LogicalPlan> {
    let mut node = (**plan).clone();
    match &mut node {
        LogicalPlan::Aggregate { outputs, .. } => outputs.extend(extra.iter().cloned()),
        LogicalPlan::Filter { input, .. } => *input = add_outputs(input, extra),
        LogicalPlan::Project { exprs, input } => {
            *input = add_outputs(input, extra);
            exprs.extend(extra.iter().filter_map(Expr::to_attribute).map(Expr::Attribute));
        }
        _ => {}
    }
    Arc::new(node)
}

/// The plan with `missing` columns of its inputs passed through; `None` when a node on the way cannot.
pub(super) fn expose(plan: &Arc<LogicalPlan>, missing: &[Attribute]) -> Option<Arc<LogicalPlan>> {
    let output = plan.output();
    let missing: Vec<Attribute> =
        missing.iter().filter(|column| !output.iter().any(|own| own.id == column.id)).cloned().collect();
    if missing.is_empty() {
        return Some(plan.clone());
    }
    let mut node = (**plan).clone();
    match &mut node {
        LogicalPlan::Project { exprs, input } => {
            *input = expose(input, &missing)?;
            let mut seen = Vec::new();
            for column in missing {
                if !seen.contains(&column.id) {
                    seen.push(column.id);
                    exprs.push(Expr::Attribute(column));
                }
            }
        }
        LogicalPlan::Filter { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::Window { input, .. }
        | LogicalPlan::Sample { input, .. }
        | LogicalPlan::Repartition { input, .. }
        | LogicalPlan::Hint { input, .. }
        | LogicalPlan::Distinct { input }
        | LogicalPlan::Deduplicate { input, .. }
        | LogicalPlan::Limit { input, .. } => *input = expose(input, &missing)?,
        LogicalPlan::Join { left, right, .. } => {
            *left = expose(left, &missing).unwrap_or_else(|| left.clone());
            *right = expose(right, &missing).unwrap_or_else(|| right.clone());
            let shown = node.output();
            if !missing.iter().all(|column| shown.iter().any(|other| other.id == column.id)) {
                return None;
            }
        }
        _ => return None,
    }
    Some(Arc::new(node))
}

/// The node, under a project back to the columns of `like` when it shows more.
fn restore(node: LogicalPlan, like: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    let wanted = like.output();
    let node = Arc::new(node);
    if node.output().len() == wanted.len() {
        return node;
    }
    Arc::new(LogicalPlan::Project { exprs: wanted.into_iter().map(Expr::Attribute).collect(), input: node })
}
