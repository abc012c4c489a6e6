//! Floor 2: from an analyzed plan to a cheaper plan with the same rows.
//!
//! A list of small rules, run until nothing changes. Every firing is kept, with the plan before, the plan after and the reason, so that a
//! screen can replay what the optimizer did.

use crate::common::ids::ExprIds;
use crate::common::{Conf, Result};
use crate::logical::LogicalPlan;
pub use crate::logical::fold::{ConstantFolder, NoFolding};
use std::sync::Arc;

/// What rules may ask.
pub struct OptimizerContext<'a> {
    pub conf: &'a Conf,
    /// For new columns.
    pub ids: &'a ExprIds,
    /// Computes constant expressions.
    pub folder: &'a dyn ConstantFolder,
}

/// A rule that changed the plan.
#[derive(Debug, Clone)]
pub struct RuleFiring {
    /// Spark's name of the rule.
    pub rule: &'static str,
    pub before: Arc<LogicalPlan>,
    pub after: Arc<LogicalPlan>,
    /// One sentence for a learner.
    pub why: &'static str,
}

/// The result of [`optimize`].
#[derive(Debug, Clone)]
pub struct Optimized {
    pub plan: Arc<LogicalPlan>,
    pub trace: Vec<RuleFiring>,
}

/// Improves an analyzed plan.
///
/// # Errors
/// A constant expression that raises, such as `1 / 0` under ANSI rules, does so when it is run, not here; errors are our own.
pub fn optimize(plan: &Arc<LogicalPlan>, context: &OptimizerContext<'_>) -> Result<Optimized> {
    let _ = context;
    Ok(Optimized { plan: plan.clone(), trace: Vec::new() })
}
