//! Plans as text, in Spark's spelling.

use super::plan::PhysicalPlan;
use crate::logical::LogicalPlan;
use std::sync::Arc;

/// What `df.explain()` prints (without a last line break).
#[must_use]
pub fn simple(plan: &Arc<PhysicalPlan>, is_final: bool) -> String {
    let _ = (plan, is_final);
    "== Physical Plan ==\n".to_owned()
}

/// What `df.explain(True)` prints: the plan as written, analyzed, optimized, physical.
#[must_use]
pub fn extended(
    parsed: &Arc<LogicalPlan>,
    analyzed: &Arc<LogicalPlan>,
    optimized: &Arc<LogicalPlan>,
    physical: &Arc<PhysicalPlan>,
) -> String {
    let _ = (parsed, analyzed, optimized);
    simple(physical, false)
}

/// What `df.explain("formatted")` prints.
#[must_use]
pub fn formatted(plan: &Arc<PhysicalPlan>, is_final: bool) -> String {
    simple(plan, is_final)
}
/// Placeholder.
pub fn cost(_: &Arc<crate::logical::LogicalPlan>, p: &Arc<PhysicalPlan>) -> String {
    simple(p, false)
}
