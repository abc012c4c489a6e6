//! The parts of a plan's nodes: their children, expressions and columns, each listed once.
//!
//! Each list is a macro, because the same walk is needed over shared and over mutable nodes: the patterns bind what they find as
//! the node is given.

use super::expr::{Attribute, Expr, SortOrder};
use super::plan::{FileScan, Grouping, JoinConstraint, LogicalPlan, Repartitioning};
use std::sync::Arc;

/// Gives `$each` the direct children of a node, from left to right.
macro_rules! each_child {
    ($plan:expr, $each:expr) => {
        match $plan {
            LogicalPlan::UnresolvedRelation { .. }
            | LogicalPlan::LocalRelation { .. }
            | LogicalPlan::Range { .. }
            | LogicalPlan::OneRow
            | LogicalPlan::Scan(_)
            | LogicalPlan::Cached { .. }
            | LogicalPlan::Ran { .. }
            | LogicalPlan::UnionLoopRef { .. }
            | LogicalPlan::Checkpoint { .. } => {}
            LogicalPlan::Union { inputs, .. } => {
                for input in inputs {
                    $each(input);
                }
            }
            LogicalPlan::UnionLoop { anchor: left, recursion: right, .. }
            | LogicalPlan::Join { left, right, .. }
            | LogicalPlan::Intersect { left, right, .. }
            | LogicalPlan::Except { left, right, .. } => {
                $each(left);
                $each(right);
            }
            LogicalPlan::With { definitions, input } => {
                for (_, plan) in definitions {
                    $each(plan);
                }
                $each(input);
            }
            LogicalPlan::SubqueryAlias { input, .. }
            | LogicalPlan::Project { input, .. }
            | LogicalPlan::WithColumns { input, .. }
            | LogicalPlan::WithColumnsRenamed { input, .. }
            | LogicalPlan::DropColumns { input, .. }
            | LogicalPlan::Filter { input, .. }
            | LogicalPlan::Aggregate { input, .. }
            | LogicalPlan::Pivot { input, .. }
            | LogicalPlan::Unpivot { input, .. }
            | LogicalPlan::Expand { input, .. }
            | LogicalPlan::Window { input, .. }
            | LogicalPlan::WindowGroupLimit { input, .. }
            | LogicalPlan::Generate { input, .. }
            | LogicalPlan::Sort { input, .. }
            | LogicalPlan::Limit { input, .. }
            | LogicalPlan::LocalLimit { input, .. }
            | LogicalPlan::Offset { input, .. }
            | LogicalPlan::Tail { input, .. }
            | LogicalPlan::Distinct { input }
            | LogicalPlan::Deduplicate { input, .. }
            | LogicalPlan::Repartition { input, .. }
            | LogicalPlan::Sample { input, .. }
            | LogicalPlan::Hint { input, .. }
            | LogicalPlan::MapPartitions { input, .. }
            | LogicalPlan::Write { input, .. } => $each(input),
        }
    };
}

/// Gives `$each` the expressions of a node itself, in the order in which they are written.
macro_rules! each_expression {
    ($plan:expr, $each:expr) => {{
        macro_rules! each_of {
            ($exprs:expr) => {
                for expr in $exprs {
                    $each(expr);
                }
            };
        }
        macro_rules! each_order {
            ($orders:expr) => {
                for SortOrder { child, .. } in $orders {
                    $each(child);
                }
            };
        }
        match $plan {
            LogicalPlan::UnresolvedRelation { .. }
            | LogicalPlan::LocalRelation { .. }
            | LogicalPlan::Range { .. }
            | LogicalPlan::OneRow
            | LogicalPlan::Cached { .. }
            | LogicalPlan::Ran { .. }
            | LogicalPlan::Checkpoint { .. }
            | LogicalPlan::UnionLoop { .. }
            | LogicalPlan::UnionLoopRef { .. }
            | LogicalPlan::SubqueryAlias { .. }
            | LogicalPlan::With { .. }
            | LogicalPlan::WithColumnsRenamed { .. }
            | LogicalPlan::Limit { .. }
            | LogicalPlan::LocalLimit { .. }
            | LogicalPlan::Offset { .. }
            | LogicalPlan::Tail { .. }
            | LogicalPlan::Union { .. }
            | LogicalPlan::Intersect { .. }
            | LogicalPlan::Except { .. }
            | LogicalPlan::Distinct { .. }
            | LogicalPlan::Sample { .. }
            | LogicalPlan::MapPartitions { .. }
            | LogicalPlan::Write { .. } => {}
            LogicalPlan::Scan(FileScan { pushed_filters, partition_filters, .. }) => {
                each_of!(pushed_filters);
                each_of!(partition_filters);
            }
            LogicalPlan::Project { exprs, .. }
            | LogicalPlan::DropColumns { columns: exprs, .. }
            | LogicalPlan::Deduplicate { keys: exprs, .. }
            | LogicalPlan::Hint { parameters: exprs, .. } => each_of!(exprs),
            LogicalPlan::WithColumns { columns, .. } => {
                for (_, expr) in columns {
                    $each(expr);
                }
            }
            LogicalPlan::Filter { condition, .. } => $each(condition),
            LogicalPlan::Aggregate { grouping, outputs, .. } => {
                match grouping {
                    Grouping::By(by) | Grouping::Rollup(by) | Grouping::Cube(by) => each_of!(by),
                    Grouping::Sets { by, sets } => {
                        each_of!(by);
                        for set in sets {
                            each_of!(set);
                        }
                    }
                }
                each_of!(outputs);
            }
            LogicalPlan::Pivot { grouping, column, values, aggregates, .. } => {
                each_of!(grouping);
                $each(column);
                if let Some(values) = values {
                    each_of!(values);
                }
                each_of!(aggregates);
            }
            LogicalPlan::Unpivot { ids, values, .. } => {
                each_of!(ids);
                each_of!(values);
            }
            LogicalPlan::Expand { projections, .. } => {
                for projection in projections {
                    each_of!(projection);
                }
            }
            LogicalPlan::Window { functions, partition_by, order_by, .. } => {
                each_of!(functions);
                each_of!(partition_by);
                each_order!(order_by);
            }
            LogicalPlan::WindowGroupLimit { partition_by, order_by, function, .. } => {
                each_of!(partition_by);
                each_order!(order_by);
                $each(function);
            }
            LogicalPlan::Generate { generator, .. } => $each(generator),
            LogicalPlan::Sort { order, .. } => each_order!(order),
            LogicalPlan::Join { constraint, .. } => match constraint {
                JoinConstraint::On(condition) | JoinConstraint::Lateral(Some(condition)) => $each(condition),
                JoinConstraint::None
                | JoinConstraint::Lateral(None)
                | JoinConstraint::Using(_)
                | JoinConstraint::Natural => {}
            },
            LogicalPlan::Repartition { target, .. } => match target {
                Repartitioning::RoundRobin { .. } | Repartitioning::Coalesce { .. } => {}
                Repartitioning::Hash { by, .. } | Repartitioning::Rebalance { by } => each_of!(by),
                Repartitioning::Range { by, .. } => each_order!(by),
                Repartitioning::Index { by, .. } => $each(by),
            },
        }
    }};
}

