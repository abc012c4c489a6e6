//! Turns `INTERSECT` and `EXCEPT` into joins, and their `ALL` forms into counting.
//!
//! Purpose: no operators of their own.
//! Before/after: `Intersect a b` → `Distinct (LeftSemi Join a b on every column <=>)`, `Except` likewise with `LeftAnti`;
//! `INTERSECT ALL` counts each row on both sides and repeats it as often as the rarer side has it, `EXCEPT ALL` by the difference.
//! Must not: treat two nulls as different, as `=` would; rows compare with `<=>`.
//! Hard case: a set operation of a frame with itself, whose columns have the same ids on both sides: the right side is renamed.
//! Spark also turns `EXCEPT` of two filters over one relation into a single filter.

use super::{OptimizerContext, functions};
use crate::logical::expr::{Attribute, BinaryOp};
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType};
use crate::logical::rewrite::{conjunction, output_ids};
use crate::logical::{DataType, Expr, LogicalPlan, Scalar};
use std::sync::Arc;

pub(super) const NAME: &str = "ReplaceSetOperationsWithJoins";
pub(super) const WHY: &str = "a set operation is a join on every column";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Intersect { left, right, all: false } => {
            Some(distinct(as_join(left, right, JoinType::LeftSemi, context)))
        }
        LogicalPlan::Except { left, right, all: false } => {
            Some(distinct(as_join(left, right, JoinType::LeftAnti, context)))
        }
        LogicalPlan::Intersect { left, right, all: true } => counted(left, right, true, context),
        LogicalPlan::Except { left, right, all: true } => counted(left, right, false, context),
        _ => None,
    })
}

fn distinct(join: LogicalPlan) -> LogicalPlan {
    LogicalPlan::Distinct { input: Arc::new(join) }
}

fn as_join(
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    join_type: JoinType,
    context: &OptimizerContext<'_>,
) -> LogicalPlan {
    let right = renamed_apart(left, right, context);
    let equal = left
        .output()
        .into_iter()
        .zip(right.output())
        .map(|(a, b)| Expr::binary(BinaryOp::NullSafeEq, Expr::Attribute(a), Expr::Attribute(b)));
    let constraint = conjunction(equal).map_or(JoinConstraint::None, JoinConstraint::On);
    LogicalPlan::Join { left: left.clone(), right, join_type, constraint, hint: JoinHints::default() }
}

/// `right` with new ids when it shares some with `left`.
pub(super) fn renamed_apart(
    left: &LogicalPlan,
    right: &Arc<LogicalPlan>,
    context: &OptimizerContext<'_>,
) -> Arc<LogicalPlan> {
    if output_ids(left).is_disjoint(&output_ids(right)) {
        return right.clone();
    }
    let exprs = right.output().into_iter().map(|column| fresh(Expr::Attribute(column), context)).collect();
    Arc::new(LogicalPlan::Project { exprs, input: right.clone() })
}

/// The expression under a new id.
pub(super) fn fresh(expr: Expr, context: &OptimizerContext<'_>) -> Expr {
    let name = expr.to_attribute().map_or_else(|| "value".to_owned(), |column| column.name);
    Expr::Alias { child: Box::new(expr), name, id: context.ids.fresh(), metadata: None }
}

/// Both sides under each other with a column that says from which side, counted per row, repeated as often as wanted.
fn counted(
    left: &Arc<LogicalPlan>,
    right: &Arc<LogicalPlan>,
    intersect: bool,
    context: &OptimizerContext<'_>,
) -> Option<LogicalPlan> {
    let long = |value: i64| Expr::Literal(Scalar::Long(value), DataType::Long);
    let new = |name: &str| Attribute::new(name, context.ids.fresh(), DataType::Long, false);
    let marked = |side: &Arc<LogicalPlan>, from_left: i64| {
        let mut exprs: Vec<Expr> = side.output().into_iter().map(Expr::Attribute).collect();
        exprs.push(functions::alias(long(from_left), &new("from_left")));
        exprs.push(functions::alias(long(1 - from_left), &new("from_right")));
        Arc::new(LogicalPlan::Project { exprs, input: side.clone() })
    };
    let both = Arc::new(LogicalPlan::Union {
        inputs: vec![marked(left, 1), marked(right, 0)],
        by_name: false,
        allow_missing: false,
    });
    let mut columns = both.output();
    let from_right = Expr::Attribute(columns.pop()?);
    let from_left = Expr::Attribute(columns.pop()?);
    let keys: Vec<Expr> = columns.into_iter().map(Expr::Attribute).collect();
    let (in_left, in_right, times) = (new("in_left"), new("in_right"), new("times"));
    let mut outputs = keys.clone();
    outputs.push(functions::alias(functions::aggregate("sum", vec![from_left], DataType::Long, false)?, &in_left));
    outputs.push(functions::alias(functions::aggregate("sum", vec![from_right], DataType::Long, false)?, &in_right));
    let grouped = Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(keys.clone()), outputs, input: both });
    let (in_left, in_right) = (Expr::Attribute(in_left), Expr::Attribute(in_right));
    let count = if intersect {
        Expr::Case {
            branches: vec![(Expr::binary(BinaryOp::Lt, in_left.clone(), in_right.clone()), in_left)],
            otherwise: Some(Box::new(in_right)),
        }
    } else {
        Expr::binary(BinaryOp::Subtract, in_left, in_right)
    };
    let mut with_count = keys.clone();
    with_count.push(functions::alias(count, &times));
    let projected = Arc::new(LogicalPlan::Project { exprs: with_count, input: grouped });
    let times = Expr::Attribute(times);
    let kept = Arc::new(LogicalPlan::Filter {
        condition: Expr::binary(BinaryOp::Gt, times.clone(), long(0)),
        input: projected,
    });
    let sequence =
        functions::scalar("sequence", vec![long(1), times], DataType::Array(Box::new(DataType::Long), false), false)?;
    let repeated = Arc::new(LogicalPlan::Generate {
        generator: functions::explode(sequence)?,
        outer: false,
        output: vec![new("copy")],
        unneeded: Vec::new(),
        input: kept,
    });
    let exprs = keys;
    Some(LogicalPlan::Project { exprs, input: repeated })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn an_intersection_is_a_semi_join_without_duplicates() {
        let both = Arc::new(LogicalPlan::Intersect { left: table(1, "a"), right: table(2, "x"), all: false });
        assert_eq!(text(&check(apply, &both)), "Distinct(LeftSemiJoin(NullSafeEq(a, x), table(a), table(x)))");
    }

    #[test]
    fn a_frame_minus_itself_gets_new_ids_on_the_right() {
        let both = Arc::new(LogicalPlan::Except { left: table(1, "a"), right: table(1, "a"), all: false });
        assert_eq!(
            text(&check(apply, &both)),
            "Distinct(LeftAntiJoin(NullSafeEq(a, a), table(a), Project([a AS a], table(a))))"
        );
    }

    #[test]
    fn a_union_stays() {
        let union =
            LogicalPlan::Union { inputs: vec![table(1, "a"), table(2, "x")], by_name: false, allow_missing: false };
        unchanged(apply, &Arc::new(union));
    }
}
