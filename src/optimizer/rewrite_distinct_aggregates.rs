//! Computes aggregates over several groups of `DISTINCT` arguments.
//!
//! Purpose: the planner's phases can drop the duplicates of one list of arguments only.
//! Before/after: `count(DISTINCT a), count(DISTINCT b), sum(c) BY k` → every row is repeated once per list with a number `gid`
//! (`Expand`), a first aggregation by `k, a, b, gid` drops duplicates and sums, a second by `k` counts the rows of each `gid`.
//! Must not: fire for a single list without `FILTER`; the planner does that with less.
//! Hard case: `count` of no rows is 0, but the first aggregation's result may be missing for a group: it is replaced by 0.
//! Spark does the same.

use super::replace_set_operations::fresh;
use super::{OptimizerContext, functions};
use crate::logical::expr::{AggregateCall, Attribute, BinaryOp, UnaryOp};
use crate::logical::plan::Grouping;
use crate::logical::rewrite::{canonical, null, same};
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::convert::Infallible;
use std::sync::Arc;

pub(super) const NAME: &str = "RewriteDistinctAggregates";
pub(super) const WHY: &str =
    "duplicates of several lists of arguments are dropped in one shuffle by repeating each row once per list";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input } = &**node else { return None };
        let rewrite = Rewrite::new(by, outputs, context);
        if !rewrite.is_needed() {
            return None;
        }
        rewrite.build(outputs, input)
    })
}

/// A list of distinct arguments.
struct Group {
    args: Vec<Expr>,
    gid: i32,
}

struct Rewrite<'a> {
    context: &'a OptimizerContext<'a>,
    by: &'a [Expr],
    keys: Vec<Attribute>,
    distinct: Vec<AggregateCall>,
    plain: Vec<AggregateCall>,
    groups: Vec<Group>,
    /// Every distinct argument and its column.
    arguments: Vec<(Expr, Attribute)>,
}

impl<'a> Rewrite<'a> {
    fn new(by: &'a [Expr], outputs: &[Expr], context: &'a OptimizerContext<'a>) -> Self {
        let (mut distinct, mut plain) = (Vec::new(), Vec::new());
        for output in outputs {
            output.visit(&mut |expr| {
                if let Expr::Aggregate(call) = expr {
                    let list: &mut Vec<AggregateCall> = if call.distinct { &mut distinct } else { &mut plain };
                    if !list.iter().any(|known| same_call(known, call)) {
                        list.push(call.clone());
                    }
                }
            });
        }
        let keys = by
            .iter()
            .map(|expr| match expr {
                Expr::Attribute(column) => column.clone(),
                other => new_column("key", other, context),
            })
            .collect();
        let mut rewrite = Rewrite { context, by, keys, distinct, plain, groups: Vec::new(), arguments: Vec::new() };
        rewrite.find_groups();
        rewrite
    }

    fn find_groups(&mut self) {
        for call in &self.distinct {
            let args = distinct_args(call);
            for arg in &args {
                if !self.arguments.iter().any(|(known, _)| same(known, arg)) {
                    let column = new_column("distinct", arg, self.context);
                    self.arguments.push((arg.clone(), column));
                }
            }
            let is_known = |group: &Group| {
                group.args.len() == args.len() && args.iter().all(|arg| group.args.iter().any(|known| same(known, arg)))
            };
            if !self.groups.iter().any(is_known) {
                let gid = self.groups.len() as i32 + 1;
                self.groups.push(Group { args, gid });
            }
        }
    }

    fn is_needed(&self) -> bool {
        self.groups.len() > 1 || self.distinct.iter().any(|call| call.filter.is_some())
    }