/// The columns that a node itself lists, besides those in its expressions; `$none` where it lists none.
macro_rules! own_columns {
    ($plan:expr, $none:expr) => {
        match $plan {
            LogicalPlan::LocalRelation { output, .. }
            | LogicalPlan::Range { output, .. }
            | LogicalPlan::Cached { output, .. }
            | LogicalPlan::Ran { output, .. }
            | LogicalPlan::Checkpoint { output, .. }
            | LogicalPlan::UnionLoop { output, .. }
            | LogicalPlan::UnionLoopRef { output, .. }
            | LogicalPlan::MapPartitions { output, .. }
            | LogicalPlan::Generate { output, .. }
            | LogicalPlan::Expand { output, .. }
            | LogicalPlan::Scan(FileScan { output, .. }) => output,
            _ => $none,
        }
    };
}

impl LogicalPlan {
    /// The direct children.
    #[must_use]
    pub fn children(&self) -> Vec<&Arc<LogicalPlan>> {
        let mut children = Vec::new();
        each_child!(self, |child| children.push(child));
        children
    }

    /// Gives `f` each direct child to replace.
    pub fn for_each_child_mut(&mut self, f: &mut impl FnMut(&mut Arc<LogicalPlan>)) {
        each_child!(self, f);
    }

    /// The same node over other children, given in the order of [`LogicalPlan::children`].
    ///
    /// # Panics
    /// When the number of children differs: a bug of the caller.
    #[must_use]
    pub fn with_children(&self, children: Vec<Arc<LogicalPlan>>) -> LogicalPlan {
        assert_eq!(children.len(), self.children().len(), "a node keeps its number of children");
        let mut copy = self.clone();
        let mut next = children.into_iter();
        copy.for_each_child_mut(&mut |child| {
            if let Some(replacement) = next.next() {
                *child = replacement;
            }
        });
        copy
    }

    /// The expressions of this node itself.
    #[must_use]
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = Vec::new();
        each_expression!(self, |expr| found.push(expr));
        found
    }

    /// Replaces each expression of this node itself by `f(expression)`, in the order of [`LogicalPlan::expressions`].
    ///
    /// # Errors
    /// The first error of `f`; the node may then be half changed and must be thrown away.
    pub fn try_map_expressions<E>(&mut self, f: &mut dyn FnMut(Expr) -> Result<Expr, E>) -> Result<(), E> {
        let mut first = None;
        self.for_each_expression_mut(&mut |expr| {
            if first.is_none() {
                match f(std::mem::replace(expr, Expr::Star(None))) {
                    Ok(new) => *expr = new,
                    Err(error) => first = Some(error),
                }
            }
        });
        first.map_or(Ok(()), Err)
    }

    /// Replaces each expression of this node itself by `f(expression)`.
    pub fn map_expressions(&mut self, f: &mut dyn FnMut(Expr) -> Expr) {
        self.for_each_expression_mut(&mut |expr| *expr = f(std::mem::replace(expr, Expr::Star(None))));
    }

    fn for_each_expression_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        each_expression!(self, f);
    }

    /// The columns that the node itself lists, besides those in its expressions.
    #[must_use]
    pub fn own_columns(&self) -> &[Attribute] {
        own_columns!(self, &[])
    }

    /// The columns that the node itself lists, besides those in its expressions.
    pub fn own_columns_mut(&mut self) -> &mut [Attribute] {
        own_columns!(self, &mut [])
    }
}
