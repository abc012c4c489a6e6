//! Makes a subquery that depends on the row around it into a plan of its own: Spark's `DecorrelateInnerQuery`.
//!
//! The columns of the outside that it reads become columns of its own, which every step carries along; the caller joins on them.
//!
//! ```text
//!   Aggregate [count(1)]                    Aggregate by k [count(1), k]
//!     Filter j = outer(k)           →         Filter true, j stands for k
//!       b                                       b
//! ```
//!
//! Where the subquery says `column = outer(k)` before anything else is done with the rows, that column stands for `k`. Elsewhere the distinct
//! values of the outside (its *domain*) are joined in. Hard case: an aggregate without groups gives a row where nothing matched, so the
//! domain is joined again, and counts are 0 there.

use super::rewrite_subqueries::value_for_no_rows;
use super::{OptimizerContext, functions};
use crate::common::ids::ExprId;
use crate::logical::expr::{BinaryOp, FrameBound, FrameUnit, UnaryOp, WindowFrame, WindowSpec};
use crate::logical::functions::{Definition, lookup};
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType};
use crate::logical::rewrite::{boolean, conjunction, conjuncts, outer_references};
use crate::logical::{Attribute, DataType, Expr, LogicalPlan, Scalar};
use std::collections::BTreeMap;
use std::sync::Arc;

type Plan = Arc<LogicalPlan>;

/// A subquery that reads nothing of the outside any more.
pub(super) struct Decorrelated {
    pub plan: Plan,
    /// Which rows of it belong to a row of the outside.
    pub conditions: Vec<Expr>,
}

/// The plan without references to `outer`. Nothing when it is correlated in a way that cannot be taken apart.
pub(super) fn decorrelate(plan: &Plan, outer: &Plan, context: &OptimizerContext<'_>) -> Option<Decorrelated> {
    let read = outer_references(plan);
    let columns: Vec<Attribute> = outer.output().into_iter().filter(|column| read.contains(&column.id)).collect();
    let walk = Walk { outer, columns, context };
    let Carried { plan, own } = walk.node(plan)?;
    let pairs = own.iter().zip(&walk.columns);
    let conditions = pairs
        .map(|(own, column)| {
            let op = if own.never_null { BinaryOp::Eq } else { BinaryOp::NullSafeEq };
            Expr::binary(op, Expr::Attribute(own.column.clone()), Expr::Attribute(column.clone()))
        })
        .collect();
    Some(Decorrelated { plan, conditions })
}

/// The same join of the rows, with what is named `expr` taken from the columns that stand for the outside.
struct Walk<'a> {
    outer: &'a Plan,
    /// The columns of the outside that the subquery reads.
    columns: Vec<Attribute>,
    context: &'a OptimizerContext<'a>,
}

/// A plan and its columns that stand for the outside, in the order of [`Walk::columns`].
struct Carried {
    plan: Plan,
    own: Vec<Own>,
}

#[derive(Clone)]
struct Own {
    column: Attribute,
    /// Rows where it is null match nothing.
    never_null: bool,
}

impl Carried {
    fn columns(&self) -> impl Iterator<Item = Expr> {
        self.own.iter().map(|own| Expr::Attribute(own.column.clone()))
    }
}

