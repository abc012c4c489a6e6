//! Sorts once for several windows (Spark's `PushDownLocalSort`).
//!
//! ```text
//!   Window … PARTITION BY k ORDER BY n       Window … PARTITION BY k ORDER BY n
//!     Sort k, n                                Window … PARTITION BY k
//!       Window … PARTITION BY k          →       Sort k, n
//!         Sort k                                   Exchange hash(k)
//! ```
//!
//! Must not: go below anything but windows and projections that hand on all columns of the order. Hard case: the order of rows that the lower
//! window sees changes with it, and with that what `collect_list` gives there.

use super::plan::PhysicalPlan;
use super::properties::is_sorted_by;
use crate::logical::Expr;
use crate::logical::expr::{Attribute, SortOrder};
use crate::logical::rewrite::reads;
use std::sync::Arc;

/// The plan with local sorts joined to coarser ones below them.
#[must_use]
pub fn push_down_sorts(plan: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
    let plan = plan.map_inputs(&mut |child| push_down_sorts(child));
    match &*plan {
        PhysicalPlan::Sort { order, global: false, input } => joined(input, order).unwrap_or(plan),
        _ => plan,
    }
}

/// The node over rows in this order, if they are sorted below and this only sorts on.
fn joined(node: &Arc<PhysicalPlan>, order: &[SortOrder]) -> Option<Arc<PhysicalPlan>> {
    let input = match &**node {
        PhysicalPlan::Sort { input, .. } | PhysicalPlan::Window { input, .. } => input,
        PhysicalPlan::Project { exprs, input } if gives(&plain(exprs), order) => input,
        _ => return None,
    };
    if !gives(&input.output(), order) {
        return None;
    }
    match &**node {
        PhysicalPlan::Sort { order: coarser, global, .. } => {
            let sorts_on = !global && coarser.len() < order.len() && is_sorted_by(order, coarser);
            let sorted = PhysicalPlan::Sort { order: order.to_vec(), global: false, input: input.clone() };
            sorts_on.then(|| Arc::new(sorted))
        }
        _ => {
            let below = joined(input, order)?;
            Some(node.map_inputs(&mut |_| below.clone()))
        }
    }
}

fn plain(exprs: &[Expr]) -> Vec<Attribute> {
    let column = |expr: &Expr| match expr {
        Expr::Attribute(column) => Some(column.clone()),
        _ => None,
    };
    exprs.iter().filter_map(column).collect()
}

fn gives(columns: &[Attribute], order: &[SortOrder]) -> bool {
    let mut read = order.iter().flat_map(|key| reads(&key.child));
    read.all(|id| columns.iter().any(|column| column.id == id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::DataType;

    fn key(id: u64) -> SortOrder {
        SortOrder::new(Expr::Attribute(Attribute::new("k", ExprId(id), DataType::Integer, true)), true)
    }

    fn sorted(input: PhysicalPlan, ids: &[u64]) -> PhysicalPlan {
        PhysicalPlan::Sort { order: ids.iter().map(|id| key(*id)).collect(), global: false, input: Arc::new(input) }
    }

    fn table() -> PhysicalPlan {
        let column = |id| Attribute::new("k", ExprId(id), DataType::Integer, true);
        PhysicalPlan::Range { start: 0, end: 1, step: 1, partitions: 1, output: vec![column(1), column(2)] }
    }

    fn window(input: PhysicalPlan) -> PhysicalPlan {
        let partition_by = vec![key(1).child];
        PhysicalPlan::Window { functions: Vec::new(), partition_by, order_by: Vec::new(), input: Arc::new(input) }
    }

    #[test]
    fn a_finer_order_takes_the_place_of_the_one_below() {
        let plan = sorted(window(sorted(table(), &[1])), &[1, 2]);
        assert_eq!(*push_down_sorts(&Arc::new(plan)), window(sorted(table(), &[1, 2])));
    }

    #[test]
    fn another_order_is_sorted_again() {
        let plan = Arc::new(sorted(window(sorted(table(), &[1])), &[2, 1]));
        assert_eq!(push_down_sorts(&plan), plan);
    }
}
