//! Floor 2: how a query is computed. From optimized logical plans to trees of operators with exchanges in place.
//!
//! ```text
//!   planner ── file_scan, join_selection (statistics), aggregation ──▶ operators ── requirements ──▶ exchanges in place
//!   adaptive ── runs exchanges one by one, plans the rest again         explain ── Spark's spelling
//! ```

pub mod adaptive;
mod aggregation;
pub mod combine;
pub mod explain;
mod file_scan;
mod join_selection;
pub mod plan;
pub mod planner;
mod properties;
mod push_down_sort;
pub mod requirements;
pub mod same_result;
pub mod statistics;
mod validity;

pub use aggregation::is_imperative;
pub use file_scan::{Splitting, TASK_PER_FILE};
pub use plan::{Partitioning, PhysicalPlan};

/// The name of a column that an expression gives.
fn expression_name(expr: &crate::logical::Expr) -> String {
    match expr {
        crate::logical::Expr::Aggregate(_) => expr.pretty_name(),
        _ => "_groupingexpression".to_owned(),
    }
}