    fn build(&self, outputs: &[Expr], input: &Arc<LogicalPlan>) -> Option<LogicalPlan> {
        let gid = Attribute::new("gid", self.context.ids.fresh(), DataType::Integer, false);
        let inputs: Vec<(Expr, Attribute)> = self.plain_inputs();
        let expand = self.expand(&gid, &inputs, input);
        let mut first_by: Vec<Expr> = self.keys.iter().cloned().map(Expr::Attribute).collect();
        first_by.extend(self.arguments.iter().map(|(_, column)| Expr::Attribute(column.clone())));
        first_by.push(Expr::Attribute(gid.clone()));
        let results: Vec<Expr> = self
            .plain
            .iter()
            .map(|call| {
                fresh(Expr::Aggregate(self.over_columns(call, &inputs)).alias(call.function.name), self.context)
            })
            .map(unwrap_double_alias)
            .collect();
        let mut first_outputs = first_by.clone();
        first_outputs.extend(results.iter().cloned());
        let first = Arc::new(LogicalPlan::Aggregate {
            grouping: Grouping::By(first_by),
            outputs: first_outputs,
            input: Arc::new(expand),
        });
        let outputs: Option<Vec<Expr>> = outputs.iter().map(|output| self.second(output, &results, &gid)).collect();
        let by = self.keys.iter().cloned().map(Expr::Attribute).collect();
        Some(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs: outputs?, input: first })
    }

    /// What the plain aggregates read, as columns of the expansion.
    fn plain_inputs(&self) -> Vec<(Expr, Attribute)> {
        let mut inputs: Vec<(Expr, Attribute)> = Vec::new();
        for call in &self.plain {
            for arg in call.args.iter().chain(call.filter.as_deref()) {
                if !matches!(arg, Expr::Literal(..)) && !inputs.iter().any(|(known, _)| same(known, arg)) {
                    inputs.push((arg.clone(), new_column("input", arg, self.context)));
                }
            }
        }
        inputs
    }

    fn expand(&self, gid: &Attribute, inputs: &[(Expr, Attribute)], input: &Arc<LogicalPlan>) -> LogicalPlan {
        let number = |value: i32| Expr::Literal(Scalar::Integer(value), DataType::Integer);
        let mut projections = Vec::new();
        if !self.plain.is_empty() {
            let mut row = self.by.to_vec();
            row.extend(self.arguments.iter().map(|(_, column)| null(column.data_type.clone())));
            row.push(number(0));
            row.extend(inputs.iter().map(|(expr, _)| expr.clone()));
            projections.push(row);
        }
        for group in &self.groups {
            let mut row = self.by.to_vec();
            row.extend(self.arguments.iter().map(|(expr, column)| {
                if group.args.iter().any(|arg| same(arg, expr)) { expr.clone() } else { null(column.data_type.clone()) }
            }));
            row.push(number(group.gid));
            row.extend(inputs.iter().map(|(_, column)| null(column.data_type.clone())));
            projections.push(row);
        }
        let mut output = self.keys.clone();
        output.extend(self.arguments.iter().map(|(_, column)| column.clone()));
        output.push(gid.clone());
        output.extend(inputs.iter().map(|(_, column)| column.clone()));
        LogicalPlan::Expand { projections, output, input: input.clone() }
    }

    fn over_columns(&self, call: &AggregateCall, inputs: &[(Expr, Attribute)]) -> AggregateCall {
        let replace = |arg: &Expr| {
            inputs
                .iter()
                .find(|(known, _)| same(known, arg))
                .map_or_else(|| arg.clone(), |(_, column)| Expr::Attribute(column.clone()))
        };
        AggregateCall {
            args: call.args.iter().map(replace).collect(),
            filter: call.filter.as_deref().map(|filter| Box::new(replace(filter))),
            ..call.clone()
        }
    }

    /// An output over the columns of the first aggregation.
    fn second(&self, output: &Expr, results: &[Expr], gid: &Attribute) -> Option<Expr> {
        if !matches!(output, Expr::Alias { .. })
            && let Some(at) = self.by.iter().position(|key| same(key, output))
        {
            return Some(Expr::Attribute(self.keys[at].clone()));
        }
        if let Expr::Aggregate(call) = output {
            return if call.distinct { Some(self.of_distinct(call, gid)) } else { self.of_plain(call, results, gid) };
        }
        let mut complete = true;
        let mapped = output.clone().try_map_children(&mut |child| {
            let new = self.second(&child, results, gid);
            complete &= new.is_some();
            Ok::<_, Infallible>(new.unwrap_or(child))
        });
        match mapped {
            Ok(expr) => complete.then_some(expr),
            Err(never) => match never {},
        }
    }

    fn is_gid(gid: &Attribute, value: i32) -> Option<Box<Expr>> {
        Some(Box::new(Expr::binary(BinaryOp::Eq, Expr::Attribute(gid.clone()), Expr::int(value))))
    }

    fn of_distinct(&self, call: &AggregateCall, gid: &Attribute) -> Expr {
        let wanted = distinct_args(call);
        let group = self.groups.iter().find(|group| {
            group.args.len() == wanted.len() && wanted.iter().all(|arg| group.args.iter().any(|known| same(known, arg)))
        });
        let mut wanted = wanted.into_iter();
        let args = call
            .args
            .iter()
            .map(|arg| {
                if matches!(arg, Expr::Literal(..)) && call.filter.is_none() {
                    return arg.clone();
                }
                let guarded = wanted.next().unwrap_or_else(|| arg.clone());
                self.arguments
                    .iter()
                    .find(|(known, _)| same(known, &guarded))
                    .map_or_else(|| arg.clone(), |(_, column)| Expr::Attribute(column.clone()))
            })
            .collect();
        let filter = Self::is_gid(gid, group.map_or(0, |group| group.gid));
        Expr::Aggregate(AggregateCall { args, distinct: false, filter, ..call.clone() })
    }

    fn of_plain(&self, call: &AggregateCall, results: &[Expr], gid: &Attribute) -> Option<Expr> {
        let at = self.plain.iter().position(|known| same_call(known, call))?;
        let column = results[at].to_attribute()?;
        let Expr::Aggregate(first) =
            functions::aggregate("first", vec![Expr::Attribute(column)], call.data_type.clone(), true)?
        else {
            return None;
        };
        let first = Expr::Aggregate(AggregateCall { ignore_nulls: true, filter: Self::is_gid(gid, 0), ..first });
        if !matches!(call.function.name, "count" | "count_if") {
            return Some(first);
        }
        Some(Expr::Case {
            branches: vec![(
                Expr::unary(UnaryOp::IsNull, first.clone()),
                Expr::Literal(Scalar::Long(0), DataType::Long),
            )],
            otherwise: Some(Box::new(first)),
        })
    }
}

