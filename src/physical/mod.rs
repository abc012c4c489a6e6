//! Floor 2: how a query is computed. From optimized logical plans to trees of operators with exchanges in place.

pub mod plan;

pub use plan::{Partitioning, PhysicalPlan};
