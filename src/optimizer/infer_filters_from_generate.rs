//! What makes no rows is left out before it is asked for its rows.
//!
//! Purpose: a filter that may sink to the scan.
//! Before/after: `Generate explode(a) t` → `Generate explode(a) (Filter size(a) > 0 AND a IS NOT NULL t)`.
//! Must not: touch `explode_outer`, which keeps such rows, or repeat an expression that costs more than reading a column or a field.
//! Hard case: a condition that holds already is not asked again.
//! Spark does the same.

use super::OptimizerContext;
use super::infer_filters::constraints;
use crate::logical::expr::{BinaryOp, UnaryOp};
use crate::logical::functions::scalar;
use crate::logical::rewrite::{conjunction, contains};
use crate::logical::{DataType, Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "InferFiltersFromGenerate";
pub(super) const WHY: &str = "an empty or missing list makes no rows";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let LogicalPlan::Generate { generator, outer: false, output, unneeded, input } = &**node else { return None };
        let Expr::Generator { function, args, outer: false } = generator else { return None };
        let [list] = args.as_slice() else { return None };
        if !matches!(function.name, "explode" | "posexplode" | "inline") || !is_cheap(list) {
            return None;
        }
        let known = constraints(input);
        let condition = conjunction(has_elements(list)?.into_iter().filter(|part| !contains(&known, part)))?;
        Some(LogicalPlan::Generate {
            generator: generator.clone(),
            outer: false,
            output: output.clone(),
            unneeded: unneeded.clone(),
            input: Arc::new(LogicalPlan::Filter { condition, input: input.clone() }),
        })
    })
}

/// A column, or a field in one.
fn is_cheap(list: &Expr) -> bool {
    match list {
        Expr::Attribute(_) => true,
        Expr::Function { function, args, .. } if function.name == "get_struct_field" => {
            args.first().is_some_and(is_cheap)
        }
        _ => false,
    }
}

/// `size(list) > 0`, `list IS NOT NULL`.
fn has_elements(list: &Expr) -> Option<Vec<Expr>> {
    let size = Expr::Function {
        function: scalar("size").ok()?,
        args: vec![list.clone()],
        data_type: DataType::Integer,
        nullable: true,
    };
    Some(vec![Expr::binary(BinaryOp::Gt, size, Expr::int(0)), Expr::unary(UnaryOp::IsNotNull, list.clone())])
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::logical::functions::{Definition, lookup};

    fn rows_of(list: Expr, outer: bool, input: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        let Some(Definition::Generator(function)) = lookup("explode") else { panic!("there is explode") };
        let generator = Expr::Generator { function, args: vec![list], outer };
        Arc::new(LogicalPlan::Generate {
            generator,
            outer,
            output: Vec::new(),
            unneeded: Vec::new(),
            input: input.clone(),
        })
    }

    #[test]
    fn lists_without_elements_are_left_out() {
        let input = table(1, "a");
        let plan = check(apply, &rows_of(expr("a", &[&input]), false, &input));
        let LogicalPlan::Generate { input, .. } = &*plan else { panic!("still a generator") };
        let LogicalPlan::Filter { condition, .. } = &**input else { panic!("no filter") };
        assert_eq!(condition.plan_text(), "((size(a#1, false) > 0) AND isnotnull(a#1))");
    }

    #[test]
    fn rows_that_must_stay_and_costly_lists_are_left_alone() {
        let input = table(1, "a");
        unchanged(apply, &rows_of(expr("a", &[&input]), true, &input));
        unchanged(apply, &rows_of(expr("a + 1", &[&input]), false, &input));
    }
}
