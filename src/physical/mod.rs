//! Floor 2: how a query is computed. From optimized logical plans to trees of operators with exchanges in place.

pub mod adaptive;
pub mod explain;
pub mod plan;
pub mod planner;

pub use plan::{Partitioning, PhysicalPlan};