impl Walk<'_> {
    fn node(&self, plan: &Plan) -> Option<Carried> {
        if outer_references(plan).is_empty() {
            return self.with_domain(plan);
        }
        match &**plan {
            LogicalPlan::Filter { condition, input } => match self.bound(condition, input) {
                Some(bound) => Some(bound),
                None => {
                    let below = self.node(input)?;
                    let condition = self.inside(condition.clone(), &below);
                    Some(self.over(below, |input| LogicalPlan::Filter { condition, input }))
                }
            },
            LogicalPlan::Project { exprs, input } => {
                let below = self.node(input)?;
                let exprs = self.with_own(exprs, &below);
                Some(self.over(below, |input| LogicalPlan::Project { exprs, input }))
            }
            LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input } => {
                self.aggregate(by, outputs, input, plan)
            }
            LogicalPlan::Window { functions, partition_by, order_by, input } => {
                let below = self.node(input)?;
                let functions =
                    functions.iter().map(|expr| by_own(self.inside(expr.clone(), &below), &below)).collect();
                let partition_by = below.columns().chain(partition_by.iter().cloned()).collect();
                let order_by = order_by.clone();
                Some(self.over(below, |input| LogicalPlan::Window { functions, partition_by, order_by, input }))
            }
            LogicalPlan::Generate { generator, outer, output, unneeded, input } => {
                let below = self.node(input)?;
                let generator = self.inside(generator.clone(), &below);
                let (outer, output, unneeded) = (*outer, output.clone(), unneeded.clone());
                Some(self.over(below, |input| LogicalPlan::Generate { generator, outer, output, unneeded, input }))
            }
            LogicalPlan::Expand { projections, output, input } => {
                let below = self.node(input)?;
                let projections = projections
                    .iter()
                    .map(|exprs| {
                        let exprs = exprs.iter().map(|expr| self.inside(expr.clone(), &below));
                        exprs.chain(below.columns()).collect()
                    })
                    .collect();
                let output = output.iter().cloned().chain(below.own.iter().map(|own| own.column.clone())).collect();
                Some(self.over(below, |input| LogicalPlan::Expand { projections, output, input }))
            }
            LogicalPlan::Limit { input, .. } | LogicalPlan::Offset { input, .. } => self.first_rows(plan, input),
            LogicalPlan::Sort { input, .. } => {
                let below = self.node(input)?;
                let mut sort = (**plan).clone();
                sort.map_expressions(&mut |expr| self.inside(expr, &below));
                Some(self.over(below, |input| sort.with_children(vec![input])))
            }
            LogicalPlan::SubqueryAlias { input, .. } | LogicalPlan::Distinct { input } => {
                let below = self.node(input)?;
                Some(self.over(below, |input| plan.with_children(vec![input])))
            }
            LogicalPlan::Join { left, right, join_type, constraint, hint } => {
                self.join((left, right), *join_type, constraint, *hint)
            }
            LogicalPlan::Union { inputs, .. } => self.union(inputs),
            _ => None,
        }
    }

    /// The same columns as own columns over the node that `make` puts on top.
    fn over(&self, below: Carried, make: impl FnOnce(Plan) -> LogicalPlan) -> Carried {
        Carried { plan: Arc::new(make(below.plan)), own: below.own }
    }

    /// The expression over the own columns instead of the outside, in subqueries too.
    fn inside(&self, expr: Expr, below: &Carried) -> Expr {
        let own = |column: &Attribute| {
            let at = self.columns.iter().position(|known| known.id == column.id)?;
            Some(below.own[at].column.clone())
        };
        expr.transform_up(&mut |part| match part {
            Expr::OuterReference(column) => match own(&column) {
                Some(own) => Expr::Attribute(own),
                None => Expr::OuterReference(column),
            },
            other => other.map_subquery(|plan| renamed_outside(plan, &own)),
        })
    }

    fn with_own(&self, exprs: &[Expr], below: &Carried) -> Vec<Expr> {
        exprs.iter().map(|expr| self.inside(expr.clone(), below)).chain(below.columns()).collect()
    }

    /// The distinct values of the outside, under new ids.
    fn domain(&self) -> Carried {
        let by: Vec<Expr> = self.columns.iter().cloned().map(Expr::Attribute).collect();
        let own: Vec<Own> = self
            .columns
            .iter()
            .map(|column| Own {
                column: Attribute { id: self.context.ids.fresh(), qualifier: Vec::new(), ..column.clone() },
                never_null: false,
            })
            .collect();
        let outputs = by.iter().zip(&own).map(|(expr, own)| functions::alias(expr.clone(), &own.column)).collect();
        let grouping = Grouping::By(by);
        Carried { plan: Arc::new(LogicalPlan::Aggregate { grouping, outputs, input: self.outer.clone() }), own }
    }

    /// A plan that does not look outside, for every value of the outside.
    fn with_domain(&self, plan: &Plan) -> Option<Carried> {
        if self.columns.is_empty() {
            return Some(Carried { plan: plan.clone(), own: Vec::new() });
        }
        let domain = self.domain();
        if matches!(**plan, LogicalPlan::OneRow) {
            return Some(domain);
        }
        let own = domain.own.clone();
        Some(Carried { plan: joined(&domain.plan, plan, JoinType::Inner, Vec::new(), JoinHints::default()), own })
    }

    /// A filter that says which column is equal to each column of the outside: those columns stand for them.
    fn bound(&self, condition: &Expr, input: &Plan) -> Option<Carried> {
        if !outer_references(input).is_empty() || self.columns.is_empty() {
            return None;
        }
        let parts = conjuncts(condition);
        let bound: Vec<Own> = self
            .columns
            .iter()
            .map(|column| {
                let found = parts.iter().find_map(|part| equal_to(part, column.id));
                found.map(|column| Own { column, never_null: true })
            })
            .collect::<Option<_>>()?;
        let below = Carried { plan: input.clone(), own: bound };
        let is_binding = |part: &Expr| {
            self.columns
                .iter()
                .zip(&below.own)
                .any(|(column, own)| equal_to(part, column.id).is_some_and(|found| found.id == own.column.id))
        };
        let rest: Vec<Expr> =
            parts.iter().filter(|part| !is_binding(part)).map(|part| self.inside(part.clone(), &below)).collect();
        Some(match conjunction(rest) {
            Some(condition) => self.over(below, |input| LogicalPlan::Filter { condition, input }),
            None => below,
        })
    }

    fn aggregate(&self, by: &[Expr], outputs: &[Expr], input: &Plan, whole: &Plan) -> Option<Carried> {
        let below = self.node(input)?;
        let own = below.own.clone();
        let by_all = by.iter().map(|expr| self.inside(expr.clone(), &below)).chain(below.columns()).collect();
        if !by.is_empty() {
            let outputs = self.with_own(outputs, &below);
            let grouping = Grouping::By(by_all);
            return Some(self.over(below, |input| LogicalPlan::Aggregate { grouping, outputs, input }));
        }
        let given = whole.output();
        let found: Vec<Attribute> = given
            .iter()
            .map(|column| Attribute { id: self.context.ids.fresh(), nullable: true, ..column.clone() })
            .collect();
        let values = outputs.iter().map(|output| self.inside(unnamed(output), &below));
        let mut grouped: Vec<Expr> =
            values.zip(&found).map(|(value, column)| functions::alias(value, column)).chain(below.columns()).collect();
        let marker = Attribute::new("alwaysTrue", self.context.ids.fresh(), DataType::Boolean, true);
        grouped.push(functions::alias(boolean(true), &marker));
        let plan =
            Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(by_all), outputs: grouped, input: below.plan });
        let domain = self.domain();
        let matches = same_values(&domain.own, &own);
        let plan = joined(&domain.plan, &plan, JoinType::LeftOuter, matches, JoinHints::default());
        let is_missing = Expr::unary(UnaryOp::IsNull, Expr::Attribute(marker));
        let mut exprs: Vec<Expr> = Vec::with_capacity(given.len() + domain.own.len());
        for ((output, found), given) in outputs.iter().zip(found).zip(&given) {
            let found = Expr::Attribute(found);
            let value = match value_for_no_rows(output, self.context) {
                None => found,
                Some(value) => {
                    Expr::Case { branches: vec![(is_missing.clone(), value)], otherwise: Some(Box::new(found)) }
                }
            };
            exprs.push(functions::alias(value, given));
        }
        exprs.extend(domain.columns());
        Some(Carried { plan: Arc::new(LogicalPlan::Project { exprs, input: plan }), own: domain.own })
    }

    /// `LIMIT` and `OFFSET`: the first rows for each value of the outside, by number.
    fn first_rows(&self, plan: &Plan, input: &Plan) -> Option<Carried> {
        // A select list changes no row's place, and the sort's columns can be seen below it.
        if let LogicalPlan::Project { exprs, input: inner } = &**input {
            let cut = Arc::new(plan.with_children(vec![inner.clone()]));
            return self.node(&Arc::new(LogicalPlan::Project { exprs: exprs.clone(), input: cut }));
        }
        let (rows, order) = match &**input {
            LogicalPlan::Sort { order, global: true, input } => (input, order.clone()),
            LogicalPlan::Offset { .. } | LogicalPlan::Limit { .. } => (input, Vec::new()),
            _ => (input, Vec::new()),
        };
        let below = self.node(rows)?;
        let Some(Definition::Window(function)) = lookup("row_number") else { return None };
        let number = Attribute::new("rn", self.context.ids.fresh(), DataType::Integer, false);
        let call =
            Expr::WindowFunction { function, args: Vec::new(), ignore_nulls: false, data_type: DataType::Integer };
        let partition_by: Vec<Expr> = below.columns().collect();
        let frame =
            WindowFrame { unit: FrameUnit::Rows, start: FrameBound::UnboundedPreceding, end: FrameBound::CurrentRow };
        let spec = WindowSpec { partition_by: partition_by.clone(), order_by: order.clone(), frame: Some(frame) };
        let functions = vec![functions::alias(Expr::Window { function: Box::new(call), spec }, &number)];
        let exprs = below.plan.output().into_iter().map(Expr::Attribute).collect();
        let (op, count) = match &**plan {
            LogicalPlan::Offset { count, .. } => (BinaryOp::Gt, *count),
            LogicalPlan::Limit { count, .. } => (BinaryOp::LtEq, *count),
            _ => return None,
        };
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let condition =
            Expr::binary(op, Expr::Attribute(number), Expr::Literal(Scalar::Integer(count), DataType::Integer));
        Some(self.over(below, |input| {
            let window = Arc::new(LogicalPlan::Window { functions, partition_by, order_by: order, input });
            LogicalPlan::Project { exprs, input: Arc::new(LogicalPlan::Filter { condition, input: window }) }
        }))
    }

    fn join(
        &self,
        (left, right): (&Plan, &Plan),
        join_type: JoinType,
        constraint: &JoinConstraint,
        hint: JoinHints,
    ) -> Option<Carried> {
        let on = match constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => conjuncts(condition),
            _ => return None,
        };
        let in_left = !outer_references(left).is_empty();
        let in_right = !outer_references(right).is_empty();
        let keeps_left = matches!(
            join_type,
            JoinType::Inner | JoinType::Cross | JoinType::LeftOuter | JoinType::LeftSemi | JoinType::LeftAnti
        );
        let keeps_right = matches!(join_type, JoinType::Inner | JoinType::Cross | JoinType::RightOuter);
        if keeps_right && !in_left && (in_right || !keeps_left) {
            let below = self.node(right)?;
            let on = on.into_iter().map(|part| self.inside(part, &below)).collect();
            return Some(self.over(below, |right| (*joined(left, &right, join_type, on, hint)).clone()));
        }
        if !keeps_left {
            return None;
        }
        let below = self.node(left)?;
        let mut on: Vec<Expr> = on.into_iter().map(|part| self.inside(part, &below)).collect();
        let right = if in_right {
            let other = self.node(right)?;
            on.extend(same_values(&below.own, &other.own));
            other.plan
        } else {
            right.clone()
        };
        Some(self.over(below, |left| (*joined(&left, &right, join_type, on, hint)).clone()))
    }

    fn union(&self, inputs: &[Plan]) -> Option<Carried> {
        let mut sides = Vec::with_capacity(inputs.len());
        let mut never_null = true;
        for input in inputs {
            let below = self.node(input)?;
            never_null &= below.own.iter().all(|own| own.never_null);
            // Every input gives its columns, then those of the outside, under ids of their own.
            let exprs = input.output().into_iter().map(Expr::Attribute).chain(below.own.iter().map(|own| {
                let column = Attribute { id: self.context.ids.fresh(), ..own.column.clone() };
                functions::alias(Expr::Attribute(own.column.clone()), &column)
            }));
            sides.push(Arc::new(LogicalPlan::Project { exprs: exprs.collect(), input: below.plan }));
        }
        let plan = Arc::new(LogicalPlan::Union { inputs: sides, by_name: false, allow_missing: false });
        let output = plan.output();
        let own = output[output.len() - self.columns.len()..].iter();
        Some(Carried { own: own.map(|column| Own { column: column.clone(), never_null }).collect(), plan })
    }
}

