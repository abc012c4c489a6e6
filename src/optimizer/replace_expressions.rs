//! Puts what a function is made of in its place.
//!
//! Purpose: rules and readers of plans see the few expressions that do the work.
//! Before/after: `to_date(a)` → `CAST(a AS DATE)`; `nvl(a, b)` → `coalesce(a, b)`; `left(a, 2)` → `substring(a, 1, 2)`.
//! Must not: change a column's name, which was given before; touch a call with a pattern or a zone of its own.
//! Hard case: `try_to_timestamp` is a cast in the mode that gives NULL where the other raises.
//! Spark does the same, for many more functions.

use super::{OptimizerContext, functions};
use crate::logical::expr::CastMode;
use crate::logical::rewrite::map_node_expressions;
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "ReplaceExpressions";
pub(super) const WHY: &str = "the function is another way to write this";

pub(super) fn apply(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    let raising = if context.conf.ansi() { CastMode::Ansi } else { CastMode::Legacy };
    plan.transform_up(&mut |node| map_node_expressions(node, &mut |expr| replaced(expr, raising)))
}

fn replaced(expr: Expr, raising: CastMode) -> Expr {
    let Expr::Function { function, args, data_type, nullable } = &expr else { return expr };
    let other = match (function.name, args.as_slice()) {
        ("to_date" | "to_timestamp" | "to_timestamp_ntz", [value]) => cast(value, &expr, raising),
        ("try_to_date" | "try_to_timestamp", [value]) => cast(value, &expr, CastMode::Legacy),
        ("nvl", [_, _]) => functions::scalar("coalesce", args.clone(), data_type.clone(), *nullable),
        ("left", [text, count]) => functions::scalar(
            "substring",
            vec![text.clone(), Expr::int(1), count.clone()],
            data_type.clone(),
            *nullable,
        ),
        _ => None,
    };
    other.unwrap_or(expr)
}

fn cast(value: &Expr, call: &Expr, mode: CastMode) -> Option<Expr> {
    Some(Expr::Cast { child: Box::new(value.clone()), to: call.data_type(), mode, implicit: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::{DataType, Scalar};

    fn after(name: &str, args: Vec<Expr>, to: DataType) -> String {
        let call = functions::scalar(name, args, to, true).unwrap_or_else(|| panic!("no function {name}"));
        replaced(call, CastMode::Ansi).plan_text()
    }

    fn words(text: &str) -> Expr {
        Expr::Literal(Scalar::String(text.to_owned()), DataType::String)
    }

    #[test]
    fn a_date_of_text_is_a_cast() {
        assert_eq!(after("to_date", vec![words("2024-01-01")], DataType::Date), "cast(2024-01-01 as date)");
    }

    #[test]
    fn a_pattern_keeps_the_call() {
        assert_eq!(after("to_date", vec![words("2024"), words("yyyy")], DataType::Date), "to_date(2024, yyyy)");
    }

    #[test]
    fn nvl_is_coalesce() {
        assert_eq!(after("nvl", vec![Expr::int(1), Expr::int(2)], DataType::Integer), "coalesce(1, 2)");
    }
}
