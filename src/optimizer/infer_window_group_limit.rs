//! Keeps only the first rows of each group where a filter on a rank throws the others away.
//!
//! Purpose: "the best three per region" shuffles and sorts three rows per region and task instead of all.
//! Before/after: `Filter rn <= 3 (Window row_number() AS rn (t))` → the same over `WindowGroupLimit row_number(), 3 (t)`; without groups, a
//! row number is a sort and a limit. A limit below one leaves nothing.
//! Must not: fire when another function of the node looks at rows after its own (a lead, a whole group's sum), or without an order.
//! Hard case: several ranks are compared: the row number is the cheapest, then the smallest limit decides.

use super::OptimizerContext;
use super::propagate_empty_relation::empty;
use super::row_bounds::max_rows;
use crate::logical::expr::{BinaryOp, FrameBound, FrameUnit, WindowFrame};
use crate::logical::rewrite::conjuncts;
use crate::logical::{Expr, LogicalPlan, Scalar};
use std::sync::Arc;

pub(super) const NAME: &str = "InferWindowGroupLimit";
pub(super) const WHY: &str = "rows behind the wanted rank of their group need not be shuffled and sorted";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    let most = context.conf.get("spark.sql.optimizer.windowGroupLimitThreshold").and_then(|text| text.parse().ok());
    let most = most.unwrap_or(1000_i64);
    plan.transform_up(&mut |node| match &**node {
        LogicalPlan::Filter { condition, input } if most >= 0 => limited(condition, input, most),
        _ => None,
    })
}

fn limited(condition: &Expr, window: &Arc<LogicalPlan>, most: i64) -> Option<LogicalPlan> {
    let LogicalPlan::Window { functions, partition_by, order_by, input } = &**window else { return None };
    let fits = !order_by.is_empty()
        && !matches!(**input, LogicalPlan::WindowGroupLimit { .. })
        && functions.iter().all(looks_back_only);
    if !fits {
        return None;
    }
    let parts = conjuncts(condition);
    let ranks = functions.iter().filter_map(|column| {
        let function = rank(column)?;
        let id = column.to_attribute()?.id;
        let limit = parts.iter().filter_map(|part| upper_bound(part, id)).min()?;
        Some((!is_row_number(&function), limit, function))
    });
    let (_, limit, function) = ranks.min_by_key(|(later, limit, _)| (*later, *limit))?;
    if limit > most || max_rows(input).is_some_and(|rows| rows as i64 <= limit) {
        return None;
    }
    let Some(limit) = usize::try_from(limit).ok().filter(|limit| *limit > 0) else {
        return Some(empty(&window.output()));
    };
    let below = if is_row_number(&function) && partition_by.is_empty() {
        let sorted = LogicalPlan::Sort { order: order_by.clone(), global: true, input: input.clone() };
        LogicalPlan::Limit { count: limit, input: Arc::new(sorted) }
    } else {
        let (partition_by, order_by, input) = (partition_by.clone(), order_by.clone(), input.clone());
        LogicalPlan::WindowGroupLimit { partition_by, order_by, function, limit, input }
    };
    let window = Arc::new(window.with_children(vec![Arc::new(below)]));
    Some(LogicalPlan::Filter { condition: condition.clone(), input: window })
}

fn parts_of(column: &Expr) -> Option<(&Expr, Option<&WindowFrame>)> {
    match column {
        Expr::Alias { child, .. } => parts_of(child),
        Expr::Window { function, spec } => Some((function, spec.frame.as_ref())),
        _ => None,
    }
}

/// The function, if it ranks.
fn rank(column: &Expr) -> Option<Expr> {
    let (function, _) = parts_of(column)?;
    let ranks = matches!(function, Expr::WindowFunction { function, .. }
        if matches!(function.name, "row_number" | "rank" | "dense_rank"));
    ranks.then(|| function.clone())
}

fn is_row_number(function: &Expr) -> bool {
    matches!(function, Expr::WindowFunction { function, .. } if function.name == "row_number")
}