/// The arguments whose duplicates are dropped; a `FILTER` turns what it refuses into null.
fn distinct_args(call: &AggregateCall) -> Vec<Expr> {
    match &call.filter {
        None => call.args.iter().filter(|arg| !matches!(arg, Expr::Literal(..))).cloned().collect(),
        Some(filter) => call
            .args
            .iter()
            .map(|arg| Expr::Case { branches: vec![((**filter).clone(), arg.clone())], otherwise: None })
            .collect(),
    }
}

fn new_column(name: &str, expr: &Expr, context: &OptimizerContext<'_>) -> Attribute {
    Attribute::new(name, context.ids.fresh(), expr.data_type(), true)
}

fn same_call(left: &AggregateCall, right: &AggregateCall) -> bool {
    canonical(&Expr::Aggregate(left.clone())) == canonical(&Expr::Aggregate(right.clone()))
}

/// `(x AS a) AS b` → `x AS b`.
fn unwrap_double_alias(expr: Expr) -> Expr {
    match expr {
        Expr::Alias { child, name, id, metadata } => match *child {
            Expr::Alias { child, .. } => Expr::Alias { child, name, id, metadata },
            other => Expr::Alias { child: Box::new(other), name, id, metadata },
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn an_aggregation_without_distinct_stays() {
        unchanged(apply, &group(&table(1, "ab"), "a"));
    }
}