fn joined(left: &Plan, right: &Plan, join_type: JoinType, on: Vec<Expr>, hint: JoinHints) -> Plan {
    let constraint = conjunction(on).map_or(JoinConstraint::None, JoinConstraint::On);
    Arc::new(LogicalPlan::Join { left: left.clone(), right: right.clone(), join_type, constraint, hint })
}

fn same_values(left: &[Own], right: &[Own]) -> Vec<Expr> {
    let pairs = left.iter().zip(right);
    pairs
        .map(|(left, right)| {
            let op = if left.never_null || right.never_null { BinaryOp::Eq } else { BinaryOp::NullSafeEq };
            Expr::binary(op, Expr::Attribute(left.column.clone()), Expr::Attribute(right.column.clone()))
        })
        .collect()
}

/// The column that a condition says is equal to this column of the outside.
fn equal_to(part: &Expr, outer: ExprId) -> Option<Attribute> {
    let Expr::Binary { op: BinaryOp::Eq, left, right } = part else { return None };
    match (&**left, &**right) {
        (Expr::Attribute(own), Expr::OuterReference(column)) | (Expr::OuterReference(column), Expr::Attribute(own))
            if column.id == outer =>
        {
            Some(own.clone())
        }
        _ => None,
    }
}

/// A window function over the rows of one value of the outside.
fn by_own(expr: Expr, below: &Carried) -> Expr {
    expr.transform_up(&mut |part| match part {
        Expr::Window { function, spec } => {
            let partition_by = below.columns().chain(spec.partition_by).collect();
            Expr::Window { function, spec: WindowSpec { partition_by, ..spec } }
        }
        other => other,
    })
}