/// Whether the function needs no row behind its own: a rank, or an aggregate of the rows so far.
fn looks_back_only(column: &Expr) -> bool {
    let so_far =
        WindowFrame { unit: FrameUnit::Rows, start: FrameBound::UnboundedPreceding, end: FrameBound::CurrentRow };
    rank(column).is_some() || matches!(parts_of(column), Some((Expr::Aggregate(_), Some(frame))) if *frame == so_far)
}

/// The largest value of column `id` that the condition lets pass, if it says one.
fn upper_bound(condition: &Expr, id: crate::common::ids::ExprId) -> Option<i64> {
    let Expr::Binary { op, left, right } = condition else { return None };
    let (op, limit) = match (&**left, &**right) {
        (Expr::Attribute(column), Expr::Literal(Scalar::Integer(value), _)) if column.id == id => (*op, *value),
        (Expr::Literal(Scalar::Integer(value), _), Expr::Attribute(column)) if column.id == id => {
            let mirrored = match op {
                BinaryOp::Gt => BinaryOp::Lt,
                BinaryOp::GtEq => BinaryOp::LtEq,
                BinaryOp::Eq => BinaryOp::Eq,
                _ => return None,
            };
            (mirrored, *value)
        }
        _ => return None,
    };
    match op {
        BinaryOp::Eq | BinaryOp::LtEq => Some(i64::from(limit)),
        BinaryOp::Lt => Some(i64::from(limit) - 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::expr::{SortOrder, WindowSpec};
    use crate::logical::functions::{Definition, lookup};

    /// `rn` by `function` over the rows of each `a` in the order of `b`, as column 50.
    fn ranked(function: &str, by: &[&str]) -> Arc<LogicalPlan> {
        let input = table(1, "abc");
        let Some(Definition::Window(function)) = lookup(function) else { panic!("{function} is a window function") };
        let data_type = crate::logical::DataType::Integer;
        let function = Expr::WindowFunction { function, args: Vec::new(), ignore_nulls: false, data_type };
        let partition_by: Vec<Expr> = by.iter().map(|name| expr(name, &[&input])).collect();
        let order_by = vec![SortOrder::new(expr("b", &[&input]), true)];
        let spec = WindowSpec { partition_by: partition_by.clone(), order_by: order_by.clone(), frame: None };
        let child = Box::new(Expr::Window { function: Box::new(function), spec });
        let alias = Expr::Alias { child, name: "r".to_owned(), id: ExprId(50), metadata: None };
        Arc::new(LogicalPlan::Window { functions: vec![alias], partition_by, order_by, input })
    }

    #[test]
    fn a_filter_on_a_rank_limits_the_groups() {
        for (function, condition) in [("row_number", "r < 4"), ("rank", "r = 3"), ("dense_rank", "4 > r AND c = 1")] {
            let after = check(apply, &filter(&ranked(function, &["a"]), condition)).line();
            assert!(after.starts_with("Filter"), "{after}");
            let mut limits = Vec::new();
            check(apply, &filter(&ranked(function, &["a"]), condition)).visit(&mut |node| {
                if let LogicalPlan::WindowGroupLimit { limit, .. } = node {
                    limits.push(*limit);
                }
            });
            assert_eq!(limits, [3], "{function} {condition}");
        }
    }

    #[test]
    fn a_row_number_without_groups_is_a_limit() {
        let plan = check(apply, &filter(&ranked("row_number", &[]), "r < 4"));
        assert_eq!(text(&plan), "Filter(r < 4, Window(Limit(3, Sort(b, table(a b c)))))");
        let plan = check(apply, &filter(&ranked("row_number", &["a"]), "r < 1"));
        assert_eq!(text(&plan), "table(a b c r)");
    }

    #[test]
    fn other_filters_and_functions_limit_nothing() {
        unchanged(apply, &filter(&ranked("row_number", &["a"]), "r > 3"));
        unchanged(apply, &filter(&ranked("row_number", &["a"]), "r < 2000"));
        unchanged(apply, &filter(&ranked("row_number", &["a"]), "c < 3"));
        unchanged(apply, &filter(&ranked("lag", &["a"]), "r < 3"));
    }
}
