//! Computes the functions of two windows that are cut and sorted alike in one node, and puts the coarser of two kinds of groups below.
//!
//! Purpose: a chain of `withColumn` over one window goes over its rows once; and rows that lie by `a, b` need not move again for `a`.
//! Before/after: `Window f OVER w (Project (Window g OVER w (t)))` → `Project (Window g OVER w, f OVER w (t))`;
//! `Window … PARTITION BY a (Window … PARTITION BY a, b (t))` → the second above the first.
//! Must not: move a function below a column that it reads.
//! Hard case: a projection between the two goes above both when the upper one reads nothing that it makes.
//! Spark does the same (`CollapseWindow`, `TransposeWindow`).

use super::OptimizerContext;
use crate::logical::expr::SortOrder;
use crate::logical::rewrite::{contains, is_deterministic, output_ids, reads, same, same_order};
use crate::logical::{Expr, LogicalPlan};
use std::sync::Arc;

pub(super) const NAME: &str = "CollapseWindow";
pub(super) const WHY: &str = "windows that are cut and sorted alike are computed together";

pub(super) fn apply(plan: &Arc<LogicalPlan>, _context: &OptimizerContext<'_>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| {
        let upper = Window::of(node)?;
        let (between, lower) = match &**upper.input {
            LogicalPlan::Project { exprs, input } => (Some(exprs), Window::of(input)?),
            _ => (None, Window::of(upper.input)?),
        };
        if !upper.can_move_below(&lower, between.is_some()) {
            return None;
        }
        let moved = if upper.is_cut_like(&lower) {
            LogicalPlan::Window {
                functions: lower.functions.iter().chain(upper.functions).cloned().collect(),
                partition_by: upper.partition_by.to_vec(),
                order_by: upper.order_by.to_vec(),
                input: lower.input.clone(),
            }
        } else if upper.is_coarser(&lower) {
            lower.over(&Arc::new(upper.over(lower.input)))
        } else {
            return None;
        };
        let results = || upper.functions.iter().filter_map(Expr::to_attribute).map(Expr::Attribute);
        let exprs: Vec<Expr> = match between {
            Some(between) => between.iter().cloned().chain(results()).collect(),
            None if upper.is_cut_like(&lower) => return Some(moved),
            None => node.output().into_iter().map(Expr::Attribute).collect(),
        };
        Some(LogicalPlan::Project { exprs, input: Arc::new(moved) })
    })
}

/// The parts of a window node.
struct Window<'a> {
    functions: &'a [Expr],
    partition_by: &'a [Expr],
    order_by: &'a [SortOrder],
    input: &'a Arc<LogicalPlan>,
}

impl<'a> Window<'a> {
    fn of(plan: &'a Arc<LogicalPlan>) -> Option<Self> {
        match &**plan {
            LogicalPlan::Window { functions, partition_by, order_by, input } => {
                Some(Window { functions, partition_by, order_by, input })
            }
            _ => None,
        }
    }

    fn over(&self, input: &Arc<LogicalPlan>) -> LogicalPlan {
        LogicalPlan::Window {
            functions: self.functions.to_vec(),
            partition_by: self.partition_by.to_vec(),
            order_by: self.order_by.to_vec(),
            input: input.clone(),
        }
    }

    /// Whether it reads nothing of what comes between it and the input of the lower one.
    fn can_move_below(&self, lower: &Window<'_>, has_projection: bool) -> bool {
        let order = self.order_by.iter().map(|key| &key.child);
        let mut read = self.functions.iter().chain(self.partition_by).chain(order).flat_map(reads);
        if has_projection {
            let there = output_ids(lower.input);
            return read.all(|id| there.contains(&id));
        }
        let made: Vec<_> = lower.functions.iter().filter_map(Expr::to_attribute).map(|column| column.id).collect();
        !read.any(|id| made.contains(&id))
    }

    fn is_cut_like(&self, lower: &Window<'_>) -> bool {
        self.partition_by.len() == lower.partition_by.len()
            && self.order_by.len() == lower.order_by.len()
            && self.partition_by.iter().zip(lower.partition_by).all(|(left, right)| same(left, right))
            && self.order_by.iter().zip(lower.order_by).all(|(left, right)| same_order(left, right))
    }

    /// Whether its groups are made of whole groups of the lower one, by the first of that one's keys.
    fn is_coarser(&self, lower: &Window<'_>) -> bool {
        let certain = |window: &Window<'_>| window.functions.iter().chain(window.partition_by).all(is_deterministic);
        self.partition_by.len() < lower.partition_by.len()
            && lower.partition_by[..self.partition_by.len()].iter().all(|key| contains(self.partition_by, key))
            && certain(self)
            && certain(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::expr::WindowSpec;

    fn window(input: &Arc<LogicalPlan>, by: &str, reads: &str, (name, id): (&str, u64)) -> Arc<LogicalPlan> {
        let keys = |text: &str| text.split(' ').map(|part| expr(part, &[input])).collect::<Vec<_>>();
        let function =
            crate::optimizer::functions::aggregate("max", keys(reads), crate::logical::DataType::Integer, true);
        let spec = WindowSpec { partition_by: keys(by), order_by: Vec::new(), frame: None };
        let child = Box::new(Expr::Window { function: Box::new(function.expect("max is known")), spec });
        let alias = Expr::Alias { child, name: name.to_owned(), id: ExprId(id), metadata: None };
        let (partition_by, order_by) = (keys(by), Vec::new());
        Arc::new(LogicalPlan::Window { functions: vec![alias], partition_by, order_by, input: input.clone() })
    }

    #[test]
    fn windows_cut_alike_are_one_below_the_projection() {
        let lower = window(&table(1, "ab"), "a", "b", ("x", 50));
        let upper = window(&project(&lower, "a, b, x"), "a", "b", ("y", 51));
        assert_eq!(text(&check(apply, &upper)), "Project([a, b, x, y], Window(table(a b)))");
    }

    #[test]
    fn the_coarser_groups_come_first() {
        let lower = window(&table(1, "abc"), "a b", "c", ("x", 50));
        let after = check(apply, &window(&lower, "a", "c", ("y", 51)));
        assert_eq!(text(&after), "Project([a, b, c, x, y], Window(Window(table(a b c))))");
    }

    #[test]
    fn a_window_over_the_result_of_another_stays() {
        let lower = window(&table(1, "ab"), "a", "b", ("x", 50));
        unchanged(apply, &window(&lower, "a", "x", ("y", 51)));
        unchanged(apply, &window(&lower, "b", "a", ("y", 51)));
    }
}