/// The plan of a subquery inside, with columns of the outside under other names.
fn renamed_outside(plan: &Plan, own: &dyn Fn(&Attribute) -> Option<Attribute>) -> Plan {
    crate::logical::rewrite::map_plan_expressions(plan, &mut |part| match part {
        Expr::OuterReference(column) => Expr::OuterReference(own(&column).unwrap_or(column)),
        other => other,
    })
}

fn unnamed(expr: &Expr) -> Expr {
    match expr {
        Expr::Alias { child, .. } => (**child).clone(),
        other => other.clone(),
    }
}

/// The rows of a chain of select lists, filters and generators that starts from one row without columns, made from each row of `outer`.
/// Nothing for other plans.
pub(super) fn row_by_row(plan: &Plan, outer: &Plan, may_drop_rows: bool) -> Option<Plan> {
    let columns: BTreeMap<ExprId, Attribute> = outer.output().into_iter().map(|column| (column.id, column)).collect();
    let inside = |expr: Expr| {
        expr.transform_up(&mut |part| match part {
            Expr::OuterReference(column) if columns.contains_key(&column.id) => Expr::Attribute(column),
            other => other,
        })
    };
    if plan.expressions().into_iter().any(crate::logical::rewrite::has_subquery) {
        return None;
    }
    match &**plan {
        LogicalPlan::OneRow => Some(outer.clone()),
        LogicalPlan::SubqueryAlias { input, .. } => row_by_row(input, outer, may_drop_rows),
        LogicalPlan::Project { exprs, input } => {
            let below = row_by_row(input, outer, may_drop_rows)?;
            let own = columns.values().cloned().map(Expr::Attribute);
            let exprs = own.chain(exprs.iter().cloned().map(inside)).collect();
            Some(Arc::new(LogicalPlan::Project { exprs, input: below }))
        }
        LogicalPlan::Filter { condition, input } if may_drop_rows => {
            let below = row_by_row(input, outer, may_drop_rows)?;
            Some(Arc::new(LogicalPlan::Filter { condition: inside(condition.clone()), input: below }))
        }
        LogicalPlan::Generate { generator, outer: keeps, output, unneeded, input } => {
            let below = row_by_row(input, outer, may_drop_rows)?;
            Some(Arc::new(LogicalPlan::Generate {
                generator: inside(generator.clone()),
                outer: *keeps,
                output: output.clone(),
                unneeded: unneeded.clone(),
                input: below,
            }))
        }
        _ => None,
    }
}
